//! Lists: pages, filters that are ignored, viewers, order and totals.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

/// Gives Acme this many more tickets, a minute apart.
fn fill(desk: &Desk, count: i64) {
    desk.state().data(|data| {
        let model = data.tickets.first().cloned().expect("a seeded ticket");
        for n in 0..count {
            let mut row = model.clone();
            row["id"] = json!(10_000 + n);
            row["summary"] = json!(format!("bulk {n}"));
            row["dateoccurred"] = json!(format!("2026-07-{:02}T{:02}:{:02}:00", 1 + n / 600, n / 60 % 10, n % 60));
            data.tickets.push(row);
        }
    });
}

#[tokio::test]
async fn paging_is_spelt_pageinate_and_a_page_has_at_most_100_rows() {
    let desk = desk().await;
    fill(&desk, 250);
    let page = desk.list(&TicketQuery { limit: 200, ..TicketQuery::default() }).await;
    assert_eq!((page.rows.len(), page.total, page.truncated), (200, 255, false));
    let asked: Vec<String> =
        desk.state().log.all().into_iter().filter(|it| it.path == "/api/Tickets").map(|it| it.query).collect();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|it| it.contains("pageinate=true") && it.contains("page_size=100")), "{asked:?}");
}

#[tokio::test]
async fn the_end_is_seen_from_the_rows_and_not_from_the_count() {
    let desk = desk().await;
    fill(&desk, 150);
    for count in [Some(1), Some(100), None] {
        desk.state().quirks(|it| it.record_count = count);
        assert_eq!(desk.list(&TicketQuery::default()).await.total, 155, "{count:?}");
    }
    // A count that promises more than there is makes no endless loop and no lie.
    desk.state().quirks(|it| it.record_count = Some(100_000));
    desk.state().log.clear();
    let page = desk.list(&TicketQuery::default()).await;
    assert_eq!((page.total, page.truncated), (155, false));
    assert_eq!(desk.state().log.count("GET", "/api/Tickets"), 3);
}

#[tokio::test]
async fn an_endpoint_that_ignores_paging_is_noticed_and_what_is_missing_is_said() {
    let desk = desk().await;
    fill(&desk, 120);
    desk.state().quirks(|it| it.ignore_paging = true);
    let page = desk.list(&TicketQuery::default()).await;
    assert_eq!((page.total, page.truncated), (125, false), "one request without pages gets the rest");
    assert_eq!(desk.state().log.count("GET", "/api/Tickets"), 3);
    desk.state().quirks(|it| it.whole_cap = 60);
    let page = desk.list(&TicketQuery::default()).await;
    assert!(page.truncated && page.total <= 60, "{}", page.total);
}

#[tokio::test]
async fn endless_pages_end() {
    let desk = desk_with(|it| it.max_rows = 200).await;
    desk.state().quirks(|it| {
        it.endless_pages = true;
        it.record_count = Some(1_000_000);
    });
    let page = desk.list(&TicketQuery::default()).await;
    assert!(page.truncated);
    assert!(desk.state().log.count("GET", "/api/Tickets") <= 10);
}

#[tokio::test]
async fn past_the_cap_the_answer_says_that_it_is_cut() {
    let desk = desk_with(|it| it.max_rows = 100).await;
    fill(&desk, 250);
    let page = desk.list(&TicketQuery::default()).await;
    assert_eq!((page.total, page.truncated), (100 - 1, true), "a hundred rows were read, one of them deleted");
}

#[tokio::test]
async fn b03_ignored_filters_do_not_show_other_clients_rows() {
    for leak in [false, true] {
        let desk = desk().await;
        desk.state().quirks(|it| if leak { it.leak_other_clients = true } else { it.ignore_filters = true });
        let page = desk.list(&TicketQuery { limit: 200, ..TicketQuery::default() }).await;
        assert_eq!(page.total, 5, "only Acme's count");
        let mut alarms = 0;
        for row in page.rows {
            match open(row) {
                Ok(ticket) => clean(&ticket),
                Err(owner) => {
                    alarms += 1;
                    assert_eq!(owner, Owner::Organisation(ext(GLOBEX)));
                }
            }
        }
        assert_eq!(alarms, 1, "the gateway hears of the leak once");
    }
}

#[tokio::test]
async fn b03_the_row_for_the_alarm_has_no_contents() {
    let desk = desk().await;
    desk.state().quirks(|it| it.leak_other_clients = true);
    clean(&desk.list(&TicketQuery::default()).await);
}

#[tokio::test]
async fn b06_totals_and_searches_of_an_employee_do_not_count_rows_out_of_reach() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_filters = true);
    let printer = TicketQuery { text: Some("printer".into()), ..TicketQuery::default() };
    assert_eq!(desk.list(&printer).await.total, 2);
    let tenant = desk.desk().tickets(&cx(Reach::Tenant), &printer).await.expect("a page");
    assert_eq!(tenant.total, 3, "the tenant's employee finds Globex's too");
    let everything = desk.desk().tickets(&cx(Reach::Tenant), &TicketQuery::default()).await.expect("a page");
    assert_eq!(everything.total, 6, "a row of no client is nobody's");
}

#[tokio::test]
async fn every_filter_is_checked_on_the_way_back() {
    for ignored in [false, true] {
        let desk = desk().await;
        desk.state().quirks(|it| it.ignore_filters = ignored);
        let q = TicketQuery::default;
        let since = "2026-09-03T00:00:00Z".parse().ok();
        let cases: Vec<(TicketQuery, &[&str])> = vec![
            (q(), &["4325", "4323", "4322", "4321", "4324"]),
            (TicketQuery { statuses: vec![TicketStatus::Open], ..q() }, &["4323", "4321"]),
            (TicketQuery { statuses: vec![TicketStatus::Pending], ..q() }, &["4322"]),
            (TicketQuery { statuses: vec![TicketStatus::Closed], ..q() }, &["4324"]),
            (TicketQuery { statuses: vec![TicketStatus::Other], ..q() }, &["4325"]),
            (TicketQuery { statuses: vec![TicketStatus::Resolved], ..q() }, &[]),
            (TicketQuery { priority: Some(Priority::Critical), ..q() }, &["4323"]),
            (TicketQuery { priority: Some(Priority::Medium), ..q() }, &["4325", "4322"]),
            (TicketQuery { requester: Some(cid(BOB)), ..q() }, &["4323", "4322"]),
            (TicketQuery { requester: Some(cid("x")), ..q() }, &[]),
            (TicketQuery { created_since: since, ..q() }, &["4325", "4323"]),
            (TicketQuery { text: Some("VPN hour".into()), ..q() }, &["4322"]),
            (TicketQuery { text: Some("vpn printer".into()), ..q() }, &[]),
            (TicketQuery { organisation: Some(ext(GLOBEX)), ..q() }, &[]),
            (TicketQuery { descending: false, limit: 2, offset: 1, ..q() }, &["4321", "4322"]),
            (
                TicketQuery { sort: TicketSort::Priority, descending: false, ..q() },
                &["4323", "4321", "4322", "4325", "4324"],
            ),
            (TicketQuery { sort: TicketSort::UpdatedAt, limit: 2, ..q() }, &["4325", "4321"]),
        ];
        for (query, ids) in cases {
            assert_eq!(desk.ids(&query).await, ids, "ignored: {ignored}, {query:?}");
        }
    }
}

#[tokio::test]
async fn a_viewer_sees_own_tickets_and_a_lead_also_those_that_are_not_private() {
    for ignored in [false, true] {
        let desk = desk().await;
        desk.state().quirks(|it| it.ignore_filters = ignored);
        assert_eq!(desk.ids(&viewer(BOB, false)).await, ["4323", "4322"]);
        assert_eq!(desk.ids(&viewer(ANN, false)).await, ["4325", "4321", "4324"]);
        assert_eq!(desk.ids(&viewer(ANN, true)).await, ["4325", "4322", "4321", "4324"]);
        assert_eq!(desk.list(&viewer(ANN, true)).await.total, 4, "Bob's private ticket is not counted");
    }
}

#[tokio::test]
async fn a_mark_that_cannot_be_read_is_private() {
    let desk = desk().await;
    assert!(!desk.ids(&viewer(BOB, true)).await.contains(&"4325".to_owned()), "not shown to a colleague");
    let unmarked = desk_with(|it| it.private_field = None).await;
    assert_eq!(unmarked.ids(&viewer(BOB, true)).await, ["4323", "4322"], "without a field the requester alone");
    let open = desk_with(|it| {
        it.private_field = None;
        it.unmarked_visibility = Visibility::Organisation;
    });
    assert_eq!(open.await.list(&viewer(BOB, true)).await.total, 5);
}

#[tokio::test]
async fn b06_a_viewers_search_does_not_match_by_internal_notes() {
    let desk = desk().await;
    let search = |word: &str, query: TicketQuery| TicketQuery { text: Some(word.into()), ..query };
    for ignored in [false, true] {
        desk.state().quirks(|it| it.ignore_filters = ignored);
        for word in ["zebra", "CANARY-NOFLAG", "CANARY-PRIVATE-NOTE"] {
            let page = desk.list(&search(word, viewer(ANN, true))).await;
            assert_eq!((opened(page.rows).len(), page.total), (0, 0), "{word}");
        }
        assert_eq!(desk.ids(&search("printer", viewer(ANN, true))).await, ["4321", "4324"]);
        assert_eq!(desk.ids(&search("zebra", TicketQuery::default())).await, ["4321"], "an employee's search does");
        assert_eq!(desk.ids(&search("giraffe", TicketQuery::default())).await, ["4321"]);
    }
    let asked = desk.state().log.all();
    let zebra = asked.iter().filter(|it| it.query.contains("zebra"));
    assert!(zebra.clone().any(|it| it.query.contains("searchactions")), "the employee's");
    assert!(zebra.filter(|it| it.query.contains("search_summary")).all(|it| !it.query.contains("searchactions")));
}

#[tokio::test]
async fn an_internal_note_moves_neither_the_public_time_nor_the_public_count() {
    let desk = desk().await;
    let of = |rows: Vec<Owned<Ticket>>| opened(rows).into_iter().find(|it| it.id == tid("4321")).expect("the ticket");
    let before = of(desk.list(&viewer(ANN, true)).await.rows);
    assert_eq!((before.public_comments, before.internal_comments), (2, 2));
    assert_eq!(before.public_updated_at.to_string(), "2026-09-01T09:15:00Z");
    desk.desk().comment(&acme(), &tid("4321"), &note(true)).await.expect("a note");
    let after = of(desk.list(&viewer(ANN, true)).await.rows);
    assert_eq!((after.public_comments, after.internal_comments), (2, 3));
    assert_eq!(after.public_updated_at, before.public_updated_at);
    assert!(after.updated_at > before.updated_at);
}

#[tokio::test]
async fn b06_an_internal_note_does_not_move_a_ticket_in_a_viewers_order() {
    let desk = desk().await;
    let query = TicketQuery { sort: TicketSort::UpdatedAt, ..viewer(ANN, true) };
    let before = desk.ids(&query).await;
    desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect("a note");
    assert_eq!(desk.ids(&query).await, before);
    let employee = TicketQuery { sort: TicketSort::UpdatedAt, ..TicketQuery::default() };
    assert_eq!(desk.ids(&employee).await.first().map(String::as_str), Some("4322"));
}

#[tokio::test]
async fn comment_counts_cost_one_request_a_ticket_once() {
    let desk = desk().await;
    desk.list(&TicketQuery::default()).await;
    assert_eq!(desk.state().log.count("GET", "/api/Actions"), 5);
    desk.list(&TicketQuery::default()).await;
    assert_eq!(desk.state().log.count("GET", "/api/Actions"), 5);
    desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect("a comment");
    desk.state().log.clear();
    let rows = opened(desk.list(&TicketQuery::default()).await.rows);
    assert_eq!(desk.state().log.count("GET", "/api/Actions"), 1, "only the ticket that changed");
    assert_eq!(rows.iter().find(|it| it.id == tid("4322")).map(|it| it.public_comments), Some(1));
}

#[tokio::test]
async fn nothing_in_reach_asks_nothing() {
    let desk = desk().await;
    let nowhere = cx(Reach::Organisations(vec![]));
    assert_eq!(desk.desk().tickets(&nowhere, &TicketQuery::default()).await.expect("a page").total, 0);
    let other = TicketQuery { organisation: Some(ext(GLOBEX)), ..TicketQuery::default() };
    assert_eq!(desk.list(&other).await.total, 0);
    for alias in ["012", "12.0", "12:0", "acme"] {
        let odd = cx(Reach::Organisations(vec![ext(alias)]));
        assert_eq!(desk.desk().tickets(&odd, &TicketQuery::default()).await.expect("a page").total, 0, "{alias}");
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn several_organisations_are_asked_for_one_by_one_and_many_together() {
    let desk = desk().await;
    let both = cx(Reach::Organisations(vec![ext(ACME), ext(GLOBEX)]));
    assert_eq!(desk.desk().tickets(&both, &TicketQuery::default()).await.expect("a page").total, 6);
    let many = cx(Reach::Organisations((12..40).map(|it| ext(&it.to_string())).collect()));
    desk.state().log.clear();
    assert_eq!(desk.desk().tickets(&many, &TicketQuery::default()).await.expect("a page").total, 6);
    assert_eq!(desk.state().log.count("GET", "/api/Tickets"), 1);
}

#[tokio::test]
async fn only_configured_ticket_types_exist() {
    let desk = desk_with(|it| it.ticket_types = vec![2]).await;
    assert_eq!(desk.list(&TicketQuery::default()).await.total, 0);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("another type");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

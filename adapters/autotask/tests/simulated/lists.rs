//! Lists: what is asked for, what is believed, and where it ends.

use crate::setup::*;
use postern_api::*;
use postern_simulators::autotask;
use serde_json::json;

#[tokio::test]
async fn b03_a_vendor_that_ignores_its_filters_shows_nothing_of_others() {
    for all in [true, false] {
        let desk = desk().await;
        desk.state().quirks(|it| {
            it.ignore_filters = all;
            it.leak_other_companies = true;
        });
        let queries = [TicketQuery::default(), viewer(ANN, true), viewer(BOB, false)];
        for query in queries {
            let page = desk.desk().tickets(&acme(), &query).await.expect("a page");
            // One foreign row goes on for the alarm, and has nothing in it.
            let foreign: Vec<_> = page.rows.iter().filter(|it| format!("{it:?}").contains("\"175\"")).collect();
            let own = query.viewer.as_ref().is_some_and(|it| !it.organisation_wide);
            assert_eq!(foreign.len(), usize::from(all || !own));
            assert!(!format!("{foreign:?}").contains("Keyboard"));
            let ids: Vec<_> = opened(page.rows).into_iter().map(|it| it.id).collect();
            assert!(!ids.contains(&tid("5001")) && !ids.contains(&tid("5002")));
            assert_eq!(page.total as usize, ids.len());
        }
        let contacts = opened(desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts"));
        assert!(contacts.iter().all(|it| it.name != "Gil Globex"));
    }
}

#[tokio::test]
async fn the_msps_own_tickets_are_nobodys() {
    let desk = desk().await;
    let page = desk.desk().tickets(&cx(Reach::Tenant), &TicketQuery { limit: 200, ..TicketQuery::default() }).await;
    let page = page.expect("a page");
    assert_eq!(page.total, 6);
    assert!(!format!("{page:?}").contains("CANARY-MSP"));
    let row = desk.desk().ticket(&cx(Reach::Tenant), &tid("5002")).await.expect("a row");
    assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown);
}

#[tokio::test]
async fn a_viewer_sees_by_the_mark_and_an_unreadable_mark_is_private() {
    let desk = desk().await;
    let mut mine = desk.ids(&viewer(BOB, false)).await;
    mine.sort();
    assert_eq!(mine, ["4322", "4325"]);
    let mut wide = desk.ids(&viewer(BOB, true)).await;
    wide.sort();
    assert_eq!(wide, ["4321", "4322", "4325"]);
    assert_eq!(desk.ids(&viewer(ANN, true)).await.len(), 5);
    let unmarked = desk_with(|it| it.private_field = None).await;
    assert_eq!(unmarked.ids(&viewer(BOB, true)).await.len(), 2);
    let open = desk_with(|it| {
        it.private_field = None;
        it.unmarked_visibility = Visibility::Organisation;
    })
    .await;
    assert_eq!(open.ids(&viewer(BOB, true)).await.len(), 5);
}

#[tokio::test]
async fn pages_are_fetched_by_the_same_query_again() {
    let desk = desk().await;
    desk.state().quirks(|it| it.page_size = 2);
    let query = TicketQuery { descending: false, ..TicketQuery::default() };
    assert_eq!(desk.ids(&query).await, ["4321", "4322", "4323", "4324", "4325"]);
    let asked = desk.state().log.all();
    let pages: Vec<_> = asked.iter().filter(|it| it.path.contains("/Tickets/query")).collect();
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|it| it.method == "POST" && it.body == pages[0].body));
    assert!(pages[1].path.ends_with("/query/next") && pages[1].query.starts_with("paging="));
}

#[tokio::test]
async fn pages_that_come_again_end_the_list_and_it_says_that_there_may_be_more() {
    let desk = desk().await;
    desk.state().quirks(|it| {
        it.page_size = 2;
        it.duplicate_pages = true;
    });
    let page = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect("a page");
    assert!(page.truncated);
    assert_eq!(page.total, 2);
    assert!(desk.asked("POST", "Tickets/query") < 12);
}

#[tokio::test]
async fn pages_without_end_are_read_for_so_long_and_no_longer() {
    let desk = desk_with(|it| it.max_rows = 1_000).await;
    desk.state().quirks(|it| it.endless_pages = true);
    let page = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect("a page");
    assert!(page.truncated);
    assert!(desk.asked("POST", "Tickets/query") < 20, "{}", desk.asked("POST", "Tickets/query"));
    let contacts = desk.crm().contacts(&acme(), &ext(ACME)).await.expect_err("not all of them");
    assert_eq!(contacts.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn of_too_many_tickets_the_newest_are_read() {
    let desk = desk_with(|it| it.max_rows = 20).await;
    let at = |days: i64| {
        let then = jiff::Timestamp::now().checked_sub(jiff::Span::new().hours(days * 24)).expect("a time");
        then.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    };
    desk.state().data(|data| {
        // Numbered against time, so that the vendor's own order is the wrong one.
        let rows = (0..100).map(|it| {
            autotask::ticket(20_000 + it, autotask::ACME, autotask::ACME_USER, &at(it * 5), json!({ "title": "x" }))
        });
        data.rows("Tickets").clear();
        data.rows("Tickets").extend(rows.rev());
    });
    let page = desk.desk().tickets(&acme(), &TicketQuery { limit: 3, ..TicketQuery::default() }).await.expect("a page");
    assert!(page.truncated);
    let ids: Vec<_> = opened(page.rows).into_iter().map(|it| it.id.to_string()).collect();
    assert_eq!(ids, ["20000", "20001", "20002"]);
}

#[tokio::test]
async fn b16_search_words_are_values_whatever_they_say() {
    let desk = desk().await;
    let nasty = [
        r#""}]},{"op":"gt","field":"id","value":0},{"x":""#,
        r#"\"}],"filter":[{"op":"gte","field":"id","value":"0"#,
        "%' OR 1=1 --",
        "\u{0}\r\n\u{2028}",
    ];
    for text in nasty {
        for query in [TicketQuery::default(), viewer(ANN, true)] {
            let page = desk.desk().tickets(&acme(), &TicketQuery { text: Some(text.into()), ..query }).await;
            let page = page.expect("a page");
            assert!(text.trim().is_empty() || page.total == 0, "{text}");
        }
    }
    for request in desk.state().log.all().iter().filter(|it| it.path.ends_with("/Tickets/query")) {
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("json");
        let conditions = body["filter"][0]["items"].as_array().expect("conditions");
        assert_eq!(conditions[0], json!({ "op": "eq", "field": "companyID", "value": 174 }));
        assert_eq!((body["filter"][0]["op"].as_str(), body["filter"].as_array().map(Vec::len)), (Some("and"), Some(1)));
    }
}

#[tokio::test]
async fn words_of_internal_notes_are_found_by_employees_alone() {
    let desk = desk().await;
    let search = |text: &str, query: TicketQuery| TicketQuery { text: Some(text.into()), ..query };
    assert_eq!(desk.ids(&search("acmecanary7", TicketQuery::default())).await, ["4322"]);
    // One word in the title, one in a note.
    assert_eq!(desk.ids(&search("flickers cable", TicketQuery::default())).await, ["4322"]);
    assert_eq!(desk.ids(&search("globexcanary7", TicketQuery::default())).await, [""; 0]);
    assert_eq!(desk.ids(&search("acmecanary7", viewer(BOB, true))).await, [""; 0]);
    assert_eq!(desk.ids(&search("FLICKERS monday", viewer(BOB, false))).await, ["4322"]);
    let asked = desk.state().log.all();
    let notes = asked.iter().filter(|it| it.path.ends_with("/TicketNotes/query") && it.body.contains("contains"));
    assert_eq!(notes.count(), 3, "a viewer's search never touches notes");
}

#[tokio::test]
async fn lists_name_people_and_count_comments() {
    let desk = desk().await;
    let page = desk.desk().tickets(&acme(), &TicketQuery { descending: false, ..TicketQuery::default() }).await;
    let rows = opened(page.expect("a page").rows);
    assert_eq!(rows[0].assignee.as_ref().map(|it| it.name.as_str()), Some("Ada Agent"));
    assert_eq!(rows[0].requester.email.as_deref(), Some("ann.lead@acme.example"));
    // The workflow's note is no comment.
    assert_eq!((rows[1].public_comments, rows[1].internal_comments), (2, 1));
    clean(&rows);
}

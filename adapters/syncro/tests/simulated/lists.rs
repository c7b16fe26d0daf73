//! Lists: pages, filters that are ignored, rows of others.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

fn all() -> TicketQuery {
    TicketQuery { descending: false, ..TicketQuery::default() }
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page_whatever_the_size_of_a_page() {
    for size in [1, 2, 3, 25] {
        let desk = desk().await;
        desk.state().quirks(|it| it.page_size = size);
        assert_eq!(desk.ids(&all()).await, ["4324", "4321", "4322", "4323", "4325"], "{size}");
        let pages = desk.state().log.all().iter().filter(|it| it.path == "/api/v1/tickets").count();
        assert_eq!(pages, 5_usize.div_ceil(size), "one request a page");
    }
}

#[tokio::test]
async fn rows_that_come_twice_count_once() {
    let desk = desk().await;
    desk.state().quirks(|it| (it.page_size, it.overlap) = (2, true));
    let page = desk.list(&all()).await;
    assert_eq!((page.rows.len(), page.total, page.truncated), (5, 5, false));
}

#[tokio::test]
async fn pages_that_repeat_the_first_end_and_say_that_something_is_missing() {
    let desk = desk().await;
    desk.state().quirks(|it| (it.page_size, it.ignore_paging) = (2, true));
    let page = desk.list(&all()).await;
    assert_eq!((page.rows.len(), page.truncated), (2, true));
}

#[tokio::test]
async fn without_meta_an_empty_page_is_the_end() {
    let desk = desk().await;
    desk.state().quirks(|it| (it.page_size, it.no_meta) = (2, true));
    let page = desk.list(&all()).await;
    assert_eq!((page.rows.len(), page.total, page.truncated), (5, 5, false));
}

#[tokio::test]
async fn endless_pages_end_and_say_so() {
    let desk = desk_with(|it| it.max_rows = 100).await;
    desk.state().quirks(|it| it.endless_pages = true);
    desk.state().can("GET", "tickets/", 200, "application/json", r#"{"comments":[]}"#);
    let page = desk.list(&all()).await;
    assert!(page.truncated);
    assert!(desk.state().log.all().iter().filter(|it| it.path == "/api/v1/tickets").count() <= 6);
}

#[tokio::test]
async fn an_empty_page_before_the_last_is_not_taken_for_the_end() {
    let desk = desk().await;
    desk.state().can("GET", "tickets", 200, "application/json", r#"{"tickets":[],"meta":{"total_pages":9}}"#);
    let page = desk.list(&all()).await;
    assert_eq!((page.rows.len(), page.truncated), (0, true));
}

#[tokio::test]
async fn more_rows_than_may_be_read_are_truncated() {
    let desk = desk_with(|it| it.max_rows = 3).await;
    let page = desk.list(&all()).await;
    assert_eq!((page.rows.len(), page.total, page.truncated), (3, 3, true));
}

#[tokio::test]
async fn a_filter_that_is_ignored_shows_nothing_of_others_and_raises_the_alarm() {
    for quirk in [0, 1] {
        let desk = desk().await;
        desk.state().quirks(|it| (it.ignore_filters, it.leak_other_customers) = (quirk == 0, quirk == 1));
        let page = desk.list(&viewer(BOB, quirk == 1)).await;
        assert_eq!(page.total, if quirk == 1 { 4 } else { 2 });
        clean(&page);
        let foreign: Vec<Owner> = page.rows.into_iter().filter_map(|row| open(row).err()).collect();
        assert_eq!(foreign, [Owner::Organisation(ext(GLOBEX))], "one row, for the gateway to drop");
        let page = desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts");
        clean(&page);
        assert_eq!(opened(page).len(), 4);
    }
}

#[tokio::test]
async fn a_row_of_nobody_is_in_no_list() {
    let desk = desk().await;
    let page = desk.desk().tickets(&cx(Reach::Tenant), &all()).await.expect("a page");
    assert_eq!(page.total, 6, "Acme's five and Globex's one");
}

#[tokio::test]
async fn filters_are_narrow() {
    let desk = desk().await;
    let open = TicketQuery { statuses: vec![TicketStatus::Pending], ..viewer(BOB, false) };
    assert_eq!(desk.ids(&open).await, ["4322"]);
    let asked: Vec<String> =
        desk.state().log.all().into_iter().filter(|it| it.path == "/api/v1/tickets").map(|it| it.query).collect();
    assert_eq!(asked.len(), 3, "one for each status that stands for pending: {asked:?}");
    for query in asked {
        assert!(query.contains("customer_id=12&contact_id=78&status="), "{query}");
    }
    desk.state().log.clear();
    let other = TicketQuery { statuses: vec![TicketStatus::Other], ..all() };
    assert_eq!(desk.ids(&other).await, ["4325"]);
    assert!(!desk.state().log.all().iter().any(|it| it.query.contains("status=")));
}

#[tokio::test]
async fn comment_counts_cost_a_request_once_and_are_right_after_our_own_writes() {
    let desk = desk().await;
    let counts = async || {
        let rows = opened(desk.list(&viewer(ANN, false)).await.rows);
        rows.into_iter().find(|it| it.id == tid("4321")).map(|it| (it.public_comments, it.internal_comments))
    };
    assert_eq!(counts().await, Some((2, 2)));
    let asked = desk.state().log.count("GET", "/api/v1/tickets/4321/comments");
    assert_eq!(counts().await, Some((2, 2)));
    assert_eq!(desk.state().log.count("GET", "/api/v1/tickets/4321/comments"), asked);
    // The vendor's own "last changed" need not move for us to see what we wrote.
    desk.desk().comment(&acme(), &tid("4321"), &note(false)).await.expect("a comment");
    desk.state().data(|it| {
        for row in it.tickets.iter_mut().filter(|it| it["id"] == json!(4321)) {
            row["updated_at"] = json!("2026-09-03T10:00:00.000Z");
        }
    });
    assert_eq!(counts().await, Some((3, 2)));
}

#[tokio::test]
async fn b16_search_words_stay_in_their_place() {
    let desk = desk().await;
    let text = "x&customer_id=13#&ignore=1%0a".to_owned();
    desk.list(&TicketQuery { text: Some(text), ..all() }).await;
    for request in desk.state().log.all().iter().filter(|it| it.path == "/api/v1/tickets") {
        assert_eq!(request.query.matches("customer_id=").count(), 1, "{}", request.query);
        assert!(request.query.contains("customer_id=12") && !request.query.contains("ignore=1"), "{}", request.query);
    }
    assert_eq!(desk.state().outside(), Vec::<String>::new());
}

#[tokio::test]
async fn a_viewers_search_asks_the_vendor_to_search_nothing() {
    let desk = desk().await;
    let zebra = |query: TicketQuery| TicketQuery { text: Some("zebra".into()), ..query };
    assert_eq!(desk.ids(&zebra(viewer(ANN, true))).await, Vec::<String>::new());
    assert!(!desk.state().log.all().iter().any(|it| it.query.contains("query=") || it.path.contains("comments")));
    assert_eq!(desk.ids(&zebra(all())).await, ["4321"], "an employee's search finds the note");
}

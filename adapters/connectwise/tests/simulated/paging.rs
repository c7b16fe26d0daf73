//! Pages: by number for the newest, by last id for what has to be whole; short, doubled, endless and elsewhere.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

/// Puts that many tickets of Acme's into the simulator, on top of its own five.
fn many(desk: &Desk, count: i64) {
    desk.state().data(|data| {
        let row = data.tickets.iter().find(|it| it["id"] == json!(4322)).cloned().expect("a seeded row");
        for id in 10_000..10_000 + count {
            let mut row = row.clone();
            row["id"] = json!(id);
            data.tickets.push(row);
        }
    });
}

fn one() -> TicketQuery {
    TicketQuery { limit: 1, ..TicketQuery::default() }
}

#[tokio::test]
async fn a_list_is_read_to_its_end_page_by_page() {
    for (page_size, cap, no_link) in [(50, 0, false), (500, 40, false), (50, 0, true)] {
        let desk = desk_with(|it| it.page_size = page_size).await;
        many(&desk, 120);
        desk.state().quirks(|it| (it.page_cap, it.no_link) = (cap, no_link));
        let page = desk.list(&one()).await;
        assert_eq!((page.total, page.truncated), (125, false), "{page_size} {cap} {no_link}");
        let numbers: Vec<_> =
            desk.asked("GET", "service/tickets").iter().filter_map(|it| parameter(it, "page")).collect();
        assert_eq!(numbers[..3], ["1", "2", "3"]);
    }
}

#[tokio::test]
async fn a_list_stops_at_its_limit_and_says_so_with_the_newest() {
    let desk = desk_with(|it| (it.page_size, it.max_rows) = (50, 100)).await;
    many(&desk, 120);
    let page = desk.list(&one()).await;
    assert_eq!((page.total, page.truncated), (100, true));
    assert_eq!(desk.asked("GET", "service/tickets").len(), 2);
    // The project's ticket is a row as well, though none of ours.
    let exact = desk_with(|it| (it.page_size, it.max_rows) = (50, 126)).await;
    many(&exact, 120);
    assert_eq!((exact.list(&one()).await.truncated, exact.list(&one()).await.total), (false, 125));
}

#[tokio::test]
async fn pages_that_repeat_end_the_list_and_count_each_row_once() {
    let desk = desk_with(|it| it.page_size = 50).await;
    many(&desk, 120);
    desk.state().quirks(|it| it.repeat_pages = true);
    let page = desk.list(&one()).await;
    assert_eq!((page.total, page.truncated), (50, true));
    assert_eq!(desk.asked("GET", "service/tickets").len(), 2);
}

#[tokio::test]
async fn endless_pages_end() {
    let desk = desk_with(|it| (it.page_size, it.max_rows) = (10, 100)).await;
    desk.adapter.probe(&acme()).await.expect("what was learnt before is kept");
    desk.state().log.clear();
    desk.state().quirks(|it| it.endless_pages = true);
    let page = desk.list(&one()).await;
    assert_eq!((page.total, page.truncated), (100, true));
    assert!(desk.asked("GET", "service/tickets").len() <= 22, "bounded");
    // A ticket without all of its notes, or a company without all of its people, is not shown as if it had them.
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("endless notes");
    assert_eq!(error.kind(), ErrorKind::BadReply);
    assert_eq!(desk.crm().contacts(&acme(), &ext(ACME)).await.expect_err("endless").kind(), ErrorKind::BadReply);
    assert!(desk.asked("GET", "company/contacts").len() <= 22, "bounded");
}

#[tokio::test]
async fn a_link_is_never_followed() {
    let desk = desk_with(|it| it.page_size = 50).await;
    many(&desk, 120);
    desk.state().quirks(|it| it.link_elsewhere = true);
    assert_eq!(desk.list(&one()).await.total, 125);
    assert!(desk.state().log.all().iter().all(|it| it.path.starts_with(postern_simulators::connectwise::BASE)));
}

#[tokio::test]
async fn what_has_to_be_whole_is_read_by_last_id_and_without_an_order() {
    let desk = desk_with(|it| it.page_size = 2).await;
    let contacts = opened(desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts"));
    assert_eq!(contacts.len(), 5);
    let asked = desk.asked("GET", "company/contacts");
    let last: Vec<_> = asked.iter().filter_map(|it| parameter(it, "pageId")).collect();
    assert_eq!(last, ["0", "78", "80"]);
    for request in asked {
        assert_eq!(parameter(&request, "orderBy"), None);
        assert!(request.headers.contains(&("pagination-type".into(), "forward-only".into())));
    }
    desk.state().quirks(|it| it.repeat_pages = true);
    let error = desk.crm().contacts(&acme(), &ext(ACME)).await.expect_err("never whole");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

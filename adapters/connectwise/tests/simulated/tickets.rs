//! Single tickets: what was written on them, and who may read it.

use crate::setup::*;
use postern_api::*;

#[tokio::test]
async fn a_ticket_is_whole_and_each_text_is_where_it_belongs() {
    let desk = desk().await;
    let ticket = desk.ticket("4321").await;
    assert_eq!(ticket.description.expose(), "The printer on floor 2 is offline.");
    let shown: Vec<(&str, &str)> =
        ticket.comments.iter().filter(|it| !it.internal).map(|it| (it.id.as_str(), it.body.expose())).collect();
    assert_eq!(
        shown,
        [("2", "We are looking into it"), ("4", "It is the giraffe one"), ("t601", "Cleaned the rollers")]
    );
    let hidden: Vec<&str> = ticket.comments.iter().filter(|it| it.internal).map(|it| it.id.as_str()).collect();
    assert_eq!(hidden, ["3", "i601", "t602", "i602", "6", "5"], "internal, both, unmarked, and internal notes of time");
    assert_eq!((ticket.public_comments, ticket.internal_comments), (3, 6));
    assert!(ticket.comments.is_sorted_by_key(|it| it.created_at));
    assert!(matches!(&ticket.comments[0].author, Author::Agent(Agent { name, .. }) if name == "Ada Agent"));
    let said = ticket.comments.iter().find(|it| it.id.as_str() == "4").expect("Ann's");
    assert!(matches!(&said.author, Author::Customer(person) if person.contact == Some(cid(ANN))));
    assert_eq!(ticket.assignee.map(|it| it.name).as_deref(), Some("Ada Agent"));
    assert_eq!(ticket.public_updated_at.to_string(), "2026-09-02T10:00:00Z", "when the time entry was made");
    assert_eq!(ticket.resolution, None);
}

#[tokio::test]
async fn rates_costs_and_names_of_files_on_the_server_do_not_come_in() {
    let desk = desk().await;
    let ticket = desk.ticket("4321").await;
    let text = format!("{ticket:?}");
    for bad in ["4711", "815", "CANARY-COST", "CANARY-RESOURCES", "CANARY-CREATED", "CANARY-PATH", "CANARY-GUID"] {
        assert!(!text.contains(bad), "{bad}");
    }
    for request in desk.state().log.all().iter().filter(|it| it.path.contains("/tickets") || it.path.contains("/time"))
    {
        let whole = request.path.ends_with("/documents");
        assert!(
            whole || parameter(request, "fields").is_some_and(|it| !it.contains("Rate") && !it.contains("ost")),
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn a_file_is_public_only_where_it_plainly_says_so() {
    let desk = desk().await;
    let files = |ticket: Ticket| -> Vec<(String, bool)> {
        ticket.attachments.iter().map(|it| (it.id.to_string(), it.internal)).collect()
    };
    let expected = [("301", false), ("302", true), ("303", true)].map(|(id, internal)| (id.to_owned(), internal));
    assert_eq!(files(desk.ticket("4321").await), expected);
    // Files are not for every account: then there are some, and nobody may see more of them.
    desk.state().can("GET", "system/documents/", 403, "application/json", r#"{"code":"Security"}"#);
    let hidden = [("301", true), ("302", true), ("303", true)].map(|(id, internal)| (id.to_owned(), internal));
    assert_eq!(files(desk.ticket("4321").await), hidden);
    desk.state().can("GET", "service/tickets/4321/documents", 403, "application/json", r#"{"code":"Security"}"#);
    assert_eq!(files(desk.ticket("4321").await), []);
}

#[tokio::test]
async fn notes_without_flags_are_internal() {
    let desk = desk().await;
    desk.state().quirks(|it| it.no_note_flags = true);
    let ticket = desk.ticket("4321").await;
    assert!(ticket.comments.iter().filter(|it| !it.id.as_str().starts_with('t')).all(|it| it.internal));
    assert_eq!(ticket.description.expose(), "");
    let closed = desk.ticket("4324").await;
    assert_eq!((closed.resolution, closed.internal_comments), (None, 1));
}

#[tokio::test]
async fn notes_of_other_tickets_are_not_this_tickets() {
    let desk = desk().await;
    let before = desk.ticket("4322").await;
    desk.state().quirks(|it| it.mix_tickets = true);
    let after = desk.ticket("4322").await;
    assert_eq!(after.comments.len(), before.comments.len());
    assert!(!format!("{after:?}").contains("GLOBEX-NOTE"));
}

#[tokio::test]
async fn a_resolution_stands_by_itself() {
    let desk = desk().await;
    let ticket = desk.ticket("4324").await;
    assert_eq!(ticket.status, TicketStatus::Closed);
    assert_eq!(ticket.resolution.as_ref().map(Text::expose), Some("Replaced the toner"));
    assert_eq!((ticket.comments.len(), ticket.public_comments), (0, 0));
}

#[tokio::test]
async fn tickets_of_other_boards_and_kinds_are_not_there() {
    let desk = desk().await;
    for id in ["5003", "5004", "999", "x"] {
        let error = desk.desk().ticket(&acme(), &tid(id)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{id}");
    }
    let wider = desk_with(|it| it.boards = vec![2]).await;
    let ticket = wider.ticket("5003").await;
    assert_eq!(ticket.status, TicketStatus::Open, "by its own board's statuses");
}

#[tokio::test]
async fn another_companys_ticket_names_its_owner_and_nothing_more_of_it_is_read() {
    let desk = desk().await;
    let row = desk.desk().ticket(&acme(), &tid("5001")).await.expect("a row");
    assert_eq!(open(row).map(|it| it.id).expect_err("Globex's"), Owner::Organisation(ext(GLOBEX)));
    assert_eq!(desk.asked("GET", "service/tickets/5001/notes").len(), 0);
    let row = desk.desk().ticket(&acme(), &tid("5002")).await.expect("a row");
    assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown);
}

#[tokio::test]
async fn a_record_in_an_array_of_one_is_taken() {
    let desk = desk().await;
    desk.state().quirks(|it| it.array_of_one = true);
    assert_eq!(desk.ticket("4322").await.subject.expose(), "VPN drops");
}

#[tokio::test]
async fn statuses_are_as_configured_and_else_as_each_board_describes_them() {
    let learnt = desk().await;
    assert_eq!(learnt.ticket("4322").await.status, TicketStatus::Pending);
    assert_eq!(learnt.ticket("4325").await.status, TicketStatus::Other);
    let words = [("11", TicketStatus::Open), ("13", TicketStatus::Open), ("15", TicketStatus::Closed)];
    let words = words.map(|(id, meaning)| (id.to_owned(), meaning));
    let configured = desk_with(|it| {
        it.statuses.insert("1".into(), words.into());
        it.priorities.insert("3".into(), Priority::Critical);
    })
    .await;
    let ticket = configured.ticket("4322").await;
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Open, Priority::Critical));
    assert_eq!(configured.asked("GET", "service/boards/1/statuses").len(), 0);
    assert_eq!(configured.asked("GET", "service/priorities").len(), 0);
}

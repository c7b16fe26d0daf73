//! Tickets, customers, contacts and pages as they are read.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

#[tokio::test]
async fn a_ticket_is_read_whole_and_holds_nothing_that_it_should_not() {
    let desk = desk().await;
    let ticket = desk.ticket("4321").await;
    assert_eq!(ticket.description.expose(), "The printer on floor 2");
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Open, Priority::High));
    assert_eq!(ticket.requester.email.as_deref(), Some("ann.lead@acme.example"));
    assert_eq!(ticket.assignee.as_ref().map(|it| (it.id.as_str(), it.name.as_str())), Some(("14", "Ada Agent")));
    assert_eq!((ticket.public_comments, ticket.internal_comments), (2, 2));
    let shown: Vec<(bool, bool)> =
        ticket.comments.iter().map(|it| (matches!(it.author, Author::Agent(_)), it.internal)).collect();
    // The last one has no mark, so it is for staff.
    assert_eq!(shown, [(true, false), (true, true), (false, false), (true, true)]);
    assert_eq!(ticket.sla.responded_at.map(|it| it.to_string()).as_deref(), Some("2026-09-01T09:15:00Z"));
    assert_eq!(ticket.public_updated_at.to_string(), "2026-09-01T10:00:00Z");
    assert!(ticket.attachments.iter().all(|it| it.internal) && ticket.attachments.len() == 1);
    let comments: Vec<Comment> = ticket.comments.iter().filter(|it| !it.internal).cloned().collect();
    clean(&Ticket { comments, ..ticket });
}

#[tokio::test]
async fn records_come_wrapped_or_bare() {
    let desk = desk().await;
    desk.state().quirks(|it| it.swap_wrapping = true);
    assert_eq!(desk.ticket("4321").await.id, tid("4321"));
    assert!(desk.crm().contact(&acme(), &cid(BOB)).await.is_ok());
    assert!(desk.crm().organisation(&acme(), &ext(ACME)).await.is_ok());
    assert!(desk.desk().comment(&acme(), &tid("4321"), &note(true)).await.is_ok());
}

#[tokio::test]
async fn without_the_flag_every_comment_is_for_staff() {
    let desk = desk().await;
    desk.state().quirks(|it| it.no_hidden_flag = true);
    let ticket = desk.ticket("4321").await;
    assert!(ticket.comments.iter().all(|it| it.internal) && !ticket.comments.is_empty());
    assert_eq!((ticket.public_comments, ticket.description.expose()), (0, ""));
    let row = json!({ "hidden": 2 });
    for odd in [json!("maybe"), json!([]), row["hidden"].clone(), json!({}), json!(0.0)] {
        desk.state().quirks(|it| it.no_hidden_flag = false);
        desk.state().data(|it| it.comments[2]["hidden"] = odd);
        assert!(desk.ticket("4321").await.comments[0].internal);
    }
}

#[tokio::test]
async fn a_customers_subject_does_not_say_who_wrote() {
    let desk = desk().await;
    desk.state().data(|it| it.comments[4]["subject"] = json!("Comment by contact 78"));
    let ticket = desk.ticket("4321").await;
    let person = |it: &Comment| match &it.author {
        Author::Customer(person) => person.contact.clone(),
        Author::Agent(_) => None,
    };
    assert_eq!(ticket.comments.iter().filter_map(person).count(), 0);
    desk.state().data(|it| it.comments[4]["subject"] = json!("Resolution"));
    desk.state().data(|it| it.tickets[1]["status"] = json!("Resolved"));
    assert!(desk.ticket("4321").await.resolution.is_none(), "nor that it is a resolution");
}

#[tokio::test]
async fn rich_text_becomes_plain_text_and_plain_text_stays() {
    let desk = desk().await;
    desk.state().data(|it| {
        it.comments[2]["body"] = json!("<p>1 &lt; 2</p><script>CANARY</script>");
        it.comments[2]["is_rich_text"] = json!(true);
        it.comments[4]["body"] = json!("<p>literally</p>");
    });
    let ticket = desk.ticket("4321").await;
    assert_eq!(ticket.comments[0].body.expose(), "1 < 2");
    assert_eq!(ticket.comments[2].body.expose(), "<p>literally</p>");
}

#[tokio::test]
async fn comments_of_other_tickets_are_not_this_tickets() {
    let desk = desk().await;
    desk.state().quirks(|it| it.mix_tickets = true);
    assert_eq!(desk.ticket("4322").await.comments.len(), 0);
}

#[tokio::test]
async fn an_organisation_is_read_without_its_portal_key() {
    let desk = desk().await;
    let row = open(desk.crm().organisation(&acme(), &ext(ACME)).await.expect("Acme")).expect("Acme's");
    assert_eq!((row.name.as_str(), row.subscription_tier.as_deref()), ("Acme", Some("enterprise")));
    assert_eq!(row.domains, ["acme.example", "acme.test"]);
    assert_eq!((row.limits.tickets_per_month, row.status), (Some(50), OrganisationStatus::Active));
    clean(&row);
    desk.state().data(|it| it.customers[0]["properties"]["Tickets"] = json!("many"));
    let error = desk.crm().organisation(&acme(), &ext(ACME)).await.expect_err("a limit that is no number");
    assert_eq!(error.kind(), ErrorKind::BadReply);
    let globex = desk.crm().organisation(&acme(), &ext(GLOBEX)).await.expect_err("out of reach");
    assert_eq!((globex.kind(), globex.message()), (ErrorKind::NotFound, "organisation not found"));
}

#[tokio::test]
async fn contacts_are_read_without_other_fields() {
    let desk = desk().await;
    let contact = open(desk.crm().contact(&acme(), &cid(BOB)).await.expect("Bob")).expect("Acme's");
    assert_eq!((contact.title.as_deref(), contact.phone.as_deref()), (Some("Clerk"), Some("555 0100")));
    clean(&contact);
    let stray = desk.crm().contact(&acme(), &cid("89")).await.expect("somebody");
    assert_eq!(open(stray).map(|it| it.id), Err(Owner::Unknown));
    let twins = desk.desk().requester(&acme(), &ext(ACME), "Twin@acme.example").await.expect_err("two");
    assert_eq!(twins.kind(), ErrorKind::Conflict);
    assert!(desk.desk().requester(&acme(), &ext(ACME), "stray@acme.example").await.expect("nobody").is_none());
    desk.state().quirks(|it| (it.page_size, it.ignore_paging) = (2, true));
    let error = desk.desk().requester(&acme(), &ext(ACME), "bob.basic@acme.example").await.expect_err("cut");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

fn search(public_only: bool) -> ArticleQuery {
    ArticleQuery { text: "vpn".into(), category: None, public_only, limit: 50 }
}

#[tokio::test]
async fn a_page_is_public_where_the_configuration_says_so_and_nobodys_where_nobody_says_whose() {
    let desk = desk().await;
    let ids = async |query: ArticleQuery| {
        let page = desk.knowledge().search(&acme(), &query).await.expect("pages");
        clean(&page);
        assert_eq!(page.total, page.rows.len() as u64);
        let mut ids: Vec<String> = opened(page.rows).iter().map(|it| it.id.to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(search(true)).await, ["901"]);
    assert_eq!(ids(search(false)).await, ["901", "902", "903"]);
    for nobodys in ["905", "906"] {
        let id = ArticleId::new(nobodys).expect("an id");
        let page = desk.knowledge().article(&acme(), &id).await.expect("a page");
        assert_eq!(open(page).map(|it| it.id), Err(Owner::Unknown), "{nobodys}");
    }
    let id = ArticleId::new("901").expect("an id");
    let page = open(desk.knowledge().article(&acme(), &id).await.expect("a page")).expect("everybody's");
    assert_eq!(page.body.expose(), "Install the VPN client.");
}

#[tokio::test]
async fn a_page_that_is_named_is_still_its_customers() {
    let desk = desk_with(|it| (it.public_pages, it.internal_pages) = (vec![904, 906], vec![905])).await;
    let page = desk.knowledge().search(&acme(), &search(false)).await.expect("pages");
    let mut ids: Vec<String> = opened(page.rows).iter().map(|it| it.id.to_string()).collect();
    ids.sort();
    assert_eq!(ids, ["902", "903", "905"], "905 is vouched for; 904 is Globex's and 906 an asset's");
}

#[tokio::test]
async fn b15_ids_stay_in_their_place() {
    let desk = desk().await;
    for bad in ["../1", "1?customer_id=13", "%2f", "1/../../me", "1\r\nx: y"] {
        assert!(TicketId::new(bad).is_err(), "{bad} is no id");
    }
    for odd in ["a", "1e3", "4321.0", "+4321", "0004321", "4321:1", "settings", "99999999999999999999"] {
        let Ok(id) = TicketId::new(odd) else { continue };
        assert_eq!(desk.desk().ticket(&acme(), &id).await.expect_err("no record").kind(), ErrorKind::NotFound, "{odd}");
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn the_directory_has_every_customer_also_the_disabled_ones_and_is_bounded() {
    let desk = desk_with(|it| it.max_rows = 50).await;
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    let entries: Vec<_> =
        found.entries.iter().map(|it| (it.id.as_str(), it.name.as_str(), it.active, it.domains.len())).collect();
    assert_eq!(entries, [(ACME, "Acme", true, 2), (GLOBEX, "Globex", false, 0)]);
    assert!(!found.truncated);
    clean(&found);
    desk.state().quirks(|it| it.page_size = 1);
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    assert_eq!((found.entries.len(), found.truncated), (2, false), "page by page");
    desk.state().quirks(|it| it.endless_pages = true);
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    assert!(found.truncated && found.entries.len() <= 50);
}

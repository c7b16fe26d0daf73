//! Reading.

use crate::rig::{Rig, ticket, word};
use postern_api::*;
use std::collections::BTreeSet;

pub(crate) async fn a_probe_tells_what_is_wrong(rig: &Rig) {
    rig.adapter.probe(&rig.at_acme()).await.expect("a probe");
    rig.adapter.probe(&rig.tenant()).await.expect("a probe");
    let wrong = rig.other("postern", "not-the-password").await;
    assert_eq!(wrong.probe(&rig.at_acme()).await.expect_err("refused").kind(), ErrorKind::Unauthenticated);
    let mut cx = rig.at_acme();
    cx.reach = Reach::Organisations(vec![ExternalId::new("1").expect("an id")]);
    let error = rig.adapter.probe(&cx).await.expect_err("a queue without the fields");
    assert!(error.message().contains("Visibility"), "{error}");
}

pub(crate) async fn a_list_names_owners_and_counts(rig: &Rig) {
    let query = TicketQuery { limit: 200, ..TicketQuery::default() };
    let (rows, total) = rig.list(&query).await;
    assert_eq!(total, rows.len() as u64);
    let first = rows.iter().find(|it| it.id.as_str() == "1").expect("ticket 1");
    assert_eq!((first.public_comments, first.internal_comments), (1, 1));
    assert_eq!(first.subject.expose(), "Outlook will not open");
    assert_eq!(first.requester.email.as_deref(), Some("jane@acme.example"));
    assert!(first.comments.is_empty() && first.sla.resolution_due.is_none() && first.assignee.is_none());
    assert!(rows.iter().all(|it| it.id.as_str() != "4" && it.id.as_str() != "6"));

    let page = rig.desk().tickets(&rig.tenant(), &query).await.expect("the tenant's");
    let scope = Scope::whole_tenant(TenantId::new("msp").expect("an id"));
    let opened = page.rows.into_iter().filter_map(|row| scope.admit(&rig.map, row).ok()).count();
    assert!(opened > 4);

    let viewer = Some(Viewer { contact: rig.jane.clone(), organisation_wide: false });
    let (rows, _) = rig.list(&TicketQuery { viewer, ..query }).await;
    assert!(rows.iter().all(|it| it.internal_comments == 0), "notes are not counted for a customer");
}

pub(crate) async fn filters_and_orders_hold(rig: &Rig) {
    let all = TicketQuery { limit: 200, ..TicketQuery::default() };
    let check = async |query: TicketQuery, id: &str, fits: &dyn Fn(&Ticket) -> bool| {
        let (rows, total) = rig.list(&query).await;
        assert_eq!(total, rows.len() as u64);
        assert!(rows.iter().all(fits), "{query:?}");
        assert!(rows.iter().any(|it| it.id.as_str() == id), "{query:?}");
    };
    let statuses = vec![TicketStatus::Open, TicketStatus::Pending];
    check(TicketQuery { statuses, ..all.clone() }, "1", &|it| it.status == TicketStatus::Open).await;
    for (priority, id) in [(Priority::Medium, "1"), (Priority::Low, "2"), (Priority::Critical, "3")] {
        check(TicketQuery { priority: Some(priority), ..all.clone() }, id, &|it| it.priority == priority).await;
    }
    let requester = Some(rig.john.clone());
    check(TicketQuery { requester: requester.clone(), ..all.clone() }, "2", &|it| it.requester.contact == requester)
        .await;
    let since = rig.get("2").await.created_at;
    check(TicketQuery { created_since: Some(since), ..all.clone() }, "2", &|it| it.created_at >= since).await;
    let later = since.saturating_add(jiff::SignedDuration::from_hours(1)).expect("a time");
    let (rows, total) = rig.list(&TicketQuery { created_since: Some(later), ..all.clone() }).await;
    assert_eq!((rows.len(), total), (0, 0), "a time of day is not dropped");
    for none in [vec![TicketStatus::Resolved], vec![TicketStatus::Other]] {
        assert_eq!(rig.list(&TicketQuery { statuses: none, ..all.clone() }).await.1, 0);
    }
    for sort in [TicketSort::CreatedAt, TicketSort::UpdatedAt, TicketSort::Priority] {
        for descending in [false, true] {
            let (mut rows, _) = rig.list(&TicketQuery { sort, descending, ..all.clone() }).await;
            if descending {
                rows.reverse();
            }
            assert!(rows.len() > 3);
            assert!(match sort {
                TicketSort::CreatedAt => rows.is_sorted_by_key(|it| it.created_at),
                TicketSort::UpdatedAt => rows.is_sorted_by_key(|it| it.updated_at),
                TicketSort::Priority => rows.is_sorted_by_key(|it| it.priority),
            });
        }
    }
}

pub(crate) async fn pages_reach_every_ticket_once(rig: &Rig) {
    let everything = rig.list(&TicketQuery { limit: 200, ..TicketQuery::default() }).await.1;
    for (limit, step) in [(2, 2), (3, 2)] {
        let (mut seen, mut offset) = (BTreeSet::new(), 0);
        loop {
            let (rows, total) = rig.list(&TicketQuery { limit, offset, ..TicketQuery::default() }).await;
            assert_eq!(total, everything);
            seen.extend(rows.iter().take(step as usize).map(|it| it.id.clone()));
            if rows.len() <= step as usize && rows.len() < limit as usize {
                break;
            }
            offset += step;
            if rows.is_empty() {
                break;
            }
        }
        assert_eq!(seen.len() as u64, everything, "limit {limit}");
    }
}

pub(crate) async fn a_ticket_comes_whole(rig: &Rig) {
    let it = rig.get("1").await;
    assert_eq!(it.description.expose(), "Error 0x8004010F since this morning");
    let comments: Vec<_> = it.comments.iter().map(|it| (it.internal, it.body.expose())).collect();
    assert_eq!(comments, [(false, "We are looking into it"), (true, "The mailbox is full, says canaryacme")]);
    assert!(it.comments.iter().all(|it| matches!(&it.author, Author::Agent(who) if who.name == "Tess Tech")));
    assert!(it.sla.responded_at.is_some());
    assert!(it.public_updated_at <= it.updated_at);
    for missing in ["999999", "1.json", "0.x_y:z@w+v-u"] {
        let error = rig.desk().ticket(&rig.tenant(), &ticket(missing)).await.expect_err("missing");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{missing}");
    }
}

pub(crate) async fn html_and_files_are_read(rig: &Rig) {
    let id = rig.create(&rig.new_ticket(&word())).await.id;
    let body = serde_json::json!({
        "Content": "<p>Hello <b>Jane</b> &amp; all</p><script>alert(1)</script>", "ContentType": "text/html",
        "Attachments": [
            { "FileName": "notes.txt", "FileType": "text/plain", "FileContent": "c2VjcmV0IGZpbGU=" },
            { "FileName": "pixel.png", "FileType": "image/png", "FileContent": "iVBORw0KGgo=" },
        ],
    });
    assert_eq!(rig.raw("tech1", &format!("/ticket/{id}/correspond"), body).await, 201);
    let note = serde_json::json!({
        "Content": "see file", "ContentType": "text/plain",
        "Attachments": [{ "FileName": "internal.txt", "FileType": "text/plain", "FileContent": "c2VjcmV0" }],
    });
    assert_eq!(rig.raw("tech1", &format!("/ticket/{id}/comment"), note).await, 201);
    let it = rig.get(id.as_str()).await;
    assert_eq!(it.comments[0].body.expose(), "Hello Jane & all");
    let files: Vec<_> = it.attachments.iter().map(|it| (it.name.expose(), it.size, it.internal)).collect();
    assert_eq!(files, [("notes.txt", 11, false), ("pixel.png", 8, false), ("internal.txt", 6, true)]);
}

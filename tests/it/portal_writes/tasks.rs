//! Tasks of the employees' own, who may read a request, when it is due, and follow-ups.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const CREATE: &str = "portal.request.create";
const UPDATE: &str = "portal.request.status_update";

fn task() -> Value {
    json!({ "customer_id": "acme", "requester_email": "basic@acme.example", "source": "monitoring", "kind": "internal_task",
        "subject": "INTERNALTASK9 check the margin", "description": "INTERNALTASK9 before renewal." })
}

/// R02: nothing tells a customer of it: not a list, a count, a search, an id, a limit, or a title that is taken.
#[tokio::test]
async fn r02_an_internal_task_is_no_customers_in_any_form() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let people = ["basic@acme.example", "lead@acme.example"];
    let ask = async |id: &str| {
        let mut told = Vec::new();
        for email in people {
            let me = gateway.person(email);
            for (tool, arguments) in [
                ("customer_list_tickets", json!({ "limit": 50 })),
                ("portal.requests.list", json!({ "limit": 50 })),
                ("portal.customer.get", json!({})),
                ("customer_get_ticket", json!({ "ticket_id": id })),
                ("portal.request.get", json!({ "request_id": id })),
                ("customer_add_comment", json!({ "ticket_id": id, "content": "x" })),
            ] {
                let mut answer = me.ask(tool, arguments).await;
                answer["request_id"].take();
                told.push(answer.to_string());
            }
        }
        told
    };
    let before = ask("TK-2026-999999").await;
    let done = agent.data(CREATE, task()).await;
    let id = done["request_id"].as_str().unwrap().to_owned();
    assert!(done["message"].as_str().unwrap().contains("no customer"), "{done}");
    assert_eq!(ask(&id).await, before);
    let kept = agent.data("portal.request.get", json!({ "request_id": id })).await;
    assert_eq!(kept["visibility"], "staff");
    assert!(kept["description"].as_str().unwrap().starts_with("[Internal task. Recorded by Marcus Hale"), "{kept}");
    // The same title is free for the customer, and a task uses up no limit.
    gateway.sql(
        "UPDATE organisation SET tickets_per_month = 1 + (SELECT count(*) FROM ticket t
         WHERE t.organisation = organisation.key AND t.private <> 2
         AND t.created_at >= 1000000 * CAST(strftime('%s', 'now', 'start of month') AS INTEGER))
         WHERE id = 'acme' AND tenant = 'msp-example'",
    );
    let bob = gateway.person("basic@acme.example");
    let same = json!({ "subject": "INTERNALTASK9 check the margin", "description": "x" });
    bob.data(CREATE, same).await;
    assert_eq!(bob.code(CREATE, json!({ "subject": "Next", "description": "x" })).await, "TICKET_LIMIT_REACHED");
    agent.data(CREATE, with(task(), "subject", json!("INTERNALTASK9 another"))).await;
    // No reply makes it public, nor does a change of readers.
    let reply = json!({ "request_id": id, "visibility": "customer_visible", "content": "x" });
    assert_eq!(agent.code("portal.support_reply.preview", reply).await, "BLOCKED_BY_RULE");
    let open = json!({ "request_id": id, "visibility": "organization", "reason": "x" });
    assert_eq!(agent.code(UPDATE, open).await, "BLOCKED_BY_RULE");
    assert_eq!(agent.code(CREATE, task()).await, "CONFLICT", "the same task is there");
}

#[tokio::test]
async fn what_a_request_is_stands_before_its_text() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let new = json!({ "subject": "About the form", "description": "It asks twice.", "kind": "form_follow_up" });
    let done = bob.data(CREATE, new).await;
    let kept = bob.data("portal.request.get", json!({ "request_id": done["request_id"] })).await;
    assert_eq!(kept["description"], "[Form follow-up]\n\nIt asks twice.");
}

#[tokio::test]
async fn more_readers_and_later_due_times_need_a_yes_and_fewer_readers_do_not() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket("VPN drops every few minutes from home").await;
    let private = json!({ "request_id": id, "visibility": "private", "reason": "It is personal." });
    agent.data(UPDATE, private.clone()).await;
    assert_eq!(
        gateway.person("lead@acme.example").code("portal.request.get", json!({ "request_id": id })).await,
        "ACCESS_DENIED"
    );
    assert_eq!(agent.code(UPDATE, private).await, "CONFLICT");
    let wider = json!({ "request_id": id, "visibility": "organization", "reason": "The lead asked." });
    let (waiting, envelope) = agent.waits(UPDATE, wider.clone()).await;
    assert!(envelope["message"].as_str().unwrap().contains("Read then by: organization"), "{envelope}");
    assert!(gateway.decide(&waiting, true));
    agent.data(UPDATE, wider).await;
    gateway.person("lead@acme.example").data("portal.request.get", json!({ "request_id": id })).await;
    let later = json!({ "request_id": id, "resolution_due": "2099-01-01T00:00:00Z", "reason": "Waits for a part." });
    let (_, envelope) = agent.waits(UPDATE, later).await;
    assert!(envelope["message"].as_str().unwrap().contains("Sets the service level aside: yes"), "{envelope}");
    for wrong in [
        json!({ "request_id": id, "resolution_due": "2020-01-01T00:00:00Z", "reason": "x" }),
        json!({ "request_id": id, "visibility": "private", "status": "pending", "reason": "x" }),
        json!({ "request_id": id, "visibility": "staff", "reason": "x" }),
        json!({ "request_id": id, "follow_up_on": "2020-01-01", "reason": "x" }),
    ] {
        assert_eq!(agent.code(UPDATE, wrong.clone()).await, "VALIDATION_ERROR", "{wrong}");
    }
}

#[tokio::test]
async fn a_follow_up_is_a_note_that_no_customer_reads() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket("VPN drops every few minutes from home").await;
    let before = gateway.count("comment");
    let follow = json!({ "request_id": id, "follow_up_on": "2099-05-01", "reason": "Ask whether it holds." });
    let done = agent.data(UPDATE, follow).await;
    assert_eq!((&done["reason_kept"], &done["status"]), (&json!(true), &json!("open")));
    assert_eq!(gateway.count("comment"), before + 1);
    let kept = agent.data("portal.request.get", json!({ "request_id": id })).await;
    let note = kept["internal_notes"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    assert!(note.contains("Marcus Hale") && note.contains("Look at it again on 2099-05-01."), "{note}");
    let customer = gateway.person("basic@acme.example").data("portal.request.get", json!({ "request_id": id })).await;
    assert!(!customer.to_string().contains("2099-05-01"));
}

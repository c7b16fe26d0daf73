//! R01 and R02: nothing internal reaches a customer, in no field, count, hit, order or error.

use crate::gateway::{Gateway, Person, TENANT};
use crate::rig::{Liar, Rig, agent, basic, calls, lead};
use postern::adapters::Registry;
use postern_api::{Agent, Author, CallCx, NewComment, Reach, TenantId, TicketId};
use postern_embedded::demo::ACCOUNTS;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Everything that the demo keeps for employees, as the service lead reads it.
async fn secrets_of(gateway: &Gateway) -> BTreeSet<String> {
    let lead = gateway.person("service-lead@msp.example");
    let mut values = BTreeSet::new();
    let list = lead.data("search_tickets", json!({ "limit": 50 })).await;
    for ticket in list["tickets"].as_array().unwrap() {
        let ticket = lead.data("get_ticket", json!({ "ticket_id": ticket["ticket_id"] })).await;
        let texts = |rows: &Value, field: &str| {
            rows.as_array().unwrap().iter().map(|it| it[field].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        values.extend(texts(&ticket["internal_notes"], "content"));
        values.extend(texts(&ticket["escalation_history"], "reason"));
        values.extend(ticket["sla_status"]["breach_reason"].as_str().map(str::to_owned));
        for field in ["id", "email"] {
            values.extend(ticket["assigned_to"][field].as_str().map(str::to_owned));
        }
        let files = ticket["attachments"].as_array().unwrap().iter().filter(|it| it["internal"] == true);
        values.extend(files.map(|it| it["file_name"].as_str().unwrap().to_owned()));
    }
    for organisation in ["acme", "globex", "initech"] {
        let people = lead.data("internal_list_org_contacts", json!({ "organization_id": organisation })).await;
        let notes = people["contacts"].as_array().unwrap().iter().filter_map(|it| it["notes"].as_str());
        values.extend(notes.map(str::to_owned));
    }
    for article in lead.data("search_kb", json!({ "query": "the", "limit": 50 })).await["articles"].as_array().unwrap()
    {
        if article["public"] == false {
            let article = lead.data("get_kb_article", json!({ "article_id": article["article_id"] })).await;
            values.extend(["title", "summary", "content"].map(|it| article[it].as_str().unwrap().to_owned()));
        }
    }
    assert!(values.len() > 40, "{}", values.len());
    // A sentence of it is as much as the whole.
    let sentences: Vec<_> = values.iter().flat_map(|it| it.split(". ")).map(|it| it.trim_end_matches('.')).collect();
    let long: BTreeSet<String> = sentences.into_iter().filter(|it| it.len() >= 12).map(str::to_owned).collect();
    long
}

/// Every answer that a customer can get about tickets, people and articles.
async fn everything(me: &Person) -> Vec<String> {
    let mut answers = Vec::new();
    for status in ["all", "open", "pending", "resolved", "closed"] {
        let list = me.ask("customer_list_tickets", json!({ "status": status, "limit": 50 })).await;
        answers.push(list.to_string());
    }
    for n in 1..=38 {
        let id = json!({ "ticket_id": format!("TK-2026-{n:06}") });
        let ticket = me.ask("customer_get_ticket", id).await;
        if let Some(comments) = ticket["data"]["comments"].as_array() {
            let list = me.data("customer_list_tickets", json!({ "limit": 50 })).await;
            let row =
                list["tickets"].as_array().unwrap().iter().find(|it| it["ticket_id"] == ticket["data"]["ticket_id"]);
            assert_eq!(row.unwrap()["comment_count"], comments.len(), "a count of what can be read");
        }
        answers.push(ticket.to_string());
    }
    answers.push(me.ask("customer_list_contacts", json!({})).await.to_string());
    for query in ["the", "vpn gateway firmware", "break glass", "service level", "RB-VPNREKEY", "safe vault"] {
        answers.push(me.ask("customer_search_kb", json!({ "query": query, "limit": 50 })).await.to_string());
    }
    for n in 1..=20 {
        answers.push(me.ask("get_kb_article", json!({ "article_id": format!("KB-{n:04}") })).await.to_string());
    }
    answers
}

#[tokio::test]
async fn r02_no_answer_to_any_customer_holds_a_sentence_of_what_is_internal() {
    let gateway = Gateway::start().await;
    let secrets = secrets_of(&gateway).await;
    let mut scanned = 0;
    for account in ACCOUNTS.iter().filter(|it| it.realm == "customer") {
        for answer in everything(&gateway.person(account.email)).await {
            let leaked: Vec<_> = secrets.iter().filter(|it| answer.contains(it.as_str())).collect();
            assert_eq!(leaked, Vec::<&String>::new(), "{}: {answer}", account.email);
            let named = ["@msp.example", "internal", "escalation", "breach_reason", "withheld"];
            let named = named.iter().find(|it| answer.contains(**it));
            assert_eq!(named, None, "{}: {answer}", account.email);
            scanned += answer.len();
        }
    }
    assert!(scanned > 50_000, "{scanned} bytes were scanned");
}

#[tokio::test]
async fn r02_an_internal_note_and_an_escalation_change_nothing_that_a_customer_can_see() {
    let gateway = Gateway::start().await;
    let id = gateway.ticket("Second monitor flickers").await;
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let seen = async || {
        let mut seen = Vec::new();
        for who in [&lead, &basic] {
            for sort in ["created_at", "updated_at", "priority"] {
                seen.push(who.ask("customer_list_tickets", json!({ "sort": sort, "limit": 50 })).await);
            }
            seen.push(who.ask("customer_get_ticket", json!({ "ticket_id": id })).await);
        }
        seen
    };
    let staff = gateway.person("support-write@msp.example");
    let whole = async || staff.data("get_ticket", json!({ "ticket_id": id })).await;
    let (before, whole_before) = (seen().await, whole().await);
    note(&gateway, &id).await;
    let escalate = json!({ "ticket_id": id, "target": "Second line", "reason": "Dock fails again" });
    let confirmation = staff.pending("escalate_ticket", escalate).await;
    assert_eq!(staff.settle(&confirmation, true).await.1["status"], "success");
    let whole_after = whole().await;
    assert_eq!(
        whole_after["internal_note_count"].as_u64(),
        whole_before["internal_note_count"].as_u64().map(|it| it + 1)
    );
    assert_ne!(whole_after["updated_at"], whole_before["updated_at"], "employees see that something was done");
    assert_eq!(seen().await, before);
}

/// No tool writes internal notes; the service desk's own client does.
async fn note(gateway: &Gateway, id: &str) {
    let registry = Registry::new(gateway.data());
    let adapter = registry.embedded().unwrap().for_tenant(&TenantId::new(TENANT).unwrap());
    let by = Agent { id: "leo".into(), name: "Leo Brandt".into(), email: None };
    let new = NewComment { author: Author::Agent(by), body: "They will not notice.".into(), internal: true };
    let cx = CallCx::new(Reach::Tenant, Duration::from_secs(5));
    adapter.service_desk().unwrap().comment(&cx, &TicketId::new(id).unwrap(), &new).await.unwrap();
}

#[tokio::test]
async fn r01_canaries_in_every_internal_field_reach_employees_and_no_customer() {
    let rig = Rig::new(Liar::honest());
    let mut staff = String::new();
    for (caller, tool, arguments) in calls() {
        let answer = rig.ask(&caller, tool, arguments.clone()).await;
        assert_ne!(answer["status"], "error", "{tool}: {answer}");
        let text = answer.to_string();
        if caller.organisation.is_some() {
            assert!(!text.contains("CANARY"), "{tool}: {text}");
            if let Some(done) = rig.written(&caller, tool, arguments).await {
                assert!(!done.to_string().contains("CANARY"), "{tool}: {done}");
            }
        } else {
            staff.push_str(&text);
        }
    }
    for canary in
        ["agent-id", "agent@msp.example", "breach", "note", "file.txt", "team", "reason", "by", "contact-note"]
    {
        assert!(staff.contains(&format!("CANARY-{canary}")), "{canary} is there to be seen: {staff}");
    }
    for caller in [lead(), basic()] {
        let rig = Rig::new(Liar::honest());
        let ticket = rig.ask(&caller, "customer_get_ticket", json!({ "ticket_id": "T-1" })).await;
        let comment = ticket["data"]["comments"][0]["content"].as_str().unwrap();
        assert!(comment.starts_with("We are on it, says ") && !comment.contains("CANARY"), "{comment}");
        assert_eq!(ticket["data"]["comments"].as_array().unwrap().len(), 1);
    }
    assert!(!rig.ask(&agent(), "get_ticket", json!({ "ticket_id": "T-1" })).await["data"].is_null());
}

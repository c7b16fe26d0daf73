//! Customers read tickets.

use super::{column, keys};
use crate::gateway::Gateway;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const VPN: &str = "VPN drops every few minutes from home";
const LEAVE: &str = "Request about parental leave and my account";
const REVIEW: &str = "Review of administrator accounts";

fn set<'a>(subjects: &[&'a str]) -> BTreeSet<&'a str> {
    subjects.iter().copied().collect()
}

#[tokio::test]
async fn a_lead_sees_what_is_not_private_and_own_private_tickets_and_a_basic_contact_own_ones() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example").data("customer_list_tickets", json!({})).await;
    let expected = [
        "Build server out of disk space",
        "CRM is slow in the afternoon",
        "Cannot open the month-end workbook",
        "Invoice portal password does not work",
        "Mail flow stopped for the whole company",
        "Meeting room display shows no picture",
        "New laptop for a sales hire",
        "Quote for twenty more licences",
        REVIEW,
        "Second monitor flickers",
        "Suspicious mail about a changed bank account",
        VPN,
    ];
    assert_eq!(column(&lead["tickets"], "subject").into_iter().collect::<BTreeSet<_>>(), set(&expected));
    assert_eq!(lead["pagination"], json!({ "total": 12, "limit": 20, "offset": 0, "has_more": false }));
    let basic = gateway.person("basic@acme.example").data("customer_list_tickets", json!({})).await;
    let own = [VPN, "Second monitor flickers", LEAVE, "Build server out of disk space"];
    assert_eq!(column(&basic["tickets"], "subject"), own, "newest first");
    assert_eq!(basic["pagination"]["total"], 4);
}

#[tokio::test]
async fn a_list_has_every_field_of_the_specification_and_no_other() {
    let gateway = Gateway::start().await;
    let answer = gateway.person("basic@acme.example").ask("customer_list_tickets", json!({})).await;
    assert_eq!(keys(&answer), ["data", "metadata", "status"]);
    assert_eq!(answer["metadata"], json!({ "untrusted_content": true }));
    let fields = [
        "assigned_to",
        "category",
        "comment_count",
        "created_at",
        "created_by",
        "priority",
        "sla_status",
        "status",
        "subject",
        "ticket_id",
        "updated_at",
    ];
    let vpn = &answer["data"]["tickets"][0];
    assert_eq!(keys(vpn), fields);
    assert_eq!(vpn["created_by"], json!({ "name": "Bob Miller", "email": "basic@acme.example" }));
    assert_eq!(vpn["assigned_to"], "Marcus Hale");
    assert_eq!(vpn["comment_count"], 3);
    let unassigned = &answer["data"]["tickets"][1];
    assert_eq!(unassigned.get("assigned_to"), None);
}

#[tokio::test]
async fn pages_add_up_and_a_cut_one_says_so() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let whole = lead.data("customer_list_tickets", json!({ "limit": 50 })).await;
    let mut seen = Vec::new();
    for offset in [0, 5, 10, 15] {
        let answer = lead.ask("customer_list_tickets", json!({ "limit": 5, "offset": offset })).await;
        let page = &answer["data"]["pagination"];
        let more = offset < 10 && offset + 5 < 12;
        assert_eq!(page, &json!({ "total": 12, "limit": 5, "offset": offset, "has_more": offset + 5 < 12 }));
        assert_eq!(answer["metadata"]["truncated"].as_bool().unwrap_or(false), more);
        assert_eq!(answer["metadata"].get("warning").is_some(), more);
        seen.extend(answer["data"]["tickets"].as_array().unwrap().clone());
    }
    assert_eq!(&Value::from(seen), &whole["tickets"]);
}

#[tokio::test]
async fn tickets_sort_by_time_and_urgency_both_ways() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@globex.example");
    let staff = gateway.person("support-read@msp.example");
    let rank = |priority: &str| ["low", "medium", "high", "critical"].iter().position(|it| *it == priority).unwrap();
    for (who, tool) in [(&lead, "customer_list_tickets"), (&staff, "search_tickets")] {
        for field in ["created_at", "updated_at", "priority"] {
            for order in ["asc", "desc"] {
                let list = who.data(tool, json!({ "sort": field, "sort_order": order, "limit": 50 })).await;
                let values = column(&list["tickets"], field);
                assert!(values.len() > 5);
                let sorted = values.windows(2).all(|pair| {
                    let up = match field {
                        "priority" => rank(pair[0]) <= rank(pair[1]),
                        _ => time(pair[0]) <= time(pair[1]),
                    };
                    let down = match field {
                        "priority" => rank(pair[0]) >= rank(pair[1]),
                        _ => time(pair[0]) >= time(pair[1]),
                    };
                    if order == "asc" { up } else { down }
                });
                assert!(sorted, "{tool} {field} {order}: {values:?}");
            }
        }
    }
}

fn time(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn filters_keep_what_matches_and_count_it() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let all = lead.data("customer_list_tickets", json!({ "status": "all", "limit": 50 })).await;
    let all = all["tickets"].as_array().unwrap();
    for (filter, values) in
        [("status", ["open", "pending", "resolved", "closed"]), ("priority", ["critical", "high", "medium", "low"])]
    {
        let mut sum = 0;
        for value in values {
            let list = lead.data("customer_list_tickets", json!({ filter: value })).await;
            let expected: Vec<_> = all.iter().filter(|it| it[filter] == value).cloned().collect();
            assert_eq!(list["tickets"].as_array().unwrap(), &expected, "{filter} {value}");
            assert_eq!(list["pagination"]["total"], expected.len());
            sum += expected.len();
        }
        assert_eq!(sum, all.len());
    }
    let both = lead.data("customer_list_tickets", json!({ "status": "open", "priority": "high" })).await;
    assert_eq!(both["pagination"]["total"], 3);
}

#[tokio::test]
async fn a_ticket_is_whole_and_holds_nothing_internal() {
    let gateway = Gateway::start().await;
    let id = gateway.ticket(VPN).await;
    let answer = gateway.person("basic@acme.example").ask("customer_get_ticket", json!({ "ticket_id": id })).await;
    let ticket = &answer["data"];
    let fields = [
        "assigned_to",
        "attachments",
        "category",
        "comments",
        "created_at",
        "created_by",
        "description",
        "priority",
        "sla_status",
        "status",
        "subject",
        "ticket_id",
        "updated_at",
        "visibility",
    ];
    assert_eq!(keys(ticket), fields);
    assert_eq!(ticket["assigned_to"], json!({ "name": "Marcus Hale" }));
    assert_eq!(keys(&ticket["sla_status"]), ["resolution", "resolution_due", "response"]);
    assert_eq!(ticket["sla_status"]["response"], "met");
    assert_eq!(ticket["sla_status"]["resolution"], "on_track");
    let comments = ticket["comments"].as_array().unwrap();
    assert_eq!(column(&ticket["comments"], "author_type"), ["agent", "customer", "agent"]);
    assert_eq!(keys(&comments[0]), ["author_name", "author_type", "comment_id", "content", "created_at"]);
    assert_eq!(column(&ticket["comments"], "author_name"), ["Marcus Hale", "Bob Miller", "Marcus Hale"]);
    assert_eq!(column(&ticket["attachments"], "file_name"), ["vpn-client.log"]);
    let file = &ticket["attachments"][0];
    assert_eq!(keys(file), ["attachment_id", "content_type", "created_at", "file_name", "size_bytes"]);
    assert_eq!((file["size_bytes"].as_u64(), file["content_type"].as_str()), (Some(48_213), Some("text/plain")));
    let solved = gateway.ticket("Build server out of disk space").await;
    let solved = gateway.person("basic@acme.example").data("customer_get_ticket", json!({ "ticket_id": solved })).await;
    assert_eq!(solved["resolution"], "Volume extended by 500 GB.");
}

#[tokio::test]
async fn a_colleagues_and_a_private_ticket_are_denied_and_another_organisations_is_not_there() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let of = async |subject: &str| json!({ "ticket_id": gateway.ticket(subject).await });
    let colleague = basic.ask("customer_get_ticket", of("Cannot open the month-end workbook").await).await;
    assert_eq!(colleague["code"], "ACCESS_DENIED");
    assert_eq!(colleague["message"], "you can only view your own tickets");
    let leads_private = basic.ask("customer_get_ticket", of(REVIEW).await).await;
    assert_eq!(leads_private, colleague, "that it is private is no business of a colleague");
    let private = lead.ask("customer_get_ticket", of(LEAVE).await).await;
    assert_eq!(private["code"], "ACCESS_DENIED");
    assert_eq!(private["message"], "this ticket is marked as private");
    assert_eq!(lead.data("customer_get_ticket", of(REVIEW).await).await["visibility"], "private");
    for foreign in ["Label printer prints the wrong size", "Keyboard with another layout"] {
        let answer = lead.ask("customer_get_ticket", of(foreign).await).await;
        assert_eq!(answer["code"], "TICKET_NOT_FOUND");
        assert!(answer["suggested_action"].as_str().unwrap().contains("ticket ID"));
    }
}

#[tokio::test]
async fn arguments_that_break_the_schema_are_named() {
    let gateway = Gateway::start().await;
    let (lead, staff) = (gateway.person("lead@acme.example"), gateway.person("service-lead@msp.example"));
    for (tool, arguments, named) in [
        ("customer_list_tickets", json!({ "limit": 51 }), "limit"),
        ("customer_list_tickets", json!({ "limit": 0 }), "limit"),
        ("customer_list_tickets", json!({ "limit": -1 }), "limit"),
        ("customer_list_tickets", json!({ "limit": 2.5 }), "limit"),
        ("customer_list_tickets", json!({ "limit": "5" }), "limit"),
        ("customer_list_tickets", json!({ "limit": null }), "limit"),
        ("customer_list_tickets", json!({ "offset": -1 }), "offset"),
        ("customer_list_tickets", json!({ "offset": 100_001 }), "offset"),
        ("customer_list_tickets", json!({ "status": "OPEN" }), "status"),
        ("customer_list_tickets", json!({ "priority": "urgent" }), "priority"),
        ("customer_list_tickets", json!({ "sort": "internal_notes" }), "sort"),
        ("customer_list_tickets", json!({ "sort_order": "up" }), "sort_order"),
        ("customer_list_tickets", json!({ "assigned_to": "Marcus" }), "assigned_to"),
        ("customer_get_ticket", json!({}), "ticket_id"),
        ("customer_get_ticket", json!({ "ticket_id": 7 }), "ticket_id"),
        ("customer_get_ticket", json!({ "ticket_id": "" }), "ticket_id"),
        ("customer_get_ticket", json!({ "ticket_id": "a/b" }), "ticket_id"),
        ("customer_submit_ticket", json!({ "subject": "x" }), "description"),
        ("customer_submit_ticket", json!({ "subject": " ", "description": "x" }), "subject"),
        ("customer_submit_ticket", json!({ "subject": "a\nb", "description": "x" }), "subject"),
        ("customer_submit_ticket", json!({ "subject": "x".repeat(201), "description": "x" }), "subject"),
        ("customer_submit_ticket", json!({ "subject": "x", "description": "x", "priority": "critical" }), "priority"),
        ("customer_submit_ticket", json!({ "subject": "x", "description": "x", "attachments": "AT-1" }), "attachments"),
        (
            "customer_submit_ticket",
            json!({ "subject": "x", "description": "x", "attachments": vec!["A"; 21] }),
            "attachments",
        ),
        ("customer_submit_ticket", json!({ "subject": "x", "description": "x", "organization_id": "globex" }), "organ"),
        ("customer_add_comment", json!({ "ticket_id": "T", "content": "x", "internal": true }), "internal"),
        ("customer_search_kb", json!({ "query": "" }), "query"),
        ("customer_search_kb", json!({ "query": "x", "limit": 51 }), "limit"),
        ("customer_list_contacts", json!({ "status": "gone" }), "status"),
        ("customer_invite_contact", json!({ "email": "x", "first_name": "A", "last_name": "B" }), "email"),
        (
            "customer_invite_contact",
            json!({ "email": "x@acme.example", "first_name": "A", "last_name": "B", "role": "lead" }),
            "role",
        ),
        ("customer_transfer_lead", json!({ "new_lead_contact_id": ["a"] }), "new_lead_contact_id"),
    ] {
        refused(&lead, tool, arguments, named).await;
    }
    for (tool, arguments, named) in [
        ("search_tickets", json!({ "query": "x".repeat(201) }), "query"),
        ("search_tickets", json!({ "organization_id": "a b" }), "organization_id"),
        ("close_ticket", json!({ "ticket_id": "T" }), "resolution"),
        ("close_ticket", json!({ "ticket_id": "T", "resolution": "\n" }), "resolution"),
        ("escalate_ticket", json!({ "ticket_id": "T", "target": "x" }), "reason"),
        ("escalate_ticket", json!({ "ticket_id": "T", "target": "", "reason": "x" }), "target"),
        ("internal_view_customer_history", json!({ "contact_id": "CT-1", "limit": 201 }), "limit"),
        ("get_sla_summary", json!({ "organization_id": 1 }), "organization_id"),
        ("find_tools", json!({ "query": "x", "limit": 0 }), "limit"),
    ] {
        refused(&staff, tool, arguments, named).await;
    }
}

async fn refused(who: &crate::gateway::Person, tool: &str, arguments: Value, named: &str) {
    let answer = who.ask(tool, arguments.clone()).await;
    assert_eq!(answer["code"], "VALIDATION_ERROR", "{tool} {arguments}: {answer}");
    assert!(answer["message"].as_str().unwrap().contains(named), "{tool} {arguments}: {answer}");
    assert_eq!(answer["suggested_action"], "Correct the named argument and call again.");
}

//! What the service desk's employees are answered.

use super::{column, keys};
use crate::gateway::Gateway;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const READERS: [&str; 5] = [
    "support-read@msp.example",
    "support-write@msp.example",
    "service-lead@msp.example",
    "owner@msp.example",
    "admin@msp.example",
];

#[tokio::test]
async fn an_employee_searches_all_organisations_with_internal_fields() {
    let gateway = Gateway::start().await;
    for email in READERS {
        let staff = gateway.person(email);
        let all = staff.data("search_tickets", json!({ "limit": 50 })).await;
        assert_eq!(all["pagination"]["total"], 37, "{email}");
        let mut sum = 0;
        for organisation in ["acme", "globex", "initech"] {
            let some = staff.data("search_tickets", json!({ "organization_id": organisation, "limit": 50 })).await;
            let tickets = column(&some["tickets"], "organization_id");
            assert!(tickets.iter().all(|it| *it == organisation));
            assert_eq!(some["pagination"]["total"], tickets.len());
            sum += tickets.len();
        }
        assert_eq!(sum, 37);
        let fields = [
            "assigned_to",
            "category",
            "comment_count",
            "created_at",
            "created_by",
            "internal_note_count",
            "organization_id",
            "priority",
            "sla_status",
            "status",
            "subject",
            "ticket_id",
            "updated_at",
            "visibility",
        ];
        assert_eq!(keys(&all["tickets"][1]), fields);
        assert_eq!(keys(&all["tickets"][1]["assigned_to"]), ["email", "id", "name"]);
    }
}

#[tokio::test]
async fn a_search_finds_words_of_every_part_of_a_ticket() {
    let gateway = Gateway::start().await;
    let staff = gateway.person("support-read@msp.example");
    for (query, subject) in [
        ("flickers", "Second monitor flickers"),
        ("aspen", "Meeting room display shows no picture"),
        ("ACMEGW02", "VPN drops every few minutes from home"),
        ("Cable B works", "Meeting room display shows no picture"),
        ("500 GB", "Build server out of disk space"),
    ] {
        let found = staff.data("search_tickets", json!({ "query": query })).await;
        assert!(column(&found["tickets"], "subject").contains(&subject), "{query}: {found}");
    }
    let nothing = staff.data("search_tickets", json!({ "query": "nosuchwordanywhere" })).await;
    assert_eq!(nothing["pagination"], json!({ "total": 0, "limit": 20, "offset": 0, "has_more": false }));
    assert_eq!(staff.code("search_tickets", json!({ "organization_id": "nobody" })).await, "ORGANIZATION_NOT_FOUND");
}

#[tokio::test]
async fn an_employee_reads_a_whole_ticket() {
    let gateway = Gateway::start().await;
    let id = json!({ "ticket_id": gateway.ticket("Mail flow stopped for the whole company").await });
    let ticket = gateway.person("support-write@msp.example").data("get_ticket", id.clone()).await;
    let notes = &ticket["internal_notes"];
    assert_eq!(notes.as_array().unwrap().len(), 1);
    assert!(notes[0]["content"].as_str().unwrap().contains("Certificate on the relay expired"));
    assert_eq!(notes[0]["author_name"], "Marcus Hale");
    assert_eq!(column(&ticket["comments"], "author_name"), ["Marcus Hale", "Sofia Lindqvist"]);
    let escalation = &ticket["escalation_history"][0];
    assert_eq!(
        (escalation["target"].as_str(), escalation["by"].as_str()),
        (Some("Sofia Lindqvist"), Some("Marcus Hale"))
    );
    let sla = &ticket["sla_status"];
    assert!(sla["breach_reason"].as_str().unwrap().starts_with("Our own monitoring was muted"));
    assert_eq!(sla["resolution"], "breached");
    assert_eq!(ticket["resolution"], "The certificate of the mail relay was renewed and is now watched.");
    assert_eq!(ticket["internal_note_count"], 1);
    let files = json!({ "ticket_id": gateway.ticket("VPN drops every few minutes from home").await });
    let files = gateway.person("support-read@msp.example").data("get_ticket", files).await;
    let internal: Vec<_> =
        files["attachments"].as_array().unwrap().iter().map(|it| it["internal"].as_bool().unwrap()).collect();
    assert_eq!(
        (column(&files["attachments"], "file_name"), internal),
        (vec!["vpn-client.log", "gw02-config.txt"], vec![false, true])
    );
    assert_eq!(
        gateway.person("admin@msp.example").code("get_ticket", json!({ "ticket_id": "TK-1" })).await,
        "TICKET_NOT_FOUND"
    );
}

#[tokio::test]
async fn the_service_level_summary_adds_up() {
    let gateway = Gateway::start().await;
    let staff = gateway.person("support-read@msp.example");
    let summary = staff.data("get_sla_summary", json!({})).await;
    let count = |it: &Value| ["on_track", "at_risk", "breached"].map(|state| it[state].as_u64().unwrap());
    let sum = |rows: &Value| {
        rows.as_array().unwrap().iter().map(count).fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z])
    };
    let total = count(&summary["total"]);
    assert_eq!(sum(&summary["by_organization"]), total);
    assert_eq!(sum(&summary["by_tier"]), total);
    let mut by_hand: BTreeMap<String, u64> = BTreeMap::new();
    for status in ["open", "pending"] {
        let list = staff.data("search_tickets", json!({ "status": status, "limit": 50 })).await;
        for ticket in list["tickets"].as_array().unwrap() {
            *by_hand.entry(ticket["sla_status"]["resolution"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let by_hand = ["on_track", "at_risk", "breached"].map(|it| by_hand.get(it).copied().unwrap_or(0));
    assert_eq!(by_hand, total);
    assert_eq!(column(&summary["by_organization"], "sla_tier").len(), 3);
    let one = staff.data("get_sla_summary", json!({ "organization_id": "initech" })).await;
    assert_eq!(column(&one["by_organization"], "organization_id"), ["initech"]);
    assert_eq!(column(&one["by_tier"], "sla_tier"), ["Silver"]);
    assert_eq!(staff.code("get_sla_summary", json!({ "organization_id": "nobody" })).await, "ORGANIZATION_NOT_FOUND");
}

#[tokio::test]
async fn an_employee_reads_an_organisation_and_its_people() {
    let gateway = Gateway::start().await;
    let staff = gateway.person("support-write@msp.example");
    let acme = staff.data("internal_get_organization", json!({ "organization_id": "acme" })).await;
    assert_eq!(acme["name"], "Acme Corporation");
    assert_eq!((acme["domain"].as_str(), acme["status"].as_str()), (Some("acme.example"), Some("active")));
    assert_eq!((acme["subscription_tier"].as_str(), acme["sla_tier"].as_str()), (Some("enterprise"), Some("Platinum")));
    assert_eq!(acme["contacts"], json!({ "total": 6, "lead": "Jane Smith" }));
    assert_eq!((&acme["tickets"]["total"], &acme["tickets"]["open"]), (&json!(13), &json!(8)));
    assert!(acme["tickets"]["avg_resolution_time"].as_f64().unwrap() > 0.0);
    let people = staff.data("internal_list_org_contacts", json!({ "organization_id": "acme" })).await;
    let bob = people["contacts"].as_array().unwrap().iter().find(|it| it["name"] == "Bob Miller").unwrap();
    assert_eq!(bob["phone"], "+1 202 555 0171");
    assert_eq!(bob["ticket_count"], 4);
    assert!(bob["notes"].as_str().unwrap().starts_with("Patient"));
    let pending = json!({ "organization_id": "acme", "status": "pending" });
    let pending = staff.data("internal_list_org_contacts", pending).await;
    assert_eq!(column(&pending["contacts"], "name"), ["Omar Haddad"]);
    for tool in ["internal_get_organization", "internal_list_org_contacts"] {
        assert_eq!(staff.code(tool, json!({ "organization_id": "nobody" })).await, "ORGANIZATION_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_contacts_history_is_told_newest_first_with_what_they_did_here() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    bob.data("customer_list_tickets", json!({})).await;
    bob.code("customer_list_contacts", json!({})).await;
    let staff = gateway.person("support-read@msp.example");
    let history = staff.data("internal_view_customer_history", json!({ "contact_id": "CT-000002" })).await;
    assert_eq!((history["name"].as_str(), history["organization_id"].as_str()), (Some("Bob Miller"), Some("acme")));
    let times = column(&history["events"], "at");
    let parsed: Vec<jiff::Timestamp> = times.iter().map(|it| it.parse().unwrap()).collect();
    assert!(parsed.windows(2).all(|pair| pair[0] >= pair[1]));
    let kinds = column(&history["events"], "type");
    assert_eq!(&kinds[..2], ["gateway_call", "gateway_call"]);
    assert_eq!(history["events"][0]["tool"], "customer_list_contacts");
    for (kind, expected) in [("ticket", 4), ("comment", 1), ("role_change", 1), ("gateway_call", 2)] {
        assert_eq!(kinds.iter().filter(|it| **it == kind).count(), expected, "{kind}");
    }
    let cut = staff.ask("internal_view_customer_history", json!({ "contact_id": "CT-000002", "limit": 3 })).await;
    assert_eq!(cut["data"]["events"].as_array().unwrap().len(), 3);
    assert_eq!(cut["metadata"]["truncated"], true);
    assert_eq!(
        staff.code("internal_view_customer_history", json!({ "contact_id": "CT-9" })).await,
        "CONTACT_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_reader_changes_nothing_and_finance_reads_no_ticket() {
    let gateway = Gateway::start().await;
    for (email, tools) in [
        ("support-read@msp.example", vec!["close_ticket", "escalate_ticket"]),
        ("owner@msp.example", vec!["close_ticket", "escalate_ticket"]),
        ("admin@msp.example", vec!["close_ticket", "escalate_ticket"]),
        ("finance@msp.example", vec!["search_tickets", "get_ticket", "search_kb", "get_kb_article", "close_ticket"]),
    ] {
        let me = gateway.person(email);
        let unknown = me.user.call("no_such_tool", json!({})).await;
        assert_eq!(unknown["error"]["code"], -32602);
        for tool in tools {
            assert_eq!(me.user.call(tool, json!({})).await, unknown, "{email} {tool}");
        }
    }
}

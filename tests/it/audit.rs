//! The log that calls leave: whole, with the policies that decided, and nobody's data.

use crate::gateway::Gateway;
use postern::audit::verify;
use serde_json::json;
use std::process::Command;

/// A little of everything.
async fn a_day(gateway: &Gateway) {
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let agent = gateway.person("support-write@msp.example");
    lead.data("customer_list_tickets", json!({})).await;
    basic.code("customer_list_contacts", json!({})).await;
    basic.user.call("close_ticket", json!({})).await;
    basic.code("customer_get_ticket", json!({ "ticket_id": "TK-none" })).await;
    basic.code("customer_list_tickets", json!({ "limit": 99 })).await;
    let new = json!({ "subject": "Canary subject", "description": "Canary description" });
    let new = basic.data("customer_submit_ticket", new).await;
    agent.code("customer_list_tickets", json!({})).await;
    let close = json!({ "ticket_id": new["ticket_id"], "resolution": "Canary resolution" });
    let id = agent.pending("close_ticket", close).await;
    agent.settle(&id, true).await;
    gateway.elsewhere("lead@acme.example").data("customer_list_tickets", json!({})).await;
    gateway.bearing("nonsense").user.modern("tools/list", json!({})).await;
}

#[tokio::test]
async fn a01_the_log_of_a_running_gateway_is_whole_and_its_command_says_so() {
    let gateway = Gateway::start().await;
    a_day(&gateway).await;
    let written = gateway.rows().len();
    let dir = gateway.stop().await;
    let public = verify::public_key(&dir.path().join("audit-public.key")).unwrap();
    let report = verify::verify(dir.path(), &public, None).unwrap().unwrap();
    assert_eq!((report.rows, report.unsigned), (written as u64, 0), "the last row is signed before it stops");
    let postern = |place: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_postern")).args(["audit", "verify", place]).output().unwrap();
        (out.status.success(), String::from_utf8(out.stdout).unwrap())
    };
    let (good, said) = postern(dir.path().to_str().unwrap());
    assert!(good && said.starts_with(&format!("the audit log is whole: {written} rows")), "{said}");
    let database = rusqlite::Connection::open(dir.path().join("audit.db")).unwrap();
    database.execute("UPDATE row SET body = replace(body, 'denied', 'allowed') WHERE seq = 2", []).unwrap();
    drop(database);
    let (good, said) = postern(dir.path().to_str().unwrap());
    assert!(!good && said.starts_with("THE AUDIT LOG IS NOT WHOLE: row 2 was changed"), "{said}");
}

#[tokio::test]
async fn a04_each_row_says_who_what_and_by_which_policy_in_digests_and_our_own_words() {
    let gateway = Gateway::start().await;
    a_day(&gateway).await;
    let rows = gateway.rows();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap_or("").to_owned();
            [text("phase"), text("tool"), text("decision"), text("code")].join(" ")
        })
        .collect();
    let expected = [
        "single customer_list_tickets allowed ",
        "single customer_list_contacts denied LEAD_REQUIRED",
        "single close_ticket denied denied_and_hidden",
        "single customer_get_ticket denied TICKET_NOT_FOUND",
        "single customer_list_tickets failed VALIDATION_ERROR",
        "attempt customer_submit_ticket allowed ",
        "outcome customer_submit_ticket allowed ",
        "single customer_list_tickets denied INVALID_REALM",
        "single close_ticket pending CONFIRMATION_REQUIRED",
        "attempt close_ticket allowed ",
        "outcome close_ticket allowed ",
        "single customer_list_tickets allowed ",
        "edge  denied malformed",
    ];
    assert_eq!(told, expected);
    for row in &rows {
        assert!(!row["request_id"].as_str().unwrap().is_empty(), "{row}");
        if row["phase"] == "edge" {
            continue;
        }
        assert_eq!(row["policy_version"].as_str().unwrap().len(), 64);
        let decided = row["policies"].as_array().unwrap();
        // No policy permits what is denied by default.
        assert!(!decided.is_empty() || row["decision"] == "denied", "{row}");
        assert_eq!(row["principal"].as_str().unwrap().len(), 32);
        assert_eq!(row["arguments"].as_str().unwrap().len(), 32);
        assert!(matches!(row["tenant"].as_str(), Some("msp-example" | "msp-other")));
    }
    let same = rows.iter().filter(|row| row["principal"] == rows[0]["principal"]).count();
    assert_eq!(same, 1, "the account of the same name at another tenant is somebody else");
}

#[tokio::test]
async fn the_file_of_the_log_holds_no_name_no_address_and_no_argument() {
    let gateway = Gateway::start().await;
    a_day(&gateway).await;
    let dir = gateway.stop().await;
    let mut files = Vec::new();
    for name in ["audit.db", "audit.db-wal", "audit-heads.jsonl"] {
        files.extend(std::fs::read(dir.path().join(name)).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&files);
    assert!(text.contains("customer_list_tickets"));
    for value in ["acme.example", "Jane Smith", "Bob Miller", "Canary", "TK-none", "lead@", "Bearer", "eyJ"] {
        assert!(!text.contains(value), "{value}");
    }
}

//! What people and models read, word for word. `POSTERN_BLESS=1 cargo test --test it golden` accepts what is there now.

use crate::gateway::{Gateway, root};
use crate::rig::{Liar, Rig, Trouble, agent, lead};
use postern::tools::Code;
use postern_api::ErrorKind;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::Command;

/// Compares with the file of this name, or writes it.
fn golden(name: &str, text: &str) {
    let path = root().join("tests/it/golden").join(name);
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != text {
        let differs = kept.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or(0);
        let line = |of: &str| of.lines().nth(differs).unwrap_or_default().to_owned();
        panic!(
            "{name}, line {}:\n  kept: {}\n  now:  {}\nbless it if it is right",
            differs + 1,
            line(&kept),
            line(text)
        );
    }
}

fn postern(arguments: &[&str]) -> (bool, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_postern")).args(arguments).output().unwrap();
    let text = if out.status.success() { out.stdout } else { out.stderr };
    (out.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_list_of_tools_reads_as_it_did() {
    for (name, arguments) in [
        ("tools.json", &["tools", "--format", "json"][..]),
        ("tools.md", &["tools", "--format", "markdown"]),
        ("tools.txt", &["tools"]),
        ("tools-basic-customer.txt", &["tools", "--realm", "customer", "--role", "basic-customer"]),
    ] {
        let (good, text) = postern(arguments);
        assert!(good, "{text}");
        golden(name, &text);
    }
}

/// The policies keep the matrix itself; this is that the command prints it.
#[test]
fn the_matrix_is_the_one_that_the_policies_keep() {
    let (_, text) = postern(&["matrix"]);
    let kept = std::fs::read_to_string(root().join("policies/golden/matrix.txt")).unwrap();
    assert_eq!(text.trim_end(), kept.trim_end());
}

#[test]
fn every_code_says_what_to_do() {
    let text = Code::ALL.iter().fold(String::new(), |mut text, code| {
        writeln!(text, "{:<24} {}", code.as_str(), code.suggested_action()).unwrap();
        text
    });
    golden("codes.txt", &text);
}

#[test]
fn a_bad_configuration_is_told_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bad.toml");
    std::fs::write(&path, BAD).unwrap();
    let (good, text) = postern(&["check", "--config", path.to_str().unwrap()]);
    assert!(!good);
    golden("check.txt", &text);
}

const BAD: &str = r#"
[server]
listen = "everywhere"
data_dir = "data"
colour = "red"

[edge]
public_url = "http://mcp.example.com/mcp/"
allowed_origins = ["*"]

[calls]
timeout_secs = 0

[audit]
retention_days = 0

[extras]

[[tenants]]
id = "a b"
name = "One"
[tenants.realms.customer]
issuer = "http://id.example.com/realms/customers"
[tenants.realms.guests]
issuer = "https://id.example.com"
[tenants.ports]
service_desk = "halo"
crm = "nothing"
knowledge = "embedded"
identity = "embedded"
[tenants.systems.embedded]
kind = "embedded"
[tenants.systems.halo]
kind = "halopsaa"
[tenants.organisations]
acme = { elsewhere = "12" }
"#;

fn add(text: &mut String, what: &str, envelope: &Value) {
    writeln!(text, "# {what}\n{}\n", serde_json::to_string_pretty(envelope).unwrap()).unwrap();
}

#[tokio::test]
async fn the_envelopes_of_what_goes_wrong_read_as_they_did() {
    let gateway = Gateway::start().await;
    let [lead_acme, basic, lead_initech, staff] =
        ["lead@acme.example", "basic@acme.example", "lead@initech.example", "support-write@msp.example"]
            .map(|email| gateway.person(email));
    let reading = gateway.claiming("support-write@msp.example", |claims| claims["scope"] = json!("support.read"));
    let invite = |email: &str| json!({ "email": email, "first_name": "New", "last_name": "One" });
    let ticket = |id: &str| json!({ "ticket_id": id });
    let mut text = String::new();
    for (who, tool, arguments) in [
        (&staff, "customer_list_tickets", json!({})),
        (&basic, "customer_get_ticket", ticket(&gateway.ticket("Cannot open the month-end workbook").await)),
        (
            &lead_acme,
            "customer_get_ticket",
            ticket(&gateway.ticket("Request about parental leave and my account").await),
        ),
        (&lead_acme, "customer_get_ticket", ticket("TK-0")),
        (&basic, "customer_list_contacts", json!({})),
        (&lead_initech, "customer_invite_contact", invite("new@initech.example")),
        (&lead_acme, "customer_invite_contact", invite("basic@acme.example")),
        (&lead_acme, "customer_invite_contact", invite("new@globex.example")),
        (&lead_acme, "customer_list_tickets", json!({ "limit": 51 })),
        (&lead_acme, "customer_list_tickets", json!({ "colour": "red" })),
        (&lead_acme, "customer_submit_ticket", json!({ "subject": "x" })),
        (&lead_acme, "get_kb_article", json!({ "article_id": "KB-0" })),
        (&staff, "internal_get_organization", json!({ "organization_id": "nobody" })),
        (&staff, "internal_view_customer_history", json!({ "contact_id": "CT-0" })),
        (&reading, "close_ticket", json!({ "ticket_id": "TK-0", "resolution": "x" })),
    ] {
        add(&mut text, tool, &who.ask(tool, arguments).await);
    }
    gateway.sql("UPDATE organisation SET tickets_per_month = 0 WHERE id = 'acme' AND tenant = 'msp-example'");
    let new = json!({ "subject": "x", "description": "x" });
    add(&mut text, "no tickets left", &lead_acme.ask("customer_submit_ticket", new.clone()).await);
    gateway.sql("UPDATE organisation SET status = 1 WHERE id = 'acme' AND tenant = 'msp-example'");
    add(&mut text, "suspended", &lead_acme.ask("customer_submit_ticket", new.clone()).await);
    add(&mut text, "no such confirmation", &lead_acme.settle("conf-0", true).await.1);
    for kind in [
        ErrorKind::RateLimited,
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::BadReply,
        ErrorKind::Unsupported,
        ErrorKind::Internal,
    ] {
        let rig = Rig::new(Liar::in_trouble(Trouble::Fails { kind, said: "the system's own words" }));
        add(&mut text, &format!("{kind:?}"), &rig.ask(&agent(), "search_tickets", json!({})).await);
    }
    let rig = Rig::new(Liar::in_trouble(Trouble::WritesStray));
    let unknown = rig.ask(&lead(), "customer_submit_ticket", new.clone()).await;
    // The id is another one each time.
    let id = unknown["action_request_id"].as_str().unwrap().trim_start_matches("act-").to_owned();
    let plain = unknown.to_string().replace(&id, &"0".repeat(32));
    add(&mut text, "an unknown outcome", &serde_json::from_str(&plain).unwrap());
    rig.ledger.left.store(0, std::sync::atomic::Ordering::SeqCst);
    add(&mut text, "no audit log", &rig.ask(&lead(), "customer_submit_ticket", new).await);
    golden("envelopes.txt", &text);
}

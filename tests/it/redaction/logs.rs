//! L01: what was asked and answered is in no log, no metric and no audit row.

use crate::gateway::Gateway;
use crate::rig::{Liar, Rig, Trouble, calls};
use serde_json::json;

#[tokio::test]
async fn l01_logs_metrics_and_audit_hold_no_text_no_address_no_argument_and_no_token() {
    let gateway = Gateway::start().await;
    let (lead, staff) = (gateway.person("lead@acme.example"), gateway.person("support-write@msp.example"));
    let canary = "QUIETCANARY";
    let new = json!({ "subject": format!("{canary}1"), "description": format!("{canary}2 password: {canary}3!") });
    let new = lead.data("customer_submit_ticket", new).await;
    let id = &new["ticket_id"];
    lead.data("customer_add_comment", json!({ "ticket_id": id, "content": format!("{canary}4") })).await;
    lead.data("customer_get_ticket", json!({ "ticket_id": id })).await;
    lead.ask("customer_get_ticket", json!({ "ticket_id": format!("{canary}5") })).await;
    lead.ask("customer_list_tickets", json!({ "status": format!("{canary}6") })).await;
    lead.ask("customer_list_tickets", json!({ format!("{canary}7"): 1 })).await;
    lead.user.call(&format!("{canary}8"), json!({})).await;
    staff.data("search_tickets", json!({ "query": format!("{canary}9") })).await;
    let close = json!({ "ticket_id": id, "resolution": format!("{canary}10") });
    let confirmation = staff.pending("close_ticket", close).await;
    staff.settle(&confirmation, true).await;
    let invite = json!({ "email": "quietcanary@acme.example", "first_name": format!("{canary}11"), "last_name": "X" });
    lead.pending("customer_invite_contact", invite).await;
    let expired = gateway.token("lead@acme.example", |claims| {
        claims["exp"] = json!(1);
        claims["name"] = json!(format!("{canary}12"));
    });
    gateway.bearing(&expired).user.modern("tools/list", json!({})).await;
    for trouble in [Trouble::None, Trouble::WritesStray] {
        let liar = Liar { text: format!("{canary}13"), ..Liar::in_trouble(trouble) };
        let rig = Rig::new(liar);
        for (caller, tool, arguments) in calls() {
            rig.ask(&caller, tool, arguments).await;
        }
        let rows = rig.rows().iter().map(ToString::to_string).collect::<String>();
        assert!(!rows.contains("CANARY"), "{rows}");
    }
    let rows = gateway.rows().iter().map(ToString::to_string).collect::<String>();
    let token = lead.token.rsplit('.').next().unwrap();
    for (place, text) in [("log", crate::logs::text()), ("metrics", postern::telemetry::render()), ("audit", rows)] {
        assert!(text.len() > 500, "{place} holds something to look through");
        for secret in [canary, "quietcanary", "CANARY-", token, "lead@acme.example", "Jane Smith", "VPN drops every"] {
            let at = text.lines().find(|line| line.contains(secret));
            assert_eq!(at, None, "{secret} in the {place}");
        }
    }
}

//! What is listed is what can be called, for everybody.

use crate::gateway::Gateway;
use postern::tools::catalogue;
use postern_embedded::demo::ACCOUNTS;
use serde_json::json;

#[tokio::test]
async fn b08_for_each_account_what_is_listed_is_what_can_be_called() {
    let gateway = Gateway::start().await;
    let mut listed = 0;
    for account in ACCOUNTS {
        let mut me = gateway.person(account.email);
        me.user.url.push_str("?toolsets=all");
        let names = me.names().await;
        listed += names.len();
        let unknown = me.user.call("no_such_tool", json!({})).await;
        for tool in catalogue() {
            // No tool takes this argument, so nothing is done.
            let answer = me.user.call(tool.entry.name, json!({ "no_such_argument": 1 })).await;
            let code = answer["result"]["structuredContent"]["code"].as_str();
            let callable = code == Some("VALIDATION_ERROR");
            let what = format!("{} {}: {answer}", account.email, tool.entry.name);
            assert_eq!(names.iter().any(|it| it == tool.entry.name), callable, "{what}");
            let refused = answer == unknown || matches!(code, Some("INVALID_REALM" | "LEAD_REQUIRED"));
            assert_ne!(callable, refused, "{what}");
        }
    }
    // The service desk's alone; the policies' matrix counts the rest.
    assert!(listed > 3 * (10 + 7) + 9 + 11 + 1 + 11 + 9 + 9, "{listed}");
}

#[tokio::test]
async fn b07_a_hidden_tool_and_its_aliases_are_an_unknown_tool() {
    let gateway = Gateway::start().await;
    let basic = gateway.person("basic@acme.example");
    let (session, _) = basic.user.initialize("2025-11-25").await;
    let unknown = session.rpc("tools/call", json!({ "name": "no_such_tool", "arguments": {} })).await;
    assert_eq!(unknown["error"]["code"], -32602);
    for name in [
        "close_ticket",
        "close.ticket",
        "CLOSE_TICKET",
        " close_ticket",
        "close_ticket ",
        "close_ticket\u{0}",
        "close_ticket\u{200b}",
        "clo\u{455}e_ticket",
        "close-ticket",
        "close__ticket",
        "tools/close_ticket",
        "../close_ticket",
        "",
        "customer_list_tickets ",
        "Customer_List_Tickets",
    ] {
        let before = gateway.rows().len();
        let answer = session.rpc("tools/call", json!({ "name": name, "arguments": { "ticket_id": "x" } })).await;
        assert_eq!(answer, unknown, "{name:?}");
        let rows = gateway.rows().split_off(before);
        assert_eq!((rows.len(), &rows[0]["decision"]), (1, &json!("denied")), "{name:?}");
    }
}

#[tokio::test]
async fn b09_granted_scopes_narrow_the_list_and_the_calls_of_one_person_and_not_of_the_next() {
    let gateway = Gateway::start().await;
    let full = gateway.person("support-write@msp.example");
    let reading = gateway.claiming("support-write@msp.example", |claims| claims["scope"] = json!("support.read"));
    let nothing = gateway.claiming("support-write@msp.example", |claims| claims["scope"] = json!("profile"));
    let close = json!({ "ticket_id": "TK-2026-000036", "resolution": "x" });
    for _ in 0..2 {
        assert_eq!(full.names().await.len(), 11);
        assert_eq!(reading.names().await.len(), 9);
        assert_eq!(nothing.names().await, ["find_tools"]);
        let refused = reading.ask("close_ticket", close.clone()).await;
        assert_eq!(refused["code"], "INSUFFICIENT_SCOPE");
        assert!(refused["message"].as_str().unwrap().contains("`support.write`"));
        assert_eq!(full.ask("close_ticket", close.clone()).await["status"], "pending_confirmation");
    }
}

#[tokio::test]
async fn b09_a_role_of_the_other_realm_in_a_token_grants_nothing() {
    let gateway = Gateway::start().await;
    let both = json!({ "roles": ["basic-customer", "support-write", "admin", "lead-customer-x"] });
    let customer = gateway.claiming("basic@acme.example", |claims| claims["realm_access"] = both.clone());
    assert_eq!(customer.names().await, gateway.person("basic@acme.example").names().await);
    let unknown = customer.user.call("no_such_tool", json!({})).await;
    assert_eq!(customer.user.call("search_tickets", json!({})).await, unknown);
    let roles = json!({ "roles": ["finance", "lead-customer"] });
    let employee = gateway.claiming("finance@msp.example", |claims| {
        claims["realm_access"] = roles;
        claims["organization_id"] = json!("acme");
    });
    assert_eq!(employee.names().await, gateway.person("finance@msp.example").names().await);
    assert_eq!(employee.code("customer_list_tickets", json!({})).await, "INVALID_REALM");
}

//! `find_tools`, toolsets and both spellings.

use super::column;
use crate::gateway::Gateway;
use serde_json::json;

#[tokio::test]
async fn finding_tools_answers_what_the_caller_may_call_best_match_first() {
    let gateway = Gateway::start().await;
    let (basic, agent) = (gateway.person("basic@acme.example"), gateway.person("support-write@msp.example"));
    let found = agent.data("find_tools", json!({ "query": "close ticket" })).await;
    assert_eq!(found["tools"][0]["name"], "close_ticket");
    assert_eq!(found["tools"][0]["input_schema"]["required"], json!(["ticket_id", "resolution"]));
    for (me, query) in [(&basic, "close ticket escalate contact invite"), (&agent, "customer ticket list")] {
        let mut whole = me.clone();
        whole.user.url.push_str("?toolsets=all");
        let visible = whole.names().await;
        let found = me.data("find_tools", json!({ "query": query, "limit": 50 })).await;
        let found = column(&found["tools"], "name");
        assert!(!found.is_empty());
        assert!(found.iter().all(|name| visible.iter().any(|it| it == name)), "{found:?}");
    }
    let one = agent.data("find_tools", json!({ "query": "ticket", "limit": 1 })).await;
    assert_eq!(one["tools"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whom_the_usual_toolsets_have_nothing_for_is_shown_all_of_theirs() {
    let gateway = Gateway::start().await;
    let finance = gateway.person("finance@msp.example");
    let mut whole = finance.clone();
    whole.user.url.push_str("?toolsets=all");
    let shown = finance.names().await;
    assert_eq!(shown, whole.names().await);
    assert!(shown.iter().any(|it| it == "portal.invoices.list"), "{shown:?}");
    // Who names a toolset is shown that one, also where there is nothing in it.
    let mut curious = finance;
    curious.user.url.push_str("?toolsets=desk");
    assert_eq!(curious.names().await, ["find_tools"]);
}

#[tokio::test]
async fn toolsets_of_the_url_narrow_the_list_and_not_the_calls() {
    let gateway = Gateway::start().await;
    let mut lead = gateway.person("lead@acme.example");
    lead.user.url.push_str("?toolsets=contacts");
    let expected = ["customer_list_contacts", "customer_invite_contact", "customer_transfer_lead", "find_tools"];
    assert_eq!(lead.names().await, expected);
    lead.data("customer_list_tickets", json!({})).await;
    let mut curious = gateway.person("basic@acme.example");
    curious.user.url.push_str("?toolsets=desk,contacts");
    assert_eq!(curious.names().await, ["find_tools"]);
}

#[tokio::test]
async fn a_tool_answers_to_its_name_with_dots_as_well_in_both_eras() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let modern = lead.data("customer_list_tickets", json!({ "limit": 3 })).await;
    let dotted = lead.user.call("customer.list.tickets", json!({ "limit": 3 })).await;
    assert_eq!(dotted["result"]["structuredContent"]["data"], modern);
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let (session, _) = lead.user.initialize(version).await;
        let params = json!({ "name": "customer_list_tickets", "arguments": { "limit": 3 } });
        let legacy = session.rpc("tools/call", params).await;
        assert_eq!(crate::gateway::envelope("customer_list_tickets", &legacy)["data"], modern, "{version}");
    }
    let dotted = Gateway::with(|config| config.calls.underscored_names = true).await;
    assert!(dotted.person("lead@acme.example").names().await.contains(&"customer_list_tickets".to_owned()));
}

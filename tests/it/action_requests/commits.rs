//! What governance costs the disk.

use super::{AGENT, LEAD};
use crate::gateway::{Gateway, Person};
use serde_json::json;

const VPN: &str = "VPN drops every few minutes from home";

/// How often anything waited for the disk so far: the store, and the audit.
fn waits(gateway: &Gateway) -> (u64, u64) {
    (gateway.store.durable_commits(), gateway.journal.durable_commits())
}

/// A reply that quotes the customer is previewed, approved on the page and written.
async fn governed(gateway: &Gateway, agent: &Person, lead: &Person, words: &str) {
    let ticket = gateway.ticket(VPN).await;
    let content = format!("You wrote: I work from home and lose my session each time. {words}");
    let reply = json!({ "request_id": ticket, "visibility": "customer_visible", "content": content });
    let (id, _) = agent.waits("portal.support_reply.preview", reply).await;
    assert_eq!(gateway.approves(lead, &id).await, 200);
    agent.data("portal.request.reply_add", json!({ "preview_id": id })).await;
}

/// A decision and a write are on the disk before anybody is told or anything is sent, each in its own record and in the audit. A
/// write that nobody governs has its row in the audit as well, so governing one adds three, and nothing for looking or asking.
#[tokio::test]
async fn preview_approval_and_execution_add_three_durable_commits() {
    let gateway = Gateway::start().await;
    let (agent, lead) = (gateway.person(AGENT), gateway.person(LEAD));
    governed(&gateway, &agent, &lead, "We see it.").await;
    let before = waits(&gateway);
    governed(&gateway, &agent, &lead, "We still see it.").await;
    let after = waits(&gateway);
    assert_eq!((after.0 - before.0, after.1 - before.1), (2, 2), "the decision and the attempt");
    let customer = gateway.person("lead@acme.example");
    customer.data("customer_submit_ticket", json!({ "subject": "Hum", "description": "On the line." })).await;
    let after = waits(&gateway);
    let ticket = gateway.ticket(VPN).await;
    let note = json!({ "request_id": ticket, "visibility": "customer_visible", "content": "All is well." });
    agent.data("portal.support_reply.preview", note).await;
    assert_eq!(waits(&gateway), after, "a preview waits for nothing");
    customer.data("customer_submit_ticket", json!({ "subject": "Noise", "description": "On the line." })).await;
    let direct = waits(&gateway);
    assert_eq!((direct.0 - after.0, direct.1 - after.1), (1, 1), "a write that nobody governs");
}

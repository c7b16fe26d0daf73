//! Invoices of a Tryton behind the portal.

use crate::gateway::Gateway;
use postern::config::{Config, Connection, SystemConfig};
use postern_simulators::Running;
use postern_simulators::tryton::{ACME, COMPANY, GLOBEX, GLOBEX_CANARY, PASSWORD, Quirks, State, USERNAME, start};
use serde_json::json;

async fn world() -> (Gateway, Running<State>) {
    let tryton = start().await.unwrap();
    let url = tryton.url.clone();
    let gateway = Gateway::with(|config: &mut Config| {
        let tenant = &mut config.tenants[0];
        let text = format!(
            "base_url = \"{url}/msp/\"\nusername = \"{USERNAME}\"\ncompany = {COMPANY}\ncustomer_visible = true\npayments = true"
        );
        let erp: postern_tryton::Config = toml::from_str(&text).unwrap();
        let erp = Box::new(erp.with_secret(PASSWORD.to_owned().into()));
        tenant.systems.insert("erp".into(), SystemConfig::Tryton(erp, Connection::default()));
        tenant.ports.billing = Some("erp".into());
        for (ours, number) in [("acme", ACME), ("globex", GLOBEX)] {
            let links = tenant.organisations.entry(ours.to_owned().try_into().unwrap()).or_default();
            links.insert("erp".into(), number.to_string().try_into().unwrap());
        }
    })
    .await;
    (gateway, tryton)
}

#[tokio::test]
async fn a_lead_lists_what_tryton_posted_a_basic_contact_nothing_and_nobody_anothers() {
    let (gateway, tryton) = world().await;
    let lead = gateway.person("lead@acme.example");
    let list = lead.data("portal.invoices.list", json!({})).await;
    let seen: Vec<_> = list["invoices"].as_array().unwrap().iter().map(|it| it["number"].as_str().unwrap()).collect();
    assert_eq!(seen, ["INV-106", "INV-101", "INV-102"], "{list}");
    assert_eq!((&list["invoices"][1]["total"], &list["invoices"][1]["status"]), (&json!("392.50 GBP"), &json!("open")));
    assert!(!list.to_string().contains("pays late"), "{list}");
    let payments = lead.data("portal.payments.list", json!({})).await;
    assert!(!payments.to_string().contains("4242"), "{payments}");
    // To whom it is refused it is as if it was not there.
    let refused = gateway.person("basic@acme.example").user.call("portal.invoices.list", json!({})).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert!(!refused.to_string().contains("INV-"), "{refused}");
    // A Tryton that forgets the filter gives nobody anything of anybody else.
    tryton.state.quirks(Quirks { forgets_domains: true, ..Quirks::default() });
    let list = lead.ask("portal.invoices.list", json!({})).await;
    assert!(!list.to_string().contains(GLOBEX_CANARY) && !list.to_string().contains("INV-107"), "{list}");
    assert!(!list.to_string().contains("INV-108") && !list.to_string().contains("INV-109"), "{list}");
}

/// How many action requests were ever noted.
fn kept(gateway: &Gateway) -> i64 {
    let store = rusqlite::Connection::open(gateway.data().join("postern.db")).unwrap();
    store.query_row("SELECT count(*) FROM action_request", [], |row| row.get(0)).unwrap()
}

/// Tryton has no page to pay an invoice on. That is told by the preview, before anybody is asked to approve.
#[tokio::test]
async fn a_link_that_tryton_cannot_make_is_refused_before_anybody_is_asked() {
    let (gateway, tryton) = world().await;
    let finance = gateway.person("finance@msp.example");
    let recipient = gateway.contact("lead@acme.example");
    let link = json!({ "customer_id": "acme", "invoice_id": "101", "recipient_contact_id": recipient });
    let before = tryton.state.log.all().len();
    let refused = finance.ask("portal.payment_action.preview", link).await;
    assert_eq!((&refused["status"], &refused["code"]), (&json!("error"), &json!("NOT_SUPPORTED")), "{refused}");
    assert_eq!(refused["message"], "`erp` cannot do this (payment_link.create)");
    assert_eq!(refused["suggested_action"], "Do this in the connected system itself.");
    assert_eq!(tryton.state.log.all().len(), before, "nothing was asked for");
    assert_eq!(kept(&gateway), 0, "nobody is asked to approve it");
}

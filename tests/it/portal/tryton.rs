//! Invoices of a Tryton behind the portal.

use crate::gateway::Gateway;
use postern::config::{Config, Connection, SystemConfig};
use postern_simulators::tryton::{ACME, COMPANY, GLOBEX, GLOBEX_CANARY, PASSWORD, Quirks, USERNAME, start};
use serde_json::json;

#[tokio::test]
async fn a_lead_lists_what_tryton_posted_a_basic_contact_nothing_and_nobody_anothers() {
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

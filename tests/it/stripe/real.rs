//! The gateway before localstripe, which `tests/wide/stripe/run.sh` starts: a link through the portal's tools, and an event that a
//! program of others signed.

use super::{FINANCE, LEAD, LINK, PREVIEW, with_stripe};
use crate::gateway::{Gateway, TENANT};
use crate::mcp::wire::within;
use crate::support::column;
use postern::config::SystemConfig;
use postern_simulators::stripe::WEBHOOK_SECRET;
use postern_stripe::Links;
use serde_json::{Value, json};

const GLOBEX_LEAD: &str = "lead@globex.example";
const EVENT: &str = "customer.updated";

/// The codes of what was heard by webhook since `before`.
fn heard(gateway: &Gateway, before: usize) -> Vec<String> {
    let rows = gateway.rows().split_off(before);
    let codes = rows.iter().filter_map(|it| it["code"].as_str()).filter(|it| it.starts_with("webhook"));
    codes.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_link_is_made_at_localstripe_and_what_it_signs_is_taken() {
    let named = |name| std::env::var_os(name).map(|it| it.into_string().unwrap());
    let (Some(url), Some(facts)) = (named("POSTERN_STRIPE_URL"), named("POSTERN_STRIPE_FACTS")) else {
        println!("SKIPPED: POSTERN_STRIPE_URL and POSTERN_STRIPE_FACTS name no localstripe");
        return;
    };
    let facts: Value = serde_json::from_str(&std::fs::read_to_string(facts).unwrap()).unwrap();
    let fact = |name: &str| facts[name].as_str().unwrap();
    let customers = [fact("acme"), fact("globex")];
    let gateway = Gateway::with(|config| {
        with_stripe(config, &url, Links::HostedInvoice, customers);
        // It takes secret keys alone.
        if let Some(SystemConfig::Stripe(account, _)) = config.tenants[0].systems.get_mut("money") {
            account.key = "sk_test_local".to_owned().into();
        }
    })
    .await;
    let lead = gateway.person(LEAD);
    let list = lead.data("portal.invoices.list", json!({})).await;
    let mut balances = column(&list["invoices"], "balance");
    balances.sort_unstable();
    assert_eq!(balances, ["0.00 GBP", "50.00 GBP"], "{list}");

    let finance = gateway.person(FINANCE);
    let order = json!({
        "customer_id": "globex", "invoice_id": fact("theirs"), "recipient_contact_id": gateway.contact(GLOBEX_LEAD),
    });
    let (id, waiting) = finance.waits(PREVIEW, order.clone()).await;
    assert!(waiting["message"].as_str().unwrap().contains("112.50 GBP"), "{waiting}");
    assert!(gateway.decide(&id, true));
    let done = finance.data(LINK, json!({ "preview_id": id })).await;
    assert_eq!(done["link_active"], true, "{done}");
    assert_eq!(finance.data(LINK, json!({ "preview_id": id })).await, done);
    assert_eq!(finance.code(PREVIEW, order).await, "BLOCKED_BY_RULE");

    // One receiver knows the secret that it signs with, another one does not. They ask for this event alone: what
    // happened is sent a second later, to whoever is a receiver by then.
    let before = gateway.rows().len();
    let client = reqwest::Client::new();
    let post = async |path: String, form: &[(&str, &str)]| {
        let request = client.post(format!("{url}/{path}")).bearer_auth("sk_test_local").form(form);
        assert!(request.send().await.unwrap().status().is_success());
    };
    let hook = format!("{}/hooks/{TENANT}/money", gateway.origin);
    for (name, secret) in [("right", WEBHOOK_SECRET), ("wrong", "whsec_of_somebody_else")] {
        post(format!("_config/webhooks/{name}"), &[("url", &hook), ("secret", secret), ("events[]", EVENT)]).await;
    }
    post(format!("v1/customers/{}", fact("acme")), &[("description", "CANARY")]).await;
    let mut told = within(async {
        loop {
            let told = heard(&gateway, before);
            if ["webhook_changed_organisation", "webhook_signature"].iter().all(|it| told.iter().any(|code| code == it))
            {
                return told;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    told.sort_unstable();
    // Its customers were made a moment ago, and what that told may come as well.
    told.dedup();
    assert_eq!(told, ["webhook_changed_organisation", "webhook_signature"]);
    assert!(gateway.rows().iter().all(|it| !it.to_string().contains("CANARY")));
    println!("1 signed by another program");
}

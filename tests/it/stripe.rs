//! Stripe behind the portal's tools, and what it sends by itself.

mod real;

use crate::gateway::{Gateway, TENANT};
use crate::support::column;
use aws_lc_rs::hmac;
use jiff::Timestamp;
use postern::config::{Config, Connection, SystemConfig, WebhookConfig};
use postern_api::{ExternalId, OrganisationId};
use postern_simulators::Running;
use postern_simulators::stripe::{self, OPEN, State};
use postern_stripe::Links;
use reqwest::StatusCode;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.payment_action.preview";
const LINK: &str = "portal.invoice.payment_link.create";
const FINANCE: &str = "finance@msp.example";
const LEAD: &str = "lead@acme.example";

struct Bench {
    stripe: Running<State>,
    gateway: Gateway,
}

/// The demo MSP, whose money is Stripe's, and Acme's and Globex's customers there.
fn with_stripe(config: &mut Config, url: &str, links: Links, customers: [&str; 2]) {
    config.calls.timeout_secs = 6;
    let tenant = config.tenants.iter_mut().find(|it| it.id.as_str() == TENANT).unwrap();
    let mut account = postern_stripe::Config::new(format!("{url}/v1"), stripe::ACCOUNT, false, stripe::KEY);
    (account.links, account.customer_visible) = (links, true);
    let fast = Connection { rate_requests: Some(1_000_000), rate_per_secs: Some(1), ..Connection::default() };
    tenant.systems.insert("money".into(), SystemConfig::Stripe(Box::new(account), fast));
    tenant.ports.billing = Some("money".into());
    for (organisation, customer) in ["acme", "globex"].into_iter().zip(customers) {
        let links = tenant.organisations.get_mut(&OrganisationId::new(organisation).unwrap()).unwrap();
        links.insert("money".into(), ExternalId::new(customer).unwrap());
    }
    let secrets = vec![stripe::WEBHOOK_SECRET.to_owned().into()];
    tenant.webhooks.insert("money".into(), WebhookConfig { realm: None, secrets });
}

impl Bench {
    async fn start(links: Links) -> Self {
        let stripe = stripe::start().await.unwrap();
        let customers = [stripe::ACME, stripe::GLOBEX];
        let gateway = Gateway::with(|config| with_stripe(config, &stripe.url, links, customers)).await;
        Self { stripe, gateway }
    }

    fn order(&self) -> Value {
        let jane = self.gateway.contact(LEAD);
        json!({ "customer_id": "acme", "invoice_id": OPEN, "recipient_contact_id": jane })
    }

    fn links(&self) -> usize {
        self.stripe.state.data(|data| {
            let notes = data.invoices.iter().filter(|it| it["metadata"].get("postern_link").is_some()).count();
            let objects = data.payment_links.iter().filter(|it| it["metadata"]["postern_invoice"] == OPEN).count();
            notes + objects
        })
    }

    async fn send(&self, body: &str, secret: &str) -> StatusCode {
        let at = Timestamp::now().as_second();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect();
        let url = format!("{}/hooks/{TENANT}/money", self.gateway.origin);
        let request = reqwest::Client::new().post(url).header("stripe-signature", format!("t={at},v1={hex}"));
        request.body(body.to_owned()).send().await.unwrap().status()
    }
}

#[tokio::test]
async fn a_lead_sees_their_invoices_and_payments_at_stripe_and_nobody_elses() {
    let bench = Bench::start(Links::HostedInvoice).await;
    let lead = bench.gateway.person(LEAD);
    let list = lead.data("portal.invoices.list", json!({})).await;
    assert_eq!(column(&list["invoices"], "number"), ["ACM-0005", "ACM-0004", "ACM-0001"]);
    assert_eq!(list["invoices"][0]["balance"], "849.50 EUR");
    assert_eq!(column(&list["invoices"], "payment_link"), ["none", "none", "none"]);
    let payments = lead.data("portal.payments.list", json!({})).await;
    assert_eq!(column(&payments["payments"], "status"), ["succeeded", "refunded", "failed"]);
    for answer in [list, payments] {
        assert!(!answer.to_string().contains("CANARY"), "{answer}");
    }
    // A filter that does nothing over there shows nothing more here.
    bench.stripe.state.quirks(|it| it.ignore_filters = true);
    let list = lead.data("portal.invoices.list", json!({})).await;
    assert_eq!(column(&list["invoices"], "number"), ["ACM-0005", "ACM-0004", "ACM-0001"]);
    assert_eq!(bench.stripe.state.outside(), Vec::<String>::new());
}

#[tokio::test]
async fn a_payment_link_is_previewed_approved_and_made_once_at_stripe() {
    for links in [Links::HostedInvoice, Links::PaymentLink] {
        let bench = Bench::start(links).await;
        let finance = bench.gateway.person(FINANCE);
        let (id, waiting) = finance.waits(PREVIEW, bench.order()).await;
        let text = waiting["message"].as_str().unwrap();
        assert!(text.contains("849.50 EUR") && text.contains("there is none"), "{text}");
        assert_eq!((bench.links(), bench.stripe.state.keys()), (0, vec![]), "looking writes nothing");
        assert!(bench.gateway.decide(&id, true));
        // The answer to the write gets lost: it is asked for again under the same key.
        bench.stripe.state.quirks(|it| it.stall_after_commit = 1);
        let done = finance.data(LINK, json!({ "preview_id": id })).await;
        assert_eq!(done["link_active"], true, "{links:?}");
        let keys = bench.stripe.state.keys();
        assert!(keys.len() == 2 && keys[0] == keys[1] && keys[0].starts_with("gw:"), "{keys:?}");
        assert_eq!((bench.links(), bench.stripe.state.data(|it| it.writes)), (1, 1), "{links:?}");
        // Again it is the same answer, and a second link is refused.
        assert_eq!(finance.data(LINK, json!({ "preview_id": id })).await, done);
        assert_eq!(finance.code(PREVIEW, bench.order()).await, "BLOCKED_BY_RULE");
        assert_eq!((bench.links(), bench.stripe.state.keys().len()), (1, 2), "{links:?}");
        assert!(!format!("{done} {waiting}").contains("CANARY"), "no address of a link");
    }
}

#[tokio::test]
async fn w09_a_link_that_stripe_never_answers_for_is_unknown_and_not_made_twice() {
    let bench = Bench::start(Links::PaymentLink).await;
    let finance = bench.gateway.person(FINANCE);
    let (id, _) = finance.waits(PREVIEW, bench.order()).await;
    assert!(bench.gateway.decide(&id, true));
    bench.stripe.state.quirks(|it| it.fail_after_commit = 9);
    let answer = finance.ask(LINK, json!({ "preview_id": id })).await;
    assert_eq!(answer["status"], "unknown", "{answer}");
    bench.stripe.state.quirks(|it| it.fail_after_commit = 0);
    let again = finance.ask(LINK, json!({ "preview_id": id })).await;
    assert_ne!(again["status"], "pending_approval", "{again}");
    assert_eq!((bench.links(), bench.stripe.state.data(|it| it.writes)), (1, 1));
    assert_eq!(finance.code(PREVIEW, bench.order()).await, "BLOCKED_BY_RULE");
}

#[tokio::test]
async fn a_signed_event_of_stripe_is_taken_once_audited_and_who_is_who_is_read_again() {
    let bench = Bench::start(Links::HostedInvoice).await;
    let lead = bench.gateway.person(LEAD);
    let count = async || lead.data("portal.invoices.list", json!({})).await["pagination"]["total"].clone();
    assert_eq!(count().await, 3);
    // Somebody else's process took Acme's customer out of the map; this one remembers it until it hears of a change.
    let map = rusqlite::Connection::open(bench.gateway.data().join("postern.db")).unwrap();
    let sql = "UPDATE organisation_link SET external = 'cus_Nobody' WHERE system = 'money' AND organisation = 'acme'";
    map.execute(sql, []).unwrap();
    assert_eq!(count().await, 3);
    let event = |id: &str, kind: &str| {
        let about = json!({ "id": stripe::ACME, "object": "customer", "name": "CANARY-NAME" });
        json!({ "id": id, "object": "event", "type": kind, "livemode": false, "data": { "object": about } }).to_string()
    };
    let before = bench.gateway.rows().len();
    assert_eq!(bench.send(&event("evt_1", "customer.updated"), "whsec_of_somebody").await, StatusCode::BAD_REQUEST);
    assert_eq!(count().await, 3);
    for _ in 0..2 {
        let answer = bench.send(&event("evt_1", "customer.updated"), stripe::WEBHOOK_SECRET).await;
        assert_eq!(answer, StatusCode::NO_CONTENT);
    }
    assert_eq!(bench.send(&event("evt_2", "payout.paid"), stripe::WEBHOOK_SECRET).await, StatusCode::NO_CONTENT);
    assert_eq!(count().await, 0);
    let rows: Vec<Value> = bench.gateway.rows_after(before).await;
    let hooks: Vec<&Value> =
        rows.iter().filter(|it| it["code"].as_str().is_some_and(|it| it.starts_with("webhook"))).collect();
    let told: Vec<_> =
        hooks.iter().map(|it| (it["code"].as_str().unwrap(), it["decision"].as_str().unwrap())).collect();
    assert_eq!(told, [("webhook_signature", "denied"), ("webhook_changed_organisation", "allowed")]);
    for row in hooks {
        let text = row.to_string();
        assert!(!text.contains("CANARY") && !text.contains(stripe::ACME), "{text}");
        assert_eq!(row["tenant"], TENANT);
    }
}

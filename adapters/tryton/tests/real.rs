//! The adapter before a real Tryton, as `tests/wide/tryton` sets one up: the kit, and what only the seeded records show.
//!
//! `POSTERN_TRYTON_URL` names the database, `POSTERN_TRYTON_FACTS` a file with what the seed printed.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, also in its helpers, and is told by its environment where the system is"
)]

#[path = "shared/kit.rs"]
mod kit;

use postern_api::*;
use postern_simulators::http::PlainHttp;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

fn main() {
    let (Ok(url), Ok(facts)) = (std::env::var("POSTERN_TRYTON_URL"), std::env::var("POSTERN_TRYTON_FACTS")) else {
        println!("SKIPPED: POSTERN_TRYTON_URL and POSTERN_TRYTON_FACTS name no Tryton");
        return;
    };
    let password = std::env::var("POSTERN_TRYTON_PASSWORD").expect("POSTERN_TRYTON_PASSWORD");
    let text = std::fs::read_to_string(facts).expect("the facts");
    let facts: Value = serde_json::from_str(&text).expect("facts in JSON");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(real(&url, &password, &facts));
}

async fn real(url: &str, password: &str, facts: &Value) {
    let number = |name: &str| facts[name].as_i64().expect("a number");
    let config = |company: i64, password: &str| {
        let text = format!(
            "base_url = \"{url}\"\nusername = \"postern\"\ncompany = {company}\ncustomer_visible = true\npayments = true"
        );
        toml::from_str::<postern_tryton::Config>(&text).expect("a table").with_secret(password.to_owned().into())
    };
    let connect = |company: i64, password: &str| -> Arc<dyn Adapter> {
        let config = config(company, password);
        let http = PlainHttp::new(url, Some(postern_tryton::authenticator(&config))).expect("a handle");
        postern_tryton::connect(config, http).expect("connects")
    };
    let adapter = connect(number("company"), password);
    let whole = || CallCx::new(Reach::Tenant, Duration::from_secs(30));
    adapter.probe(&whole()).await.expect("the probe");

    let fixture = kit::fixture(adapter.clone(), number("acme"), number("globex"));
    let report = postern_kit::run(&fixture).await;
    println!("{report}");
    assert!(report.passed(), "the kit");

    let billing = adapter.billing().expect("a port");
    let scope = Scope::whole_tenant(TenantId::new("msp").expect("an id"));
    let open = |row| scope.admit(&fixture.map, row).map(|it| it.record).ok();
    let invoice = |name: &str| InvoiceId::new(&number(name).to_string()).expect("an id");
    let posted = open(billing.invoice(&whole(), &invoice("posted")).await.expect("an invoice")).expect("ours");
    assert_eq!(posted.total.to_string(), "392.50 GBP");
    assert_eq!((posted.status, posted.customer_visible, posted.lines.len()), (InvoiceStatus::Open, true, 3));
    let days = posted.due_on.zip(posted.issued_on).map(|(due, issued)| (due - issued).get_days());
    assert_eq!(days, Some(14));
    for (name, status, shown) in [
        ("paid", InvoiceStatus::Paid, true),
        ("draft", InvoiceStatus::Draft, false),
        ("validated", InvoiceStatus::Draft, false),
        ("cancelled", InvoiceStatus::Void, false),
    ] {
        let it = open(billing.invoice(&whole(), &invoice(name)).await.expect(name)).expect(name);
        assert_eq!((it.status, it.customer_visible), (status, shown), "{name}");
    }
    // 40 of 100 arrived and 20 failed: 60 are left.
    let part = open(billing.invoice(&whole(), &invoice("part")).await.expect("an invoice")).expect("ours");
    assert_eq!((part.total.to_string(), part.balance.to_string()), ("100.00 GBP".into(), "60.00 GBP".into()));
    let acme = ExternalId::new(&number("acme").to_string()).expect("an id");
    let payments = billing.payments(&whole(), &acme, Some(&invoice("part"))).await.expect("payments");
    let payments: Vec<_> = payments.into_iter().filter_map(|it| scope.admit(&fixture.map, it).ok()).collect();
    let told: Vec<_> = payments.iter().map(|it| (it.record.status, it.record.amount.to_string())).collect();
    let expected = [(PaymentStatus::Failed, "20.00 GBP"), (PaymentStatus::Succeeded, "40.00 GBP")];
    assert_eq!(told, expected.map(|(status, amount)| (status, amount.to_owned())));
    assert!(payments.iter().all(|it| it.record.invoice.as_ref() == Some(&invoice("part"))));
    // What is bought, and what is another company's, is nobody's.
    for name in ["supplier", "elsewhere"] {
        let missing = billing.invoice(&whole(), &invoice(name)).await.expect_err(name);
        assert_eq!(missing.kind(), ErrorKind::NotFound, "{name}");
    }
    // Postern's account may not look into the second company; and a wrong password is called that.
    let other = connect(number("other_company"), password);
    let query = InvoiceQuery { organisation: None, statuses: vec![], customer_visible: false, offset: 0, limit: 50 };
    let rows = other.billing().expect("a port").invoices(&whole(), &query).await;
    assert!(rows.as_ref().is_err() || rows.as_ref().is_ok_and(|it| it.rows.is_empty()), "{rows:?}");
    let stranger = connect(number("company"), "not the password").probe(&whole()).await.expect_err("a stranger");
    assert_eq!(stranger.kind(), ErrorKind::Unauthenticated);
    println!("tryton: {} trials of the kit and 14 facts of the seed hold", postern_kit::trials(&fixture).len());
}

//! Invoices, payments and subscriptions as they are read.

use super::{Bench, acme, external, invoice, opened};
use postern_api::*;
use postern_simulators::stripe::{self, GLOBEX, OPEN, PAID};
use serde_json::json;
use std::time::Duration;

fn ids(invoices: &[Invoice]) -> Vec<&str> {
    invoices.iter().map(|it| it.id.as_str()).collect()
}

const ACMES: [&str; 5] = ["in_Draft000000001", "in_GivenUp0000001", OPEN, "in_Void0000000001", PAID];

#[tokio::test]
async fn b03_rows_of_others_are_dropped_whatever_the_filter_did() {
    let bench = Bench::start().await;
    let (plain, _) = bench.invoices(&acme()).await;
    assert_eq!(ids(&plain), ACMES);
    bench.stripe.state.quirks(|it| it.ignore_filters = true);
    let (leaky, page) = bench.invoices(&acme()).await;
    assert_eq!((ids(&leaky), page.total), (ACMES.to_vec(), 5));
    let payments = bench.billing().payments(&acme(), &external(stripe::ACME), None).await.expect("payments");
    let payments: Vec<_> = payments.into_iter().filter_map(opened).map(|it| it.id.as_str().to_owned()).collect();
    assert_eq!(payments, ["ch_Open1", "ch_Paid1", "ch_Refused1"]);
    let agreements = bench.billing().agreements(&acme(), &external(stripe::ACME)).await.expect("agreements");
    assert_eq!(agreements.into_iter().filter_map(opened).count(), 2);
}

#[tokio::test]
async fn an_expanded_customer_is_the_same_customer() {
    let bench = Bench::start().await;
    bench.stripe.state.quirks(|it| it.expand_customers = true);
    assert_eq!(ids(&bench.invoices(&acme()).await.0), ACMES);
}

#[tokio::test]
async fn small_pages_and_pages_without_end_are_read_right() {
    let bench = Bench::start().await;
    bench.stripe.state.quirks(|it| it.page_size = 2);
    assert_eq!(ids(&bench.invoices(&acme()).await.0), ACMES);
    let asked = bench.stripe.state.log.all();
    let cursors: Vec<_> = asked.iter().filter(|it| it.query.contains("starting_after")).collect();
    assert_eq!(cursors.len(), 2, "three pages of two");
    bench.stripe.state.quirks(|it| it.endless_pages = true);
    let (some, page) = bench.invoices(&acme()).await;
    assert!(page.truncated && some.len() == 2, "{}", some.len());
}

#[tokio::test]
async fn an_invoice_says_what_it_comes_to_and_nothing_of_the_vendors_notes() {
    let bench = Bench::start().await;
    let found = bench.billing().invoice(&acme(), &invoice(OPEN)).await.expect("an invoice");
    let found = opened(found).expect("acme's");
    assert_eq!((found.total.to_string(), found.balance.to_string()), ("1849.50 EUR".into(), "849.50 EUR".into()));
    assert_eq!((found.number.as_str(), found.status), ("ACM-0005", InvoiceStatus::Open));
    assert_eq!(found.issued_on.map(|it| it.to_string()).as_deref(), Some("2026-09-05"));
    assert_eq!(found.due_on.map(|it| it.to_string()).as_deref(), Some("2026-09-19"));
    assert_eq!(found.lines.len(), 2);
    assert!(!format!("{found:?}").contains("CANARY"), "{found:?}");
    let draft = bench.billing().invoice(&acme(), &invoice("in_Draft000000001")).await.expect("an invoice");
    let draft = opened(draft).expect("acme's");
    assert_eq!((draft.issued_on, draft.customer_visible), (None, false));
}

#[tokio::test]
async fn more_lines_than_come_along_are_asked_for() {
    let bench = Bench::start().await;
    bench.stripe.state.data(|data| {
        let row = data.invoices.iter_mut().find(|it| it["id"] == OPEN).expect("an invoice");
        let line = row["lines"]["data"][0].clone();
        let lines = (0..25).map(|number| {
            let mut line = line.clone();
            line["id"] = json!(format!("il_{number}"));
            line
        });
        row["lines"]["data"] = lines.collect();
    });
    let found = bench.billing().invoice(&acme(), &invoice(OPEN)).await.expect("an invoice");
    assert_eq!(opened(found).expect("acme's").lines.len(), 25);
}

#[tokio::test]
async fn customers_see_only_what_the_settings_say_and_nothing_given_up() {
    let query = InvoiceQuery { organisation: None, statuses: vec![], customer_visible: true, offset: 0, limit: 200 };
    let bench = Bench::start().await;
    let page = bench.billing().invoices(&acme(), &query).await.expect("invoices");
    let shown: Vec<_> = page.rows.into_iter().filter_map(opened).collect();
    assert_eq!(ids(&shown), [OPEN, "in_Void0000000001", PAID]);
    let bench = Bench::with(|config| config.customer_visible = false).await;
    let page = bench.billing().invoices(&acme(), &query).await.expect("invoices");
    assert_eq!((page.rows.len(), page.total), (0, 0));
}

#[tokio::test]
async fn payments_say_for_which_invoice_and_how_without_a_number() {
    let bench = Bench::start().await;
    let acmes = external(stripe::ACME);
    let all = bench.billing().payments(&acme(), &acmes, None).await.expect("payments");
    let all: Vec<_> = all.into_iter().filter_map(opened).collect();
    let told: Vec<_> = all
        .iter()
        .map(|it| (it.id.as_str(), it.invoice.as_ref().map(InvoiceId::as_str), it.status, it.amount.to_string()))
        .collect();
    assert_eq!(
        told,
        [
            ("ch_Open1", Some(OPEN), PaymentStatus::Succeeded, "1000.00 EUR".to_owned()),
            ("ch_Paid1", Some(PAID), PaymentStatus::Refunded, "100.00 EUR".to_owned()),
            ("ch_Refused1", Some(PAID), PaymentStatus::Failed, "100.00 EUR".to_owned()),
        ]
    );
    assert_eq!(all[1].refunded.map(|it| it.to_string()).as_deref(), Some("25.00 EUR"));
    assert_eq!(all[0].method.as_deref(), Some("card ending 4242"));
    assert_eq!(all[2].failure.as_ref().map(Text::expose), Some("the card was declined"));
    assert!(!format!("{all:?}").contains("CANARY"), "{all:?}");
    let one = bench.billing().payments(&acme(), &acmes, Some(&invoice(PAID))).await.expect("payments");
    assert_eq!(one.into_iter().filter_map(opened).count(), 2);
    let theirs = invoice("in_GlobexPaid0001");
    let none = bench.billing().payments(&acme(), &acmes, Some(&theirs)).await.expect("payments");
    assert_eq!(none.into_iter().filter_map(opened).count(), 0);
    assert_eq!(bench.billing().payments(&acme(), &external(GLOBEX), None).await.expect("none").len(), 0);
}

#[tokio::test]
async fn agreements_say_what_a_period_costs_where_that_is_fixed() {
    let bench = Bench::start().await;
    let found = bench.billing().agreements(&acme(), &external(stripe::ACME)).await.expect("agreements");
    let found: Vec<_> = found.into_iter().filter_map(opened).collect();
    let told: Vec<_> =
        found.iter().map(|it| (it.name.expose(), it.amount.map(|it| it.to_string()), it.period.as_deref())).collect();
    assert_eq!(
        told,
        [("Backup by use", None, Some("month")), ("Managed workplace", Some("594.00 EUR".into()), Some("month"))]
    );
}

#[tokio::test]
async fn live_data_is_never_taken_for_test_data() {
    let bench = Bench::start().await;
    bench.stripe.state.quirks(|it| it.live = true);
    let refused = |it: Option<ErrorKind>| assert_eq!(it, Some(ErrorKind::BadReply));
    refused(bench.billing().invoice(&acme(), &invoice(OPEN)).await.err().map(|it| it.kind()));
    refused(bench.adapter.probe(&acme()).await.err().map(|it| it.kind()));
    refused(bench.billing().payments(&acme(), &external(stripe::ACME), None).await.err().map(|it| it.kind()));
}

#[tokio::test]
async fn a_customer_that_the_vendor_does_not_know_has_nothing() {
    let bench = Bench::start().await;
    let nobody = external("cus_Nobody");
    let cx = CallCx::new(Reach::Organisations(vec![nobody.clone()]), Duration::from_secs(5));
    assert_eq!(bench.invoices(&cx).await.1.total, 0);
    assert_eq!(bench.billing().payments(&cx, &nobody, None).await.expect("none").len(), 0);
    assert_eq!(bench.billing().agreements(&cx, &nobody).await.expect("none").len(), 0);
    // What is no customer's id is not asked for at all.
    let before = bench.stripe.state.log.all().len();
    let other = external("12");
    let cx = CallCx::new(Reach::Organisations(vec![other.clone()]), Duration::from_secs(5));
    assert_eq!(bench.invoices(&cx).await.1.total, 0);
    assert_eq!(bench.billing().payments(&cx, &other, None).await.expect("none").len(), 0);
    assert_eq!(bench.stripe.state.log.all().len(), before);
}

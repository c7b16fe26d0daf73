//! Equipment, invoices, contracts and estimates: whose they are, what customers see of them, and hostile answers.

use crate::setup::*;
use postern_api::domain::*;
use postern_api::*;

fn invoices() -> InvoiceQuery {
    InvoiceQuery { organisation: None, statuses: vec![], customer_visible: false, offset: 0, limit: 50 }
}

fn assets() -> AssetQuery {
    AssetQuery { organisation: None, text: None, offset: 0, limit: 50 }
}

fn orders() -> OrderQuery {
    OrderQuery { organisation: None, kind: None, customer_visible: false, offset: 0, limit: 50 }
}

fn invoice(id: &str) -> InvoiceId {
    InvoiceId::new(id).expect("an id")
}

async fn shown() -> Desk {
    desk_with(|it| {
        it.customer_visible = postern_syncro::CustomerVisible { invoices: true, orders: true };
        it.currency = Some("USD".into());
        it.payments_in_cents = Some(true);
    })
    .await
}

#[tokio::test]
async fn payments_count_what_the_configuration_says_and_are_not_read_where_it_says_nothing() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let acmes = ext(ACME);
    let rows = opened(billing.payments(&acme(), &acmes, None).await.expect("payments"));
    let seen: Vec<_> = rows
        .iter()
        .map(|it| (it.id.as_str(), it.invoice.as_ref().map(InvoiceId::as_str), it.status, it.amount.to_string()))
        .collect();
    let amount = || "59.55 USD".to_owned();
    assert_eq!(
        seen,
        [
            ("706", None, PaymentStatus::Other, amount()),
            ("703", None, PaymentStatus::Succeeded, amount()),
            ("702", Some("301"), PaymentStatus::Failed, amount()),
            ("701", Some("301"), PaymentStatus::Succeeded, amount()),
        ]
    );
    assert_eq!(rows[0].method.as_deref(), Some("Check"));
    clean(&rows);
    let of = |id: &str| InvoiceId::new(id).expect("an id");
    let some = opened(billing.payments(&acme(), &acmes, Some(&of("301"))).await.expect("payments"));
    assert_eq!(some.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["702", "701"]);
    for foreign in ["305", "306", "307", "999"] {
        let error = billing.payments(&acme(), &acmes, Some(&of(foreign))).await.expect_err("not Acme's");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{foreign}");
    }
    assert_eq!(billing.payments(&acme(), &ext(GLOBEX), None).await.expect("nothing").len(), 0);
    let whole = desk_with(|it| (it.currency, it.payments_in_cents) = (Some("USD".into()), Some(false))).await;
    let rows =
        opened(whole.adapter.billing().expect("a port").payments(&acme(), &acmes, None).await.expect("payments"));
    assert_eq!(rows[0].amount.to_string(), "5955 USD");
    let silent = desk_with(|it| it.currency = Some("USD".into())).await;
    assert!(
        !silent.adapter.supports().contains(&Op::PaymentList) && silent.adapter.supports().contains(&Op::InvoiceGet)
    );
    let error = silent.adapter.billing().expect("a port").payments(&acme(), &acmes, None).await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(silent.state().log.all().len(), 0);
}

fn clean(what: &impl std::fmt::Debug) {
    let text = format!("{what:?}");
    assert!(!text.contains("CANARY") && !text.contains("4711"), "{text}");
}

#[tokio::test]
async fn equipment_comes_by_name_without_what_is_kept_beside_it() {
    let desk = desk().await;
    let port = desk.adapter.assets().expect("equipment");
    let page = port.assets(&acme(), &assets()).await.expect("a page");
    assert_eq!((page.total, page.truncated), (2, false));
    let rows = opened(page.rows);
    assert_eq!(rows.iter().map(|it| it.name.expose()).collect::<Vec<_>>(), ["ann-laptop", "web-01"]);
    clean(&rows);
    let found = port.assets(&acme(), &AssetQuery { text: Some("WEB".into()), ..assets() }).await.expect("a page");
    assert_eq!(found.total, 1);
    assert!(desk.state().outside().is_empty(), "{:?}", desk.state().outside());
    desk.state().quirks(|it| it.leak_other_customers = true);
    let rows = port.assets(&acme(), &assets()).await.expect("a page").rows;
    clean(&rows);
    let owners: Vec<_> = rows.into_iter().filter_map(|it| open(it).err()).collect();
    assert_eq!(owners, [Owner::Organisation(ext(GLOBEX))], "told of, and not shown");
}

#[tokio::test]
async fn lists_that_take_no_customer_are_sorted_out_by_each_rows_own() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let page = billing.invoices(&acme(), &invoices()).await.expect("a page");
    clean(&page);
    let rows = opened(page.rows);
    let seen: Vec<_> =
        rows.iter().map(|it| (it.id.as_str(), it.status, it.balance.to_string(), it.customer_visible)).collect();
    assert_eq!(
        seen,
        [
            ("304", InvoiceStatus::Other, "119.10 USD".to_owned(), false),
            ("302", InvoiceStatus::Open, "119.10 USD".to_owned(), true),
            ("301", InvoiceStatus::Paid, "0 USD".to_owned(), true),
        ],
        "an invoice that names two customers is nobody's"
    );
    let twofold = billing.invoice(&acme(), &invoice("307")).await.expect("a row");
    assert_eq!(open(twofold).map(drop), Err(Owner::Unknown));
    let foreign = billing.invoice(&acme(), &invoice("305")).await.expect("a row");
    assert_eq!(open(foreign).map(drop), Err(Owner::Organisation(ext(GLOBEX))));
    let missing = billing.invoice(&acme(), &invoice("999")).await.expect_err("missing");
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::NotFound, "invoice not found"));
    let one = open(billing.invoice(&acme(), &invoice("302")).await.expect("a row")).expect("Acme's");
    let lines: Vec<_> =
        one.lines.iter().map(|it| (it.text.expose(), it.total.map(|it| it.amount.normalize().to_string()))).collect();
    assert_eq!(lines, [("Labour", Some("100.1".to_owned()))]);
    clean(&one);
    assert!(desk.state().outside().is_empty(), "{:?}", desk.state().outside());
}

#[tokio::test]
async fn nothing_is_for_customers_without_the_setting_and_no_invoice_without_a_currency() {
    let desk = desk_with(|it| it.currency = Some("USD".into())).await;
    let billing = desk.adapter.billing().expect("a port");
    let query = InvoiceQuery { customer_visible: true, ..invoices() };
    assert_eq!(billing.invoices(&acme(), &query).await.expect("none").total, 0);
    let query = OrderQuery { customer_visible: true, ..orders() };
    assert_eq!(desk.adapter.sales().expect("a port").orders(&acme(), &query).await.expect("none").total, 0);
    assert_eq!(desk.state().log.all().len(), 0, "nothing to ask for");
    let rows = opened(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    assert!(!rows.is_empty() && rows.iter().all(|it| !it.customer_visible));
    let bare = crate::setup::desk().await;
    assert!(!bare.adapter.supports().contains(&Op::InvoiceList) && desk.adapter.supports().contains(&Op::InvoiceGet));
    let error =
        bare.adapter.billing().expect("a port").invoice(&acme(), &invoice("302")).await.expect_err("no currency");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn contracts_run_only_where_they_plainly_say_so() {
    let desk = desk().await;
    let port = desk.adapter.billing().expect("a port");
    let rows = opened(port.agreements(&acme(), &ext(ACME)).await.expect("rows"));
    let seen: Vec<_> = rows.iter().map(|it| (it.name.expose(), it.active)).collect();
    assert_eq!(seen, [("Care", true), ("Maybe care", false)]);
    clean(&rows);
    let asked = desk.state().log.all().len();
    assert!(port.agreements(&acme(), &ext(GLOBEX)).await.expect("none").is_empty());
    assert_eq!(desk.state().log.all().len(), asked);
}

#[tokio::test]
async fn estimates_that_did_not_leave_the_house_are_never_for_customers() {
    let desk = shown().await;
    let port = desk.adapter.sales().expect("a port");
    let rows = opened(port.orders(&acme(), &orders()).await.expect("a page").rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.status, it.customer_visible)).collect();
    assert_eq!(
        seen,
        [("503", OrderStatus::Other, false), ("502", OrderStatus::Draft, false), ("501", OrderStatus::Accepted, true)]
    );
    clean(&rows);
}

#[tokio::test]
async fn pages_without_end_stop_and_are_told() {
    let desk = desk_with(|it| {
        it.max_rows = 50;
        it.currency = Some("USD".into());
    })
    .await;
    desk.state().quirks(|it| it.endless_pages = true);
    let page = desk.adapter.billing().expect("a port").invoices(&acme(), &invoices()).await.expect("a page");
    assert!(page.truncated && page.total <= 50);
    let error = desk.adapter.billing().expect("a port").agreements(&acme(), &ext(ACME)).await.expect_err("not whole");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_errors_without_their_text() {
    let desk = shown().await;
    for body in [
        "",
        "null",
        "[]",
        "{\"other\":[]}",
        "{\"assets\":[17],\"invoices\":[17],\"estimates\":[17]}",
        "<html>CANARY</html>",
    ] {
        desk.state().can("GET", "", 200, "application/json", body);
        let errors = [
            desk.adapter.assets().expect("a port").assets(&acme(), &assets()).await.map(drop),
            desk.adapter.billing().expect("a port").invoices(&acme(), &invoices()).await.map(drop),
            desk.adapter.sales().expect("a port").orders(&acme(), &orders()).await.map(drop),
        ];
        for error in errors {
            let error = error.expect_err("no list");
            assert_eq!(error.kind(), ErrorKind::BadReply, "{body}");
            clean(&error);
        }
    }
}

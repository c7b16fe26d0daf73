//! Places, equipment, money and projects: whose they are, what customers see of them, and hostile answers.

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

fn projects() -> ProjectQuery {
    ProjectQuery { organisation: None, kinds: vec![], customer_visible: false, offset: 0, limit: 50 }
}

fn invoice(id: &str) -> InvoiceId {
    InvoiceId::new(id).expect("an id")
}

fn project(id: &str) -> ProjectId {
    ProjectId::new(id).expect("an id")
}

async fn shown() -> Desk {
    desk_with(|it| {
        it.customer_visible = postern_halopsa::CustomerVisible { invoices: true, orders: true, projects: true };
        it.currency = Some("USD".into());
        it.payment_statuses = [("1".into(), PaymentStatus::Succeeded)].into();
        it.quote_statuses = [("1".into(), OrderStatus::Draft), ("2".into(), OrderStatus::Sent)].into();
    })
    .await
}

fn clean(what: &impl std::fmt::Debug) {
    let text = format!("{what:?}");
    assert!(!text.contains("CANARY") && !text.contains("4711"), "{text}");
}

#[tokio::test]
async fn equipment_and_places_come_by_name_and_a_missing_mark_is_no_use() {
    let desk = desk().await;
    let port = desk.adapter.assets().expect("equipment");
    let page = port.assets(&acme(), &assets()).await.expect("a page");
    assert_eq!((page.total, page.truncated), (2, false));
    let rows = opened(page.rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.name.expose(), it.active)).collect();
    assert_eq!(seen, [("ann-laptop", false), ("web-01", true)]);
    clean(&rows);
    let found = port.assets(&acme(), &AssetQuery { text: Some("WEB".into()), ..assets() }).await.expect("a page");
    assert_eq!(found.total, 1);
    let rows = opened(desk.crm().sites(&acme(), &ext(ACME)).await.expect("places"));
    let seen: Vec<_> = rows.iter().map(|it| (it.name.as_str(), it.active, it.address.as_deref())).collect();
    let line = Some("1 Main Street, Springfield");
    assert_eq!(seen, [("Annex", false, line), ("Main", true, line)]);
    clean(&rows);
}

#[tokio::test]
async fn b03_rows_of_others_are_told_of_and_never_shown() {
    let desk = shown().await;
    desk.state().quirks(|it| it.leak_other_clients = true);
    fn alarm<T: std::fmt::Debug>(rows: Vec<Owned<T>>) {
        clean(&rows);
        let owners: Vec<_> = rows.into_iter().filter_map(|it| open(it).err()).collect();
        assert_eq!(owners, [Owner::Organisation(ext(GLOBEX))]);
    }
    let adapter = &desk.adapter;
    let billing = adapter.billing().expect("a port");
    alarm(adapter.assets().expect("a port").assets(&acme(), &assets()).await.expect("a page").rows);
    alarm(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    alarm(billing.agreements(&acme(), &ext(ACME)).await.expect("rows"));
    alarm(adapter.projects().expect("a port").projects(&acme(), &projects()).await.expect("a page").rows);
    alarm(adapter.sales().expect("a port").orders(&acme(), &orders()).await.expect("a page").rows);
    alarm(desk.crm().sites(&acme(), &ext(ACME)).await.expect("rows"));
    let foreign = billing.invoice(&acme(), &invoice("305")).await.expect("a row");
    assert_eq!(open(foreign).map(drop), Err(Owner::Organisation(ext(GLOBEX))));
    let nobodys = billing.invoice(&acme(), &invoice("306")).await.expect("a row");
    assert_eq!(open(nobodys).map(drop), Err(Owner::Unknown));
    let foreign = adapter.projects().expect("a port").project(&acme(), &project("604")).await.expect("a row");
    assert_eq!(open(foreign).map(drop), Err(Owner::Organisation(ext(GLOBEX))));
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_asked_for() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let globex = Some(ext(GLOBEX));
    let query = InvoiceQuery { organisation: globex.clone(), ..invoices() };
    assert!(billing.invoices(&acme(), &query).await.expect("none").rows.is_empty());
    assert!(billing.agreements(&acme(), &ext(GLOBEX)).await.expect("none").is_empty());
    assert!(desk.crm().sites(&acme(), &ext(GLOBEX)).await.expect("none").is_empty());
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn payments_are_the_invoices_and_their_state_is_what_the_configuration_says() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let acmes = ext("12");
    let rows = opened(billing.payments(&acme(), &acmes, None).await.expect("payments"));
    let seen: Vec<_> = rows
        .iter()
        .map(|it| (it.id.as_str(), it.invoice.as_ref().map(InvoiceId::as_str), it.status, it.amount.to_string()))
        .collect();
    let amount = || "59.55 USD".to_owned();
    assert_eq!(
        seen,
        [
            ("706", None, PaymentStatus::Succeeded, amount()),
            ("703", Some("302"), PaymentStatus::Succeeded, amount()),
            ("702", Some("301"), PaymentStatus::Other, amount()),
            ("701", Some("301"), PaymentStatus::Succeeded, amount()),
        ]
    );
    clean(&rows);
    for ignore in [false, true] {
        desk.state().quirks(|it| it.ignore_filters = ignore);
        let some = opened(billing.payments(&acme(), &acmes, Some(&invoice("301"))).await.expect("payments"));
        assert_eq!(some.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["702", "701"], "{ignore}");
    }
    for foreign in ["305", "306", "999"] {
        let error = billing.payments(&acme(), &acmes, Some(&invoice(foreign))).await.expect_err("not Acme's");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "invoice not found"), "{foreign}");
    }
    assert_eq!(billing.payments(&acme(), &ext("13"), None).await.expect("nothing").len(), 0);
}

#[tokio::test]
async fn invoices_are_for_customers_only_where_setting_and_marks_all_say_so() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let rows = opened(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    let seen: Vec<_> =
        rows.iter().map(|it| (it.id.as_str(), it.status, it.balance.to_string(), it.customer_visible)).collect();
    let all = "119.1 USD".to_owned();
    assert_eq!(
        seen,
        [
            ("307", InvoiceStatus::Open, "119.1 EUR".to_owned(), true),
            ("308", InvoiceStatus::Open, all.clone(), false),
            ("304", InvoiceStatus::Void, all.clone(), false),
            ("303", InvoiceStatus::Draft, all.clone(), false),
            ("302", InvoiceStatus::Open, all, true),
            ("301", InvoiceStatus::Paid, "0 USD".to_owned(), true),
        ]
    );
    let one = open(billing.invoice(&acme(), &invoice("302")).await.expect("a row")).expect("Acme's");
    let lines: Vec<_> = one.lines.iter().map(|it| (it.text.expose(), it.total.map(|it| it.to_string()))).collect();
    assert_eq!(lines, [("Monthly care", Some("100.1 USD".to_owned()))]);
    clean(&one);
    let missing = billing.invoice(&acme(), &invoice("999")).await.expect_err("missing");
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::NotFound, "invoice not found"));
    desk.state().data(|data| {
        for row in data.invoices.iter_mut().filter(|it| it["id"] == 307) {
            row["currency_code_name"] = serde_json::json!("Euro");
        }
    });
    let odd = billing.invoice(&acme(), &invoice("307")).await.expect_err("another currency, without its letters");
    assert_eq!(odd.kind(), ErrorKind::BadReply);

    let hidden = desk_with(|it| it.currency = Some("USD".into())).await;
    let billing = hidden.adapter.billing().expect("a port");
    let query = InvoiceQuery { customer_visible: true, ..invoices() };
    assert_eq!(billing.invoices(&acme(), &query).await.expect("none").total, 0);
    let rows = opened(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    assert!(!rows.is_empty() && rows.iter().all(|it| !it.customer_visible));
    let bare = crate::setup::desk().await;
    let error =
        bare.adapter.billing().expect("a port").invoice(&acme(), &invoice("302")).await.expect_err("no currency");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn agreements_run_only_where_they_plainly_say_so() {
    let desk = shown().await;
    let rows = opened(desk.adapter.billing().expect("a port").agreements(&acme(), &ext(ACME)).await.expect("rows"));
    let seen: Vec<_> = rows.iter().map(|it| (it.name.expose(), it.active)).collect();
    assert_eq!(seen, [("Care", true), ("Old care", false), ("Unmarked care", false)]);
    assert_eq!(rows[0].amount.map(|it| it.to_string()).as_deref(), Some("99.5 USD"));
    assert_eq!(rows[0].days.until, None, "1900 means none");
    clean(&rows);
}

#[tokio::test]
async fn a_quotation_whose_status_nobody_explained_is_never_for_customers() {
    let desk = shown().await;
    let port = desk.adapter.sales().expect("a port");
    let rows = opened(port.orders(&acme(), &orders()).await.expect("a page").rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.status, it.customer_visible)).collect();
    assert_eq!(
        seen,
        [("503", OrderStatus::Other, false), ("502", OrderStatus::Draft, false), ("501", OrderStatus::Sent, true)]
    );
    clean(&rows);
    let bare = crate::setup::desk().await;
    let query = OrderQuery { customer_visible: true, ..orders() };
    assert_eq!(bare.adapter.sales().expect("a port").orders(&acme(), &query).await.expect("none").total, 0);
}

#[tokio::test]
async fn a_ticket_that_does_not_say_that_it_is_a_project_is_none() {
    let desk = shown().await;
    let port = desk.adapter.projects().expect("a port");
    let page = port.projects(&acme(), &projects()).await.expect("a page");
    clean(&page);
    assert_eq!(opened(page.rows).iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["605", "601"]);
    for ticket in ["602", "603", "999"] {
        let error = port.project(&acme(), &project(ticket)).await.expect_err("no project");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "project not found"), "{ticket}");
    }
    let whole = open(port.project(&acme(), &project("601")).await.expect("a row")).expect("Acme's");
    let phases: Vec<_> = whole.phases.iter().map(|it| (it.name.expose(), it.milestone, it.internal)).collect();
    assert_eq!(phases, [("Planning", true, false), ("Go live", true, false)]);
    assert_eq!((whole.customer_visible, whole.description.as_ref().map(|it| it.expose())), (true, Some("About it")));
    clean(&whole);
    let sensitive = open(port.project(&acme(), &project("605")).await.expect("a row")).expect("Acme's");
    assert!(!sensitive.customer_visible && sensitive.phases.iter().all(|it| it.internal));
    let query = ProjectQuery { customer_visible: true, ..projects() };
    assert_eq!(port.projects(&acme(), &query).await.expect("a page").total, 1);
    let typed = desk_with(|it| it.project_types = vec![9]).await;
    let port = typed.adapter.projects().expect("a port");
    let rows = opened(port.projects(&acme(), &projects()).await.expect("a page").rows);
    assert_eq!(rows.len(), 4, "its type says so");
    assert!(rows.iter().all(|it| !it.customer_visible));
    let whole = open(port.project(&acme(), &project("601")).await.expect("a row")).expect("Acme's");
    assert!(!whole.customer_visible && whole.phases.iter().all(|it| it.internal));
}

#[tokio::test]
async fn pages_without_end_stop_and_are_told() {
    let desk = desk_with(|it| it.max_rows = 20).await;
    desk.state().quirks(|it| {
        it.endless_pages = true;
        it.record_count = Some(1_000_000);
    });
    let page = desk.adapter.assets().expect("a port").assets(&acme(), &assets()).await.expect("a page");
    assert!(page.truncated && page.total <= 20);
    let error = desk.crm().sites(&acme(), &ext(ACME)).await.expect_err("not whole");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_errors_without_their_text() {
    let desk = shown().await;
    desk.adapter.probe(&acme()).await.expect("all is well");
    for body in ["", "null", "{}", "[17]", "[{\"client_id\":12}]", "<html>CANARY</html>"] {
        desk.state().can("GET", "", 200, "application/json", body);
        let errors = [
            desk.adapter.assets().expect("a port").assets(&acme(), &assets()).await.map(drop),
            desk.adapter.billing().expect("a port").invoices(&acme(), &invoices()).await.map(drop),
            desk.adapter.projects().expect("a port").projects(&acme(), &projects()).await.map(drop),
            desk.adapter.sales().expect("a port").orders(&acme(), &orders()).await.map(drop),
            desk.crm().sites(&acme(), &ext(ACME)).await.map(drop),
        ];
        for error in errors {
            let error = error.expect_err("no list");
            assert_eq!(error.kind(), ErrorKind::BadReply, "{body}");
            clean(&error);
        }
    }
}

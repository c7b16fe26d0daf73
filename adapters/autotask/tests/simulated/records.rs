//! Places, equipment, money and projects: whose they are, what customers see of them, and hostile answers.

use crate::setup::*;
use postern_api::domain::*;
use postern_api::*;
use postern_simulators::autotask::Kind;

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
        it.customer_visible = postern_autotask::CustomerVisible { invoices: true, orders: true, projects: true };
        it.currency = Some("USD".into());
    })
    .await
}

fn clean(what: &impl std::fmt::Debug) {
    let text = format!("{what:?}");
    assert!(!text.contains("CANARY") && !text.contains("4711"), "{text}");
}

#[tokio::test]
async fn equipment_comes_by_name_with_its_kind() {
    let desk = desk().await;
    let port = desk.adapter.assets().expect("equipment");
    let page = port.assets(&acme(), &assets()).await.expect("a page");
    assert_eq!((page.total, page.truncated), (2, false));
    let rows = opened(page.rows);
    assert_eq!(rows.iter().map(|it| it.name.expose()).collect::<Vec<_>>(), ["ann-laptop", "web-01"]);
    assert_eq!((rows[0].active, rows[1].active), (false, true), "an odd mark is no yes");
    assert_eq!(rows[1].kind.as_deref(), Some("Server"));
    clean(&rows);
    let found = port.assets(&acme(), &AssetQuery { text: Some("WEB".into()), ..assets() }).await.expect("a page");
    assert_eq!(found.total, 1);
    let found = port.assets(&acme(), &AssetQuery { offset: 1, limit: 5, ..assets() }).await.expect("a page");
    assert_eq!((found.total, found.rows.len()), (2, 1));
}

#[tokio::test]
async fn b03_rows_of_others_are_told_of_and_never_shown() {
    let desk = shown().await;
    desk.state().quirks(|it| it.leak_other_companies = true);
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
    assert_eq!(desk.asked("POST", "billingitems/query"), 0, "nothing more is read of it");
    let nobodys = billing.invoice(&acme(), &invoice("306")).await.expect("a row");
    assert_eq!(open(nobodys).map(drop), Err(Owner::Unknown));
    let foreign = adapter.projects().expect("a port").project(&acme(), &project("604")).await.expect("a row");
    assert_eq!(open(foreign).map(drop), Err(Owner::Organisation(ext(GLOBEX))));
    assert_eq!(desk.asked("POST", "tasks/query"), 0, "nothing more is read of it");
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
    for entity in ["invoices", "contracts", "companylocations"] {
        assert_eq!(desk.asked("POST", &format!("{entity}/query")), 0, "{entity}");
    }
}

#[tokio::test]
async fn invoices_need_a_currency_and_are_for_customers_only_where_the_settings_say_so() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let rows = opened(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    let seen: Vec<_> =
        rows.iter().map(|it| (it.id.as_str(), it.status, it.balance.to_string(), it.customer_visible)).collect();
    assert_eq!(
        seen,
        [
            ("304", InvoiceStatus::Other, "0 USD".to_owned(), false),
            ("303", InvoiceStatus::Void, "0 USD".to_owned(), false),
            ("302", InvoiceStatus::Open, "119.1 USD".to_owned(), true),
            ("301", InvoiceStatus::Paid, "0 USD".to_owned(), true),
        ]
    );
    let one = open(billing.invoice(&acme(), &invoice("302")).await.expect("a row")).expect("Acme's");
    let lines: Vec<_> = one.lines.iter().map(|it| it.text.expose()).collect();
    assert_eq!(lines, ["Monthly care", "Travel"], "another company's line is not this one's");
    clean(&one);
    let missing = billing.invoice(&acme(), &invoice("999")).await.expect_err("missing");
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::NotFound, "invoice not found"));

    let hidden = desk_with(|it| it.currency = Some("USD".into())).await;
    let billing = hidden.adapter.billing().expect("a port");
    let query = InvoiceQuery { customer_visible: true, ..invoices() };
    assert_eq!(billing.invoices(&acme(), &query).await.expect("none").total, 0);
    let rows = opened(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    assert!(!rows.is_empty() && rows.iter().all(|it| !it.customer_visible));

    let bare = crate::setup::desk().await;
    assert!(!bare.adapter.supports().contains(&Op::InvoiceList) && hidden.adapter.supports().contains(&Op::InvoiceGet));
    let error = bare.adapter.billing().expect("a port").invoices(&acme(), &invoices()).await.expect_err("no currency");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn agreements_run_by_their_status_and_their_days() {
    let desk = desk().await;
    let rows = opened(desk.adapter.billing().expect("a port").agreements(&acme(), &ext(ACME)).await.expect("rows"));
    let seen: Vec<_> = rows.iter().map(|it| (it.name.expose(), it.active)).collect();
    assert_eq!(seen, [("Care", true), ("Old care", false), ("Stopped care", false)]);
    assert_eq!(rows[0].kind.as_deref(), Some("Recurring Service"));
}

#[tokio::test]
async fn quotes_that_nobody_answered_are_drafts_and_never_for_customers() {
    let desk = shown().await;
    let port = desk.adapter.sales().expect("a port");
    let query = OrderQuery { kind: Some(OrderKind::Quote), ..orders() };
    let rows = opened(port.orders(&acme(), &query).await.expect("a page").rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.status, it.customer_visible)).collect();
    assert_eq!(
        seen,
        [
            ("quote-503", OrderStatus::Draft, false),
            ("quote-502", OrderStatus::Draft, false),
            ("quote-501", OrderStatus::Accepted, true)
        ]
    );
    let query = OrderQuery { customer_visible: true, ..orders() };
    let rows = opened(port.orders(&acme(), &query).await.expect("a page").rows);
    let ids: Vec<_> = rows.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["quote-501", "contract-402", "contract-401"]);
    clean(&rows);
    let bare = crate::setup::desk().await;
    assert_eq!(bare.adapter.sales().expect("a port").orders(&acme(), &query).await.expect("none").total, 0);
}

#[tokio::test]
async fn a_task_is_internal_unless_its_own_mark_shows_it() {
    let desk = shown().await;
    let port = desk.adapter.projects().expect("a port");
    let rows = opened(port.projects(&acme(), &projects()).await.expect("a page").rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.status, it.percent_complete)).collect();
    assert_eq!(seen, [("602", WorkStatus::InProgress, Some(40)), ("601", WorkStatus::InProgress, Some(40))]);
    assert_eq!(rows.iter().map(|it| it.customer_visible).collect::<Vec<_>>(), [false, true], "602 is the MSP's own");
    let whole = open(port.project(&acme(), &project("601")).await.expect("a row")).expect("Acme's");
    let phases: Vec<_> = whole.phases.iter().map(|it| (it.id.as_str(), it.internal)).collect();
    assert_eq!(phases, [("phase-2", false), ("phase-1", false), ("task-1", false), ("task-2", true), ("task-3", true)]);
    assert_eq!(whole.owner.as_ref().map(|it| it.name.as_str()), Some("Ada Agent"));
    clean(&whole);
    let bare = crate::setup::desk().await;
    let whole = bare.adapter.projects().expect("a port").project(&acme(), &project("601")).await.expect("a row");
    let whole = open(whole).expect("Acme's");
    assert!(!whole.customer_visible && whole.phases.iter().all(|it| it.internal));
    bare.state().can(Kind::Reads, "phases/query", 404, "");
    let whole = bare.adapter.projects().expect("a port").project(&acme(), &project("601")).await.expect("a row");
    assert_eq!(open(whole).expect("Acme's").phases.len(), 3, "some zones do not have phases");
}

#[tokio::test]
async fn pages_without_end_stop_and_are_told() {
    let desk = desk_with(|it| it.max_rows = 20).await;
    desk.state().quirks(|it| it.endless_pages = true);
    let page = desk.adapter.assets().expect("a port").assets(&acme(), &assets()).await.expect("a page");
    assert!(page.truncated && page.total <= 20);
    let error = desk.crm().sites(&acme(), &ext(ACME)).await.expect_err("not whole");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_errors_without_their_text() {
    let desk = shown().await;
    desk.adapter.probe(&acme()).await.expect("all is well");
    for body in [
        "",
        "null",
        "{\"items\":[17],\"pageDetails\":{}}",
        "{\"items\":[{\"companyID\":174}],\"pageDetails\":{}}",
        "<html>CANARY</html>",
    ] {
        for entity in ["configurationitems", "invoices", "projects", "quotes", "companylocations"] {
            desk.state().can(Kind::Reads, &format!("{entity}/query"), 200, body);
        }
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

//! Places, equipment, money and projects: whose they are, what customers see of them, and hostile answers.

use crate::setup::*;
use postern_api::domain::*;
use postern_api::*;
use std::collections::BTreeSet;

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

async fn shown() -> Desk {
    desk_with(|it| {
        it.customer_visible = postern_connectwise::CustomerVisible { invoices: true, orders: true, projects: true };
        it.currency = Some("EUR".into());
    })
    .await
}

#[tokio::test]
async fn equipment_comes_by_name_with_nothing_that_holds_passwords() {
    let desk = desk().await;
    let port = desk.adapter.assets().expect("equipment");
    let page = port.assets(&acme(), &assets()).await.expect("a page");
    assert_eq!((page.total, page.truncated), (2, false));
    let rows = opened(page.rows);
    assert_eq!(rows.iter().map(|it| it.name.expose()).collect::<Vec<_>>(), ["ann-laptop", "web-01"]);
    assert_eq!((rows[0].active, rows[1].active), (false, true), "a missing flag is no yes");
    assert_eq!((rows[1].kind.as_deref(), rows[1].site.as_deref()), (Some("Server"), Some("Main")));
    assert_eq!(rows[1].warranty_until, Some("2027-05-01".parse().expect("a day")));
    clean(&rows);
    let fields = parameter(&desk.asked("GET", "company/configurations")[0], "fields").expect("named");
    assert!(!fields.contains("questions") && !fields.contains("otes"));
    let found = port.assets(&acme(), &AssetQuery { text: Some("WEB\"*".into()), ..assets() }).await.expect("a page");
    assert_eq!(found.total, 0, "`web\"*` is no part of a name");
    let found = port.assets(&acme(), &AssetQuery { text: Some("WEB".into()), offset: 1, ..assets() }).await;
    let found = found.expect("a page");
    assert_eq!((found.total, found.rows.len()), (1, 0));
}

#[tokio::test]
async fn b03_rows_of_others_are_told_of_and_never_shown() {
    let desk = shown().await;
    desk.state().quirks(|it| it.leak_other_companies = true);
    let of = |owners: Vec<Owner>| assert_eq!(owners, [Owner::Organisation(ext(GLOBEX))]);
    fn sort<T: std::fmt::Debug>(rows: Vec<Owned<T>>, ours: usize) -> Vec<Owner> {
        assert!(!format!("{rows:?}").contains("CANARY"), "{rows:?}");
        let owners: Vec<_> = rows.into_iter().filter_map(|it| open(it).err()).collect();
        assert_eq!(owners.len(), 1, "one for the alarm, beside {ours}");
        owners
    }
    let adapter = &desk.adapter;
    of(sort(adapter.assets().expect("a port").assets(&acme(), &assets()).await.expect("a page").rows, 2));
    of(sort(adapter.billing().expect("a port").invoices(&acme(), &invoices()).await.expect("a page").rows, 4));
    of(sort(adapter.billing().expect("a port").agreements(&acme(), &ext(ACME)).await.expect("rows"), 3));
    of(sort(adapter.projects().expect("a port").projects(&acme(), &projects()).await.expect("a page").rows, 3));
    of(sort(adapter.sales().expect("a port").orders(&acme(), &orders()).await.expect("a page").rows, 3));
    of(sort(desk.crm().sites(&acme(), &ext(ACME)).await.expect("rows"), 2));
    let payments = adapter.billing().expect("a port").payments(&acme(), &ext(ACME), None).await.expect("rows");
    assert_eq!(opened(payments).len(), 2, "a payment that names another invoice is another's");
    let foreign = adapter.billing().expect("a port").invoice(&acme(), &InvoiceId::new("305").expect("an id")).await;
    assert_eq!(open(foreign.expect("a row")).map(drop), Err(Owner::Organisation(ext(GLOBEX))));
    let nobodys = adapter.billing().expect("a port").invoice(&acme(), &InvoiceId::new("306").expect("an id")).await;
    assert_eq!(open(nobodys.expect("a row")).map(drop), Err(Owner::Unknown));
    let foreign = adapter.projects().expect("a port").project(&acme(), &ProjectId::new("604").expect("an id")).await;
    assert_eq!(open(foreign.expect("a row")).map(drop), Err(Owner::Organisation(ext(GLOBEX))));
    assert!(desk.asked("GET", "project/projects/604/phases").is_empty(), "nothing more is read of it");
    let error = adapter.billing().expect("a port");
    let error = error.payments(&acme(), &ext(ACME), Some(&InvoiceId::new("305").expect("an id"))).await;
    assert_eq!(error.expect_err("another's").kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_asked_for() {
    let desk = shown().await;
    let adapter = &desk.adapter;
    let globex = Some(ext(GLOBEX));
    let page = adapter.assets().expect("a port");
    assert!(
        page.assets(&acme(), &AssetQuery { organisation: globex.clone(), ..assets() })
            .await
            .expect("none")
            .rows
            .is_empty()
    );
    let billing = adapter.billing().expect("a port");
    let query = InvoiceQuery { organisation: globex, ..invoices() };
    assert!(billing.invoices(&acme(), &query).await.expect("none").rows.is_empty());
    assert!(billing.payments(&acme(), &ext(GLOBEX), None).await.expect("none").is_empty());
    assert!(billing.agreements(&acme(), &ext(GLOBEX)).await.expect("none").is_empty());
    assert!(desk.crm().sites(&acme(), &ext(GLOBEX)).await.expect("none").is_empty());
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn invoices_are_exact_and_for_customers_only_where_the_settings_say_so() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let page = billing.invoices(&acme(), &invoices()).await.expect("a page");
    assert_eq!(page.total, 4);
    let rows = opened(page.rows);
    let states: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.status, it.customer_visible)).collect();
    assert_eq!(
        states,
        [
            ("303", InvoiceStatus::Draft, false),
            ("302", InvoiceStatus::Open, true),
            ("301", InvoiceStatus::Paid, true),
            ("304", InvoiceStatus::Other, false)
        ]
    );
    assert_eq!((rows[1].total.to_string(), rows[1].balance.to_string()), ("119.1 USD".into(), "119.1 USD".into()));
    assert_eq!(rows[3].total.currency.as_str(), "EUR", "a row without a currency has the configured one");
    clean(&rows);
    let one = billing.invoice(&acme(), &InvoiceId::new("302").expect("an id")).await.expect("a row");
    let lines: Vec<_> = open(one).expect("Acme's").lines.iter().map(|it| it.total.map(|it| it.to_string())).collect();
    assert_eq!(lines, [Some("100.1 USD".to_owned()), Some("19 USD".to_owned())]);
    let query = InvoiceQuery { customer_visible: true, statuses: vec![InvoiceStatus::Paid], ..invoices() };
    assert_eq!(billing.invoices(&acme(), &query).await.expect("a page").total, 1);
    let missing = billing.invoice(&acme(), &InvoiceId::new("999").expect("an id")).await.expect_err("missing");
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::NotFound, "invoice not found"));

    let closed = crate::setup::desk_with(|it| it.currency = Some("EUR".into())).await;
    let billing = closed.adapter.billing().expect("a port");
    let query = InvoiceQuery { customer_visible: true, ..invoices() };
    assert_eq!(billing.invoices(&acme(), &query).await.expect("a page").total, 0);
    assert_eq!(closed.state().log.all().len(), 0, "nothing to ask for");
    let rows = opened(billing.invoices(&acme(), &invoices()).await.expect("a page").rows);
    assert!(rows.iter().all(|it| !it.customer_visible));

    let bare = crate::setup::desk().await;
    let error = bare.adapter.billing().expect("a port").invoices(&acme(), &invoices()).await;
    assert_eq!(error.expect_err("no currency").kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn payments_and_agreements_say_what_was_paid_and_what_runs() {
    let desk = shown().await;
    let billing = desk.adapter.billing().expect("a port");
    let rows = opened(billing.payments(&acme(), &ext(ACME), None).await.expect("payments"));
    let paid: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.amount.to_string())).collect();
    assert_eq!(paid, [("402", "19 USD".to_owned()), ("401", "100.1 USD".to_owned())]);
    clean(&rows);
    let rows = opened(billing.agreements(&acme(), &ext(ACME)).await.expect("agreements"));
    let active: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.active)).collect();
    assert_eq!(active, [("71", true), ("72", false), ("73", false)]);
    assert_eq!(rows[0].amount.map(|it| it.to_string()).as_deref(), Some("99.5 USD"));
    assert_eq!(rows[0].period.as_deref(), Some("Monthly"));
    clean(&rows);
}

#[tokio::test]
async fn projects_are_hidden_unless_setting_and_mark_both_show_them() {
    let desk = shown().await;
    let port = desk.adapter.projects().expect("a port");
    let rows = opened(port.projects(&acme(), &projects()).await.expect("a page").rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.customer_visible)).collect();
    assert_eq!(seen, [("603", false), ("602", false), ("601", true)]);
    let query = ProjectQuery { kinds: vec![ProjectKind::Service], ..projects() };
    assert_eq!(port.projects(&acme(), &query).await.expect("a page").total, 0);
    let project = open(port.project(&acme(), &ProjectId::new("601").expect("an id")).await.expect("a row"));
    let project = project.expect("Acme's");
    let phases: Vec<_> = project.phases.iter().map(|it| (it.id.as_str(), it.milestone, it.internal)).collect();
    assert_eq!(phases, [("701", false, false), ("702", true, false)], "in the plan's order");
    assert_eq!((project.phases[0].status, project.phases[1].status), (WorkStatus::Done, WorkStatus::Planned));
    clean(&project);
    let hidden = port.project(&acme(), &ProjectId::new("602").expect("an id")).await.expect("a row");
    assert!(!open(hidden).expect("Acme's").customer_visible);
    let bare = crate::setup::desk().await;
    let port = bare.adapter.projects().expect("a port");
    let project = open(port.project(&acme(), &ProjectId::new("601").expect("an id")).await.expect("a row"));
    let project = project.expect("Acme's");
    assert!(!project.customer_visible && project.phases.iter().all(|it| it.internal));
}

#[tokio::test]
async fn quotes_that_are_still_being_written_are_drafts_and_never_for_customers() {
    let desk = shown().await;
    let port = desk.adapter.sales().expect("a port");
    let rows = opened(port.orders(&acme(), &orders()).await.expect("a page").rows);
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.status, it.customer_visible)).collect();
    assert_eq!(
        seen,
        [
            ("order-501", OrderStatus::InFulfilment, true),
            ("opportunity-502", OrderStatus::Draft, false),
            ("opportunity-501", OrderStatus::Sent, true)
        ]
    );
    assert_eq!(rows[0].total.map(|it| it.to_string()).as_deref(), Some("640 USD"));
    clean(&rows);
    let contracts = OrderQuery { kind: Some(OrderKind::Contract), ..orders() };
    assert_eq!(port.orders(&acme(), &contracts).await.expect("none").total, 0);
    let bare = crate::setup::desk().await;
    let query = OrderQuery { customer_visible: true, ..orders() };
    assert_eq!(bare.adapter.sales().expect("a port").orders(&acme(), &query).await.expect("none").total, 0);
}

#[tokio::test]
async fn places_have_one_line_each_and_a_missing_mark_is_no_use() {
    let desk = desk().await;
    let rows = opened(desk.crm().sites(&acme(), &ext(ACME)).await.expect("places"));
    let seen: Vec<_> = rows.iter().map(|it| (it.name.as_str(), it.active)).collect();
    assert_eq!(seen, [("Annex", false), ("Main", true)]);
    let line = "1 Main Street, 12345, Springfield, Ohio, United States";
    assert_eq!(rows[1].address.as_deref(), Some(line));
}

#[tokio::test]
async fn pages_without_end_stop_and_are_told() {
    let desk = desk_with(|it| {
        it.page_size = 5;
        it.max_rows = 20;
    })
    .await;
    desk.state().quirks(|it| it.endless_pages = true);
    let page = desk.adapter.assets().expect("a port").assets(&acme(), &assets()).await.expect("a page");
    assert!(page.truncated && page.total <= 20);
    let error = desk.adapter.billing().expect("a port").agreements(&acme(), &ext(ACME)).await.expect_err("not whole");
    assert_eq!(error.kind(), ErrorKind::BadReply);
    assert!(desk.state().log.all().len() < 30);
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_errors_without_their_text() {
    let desk = shown().await;
    let bodies = ["", "null", "{\"id\":1}", "[17]", "[{\"company\":{\"id\":12}}]", "<html>CANARY</html>"];
    for body in bodies {
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
    let kinds: BTreeSet<_> = desk.state().log.all().into_iter().map(|it| it.method).collect();
    assert_eq!(kinds, BTreeSet::from(["GET".to_owned()]));
}

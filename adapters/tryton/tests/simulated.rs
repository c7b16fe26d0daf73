//! The adapter before the simulator: the kit, and what a Tryton that misbehaves does not get past it.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

#[path = "shared/kit.rs"]
mod kit;

use postern_api::*;
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::tryton::{ACME, COMPANY, GLOBEX, GLOBEX_CANARY, PASSWORD, Quirks, State, USERNAME, start};
use std::sync::Arc;
use std::time::Duration;

async fn bench() -> (Running<State>, Arc<dyn Adapter>) {
    let tryton = start().await.expect("a simulator");
    let adapter = connect(&tryton, PASSWORD, "payments = true\ncustomer_visible = true");
    (tryton, adapter)
}

fn connect(tryton: &Running<State>, password: &str, more: &str) -> Arc<dyn Adapter> {
    let base = format!("{}/msp/", tryton.url);
    let text = format!("base_url = \"{base}\"\nusername = \"{USERNAME}\"\ncompany = {COMPANY}\n{more}");
    let config: postern_tryton::Config = toml::from_str(&text).expect("a table");
    let config = config.with_secret(password.to_owned().into());
    let http = PlainHttp::new(&base, Some(postern_tryton::authenticator(&config))).expect("a handle");
    postern_tryton::connect(config, http).expect("connects")
}

fn external(number: i64) -> ExternalId {
    ExternalId::new(&number.to_string()).expect("an id")
}

fn acme() -> CallCx {
    CallCx::new(Reach::Organisations(vec![external(ACME)]), Duration::from_secs(10))
}

fn all() -> InvoiceQuery {
    InvoiceQuery { organisation: None, statuses: vec![], customer_visible: false, offset: 0, limit: 200 }
}

#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (_tryton, adapter) = bench().await;
    let report = postern_kit::run(&kit::fixture(adapter, ACME, GLOBEX)).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn what_is_not_configured_is_neither_read_nor_shown() {
    let (tryton, _) = bench().await;
    let adapter = connect(&tryton, PASSWORD, "");
    let billing = adapter.billing().expect("a port");
    let shown = billing.invoices(&acme(), &InvoiceQuery { customer_visible: true, ..all() }).await.expect("a page");
    assert_eq!((shown.rows.len(), shown.total), (0, 0));
    // Whoever asks in another way is told that none of them is for customers, posted as it is.
    let fixture = kit::fixture(adapter.clone(), ACME, GLOBEX);
    let scope = Scope::whole_tenant(TenantId::new("msp").expect("an id"));
    let page = billing.invoices(&acme(), &all()).await.expect("a page");
    let mut rows: Vec<_> = page.rows.into_iter().filter_map(|it| scope.admit(&fixture.map, it).ok()).collect();
    let one = billing.invoice(&acme(), &InvoiceId::new("101").expect("an id")).await.expect("an invoice");
    rows.extend(scope.admit(&fixture.map, one).ok());
    assert_eq!(rows.len(), 7);
    assert!(rows.iter().all(|it| !it.record.customer_visible));
    let payments = billing.payments(&acme(), &external(ACME), None).await.expect_err("no payments");
    assert_eq!(payments.kind(), ErrorKind::Unsupported);
}

/// B03: it forgets what was asked, and answers with everybody's: each row says whose it is, and what is bought is nobody's.
#[tokio::test]
async fn b03_rows_of_others_are_nobodys_whatever_the_domain_said() {
    let (tryton, adapter) = bench().await;
    tryton.state.quirks(Quirks { forgets_domains: true, ..Quirks::default() });
    let fixture = kit::fixture(adapter.clone(), ACME, GLOBEX);
    let billing = adapter.billing().expect("a port");
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), fixture.own.organisation.clone());
    let page = billing.invoices(&acme(), &all()).await.expect("a page");
    assert_eq!(page.rows.len(), 9);
    let ours: Vec<_> = page.rows.into_iter().filter_map(|it| scope.admit(&fixture.map, it).ok()).collect();
    let ids: Vec<_> = ours.iter().map(|it| it.record.id.as_str()).collect();
    assert_eq!(ids, ["106", "105", "101", "104", "102", "103"], "no 107 of Globex, 108 bought, 109 of another company");
    assert!(!format!("{ours:?}").contains(GLOBEX_CANARY));
    let payments = billing.payments(&acme(), &external(ACME), None).await.expect("payments");
    let ours = payments.into_iter().filter_map(|it| scope.admit(&fixture.map, it).ok()).count();
    assert_eq!(ours, 2);
    // Another record than the one asked for is no answer.
    let id = InvoiceId::new("106").expect("an id");
    let other = billing.invoice(&acme(), &id).await.expect_err("another one");
    assert_eq!(other.kind(), ErrorKind::BadReply);
    // Neither are lines of other invoices, among them Globex's.
    tryton.state.quirks(Quirks { mixes_lines: true, ..Quirks::default() });
    let mixed = billing.invoice(&acme(), &id).await.expect_err("lines of others");
    assert_eq!(mixed.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn amounts_have_their_currencys_digits_and_a_float_is_no_amount() {
    let (tryton, adapter) = bench().await;
    let fixture = kit::fixture(adapter.clone(), ACME, GLOBEX);
    let billing = adapter.billing().expect("a port");
    let scope = Scope::whole_tenant(TenantId::new("msp").expect("an id"));
    let id = InvoiceId::new("101").expect("an id");
    let one = billing.invoice(&acme(), &id).await.expect("an invoice");
    let one = scope.admit(&fixture.map, one).expect("ours").record;
    assert_eq!((one.total.to_string(), one.balance.to_string()), ("392.50 GBP".into(), "392.50 GBP".into()));
    assert_eq!(one.due_on.map(|it| it.to_string()).as_deref(), Some("2026-11-28"));
    let lines: Vec<_> = one.lines.iter().map(|it| it.total.map(|it| it.to_string())).collect();
    assert_eq!(lines, [Some("392.50 GBP".to_owned()), None]);
    tryton.state.quirks(Quirks { floats: true, ..Quirks::default() });
    assert_eq!(billing.invoice(&acme(), &id).await.expect_err("floats").kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn b16_what_a_caller_writes_is_a_number_or_asks_for_nothing() {
    let (tryton, adapter) = bench().await;
    let billing = adapter.billing().expect("a port");
    for odd in ["107\"", "1]]", "0101", "-1", "101.0", "\"or\""] {
        let Ok(id) = InvoiceId::new(odd) else { continue };
        assert_eq!(billing.invoice(&acme(), &id).await.expect_err(odd).kind(), ErrorKind::NotFound, "{odd}");
    }
    assert_eq!(tryton.state.log.all().len(), 0, "nothing was asked");
    let id = InvoiceId::new("107").expect("an id");
    assert_eq!(billing.invoice(&acme(), &id).await.expect_err("Globex's").kind(), ErrorKind::NotFound);
    let asked = tryton.state.log.all();
    assert!(
        asked
            .iter()
            .all(|it| it.query == "common.db.login" || it.body.contains(&format!("[\"party\",\"in\",[{ACME}]]")))
    );
}

#[tokio::test]
async fn a_session_that_ended_is_begun_again_and_a_wrong_password_is_called_that() {
    let (tryton, adapter) = bench().await;
    let cx = || CallCx::new(Reach::Tenant, Duration::from_secs(10));
    adapter.probe(&cx()).await.expect("well");
    tryton.state.quirks(Quirks { ends_sessions: true, ..Quirks::default() });
    adapter.probe(&cx()).await.expect("begun again");
    let wrong = connect(&tryton, "wrong", "").probe(&cx()).await.expect_err("a stranger");
    assert_eq!(wrong.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn an_error_in_the_place_of_a_result_is_told_by_its_kind_alone() {
    let (tryton, adapter) = bench().await;
    for (error, kind) in [
        (r#"["UserError",["You are not allowed to read records \"1\" of \"Canary\"","",null]]"#, ErrorKind::Forbidden),
        (r#"["ConcurrencyException","Canary"]"#, ErrorKind::Conflict),
        (r#"["UserWarning",["Canary","Sure?",""]]"#, ErrorKind::Conflict),
        (r#"["'Canary'",""]"#, ErrorKind::BadReply),
    ] {
        tryton.state.quirks(Quirks { error: Some(error), ..Quirks::default() });
        let told = adapter.billing().expect("a port").invoices(&acme(), &all()).await.expect_err(error);
        assert_eq!(told.kind(), kind, "{error}");
        assert!(!format!("{told} {:?}", told.context()).contains("Canary"));
    }
}

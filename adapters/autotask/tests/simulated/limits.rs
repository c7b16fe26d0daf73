//! Three threads an endpoint, requests an hour that everybody on a database shares, and refusals that say when to come back.

use crate::setup::*;
use futures::FutureExt as _;
use postern_api::*;
use postern_autotask::Budgets;
use postern_simulators::autotask::{self, Canned, Kind};
use std::time::{Duration, Instant};

#[tokio::test]
async fn no_more_than_three_requests_are_under_way_at_one_endpoint() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("the zone is known");
    desk.state().hold();
    let (first, second) = (tid("4322"), acme());
    let calls = futures::future::join_all((0..8).map(|_| desk.desk().ticket(&second, &first)));
    let opened = async {
        while desk.state().active() < 3 {
            tokio::task::yield_now().await;
        }
        desk.state().open();
    };
    let (answers, ()) = futures::future::join(calls, opened).await;
    for answer in answers {
        answer.expect("the vendor refuses a fourth thread");
    }
    assert_eq!(desk.state().most_threads(), 3);
}

#[tokio::test]
async fn a_call_that_waits_for_a_thread_ends_with_its_deadline() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("the zone is known");
    desk.state().hold();
    let hasty = CallCx::new(acme().reach, Duration::from_millis(150));
    let id = tid("4322");
    let answers = futures::future::join_all((0..5).map(|_| desk.desk().ticket(&hasty, &id))).await;
    for answer in answers {
        assert_eq!(answer.expect_err("nobody is let through").kind(), ErrorKind::Timeout);
    }
    desk.state().open();
    desk.ticket("4322").await;
}

#[tokio::test]
async fn too_many_threads_are_rate_limited_with_either_status_and_shut_nobody_out() {
    for status in [429, 500] {
        let desk = desk().await;
        let text = r#"{"errors":["The thread threshold of 3 threads has been exceeded (Itgenatr005)."]}"#;
        desk.adapter.probe(&acme()).await.expect("well");
        desk.state().can(Kind::Reads, "tickets/", status, text);
        let error = desk.desk().ticket(&acme(), &tid("4322")).await.expect_err("busy");
        assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, Some(Duration::from_secs(1))), "{status}");
        desk.crm().organisation(&acme(), &ext(ACME)).await.expect("other endpoints are free");
        desk.state().can(Kind::Writes, "tickets/", status, text);
        desk.state().quirks(|it| it.canned.retain(|it| it.kind == Kind::Writes));
        let error = desk.desk().comment(&once(), &tid("4322"), &note(true)).await.expect_err("busy");
        assert_eq!(error.kind(), ErrorKind::RateLimited, "a write that was refused for sure");
    }
}

#[tokio::test]
async fn what_others_on_the_database_used_is_left_to_them() {
    let desk = desk().await;
    desk.state().quirks(|it| it.used_by_others = 9_600);
    let error = desk.adapter.probe(&acme()).await.expect_err("the vendor says how much is used");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let sent = desk.state().log.all().len();
    assert_eq!(desk.desk().ticket(&acme(), &tid("4322")).await.expect_err("used up").kind(), ErrorKind::RateLimited);
    assert_eq!(desk.state().log.all().len(), sent);
}

#[tokio::test]
async fn a_429_holds_everybody_on_the_database_back_for_as_long_as_it_says() {
    let vendor = autotask::start().await.expect("a free port");
    let now = std::sync::Arc::new(parking_lot::Mutex::new(Instant::now()));
    let shown = now.clone();
    let budgets = Budgets::with_clock(move || *shown.lock());
    let adapters = [connected(config(&vendor.url), &budgets), connected(config(&vendor.url), &budgets)];
    for adapter in &adapters {
        adapter.probe(&acme()).await.expect("well");
    }
    let limited = Canned { kind: Kind::Reads, status: 429, retry_after: Some(40), ..Canned::default() };
    vendor.state.quirks(|it| it.canned.push(limited));
    let ask = async |it: &std::sync::Arc<dyn Adapter>| it.crm().expect("a CRM").contact(&acme(), &cid(BOB)).await;
    let error = ask(&adapters[0]).await.expect_err("too many");
    assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, Some(Duration::from_secs(40))));
    vendor.state.quirks(|it| it.canned.clear());
    let sent = vendor.state.log.all().len();
    let error = ask(&adapters[1]).await.expect_err("the other one waits too");
    assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, Some(Duration::from_secs(41))));
    assert_eq!(vendor.state.log.all().len(), sent);
    *now.lock() += Duration::from_secs(40);
    ask(&adapters[1]).await.expect("it is over");
}

#[tokio::test]
async fn a_list_costs_a_few_requests_however_long_it_is() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("well");
    desk.ids(&TicketQuery::default()).await;
    desk.state().data(|data| data.rows("Tickets").extend(autotask::many_tickets(10_000, 300)));
    desk.state().log.clear();
    let page =
        desk.desk().tickets(&acme(), &TicketQuery { limit: 200, ..TicketQuery::default() }).await.expect("a page");
    assert_eq!(page.rows.len(), 200);
    // Tickets, note counts, contacts; the names of the MSP's people are known.
    assert_eq!(desk.state().log.all().len(), 3);
    assert!(desk.adapter.probe(&acme()).now_or_never().is_none(), "a probe asks");
}

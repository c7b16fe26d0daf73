//! Where requests go, and with which headers.

use crate::setup::*;
use postern_api::*;
use postern_simulators::autotask;

#[tokio::test]
async fn every_request_carries_the_three_headers() {
    let desk = desk().await;
    desk.ticket("4322").await;
    desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect("a note");
    let asked = desk.state().log.all();
    assert!(asked.len() > 5);
    for request in asked {
        let header = |name: &str| request.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
        assert_eq!(header("username"), Some(autotask::USERNAME));
        assert_eq!(header("apiintegrationcode"), Some(autotask::INTEGRATION_CODE));
        assert_eq!(header("secret"), Some(autotask::SECRET));
        assert!(!request.query.contains("ecret") && !request.body.contains(autotask::SECRET));
    }
}

#[tokio::test]
async fn each_of_the_three_headers_has_to_be_right() {
    let wrong: [fn(&mut postern_autotask::Config); 2] =
        [|it| it.integration_code = "OTHER".into(), |it| it.secret = "other".to_owned().into()];
    for change in wrong {
        let desk = desk_with(change).await;
        let error = desk.adapter.probe(&acme()).await.expect_err("not let in");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        clean(&error);
    }
    // An unknown name is told by the zone lookup, with status 500.
    let desk = desk_with(|it| it.username = "nobody@simulated.example".into()).await;
    assert_eq!(desk.adapter.probe(&acme()).await.expect_err("nobody").kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn the_zone_is_asked_for_once_by_many() {
    let desk = desk().await;
    let calls = (0..6).map(|_| desk.ticket("4322"));
    futures::future::join_all(calls).await;
    desk.ids(&TicketQuery::default()).await;
    assert_eq!(desk.asked("GET", "zoneInformation"), 1);
}

/// A second server stands in for a stranger's: nothing may arrive there.
#[tokio::test]
async fn a_zone_elsewhere_is_never_followed() {
    let stranger = autotask::start().await.expect("a free port");
    for url in [
        stranger.url.replace("127.0.0.1", "localhost"),
        stranger.url.clone(),
        "https://webservices6.autotask.net".to_owned(),
        "http://evil.example".to_owned(),
    ] {
        let desk = desk().await;
        desk.state().quirks(|it| it.zone_url = Some(format!("{url}/atservicesrest/")));
        let error = desk.desk().ticket(&acme(), &tid("4322")).await.expect_err("elsewhere");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{url}");
        assert!(error.message().contains("zone_hosts"));
        assert_eq!(desk.state().log.all().len(), 1, "only the lookup was sent");
    }
    assert_eq!(stranger.state.log.all().len(), 0);
}

#[tokio::test]
async fn after_a_401_the_zone_is_read_again_and_an_unchanged_one_is_not_tried_again() {
    let desk = desk().await;
    desk.ticket("4322").await;
    let before = desk.asked("GET", "Tickets/4322");
    desk.state().quirks(|it| it.moved = true);
    let error = desk.desk().ticket(&acme(), &tid("4322")).await.expect_err("locked out");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(desk.asked("GET", "zoneInformation"), 2);
    // Twice is the handle's: it renews a credential once. A lock of the account is near after more.
    assert_eq!(desk.asked("GET", "Tickets/4322"), before + 2);
}

#[tokio::test]
async fn a_database_that_moved_is_found_again() {
    let desk = desk_with(|it| it.zone_hosts.push("localhost".into())).await;
    desk.ticket("4322").await;
    let moved = desk.vendor.url.replace("127.0.0.1", "localhost");
    desk.state().quirks(|it| {
        it.moved = true;
        it.zone_url = Some(format!("{moved}/atservicesrest/"));
    });
    assert_eq!(desk.ticket("4322").await.id, tid("4322"));
    desk.ticket("4321").await;
    assert_eq!(desk.asked("GET", "zoneInformation"), 2);
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_fetched() {
    let stranger = autotask::start().await.expect("a free port");
    let own = desk().await.vendor.url.clone();
    for next in [
        format!("{}/atservicesrest/v1.0/Tickets/query/next?paging=%7B%7D", stranger.url),
        format!("{own}/atservicesrest/v1.0/Resources/query/next?paging=%7B%7D"),
        "https://evil.example/atservicesrest/v1.0/Tickets/query/next?paging=1".to_owned(),
        "nonsense".to_owned(),
    ] {
        let desk = desk().await;
        desk.state().quirks(|it| {
            it.page_size = 2;
            it.next_page = Some(next.clone());
        });
        let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("elsewhere");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{next}");
        assert_eq!(desk.asked("POST", "Tickets/query"), 1);
    }
    assert_eq!(stranger.state.log.all().len(), 0);
}

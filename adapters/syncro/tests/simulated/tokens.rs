//! Getting in.

use crate::setup::*;
use postern_api::*;
use postern_simulators::syncro::{PER_MINUTE, TOKEN};
use std::time::Duration;

#[tokio::test]
async fn the_token_is_a_bearer_in_a_header_and_never_in_an_address() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("works");
    for request in desk.state().log.all() {
        let sent = request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone());
        assert_eq!(sent, Some(format!("Bearer {TOKEN}")));
        assert!(!request.query.contains(TOKEN) && !request.path.contains(TOKEN));
    }
    assert!(!format!("{:?}", desk.adapter).contains(TOKEN));
}

#[tokio::test]
async fn a_wrong_token_is_unauthenticated_and_a_missing_permission_is_not() {
    let wrong = desk_with(|it| it.token = "nope".to_owned().into()).await;
    let error = wrong.adapter.probe(&acme()).await.expect_err("a wrong token");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    for odd in ["", "a b", "a\r\nx: y", "é"] {
        let wrong = desk_with(|it| it.token = odd.to_owned().into()).await;
        assert_eq!(wrong.adapter.probe(&acme()).await.expect_err("no token").kind(), ErrorKind::Unauthenticated);
        assert_eq!(wrong.state().log.all().len(), 0, "{odd:?} is not sent");
    }
    let desk = desk().await;
    desk.state().quirks(|it| it.permissions = Some(["Tickets - View Details"].into()));
    let error = desk.adapter.probe(&acme()).await.expect_err("no permission to list");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.message().contains("permission"), "{error}");
    clean(&error);
}

#[tokio::test]
async fn past_180_a_minute_the_vendor_refuses_and_we_say_so() {
    let desk = desk().await;
    desk.state().quirks(|it| it.per_minute = Some(2));
    desk.adapter.probe(&acme()).await.expect("two requests");
    let error = desk.adapter.probe(&acme()).await.expect_err("too many");
    assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, None));
    assert_eq!(postern_syncro::RATE, (180, Duration::from_secs(60)));
    assert_eq!(PER_MINUTE, 180);
}

#[test]
fn every_mistake_is_named_at_once_and_the_token_is_not_printed() {
    let mut config = config("http://127.0.0.1:1");
    assert_eq!(config.mistakes(), vec![]);
    assert!(!format!("{config:?}").contains(TOKEN));
    config.base_url = "http://desk.example/api/v1".into();
    config.closed_status = "Waiting for Parts".into();
    config.priorities.clear();
    config.escalation_targets.insert("2nd Line".into(), 0);
    config.internal_pages = vec![901];
    config.public_pages.push(0);
    config.private_field = Some(" ".into());
    config.max_rows = 0;
    config.unmarked_visibility = postern_api::Visibility::Staff;
    let paths: Vec<String> = config.mistakes().into_iter().map(|it| it.path).collect();
    assert_eq!(
        paths,
        [
            "base_url",
            "closed_status",
            "priorities",
            "escalation_targets.2nd Line",
            "internal_pages",
            "public_pages",
            "private_field",
            "unmarked_visibility",
            "max_rows"
        ]
    );
    let error = postern_syncro::connect(config, std::sync::Arc::new(NoHttp)).expect_err("mistakes");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[derive(Debug)]
struct NoHttp;

#[async_trait]
impl postern_api::http::Http for NoHttp {
    async fn send(&self, _: &CallCx, _: postern_api::http::Request) -> Result<postern_api::http::Response> {
        Err(Error::internal("nothing is sent here"))
    }
}

#[test]
fn an_unknown_setting_is_refused_and_so_is_a_token_in_the_table() {
    let table = "base_url = 'https://x.syncromsp.com/api/v1'\n";
    assert!(toml::from_str::<postern_syncro::Config>(table).is_ok());
    assert!(toml::from_str::<postern_syncro::Config>(&format!("{table}token = 'a'")).is_err());
    assert!(toml::from_str::<postern_syncro::Config>(&format!("{table}colour = 'a'")).is_err());
}

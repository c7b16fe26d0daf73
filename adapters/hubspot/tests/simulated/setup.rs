//! Settings, limits, and how the account is asked.

use super::{Bench, acme, config, external, kind};
use postern_api::ErrorKind;
use postern_hubspot::Config;
use postern_simulators::hubspot;
use std::time::Duration;

#[tokio::test]
async fn a_probe_says_what_is_wrong() {
    let bench = Bench::start().await;
    bench.adapter.probe(&acme()).await.expect("all is well");
    bench.hubspot.state.quirks(|it| it.scopes = Some(["crm.objects.companies.read"].into()));
    assert_eq!(kind(bench.adapter.probe(&acme()).await), Some(ErrorKind::Forbidden));
    let bad = Bench::with(|config| config.token = "pat-other".to_owned().into()).await;
    assert_eq!(kind(bad.adapter.probe(&acme()).await), Some(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn which_limit_it_was_says_when_to_come_back() {
    let bench = Bench::start().await;
    for (policy, seconds) in [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10), ("DAILY", 3_600)] {
        bench.hubspot.state.quirks(|it| it.rate_limit = Some(policy));
        let error = bench.crm().organisation(&acme(), &external(hubspot::ACME)).await.expect_err("too many");
        assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, Some(Duration::from_secs(seconds))));
        assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
    }
}

#[tokio::test]
async fn the_token_stands_in_its_header_alone() {
    let bench = Bench::start().await;
    bench.names().await;
    for it in bench.hubspot.state.log.all() {
        assert!(!format!("{}{}{}", it.path, it.query, it.body).contains(hubspot::TOKEN), "{it:?}");
    }
    assert!(!format!("{:?}", bench.adapter).contains(hubspot::TOKEN));
}

#[test]
fn every_mistake_in_the_settings_is_named() {
    let good = config("http://127.0.0.1:1");
    assert_eq!(good.mistakes(), []);
    let wrong = |change: fn(&mut Config)| {
        let mut config = good.clone();
        change(&mut config);
        config.mistakes().into_iter().map(|it| it.path).collect::<Vec<_>>()
    };
    assert_eq!(wrong(|it| it.base_url = "http://api.hubapi.com".into()), ["base_url"]);
    assert_eq!(wrong(|it| it.base_url = "https://api.hubapi.com/crm".into()), ["base_url"]);
    assert_eq!(wrong(|it| it.account = 0), ["account"]);
    assert_eq!(wrong(|it| it.reference_property = Some("Our Reference".into())), ["reference_property"]);
    assert_eq!(wrong(|it| it.organisation_fields.sla_tier = Some("a,b".into())), ["organisation_fields"]);
    assert_eq!(wrong(|it| it.max_rows = 0), ["max_rows"]);
    assert!(toml::from_str::<Config>("account = 1\ntoken = \"pat\"").is_err(), "a token never stands in the file");
    assert!(toml::from_str::<Config>("account = 1").is_ok());
}

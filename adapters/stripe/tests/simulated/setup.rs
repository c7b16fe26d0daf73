//! Settings, and how the account is asked.

use super::{Bench, acme, config};
use postern_api::{Error, ErrorKind};
use postern_simulators::stripe;
use postern_stripe::Config;

#[tokio::test]
async fn a_probe_says_what_is_wrong() {
    let bench = Bench::start().await;
    bench.adapter.probe(&acme()).await.expect("all is well");
    let bad = Bench::with(|config| config.key = "rk_test_other".to_owned().into()).await;
    assert_eq!(bad.adapter.probe(&acme()).await.err().map(|it: Error| it.kind()), Some(ErrorKind::Unauthenticated));
    let bad = Bench::with(|config| config.base_url = config.base_url.replace("/v1", "/other/v1")).await;
    assert_eq!(bad.adapter.probe(&acme()).await.err().map(|it: Error| it.kind()), Some(ErrorKind::Unavailable));
}

#[tokio::test]
async fn every_request_names_the_version_and_shows_no_key_but_in_its_header() {
    let bench = Bench::start().await;
    bench.invoices(&acme()).await;
    let asked = bench.stripe.state.log.all();
    assert!(!asked.is_empty());
    for it in asked {
        let named = it.headers.iter().any(|(name, value)| name == "stripe-version" && value == postern_stripe::VERSION);
        assert!(named && !format!("{}{}{}", it.path, it.query, it.body).contains(stripe::KEY), "{it:?}");
    }
    assert!(!format!("{:?}", bench.adapter).contains(stripe::KEY));
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
    assert_eq!(wrong(|it| it.base_url = "http://api.stripe.com/v1".into()), ["base_url"]);
    assert_eq!(wrong(|it| it.account = "msp".into()), ["account"]);
    assert_eq!(wrong(|it| it.max_rows = 0), ["max_rows"]);
    // A key of the other kind, or none at all: test data is never taken for live data, nor the reverse.
    assert_eq!(wrong(|it| it.live = true), ["key"]);
    assert_eq!(wrong(|it| it.key = "rk_live_1".to_owned().into()), ["key"]);
    assert_eq!(wrong(|it| it.key = "pk_test_1".to_owned().into()), ["key"]);
    let text = "account = \"acct_1\"\nlive = true\nkey = \"rk_live_1\"";
    assert!(toml::from_str::<Config>(text).is_err(), "a key never stands in the file");
    assert!(toml::from_str::<Config>("account = \"acct_1\"\nlive = true").is_ok());
}

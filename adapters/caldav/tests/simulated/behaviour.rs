//! The kit, and what a probe says.

use crate::rig::Rig;
use jiff::{SignedDuration, Timestamp};
use postern_api::http::SecretString;
use postern_api::*;
use postern_caldav::Config;
use postern_kit::{run, run_failures};
use postern_simulators::Running;
use postern_simulators::caldav::{self, BASE, PASSWORD, State, USERNAME};

pub(crate) fn config(url: &str) -> Config {
    Config::new(format!("{url}{BASE}"), USERNAME, SecretString::from(PASSWORD))
}

pub(crate) async fn rig() -> (Running<State>, Rig) {
    let server = caldav::start().await.expect("a free port");
    let rig = Rig::new(config(&server.url)).await;
    (server, rig)
}

#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (_server, rig) = rig().await;
    let report = run(&rig.fixture()).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let (_server, rig) = rig().await;
    let report = run_failures(&rig.fixture(), &|trouble| rig.misbehave(trouble)).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 11);
}

#[tokio::test]
async fn a_recurring_event_is_expanded_within_the_window() {
    let (server, rig) = rig().await;
    let calls = |rows: &[Booking]| rows.iter().filter(|it| it.title.expose() == "Call").count();
    let all = rig.list(&Rig::query()).await;
    assert_eq!(calls(&all), 4);
    let ids: std::collections::BTreeSet<_> = all.iter().map(|it| &it.id).collect();
    assert_eq!(ids.len(), all.len());
    let until = Some(Timestamp::now() + SignedDuration::from_hours(24 * 16));
    assert_eq!(calls(&rig.list(&BookingQuery { until, ..Rig::query() }).await), 2);
    // However far a query looks, the report has an end.
    let far = Some(Timestamp::now() + SignedDuration::from_hours(24 * 40_000));
    rig.list(&BookingQuery { until: far, ..Rig::query() }).await;
    let asked = server.state.log.all().pop().expect("a report");
    let (_, end) = asked.body.split_once("end=\"").expect("an end");
    let year: i16 = end.chars().take(4).collect::<String>().parse().expect("a year");
    assert!(year <= Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year() + 2, "{year}");
}

#[tokio::test]
async fn a_probe_says_what_is_wrong() {
    let (server, rig) = rig().await;
    rig.adapter.probe(&Rig::cx()).await.expect("all is well");
    let kind = async |config: Config| Rig::new(config).await.adapter.probe(&Rig::cx()).await.expect_err("wrong").kind();
    let wrong = Config { base_url: format!("{}/elsewhere", server.url), ..config(&server.url) };
    assert_eq!(kind(wrong).await, ErrorKind::Unavailable);
    assert_eq!(kind(config(&server.url).with_secret(SecretString::from("wrong"))).await, ErrorKind::Unauthenticated);
    // A WebDAV server is no calendar server.
    let files = postern_simulators::webdav::start().await.expect("a free port");
    assert_eq!(kind(config(&files.url)).await, ErrorKind::Unavailable);
}

/// An event that names its dates comes whole, with those on which nobody asked.
#[tokio::test]
async fn of_an_event_that_names_its_dates_only_those_within_the_window_are_bookings() {
    let (server, rig) = rig().await;
    let at =
        |days: i64| (Timestamp::now() + SignedDuration::from_hours(24 * days)).strftime("%Y%m%dT%H%M%SZ").to_string();
    let dates = [at(5), at(20_000)].join(",");
    server.state.event(
        "acme",
        "named",
        &format!("DTSTART:{}\r\nDURATION:PT1H\r\nRDATE:{dates}\r\nSUMMARY:Named", at(3)),
    );
    let all = rig.list(&Rig::query()).await;
    assert_eq!(all.iter().filter(|it| it.title.expose() == "Named").count(), 2, "in three and in five days");
}

//! The adapter against a real Radicale, as `tests/wide/caldav/run.sh` starts and fills it.
//!
//! `POSTERN_CALDAV_URL=http://127.0.0.1:PORT cargo test -p postern-caldav --test real`. Without the variable it says that it
//! was skipped.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

#[path = "rig.rs"]
mod rig;

use futures::FutureExt;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use postern_api::http::SecretString;
use postern_api::*;
use postern_caldav::Config;
use postern_kit::{run, run_failures};
use rig::{Rig, external};
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

async fn a_probe_succeeds_and_tells_a_wrong_password(rig: &Rig, config: &Config) {
    rig.adapter.probe(&Rig::cx()).await.expect("all is well");
    let wrong = Rig::new(config.clone().with_secret(SecretString::from("wrong"))).await;
    assert_eq!(wrong.adapter.probe(&Rig::cx()).await.expect_err("wrong").kind(), ErrorKind::Unauthenticated);
}

async fn what_recurs_is_expanded_and_what_is_private_is_busy(rig: &Rig, _: &Config) {
    let all = rig.list(&Rig::query()).await;
    let mut titles: Vec<_> = all.iter().map(|it| it.title.expose().to_owned()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Busy", "Call", "Call", "Call", "Call", "Review at acme"]);
    assert_eq!(all.iter().map(|it| &it.id).collect::<BTreeSet<_>>().len(), all.len());
    let calls: Vec<_> = all.iter().filter(|it| it.title.expose() == "Call").collect();
    assert!(
        calls.iter().zip(calls.iter().skip(1)).all(|(a, b)| b.starts_at.duration_since(a.starts_at).as_hours() == 168)
    );
    assert!(calls.iter().all(|it| it.ends_at.is_some_and(|end| end.duration_since(it.starts_at).as_hours() == 1)));
    // A window's end bounds what recurs.
    let until = calls.get(2).map(|it| it.starts_at);
    let some = rig.list(&BookingQuery { until, ..Rig::query() }).await;
    assert_eq!(some.iter().filter(|it| it.title.expose() == "Call").count(), 2);
}

/// In the week in which clocks in Berlin change: by the clock on the wall, without what was taken out, with what was moved.
async fn exceptions_zones_whole_days_and_named_dates_are_as_they_were_written(rig: &Rig, _: &Config) {
    let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
    let sundays = [date(2027, 3, 28), date(2028, 3, 26), date(2029, 3, 25)];
    let week = |sunday: Date| {
        let from = (sunday - Span::new().days(8)).to_zoned(berlin.clone()).expect("a day").timestamp();
        (from, (sunday + Span::new().days(22)).to_zoned(berlin.clone()).expect("a day").timestamp())
    };
    let next = sundays.into_iter().find(|it| week(*it).0 > Timestamp::now()).expect("the seed has to name later years");
    let (since, until) = week(next);
    let organisation = external("initech");
    let cx = CallCx { reach: Reach::Organisations(vec![organisation.clone()]), ..Rig::cx() };
    let query = BookingQuery { organisation: Some(organisation), since: Some(since), until: Some(until), limit: 200 };
    let rows = rig.port().bookings(&cx, &query).await.expect("bookings");
    let msp = || TenantId::new("msp").expect("an id");
    let initech = OrganisationId::new("initech").expect("an id");
    let map = OrganisationMap::new([(initech.clone(), external("initech"))]);
    let scope = Scope::organisation(msp(), initech);
    let rows: Vec<Booking> = rows.into_iter().map(|it| scope.admit(&map, it).expect("initech's").record).collect();
    let told = |title: &str| -> Vec<String> {
        let of = rows.iter().filter(|it| it.title.expose().starts_with(title));
        of.map(|it| {
            let start = it.starts_at.to_zoned(berlin.clone());
            let minutes = it.ends_at.expect("an end").duration_since(it.starts_at).as_mins();
            let days = next.until(start.date()).expect("days").get_days();
            let off = if it.status == BookingStatus::Cancelled { " off" } else { "" };
            format!("{days} {} {minutes}{off}", start.strftime("%H:%M"))
        })
        .collect()
    };
    assert_eq!(told("Zone"), ["-5 09:00 60", "2 09:00 60", "16 09:00 60"]);
    assert_eq!(told("Moved"), ["-5 14:00 60", "3 16:00 60", "9 14:00 60 off", "16 14:00 60"]);
    assert_eq!(told("Day"), ["-7 00:00 1440", "0 00:00 1380", "14 00:00 1440"]);
    assert_eq!(told("Dates"), ["-4 17:00 15", "4 18:00 15"]);
    assert_eq!(rows.iter().map(|it| &it.id).collect::<BTreeSet<_>>().len(), rows.len());
}

async fn every_calendar_is_read_for_who_reaches_all(rig: &Rig, _: &Config) {
    let cx = CallCx { reach: Reach::Tenant, ..Rig::cx() };
    let rows = rig.port().bookings(&cx, &BookingQuery { organisation: None, ..Rig::query() }).await.expect("bookings");
    let scope = Scope::whole_tenant(TenantId::new("msp").expect("an id"));
    let map = rig::map();
    // What Initech has depends on the day, and it is none of those that the map knows.
    assert_eq!(rows.into_iter().filter_map(|it| scope.admit(&map, it).ok()).count(), 12);
}

async fn the_adapter_passes_the_kit(rig: &Rig, _: &Config) {
    let report = run(&rig.fixture()).await;
    println!("{report}");
    assert!(report.passed());
}

async fn the_adapter_passes_the_kit_in_trouble(rig: &Rig, _: &Config) {
    let report = run_failures(&rig.fixture(), &|trouble| rig.misbehave(trouble)).await;
    println!("{report}");
    assert!(report.passed());
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a test asks where the program runs; there is no configuration file")]
    let Ok(url) = std::env::var("POSTERN_CALDAV_URL") else {
        println!("SKIPPED: Radicale not started (set POSTERN_CALDAV_URL)");
        return ExitCode::SUCCESS;
    };
    let mut config = Config::new(format!("{url}/svc-postern"), "svc-postern", SecretString::from("svc-pass-1"));
    config.timezone = "Europe/Berlin".into();
    let rig = Rig::new(config.clone()).await;
    let mut failed = 0;
    macro_rules! run {
        ($($test:ident),* $(,)?) => {
            $(
                let outcome = AssertUnwindSafe($test(&rig, &config)).catch_unwind().await;
                println!("{} {}", if outcome.is_ok() { "ok    " } else { "FAILED" }, stringify!($test));
                failed += u32::from(outcome.is_err());
            )*
        };
    }
    run!(
        a_probe_succeeds_and_tells_a_wrong_password,
        what_recurs_is_expanded_and_what_is_private_is_busy,
        exceptions_zones_whole_days_and_named_dates_are_as_they_were_written,
        every_calendar_is_read_for_who_reaches_all,
        the_adapter_passes_the_kit,
        the_adapter_passes_the_kit_in_trouble,
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

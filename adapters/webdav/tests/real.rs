//! The adapter against a real WsgiDAV, as `tests/wide/webdav/run.sh` starts and fills it.
//!
//! `POSTERN_WEBDAV_URL=http://127.0.0.1:PORT cargo test -p postern-webdav --test real`. Without the variable it says that it
//! was skipped.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, also in its helpers")]

#[path = "rig.rs"]
mod rig;

use futures::FutureExt;
use postern_api::http::SecretString;
use postern_api::*;
use postern_kit::{run, run_failures};
use postern_webdav::{Config, Metadata};
use rig::Rig;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

fn config(url: &str, metadata: Metadata) -> Config {
    let share = if metadata == Metadata::Properties { "properties" } else { "sidecars" };
    let config = Config::new(format!("{url}/{share}"), "svc-postern", SecretString::from("svc-pass-1"));
    Config { metadata, ..config }
}

async fn a_probe_succeeds_and_tells_a_wrong_password(rig: &Rig, config: &Config) {
    rig.adapter.probe(&Rig::cx()).await.expect("all is well");
    let wrong = Rig::new(config.clone().with_secret(SecretString::from("wrong"))).await;
    assert_eq!(wrong.adapter.probe(&Rig::cx()).await.expect_err("wrong").kind(), ErrorKind::Unauthenticated);
}

async fn a_document_with_an_odd_name_is_published(rig: &Rig, _: &Config) {
    let odd = rig.publish("Übergabe & Plan #1.pdf").await;
    assert!(odd.latest().is_some_and(|it| it.publication.is_some()));
}

async fn two_who_publish_the_same_at_once_publish_it_once(rig: &Rig, _: &Config) {
    let new = Rig::publication(&rig.named("Two at once.pdf").await);
    let (first, second) = (Rig::with("gw:1"), Rig::with("gw:2"));
    let (a, b) = tokio::join!(rig.port().publish(&first, &new), rig.port().publish(&second, &new));
    let errors: Vec<_> = [a, b].into_iter().filter_map(Result::err).map(|it| it.kind()).collect();
    assert_eq!(errors, [ErrorKind::Conflict]);
    let again = rig.port().publish(&first, &new).await;
    let seen = rig.port().publish(&second, &new).await;
    assert!(again.is_ok() != seen.is_ok(), "the one that was made is found again");
}

async fn the_adapter_passes_the_kit(rig: &Rig, _: &Config) {
    rig.publish("Service contract.pdf").await;
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
    let Ok(url) = std::env::var("POSTERN_WEBDAV_URL") else {
        println!("SKIPPED: WsgiDAV not started (set POSTERN_WEBDAV_URL)");
        return ExitCode::SUCCESS;
    };
    let mut failed = 0;
    for metadata in [Metadata::Properties, Metadata::Sidecar] {
        let config = config(&url, metadata);
        let rig = Rig::new(config.clone()).await;
        macro_rules! run {
            ($($test:ident),* $(,)?) => {
                $(
                    let outcome = AssertUnwindSafe($test(&rig, &config)).catch_unwind().await;
                    println!("{} {metadata:?} {}", if outcome.is_ok() { "ok    " } else { "FAILED" }, stringify!($test));
                    failed += u32::from(outcome.is_err());
                )*
            };
        }
        run!(
            a_probe_succeeds_and_tells_a_wrong_password,
            the_adapter_passes_the_kit,
            the_adapter_passes_the_kit_in_trouble,
            a_document_with_an_odd_name_is_published,
            two_who_publish_the_same_at_once_publish_it_once,
        );
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

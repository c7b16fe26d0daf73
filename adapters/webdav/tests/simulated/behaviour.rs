//! The kit, with properties and with side-cars.

use crate::rig::Rig;
use postern_api::http::SecretString;
use postern_api::*;
use postern_kit::{Trial, all, run, run_failures, trials};
use postern_simulators::Running;
use postern_simulators::webdav::{self, BASE, PASSWORD, State, USERNAME};
use postern_webdav::{Config, Metadata, SIDECAR};

pub(crate) fn config(url: &str) -> Config {
    Config::new(format!("{url}{BASE}"), USERNAME, SecretString::from(PASSWORD))
}

pub(crate) async fn with_properties() -> (Running<State>, Rig) {
    let server = webdav::start().await.expect("a free port");
    let rig = Rig::new(config(&server.url)).await;
    (server, rig)
}

pub(crate) async fn with_sidecars() -> (Running<State>, Rig) {
    let server = webdav::start().await.expect("a free port");
    webdav::mark_in_sidecars(&server.state, SIDECAR);
    server.state.quirks(|it| {
        it.no_locks = true;
        it.refuse_properties = true;
    });
    let rig = Rig::new(Config { metadata: Metadata::Sidecar, ..config(&server.url) }).await;
    (server, rig)
}

#[tokio::test]
async fn the_adapter_passes_the_kit_with_properties() {
    let (_server, rig) = with_properties().await;
    rig.publish("Service contract.pdf").await;
    let report = run(&rig.fixture()).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn the_adapter_passes_the_kit_with_sidecars() {
    let (_server, rig) = with_sidecars().await;
    rig.publish("Service contract.pdf").await;
    let report = run(&rig.fixture()).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    for (_server, rig) in [with_properties().await, with_sidecars().await] {
        let report = run_failures(&rig.fixture(), &|trouble| rig.misbehave(trouble)).await;
        assert!(report.passed(), "{report}");
        assert_eq!(report.outcomes().len(), 20);
    }
}

/// Nothing is left out but what the ports that it does not have leave out.
#[tokio::test]
async fn the_adapter_is_held_to_every_trial_of_documents() {
    let (_server, rig) = with_properties().await;
    let fixture = rig.fixture();
    let supports = fixture.adapter.supports();
    let meant = all().into_iter().filter(|it| it.needs().iter().all(|op| supports.contains(op))).count();
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    assert_eq!(held.len(), meant);
    assert!(held.contains(&"a version is published once and taken back"));
}

#[tokio::test]
async fn a_probe_says_what_is_wrong() {
    let (server, rig) = with_properties().await;
    rig.adapter.probe(&Rig::cx()).await.expect("all is well");
    let kind = async |config: Config| Rig::new(config).await.adapter.probe(&Rig::cx()).await.expect_err("wrong").kind();
    let wrong = Config { base_url: format!("{}/elsewhere", server.url), ..config(&server.url) };
    assert_eq!(kind(wrong).await, ErrorKind::Unavailable);
    let wrong = config(&server.url).with_secret(SecretString::from("wrong"));
    assert_eq!(kind(wrong).await, ErrorKind::Unauthenticated);
    server.state.quirks(|it| it.no_locks = true);
    assert_eq!(kind(config(&server.url)).await, ErrorKind::InvalidArgument);
    let sidecar = Config { metadata: Metadata::Sidecar, ..config(&server.url) };
    Rig::new(sidecar).await.adapter.probe(&Rig::cx()).await.expect("a side-car needs no locks");
}

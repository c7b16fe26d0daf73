//! The kit, before a real Keycloak as tests/wide/keycloak/run.sh sets it up.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

mod setup;

use postern_api::{CallCx, Reach};
use postern_keycloak::{Config, Organisations};
use postern_kit::run;
use setup::{adapter, fixture_of, roles, side};
use std::process::ExitCode;
use std::time::Duration;

#[expect(clippy::disallowed_methods, reason = "a test asks where the program runs; there is no configuration file")]
fn said(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn ids(name: &str) -> [String; 3] {
    let said = said(name).expect("an organisation, its lead and another contact");
    let words: Vec<String> = said.split(' ').map(str::to_owned).collect();
    words.try_into().expect("three ids")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(url) = said("POSTERN_TEST_KEYCLOAK") else {
        println!("SKIPPED: keycloak not started (set POSTERN_TEST_KEYCLOAK)");
        return ExitCode::SUCCESS;
    };
    let secret = said("KEYCLOAK_DIRECTORY_SECRET").expect("the clients' secret");
    let mut failed = false;
    for (organisations, client, names) in [
        (Organisations::Attribute, "postern-directory", ["KEYCLOAK_ACME", "KEYCLOAK_GLOBEX"]),
        (Organisations::Organizations, "postern-organisations", ["KEYCLOAK_ORG_ACME", "KEYCLOAK_ORG_GLOBEX"]),
    ] {
        let config = Config::new(&url, "customers", client, secret.clone());
        let adapter = adapter(Config { organisations, access_roles: roles().into(), page_size: 3, ..config });
        let probe = adapter.probe(&CallCx::new(Reach::Tenant, Duration::from_secs(20))).await;
        probe.expect("address, credentials and roles are right");
        let [own, foreign] = names.map(ids);
        let of = |name: &str, [id, lead, member]: &[String; 3]| side(name, id, (lead, member));
        let report = run(&fixture_of(adapter, of("acme", &own), of("globex", &foreign))).await;
        println!("{organisations:?}\n{report}");
        failed |= !report.passed();
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

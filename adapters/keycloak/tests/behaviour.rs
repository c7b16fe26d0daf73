//! The kit, against the simulator, in both ways of saying whose a user is.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

mod setup;

use postern_keycloak::{Config, Organisations};
use postern_kit::*;
use postern_simulators::Running;
use postern_simulators::keycloak::{self, BOB, GLOBEX_LEAD, GLOBEX_USER, LEAD, ORG_ACME, ORG_GLOBEX, State, Trip};
use setup::{adapter, fixture_of, roles, side};

fn config(url: &str, organisations: Organisations) -> Config {
    let secret = keycloak::CLIENT_SECRET.to_owned();
    let config = Config::new(url, keycloak::REALM, keycloak::CLIENT_ID, secret);
    Config { organisations, access_roles: roles().into(), page_size: 3, ..config }
}

async fn simulated(organisations: Organisations) -> (Running<State>, Fixture) {
    let running = keycloak::start().await.expect("a free port");
    let ids = match organisations {
        Organisations::Attribute => ["acme", "globex"],
        Organisations::Organizations => [ORG_ACME, ORG_GLOBEX],
    };
    let adapter = adapter(config(&running.url, organisations));
    let (own, foreign) = (side("acme", ids[0], (LEAD, BOB)), side("globex", ids[1], (GLOBEX_LEAD, GLOBEX_USER)));
    (running, fixture_of(adapter, own, foreign))
}

#[tokio::test]
async fn the_adapter_passes_the_kit_where_an_attribute_says_whose_a_user_is() {
    let (_keycloak, fixture) = simulated(Organisations::Attribute).await;
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn the_adapter_passes_the_kit_where_membership_says_whose_a_user_is() {
    let (_keycloak, fixture) = simulated(Organisations::Organizations).await;
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
}

/// What is left out is what the kit has for words in invitations, and nothing more.
#[tokio::test]
async fn the_adapter_is_held_to_every_trial_of_its_port() {
    let (_keycloak, fixture) = simulated(Organisations::Attribute).await;
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    let supports = fixture.adapter.supports();
    let missing: Vec<&str> = all()
        .iter()
        .filter(|it| it.needs().iter().all(|op| supports.contains(op)) && !held.contains(&it.name()))
        .map(Trial::name)
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(held.len() >= 20, "{held:?}");
}

/// The answer that stands for a trouble, with the canary in every body that there is.
fn trip(trouble: Trouble) -> Trip {
    let json = |status: u16, body: &str| Trip {
        method: if trouble.side == FaultSide::Reads { "GET".into() } else { String::new() },
        status,
        body: body.replace('@', FAULT_CANARY),
        ..Trip::default()
    };
    match trouble.fault {
        Fault::Unauthenticated => json(401, r#"{"error":"@"}"#),
        Fault::Forbidden => json(403, r#"{"error":"@"}"#),
        Fault::NotFound => json(404, r#"{"error":"@"}"#),
        Fault::RateLimited => Trip { retry_after: Some(7), ..json(429, r#"{"error":"@"}"#) },
        Fault::ServerError => json(500, r#"{"error":"unknown_error","error_description":"@"}"#),
        Fault::Slow => Trip { silent: true, ..json(200, "@") },
        Fault::Cut => json(200, r#"[{"id":"@"#),
        Fault::Html => Trip { content_type: "text/html".into(), ..json(200, "<!DOCTYPE html><html>@</html>") },
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let (keycloak, fixture) = simulated(Organisations::Attribute).await;
    let misbehave = |trouble: Option<Trouble>| {
        keycloak.state.quirks(|it| it.trips = trouble.map(trip).into_iter().collect());
    };
    let report = run_failures(&fixture, &misbehave).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
}

//! The adapter against the simulator: whose a user is, what is never told, and writes that go wrong on the way.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking, also in its helpers")]

mod inviting;
mod lead;
mod reading;
mod resetting;
mod simulator;
mod traces;
mod trust;

use postern_api::http::Http;
use postern_api::*;
use postern_keycloak::{AccessRoleConfig, Config};
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::keycloak::{self, State, Trip};
use std::sync::Arc;
use std::time::Duration;

/// A simulator and an adapter before it.
struct Rig {
    keycloak: Running<State>,
    adapter: Arc<dyn Adapter>,
}

fn role(rights: &[Right]) -> AccessRoleConfig {
    AccessRoleConfig { rights: rights.iter().copied().collect(), ..AccessRoleConfig::default() }
}

fn config(url: &str) -> Config {
    let mut config = Config::new(url, keycloak::REALM, keycloak::CLIENT_ID, keycloak::CLIENT_SECRET.to_owned());
    config.access_roles = [
        ("viewer".to_owned(), role(&[Right::Documents])),
        ("member".to_owned(), role(&[Right::Documents, Right::Orders])),
        ("manager".to_owned(), role(&[Right::UserManagement])),
        ("everything".to_owned(), role(&[Right::Documents])),
        ("msp-operator".to_owned(), AccessRoleConfig { internal: true, ..role(&[]) }),
    ]
    .into();
    config
}

impl Rig {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let keycloak = keycloak::start().await.expect("a free port");
        let mut config = config(&keycloak.url);
        change(&mut config);
        let http = PlainHttp::new(&config.base_url, Some(postern_keycloak::authenticator(&config))).expect("a client");
        let adapter = postern_keycloak::connect(config, http as Arc<dyn Http>).expect("a good configuration");
        Self { keycloak, adapter }
    }

    fn identity(&self) -> &dyn Identity {
        self.adapter.identity().expect("a directory")
    }

    fn trip(&self, method: &str, path: &str, trip: Trip) {
        self.keycloak.state.trip(Trip { method: method.into(), path: path.into(), ..trip });
    }

    /// Requests that changed something, in short.
    fn writes(&self) -> Vec<String> {
        let all = self.keycloak.state.log.all().into_iter();
        let writes = all.filter(|it| it.method != "GET" && it.path.starts_with("/admin"));
        writes.map(|it| format!("{} {}", it.method, it.path.rsplit("customers/").next().unwrap_or_default())).collect()
    }

    async fn users(&self) -> Vec<PortalUser> {
        let rows = self.identity().portal_users(&cx(), &acme()).await.expect("users");
        rows.into_iter().map(open).collect()
    }

    async fn user(&self, id: &str) -> PortalUser {
        self.users().await.into_iter().find(|it| it.id.as_str() == id).expect("a user")
    }
}

fn acme() -> ExternalId {
    ExternalId::new("acme").expect("an id")
}

fn contact(id: &str) -> ContactId {
    ContactId::new(id).expect("an id")
}

fn cx() -> CallCx {
    CallCx::new(Reach::Organisations(vec![acme()]), Duration::from_secs(10))
}

fn referring(reference: &str) -> CallCx {
    CallCx { reference: Some(reference.into()), ..cx() }
}

/// Opens a row as the gateway does for Acme.
fn open<T>(row: Owned<T>) -> T {
    admit(row).expect("a row of Acme's")
}

fn admit<T>(row: Owned<T>) -> std::result::Result<T, Owner> {
    let id = OrganisationId::new("acme").expect("an id");
    let map = OrganisationMap::new([(id.clone(), acme())]);
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), id);
    scope.admit(&map, row).map(|it| it.record)
}

/// An answer with this status in the place of a write's; what was asked for is done with `commit`.
fn failing(status: u16, commit: bool) -> Trip {
    Trip { status, commit, times: 1, body: r#"{"error":"unknown_error"}"#.into(), ..Trip::default() }
}

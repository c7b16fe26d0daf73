//! The whole gateway in this process: two tenants on the embedded backend, real tokens, real HTTP, the audit read back.
//!
//! The second tenant has organisations, people and ticket numbers of the same names as the first; only issuers, keys and
//! connections keep the two apart.

use crate::console::{Clients, pages};
use crate::logs;
use crate::mcp::wire::{User, within};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::{Json, Router, routing::get};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonschema::Validator;
use postern::adapters::Registry;
use postern::app::{App, Instead};
use postern::audit::Journal;
use postern::audit::export::{self, Line};
use postern::authority::Authority;
use postern::authority::identity::BrowserSessions;
use postern::call::gate::Gate;
use postern::config::Config;
use postern::demo::Demo;
use postern::store::Store;
use postern::tools::catalogue;
use postern_api::TenantId;
use postern_embedded::demo::{ACCOUNTS, seed};
use postern_policies::Engine;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const TENANT: &str = "msp-example";
pub(crate) const OTHER_TENANT: &str = "msp-other";

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) origin: String,
    pub(crate) gate: Gate,
    pub(crate) store: Arc<Store>,
    /// The audit log.
    pub(crate) journal: Arc<Journal>,
    /// Who may do what.
    pub(crate) engine: Arc<Engine>,
    /// What the web pages take for connected.
    pub(crate) clients: Arc<Clients>,
    pub(crate) authority: Option<Arc<Authority>>,
    dir: TempDir,
    demo: Demo,
    http: reqwest::Client,
    stop: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A gateway whose configuration was changed before it was built.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::building(Router::new(), change, |_| Instead::default()).await
    }

    /// The same with further public routes, for example other realms' keys.
    pub(crate) async fn serving(routes: Router, change: impl FnOnce(&mut Config)) -> Self {
        Self::building(routes, change, |_| Instead::default()).await
    }

    /// A gateway with somebody who knows who is signed in to its web pages.
    pub(crate) async fn given(
        change: impl FnOnce(&mut Config),
        sessions: impl FnOnce(&Demo) -> Option<Arc<dyn BrowserSessions>>,
    ) -> Self {
        Self::amid(change, |demo| Instead { sessions: sessions(demo), ..Instead::default() }).await
    }

    /// A gateway in a world that a test made.
    pub(crate) async fn amid(change: impl FnOnce(&mut Config), instead: impl FnOnce(&Demo) -> Instead) -> Self {
        Self::building(Router::new(), change, instead).await
    }

    async fn building(
        routes: Router,
        change: impl FnOnce(&mut Config),
        instead: impl FnOnce(&Demo) -> Instead,
    ) -> Self {
        logs::keep();
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let demo = Demo::at(listen, dir.path());
        let mut config = demo.prepare(any).unwrap();
        // The rates have tests of their own; here a test may ask as fast as it can.
        let rates = &mut config.edge.throttle;
        for rate in [&mut rates.caller_per_minute, &mut rates.caller_burst, &mut rates.tenant_per_minute] {
            *rate = 1_000_000;
        }
        (rates.tenant_burst, rates.stranger_per_minute, rates.stranger_burst) = (1_000_000, 1_000_000, 1_000_000);
        config.edge.sessions.per_caller = 1_000;
        config.server.drain_secs = 1;
        config.tenants.extend(other_tenant(&demo.origin, dir.path()).tenants);
        let other = TenantId::new(OTHER_TENANT).unwrap();
        seed(Registry::new(dir.path()).embedded().unwrap(), &other, Timestamp::now()).unwrap();
        // The authority and the pages have tests of their own, with others in the places of sign-in and clients.
        (config.authority.enabled, config.console.enabled) = (false, Some(false));
        change(&mut config);
        let routes = demo.routes().unwrap().merge(other_keys()).merge(routes);
        let clients = Arc::new(Clients::default());
        let (url, own_pages) = (demo.mcp_url(), config.has_console());
        let app = App::build_with(config, listen, instead(&demo), |parts| {
            if own_pages { routes } else { routes.merge(pages(parts, &url, &clients)) }
        });
        let app = app.unwrap();
        let authority = app.authority.clone();
        let (gate, store, engine, stop) = (app.gate.clone(), app.store.clone(), app.engine.clone(), app.stop());
        let journal = app.journal.clone();
        let serving = tokio::spawn(async move { app.serve(listener).await.unwrap() });
        let (origin, http) = (demo.origin.clone(), reqwest::Client::new());
        Self { origin, gate, store, journal, engine, clients, authority, dir, demo, http, stop, serving: Some(serving) }
    }

    pub(crate) fn data(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn mcp_url(&self) -> String {
        self.demo.mcp_url()
    }

    /// Somebody with a realm token of a demo account.
    pub(crate) fn person(&self, email: &str) -> Person {
        self.claiming(email, |_| {})
    }

    /// The account of the same name at the second tenant.
    pub(crate) fn elsewhere(&self, email: &str) -> Person {
        let mut claims = claims_of(&self.demo.token(email, Timestamp::now()).unwrap());
        let realm = account_realm(email);
        claims["iss"] = json!(format!("{}/other/{realm}", self.origin));
        self.bearing(&sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": realm}), &claims, &other_key(realm)))
    }

    /// A demo account whose realm signed other claims.
    pub(crate) fn claiming(&self, email: &str, change: impl FnOnce(&mut Value)) -> Person {
        self.bearing(&self.token(email, change))
    }

    /// A token of a demo account's realm.
    pub(crate) fn token(&self, email: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = claims_of(&self.demo.token(email, Timestamp::now()).unwrap());
        change(&mut claims);
        let realm = account_realm(email);
        let key = std::fs::read(self.data().join(format!("demo-{realm}.key"))).unwrap();
        sign(
            &json!({"alg": "EdDSA", "typ": "JWT", "kid": realm}),
            &claims,
            &Ed25519KeyPair::from_seed_unchecked(&key).unwrap(),
        )
    }

    /// Whoever holds this token.
    pub(crate) fn bearing(&self, token: &str) -> Person {
        let user = User::new(self.mcp_url(), "authorization", format!("Bearer {token}")).over(&self.http);
        Person { user, origin: self.origin.clone(), token: token.to_owned(), http: self.http.clone() }
    }

    /// The bodies of all audit rows, oldest first.
    pub(crate) fn rows(&self) -> Vec<Value> {
        rows(self.data())
    }

    /// Waits until the audit has more than `before` rows: what the protocol layer refuses is written beside its answer.
    pub(crate) async fn rows_after(&self, before: usize) -> Vec<Value> {
        within(async {
            loop {
                let rows = self.rows().split_off(before);
                if !rows.is_empty() {
                    return rows;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Stops it, waits, and answers where its data is.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.stop.cancel();
        within(self.serving.take().unwrap()).await.unwrap();
        let Self { dir, gate, store, journal, authority, .. } = self;
        drop((gate, store, journal, authority));
        dir
    }
}

/// The bodies of all audit rows of a data directory.
pub(crate) fn rows(data: &Path) -> Vec<Value> {
    let mut out = Vec::new();
    export::export(data, &export::Filter::default(), &mut out).unwrap();
    let lines = String::from_utf8(out).unwrap();
    let rows = lines.lines().filter_map(|line| match serde_json::from_str(line).unwrap() {
        Line::Row { body, .. } => Some(serde_json::from_str(&body).unwrap()),
        Line::Head(_) | Line::Heading(_) | Line::Entry(_) | Line::Seal(_) => None,
    });
    rows.collect()
}

/// Where the repository is.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) token: String,
    origin: String,
    http: reqwest::Client,
}

impl Person {
    /// The same person, with a client that can ask.
    pub(crate) fn asking(mut self) -> Self {
        self.user = self.user.declaring(json!({ "elicitation": {} }));
        self
    }

    /// Calls a tool and checks the answer's shape; its envelope.
    pub(crate) async fn ask(&self, tool: &str, arguments: Value) -> Value {
        let message = self.user.call(tool, arguments).await;
        envelope(tool, &message)
    }

    /// The data of a success.
    pub(crate) async fn data(&self, tool: &str, arguments: Value) -> Value {
        let mut envelope = self.ask(tool, arguments.clone()).await;
        assert_eq!(envelope["status"], "success", "{tool} {arguments}: {envelope}");
        envelope["data"].take()
    }

    /// The code of a refusal, which has a message and says what to do.
    pub(crate) async fn code(&self, tool: &str, arguments: Value) -> String {
        let envelope = self.ask(tool, arguments.clone()).await;
        assert_eq!(envelope["status"], "error", "{tool} {arguments}: {envelope}");
        assert_ne!(envelope["message"].as_str().unwrap(), "");
        assert_ne!(envelope["suggested_action"].as_str().unwrap(), "");
        envelope["code"].as_str().unwrap().to_owned()
    }

    /// The names of a whole list.
    pub(crate) async fn names(&self) -> Vec<String> {
        let (_, list) = self.user.modern("tools/list", json!({})).await;
        let tools = list["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks for something that has to be confirmed; the confirmation's id.
    pub(crate) async fn pending(&self, tool: &str, arguments: Value) -> String {
        let envelope = self.ask(tool, arguments).await;
        assert_eq!(envelope["status"], "pending_confirmation", "{envelope}");
        envelope["confirmation_id"].as_str().unwrap().to_owned()
    }

    /// Settles a confirmation, as a company's own portal does.
    pub(crate) async fn settle(&self, id: &str, accept: bool) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}/confirmations/{id}", self.origin)).bearer_auth(&self.token);
        let response = within(request.json(&json!({ "accept": accept })).send()).await.unwrap();
        let status = response.status();
        (status, within(response.json()).await.unwrap())
    }
}

/// The envelope in an answer: valid under the tool's output schema and the same in both copies.
pub(crate) fn envelope(tool: &str, message: &Value) -> Value {
    let result = &message["result"];
    let structured = &result["structuredContent"];
    assert!(structured.is_object(), "{tool}: {message}");
    let content = result["content"].as_array().unwrap();
    assert_eq!(content.len(), 1);
    let text = content[0]["text"].as_str().unwrap();
    assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), structured, "the text copy of {tool}");
    let is_error = matches!(structured["status"].as_str(), Some("error" | "unknown"));
    assert_eq!(result["isError"], is_error, "{tool}: {message}");
    if let Some(schema) = SCHEMAS.get(tool) {
        let errors: Vec<_> =
            schema.iter_errors(structured).map(|it| format!("{} at {}", it, it.instance_path())).collect();
        assert_eq!(errors, [""; 0], "{tool}: {structured}");
    }
    structured.clone()
}

static SCHEMAS: LazyLock<BTreeMap<&'static str, Validator>> = LazyLock::new(|| {
    let of =
        |it: &postern::tools::Described| jsonschema::validator_for(&Value::Object((**it.output()).clone())).unwrap();
    catalogue().iter().map(|it| (it.entry.name, of(it))).collect()
});

fn account_realm(email: &str) -> &'static str {
    ACCOUNTS.iter().find(|it| it.email == email).map(|it| it.realm).unwrap()
}

pub(crate) fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A signed token.
pub(crate) fn sign(header: &Value, claims: &Value, key: &Ed25519KeyPair) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// A key of the second tenant's realms.
pub(crate) fn other_key(realm: &str) -> Ed25519KeyPair {
    let seed = if realm == "customer" { [21; 32] } else { [22; 32] };
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

fn other_keys() -> Router {
    ["customer", "employee"].into_iter().fold(Router::new(), |routes, realm| {
        let public = URL_SAFE_NO_PAD.encode(other_key(realm).public_key().as_ref());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": realm, "x": public});
        let jwks = json!({ "keys": [key] });
        routes.route(&format!("/other/{realm}/certs"), get(move || std::future::ready(Json(jwks.clone()))))
    })
}

fn other_tenant(origin: &str, data: &Path) -> Config {
    let realm = |name: &str| {
        format!(
            "[tenants.realms.{name}]\nissuer = \"{origin}/other/{name}\"\njwks_uri = \"{origin}/other/{name}/certs\"\n"
        )
    };
    let (customer, employee, data) = (realm("customer"), realm("employee"), data.display());
    let text = format!(
        r#"
[server]
data_dir = "{data}"
[edge]
public_url = "{origin}/mcp"
[[tenants]]
id = "{OTHER_TENANT}"
name = "Other MSP"
{customer}
{employee}
[tenants.ports]
service_desk = "embedded"
crm = "embedded"
knowledge = "embedded"
identity = "embedded"
[tenants.systems.embedded]
kind = "embedded"
[tenants.organisations]
acme = {{ embedded = "acme" }}
globex = {{ embedded = "globex" }}
initech = {{ embedded = "initech" }}
"#
    );
    Config::parse(&text).unwrap()
}

//! The program, its configuration, and what stands behind it.

use super::Kind;
use super::count::Counted;
use crate::gateway::{other_key, sign};
use crate::mcp::wire::{User, within};
use aws_lc_rs::signature::KeyPair as _;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use postern::adapters::Registry;
use postern_api::TenantId;
use postern_embedded::demo::seed;
use postern_simulators::{Running, connectwise, halopsa};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

/// Between two looks at another process.
pub(super) const POLL: Duration = Duration::from_millis(5);
/// After this without an answer and without the step a round ends.
const ROUND: Duration = Duration::from_secs(4);

/// What the vendor does with a write once it has committed it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble {
    None,
    Stalls,
    Fails,
    Resets,
}

pub(super) struct World {
    dir: TempDir,
    pub(super) halo: Running<halopsa::State>,
    pub(super) wise: Running<connectwise::State>,
    url: String,
    port: u16,
    stops: TcpListener,
}

/// The program, until it is killed.
pub(super) struct Run<'a> {
    world: &'a World,
    child: Child,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run<'_> {
    /// Until somebody stopped at the step.
    pub(super) async fn stopped(&self) {
        if tokio::time::timeout(ROUND, self.world.stops.accept()).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// SIGKILL.
    pub(super) async fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

impl World {
    pub(super) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let halo = halopsa::start().await.unwrap();
        let wise = connectwise::start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, keys()).await.unwrap() });
        for tenant in ["own", "halo", "wise"] {
            let registry = Registry::new(dir.path());
            seed(registry.embedded().unwrap(), &TenantId::new(tenant).unwrap(), Timestamp::now()).unwrap();
        }
        let (port, operations) = (free_port().await, free_port().await);
        let config = configuration(dir.path(), &url, (&halo.url, &wise.url), (port, operations));
        std::fs::write(dir.path().join("postern.toml"), config).unwrap();
        let stops = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { dir, halo, wise, url, port, stops }
    }

    pub(super) fn data(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn trouble(&self, trouble: Trouble) {
        self.halo.state.quirks(|it| {
            it.real_time = true;
            it.stall_after_commit = matches!(trouble, Trouble::Stalls);
            it.fail_after_commit = matches!(trouble, Trouble::Fails);
            it.reset_after_commit = matches!(trouble, Trouble::Resets);
        });
        self.wise.state.quirks(|it| {
            it.stall_after_commit = matches!(trouble, Trouble::Stalls);
            it.fail_after_commit = matches!(trouble, Trouble::Fails);
            it.reset_after_commit = matches!(trouble, Trouble::Resets);
        });
    }

    /// Starts the program, to stop at a step when it is passed for the n-th time.
    pub(super) async fn run(&self, stop: Option<(&str, usize)>) -> Run<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        command
            .args(["serve", "--config"])
            .arg(self.data().join("postern.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some((step, times)) = stop {
            let tells = self.stops.local_addr().unwrap().to_string();
            command.env("POSTERN_STOP_AT", format!("{step}:{times}")).env("POSTERN_STOP_TELLS", tells);
        }
        let child = command.spawn().unwrap();
        within(async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::time::sleep(POLL).await;
            }
        })
        .await;
        Run { world: self, child }
    }

    /// The status of the answer, or its error's code; `None` where there is none.
    pub(super) fn call(&self, kind: Kind, mark: &str) -> impl Future<Output = Option<String>> + Send + use<> {
        let (tenant, lead) = match kind {
            Kind::Faq | Kind::Comment => ("own", ("lead@acme.example", "Jane Smith")),
            Kind::Request | Kind::Ticket => ("halo", ("ann.lead@acme.example", "Ann Lead")),
            Kind::WiseRequest | Kind::WiseTicket => ("wise", ("ann.lead@acme.example", "Ann Lead")),
        };
        let (realm, role, email, name) = match kind {
            Kind::Faq => ("employee", "owner", "owner@msp.example", "Daniel Price"),
            Kind::Comment | Kind::Request | Kind::Ticket | Kind::WiseRequest | Kind::WiseTicket => {
                ("customer", "lead-customer", lead.0, lead.1)
            }
        };
        let (tool, arguments) = match kind {
            Kind::Faq => (
                "portal.faq_entry.upsert",
                json!({ "question": mark, "answer": "Turn it off and on.", "category": "General", "language": "en",
                        "state": "draft", "idempotency_key": mark }),
            ),
            Kind::Comment => ("customer_add_comment", json!({ "ticket_id": self.ticket(), "content": mark })),
            Kind::Request | Kind::WiseRequest => (
                "portal.request.create",
                json!({ "subject": mark, "description": "It was killed.", "idempotency_key": mark }),
            ),
            Kind::Ticket | Kind::WiseTicket => {
                ("customer_submit_ticket", json!({ "subject": mark, "description": "It was killed." }))
            }
        };
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": format!("{}/{tenant}/{realm}", self.url), "sub": format!("{tenant} {email}"),
            "aud": format!("http://127.0.0.1:{}/mcp", self.port), "typ": "Bearer", "azp": "x", "iat": now, "exp": now + 3600,
            "realm_access": { "roles": [role] }, "name": name, "email": email, "email_verified": true,
            "organization_id": (realm == "customer").then_some("acme"),
        });
        let token = sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": realm}), &claims, &other_key(realm));
        let url = format!("http://127.0.0.1:{}/mcp", self.port);
        let user = User::new(url, "authorization", format!("Bearer {token}"));
        async move {
            let request = user.modern_request(1, "tools/call", json!({ "name": tool, "arguments": arguments }));
            let answer: Value = request.timeout(ROUND).send().await.ok()?.json().await.ok()?;
            let told = &answer["result"]["structuredContent"];
            let said = told["status"].as_str().filter(|it| *it != "error").or(told["code"].as_str());
            Some(said.map_or_else(|| answer.to_string(), str::to_owned))
        }
    }

    /// A ticket of Acme's on the embedded backend.
    fn ticket(&self) -> String {
        let sql = "SELECT t.id FROM ticket t JOIN organisation o ON o.key = t.organisation
            WHERE t.tenant = 'own' AND o.id = 'acme' AND t.status = 0 AND t.private = 0 ORDER BY t.key LIMIT 1";
        super::count::open(self.data(), "embedded.db").query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// How many writes are under way or looked for.
    pub(super) fn pending(&self) -> i64 {
        let sql =
            "SELECT count(*) FROM action_request WHERE state = 'executing' OR state = 'unknown' AND needs_human = 0";
        super::count::open(self.data(), "postern.db").query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// How many searches are still due at the most: each that is under way may be looked for as often as the configuration says.
    pub(super) fn unsettled(&self) -> i64 {
        let sql = "SELECT coalesce(sum(7 - tries), 0) FROM action_request
            WHERE state = 'executing' OR state = 'unknown' AND needs_human = 0";
        super::count::open(self.data(), "postern.db").query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// What is where.
    pub(super) fn count(&self) -> Counted {
        Counted::of(self)
    }

    pub(super) fn audit_verifies(&self) -> bool {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        command.args(["audit", "verify"]).arg(self.data()).output().unwrap().status.success()
    }
}

fn keys() -> Router {
    ["customer", "employee"].into_iter().fold(Router::new(), |routes, realm| {
        let public = URL_SAFE_NO_PAD.encode(other_key(realm).public_key().as_ref());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": realm, "x": public});
        let jwks: Value = json!({ "keys": [key] });
        routes.route(&format!("/keys/{realm}"), get(move || std::future::ready(Json(jwks.clone()))))
    })
}

fn configuration(data: &Path, url: &str, (halo, wise): (&str, &str), (port, operations): (u16, u16)) -> String {
    let secret = data.join("halo-secret");
    std::fs::write(&secret, halopsa::CLIENT_SECRET).unwrap();
    let key = data.join("wise-key");
    std::fs::write(&key, connectwise::PRIVATE_KEY).unwrap();
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\noperations_listen = \"127.0.0.1:{operations}\"\ndata_dir = {data:?}\nprobe_secs = 0\n\
         [edge]\npublic_url = \"http://127.0.0.1:{port}/mcp\"\n\
         [calls]\ntimeout_secs = 1\n\
         [writes]\nlease_grace_secs = 1\nsearch_after_secs = 0\nsearch_wait_max_secs = 1\nsearch_tries = 6\n"
    );
    for (tenant, desk) in [("own", "own"), ("halo", "halo"), ("wise", "wise")] {
        text += &format!("[[tenants]]\nid = \"{tenant}\"\nname = \"MSP {tenant}\"\n");
        for realm in ["customer", "employee"] {
            text += &format!(
                "[tenants.realms.{realm}]\nissuer = \"{url}/{tenant}/{realm}\"\njwks_uri = \"{url}/keys/{realm}\"\n"
            );
        }
        text += &format!(
            "[tenants.ports]\nservice_desk = \"{desk}\"\ncrm = \"{desk}\"\nknowledge = \"own\"\nidentity = \"own\"\nportal = \"own\"\n\
             [tenants.systems.own]\nkind = \"embedded\"\n"
        );
        if tenant == "halo" {
            text += &format!(
                "[tenants.systems.halo]\nkind = \"halopsa\"\nbase_url = \"{halo}/api\"\ntenant = \"{}\"\nclient_id = \"{}\"\n\
                 client_secret = {{ file = {secret:?} }}\nprivate_field = \"CFPrivate\"\nsearch_sees_writes = true\n\
                 connection = {{ rate_requests = 1000000, rate_per_secs = 1 }}\n\
                 [tenants.organisations]\nacme = {{ halo = \"{}\", own = \"acme\" }}\n",
                halopsa::TENANT,
                halopsa::CLIENT_ID,
                halopsa::ACME
            );
        } else if tenant == "wise" {
            // Nobody vouches for its searches: what was let go and is not found waits for a person here.
            text += &format!(
                "[tenants.systems.wise]\nkind = \"connectwise\"\nbase_url = \"{wise}{}\"\ncompany_id = \"{}\"\npublic_key = \"{}\"\n\
                 private_key = {{ file = {key:?} }}\nclient_id = \"{}\"\nboard = {}\nprivate_field = {}\n\
                 connection = {{ rate_requests = 1000000, rate_per_secs = 1 }}\n\
                 [tenants.organisations]\nacme = {{ wise = \"{}\", own = \"acme\" }}\n",
                connectwise::BASE,
                connectwise::COMPANY,
                connectwise::PUBLIC_KEY,
                connectwise::CLIENT_ID,
                connectwise::BOARD,
                connectwise::PRIVATE,
                connectwise::ACME
            );
        } else {
            text += "[tenants.organisations]\nacme = { own = \"acme\" }\n";
        }
    }
    text
}

//! One gateway in front of every service-desk backend: a tenant each, with vendors' simulators in this process.
//!
//! Request Tracker has no simulator: it is among them where a wide step started a real one.

use crate::gateway::{Gateway, Person, other_key, root, sign};
use aws_lc_rs::signature::KeyPair as _;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use postern::adapters::Registry;
use postern::config::Config;
use postern_api::TenantId;
use postern_embedded::demo::seed;
use postern_policies::Realm;
use postern_simulators::{Running, autotask, connectwise, halopsa, syncro};
use serde_json::{Value, json};
use std::path::Path;

/// Everything that a token may be narrowed to, so that roles alone decide.
const SCOPES: &str = "support.read support.write portal.read portal.write documents.read documents.write billing.read \
                      billing.write";

/// What the desks say of what the vendors do not mark: it is for customers.
const SHOWN: &str = "customer_visible = { invoices = true, orders = true, projects = true }\n";

/// A running simulator of a vendor.
pub(crate) enum Vendor {
    /// Postern's own backend: no vendor at all.
    Embedded,
    HaloPsa(Running<halopsa::State>),
    ConnectWise(Running<connectwise::State>),
    Autotask(Running<autotask::State>),
    Syncro(Running<syncro::State>),
    /// The real program, at this address.
    RequestTracker(String),
}

impl Vendor {
    /// The adapter's name.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Vendor::Embedded => "embedded",
            Vendor::HaloPsa(_) => "halopsa",
            Vendor::ConnectWise(_) => "connectwise",
            Vendor::Autotask(_) => "autotask",
            Vendor::Syncro(_) => "syncro",
            Vendor::RequestTracker(_) => "request-tracker",
        }
    }

    /// What the gateway signs in with over there.
    pub(crate) fn secret(&self) -> Option<&'static str> {
        match self {
            Vendor::Embedded => None,
            Vendor::HaloPsa(_) => Some(halopsa::CLIENT_SECRET),
            Vendor::ConnectWise(_) => Some(connectwise::PRIVATE_KEY),
            Vendor::Autotask(_) => Some(autotask::SECRET),
            Vendor::Syncro(_) => Some(syncro::TOKEN),
            Vendor::RequestTracker(_) => Some("postern-pass-1"),
        }
    }

    /// The organisations Acme and Globex over there.
    pub(crate) fn organisations(&self) -> [String; 2] {
        match self {
            Vendor::Embedded => ["acme".into(), "globex".into()],
            Vendor::HaloPsa(_) => [halopsa::ACME, halopsa::GLOBEX].map(|it| it.to_string()),
            Vendor::ConnectWise(_) => [connectwise::ACME, connectwise::GLOBEX].map(|it| it.to_string()),
            Vendor::Autotask(_) => [autotask::ACME, autotask::GLOBEX].map(|it| it.to_string()),
            Vendor::Syncro(_) => [syncro::ACME, syncro::GLOBEX].map(|it| it.to_string()),
            // The queues that tests/wide/request-tracker/seed.pl makes.
            Vendor::RequestTracker(_) => ["3".into(), "4".into()],
        }
    }

    /// At some simulators Globex is a customer who was stopped: nobody matches it, and its people may do nothing. Here it is served.
    pub(crate) fn serve_globex(&self) {
        match self {
            Vendor::HaloPsa(it) => it.state.data(|data| data.clients[1]["stopped"] = json!(0)),
            Vendor::ConnectWise(it) => it.state.data(|data| {
                data.companies[1]["status"] = json!({ "id": 1, "name": "Active" });
                data.companies[1]["customFields"] =
                    json!([{ "id": 41, "caption": "Domains", "value": "globex.example" }]);
            }),
            Vendor::Syncro(it) => it.state.data(|data| {
                data.customers[1]["disabled"] = json!(false);
                data.customers[1]["properties"] = json!({ "Domains": "globex.example" });
            }),
            Vendor::Embedded | Vendor::Autotask(_) | Vendor::RequestTracker(_) => {}
        }
    }

    /// A team or a person that a ticket can be escalated to.
    pub(crate) fn target(&self) -> &'static str {
        match self {
            Vendor::Embedded | Vendor::HaloPsa(_) | Vendor::Autotask(_) => "2nd Line",
            Vendor::ConnectWise(_) => "Network Team",
            Vendor::Syncro(_) => "Tess Second",
            Vendor::RequestTracker(_) => "Second line",
        }
    }

    /// The name and address of Acme's lead, of somebody else at Acme, and of somebody at Globex.
    pub(crate) fn people(&self) -> [(&'static str, &'static str); 3] {
        let globe = if matches!(self, Vendor::Autotask(_)) { "Gil Globex" } else { "Gil Globe" };
        match self {
            Vendor::Embedded => [
                ("Jane Smith", "lead@acme.example"),
                ("Bob Miller", "basic@acme.example"),
                ("Priya Raman", "lead@globex.example"),
            ],
            Vendor::HaloPsa(_) | Vendor::ConnectWise(_) | Vendor::Autotask(_) | Vendor::Syncro(_) => [
                ("Ann Lead", "ann.lead@acme.example"),
                ("Bob Basic", "bob.basic@acme.example"),
                (globe, "gil@globex.example"),
            ],
            Vendor::RequestTracker(_) => [
                ("Jane Smith", "jane@acme.example"),
                ("John O'Hara", "john@acme.example"),
                ("Bob Brown", "bob@globex.example"),
            ],
        }
    }

    /// `[tenants.ports]`: the vendor's own where it has them, else Postern's.
    fn ports(&self) -> String {
        const PORTALS: [&str; 5] = ["identity", "documents", "bookings", "notifications", "portal"];
        let (money, work, words) = (&["billing", "sales", "assets"][..], &["projects"][..], &["knowledge"][..]);
        let desks = match self {
            Vendor::Embedded => [&["service_desk", "crm"], money, work, words, &PORTALS].concat(),
            Vendor::HaloPsa(_) | Vendor::ConnectWise(_) | Vendor::Autotask(_) => {
                [&["service_desk", "crm"], money, work, words].concat()
            }
            Vendor::Syncro(_) => [&["service_desk", "crm"], money, words].concat(),
            Vendor::RequestTracker(_) => vec!["service_desk", "crm"],
        };
        let all = [&["service_desk", "crm"], money, work, words, &PORTALS].concat();
        let system = |port: &&str| if desks.contains(port) { "desk" } else { "own" };
        all.iter().map(|port| format!("{port} = \"{}\"\n", system(port))).collect()
    }

    /// `[tenants.systems.desk]`, whose secret is in that file.
    fn settings(&self, secret: &Path) -> String {
        let rate = "connection = { rate_requests = 1000000, rate_per_secs = 1 }";
        match self {
            Vendor::Embedded => String::new(),
            Vendor::HaloPsa(it) => format!(
                "base_url = \"{}/api\"\ntenant = \"{}\"\nclient_id = \"{}\"\nclient_secret = {{ file = {secret:?} }}\n\
                 private_field = \"CFPrivate\"\naction_reference_field = \"CFReference\"\ncurrency = \"USD\"\n\
                 quote_statuses = {{ 1 = \"draft\", 2 = \"sent\" }}\n{SHOWN}{rate}\n",
                it.url,
                halopsa::TENANT,
                halopsa::CLIENT_ID
            ),
            Vendor::ConnectWise(it) => format!(
                "base_url = \"{}{}\"\ncompany_id = \"{}\"\npublic_key = \"{}\"\nprivate_key = {{ file = {secret:?} }}\n\
                 client_id = \"{}\"\nboard = {}\nprivate_field = {}\npublic_article_categories = [91]\n\
                 organisation_fields = {{ domains = 41 }}\ncurrency = \"USD\"\n{SHOWN}{rate}\n",
                it.url,
                connectwise::BASE,
                connectwise::COMPANY,
                connectwise::PUBLIC_KEY,
                connectwise::CLIENT_ID,
                connectwise::BOARD,
                connectwise::PRIVATE
            ),
            Vendor::Autotask(it) => format!(
                "lookup_url = \"{}/atservicesrest\"\nusername = \"{}\"\nintegration_code = \"{}\"\n\
                 secret = {{ file = {secret:?} }}\nzone_hosts = [\"127.0.0.1\"]\nprivate_field = \"PosternPrivate\"\n\
                 requests_per_hour = 10000\npublic_article_publish = [1]\ncurrency = \"USD\"\n{SHOWN}{rate}\n",
                it.url,
                autotask::USERNAME,
                autotask::INTEGRATION_CODE
            ),
            Vendor::Syncro(it) => format!(
                "base_url = \"{}/api/v1\"\ntoken = {{ file = {secret:?} }}\nprivate_field = \"Private\"\n\
                 public_pages = [901]\ninternal_pages = [903]\norganisation_fields = {{ domains = \"Domains\" }}\npayments_in_cents = false\ncurrency = \"USD\"\n\
                 customer_visible = {{ invoices = true, orders = true }}\n{rate}\n",
                it.url
            ),
            Vendor::RequestTracker(url) => format!(
                "base_url = \"{url}\"\nusername = \"postern\"\npassword = {{ file = {secret:?} }}\n\
                 queue_suffix = \" Support\"\n{rate}\n"
            ),
        }
    }
}

/// The gateway and what stands behind it.
pub(crate) struct Desks {
    pub(crate) gateway: Gateway,
    pub(crate) vendors: Vec<Vendor>,
}

impl Desks {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, and the real Request Tracker at `POSTERN_RT_URL`, where there is one.
    pub(crate) async fn start_all() -> Self {
        let real = std::env::var_os("POSTERN_RT_URL").map(|it| it.into_string().unwrap());
        Self::and(real.map(Vendor::RequestTracker), |_| {}).await
    }

    /// The same with a configuration that was changed before the gateway was built.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::and(None, change).await
    }

    async fn and(another: Option<Vendor>, change: impl FnOnce(&mut Config)) -> Self {
        let mut vendors = vec![Vendor::Embedded];
        vendors.extend(simulated().await);
        vendors.extend(another);
        let gateway = Gateway::serving(keys(), |config| {
            let origin = config.edge.public_url.trim_end_matches("/mcp").to_owned();
            let data = config.server.data_dir.clone();
            let registry = Registry::new(&data);
            for vendor in &vendors {
                let tenant = TenantId::new(vendor.kind()).unwrap();
                seed(registry.embedded().unwrap(), &tenant, Timestamp::now()).unwrap();
            }
            config.tenants.extend(tenants(&origin, &data, &vendors).tenants);
            change(config);
        })
        .await;
        Self { gateway, vendors }
    }

    /// Somebody with a token of a vendor's tenant.
    pub(crate) fn person(&self, vendor: &Vendor, realm: Realm, role: &str, who: &Who<'_>) -> Person {
        let now = Timestamp::now().as_second();
        let (origin, kind, of) = (&self.gateway.origin, vendor.kind(), realm.as_str());
        let claims = json!({
            "iss": format!("{origin}/desks/{kind}/{of}"), "sub": format!("{role} {}", who.email),
            "aud": self.gateway.mcp_url(), "typ": "Bearer", "azp": "x", "iat": now, "exp": now + 3600,
            "scope": SCOPES, "realm_access": { "roles": [role] }, "name": who.name,
            "email": who.email, "email_verified": true, "organization_id": who.organisation,
        });
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": of});
        let mut person = self.gateway.bearing(&sign(&header, &claims, &other_key(of)));
        person.user.url.push_str("?toolsets=all");
        person
    }
}

/// A simulator of every vendor.
pub(crate) async fn simulated() -> [Vendor; 4] {
    let syncro = syncro::start().await.unwrap();
    syncro.state.quirks(|it| it.per_minute = None);
    [
        Vendor::HaloPsa(halopsa::start().await.unwrap()),
        Vendor::ConnectWise(connectwise::start().await.unwrap()),
        Vendor::Autotask(autotask::start().await.unwrap()),
        Vendor::Syncro(syncro),
    ]
}

/// Who somebody is; an organisation for customers alone.
pub(crate) struct Who<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) organisation: Option<&'a str>,
}

fn keys() -> Router {
    [Realm::Customer, Realm::Employee].into_iter().fold(Router::new(), |routes, realm| {
        let realm = realm.as_str();
        let public = URL_SAFE_NO_PAD.encode(other_key(realm).public_key().as_ref());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": realm, "x": public});
        let jwks: Value = json!({ "keys": [key] });
        routes.route(&format!("/desks/{realm}/certs"), get(move || std::future::ready(Json(jwks.clone()))))
    })
}

pub(crate) fn tenants(origin: &str, data: &Path, vendors: &[Vendor]) -> Config {
    Config::parse(&text(origin, data, vendors)).unwrap()
}

/// A configuration of a tenant for each vendor, and their secrets in files beside it.
pub(crate) fn text(origin: &str, data: &Path, vendors: &[Vendor]) -> String {
    let mut text = format!("[server]\ndata_dir = {data:?}\n[edge]\npublic_url = \"{origin}/mcp\"\n");
    for vendor in vendors {
        let (kind, [acme, globex]) = (vendor.kind(), vendor.organisations());
        let secret = data.join(format!("{kind}-secret"));
        std::fs::write(&secret, vendor.secret().unwrap_or_default()).unwrap();
        let own = if matches!(vendor, Vendor::Embedded) { "" } else { "[tenants.systems.own]\nkind = \"embedded\"\n" };
        let also = |name: &str| if own.is_empty() { String::new() } else { format!(", own = \"{name}\"") };
        for realm in ["customer", "employee"] {
            if realm == "customer" {
                text += &format!("[[tenants]]\nid = \"{kind}\"\nname = \"MSP on {kind}\"\n");
            }
            text += &format!(
                "[tenants.realms.{realm}]\nissuer = \"{origin}/desks/{kind}/{realm}\"\n\
                 jwks_uri = \"{origin}/desks/{realm}/certs\"\n"
            );
        }
        text += &format!(
            "[tenants.ports]\n{}{own}[tenants.systems.desk]\nkind = \"{kind}\"\n{}\
             [tenants.organisations]\nacme = {{ desk = \"{acme}\"{} }}\nglobex = {{ desk = \"{globex}\"{} }}\n",
            vendor.ports(),
            vendor.settings(&secret),
            also("acme"),
            also("globex"),
        );
    }
    text
}

/// A new service desk has its place above; Request Tracker's is taken where there is a real one.
#[tokio::test]
async fn every_adapter_of_a_service_desk_is_among_the_desks() {
    let speaks = |entry: &std::fs::DirEntry| {
        let text = |file: walk::File| std::fs::read_to_string(file).unwrap();
        walk::rust(&entry.path().join("src")).into_iter().any(|it| text(it).contains("impl ServiceDesk for"))
    };
    let folders = std::fs::read_dir(root().join("adapters")).unwrap().map(Result::unwrap);
    let mut found: Vec<String> = folders.filter(speaks).map(|it| it.file_name().into_string().unwrap()).collect();
    found.sort();
    let desks = Desks::start().await;
    let mut known: Vec<&str> = desks.vendors.iter().map(Vendor::kind).chain(["request-tracker"]).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}

mod walk {
    //! Files below a folder.

    pub(super) type File = std::path::PathBuf;

    pub(super) fn rust(folder: &std::path::Path) -> Vec<File> {
        let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
        let paths = entries.map(|it| it.unwrap().path());
        paths.flat_map(|it| if it.is_dir() { rust(&it) } else { vec![it] }).collect()
    }
}

//! A tenant that asks for too much, and one whose system does not answer, beside one that works as always. Counted, not timed: what the
//! neighbour gets, and that nothing of it waits for the other.

use crate::gateway::{Gateway, sign};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use jiff::Timestamp;
use postern::config::Config;
use postern_simulators::{broken, halopsa};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CALM: &str = "lead@acme.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d04_a_tenant_at_ten_times_its_rate_gets_its_rate_and_its_neighbour_all_it_asks_for() {
    const RATE: u32 = 20;
    let gateway = Gateway::with(|config| {
        // A minute's rate at once, and next to nothing after it.
        (config.edge.throttle.tenant_per_minute, config.edge.throttle.tenant_burst) = (1, RATE);
    })
    .await;
    let list = json!({"limit": 1});
    let loud: Vec<_> = ["support-read@msp.example", "support-write@msp.example", "service-lead@msp.example"]
        .map(|it| gateway.person(it))
        .into();
    let quiet = gateway.elsewhere(CALM);
    let asked = |nth: usize| {
        let request = loud[nth % loud.len()].user.modern_request(7, "tools/call", call("search_tickets", &list));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let flood = join_all((0..RATE as usize * 10).map(asked));
    let work = join_all((0..RATE).map(|_| quiet.data("customer_list_tickets", list.clone())));
    let (flood, work) = tokio::join!(flood, work);
    assert_eq!(work.len(), RATE as usize, "each was answered with its data");
    let let_in = flood.iter().filter(|it| **it == 200).count();
    assert!((RATE as usize..=RATE as usize + 1).contains(&let_in), "{let_in}");
    assert!(flood.iter().all(|it| matches!(it, 200 | 429)), "{flood:?}");
    // What was not let in cost no call: neither a decision nor a question to a system.
    let rows = gateway.rows();
    let calls = |tool: &str| rows.iter().filter(|it| it["tool"] == tool).count();
    assert_eq!((calls("search_tickets"), calls("customer_list_tickets")), (let_in, RATE as usize));
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({"name": tool, "arguments": arguments})
}

fn key(tenant: &str) -> Ed25519KeyPair {
    let mut seed = [9; 32];
    seed[0] = tenant.as_bytes()[0];
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

fn keys() -> Router {
    ["stuck", "well"].into_iter().fold(Router::new(), |routes, tenant| {
        let public = URL_SAFE_NO_PAD.encode(key(tenant).public_key().as_ref());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "k", "x": public});
        let jwks = json!({ "keys": [jwk] });
        routes.route(&format!("/{tenant}/certs"), get(move || std::future::ready(Json(jwks.clone()))))
    })
}

fn tenants(origin: &str, systems: [(&str, &str); 2], data: &Path) -> Config {
    let secret = data.join("halo-secret");
    std::fs::write(&secret, halopsa::CLIENT_SECRET).unwrap();
    let mut text = format!("[server]\ndata_dir = {data:?}\n[edge]\npublic_url = \"{origin}/mcp\"\n");
    for (tenant, url) in systems {
        text += &format!(
            r#"
[[tenants]]
id = "{tenant}"
name = "{tenant}"
[tenants.realms.employee]
issuer = "{origin}/{tenant}"
jwks_uri = "{origin}/{tenant}/certs"
[tenants.ports]
service_desk = "halo"
crm = "halo"
knowledge = "halo"
identity = "own"
[tenants.systems.own]
kind = "embedded"
[tenants.systems.halo]
kind = "halopsa"
base_url = "{url}/api"
tenant = "{vendors}"
client_id = "{client}"
client_secret = {{ file = {secret:?} }}
connection = {{ rate_requests = 1000000, rate_per_secs = 1 }}
[tenants.organisations.acme]
halo = "{acme}"
own = "acme"
"#,
            vendors = halopsa::TENANT,
            client = halopsa::CLIENT_ID,
            acme = halopsa::ACME,
        );
    }
    Config::parse(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d04_a_tenant_whose_system_never_answers_holds_nothing_that_its_neighbour_needs() {
    let (stuck, well) = (broken::start().await.unwrap(), halopsa::start().await.unwrap());
    stuck.state.answer(broken::Answer { silent: true, ..broken::Answer::default() });
    let systems = [("stuck", stuck.url.clone()), ("well", well.url.clone())];
    let gateway = Gateway::serving(keys(), |config| {
        let origin = config.edge.public_url.trim_end_matches("/mcp").to_owned();
        let data = config.server.data_dir.clone();
        let systems = systems.each_ref().map(|(tenant, url)| (*tenant, url.as_str()));
        config.tenants.extend(tenants(&origin, systems, &data).tenants);
    })
    .await;
    let agent = |tenant: &str| {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": format!("{}/{tenant}", gateway.origin), "sub": "the same everywhere", "aud": gateway.mcp_url(),
            "typ": "Bearer", "azp": "x", "iat": now, "exp": now + 3600, "scope": "support.read",
            "realm_access": { "roles": ["support-read"] }, "name": "Sam", "email": "sam@msp.example", "email_verified": true,
        });
        gateway.bearing(&sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": "k"}), &claims, &key(tenant)))
    };
    let answered = Arc::new(AtomicUsize::new(0));
    let (waits, works) = (agent("stuck"), agent("well"));
    let search = json!({"limit": 5});
    let waiting: Vec<_> = (0..200)
        .map(|_| {
            let request = waits.user.modern_request(7, "tools/call", call("search_tickets", &search));
            let answered = Arc::clone(&answered);
            tokio::spawn(async move {
                let status = request.send().await.map(|it| it.status());
                answered.fetch_add(1, Ordering::SeqCst);
                status
            })
        })
        .collect();
    // Its system has been asked, and all that may wait for it waits.
    while stuck.state.log.all().is_empty() {
        tokio::task::yield_now().await;
    }
    let answers = join_all((0..50).map(|_| works.data("search_tickets", search.clone()))).await;
    assert!(answers.iter().all(|it| it["tickets"].as_array().is_some_and(|all| !all.is_empty())), "{answers:?}");
    assert_eq!(answered.load(Ordering::SeqCst), 0, "the other tenant waited all the while");
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

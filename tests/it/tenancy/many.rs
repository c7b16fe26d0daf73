//! Sixty-four tenants at once, whose systems are behind one address, and nothing of one in an answer to another.

use crate::gateway::{Gateway, sign};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use postern::config::Config;
use postern_simulators::halopsa;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

const TENANTS: usize = 64;
/// Calls of each tenant; the wide tier sets `POSTERN_INTERLEAVED` to 1,000.
const CALLS: usize = 4;

fn key(tenant: usize) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[100 + u8::try_from(tenant).unwrap(); 32]).unwrap()
}

/// The tenants' realms, each with a key of its own.
fn keys() -> Router {
    (0..TENANTS).fold(Router::new(), |routes, nth| {
        let public = URL_SAFE_NO_PAD.encode(key(nth).public_key().as_ref());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "k", "x": public});
        let jwks = json!({ "keys": [jwk] });
        routes.route(&format!("/many/{nth}/certs"), get(move || std::future::ready(Json(jwks.clone()))))
    })
}

fn tenants(origin: &str, vendor: &str, data: &Path) -> Config {
    let secret = data.join("halo-secret");
    std::fs::write(&secret, halopsa::CLIENT_SECRET).unwrap();
    let mut text = format!("[server]\ndata_dir = {data:?}\n[edge]\npublic_url = \"{origin}/mcp\"\n");
    for nth in 0..TENANTS {
        text += &format!(
            r#"
[[tenants]]
id = "many-{nth}"
name = "MSP {nth}"
[tenants.realms.employee]
issuer = "{origin}/many/{nth}"
jwks_uri = "{origin}/many/{nth}/certs"
[tenants.ports]
service_desk = "halo"
crm = "halo"
knowledge = "halo"
identity = "own"
[tenants.systems.own]
kind = "embedded"
[tenants.systems.halo]
kind = "halopsa"
base_url = "{vendor}/{nth}/api"
tenant = "{tenant}"
client_id = "{client}"
client_secret = {{ file = {secret:?} }}
connection = {{ rate_requests = 1000000, rate_per_secs = 1 }}
[tenants.organisations.acme]
halo = "{acme}"
own = "acme"
"#,
            tenant = halopsa::TENANT,
            client = halopsa::CLIENT_ID,
            acme = halopsa::ACME,
        );
    }
    Config::parse(&text).unwrap()
}

/// What of the canaries is in a text.
fn canaries(text: &str) -> Vec<&str> {
    text.match_indices("CANARY-")
        .map(|(at, _)| text.get(at..).unwrap().split(|c: char| c != '-' && !c.is_alphanumeric()).next().unwrap())
        .collect()
}

async fn nothing_crosses(http: reqwest::Client) {
    let vendor = halopsa::start_many(TENANTS).await.unwrap();
    for (nth, state) in vendor.state.iter().enumerate() {
        state.data(|data| {
            for ticket in &mut data.tickets {
                ticket["summary"] = json!(format!("CANARY-{nth}-x"));
            }
        });
    }
    let url = vendor.url.clone();
    let gateway = Gateway::serving(keys(), |config| {
        let origin = config.edge.public_url.trim_end_matches("/mcp").to_owned();
        let data = config.server.data_dir.clone();
        config.tenants.extend(tenants(&origin, &url, &data).tenants);
    })
    .await;
    let calls = std::env::var_os("POSTERN_INTERLEAVED").map_or(CALLS, |it| it.to_str().unwrap().parse().unwrap());
    let states = Arc::new(vendor.state.clone());
    let everybody = (0..TENANTS).map(|nth| {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": format!("{}/many/{nth}", gateway.origin), "sub": "the same everywhere", "aud": gateway.mcp_url(),
            "typ": "Bearer", "azp": "x", "iat": now, "exp": now + 3600, "scope": "support.read",
            "realm_access": { "roles": ["support-read"] }, "name": "Sam", "email": "sam@msp.example", "email_verified": true,
        });
        let mut person = gateway.bearing(&sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": "k"}), &claims, &key(nth)));
        person.user = person.user.over(&http);
        let states = states.clone();
        tokio::spawn(async move {
            for _ in 0..calls {
                let answer = person.data("search_tickets", json!({ "limit": 5 })).await.to_string();
                let found = canaries(&answer);
                let own = format!("CANARY-{nth}-x");
                assert!(!found.is_empty() && found.iter().all(|it| *it == own), "tenant {nth} read {found:?}");
                states[nth].log.clear();
            }
        })
    });
    for one in everybody.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    for (nth, state) in vendor.state.iter().enumerate() {
        assert_eq!(state.tokens_issued(), 1, "tenant {nth}'s system saw another's token, or none");
    }
    let rows: Vec<Value> = gateway.rows();
    let of = |nth: usize| rows.iter().filter(|row| row["tenant"] == format!("many-{nth}")).count();
    assert!((0..TENANTS).all(|nth| of(nth) == calls), "each call is in its own tenant's audit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b10_sixty_four_tenants_behind_one_vendor_address_read_their_own_over_http_1() {
    nothing_crosses(reqwest::Client::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b10_sixty_four_tenants_behind_one_vendor_address_read_their_own_over_http_2() {
    nothing_crosses(reqwest::Client::builder().http2_prior_knowledge().build().unwrap()).await;
}

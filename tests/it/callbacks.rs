//! What ConnectWise sends by itself, through the whole gateway: with its own key from its own address, and with anybody else's.

use crate::gateway::{Gateway, TENANT};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern::config::{Config, Connection, SystemConfig, WebhookConfig};
use postern_api::OrganisationId;
use postern_simulators::Running;
use postern_simulators::connectwise::{self, ACME, SIGNING_KEY, State};
use reqwest::StatusCode;
use serde_json::json;

struct Bench {
    vendor: Running<State>,
    gateway: Gateway,
}

impl Bench {
    async fn start() -> Self {
        let vendor = connectwise::start().await.unwrap();
        let gateway = Gateway::with(|config: &mut Config| {
            let tenant = config.tenants.iter_mut().find(|it| it.id.as_str() == TENANT).unwrap();
            let base = format!("{}{}", vendor.url, connectwise::BASE);
            let keys = (connectwise::PUBLIC_KEY, connectwise::PRIVATE_KEY.to_owned());
            let desk = postern_connectwise::Config::new(
                base,
                connectwise::COMPANY,
                keys,
                connectwise::CLIENT_ID,
                connectwise::BOARD,
            );
            tenant.systems.insert("desk".into(), SystemConfig::ConnectWise(Box::new(desk), Connection::default()));
            let links = tenant.organisations.get_mut(&OrganisationId::new("acme").unwrap()).unwrap();
            links.insert("desk".into(), ACME.to_string().parse().unwrap());
            tenant.webhooks.insert("desk".into(), WebhookConfig { realm: None, secrets: vec![] });
        })
        .await;
        Self { vendor, gateway }
    }

    /// Sends a callback that names this address of a key, signed with this key.
    async fn send(&self, key_url: &str, key: &str) -> StatusCode {
        let body = json!({
            "Action": "updated", "ID": ACME, "Type": "company", "CompanyId": connectwise::COMPANY,
            "Entity": "{\"name\":\"CANARY\"}", "Metadata": { "key_url": key_url },
        });
        let body = body.to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
        let signature = STANDARD.encode(hmac::sign(&key, body.as_bytes()));
        // As the vendor calls it: with the record's number and what became of it behind the address.
        let url = format!("{}/hooks/{TENANT}/desk?recordId={ACME}&action=updated", self.gateway.origin);
        let request = reqwest::Client::new().post(url).header("x-content-signature", signature);
        request.body(body).send().await.unwrap().status()
    }

    async fn told(&self, before: usize) -> Vec<String> {
        let rows = self.gateway.rows_after(before).await;
        assert!(rows.iter().all(|it| !it.to_string().contains("CANARY")));
        let codes = rows.iter().filter_map(|it| it["code"].as_str().filter(|it| it.starts_with("webhook")));
        codes.map(str::to_owned).collect()
    }
}

/// How often a key was asked for.
fn keys(vendor: &Running<State>) -> usize {
    vendor.state.log.all().iter().filter(|it| it.path.contains("keys")).count()
}

#[tokio::test]
async fn a_callback_with_the_vendors_own_key_is_heard_and_the_key_is_fetched_once_without_credentials() {
    let bench = Bench::start().await;
    let before = bench.gateway.rows().len();
    let place = format!("{}{}", bench.vendor.url, connectwise::KEY_PATH);
    for _ in 0..2 {
        assert_eq!(bench.send(&place, SIGNING_KEY).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(bench.send(&place, "another").await, StatusCode::BAD_REQUEST);
    assert_eq!(bench.told(before).await, ["webhook_changed_organisation", "webhook_signature"]);
    let asked = bench.vendor.state.log.all().into_iter().filter(|it| it.path == connectwise::KEY_PATH);
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers.iter().all(|(name, _)| name != "authorization" && name != "clientid"));
}

#[tokio::test]
async fn s01_s02_s04_a_callback_sends_nobody_anywhere_but_to_the_configured_system() {
    let bench = Bench::start().await;
    let elsewhere = connectwise::start().await.unwrap();
    let before = bench.gateway.rows().len();
    let port = |url: &str| url.rsplit(':').next().unwrap().to_owned();
    let (here, there, path) = (port(&bench.vendor.url), port(&elsewhere.url), connectwise::KEY_PATH);
    for url in [
        format!("{}{path}", elsewhere.url),
        format!("http://localhost:{here}{path}"),
        format!("http://127.0.0.1:{here}@127.0.0.1:{there}{path}"),
        format!("http://user@127.0.0.1:{here}{path}"),
        format!("http://127.0.0.1:{here}.evil.example:{there}{path}"),
        format!("http://2130706433:{here}{path}"),
        format!("https://127.0.0.1:{here}{path}"),
        format!("http://127.0.0.1:{here}/../login"),
        format!("http://[::ffff:127.0.0.1]:{here}{path}"),
    ] {
        assert_eq!(bench.send(&url, SIGNING_KEY).await, StatusCode::NO_CONTENT, "{url}");
        assert_eq!((keys(&bench.vendor), elsewhere.state.log.all().len()), (0, 0), "{url}");
    }
    // The system's own address that leads elsewhere is asked once, and what it names is not.
    bench.vendor.state.quirks(|it| it.keys_elsewhere = Some(format!("{}{path}", elsewhere.url)));
    let place = format!("{}{path}", bench.vendor.url);
    assert_eq!(bench.send(&place, SIGNING_KEY).await, StatusCode::NO_CONTENT);
    assert_eq!((keys(&bench.vendor), elsewhere.state.log.all().len()), (1, 0));
    assert_eq!(bench.told(before).await[0], "webhook_nudge");
}

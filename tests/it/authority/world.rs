//! A gateway in a world that a test made: hosts that publish documents, and a clock that is set forward.

use super::browser::{Browser, Client, Seen, Signed};
use crate::gateway::{Gateway, sign};
use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use postern::app::Instead;
use postern::authority::fetch::address::DocumentUrl;
use postern::authority::fetch::wire::{Fetched, Lost, Wire};
use postern::authority::identity::{Identity, Welcomes};
use postern::config::Config;
use postern::edge::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// What hosts publish; everything else is not there.
#[derive(Debug, Default)]
pub(crate) struct Published {
    documents: Mutex<HashMap<String, Result<Fetched, Lost>>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Wire for Published {
    async fn fetch(&self, address: &DocumentUrl, most: usize) -> Result<Fetched, Lost> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let found = self.documents.lock().get(address.as_str()).cloned();
        let found = found.unwrap_or(Err(Lost::Final("status")))?;
        if found.body.len() > most { Err(Lost::Final("too_large")) } else { Ok(found) }
    }
}

impl Published {
    /// Publishes a document that holds for a minute.
    pub(crate) fn put(&self, address: &str, document: &Value) {
        self.answers(address, Ok(Fetched { body: document.to_string().into(), max_age: Some(Duration::ZERO) }));
    }

    pub(crate) fn answers(&self, address: &str, answer: Result<Fetched, Lost>) {
        self.documents.lock().insert(address.to_owned(), answer);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The machine's clock, set forward.
#[derive(Debug, Default)]
pub(crate) struct Forward(SystemClock, AtomicU64);

impl Forward {
    pub(crate) fn advance(&self, seconds: u64) {
        self.1.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Forward {
    fn unix_secs(&self) -> i64 {
        self.0.unix_secs() + i64::try_from(self.1.load(Ordering::Relaxed)).unwrap()
    }
    fn uptime(&self) -> Duration {
        self.0.uptime() + Duration::from_secs(self.1.load(Ordering::Relaxed))
    }
}

/// What realms say of people.
pub(crate) type Verdict = postern_api::Result<Option<Identity>>;

type Says = Box<dyn Fn(&Identity) -> Verdict + Send>;

/// Realms that say of everybody what a test says.
#[derive(Default)]
pub(crate) struct Realms {
    says: Mutex<Option<Says>>,
    pub(crate) asked: AtomicUsize,
}

impl std::fmt::Debug for Realms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Realms(..)")
    }
}

impl Realms {
    pub(crate) fn say(&self, says: impl Fn(&Identity) -> Verdict + Send + 'static) {
        *self.says.lock() = Some(Box::new(says));
    }
}

#[async_trait]
impl Welcomes for Realms {
    async fn still(&self, identity: &Identity) -> Verdict {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match &*self.says.lock() {
            Some(says) => says(identity),
            None => Ok(Some(identity.clone())),
        }
    }
}

pub(crate) struct World {
    pub(crate) realms: Arc<Realms>,
    pub(crate) gateway: Gateway,
    pub(crate) published: Arc<Published>,
    pub(crate) clock: Arc<Forward>,
}

pub(crate) async fn world() -> World {
    world_with(|_| {}).await
}

pub(crate) async fn world_with(change: impl FnOnce(&mut Config)) -> World {
    let (published, clock, realms) = (Arc::<Published>::default(), Arc::<Forward>::default(), Arc::<Realms>::default());
    let on = |config: &mut Config| {
        config.authority.enabled = true;
        (config.authority.registrations_per_hour, config.authority.requests_per_minute) = (1_000_000, 0);
        config.authority.client_documents.enabled = true;
        config.authority.client_documents.per_minute = 100_000;
        config.authority.client_documents.per_host_per_minute = 100_000;
        change(config);
    };
    let gateway = Gateway::amid(on, |demo| Instead {
        sessions: Some(Arc::new(Signed::everybody(demo))),
        welcomes: Some(realms.clone()),
        documents: Some(published.clone()),
        clock: Some(clock.clone()),
    })
    .await;
    World { realms, gateway, published, clock }
}

impl World {
    /// The client of this id, answered at this address.
    pub(crate) fn client(&self, id: &str, redirect: &str) -> Client {
        Client::known(&self.gateway, id, redirect)
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_secs()
    }

    /// An assertion's claims, right in everything.
    pub(crate) fn claims(&self, client: &str) -> Value {
        let now = self.now();
        json!({
            "iss": client, "sub": client, "aud": self.gateway.origin, "jti": uuid::Uuid::new_v4().to_string(),
            "iat": now, "exp": now + 60,
        })
    }
}

/// A client's key, by its number.
pub(crate) fn key(nth: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[nth; 32]).unwrap()
}

pub(crate) fn jwks(numbers: &[u8]) -> Value {
    let keys = numbers.iter().map(|nth| {
        let x = URL_SAFE_NO_PAD.encode(key(*nth).public_key().as_ref());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": format!("key-{nth}"), "x": x})
    });
    json!({ "keys": keys.collect::<Vec<_>>() })
}

pub(crate) fn signed(claims: &Value, nth: u8) -> String {
    sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": format!("key-{nth}")}), claims, &key(nth))
}

pub(crate) const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The code that comes of a person who allows what a page shows, and nothing where there is no such page.
pub(crate) async fn allowed(browser: &Browser, page: &Seen) -> String {
    let answer = browser.allow(page, &["support.read", "support.write"]).await;
    answer.answer("code").unwrap_or_else(|| panic!("{answer:?}"))
}

//! An issuer with keys of our own, a clock that stands still, and a fetcher that counts. For tests.

use super::clock::Clock;
use super::keys::{Fetch, FetchError, KeyTiming};
use super::realm::RealmConfig;
use super::reason::Reason;
use super::rejection::{RejectionFacts, Rejections};
use super::token::{AlwaysStands, KnownRoles, Standing, Trust, Verifier, VerifierParts};
use crate::caller::{Caller, Principal};
use async_trait::async_trait;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use bytes::Bytes;
use parking_lot::Mutex;
use postern_api::TenantId;
use postern_policies::Realm;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use url::Url;

pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
pub(crate) const CUSTOMERS: &str = "https://id.example/realms/customers";
pub(crate) const EMPLOYEES: &str = "https://id.example/realms/employees";
/// The second at which the tests begin.
pub(crate) const NOW: i64 = 1_790_000_000;

static RSA: LazyLock<Arc<RsaKeyPair>> = LazyLock::new(|| Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
static OTHER_RSA: LazyLock<Arc<RsaKeyPair>> =
    LazyLock::new(|| Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

/// A key that signs.
pub(crate) enum Signer {
    Rsa(Arc<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    pub(crate) fn rsa() -> Self {
        Self::Rsa(Arc::clone(&RSA))
    }
    pub(crate) fn other_rsa() -> Self {
        Self::Rsa(Arc::clone(&OTHER_RSA))
    }
    pub(crate) fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }
    pub(crate) fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": id, "use": "sig", "n": B64.encode(n), "e": B64.encode(e)})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..])})
            }
            Self::Ed(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": B64.encode(key.public_key().as_ref())})
            }
        }
    }

    /// The public key as PEM would hold it, for confusing algorithms.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::Ec(key) => key.public_key().as_ref().to_vec(),
            Self::Ed(key) => key.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                let scheme: &'static dyn aws_lc_rs::signature::RsaEncoding =
                    if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                key.sign(scheme, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A token of these very texts.
    pub(crate) fn token(&self, header: &str, payload: &str) -> String {
        let algorithm = serde_json::from_str::<Value>(header).ok();
        let algorithm = algorithm.as_ref().and_then(|it| it["alg"].as_str()).unwrap_or("RS256");
        let message = format!("{}.{}", B64.encode(header), B64.encode(payload));
        let signature = self.sign(algorithm, message.as_bytes());
        format!("{message}.{}", B64.encode(signature))
    }
}

/// A customer's claims, as Keycloak writes them.
pub(crate) fn claims() -> Value {
    json!({
        "iss": CUSTOMERS, "sub": "u-1", "aud": RESOURCE, "typ": "Bearer", "azp": "portal", "jti": "t-1",
        "exp": NOW + 300, "iat": NOW, "realm_access": {"roles": ["lead", "offline_access"]},
        "organization_id": "acme", "scope": "openid tickets:read", "email": "Lead@Acme.example",
        "email_verified": true, "name": "Lena Lead"
    })
}

/// An employee's claims.
pub(crate) fn employee_claims() -> Value {
    let mut claims = claims();
    claims["iss"] = EMPLOYEES.into();
    claims["realm_access"]["roles"] = json!(["support-read"]);
    claims["assigned_organizations"] = json!(["acme", "globex"]);
    claims
}

pub(crate) const HEADER: &str = r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#;

/// A valid customer's token with some claims replaced; `null` removes one.
pub(crate) fn token_with(changes: Value) -> String {
    Signer::rsa().token(HEADER, &changed(claims(), changes).to_string())
}

pub(crate) fn changed(mut claims: Value, changes: Value) -> Value {
    let target = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            target.shift_remove(name);
        } else {
            target.insert(name.clone(), value.clone());
        }
    }
    claims
}

#[derive(Debug)]
pub(crate) struct TestClock(pub(crate) Mutex<(i64, Duration)>);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new((NOW, Duration::from_secs(1)))))
    }
    pub(crate) fn advance(&self, seconds: u64) {
        let mut now = self.0.lock();
        now.0 += i64::try_from(seconds).unwrap();
        now.1 += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn unix_secs(&self) -> i64 {
        self.0.lock().0
    }
    fn uptime(&self) -> Duration {
        self.0.lock().1
    }
}

/// Serves documents from memory, and says what was asked for.
#[derive(Debug, Default)]
pub(crate) struct TestFetch {
    pub(crate) documents: Mutex<HashMap<String, String>>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) answered: tokio::sync::Notify,
}

impl TestFetch {
    pub(crate) fn serve(&self, address: &str, document: Value) {
        self.documents.lock().insert(address.to_owned(), document.to_string());
    }
    pub(crate) fn go_down(&self) {
        self.documents.lock().clear();
    }
    pub(crate) fn count(&self) -> usize {
        self.asked.lock().len()
    }
}

#[async_trait]
impl Fetch for TestFetch {
    async fn get(&self, address: &Url) -> Result<Bytes, FetchError> {
        // Lets everybody else who wants the same document arrive.
        tokio::task::yield_now().await;
        self.asked.lock().push(address.to_string());
        let found = self.documents.lock().get(address.as_str()).cloned();
        self.answered.notify_one();
        found.map(Bytes::from).ok_or_else(|| FetchError::Unreachable("down".into()))
    }
}

#[derive(Debug)]
pub(crate) struct TestRoles;

impl KnownRoles for TestRoles {
    fn knows(&self, realm: Realm, role: &str) -> bool {
        match realm {
            Realm::Customer => ["lead", "basic"].contains(&role),
            Realm::Employee => ["support-read"].contains(&role),
        }
    }
}

/// A verifier for both realms of one tenant, and what it is made of.
pub(crate) struct Bench {
    pub(crate) fetch: Arc<TestFetch>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) verifier: Arc<Verifier>,
}

pub(crate) fn realm(issuer: &str) -> RealmConfig {
    RealmConfig { jwks_uri: Some(format!("{issuer}/keys")), ..RealmConfig::new(issuer) }
}

pub(crate) fn bench() -> Bench {
    bench_with(|_| {}, Arc::new(AlwaysStands))
}

/// Customers sign with key `k1`, employees with another key that has the same id.
pub(crate) fn bench_with(change: impl Fn(&mut RealmConfig), standing: Arc<dyn Standing>) -> Bench {
    let fetch = Arc::new(TestFetch::default());
    fetch.serve(&format!("{CUSTOMERS}/keys"), json!({"keys": [Signer::rsa().jwk("k1")]}));
    fetch.serve(&format!("{EMPLOYEES}/keys"), json!({"keys": [Signer::other_rsa().jwk("k1")]}));
    let clock = TestClock::new();
    let trust = |realm_of: Realm, issuer: &str| {
        let mut config = realm(issuer);
        change(&mut config);
        Trust { tenant: TenantId::new("msp").unwrap(), realm: realm_of, config }
    };
    let verifier = Verifier::new(VerifierParts {
        trusted: vec![trust(Realm::Customer, CUSTOMERS), trust(Realm::Employee, EMPLOYEES)],
        resource: RESOURCE.into(),
        fetch: fetch.clone(),
        clock: clock.clone(),
        timing: KeyTiming::default(),
        standing,
        roles: Arc::new(TestRoles),
    });
    Bench { fetch, clock, verifier: Arc::new(verifier.unwrap()) }
}

/// Remembers what was refused.
#[derive(Debug, Default)]
pub(crate) struct Noted(pub(crate) Mutex<Vec<(Reason, RejectionFacts)>>);

impl Rejections for Noted {
    fn rejected(&self, reason: Reason, facts: &RejectionFacts) {
        self.0.lock().push((reason, facts.clone()));
    }
}

impl Noted {
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        self.0.lock().iter().map(|it| it.0).collect()
    }
}

/// A verified customer.
pub(crate) fn caller(subject: &str) -> Caller {
    Caller {
        principal: Principal { issuer: CUSTOMERS.into(), subject: subject.into() },
        realm: Realm::Customer,
        tenant: TenantId::new("msp").unwrap(),
        organisation: None,
        assigned: None,
        roles: Arc::default(),
        scopes: None,
        client: None,
        service: false,
        name: None,
        email: None,
        expires_at: NOW + 300,
        rests: Default::default(),
    }
}

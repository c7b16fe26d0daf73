//! What a token costs: verified for the first time, and remembered.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to stop")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use postern::edge::clock::SystemClock;
use postern::edge::keys::{Fetch, FetchError, KeyTiming};
use postern::edge::realm::RealmConfig;
use postern::edge::token::{AlwaysStands, Gate, KnownRoles, Trust, Verifier, VerifierParts};
use postern_api::TenantId;
use postern_policies::Realm;
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;
use url::Url;

const ISSUER: &str = "https://id.example/realms/customers";
const RESOURCE: &str = "https://mcp.example.com/mcp";

#[derive(Debug)]
struct FromMemory(Bytes);

#[async_trait::async_trait]
impl Fetch for FromMemory {
    async fn get(&self, _: &Url) -> Result<Bytes, FetchError> {
        Ok(self.0.clone())
    }
}

#[derive(Debug)]
struct EveryRole;

impl KnownRoles for EveryRole {
    fn knows(&self, _: Realm, _: &str) -> bool {
        true
    }
}

fn token(algorithm: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let header = json!({"alg": algorithm, "kid": algorithm, "typ": "JWT"});
    let claims = json!({
        "iss": ISSUER, "sub": "f3b1c5a0-6c1e-4f6e-9a53-6f1f0c6d2f11", "aud": RESOURCE, "typ": "Bearer", "azp": "portal",
        "jti": "t-1", "exp": 4_000_000_000_i64, "iat": 1_700_000_000, "realm_access": {"roles": ["lead", "basic"]},
        "organization_id": "acme", "scope": "openid tickets:read", "email": "lead@acme.example",
        "email_verified": true, "name": "Lena Lead",
    });
    let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
    let signature = B64.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn verify(c: &mut Criterion) {
    let random = SystemRandom::new();
    let rsa = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let (n, e) = (rsa.public_key().modulus(), rsa.public_key().exponent());
    let point = ec.public_key().as_ref();
    let (x, y) = (point.get(1..33).expect("x"), point.get(33..).expect("y"));
    let keys = json!({"keys": [
        {"kty": "RSA", "kid": "RS256", "n": B64.encode(n.big_endian_without_leading_zero()),
         "e": B64.encode(e.big_endian_without_leading_zero())},
        {"kty": "EC", "crv": "P-256", "kid": "ES256", "x": B64.encode(x), "y": B64.encode(y)},
    ]});
    let rs256 = token("RS256", |message| {
        let mut signature = vec![0; rsa.public_modulus_len()];
        rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
        signature
    });
    let es256 = token("ES256", |message| ec.sign(&random, message).expect("a signature").as_ref().to_vec());
    let config = RealmConfig { jwks_uri: Some(format!("{ISSUER}/keys")), ..RealmConfig::new(ISSUER) };
    let verifier = Verifier::new(VerifierParts {
        trusted: vec![Trust { tenant: TenantId::new("msp").expect("an id"), realm: Realm::Customer, config }],
        resource: RESOURCE.into(),
        fetch: Arc::new(FromMemory(keys.to_string().into())),
        clock: Arc::new(SystemClock::new()),
        timing: KeyTiming::default(),
        standing: Arc::new(AlwaysStands),
        roles: Arc::new(EveryRole),
    })
    .expect("a verifier");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");

    for (name, token) in [("RS256", &rs256), ("ES256", &es256)] {
        c.bench_function(&format!("token/cold/{name}"), |b| {
            b.iter(|| {
                verifier.forget();
                runtime.block_on(verifier.verify(black_box(token), Gate::Mcp)).expect("a caller")
            });
        });
    }
    runtime.block_on(verifier.verify(&rs256, Gate::Mcp)).expect("a caller");
    let _inside = runtime.enter();
    c.bench_function("token/cached", |b| b.iter(|| black_box(verifier.recall(black_box(&rs256), Gate::Mcp))));
}

criterion_group!(benches, verify);
criterion_main!(benches);

//! Keys of issuers: fetched once, kept through outages, rotated.

use super::*;
use crate::edge::testing::{CUSTOMERS, Signer, TestClock, TestFetch};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::json;

const URI: &str = "https://id.example/realms/customers/keys";

fn keys(jwks_uri: Option<&str>) -> (Arc<Keys>, Arc<TestFetch>, Arc<TestClock>) {
    let (fetch, clock) = (Arc::new(TestFetch::default()), TestClock::new());
    fetch.serve(URI, json!({"keys": [Signer::rsa().jwk("k1")]}));
    let keys = Keys::new(CUSTOMERS, jwks_uri, fetch.clone(), clock.clone(), KeyTiming::default());
    (Arc::new(keys), fetch, clock)
}

#[tokio::test]
async fn t05_a_thousand_unknown_key_ids_make_two_fetches_and_then_one_a_cool_down() {
    let (keys, fetch, clock) = keys(Some(URI));
    for i in 0..1000 {
        assert_eq!(keys.find(&format!("../{i}' OR 1=1")).await.unwrap_err(), NoKey::Unknown);
    }
    assert_eq!(fetch.count(), 2);
    clock.advance(31);
    for i in 0..1000 {
        assert!(keys.find(&format!("x{i}")).await.is_err());
    }
    assert_eq!(fetch.count(), 3);
    assert!(keys.find(&"k".repeat(4096)).await.is_err());
    assert!(keys.find("k1").await.is_ok());
    assert_eq!(fetch.count(), 3);
}

#[tokio::test]
async fn t05_many_who_ask_at_once_share_one_fetch() {
    let (keys, fetch, _) = keys(Some(URI));
    let all = futures::future::join_all((0..100).map(|_| keys.find("k1"))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(fetch.count(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_picked_up_in_one_fetch() {
    let (keys, fetch, clock) = keys(Some(URI));
    let (_, before) = keys.find("k1").await.unwrap();
    clock.advance(60);
    fetch.serve(URI, json!({"keys": [Signer::other_rsa().jwk("k2")]}));
    let (_, after) = keys.find("k2").await.unwrap();
    assert_eq!(fetch.count(), 2);
    assert!(after > before);
    assert_eq!(keys.find("k1").await.unwrap_err(), NoKey::Unknown);
}

#[tokio::test]
async fn known_keys_serve_while_the_issuer_is_down_until_they_are_too_old() {
    let (keys, fetch, clock) = keys(Some(URI));
    let (_, generation) = keys.find("k1").await.unwrap();
    fetch.go_down();
    clock.advance(23 * 3600);
    assert_eq!(keys.find("k1").await.unwrap().1, generation);
    fetch.answered.notified().await;
    assert_eq!(keys.generation(), Some(generation));
    clock.advance(2 * 3600);
    assert_eq!(keys.find("k1").await.unwrap_err(), NoKey::Unavailable);
    assert_eq!(keys.generation(), None);
    fetch.serve(URI, json!({"keys": [Signer::rsa().jwk("k1")]}));
    clock.advance(6);
    assert!(keys.find("k1").await.is_ok(), "it comes back when the issuer does");
}

#[tokio::test]
async fn keys_are_renewed_in_the_background_and_the_same_keys_keep_their_generation() {
    let (keys, fetch, clock) = keys(Some(URI));
    let (_, generation) = keys.find("k1").await.unwrap();
    fetch.answered.notified().await;
    clock.advance(301);
    assert_eq!(keys.generation(), Some(generation));
    assert_eq!(keys.generation(), Some(generation));
    fetch.answered.notified().await;
    tokio::task::yield_now().await;
    assert_eq!(fetch.count(), 2);
    assert_eq!(keys.generation(), Some(generation));
}

#[tokio::test]
async fn an_issuer_that_is_down_at_the_start_is_asked_again_soon() {
    let (keys, fetch, clock) = keys(Some(URI));
    fetch.go_down();
    for _ in 0..10 {
        assert_eq!(keys.find("k1").await.unwrap_err(), NoKey::Unavailable);
    }
    assert_eq!(fetch.count(), 1);
    clock.advance(6);
    fetch.serve(URI, json!({"keys": [Signer::rsa().jwk("k1")]}));
    assert!(keys.find("k1").await.is_ok());
}

#[tokio::test]
async fn t06_keys_unfit_to_verify_with_are_ignored_and_the_others_work() {
    let good = Signer::rsa();
    let n = |bytes: usize| {
        let mut modulus = vec![0xC1; bytes];
        modulus[bytes - 1] |= 1;
        B64.encode(modulus)
    };
    let with = |id: &str, name: &str, value: serde_json::Value| {
        let mut jwk = good.jwk(id);
        jwk[name] = value;
        jwk
    };
    let document = json!({"keys": [
        good.jwk("good"),
        good.jwk("twice"), Signer::other_rsa().jwk("twice"), good.jwk("twice"),
        with("enc", "use", "enc".into()),
        with("ops", "key_ops", json!(["encrypt"])),
        with("private", "d", "AQAB".into()),
        with("e1", "e", B64.encode([1]).into()),
        with("e3", "e", B64.encode([3]).into()),
        with("even", "e", B64.encode([1, 0, 2]).into()),
        with("small", "n", n(128).into()),
        with("huge", "n", n(1025).into()),
        with("padded-small", "n", B64.encode([vec![0; 128], vec![0xC1; 128]].concat()).into()),
        with("hs", "alg", "HS256".into()),
        with("mixed", "alg", "ES256".into()),
        {"kty": "oct", "kid": "oct", "k": B64.encode([7; 32])},
        {"kty": "EC", "crv": "P-256", "kid": "short", "x": B64.encode([1; 31]), "y": B64.encode([1; 32])},
        {"kty": "EC", "crv": "secp256k1", "kid": "curve", "x": B64.encode([1; 32]), "y": B64.encode([1; 32])},
        {"kty": "RSA", "n": n(256), "e": "AQAB"},
        "not a key", null,
        Signer::ec().jwk("ec"), Signer::ed().jwk("ed"),
    ]});
    let set = KeySet::parse(document.to_string().as_bytes()).unwrap();
    assert_eq!(set.len(), 3);
    for id in ["good", "ec", "ed"] {
        assert!(set.get(id).is_some(), "{id}");
    }
    assert!(KeySet::parse(br#"{"keys":[],"keys":[]}"#).is_none());
    assert!(KeySet::parse(b"<html>").is_none());
}

#[tokio::test]
async fn s07_a_discovery_document_of_another_issuer_is_refused() {
    let discovery = format!("{CUSTOMERS}/.well-known/openid-configuration");
    for (issuer, uri, good) in [
        (CUSTOMERS, URI, true),
        ("https://id.example/realms/customers/", URI, false),
        ("https://evil.example", URI, false),
        (CUSTOMERS, "http://id.example/keys", false),
        (CUSTOMERS, "http://127.0.0.1:9/keys", false),
        (CUSTOMERS, "https://localhost/keys", false),
        (CUSTOMERS, "file:///etc/passwd", false),
    ] {
        let (keys, fetch, _) = keys(None);
        fetch.serve(&discovery, json!({"issuer": issuer, "jwks_uri": uri}));
        assert_eq!(keys.find("k1").await.is_ok(), good, "{issuer} {uri}");
        assert_eq!(fetch.count(), if good { 2 } else { 1 }, "{issuer} {uri}");
    }
}

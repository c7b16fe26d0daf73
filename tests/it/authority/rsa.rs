//! Clients that sign with RSA, as ChatGPT does.

use super::browser::{Browser, LEAD, Seen, tokens};
use super::world::{BEARER, World, allowed, world};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const ID: &str = "https://client.example/rsa.json";
const KEYS: &str = "https://client.example/rsa-keys.json";
const WEB: &str = "https://client.example/callback";

/// A DER integer, and what follows it.
fn integer(der: &[u8]) -> (&[u8], &[u8]) {
    assert_eq!(der[0], 2);
    let (length, rest) = length(&der[1..]);
    let (number, rest) = rest.split_at(length);
    (number.strip_prefix(&[0]).unwrap_or(number), rest)
}

fn length(der: &[u8]) -> (usize, &[u8]) {
    if der[0] < 0x80 {
        return (usize::from(der[0]), &der[1..]);
    }
    let (bytes, rest) = der[1..].split_at(usize::from(der[0] & 0x7f));
    (bytes.iter().fold(0, |sum, it| sum << 8 | usize::from(*it)), rest)
}

/// The public key as a client publishes it (RFC 7517). It is read from `RSAPublicKey` of RFC 8017.
fn jwk(key: &KeyPair, id: &str, algorithm: &str) -> Value {
    let der = key.public_key().as_ref();
    let (n, rest) = integer(length(&der[1..]).1);
    let (e, _) = integer(rest);
    let part = |it: &[u8]| URL_SAFE_NO_PAD.encode(it);
    json!({"kty": "RSA", "use": "sig", "alg": algorithm, "kid": id, "n": part(n), "e": part(e)})
}

fn signed(claims: &Value, key: &KeyPair, id: &str, algorithm: &str) -> String {
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let message = format!("{}.{}", part(&json!({"alg": algorithm, "typ": "JWT", "kid": id})), part(claims));
    let how: &'static dyn RsaEncoding = if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(how, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn is_refused(answer: &Seen, why: &str) {
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (401, &json!("invalid_client")), "{why}: {answer:?}");
}

/// A client whose document says how it signs.
fn published(world: &World, keys: &[Value], algorithm: Option<&str>) {
    let mut document = json!({"client_id": ID, "redirect_uris": [WEB], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS});
    if let Some(algorithm) = algorithm {
        document["token_endpoint_auth_signing_alg"] = json!(algorithm);
    }
    world.published.put(ID, &document);
    world.published.put(KEYS, &json!({ "keys": keys }));
}

#[tokio::test]
async fn o21_a_client_signs_with_rsa_by_the_algorithm_of_its_key_and_document_alone() {
    let (one, two) = (KeyPair::generate(KeySize::Rsa2048).unwrap(), KeyPair::generate(KeySize::Rsa2048).unwrap());
    for (algorithm, other) in [("RS256", "PS256"), ("PS256", "RS256")] {
        let world = world().await;
        published(&world, &[jwk(&one, "one", algorithm), jwk(&two, "two", other)], Some(algorithm));
        let client = world.client(ID, WEB);
        let browser = Browser::of(&world.gateway, LEAD);
        let code = allowed(&browser, &browser.get(&client.authorize(&[])).await).await;
        let claims = || world.claims(ID);
        let proof = |assertion: String| {
            [("client_assertion_type".to_owned(), BEARER.to_owned()), ("client_assertion".to_owned(), assertion)]
        };
        let redeem = async |assertion: String| {
            let proof = proof(assertion);
            let proof: Vec<_> = proof.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            client.redeem(&code, &proof).await
        };
        is_refused(&redeem(signed(&claims(), &one, "one", other)).await, "another algorithm than the key's");
        is_refused(&redeem(signed(&claims(), &two, "two", other)).await, "another algorithm than the document's");
        is_refused(&redeem(signed(&claims(), &two, "one", algorithm)).await, "another key");
        let (_, refresh) = tokens(&redeem(signed(&claims(), &one, "one", algorithm)).await);
        let used = signed(&claims(), &one, "one", algorithm);
        let again = [("client_assertion_type", BEARER), ("client_assertion", &*used)];
        let (_, next) = tokens(&client.refresh(&refresh, &again).await);
        is_refused(&client.refresh(&next, &again).await, "the same once more");
    }
}

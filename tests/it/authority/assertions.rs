//! Clients that show that they are themselves: by a signed assertion, or by a secret of the configuration.

use super::browser::{Browser, Client, LEAD, Seen, register, tokens};
use super::world::{BEARER, World, allowed, jwks, signed, world, world_with};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern::authority::config::ClientConfig;
use postern::authority::secret::Hashed;
use serde_json::{Value, json};

const ID: &str = "https://client.example/c.json";
const KEYS: &str = "https://client.example/jwks.json";
const WEB: &str = "https://client.example/callback";
const SECRET: &str = "a secret of the configuration";

/// A world with a client that signs, and its refresh token.
async fn connected() -> (World, Client, String) {
    let world = world().await;
    world.published.put(
        ID,
        &json!({"client_id": ID, "redirect_uris": [WEB], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS}),
    );
    world.published.put(KEYS, &jwks(&[1]));
    let client = world.client(ID, WEB);
    let browser = Browser::of(&world.gateway, LEAD);
    let code = allowed(&browser, &browser.get(&client.authorize(&[])).await).await;
    let assertion = signed(&world.claims(ID), 1);
    let proof = [("client_assertion_type", BEARER), ("client_assertion", assertion.as_str())];
    let answer = client.redeem(&code, &proof).await;
    let (_, refresh) = tokens(&answer);
    (world, client, refresh)
}

async fn renew(client: &Client, refresh: &str, assertion: &str) -> Seen {
    client.refresh(refresh, &[("client_assertion_type", BEARER), ("client_assertion", assertion)]).await
}

fn is_refused(answer: &Seen, why: &str) {
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (401, &json!("invalid_client")), "{why}: {answer:?}");
}

#[tokio::test]
async fn o21_an_assertion_is_for_us_from_its_client_for_minutes_and_once() {
    let (world, client, refresh) = connected().await;
    let origin = world.gateway.origin.clone();
    let now = world.now();
    let changes: [(&str, Value); 17] = [
        ("aud", json!("https://other.example")),
        ("aud", json!([origin, "https://other.example"])),
        ("aud", json!(format!("{origin}.evil.example"))),
        ("aud", json!(format!("{origin}/authorize"))),
        ("aud", Value::Null),
        ("iss", json!("https://other.example/c.json")),
        ("sub", json!("https://other.example/c.json")),
        ("exp", json!(now + 600)),
        ("exp", json!(now)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("iat", json!(now + 600)),
        ("nbf", json!(now + 600)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("jti", json!("x".repeat(257))),
    ];
    for (name, value) in changes {
        let mut claims = world.claims(ID);
        claims[name] = value.clone();
        is_refused(&renew(&client, &refresh, &signed(&claims, 1)).await, &format!("{name} {value}"));
    }
    let claims = world.claims(ID);
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let unsigned = format!("{}.{}.", part(&json!({"alg": "none", "kid": "key-1"})), part(&claims));
    is_refused(&renew(&client, &refresh, &unsigned).await, "without a signature");
    let public = jwks(&[1])["keys"][0]["x"].as_str().unwrap().to_owned();
    let message = format!("{}.{}", part(&json!({"alg": "HS256", "kid": "key-1"})), part(&claims));
    let hmac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), message.as_bytes());
    let symmetric = format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac));
    is_refused(&renew(&client, &refresh, &symmetric).await, "by the public key as a secret");
    let mut forged = signed(&claims, 2);
    is_refused(&renew(&client, &refresh, &forged).await, "a key that is not the client's");
    forged = signed(&claims, 1).replacen(&part(&claims), &part(&world.claims(ID)), 1);
    is_refused(&renew(&client, &refresh, &forged).await, "another's signature");
    is_refused(&client.refresh(&refresh, &[]).await, "nothing");
    is_refused(&client.refresh(&refresh, &[("client_assertion", &signed(&claims, 1))]).await, "no type");
    let other = [("client_assertion_type", "urn:other"), ("client_assertion", &*signed(&claims, 1))];
    is_refused(&client.refresh(&refresh, &other).await, "another type");
    let both = signed(&claims, 1);
    let both = [("client_assertion_type", BEARER), ("client_assertion", &*both), ("client_secret", "x")];
    is_refused(&client.refresh(&refresh, &both).await, "two ways at once");
    let elsewhere = Client::known(&world.gateway, "https://other.example/c.json", WEB);
    is_refused(&renew(&elsewhere, &refresh, &signed(&claims, 1)).await, "another client's id beside it");
    // Nothing of this used anything up.
    let mut at_the_endpoint = world.claims(ID);
    at_the_endpoint["aud"] = json!([format!("{origin}/token")]);
    let good = signed(&at_the_endpoint, 1);
    let answer = renew(&client, &refresh, &good).await;
    let (_, next) = tokens(&answer);
    is_refused(&renew(&client, &next, &good).await, "the same once more");
    tokens(&renew(&client, &next, &signed(&claims, 1)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o21_one_assertion_sent_by_many_at_once_counts_once() {
    let (world, client, _) = connected().await;
    let assertion = signed(&world.claims(ID), 1);
    let form =
        [("token", "x"), ("client_id", ID), ("client_assertion_type", BEARER), ("client_assertion", &*assertion)];
    let answers = futures::future::join_all((0..20).map(|_| client.send("/introspect", &form))).await;
    assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1);
    assert!(answers.iter().all(|it| it.status == 200 || it.json()["error"] == "invalid_client"));
}

#[tokio::test]
async fn a_key_that_a_client_made_since_is_found_and_one_that_it_took_away_counts_no_more() {
    let (world, client, refresh) = connected().await;
    world.published.put(KEYS, &jwks(&[2]));
    world.clock.advance(61);
    let asked = world.published.asked();
    let (_, refresh) = tokens(&renew(&client, &refresh, &signed(&world.claims(ID), 2)).await);
    is_refused(&renew(&client, &refresh, &signed(&world.claims(ID), 1)).await, "taken away");
    for _ in 0..20 {
        is_refused(&renew(&client, &refresh, &signed(&world.claims(ID), 3)).await, "never there");
    }
    assert!(world.published.asked() <= asked + 2, "{}", world.published.asked() - asked);
}

#[tokio::test]
async fn o21_a_client_that_registered_its_keys_signs_for_itself_at_every_endpoint() {
    let world = world().await;
    let metadata = json!({"redirect_uris": [WEB], "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(&[4])});
    let answer = register(&world.gateway, metadata).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["client_secret"], Value::Null);
    let id = answer.json()["client_id"].as_str().unwrap().to_owned();
    let client = world.client(&id, WEB);
    let browser = Browser::of(&world.gateway, LEAD);
    let code = allowed(&browser, &browser.get(&client.authorize(&[])).await).await;
    let proof =
        |nth| [("client_assertion_type", BEARER.to_owned()), ("client_assertion", signed(&world.claims(&id), nth))];
    let send = async |path: &str, nth: u8, rest: &[(&str, &str)]| {
        let proof = proof(nth);
        let mut form: Vec<(&str, &str)> = proof.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.extend(rest);
        client.send(path, &form).await
    };
    let verifier = client.verifier();
    let redeem = [("grant_type", "authorization_code"), ("code", &*code), ("code_verifier", &*verifier)];
    is_refused(&send("/token", 5, &redeem).await, "another's key");
    let (access, _) = tokens(&send("/token", 4, &redeem).await);
    assert_eq!(send("/introspect", 4, &[("token", &access)]).await.json()["active"], true);
    is_refused(&send("/revoke", 5, &[("token", &access)]).await, "another's key");
    assert_eq!(client.call(&access).await, 200);
    assert_eq!(send("/revoke", 4, &[("token", &access)]).await.status, 200);
    assert_eq!(client.call(&access).await, 401);
    for bad in [
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://127.0.0.1/keys"}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://client.example/keys"}),
        json!({"token_endpoint_auth_method": "client_secret_jwt"}),
    ] {
        let mut metadata = bad.clone();
        metadata["redirect_uris"] = json!([WEB]);
        let answer = register(&world.gateway, metadata).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]),
            (400, &json!("invalid_client_metadata")),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn o21_a_configured_client_shows_its_secret_in_the_header_or_the_form_and_nowhere_else() {
    let world = world_with(|config| {
        config.authority.clients.push(ClientConfig {
            id: "portal".into(),
            name: "The portal".into(),
            first_party: true,
            redirect_uris: vec![WEB.into()],
            jwks_uri: None,
            jwks: None,
            secret: Some(Hashed::of(SECRET)),
            service: None,
        });
    });
    let world = world.await;
    let client = world.client("portal", WEB);
    let browser = Browser::of(&world.gateway, LEAD);
    let page = browser.get(&client.authorize(&[])).await;
    assert!(page.text.contains("First-party"), "{}", page.text);
    let code = allowed(&browser, &page).await;
    is_refused(&client.redeem(&code, &[]).await, "no secret");
    is_refused(&client.redeem(&code, &[("client_secret", "wrong")]).await, "a wrong one");
    let in_url = client.send(&format!("/token?client_secret={}", SECRET.replace(' ', "+")), &[("code", &code)]).await;
    assert_eq!(in_url.json()["error"], "invalid_request");
    let (_, refresh) = tokens(&client.redeem(&code, &[("client_secret", SECRET)]).await);
    let http = reqwest::Client::new().post(format!("{}/token", world.gateway.origin));
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    // RFC 6749 section 2.3.1: encoded as in a form before they are joined.
    let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let twice = http.try_clone().unwrap().basic_auth("portal", Some(&secret)).form(&[("client_secret", SECRET)]);
    is_refused(&Seen::of(twice.send().await.unwrap()).await, "two ways at once");
    let good = http.basic_auth("portal", Some(&secret)).form(&form).send().await.unwrap();
    assert_eq!(good.status(), 200);
}

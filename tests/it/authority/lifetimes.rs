//! What ends by itself: codes, sessions, unused clients, keys; and what a refresh finds out.

use super::browser::{Browser, Client, LEAD, REDIRECT, gateway_with, register, tokens};
use super::world::{allowed, world, world_with};
use postern_api::{Error, ErrorKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

const BOTH: [&str; 2] = ["support.read", "support.write"];

#[tokio::test]
async fn o08_a_code_is_worth_nothing_after_a_minute() {
    let world = world().await;
    let client = Client::register(&world.gateway).await;
    let browser = Browser::of(&world.gateway, LEAD);
    for (waited, status) in [(55, 200), (60, 400)] {
        let code = client.code(&browser, &BOTH).await;
        world.clock.advance(waited);
        let answer = client.redeem(&code, &[]).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 400 {
            assert_eq!(answer.json()["error"], "invalid_grant");
            assert!(world.gateway.rows().iter().any(|it| it["code"] == "code_expired"));
        }
    }
}

#[tokio::test]
async fn o25_a_session_ends_however_often_it_was_renewed() {
    let world = world_with(|config| config.authority.session_secs = 3_600).await;
    let client = Client::register(&world.gateway).await;
    let (_, mut refresh) = client.tokens(&Browser::of(&world.gateway, LEAD), &BOTH).await;
    for _ in 0..6 {
        world.clock.advance(590);
        (_, refresh) = tokens(&client.refresh(&refresh, &[]).await);
    }
    let last = client.refresh(&refresh, &[]).await;
    assert!(last.json()["expires_in"].as_i64().unwrap() <= 60, "{last:?}");
    let (access, refresh) = tokens(&last);
    assert_eq!(client.call(&access).await, 200);
    world.clock.advance(61);
    assert_eq!(client.refresh(&refresh, &[]).await.json()["error"], "invalid_grant");
    assert_eq!(client.call(&access).await, 401);
}

#[tokio::test]
async fn o16_a_client_that_nobody_connected_is_forgotten_after_a_day() {
    let world = world().await;
    let authority = world.gateway.authority.clone().unwrap();
    let (used, unused) = (Client::register(&world.gateway).await, Client::register(&world.gateway).await);
    let browser = Browser::of(&world.gateway, LEAD);
    used.tokens(&browser, &BOTH).await;
    world.clock.advance(86_000);
    authority.tend_once().unwrap();
    assert_eq!(browser.get(&unused.authorize(&[])).await.status, 200);
    world.clock.advance(500);
    authority.tend_once().unwrap();
    assert_eq!(browser.get(&unused.authorize(&[])).await.status, 400);
    assert_ne!(browser.get(&used.authorize(&[])).await.status, 400);
}

#[tokio::test]
async fn o16_clients_over_the_limit_are_not_kept() {
    let world = world_with(|config| config.authority.registered_clients = 2).await;
    Client::register(&world.gateway).await;
    Client::register(&world.gateway).await;
    assert_eq!(register(&world.gateway, json!({"redirect_uris": [REDIRECT]})).await.status, 503);
}

async fn published_keys(origin: &str) -> BTreeSet<String> {
    let document: Value = reqwest::get(format!("{origin}/.well-known/jwks.json")).await.unwrap().json().await.unwrap();
    document["keys"].as_array().unwrap().iter().map(|it| it["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_until_what_it_signed_has_ended() {
    let world = world_with(|config| config.authority.key_rotation_secs = 7_200).await;
    let authority = world.gateway.authority.clone().unwrap();
    let client = Client::register(&world.gateway).await;
    let browser = Browser::of(&world.gateway, LEAD);
    let origin = world.gateway.origin.clone();
    let first = published_keys(&origin).await;
    assert_eq!(first.len(), 1);
    world.clock.advance(3_700);
    authority.tend_once().unwrap();
    let both = published_keys(&origin).await;
    assert!(both.len() == 2 && both.is_superset(&first), "{both:?}");
    let signer = |token: &str| {
        use base64::Engine as _;
        let header = token.split('.').next().unwrap();
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
        serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
    };
    world.clock.advance(3_400);
    let (old, refresh) = client.tokens(&browser, &BOTH).await;
    assert!(first.contains(&signer(&old)), "the new one does not sign yet");
    world.clock.advance(300);
    let (new, _) = tokens(&client.refresh(&refresh, &[]).await);
    assert!(!first.contains(&signer(&new)));
    authority.tend_once().unwrap();
    assert_eq!((client.call(&old).await.as_u16(), client.call(&new).await.as_u16()), (200, 200));
    world.clock.advance(900);
    authority.tend_once().unwrap();
    assert!(published_keys(&origin).await.is_disjoint(&first));
    assert_eq!(client.call(&old).await, 401);
}

#[tokio::test]
async fn o25_a_refresh_asks_the_realm_and_follows_what_it_says() {
    let world = world().await;
    let client = Client::register(&world.gateway).await;
    let browser = Browser::of(&world.gateway, LEAD);
    let (access, refresh) = client.tokens(&browser, &BOTH).await;
    // Somebody without the token, or with one that was used, asks nobody.
    let other = Client::register(&world.gateway).await;
    other.refresh(&refresh, &[]).await;
    client.refresh("pr_x", &[]).await;
    assert_eq!(world.realms.asked.load(Ordering::Relaxed), 0);
    let (_, next) = tokens(&client.refresh(&refresh, &[]).await);
    tokens(&client.refresh(&refresh, &[]).await);
    assert_eq!(world.realms.asked.load(Ordering::Relaxed), 1);
    // A realm that cannot be asked: nothing is renewed, and nothing ends.
    world.realms.say(|_| Err(Error::new(ErrorKind::Unavailable, "down")));
    let answer = client.refresh(&next, &[]).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(client.call(&access).await, 200);
    // A role that was lost: renewed, with less; and what is out is not taken any more.
    world.realms.say(|it| {
        let mut now = it.clone();
        now.roles = BTreeSet::from(["basic-customer".to_owned()]);
        Ok(Some(now))
    });
    let before = world.gateway.bearing(&access).names().await;
    assert!(before.contains(&"customer_list_contacts".to_owned()), "{before:?}");
    let (narrow, next) = tokens(&client.refresh(&next, &[]).await);
    let names = world.gateway.bearing(&narrow).names().await;
    assert!(!names.contains(&"customer_list_contacts".to_owned()), "{names:?}");
    assert_eq!(client.call(&access).await, 401);
    // No role that opens anything: nothing is renewed.
    world.realms.say(|it| {
        let mut now = it.clone();
        now.roles = BTreeSet::new();
        Ok(Some(now))
    });
    assert_eq!(client.refresh(&next, &[]).await.json()["error"], "invalid_grant");
    assert_eq!(client.call(&narrow).await, 401);
    // Nobody says anything for too long: connect again, and nothing ends for it.
    let (access, other_refresh) = other.tokens(&browser, &BOTH).await;
    let at = world.now();
    world.realms.say(move |it| {
        assert!((at - it.signed_in_at).abs() <= 5, "the moment of the consent");
        Err(Error::new(ErrorKind::Unauthenticated, "too old"))
    });
    assert_eq!(other.refresh(&other_refresh, &[]).await.json()["error"], "invalid_grant");
    assert_eq!(other.call(&access).await, 200);
    assert!(world.gateway.rows().iter().any(|it| it["code"] == "realm_word_too_old"));
    // Not welcome any more.
    let (_, other_refresh) = other.tokens(&browser, &BOTH).await;
    world.realms.say(|_| Ok(None));
    assert_eq!(other.refresh(&other_refresh, &[]).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_standing_consent_answers_a_silent_request_and_nothing_else_does() {
    let world = world_with(|config| {
        config.authority.clients.push(postern::authority::config::ClientConfig {
            id: "portal".into(),
            name: "The portal".into(),
            first_party: true,
            redirect_uris: vec![REDIRECT.into()],
            jwks_uri: None,
            jwks: None,
            secret: None,
            service: None,
        });
    });
    let world = world.await;
    let client = world.client("portal", REDIRECT);
    let silent = |more: &[(&str, &str)]| client.authorize(&[&[("prompt", "none")], more].concat());
    let stranger = Browser::new(&world.gateway);
    assert_eq!(stranger.get(&silent(&[])).await.answer("error").as_deref(), Some("login_required"));
    let browser = Browser::of(&world.gateway, LEAD);
    assert_eq!(browser.get(&silent(&[])).await.answer("error").as_deref(), Some("consent_required"));
    let page = browser.get(&client.authorize(&[])).await;
    let narrow = browser.allow(&page, &["support.read"]).await.answer("code").unwrap();
    tokens(&client.redeem(&narrow, &[]).await);
    assert_eq!(
        browser.get(&silent(&[])).await.answer("error").as_deref(),
        Some("consent_required"),
        "it asks for more"
    );
    let code = browser.get(&silent(&[("scope", "support.read")])).await.answer("code").unwrap();
    tokens(&client.redeem(&code, &[]).await);
    let both = browser.get(&client.authorize(&[("prompt", "none login")])).await;
    assert_eq!(both.answer("error").as_deref(), Some("invalid_request"));
    let other = Browser::of(&world.gateway, "basic@acme.example");
    let theirs = other.get(&silent(&[("scope", "support.read")])).await;
    assert_eq!(theirs.answer("error").as_deref(), Some("consent_required"));
}

#[tokio::test]
async fn o12_the_first_page_leads_on_to_us_and_to_the_clients_own_place() {
    let world = world().await;
    let client = Client::register(&world.gateway).await;
    let page = Browser::new(&world.gateway).get(&client.authorize(&[])).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://client.example;"), "{policy}");
    let page = Browser::of(&world.gateway, LEAD).get(&client.authorize(&[])).await;
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("form-action 'self' https://client.example;")
    );
}

#[tokio::test]
async fn d03_a_network_that_asks_too_often_waits_and_its_metadata_is_there() {
    let gateway = gateway_with(|config| config.authority.requests_per_minute = 5).await;
    let client = Client::known(&gateway, "nobody", REDIRECT);
    let browser = Browser::new(&gateway);
    for _ in 0..5 {
        assert_eq!(browser.get(&client.authorize(&[])).await.status, 400);
    }
    let page = browser.get(&client.authorize(&[])).await;
    assert_eq!(
        (page.status.as_u16(), page.location(), page.headers["retry-after"].to_str().unwrap()),
        (429, None, "60")
    );
    for path in ["/token", "/revoke", "/introspect", "/register"] {
        let answer = client.send(path, &[("client_id", "nobody")]).await;
        assert_eq!(answer.status, 429, "{path}");
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
    }
    assert_eq!(published_keys(&gateway.origin).await.len(), 1);
    assert!(gateway.rows().iter().any(|it| it["code"] == "throttled" && it["decision"] == "denied"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_that_allow_a_client_first_at_the_same_moment_both_connect_it() {
    let world = world().await;
    for _ in 0..20 {
        let client = Client::register(&world.gateway).await;
        let browser = Browser::of(&world.gateway, LEAD);
        let pages = [browser.get(&client.authorize(&[])).await, browser.get(&client.authorize(&[])).await];
        let (one, two) = tokio::join!(allowed(&browser, &pages[0]), allowed(&browser, &pages[1]));
        for code in [one, two] {
            tokens(&client.redeem(&code, &[]).await);
        }
    }
}

#[tokio::test]
async fn d03_a_network_that_opens_the_sign_in_too_often_waits() {
    let rated = gateway_with(|config| {
        (config.edge.throttle.stranger_per_minute, config.edge.throttle.stranger_burst) = (1, 3);
    });
    let gateway = rated.await;
    let browser = Browser::new(&gateway);
    for _ in 0..3 {
        assert_eq!(browser.get("/sign-in").await.status, 200);
    }
    assert_eq!(browser.get("/sign-in").await.status, 429);
    assert_eq!(browser.post("/sign-in", &[("email", "lead@acme.example")]).await.status, 429);
}

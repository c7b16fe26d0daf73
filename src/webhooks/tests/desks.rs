//! What service desks send: with a key that they give out by address, with a secret and an older digest, and unsigned.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_api::http::{HeaderMap, Http, Request as Asked, Response as Answer};
use postern_api::{CallCx, Error, ErrorKind, async_trait};

const PLACE: &str = "https://api-eu.myconnectwise.net/v4_6_release/";
const KEY: &str = "the-vendors-own-key";

/// Where the keys are: says what it was asked for, and answers with what it was told to.
#[derive(Debug)]
struct Place {
    asked: Mutex<Vec<String>>,
    answer: Mutex<Option<(u16, String)>>,
}

impl Place {
    fn answers(&self, status: u16, body: &str) {
        *self.answer.lock() = Some((status, body.to_owned()));
    }

    fn key(&self, key: &str) {
        self.answers(200, &format!(r#"{{"signing_key":"{key}"}}"#));
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock())
    }
}

#[async_trait]
impl Http for Place {
    async fn send(&self, cx: &CallCx, request: Asked) -> Told<Answer> {
        assert!(cx.looking && request.path.is_empty() && request.query.is_empty());
        self.asked.lock().push(request.absolute.unwrap());
        let (status, body) = self.answer.lock().clone().ok_or_else(|| Error::new(ErrorKind::Unavailable, "down"))?;
        let status = StatusCode::from_u16(status).unwrap();
        Ok(Answer { status, headers: HeaderMap::new(), body: body.into_bytes().into() })
    }
}

thread_local! {
    /// Seconds that this test's clock is ahead.
    static LATER: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

fn later() -> std::time::Instant {
    std::time::Instant::now() + Duration::from_secs(LATER.with(std::cell::Cell::get))
}

fn desk_bench() -> (Bench, Arc<Place>) {
    bench_at(APART, std::time::Instant::now)
}

fn bench_at(apart: Duration, now: fn() -> std::time::Instant) -> (Bench, Arc<Place>) {
    let place = Arc::new(Place { asked: Mutex::default(), answer: Mutex::default() });
    place.key(KEY);
    let base = format!("{PLACE}apis/3.0");
    let desk = postern_connectwise::Config::new(base, "msp", ("public", "private".into()), "client", 1);
    let keys = Some(Keys::new(place.clone()).with_clock(now));
    let autotask = vec![SecretString::from(SECRET.to_owned())];
    let senders = [
        ("desk", Sender { hook: postern_connectwise::hook(&desk), secrets: vec![], keys, realm: None }),
        ("other", Sender { hook: postern_autotask::hook(), secrets: autotask, keys: None, realm: None }),
        ("plain", Sender { hook: postern_syncro::hook(), secrets: vec![], keys: None, realm: None }),
    ];
    (bench_of(senders, apart), place)
}

fn callback(id: u32, key_url: &str) -> String {
    format!(
        r#"{{"Action":"updated","ID":{id},"Type":"company","Entity":"{{\"name\":\"CANARY\"}}","CompanyId":"msp","Metadata":{{"key_url":"{key_url}"}}}}"#
    )
}

fn sealed(key: &str, body: &str) -> String {
    let key = digest::digest(&digest::SHA256, key.as_bytes());
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), body.as_bytes()))
}

impl Bench {
    async fn callback(&self, signature: &str, body: &str) -> u16 {
        self.send("msp/desk", ("x-content-signature", signature), body).await.0
    }
}

const NUDGED: [&str; 2] = ["msp desk Organisation None", "msp webhook_nudge false"];

#[tokio::test]
async fn a_callback_is_proven_with_the_systems_own_key_which_is_fetched_once() {
    let (bench, place) = desk_bench();
    let url = format!("{PLACE}apis/3.0/system/keys/7");
    for id in [41, 42] {
        let body = callback(id, &url);
        assert_eq!(bench.callback(&sealed(KEY, &body), &body).await, 204);
        let organisation = format!("msp desk Organisation Some(\"{id}\")");
        assert_eq!(bench.heard(), [organisation.as_str(), "msp webhook_changed_organisation false"]);
        // The same bytes are the same event.
        assert_eq!(bench.callback(&sealed(KEY, &body), &body).await, 204);
        assert_eq!(bench.heard(), [""; 0]);
    }
    assert_eq!(place.asked(), std::slice::from_ref(&url));
    let body = callback(43, &url);
    for wrong in [sealed("another-key", &body), sealed(KEY, &callback(42, &url))] {
        assert_eq!(bench.callback(&wrong, &body).await, 400);
        assert_eq!(bench.heard(), ["msp webhook_signature true"]);
    }
    assert_eq!(place.asked(), [""; 0], "a wrong signature fetches no key that is young");
}

#[tokio::test]
async fn s01_s02_a_key_address_that_is_not_the_systems_own_is_never_fetched_and_the_callback_only_nudges() {
    let strange = [
        "https://evil.example/v4_6_release/keys/7",
        "https://api-eu.myconnectwise.net.evil.example/v4_6_release/keys/7",
        "https://evilapi-eu.myconnectwise.net/v4_6_release/keys/7",
        "https://api-eu.myconnectwise.net@evil.example/v4_6_release/keys/7",
        "https://user:word@api-eu.myconnectwise.net/v4_6_release/keys/7",
        "http://api-eu.myconnectwise.net/v4_6_release/keys/7",
        "https://api-eu.myconnectwise.net:8443/v4_6_release/keys/7",
        "https://10.0.0.1/v4_6_release/keys/7",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/v4_6_release/keys/7",
        "https://api-eu.myconnectwise.net/v4_6_release/../../login?to=evil",
        "https://api-eu.myconnectwise.net/elsewhere/keys/7",
        "file:///etc/passwd",
    ];
    for url in strange {
        let (bench, place) = desk_bench();
        let body = callback(41, url);
        // Signed as the stranger can, with what it would hand out itself.
        assert_eq!(bench.callback(&sealed(KEY, &body), &body).await, 204, "{url}");
        assert_eq!(place.asked(), [""; 0], "{url}");
        assert_eq!(bench.heard(), NUDGED, "{url}");
    }
}

#[tokio::test]
async fn a_callback_whose_key_is_not_to_be_had_nudges_and_no_redirect_or_page_is_a_key() {
    for (status, body) in [(302, r#"{"signing_key":"k"}"#), (404, "<html>"), (200, "<html>"), (200, "{}")] {
        let (bench, place) = desk_bench();
        place.answers(status, body);
        let body = callback(41, &format!("{PLACE}keys/7"));
        assert_eq!(bench.callback(&sealed("k", &body), &body).await, 204);
        assert_eq!(bench.heard(), NUDGED);
        assert_eq!(place.asked().len(), 1);
    }
    let (bench, place) = desk_bench();
    *place.answer.lock() = None;
    let body = callback(41, &format!("{PLACE}keys/7"));
    assert_eq!(bench.callback(&sealed(KEY, &body), &body).await, 204);
    assert_eq!(bench.heard(), NUDGED);
}

#[tokio::test]
async fn strangers_have_few_keys_fetched_and_few_looks_taken() {
    let (bench, place) = desk_bench();
    place.answers(404, "");
    for id in 0..30 {
        let body = callback(id, &format!("{PLACE}keys/{id}"));
        assert_eq!(bench.callback("AAE=", &body).await, 204);
    }
    assert_eq!(place.asked().len(), FETCHES);
    assert_eq!(bench.heard(), NUDGED);
}

#[tokio::test]
async fn a_key_that_was_changed_over_there_is_fetched_again() {
    let (bench, place) = bench_at(APART, later);
    let url = format!("{PLACE}keys/7");
    let body = callback(41, &url);
    assert_eq!(bench.callback(&sealed(KEY, &body), &body).await, 204);
    place.key("the-next-key");
    let body = callback(42, &url);
    assert_eq!(bench.callback(&sealed("the-next-key", &body), &body).await, 400, "a key that is young is believed");
    LATER.with(|it| it.set(61));
    assert_eq!(bench.callback(&sealed("the-next-key", &body), &body).await, 204);
    assert_eq!(place.asked().len(), 2);
    let body = callback(43, &url);
    assert_eq!(bench.callback(&sealed(KEY, &body), &body).await, 400, "the old one is worth nothing any more");
}

#[tokio::test]
async fn a_webhook_with_an_older_digest_is_proven_by_its_secret_and_never_a_nudge() {
    let (bench, _) = desk_bench();
    let body = r#"{"Action":"Update","Guid":"g","EntityType":"Account","Id":174,"Fields":{"name":"CANARY"}}"#;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let hex: String = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    let good = format!("sha1={}", STANDARD.encode(tag));
    let header = "x-hook-signature";
    for (signature, status) in [("", 400), ("sha1=00", 400), (good.as_str(), 204), (&format!("sha1={hex}"), 204)] {
        assert_eq!(bench.send("msp/other", (header, signature), body).await.0, status, "{signature}");
    }
    let told = [
        "msp webhook_unsigned true",
        "msp webhook_unsigned true",
        "msp other Organisation Some(\"174\")",
        "msp webhook_changed_organisation false",
    ];
    assert_eq!(bench.heard(), told);
    assert_eq!(bench.send("msp/other", (header, &good), &format!("{body} ")).await.0, 400);
    assert_eq!(bench.heard(), ["msp webhook_signature true"]);
}

#[tokio::test]
async fn an_unsigned_notification_is_not_read_and_nudges() {
    let (bench, _) = desk_bench();
    for body in ["<html>", "", r#"{"text":"CANARY","attributes":{"id":1}}"#] {
        assert_eq!(bench.send("msp/plain", ("x-other", "x"), body).await, (204, String::new()));
    }
    assert_eq!(bench.heard(), ["msp plain Organisation None", "msp webhook_nudge false"]);
}

#[tokio::test]
async fn what_came_after_a_look_is_looked_at_later() {
    let (bench, _) = bench_at(Duration::from_millis(5), std::time::Instant::now);
    for _ in 0..2 {
        assert_eq!(bench.send("msp/plain", ("x-other", "x"), "").await.0, 204);
    }
    bench.log.1.acquire_many(2).await.unwrap().forget();
    assert_eq!(bench.heard(), ["msp plain Organisation None", "msp webhook_nudge false"].repeat(2));
}

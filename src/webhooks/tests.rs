//! The receiver, without a socket.

mod desks;

use super::*;
use aws_lc_rs::hmac;
use axum::body::to_bytes;
use parking_lot::Mutex;
use postern_api::Result as Told;
use tower::ServiceExt as _;

const SECRET: &str = "whsec_of_the_test_0000";
const OLDER: &str = "whsec_of_the_test_before";
const EVENT: &str = r#"{"id":"evt_1","object":"event","type":"customer.updated","livemode":false,
    "data":{"object":{"id":"cus_1","object":"customer","name":"CANARY-NAME"}}}"#;

/// What was said, and how often.
#[derive(Debug)]
struct Log(Mutex<Vec<String>>, Semaphore);

impl Ears for Log {
    fn heard(&self, note: &Note<'_>) {
        self.0.lock().push(format!("{} {} {}", note.tenant, note.code, note.refused));
        self.1.add_permits(1);
    }
    fn stale(&self, tenant: &TenantId, system: &str, entity: Entity, organisation: Option<&ExternalId>) {
        self.0.lock().push(format!("{tenant} {system} {entity:?} {:?}", organisation.map(ExternalId::as_str)));
    }
}

/// A realm that is asked, and says which people it was asked about.
#[derive(Debug, Default)]
struct Asked(Mutex<Vec<String>>, tokio::sync::Notify);

#[async_trait::async_trait]
impl Welcomes for Asked {
    async fn still(&self, identity: &Identity) -> Told<Option<Identity>> {
        let who = &identity.principal;
        self.0.lock().push(format!("{} {} {}", identity.tenant, who.issuer, who.subject));
        self.1.notify_one();
        Ok(None)
    }
}

struct Bench {
    router: Router,
    log: Arc<Log>,
    asked: Arc<Asked>,
    _dir: tempfile::TempDir,
}

fn bench() -> Bench {
    let secrets = |all: &[&str]| all.iter().map(|it| SecretString::from((*it).to_owned())).collect::<Vec<_>>();
    let realm = || Some((Realm::Customer, Arc::from("https://id.example/customers")));
    let senders = [
        (
            "money",
            Sender { hook: postern_stripe::hook(false), secrets: secrets(&[OLDER, SECRET]), keys: None, realm: None },
        ),
        ("crm", Sender { hook: postern_hubspot::hook(7), secrets: secrets(&[SECRET]), keys: None, realm: None }),
        ("people", Sender { hook: keycloak::hook(), secrets: secrets(&[SECRET]), keys: None, realm: realm() }),
        ("nudges", Sender { hook: keycloak::hook(), secrets: vec![], keys: None, realm: realm() }),
    ];
    bench_of(senders, APART)
}

fn bench_of<const N: usize>(senders: [(&str, Sender); N], apart: Duration) -> Bench {
    let (dir, log, asked) =
        (tempfile::tempdir().unwrap(), Arc::new(Log(Mutex::default(), Semaphore::new(0))), Arc::new(Asked::default()));
    let tenant = TenantId::new("msp").unwrap();
    let router = routes(Parts {
        senders: senders.into_iter().map(|(name, it)| ((tenant.clone(), name.to_owned()), it)).collect(),
        origin: "https://mcp.msp.example".into(),
        limits: LimitsConfig::default(),
        throttle: ThrottleConfig { stranger_burst: 40, ..ThrottleConfig::default() },
        apart,
        heard: Heard::open(dir.path()).unwrap(),
        ears: log.clone(),
        welcomes: Some(asked.clone()),
    });
    Bench { router, log, asked, _dir: dir }
}

fn signature(secret: &str, body: &str, at: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    tag.as_ref().iter().map(|it| format!("{it:02x}")).collect()
}

fn signed(secret: &str, body: &str, age: i64) -> String {
    let at = Timestamp::now().as_second() - age;
    format!("t={at},v1={}", signature(secret, body, at))
}

impl Bench {
    async fn send(&self, name: &str, header: (&str, &str), body: &str) -> (u16, String) {
        let request = Request::post(format!("/hooks/{name}")).header(header.0, header.1);
        let answer = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(to_bytes(answer.into_body(), 10_000).await.unwrap().to_vec()).unwrap())
    }

    async fn stripe(&self, signature: &str, body: &str) -> (u16, String) {
        self.send("msp/money", ("stripe-signature", signature), body).await
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.log.0.lock())
    }
}

#[tokio::test]
async fn a_signed_event_makes_stale_what_it_is_about_once_and_is_audited() {
    let bench = bench();
    assert_eq!(bench.stripe(&signed(SECRET, EVENT, 0), EVENT).await, (204, String::new()));
    let told = ["msp money Organisation Some(\"cus_1\")", "msp webhook_changed_organisation false"];
    assert_eq!(bench.heard(), told);
    // Sent again, also with a new signature, it is taken and does nothing.
    for age in [0, 10, 299] {
        assert_eq!(bench.stripe(&signed(SECRET, EVENT, age), EVENT).await.0, 204);
    }
    assert_eq!(bench.heard(), [""; 0]);
}

#[tokio::test]
async fn every_way_in_which_a_signature_is_wrong_is_one_answer_and_nothing_happens() {
    let bench = bench();
    let good = signed(SECRET, EVENT, 0);
    let at = Timestamp::now().as_second();
    let later = at - 400;
    let cases = [
        (String::new(), EVENT.to_owned(), "webhook_unsigned"),
        ("t=1".into(), EVENT.into(), "webhook_unsigned"),
        (signed("whsec_of_somebody_else", EVENT, 0), EVENT.into(), "webhook_signature"),
        (format!("t={at},v1={}", "00".repeat(32)), EVENT.into(), "webhook_signature"),
        (format!("t={at},v1=00"), EVENT.into(), "webhook_signature"),
        // One byte more, or the same JSON written otherwise: the signature is over the bytes.
        (good.clone(), format!("{EVENT} "), "webhook_signature"),
        (good.clone(), EVENT.replace('\n', ""), "webhook_signature"),
        (good.replace("t=", "t=1"), EVENT.into(), "webhook_signature"),
        // Too old and too far ahead, and an old signature under a new time.
        (signed(SECRET, EVENT, 301), EVENT.into(), "webhook_stale"),
        (signed(SECRET, EVENT, -310), EVENT.into(), "webhook_stale"),
        (format!("t={at},v1={}", signature(SECRET, EVENT, later)), EVENT.into(), "webhook_signature"),
        // Right, and no event.
        (signed(SECRET, "{", 0), "{".into(), "webhook_unreadable"),
    ];
    let mut answers = BTreeSet::new();
    for (header, body, code) in cases {
        let answer = bench.stripe(&header, &body).await;
        assert_eq!(answer.0, 400, "{header} {body}");
        answers.insert(answer.1);
        assert_eq!(bench.heard(), [format!("msp {code} true")], "{header} {body}");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // And the good one is still new: nothing that was refused was noted as heard.
    assert_eq!(bench.stripe(&good, EVENT).await.0, 204);
    assert_eq!(bench.heard().len(), 2);
}

#[tokio::test]
async fn either_of_two_secrets_is_right_while_one_is_changed() {
    let bench = bench();
    let body = |id: &str| EVENT.replace("evt_1", id);
    for (id, secret) in [("evt_1", OLDER), ("evt_2", SECRET)] {
        assert_eq!(bench.stripe(&signed(secret, &body(id), 0), &body(id)).await.0, 204, "{id}");
    }
    let both = format!("{},v1={}", signed("whsec_gone", &body("evt_3"), 0), "00".repeat(32));
    assert_eq!(bench.stripe(&both, &body("evt_3")).await.0, 400);
    // The sender signs with both of its secrets; ours is the second.
    let at = Timestamp::now().as_second();
    let (wrong, right) = (signature("whsec_gone", &body("evt_4"), at), signature(SECRET, &body("evt_4"), at));
    assert_eq!(bench.stripe(&format!("t={at},v1={wrong},v1={right}"), &body("evt_4")).await.0, 204);
}

#[tokio::test]
async fn kinds_that_nobody_looks_at_are_taken_and_ignored() {
    let bench = bench();
    for kind in ["payout.paid", "something.new"] {
        let body = EVENT.replace("customer.updated", kind).replace("evt_1", kind);
        assert_eq!(bench.stripe(&signed(SECRET, &body, 0), &body).await.0, 204);
    }
    let live = EVENT.replace("\"livemode\":false", "\"livemode\":true");
    assert_eq!(bench.stripe(&signed(SECRET, &live, 0), &live).await.0, 204);
    assert_eq!(bench.heard(), [""; 0]);
}

#[tokio::test]
async fn a_realm_is_asked_about_who_it_tells_of_and_an_unsigned_message_does_no_more() {
    let bench = bench();
    let body = |id: &str| format!(r#"{{"id":"{id}","type":"LOGOUT","userId":"u-1","realmId":"CANARY"}}"#);
    for (name, header, told) in [
        ("msp/people", (keycloak::SECRET, SECRET), "msp webhook_person false"),
        ("msp/nudges", ("x-other", "x"), "msp webhook_nudge false"),
    ] {
        assert_eq!(bench.send(name, header, &body("e1")).await.0, 204, "{name}");
        bench.asked.1.notified().await;
        assert_eq!(std::mem::take(&mut *bench.asked.0.lock()), ["msp https://id.example/customers u-1"]);
        assert_eq!(bench.heard(), [told]);
    }
    for header in [(keycloak::SECRET, "whsec_of_somebody_else"), (keycloak::SECRET, ""), ("x-other", SECRET)] {
        assert_eq!(bench.send("msp/people", header, &body("e2")).await.0, 400, "{header:?}");
    }
    assert!(bench.heard().iter().all(|it| it.ends_with("true")));
    assert_eq!(*bench.asked.0.lock(), [""; 0]);
}

/// HubSpot signs verb, address, body and time; the address is the one that it was told, whatever a proxy made of it.
#[tokio::test]
async fn hubspots_signature_is_over_verb_address_body_and_time_and_each_of_them_counts() {
    let bench = bench();
    let uri = "https://mcp.msp.example/hooks/msp/crm";
    let body = r#"[{"eventId":1,"subscriptionId":2,"portalId":7,"occurredAt":3,
        "subscriptionType":"company.propertyChange","objectId":41,"propertyValue":"CANARY"}]"#;
    let now = Timestamp::now().as_millisecond();
    let send = async |signed: (&str, &str, i64), time: i64, body: &str| {
        let (method, uri, at) = signed;
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let tag = hmac::sign(&key, format!("{method}{uri}{body}{at}").as_bytes());
        let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, tag);
        let request = Request::post("/hooks/msp/crm").header("x-hubspot-signature-v3", signature);
        let request = request.header("x-hubspot-request-timestamp", time.to_string());
        let answer = bench.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        (answer.status().as_u16(), bench.heard())
    };
    let refused = |code: &str| (400, vec![format!("msp {code} true")]);
    let old = now - 301_000;
    for (signed, time, expected) in [
        (("PUT", uri, now), now, "webhook_signature"),
        (("POST", "https://mcp.msp.example/hooks/other/crm", now), now, "webhook_signature"),
        (("POST", "https://evil.example/hooks/msp/crm", now), now, "webhook_signature"),
        (("POST", uri, old), now, "webhook_signature"),
        (("POST", uri, old), old, "webhook_stale"),
        (("POST", uri, now + 310_000), now + 310_000, "webhook_stale"),
    ] {
        assert_eq!(send(signed, time, body).await, refused(expected), "{signed:?} {time}");
    }
    let told = ["msp crm Organisation Some(\"41\")", "msp webhook_changed_organisation false"].map(str::to_owned);
    assert_eq!(send(("POST", uri, now), now, body).await, (204, told.to_vec()));
    assert_eq!(send(("POST", uri, now), now, body).await, (204, vec![]), "once");
    let other = body.replace("\"portalId\":7", "\"portalId\":8");
    assert_eq!(send(("POST", uri, now), now, &other).await, (204, vec![]), "another account's");
}

/// Without a signature anybody can write, from as many addresses as they have: the sender's name is counted, and nobody else's.
#[tokio::test]
async fn messages_without_a_signature_are_limited_for_all_addresses_together() {
    let bench = bench();
    let send = async |number: u8| {
        let body = format!(r#"{{"id":"n{number}","type":"LOGOUT","userId":"u-{number}"}}"#);
        let mut request = Request::post("/hooks/msp/nudges").body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ClientIp(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number))));
        bench.router.clone().oneshot(request).await.unwrap()
    };
    let mut taken = 0;
    let last = loop {
        let answer = send(taken).await;
        if answer.status() != StatusCode::NO_CONTENT {
            break answer;
        }
        taken += 1;
        assert!(u32::from(taken) <= NUDGES.1 + 2, "a limit");
    };
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers().contains_key("retry-after"));
    assert!(u32::from(taken) >= NUDGES.1, "{taken}");
    assert_eq!(bench.heard().len(), usize::from(taken), "no row for what is not looked at");
    // Who signs is heard all the same.
    let body = r#"{"id":"e1","type":"LOGOUT","userId":"u-1"}"#;
    assert_eq!(bench.send("msp/people", (keycloak::SECRET, SECRET), body).await.0, 204);
}

#[tokio::test]
async fn who_is_not_known_is_nobody_and_too_much_is_refused() {
    let bench = bench();
    let good = signed(SECRET, EVENT, 0);
    let header = ("stripe-signature", good.as_str());
    let mut answers = BTreeSet::new();
    for name in ["msp/other", "other/money", "msp/Money", "..%2f/money"] {
        let answer = bench.send(name, header, EVENT).await;
        assert_eq!(answer.0, 404, "{name}");
        answers.insert(answer.1);
    }
    assert_eq!(answers.len(), 1);
    assert_eq!(bench.heard(), [""; 0]);
    let long = format!("{EVENT}{}", " ".repeat(BODY_BYTES));
    assert_eq!(bench.stripe(&signed(SECRET, &long, 0), &long).await.0, 413);
    assert_eq!(bench.heard(), ["msp webhook_too_large true"]);
    let mut last = 0;
    for _ in 0..60 {
        last = bench.stripe("t=1", EVENT).await.0;
    }
    assert_eq!(last, 429);
}

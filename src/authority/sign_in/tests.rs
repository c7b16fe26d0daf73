//! Signing in at realms that are servers of this process and mint whatever a test wants.

mod local;

use super::config::{ClientAuth, OidcConfig};
use super::pages::*;
use super::*;
use crate::authority::identity::Identity;
use crate::authority::identity::Welcomes as _;
use crate::edge::keys::{HttpFetch, KeyTiming};
use crate::edge::realm::RealmConfig;
use crate::edge::testing::{HEADER, NOW, Signer, TestClock, TestRoles, changed, claims};
use crate::edge::token::{AlwaysStands, Trust, VerifierParts};
use crate::store::sign_in_accounts::Account;
use axum::Json;
use axum::body::Body;
use http::header;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tower::ServiceExt as _;
use url::Url;

const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Pages that say which they are and what they show.
#[derive(Debug)]
struct Plain;

macro_rules! plain {
    ($($name:ident: $view:ty),*) => {
        impl SignInPages for Plain {
            $(fn $name(&self, page: &$view) -> String { format!("{} {page:?}", stringify!($name)) })*
        }
    };
}
plain!(email: EmailPage, chooser: ChooserPage, password: PasswordPage, totp: TotpPage, totp_setup: TotpSetupPage,
    recovery: RecoveryPage, reset_request: ResetRequestPage, new_password: NewPasswordPage, sign_out: SignOutPage,
    onward: Onward, message: MessagePage);

/// What was told.
#[derive(Debug, Default)]
struct Heard {
    events: Mutex<Vec<SignInEvent>>,
    ended: Mutex<Vec<(Ended, EndedBy)>>,
}

impl SignInEvents for Heard {
    fn happened(&self, event: &SignInEvent) {
        self.events.lock().push(event.clone());
    }
}

impl Ending for Heard {
    fn end(&self, _: &TenantId, what: &Ended, by: EndedBy) {
        self.ended.lock().push((what.clone(), by));
    }
}

/// A fake issuer for both realms, under two paths. The code that it takes is the nonce of the sign-in.
#[derive(Debug, Default)]
struct Fake {
    origin: Mutex<String>,
    /// Claims of the next ID tokens that are other than usual.
    changes: Mutex<Value>,
    /// What its discovery document says otherwise.
    discovery: Mutex<Value>,
    asked: Mutex<Vec<(String, String)>>,
    /// What the token endpoint says instead of tokens.
    refuses: Mutex<Option<(StatusCode, &'static str)>>,
}

impl Fake {
    async fn start() -> Arc<Self> {
        let fake =
            Arc::new(Self { changes: Mutex::new(json!({})), discovery: Mutex::new(json!({})), ..Self::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *fake.origin.lock() = format!("http://{}", listener.local_addr().unwrap());
        let (document, keys, token) = (fake.clone(), fake.clone(), fake.clone());
        let routes = Router::new()
            .route(
                "/{realm}/.well-known/openid-configuration",
                get(move |axum::extract::Path(realm): axum::extract::Path<String>| async move {
                    let issuer = document.issuer(&realm);
                    Json(changed(
                        json!({
                            "issuer": issuer, "jwks_uri": format!("{issuer}/keys"),
                            "authorization_endpoint": format!("{issuer}/authorize"),
                            "token_endpoint": format!("{issuer}/token"),
                            "end_session_endpoint": format!("{issuer}/logout"),
                            "authorization_response_iss_parameter_supported": true
                        }),
                        document.discovery.lock().clone(),
                    ))
                }),
            )
            .route(
                "/{realm}/keys",
                get(move |axum::extract::Path(realm): axum::extract::Path<String>| async move {
                    let _ = &keys;
                    Json(json!({"keys": [signer(&realm).jwk("k1")]}))
                }),
            )
            .route(
                "/{realm}/token",
                post(move |axum::extract::Path(realm): axum::extract::Path<String>, headers: HeaderMap, form: String| async move {
                    let who = headers.get(header::AUTHORIZATION).map(|it| it.to_str().unwrap().to_owned());
                    token.asked.lock().push((who.unwrap_or_default(), form.clone()));
                    if let Some((status, error)) = *token.refuses.lock() {
                        return (status, Json(json!({ "error": error })));
                    }
                    let nonce = url::form_urlencoded::parse(form.as_bytes()).find(|it| it.0 == "code");
                    let nonce = nonce.map(|it| it.1.into_owned());
                    (StatusCode::OK, Json(json!({
                        "id_token": token.id_token(&realm, nonce.as_deref()), "access_token": "a", "refresh_token": "r"
                    })))
                }),
            );
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }

    fn issuer(&self, realm: &str) -> String {
        format!("{}/{realm}", self.origin.lock())
    }

    fn id_token(&self, realm: &str, nonce: Option<&str>) -> String {
        let usual = json!({
            "iss": self.issuer(realm), "aud": "gateway", "azp": "gateway", "typ": "ID", "nonce": nonce, "sid": "s-1",
            "realm_access": {"roles": [if realm == "customer" { "lead" } else { "support-read" }]}
        });
        let claims = changed(changed(claims(), usual), self.changes.lock().clone());
        signer(realm).token(HEADER, &claims.to_string())
    }

    fn logout_token(&self, realm: &str, changes: Value) -> String {
        let claims = json!({
            "iss": self.issuer(realm), "aud": "gateway", "sub": "u-1", "sid": "s-1", "jti": "l-1", "iat": NOW,
            "exp": NOW + 120, "events": {LOGOUT_EVENT: {}}
        });
        signer(realm).token(HEADER, &changed(claims, changes).to_string())
    }
}

fn signer(realm: &str) -> Signer {
    if realm == "customer" { Signer::rsa() } else { Signer::other_rsa() }
}

/// The sign-in of one tenant: both realms at the fake issuer, or customers with local accounts.
struct Bench {
    desk: Arc<SignIn>,
    fake: Arc<Fake>,
    heard: Arc<Heard>,
    clock: Arc<TestClock>,
    store: Arc<Store>,
    dir: tempfile::TempDir,
}

fn tenant() -> TenantId {
    TenantId::new("msp").unwrap()
}

fn build(
    fake: &Fake,
    heard: &Arc<Heard>,
    clock: &Arc<TestClock>,
    store: &Arc<Store>,
    dir: &std::path::Path,
    local: bool,
) -> Arc<SignIn> {
    let realms = [Realm::Customer, Realm::Employee];
    let issuer = |realm: Realm| fake.issuer(realm.as_str());
    let fetch: Arc<dyn Fetch> = Arc::new(HttpFetch::new().unwrap());
    let trust = |realm| Trust { tenant: tenant(), realm, config: RealmConfig::new(issuer(realm)) };
    let verifier = Verifier::new(VerifierParts {
        trusted: realms.map(trust).to_vec(),
        resource: "https://mcp.example.com/mcp".into(),
        fetch: fetch.clone(),
        clock: clock.clone(),
        timing: KeyTiming::default(),
        standing: Arc::new(AlwaysStands),
        roles: Arc::new(TestRoles),
    });
    let open = |realm: Realm| {
        let oidc = OidcConfig {
            client_id: "gateway".into(),
            client_auth: ClientAuth::ClientSecretBasic,
            secret: Some("s3 cret".into()),
            client_key_id: None,
            scopes: vec!["openid".into()],
            prompt: None,
            keep_refresh_token: true,
            vouched_secs: 3600,
        };
        let is_local = local && realm == Realm::Customer;
        OpenRealm {
            tenant: tenant(),
            tenant_name: "Example MSP".into(),
            realm,
            issuer: issuer(realm).into(),
            sign_in: RealmSignIn {
                title: None,
                email_domains: vec![if realm == Realm::Customer { "acme.example" } else { "msp.example" }.into()],
                listed: true,
                how: if is_local { How::Local(LocalConfig::default()) } else { How::Oidc(Box::new(oidc)) },
            },
        }
    };
    let desk = SignIn::new(SignInParts {
        origin: "https://mcp.example.com".into(),
        home: "/".into(),
        service_name: "Postern".into(),
        realms: realms.map(open).to_vec(),
        config: SignInConfig { chooser: false },
        lifetimes: SessionLifetimes { idle_secs: 600, absolute_secs: 3600 },
        throttle: ThrottleConfig::default(),
        store: store.clone(),
        seal: SealKey::of(dir).unwrap(),
        key: [7; 32],
        verifier: Arc::new(verifier.unwrap()),
        fetch,
        clock: clock.clone(),
        roles: Arc::new(TestRoles),
        pages: Arc::new(Plain),
        mailer: None,
        events: heard.clone(),
    })
    .unwrap();
    desk.tell(heard);
    desk
}

async fn bench_with(local: bool) -> Bench {
    let (fake, heard, clock) = (Fake::start().await, Arc::new(Heard::default()), TestClock::new());
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path()).unwrap());
    let desk = build(&fake, &heard, &clock, &store, dir.path(), local);
    Bench { desk, fake, heard, clock, store, dir }
}

async fn bench() -> Bench {
    bench_with(false).await
}

impl Bench {
    fn codes(&self) -> Vec<&'static str> {
        self.heard.events.lock().iter().map(|it| it.code).collect()
    }

    /// The same store after a restart.
    fn restarted(&self) -> Arc<SignIn> {
        build(&self.fake, &self.heard, &self.clock, &self.store, self.dir.path(), false)
    }
}

/// A browser.
#[derive(Default, Clone)]
struct Browser(BTreeMap<String, String>);

struct Answer {
    status: StatusCode,
    location: String,
    body: String,
    headers: HeaderMap,
}

impl Browser {
    fn headers(&self) -> HeaderMap {
        let cookies: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        HeaderMap::from_iter([(header::COOKIE, cookies.join("; ").parse().unwrap())])
    }

    async fn send(&mut self, desk: &Arc<SignIn>, method: &str, path: &str, form: String) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path).body(Body::from(form)).unwrap();
        *request.headers_mut() = self.headers();
        let form = "application/x-www-form-urlencoded".parse().unwrap();
        request.headers_mut().insert(header::CONTENT_TYPE, form);
        let answer = desk.routes().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.0.remove(name),
                _ => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let location = parts.headers.get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
        Answer {
            status: parts.status,
            location: location.unwrap_or_default(),
            body: String::from_utf8(body.to_vec()).unwrap(),
            headers: parts.headers,
        }
    }

    async fn get(&mut self, desk: &Arc<SignIn>, path: &str) -> Answer {
        self.send(desk, "GET", path, String::new()).await
    }

    /// Begins at a realm: where the issuer was asked.
    async fn begin(&mut self, desk: &Arc<SignIn>, realm: &str, to: &str) -> Way {
        let answer = self.get(desk, &format!("/sign-in/msp/{realm}?return_to={to}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(
            (&answer.headers[header::CACHE_CONTROL], &answer.headers[header::REFERRER_POLICY]),
            (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
        );
        let url = Url::parse(&answer.location).unwrap();
        Way(url.query_pairs().into_owned().collect())
    }

    async fn sign_in(&mut self, bench: &Bench, realm: &str) -> Answer {
        let way = self.begin(&bench.desk, realm, "/console").await;
        self.get(&bench.desk, &way.back(&bench.fake, realm)).await
    }
}

/// What the issuer was asked.
struct Way(BTreeMap<String, String>);

impl Way {
    fn back(&self, fake: &Fake, realm: &str) -> String {
        self.answer(realm, &self.0["state"], &self.0["nonce"], Some(&fake.issuer(realm)))
    }
    fn answer(&self, realm: &str, state: &str, code: &str, iss: Option<&str>) -> String {
        let iss = iss.map(|it| format!("&iss={it}")).unwrap_or_default();
        format!("/sign-in/msp/{realm}/callback?state={state}&code={code}{iss}")
    }
}

#[tokio::test]
async fn o30_a_person_signs_in_at_their_realm_with_pkce_and_gets_a_session_of_their_own() {
    let bench = bench().await;
    let mut browser = Browser::default();
    browser.0.insert("__Host-postern_session".into(), "A".repeat(43));
    let way = browser.begin(&bench.desk, "customer", "/console").await;
    assert_eq!(way.0["redirect_uri"], "https://mcp.example.com/sign-in/msp/customer/callback");
    let answer = browser.get(&bench.desk, &way.back(&bench.fake, "customer")).await;
    assert_eq!((answer.status, &*answer.location), (StatusCode::SEE_OTHER, "/console"), "{:?}", bench.codes());
    assert_ne!(browser.0["__Host-postern_session"], "A".repeat(43));
    let signed_in = bench.desk.signed_in(&browser.headers()).unwrap();
    assert_eq!(&*signed_in.identity.principal.issuer, bench.fake.issuer("customer"));
    assert_eq!(signed_in.identity.email.as_deref(), Some("lead@acme.example"));
    let (who, form) = bench.fake.asked.lock()[0].clone();
    assert_eq!(who, "Basic Z2F0ZXdheTpzMytjcmV0");
    let verifier =
        url::form_urlencoded::parse(form.as_bytes()).find(|it| it.0 == "code_verifier").unwrap().1.into_owned();
    let challenge = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    assert_eq!(way.0["code_challenge"], URL_SAFE_NO_PAD.encode(challenge));
    assert_eq!(bench.codes(), ["signed_in"]);
    let after = bench.restarted().signed_in(&browser.headers()).unwrap();
    assert_eq!((after.identity, after.csrf), (signed_in.identity, signed_in.csrf), "known after a restart");
}

#[tokio::test]
async fn o14_a_state_counts_once_in_its_browser_at_its_realm_and_in_time() {
    let bench = bench().await;
    let mut browser = Browser::default();
    let way = browser.begin(&bench.desk, "customer", "/").await;
    let kept = browser.clone();
    let back = way.back(&bench.fake, "customer");
    let iss = bench.fake.issuer("customer");
    let forged = "A".repeat(43);
    for (path, status) in [
        (way.answer("customer", "", &way.0["nonce"], Some(&iss)), "state_missing"),
        (way.answer("customer", &forged, &way.0["nonce"], Some(&iss)), "other_browser"),
        (way.answer("customer", &format!("{}x", way.0["state"]), &way.0["nonce"], Some(&iss)), "state_mismatch"),
    ] {
        assert_eq!(browser.get(&bench.desk, &path).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(bench.codes().last(), Some(&status));
    }
    assert_eq!(browser.get(&bench.desk, &back).await.status, StatusCode::SEE_OTHER, "{:?}", bench.codes());
    let mut replay = kept.clone();
    assert_eq!(replay.get(&bench.desk, &back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(bench.codes().last(), Some(&"state_replayed"));
    let late = replay.begin(&bench.desk, "customer", "/").await;
    bench.clock.advance(600);
    assert_eq!(replay.get(&bench.desk, &late.back(&bench.fake, "customer")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(bench.codes().last(), Some(&"state_expired"));
}

#[tokio::test]
async fn o09_o29_an_answer_in_a_browser_that_did_not_ask_signs_nobody_in() {
    let bench = bench().await;
    let (mut attacker, mut victim) = (Browser::default(), Browser::default());
    let way = attacker.begin(&bench.desk, "customer", "/").await;
    victim.begin(&bench.desk, "customer", "/").await;
    let answer = victim.get(&bench.desk, &way.back(&bench.fake, "customer")).await;
    assert_eq!((answer.status, bench.codes()), (StatusCode::BAD_REQUEST, vec!["other_browser"]));
    assert!(bench.desk.signed_in(&victim.headers()).is_none() && bench.fake.asked.lock().is_empty());
}

#[tokio::test]
async fn o15_an_answer_of_another_issuer_or_sign_in_is_refused() {
    let bench = bench().await;
    let (customer, employee) = (bench.fake.issuer("customer"), bench.fake.issuer("employee"));
    for (iss, code) in [(Some(&employee), "iss_mismatch"), (None, "iss_missing")] {
        let mut browser = Browser::default();
        let way = browser.begin(&bench.desk, "customer", "/").await;
        let path = way.answer("customer", &way.0["state"], &way.0["nonce"], iss.map(|it| &**it));
        assert_eq!(browser.get(&bench.desk, &path).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(bench.codes().last(), Some(&code));
    }
    assert!(bench.fake.asked.lock().is_empty(), "no code was sent anywhere");
    let mut browser = Browser::default();
    let way = browser.begin(&bench.desk, "customer", "/").await;
    browser.get(&bench.desk, &way.answer("customer", &way.0["state"], "another", Some(&customer))).await;
    assert_eq!(bench.codes().last(), Some(&"nonce"));
    let way = browser.begin(&bench.desk, "employee", "/").await;
    browser.get(&bench.desk, &way.answer("customer", &way.0["state"], &way.0["nonce"], Some(&customer))).await;
    assert_eq!(bench.codes().last(), Some(&"state_mismatch"));
    *bench.fake.changes.lock() = json!({"iss": employee});
    let way = browser.begin(&bench.desk, "customer", "/").await;
    browser.get(&bench.desk, &way.back(&bench.fake, "customer")).await;
    assert_eq!(bench.codes().last(), Some(&"unknown_issuer"));
    assert!(bench.desk.signed_in(&browser.headers()).is_none());
}

#[tokio::test]
async fn o30_two_tabs_side_by_side_do_not_cross() {
    let bench = bench().await;
    let mut browser = Browser::default();
    let one = browser.begin(&bench.desk, "customer", "/one").await;
    let two = browser.begin(&bench.desk, "employee", "/two").await;
    assert_eq!(browser.get(&bench.desk, &one.back(&bench.fake, "customer")).await.location, "/one");
    assert_eq!(browser.get(&bench.desk, &two.back(&bench.fake, "employee")).await.location, "/two");
    let now = bench.desk.signed_in(&browser.headers()).unwrap();
    assert_eq!((now.identity.realm, &*now.identity.principal.subject), (Realm::Employee, "u-1"));
}

#[tokio::test]
async fn s07_a_discovery_document_of_another_issuer_is_not_used() {
    let bench = bench().await;
    *bench.fake.discovery.lock() = json!({"issuer": bench.fake.issuer("employee")});
    let answer = Browser::default().get(&bench.desk, "/sign-in/msp/customer").await;
    assert_eq!((answer.status, bench.codes()), (StatusCode::SERVICE_UNAVAILABLE, vec!["other_issuer"]));
}

#[tokio::test]
async fn t22_a_realms_logout_ends_its_sessions_once_and_tells_the_others() {
    let bench = bench().await;
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    browser.sign_in(&bench, "customer").await;
    other.sign_in(&bench, "employee").await;
    let form = |token: &str| format!("logout_token={token}");
    for wrong in [json!({"nonce": "n"}), json!({"events": null}), json!({"iat": NOW - 151})] {
        let token = bench.fake.logout_token("customer", wrong);
        let answer = Browser::default().send(&bench.desk, "POST", "/logout/msp/customer", form(&token)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let token = bench.fake.logout_token("customer", json!({}));
    let answer = Browser::default().send(&bench.desk, "POST", "/logout/msp/employee", form(&token)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "at the other realm");
    assert!(bench.desk.signed_in(&browser.headers()).is_some() && bench.heard.ended.lock().is_empty());
    let answer = Browser::default().send(&bench.desk, "POST", "/logout/msp/customer", form(&token)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(bench.desk.signed_in(&browser.headers()).is_none());
    assert!(bench.desk.signed_in(&other.headers()).is_some(), "the same sid of another realm");
    let session = Ended::RealmSession { issuer: bench.fake.issuer("customer").into(), session: "s-1".into() };
    assert_eq!(*bench.heard.ended.lock(), [(session, EndedBy::RealmLogout)]);
    let answer = Browser::default().send(&bench.desk, "POST", "/logout/msp/customer", form(&token)).await;
    assert_eq!((answer.status, bench.codes().last()), (StatusCode::BAD_REQUEST, Some(&"logout_replayed")));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    let bench = bench().await;
    let mut browser = Browser::default();
    browser.sign_in(&bench, "customer").await;
    for _ in 0..7 {
        bench.clock.advance(500);
        assert!(bench.desk.signed_in(&browser.headers()).is_some());
    }
    bench.clock.advance(100);
    assert!(bench.desk.signed_in(&browser.headers()).is_none(), "an hour old");
    let mut browser = Browser::default();
    // The realm's tokens of this test begin and end at a fixed time.
    *bench.fake.changes.lock() = json!({"iat": NOW + 3600, "exp": NOW + 4000});
    browser.sign_in(&bench, "customer").await;
    bench.clock.advance(599);
    assert!(bench.desk.signed_in(&browser.headers()).is_some());
    bench.clock.advance(600);
    assert!(bench.desk.signed_in(&browser.headers()).is_none(), "not used for ten minutes");
}

#[tokio::test]
async fn o25_a_person_whom_the_realm_refuses_is_not_welcome() {
    let bench = bench().await;
    let mut browser = Browser::default();
    browser.sign_in(&bench, "customer").await;
    let identity = bench.desk.signed_in(&browser.headers()).unwrap().identity;
    *bench.fake.changes.lock() = json!({"realm_access": {"roles": ["basic"]}});
    let now = bench.desk.recheck(&identity).await.unwrap().unwrap();
    assert_eq!(now.roles, ["basic".to_owned()].into());
    *bench.fake.changes.lock() = json!({"sub": "somebody-else"});
    assert_eq!(bench.desk.recheck(&identity).await.unwrap(), None);
    // What is about the realm, or cannot be believed, says nothing of the person.
    *bench.fake.changes.lock() = json!({"aud": "somebody-else"});
    assert!(bench.desk.recheck(&identity).await.is_err());
    for (status, error) in [
        (StatusCode::BAD_REQUEST, "invalid_request"),
        (StatusCode::BAD_REQUEST, "temporarily_unavailable"),
        (StatusCode::UNAUTHORIZED, "invalid_client"),
        (StatusCode::TOO_MANY_REQUESTS, ""),
        (StatusCode::BAD_GATEWAY, ""),
    ] {
        *bench.fake.refuses.lock() = Some((status, error));
        assert!(bench.desk.recheck(&identity).await.is_err(), "{status} {error}");
        assert!(bench.desk.still(&identity).await.is_err(), "{status} {error}");
    }
    assert!(bench.desk.signed_in(&browser.headers()).is_some() && bench.heard.ended.lock().is_empty());
    *bench.fake.refuses.lock() = Some((StatusCode::BAD_REQUEST, "invalid_grant"));
    assert_eq!(bench.desk.still(&identity).await.unwrap(), None);
    assert!(bench.desk.signed_in(&browser.headers()).is_none());
    assert_eq!(*bench.heard.ended.lock(), [(Ended::Person(identity.principal.clone()), EndedBy::RightsLost)]);
}

#[tokio::test]
async fn o25_where_the_realm_cannot_be_asked_its_word_holds_for_a_while_and_nothing_else_ends_with_it() {
    let bench = bench().await;
    let mut browser = Browser::default();
    browser.sign_in(&bench, "customer").await;
    let identity = bench.desk.signed_in(&browser.headers()).unwrap().identity;
    // It gave no refresh token to ask with.
    bench.store.set_refresh(&identity.tenant, &identity.principal, None).unwrap();
    bench.clock.advance(3_599);
    assert_eq!(bench.desk.still(&identity).await.unwrap().as_ref(), Some(&*identity));
    bench.clock.advance(1);
    assert_eq!(bench.desk.still(&identity).await.unwrap_err().kind(), postern_api::ErrorKind::Unauthenticated);
    // Whoever agreed to something later is heard for longer; and nothing has ended.
    let later = Identity { signed_in_at: identity.signed_in_at + 600, ..(*identity).clone() };
    assert_eq!(bench.desk.still(&later).await.unwrap(), Some(later));
    assert!(bench.heard.ended.lock().is_empty());
}

#[tokio::test]
async fn many_who_ask_about_one_person_at_once_ask_the_realm_once() {
    let bench = bench().await;
    let mut browser = Browser::default();
    browser.sign_in(&bench, "customer").await;
    let identity = bench.desk.signed_in(&browser.headers()).unwrap().identity;
    let before = bench.fake.asked.lock().len();
    let all = futures::future::join_all((0..50).map(|_| bench.desk.recheck(&identity))).await;
    assert!(all.into_iter().all(|it| it.unwrap().unwrap() == *identity));
    assert_eq!(bench.fake.asked.lock().len(), before + 1);
    bench.desk.recheck(&identity).await.unwrap();
    assert_eq!(bench.fake.asked.lock().len(), before + 2, "and nothing is remembered");
}

#[tokio::test]
async fn a_locked_account_ends_at_the_next_look() {
    let bench = bench_with(true).await;
    let at = AccountRealm { tenant: tenant(), realm: Realm::Customer };
    let account = Account {
        at: at.clone(),
        id: "1".into(),
        email: "jane@acme.example".into(),
        name: "Jane".into(),
        organisation: Some(postern_api::OrganisationId::new("acme").unwrap()),
        roles: ["lead".to_owned(), "admin".to_owned()].into(),
        password: Some(crate::authority::accounts::password::hash_now("a long enough password").unwrap()),
        totp: false,
        locked: false,
    };
    bench.store.add_account(&account).unwrap();
    let mut browser = Browser::default();
    let page = browser.get(&bench.desk, "/sign-in/msp/customer").await.body;
    let csrf = page.split("csrf: \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!("csrf={csrf}&email=jane@acme.example&password=a+long+enough+password");
    let answer = browser.send(&bench.desk, "POST", "/sign-in/msp/customer", form).await;
    assert!(answer.body.starts_with("onward"), "{}", answer.body);
    let identity = bench.desk.signed_in(&browser.headers()).unwrap().identity;
    assert_eq!(identity.roles, ["lead".to_owned()].into(), "roles that the policy knows");
    Store::beside(bench.dir.path()).unwrap().lock_account(&at, "1", true).unwrap();
    assert_eq!(bench.desk.recheck(&identity).await.unwrap(), None);
    bench.desk.settle();
    assert!(bench.desk.signed_in(&browser.headers()).is_none());
    let person = Ended::Person(identity.principal.clone());
    assert_eq!(*bench.heard.ended.lock(), [(person, EndedBy::AccountChanged)]);
    assert!(bench.store.account_changes().unwrap().is_empty());
}

//! A gateway whose sign-in a test decides, browsers with cookies, and a client.

use crate::gateway::{Gateway, claims_of};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use jiff::Timestamp;
use parking_lot::Mutex;
use postern::authority::identity::{BrowserSessions, Identity, SignedIn};
use postern::caller::Principal;
use postern::config::Config;
use postern::demo::Demo;
use postern_api::{OrganisationId, TenantId};
use postern_embedded::demo::ACCOUNTS;
use postern_policies::Realm;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub(crate) const LEAD: &str = "lead@acme.example";
pub(crate) const REDIRECT: &str = "https://client.example/callback";

/// Whoever has the cookie `person=NAME.N` is signed in as NAME, in browser session N.
#[derive(Debug, Default)]
pub(crate) struct Signed(Mutex<HashMap<String, Arc<Identity>>>);

impl Signed {
    /// Everybody of the demo can be signed in.
    pub(crate) fn everybody(demo: &Demo) -> Self {
        let people = ACCOUNTS.iter().map(|it| (it.email.to_owned(), Arc::new(identity(demo, it.email))));
        Self(Mutex::new(people.collect()))
    }
}

impl BrowserSessions for Signed {
    fn signed_in(&self, headers: &HeaderMap) -> Option<SignedIn> {
        let cookies = headers.get_all("cookie").iter().filter_map(|it| it.to_str().ok()).collect::<Vec<_>>().join(";");
        let value = cookies.split(';').find_map(|it| it.trim().strip_prefix("person="))?.to_owned();
        let (name, _) = value.rsplit_once('.')?;
        let identity = self.0.lock().get(name)?.clone();
        Some(SignedIn { identity, session: value.clone().into(), csrf: format!("csrf-{value}").into() })
    }

    fn sign_in_path(&self, return_to: &str) -> String {
        format!("/sign-in?return_to={return_to}")
    }
}

pub(crate) fn identity(demo: &Demo, email: &str) -> Identity {
    let account = ACCOUNTS.iter().find(|it| it.email == email).unwrap();
    let claims = claims_of(&demo.token(email, Timestamp::now()).unwrap());
    Identity {
        principal: Principal {
            issuer: claims["iss"].as_str().unwrap().into(),
            subject: claims["sub"].as_str().unwrap().into(),
        },
        realm: if account.realm == "customer" { Realm::Customer } else { Realm::Employee },
        tenant: TenantId::new(crate::gateway::TENANT).unwrap(),
        organisation: account.organisation.map(|it| OrganisationId::new(it).unwrap()),
        assigned: None,
        roles: BTreeSet::from([account.role.to_owned()]),
        name: Some(account.name.into()),
        email: Some(account.email.into()),
        realm_session: Some(format!("sid-{email}").into()),
        signed_in_at: Timestamp::now().as_second(),
    }
}

/// A gateway with its authority, and everybody of the demo as somebody who can be signed in.
pub(crate) async fn gateway() -> Gateway {
    gateway_with(|_| {}).await
}

pub(crate) async fn gateway_with(change: impl FnOnce(&mut Config)) -> Gateway {
    let on = |config: &mut Config| {
        config.authority.enabled = true;
        (config.authority.registrations_per_hour, config.authority.requests_per_minute) = (1_000_000, 0);
        change(config);
    };
    Gateway::given(on, |demo| Some(Arc::new(Signed::everybody(demo)))).await
}

pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// A browser: it keeps cookies and follows nothing.
pub(crate) struct Browser {
    pub(crate) origin: String,
    http: reqwest::Client,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

/// A page or a redirect.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Seen {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn location(&self) -> Option<String> {
        self.headers.get("location").map(|it| it.to_str().unwrap().to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// A hidden field of the page.
    pub(crate) fn field(&self, name: &str) -> String {
        let at = self.text.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_else(|| panic!("{name}: {}", self.text));
        at.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// A parameter of the address that it redirects to.
    pub(crate) fn answer(&self, name: &str) -> Option<String> {
        let location = url::Url::parse(&self.location()?).unwrap();
        location.query_pairs().find(|it| it.0 == name).map(|it| it.1.into_owned())
    }
}

impl Browser {
    pub(crate) fn new(gateway: &Gateway) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { origin: gateway.origin.clone(), http, cookies: Mutex::default() }
    }

    /// The same, with somebody signed in.
    pub(crate) fn of(gateway: &Gateway, email: &str) -> Self {
        let browser = Self::new(gateway);
        browser.sign_in(email);
        browser
    }

    pub(crate) fn sign_in(&self, email: &str) {
        let session = uuid::Uuid::new_v4().simple();
        self.cookies.lock().insert("person".into(), format!("{email}.{session}"));
    }

    fn cookie(&self) -> String {
        self.cookies.lock().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn keep(&self, response: Response) -> Seen {
        for cookie in response.headers().get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.lock().insert(name.to_owned(), value.to_owned());
        }
        Seen::of(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        let request = self.http.get(format!("{}{path}", self.origin)).header("cookie", self.cookie());
        self.keep(request.send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Seen {
        let request = self.http.post(format!("{}{path}", self.origin)).header("cookie", self.cookie());
        self.keep(request.header("origin", &self.origin).form(form).send().await.unwrap()).await
    }

    /// Allows what a consent page shows, these scopes of it.
    pub(crate) async fn allow(&self, page: &Seen, scopes: &[&str]) -> Seen {
        assert_eq!(page.status, 200, "{page:?}");
        let (flow, csrf) = (page.field("flow"), page.field("csrf"));
        let mut form = vec![("flow", flow.as_str()), ("csrf", csrf.as_str()), ("decision", "allow")];
        form.extend(scopes.iter().map(|it| ("scope", *it)));
        self.post("/authorize/consent", &form).await
    }
}

/// A client.
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) origin: String,
    pub(crate) resource: String,
    redirect: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) async fn register(gateway: &Gateway) -> Self {
        let answer = register(
            gateway,
            json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", "client_name": "Test"}),
        )
        .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::known(gateway, answer.json()["client_id"].as_str().unwrap(), REDIRECT)
    }

    /// A client that has its id from elsewhere, answered at this address.
    pub(crate) fn known(gateway: &Gateway, id: &str, redirect: &str) -> Self {
        let (id, redirect) = (id.to_owned(), redirect.to_owned());
        let (origin, resource) = (gateway.origin.clone(), gateway.mcp_url());
        Self { id, origin, resource, redirect, http: reqwest::Client::new() }
    }

    /// Its own, and the same in each of its flows.
    pub(crate) fn verifier(&self) -> String {
        challenge(&self.id)
    }

    /// The address that starts a flow, with some parameters replaced; an empty one is left out.
    pub(crate) fn authorize(&self, changes: &[(&str, &str)]) -> String {
        let challenge = challenge(&self.verifier());
        let mut asked = BTreeMap::from([
            ("client_id", self.id.as_str()),
            ("redirect_uri", &self.redirect),
            ("response_type", "code"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.resource),
            ("scope", "support.read support.write offline_access"),
            ("state", "st-1"),
        ]);
        asked.extend(changes.iter().copied());
        asked.retain(|_, value| !value.is_empty());
        format!("/authorize?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish())
    }

    /// A code for whoever is signed in to a browser.
    pub(crate) async fn code(&self, browser: &Browser, scopes: &[&str]) -> String {
        let page = browser.get(&self.authorize(&[("prompt", "consent")])).await;
        let answer = browser.allow(&page, scopes).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.answer("code").unwrap()
    }

    pub(crate) async fn send(&self, path: &str, form: &[(&str, &str)]) -> Seen {
        Seen::of(self.http.post(format!("{}{path}", self.origin)).form(form).send().await.unwrap()).await
    }

    pub(crate) async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Seen {
        let verifier = self.verifier();
        let mut form = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", self.id.as_str()),
            ("redirect_uri", &self.redirect),
            ("code_verifier", &verifier),
            ("resource", &self.resource),
        ]);
        form.extend(changes.iter().copied());
        form.retain(|_, value| !value.is_empty());
        self.send("/token", &form.into_iter().collect::<Vec<_>>()).await
    }

    pub(crate) async fn refresh(&self, token: &str, changes: &[(&str, &str)]) -> Seen {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", self.id.as_str())];
        form.extend(changes.iter().copied());
        self.send("/token", &form).await
    }

    /// Access and refresh token of a person.
    pub(crate) async fn tokens(&self, browser: &Browser, scopes: &[&str]) -> (String, String) {
        let code = self.code(browser, scopes).await;
        tokens(&self.redeem(&code, &[]).await)
    }

    /// The status of a call with a token.
    pub(crate) async fn call(&self, token: &str) -> StatusCode {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
        let request = self.http.post(&self.resource).bearer_auth(token).json(&body);
        request.header("accept", "application/json, text/event-stream").send().await.unwrap().status()
    }
}

pub(crate) async fn register(gateway: &Gateway, metadata: Value) -> Seen {
    Seen::of(reqwest::Client::new().post(format!("{}/register", gateway.origin)).json(&metadata).send().await.unwrap())
        .await
}

pub(crate) fn tokens(answer: &Seen) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

//! Signing people in: at their own realm or with a local account, and the browser sessions that follow.
//!
//! **Invariant:** a session begins for whom the realm of this very sign-in vouches, in the browser that began it. What waits for
//! the realm's answer is sealed into a cookie of that browser, under the state's own name, so that two tabs never mix.

mod answer;
pub mod config;
pub mod cookies;
mod flow;
mod local;
mod logout;
pub mod pages;
mod provider;
mod rights;
pub mod sessions;
mod upstream;

use self::answer::{Refused, own_headers, refusal};
use self::config::{How, LocalConfig, RealmSignIn, SessionLifetimes, SignInConfig};
use self::cookies::Cookies;
use self::pages::{ChooserPage, EmailPage, Form, Notice, RealmChoice, SignInPages};
use self::provider::Provider;
use self::sessions::Sessions;
use super::accounts::attempts::Attempts;
use super::accounts::password::Hasher;
use super::accounts::{address, random_text};
use super::identity::{BrowserSessions, Ended, EndedBy, Ending, SignedIn};
use crate::caller::Principal;
use crate::edge::clock::Clock;
use crate::edge::config::ThrottleConfig;
use crate::edge::envelope::{ClientIp, RequestId};
use crate::edge::keys::Fetch;
use crate::edge::throttle::Throttle;
use crate::edge::token::{KnownRoles, Verifier};
use crate::mail::Mailer;
use crate::store::sign_in_accounts::AccountRealm;
use crate::store::{SealKey, Store};
use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Query, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use parking_lot::{Mutex, RwLock};
use postern_api::{Error, Result, TenantId};
use postern_policies::Realm;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// No form of ours is larger.
const FORM_BYTES: usize = 16 * 1024;
/// How often what the command line changed is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What happened, for the audit.
#[derive(Debug, Clone)]
pub struct SignInEvent {
    /// Whether somebody was signed in or out as asked; else it was refused.
    pub allowed: bool,
    /// What, or why not.
    pub code: &'static str,
    /// The tenant.
    pub tenant: Option<TenantId>,
    /// Who, where that is known.
    pub principal: Option<Principal>,
    /// The request's id.
    pub request_id: String,
}

/// Who is told what happened. Called on the request's way, so it must not block.
pub trait SignInEvents: Debug + Send + Sync + 'static {
    /// Something happened.
    fn happened(&self, event: &SignInEvent);
}

/// One realm that signs people in.
#[derive(Debug, Clone)]
pub struct OpenRealm {
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant's name, for people.
    pub tenant_name: String,
    /// The realm.
    pub realm: Realm,
    /// Its issuer, as configured.
    pub issuer: Arc<str>,
    /// How.
    pub sign_in: RealmSignIn,
}

/// What the sign-in is made of.
#[derive(Debug)]
pub struct SignInParts {
    /// `https://HOST`, without a slash at the end.
    pub origin: String,
    /// Where people go who wanted nothing else: a path of ours.
    pub home: String,
    /// What the gateway is called.
    pub service_name: String,
    /// The realms.
    pub realms: Vec<OpenRealm>,
    /// What holds for all.
    pub config: SignInConfig,
    /// How long sessions last.
    pub lifetimes: SessionLifetimes,
    /// The rates of strangers.
    pub throttle: ThrottleConfig,
    /// The store.
    pub store: Arc<Store>,
    /// Seals what waits in cookies.
    pub seal: SealKey,
    /// For form secrets.
    pub key: [u8; 32],
    /// Verifies ID and logout tokens.
    pub verifier: Arc<Verifier>,
    /// Fetches discovery documents.
    pub fetch: Arc<dyn Fetch>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The roles that the policy knows.
    pub roles: Arc<dyn KnownRoles>,
    /// Draws pages.
    pub pages: Arc<dyn SignInPages>,
    /// Sends mail, where a server is configured.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Is told what happened.
    pub events: Arc<dyn SignInEvents>,
}

/// How a realm at work signs people in.
#[derive(Debug)]
enum Means {
    Oidc(Box<Provider>),
    Local(LocalConfig),
}

/// One realm at work.
#[derive(Debug)]
struct Door {
    at: AccountRealm,
    issuer: Arc<str>,
    title: String,
    listed: bool,
    means: Means,
}

impl Door {
    fn path(&self) -> String {
        format!("/sign-in/{}/{}", self.at.tenant, self.at.realm.as_str())
    }
}

/// The sign-in.
#[derive(Debug)]
pub struct SignIn {
    home: String,
    origin: String,
    service_name: String,
    doors: Vec<Arc<Door>>,
    domains: HashMap<String, Arc<Door>>,
    config: SignInConfig,
    store: Arc<Store>,
    seal: SealKey,
    key: hmac::Key,
    cookies: Cookies,
    sessions: Arc<Sessions>,
    verifier: Arc<Verifier>,
    clock: Arc<dyn Clock>,
    roles: Arc<dyn KnownRoles>,
    pages: Arc<dyn SignInPages>,
    mailer: Option<Arc<dyn Mailer>>,
    events: Arc<dyn SignInEvents>,
    hasher: Hasher,
    attempts: Attempts,
    throttle: Throttle,
    flights: rights::Flights,
    /// Held by who ends what rests on changed accounts.
    settling: Mutex<()>,
    /// Who else holds what rests on a sign-in.
    endings: RwLock<Vec<Weak<dyn Ending>>>,
}

/// What is known of one request.
#[derive(Debug, Clone)]
struct Asked {
    id: Option<Extension<RequestId>>,
    ip: IpAddr,
}

#[derive(Debug, Default, Deserialize)]
struct Start {
    #[serde(default)]
    return_to: String,
    #[serde(default)]
    list: bool,
}

impl SignIn {
    /// Builds it. Fetches nothing yet.
    pub fn new(parts: SignInParts) -> Result<Arc<Self>> {
        let cookies = Cookies::new(parts.origin.starts_with("https://"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &parts.key);
        let http = provider::client().map_err(|e| Error::internal("http client").because(e))?;
        let mut domains = HashMap::new();
        let mut doors = Vec::new();
        for it in parts.realms {
            let at = AccountRealm { tenant: it.tenant, realm: it.realm };
            let redirect = format!("{}/sign-in/{}/{}/callback", parts.origin, at.tenant, at.realm.as_str());
            let means = match it.sign_in.how {
                How::Local(local) => Means::Local(local),
                How::Oidc(oidc) => {
                    let (fetch, clock) = (parts.fetch.clone(), parts.clock.clone());
                    Means::Oidc(Box::new(Provider::new(it.issuer.clone(), *oidc, redirect, fetch, clock, http.clone())))
                }
            };
            let words = if it.realm == Realm::Customer { "customers" } else { "staff" };
            let title = it.sign_in.title.unwrap_or_else(|| format!("{}: {words}", it.tenant_name));
            let door = Arc::new(Door { at, issuer: it.issuer, title, listed: it.sign_in.listed, means });
            domains.extend(it.sign_in.email_domains.into_iter().map(|domain| (domain, door.clone())));
            doors.push(door);
        }
        let (store, clock) = (parts.store, parts.clock);
        let sessions = Sessions::new(store.clone(), clock.clone(), parts.lifetimes, cookies, key.clone());
        Ok(Arc::new(Self {
            home: parts.home,
            origin: parts.origin,
            service_name: parts.service_name,
            doors,
            domains,
            config: parts.config,
            seal: parts.seal,
            key,
            cookies,
            sessions: Arc::new(sessions),
            verifier: parts.verifier,
            roles: parts.roles,
            pages: parts.pages,
            mailer: parts.mailer,
            events: parts.events,
            hasher: Hasher::new()?,
            attempts: Attempts::default(),
            throttle: Throttle::new(&parts.throttle),
            flights: rights::Flights::default(),
            settling: Mutex::default(),
            endings: RwLock::default(),
            store,
            clock,
        }))
    }

    /// Tells somebody from now on what ended, for as long as they are there: who rests on sign-ins has this one, so it keeps none
    /// of them alive.
    pub fn tell<T: Ending>(&self, ending: &Arc<T>) {
        let ending = Arc::downgrade(ending);
        self.endings.write().push(ending);
    }

    /// The routes. They guard themselves.
    pub fn routes(self: &Arc<Self>) -> Router {
        let gate = axum::middleware::from_fn_with_state(Arc::clone(self), gate);
        Router::new()
            .route("/sign-in", get(ask_address).post(find_realm))
            .route("/sign-in/{tenant}/{realm}", get(upstream::begin).post(local::password))
            .route("/sign-in/{tenant}/{realm}/callback", get(upstream::callback))
            .route("/sign-in/{tenant}/{realm}/code", get(local::ask_code).post(local::code))
            .route("/sign-in/{tenant}/{realm}/forgot", get(local::ask_reset).post(local::send_reset))
            .route("/sign-in/{tenant}/{realm}/reset", get(local::ask_password).post(local::reset))
            .route("/sign-out", get(logout::ask).post(logout::sign_out))
            .route("/signed-out", get(logout::signed_out))
            .route("/logout/{tenant}/{realm}", post(logout::back_channel))
            .route("/account/password", get(local::own::ask_change).post(local::own::change))
            .route("/account/totp", get(local::own::ask_setup).post(local::own::setup))
            .layer(gate)
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            .with_state(Arc::clone(self))
    }

    /// Acts on what changed while nobody looked; once before serving, then every half second until stopped.
    pub async fn tend(self: Arc<Self>, stop: CancellationToken) {
        loop {
            self.settle();
            self.sessions.flush();
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => break,
            }
        }
        self.sessions.flush();
    }

    /// Ends what rests on accounts that changed. When it returns, what had changed before it was called has ended: also where
    /// another was at it already, so that nothing which begins afterwards is ended with it.
    pub fn settle(&self) {
        let _one_at_a_time = self.settling.lock();
        let changes = match self.store.account_changes() {
            Ok(changes) => changes,
            Err(error) => return tracing::error!(%error, "changes of accounts could not be read"),
        };
        let Some(last) = changes.last().map(|it| it.seq) else { return };
        for change in changes {
            self.attempts.forget(&attempts_key(&change.at, &change.email));
            let door = self.doors.iter().find(|it| it.at == change.at);
            if let (true, Some(door)) = (change.ended, door) {
                let who = Principal { issuer: door.issuer.clone(), subject: change.account.into() };
                self.end(&change.at.tenant, &Ended::Person(who), EndedBy::AccountChanged);
            }
        }
        if let Err(error) = self.store.account_changes_done(last) {
            tracing::error!(%error, "changes of accounts could not be taken away");
        }
    }

    /// Ends it everywhere.
    fn end(&self, tenant: &TenantId, what: &Ended, by: EndedBy) {
        Ending::end(&*self.sessions, tenant, what, by);
        if let Ended::Person(who) = what
            && let Err(error) = self.store.set_refresh(tenant, who, None)
        {
            tracing::error!(%error, "a realm's refresh token could not be removed");
        }
        for ending in self.endings.read().iter().filter_map(Weak::upgrade) {
            ending.end(tenant, what, by);
        }
    }

    fn door(&self, tenant: &str, realm: &str) -> std::result::Result<&Arc<Door>, Refused> {
        let found = self.doors.iter().find(|it| it.at.tenant.as_str() == tenant && it.at.realm.as_str() == realm);
        found.ok_or_else(|| Refused::new("unknown_realm", StatusCode::NOT_FOUND, Notice::NotFound))
    }

    /// Binds a form to the cookie of the browser that it is shown in.
    fn form_secret(&self, cookie: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, format!("form {cookie}").as_bytes()))
    }

    /// The browser's cookie for forms, or a new one.
    fn form_cookie(&self, headers: &HeaderMap) -> Result<String> {
        let held = self.cookies.read(headers, "form").filter(|it| it.len() == 43);
        held.map_or_else(random_text, |it| Ok(it.to_owned()))
    }

    /// Refuses a form that was not shown in this browser, or comes from another site.
    fn check_form(&self, headers: &HeaderMap, sent: &str) -> std::result::Result<(), Refused> {
        let refused = || Refused::new("csrf", StatusCode::FORBIDDEN, Notice::Stale);
        let site = headers.get("sec-fetch-site").and_then(|it| it.to_str().ok());
        if site.is_some_and(|it| it != "same-origin") {
            return Err(refused());
        }
        let cookie = self.cookies.read(headers, "form").ok_or_else(refused)?;
        let expected = self.form_secret(cookie);
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), sent.as_bytes());
        same.map_err(|_| refused())
    }

    fn form(&self, cookie: &str, action: String, return_to: &str, problem: Option<&str>) -> Form {
        let return_to = cookies::own_path(return_to, &self.home);
        Form { action, csrf: self.form_secret(cookie), return_to, problem: problem.map(str::to_owned) }
    }

    fn chooser(&self, return_to: &str, problem: Option<&str>) -> ChooserPage {
        let to = cookies::own_path(return_to, &self.home);
        let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let listed = self.doors.iter().filter(|it| it.listed);
        let realms =
            listed.map(|it| RealmChoice { title: it.title.clone(), href: format!("{}?return_to={to}", it.path()) });
        let back = format!("/sign-in?return_to={to}");
        ChooserPage { realms: realms.collect(), back, problem: problem.map(str::to_owned) }
    }
}

fn attempts_key(at: &AccountRealm, email: &str) -> String {
    format!("{}/{}/{email}", at.tenant, at.realm.as_str())
}

impl BrowserSessions for SignIn {
    fn signed_in(&self, headers: &HeaderMap) -> Option<SignedIn> {
        self.sessions.of(headers).map(|it| it.signed_in.clone())
    }

    fn sign_in_path(&self, return_to: &str) -> String {
        let to: String = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        format!("/sign-in?return_to={to}")
    }
}

impl Ending for SignIn {
    /// Ends browser sessions; whoever calls tells the others.
    fn end(&self, tenant: &TenantId, what: &Ended, by: EndedBy) {
        Ending::end(&*self.sessions, tenant, what, by);
    }
}

/// Counts each request of an address, and gives every answer its headers.
async fn gate(State(desk): State<Arc<SignIn>>, mut request: Request, next: Next) -> Response {
    let ip = request.extensions().get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.0);
    let asked = Asked { id: request.extensions().get::<RequestId>().cloned().map(Extension), ip };
    request.extensions_mut().insert(asked.clone());
    let answer = match desk.throttle.stranger(ip) {
        Ok(()) => readable(&desk, &asked, next.run(request).await),
        Err(wait) => {
            let notice = Notice::TooMany { wait_secs: wait.as_secs() + 1 };
            refusal(&desk, &asked, Refused::new("throttled", StatusCode::TOO_MANY_REQUESTS, notice))
        }
    };
    own_headers(answer)
}

/// A form or an address that cannot be read is refused by the framework in its own words; a person gets a page.
fn readable(desk: &SignIn, asked: &Asked, answer: Response) -> Response {
    let kind = answer.headers().get(http::header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let bare = kind.is_some_and(|it| it.starts_with(b"text/plain"));
    if answer.status().is_client_error() && bare {
        return refusal(desk, asked, Refused::new("unreadable", answer.status(), Notice::Stale));
    }
    answer
}

async fn ask_address(
    State(desk): State<Arc<SignIn>>,
    Extension(asked): Extension<Asked>,
    Query(start): Query<Start>,
    headers: HeaderMap,
) -> Response {
    let to = cookies::own_path(&start.return_to, &desk.home);
    if desk.signed_in(&headers).is_some() {
        return answer::redirect(&to, vec![]);
    }
    if start.list && desk.config.chooser {
        return answer::page(StatusCode::OK, desk.pages.chooser(&desk.chooser(&to, None)), vec![]);
    }
    answer::or_refusal(&desk, &asked, email_page(&desk, &headers, &to, "", None))
}

fn email_page(
    desk: &SignIn,
    headers: &HeaderMap,
    to: &str,
    email: &str,
    problem: Option<&str>,
) -> std::result::Result<Response, Refused> {
    let cookie = desk.form_cookie(headers)?;
    let to_word: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    let page = EmailPage {
        form: desk.form(&cookie, "/sign-in".into(), to, problem),
        email: email.to_owned(),
        chooser: desk.config.chooser.then(|| format!("/sign-in?list=true&return_to={to_word}")),
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(answer::page(status, desk.pages.email(&page), vec![desk.cookies.set("form", Some(&cookie), None)]))
}

#[derive(Debug, Default, Deserialize)]
struct AddressForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    return_to: String,
    #[serde(default)]
    email: String,
}

async fn find_realm(
    State(desk): State<Arc<SignIn>>,
    Extension(asked): Extension<Asked>,
    headers: HeaderMap,
    axum::Form(form): axum::Form<AddressForm>,
) -> Response {
    let work = async {
        desk.check_form(&headers, &form.csrf)?;
        let to = cookies::own_path(&form.return_to, &desk.home);
        let Some(email) = address(&form.email) else {
            return email_page(&desk, &headers, &to, "", Some("enter an e-mail address such as jane@acme.example"));
        };
        let domain = email.rsplit('@').next().unwrap_or_default();
        match desk.domains.get(domain) {
            Some(door) => match &door.means {
                Means::Oidc(_) => upstream::lead(&desk, door, &to, Some(&email), &headers, true).await,
                Means::Local(_) => local::password_page(&desk, door, &headers, &to, &email, None),
            },
            None if desk.config.chooser => {
                let chooser = desk.chooser(&to, Some("choose where you belong"));
                Ok(answer::page(StatusCode::OK, desk.pages.chooser(&chooser), vec![]))
            }
            None => {
                let problem = "nobody signs in here with addresses of this domain; ask your administrator";
                email_page(&desk, &headers, &to, "", Some(problem))
            }
        }
    };
    let outcome = work.await;
    answer::or_refusal(&desk, &asked, outcome)
}

#[cfg(test)]
mod tests;

//! The web pages over HTTP. Who is signed in says a cookie that holds a realm's token, which is believed here as it stands: the
//! sign-in itself has tests of its own.

pub(crate) mod approvals;
mod everywhere;
mod organisations;
mod pages;
mod requests;
mod unanswered;
mod unreadable;

use crate::gateway::{Gateway, OTHER_TENANT, Person, TENANT, claims_of};
use axum::Router;
use http::{HeaderMap, header};
use parking_lot::Mutex;
use postern::app::Parts;
use postern::authority::identity::{BrowserSessions, Identity, SignedIn};
use postern::authority::pages::Publisher;
use postern::authority::{Connected, RevokedBy};
use postern::caller::Principal;
use postern::console::{self, Budget, ConnectedClients, Console, Health, Healths};
use postern_api::{OrganisationId, Result, TenantId};
use postern_policies::Realm;
use reqwest::{Method, StatusCode};
use std::sync::Arc;

/// A name that would do harm if it was believed.
const HOSTILE: &str = "<script>alert('canary')</script>\u{202e}edualC\u{200b} <img src=//evil.example>";

#[derive(Debug)]
struct Believing;

impl BrowserSessions for Believing {
    fn signed_in(&self, headers: &HeaderMap) -> Option<SignedIn> {
        let cookie = headers.get(header::COOKIE)?.to_str().ok()?;
        let token = cookie.strip_prefix("person=")?;
        let claims = claims_of(token);
        let text = |key: &str| claims[key].as_str().unwrap_or_default();
        let issuer = text("iss");
        let (other, desk) = (issuer.contains("/other/"), issuer.split("/desks/").nth(1));
        let desk = desk.and_then(|it| it.split('/').next());
        let customer = issuer.contains("customer");
        let identity = Identity {
            principal: Principal { issuer: issuer.into(), subject: text("sub").into() },
            realm: if customer { Realm::Customer } else { Realm::Employee },
            tenant: TenantId::new(desk.unwrap_or(if other { OTHER_TENANT } else { TENANT })).unwrap(),
            organisation: claims["organization_id"].as_str().map(|it| OrganisationId::new(it).unwrap()),
            assigned: None,
            roles: claims["realm_access"]["roles"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap().into())
                .collect(),
            name: claims["name"].as_str().map(Into::into),
            email: None,
            realm_session: None,
            signed_in_at: 0,
        };
        let csrf = format!("secret-of-{}-{}", identity.tenant, text("sub")).into();
        Some(SignedIn { identity: Arc::new(identity), session: text("sub").into(), csrf })
    }

    fn sign_in_path(&self, return_to: &str) -> String {
        format!("/sign-in?to={return_to}")
    }
}

/// Everybody has one client, whose name says whose it is; what was revoked; and who else is connected, by name.
#[derive(Debug, Default)]
pub(crate) struct Clients(Mutex<Vec<(TenantId, String, RevokedBy)>>, Mutex<Vec<(Principal, String)>>);

impl Clients {
    /// Somebody of the first tenant is connected.
    fn know(&self, person: &Person, name: &str) {
        let claims = claims_of(&person.token);
        let text = |key: &str| Arc::from(claims[key].as_str().unwrap());
        self.1.lock().push((Principal { issuer: text("iss"), subject: text("sub") }, name.to_owned()));
    }
}

fn connected(tenant: &TenantId, subject: &str) -> Connected {
    Connected {
        grant: format!("g-{subject}").into(),
        principal: Principal { issuer: "i".into(), subject: subject.into() },
        person: Some(format!("person-canary-{tenant}").into()),
        name: format!("canary-{tenant}-{subject}"),
        client: "c".into(),
        publisher: Publisher::Unknown,
        authorised_at: 1_790_000_000,
        used_at: None,
        sessions: 1,
        scopes: Vec::new(),
    }
}

impl ConnectedClients for Clients {
    fn connected(&self, tenant: &TenantId, principal: &Principal) -> Result<Vec<Connected>> {
        let hostile = Connected { name: HOSTILE.to_owned(), ..connected(tenant, "hostile") };
        Ok(vec![connected(tenant, &principal.subject), hostile])
    }

    fn connected_in(&self, tenant: &TenantId, skip: u32, _limit: u32) -> Result<Vec<Connected>> {
        let others = self.1.lock();
        let others = others.iter().filter(|_| tenant.as_str() == TENANT).map(|(principal, name)| Connected {
            principal: principal.clone(),
            person: Some(name.as_str().into()),
            ..connected(tenant, &principal.subject)
        });
        Ok(if skip == 0 { std::iter::once(connected(tenant, "anybody")).chain(others).collect() } else { Vec::new() })
    }

    fn revoke(&self, tenant: &TenantId, principal: &Principal, grant: &str, by: RevokedBy) -> Result<bool> {
        let mine = grant == format!("g-{}", principal.subject);
        let found = mine || by == RevokedBy::Administrator && grant == "g-anybody";
        if found {
            self.0.lock().push((tenant.clone(), grant.to_owned(), by));
        }
        Ok(found)
    }
}

/// Nobody asked the systems; each has a limit, and was asked to slow down.
#[derive(Debug)]
struct Paused;

impl Healths for Paused {
    fn last(&self, _: &TenantId, _: &str) -> Option<Health> {
        None
    }

    fn budget(&self, tenant: &TenantId, system: &str) -> Option<Budget> {
        let ours = tenant.as_str() == TENANT && system == "embedded";
        ours.then_some(Budget { left: 45, waiting: 3, paused_secs: 12 })
    }

    fn left_alone_secs(&self, tenant: &TenantId, system: &str) -> Option<u64> {
        (tenant.as_str() == TENANT && system == "embedded").then_some(7)
    }
}

/// The console of a test's gateway.
pub(crate) fn pages(parts: &Parts, url: &str, clients: &Arc<Clients>) -> Router {
    console::routes(Console {
        mcp_url: url.to_owned(),
        server: "Postern demo".into(),
        sign_out: "/sign-out".into(),
        tenants: parts.tenants.clone(),
        sessions: Arc::new(Believing),
        clients: clients.clone(),
        host: Arc::new(parts.gate.clone()),
        confirmations: parts.store.clone(),
        actions: parts.store.clone(),
        policies: parts.engine.clone(),
        journal: parts.journal.clone(),
        ledger: Arc::new(parts.journal.clone()),
        healths: Arc::new(Paused),
        organisations: parts.organisations.clone(),
    })
}

/// An answer.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Gateway {
    /// Says yes on the page of approvals as this person; the page's status.
    pub(crate) async fn approves(&self, person: &Person, id: &str) -> StatusCode {
        let browser = Browser::of(self, Some(person));
        let form = [("csrf", &*browser.csrf()), ("decision", "approve"), ("reason", "looked at it")];
        browser.post(&format!("/console/approvals/{id}"), &form).await.status
    }

    /// What this person sees on a page.
    pub(crate) async fn page(&self, person: &Person, path: &str) -> String {
        Browser::of(self, Some(person)).get(path).await.text
    }
}

/// A browser, perhaps with somebody signed in.
struct Browser<'a> {
    gateway: &'a Gateway,
    token: Option<String>,
    http: reqwest::Client,
}

impl<'a> Browser<'a> {
    fn of(gateway: &'a Gateway, person: Option<&Person>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { gateway, token: person.map(|it| it.token.clone()), http }
    }

    fn csrf(&self) -> String {
        let headers = HeaderMap::from_iter([(
            header::COOKIE,
            format!("person={}", self.token.as_deref().unwrap()).parse().unwrap(),
        )]);
        Believing.signed_in(&headers).unwrap().csrf.to_string()
    }

    async fn send(&self, method: Method, path: &str, form: &[(&str, &str)], extra: &[(&str, &str)]) -> Page {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.gateway.origin));
        if let Some(token) = &self.token {
            request = request.header(header::COOKIE, format!("person={token}"));
        }
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        if method == Method::POST {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Page { status, headers, text: response.text().await.unwrap() }
    }

    async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[], &[]).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(Method::POST, path, form, &[]).await
    }
}

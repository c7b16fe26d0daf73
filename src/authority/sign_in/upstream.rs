//! Signing in at a realm's own issuer (OpenID Connect Core 1.0 section 3.1, PKCE, RFC 9207).

use super::answer::{self, Refused, or_refusal};
use super::flow::{Flow, LIFE};
use super::pages::{Notice, Onward};
use super::provider::Trouble;
use super::{Asked, Door, Means, SignIn, SignInEvent, cookies, local};
use crate::authority::accounts::random_text;
use crate::authority::identity::Identity;
use crate::edge::token::{IdExpected, Person};
use crate::store::sign_in_sessions::Which;
use axum::extract::{Extension, Path, Query, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    return_to: String,
}

/// `GET /sign-in/{tenant}/{realm}`: to the issuer, or the password page of local accounts.
pub(super) async fn begin(
    State(desk): State<Arc<SignIn>>,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Path<(String, String)>,
    Query(begin): Query<Begin>,
    headers: HeaderMap,
) -> Response {
    let work = async {
        let door = desk.door(&tenant, &realm)?;
        let to = cookies::own_path(&begin.return_to, &desk.home);
        match &door.means {
            Means::Oidc(_) => lead(&desk, door, &to, None, &headers, false).await,
            Means::Local(_) => local::password_page(&desk, door, &headers, &to, "", None),
        }
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}

/// Leads to the issuer: by a page after a form, else by a redirect.
pub(super) async fn lead(
    desk: &SignIn,
    door: &Door,
    to: &str,
    hint: Option<&str>,
    headers: &HeaderMap,
    after_form: bool,
) -> Result<Response, Refused> {
    let Means::Oidc(provider) = &door.means else { return Err(Refused::failed("no_issuer")) };
    let endpoints = provider.endpoints().await.map_err(|it| troubled(it, door))?;
    let flow = Flow {
        door: door.path(),
        state: random_text()?,
        nonce: random_text()?,
        verifier: random_text()?,
        return_to: to.to_owned(),
        ends_at: desk.clock.unix_secs() + LIFE,
        account: None,
        secret: None,
    };
    let way = provider.way(&endpoints, &flow.state, &flow.nonce, &flow.verifier, hint);
    let cookies = desk.keep_flow(&flow, headers)?;
    if !after_form {
        return Ok(answer::redirect(way.as_str(), cookies));
    }
    let onward = Onward { host: way.host_str().map(str::to_owned), href: way.into() };
    Ok(answer::page(StatusCode::OK, desk.pages.onward(&onward), cookies))
}

fn troubled(trouble: Trouble, door: &Door) -> Refused {
    match trouble {
        Trouble::Unavailable(code) => Refused::new(code, StatusCode::SERVICE_UNAVAILABLE, Notice::RealmUnavailable),
        Trouble::Refused(code) => Refused::failed(code),
    }
    .at(&door.at.tenant)
}

/// What an issuer answers through the browser. A parameter that comes twice is refused by the parser.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Callback {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// `GET /sign-in/{tenant}/{realm}/callback`.
pub(super) async fn callback(
    State(desk): State<Arc<SignIn>>,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Path<(String, String)>,
    query: Result<Query<Callback>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let work = async {
        let door = desk.door(&tenant, &realm)?;
        let Query(sent) = query.map_err(|_| Refused::failed("callback").at(&door.at.tenant))?;
        finish(&desk, door, &sent, &headers, &asked).await.map_err(|it| it.at(&door.at.tenant))
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}

async fn finish(
    desk: &SignIn,
    door: &Door,
    sent: &Callback,
    headers: &HeaderMap,
    asked: &Asked,
) -> Result<Response, Refused> {
    let Means::Oidc(provider) = &door.means else { return Err(Refused::failed("no_issuer")) };
    let flow = desk.flow(&sent.state, &door.path(), headers)?;
    desk.use_flow(&flow)?;
    let endpoints = provider.endpoints().await.map_err(|it| troubled(it, door))?;
    match &sent.iss {
        Some(iss) if **iss != *door.issuer => return Err(Refused::failed("iss_mismatch")),
        None if endpoints.names_itself => return Err(Refused::failed("iss_missing")),
        Some(_) | None => {}
    }
    if sent.error.is_some() {
        return Err(Refused::failed("realm_error"));
    }
    let code = sent.code.as_deref().filter(|it| !it.is_empty()).ok_or(Refused::failed("code_missing"))?;
    let tokens = provider.exchange(code, &flow.verifier).await.map_err(|it| troubled(it, door))?;
    let id = tokens.id.ok_or(Refused::failed("no_id_token"))?;
    let expected = IdExpected {
        issuer: &door.issuer,
        client: &provider.config.client_id,
        nonce: Some(&flow.nonce),
        access_token: tokens.access.as_deref(),
    };
    let person = desk.verifier.id_token(&id, expected).await.map_err(|it| Refused::failed(it.code()))?;
    let identity = identity_of(person, desk.clock.unix_secs());
    if provider.config.keep_refresh_token {
        desk.store.set_refresh(&identity.tenant, &identity.principal, tokens.refresh.as_deref())?;
    }
    let mut cookies = desk.sign_in(&identity, endpoints.end_session.is_some().then_some(id), headers, asked)?;
    cookies.push(desk.forget_flow(&flow));
    Ok(answer::redirect(&flow.return_to, cookies))
}

pub(super) fn identity_of(it: Person, now: i64) -> Identity {
    Identity {
        principal: it.principal,
        realm: it.realm,
        tenant: it.tenant,
        organisation: it.organisation,
        assigned: it.assigned,
        roles: it.roles,
        name: it.name,
        email: it.email,
        realm_session: it.session,
        signed_in_at: now,
    }
}

impl SignIn {
    /// Begins a session in place of whatever this browser had; the cookies that say so.
    pub(super) fn sign_in(
        &self,
        identity: &Identity,
        id_token: Option<String>,
        headers: &HeaderMap,
        asked: &Asked,
    ) -> Result<Vec<Option<HeaderValue>>, Refused> {
        if let Some(before) = self.sessions.of(headers) {
            self.sessions.end(&before.signed_in.identity.tenant, Which::One(&before.digest));
        }
        let cookie = self.sessions.begin(identity, id_token)?;
        self.events.happened(&SignInEvent {
            allowed: true,
            code: "signed_in",
            tenant: Some(identity.tenant.clone()),
            principal: Some(identity.principal.clone()),
            request_id: asked.id.as_ref().map(|it| it.0.0.to_string()).unwrap_or_default(),
        });
        Ok(vec![self.cookies.set("session", Some(&cookie), None), self.cookies.set("form", None, None)])
    }
}

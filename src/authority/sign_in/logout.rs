//! Signing out: by the person, and by the realm (OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0).

use super::answer::{self, Refused, or_refusal};
use super::pages::{Form, MessagePage, Notice, Onward, SignOutPage};
use super::{Asked, Means, SignIn, SignInEvent, cookies};
use crate::authority::accounts::digest_of;
use crate::authority::identity::{Ended, EndedBy};
use crate::caller::Principal;
use crate::edge::reason::Reason;
use crate::edge::token::IdRefused;
use crate::store::sign_in_sessions::Which;
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SignOutForm {
    csrf: String,
    return_to: String,
}

/// Where somebody goes on who signed out to be somebody else: a path of ours, or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Onwards {
    return_to: String,
    /// The same, as the realm gives it back.
    state: String,
}

/// `GET /sign-out`: asks.
pub(super) async fn ask(
    State(desk): State<Arc<SignIn>>,
    Query(onwards): Query<Onwards>,
    headers: HeaderMap,
) -> Response {
    let Some(session) = desk.sessions.of(&headers) else { return answer::redirect("/signed-out", vec![]) };
    let it = &session.signed_in;
    let return_to = cookies::own_path(&onwards.return_to, "");
    let form = Form { action: "/sign-out".into(), csrf: it.csrf.to_string(), return_to, problem: None };
    let who = it.identity.name.as_deref().or(it.identity.email.as_deref()).unwrap_or_default().to_owned();
    answer::page(StatusCode::OK, desk.pages.sign_out(&SignOutPage { form, who }), vec![])
}

/// `POST /sign-out`: ends this browser's session here, and at the realm where that can be asked.
pub(super) async fn sign_out(
    State(desk): State<Arc<SignIn>>,
    Extension(asked): Extension<Asked>,
    headers: HeaderMap,
    axum::Form(form): axum::Form<SignOutForm>,
) -> Response {
    let work = async {
        let session = desk.signed_in_form(&headers, &form.csrf)?;
        let to = cookies::own_path(&form.return_to, "");
        let identity = &session.signed_in.identity;
        desk.sessions.end(&identity.tenant, Which::One(&session.digest));
        desk.events.happened(&SignInEvent {
            allowed: true,
            code: "signed_out",
            tenant: Some(identity.tenant.clone()),
            principal: Some(identity.principal.clone()),
            request_id: asked.id.as_ref().map(|it| it.0.0.to_string()).unwrap_or_default(),
        });
        let cookies = vec![desk.cookies.set("session", None, None)];
        let door = desk.doors.iter().find(|it| it.issuer == identity.principal.issuer);
        if let Some(Means::Oidc(provider)) = door.map(|it| &it.means)
            && let Ok(endpoints) = provider.endpoints().await
            && let Some(mut url) = endpoints.end_session.clone()
        {
            url.query_pairs_mut()
                .append_pair("client_id", &provider.config.client_id)
                .append_pair("post_logout_redirect_uri", &format!("{}/signed-out", desk.origin))
                .extend_pairs(session.id_token.iter().map(|it| ("id_token_hint", it)))
                .extend_pairs(Some(&to).filter(|it| !it.is_empty()).map(|it| ("state", it)));
            let onward = Onward { host: url.host_str().map(str::to_owned), href: url.into() };
            return Ok(answer::page(StatusCode::OK, desk.pages.onward(&onward), cookies));
        }
        Ok(answer::page(StatusCode::OK, desk.pages.message(&message(&to)), cookies))
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}

fn message(to: &str) -> MessagePage {
    let next = match to {
        "" => "/sign-in".to_owned(),
        to => format!("/sign-in?return_to={}", url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>()),
    };
    MessagePage { notice: Notice::SignedOut, request_id: None, next }
}

/// `GET /signed-out`: where the realm sends a browser back.
pub(super) async fn signed_out(State(desk): State<Arc<SignIn>>, Query(onwards): Query<Onwards>) -> Response {
    let to = cookies::own_path(&onwards.state, "");
    answer::page(StatusCode::OK, desk.pages.message(&message(&to)), vec![])
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct LogoutForm {
    #[serde(default)]
    logout_token: String,
}

/// `POST /logout/{tenant}/{realm}`: the realm tells that a session ended. Answered once everything has ended.
pub(super) async fn back_channel(
    State(desk): State<Arc<SignIn>>,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Path<(String, String)>,
    form: Result<axum::Form<LogoutForm>, axum::extract::rejection::FormRejection>,
) -> Response {
    let work = async {
        let door = desk.door(&tenant, &realm)?;
        let refused = |code| Refused::failed(code).at(&door.at.tenant);
        let Means::Oidc(provider) = &door.means else { return Err(refused("no_issuer")) };
        let axum::Form(form) = form.map_err(|_| refused("logout_form"))?;
        let client = &provider.config.client_id;
        let told = desk.verifier.logout_token(&form.logout_token, &door.issuer, client).await;
        let told = told.map_err(|it| {
            let unavailable = it == IdRefused::Token(Reason::KeysUnavailable);
            let status = if unavailable { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_REQUEST };
            Refused { status, ..refused(it.code()) }
        })?;
        let once = digest_of(&format!("{} {}", told.issuer, told.token_id));
        if !desk.store.first_use(&once, desk.clock.unix_secs(), told.forget_after)? {
            return Err(refused("logout_replayed"));
        }
        let principal = told.subject.map(|subject| Principal { issuer: told.issuer.clone(), subject });
        let ended = match (told.session, &principal) {
            (Some(session), _) => Ended::RealmSession { issuer: told.issuer, session },
            (None, Some(who)) => Ended::Person(who.clone()),
            (None, None) => return Err(refused("no_logout")),
        };
        desk.end(&told.tenant, &ended, EndedBy::RealmLogout);
        Ok(principal)
    };
    let (tenant, principal) = match work.await {
        Ok(principal) => (desk.door(&tenant, &realm).ok().map(|it| it.at.tenant.clone()), principal),
        Err(refused) => {
            let status = refused.status;
            // The audit learns why; the sender learns that.
            let _ = answer::refusal(&desk, &asked, refused);
            return (status, Json(serde_json::json!({"error": "invalid_request"}))).into_response();
        }
    };
    desk.events.happened(&SignInEvent {
        allowed: true,
        code: "realm_logout",
        tenant,
        principal,
        request_id: asked.id.as_ref().map(|it| it.0.0.to_string()).unwrap_or_default(),
    });
    StatusCode::OK.into_response()
}

//! The authorization endpoint (RFC 6749 section 4.1.1): from a client's request to a person who is asked.
//!
//! **Invariant:** nobody is redirected to an address that is not the client's; and the client is named to the person before
//! they are sent to sign in.

use super::answer::{page, params, see_other};
use super::client::csrf_matches;
use super::consent::onward;
use super::flow::{Asked, Flow};
use super::pages::ConnectView;
use super::{Authority, redirect};
use crate::authority::events::Event;
use crate::caller::RequestId;
use axum::Extension;
use axum::extract::{RawForm, RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use postern_api::ErrorKind;
use std::sync::Arc;

type Said = (&'static str, &'static str, &'static str);

const NO_CLIENT: Said = (
    "This client is not known",
    "Connect again from your AI client; if that does not help, remove this server there and add it anew.",
    "invalid_client",
);
const BAD_REDIRECT: Said = (
    "This client may not be answered there",
    "The address that it named is not one of its own. Do not try again unless you trust where this link came from.",
    "invalid_redirect_uri",
);
const BAD_REQUEST: Said = ("This request cannot be read", "Connect again from your AI client.", "invalid_request");
pub(super) const NO_FLOW: Said = (
    "This page is no longer valid",
    "It was used before, took more than ten minutes, or belongs to another browser. Connect again from your AI client.",
    "invalid_request",
);
const UNAVAILABLE: Said = ("Not possible just now", "Try again in a moment.", "temporarily_unavailable");

/// `GET /authorize`.
pub(super) async fn authorize(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    authority.begin_request(&query.unwrap_or_default(), &headers, &id).await
}

impl Authority {
    pub(super) fn refused(&self, code: &'static str, client: Option<&str>, id: &RequestId) {
        self.events.tell(&Event { code, refused: true, client, request_id: &id.0, ..Event::default() });
    }

    async fn begin_request(&self, query: &str, headers: &HeaderMap, id: &RequestId) -> Response {
        let stop = |said, code, client: Option<&str>| {
            self.refused(code, client, id);
            self.error_page(StatusCode::BAD_REQUEST, said, id, None)
        };
        let Ok(params) = params(query) else { return stop(BAD_REQUEST, "repeated_parameter", None) };
        let asked = |name: &str| params.get(name).map(String::as_str);
        let found = match asked("client_id") {
            Some(id) => self.client(id).await,
            None => Ok(None),
        };
        let client = match found {
            Ok(Some(client)) => client,
            Ok(None) => return stop(NO_CLIENT, "unknown_client", None),
            Err(error) => {
                if error.kind() != ErrorKind::Unavailable {
                    tracing::error!(error = %error, "a client could not be read");
                }
                self.refused("client_unavailable", None, id);
                return self.error_page(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, id, None);
            }
        };
        let redirect_uri = asked("redirect_uri").filter(|asked| {
            redirect::registrable(asked).is_some() && client.redirect_uris.iter().any(|it| redirect::matches(it, asked))
        });
        let Some(redirect_uri) = redirect_uri else {
            return stop(BAD_REDIRECT, "redirect_uri", Some(&client.id));
        };
        let state = asked("state").map(str::to_owned);
        let refuse = |error: &'static str, says: &'static str, code: &'static str| {
            self.refused(code, Some(&client.id), id);
            let to = self.back_to(redirect_uri, state.as_deref(), &[("error", error), ("error_description", says)]);
            self.answer_client(&client, redirect_uri, &to, id)
        };
        if state.as_ref().is_some_and(|it| it.len() > 2_048) {
            return refuse("invalid_request", "state is too long", "state");
        }
        if asked("request").is_some() {
            return refuse("request_not_supported", "send the parameters themselves", "request_object");
        }
        if asked("request_uri").is_some() {
            return refuse("request_uri_not_supported", "send the parameters themselves", "request_uri");
        }
        if asked("response_type") != Some("code") {
            return refuse("unsupported_response_type", "response_type has to be code", "response_type");
        }
        if asked("response_mode").is_some_and(|it| it != "query") {
            return refuse("invalid_request", "response_mode has to be query", "response_mode");
        }
        let challenge = asked("code_challenge").filter(|it| is_pkce(it) && it.len() == 43);
        let (Some(challenge), Some("S256")) = (challenge, asked("code_challenge_method")) else {
            return refuse("invalid_request", "a code_challenge with the method S256 is needed", "pkce");
        };
        // Of two clients with one challenge, one has it from the other.
        let sent_by = self.challenges.get_with(challenge.to_owned(), || Arc::clone(&client.id));
        if sent_by != client.id {
            return refuse("invalid_request", "this code_challenge was another client's", "pkce_of_another_client");
        }
        if asked("resource").is_some_and(|it| it != self.resource) {
            return refuse("invalid_target", "resource has to be the URL of this server", "resource");
        }
        let Some(requested) = self.scopes.requested(asked("scope")) else {
            return refuse("invalid_scope", "none of these scopes is known here", "scope");
        };
        let prompts: Vec<&str> = asked("prompt").unwrap_or_default().split(' ').filter(|it| !it.is_empty()).collect();
        let signed_in = self.sessions.signed_in(headers);
        let silent = prompts.contains(&"none");
        if silent && prompts.len() > 1 {
            return refuse("invalid_request", "prompt none stands alone", "prompt");
        }
        if silent && signed_in.is_none() {
            return refuse("login_required", "a person has to sign in", "prompt_none");
        }
        let begun = self.begin(
            Asked {
                client: Arc::clone(&client),
                redirect_uri: redirect_uri.to_owned(),
                state: state.clone(),
                challenge: challenge.to_owned(),
                requested,
                sign_in_anew: prompts.contains(&"login") || prompts.contains(&"select_account"),
                ask_anew: prompts.contains(&"consent"),
            },
            headers,
        );
        let (flow_id, flow, cookie) = match begun {
            Ok(begun) => begun,
            Err(_) => return self.error_page(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, id, None),
        };
        if let Some(person) = signed_in.as_ref().filter(|_| silent) {
            return match self.agreed(&flow, person).filter(|_| self.take_flow(&flow_id)) {
                Some(scopes) => self.conclude(&flow, person, &scopes, id),
                None => {
                    self.take_flow(&flow_id);
                    refuse("consent_required", "a person has to be asked", "prompt_none")
                }
            };
        }
        let mut response = match signed_in.filter(|_| !flow.sign_in_anew) {
            Some(person) => self.ask(&flow_id, &flow, &person, None, id),
            None => self.introduce(&flow_id, &flow),
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Sends an answer before any person was asked. To addresses that nobody vouches for a person follows by hand: this server
    /// is no open redirector (RFC 9700 section 4.11).
    fn answer_client(&self, client: &super::client::Client, redirect_uri: &str, to: &str, id: &RequestId) -> Response {
        let target = redirect::registrable(redirect_uri);
        if client.is_trusted() || target == Some(redirect::Target::Loopback) {
            return see_other(to);
        }
        let host = self.view(client, redirect_uri).redirect_to;
        self.error_page(StatusCode::BAD_REQUEST, BAD_REQUEST, id, Some((host, to.to_owned())))
    }

    fn introduce(&self, id: &Arc<str>, flow: &Flow) -> Response {
        let view = ConnectView {
            server: Arc::clone(&self.server),
            client: self.view(&flow.client, &flow.redirect_uri),
            action: "/authorize/sign-in",
            flow: Arc::clone(id),
            csrf: Arc::clone(&flow.csrf),
        };
        // Who is signed in by then, and agreed before, comes out at the client; a realm is reached from a page of its own.
        page(self.pages.connect(&view), StatusCode::OK, Some(&onward(&flow.redirect_uri)))
    }
}

/// `POST /authorize/sign-in`: the person saw who asks, and goes on to sign in.
pub(super) async fn sign_in(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let form = params(&String::from_utf8_lossy(&body)).unwrap_or_default();
    let found = authority.flow(form.get("flow"), &headers);
    let Some((flow_id, _)) = found.filter(|(_, flow)| csrf_matches(form.get("csrf"), &flow.csrf)) else {
        authority.refused("flow", None, &id);
        return authority.error_page(StatusCode::FORBIDDEN, NO_FLOW, &id, None);
    };
    see_other(&authority.sessions.sign_in_path(&format!("/authorize/continue?flow={flow_id}")))
}

/// `GET /authorize/continue`: back from the sign-in.
pub(super) async fn resume(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = params(&query.unwrap_or_default()).unwrap_or_default();
    let Some((flow_id, flow)) = authority.flow(query.get("flow"), &headers) else {
        authority.refused("flow", None, &id);
        return authority.error_page(StatusCode::BAD_REQUEST, NO_FLOW, &id, None);
    };
    let fresh = |at: i64| !flow.sign_in_anew || at >= flow.began_at;
    match authority.sessions.signed_in(&headers).filter(|it| fresh(it.identity.signed_in_at)) {
        Some(person) => authority.ask(&flow_id, &flow, &person, None, &id),
        None => authority.introduce(&flow_id, &flow),
    }
}

/// RFC 7636 section 4.1.
pub(super) fn is_pkce(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_' | b'~'))
}

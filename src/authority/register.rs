//! Dynamic client registration (RFC 7591), for the clients that know no other way.

use super::answer::json_answer;
use super::client::{ClientKeys, Metadata};
use super::fetch::address::DocumentUrl;
use super::secret::{hashed, id as new_id, secret};
use super::{Authority, redirect};
use crate::authority::events::Event;
use crate::caller::RequestId;
use crate::edge::envelope::ClientIp;
use crate::edge::json;
use crate::edge::peer::NOBODY;
use crate::store::authority::RegisteredClient;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use postern_api::ErrorKind;
use serde_json::{Map, Value, json as value};
use std::sync::Arc;

const REDIRECTS: usize = 10;

type Wrong = (&'static str, &'static str);

/// `POST /register`.
pub(super) async fn register(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    address: Option<Extension<ClientIp>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !authority.registrations.allows(address.map_or(NOBODY, |it| it.0.0)) {
        authority.refused("registration_rate", None, &id);
        let mut answer =
            refusal(StatusCode::TOO_MANY_REQUESTS, ("temporarily_unavailable", "too many registrations, wait"));
        answer.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("60"));
        return answer;
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let is_json = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
    let read = match json::parse(&body, 8) {
        Ok(Value::Object(sent)) if is_json => read(&sent),
        _ => Err(("invalid_client_metadata", "send one JSON object as application/json")),
    };
    let read = read.and_then(|it| match it.jwks_uri.as_deref().and_then(DocumentUrl::parse) {
        Some(uri) if !authority.config.client_documents.takes(uri.host()) => {
            Err(("invalid_client_metadata", "this server fetches nothing from there; send the keys themselves as jwks"))
        }
        Some(_) | None => Ok(it),
    });
    let kept = read.map_err(|it| (StatusCode::BAD_REQUEST, it)).and_then(|it| authority.keep(it, &id));
    match kept {
        Ok(answer) => json_answer(StatusCode::CREATED, answer),
        Err((status, wrong)) => {
            authority.refused("registration", None, &id);
            refusal(status, wrong)
        }
    }
}

fn refusal(status: StatusCode, (error, says): Wrong) -> Response {
    json_answer(status, value!({"error": error, "error_description": says}))
}

fn text<'a>(sent: &'a Map<String, Value>, name: &str, limit: usize) -> Result<Option<&'a str>, Wrong> {
    match sent.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(it)) if it.len() <= limit => Ok(Some(it)),
        Some(_) => Err(("invalid_client_metadata", "a text is too long or no text")),
    }
}

fn list<'a>(sent: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, Wrong> {
    let wrong = ("invalid_client_metadata", "a list is no list of texts");
    match sent.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            items.iter().map(|it| it.as_str().ok_or(wrong)).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong),
    }
}

/// What a client says of itself, if we can do it. What we do not know is left out, as section 2 wants it.
fn read(sent: &Map<String, Value>) -> Result<Metadata, Wrong> {
    let redirect_uris = list(sent, "redirect_uris")?.unwrap_or_default();
    if redirect_uris.is_empty() || redirect_uris.len() > REDIRECTS {
        return Err(("invalid_redirect_uri", "name one to ten redirect_uris"));
    }
    let targets: Option<Vec<_>> = redirect_uris.iter().map(|it| redirect::registrable(it)).collect();
    let targets = targets.ok_or((
        "invalid_redirect_uri",
        "use https, http on localhost, 127.0.0.1 or [::1], or an application's own scheme, without fragment or user",
    ))?;
    let auth_method = text(sent, "token_endpoint_auth_method", 64)?.unwrap_or("client_secret_basic");
    if !["none", "client_secret_basic", "client_secret_post", "private_key_jwt"].contains(&auth_method) {
        return Err((
            "invalid_client_metadata",
            "use the token_endpoint_auth_method none, client_secret_basic, client_secret_post or private_key_jwt",
        ));
    }
    let own_scheme = targets.iter().any(|it| matches!(it, redirect::Target::App(_)));
    if own_scheme && auth_method != "none" {
        return Err(("invalid_redirect_uri", "a client with an application's own scheme keeps no secret"));
    }
    let (jwks, jwks_uri) = (sent.get("jwks"), text(sent, "jwks_uri", 512)?);
    let keys = ClientKeys::read(jwks, jwks_uri).map_err(|says| ("invalid_client_metadata", says))?;
    // Keys that are not used are left out, as whatever else is not known.
    let signs = auth_method == "private_key_jwt";
    if signs && keys.is_none() {
        return Err(("invalid_client_metadata", "private_key_jwt needs jwks or jwks_uri"));
    }
    let grants = list(sent, "grant_types")?.unwrap_or_default();
    if grants.iter().any(|it| !["authorization_code", "refresh_token"].contains(it)) {
        return Err(("invalid_client_metadata", "grant_types can be authorization_code and refresh_token"));
    }
    if list(sent, "response_types")?.unwrap_or_default().iter().any(|it| *it != "code") {
        return Err(("invalid_client_metadata", "response_types can be code"));
    }
    if text(sent, "application_type", 64)?.is_some_and(|it| !["web", "native"].contains(&it)) {
        return Err(("invalid_client_metadata", "application_type can be web or native"));
    }
    Ok(Metadata {
        name: text(sent, "client_name", 16 * 1024)?.map(super::client::shown),
        redirect_uris: redirect_uris.into_iter().map(str::to_owned).collect(),
        auth_method: auth_method.to_owned(),
        jwks: jwks.filter(|_| signs).cloned(),
        jwks_uri: jwks_uri.filter(|_| signs).map(str::to_owned),
    })
}

impl Authority {
    fn keep(&self, metadata: Metadata, id: &RequestId) -> Result<Value, (StatusCode, Wrong)> {
        let failed = |error: postern_api::Error| {
            if error.kind() != ErrorKind::LimitReached {
                tracing::error!(error = %error, source = ?std::error::Error::source(&error), "a client could not be kept");
            }
            (StatusCode::SERVICE_UNAVAILABLE, ("temporarily_unavailable", "not possible just now, try again later"))
        };
        let now = self.clock.unix_secs();
        let shares = metadata.auth_method.starts_with("client_secret");
        let given = if shares { Some(secret("ps_").map_err(failed)?) } else { None };
        let client = RegisteredClient {
            id: new_id("dcr-").map_err(failed)?,
            metadata: serde_json::to_string(&metadata).unwrap_or_default(),
            secret: given.as_deref().map(hashed),
            registered_at: now,
        };
        self.store.register_client(&client, self.config.registered_clients).map_err(failed)?;
        self.events.tell(&Event {
            code: "client_registered",
            client: Some(&client.id),
            request_id: &id.0,
            ..Event::default()
        });
        let mut answer = value!({
            "client_id": client.id,
            "client_id_issued_at": now,
            "redirect_uris": metadata.redirect_uris,
            "token_endpoint_auth_method": metadata.auth_method,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        if let Some(answer) = answer.as_object_mut() {
            if let Some(name) = metadata.name {
                answer.insert("client_name".into(), name.into());
            }
            if let Some(jwks) = metadata.jwks {
                answer.insert("jwks".into(), jwks);
            }
            if let Some(uri) = metadata.jwks_uri {
                answer.insert("jwks_uri".into(), uri.into());
            }
            if let Some(secret) = given {
                answer.insert("client_secret".into(), secret.into());
                answer.insert("client_secret_expires_at".into(), 0.into());
            }
        }
        Ok(answer)
    }
}

//! Revocation (RFC 7009) and introspection (RFC 7662): of a client's own tokens alone.

use super::answer::{OAuthError, Params, json_answer};
use super::client::Client;
use super::token::{form, refresh_digests};
use super::{Authority, scopes};
use crate::caller::RequestId;
use crate::edge::token::parts;
use crate::store::authority::Session;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// A token that was shown, where it is one of ours.
struct Shown {
    session: Session,
    /// An access token's claims; none of a refresh token.
    claims: Option<serde_json::Map<String, Value>>,
    usable: bool,
}

/// `POST /revoke`.
pub(super) async fn revoke(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = async {
        let asked = form(&headers, query.as_deref(), &body)?;
        let client = authority.authenticated(&headers, &asked).await?.client;
        let (here, id) = (Arc::clone(&authority), id.clone());
        let ending = tokio::task::spawn_blocking(move || here.revoke_token(&client, &asked, &id));
        ending.await.map_err(|_| OAuthError::new("server_error", "an internal error occurred", "panic"))?
    };
    match ended.await {
        Ok(()) => json_answer(StatusCode::OK, json!({})),
        Err(error) => {
            authority.refused(error.reason, None, &id);
            error.answer()
        }
    }
}

/// `POST /introspect`.
pub(super) async fn introspect(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = async {
        let asked = form(&headers, query.as_deref(), &body)?;
        let asking = authority.authenticated(&headers, &asked).await?;
        if !asking.proven {
            return Err(OAuthError::new("invalid_client", "a public client cannot ask this", "public_client"));
        }
        authority.describe(&asking.client, &asked)
    };
    match answer.await {
        Ok(answer) => json_answer(StatusCode::OK, answer),
        Err(error) => {
            authority.refused(error.reason, None, &id);
            error.answer()
        }
    }
}

impl Authority {
    /// A token of this client; another's is as if there was none.
    fn shown(&self, client: &Client, asked: &Params) -> Result<Option<Shown>, OAuthError> {
        let missing = OAuthError::new("invalid_request", "token is missing", "no_token");
        let token = asked.get("token").ok_or(missing)?;
        let found = match refresh_digests(token) {
            Some((handle, digest)) => {
                let kept = self.store.session_of_refresh(&handle, &digest)?;
                kept.map(|(session, usable)| Shown { session, claims: None, usable })
            }
            None => self.shown_access_token(token)?,
        };
        Ok(found.filter(|it| *it.session.client == *client.id))
    }

    fn shown_access_token(&self, token: &str) -> Result<Option<Shown>, OAuthError> {
        let Ok(parts) = parts::split(token) else { return Ok(None) };
        let key = parts.key_id.as_deref().and_then(|it| self.keys.key(it));
        if !key.is_some_and(|it| it.verifies(parts.message, parts.signature)) {
            return Ok(None);
        }
        let text = |name: &str| parts.payload.get(name).and_then(Value::as_str);
        let Some(session) = text("sid").map(|it| self.store.session(it)).transpose()?.flatten() else {
            return Ok(None);
        };
        let now = self.clock.unix_secs();
        let usable = parts.payload.get("exp").and_then(Value::as_i64).is_some_and(|it| now < it);
        Ok(Some(Shown { session, claims: Some(parts.payload), usable }))
    }

    /// Ends the token's whole session: an access token that is cut off leaves no refresh token behind.
    fn revoke_token(&self, client: &Client, asked: &Params, id: &RequestId) -> Result<(), OAuthError> {
        let Some(shown) = self.shown(client, asked)? else { return Ok(()) };
        if self.store.end_session(&shown.session.id, self.clock.unix_secs())? {
            self.live.ended(std::slice::from_ref(&shown.session.id));
            self.tell_session("token_revoked", false, &shown.session, id);
        }
        Ok(())
    }

    fn describe(&self, client: &Client, asked: &Params) -> Result<Value, OAuthError> {
        let inactive = json!({"active": false});
        let Some(shown) = self.shown(client, asked)? else { return Ok(inactive) };
        let now = self.clock.unix_secs();
        let stands = shown.usable && !shown.session.ended && now < shown.session.expires_at;
        let Some(rights) = self.rights(&shown.session).filter(|_| stands) else { return Ok(inactive) };
        let rights = rights.scopes;
        let claim = |name: &str| shown.claims.as_ref().and_then(|it| it.get(name)).cloned();
        let scope = claim("scope").unwrap_or_else(|| scopes::joined(&rights).into());
        Ok(json!({
            "active": true,
            "iss": &*self.issuer,
            "aud": self.resource,
            "sub": shown.session.grant,
            "client_id": shown.session.client,
            "scope": scope,
            "token_type": if shown.claims.is_some() { "Bearer" } else { "refresh_token" },
            "exp": claim("exp").unwrap_or_else(|| shown.session.expires_at.into()),
        }))
    }
}

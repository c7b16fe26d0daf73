//! The token endpoint (RFC 6749 section 3.2): codes and refresh tokens become access tokens.

use super::answer::{OAuthError, Params, is_form, json_answer, params};
use super::authorize::is_pkce;
use super::client::Client;
use super::events::Event;
use super::rights::Attributes;
use super::secret::{challenge, hashed, id as new_id, same, secret};
use super::{Authority, scopes};
use crate::caller::RequestId;
use crate::store::authority::{Digest, NewSession, Redeemed, Refreshed, Session};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use postern_api::ErrorKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

const PREFIX: &str = "pr_";
/// Letters of a refresh token's two parts.
const HANDLE: usize = 22;

/// `POST /token`.
pub(super) async fn token(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = match form(&headers, query.as_deref(), &body) {
        Ok(asked) => asked,
        Err(error) => return authority.token_refused(error, None, &id),
    };
    let asking = match authority.authenticated(&headers, &asked).await {
        Ok(asking) => asking,
        Err(error) => return authority.token_refused(error, None, &id),
    };
    if asked.get("grant_type").is_some_and(|it| it == "refresh_token")
        && let Err(error) = authority.still_welcome(&asking.client, &asked).await
    {
        return authority.token_refused(error, Some(&asking.client), &id);
    }
    // The store waits for the disk; this thread has others to serve.
    let handled = tokio::task::spawn_blocking(move || {
        let client = &asking.client;
        let answer = match asked.get("grant_type").map(String::as_str) {
            Some("authorization_code") => authority.redeem(client, &asked, &id),
            Some("refresh_token") => authority.renew(client, &asked, &id),
            Some("client_credentials") => authority.service_token(&asking, &asked, &id),
            Some(_) => Err(OAuthError::new(
                "unsupported_grant_type",
                "use authorization_code, refresh_token or client_credentials",
                "grant_type",
            )),
            None => Err(OAuthError::new("invalid_request", "grant_type is missing", "grant_type")),
        };
        match answer {
            Ok(body) => json_answer(StatusCode::OK, body),
            Err(error) => authority.token_refused(error, Some(client), &id),
        }
    });
    handled.await.unwrap_or_else(|_| OAuthError::new("server_error", "an internal error occurred", "panic").answer())
}

/// The parameters of a request to an endpoint: a form in the body, nothing in the URL.
pub(super) fn form(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Params, OAuthError> {
    if query.is_some_and(|it| !it.is_empty()) {
        return Err(OAuthError::new("invalid_request", "parameters belong into the body", "parameters_in_url"));
    }
    if !is_form(headers) {
        return Err(OAuthError::new("invalid_request", "send application/x-www-form-urlencoded", "content_type"));
    }
    let text = std::str::from_utf8(body).map_err(|_| OAuthError::new("invalid_request", "send UTF-8", "body"))?;
    params(text).map_err(|_| OAuthError::new("invalid_request", "a parameter is repeated", "repeated_parameter"))
}

/// A refresh token's digests: of its family's handle and of itself.
pub(super) fn refresh_digests(token: &str) -> Option<(Digest, Digest)> {
    let rest = token.strip_prefix(PREFIX)?;
    let plain = rest.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'));
    let (handle, _) = rest.split_at_checked(HANDLE).filter(|it| plain && it.1.len() == 43)?;
    Some((hashed(handle), hashed(token)))
}

fn invalid_grant(reason: &'static str) -> OAuthError {
    OAuthError::new("invalid_grant", "the code or refresh token is not valid, connect again", reason)
}

impl Authority {
    fn token_refused(&self, error: OAuthError, client: Option<&Client>, id: &RequestId) -> Response {
        self.refused(error.reason, client.map(|it| &*it.id), id);
        error.answer()
    }

    pub(super) fn resource_is_ours(&self, asked: &Params) -> Result<(), OAuthError> {
        if asked.get("resource").is_some_and(|it| *it != self.resource) {
            return Err(OAuthError::new("invalid_target", "resource has to be the URL of this server", "resource"));
        }
        Ok(())
    }

    fn redeem(&self, client: &Client, asked: &Params, id: &RequestId) -> Result<Value, OAuthError> {
        let code = asked.get("code").ok_or(OAuthError::new("invalid_request", "code is missing", "no_code"))?;
        let now = self.clock.unix_secs();
        let handle = new_id("")?;
        let refresh = secret(&format!("{PREFIX}{handle}"))?;
        let session = NewSession {
            id: new_id("s-")?,
            handle: hashed(&handle),
            refresh: hashed(&refresh),
            expires_at: now + self.config.session_secs,
        };
        let redeemed = self.store.redeem(&hashed(code), &session, now, |kept| {
            if *kept.client != *client.id {
                return Err("code_of_another_client");
            }
            if asked.get("redirect_uri").is_some_and(|it| *it != kept.redirect_uri) {
                return Err("code_redirect_uri");
            }
            if asked.get("resource").is_some_and(|it| *it != self.resource) {
                return Err("code_resource");
            }
            let verifier = asked.get("code_verifier").filter(|it| is_pkce(it)).ok_or("code_verifier")?;
            if !same(&challenge(verifier), &kept.challenge) {
                return Err("code_verifier");
            }
            if kept.client_digest != client.digest {
                return Err("client_changed");
            }
            if now >= kept.expires_at { Err("code_expired") } else { Ok(()) }
        })?;
        match redeemed {
            Redeemed::Session(session) => {
                let rights = self.rights(&session).ok_or_else(|| invalid_grant("rights"))?;
                self.tell_session("token_issued", false, &session, id);
                self.issue(&session, &rights.scopes, Some(refresh), now)
            }
            Redeemed::Replayed(ended) => {
                self.live.ended(ended.as_slice());
                Err(invalid_grant("code_replayed"))
            }
            Redeemed::Refused(reason) => Err(invalid_grant(reason)),
            Redeemed::Unknown => Err(invalid_grant("unknown_code")),
        }
    }

    /// Asks the realm of whoever a refresh token is for whether they are still welcome. Asked for the newest token alone, so
    /// that a stranger, or a token that was used, asks nobody.
    async fn still_welcome(&self, client: &Client, asked: &Params) -> Result<(), OAuthError> {
        let Some(welcomes) = &self.welcomes else { return Ok(()) };
        let digests = asked.get("refresh_token").and_then(|it| refresh_digests(it));
        let Some((handle, digest)) = digests else { return Ok(()) };
        let found = self.store.session_of_refresh(&handle, &digest)?;
        let stands = |it: &Session| !it.ended && self.clock.unix_secs() < it.expires_at && *it.client == *client.id;
        let Some(session) = found.filter(|it| it.1 && stands(&it.0)).map(|it| it.0) else { return Ok(()) };
        let Some(before) = self.identity(&session) else { return Ok(()) };
        match welcomes.still(&before).await {
            Ok(Some(now)) if Attributes::of(&now) == Attributes::of(&before) => Ok(()),
            Ok(Some(now)) => {
                let (before, now) = (Attributes::of(&before), Attributes::of(&now));
                let (lost, kept) = (before.lost(&now), now.written()?);
                if let Some(version) = self.store.set_attributes(&session.tenant, &session.grant, &kept, lost)? {
                    self.live.changed(&session.grant, version);
                }
                Ok(())
            }
            Ok(None) => Err(invalid_grant("not_welcome")),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => Err(invalid_grant("realm_word_too_old")),
            Err(error) => {
                tracing::warn!(error = %error, source = ?std::error::Error::source(&error), "a realm could not be asked about a person");
                Err(OAuthError::new("temporarily_unavailable", "not possible just now, try again later", "realm"))
            }
        }
    }

    fn renew(&self, client: &Client, asked: &Params, id: &RequestId) -> Result<Value, OAuthError> {
        self.resource_is_ours(asked)?;
        let missing = OAuthError::new("invalid_request", "refresh_token is missing", "no_refresh_token");
        let shown = asked.get("refresh_token").ok_or(missing)?;
        let (handle, digest) = refresh_digests(shown).ok_or_else(|| invalid_grant("unknown_refresh_token"))?;
        let rest = shown.strip_prefix(PREFIX).and_then(|it| it.get(..HANDLE)).unwrap_or_default();
        let next = secret(&format!("{PREFIX}{rest}"))?;
        let now = self.clock.unix_secs();
        let asked_scopes = asked.get("scope").map(|it| {
            let all = scopes::split(it);
            all.into_iter().filter(|it| it != "offline_access").collect::<BTreeSet<_>>()
        });
        let refreshed =
            self.store.refresh(&handle, &digest, &hashed(&next), (now, self.config.refresh_grace_secs), |kept| {
                if *kept.client != *client.id {
                    return Err("refresh_of_another_client");
                }
                if kept.client_digest != client.digest {
                    return Err("client_changed");
                }
                if self.rights(kept).is_none() {
                    return Err("rights");
                }
                // Wider than what was granted is refused; what rights have gone since is left out.
                let granted = scopes::split(&kept.scopes);
                if asked_scopes.as_ref().is_some_and(|it| !it.is_subset(&granted)) {
                    Err("wider_scope")
                } else {
                    Ok(())
                }
            })?;
        match refreshed {
            Refreshed::Renewed(session) => {
                let rights = self.rights(&session).ok_or_else(|| invalid_grant("rights"))?.scopes;
                let chosen = asked_scopes.map_or(rights.clone(), |it| it.intersection(&rights).cloned().collect());
                self.tell_session("token_refreshed", false, &session, id);
                self.issue(&session, &chosen, Some(next), now)
            }
            Refreshed::Reused(session) => {
                self.live.ended(std::slice::from_ref(&session.id));
                self.tell_session("family_ended", true, &session, id);
                Err(invalid_grant("refresh_token_reused"))
            }
            Refreshed::Refused("wider_scope") => {
                Err(OAuthError::new("invalid_scope", "a refresh cannot widen what was granted", "wider_scope"))
            }
            Refreshed::Refused(reason) => Err(invalid_grant(reason)),
            Refreshed::Unknown => Err(invalid_grant("unknown_refresh_token")),
        }
    }

    pub(super) fn issue(
        &self,
        session: &Session,
        chosen: &BTreeSet<String>,
        refresh: Option<String>,
        now: i64,
    ) -> Result<Value, OAuthError> {
        let lives = self.config.access_token_secs.min(session.expires_at - now);
        let scope = scopes::joined(chosen);
        let claims = json!({
            "iss": &*self.issuer,
            "sub": session.grant,
            "aud": self.resource,
            "client_id": session.client,
            "sid": session.id,
            "scope": scope,
            "iat": now,
            "exp": now + lives,
            "jti": new_id("t-")?,
        });
        let token = self.keys.sign(&claims, now)?;
        let mut answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": lives, "scope": scope});
        if let (Some(answer), Some(refresh)) = (answer.as_object_mut(), refresh) {
            answer.insert("refresh_token".into(), refresh.into());
        }
        Ok(answer)
    }

    pub(super) fn tell_session(&self, code: &'static str, refused: bool, session: &Session, id: &RequestId) {
        self.events.tell(&Event {
            code,
            refused,
            tenant: Some(&session.tenant),
            principal: Some(&session.principal),
            client: Some(&session.client),
            request_id: &id.0,
        });
    }
}

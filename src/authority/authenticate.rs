//! Which client a request to an endpoint comes from (RFC 6749 section 2.3, RFC 7523).
//!
//! **Invariant:** exactly one way of showing it; a secret is compared in constant time; an assertion is for this server, from
//! this client, for minutes, and once.

use super::Authority;
use super::answer::{OAuthError, Params};
use super::client::{Client, ClientKeys};
use super::fetch::{Kind, NotHad};
use super::secret::hashed;
use crate::edge::keys::{Key, KeySet};
use crate::edge::realm::SignatureAlgorithm;
use crate::edge::token::parts;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// An assertion holds no longer than this, in seconds.
const ASSERTION_LIFE: i64 = 300;
/// How far a client's clock may be ahead of ours, in seconds.
const LEEWAY: i64 = 30;
/// No assertion is longer, in bytes.
const ASSERTION_LIMIT: usize = 8 * 1024;

/// A client that sent a request.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) client: Arc<Client>,
    /// Whether it showed that it is itself; a public client only says so.
    pub(super) proven: bool,
}

fn refused(reason: &'static str) -> OAuthError {
    OAuthError::new("invalid_client", "the client could not be authenticated", reason)
}

impl Authority {
    /// The client that a request to an endpoint comes from, authenticated in exactly one way.
    pub(super) async fn authenticated(
        self: &Arc<Self>,
        headers: &HeaderMap,
        params: &Params,
    ) -> Result<Authenticated, OAuthError> {
        let basic = basic(headers).map_err(|()| refused("bad_client_authorization"))?;
        let posted = params.get("client_secret");
        let asserted = params.get("client_assertion");
        if params.contains_key("client_assertion_type") != asserted.is_some() {
            return Err(refused("client_assertion"));
        }
        if [basic.is_some(), posted.is_some(), asserted.is_some()].iter().filter(|it| **it).count() > 1 {
            return Err(refused("two_client_authentications"));
        }
        let named = params.get("client_id");
        if let Some(assertion) = asserted {
            if params.get("client_assertion_type").is_none_or(|it| it != ASSERTION_TYPE) {
                return Err(refused("client_assertion_type"));
            }
            return self.by_assertion(assertion, named.map(String::as_str)).await;
        }
        let (id, secret) = match (basic, posted, named) {
            (Some((id, _)), _, Some(named)) if id != *named => return Err(refused("two_clients")),
            (Some((id, secret)), _, _) => (id, Some(secret)),
            (None, secret, Some(id)) => (id.clone(), secret.cloned()),
            (None, _, None) => return Err(refused("no_client")),
        };
        let client = self.client(&id).await?.ok_or_else(|| refused("unknown_client"))?;
        match (client.proofs.secret, secret) {
            (None, None) if client.proofs.none => Ok(Authenticated { client, proven: false }),
            (Some(kept), Some(secret)) if verify_slices_are_equal(&kept, &hashed(&secret)).is_ok() => {
                Ok(Authenticated { client, proven: true })
            }
            (Some(_), Some(_)) => Err(refused("wrong_client_secret")),
            (Some(_), None) => Err(refused("no_client_secret")),
            (None, Some(_)) => Err(refused("public_client_with_secret")),
            (None, None) => Err(refused("no_client_assertion")),
        }
    }

    /// RFC 7523 section 3, with the rules of OpenID Connect Core 1.0 section 9: `jti` is there, and counts once.
    async fn by_assertion(self: &Arc<Self>, assertion: &str, named: Option<&str>) -> Result<Authenticated, OAuthError> {
        if assertion.len() > ASSERTION_LIMIT {
            return Err(refused("assertion_too_long"));
        }
        let parts = parts::split(assertion).map_err(|_| refused("assertion_malformed"))?;
        let text = |name: &str| parts.payload.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
        let id = text("sub").ok_or(refused("assertion_subject"))?;
        if text("iss") != Some(id) || named.is_some_and(|it| it != id) {
            return Err(refused("assertion_subject"));
        }
        if !matches!(parts.header_type.as_deref(), None | Some("JWT" | "client-authentication+jwt")) {
            return Err(refused("assertion_type"));
        }
        // Before anything is fetched for it.
        if !self.is_for_us(parts.payload.get("aud")) {
            return Err(refused("assertion_audience"));
        }
        let now = self.clock.unix_secs();
        let ends = parts.payload.get("exp").and_then(Value::as_i64).ok_or(refused("assertion_times"))?;
        let begins = |name: &str| match parts.payload.get(name) {
            None => true,
            Some(it) => it.as_i64().is_some_and(|it| it <= now + LEEWAY),
        };
        if ends <= now || ends > now + ASSERTION_LIFE + LEEWAY || !begins("iat") || !begins("nbf") {
            return Err(refused("assertion_times"));
        }
        let used = text("jti").filter(|it| it.len() <= 256).ok_or(refused("assertion_id"))?;
        let used = hashed(&serde_json::json!(["assertion", id, used]).to_string());
        let algorithm = SignatureAlgorithm::named(&parts.algorithm).ok_or(refused("assertion_algorithm"))?;
        let client = self.client(id).await?.ok_or_else(|| refused("unknown_client"))?;
        let keys = client.proofs.keys.as_ref().ok_or(refused("client_without_keys"))?;
        let key_id = parts.key_id.as_deref().ok_or(refused("assertion_key"))?;
        let key = self.client_key(keys, key_id).await?;
        if key.algorithm() != algorithm || client.proofs.algorithm.is_some_and(|it| it != algorithm) {
            return Err(refused("assertion_algorithm"));
        }
        if !key.verifies(parts.message, parts.signature) {
            return Err(refused("assertion_signature"));
        }
        let authority = Arc::clone(self);
        let first = tokio::task::spawn_blocking(move || authority.store.first_use(&used, now, ends));
        let first = first.await.map_err(|_| OAuthError::new("server_error", "an internal error occurred", "panic"))?;
        if first? { Ok(Authenticated { client, proven: true }) } else { Err(refused("assertion_replayed")) }
    }

    /// One audience, and it is us: the issuer, or one of the endpoints that take assertions.
    fn is_for_us(&self, audience: Option<&Value>) -> bool {
        let one = match audience {
            Some(Value::String(it)) => it,
            Some(Value::Array(all)) => match all.as_slice() {
                [Value::String(it)] => it,
                _ => return false,
            },
            _ => return false,
        };
        let rest = one.strip_prefix(&*self.issuer);
        rest.is_some_and(|it| ["", "/", "/token", "/revoke", "/introspect"].contains(&it))
    }

    async fn client_key(&self, keys: &ClientKeys, id: &str) -> Result<Arc<Key>, OAuthError> {
        let address = match keys {
            ClientKeys::Inline(set) => return set.get(id).ok_or(refused("assertion_key")),
            ClientKeys::At(address) => address,
        };
        let not_had = |why| match why {
            NotHad::Unfit => refused("client_keys"),
            NotHad::Busy => {
                OAuthError::new("temporarily_unavailable", "not possible just now, try again later", "busy")
            }
        };
        let read = |text: &[u8]| KeySet::parse(text).and_then(|it| it.get(id));
        let text = self.documents.get(Kind::Keys, address).await.map_err(not_had)?;
        if let Some(key) = read(&text) {
            return Ok(key);
        }
        // A key that was made since the set was fetched.
        let text = self.documents.no_older(Kind::Keys, address, Duration::ZERO).await.map_err(not_had)?;
        read(&text).ok_or(refused("assertion_key"))
    }
}

/// HTTP Basic, form-encoded inside as RFC 6749 section 2.3.1 wants it.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, ()> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(());
    }
    let value = value.to_str().map_err(|_| ())?;
    let (scheme, encoded) = value.split_once(' ').ok_or(())?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(());
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|it| String::from_utf8(it).ok()).ok_or(())?;
    let (id, secret) = decoded.split_once(':').ok_or(())?;
    let plain = |text: &str| {
        let query = format!("v={}", text.replace('&', "%26"));
        url::form_urlencoded::parse(query.as_bytes()).next().map(|it| it.1.into_owned()).unwrap_or_default()
    };
    Ok(Some((plain(id), plain(secret))))
}

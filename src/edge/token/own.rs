//! Tokens of the gateway's own authority (RFC 9068).
//!
//! **Invariant:** what a token says of a person is nothing: it names a session, and the caller is what that session's grant says
//! now. Its scopes narrow the grant's and never widen them.

use super::claims::{self, Claims};
use super::{Verified, parts};
use crate::caller::Caller;
use crate::edge::keys::Key;
use crate::edge::reason::Reason;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

/// What an own token says.
#[derive(Debug, Clone, Copy)]
pub struct OwnClaims<'a> {
    /// The session that it belongs to (`sid`).
    pub session: &'a str,
    /// The grant that it belongs to (`sub`).
    pub grant: &'a str,
    /// The client that it was issued to.
    pub client: &'a str,
    /// The scopes that it was issued with.
    pub scopes: &'a BTreeSet<String>,
    /// When it was issued, seconds since 1970.
    pub issued_at: i64,
    /// When it ends, seconds since 1970.
    pub expires_at: i64,
}

/// The authority, as the edge asks it.
pub trait OwnTokens: Debug + Send + Sync + 'static {
    /// Its issuer.
    fn issuer(&self) -> &Arc<str>;
    /// The key of this id, of those that it signs with or signed with lately.
    fn key(&self, id: &str) -> Option<Arc<Key>>;
    /// Counts the changes of its keys.
    fn generation(&self) -> u64;
    /// The caller behind a token whose signature holds: [`Reason::Revoked`] where its session does not stand,
    /// [`Reason::Unavailable`] where that cannot be found out.
    fn caller(&self, claims: &OwnClaims<'_>) -> Result<Caller, Reason>;
    /// Asked about a remembered caller that does not stand in memory: whether that is because nothing is in memory. Reads it
    /// again, and says whether the caller stands.
    fn recall(&self, caller: &Caller) -> Result<(), Reason>;
}

/// Checks an own token.
pub(super) fn check(
    parts: &parts::Parts<'_>,
    own: &Arc<dyn OwnTokens>,
    resource: &str,
    now: i64,
) -> Result<Verified, Reason> {
    if parts.header_type.as_deref() != Some("at+jwt") {
        return Err(Reason::HeaderType);
    }
    let times = claims::times(&parts.payload, now, 0)?;
    // Before the key: a key that goes away meanwhile makes this generation an old one.
    let generation = own.generation();
    let key = parts.key_id.as_deref().and_then(|it| own.key(it)).ok_or(Reason::UnknownKey)?;
    if crate::edge::realm::SignatureAlgorithm::named(&parts.algorithm) != Some(key.algorithm()) {
        return Err(Reason::Algorithm);
    }
    if !key.verifies(parts.message, parts.signature) {
        return Err(Reason::Signature);
    }
    let payload: &Claims = &parts.payload;
    if payload.get("aud").and_then(Value::as_str) != Some(resource) {
        return Err(Reason::Audience);
    }
    let need = |name: &str| claims::text(payload, name)?.ok_or(Reason::Claims);
    let scopes = claims::scopes(payload, "scope")?.ok_or(Reason::Claims)?;
    let (session, grant, client) = (need("sid")?, need("sub")?, need("client_id")?);
    let claims =
        OwnClaims { session, grant, client, scopes: &scopes, issued_at: times.issued_at(), expires_at: times.ends() };
    let caller = own.caller(&claims)?;
    Ok(Verified { caller: Arc::new(caller), token_id: Some(need("jti")?.into()), from: super::From::Own, generation })
}

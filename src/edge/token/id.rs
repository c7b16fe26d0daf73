//! Verifying what an issuer says to us as its client: ID tokens (OpenID Connect Core 1.0 section 3.1.3.7) and logout tokens
//! (Back-Channel Logout 1.0 section 2.6).
//!
//! **Invariant:** signature, algorithm, times and repeated keys are judged by the same code as an access token's; the issuer is
//! the one that was asked, never the one that the token names.

use super::claims::{self, Claims, LIST_LIMIT};
use super::{TOKEN_LIMIT, Trusted, Verifier, header_type_is_allowed, parts};
use crate::caller::Principal;
use crate::edge::realm::SignatureAlgorithm;
use crate::edge::reason::Reason;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_api::{OrganisationId, TenantId};
use postern_policies::Realm;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The event that makes a token a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout token is for now; an older one is a replay.
const LOGOUT_AGE_SECS: i64 = 120;
const ID_HEADER_TYPES: [&str; 2] = ["JWT", ""];
const LOGOUT_HEADER_TYPES: [&str; 3] = ["logout+jwt", "JWT", ""];

/// A person, as a verified token describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who: issuer and subject.
    pub principal: Principal,
    /// In which realm; the issuer decides.
    pub realm: Realm,
    /// Of which tenant; the issuer decides.
    pub tenant: TenantId,
    /// For a customer: of which organisation.
    pub organisation: Option<OrganisationId>,
    /// For an employee: the organisations assigned, where any are named.
    pub assigned: Option<BTreeSet<OrganisationId>>,
    /// The roles that the policy knows.
    pub roles: BTreeSet<String>,
    /// The name.
    pub name: Option<Arc<str>>,
    /// The e-mail address, lower case, only where it was verified.
    pub email: Option<Arc<str>>,
    /// The issuer's own session (`sid`).
    pub session: Option<Arc<str>>,
}

/// What an ID token has to answer.
#[derive(Debug, Clone, Copy)]
pub struct IdExpected<'a> {
    /// The issuer that was asked.
    pub issuer: &'a str,
    /// Our client id there.
    pub client: &'a str,
    /// The nonce that was sent. `None` for a token that came by refresh, which answers no browser.
    pub nonce: Option<&'a str>,
    /// The access token that came along, for `at_hash`.
    pub access_token: Option<&'a str>,
}

/// Whose session at the issuer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The issuer, as configured.
    pub issuer: Arc<str>,
    /// Its tenant.
    pub tenant: TenantId,
    /// One session of it.
    pub session: Option<Arc<str>>,
    /// Everything of this person, where no session is named.
    pub subject: Option<Arc<str>>,
    /// The token's id, to be accepted once.
    pub token_id: String,
    /// From when on the token is too old anyway, seconds since 1970.
    pub forget_after: i64,
}

/// Why an ID or logout token was refused. For the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdRefused {
    /// As any token of the issuer.
    Token(Reason),
    /// The nonce is missing, or another sign-in's.
    Nonce,
    /// The access token beside it is another one.
    AccessTokenHash,
    /// Not a logout token, or one that tells of nobody.
    NoLogout,
    /// A logout token older than two minutes.
    OldLogout,
}

impl From<Reason> for IdRefused {
    fn from(reason: Reason) -> Self {
        Self::Token(reason)
    }
}

impl IdRefused {
    /// A short fixed name, for the audit.
    pub fn code(self) -> &'static str {
        match self {
            Self::Token(reason) => reason.code(),
            Self::Nonce => "nonce",
            Self::AccessTokenHash => "at_hash",
            Self::NoLogout => "no_logout",
            Self::OldLogout => "old_logout",
        }
    }
}

impl Verifier {
    /// The person of an ID token.
    pub async fn id_token(&self, token: &str, expected: IdExpected<'_>) -> Result<Person, IdRefused> {
        let from = self.trusted.get(expected.issuer).ok_or(Reason::UnknownIssuer)?;
        let parts = self.ours(token, from, &ID_HEADER_TYPES, "ID", expected.client).await?;
        let claims = &parts.payload;
        if claims.contains_key("events") || claims.contains_key("cnf") {
            return Err(Reason::TokenType.into());
        }
        if let Some(nonce) = expected.nonce {
            let sent = claims::text(claims, "nonce")?.ok_or(IdRefused::Nonce)?;
            verify_slices_are_equal(sent.as_bytes(), nonce.as_bytes()).map_err(|_| IdRefused::Nonce)?;
        }
        if let Some(hash) = claims::text(claims, "at_hash")? {
            let access = expected.access_token.and_then(|it| half_hash(&parts.algorithm, it));
            if access.as_deref() != Some(hash) {
                return Err(IdRefused::AccessTokenHash);
            }
        }
        Ok(claims::person(claims, from, self.roles.as_ref())?)
    }

    /// What a logout token of an issuer ends, told to its client `client`. Whoever asks sees to it that it counts once.
    pub async fn logout_token(&self, token: &str, issuer: &str, client: &str) -> Result<LoggedOut, IdRefused> {
        let from = self.trusted.get(issuer).ok_or(Reason::UnknownIssuer)?;
        let parts = self.ours(token, from, &LOGOUT_HEADER_TYPES, "Logout", client).await?;
        let claims = &parts.payload;
        let event = claims.get("events").and_then(|it| it.get(LOGOUT_EVENT));
        if !event.is_some_and(Value::is_object) || claims.contains_key("nonce") {
            return Err(IdRefused::NoLogout);
        }
        let issued = claims::time(claims, "iat")?.ok_or(Reason::Times)?;
        let forget_after = issued + LOGOUT_AGE_SECS + i64::from(from.config.leeway_secs);
        if self.clock.unix_secs() > forget_after {
            return Err(IdRefused::OldLogout);
        }
        let session = claims::text(claims, "sid")?.map(Arc::from);
        let subject = claims::text(claims, "sub")?.map(Arc::from);
        let token_id = claims::text(claims, "jti")?.ok_or(Reason::Claims)?.to_owned();
        if session.is_none() && subject.is_none() {
            return Err(IdRefused::NoLogout);
        }
        let (issuer, tenant) = (Arc::clone(&from.issuer), from.tenant.clone());
        Ok(LoggedOut { issuer, tenant, session, subject, token_id, forget_after })
    }

    /// A token that this issuer signed for us as its client, of one kind.
    async fn ours<'a>(
        &self,
        token: &'a str,
        from: &Arc<Trusted>,
        header_types: &[&str],
        kind: &str,
        client: &str,
    ) -> Result<parts::Parts<'a>, Reason> {
        if token.len() > TOKEN_LIMIT {
            return Err(Reason::TooLarge);
        }
        let parts = parts::split(token)?;
        if parts.payload.get("iss").and_then(Value::as_str) != Some(&*from.issuer) {
            return Err(Reason::UnknownIssuer);
        }
        if !header_type_is_allowed(header_types, parts.header_type.as_deref()) {
            return Err(Reason::HeaderType);
        }
        self.signed(&parts, from).await?;
        let claims = &parts.payload;
        claims::time(claims, "iat")?.ok_or(Reason::Times)?;
        // Keycloak says in the payload, too, which kind of token it is.
        if claims.get("typ").is_some_and(|it| it.as_str() != Some(kind)) {
            return Err(Reason::TokenType);
        }
        audience(claims, from, client)?;
        Ok(parts)
    }
}

/// Our client id alone, or beside it what the realm is configured to name; then `azp` says that it was given to us.
fn audience(claims: &Claims, from: &Trusted, client: &str) -> Result<(), Reason> {
    let named = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(_)) => claims::strings(claims, "aud", LIST_LIMIT).ok().flatten().ok_or(Reason::Audience)?,
        Some(_) | None => return Err(Reason::Audience),
    };
    let known = |it: &&str| *it == client || from.config.other_audiences.iter().any(|other| other == it);
    if !named.contains(&client) || !named.iter().all(known) {
        return Err(Reason::Audience);
    }
    match claims::text(claims, "azp")? {
        Some(party) if party != client => Err(Reason::Client),
        None if named.len() > 1 => Err(Reason::Client),
        Some(_) | None => Ok(()),
    }
}

/// OpenID Connect Core 1.0 section 3.1.3.6: the left half of the digest that goes with the signature's algorithm.
fn half_hash(algorithm: &str, token: &str) -> Option<String> {
    use SignatureAlgorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let algorithm = match SignatureAlgorithm::named(algorithm)? {
        RS256 | PS256 | ES256 => &digest::SHA256,
        RS384 | PS384 | ES384 => &digest::SHA384,
        RS512 | PS512 | EdDSA => &digest::SHA512,
    };
    let hash = digest::digest(algorithm, token.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(hash.as_ref().get(..hash.as_ref().len() / 2)?))
}

#[cfg(test)]
mod tests;

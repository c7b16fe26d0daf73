//! From a bearer token to a [`Caller`].
//!
//! **Invariant:** whoever brings a token becomes a caller here: of a realm's token by its claims, of our own by what its grant says
//! (`authority.rs`, asked here alone). The issuer alone picks tenant and realm; the key alone picks the algorithm; and whatever the cache holds is asked again whether it still stands: its end, its key, its grant.

mod claims;
mod id;
mod own;
pub(crate) mod parts;

pub use id::{IdExpected, IdRefused, LoggedOut, Person};
pub use own::{OwnClaims, OwnTokens};

use crate::caller::Caller;
use crate::edge::clock::Clock;
use crate::edge::keys::{Fetch, KeyTiming, Keys, NoKey};
use crate::edge::realm::{RealmConfig, SignatureAlgorithm};
use crate::edge::reason::Reason;
use aws_lc_rs::digest;
use moka::sync::Cache;
use postern_api::TenantId;
use postern_policies::Realm;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// No token that Postern accepts is longer.
pub const TOKEN_LIMIT: usize = 8 * 1024;
const CACHE_ENTRIES: u64 = 10_000;
const CACHE_AGE: Duration = Duration::from_secs(15 * 60);

/// Where a token is shown; a realm may be closed to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// The MCP endpoint.
    Mcp,
    /// Every other route that takes a realm's token, for example `POST /confirmations/{id}`.
    Web,
}

/// A refused token: why, and whose it claimed to be. For the audit, never for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// The configured issuer that the token names, whether or not it signed it.
    pub issuer: Option<Arc<str>>,
    /// That issuer's tenant.
    pub tenant: Option<TenantId>,
}

impl std::convert::From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self { reason, issuer: None, tenant: None }
    }
}

/// What can end a token before its time. Asked on every request, cached or not, so it has to be quick.
pub trait Standing: Debug + Send + Sync + 'static {
    /// Refuses a caller whose token (`jti`), session, grant, person or tenant no longer stands:
    /// [`Reason::Revoked`] or [`Reason::Disabled`].
    fn check(&self, caller: &Caller, token_id: Option<&str>) -> Result<(), Reason>;
}

/// Nothing ends a token but its own time.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlwaysStands;

impl Standing for AlwaysStands {
    fn check(&self, _: &Caller, _: Option<&str>) -> Result<(), Reason> {
        Ok(())
    }
}

/// Which roles the policy knows in a realm; a token's others are dropped.
pub trait KnownRoles: Debug + Send + Sync + 'static {
    /// Whether the policy knows the role.
    fn knows(&self, realm: Realm, role: &str) -> bool;
}

/// One issuer that is trusted: for which realm of which tenant.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The tenant.
    pub tenant: TenantId,
    /// The realm.
    pub realm: Realm,
    /// How its tokens are read.
    pub config: RealmConfig,
}

/// What a [`Verifier`] is made of.
#[derive(Debug, Clone)]
pub struct VerifierParts {
    /// Every trusted issuer.
    pub trusted: Vec<Trust>,
    /// The audience that means Postern where a realm names none: the MCP endpoint's public URL.
    pub resource: String,
    /// Where keys come from.
    pub fetch: Arc<dyn Fetch>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How often keys are fetched.
    pub timing: KeyTiming,
    /// What can end a token early.
    pub standing: Arc<dyn Standing>,
    /// The roles that the policy knows.
    pub roles: Arc<dyn KnownRoles>,
}

/// Why a table of trusted issuers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("issuer `{0}` is configured twice; one issuer means one realm of one tenant")]
pub struct IssuerTwice(pub String);

/// Verifies tokens.
#[derive(Debug)]
pub struct Verifier {
    trusted: HashMap<Arc<str>, Arc<Trusted>>,
    cache: Cache<[u8; 32], Arc<Verified>>,
    clock: Arc<dyn Clock>,
    standing: Arc<dyn Standing>,
    roles: Arc<dyn KnownRoles>,
    own: OnceLock<Weak<dyn OwnTokens>>,
    resource: String,
}

/// One trusted issuer at work.
#[derive(Debug)]
struct Trusted {
    issuer: Arc<str>,
    tenant: TenantId,
    realm: Realm,
    config: RealmConfig,
    audiences: Vec<String>,
    keys: Arc<Keys>,
}

/// A token that was verified, kept by its digest.
#[derive(Debug)]
struct Verified {
    caller: Arc<Caller>,
    token_id: Option<Box<str>>,
    from: From,
    generation: u64,
}

/// Who made a token.
#[derive(Debug)]
enum From {
    Realm(Arc<Trusted>),
    Own,
}

impl Trusted {
    fn refuse(&self, reason: Reason) -> Refused {
        Refused { reason, issuer: Some(Arc::clone(&self.issuer)), tenant: Some(self.tenant.clone()) }
    }
}

impl Verifier {
    /// A verifier for these issuers. Fetches nothing yet.
    pub fn new(parts: VerifierParts) -> Result<Self, IssuerTwice> {
        let mut trusted = HashMap::with_capacity(parts.trusted.len());
        for Trust { tenant, realm, config } in parts.trusted {
            let issuer: Arc<str> = config.issuer.as_str().into();
            let audiences =
                if config.audiences.is_empty() { vec![parts.resource.clone()] } else { config.audiences.clone() };
            let keys = Arc::new(Keys::new(
                &issuer,
                config.jwks_uri.as_deref(),
                Arc::clone(&parts.fetch),
                Arc::clone(&parts.clock),
                parts.timing,
            ));
            let entry = Trusted { issuer: Arc::clone(&issuer), tenant, realm, config, audiences, keys };
            if trusted.insert(Arc::clone(&issuer), Arc::new(entry)).is_some() {
                return Err(IssuerTwice(issuer.to_string()));
            }
        }
        Ok(Self {
            trusted,
            cache: Cache::builder().max_capacity(CACHE_ENTRIES).time_to_live(CACHE_AGE).build(),
            clock: parts.clock,
            standing: parts.standing,
            roles: parts.roles,
            own: OnceLock::new(),
            resource: parts.resource,
        })
    }

    /// Takes the gateway's own tokens from now on, too, for as long as whoever issues them is there. That one signs people in
    /// by this very verifier, so it can only be named afterwards and is not kept alive; the first one named stays.
    pub fn accept_own<T: OwnTokens>(&self, own: &Arc<T>) {
        let own = Arc::downgrade(own);
        if self.own.set(own).is_err() {
            tracing::error!("an authority was named twice; the first one stays");
        }
    }

    fn own(&self) -> Option<Arc<dyn OwnTokens>> {
        self.own.get()?.upgrade()
    }

    /// The issuers to name in public, in order.
    pub fn advertised(&self) -> Vec<String> {
        let open = self.trusted.values().filter(|it| it.config.advertised && it.config.accepted_at_mcp);
        let mut issuers: Vec<_> = open.map(|it| it.issuer.to_string()).collect();
        issuers.sort();
        issuers
    }

    /// Forgets every verified token, so that each is read anew. After the policy's roles changed.
    pub fn forget(&self) {
        self.cache.invalidate_all();
    }

    /// The caller of a token that was verified before and still stands; `None` where it has to be verified.
    pub fn recall(&self, token: &str, gate: Gate) -> Option<Result<Arc<Caller>, Refused>> {
        if token.len() > TOKEN_LIMIT {
            return None;
        }
        let digest = digest_of(token)?;
        let verified = self.cache.get(&digest)?;
        let generation = match &verified.from {
            From::Realm(from) => from.keys.generation(),
            From::Own => self.own().map(|it| it.generation()),
        };
        if generation != Some(verified.generation) {
            self.cache.invalidate(&digest);
            return None;
        }
        Some(self.stands(&verified, gate))
    }

    /// The caller of a token.
    pub async fn verify(&self, token: &str, gate: Gate) -> Result<Arc<Caller>, Refused> {
        if token.len() > TOKEN_LIMIT {
            return Err(Reason::TooLarge.into());
        }
        if let Some(known) = self.recall(token, gate) {
            return known;
        }
        let parts = parts::split(token)?;
        let issuer = parts.payload.get("iss").and_then(|it| it.as_str()).ok_or(Reason::UnknownIssuer)?;
        let verified = match self.own().filter(|it| **it.issuer() == *issuer) {
            Some(own) => {
                let refused = |reason| Refused { reason, issuer: Some(Arc::clone(own.issuer())), tenant: None };
                own::check(&parts, &own, &self.resource, self.clock.unix_secs()).map_err(refused)?
            }
            None => {
                let from = self.trusted.get(issuer).ok_or(Reason::UnknownIssuer)?;
                self.check(&parts, from).await.map_err(|reason| from.refuse(reason))?
            }
        };
        let verified = Arc::new(verified);
        if let Some(digest) = digest_of(token) {
            self.cache.insert(digest, Arc::clone(&verified));
        }
        self.stands(&verified, gate)
    }

    /// Whether what a caller's token rests on stands still; for answers that go on for long.
    pub fn still_stands(&self, caller: &Caller) -> bool {
        self.standing.check(caller, None).is_ok()
    }

    /// What is asked every time, also of a token in the cache.
    fn stands(&self, verified: &Verified, gate: Gate) -> Result<Arc<Caller>, Refused> {
        let Verified { caller, from, .. } = verified;
        let refused = |reason| Refused {
            reason,
            issuer: Some(Arc::clone(&caller.principal.issuer)),
            tenant: Some(caller.tenant.clone()),
        };
        let (leeway, accepted) = match from {
            From::Realm(from) => (from.config.leeway_secs, gate == Gate::Web || from.config.accepted_at_mcp),
            // An AI client holds it, and what it confirmed would be confirmed by a model.
            From::Own => (0, gate == Gate::Mcp),
        };
        if self.clock.unix_secs() >= caller.expires_at.saturating_add(leeway.into()) {
            return Err(refused(Reason::Expired));
        }
        if !accepted {
            return Err(refused(Reason::NotAcceptedHere));
        }
        let stands = match (self.standing.check(caller, verified.token_id.as_deref()), from) {
            (Err(Reason::Revoked), From::Own) => self.own().ok_or(Reason::Revoked).and_then(|own| own.recall(caller)),
            (stands, _) => stands,
        };
        stands.map_err(refused)?;
        Ok(Arc::clone(caller))
    }

    async fn check(&self, parts: &parts::Parts<'_>, from: &Arc<Trusted>) -> Result<Verified, Reason> {
        if !header_type_is_allowed(&from.config.header_types, parts.header_type.as_deref()) {
            return Err(Reason::HeaderType);
        }
        let (times, generation) = self.signed(parts, from).await?;
        let (caller, token_id) = claims::read(&parts.payload, from, times, self.roles.as_ref())?;
        Ok(Verified { caller: Arc::new(caller), token_id, from: From::Realm(Arc::clone(from)), generation })
    }

    /// Whether the issuer signed this with a key of its own, for now; and the generation of that key.
    async fn signed(&self, parts: &parts::Parts<'_>, from: &Arc<Trusted>) -> Result<(claims::Times, u64), Reason> {
        let algorithm = SignatureAlgorithm::named(&parts.algorithm).ok_or(Reason::Algorithm)?;
        if !from.config.algorithms.contains(&algorithm) {
            return Err(Reason::Algorithm);
        }
        // Before the key is looked up: a token that has ended is worth neither a fetch nor a signature check.
        let now = self.clock.unix_secs();
        let times = claims::times(&parts.payload, now, from.config.leeway_secs)?;
        let id = parts.key_id.as_deref().ok_or(Reason::UnknownKey)?;
        let (key, generation) = from.keys.find(id).await.map_err(|it| match it {
            NoKey::Unknown => Reason::UnknownKey,
            NoKey::Unavailable => Reason::KeysUnavailable,
        })?;
        if key.algorithm() != algorithm {
            return Err(Reason::Algorithm);
        }
        if !key.verifies(parts.message, parts.signature) {
            return Err(Reason::Signature);
        }
        Ok((times, generation))
    }
}

/// RFC 7515 section 4.1.9: compared without case, and with or without `application/`.
fn header_type_is_allowed<S: AsRef<str>>(allowed: &[S], sent: Option<&str>) -> bool {
    let sent = sent.unwrap_or_default().to_ascii_lowercase();
    let sent = sent.strip_prefix("application/").unwrap_or(&sent);
    allowed.iter().any(|it| it.as_ref().eq_ignore_ascii_case(sent))
}

fn digest_of(token: &str) -> Option<[u8; 32]> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().try_into().ok()
}

#[cfg(test)]
mod tests;

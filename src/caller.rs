//! Who is asking: what the verified token said, and nothing else.
//!
//! **Invariant:** a [`Caller`] is made of a token whose signature, issuer, audience, type and times were checked, in `src/edge` or,
//! for our own tokens, of their grant in `src/authority.rs`; and for the web pages in `src/authority/browser.rs`, of a session that
//! stands; nowhere else. Its identity is issuer and subject; names and e-mail addresses are attributes, never identity.

use bytes::Bytes;
use postern_api::{OrganisationId, TenantId};
use postern_policies::{Realm, Subject};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Identity: who, at which issuer. The same subject at two issuers is two people.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    /// The issuer, exactly as configured.
    pub issuer: Arc<str>,
    /// The issuer's subject.
    pub subject: Arc<str>,
}

/// The id of one request: in its answer as `x-request-id`, in the log and in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// The address that a request came from, behind whatever trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

/// The body of a message, read whole, that every reader reads alike: no key of it is there twice.
#[derive(Debug, Clone)]
pub struct Message(pub Bytes);

/// A verified caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// In which realm; the issuer decides.
    pub realm: Realm,
    /// Of which tenant; the issuer decides.
    pub tenant: TenantId,
    /// For a customer: of which organisation, as the token says. `None` for an employee.
    pub organisation: Option<OrganisationId>,
    /// For an employee: the organisations assigned in the token, where it names any.
    pub assigned: Option<BTreeSet<OrganisationId>>,
    /// The realm's roles that the policy knows; others are dropped.
    pub roles: Arc<BTreeSet<String>>,
    /// The granted scopes, as the token's `scope` names them; `None` where the token carries none.
    pub scopes: Option<Arc<BTreeSet<String>>>,
    /// The client that the token was issued to (`azp` or `client_id`).
    pub client: Option<Arc<str>>,
    /// Whether a program signed in as itself, with no person behind it.
    pub service: bool,
    /// The person's name.
    pub name: Option<Arc<str>>,
    /// The e-mail address, lower case, only where the issuer says that it was verified.
    pub email: Option<Arc<str>>,
    /// When the token ends, seconds since 1970.
    pub expires_at: i64,
    /// What the token rests on.
    pub rests: Rests,
}

/// What a token rests on: what ends one of these ends the token before its time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rests {
    /// The authority's grant, where the token is the authority's.
    pub grant: Option<Arc<str>>,
    /// The authority's session, where the token is the authority's.
    pub session: Option<Arc<str>>,
    /// The grant's version when the caller was read; another one since then means other scopes.
    pub version: i64,
    /// The realm's session (`sid`), where the token is a realm's and names one.
    pub realm_session: Option<Arc<str>>,
    /// When the token was issued, seconds since 1970; 0 where it does not say.
    pub issued_at: i64,
}

impl Caller {
    /// The caller as the policy sees it.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            realm: self.realm,
            tenant: self.tenant.as_str(),
            roles: &self.roles,
            scopes: self.scopes.as_deref(),
            service: self.service,
        }
    }
}

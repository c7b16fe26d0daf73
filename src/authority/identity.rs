//! Who signed in at a realm, and what the parts of the authority ask of one another.

use crate::caller::Principal;
use async_trait::async_trait;
use http::HeaderMap;
use postern_api::{OrganisationId, Result, TenantId};
use postern_policies::Realm;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

/// A person, as a realm's verified answer describes them: the ID token, or a local account.
///
/// Identity is `principal`; the rest are attributes of the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who: issuer and subject.
    pub principal: Principal,
    /// In which realm; the issuer decides.
    pub realm: Realm,
    /// Of which tenant; the issuer decides.
    pub tenant: TenantId,
    /// For a customer: of which organisation. `None` for an employee.
    pub organisation: Option<OrganisationId>,
    /// For an employee: the organisations assigned, where the realm names any.
    pub assigned: Option<BTreeSet<OrganisationId>>,
    /// The realm's roles that the policy knows.
    pub roles: BTreeSet<String>,
    /// The person's name.
    pub name: Option<Arc<str>>,
    /// The e-mail address, lower case, only where the realm says that it was verified.
    pub email: Option<Arc<str>>,
    /// The realm's own session (`sid`), by which it can log out.
    pub realm_session: Option<Arc<str>>,
    /// When the person signed in, seconds since 1970.
    pub signed_in_at: i64,
}

/// Somebody signed in to the web pages, in one browser.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub identity: Arc<Identity>,
    /// Names this browser's session where forms and records have to be bound to it. Not the cookie, and worthless as one.
    pub session: Arc<str>,
    /// What a form of this session has to carry, as the hidden field `csrf`.
    pub csrf: Arc<str>,
}

/// Who is signed in to the web pages: what the authority and the console ask of the sign-in.
pub trait BrowserSessions: Debug + Send + Sync + 'static {
    /// The person behind a request's session cookie, if that session stands.
    fn signed_in(&self, headers: &HeaderMap) -> Option<SignedIn>;
    /// Where to send a browser that has to sign in first: a path of ours that comes back to `return_to`, which is a path of
    /// ours too.
    fn sign_in_path(&self, return_to: &str) -> String;
}

/// Who knows whether a person is still welcome at their realm, and with which rights.
#[async_trait]
pub trait Welcomes: Debug + Send + Sync + 'static {
    /// The person as the realm or the account says now; `None` where they are not welcome any more, and then all that rests on
    /// their sign-in has ended. An error says that nobody knows; nothing has ended then. [`postern_api::ErrorKind::Unauthenticated`] says
    /// that the realm's word is too old, so that the person has to sign in again; any other, that it is only so at the moment.
    async fn still(&self, identity: &Identity) -> Result<Option<Identity>>;
}

/// What ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything of a person: they left, were locked, or lost a right that their grants rest on.
    Person(Principal),
    /// One session at the realm (`sid`): the realm logged it out.
    RealmSession {
        /// The realm's issuer.
        issuer: Arc<str>,
        /// Its session.
        session: Arc<str>,
    },
}

/// Why it ended, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// The realm said so (back-channel logout).
    RealmLogout,
    /// The person signed out.
    SignOut,
    /// The realm or the account's keeper says that the person left or lost a right.
    RightsLost,
    /// The account of a person changed: locked, another role or organisation, or a new password.
    AccountChanged,
    /// An administrator.
    Administrator,
}

/// Whoever holds something that rests on a sign-in: grants, browser sessions, remembered tokens. Told at once, and done
/// before it returns: the next request is refused.
pub trait Ending: Debug + Send + Sync + 'static {
    /// Ends what rests on it.
    fn end(&self, tenant: &TenantId, what: &Ended, by: EndedBy);
}

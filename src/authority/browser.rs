//! A signed-in browser as a caller, so that a person on the web pages passes the same decisions as their clients do.
//!
//! **Invariant:** such a caller is made here alone, from a [`SignedIn`] that [`super::identity::BrowserSessions`] gave for this
//! very request. It is the person with all their own rights, narrowed by no client's scopes; it is handed to what the person did
//! by a form that carried the session's `csrf`, and to what only reads.

use super::identity::SignedIn;
use crate::caller::{Caller, Rests};
use std::sync::Arc;

/// What the audit calls the web pages, where it names a client.
const CLIENT: &str = "console";

/// How long such a caller may be used, in seconds; each request makes its own.
const LIFE: i64 = 300;

/// The person behind a request of a signed-in browser. `now` in seconds since 1970.
pub fn caller(signed_in: &SignedIn, now: i64) -> Caller {
    let it = &signed_in.identity;
    Caller {
        principal: it.principal.clone(),
        realm: it.realm,
        tenant: it.tenant.clone(),
        organisation: it.organisation.clone(),
        assigned: it.assigned.clone(),
        roles: Arc::new(it.roles.clone()),
        scopes: None,
        client: Some(CLIENT.into()),
        service: false,
        name: it.name.clone(),
        email: it.email.clone(),
        expires_at: now.saturating_add(LIFE),
        rests: Rests { realm_session: it.realm_session.clone(), issued_at: it.signed_in_at, ..Rests::default() },
    }
}

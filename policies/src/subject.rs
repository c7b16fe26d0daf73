//! Who asks, and what of the arguments a policy may know.

use crate::Realm;
use std::collections::BTreeSet;

/// Who asks, as the verified token says.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// In which realm; the issuer decides.
    pub realm: Realm,
    /// At which tenant.
    pub tenant: &'a str,
    /// The roles that the token claims. Those that no table knows count for nothing.
    pub roles: &'a BTreeSet<String>,
    /// The granted scopes; `None` where the token carries none at all, and then they do not narrow.
    pub scopes: Option<&'a BTreeSet<String>>,
    /// Whether a program signed in as itself, with no person behind it.
    pub service: bool,
}

/// What of a call's arguments a policy may know: words of small closed sets, never a caller's text.
///
/// They only narrow: what is denied without facts is denied with any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// A ticket's priority.
    pub priority: Option<&'static str>,
    /// A ticket's visibility.
    pub visibility: Option<&'static str>,
    /// The role that an invitation or a transfer would grant.
    pub granted_role: Option<&'static str>,
}

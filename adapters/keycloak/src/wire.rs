//! Keycloak's vocabulary: every field that is read, and of a credential its type alone.

use postern_api::{ContactId, ExternalId, Owner};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The token endpoint's answer.
#[derive(Deserialize)]
pub(crate) struct Grant {
    pub(crate) access_token: Option<String>,
    pub(crate) expires_in: Option<u64>,
}

/// A user, and at once what is sent to change one: a change that leaves the names or the address out loses them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserRow {
    #[serde(skip_serializing)]
    pub(crate) id: String,
    pub(crate) username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    /// Missing: switched off.
    #[serde(default)]
    pub(crate) enabled: bool,
    /// Whether a one-time password is set up.
    #[serde(default, skip_serializing)]
    pub(crate) totp: Option<bool>,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) required_actions: Vec<String>,
}

impl UserRow {
    /// The one value of an attribute; two are none.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name).map(Vec::as_slice) {
            Some([one]) => Some(one),
            Some(_) | None => None,
        }
    }

    pub(crate) fn contact(&self) -> Option<ContactId> {
        is_uuid(&self.id).then(|| ContactId::new(&self.id).ok()).flatten()
    }

    pub(crate) fn address(&self) -> String {
        self.email.as_deref().unwrap_or(&self.username).to_lowercase()
    }

    pub(crate) fn name(&self) -> String {
        let parts = [self.first_name.as_deref(), self.last_name.as_deref()];
        let name = parts.into_iter().flatten().map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
        if name.is_empty() { self.address() } else { name }
    }
}

/// A user to create.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewUser<'a> {
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    pub(crate) enabled: bool,
    pub(crate) email_verified: bool,
    pub(crate) required_actions: &'a [String],
    pub(crate) attributes: BTreeMap<String, Vec<String>>,
}

/// A realm role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoleRow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Missing: taken for composite, which is never given.
    #[serde(default = "composite", skip_serializing)]
    pub(crate) composite: bool,
}

fn composite() -> bool {
    true
}

/// A credential, without anything of it.
#[derive(Deserialize)]
pub(crate) struct CredentialRow {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// A session; times in milliseconds since 1970.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRow {
    pub(crate) last_access: Option<i64>,
}

/// What Keycloak counts of failed tries.
#[derive(Deserialize)]
pub(crate) struct LockRow {
    pub(crate) disabled: bool,
}

/// Something that a user did; the time in milliseconds since 1970.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventRow {
    pub(crate) time: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) user_id: Option<String>,
    pub(crate) ip_address: Option<String>,
}

/// Something that an administrator did.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminEventRow {
    pub(crate) time: i64,
    #[serde(default)]
    pub(crate) auth_details: AuthDetails,
    #[serde(default)]
    pub(crate) operation_type: String,
    #[serde(default)]
    pub(crate) resource_type: String,
    #[serde(default)]
    pub(crate) resource_path: String,
}

/// Which administrator.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthDetails {
    pub(crate) user_id: Option<String>,
    pub(crate) ip_address: Option<String>,
}

/// An organisation that somebody is a member of.
#[derive(Deserialize)]
pub(crate) struct OrganisationRow {
    pub(crate) id: String,
}

/// The realm's settings; without the right to see them, most are missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RealmRow {
    pub(crate) realm: String,
    pub(crate) password_policy: Option<String>,
    pub(crate) brute_force_protected: Option<bool>,
    pub(crate) failure_factor: Option<u32>,
    pub(crate) max_failure_wait_seconds: Option<u64>,
    pub(crate) permanent_lockout: Option<bool>,
    pub(crate) sso_session_idle_timeout: Option<u64>,
    pub(crate) sso_session_max_lifespan: Option<u64>,
    pub(crate) action_token_generated_by_admin_lifespan: Option<u64>,
    pub(crate) events_enabled: Option<bool>,
    pub(crate) admin_events_enabled: Option<bool>,
}

/// Which attributes users have, and who edits them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileRow {
    pub(crate) attributes: Vec<ProfileAttribute>,
    /// Missing: attributes that are not listed are dropped.
    pub(crate) unmanaged_attribute_policy: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProfileAttribute {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) permissions: Permissions,
    #[serde(default)]
    pub(crate) multivalued: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Permissions {
    #[serde(default)]
    pub(crate) edit: Vec<String>,
}

/// Whether an id is one of Keycloak's: what else stands behind `/users/` is no user.
pub(crate) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    groups.len() == lengths.len()
        && groups
            .iter()
            .zip(lengths)
            .all(|(it, length)| it.len() == length && it.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whose a user is by the values of an attribute: exactly one.
pub(crate) fn owner(values: Option<&str>) -> Owner {
    match values.map(ExternalId::new) {
        Some(Ok(id)) => Owner::Organisation(id),
        Some(Err(_)) | None => Owner::Unknown,
    }
}

/// Milliseconds since 1970.
pub(crate) fn time(millis: i64) -> Option<jiff::Timestamp> {
    (millis > 0).then(|| jiff::Timestamp::from_millisecond(millis).ok()).flatten()
}

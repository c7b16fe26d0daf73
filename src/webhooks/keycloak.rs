//! What a realm of Keycloak's tells of its people: events and admin events, as its event listeners write them.
//!
//! Keycloak itself sends nothing by HTTP and signs nothing: a listener that is installed there does, with a secret of ours in a
//! header, or without. Either way the realm is asked what is true.
//!
//! **Invariant:** what asking a realm makes it tell of (tokens that are refreshed) asks nothing: there is no loop.

use postern_api::webhook::{Delivery, Event, Hook, Means, Signed};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The header with the secret.
pub const SECRET: &str = "x-postern-secret";

/// Kinds of events after which somebody may not be welcome any more.
const KINDS: [&str; 6] = [
    "LOGOUT",
    "DELETE_ACCOUNT",
    "REVOKE_GRANT",
    "USER_DISABLED_BY_PERMANENT_LOCKOUT",
    "USER_DISABLED_BY_TEMPORARY_LOCKOUT",
    "UPDATE_CREDENTIAL",
];
/// Kinds of records of a user, a change of which by an administrator may mean the same.
const RECORDS: [&str; 6] =
    ["USER", "USER_SESSION", "REALM_ROLE_MAPPING", "CLIENT_ROLE_MAPPING", "GROUP_MEMBERSHIP", "USER_FEDERATION_LINK"];

/// How a realm's listener sends.
pub fn hook() -> Arc<dyn Hook> {
    Arc::new(Keycloak)
}

#[derive(Debug)]
struct Keycloak;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    resource_type: Option<String>,
    #[serde(default)]
    resource_path: Option<String>,
}

impl Hook for Keycloak {
    fn signed(&self, _: &Delivery<'_>) -> Option<Signed> {
        None
    }

    fn shown<'a>(&self, delivery: &Delivery<'a>) -> Option<&'a [u8]> {
        let mut given = delivery.headers.get_all(SECRET).iter();
        let one = given.next()?;
        given.next().is_none().then(|| one.as_bytes())
    }

    fn events(&self, body: &[u8]) -> Result<Vec<Event>> {
        let strange = || Error::new(ErrorKind::InvalidArgument, "not an event of a realm's");
        let message: Message = serde_json::from_slice(body).map_err(|_| strange())?;
        let person = match (&message.kind, &message.resource_type) {
            (Some(kind), None) if KINDS.contains(&kind.as_str()) => message.user_id.as_deref(),
            (_, Some(record)) if RECORDS.contains(&record.as_str()) => message.resource_path.as_deref().and_then(user),
            (None, None) => return Err(strange()),
            (Some(_), None) | (_, Some(_)) => None,
        };
        let means =
            person.filter(|it| is_subject(it)).map_or(Means::Nothing, |it| Means::Person { subject: it.into() });
        let plain = |it: &String| !it.is_empty() && it.len() <= 128 && it.bytes().all(|b| b.is_ascii_graphic());
        // Older versions have none.
        let id = message.id.filter(plain);
        Ok(vec![Event { id, means }])
    }

    fn retried_for(&self) -> Duration {
        Duration::from_secs(24 * 3600)
    }
}

/// The user of `users/ID` or `users/ID/...`.
fn user(path: &str) -> Option<&str> {
    path.strip_prefix("users/")?.split('/').next()
}

fn is_subject(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b':' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(body: &str) -> Result<Means> {
        Ok(hook().events(body.as_bytes())?.into_iter().next().map_or(Means::Nothing, |it| it.means))
    }

    #[test]
    fn only_what_may_take_a_right_away_asks_about_somebody() {
        let person = || Means::Person { subject: "u-1".into() };
        let cases = [
            (r#"{"id":"e1","type":"LOGOUT","userId":"u-1"}"#, person()),
            (r#"{"id":"e1","type":"DELETE_ACCOUNT","userId":"u-1"}"#, person()),
            (r#"{"id":"e1","resourceType":"USER","operationType":"DELETE","resourcePath":"users/u-1"}"#, person()),
            (
                r#"{"id":"e1","resourceType":"REALM_ROLE_MAPPING","resourcePath":"users/u-1/role-mappings/realm"}"#,
                person(),
            ),
            (r#"{"id":"e1","type":"LOGIN","userId":"u-1"}"#, Means::Nothing),
            (r#"{"id":"e1","type":"REFRESH_TOKEN","userId":"u-1"}"#, Means::Nothing),
            (r#"{"id":"e1","type":"REFRESH_TOKEN_ERROR","userId":"u-1"}"#, Means::Nothing),
            (r#"{"id":"e1","type":"LOGOUT"}"#, Means::Nothing),
            (r#"{"id":"e1","type":"LOGOUT","userId":"a/../b"}"#, Means::Nothing),
            (r#"{"id":"e1","resourceType":"CLIENT","resourcePath":"clients/1"}"#, Means::Nothing),
        ];
        for (body, expected) in cases {
            assert_eq!(means(body).expect("an event"), expected, "{body}");
        }
        for strange in ["", "[]", "{}", "x"] {
            assert!(means(strange).is_err(), "{strange}");
        }
    }
}

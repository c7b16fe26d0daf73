//! Whether the realm lets users change what says whose they are. **Invariant:** where it does, or where that cannot be seen,
//! nobody is anybody's: every call is refused.

use crate::adapter::Keycloak;
use crate::config::Organisations;
use crate::journal::{INVITED_UNTIL, JOURNAL};
use crate::wire::ProfileRow;
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::time::{Duration, Instant};

/// How long what the realm says of its attributes is believed.
const HOLDS: Duration = Duration::from_secs(300);

/// Who edits our attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Editors {
    /// Administrators alone.
    Administrators,
    /// Nobody: what is written is dropped without a word.
    Nobody,
    /// Users themselves.
    Users,
}

fn editors(profile: &ProfileRow, name: &str, many: bool) -> Editors {
    match profile.attributes.iter().find(|it| it.name == name) {
        Some(it) if it.permissions.edit.iter().any(|who| who == "user") => Editors::Users,
        Some(it) if it.permissions.edit.iter().any(|who| who == "admin") && (it.multivalued || !many) => {
            Editors::Administrators
        }
        Some(_) => Editors::Nobody,
        None => match profile.unmanaged_attribute_policy.as_deref() {
            Some("ADMIN_EDIT") => Editors::Administrators,
            Some("ADMIN_VIEW") | None => Editors::Nobody,
            // `ENABLED`, and whatever comes to be.
            Some(_) => Editors::Users,
        },
    }
}

/// The worst of all attributes that are used.
pub(crate) fn worst(profile: &ProfileRow, organisation: Option<&str>) -> Editors {
    let used = organisation.map(|it| (it, false)).into_iter().chain([(JOURNAL, true), (INVITED_UNTIL, false)]);
    used.map(|(name, many)| editors(profile, name, many)).fold(Editors::Administrators, |worst, it| match (worst, it) {
        (Editors::Users, _) | (_, Editors::Users) => Editors::Users,
        (Editors::Nobody, _) | (_, Editors::Nobody) => Editors::Nobody,
        (Editors::Administrators, Editors::Administrators) => Editors::Administrators,
    })
}

impl Keycloak {
    /// Refuses where users can edit what says whose they are.
    pub(crate) async fn trusted(&self, cx: &CallCx) -> Result<Editors> {
        let held = *self.trust.lock();
        let editors = match held {
            Some((at, editors)) if at.elapsed() < HOLDS => editors,
            Some(_) | None => {
                let profile: ProfileRow = self.client.get(cx, &["users", "profile"], &[], "user profile").await?;
                let by_attribute = self.config.organisations == Organisations::Attribute;
                let organisation = by_attribute.then_some(self.config.organisation_attribute.as_str());
                let editors = worst(&profile, organisation);
                *self.trust.lock() = Some((Instant::now(), editors));
                editors
            }
        };
        if editors == Editors::Users {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "users of this realm may edit the attributes that say whose they are; an administrator has to forbid that",
            ));
        }
        Ok(editors)
    }

    /// The same before a write, which has to be kept in an attribute.
    pub(crate) async fn writable(&self, cx: &CallCx) -> Result<()> {
        if self.trusted(cx).await? == Editors::Nobody {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "this realm drops attributes that Postern keeps at its users; an administrator has to let administrators edit \
                 unmanaged attributes",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(attributes: &str, policy: &str) -> Editors {
        let text = format!(r#"{{"attributes":[{attributes}]{policy}}}"#);
        worst(&serde_json::from_str(&text).expect("a profile"), Some("organization_id"))
    }

    #[test]
    fn users_who_can_edit_one_of_the_attributes_are_believed_nothing() {
        let admin = r#"{"name":"organization_id","permissions":{"view":["admin"],"edit":["admin"]}}"#;
        let user = r#"{"name":"organization_id","permissions":{"view":["admin"],"edit":["admin","user"]}}"#;
        let journal = r#"{"name":"postern_journal","multivalued":true,"permissions":{"edit":["user"]}}"#;
        let edit = r#","unmanagedAttributePolicy":"ADMIN_EDIT""#;
        for (attributes, policy, expected) in [
            ("", edit, Editors::Administrators),
            (admin, edit, Editors::Administrators),
            (user, edit, Editors::Users),
            (journal, edit, Editors::Users),
            (admin, r#","unmanagedAttributePolicy":"ENABLED""#, Editors::Users),
            ("", r#","unmanagedAttributePolicy":"ENABLED""#, Editors::Users),
            ("", r#","unmanagedAttributePolicy":"SOMETHING_NEW""#, Editors::Users),
            ("", r#","unmanagedAttributePolicy":"ADMIN_VIEW""#, Editors::Nobody),
            ("", "", Editors::Nobody),
            (admin, "", Editors::Nobody),
        ] {
            assert_eq!(of(attributes, policy), expected, "{attributes} {policy}");
        }
    }

    #[test]
    fn a_journal_of_one_value_keeps_nothing() {
        let one = r#"{"name":"postern_journal","permissions":{"edit":["admin"]}}"#;
        assert_eq!(of(one, r#","unmanagedAttributePolicy":"ADMIN_EDIT""#), Editors::Nobody);
    }
}

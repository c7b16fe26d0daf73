//! Realm roles of users: which they have, by whatever way, and moving those that hang on the user itself.

use crate::adapter::Keycloak;
use crate::error;
use crate::wire::RoleRow;
use postern_api::http::Method;
use postern_api::{CallCx, Error, ErrorKind, LoginRole, Result};
use std::collections::BTreeSet;

/// Names of roles.
pub(crate) type Names = BTreeSet<String>;

impl Keycloak {
    /// The realm roles that count for a user: its own, and those by groups and other roles.
    pub(crate) async fn effective(&self, cx: &CallCx, id: &str) -> Result<Names> {
        let path = ["users", id, "role-mappings", "realm", "composite"];
        let query = [("briefRepresentation", "true".to_owned())];
        let rows: Vec<RoleRow> = self.client.get(cx, &path, &query, "portal user").await?;
        Ok(rows.into_iter().map(|it| it.name).collect())
    }

    /// The realm roles that hang on the user itself.
    pub(crate) async fn direct(&self, cx: &CallCx, id: &str) -> Result<Names> {
        let path = ["users", id, "role-mappings", "realm"];
        let rows: Vec<RoleRow> = self.client.get(cx, &path, &[], "portal user").await?;
        Ok(rows.into_iter().map(|it| it.name).collect())
    }

    /// What a login may do.
    pub(crate) async fn login_role(&self, cx: &CallCx, id: &str) -> Result<LoginRole> {
        let lead = self.effective(cx, id).await?.contains(&self.config.lead_role);
        Ok(if lead { LoginRole::Lead } else { LoginRole::Basic })
    }

    /// The access roles that count for a user.
    pub(crate) async fn access_roles_of(&self, cx: &CallCx, id: &str) -> Result<Names> {
        let mut held = self.effective(cx, id).await?;
        held.retain(|it| self.config.access_roles.contains_key(it));
        Ok(held)
    }

    /// A realm role by name; `None` where there is none.
    pub(crate) async fn role(&self, cx: &CallCx, name: &str) -> Result<Option<RoleRow>> {
        match self.client.get::<RoleRow>(cx, &["roles", name], &[], "role").await {
            Ok(role) if role.name == name => Ok(Some(role)),
            Ok(_) => Err(Error::bad_reply("another role than the one asked for")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A realm role that the configuration names.
    pub(crate) async fn required_role(&self, cx: &CallCx, name: &str) -> Result<RoleRow> {
        let missing =
            || Error::new(ErrorKind::Unavailable, "a role that Postern is configured with is not in the directory");
        self.role(cx, name).await?.ok_or_else(missing)
    }

    /// Changes which of the managed roles hang on a user, and reads that back. Those that go, go first: in between it is less
    /// rather than more. Nothing is sent where it is so already.
    pub(crate) async fn set_roles(&self, cx: &CallCx, id: &str, managed: &[RoleRow], want: &Names) -> Result<()> {
        let held = self.direct(cx, id).await?;
        let path = ["users", id, "role-mappings", "realm"];
        let go: Vec<&RoleRow> =
            managed.iter().filter(|it| held.contains(&it.name) && !want.contains(&it.name)).collect();
        let come: Vec<&RoleRow> =
            managed.iter().filter(|it| !held.contains(&it.name) && want.contains(&it.name)).collect();
        if go.is_empty() && come.is_empty() {
            return Ok(());
        }
        if !go.is_empty() {
            self.client.change(cx, Method::DELETE, &path, &[], Some(&go), "role").await?;
        }
        if !come.is_empty() {
            self.client.change(cx, Method::POST, &path, &[], Some(&come), "role").await?;
        }
        let held = self.direct(cx, id).await?;
        let right = managed.iter().all(|it| held.contains(&it.name) == want.contains(&it.name));
        if right { Ok(()) } else { Err(error::unknown().with("detail", "roles are not as they were set")) }
    }
}

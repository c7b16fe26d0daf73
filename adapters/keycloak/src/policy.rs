//! The portal's roles, and how people sign in, as the realm enforces it.

use crate::adapter::Keycloak;
use crate::wire::RoleRow;
use futures::future::try_join_all;
use postern_api::{AccessRole, AccessRoleId, AuthPolicy, CallCx, Error, ErrorKind, Result};

impl Keycloak {
    /// The realm roles that the configuration makes access roles, as far as the realm has them. One that brings others with
    /// it is never given: what it opens is not what the configuration says.
    pub(crate) async fn list_access_roles(&self, cx: &CallCx) -> Result<Vec<AccessRole>> {
        let found = try_join_all(self.config.access_roles.keys().map(|name| self.role(cx, name))).await?;
        let mut roles = Vec::with_capacity(found.len());
        for ((name, meant), role) in self.config.access_roles.iter().zip(found) {
            let (Some(role), Ok(id)) = (role, AccessRoleId::new(name)) else { continue };
            let internal = meant.internal || role.composite;
            roles.push(AccessRole {
                id,
                name: meant.name.clone().unwrap_or_else(|| name.clone()),
                rights: meant.rights.clone(),
                is_default: meant.default && !internal,
                internal,
            });
        }
        roles.sort_by_cached_key(|it| (it.name.to_lowercase(), it.id.clone()));
        Ok(roles)
    }

    /// Access roles that a customer may have, read anew. Unknown ones and internal ones are refused.
    pub(crate) async fn grantable(&self, cx: &CallCx, ids: &[AccessRoleId]) -> Result<Vec<RoleRow>> {
        let refused =
            || Error::new(ErrorKind::InvalidArgument, "a role is unknown or not for customers; list the access roles");
        let mut roles: Vec<RoleRow> = Vec::with_capacity(ids.len());
        for id in ids {
            let meant = self.config.access_roles.get(id.as_str()).filter(|it| !it.internal).ok_or_else(refused)?;
            let role = self.role(cx, id.as_str()).await?.filter(|it| !it.composite && !meant.internal);
            let role = role.ok_or_else(refused)?;
            if !roles.iter().any(|it| it.name == role.name) {
                roles.push(role);
            }
        }
        Ok(roles)
    }

    pub(crate) async fn read_policy(&self, cx: &CallCx) -> Result<AuthPolicy> {
        let realm = self.read_realm(cx).await?;
        let locks = realm.brute_force_protected == Some(true);
        Ok(AuthPolicy {
            password_min_length: realm.password_policy.as_deref().and_then(min_length),
            // A required action asks new users alone, and a flow can ask for it by any rule.
            two_factor_required: None,
            reset_expires_secs: realm.action_token_generated_by_admin_lifespan,
            invitation_expires_secs: realm.action_token_generated_by_admin_lifespan,
            lockout_after: realm.failure_factor.filter(|_| locks),
            lockout_secs: realm.max_failure_wait_seconds.filter(|_| locks && realm.permanent_lockout != Some(true)),
            session_idle_secs: realm.sso_session_idle_timeout,
            session_max_secs: realm.sso_session_max_lifespan,
        })
    }
}

/// The length in a policy like `length(12) and digits(1)`.
fn min_length(policy: &str) -> Option<u32> {
    let rules = policy.split(" and ").map(str::trim);
    rules.filter_map(|it| it.strip_prefix("length(")?.strip_suffix(')')?.trim().parse().ok()).next()
}

#[cfg(test)]
mod tests {
    use super::min_length;

    #[test]
    fn a_password_policy_says_its_length_or_nothing() {
        for (policy, expected) in [
            ("length(12)", Some(12)),
            ("digits(1) and length(8) and notUsername(undefined)", Some(8)),
            ("maxLength(64)", None),
            ("", None),
            ("length(undefined)", None),
        ] {
            assert_eq!(min_length(policy), expected, "{policy}");
        }
    }
}

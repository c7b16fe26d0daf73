//! Whose a user is, and how a user stands: status, lock, second factor, last use.

use crate::adapter::Keycloak;
use crate::config::{Organisations, SET_PASSWORD};
use crate::journal::INVITED_UNTIL;
use crate::wire::{CredentialRow, EventRow, LockRow, OrganisationRow, SessionRow, UserRow, owner, time};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use postern_api::{
    AccessRoleId, CallCx, Error, ExternalId, Login, LoginRole, LoginStatus, Owned, Owner, PortalUser, Result,
};
use std::collections::BTreeSet;

/// Users that are looked at at once.
const AT_ONCE: usize = 6;

/// A user and whose it is, as the record says.
pub(crate) struct Found {
    pub(crate) owner: Owner,
    pub(crate) user: UserRow,
}

impl Keycloak {
    /// The organisation in reach. Outside it, it is as if it was not there.
    pub(crate) fn in_reach(&self, cx: &CallCx, organisation: &ExternalId) -> Result<()> {
        if cx.reach.contains(organisation) { Ok(()) } else { Err(Error::not_found("organisation")) }
    }

    /// Whose a user is.
    async fn owner(&self, cx: &CallCx, user: &UserRow) -> Result<Owner> {
        match self.config.organisations {
            Organisations::Attribute => Ok(owner(user.attribute(&self.config.organisation_attribute))),
            Organisations::Organizations => {
                let path = ["organizations", "members", &user.id, "organizations"];
                let of: Vec<OrganisationRow> = self.client.get(cx, &path, &[], "portal user").await?;
                Ok(match of.as_slice() {
                    [one] => owner(Some(&one.id)),
                    [] | [_, ..] => Owner::Unknown,
                })
            }
        }
    }

    /// The users of an organisation, each with the owner that its own record names.
    pub(crate) async fn users_of(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Found>> {
        self.in_reach(cx, organisation)?;
        self.trusted(cx).await?;
        let rows = match self.config.organisations {
            Organisations::Attribute => {
                // Neither holds a quote: the name by its rule, the id by its type.
                let q = format!("\"{}\":\"{organisation}\"", self.config.organisation_attribute);
                let query = [("q", q), ("briefRepresentation", "false".to_owned())];
                self.client.users(cx, &["users"], &query, "users").await?
            }
            Organisations::Organizations => {
                let path = ["organizations", organisation.as_str(), "members"];
                let query = [("briefRepresentation", "false".to_owned())];
                self.client.users(cx, &path, &query, "organisation").await?
            }
        };
        let found = stream::iter(rows).map(|user| async move {
            let owner = self.owner(cx, &user).await?;
            Ok::<_, Error>(Found { owner, user })
        });
        found.buffered(AT_ONCE).try_collect().await
    }

    /// One user of this organisation. Another's, and one that is not there, are the same.
    pub(crate) async fn user_of(&self, cx: &CallCx, organisation: &ExternalId, id: &str) -> Result<UserRow> {
        let missing = || Error::not_found("portal user");
        if !cx.reach.contains(organisation) {
            return Err(missing());
        }
        self.trusted(cx).await?;
        let user = self.client.user(cx, id).await?;
        if self.owner(cx, &user).await? == Owner::Organisation(organisation.clone()) {
            Ok(user)
        } else {
            Err(missing())
        }
    }

    /// Every user with this address, whoever's.
    pub(crate) async fn with_address(&self, cx: &CallCx, email: &str) -> Result<Vec<Found>> {
        let query = [("email", email.to_owned()), ("exact", "true".to_owned())];
        let rows = self.client.users(cx, &["users"], &query, "users").await?;
        let mut found = Vec::with_capacity(rows.len());
        for user in rows.into_iter().filter(|it| it.address() == email) {
            found.push(Found { owner: self.owner(cx, &user).await?, user });
        }
        Ok(found)
    }

    /// The logins of one organisation.
    pub(crate) async fn list_logins(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Login>>> {
        let found = self.users_of(cx, organisation).await?;
        let logins = stream::iter(found).map(|it| self.login(cx, organisation, it));
        let mut logins: Vec<(String, Owned<Login>)> = logins.buffered(AT_ONCE).try_collect().await?;
        logins.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(logins.into_iter().map(|it| it.1).collect())
    }

    async fn login(&self, cx: &CallCx, asked: &ExternalId, found: Found) -> Result<(String, Owned<Login>)> {
        let Found { owner, user } = found;
        let id = user.contact().ok_or_else(|| Error::bad_reply("a user without an id"))?;
        // Of somebody else's user nothing more is asked: the gateway drops it and raises the alarm.
        let (role, last_login) = if owner == Owner::Organisation(asked.clone()) {
            futures::try_join!(self.login_role(cx, &user.id), self.last_use(cx, &user.id))?
        } else {
            (LoginRole::Basic, None)
        };
        let email = user.address();
        let (status, expires_at) = status(&user);
        let login = Login { id, name: user.name(), email: email.clone(), role, status, last_login, expires_at };
        Ok((email, Owned::new(owner, login)))
    }

    /// One login of an organisation, read anew.
    pub(crate) async fn read_login(&self, cx: &CallCx, organisation: &ExternalId, id: &str) -> Result<Owned<Login>> {
        let user = self.user_of(cx, organisation, id).await?;
        let found = Found { owner: Owner::Organisation(organisation.clone()), user };
        Ok(self.login(cx, organisation, found).await?.1)
    }

    /// The portal users of one organisation.
    pub(crate) async fn list_users(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<PortalUser>>> {
        let found = self.users_of(cx, organisation).await?;
        let users = stream::iter(found).map(|it| self.portal_user(cx, organisation, it));
        let mut users: Vec<(String, Owned<PortalUser>)> = users.buffered(AT_ONCE).try_collect().await?;
        users.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(users.into_iter().map(|it| it.1).collect())
    }

    async fn portal_user(&self, cx: &CallCx, asked: &ExternalId, found: Found) -> Result<(String, Owned<PortalUser>)> {
        let Found { owner, user } = found;
        let id = user.contact().ok_or_else(|| Error::bad_reply("a user without an id"))?;
        let (roles, locked, two_factor, last_login) = if owner == Owner::Organisation(asked.clone()) {
            futures::try_join!(
                self.access_roles_of(cx, &user.id),
                self.is_locked(cx, &user.id),
                self.has_second_factor(cx, &user),
                self.last_use(cx, &user.id)
            )?
        } else {
            (BTreeSet::new(), false, None, None)
        };
        let email = user.address();
        let (status, expires_at) = status(&user);
        let record = PortalUser {
            id,
            name: user.name(),
            email: email.clone(),
            roles: roles.iter().filter_map(|it| AccessRoleId::new(it).ok()).collect(),
            status,
            locked,
            two_factor,
            last_login,
            expires_at,
        };
        Ok((email, Owned::new(owner, record)))
    }

    /// One portal user of an organisation, read anew.
    pub(crate) async fn read_user(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        id: &str,
    ) -> Result<Owned<PortalUser>> {
        let user = self.user_of(cx, organisation, id).await?;
        let found = Found { owner: Owner::Organisation(organisation.clone()), user };
        Ok(self.portal_user(cx, organisation, found).await?.1)
    }

    /// Whether failed tries locked a user; `false` where the realm counts none.
    pub(crate) async fn is_locked(&self, cx: &CallCx, id: &str) -> Result<bool> {
        if self.realm(cx).await?.brute_force_protected == Some(false) {
            return Ok(false);
        }
        let path = ["attack-detection", "brute-force", "users", id];
        Ok(self.client.get::<LockRow>(cx, &path, &[], "portal user").await?.disabled)
    }

    /// Whether a second factor is set up. Keycloak itself says so of one-time passwords; the others are looked for.
    async fn has_second_factor(&self, cx: &CallCx, user: &UserRow) -> Result<Option<bool>> {
        if user.totp == Some(true) && self.config.second_factors.iter().any(|it| it == "otp") {
            return Ok(Some(true));
        }
        if self.config.second_factors.iter().all(|it| it == "otp") {
            return Ok(user.totp);
        }
        Ok(Some(!self.factors(cx, &user.id).await?.is_empty()))
    }

    /// The credentials of a user that are a second factor, by id.
    pub(crate) async fn factors(&self, cx: &CallCx, id: &str) -> Result<Vec<String>> {
        let all: Vec<CredentialRow> = self.client.get(cx, &["users", id, "credentials"], &[], "portal user").await?;
        Ok(all.into_iter().filter(|it| self.config.second_factors.contains(&it.kind)).map(|it| it.id).collect())
    }

    /// The sessions of a user: how many, and when the last one was used.
    pub(crate) async fn sessions(&self, cx: &CallCx, id: &str) -> Result<(usize, Option<Timestamp>)> {
        let all: Vec<SessionRow> = self.client.get(cx, &["users", id, "sessions"], &[], "portal user").await?;
        Ok((all.len(), all.iter().filter_map(|it| time(it.last_access?)).max()))
    }

    /// When a login was last used: by a session that is still there, or by the realm's events where it keeps them.
    async fn last_use(&self, cx: &CallCx, id: &str) -> Result<Option<Timestamp>> {
        let (_, session) = self.sessions(cx, id).await?;
        if session.is_some() || !self.config.events || self.realm(cx).await?.events_enabled == Some(false) {
            return Ok(session);
        }
        let query = [("user", id.to_owned()), ("type", "LOGIN".to_owned()), ("max", "1".to_owned())];
        let last: Vec<EventRow> = self.client.get(cx, &["events"], &query, "events").await?;
        Ok(last.iter().filter(|it| it.user_id.as_deref() == Some(id)).filter_map(|it| time(it.time)).max())
    }
}

/// Whether a login works, and until when an invitation holds that nobody accepted yet.
pub(crate) fn status(user: &UserRow) -> (LoginStatus, Option<Timestamp>) {
    let until = user.attribute(INVITED_UNTIL).and_then(|it| it.parse().ok());
    let until = until.and_then(|it| Timestamp::from_second(it).ok());
    let waits = user.required_actions.iter().any(|it| it == SET_PASSWORD);
    let status = match (user.enabled, until) {
        (false, _) => return (LoginStatus::Disabled, None),
        (true, Some(_)) if waits => LoginStatus::Pending,
        (true, _) => return (LoginStatus::Active, None),
    };
    (status, until)
}

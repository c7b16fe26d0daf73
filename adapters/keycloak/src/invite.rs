//! Inviting: a user that waits for its owner, with the roles, and Keycloak's own mail to that person.
//!
//! Keycloak does this in several steps. Whatever fails before the mail takes the new user away again; what fails then leaves
//! it there and is told as unknown.

use crate::adapter::{Keycloak, anew};
use crate::client::{NOTHING, Pair};
use crate::config::{Organisations, SET_PASSWORD};
use crate::directory::status;
use crate::error::{after_write, put_back, unknown};
use crate::journal::{self, Earlier, Entry, INVITED_UNTIL, JOURNAL};
use crate::wire::{NewUser, RoleRow, UserRow};
use jiff::Timestamp;
use postern_api::http::Method;
use postern_api::*;
use std::collections::BTreeMap;

/// Somebody to invite, by either way.
struct Guest<'a> {
    op: Op,
    organisation: &'a ExternalId,
    email: String,
    names: (&'a str, &'a str),
    by: &'a str,
    until: Timestamp,
    roles: Vec<RoleRow>,
    detail: String,
    most: Option<u32>,
}

impl Keycloak {
    pub(crate) async fn invite_login(&self, cx: &CallCx, it: &Invitation) -> Result<Owned<Login>> {
        self.in_reach(cx, &it.organisation)?;
        self.writable(cx).await?;
        let guest = Guest {
            op: Op::LoginInvite,
            organisation: &it.organisation,
            email: it.email.to_lowercase(),
            names: (&it.first_name, &it.last_name),
            by: &it.by,
            until: it.expires_at,
            roles: vec![self.required_role(cx, &self.config.basic_role).await?],
            detail: "invited".into(),
            most: it.max_logins,
        };
        let id = self.enrol(cx, &guest).await?;
        self.read_login(cx, &it.organisation, &id).await.map_err(after_write)
    }

    pub(crate) async fn invite_portal_user(&self, cx: &CallCx, it: &PortalInvitation) -> Result<Owned<PortalUser>> {
        self.in_reach(cx, &it.organisation)?;
        self.writable(cx).await?;
        if it.message.is_some() {
            let words = "this directory writes its invitations itself; leave the message out";
            return Err(Error::new(ErrorKind::InvalidArgument, words));
        }
        let mut roles = self.grantable(cx, std::slice::from_ref(&it.role)).await?;
        roles.push(self.required_role(cx, &self.config.basic_role).await?);
        let guest = Guest {
            op: Op::PortalUserInvite,
            organisation: &it.organisation,
            email: it.email.to_lowercase(),
            names: (&it.first_name, &it.last_name),
            by: &it.by,
            until: it.expires_at,
            roles,
            detail: format!("invited as {}", it.role),
            most: None,
        };
        let id = self.enrol(cx, &guest).await?;
        self.read_user(cx, &it.organisation, &id).await.map_err(after_write)
    }

    /// The id of the user who is there then.
    async fn enrol(&self, cx: &CallCx, guest: &Guest<'_>) -> Result<String> {
        let taken = || Error::new(ErrorKind::Conflict, "this address already has a login");
        if guest.until <= Timestamp::now() {
            let words = "the invitation would end before it begins; give a later time";
            return Err(Error::new(ErrorKind::InvalidArgument, words));
        }
        let _one = self.changing.lock().await;
        let mut there = self.with_address(cx, &guest.email).await?.into_iter();
        if let Some(found) = there.next() {
            let own = found.owner == Owner::Organisation(guest.organisation.clone());
            // Begun, and not yet said whose it is.
            let begun = found.owner == Owner::Unknown
                && journal::find(&found.user, cx, guest.op)
                    .is_some_and(|it| it.of == Some(guest.organisation.to_string()));
            if there.next().is_some() || !(own || begun) {
                return Err(taken());
            }
            return match journal::earlier(&found.user, cx, guest.op) {
                Earlier::Done if own => Ok(found.user.id),
                Earlier::Open => self.go_on(cx, guest, found.user).await,
                Earlier::None if guest.op == Op::LoginInvite && own && lapsed(&found.user) => {
                    let id = found.user.id.clone();
                    self.invite_again(cx, found.user, guest.until, self.entry(cx, guest)).await?;
                    Ok(id)
                }
                Earlier::Done | Earlier::None => Err(taken()),
            };
        }
        self.room(cx, guest, 1).await?;
        let entry = self.entry(cx, guest);
        let id = self.create(cx, guest, &entry).await?;
        if let Err(failed) = self.equip(cx, guest, &id).await {
            return Err(self.take_away(cx, &id, failed).await);
        }
        match self.mail(cx, &id, &self.config.invitation_actions, Some(guest.until)).await {
            Ok(()) => {}
            // The mail may be on its way, and its link must work.
            Err(failed) if failed.kind() == ErrorKind::OutcomeUnknown => return Err(failed),
            Err(failed) => return Err(self.take_away(cx, &id, failed).await),
        }
        self.close(cx, &id, &entry).await?;
        Ok(id)
    }

    fn entry(&self, cx: &CallCx, guest: &Guest<'_>) -> Entry {
        let entry = Entry::open(cx, guest.op, AccessEventKind::Invitation, guest.by).detail(guest.detail.clone());
        Entry { of: Some(guest.organisation.to_string()), ..entry.roles(None, LoginRole::Basic) }
    }

    async fn create(&self, cx: &CallCx, guest: &Guest<'_>, entry: &Entry) -> Result<String> {
        let mut attributes = BTreeMap::from([
            (INVITED_UNTIL.to_owned(), vec![guest.until.as_second().to_string()]),
            (JOURNAL.to_owned(), journal::alone(entry)),
        ]);
        if self.config.organisations == Organisations::Attribute {
            attributes.insert(self.config.organisation_attribute.clone(), vec![guest.organisation.to_string()]);
        }
        let new = NewUser {
            username: &guest.email,
            email: &guest.email,
            first_name: guest.names.0.trim(),
            last_name: guest.names.1.trim(),
            enabled: true,
            email_verified: false,
            required_actions: &self.config.invitation_actions,
            attributes,
        };
        self.client.create(cx, &["users"], &new, "organisation").await.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Error::new(ErrorKind::Conflict, "this address already has a login").because(error)
            } else {
                error
            }
        })
    }

    /// Makes a user the organisation's, sees that Keycloak kept what it was given, and gives the roles.
    async fn equip(&self, cx: &CallCx, guest: &Guest<'_>, id: &str) -> Result<()> {
        if self.config.organisations == Organisations::Organizations {
            let path = ["organizations", guest.organisation.as_str(), "members"];
            match self.client.create(cx, &path, &id, "organisation").await {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        let dropped = || Error::new(ErrorKind::Forbidden, "this realm dropped what says whose a new user is");
        let kept = self
            .user_of(cx, guest.organisation, id)
            .await
            .map_err(|error| if error.kind() == ErrorKind::NotFound { dropped() } else { error })?;
        if journal::entries(&kept).is_empty() || kept.attribute(INVITED_UNTIL).is_none() {
            return Err(dropped());
        }
        let names = guest.roles.iter().map(|it| it.name.clone()).collect();
        self.set_roles(cx, id, &guest.roles, &names).await?;
        self.room(cx, guest, 0).await
    }

    /// Refuses past the number of logins, with `more` to come.
    async fn room(&self, cx: &CallCx, guest: &Guest<'_>, more: usize) -> Result<()> {
        let Some(most) = guest.most else { return Ok(()) };
        let own = Owner::Organisation(guest.organisation.clone());
        let found = self.users_of(cx, guest.organisation).await?;
        let count = found.iter().filter(|it| it.owner == own && status(&it.user).0 != LoginStatus::Disabled).count();
        if count + more > most as usize {
            return Err(Error::new(ErrorKind::LimitReached, "the organisation's contact limit is reached"));
        }
        Ok(())
    }

    /// Deletes the user who was just made; what failed is told, or that nobody knows.
    async fn take_away(&self, cx: &CallCx, id: &str, failed: Error) -> Error {
        match self.client.change(&anew(cx), Method::DELETE, &["users", id], &[], NOTHING, "portal user").await {
            Ok(()) => put_back(failed),
            Err(error) if error.kind() == ErrorKind::NotFound => put_back(failed),
            Err(error) => unknown().because(error),
        }
    }

    /// The same invitation once more: it goes on where it certainly did not get further.
    async fn go_on(&self, cx: &CallCx, guest: &Guest<'_>, user: UserRow) -> Result<String> {
        let held = self.direct(cx, &user.id).await?;
        if guest.roles.iter().all(|it| held.contains(&it.name)) {
            // The mail came after the roles, and may have been sent.
            return Err(Error::new(
                ErrorKind::OutcomeUnknown,
                "the login is there and it is not known whether its invitation was sent; reissue the invitation",
            ));
        }
        self.equip(cx, guest, &user.id).await.map_err(after_write)?;
        self.mail(cx, &user.id, &self.config.invitation_actions, Some(guest.until)).await.map_err(after_write)?;
        let entry = journal::find(&user, cx, guest.op).unwrap_or_else(|| self.entry(cx, guest));
        self.close(cx, &user.id, &entry).await?;
        Ok(user.id)
    }

    /// Sends an invitation that waits once more, with a new end.
    pub(crate) async fn invite_again(&self, cx: &CallCx, user: UserRow, until: Timestamp, entry: Entry) -> Result<()> {
        let mut new = user.clone();
        new.attributes.insert(INVITED_UNTIL.to_owned(), vec![until.as_second().to_string()]);
        journal::keep(&mut new, &entry);
        self.client.put(cx, &new).await?;
        if let Err(failed) = self.mail(cx, &user.id, &self.config.invitation_actions, Some(until)).await {
            return Err(self.as_before(cx, &user, failed).await);
        }
        self.close(cx, &user.id, &entry).await
    }

    /// Writes a user as it was; what failed is told, or that nobody knows.
    pub(crate) async fn as_before(&self, cx: &CallCx, before: &UserRow, failed: Error) -> Error {
        if failed.kind() == ErrorKind::OutcomeUnknown {
            return failed;
        }
        match self.client.put(&anew(cx), before).await {
            Ok(()) => put_back(failed),
            Err(error) => unknown().because(error),
        }
    }

    /// Keeps that a write is done. It was done, so that nothing that fails here is a refusal.
    pub(crate) async fn close(&self, cx: &CallCx, id: &str, entry: &Entry) -> Result<()> {
        let mut user = self.client.user(cx, id).await.map_err(after_write)?;
        journal::close(&mut user, entry);
        self.client.put(cx, &user).await.map_err(after_write)
    }

    /// Has Keycloak mail a link to the user's own address.
    pub(crate) async fn mail(&self, cx: &CallCx, id: &str, actions: &[String], until: Option<Timestamp>) -> Result<()> {
        let mut query: Vec<Pair<'_>> = Vec::new();
        if let Some(until) = until {
            query.push(("lifespan", until.duration_since(Timestamp::now()).as_secs().max(60).to_string()));
        }
        if let Some(client) = &self.config.link_client_id {
            query.push(("client_id", client.clone()));
        }
        if let Some(address) = &self.config.link_redirect_uri {
            query.push(("redirect_uri", address.clone()));
        }
        let path = ["users", id, "execute-actions-email"];
        self.client.change(cx, Method::PUT, &path, &query, Some(&actions), "portal user").await
    }
}

/// An invitation that was not accepted in time.
fn lapsed(user: &UserRow) -> bool {
    let (status, until) = status(user);
    status == LoginStatus::Pending && until.is_some_and(|it| it <= Timestamp::now())
}

/// What a mail asks for that lets somebody set a new password.
pub(crate) fn new_password() -> [String; 1] {
    [SET_PASSWORD.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_for_certain_stays_what_it_is_when_it_was_put_back() {
        let kinds = |kind| put_back(Error::new(kind, "x")).kind();
        assert_eq!(kinds(ErrorKind::Forbidden), ErrorKind::Forbidden);
        assert_eq!(kinds(ErrorKind::OutcomeUnknown), ErrorKind::Unavailable);
        assert_eq!(kinds(ErrorKind::NotFound), ErrorKind::Conflict);
        assert_eq!(put_back(crate::error::no_mail()).kind(), ErrorKind::Unavailable);
    }
}

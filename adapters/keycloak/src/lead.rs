//! Moving the lead role: both role changes or neither.
//!
//! Keycloak knows no transaction over two users. The old lead loses the role first, so that an organisation never has two;
//! where anything fails, both are put back, and only where that fails too is the outcome unknown.

use crate::adapter::Keycloak;
use crate::error::after_write;
use crate::journal::{self, Earlier, Entry};
use crate::roles::Names;
use crate::wire::{RoleRow, UserRow};
use postern_api::*;

impl Keycloak {
    pub(crate) async fn move_lead(&self, cx: &CallCx, transfer: &LeadTransfer) -> Result<Owned<Login>> {
        self.in_reach(cx, &transfer.organisation)?;
        self.writable(cx).await?;
        let _one = self.changing.lock().await;
        let changed = || Error::new(ErrorKind::Conflict, "the lead has changed meanwhile; list the contacts again");
        let unfit = || {
            let words = "the new lead must be another active contact of the organisation";
            Error::new(ErrorKind::InvalidArgument, words)
        };
        let to = self.member(cx, &transfer.organisation, &transfer.to).await?.ok_or_else(unfit)?;
        let earlier = journal::earlier(&to, cx, Op::LeadTransfer);
        if earlier == Earlier::Done {
            return self.read_login(cx, &transfer.organisation, &to.id).await;
        }
        let from = self.member(cx, &transfer.organisation, &transfer.from).await?.ok_or_else(changed)?;
        let managed = [
            self.required_role(cx, &self.config.lead_role).await?,
            self.required_role(cx, &self.config.basic_role).await?,
        ];
        if earlier == Earlier::None {
            if self.login_role(cx, &from.id).await? != LoginRole::Lead {
                return Err(changed());
            }
            let active = crate::directory::status(&to).0 == LoginStatus::Active;
            if from.id == to.id || !active || self.login_role(cx, &to.id).await? != LoginRole::Basic {
                return Err(unfit());
            }
        }
        let before = (self.held(cx, &from.id, &managed).await?, self.held(cx, &to.id, &managed).await?);
        if earlier == Earlier::None && !before.0.contains(&self.config.lead_role) {
            let words = "the lead role comes to this contact by a group or another role; change that in the directory";
            return Err(Error::new(ErrorKind::Conflict, words));
        }
        let by = from.name();
        let entry = |was, is| {
            let entry = Entry::open(cx, Op::LeadTransfer, AccessEventKind::RoleChange, &by).roles(Some(was), is);
            Entry { detail: transfer.reason.clone(), ..entry }
        };
        let entries = [entry(LoginRole::Lead, LoginRole::Basic), entry(LoginRole::Basic, LoginRole::Lead)];
        let [given, taken] = &entries;
        let users = [(&from, &before.0), (&to, &before.1)];
        if let Err(failed) = self.swap(cx, &from, &to, (given, taken), &managed).await {
            return Err(self.roles_as_before(cx, &users, &managed, failed).await);
        }
        // Both roles moved; what is left is to say so.
        self.close(cx, &from.id, given).await?;
        self.close(cx, &to.id, taken).await?;
        self.read_login(cx, &transfer.organisation, &to.id).await.map_err(after_write)
    }

    async fn swap(
        &self,
        cx: &CallCx,
        from: &UserRow,
        to: &UserRow,
        (given, taken): (&Entry, &Entry),
        managed: &[RoleRow; 2],
    ) -> Result<()> {
        for (user, entry) in [(from, given), (to, taken)] {
            let mut begun = user.clone();
            journal::keep(&mut begun, entry);
            self.client.put(cx, &begun).await?;
        }
        let [lead, basic] = managed;
        let (leads, basics) = (Names::from([lead.name.clone()]), Names::from([basic.name.clone()]));
        self.set_roles(cx, &from.id, managed, &basics).await?;
        self.set_roles(cx, &to.id, managed, &leads).await?;
        let roles = (self.login_role(cx, &from.id).await?, self.login_role(cx, &to.id).await?);
        if roles == (LoginRole::Basic, LoginRole::Lead) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Conflict, "the directory gives the lead role in another way too; change that there"))
    }

    /// A user of the organisation; `None` where there is none.
    async fn member(&self, cx: &CallCx, organisation: &ExternalId, id: &ContactId) -> Result<Option<UserRow>> {
        match self.user_of(cx, organisation, id.as_str()).await {
            Ok(user) => Ok(Some(user)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Which of these roles hang on the user itself.
    async fn held(&self, cx: &CallCx, id: &str, roles: &[RoleRow]) -> Result<Names> {
        let mut held = self.direct(cx, id).await?;
        held.retain(|it| roles.iter().any(|role| role.name == *it));
        Ok(held)
    }

    /// Role changes of an organisation, oldest first.
    pub(crate) async fn list_role_changes(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
    ) -> Result<Vec<Owned<RoleChange>>> {
        let own = Owner::Organisation(organisation.clone());
        let mut changes = Vec::new();
        for found in self.users_of(cx, organisation).await? {
            let Some(login) = found.user.contact() else { continue };
            let kept = if found.owner == own { journal::entries(&found.user) } else { vec![] };
            for entry in kept.into_iter().filter(|it| !it.open) {
                let (Some(to), Ok(at)) = (entry.to, jiff::Timestamp::from_microsecond(entry.at)) else { continue };
                let reason = entry.detail.filter(|_| entry.from.is_some());
                let (login, email) = (login.clone(), found.user.address());
                changes.push((at, RoleChange { login, email, from: entry.from, to, by: entry.by, reason, at }));
            }
        }
        changes.sort_by_key(|it| it.0);
        Ok(changes.into_iter().map(|it| Owned::new(own.clone(), it.1)).collect())
    }
}

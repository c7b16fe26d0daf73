//! Changing a portal user's access roles: all or none.

use crate::adapter::{Keycloak, anew};
use crate::error::{after_write, put_back, unknown};
use crate::journal::{self, Earlier, Entry, JOURNAL};
use crate::roles::Names;
use crate::wire::{RoleRow, UserRow};
use postern_api::*;

impl Keycloak {
    pub(crate) async fn change_roles(&self, cx: &CallCx, change: &AccessChange) -> Result<Owned<PortalUser>> {
        let missing = || Error::not_found("portal user");
        if !cx.reach.contains(&change.organisation) {
            return Err(missing());
        }
        self.writable(cx).await?;
        let _one = self.changing.lock().await;
        let user = self.user_of(cx, &change.organisation, change.user.as_str()).await?;
        let earlier = journal::earlier(&user, cx, Op::AccessChange);
        if earlier == Earlier::Done {
            return self.read_user(cx, &change.organisation, &user.id).await;
        }
        let to: Names = change.to.iter().map(|it| it.as_str().to_owned()).collect();
        let from: Names = change.from.iter().map(|it| it.as_str().to_owned()).collect();
        let mut managed = self.grantable(cx, &change.to).await?;
        let (direct, held) = futures::try_join!(self.direct(cx, &user.id), self.access_roles_of(cx, &user.id))?;
        if earlier == Earlier::None && held != from {
            let words = "the roles have changed meanwhile; list the portal users again";
            return Err(Error::new(ErrorKind::Conflict, words));
        }
        for gone in held.difference(&to) {
            if !direct.contains(gone) {
                let words = "a role comes to this user by a group or another role; change that in the directory";
                return Err(Error::new(ErrorKind::Conflict, words));
            }
            managed.push(self.required_role(cx, gone).await?);
        }
        let before: Names = direct.iter().filter(|it| managed.iter().any(|role| role.name == **it)).cloned().collect();
        let reason = change.reason.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
        let entry = Entry::open(cx, Op::AccessChange, AccessEventKind::RoleChange, &change.by).detail(format!(
            "from {} to {}{reason}",
            listed(&from),
            listed(&to)
        ));
        let mut begun = user.clone();
        journal::keep(&mut begun, &entry);
        self.client.put(cx, &begun).await?;
        if let Err(failed) = self.apply(cx, &user.id, &managed, &to).await {
            return Err(self.roles_as_before(cx, &[(&user, &before)], &managed, failed).await);
        }
        self.close(cx, &user.id, &entry).await?;
        self.read_user(cx, &change.organisation, &user.id).await.map_err(after_write)
    }

    async fn apply(&self, cx: &CallCx, id: &str, managed: &[RoleRow], to: &Names) -> Result<()> {
        self.set_roles(cx, id, managed, to).await?;
        let held = self.access_roles_of(cx, id).await?;
        if held == *to { Ok(()) } else { Err(unknown().with("detail", "other access roles than were set")) }
    }

    /// Puts back the roles and the journals of users; what failed is told, or that nobody knows how it stands.
    pub(crate) async fn roles_as_before(
        &self,
        cx: &CallCx,
        users: &[(&UserRow, &Names)],
        managed: &[RoleRow],
        failed: Error,
    ) -> Error {
        let cx = anew(cx);
        let mut lost = None;
        // Each is tried, whatever becomes of the other.
        for (user, before) in users {
            if let Err(error) = self.set_roles(&cx, &user.id, managed, before).await {
                lost = Some(error);
            }
        }
        if let Some(error) = lost {
            return Error::new(
                ErrorKind::OutcomeUnknown,
                "the directory failed half-way and could not be put back; look at the roles there before trying again",
            )
            .because(error);
        }
        for (user, _) in users {
            if let Err(error) = self.journal_as_before(&cx, user).await {
                return unknown().because(error);
            }
        }
        put_back(failed)
    }

    /// Takes an entry back that was begun; nothing is sent where there is none.
    async fn journal_as_before(&self, cx: &CallCx, before: &UserRow) -> Result<()> {
        let mut now = self.client.user(cx, &before.id).await?;
        if now.attributes.get(JOURNAL) == before.attributes.get(JOURNAL) {
            return Ok(());
        }
        match before.attributes.get(JOURNAL) {
            Some(kept) => now.attributes.insert(JOURNAL.to_owned(), kept.clone()),
            None => now.attributes.remove(JOURNAL),
        };
        self.client.put(cx, &now).await
    }
}

fn listed(names: &Names) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(" and ") }
}

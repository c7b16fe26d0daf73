//! The organisations and people that Request Tracker knows: queues, and users by their `Organization` attribute.

use crate::query::row_number;
use crate::wire::{self, Num};
use crate::{RequestTracker, map};
use postern_api::*;

#[async_trait]
impl Crm for RequestTracker {
    async fn organisation(&self, cx: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        let queue = self.reached_queue(cx, id).await?.ok_or_else(|| Error::not_found("organisation"))?;
        let owner = map::external(queue.id).ok_or_else(|| Error::bad_reply("a queue's number"))?;
        let closed = queue.disabled.is_some_and(|it| it != Num(0));
        let organisation = Organisation {
            id: owner.clone(),
            name: self.organisation_name(&queue.name).unwrap_or(&queue.name).to_owned(),
            domains: vec![],
            subscription_tier: None,
            sla_tier: None,
            status: if closed { OrganisationStatus::Closed } else { OrganisationStatus::Active },
            limits: Limits::default(),
            sla: None,
        };
        Ok(Owned::new(Owner::Organisation(owner), organisation))
    }

    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        // A queue without people's names at its front is no customer.
        let queues = self.client.queues(cx).await?;
        let entries = queues.iter().filter_map(|queue| {
            Some(DirectoryEntry {
                id: map::external(queue.id)?,
                name: self.organisation_name(&queue.name)?.to_owned(),
                domains: vec![],
                references: vec![],
                active: queue.disabled.is_none_or(|it| it == Num(0)),
            })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Directory { entries, truncated: false })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let queue = self.reached_queue(cx, organisation).await?.ok_or_else(|| Error::not_found("organisation"))?;
        let Some(name) = self.organisation_name(&queue.name) else { return Ok(vec![]) };
        let users = self.client.all_users(cx, &[("Organization", name)]).await?;
        let mut contacts: Vec<(Owner, Contact)> = users.iter().filter_map(|it| self.contact_row(it, &queue)).collect();
        contacts.sort_by_cached_key(|(_, it)| (it.name.to_lowercase(), it.id.clone()));
        Ok(contacts.into_iter().map(|(owner, contact)| Owned::new(owner, contact)).collect())
    }

    async fn contact(&self, cx: &CallCx, id: &ContactId) -> Result<Owned<Contact>> {
        let missing = || Error::not_found("contact");
        let number = row_number(id.as_str()).ok_or_else(missing)?;
        let profile = self.client.profile(cx, number).await?.ok_or_else(missing)?;
        let organisation = profile.organization.as_deref().filter(|it| !it.is_empty()).ok_or_else(missing)?;
        let queue_name = format!("{organisation}{}", self.config.queue_suffix);
        let queue = self.client.queue_named(cx, &queue_name).await?.ok_or_else(missing)?;
        let owner = map::external(queue.id).filter(|it| cx.reach.contains(it)).ok_or_else(missing)?;
        // The row by number does not say whether the account is disabled; a search leaves disabled ones out.
        let listed = self.client.users(cx, &[("Name", &profile.name)]).await?;
        let active = listed.items.iter().any(|it| it.id == Num(number));
        let user = wire::User {
            id: Num(number),
            kind: "user".to_owned(),
            name: profile.name,
            real_name: profile.real_name,
            email_address: profile.email_address,
            organization: profile.organization,
            work_phone: profile.work_phone,
            mobile_phone: profile.mobile_phone,
        };
        let contact = contact(&user, active).ok_or_else(missing)?;
        Ok(Owned::new(Owner::Organisation(owner), contact))
    }
}

impl RequestTracker {
    /// The queue of an organisation in reach.
    pub(crate) async fn reached_queue(&self, cx: &CallCx, id: &ExternalId) -> Result<Option<wire::Queue>> {
        if !cx.reach.contains(id) {
            return Ok(None);
        }
        self.client.queue(cx, id).await
    }

    /// What the people of a queue have as their `Organization`; `None` for a queue that has no people.
    fn organisation_name<'a>(&self, queue: &'a str) -> Option<&'a str> {
        queue.strip_suffix(self.config.queue_suffix.as_str()).filter(|it| !it.is_empty())
    }

    /// Whether somebody with this `Organization` is one of a queue's people: the same text, upper and lower case told apart.
    pub(crate) fn belongs(&self, organisation: Option<&str>, queue: &str) -> bool {
        self.organisation_name(queue).is_some_and(|it| organisation == Some(it))
    }

    /// A row of a search with the owner that the row itself names. Request Tracker returns everybody where it ignores a
    /// filter: whoever does not name this queue's organisation is nobody's.
    fn contact_row(&self, user: &wire::User, queue: &wire::Queue) -> Option<(Owner, Contact)> {
        let here = self.belongs(user.organization.as_deref(), &queue.name);
        let owner = map::external(queue.id).filter(|_| here).map_or(Owner::Unknown, Owner::Organisation);
        contact(user, true).map(|it| (owner, it))
    }
}

fn contact(user: &wire::User, active: bool) -> Option<Contact> {
    let person = map::person(user);
    let phones = [user.work_phone.as_ref(), user.mobile_phone.as_ref()];
    Some(Contact {
        id: person.contact?,
        name: person.name,
        email: person.email,
        phone: phones.into_iter().flatten().map(|it| it.trim().to_owned()).find(|it| !it.is_empty()),
        active,
        title: None,
        notes: None,
    })
}

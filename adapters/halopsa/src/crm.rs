//! Customer records: clients are organisations, users are contacts.

use crate::adapter::{HaloPsa, in_reach, number};
use crate::text;
use crate::wire::{ClientRow, UserRow, owner};
use postern_api::{
    CallCx, Contact, ContactId, Crm, Directory, DirectoryEntry, Error, ExternalId, Limits, Organisation,
    OrganisationStatus, Owned, Owner, Result, Site,
};

#[postern_api::async_trait]
impl Crm for HaloPsa {
    async fn organisation(&self, cx: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        let client = in_reach(cx, id).ok_or_else(|| Error::not_found("organisation"))?;
        let query = [("includedetails", "true".to_owned())];
        let row: ClientRow = self.client.one(cx, "Client", client, &query, "organisation").await?;
        Ok(Owned::new(owner(row.id), self.organisation_of(&row, id)?))
    }

    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        let query = [("includeinactive", "true".to_owned())];
        let found = self.client.paged::<ClientRow>(cx, "Client", "clients", &query).await?;
        let entries = found.rows.iter().filter_map(|row| {
            let Owner::Organisation(id) = owner(row.id) else { return None };
            Some(DirectoryEntry {
                id,
                name: row.name.get().unwrap_or("Unknown").to_owned(),
                domains: domains(row),
                references: vec![],
                active: row.inactive.0 != Some(true) && row.stopped.0.is_none_or(|it| it == 0),
            })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Directory { entries, truncated: found.truncated })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let Some(client) = in_reach(cx, organisation) else { return Ok(vec![]) };
        let query = [("client_id", client.to_string()), ("includeinactive", "true".to_owned())];
        let found = self.client.paged::<UserRow>(cx, "Users", "users", &query).await?;
        if found.truncated {
            return Err(Error::bad_reply("more contacts than can be read"));
        }
        let mut contacts = Vec::new();
        let mut stray = None;
        for row in found.rows {
            match owner(row.client_id) {
                Owner::Organisation(it) if it == *organisation => contacts.push(contact_of(&row)?),
                owner @ Owner::Organisation(_) => {
                    if matches!(&owner, Owner::Organisation(it) if !cx.reach.contains(it)) {
                        stray.get_or_insert((owner, row.id));
                    }
                }
                Owner::Tenant | Owner::Unknown => {}
            }
        }
        contacts.sort_by(|a: &Contact, b: &Contact| {
            a.name.to_lowercase().cmp(&b.name.to_lowercase()).then_with(|| a.id.cmp(&b.id))
        });
        let ours = || Owner::Organisation(organisation.clone());
        let mut rows: Vec<_> = contacts.into_iter().map(|it| Owned::new(ours(), it)).collect();
        // As in ticket lists: one foreign row goes on without its contents, for the gateway's alarm.
        if let Some((owner, id)) = stray {
            rows.push(Owned::new(owner, contact_of(&UserRow { id, ..UserRow::default() })?));
        }
        Ok(rows)
    }

    async fn contact(&self, cx: &CallCx, id: &ContactId) -> Result<Owned<Contact>> {
        let user = number(id.as_str()).ok_or_else(|| Error::not_found("contact"))?;
        let query = [("includedetails", "true".to_owned())];
        let row: UserRow = self.client.one(cx, "Users", user, &query, "contact").await?;
        Ok(Owned::new(owner(row.client_id), contact_of(&row)?))
    }

    async fn sites(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
        crate::assets::sites(self, cx, organisation).await
    }
}

impl HaloPsa {
    fn organisation_of(&self, row: &ClientRow, id: &ExternalId) -> Result<Organisation> {
        let fields = &self.config.organisation_fields;
        let text = |field: &Option<String>| field.as_ref().and_then(|it| row.customfields.text(it));
        // A limit that cannot be read is not the same as no limit.
        let limit = |field: &Option<String>| match text(field) {
            Some(text) => text.parse::<u32>().map(Some).map_err(|_| Error::bad_reply("a limit that is no number")),
            None => Ok(None),
        };
        Ok(Organisation {
            id: id.clone(),
            name: row.name.get().unwrap_or("Unknown").to_owned(),
            domains: domains(row),
            subscription_tier: text(&fields.subscription_tier),
            sla_tier: text(&fields.sla_tier),
            status: match (row.inactive.0, row.stopped.0) {
                (Some(true), _) => OrganisationStatus::Closed,
                (_, Some(stopped)) if stopped != 0 => OrganisationStatus::Suspended,
                (Some(false) | None, _) => OrganisationStatus::Active,
            },
            limits: Limits { tickets_per_month: limit(&fields.tickets_per_month)?, contacts: limit(&fields.contacts)? },
            sla: None,
        })
    }
}

/// The e-mail domains of a client, lower case.
fn domains(row: &ClientRow) -> Vec<String> {
    let domains = row.domain.or_empty().split([',', ';', ' ']).map(|it| it.trim().trim_start_matches('@'));
    domains.filter(|it| it.contains('.')).map(str::to_lowercase).collect()
}

fn contact_of(row: &UserRow) -> Result<Contact> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    let phones = [&row.phonenumber_preferred, &row.phonenumber, &row.mobilenumber];
    Ok(Contact {
        id: id.ok_or_else(|| Error::bad_reply("a user without a number"))?,
        name: name_of(row),
        email: row.emailaddress.get().map(str::to_lowercase),
        phone: phones.into_iter().find_map(|it| it.get()).map(str::to_owned),
        active: row.inactive.0 != Some(true),
        title: row.title.get().map(str::to_owned),
        notes: row.notes.get().map(text::plain),
    })
}

/// The name, or else what it is made of.
pub(crate) fn name_of(row: &UserRow) -> String {
    let parts = format!("{} {}", row.firstname.or_empty(), row.surname.or_empty());
    let parts = parts.trim();
    row.name.get().unwrap_or(if parts.is_empty() { "Unknown" } else { parts }).to_owned()
}

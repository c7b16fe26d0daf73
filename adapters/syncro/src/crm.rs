//! Customer records: customers are organisations, their contacts are people.

use crate::adapter::{Syncro, in_reach, number};
use crate::wire::{ContactRow, CustomerRow, owner};
use postern_api::{
    CallCx, Contact, ContactId, Crm, Directory, DirectoryEntry, Error, ExternalId, Limits, Organisation,
    OrganisationStatus, Owned, Owner, Result,
};

#[postern_api::async_trait]
impl Crm for Syncro {
    async fn organisation(&self, cx: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        let customer = in_reach(cx, id).ok_or_else(|| Error::not_found("organisation"))?;
        let row: CustomerRow = self.client.one(cx, "customers", customer, "customer").await.map_err(as_organisation)?;
        Ok(Owned::new(owner(row.id), self.organisation_of(&row, id)?))
    }

    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        let query = [("include_disabled", "true".to_owned())];
        let found = self.client.paged::<CustomerRow>(cx, &["customers"], "customers", &query).await?;
        let entries = found.rows.iter().filter_map(|row| {
            let Owner::Organisation(id) = owner(row.id) else { return None };
            Some(DirectoryEntry {
                id,
                name: name_of(row),
                domains: self.domains(row),
                references: vec![],
                active: row.disabled.0 != Some(true),
            })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Directory { entries, truncated: found.truncated })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let Some(customer) = in_reach(cx, organisation) else { return Ok(vec![]) };
        let rows = self.contact_rows(cx, customer).await?;
        let mut contacts = Vec::new();
        let mut stray = None;
        for row in rows {
            match owner(row.customer_id) {
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
        // One row of somebody else's goes on without its contents, for the gateway's alarm.
        if let Some((owner, id)) = stray {
            rows.push(Owned::new(owner, contact_of(&ContactRow { id, ..ContactRow::default() })?));
        }
        Ok(rows)
    }

    async fn contact(&self, cx: &CallCx, id: &ContactId) -> Result<Owned<Contact>> {
        let contact = number(id.as_str()).ok_or_else(|| Error::not_found("contact"))?;
        let row: ContactRow = self.client.one(cx, "contacts", contact, "contact").await?;
        Ok(Owned::new(owner(row.customer_id), contact_of(&row)?))
    }
}

fn as_organisation(found: Error) -> Error {
    if found.kind() == postern_api::ErrorKind::NotFound { Error::not_found("organisation") } else { found }
}

impl Syncro {
    /// The contacts of one customer, as the vendor's filter has them. Too many to read is an error: a person who is there and
    /// was not found would be taken for nobody.
    pub(crate) async fn contact_rows(&self, cx: &CallCx, customer: i64) -> Result<Vec<ContactRow>> {
        let query = [("customer_id", customer.to_string())];
        let found = self.client.paged::<ContactRow>(cx, &["contacts"], "contacts", &query).await?;
        if found.truncated { Err(Error::bad_reply("more contacts than can be read")) } else { Ok(found.rows) }
    }

    /// The e-mail domains, lower case, from their custom field.
    fn domains(&self, row: &CustomerRow) -> Vec<String> {
        let field = self.config.organisation_fields.domains.as_ref();
        let text = field.and_then(|it| row.properties.text(it)).unwrap_or_default();
        let domains = text.split([',', ';', ' ']).map(|it| it.trim().trim_start_matches('@'));
        domains.filter(|it| it.contains('.')).map(str::to_lowercase).collect()
    }

    fn organisation_of(&self, row: &CustomerRow, id: &ExternalId) -> Result<Organisation> {
        let fields = &self.config.organisation_fields;
        let text = |field: &Option<String>| field.as_ref().and_then(|it| row.properties.text(it));
        // A limit that cannot be read is not the same as no limit.
        let limit = |field: &Option<String>| match text(field) {
            Some(text) => text.parse::<u32>().map(Some).map_err(|_| Error::bad_reply("a limit that is no number")),
            None => Ok(None),
        };
        Ok(Organisation {
            id: id.clone(),
            name: name_of(row),
            domains: self.domains(row),
            subscription_tier: text(&fields.subscription_tier),
            sla_tier: text(&fields.sla_tier),
            status: match row.disabled.0 {
                Some(true) => OrganisationStatus::Closed,
                Some(false) | None => OrganisationStatus::Active,
            },
            limits: Limits { tickets_per_month: limit(&fields.tickets_per_month)?, contacts: limit(&fields.contacts)? },
            sla: None,
        })
    }
}

/// A customer is a business, or else a person.
fn name_of(row: &CustomerRow) -> String {
    row.business_name.get().or(row.fullname.get()).unwrap_or("Unknown").to_owned()
}

fn contact_of(row: &ContactRow) -> Result<Contact> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    Ok(Contact {
        id: id.ok_or_else(|| Error::bad_reply("a contact without a number"))?,
        name: row.name.get().unwrap_or("Unknown").to_owned(),
        email: row.email.get().map(str::to_lowercase),
        phone: row.phone.get().or(row.mobile.get()).map(str::to_owned),
        // The vendor deletes contacts; it has no mark for those who left.
        active: true,
        title: row.properties.text("title"),
        notes: row.notes.get().map(postern_api::html::plain),
    })
}

//! Customer records: companies are organisations.

use crate::adapter::{Autotask, in_reach, number};
use crate::filter::Filter;
use crate::wire::{COMPANY_FIELDS, CONTACT_FIELDS, CompanyRow, ContactRow, name, owner};
use postern_api::{
    CallCx, Contact, ContactId, Crm, Directory, DirectoryEntry, Error, ExternalId, Limits, Organisation,
    OrganisationStatus, Owned, Owner, Result, Site,
};

#[postern_api::async_trait]
impl Crm for Autotask {
    async fn organisation(&self, cx: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        let company = in_reach(cx, id).ok_or_else(|| Error::not_found("organisation"))?;
        let row: CompanyRow = self.client.one(cx, "Companies", company, "organisation").await?;
        Ok(Owned::new(owner(row.id), self.organisation_of(&row, id)?))
    }

    /// Without the MSP's own company, which has the number 0.
    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        let (fields, most) = (Some(COMPANY_FIELDS.as_slice()), self.config.max_rows);
        let found = self.client.rows::<CompanyRow>(cx, "Companies", &Filter::every(vec![]), fields, most).await?;
        let entries = found.rows.iter().filter_map(|row| {
            let Owner::Organisation(id) = owner(row.id) else { return None };
            Some(DirectoryEntry {
                id,
                name: name_of(row),
                domains: domain(row.web_address.or_empty()).into_iter().collect(),
                references: vec![],
                active: row.is_active.0 != Some(false),
            })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Directory { entries, truncated: found.truncated })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let Some(company) = in_reach(cx, organisation) else { return Ok(vec![]) };
        let mut contacts = Vec::new();
        let mut stray = None;
        for row in self.contact_rows(cx, company).await? {
            match owner(row.company) {
                Owner::Organisation(it) if it == *organisation => contacts.push(contact_of(&row)?),
                Owner::Organisation(it) if cx.reach.contains(&it) => {}
                owner @ Owner::Organisation(_) => stray = stray.or(Some((owner, row.id))),
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
            rows.push(Owned::new(owner, contact_of(&ContactRow { id, ..ContactRow::default() })?));
        }
        Ok(rows)
    }

    async fn contact(&self, cx: &CallCx, id: &ContactId) -> Result<Owned<Contact>> {
        let contact = number(id.as_str()).ok_or_else(|| Error::not_found("contact"))?;
        let row: ContactRow = self.client.one(cx, "Contacts", contact, "contact").await?;
        Ok(Owned::new(owner(row.company), contact_of(&row)?))
    }

    async fn sites(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
        crate::assets::sites(self, cx, organisation).await
    }
}

impl Autotask {
    /// The people of one company; all of them or an error.
    pub(crate) async fn contact_rows(&self, cx: &CallCx, company: i64) -> Result<Vec<ContactRow>> {
        let filter = Filter::every(vec![Filter::number("companyID", company)]);
        let found = self.client.rows(cx, "Contacts", &filter, Some(&CONTACT_FIELDS), self.config.max_rows).await?;
        if found.truncated { Err(Error::bad_reply("more contacts than can be read")) } else { Ok(found.rows) }
    }

    fn organisation_of(&self, row: &CompanyRow, id: &ExternalId) -> Result<Organisation> {
        let fields = &self.config.organisation_fields;
        let text = |field: &Option<String>| row.user_defined_fields.text(field.as_deref()?).map(str::to_owned);
        // A limit that cannot be read is not the same as no limit.
        let limit = |field: &Option<String>| match text(field) {
            Some(text) => text.parse::<u32>().map(Some).map_err(|_| Error::bad_reply("a limit that is no number")),
            None => Ok(None),
        };
        Ok(Organisation {
            id: id.clone(),
            name: name_of(row),
            domains: domain(row.web_address.or_empty()).into_iter().collect(),
            subscription_tier: text(&fields.subscription_tier),
            sla_tier: text(&fields.sla_tier),
            status: match row.is_active.0 {
                Some(false) => OrganisationStatus::Closed,
                Some(true) | None => OrganisationStatus::Active,
            },
            limits: Limits { tickets_per_month: limit(&fields.tickets_per_month)?, contacts: limit(&fields.contacts)? },
            sla: None,
        })
    }
}

fn name_of(row: &CompanyRow) -> String {
    row.company_name.get().unwrap_or("Unknown").to_owned()
}

/// The domain in a web address.
fn domain(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or(&address);
    let host = rest.split(['/', ':', '?', '#']).next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let plain = host.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    (plain && host.contains('.') && !host.starts_with('.')).then(|| host.to_owned())
}

fn contact_of(row: &ContactRow) -> Result<Contact> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    Ok(Contact {
        id: id.ok_or_else(|| Error::bad_reply("a contact without a number"))?,
        name: name(&row.first_name, &row.last_name),
        email: row.email_address.get().map(str::to_lowercase),
        phone: row.phone.get().or(row.mobile_phone.get()).map(str::to_owned),
        active: row.is_active.0 == Some(true),
        title: row.title.get().map(str::to_owned),
        notes: row.note.get().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn a_domain_is_found_in_a_web_address() {
        let cases = [
            ("www.acme.example", Some("acme.example")),
            ("https://Acme.example/shop?x=1", Some("acme.example")),
            ("http://acme.example:8080", Some("acme.example")),
            ("localhost", None),
            ("a@b.example", None),
            ("", None),
        ];
        for (address, expected) in cases {
            assert_eq!(domain(address).as_deref(), expected, "{address}");
        }
    }
}

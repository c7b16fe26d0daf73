//! Customer records: companies are organisations, contacts are people.

use crate::adapter::{HubSpot, in_reach, number};
use crate::wire::{Record, owner};
use postern_api::{
    CallCx, Contact, ContactId, Crm, Directory, DirectoryEntry, Error, ExternalId, Limits, Organisation,
    OrganisationStatus, Owned, Owner, ProfileChange, ProfileField, Result,
};
use std::collections::BTreeMap;

pub(crate) const COMPANY: (&str, &str) = ("companies", "organisation");
pub(crate) const CONTACT: (&str, &str) = ("contacts", "contact");
const CONTACT_PROPERTIES: [&str; 6] = ["firstname", "lastname", "email", "phone", "jobtitle", "associatedcompanyid"];
const COMPANY_PROPERTIES: [&str; 3] = ["name", "domain", "hs_additional_domains"];

#[postern_api::async_trait]
impl Crm for HubSpot {
    async fn organisation(&self, cx: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        let company = in_reach(cx, id).ok_or_else(|| Error::not_found("organisation"))?;
        let properties: Vec<&str> =
            COMPANY_PROPERTIES.into_iter().chain(self.config.organisation_fields.named()).collect();
        let record = self.client.one(cx, COMPANY, company, &properties).await?;
        Ok(Owned::new(owner(&record.id), self.organisation_of(&record, id)?))
    }

    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        let found = self.client.all(cx, "companies", &COMPANY_PROPERTIES).await?;
        let entries = found.rows.iter().filter_map(|record| {
            let Owner::Organisation(id) = owner(&record.id) else { return None };
            let name = name_of(record);
            Some(DirectoryEntry { id, name, domains: domains(record), references: vec![], active: true })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Directory { entries, truncated: found.truncated })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let Some(company) = in_reach(cx, organisation) else { return Ok(vec![]) };
        let ids = self.client.contacts_of(cx, company).await?;
        // A person who is there and was not found would be taken for nobody.
        if ids.truncated {
            return Err(Error::bad_reply("more contacts than can be read"));
        }
        let records = self.client.these(cx, "contacts", &ids.rows, &CONTACT_PROPERTIES).await?;
        let ours = Owner::Organisation(organisation.clone());
        // Somebody who is connected with this company and belongs to another is the other's. That is usual here and no alarm.
        let own = records.iter().filter(|it| it.company() == ours);
        let mut contacts = own.map(contact_of).collect::<Result<Vec<_>>>()?;
        let name = |it: &Contact| it.name.to_lowercase();
        contacts.sort_by(|a, b| name(a).cmp(&name(b)).then_with(|| a.id.cmp(&b.id)));
        Ok(contacts.into_iter().map(|it| Owned::new(ours.clone(), it)).collect())
    }

    async fn contact(&self, cx: &CallCx, id: &ContactId) -> Result<Owned<Contact>> {
        let contact = number(id.as_str()).ok_or_else(|| Error::not_found("contact"))?;
        let record = self.client.one(cx, CONTACT, contact, &CONTACT_PROPERTIES).await?;
        Ok(Owned::new(record.company(), contact_of(&record)?))
    }

    async fn profile(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: Option<&ContactId>,
    ) -> Result<Owned<BTreeMap<ProfileField, Option<String>>>> {
        self.profile_of(cx, organisation, contact).await
    }

    async fn change_profile(&self, cx: &CallCx, change: &ProfileChange) -> Result<Owned<()>> {
        self.change_profile_of(cx, change).await
    }
}

impl HubSpot {
    fn organisation_of(&self, record: &Record, id: &ExternalId) -> Result<Organisation> {
        let fields = &self.config.organisation_fields;
        let text = |field: &Option<String>| Some(record.text(field.as_deref()?)?.to_owned());
        // A limit that cannot be read is not the same as no limit.
        let limit = |field: &Option<String>| match text(field) {
            Some(text) => text.parse::<u32>().map(Some).map_err(|_| Error::bad_reply("a limit that is no number")),
            None => Ok(None),
        };
        Ok(Organisation {
            id: id.clone(),
            name: name_of(record),
            domains: domains(record),
            subscription_tier: text(&fields.subscription_tier),
            sla_tier: text(&fields.sla_tier),
            // The vendor has no mark for companies that are no longer served; they are archived.
            status: OrganisationStatus::Active,
            limits: Limits { tickets_per_month: limit(&fields.tickets_per_month)?, contacts: limit(&fields.contacts)? },
            sla: None,
        })
    }
}

fn name_of(record: &Record) -> String {
    record.text("name").or(record.text("domain")).unwrap_or("Unknown").to_owned()
}

/// The main domain and the others, which the vendor separates by semicolons.
fn domains(record: &Record) -> Vec<String> {
    let more = record.text("hs_additional_domains").unwrap_or_default();
    let all = record.text("domain").into_iter().chain(more.split(';'));
    let all = all.map(|it| it.trim().to_lowercase()).filter(|it| it.contains('.') && !it.contains(['/', ' ', '@']));
    let mut kept = Vec::new();
    for domain in all {
        if !kept.contains(&domain) {
            kept.push(domain);
        }
    }
    kept
}

fn contact_of(record: &Record) -> Result<Contact> {
    let names = [record.text("firstname"), record.text("lastname")];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let email = record.text("email").map(str::to_lowercase);
    Ok(Contact {
        id: ContactId::new(&record.id).map_err(|_| Error::bad_reply("a contact without a number"))?,
        name: if name.is_empty() { email.clone().unwrap_or_else(|| "Unknown".into()) } else { name },
        email,
        phone: record.text("phone").map(str::to_owned),
        // The vendor archives contacts; it has no mark for those who left.
        active: true,
        title: record.text("jobtitle").map(str::to_owned),
        notes: None,
    })
}

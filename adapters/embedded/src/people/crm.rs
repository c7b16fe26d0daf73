//! Organisations and contacts.

use super::profile;
use crate::adapter::{Tenant, required_organisation};
use crate::convert::{id, organisation_status, owner};
use crate::fail::Result as Inner;
use postern_api::*;
use rusqlite::Row;
use std::collections::BTreeMap;

#[async_trait]
impl Crm for Tenant {
    async fn organisation(&self, cx: &CallCx, wanted: &ExternalId) -> Result<Owned<Organisation>> {
        self.read(cx, |rows| {
            let key = required_organisation(rows, &cx.reach, wanted)?;
            let found = rows.one(
                "SELECT id, name, domains, subscription_tier, sla_tier, status, tickets_per_month, contacts,
                 sla_response, sla_resolution FROM organisation WHERE tenant = :tenant AND key = :key",
                &[(":key", &key)],
                organisation,
            )?;
            found.ok_or_else(|| Error::not_found("organisation").into())
        })
    }

    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        let entries = self.read(cx, |rows| {
            rows.all(
                "SELECT id, name, domains, status FROM organisation WHERE tenant = :tenant ORDER BY id",
                &[],
                |row| {
                    let domains: String = row.get(2)?;
                    Ok(DirectoryEntry {
                        id: id(row, 0, ExternalId::new)?,
                        name: row.get(1)?,
                        domains: domains.split_whitespace().map(str::to_owned).collect(),
                        references: vec![],
                        active: organisation_status(row, 3)? == OrganisationStatus::Active,
                    })
                },
            )
        })?;
        Ok(Directory { entries, truncated: false })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let mut contacts = self.read(cx, |rows| {
            let key = required_organisation(rows, &cx.reach, organisation)?;
            rows.all(
                "SELECT o.id, c.id, c.name, c.email, c.phone, c.active, c.title, c.notes
                 FROM contact c JOIN organisation o ON o.key = c.organisation
                 WHERE c.tenant = :tenant AND c.organisation = :organisation ORDER BY c.key",
                &[(":organisation", &key)],
                |row| Ok((row.get::<_, String>(2)?.to_lowercase(), contact(row)?)),
            )
        })?;
        contacts.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(contacts.into_iter().map(|(_, contact)| contact).collect())
    }

    async fn contact(&self, cx: &CallCx, wanted: &ContactId) -> Result<Owned<Contact>> {
        let found = self.read(cx, |rows| {
            rows.one(
                "SELECT o.id, c.id, c.name, c.email, c.phone, c.active, c.title, c.notes
                 FROM contact c JOIN organisation o ON o.key = c.organisation
                 WHERE c.tenant = :tenant AND c.id = :id",
                &[(":id", &wanted.as_str())],
                |row| Ok((id(row, 0, ExternalId::new)?, contact(row)?)),
            )
        })?;
        match found {
            Some((organisation, contact)) if cx.reach.contains(&organisation) => Ok(contact),
            Some(_) | None => Err(Error::not_found("contact")),
        }
    }

    async fn sites(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
        self.read(cx, |rows| profile::sites(rows, required_organisation(rows, &cx.reach, organisation)?))
    }

    async fn profile(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: Option<&ContactId>,
    ) -> Result<Owned<BTreeMap<ProfileField, Option<String>>>> {
        self.read(cx, |rows| profile::read(rows, required_organisation(rows, &cx.reach, organisation)?, contact))
    }

    async fn change_profile(&self, cx: &CallCx, change: &ProfileChange) -> Result<Owned<()>> {
        let (call, change) = (cx.clone(), change.clone());
        self.write(cx, move |rows| profile::change(rows, &call, &change)).await
    }
}

fn organisation(row: &Row<'_>) -> Inner<Owned<Organisation>> {
    let domains: String = row.get(2)?;
    let sla = match (row.get(8)?, row.get(9)?) {
        (Some(response), Some(resolution)) => Some(SlaHours { response, resolution }),
        _ => None,
    };
    let record = Organisation {
        id: id(row, 0, ExternalId::new)?,
        name: row.get(1)?,
        domains: domains.split_whitespace().map(str::to_owned).collect(),
        subscription_tier: row.get(3)?,
        sla_tier: row.get(4)?,
        status: organisation_status(row, 5)?,
        limits: Limits { tickets_per_month: row.get(6)?, contacts: row.get(7)? },
        sla,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

fn contact(row: &Row<'_>) -> Inner<Owned<Contact>> {
    let record = Contact {
        id: id(row, 1, ContactId::new)?,
        name: row.get(2)?,
        email: row.get(3)?,
        phone: row.get(4)?,
        active: row.get(5)?,
        title: row.get(6)?,
        notes: row.get(7)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

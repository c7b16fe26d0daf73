//! Customer records: companies are organisations.

use crate::adapter::{ConnectWise, clean, in_reach};
use crate::client::Query;
use crate::conditions::Conditions;
use crate::config::number;
use crate::wire::{self, AgreementRow, CompanyRow, ContactRow, Flag, field, owner, time};
use jiff::Timestamp;
use postern_api::{
    CallCx, Contact, ContactId, Crm, Directory, DirectoryEntry, Error, ExternalId, Limits, Organisation,
    OrganisationStatus, Owned, Owner, Result, Site,
};

#[postern_api::async_trait]
impl Crm for ConnectWise {
    async fn organisation(&self, cx: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        let company = in_reach(cx, id).ok_or_else(|| Error::not_found("organisation"))?;
        let path = ["company", "companies"];
        let row: CompanyRow = self.client.one(cx, &path, company, wire::COMPANY, "organisation").await?;
        let agreement = self.agreement(cx, company).await?;
        Ok(Owned::new(owner(row.id), self.organisation_of(&row, id, agreement)?))
    }

    async fn directory(&self, cx: &CallCx) -> Result<Directory> {
        let conditions = Conditions::new().flag("deletedFlag", false);
        let query = Query { conditions, fields: wire::COMPANY, ..Query::default() };
        let found = self.client.every::<CompanyRow>(cx, &["company", "companies"], &query).await?;
        let entries = found.rows.iter().filter_map(|row| {
            let Owner::Organisation(id) = owner(row.id) else { return None };
            Some(DirectoryEntry {
                id,
                name: row.name.get().unwrap_or("Unknown").to_owned(),
                domains: self.domains(row),
                references: vec![],
                active: self.company_status(row) == OrganisationStatus::Active,
            })
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Directory { entries, truncated: found.truncated })
    }

    async fn contacts(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        let Some(company) = in_reach(cx, organisation) else { return Ok(vec![]) };
        let conditions = Conditions::new().is("company/id", company);
        let query = Query { conditions, fields: wire::CONTACT, ..Query::default() };
        let mut contacts = Vec::new();
        let mut stray = None;
        for row in self.client.all::<ContactRow>(cx, &["company", "contacts"], &query).await? {
            match owner(row.company.id) {
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
            rows.push(Owned::new(owner, contact_of(&ContactRow { id, ..ContactRow::default() })?));
        }
        Ok(rows)
    }

    async fn contact(&self, cx: &CallCx, id: &ContactId) -> Result<Owned<Contact>> {
        let contact = number(id.as_str()).ok_or_else(|| Error::not_found("contact"))?;
        let path = ["company", "contacts"];
        let row: ContactRow = self.client.one(cx, &path, contact, wire::CONTACT, "contact").await?;
        Ok(Owned::new(owner(row.company.id), contact_of(&row)?))
    }

    async fn sites(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
        crate::assets::sites(self, cx, organisation).await
    }
}

/// What an agreement says: the tier and the service level's name.
type Agreed = (Option<String>, Option<String>);

impl ConnectWise {
    /// What the company's active agreement stands for, the first of the configured types that it has.
    async fn agreement(&self, cx: &CallCx, company: i64) -> Result<Agreed> {
        if self.config.tiers.is_empty() {
            return Ok((None, None));
        }
        let types = self.config.tiers.iter().map(|it| it.agreement_type);
        let conditions =
            Conditions::new().is("company/id", company).flag("cancelledFlag", false).one_of("type/id", types);
        let query = Query { conditions, fields: wire::AGREEMENT, ..Query::default() };
        let rows = self.client.all::<AgreementRow>(cx, &["finance", "agreements"], &query).await?;
        let now = Timestamp::now();
        let active: Vec<&AgreementRow> =
            rows.iter().filter(|row| row.company.id.id() == Some(company) && is_active(row, now)).collect();
        for tier in &self.config.tiers {
            if let Some(row) = active.iter().find(|row| row.r#type.id.id() == Some(tier.agreement_type)) {
                return Ok((Some(tier.tier.clone()), row.sla.name.get().map(str::to_owned)));
            }
        }
        Ok((None, None))
    }

    fn organisation_of(&self, row: &CompanyRow, id: &ExternalId, (tier, sla): Agreed) -> Result<Organisation> {
        let fields = &self.config.organisation_fields;
        let text = |id: Option<i64>| field(&row.custom_fields, id?).and_then(|it| it.text.clone());
        // A limit that cannot be read is not the same as no limit.
        let limit = |id: Option<i64>| match text(id) {
            Some(text) => text.parse::<u32>().map(Some).map_err(|_| Error::bad_reply("a limit that is no number")),
            None => Ok(None),
        };
        Ok(Organisation {
            id: id.clone(),
            name: row.name.get().unwrap_or("Unknown").to_owned(),
            domains: self.domains(row),
            subscription_tier: tier.or_else(|| text(fields.subscription_tier)),
            sla_tier: sla.or_else(|| text(fields.sla_tier)),
            status: self.company_status(row),
            limits: Limits { tickets_per_month: limit(fields.tickets_per_month)?, contacts: limit(fields.contacts)? },
            sla: None,
        })
    }

    /// The e-mail domains, lower case, from their custom field.
    fn domains(&self, row: &CompanyRow) -> Vec<String> {
        let field = self.config.organisation_fields.domains.and_then(|id| field(&row.custom_fields, id));
        let text = field.and_then(|it| it.text.as_deref()).unwrap_or_default();
        let domains = text.split([',', ';', ' ']).map(|it| it.trim().trim_start_matches('@'));
        domains.filter(|it| it.contains('.')).map(str::to_lowercase).collect()
    }

    /// Deleted companies stay with a flag. A status that says nothing known is not an active one.
    fn company_status(&self, row: &CompanyRow) -> OrganisationStatus {
        if row.deleted_flag != Flag::No && row.deleted_flag != Flag::Missing {
            return OrganisationStatus::Closed;
        }
        let configured = row.status.id.id().and_then(|it| self.config.company_statuses.get(&it.to_string()));
        let name = row.status.name.or_empty();
        match configured {
            Some(status) => *status,
            None if name.eq_ignore_ascii_case("active") => OrganisationStatus::Active,
            None if name.eq_ignore_ascii_case("inactive") => OrganisationStatus::Closed,
            None => OrganisationStatus::Suspended,
        }
    }
}

fn is_active(row: &AgreementRow, now: Timestamp) -> bool {
    let status = row.agreement_status.get().is_none_or(|it| it == "Active");
    let begun = time(&row.start_date).is_none_or(|it| it <= now);
    let ended = time(&row.end_date).is_some_and(|it| it < now) && row.no_ending_date_flag != Flag::Yes;
    status && row.cancelled_flag == Flag::No && begun && !ended
}

fn contact_of(row: &ContactRow) -> Result<Contact> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    let phone = ways(row, "Phone").next().or(row.default_phone_nbr.get());
    Ok(Contact {
        id: id.ok_or_else(|| Error::bad_reply("a contact without a number"))?,
        name: name_of(row),
        email: addresses(row).next().map(str::to_lowercase),
        phone: phone.map(str::to_owned),
        active: row.inactive_flag != Flag::Yes,
        title: row.title.get().map(str::to_owned),
        notes: None,
    })
}

/// A contact's e-mail addresses, the usual one first.
pub(crate) fn addresses(row: &ContactRow) -> impl Iterator<Item = &str> {
    ways(row, "Email")
}

/// The ways of one kind to reach somebody, the usual one first.
fn ways<'a>(row: &'a ContactRow, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let items = || row.communication_items.0.iter().filter(move |it| it.communication_type.get() == Some(kind));
    let usual = items().filter(|it| it.default_flag == Flag::Yes);
    usual.chain(items().filter(|it| it.default_flag != Flag::Yes)).filter_map(|it| it.value.get())
}

/// The name, of what there is of it.
pub(crate) fn name_of(row: &ContactRow) -> String {
    let name = clean(&format!("{} {}", row.first_name.or_empty(), row.last_name.or_empty()));
    if name.is_empty() { "Unknown".to_owned() } else { name }
}

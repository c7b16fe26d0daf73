//! Fields of organisations' and contacts' records, and places.
//!
//! **Invariant:** what a field was and what it became is kept, with where the new value came from and who did it.

use crate::adapter::required_organisation;
use crate::convert::{id, micros, owner, word};
use crate::fail::{Result, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use std::collections::BTreeMap;

/// The places of one organisation, by name.
pub(super) fn sites(rows: &Rows<'_>, organisation: i64) -> Result<Vec<Owned<Site>>> {
    rows.all(
        "SELECT o.id, s.id, s.name, s.address, s.phone, s.active FROM site s JOIN organisation o ON o.key = s.organisation
         WHERE s.tenant = :tenant AND s.organisation = :organisation ORDER BY s.name COLLATE NOCASE, s.key",
        &[(":organisation", &organisation)],
        |row| {
            let record = Site {
                id: id(row, 1, SiteId::new)?,
                name: row.get(2)?,
                address: row.get(3)?,
                phone: row.get(4)?,
                active: row.get(5)?,
            };
            Ok(Owned::new(owner(row, 0)?, record))
        },
    )
}

type Fields = BTreeMap<ProfileField, Option<String>>;

/// A record's fields, and whose it is.
pub(super) fn read(rows: &Rows<'_>, organisation: i64, contact: Option<&ContactId>) -> Result<Owned<Fields>> {
    use ProfileField::{CompanyAddress, CompanyName, CompanyPhone, Email, Name, Phone, Title, Website};
    let four = |row: &rusqlite::Row<'_>, names: [ProfileField; 4]| {
        let mut fields = Fields::new();
        for (column, name) in names.into_iter().enumerate() {
            fields.insert(name, row.get(column + 1)?);
        }
        Ok(Owned::new(owner(row, 0)?, fields))
    };
    let found = match contact {
        Some(contact) => rows.one(
            "SELECT o.id, c.name, c.email, c.phone, c.title FROM contact c JOIN organisation o ON o.key = c.organisation
             WHERE c.tenant = :tenant AND c.organisation = :organisation AND c.id = :id",
            &[(":organisation", &organisation), (":id", &contact.as_str())],
            |row| four(row, [Name, Email, Phone, Title]),
        )?,
        None => rows.one(
            "SELECT id, name, phone, address, website FROM organisation WHERE tenant = :tenant AND key = :organisation",
            &[(":organisation", &organisation)],
            |row| four(row, [CompanyName, CompanyPhone, CompanyAddress, Website]),
        )?,
    };
    found.ok_or_else(|| Error::not_found("contact").into())
}

/// The statement that changes a field where it is as it was; nothing else names a column.
fn statement(field: ProfileField) -> &'static str {
    match field {
        ProfileField::Name => {
            "UPDATE contact SET name = :after WHERE tenant = :tenant AND key = :key AND name IS :before"
        }
        ProfileField::Email => {
            "UPDATE contact SET email = lower(:after) WHERE tenant = :tenant AND key = :key AND email IS :before"
        }
        ProfileField::Phone => {
            "UPDATE contact SET phone = :after WHERE tenant = :tenant AND key = :key AND phone IS :before"
        }
        ProfileField::Title => {
            "UPDATE contact SET title = :after WHERE tenant = :tenant AND key = :key AND title IS :before"
        }
        ProfileField::CompanyName => {
            "UPDATE organisation SET name = :after WHERE tenant = :tenant AND key = :key AND name IS :before"
        }
        ProfileField::CompanyPhone => {
            "UPDATE organisation SET phone = :after WHERE tenant = :tenant AND key = :key AND phone IS :before"
        }
        ProfileField::CompanyAddress => {
            "UPDATE organisation SET address = :after WHERE tenant = :tenant AND key = :key AND address IS :before"
        }
        ProfileField::Website => {
            "UPDATE organisation SET website = :after WHERE tenant = :tenant AND key = :key AND website IS :before"
        }
    }
}

fn of_a_contact(field: ProfileField) -> bool {
    matches!(field, ProfileField::Name | ProfileField::Email | ProfileField::Phone | ProfileField::Title)
}

pub(super) fn change(rows: &Rows<'_>, cx: &CallCx, change: &ProfileChange) -> Result<Owned<()>> {
    let organisation = required_organisation(rows, &cx.reach, &change.organisation)?;
    let answer = read(rows, organisation, change.contact.as_ref())?.map(drop);
    let subject = change.contact.as_ref().map_or(change.organisation.as_str(), |it| it.as_str());
    if once::earlier(rows, cx, Op::ProfileChange, organisation)?.is_some_and(|it| it == subject) {
        return Ok(answer);
    }
    if change.fields.is_empty() {
        return refuse(ErrorKind::InvalidArgument, "there is no field to change");
    }
    let contact: Option<i64> = match &change.contact {
        Some(contact) => rows.one(
            "SELECT key FROM contact WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
            &[(":id", &contact.as_str()), (":organisation", &organisation)],
            |row| Ok(row.get(0)?),
        )?,
        None => None,
    };
    for (field, (before, after)) in &change.fields {
        if of_a_contact(*field) != contact.is_some() {
            return refuse(ErrorKind::InvalidArgument, "a field is none of this record");
        }
        let blank = after.as_deref().is_none_or(|it| it.trim().is_empty());
        if blank && matches!(field, ProfileField::Name | ProfileField::CompanyName) {
            return refuse(ErrorKind::InvalidArgument, "a name cannot be empty");
        }
        if let (ProfileField::Email, Some(email)) = (field, after) {
            free(rows, organisation, contact, email)?;
        }
        let key = contact.unwrap_or(organisation);
        let changed = rows.change(statement(*field), &[(":key", &key), (":before", before), (":after", after)])?;
        if changed == 0 {
            return refuse(ErrorKind::Conflict, "a field has changed meanwhile; read the record again");
        }
        keep(rows, (organisation, contact), *field, (before, after), change)?;
    }
    once::keep(rows, cx, Op::ProfileChange, organisation, subject)?;
    Ok(answer)
}

/// Nobody else at the organisation has this address.
fn free(rows: &Rows<'_>, organisation: i64, contact: Option<i64>, email: &str) -> Result<()> {
    let taken = rows.one(
        "SELECT 1 FROM contact WHERE tenant = :tenant AND organisation = :organisation AND email = :email
         AND key IS NOT :contact",
        &[(":organisation", &organisation), (":email", &email.to_lowercase()), (":contact", &contact)],
        |_| Ok(()),
    )?;
    if taken.is_some() { refuse(ErrorKind::Conflict, "somebody else there has this address") } else { Ok(()) }
}

fn keep(
    rows: &Rows<'_>,
    (organisation, contact): (i64, Option<i64>),
    field: ProfileField,
    (before, after): (&Option<String>, &Option<String>),
    change: &ProfileChange,
) -> Result<()> {
    rows.insert(
        "INSERT INTO profile_change (tenant, organisation, contact, field, before, after, source, by, at)
         VALUES (:tenant, :organisation, :contact, :field, :before, :after, :source, :by, :now)",
        &[
            (":organisation", &organisation),
            (":contact", &contact),
            (":field", &word(&field)?),
            (":before", before),
            (":after", after),
            (":source", &change.source),
            (":by", &change.by),
            (":now", &micros(Timestamp::now())),
        ],
    )?;
    Ok(())
}

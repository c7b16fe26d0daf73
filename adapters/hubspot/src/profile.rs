//! Fields of a company's or a contact's record, as they are and to change.
//!
//! **Invariant:** our reference is written together with the change, into a property of its own, and looked for before: the same
//! write is done once. What was written is read back by its number, never by a search, whose index is behind.

use crate::adapter::{HubSpot, in_reach, number};
use crate::crm::{COMPANY, CONTACT};
use crate::error;
use crate::wire::{Record, owner};
use postern_api::{
    CallCx, ContactId, Error, ErrorKind, ExternalId, Op, Owned, Owner, ProfileChange, ProfileField, Result,
};
use std::collections::BTreeMap;

type Fields = BTreeMap<ProfileField, Option<String>>;

/// A contact's fields, and the vendor's names for them. A name is two properties there and cannot be told apart from one text.
const CONTACTS: [(ProfileField, &str); 3] =
    [(ProfileField::Email, "email"), (ProfileField::Phone, "phone"), (ProfileField::Title, "jobtitle")];
/// A company's. An address is six properties there.
const COMPANIES: [(ProfileField, &str); 3] =
    [(ProfileField::CompanyName, "name"), (ProfileField::CompanyPhone, "phone"), (ProfileField::Website, "website")];

/// A record that a profile is read from.
struct Found {
    kind: (&'static str, &'static str),
    record: Record,
    fields: &'static [(ProfileField, &'static str)],
}

impl Found {
    fn profile(&self) -> Fields {
        self.fields.iter().map(|(field, name)| (*field, self.record.text(name).map(str::to_owned))).collect()
    }
}

impl HubSpot {
    /// The record, if it is that organisation's.
    async fn found(&self, cx: &CallCx, organisation: &ExternalId, contact: Option<&ContactId>) -> Result<Found> {
        let missing = || Error::not_found(if contact.is_some() { "contact" } else { "organisation" });
        let company = in_reach(cx, organisation).ok_or_else(missing)?;
        let (kind, id, fields) = match contact {
            Some(contact) => (CONTACT, number(contact.as_str()).ok_or_else(missing)?, &CONTACTS[..]),
            None => (COMPANY, company, &COMPANIES[..]),
        };
        let mut properties: Vec<&str> = fields.iter().map(|(_, name)| *name).collect();
        properties.extend(contact.map(|_| "associatedcompanyid"));
        properties.extend(self.config.reference_property.as_deref());
        let record = self.client.one(cx, kind, id, &properties).await?;
        let its = if contact.is_some() { record.company() } else { owner(&record.id) };
        if its == Owner::Organisation(organisation.clone()) {
            Ok(Found { kind, record, fields })
        } else {
            Err(missing())
        }
    }

    pub(crate) async fn profile_of(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: Option<&ContactId>,
    ) -> Result<Owned<Fields>> {
        let found = self.found(cx, organisation, contact).await?;
        Ok(Owned::new(Owner::Organisation(organisation.clone()), found.profile()))
    }

    pub(crate) async fn change_profile_of(&self, cx: &CallCx, change: &ProfileChange) -> Result<Owned<()>> {
        let property = self.config.reference_property.as_deref();
        let property = property.ok_or_else(|| Error::unsupported(Op::ProfileChange))?;
        let contact = change.contact.as_ref();
        let found = self.found(cx, &change.organisation, contact).await?;
        let done = || Owned::new(Owner::Organisation(change.organisation.clone()), ());
        if cx.reference.as_deref().is_some_and(|it| found.record.text(property) == Some(it)) {
            return Ok(done());
        }
        let now = found.profile();
        let mut properties = BTreeMap::new();
        for (field, (before, after)) in &change.fields {
            let name = found.fields.iter().find(|(it, _)| it == field).map(|(_, name)| *name);
            let Some(name) = name else {
                return Err(Error::new(ErrorKind::InvalidArgument, "the connected system has no such field here"));
            };
            if now.get(field).and_then(Option::as_deref) != before.as_deref() {
                return Err(Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"));
            }
            // An empty text is the vendor's way to say that there is none.
            properties.insert(name, after.as_deref().unwrap_or_default());
        }
        if let Some(reference) = cx.reference.as_deref() {
            properties.insert(property, reference);
        }
        self.client.change(cx, found.kind, &found.record.id, &properties).await?;
        let unknown = |error: Error| error::unknown().because(error);
        let after = self.found(cx, &change.organisation, contact).await.map_err(unknown)?.profile();
        // A rule of the account may have put a value back, or written it otherwise.
        let kept = change.fields.iter().all(|(field, (_, wanted))| {
            after.get(field).and_then(Option::as_deref).unwrap_or_default()
                == wanted.as_deref().unwrap_or_default().trim()
        });
        if kept {
            Ok(done())
        } else {
            Err(Error::new(ErrorKind::Conflict, "the connected system put a value back; read it again"))
        }
    }
}

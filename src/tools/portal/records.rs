//! What is known of customers and their people, and what they hand in to change it.
//!
//! **Invariant:** what a field was is kept with what it became, and what nobody verified overwrites no record without somebody else's yes.

use super::governed::{blocked, by, meant, named, of_customer, words};
use crate::tools::args::{EmailAddress, Line};
use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use postern_api::{
    About, Channel, Contact, ContactId, Crm, ExternalId, Op, OrganisationId, Pii, PiiKind, ProfileChange, ProfileField,
    Text, Topic, Wish,
};
use postern_policies::{Effect, Realm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) const PROFILE_PREVIEW: &str = "Preview a change of what is known of a customer or of a person there: the old and the \
    new value of each field, where the new one comes from and whether it was verified. Changes nothing.";
pub(super) const PROFILE: &str = "Change what is known of a customer or of a person there, as it was previewed. Takes the ID of \
    the preview; e-mail addresses and the company's own record are approved first.";

/// Where new values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Portal,
    Telephone,
    Email,
    Letter,
    Meeting,
    Register,
}

impl Source {
    pub(super) fn words(self) -> &'static str {
        match self {
            Source::Portal => "portal",
            Source::Telephone => "staff, by telephone",
            Source::Email => "staff, by e-mail",
            Source::Letter => "staff, by letter",
            Source::Meeting => "staff, in a meeting",
            Source::Register => "staff, from a public register",
        }
    }
}

/// The contacts of a customer.
pub(super) async fn contacts(
    crm: &Port<'_, dyn Crm>,
    organisation: &OrganisationId,
    external: &ExternalId,
) -> Result<Vec<Contact>, Refusal> {
    let found = crm.timed(crm.port.contacts(&crm.cx, external)).await.or_missing(Code::OrganizationNotFound)?;
    let own = found.into_iter().filter_map(|it| crm.admit(it));
    Ok(own.filter(|it| it.organisation.as_ref() == Some(organisation)).map(|it| it.record).collect())
}

/// The contact that a customer is, by the verified e-mail address.
pub(super) fn own_contact<'a>(cx: &ToolCx, contacts: &'a [Contact]) -> Option<&'a Contact> {
    let email = cx.caller.email.as_deref()?;
    contacts.iter().find(|it| it.email.as_deref().is_some_and(|mail| mail.eq_ignore_ascii_case(email)))
}

/// Whose record it is: a contact's, or the organisation's own. A customer changes their own; a lead those of colleagues too.
pub(super) fn whose<'a>(
    cx: &ToolCx,
    contacts: &'a [Contact],
    id: Option<&ContactId>,
    for_organisation: bool,
) -> Result<Option<&'a Contact>, Refusal> {
    let own = own_contact(cx, contacts);
    let lead = cx.caller.realm == Realm::Employee || cx.is_lead();
    match (id, for_organisation) {
        (Some(_), true) => Err(Refusal::argument("for_customer", "expected a contact or the organization")),
        (None, true) if lead => Ok(None),
        (None, true) => Err(Refusal::new(Code::LeadRequired, "only the lead contact speaks for the organization")),
        (Some(id), false) => {
            let found = contacts.iter().find(|it| it.id == *id).ok_or_else(|| missing(Code::ContactNotFound))?;
            if lead || own.is_some_and(|it| it.id == found.id) {
                return Ok(Some(found));
            }
            Err(Refusal::new(Code::AccessDenied, "you can only change your own record"))
        }
        (None, false) if cx.caller.realm == Realm::Customer => {
            own.map(Some).ok_or_else(|| missing(Code::ContactNotFound))
        }
        (None, false) => Err(Refusal::argument("contact_id", "expected a contact, or `for_customer`")),
    }
}

/// Change what is known of a customer or of a person there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateProfile {
    /// For employees: of which customer.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Whose record; customers change their own without it.
    #[serde(default)]
    contact_id: Option<ContactId>,
    /// The organization's own record instead of a person's.
    #[serde(default)]
    for_customer: bool,
    /// The new values by field.
    #[serde(default)]
    changes: BTreeMap<ProfileField, Line<300>>,
    /// What a person wants to be told and how; in a call of its own, without `changes`.
    #[serde(default)]
    #[schemars(length(max = 20))]
    notifications: Vec<Choice>,
    /// For employees: where the new values come from.
    #[serde(default)]
    source: Option<Source>,
    /// For employees: how the new values were verified.
    #[serde(default)]
    verified_by: Option<Line<200>>,
}

/// What somebody wants to be told.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// About what; about an account people are always told.
    topic: Topic,
    /// How.
    channel: Channel,
    /// Whether.
    wanted: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProfileUpdated {
    customer_id: OrganisationId,
    changed: Vec<ProfileField>,
    notifications_changed: usize,
    message: &'static str,
}

/// A field's value, classified by what it is.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Person(Pii),
    Company(Text),
}

#[derive(Debug, Serialize)]
struct FieldChange {
    field: ProfileField,
    old: Option<Value>,
    new: Value,
}

/// What somebody wants to be told, before and after.
#[derive(Debug, Serialize)]
struct ChoiceChange {
    topic: Topic,
    channel: Channel,
    wanted_before: bool,
    wanted_after: bool,
}

#[derive(Debug, Serialize)]
struct ProfileFacts {
    action: &'static str,
    customer_id: OrganisationId,
    record_of: Option<Pii>,
    changes: Vec<FieldChange>,
    notifications: Vec<ChoiceChange>,
    source: &'static str,
    verification: Text,
}

fn is_company(field: ProfileField) -> bool {
    match field {
        ProfileField::Name | ProfileField::Email | ProfileField::Phone | ProfileField::Title => false,
        ProfileField::CompanyName
        | ProfileField::CompanyPhone
        | ProfileField::CompanyAddress
        | ProfileField::Website => true,
    }
}

fn value(field: ProfileField, about: &About, text: &str) -> Value {
    let pii = |kind| Value::Person(Pii::new(kind, about.clone(), text));
    match field {
        ProfileField::Name => pii(PiiKind::Name),
        ProfileField::Email => pii(PiiKind::Email),
        // An organisation's as well: as free text the number would be hidden from the lead who types it.
        ProfileField::Phone | ProfileField::CompanyPhone => pii(PiiKind::Phone),
        ProfileField::CompanyAddress => pii(PiiKind::Address),
        ProfileField::Title | ProfileField::CompanyName | ProfileField::Website => Value::Company(Text::from(text)),
    }
}

/// Whether a value can be one of its field.
fn fits(field: ProfileField, text: &str) -> bool {
    match field {
        ProfileField::Email => serde_json::from_value::<EmailAddress>(text.into()).is_ok(),
        ProfileField::Phone | ProfileField::CompanyPhone => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            (6..=18).contains(&digits) && text.chars().all(|it| it.is_ascii_digit() || " +-()/.".contains(it))
        }
        ProfileField::Website => super::looks::is_public_address(text),
        ProfileField::Name | ProfileField::Title | ProfileField::CompanyName | ProfileField::CompanyAddress => true,
    }
}

/// Everything that was looked at.
struct Look {
    organisation: OrganisationId,
    contact: Option<Contact>,
    fields: BTreeMap<ProfileField, (Option<String>, Option<String>)>,
    wishes: Vec<ChoiceChange>,
    own: bool,
}

impl UpdateProfile {
    /// What changes of what this person wants to be told.
    async fn wishes(
        &self,
        cx: &ToolCx,
        organisation: &OrganisationId,
        contact: Option<&Contact>,
    ) -> Result<Vec<ChoiceChange>, Refusal> {
        if self.notifications.is_empty() {
            return Ok(vec![]);
        }
        let path = "notifications";
        let contact =
            contact.ok_or_else(|| Refusal::argument(path, "expected a person; an organization is told nothing"))?;
        if self.notifications.len() > 20 || self.notifications.iter().any(|it| it.topic == Topic::Security) {
            return Err(Refusal::argument(path, "expected at most 20, and none about `security`"));
        }
        for (place, it) in self.notifications.iter().enumerate() {
            let same = |other: &Choice| (other.topic, other.channel) == (it.topic, it.channel);
            if self.notifications.iter().take(place).any(same) {
                return Err(Refusal::argument(path, "expected each topic and channel once"));
            }
        }
        let notices = cx.notifications()?;
        // What people want is kept by their number; another system numbers them otherwise.
        let same = notices.system.ids == cx.tenant.crm.ids;
        if !same || !notices.system.adapter.supports().contains(&Op::PreferenceSet) {
            return Err(Refusal::new(
                Code::NotSupported,
                "the connected system does not keep what people want to be told",
            ));
        }
        let external = named(cx, &notices, organisation)?;
        let found = notices.timed(notices.port.standing(&notices.cx, &external)).await;
        let found = found.or_missing(Code::OrganizationNotFound)?;
        let mut found = found.into_iter().filter_map(|it| notices.admit(it)).map(|it| it.record);
        let standing = found.find(|it| it.contact == contact.id).ok_or_else(|| missing(Code::ContactNotFound))?;
        let changes: Vec<_> = self
            .notifications
            .iter()
            .map(|it| ChoiceChange {
                topic: it.topic,
                channel: it.channel,
                wanted_before: !standing.opted_out.contains(&(it.topic, it.channel)),
                wanted_after: it.wanted,
            })
            .filter(|it| it.wanted_before != it.wanted_after)
            .collect();
        if changes.is_empty() {
            return Err(Refusal::argument(path, "they are like this already"));
        }
        Ok(changes)
    }

    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        if self.changes.is_empty() == self.notifications.is_empty() {
            let expected = "expected at least one field, or `notifications` in a call of its own";
            return Err(Refusal::argument("changes", expected));
        }
        for (field, text) in &self.changes {
            if is_company(*field) != self.for_customer {
                return Err(Refusal::argument("changes", "expected fields of a person, or of the organization"));
            }
            if !fits(*field, text.as_str()) {
                return Err(Refusal::argument("changes", "a value cannot be one of its field"));
            }
        }
        match cx.caller.realm {
            Realm::Employee if self.source.is_none() => {
                return Err(Refusal::argument("source", "expected where the new values come from"));
            }
            Realm::Employee if self.verified_by.is_none() => {
                let refusal = blocked("what nobody verified overwrites no record");
                return Err(refusal.suggest("Verify the new values and say how in `verified_by`."));
            }
            Realm::Customer if self.source.is_some() || self.verified_by.is_some() => {
                return Err(Refusal::argument("source", "only employees say this; leave it out"));
            }
            Realm::Customer | Realm::Employee => {}
        }
        let organisation = meant(cx, self.customer_id.as_ref())?;
        let crm = cx.crm()?;
        let external = named(cx, &crm, &organisation)?;
        let contacts = contacts(&crm, &organisation, &external).await?;
        let contact = whose(cx, &contacts, self.contact_id.as_ref(), self.for_customer)?.cloned();
        let id = contact.as_ref().map(|it| &it.id);
        let found = crm.timed(crm.port.profile(&crm.cx, &external, id)).await.or_missing(Code::ContactNotFound)?;
        let profile = of_customer(crm.open(found, Code::ContactNotFound)?, &organisation)?;
        let mut fields = BTreeMap::new();
        for (field, new) in &self.changes {
            let old = profile.get(field).ok_or_else(|| {
                Refusal::argument("changes", "the connected system does not have one of these fields")
            })?;
            if old.as_deref() == Some(new.as_str()) {
                return Err(Refusal::argument("changes", "a field is like this already"));
            }
            fields.insert(*field, (old.clone(), Some(new.as_str().to_owned())));
        }
        let wishes = self.wishes(cx, &organisation, contact.as_ref()).await?;
        let own = own_contact(cx, &contacts).is_some_and(|it| contact.as_ref().is_some_and(|mine| mine.id == it.id));
        Ok(Look { organisation, contact, fields, wishes, own })
    }

    fn source(&self) -> &'static str {
        self.source.map_or("portal", Source::words)
    }
}

impl Tool for UpdateProfile {
    const NAME: &'static str = "portal.customer_profile.update";
    const TITLE: &'static str = "Change a customer's profile";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::ProfileChange);
    type Output = ProfileUpdated;

    fn sends(&self) -> Option<Sends> {
        let op = if self.changes.is_empty() { Op::PreferenceSet } else { Op::ProfileChange };
        Some(Sends { op, record: None })
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let by_customer = cx.caller.realm == Realm::Customer;
        let about = match &look.contact {
            Some(_) if look.own => cx.myself(),
            Some(contact) => About::Contact(contact.id.clone()),
            // The lead speaks for the organisation and reads these values in its record.
            None if by_customer => cx.myself(),
            None => About::Unknown,
        };
        let changes = look.fields.iter().map(|(field, (old, new))| FieldChange {
            field: *field,
            old: old.as_deref().map(|it| value(*field, &about, it)),
            new: value(*field, &about, new.as_deref().unwrap_or_default()),
        });
        let mut before: Vec<_> = look.fields.iter().map(|(field, (old, _))| format!("{field:?} {old:?}")).collect();
        before.extend(look.wishes.iter().map(|it| format!("{:?} {:?} {}", it.topic, it.channel, it.wanted_before)));
        // Whom somebody else signs up again, somebody else agrees to.
        let signs_up = !by_customer && look.wishes.iter().any(|it| it.wanted_after);
        let facts = ProfileFacts {
            action: "update_profile",
            customer_id: look.organisation.clone(),
            record_of: look.contact.as_ref().map(|it| Pii::new(PiiKind::Name, about.clone(), &it.name)),
            changes: changes.collect(),
            notifications: look.wishes,
            source: self.source(),
            verification: match &self.verified_by {
                Some(how) => how.as_str().into(),
                None if look.own => "the person is signed in".into(),
                None => "not verified".into(),
            },
        };
        let delicate = |it: &ProfileField| *it == ProfileField::Email || is_company(*it);
        let sensitive = look.fields.keys().any(delicate) || (by_customer && !look.own) || signs_up;
        let effect = Effect { sensitive, ..Effect::default() };
        let record = look.contact.as_ref().map_or("organisation".to_owned(), |it| format!("contact:{}", it.id));
        let preview = Preview::new(facts, |facts| {
            words(
                "Change what is known of a customer?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Record of", "record_of"),
                    ("Changes", "changes"),
                    ("Wants to be told: about, how, now, then", "notifications"),
                    ("Comes from", "source"),
                    ("Verified", "verification"),
                ],
            )
        });
        Ok(preview.with(effect).target(record, before.join(", ")))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<ProfileUpdated>, Refusal> {
        let look = self.check(cx).await?;
        if let (Some(contact), false) = (&look.contact, look.wishes.is_empty()) {
            let notices = cx.notifications()?;
            let external = named(cx, &notices, &look.organisation)?;
            let wish = |it: &ChoiceChange| Wish { topic: it.topic, channel: it.channel, wanted: it.wanted_after };
            let wishes: Vec<_> = look.wishes.iter().map(wish).collect();
            let kept = notices.timed(notices.port.prefer(&notices.cx, &external, &contact.id, &wishes)).await;
            notices.written(kept.or_missing(Code::ContactNotFound)?, &look.organisation)?;
            return Ok(Reply::from(ProfileUpdated {
                customer_id: look.organisation,
                changed: vec![],
                notifications_changed: wishes.len(),
                message: "Kept",
            }));
        }
        let crm = cx.crm()?;
        let changed: Vec<_> = look.fields.keys().copied().collect();
        let change = ProfileChange {
            organisation: named(cx, &crm, &look.organisation)?,
            contact: look.contact.map(|it| it.id),
            fields: look.fields,
            source: self.source().to_owned(),
            by: by(cx),
        };
        let done = crm.timed(crm.port.change_profile(&crm.cx, &change)).await.or_missing(Code::ContactNotFound)?;
        crm.written(done, &look.organisation)?;
        Ok(Reply::from(ProfileUpdated {
            customer_id: look.organisation,
            changed,
            notifications_changed: 0,
            message: "Changed; what it was before is kept",
        }))
    }
}

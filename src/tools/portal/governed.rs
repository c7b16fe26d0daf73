//! Whose records a write is about, who works there with which rights, and the words that previews share.

use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Refusal, ToolCx};
use futures::future::join_all;
use postern_api::owned::Admitted;
use postern_api::{
    About, AccessRole, AccessRoleId, Contact, ContactId, ErrorKind, ExternalId, LoginStatus, OrganisationId, Pii,
    PiiKind, PortalUser, Right, Text, classified,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The most customers whose names are looked up to be kept out of a text.
const MOST_CUSTOMERS: usize = 1_000;

/// The organisation that an employee names, as the system behind a port knows it; a customer's is always the own one.
pub(super) fn named<P: ?Sized>(
    cx: &ToolCx,
    port: &Port<'_, P>,
    organisation: &OrganisationId,
) -> Result<ExternalId, Refusal> {
    let own = cx.caller.organisation.as_ref().is_none_or(|it| it == organisation);
    let found = port.external(organisation).filter(|_| own).ok_or_else(|| missing(Code::OrganizationNotFound))?;
    cx.findings.lock().organisations.insert(organisation.clone());
    Ok(found)
}

/// The organisation of a call that customers make for themselves and employees for a customer.
pub(super) fn meant(cx: &ToolCx, organisation: Option<&OrganisationId>) -> Result<OrganisationId, Refusal> {
    match (organisation, &cx.caller.organisation) {
        (None, Some(own)) => Ok(own.clone()),
        (Some(named), Some(own)) if named != own => Err(missing(Code::OrganizationNotFound)),
        (Some(named), _) => Ok(named.clone()),
        (None, None) => Err(Refusal::argument("customer_id", "expected the customer that it is about")),
    }
}

/// Whether a reachable record is the customer's that the write is about; another's is refused, whoever approves.
pub(super) fn of_customer<T>(found: Admitted<T>, organisation: &OrganisationId) -> Result<T, Refusal> {
    if found.organisation.as_ref() == Some(organisation) {
        return Ok(found.record);
    }
    Err(blocked("the record is another customer's"))
}

/// A refusal that no approval lifts.
pub(super) fn blocked(words: &'static str) -> Refusal {
    Refusal::new(Code::BlockedByRule, words)
}

/// Who does it, in words for the connected systems' own history.
pub(super) fn by(cx: &ToolCx) -> String {
    cx.agent().name
}

/// Every access role.
pub(super) async fn access_roles(cx: &ToolCx) -> Result<Vec<AccessRole>, Refusal> {
    let identity = cx.identity()?;
    Ok(identity.timed(identity.port.access_roles(&identity.cx)).await?)
}

/// The roles of these ids, as customers may have them. The service provider's own are refused, whoever approves.
pub(super) fn grantable<'a>(
    roles: &'a [AccessRole],
    ids: &[AccessRoleId],
    argument: &str,
) -> Result<Vec<&'a AccessRole>, Refusal> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let role = roles.iter().find(|it| it.id == *id);
        let role =
            role.ok_or_else(|| Refusal::argument(argument, "there is no such access role; list the access roles"))?;
        if role.internal {
            return Err(blocked("a role of the service provider's own people is never given to a customer"));
        }
        found.push(role);
    }
    Ok(found)
}

/// What roles let somebody do.
pub(super) fn rights(roles: &[AccessRole], ids: &[AccessRoleId]) -> BTreeSet<Right> {
    let held = roles.iter().filter(|it| ids.contains(&it.id));
    held.flat_map(|it| it.rights.iter().copied()).collect()
}

/// A role as it stands, for a preview's targets.
pub(super) fn role_stands(role: &AccessRole) -> String {
    format!("{:?}{}", role.rights, if role.internal { " internal" } else { "" })
}

/// The portal users of a customer.
pub(super) async fn portal_users(cx: &ToolCx, organisation: &OrganisationId) -> Result<Vec<PortalUser>, Refusal> {
    let identity = cx.identity()?;
    let external = named(cx, &identity, organisation)?;
    let found = identity.timed(identity.port.portal_users(&identity.cx, &external)).await;
    let found = found.or_missing(Code::OrganizationNotFound)?;
    let users = found.into_iter().filter_map(|it| identity.admit(it));
    Ok(users.filter(|it| it.organisation.as_ref() == Some(organisation)).map(|it| it.record).collect())
}

/// Somebody at a customer, with what the portal lets them do.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) contact: Contact,
    pub(super) user: Option<PortalUser>,
    pub(super) rights: BTreeSet<Right>,
}

impl Member {
    /// Whether there is a login that works.
    pub(super) fn is_active(&self) -> bool {
        self.contact.active && self.user.as_ref().is_some_and(|it| it.status == LoginStatus::Active)
    }

    /// Whether the portal lets this person do something.
    pub(super) fn may(&self, right: Right) -> bool {
        self.is_active() && self.rights.contains(&right)
    }
}

/// The contacts of a customer, each with the login of the same e-mail address.
pub(super) async fn members(
    cx: &ToolCx,
    organisation: &OrganisationId,
    roles: &[AccessRole],
) -> Result<Vec<Member>, Refusal> {
    let users = portal_users(cx, organisation).await?;
    let crm = cx.crm()?;
    let external = named(cx, &crm, organisation)?;
    let found = crm.timed(crm.port.contacts(&crm.cx, &external)).await.or_missing(Code::OrganizationNotFound)?;
    let contacts = found.into_iter().filter_map(|it| crm.admit(it));
    let contacts = contacts.filter(|it| it.organisation.as_ref() == Some(organisation)).map(|it| it.record);
    let of = |contact: &Contact| {
        let email = contact.email.as_deref()?;
        users.iter().find(|it| it.email.eq_ignore_ascii_case(email)).cloned()
    };
    Ok(contacts
        .map(|contact| {
            let user = of(&contact);
            let rights = user.as_ref().map(|it| rights(roles, &it.roles)).unwrap_or_default();
            Member { contact, user, rights }
        })
        .collect())
}

/// Somebody at a customer, as previews name them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PersonView {
    contact_id: ContactId,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
}

impl PersonView {
    pub(super) fn of(contact: &Contact) -> Self {
        let about = About::Contact(contact.id.clone());
        Self {
            contact_id: contact.id.clone(),
            name: Pii::new(PiiKind::Name, about.clone(), &contact.name),
            email: contact.email.as_ref().map(|it| Pii::new(PiiKind::Email, about, it)),
        }
    }

    pub(super) fn of_user(user: &PortalUser) -> Self {
        let about = About::Contact(user.id.clone());
        Self {
            contact_id: user.id.clone(),
            name: Pii::new(PiiKind::Name, about.clone(), &user.name),
            email: Some(Pii::new(PiiKind::Email, about, &user.email)),
        }
    }
}

/// A value before and after, as the page of approvals shows both side by side.
#[derive(Debug, Serialize)]
pub(super) struct Beside {
    field: &'static str,
    old: Text,
    new: Text,
}

impl Beside {
    pub(super) fn new(field: &'static str, old: impl Into<String>, new: impl Into<String>) -> Self {
        Self { field, old: Text::new(old), new: Text::new(new) }
    }
}

/// Refuses words for a customer that name another customer, by name or by domain.
pub(super) async fn names_nobody_else(
    cx: &ToolCx,
    organisation: &OrganisationId,
    texts: &[&str],
) -> Result<(), Refusal> {
    let crm = cx.crm()?;
    let others: Vec<_> = crm.reachable().into_iter().filter(|(ours, _)| ours != organisation).collect();
    if others.len() > MOST_CUSTOMERS {
        return Err(blocked("there are too many customers to see whether the text names another one"));
    }
    let text = texts.join("\n").to_lowercase();
    for some in others.chunks(16) {
        let mut asked = Vec::with_capacity(some.len());
        for (_, external) in some {
            asked.push(crm.port.organisation(&crm.cx, external));
        }
        for other in crm.timed(join_all(asked)).await {
            let other = match other {
                Ok(other) => other,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            let Some(other) = crm.admit(other).filter(|it| it.organisation.as_ref() != Some(organisation)) else {
                continue;
            };
            let names = std::iter::once(&other.record.name).chain(&other.record.domains);
            if names.into_iter().any(|it| has_words(&text, &it.to_lowercase())) {
                return Err(blocked("the text names another customer"));
            }
        }
    }
    Ok(())
}

/// Whether words stand in a text on their own; both in lower case.
fn has_words(text: &str, words: &str) -> bool {
    if words.chars().filter(|it| it.is_alphanumeric()).count() < 3 {
        return false;
    }
    let outside = |c: Option<char>| c.is_none_or(|it| !it.is_alphanumeric());
    text.match_indices(words).any(|(at, found)| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|it| it.chars().next());
        outside(before) && outside(after)
    })
}

/// What a person reads of a preview: a question, and each fact that is there on a line of its own.
pub(super) fn words(question: &str, facts: &Value, rows: &[(&str, &str)]) -> String {
    let mut text = question.to_owned();
    for (label, key) in rows {
        // Without a name it is the id.
        let fact = facts.get(*key).or_else(|| facts.get("customer_id").filter(|_| *key == "customer"));
        if let Some(value) = fact.and_then(|value| plain(key, value)) {
            text.push('\n');
            text.push_str(label);
            text.push_str(": ");
            text.push_str(&value);
        }
    }
    text
}

/// The words of ours that stand in these fields as codes; whatever a person wrote is shown as it is.
fn spoken<'a>(key: &str, code: &'a str) -> &'a str {
    if !matches!(key, "rights" | "default_rights" | "rights_gained" | "rights_lost" | "channel" | "visibility") {
        return code;
    }
    match code {
        "service_records" => "service records",
        "document_download" => "saving documents",
        "all_requests" => "everybody's requests",
        "request_create" => "raising requests",
        "user_management" => "managing users",
        "email" => "by e-mail",
        "in_app" => "in the portal",
        "customer_visible" => "the customer too",
        "internal" => "employees alone",
        code => code,
    }
}

fn plain(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::String(text) => Some(spoken(key, text).to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) if items.is_empty() => Some("none".to_owned()),
        Value::Array(items) => Some(items.iter().filter_map(|it| plain(key, it)).collect::<Vec<_>>().join("; ")),
        Value::Object(fields) => Some(fields.iter().filter_map(part).collect::<Vec<_>>().join(", ")),
    }
}

/// A part of something with several: a yes or no says to what, and what is several itself does not look like several of the whole.
fn part((key, value): (&String, &Value)) -> Option<String> {
    let said = plain(key, value)?;
    match value {
        Value::Bool(_) => Some(format!("{}: {said}", key.replace('_', " "))),
        Value::Array(_) => Some(said.replace("; ", " + ")),
        Value::String(text) if key == "old" || key == "new" => Some(format!("{key}: {text}")),
        Value::Null | Value::String(_) | Value::Number(_) | Value::Object(_) => Some(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_words_and_not_inside_others() {
        for (text, found) in [
            ("as we did for globex last week", true),
            ("globex: same", true),
            ("mail to x@globex.example", false),
            ("the globexical case", false),
            ("", false),
        ] {
            assert_eq!(has_words(text, "globex") && !text.contains('@'), found, "{text}");
        }
        assert!(has_words("write to x@globex.example now", "globex.example"));
        assert!(!has_words("of it", "it"), "too short to tell");
    }

    #[test]
    fn codes_of_ours_are_words_and_what_a_person_wrote_stays_as_it_is() {
        let facts = serde_json::json!({
            "channel": "in_app", "text": "in_app", "visibility": "customer_visible",
            "users": [{ "name": "Nina", "rights": ["request_create", "bookings"] }, { "name": "Omar", "rights": [] }],
            "payments": [{ "amount": "10.00 USD", "finance_notified": true }],
            "changes": [{ "field": "phone", "old": "1", "new": "2" }, { "field": "title", "old": null, "new": "3" }],
        });
        let rows = [("How", "channel"), ("Text", "text"), ("Read by", "visibility"), ("Let in", "users")];
        let text = words("Do it?", &facts, &[&rows[..], &[("Paid", "payments"), ("Changes", "changes")]].concat());
        assert_eq!(
            text,
            "Do it?\nHow: in the portal\nText: in_app\nRead by: the customer too\n\
             Let in: Nina, raising requests + bookings; Omar, none\nPaid: 10.00 USD, finance notified: yes\n\
             Changes: phone, old: 1, new: 2; title, new: 3"
        );
    }

    #[test]
    fn words_name_what_is_there_and_leave_out_what_is_not() {
        let facts = serde_json::json!({ "a": [{ "name": "Jane" }, "Bob"], "b": null, "c": false, "d": [] });
        let text = words("Do it?", &facts, &[("To", "a"), ("Gone", "b"), ("Save", "c"), ("None", "d"), ("No", "e")]);
        assert_eq!(text, "Do it?\nTo: Jane; Bob\nSave: no\nNone: none");
    }
}

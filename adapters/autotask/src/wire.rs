//! The vendor's vocabulary: the fields that Postern reads, and no others. What is not named here does not come in: costs,
//! tax numbers, private addresses, dates of birth and everything that a later version adds.
//!
//! **Invariant:** a value of a wrong type is a missing value, and a missing value is never the permissive one.

mod loose;
mod records;

pub(crate) use loose::{Fields, Flag, into_lines, lines};
pub(crate) use postern_api::loose::{Dec, Num, Str, of_text};
pub(crate) use records::*;

use jiff::Timestamp;
use postern_api::loose::{trimmed, utc};
use postern_api::{ExternalId, Owner};
use serde::Deserialize;

/// What a note or a file has in `publish` where customers see it ("All Autotask Users"). 2 is for internal users, 4 for
/// internal and co-managed ones; any other number is unknown and therefore internal.
pub(crate) const PUBLIC: i64 = 1;
/// "Internal Users Only".
pub(crate) const INTERNAL: i64 = 2;

/// A row that has a number.
pub(crate) trait Row: serde::de::DeserializeOwned + Send {
    /// The number, where the row has a usable one.
    fn id(&self) -> Option<i64>;
}

macro_rules! row {
    ($($name:ident),*) => {$(
        impl Row for $name {
            fn id(&self) -> Option<i64> {
                self.id.id()
            }
        }
    )*};
}
row!(TicketRow, NoteRow, NoteHead, ContactRow, CompanyRow, ResourceRow, RoleRow, FileRow);

/// Whose a row is, as its `companyID` says; 0 (the MSP itself), a wrong type and a missing one name nobody.
pub(crate) fn owner(company: Num) -> Owner {
    match company.named(ExternalId::of_number) {
        Some(id) => Owner::Organisation(id),
        None => Owner::Unknown,
    }
}

/// A time: ISO 8601, in UTC where it names no zone. Years before 1970 stand for none.
pub(crate) fn time(text: &Str) -> Option<Timestamp> {
    at(text.get()?)
}

fn at(text: &str) -> Option<Timestamp> {
    let at = utc(trimmed(text))?;
    (at >= Timestamp::UNIX_EPOCH).then_some(at)
}

/// A time, read where it stands and kept without its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Option<Timestamp>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_text(deserializer, at).map(|it| Self(it.flatten()))
    }
}

/// A time as the vendor reads it.
pub(crate) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The fields of [`TicketRow`], for queries that need no user-defined ones.
pub(crate) const TICKET_FIELDS: [&str; 20] = [
    "id",
    "companyID",
    "contactID",
    "assignedResourceID",
    "status",
    "priority",
    "queueID",
    "issueType",
    "title",
    "description",
    "resolution",
    "createDate",
    "dueDateTime",
    "completedDate",
    "lastActivityDate",
    "lastCustomerVisibleActivityDateTime",
    "firstResponseDateTime",
    "firstResponseDueDateTime",
    "resolvedDateTime",
    "resolvedDueDateTime",
];

/// A ticket, in lists and alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TicketRow {
    pub(crate) id: Num,
    #[serde(rename = "companyID")]
    pub(crate) company: Num,
    #[serde(rename = "contactID")]
    pub(crate) contact: Num,
    #[serde(rename = "assignedResourceID")]
    pub(crate) assigned_resource: Num,
    #[serde(rename = "externalID")]
    pub(crate) external: Str,
    pub(crate) status: Num,
    pub(crate) priority: Num,
    #[serde(rename = "queueID")]
    pub(crate) queue: Num,
    pub(crate) issue_type: Num,
    pub(crate) title: Str,
    pub(crate) description: Str,
    pub(crate) resolution: Str,
    pub(crate) create_date: When,
    pub(crate) due_date_time: When,
    pub(crate) completed_date: When,
    pub(crate) last_activity_date: When,
    pub(crate) last_customer_visible_activity_date_time: When,
    pub(crate) first_response_date_time: When,
    pub(crate) first_response_due_date_time: When,
    pub(crate) resolved_date_time: When,
    pub(crate) resolved_due_date_time: When,
    pub(crate) user_defined_fields: Fields,
}

/// A note on a ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NoteRow {
    pub(crate) id: Num,
    #[serde(rename = "ticketID")]
    pub(crate) ticket: Num,
    pub(crate) title: Str,
    pub(crate) description: Str,
    pub(crate) note_type: Num,
    pub(crate) publish: Num,
    #[serde(rename = "creatorResourceID")]
    pub(crate) creator_resource: Num,
    #[serde(rename = "createdByContactID")]
    pub(crate) created_by_contact: Num,
    pub(crate) create_date_time: Str,
}

/// The fields of [`NoteHead`].
pub(crate) const NOTE_HEADS: [&str; 7] =
    ["id", "ticketID", "title", "noteType", "publish", "creatorResourceID", "createdByContactID"];

/// What of a note is needed to count it. There are many of them in a list of tickets, so that no text is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NoteHead {
    pub(crate) id: Num,
    #[serde(rename = "ticketID")]
    pub(crate) ticket: Num,
    /// Whether it has the title of an escalation.
    #[serde(rename = "title", deserialize_with = "crate::desk::escalates")]
    pub(crate) escalates: bool,
    pub(crate) note_type: Num,
    pub(crate) publish: Num,
    #[serde(rename = "creatorResourceID")]
    pub(crate) creator_resource: Num,
    #[serde(rename = "createdByContactID")]
    pub(crate) created_by_contact: Num,
}

impl NoteRow {
    /// Whether only agents may read it: everything that is not plainly for all.
    pub(crate) fn internal(&self) -> bool {
        self.publish.0 != Some(PUBLIC)
    }
}

/// A file on a ticket, without its content.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FileRow {
    pub(crate) id: Num,
    #[serde(rename = "parentID")]
    pub(crate) parent: Num,
    pub(crate) title: Str,
    pub(crate) full_path: Str,
    pub(crate) content_type: Str,
    pub(crate) file_size: Num,
    pub(crate) attach_date: Str,
    pub(crate) publish: Num,
}

/// A person at a customer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ContactRow {
    pub(crate) id: Num,
    #[serde(rename = "companyID")]
    pub(crate) company: Num,
    pub(crate) first_name: Str,
    pub(crate) last_name: Str,
    pub(crate) title: Str,
    pub(crate) email_address: Str,
    pub(crate) phone: Str,
    pub(crate) mobile_phone: Str,
    pub(crate) is_active: Flag,
    pub(crate) note: Str,
}

/// The fields of [`ContactRow`].
pub(crate) const CONTACT_FIELDS: [&str; 10] =
    ["id", "companyID", "firstName", "lastName", "title", "emailAddress", "phone", "mobilePhone", "isActive", "note"];

/// A customer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CompanyRow {
    pub(crate) id: Num,
    pub(crate) company_name: Str,
    pub(crate) web_address: Str,
    pub(crate) is_active: Flag,
    pub(crate) user_defined_fields: Fields,
}

/// The fields of [`CompanyRow`] that tell companies apart.
pub(crate) const COMPANY_FIELDS: [&str; 4] = ["id", "companyName", "webAddress", "isActive"];

/// The fields of [`ResourceRow`]: names, and nothing of what the vendor knows about the MSP's own people.
pub(crate) const RESOURCE_FIELDS: [&str; 4] = ["id", "firstName", "lastName", "isActive"];

/// Somebody who works for the MSP.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ResourceRow {
    pub(crate) id: Num,
    pub(crate) first_name: Str,
    pub(crate) last_name: Str,
}

/// A role in which somebody takes tickets.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RoleRow {
    pub(crate) id: Num,
    #[serde(rename = "resourceID")]
    pub(crate) resource: Num,
    #[serde(rename = "roleID")]
    pub(crate) role: Num,
    pub(crate) is_active: Flag,
    pub(crate) is_default: Flag,
}

/// What the vendor says about one field of an entity.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FieldRow {
    pub(crate) name: Str,
    pub(crate) picklist_values: Option<Vec<PickRow>>,
}

/// One value of a picklist: a text here, a number on records.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PickRow {
    pub(crate) value: Num,
    pub(crate) label: Str,
    pub(crate) is_active: Flag,
}

/// A first and a last name, or what there is of them.
pub(crate) fn name(first: &Str, last: &Str) -> String {
    let parts = [first.or_empty(), last.or_empty()];
    let name = parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    if name.is_empty() { "Unknown".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_odd_ones_are_none() {
        let read = |text: &str| {
            let text: Str = serde_json::from_value(serde_json::json!(text)).expect("a text");
            time(&text).map(|it| it.to_string())
        };
        assert_eq!(read("2019-08-18T01:00:00.000Z").as_deref(), Some("2019-08-18T01:00:00Z"));
        assert_eq!(read("2018-01-23T11:00:00.00Z").as_deref(), Some("2018-01-23T11:00:00Z"));
        assert_eq!(read("2018-01-23T11:00:00").as_deref(), Some("2018-01-23T11:00:00Z"));
        assert_eq!(read("2018-01-23T11:00:00+02:00").as_deref(), Some("2018-01-23T09:00:00Z"));
        for none in ["", "soon", "0001-01-01T00:00:00Z", "9999999-01-01T00:00:00Z"] {
            assert_eq!(read(none), None, "{none}");
        }
        let at: Timestamp = "2026-07-01T08:15:00.25Z".parse().expect("a time");
        assert_eq!(read(&written(at)), Some(at.to_string()));
    }

    #[test]
    fn only_publish_1_is_shown_to_customers() {
        for (json, internal) in [
            ("1", false),
            ("2", true),
            ("3", true),
            ("4", true),
            ("0", true),
            ("null", true),
            ("true", true),
            ("\"All Autotask Users\"", true),
            ("[1]", true),
            ("1.5", true),
        ] {
            let note: NoteRow = serde_json::from_str(&format!("{{\"publish\":{json}}}")).expect("a note");
            assert_eq!(note.internal(), internal, "{json}");
        }
        assert!(serde_json::from_str::<NoteRow>("{}").expect("a note").internal());
    }
}

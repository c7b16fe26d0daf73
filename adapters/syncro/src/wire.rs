//! The vendor's vocabulary: the fields that Postern reads, and no others. What is not named here does not come in: the portal
//! link with its key, custom fields by the dozen, costs, worksheets, tokens and everything that a later version adds.
//!
//! **Invariant:** a value of a wrong type is a missing value, and a missing value is never the permissive one.

mod loose;
mod records;

pub(crate) use loose::{Fields, Flag, Many};
pub(crate) use postern_api::loose::{Dec, Maybe, Num, Str};
pub(crate) use records::*;

use jiff::Timestamp;
use postern_api::loose::{of_text, trimmed, utc};
use postern_api::{ExternalId, Owner};
use serde::Deserialize;

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
row!(TicketRow, CommentRow, CustomerRow, ContactRow, PageRow);

/// Whose a row is, as its `customer_id` says; 0, a wrong type and a missing one name nobody.
pub(crate) fn owner(customer_id: Num) -> Owner {
    match customer_id.named(ExternalId::of_number) {
        Some(id) => Owner::Organisation(id),
        None => Owner::Unknown,
    }
}

/// A time. The vendor writes UTC with a zone; what has none is taken for UTC too. Years before 1970 stand for none.
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

/// A ticket, in lists and alone. In lists the vendor sends the first comment alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TicketRow {
    pub(crate) id: Num,
    pub(crate) subject: Str,
    pub(crate) created_at: When,
    pub(crate) updated_at: Str,
    pub(crate) due_date: When,
    pub(crate) resolved_at: When,
    pub(crate) customer_id: Num,
    pub(crate) customer_business_then_name: Str,
    pub(crate) contact_id: Num,
    pub(crate) contact_fullname: Str,
    pub(crate) problem_type: Str,
    pub(crate) status: Str,
    pub(crate) priority: Str,
    pub(crate) properties: Fields,
    pub(crate) user_id: Num,
    pub(crate) user: Maybe<UserRow>,
    pub(crate) contact: Maybe<ContactRow>,
    pub(crate) comments: Many<CommentRow>,
    pub(crate) attachments: Many<AttachmentRow>,
}

/// A comment or a note on a ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CommentRow {
    pub(crate) id: Num,
    pub(crate) ticket_id: Num,
    pub(crate) created_at: When,
    pub(crate) subject: Str,
    pub(crate) body: Str,
    pub(crate) tech: Str,
    pub(crate) hidden: Flag,
    pub(crate) user_id: Num,
    pub(crate) is_rich_text: Flag,
}

impl CommentRow {
    /// Whether only staff may read it: everything that is not plainly marked as shown.
    pub(crate) fn internal(&self) -> bool {
        self.hidden.0 != Some(false)
    }
}

/// A file on a ticket. Its addresses are not read: they open without a sign-in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AttachmentRow {
    pub(crate) id: Num,
    pub(crate) file_name: Str,
    pub(crate) content_type: Str,
    pub(crate) file_size: Num,
    pub(crate) created_at: When,
}

/// Somebody who works for the MSP.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserRow {
    pub(crate) id: Num,
    pub(crate) full_name: Str,
    pub(crate) name: Str,
}

/// A customer organisation. `online_profile_url` holds the key that signs its bearer in at the portal: it is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CustomerRow {
    pub(crate) id: Num,
    pub(crate) business_name: Str,
    pub(crate) fullname: Str,
    pub(crate) disabled: Flag,
    pub(crate) properties: Fields,
}

/// A person at a customer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContactRow {
    pub(crate) id: Num,
    pub(crate) customer_id: Num,
    pub(crate) name: Str,
    pub(crate) email: Str,
    pub(crate) phone: Str,
    pub(crate) mobile: Str,
    pub(crate) notes: Str,
    pub(crate) properties: Fields,
}

/// A page of the documentation. `interpolated_body`, where the vendor fills in a customer's values, is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) body: Str,
    pub(crate) updated_at: Str,
    pub(crate) created_at: Str,
    /// `None`: the vendor did not say, `Some(null)`: for nobody in particular.
    #[serde(deserialize_with = "loose::said")]
    pub(crate) customer_id: Option<Num>,
    #[serde(deserialize_with = "loose::said")]
    pub(crate) asset_id: Option<Num>,
}

/// What the tickets of this account are made of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SettingsRow {
    pub(crate) ticket_status_list: Many<Str>,
    pub(crate) users: Many<UserRow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_what_is_none_is_none() {
        let read = |text: &str| time(&Str(Some(text.into()))).map(|it| it.to_string());
        assert_eq!(read("2019-11-05T09:13:33.422Z").as_deref(), Some("2019-11-05T09:13:33.422Z"));
        assert_eq!(read("2019-11-05T09:13:33.422-07:00").as_deref(), Some("2019-11-05T16:13:33.422Z"));
        assert_eq!(read("2019-11-05T09:13:33").as_deref(), Some("2019-11-05T09:13:33Z"));
        assert_eq!(read("2019-11-05").as_deref(), Some("2019-11-05T00:00:00Z"));
        for none in ["", "soon", "1899-12-30T00:00:00Z", "99999-01-01T00:00:00Z", "2019-13-40", "-"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn the_portal_key_is_not_read() {
        let json = r#"{"id":1,"business_name":"Acme","online_profile_url":"https://x/?portal_key=CANARY"}"#;
        let row: CustomerRow = serde_json::from_str(json).expect("a row");
        assert!(!format!("{row:?}").contains("CANARY"));
    }
}

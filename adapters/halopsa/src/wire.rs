//! The vendor's vocabulary: the fields that Postern reads, and no others. What is not named here does not come in:
//! `private_note`, costs, mail headers, memos and everything that a later version adds.
//!
//! **Invariant:** a value of a wrong type is a missing value, and a missing value is never the permissive one.

mod loose;
mod read;
mod records;

pub(crate) use loose::{Fields, Flag, Many};
pub(crate) use postern_api::loose::{Dec, Num, Str};
pub(crate) use read::{Clock, When};
pub(crate) use records::*;

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
row!(TicketRow, ActionRow, AttachmentRow, UserRow, ClientRow, ArticleRow, NamedRow);

/// Whose a row is, as its `client_id` says; 0, -1, a wrong type and a missing one name nobody.
pub(crate) fn owner(client_id: Num) -> Owner {
    match client_id.id().and_then(|id| ExternalId::new(&id.to_string()).ok()) {
        Some(id) => Owner::Organisation(id),
        None => Owner::Unknown,
    }
}

/// An access token grant.
#[derive(Deserialize)]
pub(crate) struct Grant {
    pub(crate) access_token: Option<String>,
    #[serde(default)]
    pub(crate) expires_in: Num,
}

/// A ticket, in lists and alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TicketRow {
    pub(crate) id: Num,
    pub(crate) summary: Str,
    pub(crate) details: Str,
    pub(crate) details_html: Str,
    pub(crate) status_id: Num,
    pub(crate) tickettype_id: Num,
    pub(crate) priority_id: Num,
    pub(crate) client_id: Num,
    pub(crate) user_id: Num,
    pub(crate) user_name: Str,
    pub(crate) user_email: Str,
    pub(crate) team: Str,
    pub(crate) agent_id: Num,
    pub(crate) agent_name: Str,
    pub(crate) category_1: Str,
    pub(crate) dateoccurred: When,
    pub(crate) datecreated: When,
    pub(crate) respondbydate: When,
    pub(crate) responsedate: When,
    pub(crate) fixbydate: When,
    pub(crate) dateclosed: When,
    pub(crate) last_update: Str,
    pub(crate) lastactiondate: Str,
    pub(crate) slaexcuse: Str,
    pub(crate) deleted: Flag,
    pub(crate) is_sensitive: Flag,
    pub(crate) attachment_count: Num,
    pub(crate) third_party_id_string: Str,
    pub(crate) customfields: Fields,
}

/// Something that happened on a ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ActionRow {
    pub(crate) id: Num,
    pub(crate) ticket_id: Num,
    pub(crate) outcome: Str,
    pub(crate) who: Str,
    pub(crate) who_type: Num,
    pub(crate) who_agentid: Num,
    pub(crate) actionby_user_id: Num,
    pub(crate) emaildirection: Str,
    pub(crate) datetime: Str,
    pub(crate) actiondatecreated: Str,
    pub(crate) note: Str,
    pub(crate) note_html: Str,
    pub(crate) hiddenfromuser: Flag,
    pub(crate) ishiddenfrominternalit: Flag,
    pub(crate) new_status: Num,
    pub(crate) customfields: Fields,
}

impl ActionRow {
    /// Whether only agents may read it: everything that is not plainly marked as shown.
    pub(crate) fn internal(&self) -> bool {
        self.hiddenfromuser.0 != Some(false) || self.ishiddenfrominternalit.0 == Some(true)
    }
}

/// A file on a ticket. Its links are not read: they open without a sign-in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AttachmentRow {
    pub(crate) id: Num,
    pub(crate) ticket_id: Num,
    pub(crate) faultid: Num,
    pub(crate) action_id: Num,
    pub(crate) filename: Str,
    pub(crate) content_type: Str,
    pub(crate) filesize: Num,
    pub(crate) datecreated: Str,
    pub(crate) showforusers: Flag,
}

/// A person at a client.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserRow {
    pub(crate) id: Num,
    pub(crate) client_id: Num,
    pub(crate) name: Str,
    pub(crate) firstname: Str,
    pub(crate) surname: Str,
    pub(crate) title: Str,
    pub(crate) emailaddress: Str,
    pub(crate) phonenumber_preferred: Str,
    pub(crate) phonenumber: Str,
    pub(crate) mobilenumber: Str,
    pub(crate) inactive: Flag,
    pub(crate) notes: Str,
}

/// A customer organisation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClientRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) domain: Str,
    pub(crate) inactive: Flag,
    pub(crate) stopped: Num,
    pub(crate) customfields: Fields,
}

/// An article. The memos for agents are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ArticleRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) description: Str,
    pub(crate) description_html: Str,
    pub(crate) resolution: Str,
    pub(crate) resolution_html: Str,
    pub(crate) view_count: Num,
    pub(crate) useful_count: Num,
    pub(crate) notuseful_count: Num,
    pub(crate) date_created: Str,
    pub(crate) date_edited: Str,
    pub(crate) limit_start_date: Str,
    pub(crate) limit_end_date: Str,
    pub(crate) inactive: Flag,
    pub(crate) showforall: Flag,
    pub(crate) faqlists: Many<NamedRow>,
    pub(crate) kbentryclientaccess: Many<AccessRow>,
    pub(crate) kbentrytoplevelaccess: Many<AccessRow>,
}

/// A client that an article is for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AccessRow {
    pub(crate) client_id: Num,
}

/// A status, a team, an agent, an article list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NamedRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) inactive: Flag,
    pub(crate) isdisabled: Flag,
}

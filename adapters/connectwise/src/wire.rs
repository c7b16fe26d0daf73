//! The vendor's vocabulary: the fields that Postern reads, and no others. Most requests name them too, so that rates,
//! costs and whatever a later version adds does not even come in.
//!
//! **Invariant:** a value of a wrong type is a missing value, and a missing value is never the permissive one.

mod loose;
mod records;

pub(crate) use loose::{Flag, Many, Value};
pub(crate) use postern_api::loose::{Dec, Inner, Num, Str};
pub(crate) use records::*;

use jiff::Timestamp;
use postern_api::loose::{of_text, timestamp, trimmed};
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
row!(TicketRow, NoteRow, TimeRow, DocumentRow, ContactRow, CompanyRow, AgreementRow, ArticleRow, StatusRow);
row!(PriorityRow, NamedRow, MemberRow);

/// A reference to another record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ref {
    pub(crate) id: Num,
    pub(crate) name: Str,
}

/// A reference of which the number alone is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Id {
    pub(crate) id: Num,
}

/// What the vendor knows about a record as such.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Info {
    pub(crate) last_updated: Str,
    pub(crate) date_entered: When,
}

/// One custom field of a record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Field {
    pub(crate) id: Num,
    pub(crate) value: Value,
}

/// The value of a custom field; one that is there twice says nothing.
pub(crate) fn field(fields: &Many<Field>, id: i64) -> Option<&Value> {
    let mut found = fields.0.iter().filter(|it| it.id.id() == Some(id));
    match (found.next(), found.next()) {
        (Some(field), None) => Some(&field.value),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// Whose a row is, as its company says; 0, a wrong type and a missing one name nobody.
pub(crate) fn owner(company: Num) -> Owner {
    match company.named(ExternalId::of_number) {
        Some(id) => Owner::Organisation(id),
        None => Owner::Unknown,
    }
}

/// A time, always UTC; those before 1902 stand for none.
pub(crate) fn time(text: &Str) -> Option<Timestamp> {
    at(text.get()?)
}

fn at(text: &str) -> Option<Timestamp> {
    let at = timestamp(trimmed(text))?;
    (at.as_second() > -2_145_916_800).then_some(at)
}

/// A time, read where it stands and kept without its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Option<Timestamp>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_text(deserializer, at).map(|it| Self(it.flatten()))
    }
}

/// A time as the vendor takes it.
pub(crate) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A ticket, in lists and alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TicketRow {
    pub(crate) id: Num,
    pub(crate) summary: Str,
    pub(crate) record_type: Str,
    pub(crate) board: Inner<Id>,
    pub(crate) status: Inner<Id>,
    pub(crate) company: Inner<Id>,
    pub(crate) contact: Inner<Ref>,
    pub(crate) contact_name: Str,
    pub(crate) contact_email_address: Str,
    pub(crate) r#type: Inner<Ref>,
    pub(crate) team: Inner<Ref>,
    pub(crate) owner: Inner<Ref>,
    pub(crate) priority: Inner<Id>,
    pub(crate) required_date: When,
    #[serde(rename = "externalXRef")]
    pub(crate) external_x_ref: Str,
    pub(crate) closed_flag: Flag,
    pub(crate) closed_date: When,
    pub(crate) date_responded: When,
    pub(crate) date_resolved: When,
    #[serde(rename = "respondByGoalUTC")]
    pub(crate) respond_by_goal: When,
    #[serde(rename = "resolutionGoalUTC")]
    pub(crate) resolution_goal: When,
    pub(crate) custom_fields: Many<Field>,
    #[serde(rename = "_info")]
    pub(crate) info: Inner<Info>,
}

/// The fields of [`TicketRow`], as requests name them. Of references only what is read: their addresses would be half of it.
pub(crate) const TICKET: &str = "id,summary,recordType,board/id,status/id,company/id,contact/id,contact/name,contactName,\
    contactEmailAddress,type/name,team/id,team/name,owner/id,owner/name,priority/id,requiredDate,externalXRef,closedFlag,\
    closedDate,dateResponded,dateResolved,respondByGoalUTC,resolutionGoalUTC,customFields,_info";

/// A note on a ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NoteRow {
    pub(crate) id: Num,
    pub(crate) ticket_id: Num,
    pub(crate) text: Str,
    pub(crate) detail_description_flag: Flag,
    pub(crate) internal_analysis_flag: Flag,
    pub(crate) resolution_flag: Flag,
    pub(crate) issue_flag: Flag,
    pub(crate) internal_flag: Flag,
    pub(crate) member: Inner<Ref>,
    pub(crate) contact: Inner<Ref>,
    pub(crate) date_created: Str,
}

/// The fields of [`NoteRow`].
pub(crate) const NOTE: &str = "id,ticketId,text,detailDescriptionFlag,internalAnalysisFlag,resolutionFlag,issueFlag,\
    internalFlag,member,contact,dateCreated";

/// Whether the customer reads what carries these flags: shown to them plainly, and plainly not internal.
fn shown(discussion: Flag, resolution: Flag, internal: Flag) -> bool {
    (discussion == Flag::Yes || resolution == Flag::Yes) && internal == Flag::No
}

impl NoteRow {
    /// Whether only agents may read it: everything that is not plainly meant for the customer.
    pub(crate) fn internal(&self) -> bool {
        // Only newer versions write `internalFlag`.
        let also = matches!(self.internal_flag, Flag::Missing | Flag::No);
        !(shown(self.detail_description_flag, self.resolution_flag, self.internal_analysis_flag) && also)
    }
}

/// Time that somebody worked. Rates and costs are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TimeRow {
    pub(crate) id: Num,
    pub(crate) charge_to_id: Num,
    pub(crate) charge_to_type: Str,
    pub(crate) company: Inner<Ref>,
    pub(crate) member: Inner<Ref>,
    pub(crate) notes: Str,
    pub(crate) internal_notes: Str,
    pub(crate) add_to_detail_description_flag: Flag,
    pub(crate) add_to_internal_analysis_flag: Flag,
    pub(crate) add_to_resolution_flag: Flag,
    pub(crate) time_start: Str,
    pub(crate) date_entered: Str,
}

/// The fields of [`TimeRow`].
pub(crate) const TIME: &str = "id,chargeToId,chargeToType,company,member,notes,internalNotes,addToDetailDescriptionFlag,\
    addToInternalAnalysisFlag,addToResolutionFlag,timeStart,dateEntered";

impl TimeRow {
    /// Whether only agents may read its notes; its internal notes always are theirs alone.
    pub(crate) fn internal(&self) -> bool {
        let flags = (self.add_to_detail_description_flag, self.add_to_resolution_flag);
        !shown(flags.0, flags.1, self.add_to_internal_analysis_flag)
    }
}

/// A file. Its address is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DocumentRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) title: Str,
    pub(crate) file_name: Str,
    pub(crate) size: Num,
    pub(crate) public_flag: Flag,
    #[serde(rename = "_info")]
    pub(crate) info: Inner<Info>,
}

/// A person at a company.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ContactRow {
    pub(crate) id: Num,
    pub(crate) first_name: Str,
    pub(crate) last_name: Str,
    pub(crate) company: Inner<Ref>,
    pub(crate) title: Str,
    pub(crate) inactive_flag: Flag,
    pub(crate) default_phone_nbr: Str,
    pub(crate) communication_items: Many<Communication>,
}

/// The fields of [`ContactRow`].
pub(crate) const CONTACT: &str = "id,firstName,lastName,company,title,inactiveFlag,defaultPhoneNbr,communicationItems";

/// A way to reach a person.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Communication {
    pub(crate) value: Str,
    pub(crate) default_flag: Flag,
    pub(crate) communication_type: Str,
}

/// A customer organisation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CompanyRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) status: Inner<Ref>,
    pub(crate) deleted_flag: Flag,
    pub(crate) custom_fields: Many<Field>,
}

/// The fields of [`CompanyRow`].
pub(crate) const COMPANY: &str = "id,name,status,deletedFlag,customFields";

/// What a company agreed to. Amounts are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AgreementRow {
    pub(crate) id: Num,
    pub(crate) r#type: Inner<Ref>,
    pub(crate) company: Inner<Ref>,
    pub(crate) sla: Inner<Ref>,
    pub(crate) start_date: Str,
    pub(crate) end_date: Str,
    pub(crate) no_ending_date_flag: Flag,
    pub(crate) cancelled_flag: Flag,
    pub(crate) agreement_status: Str,
}

/// The fields of [`AgreementRow`].
pub(crate) const AGREEMENT: &str =
    "id,type,company,sla,startDate,endDate,noEndingDateFlag,cancelledFlag,agreementStatus";

/// An article.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ArticleRow {
    pub(crate) id: Num,
    pub(crate) title: Str,
    pub(crate) issue: Str,
    pub(crate) resolution: Str,
    pub(crate) category_id: Num,
    pub(crate) date_created: Str,
    #[serde(rename = "_info")]
    pub(crate) info: Inner<Info>,
}

/// The fields of [`ArticleRow`].
pub(crate) const ARTICLE: &str = "id,title,issue,resolution,categoryId,dateCreated,_info";

/// A status of a board.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct StatusRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) sort_order: Num,
    pub(crate) inactive: Flag,
    pub(crate) closed_status: Flag,
}

/// A priority.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PriorityRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) level: Str,
}

/// A team, a ticket type, an article category.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NamedRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) inactive_flag: Flag,
}

/// Somebody who works for the MSP, from the list that carries no rates and no addresses.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MemberRow {
    pub(crate) id: Num,
    pub(crate) identifier: Str,
    pub(crate) first_name: Str,
    pub(crate) last_name: Str,
    pub(crate) inactive_flag: Flag,
}

//! Notifications: what was sent to whom, who does not want any, and what to send.

use crate::classified::Text;
use crate::id::{ContactId, ExternalId, NotificationId};
use crate::owned::Owned;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// In the portal.
    InApp,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Welcome to the portal.
    Welcome,
    /// A document was published.
    Document,
    /// An invoice is to be paid.
    Payment,
    /// A request was answered.
    Reply,
    /// Work has moved on.
    Progress,
    /// Something changed in the portal.
    Update,
    /// Somebody's account; goes out whatever was opted out of.
    Security,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// Handed to the channel.
    Sent,
    /// Seen.
    Read,
    /// Did not arrive.
    Failed,
    /// May have been handed to the channel: nobody knows, and it is not sent again.
    Unknown,
}

/// One notification to one person.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The system's id.
    pub id: NotificationId,
    /// To whom.
    pub recipient: ContactId,
    /// That person's e-mail address, lower case.
    pub email: Option<String>,
    /// How.
    pub channel: Channel,
    /// About what.
    pub topic: Topic,
    /// The subject.
    pub subject: Text,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub state: NoticeState,
    /// Why it did not arrive.
    pub failure: Option<Text>,
}

/// Which notifications, newest first.
#[derive(Debug, Clone)]
pub struct NoticeQuery {
    /// Of which organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// Only to this person.
    pub recipient: Option<ContactId>,
    /// Only about this.
    pub topic: Option<Topic>,
    /// Only those at or after this time.
    pub since: Option<Timestamp>,
    /// How many, at most 200.
    pub limit: u32,
}

/// Whether a person may be told about something on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub contact: ContactId,
    /// Whether the person agreed to be told at all.
    pub consented: bool,
    /// What the person does not want, by topic and channel.
    pub opted_out: Vec<(Topic, Channel)>,
}

/// What somebody wants to be told and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// About what.
    pub topic: Topic,
    /// How.
    pub channel: Channel,
    /// Whether.
    pub wanted: bool,
}

/// One person to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub contact: ContactId,
    /// The name.
    pub name: String,
    /// The e-mail address, lower case.
    pub email: String,
}

/// A notification to send; each recipient gets one of their own.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// Of which organisation all recipients are; must be in the call's reach.
    pub organisation: ExternalId,
    /// To whom.
    pub recipients: Vec<Recipient>,
    /// How.
    pub channel: Channel,
    /// About what.
    pub topic: Topic,
    /// The subject, one line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// How many a person may get about this topic within a day; `LimitReached` where one would get more.
    pub daily_cap: Option<u32>,
    /// Who sends it.
    pub by: String,
}

/// A notice that is kept before it is sent: it stands as [`NoticeState::Unknown`] until it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedNotice {
    /// The ledger's id of it.
    pub id: NotificationId,
    /// To whom.
    pub contact: ContactId,
    /// That person's name, as the ledger's own records have it.
    pub name: String,
    /// That person's e-mail address, as the ledger's own records have it.
    pub email: String,
}

/// What was kept for a notification that is to be sent.
#[derive(Debug)]
pub enum Reservation {
    /// These are to be sent now, each once.
    Fresh(Vec<ReservedNotice>),
    /// The same reference was here before: nothing is to be sent, and this is what came of it.
    Earlier(Vec<Owned<Notice>>),
}

/// What came of a reserved notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which.
    pub id: NotificationId,
    /// What came of it.
    pub state: NoticeState,
    /// Why it did not arrive, in our words.
    pub failure: Option<&'static str>,
}

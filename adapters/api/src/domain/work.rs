//! Projects and service records, time, equipment, places and bookings.

use super::{Agent, Days, Money, Person, Priority, TicketStatus};
use crate::classified::Text;
use crate::id::{AssetId, BookingId, ExternalId, InvoiceId, PhaseId, ProjectId, SiteId, TicketId, TimeEntryId};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of work is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectKind {
    /// A service that is delivered.
    Service,
    /// Work after a sale.
    AfterSales,
    /// A project with phases.
    Project,
}

/// Where work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkStatus {
    /// Not begun.
    Planned,
    /// Under way.
    InProgress,
    /// Waits for somebody.
    OnHold,
    /// Done.
    Done,
    /// Called off.
    Cancelled,
    /// A vendor's state that has no word here.
    Other,
}

/// A part of a project: a phase, a task or a milestone.
#[derive(Debug, Clone)]
pub struct Phase {
    /// The system's id.
    pub id: PhaseId,
    /// The name.
    pub name: Text,
    /// Where it stands.
    pub status: WorkStatus,
    /// When it is planned.
    pub days: Days,
    /// Whether it is a point in time that everybody waits for.
    pub milestone: bool,
    /// What stands in its way, in words that were confirmed for the customer.
    pub blocker: Option<Text>,
    /// Whether only employees may see it. A vendor's flag that is missing or unknown means that.
    pub internal: bool,
}

/// Something that happened in a project.
#[derive(Debug, Clone)]
pub struct ProjectEntry {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Option<Agent>,
    /// What.
    pub text: Text,
    /// Whether only employees may see it.
    pub internal: bool,
}

/// A project or service record. In lists `phases`, `timeline`, `files` and `deliverables` may be empty.
#[derive(Debug, Clone)]
pub struct Project {
    /// The system's id.
    pub id: ProjectId,
    /// What it is.
    pub kind: ProjectKind,
    /// The name.
    pub name: Text,
    /// What it is about.
    pub description: Option<Text>,
    /// Where it stands.
    pub status: WorkStatus,
    /// Who runs it.
    pub owner: Option<Agent>,
    /// When it is planned.
    pub days: Days,
    /// How far it is, 0 to 100, where the system says.
    pub percent_complete: Option<u8>,
    /// Its parts, in order.
    pub phases: Vec<Phase>,
    /// What happened, oldest first.
    pub timeline: Vec<ProjectEntry>,
    /// Names of files, with whether only employees may see them.
    pub files: Vec<(Text, bool)>,
    /// What is handed over.
    pub deliverables: Vec<Text>,
    /// Invoices that belong to it.
    pub invoices: Vec<InvoiceId>,
    /// What it costs the MSP.
    pub cost: Option<Money>,
    /// What employees noted.
    pub notes: Option<Text>,
    /// Whether the customer may see it. A vendor's flag that is missing or unknown means not.
    pub customer_visible: bool,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

/// Which projects, the last changed first.
#[derive(Debug, Clone)]
pub struct ProjectQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Only these kinds; empty: all.
    pub kinds: Vec<ProjectKind>,
    /// Only what customers may see.
    pub customer_visible: bool,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

/// Time that somebody worked on a ticket; for employees.
#[derive(Debug, Clone)]
pub struct TimeEntry {
    /// The system's id.
    pub id: TimeEntryId,
    /// On which ticket.
    pub ticket: TicketId,
    /// Who worked.
    pub by: Agent,
    /// When it began, or the day.
    pub at: Timestamp,
    /// How long, in minutes.
    pub minutes: u32,
    /// What was done.
    pub text: Option<Text>,
    /// Whether the customer pays for it.
    pub billable: Option<bool>,
}

/// The words that a service desk has for its tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Its states, and what each is to us.
    pub statuses: Vec<(String, TicketStatus)>,
    /// Its urgencies, and what each is to us.
    pub priorities: Vec<(String, Option<Priority>)>,
    /// Its boards, queues, teams or ticket types.
    pub queues: Vec<String>,
}

/// What to change of a ticket; what is `None` stays. Returned as it then stands, read back.
#[derive(Debug, Clone, Default)]
pub struct TicketChange {
    /// Where it stands; closing has an operation of its own.
    pub status: Option<TicketStatus>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Who works on it: an employee's e-mail address.
    pub assignee: Option<String>,
    /// Only if it was last changed then; else `Conflict`.
    pub unchanged_since: Option<Timestamp>,
}

/// A device, a licence, a server.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The system's id.
    pub id: AssetId,
    /// The name.
    pub name: Text,
    /// The vendor's kind, for example `Workstation`.
    pub kind: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// Whose it is.
    pub contact: Option<Person>,
    /// Where it stands, by the site's name.
    pub site: Option<String>,
    /// Until when its maker repairs it.
    pub warranty_until: Option<Date>,
}

/// Which equipment, by name.
#[derive(Debug, Clone)]
pub struct AssetQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Words to find in the name.
    pub text: Option<String>,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

/// A place of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The system's id.
    pub id: SiteId,
    /// The name.
    pub name: String,
    /// The postal address, on one line.
    pub address: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Whether it is in use.
    pub active: bool,
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Asked for.
    Requested,
    /// Agreed.
    Confirmed,
    /// To be moved.
    RescheduleRequested,
    /// Took place.
    Done,
    /// Called off.
    Cancelled,
    /// A vendor's state that has no word here.
    Other,
}

/// An appointment.
#[derive(Debug, Clone)]
pub struct Booking {
    /// The system's id.
    pub id: BookingId,
    /// The vendor's kind, for example `On-site service`.
    pub kind: String,
    /// The title.
    pub title: Text,
    /// Where it stands.
    pub status: BookingStatus,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// For whom.
    pub contact: Option<Person>,
    /// Who comes: for employees.
    pub staff: Option<Agent>,
    /// Where it was moved from.
    pub rescheduled_from: Option<Timestamp>,
}

/// Which bookings, the next first.
#[derive(Debug, Clone)]
pub struct BookingQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Only those that end at or after this time.
    pub since: Option<Timestamp>,
    /// Only those that begin before this time.
    pub until: Option<Timestamp>,
    /// Rows to return, at most 200.
    pub limit: u32,
}

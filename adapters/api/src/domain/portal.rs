//! Portal records: what no other system keeps. Workspaces, branding, questions and answers, forms, consent, figures.

use super::Channel;
use crate::classified::Text;
use crate::id::{
    AccessRoleId, ContactId, DocumentId, ExternalId, FaqId, FormId, InvoiceId, ProjectId, SubmissionId, WorkspaceId,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the portal does where nobody says otherwise. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalConfig {
    /// The time zone, by its IANA name.
    pub timezone: String,
    /// How people sign in, in words, for example `password and second factor`.
    pub login_policy: String,
    /// Whether only the newest approved version of a document can be published.
    pub latest_version_only: bool,
    /// How people are told by default.
    pub channels: Vec<Channel>,
    /// How many notifications a person may get about one topic within a day.
    pub daily_notification_cap: u32,
    /// Who may pay online.
    pub payments_enabled: bool,
    /// Hours to the first answer where no agreement says otherwise.
    pub sla_response_hours: Option<u32>,
    /// Hours to the solution where no agreement says otherwise.
    pub sla_resolution_hours: Option<u32>,
    /// What customers see where nobody said anything: always less rather than more.
    pub visible_by_default: Vec<String>,
    /// The fewest people behind a figure.
    pub minimum_group: u32,
}

/// How the portal looks: public words and pictures only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branding {
    /// Where the logo is, an `https` address.
    pub logo_url: Option<String>,
    /// Colours, `#rrggbb`, by what they are for.
    pub colours: BTreeMap<String, String>,
    /// Under which host name the portal is reached.
    pub domain: Option<String>,
    /// What people are greeted with.
    pub welcome_text: Option<String>,
    /// What stands on the page where people sign in.
    pub login_text: Option<String>,
    /// The picture of that page, an `https` address.
    pub login_image_url: Option<String>,
    /// Languages, as BCP 47 tags; the first is the default.
    pub languages: Vec<String>,
    /// Whether the MSP's own name is kept out.
    pub white_label: bool,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

/// One customer's portal. There is never a second one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// The system's id.
    pub id: WorkspaceId,
    /// Whether people can use it.
    pub active: bool,
    /// What people are greeted with.
    pub welcome_text: Option<String>,
    /// What a new user may see.
    pub default_role: AccessRoleId,
    /// Service records that it shows.
    pub service_records: Vec<ProjectId>,
    /// Documents that it shows.
    pub documents: Vec<DocumentId>,
    /// Invoices that it shows.
    pub invoices: Vec<InvoiceId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A workspace to make, as it was previewed.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// For which organisation; must be in the call's reach. `Conflict` if it has one.
    pub organisation: ExternalId,
    /// What people are greeted with.
    pub welcome_text: Option<String>,
    /// What a new user may see.
    pub default_role: AccessRoleId,
    /// Service records that it shows.
    pub service_records: Vec<ProjectId>,
    /// Documents that it shows.
    pub documents: Vec<DocumentId>,
    /// Invoices that it shows.
    pub invoices: Vec<InvoiceId>,
    /// Who does it.
    pub by: String,
}

/// Whether an answer may be read by customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaqState {
    /// Being written.
    Draft,
    /// Somebody has read and agreed to it.
    Reviewed,
    /// Customers read it.
    Published,
}

/// A question and its answer.
#[derive(Debug, Clone)]
pub struct FaqEntry {
    /// The system's id.
    pub id: FaqId,
    /// The question.
    pub question: Text,
    /// The answer.
    pub answer: Text,
    /// The category, or `General`.
    pub category: String,
    /// The language, as a BCP 47 tag.
    pub language: String,
    /// Which kinds of customers see it; empty: all.
    pub segments: Vec<String>,
    /// Whether customers may read it.
    pub state: FaqState,
    /// Whether it is about law, payment or promises of service.
    pub sensitive: bool,
    /// Whether it describes how the MSP works inside: never for customers.
    pub internal: bool,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which questions and answers, by category.
#[derive(Debug, Clone, Default)]
pub struct FaqQuery {
    /// Only this category.
    pub category: Option<String>,
    /// Only this language.
    pub language: Option<String>,
    /// Only what customers may read.
    pub published_only: bool,
}

/// A question and answer to keep.
#[derive(Debug, Clone)]
pub struct FaqChange {
    /// Which; `None`: a new one.
    pub id: Option<FaqId>,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// The category.
    pub category: String,
    /// The language, as a BCP 47 tag.
    pub language: String,
    /// Which kinds of customers see it; empty: all.
    pub segments: Vec<String>,
    /// Whether customers may read it.
    pub state: FaqState,
    /// Whether it is about law, payment or promises of service.
    pub sensitive: bool,
    /// Who does it.
    pub by: String,
}

/// How careful to be with a field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldClass {
    /// Anybody may see it.
    Plain,
    /// About a person.
    Pii,
    /// About a person, or a secret of the company, and delicate.
    Sensitive,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// The name in a submission.
    pub name: String,
    /// The label.
    pub label: String,
    /// Whether it has to be filled in.
    pub required: bool,
    /// How careful to be with it.
    pub class: FieldClass,
    /// The choices, where there are some; empty: free text.
    pub choices: Vec<String>,
    /// The longest answer, in characters.
    pub max_length: u32,
}

/// What a form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// Anything that customers are asked.
    Interaction,
    /// Questions.
    Questionnaire,
    /// The customer agrees to a drawing.
    DrawingApproval,
    /// The customer changes what is known of them.
    ProfileUpdate,
    /// The customer applies for a service.
    ServiceApplication,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormTemplate {
    /// The system's id.
    pub id: FormId,
    /// The name.
    pub name: String,
    /// What it is for.
    pub kind: FormKind,
    /// Its version.
    pub version: u32,
    /// Its fields, in order.
    pub fields: Vec<FormField>,
}

/// A form that somebody filled in.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// For which organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which form.
    pub form: FormId,
    /// The answers, by field; checked against the form.
    pub answers: BTreeMap<String, String>,
    /// Who filled it in.
    pub submitted_by: String,
    /// Where it came from, for example `portal` or `staff`.
    pub source: String,
    /// Names of files that came with it; kept beside the answers.
    pub files: Vec<String>,
}

/// A form that was filled in and kept.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The system's id.
    pub id: SubmissionId,
    /// Which form.
    pub form: FormId,
    /// When.
    pub at: Timestamp,
}

/// What somebody agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// The portal's terms.
    Terms,
    /// How personal data is handled.
    Privacy,
    /// To be told.
    Notifications,
    /// To pay online.
    Payments,
    /// That systems exchange data.
    DataSync,
}

/// What somebody agreed to, or withdrew. Never changed and never deleted: the last one counts.
#[derive(Debug, Clone)]
pub struct ConsentRecord {
    /// Whose; `None`: the organisation's.
    pub contact: Option<ContactId>,
    /// To what.
    pub kind: ConsentKind,
    /// Agreed, or withdrawn.
    pub granted: bool,
    /// Of which version of the words.
    pub version: String,
    /// Where it came from, for example `portal` or `staff`.
    pub source: String,
    /// From which network address, shortened, where known.
    pub address: Option<String>,
    /// With what, in few words.
    pub device: Option<String>,
    /// Why, where an employee recorded it.
    pub reason: Option<String>,
    /// Who recorded it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Figures over many people, and nothing about any one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// For which organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The figures by name; one that fewer people stand behind than `minimum_group` is left out by the gateway.
    pub figures: BTreeMap<String, f64>,
}

/// Fields of a customer's record to change, each with what it was.
#[derive(Debug, Clone)]
pub struct ProfileChange {
    /// Whose record; must be in the call's reach.
    pub organisation: ExternalId,
    /// A contact's; `None`: the organisation's own.
    pub contact: Option<ContactId>,
    /// By field: before and after. `Conflict` where a field is no longer as it was.
    pub fields: BTreeMap<ProfileField, (Option<String>, Option<String>)>,
    /// Where the new values come from.
    pub source: String,
    /// Who does it.
    pub by: String,
}

/// A field of a customer's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProfileField {
    /// A contact's name.
    Name,
    /// A contact's e-mail address.
    Email,
    /// A contact's telephone number.
    Phone,
    /// A contact's position.
    Title,
    /// The organisation's name.
    CompanyName,
    /// The organisation's telephone number.
    CompanyPhone,
    /// The organisation's postal address.
    CompanyAddress,
    /// The organisation's website.
    Website,
}

//! The ports: one trait a kind of system. Each method's doc states the rule that the kit tests.
//!
//! The default of every method is `Unsupported`; [`crate::Adapter::supports`] lists those that an adapter overrides.

use crate::adapter::{CallCx, Op};
use crate::domain::*;
use crate::error::{Error, Result};
use crate::id::{ArticleId, AttachmentId, ContactId, DocumentId, ExternalId, InvoiceId, ProjectId, TicketId};
use crate::owned::Owned;
use crate::trace::{Sought, Trace};
use std::collections::BTreeMap;

/// Tickets.
#[crate::async_trait]
pub trait ServiceDesk: Send + Sync {
    /// Tickets that match, sorted, one page of them. Rows of organisations out of reach are not asked for; what comes
    /// back all the same is returned as the row names its owner, and the gateway drops it. `total` counts what matches.
    async fn tickets(&self, _cx: &CallCx, _query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        Err(Error::unsupported(Op::TicketList))
    }
    /// One ticket with comments, attachments and escalations. Missing: `NotFound`.
    async fn ticket(&self, _cx: &CallCx, _id: &TicketId) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketGet))
    }
    /// Creates a ticket, with `cx.reference` in the vendor's slot for it, reads it back and returns it.
    async fn create(&self, _cx: &CallCx, _new: &NewTicket) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketCreate))
    }
    /// Adds a comment and returns it as the system stored it. `Conflict` if the ticket is closed; `InvalidArgument` if a
    /// customer would write an internal note, or somebody who is no contact of the ticket's organisation would write.
    async fn comment(&self, _cx: &CallCx, _id: &TicketId, _new: &NewComment) -> Result<Owned<Comment>> {
        Err(Error::unsupported(Op::TicketComment))
    }
    /// Closes a ticket and returns it as it then stands, with the resolution in its field and not among the comments;
    /// `Conflict` if it is closed already.
    async fn close(&self, _cx: &CallCx, _id: &TicketId, _closure: &Closure) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketClose))
    }
    /// Escalates a ticket and returns it with the escalation in its history; `Conflict` if it is closed.
    async fn escalate(&self, _cx: &CallCx, _id: &TicketId, _escalation: &NewEscalation) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketEscalate))
    }
    /// The person with this e-mail address (any case) at this organisation, as the service desk numbers them. Two: `Conflict`.
    async fn requester(&self, _cx: &CallCx, _organisation: &ExternalId, _email: &str) -> Result<Option<Owned<Person>>> {
        Err(Error::unsupported(Op::RequesterFind))
    }
    /// Changes state, urgency or assignment of a ticket and returns it as it then stands, read back; what a rule of the system put back is
    /// `Conflict`. `Conflict` too if it is closed, `InvalidArgument` if nobody has the assignee's address.
    async fn change(&self, _cx: &CallCx, _id: &TicketId, _change: &TicketChange) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketChange))
    }
    /// A file that was uploaded and hangs on nothing yet, with the name, the type and the size that the system itself knows.
    /// Missing, another organisation's and one that was used are the same: `NotFound`.
    async fn upload(&self, _cx: &CallCx, _organisation: &ExternalId, _id: &AttachmentId) -> Result<Owned<Attachment>> {
        Err(Error::unsupported(Op::UploadGet))
    }
    /// Adds a comment with uploaded files, all or nothing; each file is used once and is internal where the comment is. Else as
    /// [`Self::comment`], and `InvalidArgument` for a file that [`Self::upload`] would not find.
    async fn reply(
        &self,
        _cx: &CallCx,
        _id: &TicketId,
        _new: &NewComment,
        _files: &[AttachmentId],
    ) -> Result<Owned<Comment>> {
        Err(Error::unsupported(Op::TicketReply))
    }
    /// Creates a ticket that employees alone see ([`Visibility::Staff`], whatever `new` says), about a person at the customer. No viewer
    /// finds, counts or opens it, and it uses up no limit. Else as [`Self::create`].
    async fn create_task(&self, _cx: &CallCx, _new: &NewTicket) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TaskCreate))
    }
    /// Changes who at the customer may read a ticket, or when it has to be solved, and returns it as it then stands. `Conflict` if it
    /// is closed or changed meanwhile; `InvalidArgument` where a ticket would become, or cease to be, employees' alone.
    async fn adjust(&self, _cx: &CallCx, _id: &TicketId, _adjustment: &Adjustment) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketAdjust))
    }
    /// Time worked on one ticket, oldest first.
    async fn time(&self, _cx: &CallCx, _ticket: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
        Err(Error::unsupported(Op::TimeList))
    }
    /// The words that this service desk has for its tickets. Nobody's record.
    async fn vocabulary(&self, _cx: &CallCx) -> Result<Vocabulary> {
        Err(Error::unsupported(Op::VocabularyGet))
    }
}

/// Customer records.
#[crate::async_trait]
pub trait Crm: Send + Sync {
    /// One organisation. Missing: `NotFound`.
    async fn organisation(&self, _cx: &CallCx, _id: &ExternalId) -> Result<Owned<Organisation>> {
        Err(Error::unsupported(Op::OrganisationGet))
    }
    /// Every organisation that the system has, mapped or not, by id; each once. For the operator's command line alone.
    async fn directory(&self, _cx: &CallCx) -> Result<Directory> {
        Err(Error::unsupported(Op::OrganisationList))
    }
    /// The contacts of one organisation, by name.
    async fn contacts(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        Err(Error::unsupported(Op::ContactList))
    }
    /// One contact. Missing: `NotFound`.
    async fn contact(&self, _cx: &CallCx, _id: &ContactId) -> Result<Owned<Contact>> {
        Err(Error::unsupported(Op::ContactGet))
    }
    /// The places of one organisation, by name.
    async fn sites(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
        Err(Error::unsupported(Op::SiteList))
    }
    /// The fields of an organisation's record, or of a contact's of it, as they are: what [`Self::change_profile`] compares
    /// with. Only fields that the system has. Missing: `NotFound`.
    async fn profile(
        &self,
        _cx: &CallCx,
        _organisation: &ExternalId,
        _contact: Option<&ContactId>,
    ) -> Result<Owned<BTreeMap<ProfileField, Option<String>>>> {
        Err(Error::unsupported(Op::ProfileGet))
    }
    /// Changes fields of an organisation's or a contact's record, all or none; `InvalidArgument` where a field is none of that record,
    /// `Conflict` where one is no longer as it was. The answer names whose record it was.
    async fn change_profile(&self, _cx: &CallCx, _change: &ProfileChange) -> Result<Owned<()>> {
        Err(Error::unsupported(Op::ProfileChange))
    }
}

/// Articles.
#[crate::async_trait]
pub trait KnowledgeBase: Send + Sync {
    /// Articles that match, best first; `total` counts what matches.
    async fn search(&self, _cx: &CallCx, _query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        Err(Error::unsupported(Op::ArticleSearch))
    }
    /// One article. Missing: `NotFound`.
    async fn article(&self, _cx: &CallCx, _id: &ArticleId) -> Result<Owned<Article>> {
        Err(Error::unsupported(Op::ArticleGet))
    }
}

/// Who may sign in for a customer.
#[crate::async_trait]
pub trait Identity: Send + Sync {
    /// The logins of one organisation, by e-mail address.
    async fn logins(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Login>>> {
        Err(Error::unsupported(Op::LoginList))
    }
    /// Invites somebody; `Conflict` if the address has a login, `LimitReached` past `max_logins`, both in one step.
    async fn invite(&self, _cx: &CallCx, _invitation: &Invitation) -> Result<Owned<Login>> {
        Err(Error::unsupported(Op::LoginInvite))
    }
    /// Moves the lead role: both changes or neither, both people told where [`Self::tells_people`]. `Conflict` if `from` is not lead any more,
    /// `InvalidArgument` if `to` is not an active login of the same organisation.
    async fn transfer_lead(&self, _cx: &CallCx, _transfer: &LeadTransfer) -> Result<Owned<Login>> {
        Err(Error::unsupported(Op::LeadTransfer))
    }
    /// Role changes of one organisation, oldest first.
    async fn role_changes(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<RoleChange>>> {
        Err(Error::unsupported(Op::RoleChangeList))
    }
    /// The portal users of one organisation, by e-mail address.
    async fn portal_users(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<PortalUser>>> {
        Err(Error::unsupported(Op::PortalUserList))
    }
    /// The portal's roles, by name. Nobody's record.
    async fn access_roles(&self, _cx: &CallCx) -> Result<Vec<AccessRole>> {
        Err(Error::unsupported(Op::AccessRoleList))
    }
    /// How portal users sign in. Nobody's record.
    async fn auth_policy(&self, _cx: &CallCx) -> Result<AuthPolicy> {
        Err(Error::unsupported(Op::AuthPolicyGet))
    }
    /// Invites somebody with a role; `Conflict` if the address has a login. The link's secret goes to that person alone.
    async fn invite_user(&self, _cx: &CallCx, _invitation: &PortalInvitation) -> Result<Owned<PortalUser>> {
        Err(Error::unsupported(Op::PortalUserInvite))
    }
    /// Changes a portal user's roles, all or none.
    async fn change_access(&self, _cx: &CallCx, _change: &AccessChange) -> Result<Owned<PortalUser>> {
        Err(Error::unsupported(Op::AccessChange))
    }
    /// Disables, resets or reissues a portal user's login, and tells that person where [`Self::tells_people`]; `Conflict` where there is nothing to do.
    /// `Unsupported` for a reset that the system cannot do.
    async fn reset_access(&self, _cx: &CallCx, _order: &ResetOrder) -> Result<Owned<PortalUser>> {
        Err(Error::unsupported(Op::AccessReset))
    }
    /// What portal users did, newest first.
    async fn access_events(&self, _cx: &CallCx, _query: &AccessEventQuery) -> Result<Vec<Owned<AccessEvent>>> {
        Err(Error::unsupported(Op::AccessEventList))
    }
    /// Whether [`PortalInvitation::message`] reaches the person; where not, an invitation with one is `InvalidArgument`.
    fn takes_words(&self) -> bool {
        true
    }
    /// Whether it tells people of changes to their logins by itself. Links are always sent to their owner.
    fn tells_people(&self) -> bool {
        true
    }
}

/// Money.
#[crate::async_trait]
pub trait Billing: Send + Sync {
    /// Invoices that match, newest first, one page of them; `total` counts what matches.
    async fn invoices(&self, _cx: &CallCx, _query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        Err(Error::unsupported(Op::InvoiceList))
    }
    /// One invoice with its lines. Missing: `NotFound`.
    async fn invoice(&self, _cx: &CallCx, _id: &InvoiceId) -> Result<Owned<Invoice>> {
        Err(Error::unsupported(Op::InvoiceGet))
    }
    /// Payments of one organisation, or of one invoice of it, newest first; at most 200.
    async fn payments(
        &self,
        _cx: &CallCx,
        _organisation: &ExternalId,
        _invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        Err(Error::unsupported(Op::PaymentList))
    }
    /// What one organisation pays for again and again, by name.
    async fn agreements(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        Err(Error::unsupported(Op::AgreementList))
    }
    /// Makes or resends the link by which an invoice can be paid, and returns the invoice with it; `Conflict` if there is an active one,
    /// or nothing is left to pay, or the balance is another one.
    async fn create_payment_link(&self, _cx: &CallCx, _new: &NewPaymentLink) -> Result<Owned<Invoice>> {
        Err(Error::unsupported(Op::PaymentLinkCreate))
    }
}

/// What was offered, ordered and agreed.
#[crate::async_trait]
pub trait Sales: Send + Sync {
    /// Quotes, orders and contracts that match, newest first, one page of them; `total` counts what matches.
    async fn orders(&self, _cx: &CallCx, _query: &OrderQuery) -> Result<Page<Owned<Order>>> {
        Err(Error::unsupported(Op::OrderList))
    }
}

/// Projects and service records.
#[crate::async_trait]
pub trait Projects: Send + Sync {
    /// Projects and service records that match, the last changed first, one page of them; `total` counts what matches.
    async fn projects(&self, _cx: &CallCx, _query: &ProjectQuery) -> Result<Page<Owned<Project>>> {
        Err(Error::unsupported(Op::ProjectList))
    }
    /// One with its phases, timeline, files and deliverables. Missing: `NotFound`.
    async fn project(&self, _cx: &CallCx, _id: &ProjectId) -> Result<Owned<Project>> {
        Err(Error::unsupported(Op::ProjectGet))
    }
}

/// Equipment.
#[crate::async_trait]
pub trait Assets: Send + Sync {
    /// Equipment that matches, by name, one page of it; `total` counts what matches.
    async fn assets(&self, _cx: &CallCx, _query: &AssetQuery) -> Result<Page<Owned<Asset>>> {
        Err(Error::unsupported(Op::AssetList))
    }
}

/// Documents, their versions and publications.
#[crate::async_trait]
pub trait Documents: Send + Sync {
    /// Documents that match, the last changed first, one page of them; `total` counts what matches.
    async fn documents(&self, _cx: &CallCx, _query: &DocumentQuery) -> Result<Page<Owned<Document>>> {
        Err(Error::unsupported(Op::DocumentList))
    }
    /// One document with its versions. Missing: `NotFound`.
    async fn document(&self, _cx: &CallCx, _id: &DocumentId) -> Result<Owned<Document>> {
        Err(Error::unsupported(Op::DocumentGet))
    }
    /// Publishes a version, and takes back an older version's publication; returns the document as it then stands. Publishing the same
    /// again is `Conflict`, unless it is the same write.
    async fn publish(&self, _cx: &CallCx, _new: &NewPublication) -> Result<Owned<Document>> {
        Err(Error::unsupported(Op::DocumentPublish))
    }
    /// Takes back a publication or the right to save; `Conflict` if there is none. Nothing is deleted.
    async fn revoke(&self, _cx: &CallCx, _revocation: &Revocation) -> Result<Owned<Document>> {
        Err(Error::unsupported(Op::DocumentRevoke))
    }
    /// Takes a publication, or the right to save, back from one portal user alone; everybody else goes on as before. `Conflict` if
    /// there is nothing to take back from that user. Nothing is deleted; publishing again gives it to everybody again.
    async fn withdraw(&self, _cx: &CallCx, _withdrawal: &Withdrawal) -> Result<Owned<Document>> {
        Err(Error::unsupported(Op::DocumentWithdraw))
    }
}

/// Appointments.
#[crate::async_trait]
pub trait Bookings: Send + Sync {
    /// Bookings that match, the next first.
    async fn bookings(&self, _cx: &CallCx, _query: &BookingQuery) -> Result<Vec<Owned<Booking>>> {
        Err(Error::unsupported(Op::BookingList))
    }
}

/// Telling people, and what they were told.
#[crate::async_trait]
pub trait Notifications: Send + Sync {
    /// What was sent, newest first.
    async fn notices(&self, _cx: &CallCx, _query: &NoticeQuery) -> Result<Vec<Owned<Notice>>> {
        Err(Error::unsupported(Op::NoticeList))
    }
    /// Who of one organisation agreed to be told, and what each does not want.
    async fn standing(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Standing>>> {
        Err(Error::unsupported(Op::NoticeStanding))
    }
    /// Tells each recipient once, all or none as far as the channel allows: one that could not be told is in the answer as `Failed`.
    /// `LimitReached` if one would get more than the cap, `InvalidArgument` if one is no contact of the organisation; then nobody is
    /// told. `Unsupported` for a channel that the system does not have. Whether people want to be told is the gateway's to ask.
    async fn send(&self, _cx: &CallCx, _new: &NewNotice) -> Result<Vec<Owned<Notice>>> {
        Err(Error::unsupported(Op::NoticeSend))
    }
    /// Keeps what one person wants to be told and how; what is not named stays. Missing contact: `NotFound`; about an account
    /// ([`Topic::Security`]): `InvalidArgument`. The answer names whose person it was.
    async fn prefer(
        &self,
        _cx: &CallCx,
        _organisation: &ExternalId,
        _contact: &ContactId,
        _wishes: &[Wish],
    ) -> Result<Owned<()>> {
        Err(Error::unsupported(Op::PreferenceSet))
    }
}

/// Where notices are kept for a channel that keeps none itself, as mail does. No port of its own: an adapter is given one.
#[crate::async_trait]
pub trait NoticeLedger: Notifications + std::fmt::Debug {
    /// Keeps a notification that is about to be sent, in one step with everything that speaks against it; each recipient once.
    ///
    /// Errors: as [`Notifications::send`], and `Conflict` where a recipient's address is another one than is kept here, or where a
    /// recipient did not agree to be told by this channel, or does not want it, unless it is about their account. Then nothing is kept.
    async fn reserve(&self, cx: &CallCx, new: &NewNotice) -> Result<Reservation>;
    /// Says what came of reserved notices and returns them as they then stand. Somebody who was told, or may have been, finds it in the
    /// portal too. One that was settled before stays as it is.
    async fn settle(&self, cx: &CallCx, new: &NewNotice, settled: &[Settled]) -> Result<Vec<Owned<Notice>>>;
    /// Looks for a write by its reference, as [`crate::Adapter::trace`]: what it left, and how each notice of it stands by now. It sees
    /// every write that ended.
    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<(Owned<Trace>, Vec<NoticeState>)>>;
    /// Notes that somebody no longer wants a kind of notice by a channel; again is no error. Missing: `NotFound`.
    async fn opt_out(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: &ContactId,
        what: (Topic, Channel),
    ) -> Result<()>;
}

/// What no other system keeps of a customer portal.
#[crate::async_trait]
pub trait Portal: Send + Sync {
    /// What the portal does by default. Nobody's record.
    async fn config(&self, _cx: &CallCx) -> Result<PortalConfig> {
        Err(Error::unsupported(Op::PortalConfigGet))
    }
    /// How the portal looks. Nobody's record.
    async fn branding(&self, _cx: &CallCx) -> Result<Branding> {
        Err(Error::unsupported(Op::BrandingGet))
    }
    /// Changes how the portal looks, and returns it as it then is.
    async fn set_branding(&self, _cx: &CallCx, _new: &Branding) -> Result<Branding> {
        Err(Error::unsupported(Op::BrandingSet))
    }
    /// One customer's portal, where there is one.
    async fn workspace(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Option<Owned<Workspace>>> {
        Err(Error::unsupported(Op::WorkspaceGet))
    }
    /// Makes a customer's portal; `Conflict` if there is one, in one step. `InvalidArgument` if a record is not that organisation's, or
    /// not for customers.
    async fn create_workspace(&self, _cx: &CallCx, _new: &NewWorkspace) -> Result<Owned<Workspace>> {
        Err(Error::unsupported(Op::WorkspaceCreate))
    }
    /// Questions and answers, by category. The tenant's own.
    async fn faq(&self, _cx: &CallCx, _query: &FaqQuery) -> Result<Vec<FaqEntry>> {
        Err(Error::unsupported(Op::FaqList))
    }
    /// Keeps a question and its answer. Missing id: `NotFound`; publishing an internal one: `Conflict`.
    async fn set_faq(&self, _cx: &CallCx, _change: &FaqChange) -> Result<FaqEntry> {
        Err(Error::unsupported(Op::FaqSet))
    }
    /// The forms, by name. Nobody's record.
    async fn forms(&self, _cx: &CallCx) -> Result<Vec<FormTemplate>> {
        Err(Error::unsupported(Op::FormList))
    }
    /// Keeps a form that was filled in. Missing form: `NotFound`; answers that do not fit it: `InvalidArgument`.
    async fn record_submission(&self, _cx: &CallCx, _new: &NewSubmission) -> Result<Owned<Submission>> {
        Err(Error::unsupported(Op::SubmissionRecord))
    }
    /// What people of one organisation agreed to or withdrew, oldest first.
    async fn consents(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<ConsentRecord>>> {
        Err(Error::unsupported(Op::ConsentList))
    }
    /// Keeps what somebody agreed to or withdrew; nothing kept before changes. `InvalidArgument` if the contact is another organisation's.
    async fn record_consent(
        &self,
        _cx: &CallCx,
        _organisation: &ExternalId,
        _new: &ConsentRecord,
    ) -> Result<Owned<ConsentRecord>> {
        Err(Error::unsupported(Op::ConsentRecord))
    }
    /// Keeps figures.
    async fn record_snapshot(&self, _cx: &CallCx, _new: &Snapshot) -> Result<Owned<()>> {
        Err(Error::unsupported(Op::SnapshotRecord))
    }
}

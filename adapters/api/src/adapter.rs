//! What an adapter is, what it says it can do, and what each call to it carries.

use crate::error::{Error, Result};
use crate::id::ExternalId;
use crate::owned::Owned;
use crate::ports::*;
use crate::trace::{Sought, Trace, Traceable};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One operation of a port. [`Adapter::supports`] lists exactly those that work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// [`ServiceDesk::tickets`]
    TicketList,
    /// [`ServiceDesk::ticket`]
    TicketGet,
    /// [`ServiceDesk::create`]
    TicketCreate,
    /// [`ServiceDesk::comment`]
    TicketComment,
    /// [`ServiceDesk::close`]
    TicketClose,
    /// [`ServiceDesk::escalate`]
    TicketEscalate,
    /// [`ServiceDesk::requester`]
    RequesterFind,
    /// [`Crm::organisation`]
    OrganisationGet,
    /// [`Crm::directory`]
    OrganisationList,
    /// [`Crm::contacts`]
    ContactList,
    /// [`Crm::contact`]
    ContactGet,
    /// [`KnowledgeBase::search`]
    ArticleSearch,
    /// [`KnowledgeBase::article`]
    ArticleGet,
    /// [`Identity::logins`]
    LoginList,
    /// [`Identity::invite`]
    LoginInvite,
    /// [`Identity::transfer_lead`]
    LeadTransfer,
    /// [`Identity::role_changes`]
    RoleChangeList,
    /// [`ServiceDesk::change`]
    TicketChange,
    /// [`ServiceDesk::time`]
    TimeList,
    /// [`ServiceDesk::vocabulary`]
    VocabularyGet,
    /// [`Crm::sites`]
    SiteList,
    /// [`Crm::profile`]
    ProfileGet,
    /// [`Crm::change_profile`]
    ProfileChange,
    /// [`Identity::portal_users`]
    PortalUserList,
    /// [`Identity::access_roles`]
    AccessRoleList,
    /// [`Identity::auth_policy`]
    AuthPolicyGet,
    /// [`Identity::invite_user`]
    PortalUserInvite,
    /// [`Identity::change_access`]
    AccessChange,
    /// [`Identity::reset_access`]
    AccessReset,
    /// [`Identity::access_events`]
    AccessEventList,
    /// [`Billing::invoices`]
    InvoiceList,
    /// [`Billing::invoice`]
    InvoiceGet,
    /// [`Billing::payments`]
    PaymentList,
    /// [`Billing::agreements`]
    AgreementList,
    /// [`Billing::create_payment_link`]
    PaymentLinkCreate,
    /// [`Sales::orders`]
    OrderList,
    /// [`Projects::projects`]
    ProjectList,
    /// [`Projects::project`]
    ProjectGet,
    /// [`Assets::assets`]
    AssetList,
    /// [`Documents::documents`]
    DocumentList,
    /// [`Documents::document`]
    DocumentGet,
    /// [`Documents::publish`]
    DocumentPublish,
    /// [`Documents::revoke`]
    DocumentRevoke,
    /// [`Bookings::bookings`]
    BookingList,
    /// [`Notifications::notices`]
    NoticeList,
    /// [`Notifications::standing`]
    NoticeStanding,
    /// [`Notifications::send`]
    NoticeSend,
    /// [`Portal::config`]
    PortalConfigGet,
    /// [`Portal::branding`]
    BrandingGet,
    /// [`Portal::set_branding`]
    BrandingSet,
    /// [`Portal::workspace`]
    WorkspaceGet,
    /// [`Portal::create_workspace`]
    WorkspaceCreate,
    /// [`Portal::faq`]
    FaqList,
    /// [`Portal::set_faq`]
    FaqSet,
    /// [`Portal::forms`]
    FormList,
    /// [`Portal::record_submission`]
    SubmissionRecord,
    /// [`Portal::consents`]
    ConsentList,
    /// [`Portal::record_consent`]
    ConsentRecord,
    /// [`Portal::record_snapshot`]
    SnapshotRecord,
    /// [`ServiceDesk::upload`]
    UploadGet,
    /// [`ServiceDesk::reply`]
    TicketReply,
    /// [`ServiceDesk::create_task`]
    TaskCreate,
    /// [`ServiceDesk::adjust`]
    TicketAdjust,
    /// [`Documents::withdraw`]
    DocumentWithdraw,
    /// [`Notifications::prefer`]
    PreferenceSet,
}

impl Op {
    /// Every operation there is.
    pub const ALL: [Op; 65] = [
        Op::TicketList,
        Op::TicketGet,
        Op::TicketCreate,
        Op::TicketComment,
        Op::TicketClose,
        Op::TicketEscalate,
        Op::RequesterFind,
        Op::OrganisationGet,
        Op::OrganisationList,
        Op::ContactList,
        Op::ContactGet,
        Op::ArticleSearch,
        Op::ArticleGet,
        Op::LoginList,
        Op::LoginInvite,
        Op::LeadTransfer,
        Op::RoleChangeList,
        Op::TicketChange,
        Op::TimeList,
        Op::VocabularyGet,
        Op::SiteList,
        Op::ProfileGet,
        Op::ProfileChange,
        Op::PortalUserList,
        Op::AccessRoleList,
        Op::AuthPolicyGet,
        Op::PortalUserInvite,
        Op::AccessChange,
        Op::AccessReset,
        Op::AccessEventList,
        Op::InvoiceList,
        Op::InvoiceGet,
        Op::PaymentList,
        Op::AgreementList,
        Op::PaymentLinkCreate,
        Op::OrderList,
        Op::ProjectList,
        Op::ProjectGet,
        Op::AssetList,
        Op::DocumentList,
        Op::DocumentGet,
        Op::DocumentPublish,
        Op::DocumentRevoke,
        Op::BookingList,
        Op::NoticeList,
        Op::NoticeStanding,
        Op::NoticeSend,
        Op::PortalConfigGet,
        Op::BrandingGet,
        Op::BrandingSet,
        Op::WorkspaceGet,
        Op::WorkspaceCreate,
        Op::FaqList,
        Op::FaqSet,
        Op::FormList,
        Op::SubmissionRecord,
        Op::ConsentList,
        Op::ConsentRecord,
        Op::SnapshotRecord,
        Op::UploadGet,
        Op::TicketReply,
        Op::TaskCreate,
        Op::TicketAdjust,
        Op::DocumentWithdraw,
        Op::PreferenceSet,
    ];

    /// Whether somebody may be asked for money by it. Such a write is never sent a second time, however sure a search is.
    pub fn asks_for_money(self) -> bool {
        self == Op::PaymentLinkCreate
    }

    /// A stable name for logs, metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Op::TicketList => "ticket.list",
            Op::TicketGet => "ticket.get",
            Op::TicketCreate => "ticket.create",
            Op::TicketComment => "ticket.comment",
            Op::TicketClose => "ticket.close",
            Op::TicketEscalate => "ticket.escalate",
            Op::RequesterFind => "requester.find",
            Op::OrganisationGet => "organisation.get",
            Op::OrganisationList => "organisation.list",
            Op::ContactList => "contact.list",
            Op::ContactGet => "contact.get",
            Op::ArticleSearch => "article.search",
            Op::ArticleGet => "article.get",
            Op::LoginList => "login.list",
            Op::LoginInvite => "login.invite",
            Op::LeadTransfer => "lead.transfer",
            Op::RoleChangeList => "role_change.list",
            Op::TicketChange => "ticket.change",
            Op::TimeList => "time.list",
            Op::VocabularyGet => "vocabulary.get",
            Op::SiteList => "site.list",
            Op::ProfileGet => "profile.get",
            Op::ProfileChange => "profile.change",
            Op::PortalUserList => "portal_user.list",
            Op::AccessRoleList => "access_role.list",
            Op::AuthPolicyGet => "auth_policy.get",
            Op::PortalUserInvite => "portal_user.invite",
            Op::AccessChange => "access.change",
            Op::AccessReset => "access.reset",
            Op::AccessEventList => "access_event.list",
            Op::InvoiceList => "invoice.list",
            Op::InvoiceGet => "invoice.get",
            Op::PaymentList => "payment.list",
            Op::AgreementList => "agreement.list",
            Op::PaymentLinkCreate => "payment_link.create",
            Op::OrderList => "order.list",
            Op::ProjectList => "project.list",
            Op::ProjectGet => "project.get",
            Op::AssetList => "asset.list",
            Op::DocumentList => "document.list",
            Op::DocumentGet => "document.get",
            Op::DocumentPublish => "document.publish",
            Op::DocumentRevoke => "document.revoke",
            Op::BookingList => "booking.list",
            Op::NoticeList => "notice.list",
            Op::NoticeStanding => "notice.standing",
            Op::NoticeSend => "notice.send",
            Op::PortalConfigGet => "portal_config.get",
            Op::BrandingGet => "branding.get",
            Op::BrandingSet => "branding.set",
            Op::WorkspaceGet => "workspace.get",
            Op::WorkspaceCreate => "workspace.create",
            Op::FaqList => "faq.list",
            Op::FaqSet => "faq.set",
            Op::FormList => "form.list",
            Op::SubmissionRecord => "submission.record",
            Op::ConsentList => "consent.list",
            Op::ConsentRecord => "consent.record",
            Op::SnapshotRecord => "snapshot.record",
            Op::UploadGet => "upload.get",
            Op::TicketReply => "ticket.reply",
            Op::TaskCreate => "task.create",
            Op::TicketAdjust => "ticket.adjust",
            Op::DocumentWithdraw => "document.withdraw",
            Op::PreferenceSet => "preference.set",
        }
    }
}

/// The organisations that a call may touch, in the vendor's own ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// These organisations and no others. The adapter puts them into its filter; the gateway checks every row again.
    Organisations(Vec<ExternalId>),
    /// Every organisation of the tenant. The gateway still drops rows of organisations that it has no mapping for.
    Tenant,
}

impl Reach {
    /// Whether this organisation is in reach.
    pub fn contains(&self, organisation: &ExternalId) -> bool {
        match self {
            Reach::Organisations(some) => some.contains(organisation),
            Reach::Tenant => true,
        }
    }
}

/// Whose turn a call takes where a vendor's request limit is shared. Says nothing about who that is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turn {
    /// The same number for one person, within one process.
    pub whose: u64,
    /// Nobody waits for the answer: goes behind what somebody waits for.
    pub background: bool,
}

/// What every call to an adapter carries: how far it may reach, how long it may take, which request it belongs to.
#[derive(Debug, Clone)]
pub struct CallCx {
    /// The organisations that may be touched.
    pub reach: Reach,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// The request's id, for logs and for support.
    pub request_id: String,
    /// W3C `traceparent` of the gateway's own span, sent upstream.
    pub traceparent: Option<String>,
    /// Whose turn the call takes where a vendor's request limit is shared.
    pub turn: Turn,
    /// For writes: our reference (`gw:...`), stored in the vendor's slot for it, so that the write can be found again.
    pub reference: Option<String>,
    /// Nothing may be changed: a write is refused before it is sent, whatever asks for it.
    pub looking: bool,
    /// For writes: whoever notes that this one is about to be sent.
    pub let_go: Option<Arc<dyn LetGo>>,
}

/// Notes that a write is about to be sent, so that one that never got so far is known not to have happened.
#[crate::async_trait]
pub trait LetGo: std::fmt::Debug + Send + Sync {
    /// Answers once that is noted for good. Asked again before each further change of the same write.
    ///
    /// Errors: where it cannot be noted, and where somebody else has the write by now, `Conflict` before the first change and
    /// `OutcomeUnknown` after it. The change may not be sent then.
    async fn let_go(&self) -> Result<()>;
}

impl CallCx {
    /// A call with a deadline that many milliseconds from now.
    pub fn new(reach: Reach, timeout: Duration) -> Self {
        Self {
            reach,
            deadline: Instant::now() + timeout,
            request_id: String::new(),
            traceparent: None,
            turn: Turn::default(),
            reference: None,
            looking: false,
            let_go: None,
        }
    }

    /// Asked by whatever changes something, right before each change: the handle for HTTP, mail, and backends of our own. What is
    /// read before does not count as sent.
    ///
    /// Errors: `Internal` in a call that only looks; otherwise as [`LetGo::let_go`]. This change was not sent then.
    pub async fn about_to_change(&self) -> Result<()> {
        if self.looking {
            return Err(Error::internal("a write in a call that only looks"));
        }
        match &self.let_go {
            Some(it) => it.let_go().await,
            None => Ok(()),
        }
    }

    /// How long is left.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// A connection to one vendor's system for one tenant.
#[crate::async_trait]
pub trait Adapter: std::fmt::Debug + Send + Sync + 'static {
    /// The vendor's name in configuration, for example `halopsa`.
    fn name(&self) -> &'static str;

    /// Exactly the operations that work. The kit calls every other one and expects `Unsupported`.
    fn supports(&self) -> &'static [Op];

    /// A cheap read that proves address, credentials and permissions. Errors say which of them is wrong.
    async fn probe(&self, cx: &CallCx) -> Result<()>;

    /// How surely [`Self::trace`] finds a write of this kind. What it says decides whether a write whose outcome is not known may
    /// ever be sent again: promise no more than the system keeps.
    fn traces(&self, _op: Op) -> Traceable {
        Traceable::No
    }

    /// Looks for a write by its reference and answers whose record it left, or `None` where there is none. An error says
    /// nothing about the write. For operations with [`Traceable::No`]: `Unsupported`.
    async fn trace(&self, _cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        Err(Error::unsupported(sought.op))
    }

    /// The service desk behind this adapter.
    fn service_desk(&self) -> Option<&dyn ServiceDesk> {
        None
    }
    /// The customer records behind this adapter.
    fn crm(&self) -> Option<&dyn Crm> {
        None
    }
    /// The knowledge base behind this adapter.
    fn knowledge(&self) -> Option<&dyn KnowledgeBase> {
        None
    }
    /// The sign-in directory behind this adapter.
    fn identity(&self) -> Option<&dyn Identity> {
        None
    }
    /// The invoices and payments behind this adapter.
    fn billing(&self) -> Option<&dyn Billing> {
        None
    }
    /// The quotes, orders and contracts behind this adapter.
    fn sales(&self) -> Option<&dyn Sales> {
        None
    }
    /// The projects behind this adapter.
    fn projects(&self) -> Option<&dyn Projects> {
        None
    }
    /// The equipment behind this adapter.
    fn assets(&self) -> Option<&dyn Assets> {
        None
    }
    /// The documents behind this adapter.
    fn documents(&self) -> Option<&dyn Documents> {
        None
    }
    /// The appointments behind this adapter.
    fn bookings(&self) -> Option<&dyn Bookings> {
        None
    }
    /// The channel to people behind this adapter.
    fn notifications(&self) -> Option<&dyn Notifications> {
        None
    }
    /// The portal records behind this adapter.
    fn portal(&self) -> Option<&dyn Portal> {
        None
    }
}

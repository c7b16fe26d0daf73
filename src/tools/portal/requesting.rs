//! Requests that are raised. How they move on is beside.
//!
//! **Invariant:** a task of the employees' own is no request of the customer's: no customer ever reads, finds or counts it.

use super::files::{self, FileView, uploads};
use super::governed::{by, meant, named, of_customer, words};
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::cx::Port;
use crate::tools::refusal::{missing, or_missing};
use crate::tools::support::{due, month_start};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::{
    About, Attachment, AttachmentId, ContactId, ErrorKind, ExternalId, NewTicket, Op, OrganisationId,
    OrganisationStatus, Pii, PiiKind, Priority, ServiceDesk, Text, Ticket, TicketId, TicketQuery, TicketStatus,
    Visibility,
};
use postern_policies::{Effect, Realm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// For how long a request of the same title is taken for the same.
const SAME_HOURS: i64 = 30 * 24;

/// What it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RequestKind {
    #[default]
    SupportRequest,
    ServiceCase,
    FormFollowUp,
    /// For employees alone: no customer sees it.
    InternalTask,
}

impl RequestKind {
    /// What stands before the text, so that it is known for what it is in every service desk.
    fn words(self) -> Option<&'static str> {
        match self {
            RequestKind::SupportRequest => None,
            RequestKind::ServiceCase => Some("Service case"),
            RequestKind::FormFollowUp => Some("Form follow-up"),
            RequestKind::InternalTask => Some("Internal task"),
        }
    }
}

/// How the customer came to an employee with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Source {
    Telephone,
    Email,
    OnSite,
    Meeting,
    Monitoring,
    Other,
}

impl Source {
    fn words(self) -> &'static str {
        match self {
            Source::Telephone => "by telephone",
            Source::Email => "by e-mail",
            Source::OnSite => "on site",
            Source::Meeting => "in a meeting",
            Source::Monitoring => "by monitoring",
            Source::Other => "otherwise",
        }
    }
}

/// Raise a request in the portal. Customers raise their own at once; an employee names the customer, who asked, and how they came with
/// it. A request of the same title that is still open is answered instead of raising a second one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateRequest {
    /// For employees: whose request.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// For employees: the e-mail address of the person who asks, or whom an internal task is about.
    #[serde(default)]
    requester_email: Option<EmailAddress>,
    /// For employees: how it came in.
    #[serde(default)]
    source: Option<Source>,
    /// What it is.
    #[serde(default)]
    kind: RequestKind,
    /// One line that says what is wanted.
    subject: Line<200>,
    /// What happened, since when, and what was tried.
    description: Prose<20_000>,
    /// What it is about, for example `Hardware`.
    #[serde(default)]
    category: Option<Line<64>>,
    /// How urgent it is.
    #[serde(default)]
    priority: Option<Priority>,
    /// Files that were uploaded before.
    #[serde(default)]
    #[schemars(length(max = 20))]
    attachments: Vec<AttachmentId>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CreatedRequest {
    request_id: TicketId,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_due: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct RequestFacts {
    action: &'static str,
    customer_id: OrganisationId,
    requester: Pii,
    kind: RequestKind,
    source: &'static str,
    subject: Text,
    description: Text,
    attachments: Vec<FileView>,
}

/// Who asks, and for whom.
struct Asked {
    organisation: OrganisationId,
    external: ExternalId,
    contact: ContactId,
    name: String,
    own: bool,
    files: Vec<Attachment>,
    limit: Option<(u32, Timestamp)>,
    response_due: Option<Timestamp>,
    resolution_due: Option<Timestamp>,
}

impl CreateRequest {
    fn is_task(&self) -> bool {
        self.kind == RequestKind::InternalTask
    }

    fn said_by(&self, realm: Realm) -> Result<(), Refusal> {
        match realm {
            Realm::Customer if self.requester_email.is_some() || self.source.is_some() || self.is_task() => {
                Err(Refusal::argument("requester_email", "only employees say who asked, and how; leave these out"))
            }
            Realm::Employee if self.source.is_none() => {
                Err(Refusal::argument("source", "expected how the customer came with it"))
            }
            Realm::Customer | Realm::Employee => Ok(()),
        }
    }

    async fn check(&self, cx: &ToolCx) -> Result<Asked, Refusal> {
        self.said_by(cx.caller.realm)?;
        let organisation = meant(cx, self.customer_id.as_ref())?;
        let crm = cx.crm()?;
        let customer = named(cx, &crm, &organisation)?;
        let found = crm.timed(crm.port.organisation(&crm.cx, &customer)).await;
        let found = found.map_err(|it| or_missing(it, Code::OrganizationNotFound))?;
        let record = of_customer(crm.open(found, Code::OrganizationNotFound)?, &organisation)?;
        if record.status != OrganisationStatus::Active {
            return Err(Refusal::new(Code::OrgNotActive, "the organization's subscription is not active"));
        }
        let desk = cx.desk()?;
        let external = named(cx, &desk, &organisation)?;
        let (contact, name, own) = match (&self.requester_email, cx.caller.realm) {
            (_, Realm::Customer) => {
                let name = cx.caller.name.as_deref().unwrap_or("you");
                (desk.viewer().await?.contact, name.to_owned(), true)
            }
            (Some(email), Realm::Employee) => {
                let person = desk.timed(desk.port.requester(&desk.cx, &external, email.as_str())).await?;
                let person = person.ok_or_else(|| missing(Code::ContactNotFound))?;
                let person = of_customer(desk.open(person, Code::ContactNotFound)?, &organisation)?;
                let contact = person.contact.ok_or_else(|| missing(Code::ContactNotFound))?;
                (contact, person.name, false)
            }
            (None, Realm::Employee) => {
                return Err(Refusal::argument("requester_email", "expected who of the customer asks"));
            }
        };
        if self.is_task() && !desk.system.adapter.supports().contains(&Op::TaskCreate) {
            let words = "the connected service desk keeps no tasks that employees alone see";
            return Err(Refusal::new(Code::NotSupported, words).suggest("Add an internal note to a request instead."));
        }
        let op = if self.is_task() { Op::TaskCreate } else { Op::TicketCreate };
        let whose = (&organisation, &external);
        let files = uploads(&desk, whose, &self.attachments, (op, !self.is_task())).await?;
        self.is_new(&desk, &external, &contact, cx.now).await?;
        let sla = cx.tenant.sla(&record);
        let limit = cx.tenant.limits(&record).tickets_per_month.filter(|_| !self.is_task());
        let limit = limit.map(|it| (it, month_start(cx.now)));
        if let Some((most, since)) = limit {
            let query = TicketQuery {
                organisation: Some(external.clone()),
                created_since: Some(since),
                without_tasks: true,
                limit: 1,
                ..TicketQuery::default()
            };
            if desk.timed(desk.port.tickets(&desk.cx, &query)).await?.total >= u64::from(most) {
                return Err(used_up(most));
            }
        }
        Ok(Asked {
            organisation,
            external,
            contact,
            name,
            own,
            files,
            limit,
            response_due: due(cx.now, sla, |it| it.response),
            resolution_due: due(cx.now, sla, |it| it.resolution),
        })
    }

    /// Refuses what the same person asked under the same title and what is still open.
    async fn is_new(
        &self,
        desk: &Port<'_, dyn ServiceDesk>,
        external: &ExternalId,
        contact: &ContactId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let query = TicketQuery {
            organisation: Some(external.clone()),
            requester: Some(contact.clone()),
            statuses: vec![TicketStatus::Open, TicketStatus::Pending],
            created_since: now.checked_sub(SignedDuration::from_hours(SAME_HOURS)).ok(),
            limit: 200,
            ..TicketQuery::default()
        };
        // What a customer raised is compared with what they see, and a task with tasks.
        let query = TicketQuery { without_tasks: !self.is_task(), ..query };
        let page = desk.page(desk.timed(desk.port.tickets(&desk.cx, &query)).await?);
        let subject = Text::from(self.subject.as_str());
        let same_kind = |it: &Ticket| (it.visibility == Visibility::Staff) == self.is_task();
        match page.rows.iter().find(|it| it.record.subject == subject && same_kind(&it.record)) {
            Some(same) => {
                let words = format!("the same was asked before and is open: {}", same.record.id);
                Err(Refusal::new(Code::Conflict, words).suggest("Add to that request instead."))
            }
            None => Ok(()),
        }
    }

    fn description(&self, cx: &ToolCx, asked: &Asked) -> String {
        let source = self.source.filter(|_| !asked.own);
        let source = source.map(|it| format!("Recorded by {}, came in {}", by(cx), it.words()));
        let kind = self.kind.words().map(str::to_owned);
        let said: Vec<_> = kind.into_iter().chain(source).collect();
        let text = self.description.as_str();
        if said.is_empty() { text.to_owned() } else { format!("[{}]\n\n{text}", said.join(". ")) }
    }
}

fn used_up(limit: u32) -> Refusal {
    Refusal::new(Code::TicketLimitReached, format!("monthly ticket limit ({limit}) reached"))
}

impl Tool for CreateRequest {
    const NAME: &'static str = "portal.request.create";
    const TITLE: &'static str = "Raise a request";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::TicketCreate);
    type Output = CreatedRequest;

    fn sends(&self) -> Option<Sends> {
        Some(Sends { op: if self.is_task() { Op::TaskCreate } else { Op::TicketCreate }, record: None })
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let asked = self.check(cx).await?;
        let about = if asked.own { cx.myself() } else { About::Contact(asked.contact.clone()) };
        let requester = Pii::new(PiiKind::Name, about, &asked.name);
        let facts = RequestFacts {
            action: "create_request",
            customer_id: asked.organisation,
            requester,
            kind: self.kind,
            source: self.source.map_or("the portal", Source::words),
            subject: self.subject.as_str().into(),
            description: self.description.as_str().into(),
            attachments: asked.files.iter().map(FileView::of).collect(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Raise a request?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Asked by", "requester"),
                    ("Came in", "source"),
                    ("Kind", "kind"),
                    ("Subject", "subject"),
                    ("Text", "description"),
                    ("Files", "attachments"),
                ],
            )
        });
        let mut preview = preview.with(Effect::default()).target(format!("contact:{}", asked.contact), "there");
        for file in &asked.files {
            preview = preview.target(format!("file:{}", file.id), files::stands(file));
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<CreatedRequest>, Refusal> {
        let _turn = cx.turn("submit_ticket").await;
        let asked = self.check(cx).await?;
        let is_task = self.is_task();
        let desk = cx.desk()?;
        let description = self.description(cx, &asked);
        let new = NewTicket {
            organisation: asked.external,
            requester: asked.contact,
            subject: self.subject.as_str().to_owned(),
            description,
            category: self.category.map(|it| it.as_str().to_owned()),
            priority: self.priority.unwrap_or(Priority::Medium),
            visibility: Visibility::Organisation,
            attachments: self.attachments,
            response_due: asked.response_due,
            resolution_due: asked.resolution_due,
            limit: asked.limit,
        };
        let created = match self.kind {
            RequestKind::InternalTask => desk.timed(desk.port.create_task(&desk.cx, &new)).await,
            RequestKind::SupportRequest | RequestKind::ServiceCase | RequestKind::FormFollowUp => {
                desk.timed(desk.port.create(&desk.cx, &new)).await
            }
        };
        let created = created.map_err(|error| match (error.kind(), asked.limit) {
            (ErrorKind::LimitReached, Some((limit, _))) => used_up(limit),
            _ => Refusal::from(error),
        })?;
        let ticket = desk.written(created, &asked.organisation)?;
        Ok(Reply::from(CreatedRequest {
            request_id: ticket.id,
            message: if is_task { "Task created; no customer sees it" } else { "Request raised" },
            response_due: ticket.sla.response_due.or(asked.response_due),
            resolution_due: ticket.sla.resolution_due.or(asked.resolution_due),
        }))
    }
}

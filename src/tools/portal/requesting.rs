//! Requests that are raised, and where they stand.

use super::governed::{blocked, by, meant, named, of_customer, words};
use super::replying::open_request;
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::cx::Port;
use crate::tools::refusal::{missing, or_missing};
use crate::tools::support::{due, month_start};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::{
    About, AttachmentId, Author, Closure, ContactId, ErrorKind, ExternalId, NewComment, NewEscalation, NewTicket, Op,
    OrganisationId, OrganisationStatus, Pii, PiiKind, Priority, ServiceDesk, Text, Ticket, TicketChange, TicketId,
    TicketQuery, TicketStatus, Visibility,
};
use postern_policies::{Effect, Realm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// For how long a request of the same title is taken for the same.
const SAME_HOURS: i64 = 30 * 24;

/// What a file's name may end with.
const SAFE: [&str; 16] = [
    "pdf", "png", "jpg", "jpeg", "gif", "webp", "heic", "txt", "log", "csv", "docx", "xlsx", "pptx", "odt", "ods",
    "eml",
];

/// What it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RequestKind {
    #[default]
    SupportRequest,
    ServiceCase,
    FormFollowUp,
    InternalTask,
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

/// A file that was uploaded before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AttachedFile {
    /// The upload's ID.
    attachment_id: AttachmentId,
    /// Its name, with its ending.
    file_name: Line<160>,
}

/// Whether a file's name is one of a kind that is passed on.
pub(super) fn is_safe(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " ._-()+,&'".contains(c);
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let hidden_ending = stem.rsplit_once('.').is_some_and(|(_, inner)| {
        ["exe", "js", "vbs", "bat", "cmd", "scr", "ps1", "html", "htm", "svg", "lnk", "msi", "hta", "jar"]
            .iter()
            .any(|it| inner.eq_ignore_ascii_case(it))
    });
    !stem.trim().is_empty()
        && name.chars().all(plain)
        && !hidden_ending
        && SAFE.iter().any(|it| ending.eq_ignore_ascii_case(it))
}

/// Raise a request in the portal. Customers raise their own at once; an employee names the customer, who asked, and how they came with
/// it. A request of the same title that is still open is answered instead of raising a second one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateRequest {
    /// For employees: whose request.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// For employees: the e-mail address of the person who asks.
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
    attachments: Vec<AttachedFile>,
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
    attachments: Vec<Text>,
}

/// Who asks, and for whom.
struct Asked {
    organisation: OrganisationId,
    external: ExternalId,
    contact: ContactId,
    name: String,
    own: bool,
    limit: Option<(u32, Timestamp)>,
    response_due: Option<Timestamp>,
    resolution_due: Option<Timestamp>,
}

impl CreateRequest {
    fn files(&self, realm: Realm) -> Result<(), Refusal> {
        if self.attachments.len() > 20 {
            return Err(Refusal::argument("attachments", "expected at most 20 files"));
        }
        for (place, file) in self.attachments.iter().enumerate() {
            if !is_safe(file.file_name.as_str()) {
                return Err(blocked("a file is of a kind that is not passed on"));
            }
            if self.attachments.iter().take(place).any(|it| it.attachment_id == file.attachment_id) {
                return Err(Refusal::argument("attachments", "expected each file once"));
            }
        }
        let kind_is_staffs = self.kind == RequestKind::InternalTask;
        match realm {
            Realm::Customer if self.requester_email.is_some() || self.source.is_some() || kind_is_staffs => {
                Err(Refusal::argument("requester_email", "only employees say who asked, and how; leave these out"))
            }
            Realm::Employee if self.source.is_none() => {
                Err(Refusal::argument("source", "expected how the customer came with it"))
            }
            Realm::Customer | Realm::Employee => Ok(()),
        }
    }

    async fn check(&self, cx: &ToolCx) -> Result<Asked, Refusal> {
        self.files(cx.caller.realm)?;
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
        self.is_new(&desk, &external, &contact, cx.now).await?;
        let sla = cx.tenant.sla(&record);
        let limit = cx.tenant.limits(&record).tickets_per_month.map(|it| (it, month_start(cx.now)));
        if let Some((most, since)) = limit {
            let query = TicketQuery {
                organisation: Some(external.clone()),
                created_since: Some(since),
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
        let page = desk.page(desk.timed(desk.port.tickets(&desk.cx, &query)).await?);
        let subject = Text::from(self.subject.as_str());
        match page.rows.iter().find(|it| it.record.subject == subject) {
            Some(same) => {
                let words = format!("the same was asked before and is open: {}", same.record.id);
                Err(Refusal::new(Code::Conflict, words).suggest("Add to that request instead."))
            }
            None => Ok(()),
        }
    }

    fn description(&self, cx: &ToolCx, asked: &Asked) -> String {
        let text = self.description.as_str();
        match self.source {
            Some(source) if !asked.own => format!("[Recorded by {}, came in {}]\n\n{text}", by(cx), source.words()),
            Some(_) | None => text.to_owned(),
        }
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
            attachments: self.attachments.iter().map(|it| it.file_name.as_str().into()).collect(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Raise a request?",
                facts,
                &[
                    ("Customer", "customer_id"),
                    ("Asked by", "requester"),
                    ("Came in", "source"),
                    ("Kind", "kind"),
                    ("Subject", "subject"),
                    ("Text", "description"),
                    ("Files", "attachments"),
                ],
            )
        });
        Ok(preview.with(Effect::default()).target(format!("contact:{}", asked.contact), "there"))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<CreatedRequest>, Refusal> {
        let _turn = cx.turn("submit_ticket").await;
        let asked = self.check(cx).await?;
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
            attachments: self.attachments.into_iter().map(|it| it.attachment_id).collect(),
            response_due: asked.response_due,
            resolution_due: asked.resolution_due,
            limit: asked.limit,
        };
        let created = desk.timed(desk.port.create(&desk.cx, &new)).await;
        let created = created.map_err(|error| match (error.kind(), asked.limit) {
            (ErrorKind::LimitReached, Some((limit, _))) => used_up(limit),
            _ => Refusal::from(error),
        })?;
        let ticket = desk.written(created, &asked.organisation)?;
        Ok(Reply::from(CreatedRequest {
            request_id: ticket.id,
            message: "Request raised",
            response_due: ticket.sla.response_due.or(asked.response_due),
            resolution_due: ticket.sla.resolution_due.or(asked.resolution_due),
        }))
    }
}

/// Where a request is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewStatus {
    Open,
    Pending,
    Resolved,
    Closed,
}

/// Change where a request stands: its state, urgency or owner, or escalate it. The reason is kept with who did it and when. Closing,
/// escalating and setting the service level aside are confirmed or approved first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateStatus {
    /// The request.
    request_id: TicketId,
    /// The new state; `closed` needs a `resolution`.
    #[serde(default)]
    status: Option<NewStatus>,
    /// The new urgency.
    #[serde(default)]
    priority: Option<Priority>,
    /// The employee who is to work on it.
    #[serde(default)]
    owner_email: Option<EmailAddress>,
    /// The team or person that it is escalated to; alone, without another change.
    #[serde(default)]
    escalate_to: Option<Line<120>>,
    /// What solved it; the customer reads this.
    #[serde(default)]
    resolution: Option<Prose<10_000>>,
    /// Set the agreed times aside for this request.
    #[serde(default)]
    sla_exception: bool,
    /// Why, for the record.
    reason: Prose<2_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Updated {
    request_id: TicketId,
    status: TicketStatus,
    priority: Priority,
    at: Timestamp,
    message: &'static str,
    reason_kept: bool,
}

#[derive(Debug, Serialize)]
struct StatusFacts {
    action: &'static str,
    customer_id: OrganisationId,
    request_id: TicketId,
    subject: Text,
    status_before: TicketStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_after: Option<NewStatus>,
    priority_before: Priority,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority_after: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Pii>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escalate_to: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<Text>,
    sla_exception: bool,
    reason: Text,
}

impl UpdateStatus {
    /// Whether a change makes a running agreement wait longer than it would.
    fn is_exception(&self, ticket: &Ticket) -> bool {
        let runs = ticket.sla.resolution_due.is_some() && ticket.sla.resolved_at.is_none();
        // `Critical` sorts first.
        self.sla_exception || (runs && self.priority.is_some_and(|it| it > ticket.priority))
    }

    fn closes(&self, ticket: &Ticket) -> bool {
        let ends = matches!(self.status, Some(NewStatus::Closed | NewStatus::Resolved));
        let moves = self.escalate_to.is_some() || self.owner_email.is_some() && ticket.assignee.is_some();
        ends || moves
    }

    async fn check(&self, cx: &ToolCx) -> Result<(OrganisationId, Ticket), Refusal> {
        let changes = self.priority.is_some() || self.owner_email.is_some();
        let closed = self.status == Some(NewStatus::Closed);
        if self.status.is_none() && !changes && self.escalate_to.is_none() {
            return Err(Refusal::argument("status", "expected a change of state, urgency or owner, or an escalation"));
        }
        if self.escalate_to.is_some() && (changes || self.status.is_some()) {
            return Err(Refusal::argument("escalate_to", "escalate in a call of its own"));
        }
        if closed && changes {
            return Err(Refusal::argument("status", "close in a call of its own"));
        }
        if closed != self.resolution.is_some() {
            return Err(Refusal::argument("resolution", "expected with `closed`, and only then"));
        }
        let (organisation, ticket) = open_request(&cx.desk()?, &self.request_id).await?;
        if let Some(text) = &self.resolution {
            super::governed::names_nobody_else(cx, &organisation, &[text.as_str()]).await?;
            let notes = ticket.comments.iter().filter(|it| it.internal);
            let known: Vec<_> = [&ticket.subject, &ticket.description].into_iter().collect();
            if notes
                .into_iter()
                .any(|it| it.body.quoted_in(text.as_str(), 5) || it.body.betrayed_by(text.as_str(), &known))
            {
                return Err(blocked("the resolution holds words of an internal note"));
            }
        }
        Ok((organisation, ticket))
    }
}

impl Tool for UpdateStatus {
    const NAME: &'static str = "portal.request.status_update";
    const TITLE: &'static str = "Change where a request stands";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::TicketChange);
    type Output = Updated;

    fn sends(&self) -> Option<Sends> {
        let op = match (&self.resolution, &self.escalate_to) {
            (Some(_), _) => Op::TicketClose,
            (None, Some(_)) => Op::TicketEscalate,
            (None, None) => Op::TicketChange,
        };
        Some(Sends::on(op, &self.request_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (organisation, ticket) = self.check(cx).await?;
        let effect = Effect {
            closes: self.closes(&ticket),
            exception: self.is_exception(&ticket),
            customer_visible: self.status.is_some(),
            ..Effect::default()
        };
        let facts = StatusFacts {
            action: "update_request",
            customer_id: organisation,
            request_id: ticket.id.clone(),
            subject: ticket.subject.clone(),
            status_before: ticket.status,
            status_after: self.status,
            priority_before: ticket.priority,
            priority_after: self.priority,
            owner: self.owner_email.as_ref().map(|it| Pii::new(PiiKind::Email, About::Staff, it.as_str())),
            escalate_to: self.escalate_to.as_ref().map(|it| it.as_str().into()),
            resolution: self.resolution.as_ref().map(|it| it.as_str().into()),
            sla_exception: effect.exception,
            reason: self.reason.as_str().into(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Change where a request stands?",
                facts,
                &[
                    ("Customer", "customer_id"),
                    ("Request", "request_id"),
                    ("Subject", "subject"),
                    ("State now", "status_before"),
                    ("State then", "status_after"),
                    ("Urgency now", "priority_before"),
                    ("Urgency then", "priority_after"),
                    ("Goes to", "owner"),
                    ("Escalated to", "escalate_to"),
                    ("Resolution, which the customer reads", "resolution"),
                    ("Sets the service level aside", "sla_exception"),
                    ("Reason", "reason"),
                ],
            )
        });
        let stands = format!("{:?} {}", ticket.status, ticket.updated_at);
        Ok(preview.with(effect).target(format!("request:{}", ticket.id), stands))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Updated>, Refusal> {
        let (organisation, ticket) = self.check(cx).await?;
        let desk = cx.desk()?;
        let (id, reason) = (&ticket.id, self.reason.as_str());
        // The words for the record go first where closing would refuse them afterwards.
        let note = format!("[{} at {}] {reason}", by(cx), cx.now);
        let new = NewComment { author: Author::Agent(cx.agent()), body: note, internal: true };
        let closing = self.status == Some(NewStatus::Closed);
        let mut reason_kept = false;
        if closing {
            reason_kept = desk.timed(desk.port.comment(&desk.cx, id, &new)).await.is_ok();
        }
        let changed = match (&self.resolution, &self.escalate_to) {
            (Some(resolution), _) => {
                let closure = Closure { resolution: resolution.as_str().to_owned(), by: cx.agent() };
                desk.timed(desk.port.close(&desk.cx, id, &closure)).await
            }
            (None, Some(target)) => {
                reason_kept = true;
                let escalation =
                    NewEscalation { target: target.as_str().to_owned(), reason: reason.to_owned(), by: cx.agent() };
                desk.timed(desk.port.escalate(&desk.cx, id, &escalation)).await
            }
            (None, None) => {
                let change = TicketChange {
                    status: self.status.map(|it| match it {
                        NewStatus::Open => TicketStatus::Open,
                        NewStatus::Pending => TicketStatus::Pending,
                        NewStatus::Resolved => TicketStatus::Resolved,
                        NewStatus::Closed => TicketStatus::Closed,
                    }),
                    priority: self.priority,
                    assignee: self.owner_email.as_ref().map(|it| it.as_str().to_owned()),
                    unchanged_since: Some(ticket.updated_at),
                };
                desk.timed(desk.port.change(&desk.cx, id, &change)).await
            }
        };
        let changed = changed.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::Conflict, "the request changed meanwhile, or is closed")
            } else {
                or_missing(error, Code::TicketNotFound)
            }
        })?;
        let after = desk.written(changed, &organisation)?;
        if !reason_kept {
            reason_kept = desk.timed(desk.port.comment(&desk.cx, id, &new)).await.is_ok();
        }
        Ok(Reply::from(Updated {
            request_id: after.id,
            status: after.status,
            priority: after.priority,
            at: cx.now,
            message: "Request changed",
            reason_kept,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_passed_on_only_with_a_plain_name_of_a_safe_kind() {
        for good in ["report.pdf", "Bild 1 (neu).JPG", "log_2026-01.txt"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "x.exe",
            "x.pdf.exe",
            "invoice.exe.pdf",
            "x.html",
            "x.svg",
            "../x.pdf",
            "a/b.pdf",
            "pdf",
            ".pdf",
            "x\u{202e}fdp.exe",
            "x.docm",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}

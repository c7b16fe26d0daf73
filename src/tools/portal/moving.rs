//! Where requests stand: moved on, escalated, closed, and who of the customer reads them.
//!
//! **Invariant:** a change is kept with who made it, when and why; more readers than before need somebody's yes.

use super::governed::{blocked, by, words};
use super::replying::open_request;
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::refusal::or_missing;
use crate::tools::support::view::TicketVisibility;
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postern_api::{
    About, Adjustment, Author, Closure, Error, ErrorKind, NewComment, NewEscalation, Op, OrganisationId, Pii, PiiKind,
    Priority, Text, Ticket, TicketChange, TicketId, TicketStatus, Visibility,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a request is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewStatus {
    Open,
    Pending,
    Resolved,
    Closed,
}

/// Change where a request stands: its state, urgency or owner, when it is due, who of the customer reads it, or escalate it. The reason
/// is kept with who did it and when. Closing, escalating, showing it to more people and setting the service level aside are confirmed or
/// approved first.
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
    /// Who of the customer may read it; alone, without another change.
    #[serde(default)]
    visibility: Option<Readers>,
    /// When it has to be solved, UTC; alone or with `visibility`.
    #[serde(default)]
    resolution_due: Option<Timestamp>,
    /// The day on which somebody looks at it again; kept in an internal note with the reason.
    #[serde(default)]
    follow_up_on: Option<Date>,
    /// What solved it; the customer reads this.
    #[serde(default)]
    resolution: Option<Prose<10_000>>,
    /// Set the agreed times aside for this request.
    #[serde(default)]
    sla_exception: bool,
    /// Why, for the record.
    reason: Prose<2_000>,
}

/// Who at the customer may read a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Readers {
    /// The requester and the organization's lead.
    Organization,
    /// The requester alone.
    Private,
}

impl From<Readers> for Visibility {
    fn from(it: Readers) -> Self {
        match it {
            Readers::Organization => Visibility::Organisation,
            Readers::Private => Visibility::Private,
        }
    }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    readers_before: Option<TicketVisibility>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers_after: Option<Readers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follow_up_on: Option<Date>,
    sla_exception: bool,
    reason: Text,
}

impl UpdateStatus {
    /// Whether a change makes a running agreement wait longer than it would.
    fn is_exception(&self, ticket: &Ticket) -> bool {
        let runs = ticket.sla.resolution_due.is_some() && ticket.sla.resolved_at.is_none();
        let later = self.resolution_due.is_some_and(|it| ticket.sla.resolution_due.is_none_or(|due| it > due));
        // `Critical` sorts first.
        self.sla_exception || later || (runs && self.priority.is_some_and(|it| it > ticket.priority))
    }

    /// Whether somebody at the customer newly reads it.
    fn widens(&self, ticket: &Ticket) -> bool {
        self.visibility == Some(Readers::Organization) && ticket.visibility != Visibility::Organisation
    }

    fn adjusts(&self) -> bool {
        self.visibility.is_some() || self.resolution_due.is_some()
    }

    /// Whether nothing but a note is written.
    fn only_follows_up(&self) -> bool {
        let moves = self.status.is_some() || self.priority.is_some() || self.owner_email.is_some();
        self.follow_up_on.is_some() && !moves && self.escalate_to.is_none() && !self.adjusts()
    }

    fn closes(&self, ticket: &Ticket) -> bool {
        let ends = matches!(self.status, Some(NewStatus::Closed | NewStatus::Resolved));
        let moves = self.escalate_to.is_some() || self.owner_email.is_some() && ticket.assignee.is_some();
        ends || moves
    }

    async fn check(&self, cx: &ToolCx) -> Result<(OrganisationId, Ticket), Refusal> {
        let changes = self.priority.is_some() || self.owner_email.is_some();
        let closed = self.status == Some(NewStatus::Closed);
        let moves = self.status.is_some() || changes || self.escalate_to.is_some();
        if !moves && !self.adjusts() && self.follow_up_on.is_none() {
            let expected =
                "expected a change of state, urgency, owner, readers or due time, an escalation, or a follow-up";
            return Err(Refusal::argument("status", expected));
        }
        if moves && self.adjusts() {
            return Err(Refusal::argument("visibility", "change readers and due time in a call of their own"));
        }
        let today = cx.now.to_zoned(TimeZone::UTC).date();
        if self.follow_up_on.is_some_and(|it| it < today) {
            return Err(Refusal::argument("follow_up_on", "expected today or a later day"));
        }
        if self.resolution_due.is_some_and(|it| it <= cx.now) {
            return Err(Refusal::argument("resolution_due", "expected a time in the future"));
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
        let desk = cx.desk()?;
        if self.adjusts() && !desk.system.adapter.supports().contains(&Op::TicketAdjust) {
            let words = "the connected service desk does not let readers or due times be changed";
            return Err(Refusal::new(Code::NotSupported, words));
        }
        let (organisation, ticket) = open_request(&desk, &self.request_id).await?;
        if self.visibility.is_some() && ticket.visibility == Visibility::Staff {
            return Err(blocked("this task is employees' alone and stays so"));
        }
        let same = self.visibility.is_some_and(|it| Visibility::from(it) == ticket.visibility);
        if same || (self.resolution_due.is_some() && self.resolution_due == ticket.sla.resolution_due) {
            return Err(Refusal::new(Code::Conflict, "the request is like this already"));
        }
        if let Some(text) = &self.resolution {
            super::governed::names_nobody_else(cx, &organisation, &[text.as_str()]).await?;
            let notes = ticket.comments.iter().filter(|it| it.internal);
            let public = ticket.comments.iter().filter(|it| !it.internal).map(|it| &it.body);
            let known: Vec<_> = [&ticket.subject, &ticket.description].into_iter().chain(public).collect();
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
            _ if self.only_follows_up() => Op::TicketComment,
            _ if self.adjusts() => Op::TicketAdjust,
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
            customer_visible: self.status.is_some() || self.adjusts(),
            newly_visible: self.widens(&ticket),
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
            readers_before: self.visibility.map(|_| ticket.visibility.into()),
            readers_after: self.visibility,
            due_before: ticket.sla.resolution_due.filter(|_| self.resolution_due.is_some()),
            due_after: self.resolution_due,
            follow_up_on: self.follow_up_on,
            sla_exception: effect.exception,
            reason: self.reason.as_str().into(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Change where a request stands?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Request", "request_id"),
                    ("Subject", "subject"),
                    ("State now", "status_before"),
                    ("State then", "status_after"),
                    ("Urgency now", "priority_before"),
                    ("Urgency then", "priority_after"),
                    ("Goes to", "owner"),
                    ("Escalated to", "escalate_to"),
                    ("Resolution, which the customer reads", "resolution"),
                    ("Read now by", "readers_before"),
                    ("Read then by", "readers_after"),
                    ("Due now", "due_before"),
                    ("Due then", "due_after"),
                    ("Looked at again on", "follow_up_on"),
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
        let again = self.follow_up_on.map(|it| format!("\n\nLook at it again on {it}.")).unwrap_or_default();
        let note = format!("[{} at {}] {reason}{again}", by(cx), cx.now);
        let new = NewComment { author: Author::Agent(cx.agent()), body: note, internal: true };
        if self.only_follows_up() {
            let added = desk.timed(desk.port.comment(&desk.cx, id, &new)).await.map_err(changed_meanwhile)?;
            desk.written(added, &organisation)?;
            let message = "Follow-up noted";
            let (status, priority) = (ticket.status, ticket.priority);
            let (request_id, at) = (ticket.id, cx.now);
            return Ok(Reply::from(Updated { request_id, status, priority, at, message, reason_kept: true }));
        }
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
            (None, None) if self.adjusts() => {
                let adjustment = Adjustment {
                    visibility: self.visibility.map(Visibility::from),
                    resolution_due: self.resolution_due,
                    unchanged_since: Some(ticket.updated_at),
                };
                desk.timed(desk.port.adjust(&desk.cx, id, &adjustment)).await
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
        let changed = changed.map_err(changed_meanwhile)?;
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

fn changed_meanwhile(error: Error) -> Refusal {
    if error.kind() == ErrorKind::Conflict {
        return Refusal::new(Code::Conflict, "the request changed meanwhile, or is closed");
    }
    or_missing(error, Code::TicketNotFound)
}

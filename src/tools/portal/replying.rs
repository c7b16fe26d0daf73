//! Replies to requests, and internal notes.
//!
//! **Invariant:** nothing that employees alone may know gets into what a customer reads, and no promise that nobody checked, whoever
//! approves.

use super::files::{self, FileView, uploads};
use super::governed::{blocked, named, names_nobody_else, of_customer, words};
use crate::tools::args::Prose;
use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    Attachment, AttachmentId, Author, CommentId, DocumentId, ErrorKind, FaqEntry, FaqId, FaqQuery, FaqState,
    NewComment, Op, OrganisationId, Pii, PiiKind, ServiceDesk, Text, Ticket, TicketId, TicketStatus, Visibility,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const REPLY_PREVIEW: &str = "Preview a reply to a customer's request, or an internal note on it: what the \
    customer will read, the answers, documents and files with it, and what it does to the service level. Writes nothing. \
    Words of internal notes, other customers' names and promises without a reviewed answer are refused.";
pub(super) const REPLY: &str = "Add a reply or an internal note to a request, as it was previewed. Takes the ID of the \
    preview; a reply that the customer reads is confirmed or approved first.";

/// Words of an internal note in a row that may not be in a reply.
const NOTE_RUN: usize = 5;

/// Words of the customer's in a row that make a reply a quotation.
const QUOTE_RUN: usize = 8;

/// Beginnings of words by which a promise is known, in the languages that portals are written in.
const PROMISES: [&str; 12] = [
    "guarantee",
    "we promise",
    "i promise",
    "refund",
    "free of charge",
    "compensat",
    "credit note",
    "no later than",
    "garantie",
    "erstatt",
    "kostenlos",
    "wir versprechen",
];

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Readers {
    /// Employees alone.
    Internal,
    /// The customer too.
    CustomerVisible,
}

/// Add a reply or an internal note to a request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddReply {
    /// The request.
    request_id: TicketId,
    /// Who reads it; said on every reply.
    visibility: Readers,
    /// The text.
    content: Prose<20_000>,
    /// Questions and answers of the portal that it names.
    #[serde(default)]
    #[schemars(length(max = 10))]
    faq_entry_ids: Vec<FaqId>,
    /// Documents of the customer that it names; for a customer only what is published.
    #[serde(default)]
    #[schemars(length(max = 10))]
    document_ids: Vec<DocumentId>,
    /// Files that were uploaded for this customer and are on nothing yet; whoever reads the text gets them too.
    #[serde(default)]
    #[schemars(length(max = 20))]
    attachments: Vec<AttachmentId>,
    /// What the customer is to do next.
    #[serde(default)]
    next_step: Option<Prose<1_000>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Added {
    request_id: TicketId,
    comment_id: CommentId,
    visibility: Readers,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct ReplyFacts {
    action: &'static str,
    customer_id: OrganisationId,
    request_id: TicketId,
    subject: Text,
    requester: Pii,
    visibility: Readers,
    text: Text,
    faq: Vec<Text>,
    documents: Vec<Text>,
    attachments: Vec<FileView>,
    service_level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_due: Option<Timestamp>,
    quotes_the_customer: bool,
}

/// A request that is not closed, and whose it is.
pub(super) async fn open_request(
    desk: &Port<'_, dyn ServiceDesk>,
    id: &TicketId,
) -> Result<(OrganisationId, Ticket), Refusal> {
    let found = desk.timed(desk.port.ticket(&desk.cx, id)).await.or_missing(Code::TicketNotFound)?;
    let found = desk.open(found, Code::TicketNotFound)?;
    let organisation = found.organisation.ok_or_else(|| missing(Code::TicketNotFound))?;
    match found.record.status {
        TicketStatus::Closed => Err(Refusal::new(Code::Conflict, "the request is closed")),
        TicketStatus::Open | TicketStatus::Pending | TicketStatus::Resolved | TicketStatus::Other => {
            Ok((organisation, found.record))
        }
    }
}

/// Everything that was looked at.
struct Look {
    organisation: OrganisationId,
    ticket: Ticket,
    faq: Vec<FaqEntry>,
    documents: Vec<(DocumentId, Text, String)>,
    files: Vec<Attachment>,
    body: String,
}

pub(super) fn promises(text: &str) -> bool {
    let text = text.to_lowercase();
    PROMISES.iter().any(|it| {
        text.match_indices(it).any(|(at, _)| {
            let before = text.get(..at).and_then(|it| it.chars().next_back());
            before.is_none_or(|it| !it.is_alphanumeric())
        })
    })
}

impl AddReply {
    fn body(&self) -> String {
        let mut body = self.content.as_str().to_owned();
        if let Some(step) = &self.next_step {
            body.push_str("\n\nNext step: ");
            body.push_str(step.as_str());
        }
        let named =
            self.faq_entry_ids.iter().map(FaqId::as_str).chain(self.document_ids.iter().map(DocumentId::as_str));
        let named: Vec<_> = named.collect();
        if !named.is_empty() {
            body.push_str("\n\nSee in the portal: ");
            body.push_str(&named.join(", "));
        }
        body
    }

    fn is_for_customer(&self) -> bool {
        self.visibility == Readers::CustomerVisible
    }

    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        if self.faq_entry_ids.len() > 10 {
            return Err(Refusal::argument("faq_entry_ids", "expected at most 10 IDs"));
        }
        if self.document_ids.len() > 10 {
            return Err(Refusal::argument("document_ids", "expected at most 10 IDs"));
        }
        let desk = cx.desk()?;
        let (organisation, ticket) = open_request(&desk, &self.request_id).await?;
        let body = self.body();
        let faq = self.faq(cx).await?;
        let documents = self.documents(cx, &organisation).await?;
        let for_customer = self.is_for_customer();
        if for_customer && ticket.visibility == Visibility::Staff {
            return Err(blocked("no customer reads this task"));
        }
        let external = named(cx, &desk, &organisation)?;
        let whose = (&organisation, &external);
        let files = uploads(&desk, whose, &self.attachments, (Op::TicketReply, for_customer)).await?;
        if self.is_for_customer() {
            let mut known = vec![&ticket.subject, &ticket.description];
            known.extend(ticket.comments.iter().filter(|it| !it.internal).map(|it| &it.body));
            for note in ticket.comments.iter().filter(|it| it.internal) {
                let said = known.iter().any(|it| it.quoted_in(&body, NOTE_RUN));
                if (note.body.quoted_in(&body, NOTE_RUN) && !said) || note.body.betrayed_by(&body, &known) {
                    return Err(blocked("the reply holds words of an internal note"));
                }
            }
            names_nobody_else(cx, &organisation, &[&body]).await?;
            let reviewed = faq.iter().any(|it| it.sensitive && it.state == FaqState::Published);
            if promises(&body) && !reviewed {
                let refusal = blocked("the reply promises something that no published answer does");
                return Err(refusal.suggest("Name the published answer that says so, or leave the promise out."));
            }
        }
        Ok(Look { organisation, ticket, faq, documents, files, body })
    }

    async fn faq(&self, cx: &ToolCx) -> Result<Vec<FaqEntry>, Refusal> {
        if self.faq_entry_ids.is_empty() {
            return Ok(vec![]);
        }
        let portal = cx.portal()?;
        let all = portal.timed(portal.port.faq(&portal.cx, &FaqQuery::default())).await?;
        let mut named = Vec::with_capacity(self.faq_entry_ids.len());
        for id in &self.faq_entry_ids {
            let entry = all.iter().find(|it| it.id == *id).ok_or_else(|| missing(Code::RecordNotFound))?;
            if self.is_for_customer() && (entry.internal || entry.state != FaqState::Published) {
                return Err(blocked("an answer that the reply names is not for customers"));
            }
            named.push(entry.clone());
        }
        Ok(named)
    }

    async fn documents(
        &self,
        cx: &ToolCx,
        organisation: &OrganisationId,
    ) -> Result<Vec<(DocumentId, Text, String)>, Refusal> {
        let mut named = Vec::with_capacity(self.document_ids.len());
        for id in &self.document_ids {
            let port = cx.documents()?;
            let found = port.timed(port.port.document(&port.cx, id)).await.or_missing(Code::RecordNotFound)?;
            let document = of_customer(port.open(found, Code::RecordNotFound)?, organisation)?;
            let published = document.versions.iter().filter_map(|it| it.publication.as_ref());
            let seen = published.into_iter().any(|it| it.expires_at.is_none_or(|end| end > cx.now));
            if self.is_for_customer() && (document.internal || !seen) {
                return Err(blocked("a document that the reply names is not published to the customer"));
            }
            named.push((document.id, document.name, document.updated_at.to_string()));
        }
        Ok(named)
    }
}

/// Whether a text holds a long quotation of what the customer wrote in a request.
fn quotes(ticket: &Ticket, body: &str) -> bool {
    let theirs = ticket.comments.iter().filter(|it| matches!(it.author, Author::Customer(_))).map(|it| &it.body);
    theirs.chain([&ticket.subject, &ticket.description]).any(|it| it.quoted_in(body, QUOTE_RUN))
}

impl Tool for AddReply {
    const NAME: &'static str = "portal.request.reply_add";
    const TITLE: &'static str = "Reply to a request";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::TicketComment);
    type Output = Added;

    fn sends(&self) -> Option<Sends> {
        let op = if self.attachments.is_empty() { Op::TicketComment } else { Op::TicketReply };
        Some(Sends::on(op, &self.request_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let ticket = &look.ticket;
        let for_customer = self.is_for_customer();
        let untrusted = for_customer && quotes(ticket, &look.body);
        let first = ticket.sla.responded_at.is_none();
        let about = ticket.requester.contact.clone().map_or(postern_api::About::Unknown, postern_api::About::Contact);
        let facts = ReplyFacts {
            action: "reply",
            customer_id: look.organisation.clone(),
            request_id: ticket.id.clone(),
            subject: ticket.subject.clone(),
            requester: Pii::new(PiiKind::Name, about, &ticket.requester.name),
            visibility: self.visibility,
            text: Text::new(look.body.clone()),
            faq: look.faq.iter().map(|it| it.question.clone()).collect(),
            documents: look.documents.iter().map(|(_, name, _)| name.clone()).collect(),
            attachments: look.files.iter().map(FileView::of).collect(),
            service_level: match (for_customer, first) {
                (true, true) => "counts as the first answer",
                (true, false) => "the first answer was given before",
                (false, _) => "none",
            },
            response_due: ticket.sla.response_due.filter(|_| first),
            quotes_the_customer: untrusted,
        };
        let effect = Effect {
            customer_visible: for_customer,
            customised: true,
            recipients: u32::from(for_customer),
            untrusted,
            ..Effect::default()
        };
        let question: fn(&serde_json::Value) -> String = |facts| {
            let internal = facts.get("visibility").is_some_and(|it| it == "internal");
            let question = if internal { "Add an internal note?" } else { "Reply to a customer?" };
            words(
                question,
                facts,
                &[
                    ("Customer", "customer"),
                    ("Request", "request_id"),
                    ("Subject", "subject"),
                    ("Asked by", "requester"),
                    ("Read by", "visibility"),
                    ("Text", "text"),
                    ("Names the answers", "faq"),
                    ("Names the documents", "documents"),
                    ("Files", "attachments"),
                    ("Service level", "service_level"),
                    ("First answer due", "response_due"),
                    ("Quotes what the customer wrote", "quotes_the_customer"),
                ],
            )
        };
        let mut preview = Preview::new(facts, question)
            .with(effect)
            .target(format!("request:{}", ticket.id), format!("{:?} {}", ticket.status, ticket.updated_at));
        for entry in &look.faq {
            preview = preview.target(format!("faq:{}", entry.id), entry.updated_at);
        }
        for file in &look.files {
            preview = preview.target(format!("file:{}", file.id), files::stands(file));
        }
        for (id, _, updated) in &look.documents {
            preview = preview.target(format!("document:{id}"), updated);
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Added>, Refusal> {
        let look = self.check(cx).await?;
        let desk = cx.desk()?;
        let new = NewComment { author: Author::Agent(cx.agent()), body: look.body, internal: !self.is_for_customer() };
        let added = if self.attachments.is_empty() {
            desk.timed(desk.port.comment(&desk.cx, &self.request_id, &new)).await
        } else {
            desk.timed(desk.port.reply(&desk.cx, &self.request_id, &new, &self.attachments)).await
        };
        let added = added.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::Conflict, "the request is closed")
            } else {
                or_missing(error, Code::TicketNotFound)
            }
        })?;
        let comment = desk.written(added, &look.organisation)?;
        Ok(Reply::from(Added {
            request_id: self.request_id,
            comment_id: comment.id,
            visibility: self.visibility,
            message: if new.internal { "Internal note added" } else { "Reply sent" },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_known_by_its_words() {
        for (text, is) in [
            ("We guarantee that it works.", true),
            ("You get a refund for May.", true),
            ("Wir versprechen es.", true),
            ("We are looking into it.", false),
            ("The unguaranteed part", false),
        ] {
            assert_eq!(promises(text), is, "{text}");
        }
    }
}

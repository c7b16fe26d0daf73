//! What happened on a ticket: comments, notes and escalations.
//!
//! The vendor has no slot for our reference on a note and writes down its own API user as the author, whatever is sent.
//! Both therefore stand in the title of the notes that Postern writes: `[gw:...] Customer 78: Bob Basic`.
//!
//! **Invariants:** a note is for agents unless `publish` is plainly 1; a title means anything only where Postern's own API
//! user wrote the note, since titles of others may be the subject of a stranger's e-mail.

use crate::adapter::Autotask;
use crate::desk::people::agent;
use crate::filter::Filter;
use crate::wire::{NOTE_HEADS, NoteHead, NoteRow, Num, PUBLIC, lines, of_text, time};
use jiff::Timestamp;
use postern_api::domain::Author;
use postern_api::loose::Take;
use postern_api::{Agent, CallCx, Comment, CommentId, ContactId, Error, Escalation, Person, Result, Text};
use std::collections::{BTreeMap, BTreeSet};

/// The longest title of a note, in characters.
const LONGEST_TITLE: usize = 250;
/// Notes of one ticket that are read.
const MOST: u32 = 2_000;

/// Everything that happened on one ticket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) comments: Vec<Comment>,
    pub(crate) escalations: Vec<Escalation>,
    /// When the last note was that customers see.
    pub(crate) public_at: Option<Timestamp>,
}

/// What a title of Postern's says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Signed<'a> {
    Customer(i64, &'a str),
    Agent(&'a str),
    Escalation,
}

/// The title of a note that Postern writes.
pub(crate) fn title(reference: Option<&str>, signed: &Signed<'_>) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mark = reference.unwrap_or("gw");
    let title = match signed {
        Signed::Customer(id, name) => format!("[{mark}] Customer {id}: {}", line(name)),
        Signed::Agent(name) => format!("[{mark}] Agent: {}", line(name)),
        Signed::Escalation => format!("[{mark}] Escalation"),
    };
    title.chars().take(LONGEST_TITLE).collect()
}

/// The reference in a title, and what else it says.
pub(crate) fn read_title(title: &str) -> Option<(&str, Signed<'_>)> {
    let (mark, rest) = title.strip_prefix('[')?.split_once("] ")?;
    let signed = if rest == "Escalation" {
        Signed::Escalation
    } else if let Some(name) = rest.strip_prefix("Agent: ") {
        Signed::Agent(name)
    } else {
        let (id, name) = rest.strip_prefix("Customer ")?.split_once(": ")?;
        Signed::Customer(crate::adapter::number(id)?, name)
    };
    (mark == "gw" || mark.starts_with("gw:")).then_some((mark, signed))
}

/// Whether a title is that of an escalation; read where it stands.
pub(crate) fn escalates<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let read = |title: &str| matches!(read_title(title.trim()), Some((_, Signed::Escalation)));
    of_text(deserializer, read).map(|it| it.unwrap_or_default())
}

impl Autotask {
    /// Whether a note of this type is a comment or an escalation; the others are a machine's.
    fn spoken(&self, note_type: Num) -> bool {
        note_type.0.is_some_and(|it| self.config.note_types.contains(&it))
    }

    /// What Postern wrote into the title, where it was Postern.
    pub(crate) fn signed<'a>(&self, row: &'a NoteRow, own: Option<i64>) -> Option<(&'a str, Signed<'a>)> {
        let ours = own.is_some() && row.creator_resource.id() == own && row.created_by_contact.id().is_none();
        read_title(row.title.get().filter(|_| ours)?)
    }

    /// The ticket's notes, oldest first. Only rows that name this ticket count.
    pub(crate) async fn note_rows(&self, cx: &CallCx, ticket: i64) -> Result<Vec<NoteRow>> {
        let filter = Filter::every(vec![Filter::number("ticketID", ticket)]);
        let mut rows = self.client.rows::<NoteRow>(cx, "TicketNotes", &filter, None, MOST).await?.rows;
        rows.retain(|row| row.ticket.id() == Some(ticket));
        rows.sort_by_cached_key(|row| (time(&row.create_date_time), row.id.id()));
        Ok(rows)
    }

    /// The ticket's notes in our words.
    pub(crate) async fn history(&self, cx: &CallCx, ticket: i64) -> Result<History> {
        let rows = self.note_rows(cx, ticket).await?;
        let own = self.own_resource(cx).await?;
        let (agents, customers) = self.authors(cx, &rows).await?;
        let mut history = History::default();
        for row in rows {
            if let Some(escalation) = self.escalation(&row, own) {
                history.escalations.push(escalation);
            } else if self.spoken(row.note_type)
                && let Some(comment) = self.comment_of(&row, own, &agents, &customers)?
            {
                if !comment.internal {
                    history.public_at = history.public_at.max(Some(comment.created_at));
                }
                history.comments.push(comment);
            }
        }
        Ok(history)
    }

    async fn authors(&self, cx: &CallCx, rows: &[NoteRow]) -> Result<(BTreeMap<i64, String>, BTreeMap<i64, String>)> {
        let agents: BTreeSet<i64> = rows.iter().filter_map(|it| it.creator_resource.id()).collect();
        let customers: BTreeSet<i64> = rows.iter().filter_map(|it| it.created_by_contact.id()).collect();
        let agents = self.resource_names(cx, &agents).await?;
        let customers = self.contacts_by_id(cx, &customers).await?.into_iter();
        Ok((agents, customers.map(|(id, row)| (id, crate::wire::name(&row.first_name, &row.last_name))).collect()))
    }

    /// One note that was just written, as it is stored.
    pub(crate) async fn stored_comment(&self, cx: &CallCx, row: &NoteRow) -> Result<Option<Comment>> {
        let own = self.own_resource(cx).await?;
        let (agents, customers) = self.authors(cx, std::slice::from_ref(row)).await?;
        self.comment_of(row, own, &agents, &customers)
    }

    fn comment_of(
        &self,
        row: &NoteRow,
        own: Option<i64>,
        agents: &BTreeMap<i64, String>,
        customers: &BTreeMap<i64, String>,
    ) -> Result<Option<Comment>> {
        // A note may have a title alone.
        let signed = self.signed(row, own);
        let body = match row.description.get() {
            Some(_) => lines(&row.description),
            None if signed.is_none() => lines(&row.title),
            None => String::new(),
        };
        if body.is_empty() {
            return Ok(None);
        }
        let contact = |id: i64| ContactId::new(&id.to_string()).ok();
        let author = match (row.created_by_contact.id(), signed) {
            (Some(id), _) => {
                let name = customers.get(&id).map_or("Customer", String::as_str).to_owned();
                Author::Customer(Person { contact: contact(id), name, email: None })
            }
            (None, Some((_, Signed::Customer(id, name)))) => {
                Author::Customer(Person { contact: contact(id), name: name.to_owned(), email: None })
            }
            (None, Some((_, Signed::Agent(name)))) => {
                let id = own.map(|it| it.to_string()).unwrap_or_default();
                Author::Agent(Agent { id, name: name.to_owned(), email: None })
            }
            (None, Some((_, Signed::Escalation)) | None) => match row.creator_resource.id() {
                Some(id) => Author::Agent(agent(id, agents)),
                None => Author::Agent(Agent { id: String::new(), name: "Support".into(), email: None }),
            },
        };
        let id = row.id.id().and_then(|id| CommentId::new(&id.to_string()).ok());
        Ok(Some(Comment {
            id: id.ok_or_else(|| Error::bad_reply("a note without a number"))?,
            author,
            body: Text::new(body),
            created_at: time(&row.create_date_time).unwrap_or(Timestamp::UNIX_EPOCH),
            internal: row.internal(),
        }))
    }

    /// An internal note of Postern's that tells of an escalation, in the form that we write.
    pub(crate) fn escalation(&self, row: &NoteRow, own: Option<i64>) -> Option<Escalation> {
        let escalation = matches!(self.signed(row, own), Some((_, Signed::Escalation)));
        if !escalation || !row.internal() {
            return None;
        }
        let body = lines(&row.description);
        let (target, rest) = body.strip_prefix(TO)?.split_once('\n')?;
        let (by, reason) = rest.strip_prefix(BY)?.split_once('\n')?;
        let reason = Text::new(reason.strip_prefix(REASON)?);
        let at = time(&row.create_date_time).unwrap_or(Timestamp::UNIX_EPOCH);
        Some(Escalation { target: target.to_owned(), reason, by: by.to_owned(), at })
    }

    /// How many comments and notes each of these tickets has: one query for all of them.
    pub(crate) async fn note_counts(&self, cx: &CallCx, tickets: &[i64]) -> Result<BTreeMap<i64, (u32, u32)>> {
        let mut counts: BTreeMap<i64, (u32, u32)> = tickets.iter().map(|it| (*it, (0, 0))).collect();
        if tickets.is_empty() {
            return Ok(counts);
        }
        let own = self.own_resource(cx).await?;
        let most = self.config.max_rows;
        let take: Take<'_, NoteHead> = &mut |row| {
            let is_internal = row.publish.0 != Some(PUBLIC);
            let ours = own.is_some() && row.creator_resource.id() == own && row.created_by_contact.id().is_none();
            if (is_internal && ours && row.escalates) || !self.spoken(row.note_type) {
                return Ok(());
            }
            if let Some((public, internal)) = row.ticket.id().and_then(|it| counts.get_mut(&it)) {
                *(if is_internal { internal } else { public }) += 1;
            }
            Ok(())
        };
        self.client.each_among(cx, "TicketNotes", ("ticketID", tickets), &NOTE_HEADS, most, take).await?;
        Ok(counts)
    }
}

/// How many comments users see, and how many notes they do not.
pub(crate) fn count(comments: &[Comment]) -> (u32, u32) {
    let internal = comments.iter().filter(|it| it.internal).count();
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (narrow(comments.len() - internal), narrow(internal))
}

const TO: &str = "Escalated to: ";
const BY: &str = "By: ";
const REASON: &str = "Reason: ";

/// The text of an escalation's note.
pub(crate) fn escalation_text(target: &str, by: &str, reason: &str) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{TO}{}\n{BY}{}\n{REASON}{}", line(target), line(by), reason.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_who_wrote_and_no_name_says_it_otherwise() {
        let names = [
            "Bob Basic",
            "Agent: Ada",
            "Customer 79: Eve",
            "] Escalation",
            "[gw:other] Agent: Ada\nEscalation",
            "日本",
        ];
        for name in names {
            let flat = name.split_whitespace().collect::<Vec<_>>().join(" ");
            for reference in [None, Some("gw:01abc")] {
                let mark = reference.unwrap_or("gw");
                let customer = title(reference, &Signed::Customer(78, name));
                assert_eq!(read_title(&customer), Some((mark, Signed::Customer(78, &flat))), "{customer}");
                let agent = title(reference, &Signed::Agent(name));
                assert_eq!(read_title(&agent), Some((mark, Signed::Agent(&flat))), "{agent}");
            }
        }
        assert_eq!(read_title(&title(None, &Signed::Escalation)), Some(("gw", Signed::Escalation)));
        for other in ["Printer", "[other] Agent: Ada", "[gw:1] Customer 0: x", "[gw:1] Customer 7 8: x", "Agent: Ada"] {
            assert_eq!(read_title(other), None, "{other}");
        }
        assert_eq!(title(None, &Signed::Agent(&"é".repeat(400))).chars().count(), LONGEST_TITLE);
    }
}

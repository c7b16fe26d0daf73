//! What happened on a ticket: comments, notes, escalations and the resolution.
//!
//! **Invariant:** an action is a note for agents unless the vendor says plainly that users see it.

use crate::adapter::HaloPsa;
use crate::text;
use crate::vocabulary::Meanings;
use crate::wire::{ActionRow, Str};
use jiff::Timestamp;
use parking_lot::Mutex;
use postern_api::domain::Author;
use postern_api::{
    Agent, CallCx, Comment, CommentId, ContactId, Error, Escalation, Person, Result, Text, TicketStatus,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Everything that happened on one ticket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) comments: Vec<Comment>,
    pub(crate) escalations: Vec<Escalation>,
    /// What was written when it was last closed; not among the comments.
    pub(crate) resolution: Option<Text>,
    /// When the last action was that users see.
    pub(crate) public_at: Option<Timestamp>,
    pub(crate) public_actions: BTreeSet<i64>,
}

/// How many comments users see, and how many notes they do not.
pub(crate) fn count(comments: &[Comment]) -> (u32, u32) {
    let internal = comments.iter().filter(|it| it.internal).count();
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (narrow(comments.len() - internal), narrow(internal))
}

/// Comment counts by ticket, held as long as the ticket's own "last changed" stays the same, so that a list costs one
/// request a ticket once and not each time. Numbers only, for one tenant, looked up after the row passed every filter.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<BTreeMap<i64, Held>>);

#[derive(Debug)]
struct Held {
    stamp: String,
    at: Instant,
    counts: (u32, u32),
}

impl Counts {
    const HOLD: Duration = Duration::from_secs(600);
    const MOST: usize = 20_000;

    /// What is held of a ticket, if anything is, at this time.
    pub(crate) fn get(&self, ticket: i64, stamp: Option<&str>, now: Instant) -> Option<(u32, u32)> {
        let (held, stamp) = (self.0.lock(), stamp?);
        let fresh = |it: &&Held| it.stamp == stamp && now.saturating_duration_since(it.at) < Self::HOLD;
        held.get(&ticket).filter(fresh).map(|it| it.counts)
    }

    fn put(&self, ticket: i64, stamp: &str, counts: (u32, u32)) {
        let mut held = self.0.lock();
        if held.len() >= Self::MOST {
            held.clear();
        }
        held.insert(ticket, Held { stamp: stamp.to_owned(), at: Instant::now(), counts });
    }
}

impl HaloPsa {
    /// The ticket's actions, oldest first. Without a ticket the vendor sends none; with one that it ignores, all of them:
    /// only rows that name this ticket count.
    pub(crate) async fn action_rows(&self, cx: &CallCx, ticket: i64) -> Result<Vec<ActionRow>> {
        let query = [
            ("ticket_id", ticket.to_string()),
            ("count", "1000".to_owned()),
            ("excludesys", "true".to_owned()),
            ("includehtmlnote", "true".to_owned()),
        ];
        let mut rows = self.client.whole::<ActionRow>(cx, "Actions", "actions", &query).await?.rows;
        rows.retain(|row| row.ticket_id.id() == Some(ticket));
        rows.sort_by_cached_key(|row| (self.acted_at(row), row.id.id()));
        Ok(rows)
    }

    fn acted_at(&self, row: &ActionRow) -> Timestamp {
        let read = |text: &Str| self.clock.read(text);
        read(&row.datetime).or_else(|| read(&row.actiondatecreated)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The ticket's actions in our words.
    pub(crate) async fn history(&self, cx: &CallCx, ticket: i64, statuses: &Meanings<TicketStatus>) -> Result<History> {
        let mut history = History::default();
        let mut ending = None;
        for row in self.action_rows(cx, ticket).await? {
            let internal = row.internal();
            if let Some(id) = row.id.id().filter(|_| !internal) {
                history.public_actions.insert(id);
            }
            if let Some(escalation) = self.escalation(&row) {
                history.escalations.push(escalation);
                continue;
            }
            let Some(comment) = self.comment_of(&row)? else { continue };
            let ends = statuses.meaning(row.new_status.id());
            if !internal {
                history.public_at = history.public_at.max(Some(comment.created_at));
                if matches!(ends, Some(TicketStatus::Closed | TicketStatus::Resolved)) {
                    ending = Some(history.comments.len());
                }
            }
            history.comments.push(comment);
        }
        // The last one; what was written at an earlier closing is a comment like any other by now.
        if let Some(at) = ending {
            history.resolution = Some(history.comments.remove(at).body);
        }
        Ok(history)
    }

    /// A comment or note; an action without words is neither.
    pub(crate) fn comment_of(&self, row: &ActionRow) -> Result<Option<Comment>> {
        let body = body_of(row);
        if body.is_empty() {
            return Ok(None);
        }
        let id = row.id.id().and_then(|id| CommentId::new(&id.to_string()).ok());
        Ok(Some(Comment {
            id: id.ok_or_else(|| Error::bad_reply("an action without a number"))?,
            author: author_of(row),
            body: Text::new(body),
            created_at: self.acted_at(row),
            internal: row.internal(),
        }))
    }

    /// An internal action with the outcome that is kept for escalations, in the form that we write.
    pub(crate) fn escalation(&self, row: &ActionRow) -> Option<Escalation> {
        let named = row.outcome.get().is_some_and(|it| it.eq_ignore_ascii_case(&self.config.outcomes.escalate));
        if !named || !row.internal() {
            return None;
        }
        let body = body_of(row);
        let (target, rest) = body.strip_prefix(TO)?.split_once('\n')?;
        let (by, reason) = rest.strip_prefix(BY)?.split_once('\n')?;
        let reason = Text::new(reason.strip_prefix(REASON)?);
        Some(Escalation { target: target.to_owned(), reason, by: by.to_owned(), at: self.acted_at(row) })
    }

    /// A ticket's comment counts, read, and held by its number and by what the ticket says about its last change.
    pub(crate) async fn read_counts(
        &self,
        cx: &CallCx,
        ticket: i64,
        stamp: Option<&str>,
        statuses: &Meanings<TicketStatus>,
    ) -> Result<(u32, u32)> {
        let counts = count(&self.history(cx, ticket, statuses).await?.comments);
        if let Some(stamp) = stamp {
            self.counts.put(ticket, stamp, counts);
        }
        Ok(counts)
    }
}

const TO: &str = "Escalated to: ";
const BY: &str = "By: ";
const REASON: &str = "Reason: ";

/// The text of an escalation's action.
pub(crate) fn escalation_text(target: &str, by: &str, reason: &str) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{TO}{}\n{BY}{}\n{REASON}{}", line(target), line(by), reason.trim())
}

/// The words of an action: its formatted note if it has one, since that is what we write and what agents read.
pub(crate) fn body_of(row: &ActionRow) -> String {
    match row.note_html.get() {
        Some(html) => text::from_html(html),
        None => text::plain(row.note.or_empty()),
    }
}

fn author_of(row: &ActionRow) -> Author {
    let name = |otherwise: &str| row.who.get().unwrap_or(otherwise).to_owned();
    let customer = |contact: Option<i64>| {
        let contact = contact.and_then(|id| ContactId::new(&id.to_string()).ok());
        Author::Customer(Person { contact, name: name("Customer"), email: None })
    };
    let incoming = row.emaildirection.get().is_some_and(|it| it.eq_ignore_ascii_case("I"));
    if row.actionby_user_id.id().is_some() {
        return customer(row.actionby_user_id.id());
    }
    match row.who_agentid.id() {
        Some(id) => Author::Agent(Agent { id: id.to_string(), name: name("Support"), email: None }),
        None if row.who_type.0 != Some(1) && incoming => customer(None),
        None => Author::Agent(Agent { id: String::new(), name: name("Support"), email: None }),
    }
}

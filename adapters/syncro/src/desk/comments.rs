//! What was said on a ticket: its description, comments, notes, escalations and the resolution. The vendor has comments alone;
//! which of these one is stands in its subject.
//!
//! **Invariant:** a comment is a note for staff unless the vendor says plainly that it is not hidden.

use crate::adapter::Syncro;
use crate::marker;
use crate::wire::CommentRow;
use jiff::Timestamp;
use parking_lot::Mutex;
use postern_api::domain::Author;
use postern_api::{Agent, CallCx, Comment, CommentId, ContactId, Error, Escalation, Person, Result, Text};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The subject of the comment that the vendor makes of a ticket's description.
pub(crate) const DESCRIPTION: &str = "Initial Issue";
/// The subject of the comment that a ticket was closed with.
pub(crate) const RESOLUTION: &str = "Resolution";
/// The subject of the note that a ticket was escalated with.
pub(crate) const ESCALATION: &str = "Escalation";
/// The beginning of the subject of what a contact wrote through Postern; the contact's number follows.
const BY_CONTACT: &str = "Comment by contact ";

/// Everything that was said on one ticket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) description: Option<String>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) escalations: Vec<Escalation>,
    pub(crate) resolution: Option<Text>,
    pub(crate) known: Known,
}

/// What a list shows of a ticket's comments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) public: u32,
    pub(crate) internal: u32,
    /// When an agent first answered so that the customer sees it.
    pub(crate) responded_at: Option<Timestamp>,
    /// When something was last said that the customer sees.
    pub(crate) public_at: Option<Timestamp>,
}

/// What is known of tickets' comments, held as long as the ticket's own "last changed" stays the same, so that a list costs a
/// request a ticket once and not each time. Numbers and times only, for one tenant, looked up after the row passed every filter.
#[derive(Debug, Default)]
pub(crate) struct Facts(Mutex<BTreeMap<i64, Held>>);

#[derive(Debug)]
struct Held {
    stamp: String,
    at: Instant,
    known: Known,
}

impl Facts {
    /// Short, because it is not certain that a comment always moves "last changed".
    const HOLD: Duration = Duration::from_secs(120);
    const MOST: usize = 20_000;

    /// What is held of a ticket, if anything is, at this time.
    pub(crate) fn get(&self, ticket: i64, stamp: Option<&str>, now: Instant) -> Option<Known> {
        let (held, stamp) = (self.0.lock(), stamp?);
        let fresh = |it: &&Held| it.stamp == stamp && now.saturating_duration_since(it.at) < Self::HOLD;
        held.get(&ticket).filter(fresh).map(|it| it.known)
    }

    fn put(&self, ticket: i64, stamp: &str, known: Known) {
        let mut held = self.0.lock();
        if held.len() >= Self::MOST {
            held.clear();
        }
        held.insert(ticket, Held { stamp: stamp.to_owned(), at: Instant::now(), known });
    }

    /// We have just written there.
    pub(crate) fn forget(&self, ticket: i64) {
        self.0.lock().remove(&ticket);
    }
}

impl Syncro {
    /// The ticket's comments, oldest first. Only rows that name this ticket count.
    pub(crate) async fn comment_rows(&self, cx: &CallCx, ticket: i64) -> Result<Vec<CommentRow>> {
        let query = [("per_page", "100".to_owned()), ("comment_format", "plaintext".to_owned())];
        let id = ticket.to_string();
        let found = self.client.paged::<CommentRow>(cx, &["tickets", &id, "comments"], "comments", &query).await?;
        if found.truncated {
            return Err(Error::bad_reply("more comments than can be read"));
        }
        let mut rows = found.rows;
        rows.retain(|row| row.ticket_id.id() == Some(ticket));
        rows.sort_by_cached_key(|row| (said_at(row), row.id.id()));
        Ok(rows)
    }

    /// The ticket's comments in our words. `over`: the ticket is solved, so that it has a resolution.
    pub(crate) async fn history(&self, cx: &CallCx, ticket: i64, over: bool) -> Result<History> {
        history(self.comment_rows(cx, ticket).await?, over)
    }

    /// What a list shows of a ticket's comments, read, and held by its number and by what the ticket says about its last change.
    pub(crate) async fn read_known(&self, cx: &CallCx, ticket: i64, stamp: Option<&str>, over: bool) -> Result<Known> {
        let known = self.history(cx, ticket, over).await?.known;
        if let Some(stamp) = stamp {
            self.facts.put(ticket, stamp, known);
        }
        Ok(known)
    }
}

/// The rows come oldest first.
fn history(rows: Vec<CommentRow>, over: bool) -> Result<History> {
    let mut history = History::default();
    let mut ending = None;
    for (nth, row) in rows.iter().enumerate() {
        if nth == 0
            && let Some(text) = description(row)
        {
            history.known.public_at = Some(said_at(row));
            history.description = Some(text);
            continue;
        }
        if let Some(escalation) = escalation(row) {
            history.escalations.push(escalation);
            continue;
        }
        let Some(comment) = comment_of(row)? else { continue };
        if !comment.internal {
            history.known.public_at = history.known.public_at.max(Some(comment.created_at));
            if matches!(comment.author, Author::Agent(_)) {
                history.known.responded_at.get_or_insert(comment.created_at);
                if over && kind(row).eq_ignore_ascii_case(RESOLUTION) {
                    ending = Some(history.comments.len());
                }
            }
        }
        history.comments.push(comment);
    }
    // The last one; what was written at an earlier closing is a comment like any other by now.
    if let Some(at) = ending {
        history.resolution = Some(history.comments.remove(at).body);
    }
    let count = |internal| history.comments.iter().filter(|it| it.internal == internal).count();
    history.known.public = u32::try_from(count(false)).unwrap_or(u32::MAX);
    history.known.internal = u32::try_from(count(true)).unwrap_or(u32::MAX);
    Ok(history)
}

fn said_at(row: &CommentRow) -> Timestamp {
    row.created_at.0.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The subject without our marker.
fn kind(row: &CommentRow) -> &str {
    marker::split(row.subject.or_empty()).0
}

/// The reference that a comment carries.
pub(crate) fn reference(row: &CommentRow) -> Option<&str> {
    marker::split(row.subject.or_empty()).1
}

/// What the ticket is about, where this comment says it to everybody.
pub(crate) fn description(row: &CommentRow) -> Option<String> {
    describes(row).then(|| words(row, marker::split(row.body.or_empty()).0))
}

/// The same, of a comment that nobody needs any more: its text is not copied where it can be kept as it is.
pub(crate) fn into_description(row: CommentRow) -> Option<String> {
    let body = row.body.or_empty();
    let is_plain = row.is_rich_text.0 != Some(true) && marker::split(body).1.is_none();
    match describes(&row) {
        true if is_plain => Some(row.body.take().unwrap_or_default()),
        true => description(&row),
        false => None,
    }
}

fn describes(row: &CommentRow) -> bool {
    !row.internal() && kind(row).eq_ignore_ascii_case(DESCRIPTION)
}

/// A comment or note; one without words is neither.
pub(crate) fn comment_of(row: &CommentRow) -> Result<Option<Comment>> {
    let body = words(row, row.body.or_empty());
    if body.is_empty() {
        return Ok(None);
    }
    let id = row.id.id().and_then(|id| CommentId::new(&id.to_string()).ok());
    Ok(Some(Comment {
        id: id.ok_or_else(|| Error::bad_reply("a comment without a number"))?,
        author: author_of(row),
        body: Text::new(body),
        created_at: said_at(row),
        internal: row.internal(),
    }))
}

fn words(row: &CommentRow, body: &str) -> String {
    if row.is_rich_text.0 == Some(true) { postern_api::html::plain(body) } else { body.trim().to_owned() }
}

/// A technician's number is on what technicians write, and on what Postern writes. The subject of what has none is a
/// customer's own text, and names nobody.
fn author_of(row: &CommentRow) -> Author {
    let name = |otherwise: &str| row.tech.get().unwrap_or(otherwise).to_owned();
    let customer = |contact| Author::Customer(Person { contact, name: name("Customer"), email: None });
    let Some(user) = row.user_id.id() else { return customer(None) };
    match kind(row).strip_prefix(BY_CONTACT) {
        Some(contact) => customer(ContactId::new(contact).ok()),
        None => Author::Agent(Agent { id: user.to_string(), name: name("Support"), email: None }),
    }
}

/// The subject of a comment.
pub(crate) fn subject(author: &Author, internal: bool) -> String {
    match author {
        Author::Customer(Person { contact: Some(contact), .. }) => format!("{BY_CONTACT}{contact}"),
        Author::Customer(_) | Author::Agent(_) if internal => "Private note".to_owned(),
        Author::Customer(_) | Author::Agent(_) => "Public note".to_owned(),
    }
}

const TO: &str = "Escalated to: ";
const BY: &str = "By: ";
const REASON: &str = "Reason: ";

/// The text of an escalation's note.
pub(crate) fn escalation_text(target: &str, by: &str, reason: &str) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{TO}{}\n{BY}{}\n{REASON}{}", line(target), line(by), reason.trim())
}

/// A note with the subject that is kept for escalations, in the form that we write.
pub(crate) fn escalation(row: &CommentRow) -> Option<Escalation> {
    if !row.internal() || !kind(row).eq_ignore_ascii_case(ESCALATION) {
        return None;
    }
    let body = words(row, row.body.or_empty()).replace("\r\n", "\n");
    let (target, rest) = body.strip_prefix(TO)?.split_once('\n')?;
    let (by, reason) = rest.strip_prefix(BY)?.split_once('\n')?;
    let reason = Text::new(reason.strip_prefix(REASON)?);
    Some(Escalation { target: target.to_owned(), reason, by: by.to_owned(), at: said_at(row) })
}

//! What was written on a ticket: its description, comments, notes, escalations and the resolution, from the ticket's own
//! notes and from those of time entries.
//!
//! **Invariant:** a text is for agents unless the vendor says plainly that the customer sees it.

use crate::adapter::{ConnectWise, plain};
use crate::client::Query;
use crate::conditions::{Conditions, Literal};
use crate::wire::{self, Flag, NoteRow, Ref, TimeRow, time};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use postern_api::domain::Author;
use postern_api::{Agent, CallCx, Comment, CommentId, ContactId, Error, Escalation, Person, Result, Text};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How far from a ticket its first note may be entered to be its description: one that came later is a comment, and one
/// from long before came from another ticket that was merged.
const WITH_THE_TICKET: SignedDuration = SignedDuration::from_secs(120);
/// Requests for notes under way at once.
const AT_ONCE: usize = 8;
/// Tickets whose time entries are asked for in one request.
const TOGETHER: usize = 100;

/// What has to be known of a ticket to read its notes.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) id: i64,
    pub(crate) created_at: Timestamp,
    /// Whether it is closed or resolved: only then has it a resolution.
    pub(crate) ended: bool,
    /// What the ticket says about its last change.
    pub(crate) stamp: Option<String>,
}

/// Everything that was written on one ticket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) description: Text,
    pub(crate) comments: Vec<Comment>,
    pub(crate) escalations: Vec<Escalation>,
    /// What was written when it was last closed; not among the comments.
    pub(crate) resolution: Option<Text>,
    /// When something was last written that customers see.
    pub(crate) public_at: Option<Timestamp>,
}

impl History {
    /// How many comments customers see, and how many notes they do not.
    pub(crate) fn count(&self) -> (u32, u32) {
        let internal = self.comments.iter().filter(|it| it.internal).count();
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (narrow(self.comments.len() - internal), narrow(internal))
    }
}

/// Comment counts by ticket, held while the ticket says the same about its last change, and not for long: that a note moves
/// a ticket's last change is not documented. Numbers only, for one tenant, looked up after the row passed every filter.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<BTreeMap<i64, Held>>);

#[derive(Debug)]
struct Held {
    stamp: String,
    at: Instant,
    counts: (u32, u32),
}

impl Counts {
    const HOLD: Duration = Duration::from_secs(60);
    const MOST: usize = 20_000;

    fn get(&self, about: &About) -> Option<(u32, u32)> {
        let (held, stamp) = (self.0.lock(), about.stamp.as_ref()?);
        held.get(&about.id).filter(|it| it.stamp == *stamp && it.at.elapsed() < Self::HOLD).map(|it| it.counts)
    }

    fn put(&self, about: &About, counts: (u32, u32)) {
        let Some(stamp) = about.stamp.clone() else { return };
        let mut held = self.0.lock();
        if held.len() >= Self::MOST {
            held.clear();
        }
        held.insert(about.id, Held { stamp, at: Instant::now(), counts });
    }

    /// Forgets a ticket that was just written to.
    pub(crate) fn forget(&self, ticket: i64) {
        self.0.lock().remove(&ticket);
    }
}

/// One text on a ticket.
struct Entry {
    at: Timestamp,
    /// Notes before time entries, each in the order of their numbers.
    order: (u8, i64),
    comment: Comment,
    describes: bool,
    resolves: bool,
    issue: bool,
}

impl ConnectWise {
    /// The notes of a ticket. A row that does not name this ticket is not this ticket's.
    pub(crate) async fn note_rows(&self, cx: &CallCx, ticket: i64) -> Result<Vec<NoteRow>> {
        let query = Query { fields: wire::NOTE, ..Query::default() };
        let path = ["service", "tickets", &ticket.to_string(), "notes"];
        let mut rows = self.client.all::<NoteRow>(cx, &path, &query).await?;
        rows.retain(|row| row.ticket_id.id() == Some(ticket));
        Ok(rows)
    }

    /// The time entries of some tickets, by ticket.
    async fn time_rows(&self, cx: &CallCx, tickets: &[i64]) -> Result<BTreeMap<i64, Vec<TimeRow>>> {
        let mut found: BTreeMap<i64, Vec<TimeRow>> = BTreeMap::new();
        let Some(kind) = Literal::exact("ServiceTicket").filter(|_| self.config.time_entries) else { return Ok(found) };
        for some in tickets.chunks(TOGETHER) {
            let conditions = Conditions::new().text("chargeToType", &kind).one_of("chargeToId", some.iter().copied());
            let query = Query { conditions, fields: wire::TIME, ..Query::default() };
            for row in self.client.all::<TimeRow>(cx, &["time", "entries"], &query).await? {
                let ours = row.charge_to_type.get() == Some("ServiceTicket");
                if let Some(ticket) = row.charge_to_id.id().filter(|it| ours && some.contains(it)) {
                    found.entry(ticket).or_default().push(row);
                }
            }
        }
        Ok(found)
    }

    /// What was written on each of these tickets, in their order.
    pub(crate) async fn histories(&self, cx: &CallCx, tickets: &[About]) -> Result<Vec<History>> {
        let ids: Vec<i64> = tickets.iter().map(|it| it.id).collect();
        let mut worked = if ids.is_empty() { BTreeMap::new() } else { self.time_rows(cx, &ids).await? };
        let asked: Vec<(About, Vec<TimeRow>)> =
            tickets.iter().map(|it| (it.clone(), worked.remove(&it.id).unwrap_or_default())).collect();
        stream::iter(asked)
            .map(|(about, worked)| async move {
                let notes = self.note_rows(cx, about.id).await?;
                let history = history(&about, &notes, &worked)?;
                self.counts.put(&about, history.count());
                Ok::<_, Error>(history)
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// The comment counts of each of these tickets, in their order.
    pub(crate) async fn counts(&self, cx: &CallCx, tickets: &[About]) -> Result<Vec<(u32, u32)>> {
        let held: Vec<Option<(u32, u32)>> = tickets.iter().map(|it| self.counts.get(it)).collect();
        let missing: Vec<About> =
            tickets.iter().zip(&held).filter(|(_, held)| held.is_none()).map(|(about, _)| about.clone()).collect();
        let mut read = self.histories(cx, &missing).await?.into_iter();
        let counts = held.into_iter().map(|it| it.or_else(|| read.next().map(|it| it.count())).unwrap_or_default());
        Ok(counts.collect())
    }
}

fn history(about: &About, notes: &[NoteRow], worked: &[TimeRow]) -> Result<History> {
    let mut entries = Vec::new();
    for note in notes {
        entries.extend(of_note(note)?);
    }
    for time in worked {
        entries.extend(of_time(time)?);
    }
    entries.sort_by_key(|it| (it.at, it.order));
    let mut history = History::default();
    let with_it = |at: Timestamp| at.duration_since(about.created_at).abs() <= WITH_THE_TICKET;
    if let Some(at) = entries.iter().position(|it| it.describes && !it.resolves)
        && entries.get(at).is_some_and(|it| it.issue || with_it(it.at))
    {
        history.description = entries.remove(at).comment.body;
    }
    let ending = entries.iter().rposition(|it| it.resolves).filter(|_| about.ended);
    for (at, entry) in entries.into_iter().enumerate() {
        if !entry.comment.internal {
            history.public_at = history.public_at.max(Some(entry.at));
        }
        if Some(at) == ending {
            history.resolution = Some(entry.comment.body);
        } else if let Some(escalation) = escalation(&entry.comment) {
            history.escalations.push(escalation);
        } else {
            history.comments.push(entry.comment);
        }
    }
    Ok(history)
}

fn of_note(row: &NoteRow) -> Result<Option<Entry>> {
    let Some(comment) = comment_of(row)? else { return Ok(None) };
    let public = !comment.internal;
    Ok(Some(Entry {
        at: comment.created_at,
        order: (0, row.id.id().unwrap_or_default()),
        describes: public && row.detail_description_flag == Flag::Yes,
        resolves: public && row.resolution_flag == Flag::Yes,
        issue: row.issue_flag == Flag::Yes,
        comment,
    }))
}

/// A note in our words; one without words is none.
pub(crate) fn comment_of(row: &NoteRow) -> Result<Option<Comment>> {
    let text = plain(&row.text);
    let body = super::marker::split(&text).0;
    if body.is_empty() {
        return Ok(None);
    }
    let id = row.id.id().ok_or_else(|| Error::bad_reply("a note without a number"))?;
    Ok(Some(Comment {
        id: comment_id(&id.to_string())?,
        author: author(&row.member, Some(&row.contact)),
        body: Text::new(body),
        created_at: time(&row.date_created).unwrap_or(Timestamp::UNIX_EPOCH),
        internal: row.internal(),
    }))
}

fn comment_id(id: &str) -> Result<CommentId> {
    CommentId::new(id).map_err(|_| Error::bad_reply("a note's number"))
}

/// A time entry has notes that its flags show to the customer or not, and notes that are internal whatever they say.
fn of_time(row: &TimeRow) -> Result<Vec<Entry>> {
    let id = row.id.id().ok_or_else(|| Error::bad_reply("a time entry without a number"))?;
    let at = time(&row.date_entered).or_else(|| time(&row.time_start)).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut entries = Vec::new();
    for (name, text, internal) in [("t", &row.notes, row.internal()), ("i", &row.internal_notes, true)] {
        let body = plain(text);
        if body.is_empty() {
            continue;
        }
        let author = author(&row.member, None);
        // Notes and time entries are numbered each by themselves.
        let id = comment_id(&format!("{name}{id}"))?;
        let resolves = !internal && row.add_to_resolution_flag == Flag::Yes;
        let comment = Comment { id, author, body: Text::new(body), created_at: at, internal };
        entries.push(Entry {
            at,
            order: (1, row.id.id().unwrap_or_default()),
            comment,
            describes: false,
            resolves,
            issue: false,
        });
    }
    Ok(entries)
}

fn author(member: &Ref, contact: Option<&Ref>) -> Author {
    let contact = contact.and_then(|it| Some((it.id.id()?, it)));
    if let (None, Some((id, contact))) = (member.id.id(), contact) {
        let name = contact.name.get().unwrap_or("Customer").to_owned();
        return Author::Customer(Person { contact: ContactId::new(&id.to_string()).ok(), name, email: None });
    }
    let id = member.id.id().map(|it| it.to_string()).unwrap_or_default();
    Author::Agent(Agent { id, name: member.name.get().unwrap_or("Support").to_owned(), email: None })
}

const TO: &str = "Escalated to: ";
const BY: &str = " | By: ";
const REFERENCE: &str = " | Ref: ";
const REASON: &str = " | Reason: ";

/// The text of an escalation's note. It reads back although the vendor may turn line ends into blanks.
pub(crate) fn escalation_text(target: &str, by: &str, reference: Option<&str>, reason: &str) -> String {
    let word = |text: &str| text.replace('|', "/").split_whitespace().collect::<Vec<_>>().join(" ");
    let reference = reference.map(|it| format!("{REFERENCE}{}", word(it))).unwrap_or_default();
    format!("{TO}{}{BY}{}{reference}{REASON}{}", word(target), word(by), reason.trim())
}

/// An internal note in the form that we write.
pub(crate) fn escalation(comment: &Comment) -> Option<Escalation> {
    let (target, rest) = comment.body.expose().strip_prefix(TO).filter(|_| comment.internal)?.split_once(BY)?;
    let (by, reason) = rest.split_once(REASON)?;
    let by = by.split_once(REFERENCE).map_or(by, |(by, _)| by);
    Some(Escalation { target: target.to_owned(), reason: Text::new(reason), by: by.to_owned(), at: comment.created_at })
}

/// Whether a note is the escalation with this reference.
pub(crate) fn is_escalation(row: &NoteRow, reference: &str) -> bool {
    let head = row.text.or_empty().split_once(REASON).map_or("", |(head, _)| head);
    row.internal() && head.starts_with(TO) && head.ends_with(&format!("{REFERENCE}{reference}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn note(json: &str) -> NoteRow {
        serde_json::from_str(json).expect("a row")
    }

    #[test]
    fn a_note_is_internal_unless_every_flag_says_plainly_that_it_is_not() {
        let cases = [
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":false"#, false),
            (r#""resolutionFlag":true,"internalAnalysisFlag":false,"internalFlag":false"#, false),
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":false,"internalFlag":null"#, false),
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":true"#, true),
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":false,"internalFlag":true"#, true),
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":false,"internalFlag":"perhaps""#, true),
            (r#""detailDescriptionFlag":true"#, true),
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":null"#, true),
            (r#""detailDescriptionFlag":true,"internalAnalysisFlag":0"#, true),
            (r#""detailDescriptionFlag":1,"internalAnalysisFlag":false"#, true),
            (r#""internalAnalysisFlag":false"#, true),
            (r#""externalFlag":true"#, true),
        ];
        for (flags, internal) in cases {
            assert_eq!(note(&format!("{{\"id\":1,\"text\":\"x\",{flags}}}")).internal(), internal, "{flags}");
        }
    }

    #[test]
    fn internal_notes_of_a_time_entry_are_internal_whatever_its_flags_say() {
        let shown = r#""addToDetailDescriptionFlag":true,"addToInternalAnalysisFlag":false"#;
        for (flags, expected) in
            [(shown, [false, true]), (r#""addToDetailDescriptionFlag":true"#, [true, true]), ("\"x\":1", [true, true])]
        {
            let row = format!("{{\"id\":7,\"notes\":\"did it\",\"internalNotes\":\"CANARY\",{flags}}}");
            let entries = of_time(&serde_json::from_str(&row).expect("a row")).expect("entries");
            let internal: Vec<bool> = entries.iter().map(|it| it.comment.internal).collect();
            assert_eq!(internal, expected, "{flags}");
            let ids: Vec<&str> = entries.iter().map(|it| it.comment.id.as_str()).collect();
            assert_eq!(ids, ["t7", "i7"]);
        }
    }

    #[test]
    fn the_first_public_note_describes_the_ticket_if_it_came_with_it() {
        let about =
            |ended| About { id: 1, created_at: "2026-09-01T08:00:00Z".parse().expect("a time"), ended, stamp: None };
        let text = |id: i64, at: &str, issue: bool| {
            let flags = "\"detailDescriptionFlag\":true,\"internalAnalysisFlag\":false";
            note(&format!(
                "{{\"id\":{id},\"text\":\"n{id}\",\"dateCreated\":\"2026-09-01T{at}Z\",\"issueFlag\":{issue},{flags}}}"
            ))
        };
        let found =
            history(&about(false), &[text(2, "09:00:00", false), text(1, "08:00:01", false)], &[]).expect("read");
        assert_eq!((found.description.expose(), found.count()), ("n1", (1, 0)));
        let found = history(&about(false), &[text(2, "09:00:00", false)], &[]).expect("read");
        assert_eq!((found.description.expose(), found.count()), ("", (1, 0)), "said later, so a comment");
        let found = history(&about(false), &[text(2, "09:00:00", true)], &[]).expect("read");
        assert_eq!((found.description.expose(), found.count()), ("n2", (0, 0)), "marked as the issue");
    }

    #[test]
    fn the_last_resolution_of_an_ended_ticket_stands_by_itself() {
        let text = |id: i64| {
            let flags = "\"resolutionFlag\":true,\"internalAnalysisFlag\":false";
            note(&format!("{{\"id\":{id},\"text\":\"n{id}\",\"dateCreated\":\"2026-09-0{id}T08:00:00Z\",{flags}}}"))
        };
        for (ended, resolution, counts) in [(true, Some("n2"), (1, 0)), (false, None, (2, 0))] {
            let about = About { id: 1, created_at: Timestamp::UNIX_EPOCH, ended, stamp: None };
            let found = history(&about, &[text(1), text(2)], &[]).expect("read");
            assert_eq!(found.resolution.as_ref().map(Text::expose), resolution);
            assert_eq!(found.count(), counts);
        }
    }

    proptest! {
        #[test]
        fn an_escalation_reads_back_also_with_line_ends_lost(
            target in "[ -~]{1,20}", by in "[ -~]{1,20}", reason in "[!-~][ -~\n]{0,40}[!-~]", lost: bool,
        ) {
            let mut body = escalation_text(&target, &by, Some("gw:abc"), &reason);
            if lost {
                body = body.replace('\n', " ");
            }
            let row = NoteRow { internal_analysis_flag: Flag::Yes, text: crate::wire::Str(Some(body.clone())), ..NoteRow::default() };
            let comment = Comment {
                id: comment_id("1").expect("an id"),
                author: author(&Ref::default(), None),
                body: Text::new(body),
                created_at: Timestamp::UNIX_EPOCH,
                internal: true,
            };
            let read = escalation(&comment);
            let read = read.ok_or_else(|| TestCaseError::fail("no escalation"))?;
            prop_assert_eq!(read.reason.expose().replace('\n', " "), reason.replace('\n', " "));
            prop_assert!(is_escalation(&row, "gw:abc") && !is_escalation(&row, "gw:ab"));
            let public = Comment { internal: false, ..comment };
            prop_assert!(escalation(&public).is_none());
        }
    }
}

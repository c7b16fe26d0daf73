//! Lists of tickets: asked for narrowly, checked row by row, counted and cut here.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row
//! itself matches. For a viewer, only what a customer may see takes part.

use super::notes::{About, History};
use super::ticket::{about, stamp};
use crate::adapter::{ConnectWise, in_reach};
use crate::client::Query;
use crate::conditions::{Conditions, Literal};
use crate::config::number;
use crate::vocabulary::{Meanings, USUAL};
use crate::wire::{self, Num, TicketRow, owner};
use jiff::ToSpan;
use postern_api::loose::{Seen, Take};
use postern_api::sift::{First, Rank};
use postern_api::{CallCx, Comment, ExternalId, Owned, Owner, Page, Reach, Result, Ticket, TicketQuery, TicketStatus};
use std::collections::BTreeSet;

/// Organisations that are named in one request, so that its address stays short.
const TOGETHER: usize = 100;
/// Tickets whose notes are read because the words are not in the title, the newest first.
const NOTE_CHECKS: usize = 50;

/// What came through so far.
struct Sift<'a> {
    psa: &'a ConnectWise,
    cx: &'a CallCx,
    query: &'a TicketQuery,
    meanings: &'a Meanings,
    words: &'a [String],
    seen: Seen,
    matches: First<Owned<Ticket>, About>,
    /// Rows without the words in the title; they may stand in the notes.
    maybe: First<(Owner, Ticket), About>,
    stray: Option<(Owner, Num)>,
}

impl Sift<'_> {
    /// Looks at one row; `filtered` says whether the vendor was told which companies to send.
    fn row(&mut self, row: TicketRow, filtered: bool) -> Result<()> {
        let owner = owner(row.company.id);
        if !self.query.wants(self.cx, &owner) {
            let foreign = matches!(&owner, Owner::Organisation(it) if !self.cx.reach.contains(it));
            if foreign && filtered && self.stray.is_none() {
                self.stray = Some((owner, row.id));
            }
            return Ok(());
        }
        let Some(id) = row.id.id().filter(|id| self.psa.exists(&row) && self.seen.insert(*id)) else { return Ok(()) };
        let stamp = stamp(&row);
        let ticket = self.psa.ticket_of(row, self.meanings)?;
        if !self.query.fits(&ticket) {
            return Ok(());
        }
        let about = about(id, stamp, &ticket);
        if has_words(self.words, &ticket, None) {
            self.matches.push(self.query.rank(id, &ticket), Owned::new(owner, ticket), about);
        } else {
            self.maybe.push(Rank::newest(id), (owner, ticket), about);
        }
        Ok(())
    }
}

/// One way to ask.
enum Search {
    /// Everything else that the query says.
    All,
    /// Also these letters in the title.
    Title(Literal),
    /// The newest, to look for the words in their notes.
    Newest,
}

pub(crate) async fn tickets(psa: &ConnectWise, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let asked_for = companies(cx, query.organisation.as_ref());
    if asked_for.is_empty() {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    }
    let meanings = psa.meanings(cx).await?;
    let words = query.words();
    let (offset, limit) = (query.offset as usize, query.limit.min(200) as usize);
    let mut sift = Sift {
        psa,
        cx,
        query,
        meanings: &meanings,
        words: &words,
        seen: Seen::default(),
        matches: First::new(offset + limit),
        maybe: First::new(NOTE_CHECKS),
        stray: None,
    };
    let mut truncated = false;
    for companies in &asked_for {
        for search in searches(&words) {
            let most = if matches!(search, Search::Newest) { NOTE_CHECKS as u32 } else { psa.config.max_rows };
            let conditions = conditions(psa, query, companies, &search, &meanings);
            let asked = Query { conditions, fields: wire::TICKET, ..Query::default() };
            let take: Take<'_, TicketRow> = &mut |row| sift.row(row, !companies.is_empty());
            truncated |= psa.client.each(cx, &["service", "tickets"], &asked, most, take).await?;
        }
    }
    let Sift { mut matches, maybe, stray, .. } = sift;
    truncated |= maybe.total() > NOTE_CHECKS as u64;
    let (maybe, abouts) = maybe.page(0);
    let histories = psa.histories(cx, &abouts).await?;
    for (((owner, ticket), about), history) in maybe.into_iter().zip(abouts).zip(&histories) {
        if has_words(&words, &ticket, Some((history, query.viewer.is_some()))) {
            matches.push(query.rank(about.id, &ticket), Owned::new(owner, ticket), about);
        }
    }
    let total = matches.total();
    let (mut rows, abouts) = matches.page(offset);
    let counts = psa.counts(cx, &abouts).await?;
    for (row, counts) in rows.iter_mut().zip(counts) {
        row.change(|it| (it.public_comments, it.internal_comments) = counts);
    }
    // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents,
    // so that the gateway's own check drops it and raises the alarm.
    if let Some((owner, id)) = stray {
        rows.push(Owned::new(owner, psa.ticket_of(TicketRow { id, ..TicketRow::default() }, &meanings)?));
    }
    Ok(Page { rows, total, truncated })
}

/// The companies to ask for, some at a time; one empty list: without a filter. No list: nothing is in reach, and nothing
/// is asked.
pub(crate) fn companies(cx: &CallCx, organisation: Option<&ExternalId>) -> Vec<Vec<i64>> {
    match (organisation, &cx.reach) {
        (Some(organisation), _) => in_reach(cx, organisation).map(|it| vec![it]).into_iter().collect(),
        (None, Reach::Tenant) => vec![vec![]],
        (None, Reach::Organisations(some)) => {
            let numbers: BTreeSet<i64> = some.iter().filter_map(|it| number(it.as_str())).collect();
            numbers.into_iter().collect::<Vec<_>>().chunks(TOGETHER).map(<[i64]>::to_vec).collect()
        }
    }
}

fn searches(words: &[String]) -> Vec<Search> {
    let longest = words.iter().filter_map(|it| Literal::longest(it)).max_by_key(Literal::len);
    match (words.is_empty(), longest) {
        (true, _) => vec![Search::All],
        (false, Some(part)) => vec![Search::Title(part), Search::Newest],
        (false, None) => vec![Search::Newest],
    }
}

fn conditions(
    psa: &ConnectWise,
    query: &TicketQuery,
    companies: &[i64],
    search: &Search,
    meanings: &Meanings,
) -> Conditions {
    let mut asked = Conditions::new().one_of("board/id", psa.config.every_board());
    if !companies.is_empty() {
        asked = asked.one_of("company/id", companies.iter().copied());
    }
    let own = query.viewer.as_ref().filter(|it| !it.organisation_wide).map(|it| &it.contact);
    if let Some(contact) = query.requester.as_ref().or(own) {
        // A contact that is no number of the vendor's asked no ticket.
        asked = asked.one_of("contact/id", number(contact.as_str()));
    }
    let unfinished: fn(&TicketStatus) -> bool = |it| matches!(it, TicketStatus::Open | TicketStatus::Pending);
    let ended: fn(&TicketStatus) -> bool = |it| matches!(it, TicketStatus::Closed | TicketStatus::Resolved);
    let ids = || Conditions::new().one_of("status/id", meanings.status_ids(&query.statuses));
    let all = |kind: fn(&TicketStatus) -> bool| !query.statuses.is_empty() && query.statuses.iter().all(kind);
    if all(unfinished) {
        asked = asked.one_of("status/id", meanings.status_ids(&query.statuses)).flag("closedFlag", false);
    } else if all(ended) {
        // What the vendor calls closed is closed, whatever its number means.
        asked = asked.either(Conditions::new().flag("closedFlag", true), ids());
    }
    if let Some(priority) = query.priority.filter(|it| *it != USUAL) {
        asked = asked.one_of("priority/id", meanings.priority_ids(priority));
    }
    // A minute early: the vendor keeps whole seconds, and each row is compared anyway.
    if let Some(since) = query.created_since.and_then(|it| it.checked_sub(1.minute()).ok()) {
        asked = asked.since("dateEntered", since);
    }
    match search {
        Search::Title(part) => asked.contains(&["summary"], part),
        Search::All | Search::Newest => asked,
    }
}

/// Whether every word is in the title, or in what was written; of that, a viewer's search sees what is public.
fn has_words(words: &[String], ticket: &Ticket, written: Option<(&History, bool)>) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = ticket.subject.expose().to_lowercase();
    if let Some((history, public_only)) = written {
        let comments = history.comments.iter().filter(|it: &&Comment| !(public_only && it.internal));
        let escalations = history.escalations.iter().filter(|_| !public_only);
        let parts = comments.map(|it| &it.body).chain(escalations.map(|it| &it.reason));
        for part in parts.chain(&history.resolution).chain([&history.description]) {
            text.push('\n');
            text.push_str(&part.expose().to_lowercase());
        }
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

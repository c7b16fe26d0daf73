//! Lists of tickets: asked for narrowly, checked row by row, counted and cut here.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row
//! itself matches. For a viewer, only what a customer may see takes part.

use super::actions::body_of;
use crate::adapter::{HaloPsa, in_reach, number};
use crate::client::Pair;
use crate::vocabulary::Meanings;
use crate::wire::{Num, TicketRow, owner};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::ToSpan;
use postern_api::loose::{Seen, Take};
use postern_api::sift::{First, has_words};
use postern_api::{
    CallCx, ExternalId, Owned, Owner, Page, Reach, Result, Ticket, TicketQuery, TicketSort, TicketStatus,
};
use std::collections::BTreeSet;
use std::time::Instant;

/// Organisations that are asked for one by one; more are read together and sorted out here.
const ONE_BY_ONE: usize = 8;
/// Tickets whose comments are read because the words are not in the ticket itself.
const COMMENT_CHECKS: usize = 50;
/// Requests for comments under way at once.
const AT_ONCE: usize = 4;

/// What has to be known of a ticket beside it: its number, and what its comment count is held under.
struct Facts {
    id: i64,
    stamp: Option<String>,
}

/// What came through so far.
struct Sift<'a> {
    halo: &'a HaloPsa,
    cx: &'a CallCx,
    query: &'a TicketQuery,
    words: &'a [String],
    statuses: &'a Meanings<TicketStatus>,
    seen: Seen,
    matches: First<Owned<Ticket>, Facts>,
    /// Without the words in the ticket itself.
    maybe: Vec<(Facts, Owner, Ticket)>,
    stray: Option<(Owner, Num)>,
    truncated: bool,
}

impl Sift<'_> {
    /// Looks at one row; `filtered` says whether the vendor was told whose to send.
    fn row(&mut self, row: TicketRow, filtered: bool) -> Result<()> {
        let owner = owner(row.client_id);
        if !self.query.wants(self.cx, &owner) {
            let foreign = matches!(&owner, Owner::Organisation(it) if !self.cx.reach.contains(it));
            if foreign && filtered && self.stray.is_none() {
                self.stray = Some((owner, row.id));
            }
            return Ok(());
        }
        let Some(id) = row.id.id().filter(|id| self.halo.exists(&row) && self.seen.insert(*id)) else { return Ok(()) };
        let stamp = stamp(&row);
        let ticket = self.halo.ticket_of(row, self.statuses)?;
        if !self.query.fits(&ticket) {
            return Ok(());
        }
        let facts = Facts { id, stamp };
        if has_words(self.words, &ticket, []) {
            self.matches.push(self.query.rank(id, &ticket), Owned::new(owner, ticket), facts);
        } else if self.query.viewer.is_none() {
            // Employees search comments as well: each of these is read to be sure.
            if self.maybe.len() < COMMENT_CHECKS {
                self.maybe.push((facts, owner, ticket));
            } else {
                self.truncated = true;
            }
        }
        Ok(())
    }
}

pub(crate) async fn tickets(halo: &HaloPsa, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let clients = clients(cx, query.organisation.as_ref());
    if clients.is_empty() {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    }
    let statuses = halo.statuses(cx).await?;
    let words = query.words();
    let (offset, limit) = (query.offset as usize, query.limit.min(200) as usize);
    let mut sift = Sift {
        halo,
        cx,
        query,
        words: &words,
        statuses: &statuses,
        seen: Seen::default(),
        matches: First::new(offset + limit),
        maybe: Vec::new(),
        stray: None,
        truncated: false,
    };
    for client in clients {
        for search in searches(query, &words) {
            let asked = filters(halo, query, client, search, &statuses);
            let take: Take<'_, TicketRow> = &mut |row| sift.row(row, client.is_some());
            let more = halo.client.each(cx, "Tickets", "tickets", &asked, take).await?;
            sift.truncated |= more;
        }
    }
    let Sift { mut matches, maybe, stray, truncated, .. } = sift;
    // The vendor says which tickets have the words in their comments; each is read to be sure.
    for (facts, owner, ticket) in maybe {
        let comments: Vec<String> = halo.action_rows(cx, facts.id).await?.iter().map(body_of).collect();
        if has_words(&words, &ticket, comments.iter().map(String::as_str)) {
            matches.push(query.rank(facts.id, &ticket), Owned::new(owner, ticket), facts);
        }
    }
    let total = matches.total();
    let (mut rows, facts) = matches.page(offset);
    let meanings = statuses.as_ref();
    let now = Instant::now();
    let held: Vec<_> = facts.iter().map(|it| halo.counts.get(it.id, it.stamp.as_deref(), now)).collect();
    let missing = facts.into_iter().zip(&held).filter(|(_, held)| held.is_none()).map(|(it, _)| it);
    let read: Vec<(u32, u32)> = stream::iter(missing.collect::<Vec<_>>())
        .map(|it| async move { halo.read_counts(cx, it.id, it.stamp.as_deref(), meanings).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut read = read.into_iter();
    for (row, held) in rows.iter_mut().zip(held) {
        let counts = held.or_else(|| read.next()).unwrap_or_default();
        row.change(|it| (it.public_comments, it.internal_comments) = counts);
    }
    // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents,
    // so that the gateway's own check drops it and raises the alarm.
    if let Some((owner, id)) = stray {
        let bare = halo.ticket_of(TicketRow { id, ..TicketRow::default() }, &statuses)?;
        rows.push(Owned::new(owner, bare));
    }
    Ok(Page { rows, total, truncated })
}

/// Which clients to ask for; `None`: without a filter. Empty: nothing is in reach, and nothing is asked.
pub(crate) fn clients(cx: &CallCx, organisation: Option<&ExternalId>) -> Vec<Option<i64>> {
    match (organisation, &cx.reach) {
        (Some(organisation), _) => in_reach(cx, organisation).map(Some).into_iter().collect(),
        (None, Reach::Tenant) => vec![None],
        (None, Reach::Organisations(some)) => {
            let numbers: BTreeSet<i64> = some.iter().filter_map(|it| number(it.as_str())).collect();
            if numbers.len() > ONE_BY_ONE { vec![None] } else { numbers.into_iter().map(Some).collect() }
        }
    }
}

/// The vendor's ways to search for the longest of the words; the others are looked for here. A viewer's search never
/// touches actions, where the internal notes are.
fn searches(query: &TicketQuery, words: &[String]) -> Vec<Vec<Pair>> {
    let Some(longest) = words.iter().max_by_key(|it| it.chars().count()) else { return vec![vec![]] };
    let mut ways = vec![vec![("search_summary", longest.clone())], vec![("search_details", longest.clone())]];
    if query.viewer.is_none() {
        ways.push(vec![("search", longest.clone()), ("searchactions", "true".into())]);
    }
    ways
}

fn filters(
    halo: &HaloPsa,
    query: &TicketQuery,
    client: Option<i64>,
    search: Vec<Pair>,
    statuses: &Meanings<TicketStatus>,
) -> Vec<Pair> {
    let mut pairs = search;
    let mut ask = |name, value: String| pairs.push((name, value));
    if let Some(client) = client {
        ask("client_id", client.to_string());
    }
    let own = query.viewer.as_ref().filter(|it| !it.organisation_wide).map(|it| &it.contact);
    if let Some(user) = query.requester.as_ref().or(own).and_then(|it| number(it.as_str())) {
        ask("user_id", user.to_string());
    }
    let unfinished = |it: &TicketStatus| matches!(it, TicketStatus::Open | TicketStatus::Pending);
    let open = !query.statuses.is_empty() && query.statuses.iter().all(unfinished);
    ask(if open { "open_only" } else { "includeclosed" }, "true".into());
    // A number without a meaning is `Other`, so that `Other` is no list of numbers.
    if let [only] = statuses.ids(&query.statuses).as_slice()
        && !query.statuses.contains(&TicketStatus::Other)
    {
        ask("status_id", only.to_string());
    }
    if let [only] = halo.priorities.ids(query.priority.as_slice()).as_slice()
        && query.priority != Some(crate::vocabulary::USUAL)
    {
        ask("priority", only.to_string());
    }
    if let Some(since) = query.created_since.and_then(|it| it.checked_sub(24.hours()).ok()) {
        // A day early: the vendor's zone and precision are not certain, and each row is compared anyway.
        ask("datesearch", "dateoccurred".into());
        ask("startdate", halo.clock.write(since));
    }
    ask("order", "dateoccurred".into());
    ask("orderdesc", (query.sort != TicketSort::CreatedAt || query.descending).to_string());
    pairs
}

/// What the row says about its last change; without it, nothing is held.
fn stamp(row: &TicketRow) -> Option<String> {
    let (updated, acted) = (row.last_update.get(), row.lastactiondate.get());
    (updated.is_some() || acted.is_some()).then(|| [updated.unwrap_or("-"), acted.unwrap_or("-")].join(" "))
}

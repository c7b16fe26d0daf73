//! Lists of tickets: asked for narrowly, checked row by row, counted and cut here.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row
//! itself matches. For a viewer, only what a customer may see takes part.

use super::actions::body_of;
use crate::adapter::{HaloPsa, in_reach, number};
use crate::client::Pair;
use crate::vocabulary::Meanings;
use crate::wire::{TicketRow, owner};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::ToSpan;
use postern_api::{
    CallCx, ExternalId, Owned, Owner, Page, Reach, Result, Ticket, TicketQuery, TicketSort, TicketStatus, Visibility,
};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Organisations that are asked for one by one; more are read together and sorted out here.
const ONE_BY_ONE: usize = 8;
/// Tickets whose comments are read because the words are not in the ticket itself.
const COMMENT_CHECKS: usize = 50;
/// Requests for comments under way at once.
const AT_ONCE: usize = 4;

/// A row that passed: its ticket, whose it is, and what its comment count is held under.
struct Match {
    id: i64,
    stamp: Option<String>,
    owner: Owner,
    ticket: Ticket,
}

pub(crate) async fn tickets(halo: &HaloPsa, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let clients = clients(cx, query.organisation.as_ref());
    if clients.is_empty() {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    }
    let statuses = halo.statuses(cx).await?;
    let words = words(query.text.as_deref());
    let mut seen = BTreeSet::new();
    let mut matches = Vec::new();
    let mut maybe = Vec::new();
    let mut stray = None;
    let mut truncated = false;
    for client in clients {
        for search in searches(query, &words) {
            let asked = filters(halo, query, client, search, &statuses);
            let found = halo.client.paged::<TicketRow>(cx, "Tickets", "tickets", &asked).await?;
            truncated |= found.truncated;
            for row in found.rows {
                let owner = owner(row.client_id);
                if !wanted(cx, query, &owner) {
                    let foreign = matches!(&owner, Owner::Organisation(it) if !cx.reach.contains(it));
                    if foreign && client.is_some() && stray.is_none() {
                        stray = Some((owner, row.id));
                    }
                    continue;
                }
                let Some(id) = row.id.id().filter(|id| halo.exists(&row) && seen.insert(*id)) else { continue };
                let ticket = halo.ticket_of(&row, &statuses)?;
                if !matches_without_text(query, &ticket) {
                    continue;
                }
                let stamp = stamp(&row);
                let found = Match { id, stamp, owner, ticket };
                if has_words(&words, &found.ticket, &[]) {
                    matches.push(found);
                } else if query.viewer.is_none() {
                    maybe.push(found);
                }
            }
        }
    }
    // Employees search comments as well. The vendor says which tickets have the words there; each is read to be sure.
    truncated |= maybe.len() > COMMENT_CHECKS;
    for found in maybe.into_iter().take(COMMENT_CHECKS) {
        let comments: Vec<String> = halo.action_rows(cx, found.id).await?.iter().map(body_of).collect();
        if has_words(&words, &found.ticket, &comments) {
            matches.push(found);
        }
    }
    matches.sort_by(|a, b| order(query, a, b));
    let total = matches.len() as u64;
    let page = matches.into_iter().skip(query.offset as usize).take(query.limit.min(200) as usize);
    let meanings = statuses.as_ref();
    let mut rows: Vec<Owned<Ticket>> = stream::iter(page)
        .map(|found| async move {
            let mut ticket = found.ticket;
            let counts = halo.counts(cx, found.id, found.stamp.as_deref(), meanings).await?;
            (ticket.public_comments, ticket.internal_comments) = counts;
            Ok::<_, postern_api::Error>(Owned::new(found.owner, ticket))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents,
    // so that the gateway's own check drops it and raises the alarm.
    if let Some((owner, id)) = stray {
        let bare = halo.ticket_of(&TicketRow { id, ..TicketRow::default() }, &statuses)?;
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

fn wanted(cx: &CallCx, query: &TicketQuery, owner: &Owner) -> bool {
    match owner {
        Owner::Organisation(it) => {
            cx.reach.contains(it) && query.organisation.as_ref().is_none_or(|wanted| wanted == it)
        }
        Owner::Tenant | Owner::Unknown => false,
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect()
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

fn matches_without_text(query: &TicketQuery, ticket: &Ticket) -> bool {
    let asked_by = ticket.requester.contact.as_ref();
    let visible = query.viewer.as_ref().is_none_or(|viewer| {
        asked_by == Some(&viewer.contact) || (viewer.organisation_wide && ticket.visibility == Visibility::Organisation)
    });
    visible
        && (query.statuses.is_empty() || query.statuses.contains(&ticket.status))
        && query.priority.is_none_or(|it| it == ticket.priority)
        && query.requester.as_ref().is_none_or(|it| asked_by == Some(it))
        && query.created_since.is_none_or(|it| ticket.created_at >= it)
}

fn has_words(words: &[String], ticket: &Ticket, comments: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{}\n{}", ticket.subject.expose(), ticket.description.expose()).to_lowercase();
    for comment in comments {
        text.push('\n');
        text.push_str(&comment.to_lowercase());
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

fn order(query: &TicketQuery, a: &Match, b: &Match) -> Ordering {
    let key = match query.sort {
        TicketSort::CreatedAt => a.ticket.created_at.cmp(&b.ticket.created_at),
        TicketSort::UpdatedAt if query.viewer.is_some() => a.ticket.public_updated_at.cmp(&b.ticket.public_updated_at),
        TicketSort::UpdatedAt => a.ticket.updated_at.cmp(&b.ticket.updated_at),
        TicketSort::Priority => a.ticket.priority.cmp(&b.ticket.priority),
    };
    let ascending = key.then(a.id.cmp(&b.id));
    if query.descending { ascending.reverse() } else { ascending }
}

/// What the row says about its last change; without it, nothing is held.
fn stamp(row: &TicketRow) -> Option<String> {
    let (updated, acted) = (row.last_update.get(), row.lastactiondate.get());
    (updated.is_some() || acted.is_some()).then(|| format!("{} {}", updated.unwrap_or("-"), acted.unwrap_or("-")))
}

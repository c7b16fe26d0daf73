//! Lists of tickets: asked for narrowly, checked row by row, sorted and cut here. The vendor sorts by nothing and takes 180
//! requests a minute for all its customers behind one address, so that narrow filters matter more than elsewhere.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row itself
//! matches. For a viewer, only what a customer may see takes part.

use super::comments::{comment_of, description};
use super::ticket::over;
use crate::adapter::{Syncro, in_reach, number};
use crate::client::Pair;
use crate::vocabulary;
use crate::wire::{Num, TicketRow, owner};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::ToSpan;
use postern_api::{
    CallCx, Error, ExternalId, Owned, Owner, Page, Reach, Result, Ticket, TicketQuery, TicketSort, TicketStatus,
    Visibility,
};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Lists that are asked for one by one, a customer and a status each; more are read together and sorted out here.
const ONE_BY_ONE: usize = 8;
/// Tickets whose comments are read because the words are not in the ticket itself.
const COMMENT_CHECKS: usize = 20;
/// Requests for comments under way at once.
const AT_ONCE: usize = 4;

/// A row that passed: its ticket, whose it is, and what is known of its comments is held under.
struct Match {
    id: i64,
    stamp: Option<String>,
    owner: Owner,
    ticket: Ticket,
}

/// What was gathered from the lists asked for.
#[derive(Default)]
struct Found {
    seen: BTreeSet<i64>,
    matches: Vec<Match>,
    /// Without the words in what a list carries, though the vendor's search found them somewhere.
    maybe: Vec<Match>,
    stray: Option<(Owner, Num)>,
    truncated: bool,
}

pub(crate) async fn tickets(syncro: &Syncro, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let customers = customers(cx, query.organisation.as_ref());
    if customers.is_empty() {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    }
    let words = words(query.text.as_deref());
    let statuses = statuses(syncro, cx, query, customers.len()).await?;
    let mut found = Found::default();
    for customer in customers {
        for status in &statuses {
            for search in searches(query, customer, &words) {
                let asked = filters(query, customer, status.clone(), &search);
                gather(syncro, cx, query, (&asked, customer, &words), search.is_some(), &mut found).await?;
            }
        }
    }
    let Found { mut matches, maybe, stray, mut truncated, .. } = found;
    // Employees search comments as well. The vendor says which tickets have the words somewhere; each is read to be sure.
    truncated |= maybe.len() > COMMENT_CHECKS;
    for found in maybe.into_iter().take(COMMENT_CHECKS) {
        let mut comments = Vec::new();
        for row in syncro.comment_rows(cx, found.id).await? {
            comments.extend(comment_of(&row)?.map(|it| it.body.expose().to_owned()));
            comments.extend(description(&row));
        }
        if has_words(&words, &found.ticket, &comments) {
            matches.push(found);
        }
    }
    matches.sort_by(|a, b| order(query, a, b));
    let total = matches.len() as u64;
    let page = matches.into_iter().skip(query.offset as usize).take(query.limit.min(200) as usize);
    let mut rows: Vec<Owned<Ticket>> = stream::iter(page)
        .map(|found| async move {
            let mut ticket = found.ticket;
            let known = syncro.known(cx, found.id, found.stamp.as_deref(), over(ticket.status)).await?;
            (ticket.public_comments, ticket.internal_comments) = (known.public, known.internal);
            ticket.sla.responded_at = known.responded_at;
            Ok::<_, Error>(Owned::new(found.owner, ticket))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents, so
    // that the gateway's own check drops it and raises the alarm.
    if let Some((owner, id)) = stray {
        rows.push(Owned::new(owner, syncro.ticket_of(TicketRow { id, ..TicketRow::default() })?));
    }
    Ok(Page { rows, total, truncated })
}

/// Reads one list and keeps what matches.
async fn gather(
    syncro: &Syncro,
    cx: &CallCx,
    query: &TicketQuery,
    (asked, customer, words): (&[Pair], Option<i64>, &[String]),
    searched: bool,
    into: &mut Found,
) -> Result<()> {
    let list = syncro.client.paged::<TicketRow>(cx, &["tickets"], "tickets", asked).await?;
    into.truncated |= list.truncated;
    for row in list.rows {
        let owner = owner(row.customer_id);
        if !wanted(cx, query, &owner) {
            let foreign = matches!(&owner, Owner::Organisation(it) if !cx.reach.contains(it));
            if foreign && customer.is_some() && into.stray.is_none() {
                into.stray = Some((owner, row.id));
            }
            continue;
        }
        let Some(id) = row.id.id() else { continue };
        let stamp = row.updated_at.get().map(str::to_owned);
        let ticket = syncro.ticket_of(row)?;
        if !matches_without_text(query, &ticket) {
            continue;
        }
        let found = Match { id, stamp, owner, ticket };
        if has_words(words, &found.ticket, &[]) {
            if into.seen.insert(id) {
                into.matches.push(found);
            }
        } else if searched && query.viewer.is_none() && into.seen.insert(id) {
            into.maybe.push(found);
        }
    }
    Ok(())
}

/// Which customers to ask for; `None`: without a filter. Empty: nothing is in reach, and nothing is asked.
pub(crate) fn customers(cx: &CallCx, organisation: Option<&ExternalId>) -> Vec<Option<i64>> {
    match (organisation, &cx.reach) {
        (Some(organisation), _) => in_reach(cx, organisation).map(Some).into_iter().collect(),
        (None, Reach::Tenant) => vec![None],
        (None, Reach::Organisations(some)) => {
            let numbers: BTreeSet<i64> = some.iter().filter_map(|it| number(it.as_str())).collect();
            if numbers.len() > ONE_BY_ONE { vec![None] } else { numbers.into_iter().map(Some).collect() }
        }
    }
}

/// The names of statuses to ask for, one list each; `None`: without a filter. The names are those that the account has now:
/// a ticket whose status was renamed since is found without a filter alone.
async fn statuses(syncro: &Syncro, cx: &CallCx, query: &TicketQuery, lists: usize) -> Result<Vec<Option<String>>> {
    // A name without a meaning is `Other`, so that `Other` is no list of names.
    if query.statuses.is_empty() || query.statuses.contains(&TicketStatus::Other) {
        return Ok(vec![None]);
    }
    let settings = syncro.settings(cx).await?;
    let names = settings.ticket_status_list.0.iter().filter_map(|it| it.get());
    let meant: BTreeSet<&str> =
        names.filter(|it| query.statuses.contains(&vocabulary::status(&syncro.config.statuses, it))).collect();
    let few = !meant.is_empty() && meant.len() * lists <= ONE_BY_ONE;
    Ok(if few { meant.into_iter().map(|it| Some(it.to_owned())).collect() } else { vec![None] })
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

/// The vendor's searches to make. What its search looks at is not documented, so that a customer's tickets are read without
/// it and looked through here; it is asked only where there are too many, or where comments are searched too. A viewer's
/// search never touches comments, where the notes for staff are.
fn searches(query: &TicketQuery, customer: Option<i64>, words: &[String]) -> Vec<Option<String>> {
    let Some(longest) = words.iter().max_by_key(|it| it.chars().count()) else { return vec![None] };
    match (customer, &query.viewer) {
        (Some(_), Some(_)) => vec![None],
        (Some(_), None) => vec![None, Some(longest.clone())],
        (None, _) => vec![Some(longest.clone())],
    }
}

fn filters(query: &TicketQuery, customer: Option<i64>, status: Option<String>, search: &Option<String>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut ask = |name, value: String| pairs.push((name, value));
    if let Some(customer) = customer {
        ask("customer_id", customer.to_string());
    }
    let own = query.viewer.as_ref().filter(|it| !it.organisation_wide).map(|it| &it.contact);
    if let Some(contact) = query.requester.as_ref().or(own).and_then(|it| number(it.as_str())) {
        ask("contact_id", contact.to_string());
    }
    if let Some(status) = status {
        ask("status", status);
    }
    if let Some(since) = query.created_since.and_then(|it| it.checked_sub(24.hours()).ok()) {
        // A day early: each row is compared anyway.
        ask("created_after", since.strftime("%Y-%m-%d").to_string());
    }
    if let Some(word) = search {
        ask("query", word.clone());
    }
    ask("comment_format", "plaintext".to_owned());
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

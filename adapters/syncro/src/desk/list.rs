//! Lists of tickets: asked for narrowly, checked row by row, sorted and cut here. The vendor sorts by nothing and takes 180
//! requests a minute for all its customers behind one address, so that narrow filters matter more than elsewhere.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row itself
//! matches. For a viewer, only what a customer may see takes part.

use super::comments::{Known, comment_of, description};
use super::ticket::over;
use crate::adapter::{Syncro, in_reach, number};
use crate::client::Pair;
use crate::vocabulary::{self, Meant};
use crate::wire::{Num, TicketRow, owner};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::ToSpan;
use postern_api::loose::{Seen, Take};
use postern_api::sift::{First, has_words};
use postern_api::{CallCx, ExternalId, Owned, Owner, Page, Reach, Result, Ticket, TicketQuery, TicketStatus};
use std::collections::BTreeSet;
use std::time::Instant;

/// Lists that are asked for one by one, a customer and a status each; more are read together and sorted out here.
const ONE_BY_ONE: usize = 8;
/// Tickets whose comments are read because the words are not in the ticket itself.
const COMMENT_CHECKS: usize = 20;
/// Requests for comments under way at once.
const AT_ONCE: usize = 4;

/// What has to be known of a ticket beside it: its number, and what is known of its comments is held under.
struct Facts {
    id: i64,
    stamp: Option<String>,
    over: bool,
}

/// What came through so far.
struct Sift<'a> {
    syncro: &'a Syncro,
    cx: &'a CallCx,
    query: &'a TicketQuery,
    words: &'a [String],
    meant: Meant,
    seen: Seen,
    matches: First<Owned<Ticket>, Facts>,
    /// Without the words in what a list carries, though the vendor's search found them somewhere.
    maybe: Vec<(Facts, Owner, Ticket)>,
    stray: Option<(Owner, Num)>,
    truncated: bool,
}

impl Sift<'_> {
    /// Looks at one row; `filtered` says whether the vendor was told whose to send, `searched` whether for what words.
    fn row(&mut self, row: TicketRow, filtered: bool, searched: bool) -> Result<()> {
        let owner = owner(row.customer_id);
        if !self.query.wants(self.cx, &owner) {
            let foreign = matches!(&owner, Owner::Organisation(it) if !self.cx.reach.contains(it));
            if foreign && filtered && self.stray.is_none() {
                self.stray = Some((owner, row.id));
            }
            return Ok(());
        }
        let Some(id) = row.id.id() else { return Ok(()) };
        let stamp = row.updated_at.get().map(str::to_owned);
        let ticket = self.syncro.ticket_of(row, &mut self.meant)?;
        if !self.query.fits(&ticket) {
            return Ok(());
        }
        let facts = Facts { id, stamp, over: over(ticket.status) };
        if has_words(self.words, &ticket, []) {
            if self.seen.insert(id) {
                self.matches.push(self.query.rank(id, &ticket), Owned::new(owner, ticket), facts);
            }
        } else if searched && self.query.viewer.is_none() && self.seen.insert(id) {
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

pub(crate) async fn tickets(syncro: &Syncro, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let customers = customers(cx, query.organisation.as_ref());
    if customers.is_empty() {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    }
    let words = query.words();
    let statuses = statuses(syncro, cx, query, customers.len()).await?;
    let (offset, limit) = (query.offset as usize, query.limit.min(200) as usize);
    let mut sift = Sift {
        syncro,
        cx,
        query,
        words: &words,
        meant: Meant::default(),
        seen: Seen::default(),
        matches: First::new(offset + limit),
        maybe: Vec::new(),
        stray: None,
        truncated: false,
    };
    for customer in customers {
        for status in &statuses {
            for search in searches(query, customer, &words) {
                let asked = filters(query, customer, status.clone(), &search);
                let (filtered, searched) = (customer.is_some(), search.is_some());
                let take: Take<'_, TicketRow> = &mut |row| sift.row(row, filtered, searched);
                let more = syncro.client.each(cx, &["tickets"], "tickets", &asked, take).await?;
                sift.truncated |= more;
            }
        }
    }
    let Sift { mut matches, maybe, stray, truncated, .. } = sift;
    // The vendor says which tickets have the words somewhere; each is read to be sure.
    for (facts, owner, ticket) in maybe {
        let mut comments = Vec::new();
        for row in syncro.comment_rows(cx, facts.id).await? {
            comments.extend(comment_of(&row)?.map(|it| it.body.expose().to_owned()));
            comments.extend(description(&row));
        }
        if has_words(&words, &ticket, comments.iter().map(String::as_str)) {
            matches.push(query.rank(facts.id, &ticket), Owned::new(owner, ticket), facts);
        }
    }
    let total = matches.total();
    let (mut rows, facts) = matches.page(offset);
    let now = Instant::now();
    let held: Vec<_> = facts.iter().map(|it| syncro.facts.get(it.id, it.stamp.as_deref(), now)).collect();
    let missing = facts.into_iter().zip(&held).filter(|(_, held)| held.is_none()).map(|(it, _)| it);
    let read: Vec<Known> = stream::iter(missing.collect::<Vec<_>>())
        .map(|it| async move { syncro.read_known(cx, it.id, it.stamp.as_deref(), it.over).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut read = read.into_iter();
    for (row, held) in rows.iter_mut().zip(held) {
        let known = held.or_else(|| read.next()).unwrap_or_default();
        row.change(|it| {
            (it.public_comments, it.internal_comments) = (known.public, known.internal);
            it.sla.responded_at = known.responded_at;
        });
    }
    // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents, so
    // that the gateway's own check drops it and raises the alarm.
    if let Some((owner, id)) = stray {
        let bare = syncro.ticket_of(TicketRow { id, ..TicketRow::default() }, &mut Meant::default())?;
        rows.push(Owned::new(owner, bare));
    }
    Ok(Page { rows, total, truncated })
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

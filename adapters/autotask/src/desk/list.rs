//! Lists of tickets: asked for narrowly, checked row by row, sorted, counted and cut here, since the vendor sorts by number
//! alone.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row
//! itself matches. For a viewer, only what a customer may see takes part.

use super::people::agent;
use super::ticket::introduce;
use crate::adapter::{Autotask, in_reach, number};
use crate::filter::{Filter, MANY};
use crate::picklist::Picklists;
use crate::wire::{NoteRow, Num, TICKET_FIELDS, TicketRow, owner};
use jiff::{Timestamp, ToSpan};
use postern_api::loose::{Seen, Take};
use postern_api::sift::{First, has_words};
use postern_api::{
    CallCx, ExternalId, Owned, Owner, Page, Reach, Result, Ticket, TicketQuery, TicketSort, TicketStatus,
};
use std::collections::{BTreeMap, BTreeSet};

/// Tickets whose notes are read because the words are not in the ticket itself.
const NOTE_CHECKS: usize = 50;
/// Days that a query with too many rows is narrowed to, longest first.
const WINDOWS: [i64; 6] = [1_825, 730, 365, 90, 30, 7];

/// What has to be known of a ticket beside it: its number, who works on it and who asked, and whose it is.
struct Facts {
    id: i64,
    assignee: Option<i64>,
    contact: Option<i64>,
    owner: Owner,
}

/// What came through so far.
struct Found {
    seen: Seen,
    matches: First<Owned<Ticket>, Facts>,
    /// Without the words in the ticket itself.
    maybe: Vec<(Facts, Ticket)>,
    stray: Option<(Owner, Num)>,
    truncated: bool,
}

impl Found {
    /// Nothing yet; of what is to come, `most` tickets are kept.
    fn nothing(most: usize) -> Self {
        let (matches, maybe) = (First::new(most), Vec::new());
        Self { seen: Seen::default(), matches, maybe, stray: None, truncated: false }
    }
}

/// What rows are looked at for.
struct Sift<'a> {
    autotask: &'a Autotask,
    cx: &'a CallCx,
    query: &'a TicketQuery,
    words: &'a [String],
    lists: &'a Picklists,
    /// What queries before this one found.
    before: Found,
    /// What this query found.
    found: Found,
}

impl Sift<'_> {
    /// Looks at one row; `filtered` says whether the vendor was told which companies to send.
    fn row(&mut self, row: TicketRow, filtered: bool) -> Result<()> {
        let owner = owner(row.company);
        let found = &mut self.found;
        if !self.query.wants(self.cx, &owner) {
            let foreign = matches!(&owner, Owner::Organisation(it) if !self.cx.reach.contains(it));
            if foreign && filtered && found.stray.is_none() {
                found.stray = Some((owner, row.id));
            }
            return Ok(());
        }
        let is_new = |id: &i64| !self.before.seen.contains(*id) && found.seen.insert(*id);
        let Some(id) = row.id.id().filter(is_new) else { return Ok(()) };
        let (assignee, contact) = (row.assigned_resource.id(), row.contact.id());
        let ticket = self.autotask.ticket_of(row, self.lists)?;
        if !self.query.fits(&ticket) {
            return Ok(());
        }
        let facts = Facts { id, assignee, contact, owner: owner.clone() };
        if has_words(self.words, &ticket, []) {
            found.matches.push(self.query.rank(id, &ticket), Owned::new(owner, ticket), facts);
        } else if self.query.viewer.is_none() {
            // Employees search notes as well: those of each candidate are read to be sure.
            if self.before.maybe.len() + found.maybe.len() < NOTE_CHECKS {
                found.maybe.push((facts, ticket));
            } else {
                found.truncated = true;
            }
        }
        Ok(())
    }

    /// What the vendor finds: in the tickets themselves and, for employees, through notes with the longest of the words.
    async fn company(&mut self, company: Option<&[i64]>) -> Result<()> {
        let (autotask, cx) = (self.autotask, self.cx);
        let base = filters(self.query, company, self.lists);
        let filtered = company.is_some();
        let Some(longest) = self.words.iter().max_by_key(|it| it.chars().count()) else {
            return self.newest(base, filtered).await;
        };
        let with = |extra: Filter| base.iter().cloned().chain([extra]).collect::<Vec<_>>();
        let in_ticket = Filter::any(vec![Filter::contains("title", longest), Filter::contains("description", longest)]);
        self.newest(with(in_ticket), filtered).await?;
        if self.query.viewer.is_some() {
            return Ok(());
        }
        let noted = Filter::every(vec![Filter::contains("description", longest)]);
        const HEADS: &[&str] = &["id", "ticketID"];
        let mut ids = Seen::default();
        let take: Take<'_, NoteRow> = &mut |row| {
            row.ticket.id().map(|it| ids.insert(it));
            Ok(())
        };
        let most = autotask.config.max_rows;
        self.before.truncated |= autotask.client.each(cx, "TicketNotes", &noted, Some(HEADS), most, take).await?;
        for some in ids.as_slice().chunks(MANY) {
            self.newest(with(Filter::among("id", some)), filtered).await?;
        }
        Ok(())
    }

    /// The rows of a query; where they are more than may be read, those of the last days. The vendor sends the oldest first.
    async fn newest(&mut self, base: Vec<Filter>, filtered: bool) -> Result<()> {
        let (autotask, cx) = (self.autotask, self.cx);
        let whole = !self.read(&base, filtered).await?;
        // For a viewer never by a time that an internal note moves.
        let field = match self.query.sort {
            TicketSort::UpdatedAt if self.query.viewer.is_none() => "lastActivityDate",
            TicketSort::UpdatedAt | TicketSort::CreatedAt | TicketSort::Priority => "createDate",
        };
        // Where the oldest are wanted, they are what came.
        if whole || (self.query.sort != TicketSort::Priority && !self.query.descending) {
            self.keep();
            return Ok(());
        }
        for days in WINDOWS {
            let Ok(since) = Timestamp::now().checked_sub((days * 24).hours()) else { continue };
            let narrowed: Vec<_> = base.iter().cloned().chain([Filter::since(field, since)]).collect();
            let count = autotask.client.count(cx, "Tickets", Filter::every(narrowed.clone())).await?;
            if count == 0 {
                break;
            }
            if count <= u64::from(autotask.config.max_rows) {
                self.found = Found::nothing(self.most());
                self.read(&narrowed, filtered).await?;
                self.found.truncated = true;
                break;
            }
        }
        self.keep();
        Ok(())
    }

    /// Puts what this query found to what was found before.
    fn keep(&mut self) {
        let nothing = Found::nothing(self.most());
        let found = std::mem::replace(&mut self.found, nothing);
        let before = &mut self.before;
        before.seen.absorb(found.seen);
        before.matches.absorb(found.matches);
        before.maybe.extend(found.maybe);
        before.stray = before.stray.take().or(found.stray);
        before.truncated |= found.truncated;
    }

    /// How many tickets the page and those before it have.
    fn most(&self) -> usize {
        self.query.offset as usize + self.query.limit.min(200) as usize
    }

    /// Looks at each row of a query, and says whether there were more.
    async fn read(&mut self, filter: &[Filter], filtered: bool) -> Result<bool> {
        let (autotask, cx) = (self.autotask, self.cx);
        // User-defined fields come with whole rows alone.
        let fields: Option<&'static [&'static str]> =
            if autotask.config.private_field.is_some() { None } else { Some(&TICKET_FIELDS) };
        let filter = Filter::every(filter.to_vec());
        let take: Take<'_, TicketRow> = &mut |row| self.row(row, filtered);
        let more = autotask.client.each(cx, "Tickets", &filter, fields, autotask.config.max_rows, take).await?;
        self.found.truncated |= more;
        Ok(more)
    }
}

pub(crate) async fn tickets(autotask: &Autotask, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let Some(companies) = companies(cx, query.organisation.as_ref()) else {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    };
    let lists = autotask.picklists(cx).await?;
    let words = query.words();
    let nothing = || Found::nothing(query.offset as usize + query.limit.min(200) as usize);
    let mut sift = Sift { autotask, cx, query, words: &words, lists: &lists, before: nothing(), found: nothing() };
    for company in companies {
        sift.company(company.as_deref()).await?;
    }
    let Found { mut matches, maybe, stray, truncated, .. } = sift.before;
    let texts = notes_of(autotask, cx, &maybe).await?;
    for (facts, ticket) in maybe {
        let notes = texts.get(&facts.id).map(Vec::as_slice).unwrap_or_default();
        if has_words(&words, &ticket, notes.iter().map(String::as_str)) {
            matches.push(query.rank(facts.id, &ticket), Owned::new(facts.owner.clone(), ticket), facts);
        }
    }
    let total = matches.total();
    let (mut rows, facts) = matches.page(query.offset as usize);
    introduce_all(autotask, cx, &mut rows, &facts).await?;
    // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents,
    // so that the gateway's own check drops it and raises the alarm.
    if let Some((owner, id)) = stray {
        let bare = autotask.ticket_of(TicketRow { id, ..TicketRow::default() }, &lists)?;
        rows.push(Owned::new(owner, bare));
    }
    Ok(Page { rows, total, truncated })
}

/// Gives one page its names and comment counts: three requests at most, however long it is.
async fn introduce_all(autotask: &Autotask, cx: &CallCx, page: &mut [Owned<Ticket>], facts: &[Facts]) -> Result<()> {
    let ids: Vec<i64> = facts.iter().map(|it| it.id).collect();
    let counts = autotask.note_counts(cx, &ids).await?;
    let resources = autotask.resource_names(cx, &facts.iter().filter_map(|it| it.assignee).collect()).await?;
    let contacts = autotask.contacts_by_id(cx, &facts.iter().filter_map(|it| it.contact).collect()).await?;
    for (row, facts) in page.iter_mut().zip(facts) {
        row.change(|ticket| {
            (ticket.public_comments, ticket.internal_comments) = counts.get(&facts.id).copied().unwrap_or_default();
            ticket.assignee = facts.assignee.map(|it| agent(it, &resources));
            if let Some(contact) = facts.contact.and_then(|it| contacts.get(&it)) {
                introduce(ticket, &facts.owner, contact);
            }
            ticket.resolution = None;
        });
    }
    Ok(())
}

/// Which companies to ask for, in portions; a portion of `None` is without a filter. `None`: nothing is in reach, and
/// nothing is asked.
pub(crate) fn companies(cx: &CallCx, organisation: Option<&ExternalId>) -> Option<Vec<Option<Vec<i64>>>> {
    let numbers: BTreeSet<i64> = match (organisation, &cx.reach) {
        (Some(organisation), _) => in_reach(cx, organisation).into_iter().collect(),
        (None, Reach::Tenant) => return Some(vec![None]),
        (None, Reach::Organisations(some)) => some.iter().filter_map(|it| number(it.as_str())).collect(),
    };
    let numbers: Vec<i64> = numbers.into_iter().collect();
    (!numbers.is_empty()).then(|| numbers.chunks(MANY).map(|it| Some(it.to_vec())).collect())
}

fn filters(query: &TicketQuery, companies: Option<&[i64]>, lists: &Picklists) -> Vec<Filter> {
    let mut all = Vec::new();
    if let Some(companies) = companies {
        all.push(Filter::among("companyID", companies));
    }
    let own = query.viewer.as_ref().filter(|it| !it.organisation_wide).map(|it| &it.contact);
    if let Some(contact) = query.requester.as_ref().or(own).and_then(|it| number(it.as_str())) {
        all.push(Filter::number("contactID", contact));
    }
    // A number without a meaning is `Other`, so that `Other` is no list of numbers.
    let statuses = lists.statuses.ids(&query.statuses);
    if !statuses.is_empty() && !query.statuses.contains(&TicketStatus::Other) {
        all.push(Filter::among("status", statuses.get(..MANY).unwrap_or(&statuses)));
    }
    if let Some(priority) = query.priority.filter(|it| *it != crate::picklist::USUAL) {
        let ids = lists.priorities.ids(&[priority]);
        if !ids.is_empty() {
            all.push(Filter::among("priority", ids.get(..MANY).unwrap_or(&ids)));
        }
    }
    // A day early: precision and clock are the vendor's, and each row is compared anyway.
    if let Some(since) = query.created_since.and_then(|it| it.checked_sub(24.hours()).ok()) {
        all.push(Filter::since("createDate", since));
    }
    all
}

/// The words of these tickets' notes, in lower case.
async fn notes_of(autotask: &Autotask, cx: &CallCx, maybe: &[(Facts, Ticket)]) -> Result<BTreeMap<i64, Vec<String>>> {
    const BODIES: &[&str] = &["id", "ticketID", "title", "description"];
    let ids: Vec<i64> = maybe.iter().map(|(facts, _)| facts.id).collect();
    let most = autotask.config.max_rows;
    let mut texts: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in autotask.client.among::<NoteRow>(cx, "TicketNotes", "ticketID", &ids, BODIES, most).await?.rows {
        if let Some(ticket) = row.ticket.id() {
            texts.entry(ticket).or_default().push(row.description.or_empty().to_lowercase());
        }
    }
    Ok(texts)
}

//! Reading tickets, and the port's calls that write (their steps are in `write`).

use crate::client::PER_PAGE;
use crate::entry::{Entry, Kind};
use crate::query::{self, Clause, all, any, contains, custom_equals, differs, equals, number, row_number};
use crate::wire::{self, Num};
use crate::{RequestTracker, map};
use futures::{StreamExt, TryStreamExt, stream, try_join};
use postern_api::*;
use std::collections::{BTreeMap, BTreeSet};

/// How many rows are read at most to sort by what a customer may see, which Request Tracker cannot.
const SCANNED: u32 = 500;
/// How many people are asked for at a time.
const AT_ONCE: usize = 4;

#[async_trait]
impl ServiceDesk for RequestTracker {
    async fn tickets(&self, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        let Some((filter, cut)) = self.filter(cx, query).await? else {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        };
        let viewer = query.viewer.as_ref();
        let for_customer = viewer.is_some() && query.sort == TicketSort::UpdatedAt;
        let (rows, total) = match for_customer {
            true => self.scan(cx, &filter).await?,
            false => self.window(cx, &filter, query).await?,
        };
        let seen = rows.len() as u64;
        let mut tickets = rows
            .iter()
            .map(|row| Ok((map::owner(row), map::ticket(&self.config, row, viewer.map(|it| &it.contact))?)))
            .collect::<Result<Vec<_>>>()?;
        let mut truncated = cut || total.is_none();
        if for_customer {
            truncated |= total.is_some_and(|it| it > seen);
            let key = |it: &Ticket| (it.public_updated_at, row_number(it.id.as_str()));
            tickets.sort_by(|(_, a), (_, b)| match query.descending {
                true => key(b).cmp(&key(a)),
                false => key(a).cmp(&key(b)),
            });
            let (skip, take) = (query.offset as usize, limit(query) as usize);
            tickets = tickets.into_iter().skip(skip).take(take).collect();
        }
        self.count(cx, &mut tickets, viewer.is_none()).await?;
        let rows = tickets.into_iter().map(|(owner, ticket)| Owned::new(owner, ticket)).collect();
        Ok(Page { rows, total: total.unwrap_or(u64::from(query.offset) + seen), truncated })
    }

    async fn ticket(&self, cx: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        let (owner, ticket) = self.whole(cx, id).await?;
        Ok(Owned::new(owner, ticket))
    }

    async fn create(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        self.create_ticket(cx, new).await
    }

    async fn comment(&self, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
        self.add_comment(cx, id, new).await
    }

    async fn close(&self, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
        self.close_ticket(cx, id, closure).await
    }

    async fn escalate(&self, cx: &CallCx, id: &TicketId, escalation: &NewEscalation) -> Result<Owned<Ticket>> {
        self.escalate_ticket(cx, id, escalation).await
    }

    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        let Some(queue) = self.reached_queue(cx, organisation).await? else { return Ok(None) };
        let wanted = email.trim().to_lowercase();
        let found = self.client.users(cx, &[("EmailAddress", &wanted)]).await?.items;
        let mut here = found.iter().filter(|it| {
            map::email(it.email_address.as_ref()).as_ref() == Some(&wanted)
                && self.belongs(it.organization.as_deref(), &queue.name)
        });
        match (here.next(), here.next()) {
            (Some(_), Some(_)) => Err(Error::new(ErrorKind::Conflict, "two people have this e-mail address")),
            (Some(one), None) => Ok(Some(Owned::new(Owner::Organisation(organisation.clone()), map::person(one)))),
            (None, _) => Ok(None),
        }
    }
}

fn limit(query: &TicketQuery) -> u32 {
    query.limit.clamp(1, 200)
}

impl RequestTracker {
    /// The filter of a query, and whether it leaves something out. `None`: nothing can match.
    async fn filter(&self, cx: &CallCx, q: &TicketQuery) -> Result<Option<(Clause, bool)>> {
        let organisations = match (&cx.reach, &q.organisation) {
            (reach, Some(one)) if !reach.contains(one) => return Ok(None),
            (_, Some(one)) => Some(vec![one.clone()]),
            (Reach::Organisations(some), None) => Some(some.clone()),
            (Reach::Tenant, None) => None,
        };
        let mut clauses = Vec::new();
        if let Some(some) = &organisations {
            let Some(clause) = query::queues("Queue", some) else { return Ok(None) };
            clauses.push(clause);
        }
        for person in [q.requester.as_ref(), q.viewer.as_ref().filter(|it| !it.organisation_wide).map(|it| &it.contact)]
        {
            let Some(person) = person else { continue };
            let Some(person) = row_number(person.as_str()) else { return Ok(None) };
            clauses.push(number("Requestor.id", "=", person));
        }
        if let Some(viewer) = q.viewer.as_ref().filter(|it| it.organisation_wide) {
            let open = custom_equals(&self.config.visibility_field, &self.config.visibility_organisation);
            let own = row_number(viewer.contact.as_str()).map(|it| number("Requestor.id", "=", it));
            clauses.extend(any([open].into_iter().chain(own)));
        }
        if !q.statuses.is_empty() {
            let Some(clause) = any(q.statuses.iter().filter_map(|it| self.status_clause(*it))) else { return Ok(None) };
            clauses.push(clause);
        }
        if let Some(priority) = q.priority {
            let (from, next) = self.config.priority_range(priority);
            // The lowest word takes everything below it too.
            let from = (priority != Priority::Low).then(|| number("Priority", ">=", from));
            clauses.extend(from.into_iter().chain(next.map(|it| number("Priority", "<", it))));
        }
        if let Some(since) = q.created_since {
            clauses.push(query::since("Created", since));
        }
        let mut cut = false;
        if let Some(text) = q.text.as_deref().map(str::trim).filter(|it| !it.is_empty()) {
            let (clause, more) = self.text_clause(cx, text, organisations.as_deref(), q.viewer.is_some()).await?;
            clauses.push(clause);
            cut = more;
        }
        Ok(all(clauses).or_else(|| Some(number("id", ">", 0))).map(|it| (it, cut)))
    }

    fn status_clause(&self, status: TicketStatus) -> Option<Clause> {
        let names = &self.config.statuses;
        if status == TicketStatus::Other {
            return all(names.iter().filter(|(_, it)| **it != status).map(|(name, _)| differs("Status", name)));
        }
        any(names.iter().filter(|(_, it)| **it == status).map(|(name, _)| equals("Status", name)))
    }

    /// Words in a ticket. An employee's search finds them in every message. A customer's looks in the subject and in those
    /// messages that customers read: the query language for tickets cannot tell messages apart, that for messages can.
    async fn text_clause(
        &self,
        cx: &CallCx,
        text: &str,
        organisations: Option<&[ExternalId]>,
        for_customer: bool,
    ) -> Result<(Clause, bool)> {
        let subject = contains("Subject", text);
        let nothing = || number("id", "=", 0);
        if !for_customer {
            return Ok((any([subject, contains("Content", text)]).unwrap_or_else(nothing), false));
        }
        let queues = organisations.and_then(|it| query::queues("TicketQueue", it));
        let kinds = any([equals("Type", "Create"), equals("Type", "Correspond")]);
        let messages = all(queues.into_iter().chain(kinds).chain([contains("Content", text)])).unwrap_or_else(nothing);
        let (tickets, more) = self.client.tickets_with(cx, &messages).await?;
        let found = tickets.into_iter().map(|it| number("id", "=", it));
        Ok((any([subject].into_iter().chain(found)).unwrap_or_else(nothing), more))
    }

    /// The rows from `offset` on, in as few pages as there can be.
    async fn window(&self, cx: &CallCx, filter: &Clause, q: &TicketQuery) -> Result<(Vec<wire::Ticket>, Option<u64>)> {
        let order = match q.sort {
            TicketSort::CreatedAt => ("Created", q.descending),
            TicketSort::UpdatedAt => ("LastUpdated", q.descending),
            // The most urgent has the highest number.
            TicketSort::Priority => ("Priority", !q.descending),
        };
        let (offset, take) = (q.offset, limit(q));
        if take <= PER_PAGE && offset.is_multiple_of(take) {
            let page = self.client.tickets(cx, filter, order, (take, offset / take + 1)).await?;
            return Ok((page.items, page.total));
        }
        let (mut rows, mut total) = (Vec::new(), None);
        let first = offset / PER_PAGE;
        for page in first..=offset.saturating_add(take - 1) / PER_PAGE {
            let answer = self.client.tickets(cx, filter, order, (PER_PAGE, page + 1)).await?;
            let last = answer.items.len() < PER_PAGE as usize;
            total = answer.total;
            rows.extend(answer.items);
            if last {
                break;
            }
        }
        let skip = (offset - first * PER_PAGE) as usize;
        Ok((rows.into_iter().skip(skip).take(take as usize).collect(), total))
    }

    /// The newest rows, up to the bound.
    async fn scan(&self, cx: &CallCx, filter: &Clause) -> Result<(Vec<wire::Ticket>, Option<u64>)> {
        let (mut rows, mut total) = (Vec::new(), None);
        for page in 1..=SCANNED / PER_PAGE {
            let answer = self.client.tickets(cx, filter, ("Created", true), (PER_PAGE, page)).await?;
            let last = answer.items.len() < PER_PAGE as usize;
            total = answer.total;
            rows.extend(answer.items);
            if last {
                break;
            }
        }
        Ok((rows, total))
    }

    /// Counts the messages of listed tickets; notes only where they may be counted.
    async fn count(&self, cx: &CallCx, tickets: &mut [(Owner, Ticket)], notes: bool) -> Result<()> {
        let numbers = tickets.iter().filter_map(|(_, it)| row_number(it.id.as_str()));
        let Some(of) = any(numbers.map(|it| number("TicketId", "=", it))) else { return Ok(()) };
        let kinds = [equals("Type", "Correspond")].into_iter().chain(notes.then(|| equals("Type", "Comment")));
        let Some(filter) = all([of].into_iter().chain(any(kinds))) else { return Ok(()) };
        let mut counts: BTreeMap<i64, (u32, u32)> = BTreeMap::new();
        let entries = self.client.transactions(cx, &filter).await?;
        let closings = map::closings(&self.config, &entries);
        for entry in entries {
            let (public, internal) = counts.entry(entry.object_id.0).or_default();
            match entry.kind.as_str() {
                "Correspond" if closings.get(&entry.object_id.0) != Some(&entry.id) => *public += 1,
                "Comment" if !self.is_escalation(&entry) => *internal += 1,
                _ => {}
            }
        }
        for (_, ticket) in tickets {
            let count = row_number(ticket.id.as_str()).and_then(|it| counts.get(&it));
            (ticket.public_comments, ticket.internal_comments) = count.copied().unwrap_or_default();
        }
        Ok(())
    }

    fn is_escalation(&self, entry: &wire::Transaction) -> bool {
        Entry::of(entry, &self.config.entry_field, &self.config.username).is_some_and(|it| it.kind == Kind::Escalation)
    }

    /// One row within reach, as its own search shows it; `NotFound` for any other.
    pub(crate) async fn row(&self, cx: &CallCx, id: &TicketId) -> Result<wire::Ticket> {
        let missing = || Error::not_found("ticket");
        let wanted = row_number(id.as_str()).ok_or_else(missing)?;
        let reach = match &cx.reach {
            Reach::Organisations(some) => Some(query::queues("Queue", some).ok_or_else(missing)?),
            Reach::Tenant => None,
        };
        let filter = all([number("id", "=", wanted)].into_iter().chain(reach)).ok_or_else(missing)?;
        let page = self.client.tickets(cx, &filter, ("id", false), (2, 1)).await?;
        page.items.into_iter().find(|it| it.id == Num(wanted)).ok_or_else(missing)
    }

    /// A ticket with all its messages: one call for the row, one for the history, one each for texts and files. Where the row
    /// names nobody in reach, nothing more is read, so that it takes no longer than one that is not there.
    pub(crate) async fn whole(&self, cx: &CallCx, id: &TicketId) -> Result<(Owner, Ticket)> {
        let row = self.row(cx, id).await?;
        let owner = map::owner(&row);
        if !matches!(&owner, Owner::Organisation(it) if cx.reach.contains(it)) {
            return Ok((owner, map::ticket(&self.config, &row, None)?));
        }
        let kinds = ["Create", "Correspond", "Comment", "Status"].map(|it| equals("Type", it));
        let filter = all([number("TicketId", "=", row.id.0)].into_iter().chain(any(kinds)));
        let filter = filter.ok_or_else(|| Error::internal("an empty filter"))?;
        let mut entries = self.client.transactions(cx, &filter).await?;
        entries.retain(|it| it.object_id == row.id);
        entries.sort_by_key(|it| (it.created, it.id));
        let messages: Vec<i64> = entries.iter().filter(|it| it.kind != "Status").map(|it| it.id.0).collect();
        let (parts, files, authors) = try_join!(
            self.client.texts(cx, &messages),
            self.client.files(cx, &messages),
            self.authors(cx, &row, &entries),
        )?;
        let mut ticket = map::ticket(&self.config, &row, None)?;
        let messages = map::Messages { entries: &entries, texts: map::texts(&parts), files: &files, authors };
        map::fill(&self.config, &mut ticket, &messages)?;
        Ok((owner, ticket))
    }

    /// Who wrote the messages that carry no note of ours. Somebody is staff only where Request Tracker says so; whoever it
    /// does not know counts as a customer, whose name is personal data.
    pub(crate) async fn authors(
        &self,
        cx: &CallCx,
        row: &wire::Ticket,
        entries: &[wire::Transaction],
    ) -> Result<BTreeMap<Num, Author>> {
        let (mut authors, mut unknown, mut seen) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for user in entries.iter().filter(|it| it.kind != "Status").filter_map(|it| it.creator.as_ref()) {
            if !seen.insert(user.id) {
                continue;
            }
            let queue = row.queue.as_ref().map(|it| it.name.as_str()).unwrap_or_default();
            if map::asked(row, user.id) || self.belongs(user.organization.as_deref(), queue) {
                authors.insert(user.id, Author::Customer(map::person(user)));
            } else if user.name == self.config.username {
                authors.insert(user.id, Author::Agent(map::agent(user)));
            } else {
                unknown.push(user.clone());
            }
        }
        let asked = stream::iter(unknown).map(|user| async move {
            let profile = self.client.profile(cx, user.id.0).await?;
            let staff = profile.is_some_and(|it| it.privileged == Some(Num(1)));
            let author = if staff { Author::Agent(map::agent(&user)) } else { Author::Customer(map::person(&user)) };
            Ok::<_, Error>((user.id, author))
        });
        authors.extend(asked.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?);
        Ok(authors)
    }
}

//! Lists of tickets.
//!
//! **Invariant:** with a viewer, nothing that only employees may read takes part: not in the words that are searched, not
//! in the time that is sorted by, not in the count.

use super::one;
use crate::convert::{count, micros, priority_number, status_number};
use crate::fail::Result;
use crate::filter::{Filter, MOST, nothing};
use crate::rows::Rows;
use crate::words;
use postern_api::*;

pub(super) fn page(rows: &Rows<'_>, reach: &Reach, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
    let Some(mut filter) = filter(rows, reach, query)? else {
        return Ok(nothing());
    };
    let total = {
        let sql = format!("SELECT count(*) FROM ticket t WHERE t.tenant = :tenant{}", filter.sql());
        rows.one(&sql, &filter.params(), |row| count(row, 0))?.unwrap_or(0)
    };
    let by = match query.sort {
        TicketSort::CreatedAt => "t.created_at",
        TicketSort::UpdatedAt if query.viewer.is_some() => "t.public_updated_at",
        TicketSort::UpdatedAt => "t.updated_at",
        TicketSort::Priority => "t.priority",
    };
    let order = if query.descending { "DESC" } else { "ASC" };
    let sql =
        format!("{}{} ORDER BY {by} {order}, t.key {order} LIMIT :limit OFFSET :offset", one::SELECT, filter.sql());
    filter.bind(":limit", query.limit.min(MOST));
    filter.bind(":offset", query.offset);
    let rows = rows.all(&sql, &filter.params(), |row| {
        let (_, owner, ticket) = one::head(row)?;
        Ok(Owned::new(owner, ticket))
    })?;
    Ok(Page { rows, total, truncated: false })
}

/// What narrows the query; `None`: nothing can match.
fn filter(rows: &Rows<'_>, reach: &Reach, query: &TicketQuery) -> Result<Option<Filter>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "t.organisation")?
        || !viewer(rows, query, &mut filter)?
    {
        return Ok(None);
    }
    if !query.statuses.is_empty() {
        let mask = query.statuses.iter().fold(0_i64, |mask, it| mask | (1 << status_number(*it)));
        filter.and("(:statuses >> t.status) & 1");
        filter.bind(":statuses", mask);
    }
    if let Some(priority) = query.priority {
        filter.and("t.priority = :priority");
        filter.bind(":priority", priority_number(priority));
    }
    if let Some(requester) = &query.requester {
        let Some((key, _)) = contact(rows, requester)? else { return Ok(None) };
        filter.and("t.requester = :requester");
        filter.bind(":requester", key);
    }
    // What employees alone see is no viewer's, not even the requester's.
    if query.viewer.is_some() || query.without_tasks {
        filter.and("t.private <> 2");
    }
    if let Some(since) = query.created_since {
        filter.and("t.created_at >= :since");
        filter.bind(":since", micros(since));
    }
    if let Some(text) = &query.text {
        let quoted = words::quoted(text);
        if quoted.is_empty() {
            return Ok(None);
        }
        for (number, word) in quoted.into_iter().enumerate() {
            let name = format!(":word{number}");
            let public = format!("t.key IN (SELECT rowid >> 20 FROM ticket_words WHERE ticket_words MATCH {name})");
            let notes = format!("t.key IN (SELECT rowid >> 20 FROM note_words WHERE note_words MATCH {name})");
            filter.and(&if query.viewer.is_some() { public } else { format!("({public} OR {notes})") });
            filter.bind(&name, format!("scope:\"{}\" AND text:{word}*", rows.scope_word()));
        }
    }
    Ok(Some(filter))
}

fn viewer(rows: &Rows<'_>, query: &TicketQuery, filter: &mut Filter) -> Result<bool> {
    let Some(viewer) = &query.viewer else { return Ok(true) };
    let Some((key, organisation)) = contact(rows, &viewer.contact)? else { return Ok(false) };
    filter.bind(":viewer", key);
    if viewer.organisation_wide {
        filter.and("(t.requester = :viewer OR (t.private = 0 AND t.organisation = :home))");
        filter.bind(":home", organisation);
    } else {
        filter.and("t.requester = :viewer");
    }
    Ok(true)
}

/// A contact's key and organisation.
fn contact(rows: &Rows<'_>, id: &ContactId) -> Result<Option<(i64, i64)>> {
    rows.one(
        "SELECT key, organisation FROM contact WHERE tenant = :tenant AND id = :id",
        &[(":id", &id.as_str())],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

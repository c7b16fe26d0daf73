//! Finding a write again by its reference: a ticket by its slot, an action by the custom field that the configuration names.
//!
//! Nothing searches the slot itself, so the tickets of the time in which the write began are read, and no others, however many came
//! after. How soon a list shows what was written is not published, so a search that finds nothing proves nothing here, unless
//! `search_sees_writes` says that it was seen. That is for new tickets, which are one request; what is done on a ticket may be two.

use super::write::{acted_before, carries, reachable};
use crate::adapter::{HaloPsa, in_reach};
use crate::client::Pair;
use crate::wire::{TicketRow, owner};
use jiff::{SignedDuration, Timestamp};
use postern_api::{CallCx, Error, ErrorKind, Op, Owned, Reach, Result, Sought, TicketId, Trace, Traceable};

/// How far clocks are apart that are kept well.
const NEAR: SignedDuration = SignedDuration::from_mins(5);
/// How far they are apart where the vendor's zone is another one than the configuration says, or its filter looks at days alone.
const FAR: SignedDuration = SignedDuration::from_hours(26);

/// What leaves an action on a ticket.
const ACTIONS: [Op; 3] = [Op::TicketComment, Op::TicketClose, Op::TicketEscalate];

pub(crate) fn traceable(halo: &HaloPsa, op: Op) -> Traceable {
    if op == Op::TicketCreate && halo.config.search_sees_writes {
        return Traceable::AtOnce;
    }
    let is_kept = op == Op::TicketCreate || ACTIONS.contains(&op) && halo.config.action_reference_field.is_some();
    if is_kept { Traceable::Later } else { Traceable::No }
}

pub(crate) async fn find(halo: &HaloPsa, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(halo, sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { reference: Some(sought.reference.clone()), looking: true, ..cx.clone() };
    if sought.op == Op::TicketCreate {
        let found = created(halo, &cx, sought).await?;
        return Ok(found.and_then(|row| traced(&row)));
    }
    let ticket = sought.record.as_deref().and_then(|it| TicketId::new(it).ok());
    let ticket = ticket.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no ticket"))?;
    let (number, row) = reachable(halo, &cx, &ticket).await?;
    let found = acted_before(halo, &cx, number).await?.and_then(|it| it.id.id());
    Ok(found.map(|id| Owned::new(owner(row.client_id), Trace { record: id.to_string() })))
}

fn traced(row: &TicketRow) -> Option<Owned<Trace>> {
    Some(Owned::new(owner(row.client_id), Trace { record: row.id.id()?.to_string() }))
}

/// The ticket with the reference: where the clocks agree, a page or two are read; else those of the days around it.
async fn created(halo: &HaloPsa, cx: &CallCx, sought: &Sought) -> Result<Option<TicketRow>> {
    let client = match (&sought.organisation, &cx.reach) {
        (Some(organisation), _) => Some(in_reach(cx, organisation).ok_or_else(|| Error::not_found("organisation"))?),
        (None, Reach::Tenant) => None,
        (None, Reach::Organisations(_)) => return Err(Error::not_found("organisation")),
    };
    let mut whole = true;
    for margin in [NEAR, FAR] {
        let query = between(halo, client, sought.window(margin));
        let is_it = |row: &TicketRow| {
            carries(halo, row, &sought.reference) && client.is_none_or(|it| row.client_id.id() == Some(it))
        };
        let read = halo.client.paged_until(cx, "Tickets", "tickets", &query, is_it).await?;
        whole = !read.truncated;
        if let Some(row) = read.rows.into_iter().find(is_it) {
            return Ok(Some(row));
        }
    }
    if whole { Ok(None) } else { Err(Error::bad_reply("more tickets of that time than can be read; raise `max_rows`")) }
}

/// The tickets of a time, the oldest first: what comes later moves no page.
fn between(halo: &HaloPsa, client: Option<i64>, (from, to): (Timestamp, Timestamp)) -> Vec<Pair> {
    let mut query = vec![
        ("includeclosed", "true".to_owned()),
        ("datesearch", "dateoccurred".to_owned()),
        ("startdate", halo.clock.write(from)),
        ("enddate", halo.clock.write(to)),
        ("order", "id".to_owned()),
        ("orderdesc", "false".to_owned()),
    ];
    query.extend(client.map(|it| ("client_id", it.to_string())));
    query
}

//! Finding a write again by its reference: a ticket by its slot, an action by the custom field that the configuration names.
//!
//! How soon a list shows what was written is not published, so a search that finds nothing proves nothing here.

use super::write::{acted_before, created_before, reachable};
use crate::adapter::{HaloPsa, in_reach};
use crate::wire::owner;
use postern_api::{CallCx, Error, ErrorKind, Op, Owned, Result, Sought, TicketId, Trace, Traceable};

/// What leaves an action on a ticket.
const ACTIONS: [Op; 3] = [Op::TicketComment, Op::TicketClose, Op::TicketEscalate];

pub(crate) fn traceable(halo: &HaloPsa, op: Op) -> Traceable {
    let is_kept = op == Op::TicketCreate || ACTIONS.contains(&op) && halo.config.action_reference_field.is_some();
    if is_kept { Traceable::Later } else { Traceable::No }
}

pub(crate) async fn find(halo: &HaloPsa, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(halo, sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { reference: Some(sought.reference.clone()), looking: true, ..cx.clone() };
    if sought.op == Op::TicketCreate {
        let organisation = sought.organisation.as_ref();
        let client = organisation.and_then(|it| in_reach(&cx, it)).ok_or_else(|| Error::not_found("organisation"))?;
        let found = created_before(halo, &cx, client, &sought.reference).await?;
        let trace = found.and_then(|row| Some((owner(row.client_id), row.id.id()?.to_string())));
        return Ok(trace.map(|(owner, record)| Owned::new(owner, Trace { record })));
    }
    let ticket = sought.record.as_deref().and_then(|it| TicketId::new(it).ok());
    let ticket = ticket.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no ticket"))?;
    let (number, row) = reachable(halo, &cx, &ticket).await?;
    let found = acted_before(halo, &cx, number).await?.and_then(|it| it.id.id());
    Ok(found.map(|id| Owned::new(owner(row.client_id), Trace { record: id.to_string() })))
}

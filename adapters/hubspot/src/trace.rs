//! Finding a change again by its reference: in the unique property that carries it, on a contact or on a company.
//!
//! The record is asked for by that property's value, which needs no search index. The property holds the last change's reference
//! alone, so that what is not found proves nothing.

use crate::adapter::HubSpot;
use crate::crm::{COMPANY, CONTACT};
use crate::wire::{Record, owner};
use postern_api::{CallCx, Error, Op, Owned, Owner, Result, Sought, Trace, Traceable};

pub(crate) fn traceable(hubspot: &HubSpot, op: Op) -> Traceable {
    let is_kept = op == Op::ProfileChange && hubspot.config.reference_property.is_some();
    if is_kept { Traceable::Later } else { Traceable::No }
}

/// The record that was changed, if it is of the organisation that is meant.
pub(crate) async fn find(hubspot: &HubSpot, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    let property = hubspot.config.reference_property.as_deref().filter(|_| sought.op == Op::ProfileChange);
    let property = property.ok_or_else(|| Error::unsupported(sought.op))?;
    let cx = CallCx { looking: true, ..cx.clone() };
    for (kind, its) in [(CONTACT, Record::company as fn(&Record) -> Owner), (COMPANY, |it: &Record| owner(&it.id))] {
        let wanted: &[&str] = if kind == CONTACT { &[property, "associatedcompanyid"] } else { &[property] };
        let found = hubspot.client.by_unique(&cx, kind, (property, &sought.reference), wanted).await?;
        let Some(record) = found else { continue };
        let owner = its(&record);
        let meant = |it: &_| cx.reach.contains(it) && sought.organisation.as_ref().is_none_or(|meant| meant == it);
        if !matches!(&owner, Owner::Organisation(it) if meant(it)) {
            return Err(Error::not_found("record"));
        }
        return Ok(Some(Owned::new(owner, Trace { record: record.id })));
    }
    Ok(None)
}

//! Finding a write again by its reference.
//!
//! Everything is in one database, and a write is there as soon as it ended: what a search does not find was never done.

use crate::convert::owner;
use crate::once::TENANTS_OWN;
use crate::rows::Rows;
use crate::{adapter::organisation_in_reach, fail::Result};
use postern_api::*;

/// Writes whose reference stands in their own row.
const TICKET: &str = "SELECT t.id, o.id FROM ticket t JOIN organisation o ON o.key = t.organisation
    WHERE t.tenant = :tenant AND t.reference = :reference";
const CLOSED: &str = "SELECT t.id, o.id FROM ticket t JOIN organisation o ON o.key = t.organisation
    WHERE t.tenant = :tenant AND t.close_reference = :reference";
const COMMENT: &str =
    "SELECT c.id, o.id FROM comment c JOIN ticket t ON t.key = c.ticket JOIN organisation o ON o.key = t.organisation
    WHERE c.tenant = :tenant AND c.reference = :reference";
const ESCALATION: &str = "SELECT t.id, o.id FROM escalation e JOIN ticket t ON t.key = e.ticket JOIN organisation o ON o.key = t.organisation
    WHERE e.tenant = :tenant AND e.reference = :reference";
const LOGIN: &str =
    "SELECT c.id, o.id FROM login l JOIN contact c ON c.key = l.contact JOIN organisation o ON o.key = l.organisation
    WHERE l.tenant = :tenant AND l.reference = :reference";
/// The lead role moves to somebody: role 0 is lead.
const LEAD: &str = "SELECT c.id, o.id FROM role_change r JOIN contact c ON c.key = r.contact JOIN organisation o ON o.key = r.organisation
    WHERE r.tenant = :tenant AND r.reference = :reference AND r.after = 0";

/// How surely a write of this kind is found.
pub(crate) fn traceable(op: Op) -> Traceable {
    match own_row(op) {
        Some(_) => Traceable::AtOnce,
        None if NOTED.contains(&op) => Traceable::AtOnce,
        None => Traceable::No,
    }
}

/// Writes that are noted beside what they change.
const NOTED: &[Op] = &[
    Op::TicketChange,
    Op::PortalUserInvite,
    Op::AccessChange,
    Op::AccessReset,
    Op::PaymentLinkCreate,
    Op::DocumentPublish,
    Op::DocumentRevoke,
    Op::NoticeSend,
    Op::BrandingSet,
    Op::WorkspaceCreate,
    Op::FaqSet,
    Op::SubmissionRecord,
    Op::ConsentRecord,
    Op::SnapshotRecord,
    Op::ProfileChange,
    Op::TicketAdjust,
    Op::DocumentWithdraw,
    Op::PreferenceSet,
];

fn own_row(op: Op) -> Option<&'static str> {
    [
        (Op::TicketCreate, TICKET),
        (Op::TaskCreate, TICKET),
        (Op::TicketClose, CLOSED),
        (Op::TicketComment, COMMENT),
        (Op::TicketReply, COMMENT),
        (Op::TicketEscalate, ESCALATION),
        (Op::LoginInvite, LOGIN),
        (Op::LeadTransfer, LEAD),
    ]
    .into_iter()
    .find_map(|(it, sql)| (it == op).then_some(sql))
}

/// What a write left, if it is in reach.
pub(crate) fn find(rows: &Rows<'_>, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    let reference: &str = &sought.reference;
    let found = match own_row(sought.op) {
        Some(sql) => {
            rows.one(sql, &[(":reference", &reference)], |row| Ok((owner(row, 1)?, Trace { record: row.get(0)? })))?
        }
        None if NOTED.contains(&sought.op) => rows.one(
            "SELECT e.subject, o.id, e.organisation FROM effect e LEFT JOIN organisation o ON o.key = e.organisation
             WHERE e.tenant = :tenant AND e.operation = :op AND e.reference = :reference",
            &[(":op", &sought.op.name()), (":reference", &reference)],
            |row| {
                let owner = if row.get::<_, i64>(2)? == TENANTS_OWN { Owner::Tenant } else { owner(row, 1)? };
                Ok((owner, Trace { record: row.get(0)? }))
            },
        )?,
        None => return Err(Error::unsupported(sought.op).into()),
    };
    let in_reach = |owner: &Owner| match owner {
        Owner::Organisation(it) => {
            let meant = sought.organisation.as_ref().is_none_or(|meant| meant == it);
            Ok(meant && organisation_in_reach(rows, &cx.reach, it)?.is_some())
        }
        Owner::Tenant => Ok(sought.organisation.is_none()),
        Owner::Unknown => Ok(false),
    };
    let Some((owner, trace)) = found else { return Ok(None) };
    let in_reach: Result<bool> = in_reach(&owner);
    Ok(in_reach?.then(|| Owned::new(owner, trace)))
}

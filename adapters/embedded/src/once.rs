//! One effect: what a write with a reference left is found when it is sent again.
//!
//! An effect is noted in the transaction that has it, for the organisation that it is about. The same reference for
//! another organisation finds nothing and cannot be noted a second time: `Conflict`.

use crate::fail::Result;
use crate::rows::Rows;
use postern_api::*;

/// Stands for the tenant's own records, which are no organisation's.
pub(crate) const TENANTS_OWN: i64 = 0;

/// What an earlier write of this kind with the same reference left.
pub(crate) fn earlier(rows: &Rows<'_>, cx: &CallCx, op: Op, organisation: i64) -> Result<Option<String>> {
    let Some(reference) = &cx.reference else { return Ok(None) };
    rows.one(
        "SELECT subject FROM effect
         WHERE tenant = :tenant AND operation = :op AND reference = :reference AND organisation = :organisation",
        &[(":op", &op.name()), (":reference", reference), (":organisation", &organisation)],
        |row| Ok(row.get(0)?),
    )
}

/// Notes what a write left, by the id that finds it again.
pub(crate) fn keep(rows: &Rows<'_>, cx: &CallCx, op: Op, organisation: i64, subject: &str) -> Result<()> {
    let Some(reference) = &cx.reference else { return Ok(()) };
    rows.change(
        "INSERT INTO effect (tenant, operation, reference, organisation, subject)
         VALUES (:tenant, :op, :reference, :organisation, :subject)",
        &[(":op", &op.name()), (":reference", reference), (":organisation", &organisation), (":subject", &subject)],
    )?;
    Ok(())
}

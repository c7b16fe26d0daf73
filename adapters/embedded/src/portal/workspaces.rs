//! Customers' portals, of which each has one at most.

use crate::adapter::required_organisation;
use crate::convert::{from_json, id, json, micros, owner, time};
use crate::fail::{Result, refuse};
use crate::once;
use crate::people::users;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use serde::Serialize;

/// The portal of an organisation, by its key.
pub(super) fn of(rows: &Rows<'_>, organisation: i64) -> Result<Option<Owned<Workspace>>> {
    rows.one(
        "SELECT o.id, w.id, w.active, w.welcome_text, r.id, w.service_records, w.documents, w.invoices, w.created_at
         FROM workspace w JOIN organisation o ON o.key = w.organisation JOIN access_role r ON r.key = w.default_role
         WHERE w.tenant = :tenant AND w.organisation = :organisation",
        &[(":organisation", &organisation)],
        |row| {
            let record = Workspace {
                id: id(row, 1, WorkspaceId::new)?,
                active: row.get(2)?,
                welcome_text: row.get(3)?,
                default_role: id(row, 4, AccessRoleId::new)?,
                service_records: from_json(row, 5)?,
                documents: from_json(row, 6)?,
                invoices: from_json(row, 7)?,
                created_at: time(row, 8)?,
            };
            Ok(Owned::new(owner(row, 0)?, record))
        },
    )
}

pub(super) fn create(rows: &Rows<'_>, cx: &CallCx, new: &NewWorkspace) -> Result<Owned<Workspace>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    let again = once::earlier(rows, cx, Op::WorkspaceCreate, organisation)?.is_some();
    match of(rows, organisation)? {
        Some(there) if again => return Ok(there),
        Some(_) => return refuse(ErrorKind::Conflict, "this customer has a portal already"),
        None => {}
    }
    let roles = users::grantable(rows, std::slice::from_ref(&new.default_role))?;
    for (ids, known) in [
        (json_ids(&new.service_records)?, "SELECT id FROM project WHERE tenant = :tenant AND customer_visible = 1"),
        (json_ids(&new.documents)?, "SELECT id FROM document WHERE tenant = :tenant AND internal = 0"),
        (json_ids(&new.invoices)?, "SELECT id FROM invoice WHERE tenant = :tenant AND customer_visible = 1"),
    ] {
        let foreign = format!("SELECT 1 FROM json_each(:ids) WHERE value NOT IN ({known} AND organisation = :whose)");
        if rows.one(&foreign, &[(":ids", &ids), (":whose", &organisation)], |_| Ok(()))?.is_some() {
            let message = "a record is not this customer's, or not for customers; preview the portal again";
            return refuse(ErrorKind::InvalidArgument, message);
        }
    }
    let workspace = format!("WS-{:04}", rows.next("workspace")?);
    rows.insert(
        "INSERT INTO workspace (tenant, id, organisation, active, welcome_text, default_role, service_records,
         documents, invoices, by, created_at) VALUES (:tenant, :id, :organisation, 1, :welcome, :role, :records,
         :documents, :invoices, :by, :now)",
        &[
            (":id", &workspace),
            (":organisation", &organisation),
            (":welcome", &new.welcome_text),
            (":role", &roles.first()),
            (":records", &json_ids(&new.service_records)?),
            (":documents", &json_ids(&new.documents)?),
            (":invoices", &json_ids(&new.invoices)?),
            (":by", &new.by),
            (":now", &micros(Timestamp::now())),
        ],
    )?;
    once::keep(rows, cx, Op::WorkspaceCreate, organisation, &workspace)?;
    of(rows, organisation)?.ok_or_else(|| Error::internal("a workspace is gone").into())
}

fn json_ids(ids: &[impl Serialize]) -> Result<String> {
    json(&ids)
}

//! The gateway whose audit log is long already: the embedded row again, on a log with very many rows.

use crate::Failure;
use crate::checks::AUDIT_ROWS;
use crate::client::Request;
use crate::gateway::{Behind, Gateway, TENANT, ticket_near};
use crate::issuer::Issuer;
use crate::row::Row;
use crate::run::{Field, WANTED, started};
use crate::table::complain;
use postern::audit::journal::Event;
use postern::audit::{Journal, Settings};
use postern::caller::Principal;
use postern_api::TenantId;
use std::path::Path;

/// Whose rows they are, the person who is measured among them.
const PEOPLE: usize = 64;

/// Adds the row; a note on it.
pub(crate) async fn measure(
    field: &mut Field,
    program: &Path,
    scratch: &Path,
    issuer: &Issuer,
    rows: u32,
) -> Result<String, Failure> {
    let dir = scratch.join("audit-rows");
    let gateway = Gateway::prepare(program, &dir, issuer, Behind::Embedded, 1)?;
    let lead = "lead@acme.example";
    let token = gateway.customer(issuer, lead)?;
    complain(&format!("writing {rows} audit rows"));
    written(&dir, rows, &gateway.customers(issuer), lead)?;
    let request = {
        let mut first = gateway.start()?;
        first.answers(&Request::list(gateway.address, &token), Some(200)).await?;
        ticket_near(gateway.address, &token, WANTED).await?.0
    };
    let (server, start) = started(&gateway, &request).await?;
    let mut row = Row::new(AUDIT_ROWS, &server, request)?;
    row.connections = vec![16];
    row.start = Some(start);
    field.add_rows(server, [row]);
    Ok(format!("long audit log: {rows} rows of {PEOPLE} people were there before the first call"))
}

/// Appends them as the gateway itself would.
fn written(dir: &Path, rows: u32, issuer: &str, lead: &str) -> Result<(), Failure> {
    let tenant = TenantId::new(TENANT)?;
    let principals: Vec<Principal> = (0..PEOPLE)
        .map(|nth| Principal {
            issuer: issuer.into(),
            subject: if nth == 0 { lead.into() } else { format!("person-{nth}").into() },
        })
        .collect();
    let journal = Journal::open(dir, Settings::default())?;
    for principal in principals.iter().cycle().take(rows as usize) {
        let (tenant, principal) = (Some(&tenant), Some(principal));
        journal.event(&Event { tenant, principal, code: "token_issued", request_id: "load", ..Event::default() });
    }
    journal.sign_head()?;
    Ok(())
}

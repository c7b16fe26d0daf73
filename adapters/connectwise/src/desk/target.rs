//! Teams and members: to whom a ticket goes, and who signs a note.

use crate::adapter::ConnectWise;
use crate::client::{Field, Query};
use crate::wire::{ColleagueRow, Flag, MemberRow, NamedRow, TicketRow};
use postern_api::{Agent, CallCx, Error, ErrorKind, Result};

/// To whom a ticket can be escalated.
pub(crate) struct Target {
    pub(crate) field: Field,
    pub(crate) id: i64,
    pub(crate) name: String,
}

impl Target {
    /// Whether a ticket is there.
    pub(crate) fn holds(&self, row: &TicketRow) -> bool {
        let reference = if self.field == Field::Team { &row.team } else { &row.owner };
        reference.id.id() == Some(self.id)
    }
}

/// The team of this board with this name, or else the member; names in any case, one of each or none.
pub(crate) async fn target(psa: &ConnectWise, cx: &CallCx, board: Option<i64>, wanted: &str) -> Result<Target> {
    let wanted = wanted.trim().to_lowercase();
    let board = board.ok_or_else(nobody)?.to_string();
    // A team is there or not: it has no mark that it is out of use.
    let query = Query { fields: "id,name", ..Query::default() };
    let teams = psa.client.all::<NamedRow>(cx, &["service", "boards", &board, "teams"], &query).await?;
    let team = |row: &NamedRow| {
        let name = row.name.get().filter(|it| it.to_lowercase() == wanted)?;
        Some((row.id.id()?, name.to_owned()))
    };
    if let Some((id, name)) = only(teams.iter().filter_map(team))? {
        return Ok(Target { field: Field::Team, id, name });
    }
    let members = members(psa, cx).await?;
    let member = |row: &MemberRow| {
        let name = full_name(row);
        let same = name.to_lowercase() == wanted || row.identifier.or_empty().to_lowercase() == wanted;
        Some((row.id.id()?, name)).filter(|_| same && !wanted.is_empty())
    };
    match only(members.iter().filter_map(member))? {
        Some((id, name)) => Ok(Target { field: Field::Owner, id, name }),
        None => Err(nobody()),
    }
}

fn nobody() -> Error {
    let message = "no team of the ticket's board and no member has this name; use the name of one as `target`";
    Error::new(ErrorKind::InvalidArgument, message)
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Result<Option<T>> {
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::InvalidArgument, "several teams or members have this name; use another `target`"))
        }
        (found, _) => Ok(found),
    }
}

/// The member that an employee is, by the whole name and by nothing less. Where that is not plain, or members are not for
/// Postern's account to see, a note is signed by the account.
pub(crate) async fn signer(psa: &ConnectWise, cx: &CallCx, agent: &Agent) -> Option<i64> {
    let wanted = agent.name.trim().to_lowercase();
    let members = members(psa, cx).await.ok()?;
    let mut same = members.iter().filter(|row| !wanted.is_empty() && full_name(row).to_lowercase() == wanted);
    match (same.next(), same.next()) {
        (Some(only), None) => only.id.id(),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// The member with this address at work, in any case.
pub(crate) async fn colleague(psa: &ConnectWise, cx: &CallCx, address: &str) -> Result<i64> {
    let wanted = address.trim().to_lowercase();
    let query = Query { fields: "id,defaultEmail,inactiveFlag", ..Query::default() };
    let rows = psa.client.all::<ColleagueRow>(cx, &["system", "info", "members"], &query).await?;
    let same = |row: &&ColleagueRow| {
        !wanted.is_empty() && row.inactive_flag != Flag::Yes && row.default_email.or_empty().to_lowercase() == wanted
    };
    let mut same = rows.iter().filter(same).filter_map(|row| row.id.id());
    let message = match (same.next(), same.next()) {
        (Some(only), None) => return Ok(only),
        (Some(_), Some(_)) => "several members have this address; ask an administrator to correct one of them",
        (None, _) => "no member has this address; use the address that a member has in the connected system",
    };
    Err(Error::new(ErrorKind::InvalidArgument, message))
}

/// Who works for the MSP now, from the list that has no rates, no addresses and no passwords.
async fn members(psa: &ConnectWise, cx: &CallCx) -> Result<Vec<MemberRow>> {
    let query = Query { fields: "id,identifier,firstName,lastName,inactiveFlag", ..Query::default() };
    let mut rows = psa.client.all::<MemberRow>(cx, &["system", "info", "members"], &query).await?;
    rows.retain(|row| row.inactive_flag != Flag::Yes);
    Ok(rows)
}

fn full_name(row: &MemberRow) -> String {
    format!("{} {}", row.first_name.or_empty(), row.last_name.or_empty()).trim().to_owned()
}

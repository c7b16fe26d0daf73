//! Between columns and domain types.

use crate::fail::{Fail, Result};
use jiff::Timestamp;
use postern_api::*;
use rusqlite::Row;

/// A number that is never negative.
pub(crate) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|e| Error::internal("a negative number").because(e).into())
}

/// A time as it is kept.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The same, where there may be none.
pub(crate) fn some_micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(micros)
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|e| Error::internal("a time out of range").because(e).into())
}

pub(crate) fn some_time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    let time = micros.map(Timestamp::from_microsecond).transpose();
    time.map_err(|e| Error::internal("a time out of range").because(e).into())
}

/// An id from a text column.
pub(crate) fn id<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl Fn(&str) -> std::result::Result<T, id::InvalidId>,
) -> Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|e| Error::internal("an id is no text").because(e))?;
    parse(text).map_err(|e| Error::internal("an id that is none").because(e).into())
}

/// Who a row belongs to, as its organisation column says.
pub(crate) fn owner(row: &Row<'_>, column: usize) -> Result<Owner> {
    Ok(Owner::Organisation(id(row, column, ExternalId::new)?))
}

fn unknown<T>(what: &'static str, number: i64) -> Result<T> {
    Err(Fail::Refused(Error::internal(format!("{what} {number} is unknown"))))
}

pub(crate) fn status_number(status: TicketStatus) -> i64 {
    match status {
        TicketStatus::Open => 0,
        TicketStatus::Pending => 1,
        TicketStatus::Resolved => 2,
        TicketStatus::Closed => 3,
        TicketStatus::Other => 4,
    }
}

pub(crate) fn status(row: &Row<'_>, column: usize) -> Result<TicketStatus> {
    Ok(match row.get(column)? {
        0 => TicketStatus::Open,
        1 => TicketStatus::Pending,
        2 => TicketStatus::Resolved,
        3 => TicketStatus::Closed,
        4 => TicketStatus::Other,
        number => return unknown("status", number),
    })
}

pub(crate) fn priority_number(priority: Priority) -> i64 {
    match priority {
        Priority::Critical => 0,
        Priority::High => 1,
        Priority::Medium => 2,
        Priority::Low => 3,
    }
}

pub(crate) fn priority(row: &Row<'_>, column: usize) -> Result<Priority> {
    Ok(match row.get(column)? {
        0 => Priority::Critical,
        1 => Priority::High,
        2 => Priority::Medium,
        3 => Priority::Low,
        number => return unknown("priority", number),
    })
}

pub(crate) fn visibility(row: &Row<'_>, column: usize) -> Result<Visibility> {
    Ok(if row.get(column)? { Visibility::Private } else { Visibility::Organisation })
}

pub(crate) fn role_number(role: LoginRole) -> i64 {
    match role {
        LoginRole::Lead => 0,
        LoginRole::Basic => 1,
    }
}

pub(crate) fn role(number: i64) -> Result<LoginRole> {
    Ok(match number {
        0 => LoginRole::Lead,
        1 => LoginRole::Basic,
        number => return unknown("role", number),
    })
}

pub(crate) fn login_status_number(status: LoginStatus) -> i64 {
    match status {
        LoginStatus::Active => 0,
        LoginStatus::Pending => 1,
        LoginStatus::Disabled => 2,
    }
}

pub(crate) fn login_status(row: &Row<'_>, column: usize) -> Result<LoginStatus> {
    Ok(match row.get(column)? {
        0 => LoginStatus::Active,
        1 => LoginStatus::Pending,
        2 => LoginStatus::Disabled,
        number => return unknown("login status", number),
    })
}

pub(crate) fn organisation_status_number(status: OrganisationStatus) -> i64 {
    match status {
        OrganisationStatus::Active => 0,
        OrganisationStatus::Suspended => 1,
        OrganisationStatus::Closed => 2,
    }
}

pub(crate) fn organisation_status(row: &Row<'_>, column: usize) -> Result<OrganisationStatus> {
    Ok(match row.get(column)? {
        0 => OrganisationStatus::Active,
        1 => OrganisationStatus::Suspended,
        2 => OrganisationStatus::Closed,
        number => return unknown("organisation status", number),
    })
}

//! Between columns and domain types.

use crate::fail::{Fail, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use postern_api::*;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

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

/// An id from a text column that may be empty.
pub(crate) fn some_id<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl Fn(&str) -> std::result::Result<T, id::InvalidId>,
) -> Result<Option<T>> {
    if row.get_ref(column)? == rusqlite::types::ValueRef::Null { Ok(None) } else { id(row, column, parse).map(Some) }
}

pub(crate) fn text(row: &Row<'_>, column: usize) -> Result<Text> {
    Ok(Text::new(row.get::<_, String>(column)?))
}

pub(crate) fn some_text(row: &Row<'_>, column: usize) -> Result<Option<Text>> {
    Ok(row.get::<_, Option<String>>(column)?.map(Text::new))
}

/// An agent from three columns, where there is one.
pub(crate) fn some_agent(row: &Row<'_>, column: usize) -> Result<Option<Agent>> {
    let Some(id) = row.get(column)? else { return Ok(None) };
    Ok(Some(Agent { id, name: row.get(column + 1)?, email: row.get(column + 2)? }))
}

/// A person at a customer from three columns, where there is one.
pub(crate) fn some_person(row: &Row<'_>, column: usize) -> Result<Option<Person>> {
    let Some(contact) = some_id(row, column, ContactId::new)? else { return Ok(None) };
    Ok(Some(Person { contact: Some(contact), name: row.get(column + 1)?, email: row.get(column + 2)? }))
}

/// A value of a closed list, as the word that it is known by.
pub(crate) fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) => Err(Error::internal("a value that is no word").into()),
        Err(e) => Err(Error::internal("a value that is no word").because(e).into()),
    }
}

/// The words of several.
pub(crate) fn words(values: &[impl Serialize]) -> Result<Vec<String>> {
    values.iter().map(word).collect()
}

/// A value of a closed list, from its word.
pub(crate) fn named<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    let word = serde_json::Value::String(row.get(column)?);
    serde_json::from_value(word).map_err(|e| Error::internal("a word that is unknown").because(e).into())
}

/// A list or a map, as it is kept.
pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal("a list that cannot be kept").because(e).into())
}

/// A list or a map from its column.
pub(crate) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|e| Error::internal("a list is no text").because(e))?;
    serde_json::from_str(text).map_err(|e| Error::internal("a list that cannot be read").because(e).into())
}

pub(crate) fn some_date(row: &Row<'_>, column: usize) -> Result<Option<Date>> {
    let text: Option<String> = row.get(column)?;
    let date = text.map(|it| it.parse::<Date>()).transpose();
    date.map_err(|e| Error::internal("a day that is none").because(e).into())
}

/// Days from two columns.
pub(crate) fn days(row: &Row<'_>, column: usize) -> Result<Days> {
    Ok(Days { from: some_date(row, column)?, until: some_date(row, column + 1)? })
}

/// An amount and its currency from two columns, where there is one.
pub(crate) fn some_money(row: &Row<'_>, column: usize) -> Result<Option<Money>> {
    let (amount, currency): (Option<String>, Option<String>) = (row.get(column)?, row.get(column + 1)?);
    let (Some(amount), Some(currency)) = (amount, currency) else { return Ok(None) };
    let amount = amount.parse::<Decimal>().map_err(|e| Error::internal("an amount that is none").because(e))?;
    let currency = Currency::new(&currency).ok_or_else(|| Error::internal("a currency that is none"))?;
    Ok(Some(Money::new(amount, currency)))
}

/// The same, where there must be one.
pub(crate) fn money(row: &Row<'_>, column: usize) -> Result<Money> {
    some_money(row, column)?.ok_or_else(|| Error::internal("an amount is missing").into())
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
    Ok(match row.get(column)? {
        0 => Visibility::Organisation,
        1 => Visibility::Private,
        2 => Visibility::Staff,
        number => return unknown("visibility", number),
    })
}

pub(crate) fn visibility_number(visibility: Visibility) -> i64 {
    match visibility {
        Visibility::Organisation => 0,
        Visibility::Private => 1,
        Visibility::Staff => 2,
    }
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

//! Writing: tickets at the root, notes below their ticket. What is wrong is said in a text, with status 500.

use super::schema::{self, Field, Rule};
use super::{Data, Quirks, seed};
use serde_json::{Map, Value, json};

type Refused = String;

/// Each write is a second after the last one, so that nothing depends on the machine's clock.
fn now(data: &mut Data) -> String {
    data.writes += 1;
    let start = jiff::civil::datetime(2026, 10, 1, 12, 0, 0, 0);
    let at = start.checked_add(jiff::Span::new().seconds(i64::from(data.writes))).unwrap_or(start);
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn next(rows: &[Value]) -> i64 {
    rows.iter().filter_map(|it| it.get("id")?.as_i64()).max().unwrap_or_default() + 1
}

/// The record in a body, with known fields, values of picklists, and nothing empty.
fn record(fields: &[Field], body: &[u8], changes: bool) -> Result<Map<String, Value>, Refused> {
    let Ok(Value::Object(record)) = serde_json::from_slice::<Value>(body) else {
        return Err("Request body is required.".into());
    };
    for (name, value) in &record {
        let (_, _, rule) =
            fields.iter().find(|(it, ..)| it == name).ok_or_else(|| format!("Unable to find {name} in the Entity."))?;
        if value.is_null() {
            return Err("Object reference not set to an instance of an object.".into());
        }
        let key = changes && name == "id";
        if *rule == Rule::Fixed && !key {
            return Err(format!("{name} is read only."));
        }
        if *rule == Rule::Pick && !schema::picks(name).iter().any(|(id, ..)| value.as_i64() == Some(*id)) {
            return Err(format!("Picklist value [{value}] does not exist for {name}"));
        }
    }
    if record.contains_key("assignedResourceID") != record.contains_key("assignedResourceRoleID") {
        return Err(
            "When assigning a Resource, you must assign both a assignedResourceID and assignedResourceRoleID.".into()
        );
    }
    Ok(record)
}

fn has_role(data: &mut Data, record: &Map<String, Value>) -> Result<(), Refused> {
    let Some(resource) = record.get("assignedResourceID") else { return Ok(()) };
    let role = record.get("assignedResourceRoleID");
    let fits = |row: &Value| row.get("resourceID") == Some(resource) && row.get("roleID") == role;
    if data.rows("ResourceServiceDeskRoles").iter().any(fits) {
        return Ok(());
    }
    Err("The specified AssignedResourceID and AssignedRoleID combination is not currently defined".into())
}

fn exists(data: &mut Data, entity: &'static str, id: &Value) -> bool {
    data.rows(entity).iter().any(|it| it.get("id") == Some(id))
}

pub(super) fn create(data: &mut Data, quirks: &Quirks, body: &[u8]) -> Result<i64, Refused> {
    let mut record = record(schema::tickets(), body, false)?;
    for name in ["companyID", "title", "status", "priority"] {
        if record.get(name).is_none_or(|it| it.as_str() == Some("")) {
            return Err(format!("{name} is required"));
        }
    }
    has_role(data, &record)?;
    for (name, entity) in [("companyID", "Companies"), ("contactID", "Contacts")] {
        if let Some(id) = record.get(name).cloned()
            && !exists(data, entity, &id)
        {
            return Err(format!("Value does not reference an existing entity for {name} . "));
        }
    }
    if let Some(company) = quirks.create_for {
        record.insert("companyID".into(), json!(company));
    }
    if quirks.lose_fields {
        record.remove("userDefinedFields");
    }
    let at = now(data);
    let id = next(data.rows("Tickets"));
    let mut row = seed::bare_ticket(id, &at);
    if let Some(row) = row.as_object_mut() {
        row.extend(record);
    }
    data.rows("Tickets").push(row);
    Ok(id)
}

pub(super) fn change(data: &mut Data, quirks: &Quirks, body: &[u8]) -> Result<i64, Refused> {
    let record = record(schema::tickets(), body, true)?;
    let id = record.get("id").and_then(Value::as_i64).ok_or("id is required")?;
    has_role(data, &record)?;
    let at = now(data);
    let row = data.rows("Tickets").iter_mut().find(|it| it.get("id").and_then(Value::as_i64) == Some(id));
    let row = row.and_then(Value::as_object_mut).ok_or("No matching records found.")?;
    for (name, value) in record {
        // Answered with 200, and put back by a workflow rule.
        if !quirks.revert.contains(&name.as_str()) {
            row.insert(name, value);
        }
    }
    row.insert("lastActivityDate".into(), json!(at));
    if row.get("status").and_then(Value::as_i64) == Some(seed::COMPLETE) {
        for name in ["completedDate", "resolvedDateTime", "lastCustomerVisibleActivityDateTime"] {
            row.insert(name.into(), json!(at));
        }
    }
    Ok(id)
}

pub(super) fn note(data: &mut Data, quirks: &Quirks, ticket: &str, body: &[u8]) -> Result<i64, Refused> {
    let mut record = record(schema::notes(), body, false)?;
    let ticket: i64 = ticket.parse().map_err(|_| "No matching records found.")?;
    for name in ["title", "description", "noteType", "publish"] {
        if record.get(name).is_none_or(|it| it.as_str() == Some("")) {
            return Err(format!("{name} is required"));
        }
    }
    if !exists(data, "Tickets", &json!(ticket)) {
        return Err("No matching records found.".into());
    }
    if record.get("title").and_then(Value::as_str).is_some_and(|it| it.chars().count() > 250) {
        return Err("title exceeds the maximum length of 250.".into());
    }
    // Writable by its description, and not written.
    record.remove("createdByContactID");
    if let Some(publish) = quirks.publish {
        record.insert("publish".into(), json!(publish));
    }
    let shown = record.get("publish").and_then(Value::as_i64) == Some(1);
    let at = now(data);
    let id = next(data.rows("TicketNotes"));
    let mut row = seed::bare_note(id, ticket, &at);
    if let Some(row) = row.as_object_mut() {
        row.extend(record);
    }
    data.rows("TicketNotes").push(row);
    let row = data.rows("Tickets").iter_mut().find(|it| it.get("id").and_then(Value::as_i64) == Some(ticket));
    if let Some(row) = row.and_then(Value::as_object_mut) {
        row.insert("lastActivityDate".into(), json!(at));
        if shown {
            row.insert("lastCustomerVisibleActivityDateTime".into(), json!(at));
        }
    }
    Ok(id)
}

//! Writing: tickets, notes, and lists of operations on a ticket.

use super::answer::{error, invalid};
use super::description::takes;
use super::reads::id;
use super::{Data, Quirks, seed};
use axum::response::Response;
use serde_json::{Map, Value, json};

type Refused = Box<Response>;

fn refuse(kind: &str, code: &str, field: &str, message: &str) -> Refused {
    Box::new(invalid(kind, code, field, message))
}

fn record(kind: &str, body: &[u8]) -> Result<Map<String, Value>, Refused> {
    let Ok(Value::Object(record)) = serde_json::from_slice(body) else {
        return Err(refuse(kind, "InvalidObject", "", "The body is no object."));
    };
    match record.keys().find(|it| !takes(kind, it)) {
        Some(unknown) => Err(refuse(kind, "InvalidObject", unknown, "The field is not known.")),
        None => Ok(record),
    }
}

/// Each write is a second after the last one, so that nothing depends on the machine's clock.
fn now(data: &mut Data) -> String {
    data.writes += 1;
    let start = jiff::civil::datetime(2026, 10, 1, 12, 0, 0, 0);
    let at = start.checked_add(jiff::Span::new().seconds(i64::from(data.writes))).unwrap_or(start);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn next(rows: &[Value]) -> i64 {
    rows.iter().map(id).max().unwrap_or_default() + 1
}

/// The record that a reference names, if it does.
fn referred(rows: &[Value], reference: Option<&Value>) -> Option<Value> {
    let wanted = reference?.get("id")?.as_i64()?;
    rows.iter().find(|it| id(it) == wanted).cloned()
}

fn short(row: &Value, name: &str) -> Value {
    json!({ "id": row.get("id"), "name": row.get(name), "_info": { "href": "https://elsewhere.example/steal" } })
}

fn contact_name(row: &Value) -> String {
    let part = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", part("firstName"), part("lastName"))
}

pub(super) fn ticket(data: &mut Data, quirks: &Quirks, body: &[u8]) -> Result<Value, Refused> {
    let mut record = record("Ticket", body)?;
    let summary = record.get("summary").and_then(Value::as_str).unwrap_or_default();
    if summary.is_empty() || summary.chars().count() > 100 {
        return Err(refuse("ticket", "OutOfRange", "summary", "The field summary must be 1 to 100 characters."));
    }
    let missing = |field: &str| refuse("ticket", "NotFound", field, &format!("{field} not found CANARY"));
    let mut company = referred(&data.companies, record.get("company")).ok_or_else(|| missing("company"))?;
    let contact = referred(&data.contacts, record.get("contact")).ok_or_else(|| missing("contact"))?;
    let priority = referred(&data.priorities, record.get("priority")).ok_or_else(|| missing("priority"))?;
    let board = record.get("board").and_then(|it| it.get("id")).and_then(Value::as_i64).unwrap_or(seed::BOARD);
    let on_board = |row: &&Value| row.pointer("/board/id").and_then(Value::as_i64) == Some(board);
    let status = data.statuses.iter().find(on_board).cloned().ok_or_else(|| missing("board"))?;
    if record.contains_key("type") {
        let kind = referred(&data.types, record.get("type")).filter(|it| on_board(&it));
        record.insert("type".into(), short(&kind.ok_or_else(|| missing("type"))?, "name"));
    }
    if let Some(other) = quirks.create_for {
        company = data.companies.iter().find(|it| id(it) == other).cloned().unwrap_or_default();
    }
    let at = now(data);
    let number = next(&data.tickets);
    let description = record.remove("initialDescription");
    for gone in ["initialInternalAnalysis", "initialResolution", "processNotifications", "skipCallback"] {
        record.remove(gone);
    }
    if quirks.lose_custom_fields {
        record.remove("customFields");
    }
    let mut row = seed::bare_ticket(number, &at);
    if let Some(row) = row.as_object_mut() {
        row.extend(record);
        let mails = contact.get("communicationItems").and_then(Value::as_array).cloned().unwrap_or_default();
        let mail = mails.iter().find(|it| it.get("communicationType") == Some(&json!("Email")));
        row.insert("company".into(), short(&company, "name"));
        row.insert("contact".into(), json!({ "id": contact.get("id"), "name": contact_name(&contact) }));
        row.insert("contactName".into(), json!(contact_name(&contact)));
        row.insert("contactEmailAddress".into(), mail.and_then(|it| it.get("value")).cloned().unwrap_or_default());
        row.insert("priority".into(), short(&priority, "name"));
        row.insert("board".into(), json!({ "id": board, "name": "Service" }));
        row.insert("status".into(), short(&status, "name"));
    }
    data.tickets.push(row.clone());
    if let Some(text) = description.filter(|it| it.as_str().is_some_and(|it| !it.is_empty())) {
        let mut note = seed::bare_note(next(&data.notes), number, &at);
        if let Some(note) = note.as_object_mut() {
            note.insert("text".into(), kept(quirks, &text));
            note.insert("detailDescriptionFlag".into(), json!(true));
            note.insert("contact".into(), json!({ "id": contact.get("id"), "name": contact_name(&contact) }));
        }
        data.notes.push(note);
    }
    Ok(row)
}

fn kept(quirks: &Quirks, text: &Value) -> Value {
    let text = text.as_str().unwrap_or_default();
    json!(if quirks.lose_line_ends { text.replace('\n', " ") } else { text.to_owned() })
}

pub(super) fn note(data: &mut Data, quirks: &Quirks, ticket: i64, body: &[u8]) -> Result<Value, Refused> {
    if !data.tickets.iter().any(|it| id(it) == ticket) {
        return Err(Box::new(error(404, "NotFound", "Resource not found. CANARY", Value::Null)));
    }
    let mut record = record("Note", body)?;
    let flags = ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"];
    if !flags.iter().any(|it| record.get(*it) == Some(&json!(true))) {
        let message = "Please choose where to display the notes in order to save this record.";
        return Err(refuse("serviceNote", "InvalidObject", "flags", message));
    }
    let text = record.remove("text").unwrap_or_default();
    if text.as_str().is_none_or(str::is_empty) {
        return Err(refuse("serviceNote", "MissingRequiredField", "text", "The text field is required."));
    }
    let missing = |field: &str| refuse("serviceNote", "NotFound", field, &format!("{field} not found CANARY"));
    let contact = match record.remove("contact") {
        Some(it) => Some(referred(&data.contacts, Some(&it)).ok_or_else(|| missing("contact"))?),
        None => None,
    };
    let member = match record.remove("member") {
        Some(it) => Some(referred(&data.members, Some(&it)).ok_or_else(|| missing("member"))?),
        None => None,
    };
    record.remove("processNotifications");
    let at = now(data);
    let mut row = seed::bare_note(next(&data.notes), ticket, &at);
    if let Some(row) = row.as_object_mut() {
        row.extend(record);
        row.insert("text".into(), kept(quirks, &text));
        match (contact, member) {
            (Some(contact), _) => {
                row.insert("contact".into(), json!({ "id": contact.get("id"), "name": contact_name(&contact) }));
                row.insert("member".into(), Value::Null);
            }
            (None, Some(member)) => {
                row.insert("member".into(), json!({ "id": member.get("id"), "name": contact_name(&member) }));
            }
            (None, None) => {}
        }
        if quirks.expose_notes {
            row.insert("detailDescriptionFlag".into(), json!(true));
            row.insert("internalAnalysisFlag".into(), json!(false));
        }
    }
    data.notes.push(row.clone());
    touch(data, ticket, &at, |_| {});
    Ok(row)
}

fn touch(data: &mut Data, ticket: i64, at: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let row = data.tickets.iter_mut().find(|it| id(it) == ticket);
    let Some(row) = row.and_then(Value::as_object_mut) else { return Value::Null };
    change(row);
    if let Some(info) = row.get_mut("_info").and_then(Value::as_object_mut) {
        info.insert("lastUpdated".into(), json!(at));
    }
    Value::Object(row.clone())
}

/// A list of operations, all of them or none.
pub(super) fn patch(data: &mut Data, quirks: &Quirks, ticket: i64, body: &[u8]) -> Result<Value, Refused> {
    let row = data.tickets.iter().find(|it| id(it) == ticket).cloned();
    let row = row.ok_or_else(|| Box::new(error(404, "NotFound", "Resource not found. CANARY", Value::Null)))?;
    let wrong = |field: &str, message: &str| refuse("ticket", "InvalidObject", field, message);
    let Ok(Value::Array(operations)) = serde_json::from_slice(body) else {
        return Err(wrong("", "The body is no list of operations."));
    };
    let board = row.pointer("/board/id").and_then(Value::as_i64).unwrap_or_default();
    let mut changes = Vec::new();
    for operation in &operations {
        let part = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        if !["add", "replace", "remove"].contains(&part("op")) {
            return Err(wrong("op", "The operation is not known."));
        }
        let path = part("path");
        if path.starts_with('/') || !takes("Ticket", path.split('/').next().unwrap_or_default()) {
            return Err(wrong("path", "The path is not known."));
        }
        if path.contains('/') {
            // Done, it says, and does nothing.
            continue;
        }
        let value = operation.get("value");
        let missing =
            |what: &str| refuse("ticket", "NotFound", path, &format!("{what} not found for Service Board CANARY"));
        let on_board = |row: &Value| row.pointer("/board/id").and_then(Value::as_i64) == Some(board);
        let new = match path {
            "status" => {
                let status = referred(&data.statuses, value).filter(|it| on_board(it));
                let status = status.ok_or_else(|| missing("Service Status"))?;
                changes.push(("closedFlag", status.get("closedStatus").cloned().unwrap_or_default()));
                short(&status, "name")
            }
            "team" => {
                let team = referred(&data.teams, value);
                let team = team.filter(|it| it.get("boardId").and_then(Value::as_i64) == Some(board));
                short(&team.ok_or_else(|| missing("Team"))?, "name")
            }
            "owner" => {
                let member = referred(&data.members, value).ok_or_else(|| missing("Member"))?;
                json!({ "id": member.get("id"), "name": contact_name(&member) })
            }
            "priority" => {
                let priority = referred(&data.priorities, value).ok_or_else(|| missing("Priority"))?;
                short(&priority, "name")
            }
            _ => value.cloned().unwrap_or_default(),
        };
        let path = ["status", "team", "owner", "priority", "summary"].into_iter().find(|it| *it == path);
        changes.push((path.ok_or_else(|| wrong("path", "The path is not simulated."))?, new));
    }
    if quirks.ignore_patch {
        return Ok(row);
    }
    let at = now(data);
    Ok(touch(data, ticket, &at, |row| {
        for (name, value) in changes {
            if name == "closedFlag" && value == json!(true) {
                row.insert("closedDate".into(), json!(at));
            }
            row.insert(name.into(), value);
        }
    }))
}

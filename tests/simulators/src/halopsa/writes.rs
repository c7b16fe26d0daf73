//! Writing: an array of records, without a number to create and with one to change.

use super::answer::exception;
use super::{Data, Quirks, seed};
use axum::response::Response;
use serde_json::{Map, Value, json};

type Refused = Box<Response>;

fn refuse(message: &str) -> Refused {
    Box::new(exception(400, message))
}

pub(super) fn write(data: &mut Data, quirks: &Quirks, kind: &str, body: &[u8]) -> Result<Vec<Value>, Refused> {
    let Ok(Value::Array(records)) = serde_json::from_slice(body) else {
        return Err(refuse("Cannot deserialize the current JSON object because the type requires a JSON array."));
    };
    let mut written = Vec::new();
    for record in records {
        let Value::Object(record) = record else { return Err(refuse("The request is invalid.")) };
        written.push(match kind {
            "tickets" => ticket(data, quirks, record)?,
            _ => action(data, quirks, record)?,
        });
    }
    Ok(written)
}

fn number(record: &Map<String, Value>, field: &str) -> Option<i64> {
    record.get(field).and_then(Value::as_i64)
}

/// Each write is a second after the last one, so that nothing depends on the machine's clock, unless it is asked for.
fn now(data: &mut Data, quirks: &Quirks) -> String {
    data.writes += 1;
    if quirks.real_time {
        // A millisecond more each time: no two writes have the same time.
        let at = jiff::Timestamp::now().saturating_add(jiff::SignedDuration::from_millis(i64::from(data.writes)));
        return at.unwrap_or(jiff::Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    }
    let start = jiff::civil::datetime(2026, 10, 1, 12, 0, 0, 0);
    let at = start.checked_add(jiff::Span::new().seconds(i64::from(data.writes))).unwrap_or(start);
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn next(rows: &[Value]) -> i64 {
    rows.iter().filter_map(|it| it.get("id")?.as_i64()).max().unwrap_or_default() + 1
}

fn named(rows: &[Value], id: i64) -> Option<&Value> {
    rows.iter().find(|it| it.get("id").and_then(Value::as_i64) == Some(id))
}

fn ticket(data: &mut Data, quirks: &Quirks, mut record: Map<String, Value>) -> Result<Value, Refused> {
    // `third_party_id` is a number; the text has its own field.
    if record.get("third_party_id").is_some_and(|it| !it.is_i64()) {
        return Err(refuse("Could not convert string to integer: third_party_id."));
    }
    if let Some(id) = number(&record, "id") {
        let agent = number(&record, "agent_id");
        if agent.is_some_and(|it| named(&data.agents, it).is_none()) {
            return Err(refuse("Unable to re-assign. The Agent or Team was not found."));
        }
        let at = now(data, quirks);
        let row = data.tickets.iter_mut().find(|it| it.get("id").and_then(Value::as_i64) == Some(id));
        let row = row.and_then(Value::as_object_mut).ok_or_else(|| refuse("Ticket not found."))?;
        row.extend(record.into_iter().filter(|(name, _)| !quirks.revert.contains(&name.as_str())));
        row.insert("last_update".into(), json!(at));
        return Ok(Value::Object(row.clone()));
    }
    let missing = |field: &str| record.get(field).and_then(Value::as_str).is_none_or(str::is_empty);
    if missing("summary") || missing("details") {
        return Err(refuse("Summary and details are required."));
    }
    let user = number(&record, "user_id").and_then(|id| named(&data.users, id)).cloned();
    let user = user.ok_or_else(|| refuse("User not found."))?;
    let at = now(data, quirks);
    let id = next(&data.tickets);
    // The person's own client wins over the one that was sent.
    let client = quirks.create_for.map_or_else(|| user.get("client_id").cloned().unwrap_or_default(), Value::from);
    record.insert("client_id".into(), client);
    if quirks.lose_custom_fields {
        record.remove("customfields");
    }
    let mut row = seed::bare_ticket(id, &at);
    if let Some(row) = row.as_object_mut() {
        row.extend(record);
        row.insert("user_name".into(), user.get("name").cloned().unwrap_or_default());
        row.insert("user_email".into(), user.get("emailaddress").cloned().unwrap_or_default());
    }
    data.tickets.push(row.clone());
    Ok(row)
}

fn action(data: &mut Data, quirks: &Quirks, mut record: Map<String, Value>) -> Result<Value, Refused> {
    let ticket = number(&record, "ticket_id").ok_or_else(|| refuse("Ticket not found."))?;
    if named(&data.tickets, ticket).is_none() {
        return Err(refuse("Ticket not found."));
    }
    if record.get("outcome").and_then(Value::as_str).is_none() && record.get("outcome_id").is_none() {
        return Err(refuse("An outcome is required."));
    }
    let team = record.get("new_team").and_then(Value::as_str).map(str::to_owned);
    if team.as_ref().is_some_and(|team| !data.teams.iter().any(|it| it.get("name") == Some(&json!(team)))) {
        let message = "Unable to re-assign. The Agent or Team was not found or did not have access to this ticket.";
        return Err(refuse(message));
    }
    let at = now(data, quirks);
    let (status, agent) = (number(&record, "new_status"), number(&record, "new_agent"));
    let agent_name = agent.and_then(|id| named(&data.agents, id)).and_then(|it| it.get("name")).cloned();
    let new_status = status;
    if let Some(row) = data.tickets.iter_mut().find(|it| it.get("id").and_then(Value::as_i64) == Some(ticket))
        && let Some(row) = row.as_object_mut()
    {
        row.insert("last_update".into(), json!(at));
        row.insert("lastactiondate".into(), json!(at));
        if let Some(team) = team {
            row.insert("team".into(), json!(team));
        }
        if let Some(agent) = agent {
            row.insert("agent_id".into(), json!(agent));
            row.insert("agent_name".into(), agent_name.unwrap_or_default());
        }
        if let Some(status) = new_status {
            row.insert("status_id".into(), json!(status));
            if status == seed::CLOSED {
                row.insert("dateclosed".into(), json!(at));
            }
        }
    }
    if quirks.expose_notes {
        record.insert("hiddenfromuser".into(), json!(false));
    }
    let mut row = seed::bare_action(next(&data.actions), ticket, &at);
    if let Some(row) = row.as_object_mut() {
        let by_user = record.contains_key("actionby_user_id");
        row.extend(record);
        if by_user {
            row.insert("who_agentid".into(), json!(0));
        }
    }
    data.actions.push(row.clone());
    Ok(row)
}

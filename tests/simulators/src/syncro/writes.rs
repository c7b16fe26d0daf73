//! Writing: tickets with their first comment, comments, changes of a ticket.

use super::answer::json;
use super::lists::{number, set, with_comments, wrapped};
use super::{Data, Quirks, seed};
use axum::response::Response;
use serde_json::{Map, Value, json};

type Refused = Box<Response>;
type Written = Result<Value, Refused>;

fn refuse(body: Value) -> Refused {
    Box::new(json(422, &body))
}

fn missing() -> Refused {
    Box::new(json(404, &json!({ "message": "Not found" })))
}

fn sent(body: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(sent)) => sent,
        Ok(_) | Err(_) => Map::new(),
    }
}

fn says<'a>(sent: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    sent.get(field).and_then(Value::as_str).filter(|it| !it.trim().is_empty())
}

/// Each write is a second after the last one; today, because the vendor is asked for what was written lately.
fn now(data: &mut Data) -> String {
    data.writes += 1;
    let at = jiff::Timestamp::now().saturating_add(jiff::SignedDuration::from_secs(i64::from(data.writes)));
    at.unwrap_or(jiff::Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn next(rows: &[Value]) -> i64 {
    rows.iter().map(|it| number(it, "id")).max().unwrap_or_default() + 1
}

pub(super) fn create(data: &mut Data, quirks: &Quirks, body: &[u8]) -> Written {
    let mut sent = sent(body);
    let customer = sent.get("customer_id").and_then(Value::as_i64);
    let known = |rows: &[Value], id: i64| rows.iter().find(|it| number(it, "id") == id).cloned();
    let Some(customer) = customer.and_then(|id| known(&data.customers, id)) else {
        return Err(refuse(json!({ "error": "Customer required field" })));
    };
    if says(&sent, "subject").is_none() {
        return Err(refuse(json!({ "success": false, "message": ["Subject can't be blank"] })));
    }
    let said = match sent.remove("comments_attributes") {
        Some(Value::Array(said)) => said,
        Some(_) | None => vec![],
    };
    let at = now(data);
    let id = next(&data.tickets);
    let mut row = seed::bare_ticket(id, &at);
    let contact = sent.get("contact_id").and_then(Value::as_i64).and_then(|id| known(&data.contacts, id));
    if quirks.lose_properties {
        sent.remove("properties");
    }
    if let Some(row) = row.as_object_mut() {
        row.extend(sent);
        row.insert(
            "customer_business_then_name".into(),
            customer.get("business_then_name").cloned().unwrap_or_default(),
        );
        row.insert("contact_fullname".into(), contact.and_then(|it| it.get("name").cloned()).unwrap_or_default());
        if let Some(other) = quirks.create_for {
            row.insert("customer_id".into(), json!(other));
        }
    }
    data.tickets.push(row);
    for said in said {
        if let Value::Object(said) = said {
            keep(data, quirks, id, said, Value::Null, &at)?;
        }
    }
    let row = data.tickets.iter().find(|it| number(it, "id") == id).cloned().unwrap_or_default();
    Ok(wrapped(quirks, Some("ticket"), with_comments(data, quirks, &row, false)))
}

pub(super) fn comment(data: &mut Data, quirks: &Quirks, id: &str, body: &[u8]) -> Written {
    let id = id.parse::<i64>().unwrap_or_default();
    if !data.tickets.iter().any(|it| number(it, "id") == id) {
        return Err(missing());
    }
    let at = now(data);
    let row = keep(data, quirks, id, sent(body), json!(seed::API_USER), &at)?;
    Ok(wrapped(quirks, Some("comment"), row))
}

/// Stores a comment. What is not said is public, and is mailed.
fn keep(
    data: &mut Data,
    quirks: &Quirks,
    ticket: i64,
    sent: Map<String, Value>,
    user: Value,
    at: &str,
) -> Result<Value, Refused> {
    let blank: Vec<&str> = [("body", "Body can't be blank"), ("subject", "Subject can't be blank")]
        .into_iter()
        .filter(|(field, _)| says(&sent, field).is_none())
        .map(|(_, words)| words)
        .collect();
    if !blank.is_empty() {
        return Err(refuse(json!({ "success": false, "message": blank })));
    }
    let yes = |field: &str| sent.get(field) == Some(&json!(true));
    let hidden = yes("hidden") && !quirks.expose_notes;
    if !yes("do_not_email") {
        data.mails.push(says(&sent, "body").unwrap_or_default().to_owned());
    }
    let row = json!({
        "id": next(&data.comments), "created_at": at, "updated_at": at, "ticket_id": ticket,
        "subject": sent.get("subject"), "body": sent.get("body"), "tech": sent.get("tech"),
        "hidden": hidden, "user_id": user, "is_rich_text": false,
    });
    data.comments.push(row.clone());
    if let Some(it) = data.tickets.iter_mut().find(|it| number(it, "id") == ticket) {
        set(it, "updated_at", json!(at));
    }
    Ok(row)
}

pub(super) fn change(data: &mut Data, quirks: &Quirks, id: &str, body: &[u8]) -> Written {
    let id = id.parse::<i64>().unwrap_or_default();
    let (sent, at) = (sent(body), now(data));
    if let Some(user) = sent.get("user_id").and_then(Value::as_i64)
        && !data.users.iter().any(|it| number(it, "id") == user)
    {
        return Err(refuse(json!({ "user": ["must exist"] })));
    }
    if let Some(status) = sent.get("status").and_then(Value::as_str)
        && !data.statuses.iter().any(|it| it == status)
    {
        return Err(refuse(
            json!({ "errors": ["Status is not included in the list"], "params": { "status": "CANARY" } }),
        ));
    }
    let Some(row) = data.tickets.iter_mut().find(|it| number(it, "id") == id) else { return Err(missing()) };
    if !quirks.revert_changes
        && let Some(row) = row.as_object_mut()
    {
        if sent.get("status") == Some(&json!("Resolved")) {
            row.insert("resolved_at".into(), json!(at));
        }
        row.extend(sent);
        row.insert("updated_at".into(), json!(at));
    }
    let row = row.clone();
    Ok(wrapped(quirks, Some("ticket"), with_comments(data, quirks, &row, false)))
}

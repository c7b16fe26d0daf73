//! Reading and changing records.

use super::{Data, Quirks, REFERENCE, refusal};
use axum::http::Method;
use serde_json::{Map, Value, json};

type Pairs = [(String, String)];

/// Pairs of a query.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://here/?{text}"));
    url.map(|it| it.query_pairs().into_owned().collect()).unwrap_or_default()
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

fn id_of(row: &Value) -> &str {
    row.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn archived(row: &Value) -> bool {
    row.get("archived") == Some(&Value::Bool(true))
}

/// A record with the properties that were asked for, as texts or `null`; some always come along.
fn shown(row: &Value, properties: &[&str]) -> Value {
    let own = row.get("properties");
    let mut kept: Map<String, Value> = properties
        .iter()
        .map(|name| ((*name).to_owned(), own.and_then(|it| it.get(*name)).cloned().unwrap_or(Value::Null)))
        .collect();
    kept.insert("hs_object_id".into(), json!(id_of(row)));
    kept.insert("hs_lastmodifieddate".into(), json!("2026-09-01T00:00:00Z"));
    json!({
        "id": id_of(row), "archived": archived(row), "properties": kept, "createdAt": "2026-09-01T00:00:00Z",
        "updatedAt": "2026-09-01T00:00:00Z", "url": "https://app.hubspot.example/CANARY",
    })
}

fn rows<'a>(data: &'a mut Data, kind: &str) -> &'a mut Vec<Value> {
    if kind == "companies" { &mut data.companies } else { &mut data.contacts }
}

fn missing() -> (u16, Value) {
    refusal(404, "OBJECT_NOT_FOUND", "Object not found")
}

pub(super) fn answer(
    data: &mut Data,
    quirks: &Quirks,
    method: &Method,
    (path, pairs): (&[&str], &Pairs),
    body: &[u8],
) -> (u16, Value) {
    let properties: Vec<&str> = value(pairs, "properties").map(|it| it.split(',').collect()).unwrap_or_default();
    match (method.as_str(), path) {
        ("GET", [_, "v4", _, _, company, ..]) => associations(data, quirks, company, pairs),
        ("GET", [_, _, _, kind]) => {
            let found = rows(data, kind).iter().filter(|it| !archived(it));
            let found = found.map(|it| shown(it, &properties)).collect();
            page(quirks, found, pairs)
        }
        ("GET", [_, _, _, kind, id]) if value(pairs, "idProperty").is_some() => {
            let held = |it: &&Value| it.get("properties").and_then(|it| it.get(REFERENCE)) == Some(&json!(id));
            let row = rows(data, kind).iter().find(|it| held(it) && !archived(it));
            row.map_or_else(missing, |it| (200, shown(it, &properties)))
        }
        ("GET", [_, _, _, kind, id]) => {
            let merged = data.merged.iter().find(|(old, _)| *kind == "companies" && old.to_string() == **id);
            let id = merged.map_or_else(|| (*id).to_owned(), |(_, new)| new.to_string());
            let row = rows(data, kind).iter().find(|it| id_of(it) == id && !archived(it));
            row.map_or_else(missing, |it| (200, shown(it, &properties)))
        }
        ("POST", [_, _, _, kind, ..]) => batch(rows(data, kind), body),
        ("PATCH", [_, _, _, kind, id]) => change(data, quirks, kind, id, body),
        _ => missing(),
    }
}

fn page(quirks: &Quirks, rows: Vec<Value>, pairs: &Pairs) -> (u16, Value) {
    let asked = value(pairs, "limit").and_then(|it| it.parse().ok()).unwrap_or(10);
    let size = if quirks.page_size == 0 { asked } else { asked.min(quirks.page_size) };
    let begin: usize = value(pairs, "after").and_then(|it| it.parse().ok()).unwrap_or_default();
    let more = rows.len() > begin + size;
    let some: Vec<Value> = rows.into_iter().skip(begin).take(size).collect();
    let next = if quirks.endless_pages { Some(0) } else { more.then_some(begin + size) };
    let mut body = json!({ "results": some });
    if let (Some(next), Some(fields)) = (next, body.as_object_mut()) {
        fields.insert("paging".into(), json!({ "next": { "after": next.to_string(), "link": "https://x/CANARY" } }));
    }
    (200, body)
}

fn associations(data: &Data, quirks: &Quirks, company: &str, pairs: &Pairs) -> (u16, Value) {
    if !data.companies.iter().any(|it| id_of(it) == company && !archived(it)) {
        return missing();
    }
    let of = |it: &&(u64, u64)| quirks.mix_companies || it.0.to_string() == company;
    // One connection may have several labels, and contacts that were archived are still connected.
    let row = |it: &(u64, u64)| json!({ "toObjectId": it.1, "associationTypes": [{ "category": "HUBSPOT_DEFINED", "typeId": 280, "label": null }] });
    page(quirks, data.associations.iter().filter(of).map(row).collect(), pairs)
}

fn batch(rows: &[Value], body: &[u8]) -> (u16, Value) {
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let texts = |value: Option<&Value>| -> Vec<String> {
        let all = value.and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|it| it.as_str().or_else(|| it.get("id")?.as_str())).map(str::to_owned).collect()
    };
    let (ids, properties) = (texts(sent.get("inputs")), texts(sent.get("properties")));
    let properties: Vec<&str> = properties.iter().map(String::as_str).collect();
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| rows.iter().find(|it| id_of(it) == id && !archived(it)))
        .map(|it| shown(it, &properties))
        .collect();
    let lost = ids.len() - found.len();
    let mut body = json!({ "status": "COMPLETE", "results": found });
    if lost > 0
        && let Some(fields) = body.as_object_mut()
    {
        fields.insert("numErrors".into(), json!(lost));
        fields.insert(
            "errors".into(),
            json!([{ "status": "error", "category": "OBJECT_NOT_FOUND", "message": "CANARY" }]),
        );
    }
    // Where some are not there the answer is of several statuses.
    (if lost > 0 { 207 } else { 200 }, body)
}

fn change(data: &mut Data, quirks: &Quirks, kind: &str, id: &str, body: &[u8]) -> (u16, Value) {
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(new) = sent.get("properties").and_then(Value::as_object).cloned() else { return missing() };
    // The property for our reference is unique.
    let taken = |it: &Value| {
        let held = it.get("properties").and_then(|it| it.get(REFERENCE));
        id_of(it) != id && held.is_some() && held == new.get(REFERENCE)
    };
    if rows(data, kind).iter().any(taken) {
        return refusal(409, "CONFLICT", "a value has to be unique");
    }
    let Some(row) = rows(data, kind).iter_mut().find(|it| id_of(it) == id && !archived(it)) else { return missing() };
    if let Some(properties) =
        row.get_mut("properties").and_then(Value::as_object_mut).filter(|_| !quirks.revert_changes)
    {
        for (name, value) in new {
            // An empty text takes the value away.
            let value = if value == json!("") { Value::Null } else { value };
            properties.insert(name, value);
        }
    }
    let answer = shown(row, &[]);
    data.writes += 1;
    (200, answer)
}

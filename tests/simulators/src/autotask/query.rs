//! Reading: queries, pages, counts and single records.

use super::answer::{errors, json, status};
use super::schema::Entity;
use super::{Asked, Data, Quirks};
use axum::response::Response;
use serde_json::{Map, Value, json};

type Refused = String;

fn id(row: &Value) -> i64 {
    row.get("id").and_then(Value::as_i64).unwrap_or_default()
}

/// A query's body: an object with a filter, and perhaps a size and fields.
fn body(asked: &Asked<'_>) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_slice(asked.body) {
        Ok(Value::Object(body)) if body.get("filter").is_some_and(Value::is_array) => Ok(body),
        _ => Err("The query must have at least one filter.".into()),
    }
}

/// Whether a row passes a condition. Unknown fields and operators are refused, also where nothing would pass.
fn passes(quirks: &Quirks, entity: &Entity, condition: &Value, row: &Value) -> Result<bool, Refused> {
    let text = |name: &str| condition.get(name).and_then(Value::as_str).unwrap_or_default();
    let op = text("op").to_ascii_lowercase();
    if op == "and" || op == "or" {
        let items = condition.get("items").and_then(Value::as_array).filter(|it| !it.is_empty());
        let mut all = Vec::new();
        for item in items.ok_or("A group must have items.")? {
            all.push(passes(quirks, entity, item, row)?);
        }
        return Ok(if op == "and" { all.iter().all(|it| *it) } else { all.iter().any(|it| *it) });
    }
    let name = text("field");
    let field = entity.fields.iter().find(|(it, ..)| it.eq_ignore_ascii_case(name));
    let (field, kind, _) = field.ok_or_else(|| format!("Unable to find {name} in the {} Entity.", entity.one))?;
    let (held, asked) = (row.get(field).unwrap_or(&Value::Null), condition.get("value").unwrap_or(&Value::Null));
    if *kind == "boolean" && !asked.is_boolean() {
        return Err(format!("The value of {field} must be true or false."));
    }
    let lower = |it: &Value| it.as_str().map(str::to_lowercase);
    let time = |it: &Value| it.as_str().and_then(|it| it.parse::<jiff::Timestamp>().ok());
    let passed = match op.as_str() {
        "eq" if asked.is_string() => lower(held) == lower(asked),
        "eq" => held == asked,
        "gt" => held.as_i64() > asked.as_i64(),
        "gte" if *kind == "datetime" => {
            let since = time(asked).ok_or("The date is not valid.")?;
            time(held).is_some_and(|it| it >= since)
        }
        "gte" => held.as_i64() >= asked.as_i64(),
        "contains" => lower(held).unwrap_or_default().contains(&lower(asked).ok_or("A text is required.")?),
        "in" => {
            let values = asked.as_array().ok_or("A list is required.")?;
            if values.len() > 500 {
                return Err("Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions.".into());
            }
            values.contains(held)
        }
        _ => return Err(format!("{op} is not valid.")),
    };
    Ok(passed || quirks.ignore_filters || (quirks.leak_other_companies && *field == "companyID"))
}

/// The rows of a query, by number.
fn matching(
    data: &mut Data,
    quirks: &Quirks,
    entity: &Entity,
    body: &Map<String, Value>,
) -> Result<Vec<Value>, Refused> {
    let conditions = body.get("filter").and_then(Value::as_array).cloned().unwrap_or_default();
    if conditions.is_empty() {
        return Err("The query must have at least one filter.".into());
    }
    for condition in &conditions {
        passes(quirks, entity, condition, &Value::Null)?;
    }
    let mut found = Vec::new();
    for row in data.rows(entity.name).iter() {
        let mut all = true;
        for condition in &conditions {
            all &= passes(quirks, entity, condition, row)?;
        }
        if all {
            found.push(row.clone());
        }
    }
    found.sort_by_key(id);
    Ok(found)
}

pub(super) fn count(data: &mut Data, quirks: &Quirks, entity: &Entity, asked: &Asked<'_>) -> Response {
    match body(asked).and_then(|body| matching(data, quirks, entity, &body)) {
        Ok(rows) => json(200, &json!({ "queryCount": rows.len() })),
        Err(text) => errors(500, &text),
    }
}

pub(super) fn rows(data: &mut Data, quirks: &Quirks, entity: &Entity, asked: &Asked<'_>) -> Response {
    match page(data, quirks, entity, asked) {
        Ok(page) => json(200, &page),
        Err(text) => errors(500, &text),
    }
}

fn page(data: &mut Data, quirks: &Quirks, entity: &Entity, asked: &Asked<'_>) -> Result<Value, Refused> {
    let body = body(asked)?;
    let most = body.get("MaxRecords").map_or(Some(500), Value::as_u64).filter(|it| (1..=500).contains(it));
    let most = usize::try_from(most.ok_or("MaxRecords is not valid.")?).unwrap_or(500);
    let most = if quirks.page_size == 0 { most } else { most.min(quirks.page_size) };
    let after = asked.pairs.iter().find(|(name, _)| name == "paging");
    let after = after.and_then(|(_, value)| serde_json::from_str::<Value>(value).ok());
    if asked.path.last() == Some(&"next") && after.is_none() {
        return Err("The paging parameter is required.".into());
    }
    let after = after.and_then(|it| it.get("afterId").and_then(Value::as_i64)).unwrap_or(i64::MIN);
    let from = if quirks.duplicate_pages { i64::MIN } else { after };
    let mut found = matching(data, quirks, entity, &body)?;
    if let Some(mut row) = found.first().cloned().filter(|_| quirks.endless_pages) {
        let number = after.max(1_000_000) + 1;
        if let Some(row) = row.as_object_mut() {
            row.insert("id".into(), json!(number));
        }
        found = vec![row];
    }
    let rest: Vec<Value> = found.into_iter().filter(|row| id(row) > from).collect();
    let more = rest.len() > most || ((quirks.endless_pages || quirks.duplicate_pages) && !rest.is_empty());
    let rows: Vec<Value> = rest.into_iter().take(most).collect();
    let last = rows.last().map(id).unwrap_or_default();
    let next = more.then(|| {
        let paging = json!({ "pageSize": most, "afterId": last }).to_string();
        let path = format!("http://{}/ATServicesRest/V1.0/{}/query/next", asked.host, entity.name);
        let url = reqwest::Url::parse_with_params(&path, [("paging", paging)]);
        url.map(String::from).unwrap_or_default()
    });
    let next = quirks.next_page.clone().or(next);
    let shown = rows
        .into_iter()
        .map(|row| shown(quirks, entity, row, body.get("IncludeFields")))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "items": shown,
        "pageDetails": { "count": most, "requestCount": most, "prevPageUrl": null, "nextPageUrl": next },
    }))
}

/// The fields that were asked for; without a wish all of them. User-defined ones come only then.
fn shown(quirks: &Quirks, entity: &Entity, row: Value, wish: Option<&Value>) -> Result<Value, Refused> {
    let Value::Object(mut row) = row else { return Ok(row) };
    if let Some(wish) = wish.and_then(Value::as_array) {
        for name in wish.iter().filter_map(Value::as_str) {
            if !entity.fields.iter().any(|(it, ..)| it.eq_ignore_ascii_case(name)) {
                return Err(format!("Unable to find {name} in the {} Entity.", entity.one));
            }
        }
        row.retain(|name, _| wish.iter().any(|it| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(name))));
    }
    if quirks.no_publish {
        row.remove("publish");
    }
    Ok(Value::Object(row))
}

pub(super) fn one(data: &mut Data, quirks: &Quirks, entity: &Entity, number: &str) -> Response {
    let Ok(number) = number.parse::<i64>() else { return status(404) };
    let row = data.rows(entity.name).iter().find(|it| id(it) == number).cloned();
    match row.map(|row| shown(quirks, entity, row, None)) {
        Some(Ok(row)) => json(200, &json!({ "item": row })),
        Some(Err(text)) => errors(500, &text),
        None => json(200, &json!({ "item": null })),
    }
}

/// The text of an article.
pub(super) fn contents(data: &mut Data, article: &str) -> Response {
    let article = article.parse::<i64>().unwrap_or_default();
    let rows: Vec<Value> =
        data.rows("ArticlePlainTextContent").iter().filter(|row| id(row) == article).cloned().collect();
    json(200, &json!({ "items": rows, "pageDetails": { "count": rows.len(), "nextPageUrl": null } }))
}

/// The files of a ticket, without their contents.
pub(super) fn files(data: &mut Data, ticket: &str) -> Response {
    let ticket = ticket.parse::<i64>().unwrap_or_default();
    let of = |row: &&Value| row.get("parentID").and_then(Value::as_i64) == Some(ticket);
    let rows: Vec<Value> = data.rows("TicketAttachments").iter().filter(of).cloned().collect();
    json(200, &json!({ "items": rows, "pageDetails": { "count": rows.len(), "nextPageUrl": null } }))
}

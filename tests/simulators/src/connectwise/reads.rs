//! Reading: lists with conditions and both kinds of pages, and single records.

use super::answer::{error, sent, set};
use super::conditions::{Filter, parse};
use super::description::{Path, has_field};
use super::{Data, Quirks};
use axum::response::Response;
use serde_json::{Map, Value, json};

type Pairs = [(String, String)];
type Refused = Box<Response>;

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

pub(super) fn id(row: &Value) -> i64 {
    row.get("id").and_then(Value::as_i64).unwrap_or_default()
}

fn refuse(message: &str) -> Refused {
    Box::new(error(400, "InvalidObject", message, Value::Null))
}

/// The rows behind a path, before any condition.
fn rows(data: &Data, quirks: &Quirks, kind: &str, path: &[&str]) -> Vec<Value> {
    let parent = path.get(2).and_then(|it| it.parse::<i64>().ok()).unwrap_or_default();
    let of = |rows: &[Value], field: &str| -> Vec<Value> {
        let ours = |row: &&Value| quirks.mix_tickets || row.get(field).and_then(Value::as_i64) == Some(parent);
        rows.iter().filter(ours).cloned().collect()
    };
    let on_board = |rows: &[Value]| -> Vec<Value> {
        let ours = |row: &&Value| row.pointer("/board/id").and_then(Value::as_i64) == Some(parent);
        rows.iter().filter(ours).cloned().collect()
    };
    match kind {
        "Ticket" => data.tickets.clone(),
        "Note" => of(&data.notes, "ticketId").into_iter().map(|row| note(quirks, row)).collect(),
        "DocumentReference" => {
            let short = |row: Value| json!({ "id": row.get("id"), "name": row.get("title"), "_info": {} });
            of(&data.documents, "ticketId").into_iter().map(short).collect()
        }
        "Document" => data.documents.clone(),
        "Status" => on_board(&data.statuses),
        "Team" => of(&data.teams, "boardId"),
        "Type" => on_board(&data.types),
        "Priority" => data.priorities.clone(),
        "Article" => data.articles.clone(),
        "Category" => data.categories.clone(),
        "TimeEntry" => data.time_entries.clone(),
        "Company" => data.companies.clone(),
        "Contact" => data.contacts.clone(),
        "Agreement" => data.agreements.clone(),
        "Site" => {
            let ours = |row: &&Value| {
                quirks.leak_other_companies || row.pointer("/company/id").and_then(Value::as_i64) == Some(parent)
            };
            data.sites.iter().filter(ours).cloned().collect()
        }
        "Payment" => {
            let ours = |row: &&Value| {
                quirks.leak_other_companies || row.pointer("/invoice/id").and_then(Value::as_i64) == Some(parent)
            };
            data.payments.iter().filter(ours).cloned().collect()
        }
        "Phase" => of(&data.phases, "projectId"),
        "Configuration" => data.configurations.clone(),
        "Invoice" => data.invoices.clone(),
        "Opportunity" => data.opportunities.clone(),
        "Order" => data.orders.clone(),
        "Project" => data.projects.clone(),
        "Board" => data.boards.clone(),
        _ => data.members.clone(),
    }
}

fn note(quirks: &Quirks, mut row: Value) -> Value {
    if quirks.no_note_flags
        && let Some(row) = row.as_object_mut()
    {
        for flag in ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag", "internalFlag"] {
            row.remove(flag);
        }
    }
    row
}

/// The row with the fields that were asked for.
fn cut(row: &Value, fields: Option<&str>) -> Value {
    let (Some(fields), Value::Object(all)) = (fields, row) else { return row.clone() };
    let mut kept = Map::new();
    for field in fields.split(',') {
        let (outer, inner) = field.split_once('/').unwrap_or((field, ""));
        let Some(whole) = all.get(outer) else { continue };
        match whole.as_object().filter(|_| !inner.is_empty()) {
            Some(whole) => {
                let part = kept.entry(outer).or_insert_with(|| json!({}));
                if let (Some(part), Some(value)) = (part.as_object_mut(), whole.get(inner)) {
                    part.insert(inner.to_owned(), value.clone());
                }
            }
            None => drop(kept.insert(outer.to_owned(), whole.clone())),
        }
    }
    Value::Object(kept)
}

fn known_fields(path: &Path, fields: Option<&str>) -> Result<(), Refused> {
    let unknown = fields
        .into_iter()
        .flat_map(|it| it.split(','))
        .find(|it| !has_field(path.kind, it.split('/').next().unwrap_or_default()));
    unknown.map_or(Ok(()), |it| Err(refuse(&format!("field {it} is not known"))))
}

fn filter(path: &Path, pairs: &Pairs, name: &str, inside: bool) -> Result<Option<Filter>, Refused> {
    let Some(text) = value(pairs, name) else { return Ok(None) };
    let filter = parse(text).ok_or_else(|| refuse("Conditions could not be parsed."))?;
    let known = |field: &&str| has_field(path.kind, field) && (!inside || **field == *"communicationItems");
    if !filter.fields().iter().all(known) {
        return Err(refuse("Conditions name a field that is not there."));
    }
    Ok(Some(filter))
}

pub(super) fn one(
    data: &Data,
    quirks: &Quirks,
    path: &Path,
    below: &[&str],
    pairs: &Pairs,
) -> Result<Response, Refused> {
    if let Some((name, _)) = pairs.iter().find(|(name, _)| name != "fields") {
        return Err(refuse(&format!("{name} is not a parameter of this")));
    }
    let fields = value(pairs, "fields");
    known_fields(path, fields)?;
    let wanted = below.last().and_then(|it| it.parse::<i64>().ok()).unwrap_or_default();
    let found = rows(data, quirks, path.kind, below).into_iter().find(|row| id(row) == wanted);
    Ok(match found {
        Some(row) if quirks.array_of_one => sent(200, &json!([cut(&row, fields)])),
        Some(row) => sent(200, &cut(&row, fields)),
        None => error(404, "NotFound", "Resource not found. CANARY", Value::Null),
    })
}

pub(super) fn list(
    data: &Data,
    quirks: &Quirks,
    path: &Path,
    (address, below, pairs): (&str, &[&str], &Pairs),
    forward: bool,
) -> Result<Response, Refused> {
    const KNOWN: [&str; 7] = ["conditions", "childConditions", "orderBy", "fields", "page", "pageSize", "pageId"];
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
        return Err(refuse(&format!("{name} is not a parameter of this")));
    }
    let fields = value(pairs, "fields");
    known_fields(path, fields)?;
    let mut found = rows(data, quirks, path.kind, below);
    let ignored: &[&str] = if quirks.leak_other_companies { &["company/id"] } else { &[] };
    if let Some(filter) = filter(path, pairs, "conditions", false)? {
        found.retain(|row| quirks.ignore_conditions || filter.fits(row, ignored));
    }
    if let Some(filter) = filter(path, pairs, "childConditions", true)? {
        let inside = |row: &Value| {
            let items = row.get("communicationItems").and_then(Value::as_array).cloned().unwrap_or_default();
            items.iter().any(|item| filter.fits(&json!({ "communicationItems": item }), &[]))
        };
        found.retain(|row| quirks.ignore_conditions || inside(row));
    }
    found.sort_by_key(id);
    let first = found.first().cloned();
    let number = |name: &str| value(pairs, name).and_then(|it| it.parse::<i64>().ok());
    let size = usize::try_from(number("pageSize").unwrap_or(25).clamp(1, 1000)).unwrap_or(25);
    let size = if quirks.page_cap > 0 { size.min(quirks.page_cap) } else { size };
    let page = usize::try_from(number("page").unwrap_or(1).max(1)).unwrap_or(1);
    let (some, next): (Vec<Value>, bool) = if forward {
        if value(pairs, "orderBy").is_some() {
            return Err(refuse("orderBy is not allowed with forward-only pages."));
        }
        let after = if quirks.repeat_pages { 0 } else { number("pageId").unwrap_or_default() };
        (found.into_iter().filter(|row| id(row) > after).take(size).collect(), true)
    } else {
        match value(pairs, "orderBy") {
            None | Some("id asc") => {}
            Some("id desc") => found.reverse(),
            Some(_) => return Err(refuse("orderBy names a field that is not there.")),
        }
        let skip = if quirks.repeat_pages { 0 } else { (page - 1) * size };
        let more = found.len() > skip + size;
        (found.into_iter().skip(skip).take(size).collect(), more || quirks.repeat_pages)
    };
    let mut some = some;
    if quirks.endless_pages
        && let Some(mut row) = first
    {
        let page = i64::try_from(page).unwrap_or(1);
        let after = if forward { number("pageId").unwrap_or_default().max(1_000_000) } else { 1_000_000 + page * 1000 };
        some = (1..=i64::try_from(size).unwrap_or(1))
            .map(|at| {
                if let Some(row) = row.as_object_mut() {
                    row.insert("id".into(), json!(after + at));
                }
                row.clone()
            })
            .collect();
    }
    let last = some.last().map(id).unwrap_or_default();
    let body: Vec<Value> = some.iter().map(|row| cut(row, fields)).collect();
    let mut response = sent(200, &Value::Array(body));
    let at = if quirks.link_elsewhere { "https://elsewhere.example/steal" } else { address };
    let link = match (forward, next || quirks.endless_pages) {
        (true, _) => format!("<{at}?pageId={last}>; rel=\"next\""),
        (false, true) => format!("<{at}?page={}>; rel=\"next\", <{at}?page=9>; rel=\"last\"", page + 1),
        (false, false) => format!("<{at}?page=1>; rel=\"first\""),
    };
    if !quirks.no_link {
        set(&mut response, "link", &link);
    }
    Ok(response)
}

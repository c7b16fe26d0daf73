//! Autotask PSA as it answers from memory: tickets in pages of 500, five notes for each of the first 100, names of people.

use postern_api::http::{Bytes, Http, Request, Response, StatusCode};
use postern_api::*;
use postern_autotask::{Budgets, Config};
use postern_kit::Ready;
use postern_simulators::autotask;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const BASE: &str = "https://webservices5.autotask.net/atservicesrest/";
/// As many rows as the vendor puts on a page.
const PAGE: usize = 500;

/// Answers by path; the second page of tickets and those after it by their number.
#[derive(Debug)]
struct Memory {
    answers: BTreeMap<String, Bytes>,
    pages: Vec<Bytes>,
}

#[async_trait]
impl Http for Memory {
    async fn send(&self, _: &CallCx, request: Request) -> Result<Response> {
        let path = request.path.join("/");
        let page = request.query.iter().find(|(name, _)| name == "paging").and_then(|(_, it)| it.parse::<usize>().ok());
        let body = match path.as_str() {
            "Tickets/query" => self.pages.first(),
            "Tickets/query/next" => self.pages.get(page.unwrap_or_default()),
            other => self.answers.get(other),
        };
        let body = body.cloned().ok_or_else(|| Error::internal(path))?;
        Ok(Response { status: StatusCode::OK, headers: Default::default(), body })
    }
}

fn page(rows: &[Value], next: Option<usize>) -> Value {
    let next = next.map(|it| format!("{BASE}v1.0/Tickets/query/next?paging={it}"));
    json!({ "items": rows, "pageDetails": { "count": rows.len(), "requestCount": PAGE, "prevPageUrl": null, "nextPageUrl": next } })
}

/// A desk with this many tickets of one company's.
pub(crate) fn ready(tickets: usize) -> Ready {
    let pick = |name: &str, id: u32, label: &str| {
        let value = json!({ "value": id.to_string(), "label": label, "isActive": true });
        json!({ "name": name, "picklistValues": [value] })
    };
    let fields = [pick("status", 1, "New"), pick("priority", 2, "Medium"), pick("queueID", 1, "1st Line")];
    let note = |id: i64| {
        let publish = if id % 3 == 0 { 2 } else { 1 };
        json!({
            "id": id, "ticketID": 10_000 + (id - 1) / 5, "publish": publish, "noteType": 1, "title": "Note",
            "creatorResourceID": 10, "createdByContactID": null,
        })
    };
    let notes: Vec<Value> = (1..=500).map(note).collect();
    let contact = json!({
        "id": autotask::ACME_USER, "companyID": autotask::ACME, "firstName": "Bob", "lastName": "Basic",
        "emailAddress": "bob@acme.example",
    });
    let people =
        [autotask::API_USER, autotask::ADA].map(|id| json!({ "id": id, "firstName": "Ada", "lastName": "Agent" }));
    let mut rows = autotask::many_tickets(10_000, i64::try_from(tickets).expect("a small number"));
    // As the vendor sends them where fields were named: no more than those.
    let others =
        ["hoursToBeScheduled", "changeInfoField1", "rmmAlertID", "userDefinedFields", "ticketNumber", "externalID"];
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.retain(|name, _| !others.contains(&name.as_str()));
    }
    let answers = [
        ("v1.0/zoneInformation", json!({ "zoneName": "5", "url": BASE, "ci": 1 })),
        ("Tickets/entityInformation/fields", json!({ "fields": fields })),
        ("Tickets/10000", json!({ "item": rows.first() })),
        ("Tickets/10000/Attachments", json!({ "items": [] })),
        ("TicketNotes/query", page(&notes, None)),
        ("Contacts/query", page(&[contact], None)),
        ("Resources/query", page(&people, None)),
    ];
    let answers = answers.into_iter().map(|(path, body)| (path.to_owned(), Bytes::from(body.to_string()))).collect();
    let pages = rows.chunks(PAGE).enumerate().map(|(nth, some)| {
        let next = Some(nth + 1).filter(|next| next * PAGE < tickets);
        Bytes::from(page(some, next).to_string())
    });
    let memory = Memory { answers, pages: pages.collect() };
    let bytes = memory.pages.iter().map(Bytes::len).sum();
    let hosts = vec!["webservices5.autotask.net".to_owned()];
    let mut config = Config::new("api@msp.example", "CODE", String::new().into(), hosts);
    config.unmarked_visibility = Visibility::Organisation;
    config.resource_id = Some(autotask::API_USER);
    config.requests_per_hour = 10_000;
    // With a clock that stands still, the hour would be used up.
    let start = std::time::Instant::now();
    let calls = std::sync::atomic::AtomicU64::new(0);
    let clock = move || start + Duration::from_secs(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let adapter = postern_autotask::connect(config, Arc::new(memory), &Budgets::with_clock(clock));
    Ready { adapter: adapter.expect("a good configuration"), bytes, organisation: "174", ticket: "10000" }
}

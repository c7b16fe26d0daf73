//! Our own time for what is asked most: a list of 100 tickets, one of 1,000, one ticket. The vendor is a handle that has its
//! answers ready, so that neither a network nor a server is measured. At the start: what a list of 100 keeps in memory.

use criterion::{Criterion, criterion_group, criterion_main};
use postern_api::http::{Bytes, HeaderMap, Http, Request, Response, StatusCode};
use postern_api::*;
use postern_autotask::{Budgets, Config};
use postern_simulators::autotask;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

type Outcome<T> = std::result::Result<T, Box<dyn Error>>;

const BASE: &str = "https://webservices5.autotask.net/atservicesrest/";

/// Answers by path.
#[derive(Debug)]
struct Ready(BTreeMap<String, Bytes>);

#[postern_api::async_trait]
impl Http for Ready {
    async fn send(&self, _cx: &CallCx, request: Request) -> Result<Response> {
        let path = request.path.join("/");
        let body = self.0.get(&path).cloned().ok_or_else(|| postern_api::Error::internal(path))?;
        Ok(Response { status: StatusCode::OK, headers: HeaderMap::new(), body })
    }
}

fn rows(items: Vec<Value>) -> Value {
    json!({ "items": items, "pageDetails": { "count": 500, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null } })
}

fn adapter(tickets: &[Value]) -> Outcome<Arc<dyn Adapter>> {
    let pick = |name: &str, id: u32, label: &str| json!({ "name": name, "picklistValues": [{ "value": id.to_string(), "label": label, "isActive": true }] });
    let fields = [pick("status", 1, "New"), pick("priority", 2, "Medium"), pick("queueID", 1, "1st Line")];
    let note = |id: i64| {
        let publish = if id % 3 == 0 { 2 } else { 1 };
        json!({ "id": id, "ticketID": 10_000 + (id - 1) / 5, "publish": publish, "noteType": 1, "title": "Note", "creatorResourceID": 10, "createdByContactID": null })
    };
    let notes = |ticket: Option<i64>| {
        (1..=500).map(note).filter(|it| ticket.is_none_or(|id| it["ticketID"] == json!(id))).collect()
    };
    let contact = json!({ "id": autotask::ACME_USER, "companyID": autotask::ACME, "firstName": "Bob", "lastName": "Basic", "emailAddress": "bob@acme.example" });
    let people =
        [autotask::API_USER, autotask::ADA].map(|id| json!({ "id": id, "firstName": "Ada", "lastName": "Agent" }));
    let answers = [
        ("v1.0/zoneInformation", json!({ "zoneName": "5", "url": BASE, "ci": 1 })),
        ("Tickets/entityInformation/fields", json!({ "fields": fields })),
        ("Tickets/query", rows(tickets.to_vec())),
        ("Tickets/10000", json!({ "item": tickets.first() })),
        ("Tickets/10000/Attachments", json!({ "items": [] })),
        ("TicketNotes/query", rows(notes(if tickets.len() == 1 { Some(10_000) } else { None }))),
        ("Contacts/query", rows(vec![contact])),
        ("Resources/query", rows(people.to_vec())),
    ];
    let ready = answers.into_iter().map(|(path, body)| (path.to_owned(), Bytes::from(body.to_string()))).collect();
    let hosts = vec!["webservices5.autotask.net".to_owned()];
    let mut config = Config::new("api@msp.example", "CODE", String::new().into(), hosts);
    config.unmarked_visibility = Visibility::Organisation;
    config.resource_id = Some(autotask::API_USER);
    config.requests_per_hour = 10_000;
    // A clock that stands still a second a call would be another thing to measure; this one leaves the hour at once.
    let start = std::time::Instant::now();
    let calls = std::sync::atomic::AtomicU64::new(0);
    let clock = move || start + Duration::from_secs(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    Ok(postern_autotask::connect(config, Arc::new(Ready(ready)), &Budgets::with_clock(clock))?)
}

/// The process's memory in bytes, as Linux counts it.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split_whitespace().nth(1)?.parse::<u64>().ok()? * 4_096)
}

fn lists(criterion: &mut Criterion) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let cx = CallCx::new(Reach::Organisations(vec![ExternalId::new("174")?]), Duration::from_secs(3_600));
    let query = |limit| TicketQuery { limit, ..TicketQuery::default() };

    // As the vendor sends them where fields were named: no more than those.
    let fields =
        ["hoursToBeScheduled", "changeInfoField1", "rmmAlertID", "userDefinedFields", "ticketNumber", "externalID"];
    let mut tickets = autotask::many_tickets(10_000, 1_000);
    for row in tickets.iter_mut().filter_map(Value::as_object_mut) {
        row.retain(|name, _| !fields.contains(&name.as_str()));
    }
    let hundred = adapter(tickets.get(..100).ok_or("tickets")?)?;
    let thousand = adapter(&tickets)?;
    let one = adapter(tickets.get(..1).ok_or("tickets")?)?;
    let bytes = serde_json::to_vec(&tickets.get(..100))?.len();

    let desk = hundred.service_desk().ok_or("no service desk")?;
    let page = runtime.block_on(desk.tickets(&cx, &query(100)))?;
    assert_eq!((page.rows.len(), page.total), (100, 100));
    const KEPT: usize = 400;
    let before = resident();
    let mut kept = Vec::with_capacity(KEPT);
    for _ in 0..KEPT {
        kept.push(runtime.block_on(desk.tickets(&cx, &query(100)))?);
    }
    let each = before.zip(resident()).map(|(before, after)| after.saturating_sub(before) / KEPT as u64);
    if let Some(each) = each {
        println!("a list of 100 tickets: {bytes} bytes on the wire, {each} bytes kept in memory");
    }
    drop(kept);
    if each.is_some_and(|it| it > bytes as u64 + 64 * 1024) {
        return Err("more than 64 KB beyond what came".into());
    }

    criterion.bench_function("autotask: list of 100 tickets", |it| {
        it.iter(|| runtime.block_on(desk.tickets(&cx, &query(100))).is_ok());
    });
    let desk = thousand.service_desk().ok_or("no service desk")?;
    criterion.bench_function("autotask: first page of 1,000 tickets", |it| {
        it.iter(|| runtime.block_on(desk.tickets(&cx, &query(20))).is_ok());
    });
    let desk = one.service_desk().ok_or("no service desk")?;
    let id = TicketId::new("10000")?;
    criterion.bench_function("autotask: one ticket with five notes", |it| {
        it.iter(|| runtime.block_on(desk.ticket(&cx, &id)).is_ok());
    });
    Ok(())
}

fn all(criterion: &mut Criterion) {
    if let Err(error) = lists(criterion) {
        eprintln!("the benchmark could not run: {error}");
        std::process::exit(1);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);

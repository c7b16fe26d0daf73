//! What the adapter itself costs, without the vendor: a list of 100 tickets with its comments' counts known, the same for the
//! first time, a list out of 1,000, a ticket. And how much memory a list of 100 tickets holds: past its aim the bench fails.
#![recursion_limit = "256"]
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops")]

use criterion::{Criterion, criterion_group, criterion_main};
use postern_api::http::{Bytes, HeaderMap, Http, Request, Response, StatusCode};
use postern_api::*;
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// Answers from memory: tickets page by page, five actions for each.
#[derive(Debug)]
struct Vendor {
    pages: Vec<Bytes>,
    actions: Bytes,
    ticket: Bytes,
}

const PROSE: &str = "<p>The printer on the third floor stopped again this morning and nobody could print the delivery \
    notes.</p><p>We switched it off and on, checked the cable and reinstalled the driver, without luck.</p>";

/// A row with the fields that the vendor sends, many of which nobody reads.
fn row(id: usize) -> Value {
    let none = "1900-01-01T00:00:00";
    json!({
        "id": id, "summary": format!("Printer on floor {id} is offline"), "details": PROSE,
        "dateoccurred": "2026-09-01T08:55:00", "status_id": 1, "tickettype_id": 1, "tickettype_name": "Incident",
        "sla_id": 1, "priority_id": 2, "client_id": 12, "client_name": "Acme", "site_id": 18.0, "site_name": "Main",
        "user_id": 78, "user_name": "Bob Basic", "user_email": "bob.basic@acme.example", "team": "1st Line",
        "agent_id": 14, "agent_name": "Ada Agent", "category_1": "Hardware>Printer", "source": 0, "onhold": false,
        "respondbydate": "2026-09-01T12:55:00", "responsedate": none, "fixbydate": "2026-09-02T08:55:00",
        "dateclosed": none, "slaresponsestate": "I", "parent_id": 0, "inactive": false, "deleted": false,
        "last_update": format!("2026-09-03T10:00:{:02}.123", id % 60), "lastactiondate": "2026-09-03T10:00:00",
        "attachment_count": 0, "third_party_id": 0, "third_party_id_string": "", "lastnote": "We are on our way",
        "customfields": [{ "id": 201, "name": "CFPrivate", "label": "Private", "type": 6, "value": false }],
    })
}

fn action(nth: usize) -> Value {
    json!({
        "id": nth + 1, "ticket_id": 1, "outcome": "Public Note", "who": "Ada Agent", "who_type": 1, "who_agentid": 14,
        "actionby_user_id": 0, "datetime": "2026-09-01T09:15:00", "actionarrivaldate": "2026-09-01T09:15:00",
        "note": "We are on our way", "note_html": PROSE, "hiddenfromuser": nth % 2 == 1, "timetaken": 0.25,
        "important": false, "attachment_count": 0,
    })
}

fn vendor(tickets: usize) -> Arc<Vendor> {
    let ids: Vec<usize> = (1..=tickets).collect();
    let bytes = |value: Value| Bytes::from(value.to_string());
    let pages = ids.chunks(100).map(|ids| {
        let rows: Vec<_> = ids.iter().map(|id| row(*id)).collect();
        bytes(json!({ "record_count": tickets, "tickets": rows }))
    });
    let actions: Vec<_> = (0..5).map(action).collect();
    let actions = bytes(json!({ "record_count": 5, "actions": actions }));
    Arc::new(Vendor { pages: pages.collect(), actions, ticket: bytes(row(1)) })
}

#[async_trait]
impl Http for Vendor {
    async fn send(&self, _: &CallCx, request: Request) -> Result<Response> {
        let asked = |name: &str| request.query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let page = asked("page_no").and_then(|it| it.parse::<usize>().ok()).unwrap_or(1);
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let body = match path.as_slice() {
            ["Tickets"] => {
                self.pages.get(page - 1).cloned().unwrap_or_else(|| r#"{"record_count":0,"tickets":[]}"#.into())
            }
            ["Tickets", _] => self.ticket.clone(),
            ["Actions"] => self.actions.clone(),
            ["Attachment"] => r#"{"record_count":0,"attachments":[]}"#.into(),
            ["Status"] => r#"[{"id":1,"name":"New"},{"id":9,"name":"Closed"}]"#.into(),
            _ => return Err(Error::internal("not asked for here")),
        };
        Ok(Response { status: StatusCode::OK, headers: HeaderMap::new(), body })
    }
}

fn connect(vendor: &Arc<Vendor>) -> Arc<dyn Adapter> {
    let mut config = postern_halopsa::Config::new("https://desk.example.com/api", "client", "secret".to_owned());
    config.private_field = Some("CFPrivate".into());
    postern_halopsa::connect(config, vendor.clone()).expect("a good configuration")
}

fn cx() -> CallCx {
    let acme = ExternalId::new("12").expect("an id");
    CallCx::new(Reach::Organisations(vec![acme]), Duration::from_secs(60))
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|it| it.parse::<usize>().ok()).unwrap_or_default() * 4096
}

fn lists(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let hundred = vendor(100);
    let whole = TicketQuery { limit: 100, ..TicketQuery::default() };
    let adapter = connect(&hundred);
    let list = async |adapter: &Arc<dyn Adapter>, query: &TicketQuery| {
        adapter.service_desk().expect("a desk").tickets(&cx(), query).await.expect("a page")
    };
    assert_eq!(runtime.block_on(list(&adapter, &whole)).rows.len(), 100);
    // What many lists hold together, so that the size of a page of memory does not matter.
    const HELD: usize = 400;
    let (before, mut held) = (resident(), Vec::with_capacity(HELD));
    for _ in 0..HELD {
        held.push(runtime.block_on(list(&adapter, &whole)));
    }
    let each = resident().saturating_sub(before) / HELD;
    let bytes: usize = hundred.pages.iter().map(Bytes::len).sum();
    println!("halopsa/a list of 100 tickets holds {} KB; the vendor's answer has {} KB", each / 1024, bytes / 1024);
    assert!(each <= bytes + 64 * 1024, "more than 64 KB beyond what came");
    drop(black_box(held));
    c.bench_function("halopsa/list of 100 tickets", |b| {
        b.to_async(&runtime).iter(async || black_box(list(&adapter, &whole).await));
    });
    c.bench_function("halopsa/list of 100 tickets for the first time, 100 requests for actions", |b| {
        b.to_async(&runtime).iter(async || black_box(list(&connect(&hundred), &whole).await));
    });
    let id = TicketId::new("1").expect("an id");
    c.bench_function("halopsa/one ticket with its actions", |b| {
        let desk = adapter.service_desk().expect("a desk");
        b.to_async(&runtime).iter(async || black_box(desk.ticket(&cx(), &id).await.expect("a ticket")));
    });
    let thousand = connect(&vendor(1000));
    runtime.block_on(list(&thousand, &TicketQuery::default()));
    c.bench_function("halopsa/parse of 1,000 tickets", |b| {
        let query = TicketQuery::default();
        b.to_async(&runtime).iter(async || black_box(list(&thousand, &query).await));
    });
}

criterion_group!(benches, lists);
criterion_main!(benches);

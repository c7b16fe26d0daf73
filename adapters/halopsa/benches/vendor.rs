//! HaloPSA as it answers from memory: tickets page by page, five actions for each.

use postern_api::http::{Bytes, HeaderMap, Http, Request, Response, StatusCode};
use postern_api::*;
use postern_kit::Ready;
use serde_json::{Value, json};
use std::sync::Arc;

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

fn vendor(tickets: usize) -> Vendor {
    let ids: Vec<usize> = (1..=tickets).collect();
    let bytes = |value: Value| Bytes::from(value.to_string());
    let pages = ids.chunks(100).map(|ids| {
        let rows: Vec<_> = ids.iter().map(|id| row(*id)).collect();
        bytes(json!({ "record_count": tickets, "tickets": rows }))
    });
    let actions: Vec<_> = (0..5).map(action).collect();
    let actions = bytes(json!({ "record_count": 5, "actions": actions }));
    Vendor { pages: pages.collect(), actions, ticket: bytes(row(1)) }
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

/// A desk with this many tickets of one client's.
pub(crate) fn ready(tickets: usize) -> Ready {
    let vendor = vendor(tickets);
    let bytes = vendor.pages.iter().map(Bytes::len).sum();
    let mut config = postern_halopsa::Config::new("https://desk.example.com/api", "client", "secret".to_owned());
    config.private_field = Some("CFPrivate".into());
    let adapter = postern_halopsa::connect(config, Arc::new(vendor)).expect("a good configuration");
    Ready { adapter, bytes, organisation: "12", ticket: "1" }
}

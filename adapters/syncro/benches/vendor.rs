//! Syncro as it answers from memory: tickets page by page, five comments for each.

use postern_api::http::{Bytes, HeaderMap, Http, Request, Response, StatusCode};
use postern_api::*;
use postern_kit::Ready;
use std::sync::Arc;

/// Answers from memory: tickets page by page, five comments for each.
#[derive(Debug)]
struct Vendor {
    pages: Vec<Bytes>,
    comments: Vec<Bytes>,
    ticket: Bytes,
}

const PROSE: &str = "The printer on the third floor stopped again this morning and nobody could print the delivery notes. \
    We switched it off and on, checked the cable and reinstalled the driver, without luck.";

/// A row with the fields that the vendor sends, most of which nobody reads.
fn row(id: usize) -> serde_json::Value {
    serde_json::json!({
        "id": id, "number": 10_000 + id, "subject": format!("Printer on floor {id} is offline"),
        "created_at": "2026-09-01T08:55:00.034Z", "customer_id": 12, "customer_business_then_name": "Acme",
        "due_date": "2026-09-02T08:55:00.016Z", "resolved_at": null, "start_at": null, "end_at": null, "location_id": null,
        "location_name": null, "problem_type": "Hardware", "status": "In Progress", "ticket_type_id": 1,
        "ticket_type_name": "Hardware", "properties": { "Private": "0", "Device": "Laptop", "Maker": "Example" },
        "user_id": 14, "updated_at": format!("2026-09-03T10:00:{:02}.000Z", id % 60), "pdf_url": null,
        "priority": "1 High", "billing_status": null, "tag_list": ["printer"], "sla_name": "Gold",
        "creator_name_or_email": "ann@acme.example", "contact_fullname": "Ann Lead", "contract_name": null, "address_id": null,
        "parent": false, "parent_id": null, "child": false, "recurring": false, "customer_reply": false,
        "total_formatted_billable_time": "1 h", "contact_id": 77, "sla_breached": false, "sla_breaching_soon": false,
        "contract_id": null, "sla_id": 3, "customer_tag_list": [], "resolution_time": null, "response_time": null,
        "customer_icons": [], "comments": [comment(id, 0)],
        "user": { "id": 14, "email": "ada@msp.example", "full_name": "Ada Agent", "group": "Techs", "admin": false },
    })
}

fn comment(ticket: usize, nth: usize) -> serde_json::Value {
    serde_json::json!({
        "id": ticket * 10 + nth, "created_at": format!("2026-09-01T09:{nth:02}:00.000Z"),
        "updated_at": "2026-09-01T09:00:00.000Z", "ticket_id": ticket,
        "subject": if nth == 0 { "Initial Issue" } else { "Update" }, "body": PROSE, "tech": "Ada Agent",
        "hidden": nth % 2 == 1, "user_id": if nth == 0 { None } else { Some(14) }, "is_rich_text": false,
    })
}

/// As many as the vendor puts on a page.
const PAGE: usize = 50;

fn vendor(tickets: usize) -> Vendor {
    let ids: Vec<usize> = (1..=tickets).collect();
    let total = tickets.div_ceil(PAGE);
    let bytes = |value: serde_json::Value| Bytes::from(value.to_string());
    let pages = ids.chunks(PAGE).enumerate().map(|(nth, ids)| {
        let rows: Vec<_> = ids.iter().map(|id| row(*id)).collect();
        bytes(serde_json::json!({ "tickets": rows, "meta": { "total_pages": total, "page": nth + 1 } }))
    });
    let comments = ids.iter().map(|id| {
        let rows: Vec<_> = (0..5).rev().map(|nth| comment(*id, nth)).collect();
        bytes(serde_json::json!({ "comments": rows, "meta": { "total_pages": 1, "page": 1, "per_page": 100 } }))
    });
    let (pages, comments) = (pages.collect(), comments.collect());
    Vendor { pages, comments, ticket: bytes(serde_json::json!({ "ticket": row(1) })) }
}

#[async_trait]
impl Http for Vendor {
    async fn send(&self, _: &CallCx, request: Request) -> Result<Response> {
        let page = request.query.iter().find(|(name, _)| name == "page").and_then(|(_, it)| it.parse::<usize>().ok());
        let id = request.path.get(1).and_then(|it| it.parse::<usize>().ok());
        let body = match (id, request.path.len()) {
            (Some(id), 3) => self.comments.get(id - 1),
            (Some(_), _) => Some(&self.ticket),
            (None, _) => self.pages.get(page.unwrap_or(1) - 1),
        };
        let body = body.cloned().ok_or_else(|| Error::not_found("page"))?;
        Ok(Response { status: StatusCode::OK, headers: HeaderMap::new(), body })
    }
}

/// A desk with this many tickets of one customer's.
pub(crate) fn ready(tickets: usize) -> Ready {
    let vendor = vendor(tickets);
    let bytes = vendor.pages.iter().map(Bytes::len).sum();
    let mut config = postern_syncro::Config::new("https://bench.example/api/v1", "token");
    config.private_field = Some("Private".into());
    let adapter = postern_syncro::connect(config, Arc::new(vendor)).expect("a good configuration");
    Ready { adapter, bytes, organisation: "12", ticket: "1" }
}

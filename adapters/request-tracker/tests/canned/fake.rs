//! Answers in the place of Request Tracker.

use postern_api::http::{Bytes, HeaderMap, Http, Method, Request, Response, StatusCode};
use postern_api::*;
use serde_json::{Value, json};
use std::sync::Mutex;

pub(crate) type Answer = (u16, Vec<(&'static str, String)>, String);

/// Answers by the last path segments and keeps what was asked.
#[derive(Default)]
pub(crate) struct Canned {
    answers: Mutex<Vec<(Method, String, Answer)>>,
    pub(crate) asked: Mutex<Vec<Request>>,
}

impl std::fmt::Debug for Canned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canned")
    }
}

#[async_trait]
impl Http for Canned {
    async fn send(&self, _cx: &CallCx, request: Request) -> Result<Response> {
        let path = request.path.join("/");
        let mut answers = self.answers.lock().expect("a lock");
        let at = answers.iter().position(|(method, it, _)| *method == request.method && *it == path);
        let at = at.unwrap_or_else(|| panic!("no answer to {} {path}", request.method));
        // The last answer of a kind is given again and again.
        let more = answers.iter().filter(|(method, it, _)| *method == request.method && *it == path).count() > 1;
        let (_, _, (status, headers, body)) = if more { answers.remove(at) } else { answers[at].clone() };
        self.asked.lock().expect("a lock").push(request);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name, value.parse().expect("a header"));
        }
        Ok(Response { status: StatusCode::from_u16(status).expect("a status"), headers: map, body: Bytes::from(body) })
    }
}

impl Canned {
    pub(crate) fn on(&self, method: Method, path: &str, status: u16, body: impl ToString) -> &Self {
        self.with(method, path, status, vec![], body)
    }

    pub(crate) fn with(
        &self,
        method: Method,
        path: &str,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: impl ToString,
    ) -> &Self {
        let path = format!("REST/2.0/{path}");
        self.answers.lock().expect("a lock").push((method, path, (status, headers, body.to_string())));
        self
    }

    pub(crate) fn asked(&self, method: &Method, path: &str) -> Vec<Request> {
        let path = format!("REST/2.0/{path}");
        let asked = self.asked.lock().expect("a lock");
        asked.iter().filter(|it| it.method == *method && it.path.join("/") == path).cloned().collect()
    }

    pub(crate) fn writes(&self) -> usize {
        let asked = self.asked.lock().expect("a lock");
        asked.iter().filter(|it| it.effect == postern_api::http::Effect::Write).count()
    }
}

pub(crate) fn page(items: Value) -> Value {
    let count = items.as_array().map_or(0, Vec::len);
    json!({ "items": items, "count": count, "total": count, "pages": 0.0, "page": 1, "per_page": 100 })
}

pub(crate) fn row(id: i64, queue: i64, status: &str) -> Value {
    json!({
        "id": id.to_string(), "type": "ticket", "Subject": "Outlook will not open", "Status": status, "Priority": "50",
        "Queue": { "id": queue, "type": "queue", "Name": if queue == 3 { "Acme Support" } else { "Globex Support" } },
        "Requestor": [
            { "id": 31, "type": "group", "Name": "UserEquiv" },
            { "id": 30, "type": "user", "Name": "jane", "RealName": "Jane Smith", "EmailAddress": "Jane@acme.example", "Organization": "Acme" },
        ],
        "Owner": { "id": 6, "type": "user", "Name": "Nobody", "RealName": "Nobody in particular", "EmailAddress": "" },
        "Created": "2026-11-21T09:00:00Z", "LastUpdated": "2026-11-21T12:00:00Z", "Told": "2026-11-21T10:00:00Z",
        "Started": "1970-01-01T00:00:00Z", "Resolved": "1970-01-01T00:00:00Z", "Due": "1970-01-01T00:00:00Z",
        "CustomFields": [{ "id": "2", "type": "customfield", "name": "Visibility", "values": ["organization"] }],
    })
}

//! The page behind the link in a mail: takes its person off that kind of mail, and asks nothing else.
//!
//! Looking changes nothing, since mail scanners look; the button, or a mail program's own (RFC 8058), does. **Invariant:** whoever has
//! the link can do this one thing; the page says nothing about the person, and a link that is not ours is the same as none.

use super::{guarded, page};
use crate::caller::RequestId;
use crate::unsubscribe::{PATH, Signer};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderMap, StatusCode, header};
use postern_api::mail::Subscription;
use postern_api::{CallCx, Channel, ErrorKind, NoticeLedger, Reach, TenantId, Topic};
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// The largest form.
const FORM_BYTES: usize = 4 * 1024;

/// What can be left. About their account people are always told.
const TOPICS: [Topic; 6] =
    [Topic::Welcome, Topic::Document, Topic::Payment, Topic::Reply, Topic::Progress, Topic::Update];

/// Is told that somebody left, for the audit.
pub trait Left: Debug + Send + Sync + 'static {
    /// Somebody at this tenant takes no more mail of a kind.
    fn left(&self, tenant: &TenantId, request_id: &str);
}

/// What one MSP needs for it.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// The MSP's name, for people.
    pub name: String,
    /// Where it is noted.
    pub ledger: Arc<dyn NoticeLedger>,
}

/// What the page is made of.
#[derive(Debug)]
pub struct Desk {
    /// Knows our links.
    pub signer: Signer,
    /// The MSPs that send mail.
    pub tenants: HashMap<TenantId, Leaving>,
    /// Is told.
    pub told: Arc<dyn Left>,
}

/// The routes. The link is all that they ask for.
pub fn routes(desk: Desk) -> Router {
    Router::new()
        .route(&format!("{PATH}{{token}}"), get(show).post(leave))
        .layer(axum::middleware::map_response(guarded))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .with_state(Arc::new(desk))
}

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Page<'a> {
    stage: Stage,
    name: &'a str,
    about: &'static str,
    action: String,
}

/// What the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Asks,
    Done,
    DoneWithAll,
    Nothing,
    Failed,
}

fn about(topic: Topic) -> &'static str {
    match topic {
        Topic::Welcome => "your access to the portal",
        Topic::Document => "documents that are published for you",
        Topic::Payment => "invoices and payments",
        Topic::Reply => "answers to your requests",
        Topic::Progress => "the progress of your projects",
        Topic::Update => "changes of the portal",
        Topic::Security => "your account",
    }
}

fn drawn(status: StatusCode, stage: Stage, name: &str, about: &'static str, action: String) -> Response {
    (status, page(&Page { stage, name, about, action })).into_response()
}

fn nothing() -> Response {
    drawn(StatusCode::NOT_FOUND, Stage::Nothing, "", "", String::new())
}

impl Desk {
    /// Who would leave what, by a link of ours.
    fn asked(&self, token: &str) -> Option<(TenantId, &Leaving, Subscription)> {
        let (tenant, subscription) = self.signer.open(token)?;
        let leaving = self.tenants.get(&tenant).filter(|_| subscription.topic != Topic::Security)?;
        Some((tenant, leaving, subscription))
    }
}

async fn show(State(desk): State<Arc<Desk>>, Path(token): Path<String>) -> Response {
    match desk.asked(&token) {
        Some((_, leaving, it)) => {
            drawn(StatusCode::OK, Stage::Asks, &leaving.name, about(it.topic), format!("{PATH}{token}"))
        }
        None => nothing(),
    }
}

/// What a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    This,
    Everything,
}

/// A mail program says `List-Unsubscribe=One-Click`, in one of two ways to write a form; our own page says which button it was.
fn wish(headers: &HeaderMap, body: &[u8]) -> Option<Wish> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let text = std::str::from_utf8(body).ok()?;
    if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let one_click = text.contains("name=\"List-Unsubscribe\"") && text.contains("One-Click");
        return one_click.then_some(Wish::This);
    }
    url::form_urlencoded::parse(text.as_bytes()).find_map(|(name, value)| match (&*name, &*value) {
        ("List-Unsubscribe", "One-Click") | ("what", "this") => Some(Wish::This),
        ("what", "everything") => Some(Wish::Everything),
        _ => None,
    })
}

async fn leave(
    State(desk): State<Arc<Desk>>,
    Path(token): Path<String>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((tenant, leaving, it)) = desk.asked(&token) else { return nothing() };
    let Some(wish) = wish(&headers, &body) else {
        let action = format!("{PATH}{token}");
        return drawn(StatusCode::BAD_REQUEST, Stage::Asks, &leaving.name, about(it.topic), action);
    };
    let topics = match wish {
        Wish::This => vec![it.topic],
        Wish::Everything => TOPICS.to_vec(),
    };
    let cx = CallCx::new(Reach::Organisations(vec![it.organisation.clone()]), Duration::from_secs(10));
    for topic in topics {
        let left = leaving.ledger.opt_out(&cx, &it.organisation, &it.contact, (topic, Channel::Email)).await;
        match left {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return nothing(),
            Err(error) => {
                tracing::error!(%error, request_id = %request_id, "somebody could not be taken off a kind of mail: {error}");
                return drawn(StatusCode::SERVICE_UNAVAILABLE, Stage::Failed, "", "", String::new());
            }
        }
    }
    desk.told.left(&tenant, &request_id);
    let stage = if wish == Wish::This { Stage::Done } else { Stage::DoneWithAll };
    drawn(StatusCode::OK, stage, &leaving.name, about(it.topic), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wished(kind: &str, body: &str) -> Option<Wish> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().expect("a type"));
        wish(&headers, body.as_bytes())
    }

    #[test]
    fn a_mail_program_may_write_its_form_in_either_way_and_nothing_else_counts() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(wished(form, "List-Unsubscribe=One-Click"), Some(Wish::This));
        assert_eq!(wished(form, "what=everything"), Some(Wish::Everything));
        let parts = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        assert_eq!(wished("multipart/form-data; boundary=x", parts), Some(Wish::This));
        for (kind, body) in
            [(form, ""), (form, "what=x"), (form, "x=One-Click"), ("multipart/form-data; boundary=x", "--x--")]
        {
            assert_eq!(wished(kind, body), None, "{kind} {body}");
        }
    }
}

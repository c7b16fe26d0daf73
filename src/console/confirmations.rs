//! What waits for a person: shown with its exact effect, confirmed or declined by a form. This is out of a model's reach.
//!
//! **Invariant:** looking confirms nothing, whoever follows the link; what is shown is the arguments as they will be carried out.

use super::visitor::{Shell, Visitor, back, field, is_ours, request_id};
use super::words::{arguments, label, machine_time, time, visible};
use super::{Console, page};
use crate::call::host::{Answer, Facts};
use crate::govern::confirmation::Confirmation;
use crate::tenant::Tenant;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode};
use jiff::Timestamp;
use postern_policies::Policies;
use serde_json::Value;
use std::sync::Arc;

/// One that waits, as a page shows it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) effect: String,
    pub(super) system: Option<String>,
    pub(super) arguments: Vec<(String, String)>,
    pub(super) expires: (String, String),
    pub(super) left: String,
}

impl Waiting {
    fn of(it: &Confirmation, tenant: &Tenant, policies: &Policies, now: Timestamp) -> Self {
        let left = it.expires_at.duration_since(now).as_secs().max(0);
        let left = match left / 60 {
            0 => "less than a minute left".to_owned(),
            1 => "1 minute left".to_owned(),
            minutes => format!("{minutes} minutes left"),
        };
        Self {
            id: it.id.clone(),
            title: super::words::tool(&it.tool),
            effect: visible(&it.message),
            system: system_of(tenant, policies, &it.tool),
            arguments: arguments(&it.arguments),
            expires: (time(it.expires_at), machine_time(it.expires_at)),
            left,
        }
    }
}

/// The system that a tool changes, by its name in the configuration: the one behind the port of its toolset.
fn system_of(tenant: &Tenant, policies: &Policies, tool: &str) -> Option<String> {
    let system = match policies.tool(tool)?.toolset.as_str() {
        "contacts" => &tenant.identity,
        "tickets" | "desk" => &tenant.service_desk,
        "knowledge" => &tenant.knowledge,
        "organisations" => &tenant.crm,
        _ => return None,
    };
    Some(system.name.to_string())
}

#[derive(Template)]
#[template(path = "confirmations.html")]
struct List {
    shell: Shell,
    waiting: Vec<Waiting>,
    /// Changes when the list does.
    mark: String,
}

#[derive(Template)]
#[template(path = "confirmation.html")]
struct One<'a> {
    shell: Shell,
    visitor: &'a Visitor,
    it: Waiting,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) title: &'static str,
    pub(super) class: &'static str,
    pub(super) says: String,
    pub(super) next: Option<String>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) request_id: Option<String>,
}

#[derive(Template)]
#[template(path = "settled.html")]
struct Settled {
    shell: Shell,
    effect: Option<String>,
    ended: Ended,
}

/// `GET /console/confirmations`
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let (now, policies) = (Timestamp::now(), console.policies.policies());
    let waiting = match console.confirmations.waiting(&visitor.caller.tenant, &visitor.caller.principal, now) {
        Ok(waiting) => waiting,
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let waiting: Vec<_> = waiting.iter().map(|it| Waiting::of(it, &visitor.tenant, &policies, now)).collect();
    let mark = waiting.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(" ");
    page(&List { shell: console.shell(&visitor, "Confirmations", "/console/confirmations"), waiting, mark })
}

/// `GET /console/confirmations/{id}`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let found = match found(&console, &visitor, &id) {
        Ok(found) => found,
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let Some(it) = found else { return gone(&console, &visitor) };
    let it = Waiting::of(&it, &visitor.tenant, &console.policies.policies(), Timestamp::now());
    page(&One { shell: console.shell(&visitor, "Confirm a change", "/console/confirmations"), visitor: &visitor, it })
}

/// `POST /console/confirmations/{id}`
pub(super) async fn settle(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let visitor = match console.enter(&headers, "/console/confirmations") {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let accept = match field(&body, "decision").as_deref() {
        Some("confirm") => true,
        Some("decline") => false,
        Some(_) | None => return console.stale(&visitor),
    };
    if !is_ours(&visitor, &headers, &body) {
        return console.stale(&visitor);
    }
    let request = request_id(&extensions);
    let known = match found(&console, &visitor, &id) {
        Ok(known) => known,
        Err(error) => return console.failed(&visitor, &error, &request),
    };
    let facts = Facts { request_id: request.clone(), protocol: "console".into(), ..Facts::default() };
    let answer = console.host.confirm(visitor.caller.clone(), &id, accept, &facts).await;
    let effect = known.map(|it| visible(&it.message));
    let envelope = match answer {
        Answer::Done { envelope, .. } | Answer::Confirm { envelope, .. } => envelope.value(),
        Answer::UnknownTool => Value::Null,
    };
    if text(&envelope, "code") == Some("CONFIRMATION_NOT_FOUND") {
        return gone(&console, &visitor);
    }
    let ended = ended(&envelope, &request);
    page(&Settled { shell: console.shell(&visitor, ended.title, "/console/confirmations"), effect, ended })
}

fn found(console: &Console, visitor: &Visitor, id: &str) -> postern_api::Result<Option<Confirmation>> {
    let who = &visitor.caller;
    let waiting = console.confirmations.waiting(&who.tenant, &who.principal, Timestamp::now())?;
    Ok(waiting.into_iter().find(|it| it.id == id))
}

/// Used, expired, somebody else's, never there: the same.
fn gone(console: &Console, visitor: &Visitor) -> Response {
    console
        .say(
            visitor,
            StatusCode::NOT_FOUND,
            "There is nothing to confirm here",
            "It was confirmed or declined already, or its five minutes are over. If it is still wanted, ask your client again.",
        )
        .into_response()
}

fn text<'a>(envelope: &'a Value, key: &str) -> Option<&'a str> {
    envelope.get(key).and_then(Value::as_str)
}

/// The truth about what came of it, as the gate told it.
fn ended(envelope: &Value, request: &str) -> Ended {
    let support = || (!request.is_empty()).then(|| request.to_owned());
    let plain = |title, class, says: &str| Ended {
        title,
        class,
        says: says.to_owned(),
        next: None,
        facts: Vec::new(),
        request_id: None,
    };
    match (text(envelope, "status"), text(envelope, "code")) {
        (Some("success"), _) => {
            let facts = match envelope.get("data") {
                Some(Value::Object(map)) => {
                    let simple =
                        map.iter().filter(|(_, value)| !value.is_object() && !value.is_array() && !value.is_null());
                    simple
                        .map(|(key, value)| (label(key), visible(value.as_str().unwrap_or(&value.to_string()))))
                        .collect()
                }
                Some(_) | None => Vec::new(),
            };
            Ended { facts, ..plain("It is done", "good", "The change was made.") }
        }
        (_, Some("CONFIRMATION_DECLINED")) => plain("You declined", "", "Nothing was changed."),
        (Some("unknown"), _) => Ended {
            request_id: support(),
            ..plain(
                "Nobody knows whether it happened",
                "warn",
                "The change was sent, and no answer came. Look in the system itself before you try again.",
            )
        },
        (Some("error"), _) => Ended {
            next: text(envelope, "suggested_action").map(visible),
            request_id: support(),
            ..plain(
                "It was not done",
                "bad",
                &format!(
                    "Nothing was changed: {}.",
                    visible(text(envelope, "message").unwrap_or("it failed")).trim_end_matches('.')
                ),
            )
        },
        (_, _) => Ended {
            request_id: support(),
            ..plain(
                "Nobody knows whether it happened",
                "warn",
                "It was interrupted inside the gateway. Look in the system itself before you try again.",
            )
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_outcome_is_told_as_it_is_and_never_better() {
        let title = |envelope: Value| ended(&envelope, "r-1").title;
        assert_eq!(title(json!({"status": "success", "data": {"x": 1}})), "It is done");
        assert_eq!(title(json!({"status": "error", "code": "CONFIRMATION_DECLINED"})), "You declined");
        assert_eq!(title(json!({"status": "error", "code": "ACCESS_DENIED", "message": "no"})), "It was not done");
        let unknown = "Nobody knows whether it happened";
        assert_eq!(title(json!({"status": "unknown", "code": "OUTCOME_UNKNOWN"})), unknown);
        assert_eq!(title(Value::Null), unknown);
        assert_eq!(title(json!({"status": "pending_confirmation"})), unknown);
    }
}

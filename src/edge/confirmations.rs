//! `POST /confirmations/{id}`: a person settles what a tool call asked of them, with the same realm's token. This is how a
//! company's own portal confirms; a model has no way to get here.

use crate::call::host::{Answer, Facts, Host};
use crate::caller::{Caller, RequestId};
use crate::edge::problem::{Kind, Problem};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use std::sync::Arc;

/// The body; none at all means yes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    accept: bool,
}

/// The route.
pub fn routes(host: Arc<dyn Host>) -> Router {
    Router::new().route("/confirmations/{id}", post(settle)).with_state(host)
}

async fn settle(
    State(host): State<Arc<dyn Host>>,
    Path(id): Path<String>,
    Extension(caller): Extension<Arc<Caller>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    body: Bytes,
) -> Response {
    let decision = if body.is_empty() { Ok(Decision { accept: true }) } else { serde_json::from_slice(&body) };
    let Ok(Decision { accept }) = decision else {
        return Problem::new(Kind::BadRequest).into_response();
    };
    let facts = Facts { request_id: request_id.to_string(), protocol: "http".into(), ..Facts::default() };
    match host.confirm(caller, &id, accept, &facts).await {
        Answer::Done { envelope, .. } if envelope.word("code").as_deref() == Some("CONFIRMATION_NOT_FOUND") => {
            (http::StatusCode::NOT_FOUND, Json(envelope)).into_response()
        }
        Answer::Done { envelope, .. } | Answer::Confirm { envelope, .. } => Json(envelope).into_response(),
        Answer::UnknownTool => Problem::new(Kind::NotFound).into_response(),
    }
}

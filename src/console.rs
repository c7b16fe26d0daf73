//! The web pages: connect a client, connected clients, confirmations, activity, and what administrators look after.
//!
//! **Invariant:** a page shows what is its person's, or its person's tenant's where the policies let them administer it; a
//! `GET` changes nothing; nothing on a page comes from anybody else's server.

pub(crate) mod assets;
pub mod flow;
mod sign_in;
mod words;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

/// The audit's word for having looked at it.
pub(crate) const AUDIT_READ: &str = "console:audit";
/// The audit's word for having exported it.
pub(crate) const AUDIT_EXPORT: &str = "console:audit-export";

/// A page as an answer.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, "an internal error occurred").into_response()
        }
    }
}

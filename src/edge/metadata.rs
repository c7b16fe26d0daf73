//! Protected resource metadata (RFC 9728) and the challenge that points to it.
//!
//! **Invariant:** built once, from the configured URL; nothing of a request is in it.

use super::config::{EdgeConfig, public_url};
use super::problem::{Kind, Problem};
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;
use std::collections::BTreeSet;

const ROOT: &str = "/.well-known/oauth-protected-resource";

#[derive(Serialize)]
struct Document<'a> {
    resource: &'a str,
    authorization_servers: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes_supported: &'a [String],
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'a str,
}

/// The document, and the two challenges.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    document: Bytes,
    path: String,
    at: String,
    unknown: HeaderValue,
    invalid: HeaderValue,
}

impl Metadata {
    /// From the configured URL, scopes and authorization servers (or else these issuers). `None` where the URL or a scope
    /// cannot be used; see [`EdgeConfig::mistakes`].
    pub(crate) fn new(config: &EdgeConfig, issuers: &[String]) -> Option<Self> {
        let url = public_url(&config.public_url)?;
        let servers = if config.authorization_servers.is_empty() { issuers } else { &config.authorization_servers };
        let document = Document {
            resource: &config.public_url,
            authorization_servers: servers,
            scopes_supported: &config.scopes,
            bearer_methods_supported: ["header"],
            resource_name: &config.resource_name,
        };
        let path = format!("{ROOT}{}", url.path());
        let at = format!("{}{path}", url.origin().ascii_serialization());
        let mut rest = format!("resource_metadata=\"{at}\"");
        if !config.scopes.is_empty() {
            rest.push_str(&format!(", scope=\"{}\"", config.scopes.join(" ")));
        }
        Some(Self {
            at,
            document: serde_json::to_vec(&document).ok()?.into(),
            path,
            unknown: HeaderValue::from_str(&format!("Bearer {rest}")).ok()?,
            invalid: HeaderValue::from_str(&format!("Bearer error=\"invalid_token\", {rest}")).ok()?,
        })
    }

    /// The 401: the same for every way in which a token can be wrong; RFC 6750 section 3.1 wants no error code where none
    /// was sent.
    pub(crate) fn challenge(&self, token_was_sent: bool) -> Response {
        let mut response = Problem::new(Kind::Unauthenticated).into_response();
        let value = if token_was_sent { &self.invalid } else { &self.unknown };
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value.clone());
        response
    }

    /// The challenge of a 403: what the request needs, with what its token holds (RFC 6750 section 3.1).
    pub(crate) fn insufficient(&self, scopes: &BTreeSet<String>) -> Option<HeaderValue> {
        let scopes = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let says = "the person did not allow this client what the call needs";
        let at = &self.at;
        let text = format!(
            "Bearer error=\"insufficient_scope\", scope=\"{scopes}\", resource_metadata=\"{at}\", error_description=\"{says}\""
        );
        HeaderValue::from_str(&text).ok()
    }

    /// The two places where clients look: beside the resource's path, and at the root.
    pub(crate) fn routes(&self) -> Router {
        let answer = |document: Bytes| {
            get(move || async move {
                let headers = [
                    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
                ];
                (headers, document)
            })
        };
        Router::new().route(ROOT, answer(self.document.clone())).route(&self.path, answer(self.document.clone()))
    }
}

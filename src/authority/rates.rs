//! How often one network may ask.
//!
//! **Invariant:** a limiter has so many cells and no more, whatever it was shown.

use super::Authority;
use super::answer::json_answer;
use crate::caller::RequestId;
use crate::edge::envelope::ClientIp;
use crate::edge::peer::{NOBODY, counted as network};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderValue, Method, StatusCode, header};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Two networks may share a cell, unpredictably; then they share its rate.
const CELLS: u64 = 1 << 14;

/// The rate of each network.
pub(super) struct Rate(DefaultKeyedRateLimiter<u64>, RandomState);

impl std::fmt::Debug for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rate(..)")
    }
}

impl Rate {
    pub(super) fn per_hour(rate: u32) -> Self {
        let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        Self(RateLimiter::keyed(Quota::per_hour(rate)), RandomState::new())
    }

    /// A minute's at once; 0 is no limit.
    pub(super) fn per_minute(rate: u32) -> Option<Self> {
        let rate = NonZeroU32::new(rate)?;
        Some(Self(RateLimiter::keyed(Quota::per_minute(rate)), RandomState::new()))
    }

    pub(super) fn allows(&self, address: IpAddr) -> bool {
        self.0.check_key(&(self.1.hash_one(network(address)) % CELLS)).is_ok()
    }
}

/// What the framework refuses in its own words, a form that is too long for example, is a page where a person looks at it.
async fn readable(authority: &Authority, request: Request, next: Next) -> Response {
    let page = request.uri().path().starts_with("/authorize");
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or(RequestId("".into()));
    let answer = next.run(request).await;
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if page && answer.status().is_client_error() && kind.is_some_and(|it| it.starts_with(b"text/plain")) {
        authority.refused("unreadable", None, &id);
        let said = ("This request cannot be read", "Connect again from your AI client.", "invalid_request");
        return authority.error_page(answer.status(), said, &id, None);
    }
    answer
}

/// Counts a network's requests to the endpoints.
pub(super) async fn counted(State(authority): State<Arc<Authority>>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientIp>().map_or(NOBODY, |it| it.0);
    if authority.requests.as_ref().is_none_or(|it| it.allows(address)) {
        return readable(&authority, request, next).await;
    }
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or(RequestId("".into()));
    authority.refused("throttled", None, &id);
    let page = request.method() == Method::GET || request.uri().path().starts_with("/authorize");
    let mut answer = if page {
        let said =
            ("Too many requests", "Wait a minute and connect again from your AI client.", "temporarily_unavailable");
        authority.error_page(StatusCode::TOO_MANY_REQUESTS, said, &id, None)
    } else {
        let body =
            serde_json::json!({"error": "temporarily_unavailable", "error_description": "too many requests, wait"});
        json_answer(StatusCode::TOO_MANY_REQUESTS, body)
    };
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    answer
}

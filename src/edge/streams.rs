//! Event streams that stay open: a bounded number for each caller. All of them end when the server drains, and each when what
//! its caller's token rests on ends.

use super::check::take;
use super::throttle::too_many;
use crate::caller::{Caller, Principal};
use crate::edge::reason::Reason;
use crate::edge::rejection::{RejectionFacts, Rejections};
use crate::edge::token::Verifier;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use http::{HeaderName, Method, Request};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service};

const METHOD: HeaderName = HeaderName::from_static("mcp-method");

/// The streams that are open now; whoever ends a grant closes those that rest on it.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<Listed>>);

#[derive(Debug, Default)]
struct Listed {
    next: u64,
    open: HashMap<u64, (Arc<Caller>, CancellationToken)>,
}

impl Streams {
    /// Closes every stream of a caller that is meant.
    pub fn close(&self, meant: impl Fn(&Caller) -> bool) {
        for (_, end) in self.0.lock().open.values().filter(|it| meant(&it.0)) {
            end.cancel();
        }
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.0.lock().open.len()
    }

    fn list(&self, caller: &Arc<Caller>, end: CancellationToken) -> Entry {
        let mut listed = self.0.lock();
        listed.next += 1;
        let id = listed.next;
        listed.open.insert(id, (Arc::clone(caller), end));
        Entry { streams: self.clone(), id }
    }
}

/// One stream in the list; dropped with its body.
struct Entry {
    streams: Streams,
    id: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.streams.0.lock().open.remove(&self.id);
    }
}

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct OpenStreams {
    open: Arc<Mutex<HashMap<Principal, usize>>>,
    streams: Streams,
    verifier: Arc<Verifier>,
    per_caller: usize,
    drain: CancellationToken,
    rejections: Arc<dyn Rejections>,
}

impl OpenStreams {
    pub(crate) fn new(
        per_caller: usize,
        drain: CancellationToken,
        rejections: Arc<dyn Rejections>,
        (streams, verifier): (Streams, Arc<Verifier>),
    ) -> Self {
        Self { open: Arc::default(), streams, verifier, per_caller, drain, rejections }
    }

    fn enter(&self, principal: &Principal) -> Option<Place> {
        let mut open = self.open.lock();
        let count = open.entry(principal.clone()).or_default();
        if *count >= self.per_caller {
            return None;
        }
        *count += 1;
        Some(Place { open: Arc::clone(&self.open), principal: principal.clone() })
    }
}

/// One open stream; dropped with its body.
struct Place {
    open: Arc<Mutex<HashMap<Principal, usize>>>,
    principal: Principal,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(&self.principal) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.principal);
            }
        }
    }
}

impl<S> Layer<S> for OpenStreams {
    type Service = OpenStreamsService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        OpenStreamsService { rule: self.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct OpenStreamsService<S> {
    rule: OpenStreams,
    inner: S,
}

impl<S> Service<Request<Body>> for OpenStreamsService<S>
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let caller = request.extensions().get::<Arc<Caller>>();
        let Some(caller) = caller.filter(|_| stays_open(&request)) else {
            return Box::pin(self.inner.call(request));
        };
        let Some(place) = self.rule.enter(&caller.principal) else {
            self.rule.rejections.rejected(Reason::Throttled, &RejectionFacts::of(&request));
            return Box::pin(async { Ok(too_many(Duration::from_secs(10)).into_response()) });
        };
        let end = self.rule.drain.child_token();
        let entry = self.rule.streams.list(caller, end.clone());
        // What ended between the caller's check and the entry in the list found no stream to close.
        if !self.rule.verifier.still_stands(caller) {
            end.cancel();
        }
        let mut inner = take(&mut self.inner);
        Box::pin(async move {
            let response = inner.call(request).await?;
            Ok(response.map(|body| {
                let frames = body.into_data_stream().take_until(end.cancelled_owned());
                Body::from_stream(frames.map(move |frame| {
                    let _ = (&place, &entry);
                    frame
                }))
            }))
        })
    }
}

/// The stream of a session, or of a subscription.
fn stays_open(request: &Request<Body>) -> bool {
    let listens = |it: &http::HeaderValue| it == "subscriptions/listen";
    request.method() == Method::GET || request.headers().get(METHOD).is_some_and(listens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::testing::Noted;
    use http_body_util::BodyExt as _;

    fn get(subject: &str) -> Request<Body> {
        let mut request = Request::get("/mcp").body(Body::empty()).unwrap();
        request.extensions_mut().insert(Arc::new(crate::edge::testing::caller(subject)));
        request
    }

    #[tokio::test]
    async fn d02_one_caller_holds_a_bounded_number_of_streams_and_a_drain_ends_them() {
        let drain = CancellationToken::new();
        let layer = OpenStreams::new(
            2,
            drain.clone(),
            Arc::new(Noted::default()),
            (Streams::default(), crate::edge::testing::bench().verifier),
        );
        let endless = tower::service_fn(|_: Request<Body>| async {
            let never = futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
            Ok::<_, std::convert::Infallible>(Response::new(Body::from_stream(never)))
        });
        let mut service = layer.layer(endless);
        let first = service.call(get("ann")).await.unwrap();
        let second = service.call(get("ann")).await.unwrap();
        assert_eq!(service.call(get("ann")).await.unwrap().status(), 429);
        assert_eq!(service.call(get("bob")).await.unwrap().status(), 200);
        drop(first);
        let third = service.call(get("ann")).await.unwrap();
        assert_eq!(third.status(), 200);
        drain.cancel();
        assert!(second.into_body().collect().await.unwrap().to_bytes().is_empty());
        drop(third);
        assert!(layer.open.lock().is_empty());
    }
}

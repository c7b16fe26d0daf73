//! The challenge to a client that was not granted what a call needs (RFC 6750 section 3.1, MCP authorization): with it the client can
//! ask its person for more. Whoever decides about the call tells which scopes; the answer's body stays as it is.
//!
//! In a session with a stream the head waits for the first message (`mcp/held.rs`). A call that was only kept alive until it was refused
//! stays without: there the body alone says it.

use super::check::take;
use super::metadata::Metadata;
use crate::caller::Needs;
use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use http::{Request, StatusCode, header};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct StepUp(pub(crate) Arc<Metadata>);

impl<S> Layer<S> for StepUp {
    type Service = StepUpService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        StepUpService { metadata: Arc::clone(&self.0), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StepUpService<S> {
    metadata: Arc<Metadata>,
    inner: S,
}

impl<S> Service<Request<Body>> for StepUpService<S>
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let needs = Needs::default();
        request.extensions_mut().insert(needs.clone());
        let (mut inner, metadata) = (take(&mut self.inner), Arc::clone(&self.metadata));
        Box::pin(async move {
            let mut response = inner.call(request).await?;
            if let Some(challenge) = needs.told().and_then(|it| metadata.insufficient(it))
                && response.status() == StatusCode::OK
            {
                *response.status_mut() = StatusCode::FORBIDDEN;
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            Ok(response)
        })
    }
}

//! How much of a request is read at all, and how long an answer may take to begin.

use super::check::{Check, take};
use super::config::LimitsConfig;
use super::problem::{Kind, Problem};
use super::reason::Reason;
use super::rejection::{RejectionFacts, Rejections};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::Request;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

/// No URL of ours is longer.
const URL_LIMIT: usize = 8 * 1024;

/// Refuses headers that are too many or too large.
#[derive(Debug, Clone)]
pub(crate) struct HeaderLimits {
    pub(crate) limits: LimitsConfig,
    pub(crate) rejections: Arc<dyn Rejections>,
}

impl Check for HeaderLimits {
    fn check(&self, request: &mut Request<Body>) -> Result<(), Problem> {
        let headers = request.headers();
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let url = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
        if headers.len() > self.limits.header_count || bytes > self.limits.header_bytes || url > URL_LIMIT {
            self.rejections.rejected(Reason::Headers, &RejectionFacts::of(request));
            return Err(Problem::new(Kind::HeadersTooLarge));
        }
        Ok(())
    }
}

/// Answers 504 where an answer does not begin in time. A stream that has begun may go on.
#[derive(Debug, Clone)]
pub(crate) struct AnswerTime(pub(crate) Duration);

impl<S> Layer<S> for AnswerTime {
    type Service = AnswerTimeService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        AnswerTimeService { limit: self.0, inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AnswerTimeService<S> {
    limit: Duration,
    inner: S,
}

impl<S> Service<Request<Body>> for AnswerTimeService<S>
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
        let limit = self.limit;
        let mut inner = take(&mut self.inner);
        Box::pin(async move {
            match tokio::time::timeout(limit, inner.call(request)).await {
                Ok(answer) => answer,
                Err(_) => Ok(Problem::new(Kind::GatewayTimeout).into_response()),
            }
        })
    }
}

//! What most layers of the edge are: look at a request, let it through or answer it.

use super::problem::Problem;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures::future::{Either, Ready, ready};
use http::Request;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Looks at a request; an `Err` is the answer.
pub(crate) trait Check: Clone + Send + Sync + 'static {
    fn check(&self, request: &mut Request<Body>) -> Result<(), Problem>;
}

/// A [`Check`] as a layer.
#[derive(Debug, Clone)]
pub(crate) struct Checked<C>(pub(crate) C);

impl<C: Check, S> Layer<S> for Checked<C> {
    type Service = CheckedService<C, S>;
    fn layer(&self, inner: S) -> Self::Service {
        CheckedService { check: self.0.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct CheckedService<C, S> {
    check: C,
    inner: S,
}

impl<C, S> Service<Request<Body>> for CheckedService<C, S>
where
    C: Check,
    S: Service<Request<Body>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self.check.check(&mut request) {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(answer) => Either::Left(ready(Ok(answer.into_response()))),
        }
    }
}

/// Takes the service that was polled ready out of `inner` and leaves a clone, as `call` has to before it awaits.
pub(crate) fn take<S: Clone>(inner: &mut S) -> S {
    let clone = inner.clone();
    std::mem::replace(inner, clone)
}

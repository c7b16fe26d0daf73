//! Bounds a call. A write that is on its way is not cut: its task goes on, and its outcome is told as unknown.

use super::{Shown, Stop, ToolCall};
use crate::tools::{Code, Refusal};
use futures::future::BoxFuture;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

/// The layer.
#[derive(Debug, Clone)]
pub struct Deadline<S> {
    inner: S,
    limit: Duration,
}

impl<S> Deadline<S> {
    /// Bounds `inner`.
    pub fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit }
    }
}

impl<S> Service<ToolCall> for Deadline<S>
where
    S: Service<ToolCall, Response = Shown, Error = Stop> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Shown;
    type Error = Stop;
    type Future = BoxFuture<'static, Result<Shown, Stop>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: ToolCall) -> Self::Future {
        // A little more than tools and adapters allow themselves: they say better what happened.
        let limit = self.limit + Duration::from_secs(1);
        let (cancelled, trail) = (call.facts.cancelled.clone(), call.trail.clone());
        let answer = self.inner.call(call);
        Box::pin(async move {
            let sent = || trail.notes.lock().reference.is_some();
            tokio::select! {
                answer = answer => answer,
                () = tokio::time::sleep(limit) => Err(late(sent()).into()),
                () = cancelled.cancelled() => Err(gone(sent()).into()),
            }
        })
    }
}

fn late(sent: bool) -> Refusal {
    if sent {
        Refusal::new(Code::OutcomeUnknown, "the connected system did not answer in time; the change may have happened")
    } else {
        Refusal::new(Code::UpstreamTimeout, "the connected system did not answer in time")
    }
}

fn gone(sent: bool) -> Refusal {
    if sent {
        Refusal::new(Code::OutcomeUnknown, "the client left while the change was on its way")
    } else {
        Refusal::new(Code::UpstreamTimeout, "the client left before there was an answer")
    }
}

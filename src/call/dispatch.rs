//! The innermost service: runs a permitted tool.

use super::{Step, Stop, Work};
use crate::tools::{Answer, Preview, Reply};
use futures::future::BoxFuture;
use std::task::{Context, Poll};
use tower::Service;

/// What a tool said, before the redactor.
#[derive(Debug)]
pub enum Draft {
    /// Done.
    Reply(Reply<Box<dyn Answer>>),
    /// Would be done.
    Preview(Preview),
}

impl std::fmt::Debug for dyn Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(..)")
    }
}

/// The service.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dispatch;

impl Service<Work> for Dispatch {
    type Response = Draft;
    type Error = Stop;
    type Future = BoxFuture<'static, Result<Draft, Stop>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, work: Work) -> Self::Future {
        let Work { permitted, step } = work;
        Box::pin(async move {
            match step {
                Step::Preview => Ok(Draft::Preview(permitted.tool.preview(&permitted.cx).await?)),
                Step::Execute => Ok(Draft::Reply(permitted.tool.call(&permitted.cx).await?)),
            }
        })
    }
}

//! Simulators of vendor APIs, with their quirks, and a plain HTTP handle to drive adapters against them.
//!
//! For tests and for trying things out. A simulator refuses what the vendor refuses, counts and records what it was sent,
//! and can be told to misbehave in the ways that the vendor was seen to.

pub mod autotask;
pub mod broken;
pub mod connectwise;
pub mod halopsa;
pub mod http;
pub mod hubspot;
pub mod stripe;
pub mod syncro;

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The verb.
    pub method: String,
    /// The path, not decoded.
    pub path: String,
    /// The query, not decoded.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
}

/// What was asked, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Recorded>>>);

impl Log {
    /// Every request.
    pub fn all(&self) -> Vec<Recorded> {
        self.0.lock().clone()
    }

    /// How many requests began with this verb and path.
    pub fn count(&self, method: &str, path: &str) -> usize {
        self.0.lock().iter().filter(|it| it.method == method && it.path.starts_with(path)).count()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    fn push(&self, request: Recorded) {
        self.0.lock().push(request);
    }
}

/// A simulator that runs until this is dropped.
#[derive(Debug)]
pub struct Running<S> {
    /// Where it listens, for example `http://127.0.0.1:40123`.
    pub url: String,
    /// Its data and its quirks.
    pub state: S,
    task: JoinHandle<()>,
}

impl<S> Drop for Running<S> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<S>(listener: TcpListener, app: axum::Router, state: S) -> std::io::Result<Running<S>> {
    let url = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        // Ends with the task; there is nobody to tell.
        drop(axum::serve(listener, app).await);
    });
    Ok(Running { url, state, task })
}

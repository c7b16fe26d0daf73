//! The listeners: the public one, drained gracefully, and one for operations.
//!
//! **Invariant:** what is for operators (health, metrics) is on its own address and never on the public one.

mod calm;

use super::origin::HostPort;
use super::peer::Peer;
use super::problem::{Kind, Problem};
use crate::disk::Disk;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// How connections are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// The most connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long the headers of a request may take to arrive, and how long a connection may idle between two.
    pub header_read_secs: u64,
    /// The most streams at once on one HTTP/2 connection.
    pub http2_streams: u32,
    /// How long a drained server still accepts, so that balancers learn that it is not ready any more.
    pub unready_secs: u64,
    /// How long requests under way may take to end once no more are accepted.
    pub drain_secs: u64,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self { connections: 10_000, header_read_secs: 30, http2_streams: 128, unready_secs: 0, drain_secs: 20 }
    }
}

/// Whether the server takes requests; shared with the operations listener.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    takes: Arc<AtomicBool>,
    disks: Arc<[Disk]>,
}

impl Readiness {
    /// One that ends for good with the first of these disks that did not keep what was written.
    pub fn over(disks: impl IntoIterator<Item = Disk>) -> Self {
        Self { takes: Arc::default(), disks: disks.into_iter().collect() }
    }

    /// Says that it takes requests, or not.
    pub fn set(&self, ready: bool) {
        self.takes.store(ready, Ordering::Release);
    }

    /// Whether it does.
    pub fn get(&self) -> bool {
        self.takes.load(Ordering::Acquire) && self.lasts()
    }

    /// Whether what was written down is on the disk. Nothing but a new start brings that back.
    pub fn lasts(&self) -> bool {
        self.disks.iter().all(Disk::lasts)
    }
}

/// What is told where it is not.
const LOST: &str = "the disk did not keep what was written down; look at it, then start Postern again\n";

/// What became of a drained server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request ended by itself.
    Whole,
    /// Time was up, and what was still open was closed.
    Cut,
}

/// The largest header block, in bytes, before the edge counts them itself.
const HEADER_BUFFER: usize = 64 * 1024;
const HEADER_LIST: u32 = 64 * 1024;
const HEADER_COUNT: usize = 128;
/// After an accept that failed (out of file descriptors, for example) the loop waits instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `drain` is cancelled: then not ready, then no new connections, then requests under way end, at the
/// latest after [`ServeConfig::drain_secs`]. Cancel the edge's own `drain` with the same token, so that open event streams end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: ServeConfig,
    ready: Readiness,
    drain: CancellationToken,
) -> Drained {
    let connections = Arc::new(Semaphore::new(config.connections));
    let graceful = GracefulShutdown::new();
    let cut = CancellationToken::new();
    let server = Arc::new(builder(&config));
    ready.set(true);
    let stop = async {
        drain.cancelled().await;
        ready.set(false);
        tokio::time::sleep(Duration::from_secs(config.unready_secs)).await;
    };
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&connections).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = &mut stop => break,
            it = accepted => it,
        };
        let (stream, address) = match accepted {
            Ok(it) => it,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let watcher = graceful.watcher();
        let (server, router, cut) = (Arc::clone(&server), router.clone(), cut.clone());
        tokio::spawn(async move {
            let connection = connection(&server, stream, address.ip(), router);
            tokio::select! {
                _ = calm::Calm::new(watcher.watch(connection)) => {}
                () = cut.cancelled() => {}
            }
            drop(place);
        });
    }
    drop(listener);
    let limit = Duration::from_secs(config.drain_secs);
    match tokio::time::timeout(limit, graceful.shutdown()).await {
        Ok(()) => Drained::Whole,
        Err(_) => {
            cut.cancel();
            Drained::Cut
        }
    }
}

fn builder(config: &ServeConfig) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    let mut http1 = server.http1();
    http1.timer(TokioTimer::new());
    http1.header_read_timeout(Duration::from_secs(config.header_read_secs));
    http1.max_buf_size(HEADER_BUFFER);
    http1.max_headers(HEADER_COUNT);
    let mut http2 = server.http2();
    http2.timer(TokioTimer::new());
    http2.max_concurrent_streams(config.http2_streams);
    http2.max_header_list_size(HEADER_LIST);
    http2.keep_alive_interval(Duration::from_secs(30));
    http2.keep_alive_timeout(Duration::from_secs(20));
    server
}

fn connection(
    server: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + use<> {
    // Without it a small answer waits 40 ms for the client's acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().call(request)
    });
    server.serve_connection(TokioIo::new(stream), service).into_owned()
}

/// Writes the metrics in Prometheus' text format, or how the connected systems do as JSON.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// The routes for operators: `/healthz`, `/readyz`, `/systems` and `/metrics`. `hosts` are further values of `Host`, beside
/// addresses and `localhost`: a page in an operator's browser must not read the metrics through a name of its own.
pub fn operations(ready: Readiness, metrics: Render, systems: Render, hosts: &[String]) -> Router {
    let hosts: Arc<[HostPort]> = hosts.iter().filter_map(|it| HostPort::parse(it, 80)).collect();
    let healthy = ready.clone();
    let healthz = move || {
        let lasts = healthy.lasts();
        async move { if lasts { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, LOST) } }
    };
    let readyz = move || {
        let (ready, lasts) = (ready.get(), ready.lasts());
        let answer = match (ready, lasts) {
            (_, false) => (StatusCode::SERVICE_UNAVAILABLE, LOST),
            (true, true) => (StatusCode::OK, "ready\n"),
            (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        };
        async move { answer }
    };
    let metrics = move || {
        let text = metrics();
        async move {
            let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
            ([(header::CONTENT_TYPE, kind)], text)
        }
    };
    let systems = move || {
        let text = systems();
        async move { ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text) }
    };
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/systems", get(systems))
        .route("/metrics", get(metrics))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .layer(axum::middleware::from_fn_with_state(hosts, operators_only))
}

async fn operators_only(State(hosts): State<Arc<[HostPort]>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).and_then(|it| it.to_str().ok()),
    };
    let once = headers.get_all(header::HOST).iter().count() <= 1;
    let host = host.and_then(|it| HostPort::parse(it, 80));
    let ours = host.is_some_and(|it| it.is_address_or_localhost() || hosts.contains(&it));
    if headers.contains_key(header::ORIGIN) {
        return Problem::new(Kind::Forbidden).into_response();
    }
    if !ours || !once {
        return Problem::new(Kind::Misdirected).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests;

//! The outermost layer: what every request gets and loses before anything else looks at it, and every answer at the end.
//!
//! **Invariant:** no header inside Postern means something that an outsider could have written; what a client sends about
//! tracing joins its trace to ours and goes no further.

use super::check::take;
use super::peer::{NOBODY, Network, Peer, client_address};
use super::problem::{Kind, Problem};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, FutureExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use crate::caller::{ClientIp, RequestId};

/// Headers with which proxies and gateways tell what they know. From outside they are claims of a stranger.
const SPOOFABLE: [&str; 22] = [
    "forwarded",
    "via",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fly-client-ip",
    "x-request-id",
    "x-correlation-id",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-rewrite-url",
    "x-tenant",
    "x-organization",
    "x-organisation",
    "remote-user",
    "mcp-init-host",
    "router-key",
    "proxy",
    "proxy-authorization",
    "baggage",
    "tracestate",
];
const SPOOFABLE_BEGIN: [&str; 11] = [
    "x-forwarded-",
    "x-user",
    "x-auth",
    "x-remote-",
    "x-original-",
    "x-client-",
    "x-envoy-",
    "x-tenant-",
    "x-org-",
    "x-postern-",
    "x-ms-client-",
];
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    trusted_proxies: Arc<[Network]>,
    https: bool,
}

impl Envelope {
    pub(crate) fn new(trusted_proxies: Vec<Network>, https: bool) -> Self {
        Self { trusted_proxies: trusted_proxies.into(), https }
    }
}

impl<S> Layer<S> for Envelope {
    type Service = EnvelopeService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        EnvelopeService { envelope: self.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct EnvelopeService<S> {
    envelope: Envelope,
    inner: S,
}

impl<S> Service<Request<Body>> for EnvelopeService<S>
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
        let id: Arc<str> = uuid::Uuid::now_v7().to_string().into();
        let peer = request.extensions().get::<Peer>().map_or(NOBODY, |it| it.0);
        let client = client_address(peer, request.headers(), &self.envelope.trusted_proxies);
        let parent = request.headers().get(TRACEPARENT).and_then(parent_of);
        strip(request.headers_mut());
        request.extensions_mut().insert(RequestId(Arc::clone(&id)));
        request.extensions_mut().insert(ClientIp(client));
        let span = tracing::info_span!(
            "http request",
            otel.kind = "server",
            http.request.method = %request.method(),
            http.response.status_code = tracing::field::Empty,
            request_id = %id,
        );
        if let Some(parent) = parent {
            let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
        }
        let https = self.envelope.https;
        let mut inner = take(&mut self.inner);
        let handled = async move {
            let handled = AssertUnwindSafe(async { inner.call(request).await }).catch_unwind();
            let mut response = match handled.await {
                Ok(response) => response?,
                Err(_) => {
                    // The panic hook has said what it was; nothing of it is for the caller.
                    tracing::error!("the handling of a request panicked");
                    Problem::new(Kind::Internal).into_response()
                }
            };
            tracing::Span::current().record("http.response.status_code", response.status().as_u16());
            let headers = response.headers_mut();
            secure(headers, https);
            if let Ok(id) = HeaderValue::from_str(&id) {
                headers.insert(REQUEST_ID, id);
            }
            Ok(response)
        };
        Box::pin(handled.instrument(span))
    }
}

/// Removes what only a proxy of ours could know, and what is read here alone.
fn strip(headers: &mut HeaderMap) {
    let spoofable = |name: &&HeaderName| {
        let name = name.as_str();
        SPOOFABLE.contains(&name)
            || *name == TRACEPARENT
            || SPOOFABLE_BEGIN.iter().any(|it| name.starts_with(it))
            // Servers that turn headers into variables read both spellings as one.
            || name.contains('_')
    };
    let found: Vec<HeaderName> = headers.keys().filter(spoofable).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

/// What a browser has to know of every answer; an inner layer's own word stands.
fn secure(headers: &mut HeaderMap, https: bool) {
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
}

/// Reads W3C Trace Context, version 00, strictly.
fn parent_of(value: &HeaderValue) -> Option<SpanContext> {
    let mut parts = value.to_str().ok()?.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |it: &str, len| it.len() == len && it.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if version != "00" || parts.next().is_some() || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & 1);
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h10_spoofable_headers_are_stripped_and_the_others_stay() {
        let mut headers = HeaderMap::new();
        let bad = [
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-user",
            "forwarded",
            "x-user",
            "x-user-id",
            "x-tenant-id",
            "x_forwarded_for",
            "mcp-init-host",
            "router-key",
            "x-original-url",
            "x-http-method-override",
            "remote-user",
            "baggage",
            "tracestate",
            "traceparent",
        ];
        let good = ["authorization", "mcp-session-id", "mcp-method", "mcp-param-x-user", "content-type", "accept"];
        for name in bad.into_iter().chain(good) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        strip(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        let mut good = good.to_vec();
        good.sort_unstable();
        assert_eq!(left, good);
    }

    #[test]
    fn l08_only_a_well_formed_traceparent_is_joined() {
        let good = HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let parent = parent_of(&good).unwrap();
        assert!(parent.is_remote() && parent.is_sampled());
        assert_eq!(parent.trace_state().header(), "");
        for bad in [
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "",
        ] {
            assert!(parent_of(&HeaderValue::from_static(bad)).is_none(), "{bad}");
        }
    }
}

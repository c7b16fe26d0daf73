//! `Host` and `Origin`: against DNS rebinding, and against other people's pages.
//!
//! **Invariant:** a browser's request comes from a listed page to a listed host, or it is answered here.

use super::check::take;
use super::config::{EdgeConfig, public_url};
use super::problem::{Kind, Problem};
use super::reason::Reason;
use super::rejection::{RejectionFacts, Rejections};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header};
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};
use url::Url;

/// A host and its port, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    pub(crate) fn parse(text: &str, default_port: u16) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let plain = !text.contains('@') && !authority.host().is_empty() && !text.ends_with(':');
        let port = match authority.port() {
            Some(port) => port.as_str().parse().ok()?,
            None => default_port,
        };
        plain.then(|| Self { host: authority.host().to_ascii_lowercase(), port })
    }

    /// Whether no name server was asked for it.
    pub(crate) fn is_address_or_localhost(&self) -> bool {
        let bare = self.host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(&self.host);
        self.host == "localhost" || bare.parse::<IpAddr>().is_ok()
    }
}

/// A page's origin, in one spelling (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct WebOrigin {
    https: bool,
    at: HostPort,
}

impl WebOrigin {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (https, port) = match scheme {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return None,
        };
        (!rest.contains(['/', '?', '#'])).then_some(())?;
        Some(Self { https, at: HostPort::parse(rest, port)? })
    }
}

/// What is allowed.
#[derive(Debug)]
struct Allowed {
    hosts: HashSet<HostPort>,
    origins: HashSet<WebOrigin>,
    default_port: u16,
    rejections: Arc<dyn Rejections>,
}

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct Origins(Arc<Allowed>);

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id",
);
const EXPOSED: HeaderValue = HeaderValue::from_static("mcp-session-id, www-authenticate, retry-after, x-request-id");

impl Origins {
    /// The public URL's host and origin, the configured ones, and on a loopback listener this machine's names.
    pub(crate) fn new(config: &EdgeConfig, listener: Option<SocketAddr>, rejections: Arc<dyn Rejections>) -> Self {
        let public = public_url(&config.public_url);
        let default_port = public.as_ref().and_then(Url::port_or_known_default).unwrap_or(443);
        let scheme_port = if public.as_ref().is_some_and(|it| it.scheme() == "http") { 80 } else { 443 };
        let mut hosts: HashSet<_> =
            config.allowed_hosts.iter().filter_map(|it| HostPort::parse(it, scheme_port)).collect();
        let mut origins: HashSet<_> = config.allowed_origins.iter().filter_map(|it| WebOrigin::parse(it)).collect();
        if let Some(url) = public
            && let Some(host) = url.host_str()
        {
            let at = HostPort { host: host.to_ascii_lowercase(), port: default_port };
            hosts.insert(at.clone());
            origins.insert(WebOrigin { https: url.scheme() == "https", at });
        }
        if let Some(port) = listener.filter(|it| it.ip().is_loopback()).map(|it| it.port()) {
            for host in LOOPBACK {
                let at = HostPort { host: host.into(), port };
                hosts.insert(at.clone());
                origins.insert(WebOrigin { https: false, at });
            }
        }
        Self(Arc::new(Allowed { hosts, origins, default_port: scheme_port, rejections }))
    }
}

impl Allowed {
    fn host(&self, request: &Request<Body>) -> Result<(), Problem> {
        let mut sent = request.headers().get_all(header::HOST).iter();
        let (host, more) = (sent.next(), sent.next());
        if more.is_some() {
            return Err(Problem::new(Kind::BadRequest));
        }
        let host = host.map(|it| it.to_str().map_err(|_| Problem::new(Kind::BadRequest))).transpose()?;
        let authority = request.uri().authority().map(Authority::as_str);
        let named = if request.version() == Version::HTTP_2 {
            if let (Some(host), Some(authority)) = (host, authority)
                && !host.eq_ignore_ascii_case(authority)
            {
                return Err(Problem::new(Kind::BadRequest));
            }
            authority.or(host)
        } else if authority.is_some() {
            // Absolute form is for proxies, and Postern is none.
            return Err(Problem::new(Kind::BadRequest));
        } else {
            host
        };
        let named = named.and_then(|it| HostPort::parse(it, self.default_port));
        let named = named.ok_or_else(|| Problem::new(Kind::BadRequest))?;
        if self.hosts.contains(&named) { Ok(()) } else { Err(Problem::new(Kind::Misdirected)) }
    }

    /// The origin, where there is one and it is allowed.
    fn origin(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = sent.next() else { return Ok(None) };
        // A form of a page with `Referrer-Policy: no-referrer` says `null`. Only the browser itself can say that the page was ours.
        if origin == "null"
            && sent.next().is_none()
            && headers.get("sec-fetch-site").is_some_and(|it| it == "same-origin")
        {
            return Ok(None);
        }
        let refused = || Problem::new(Kind::Forbidden).detail("requests from this web origin are not allowed");
        let parsed = origin.to_str().ok().and_then(WebOrigin::parse).ok_or_else(refused)?;
        if sent.next().is_some() || !self.origins.contains(&parsed) {
            return Err(refused());
        }
        Ok(Some(origin.clone()))
    }
}

impl<S> Layer<S> for Origins {
    type Service = OriginsService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        OriginsService { allowed: Arc::clone(&self.0), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct OriginsService<S> {
    allowed: Arc<Allowed>,
    inner: S,
}

impl<S> Service<Request<Body>> for OriginsService<S>
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
        let refused = |reason, problem: Problem| {
            self.allowed.rejections.rejected(reason, &RejectionFacts::of(&request));
            problem.into_response()
        };
        let origin = match self.allowed.host(&request) {
            Err(problem) => Err(refused(Reason::Host, problem)),
            Ok(()) => self.allowed.origin(request.headers()).map_err(|it| refused(Reason::Origin, it)),
        };
        let origin = match origin {
            Ok(it) => it,
            Err(answer) => return Box::pin(async move { Ok(answer) }),
        };
        let Some(origin) = origin else {
            request.headers_mut().remove(header::ORIGIN);
            return Box::pin(self.inner.call(request));
        };
        // Judged here; whoever judged it again, by another list, could only disagree.
        request.headers_mut().remove(header::ORIGIN);
        if is_preflight(&request) {
            return Box::pin(async move { Ok(preflight(origin)) });
        }
        let mut inner = take(&mut self.inner);
        Box::pin(async move {
            let mut response = inner.call(request).await?;
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            allow(headers, origin);
            Ok(response)
        })
    }
}

fn is_preflight(request: &Request<Body>) -> bool {
    let asks: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;
    request.method() == Method::OPTIONS && request.headers().contains_key(asks)
}

fn preflight(origin: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    allow(headers, origin);
    response
}

/// One origin by name, never `*`, and no cookies.
fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

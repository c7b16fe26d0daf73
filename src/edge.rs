//! The HTTP edge: from a connection to a request that carries a verified [`crate::caller::Caller`].
//!
//! Outermost first, and why each is here:
//!
//! 1. [`envelope`]: request id, span, and the headers that no outsider may write; a panic becomes a 500; every answer
//!    leaves with its id.
//! 2. [`limits`]: headers first, since reading on costs.
//! 3. [`origin`]: `Host` and `Origin`, before anything that a browser could be made to send has an effect.
//! 4. routes: metadata is open, `open` guards itself, the rest goes on.
//! 5. [`authenticate`]: one token, verified; strangers have a rate of their own.
//! 6. [`throttle`]: the caller's and the tenant's rate, now that both are known.
//! 7. [`step_up`] (MCP): a client that was not granted enough is told what to ask for, on the way out.
//! 8. [`sessions`] (MCP): a session is its caller's, checked before the protocol looks it up.
//! 9. [`streams`] (MCP): open streams are counted, and end when the server drains.
//! 10. [`limits`]: an answer begins in time.
//! 11. [`body`] (MCP): read whole, in time, with one meaning; last, so that strangers cannot make us read.

mod authenticate;
mod body;
mod check;
pub mod clock;
pub mod config;
pub mod confirmations;
pub mod envelope;
pub(crate) mod json;
pub mod keys;
mod limits;
mod metadata;
mod origin;
pub mod peer;
pub mod problem;
pub mod realm;
pub mod reason;
pub mod rejection;
pub mod serve;
pub mod sessions;
mod step_up;
pub mod streams;
#[cfg(test)]
pub(crate) mod testing;
pub mod throttle;
pub mod token;

use authenticate::Authenticate;
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use body::StrictBody;
use check::Checked;
use config::{EdgeConfig, public_url};
use envelope::Envelope;
use http::Request;
use limits::{AnswerTime, HeaderLimits};
use metadata::Metadata;
use origin::Origins;
use peer::Network;
use problem::{Kind, Problem};
use rejection::Rejections;
use sessions::{SessionBinding, Sessions};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use step_up::StepUp;
use streams::{OpenStreams, Streams};
use throttle::{CallerRate, Throttle};
use token::{Gate, Verifier};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceBuilder, ServiceExt as _};

/// What the edge is made of.
#[derive(Debug, Clone)]
pub struct EdgeParts {
    /// How it is reached and what it lets in.
    pub config: EdgeConfig,
    /// Verifies tokens.
    pub verifier: Arc<Verifier>,
    /// Is told of everything refused.
    pub rejections: Arc<dyn Rejections>,
    /// The address that it listens on; on a loopback address this machine's names are hosts of ours too.
    pub listener: Option<SocketAddr>,
    /// Ends open event streams.
    pub drain: CancellationToken,
    /// The open event streams, for whoever ends a grant.
    pub streams: Streams,
    /// Routes beside the MCP endpoint that need a realm's token, for example `POST /confirmations/{id}`.
    pub guarded: Router,
    /// Routes that need none here: the console and the authority guard themselves.
    pub open: Router,
}

/// Why no edge can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the edge's configuration is wrong at `{field}`: {expected}")]
pub struct BadConfig {
    /// The first wrong field.
    pub field: &'static str,
    /// What was expected there.
    pub expected: String,
}

/// The edge around the MCP service.
///
/// The service finds an `Arc<Caller>` and an [`envelope::RequestId`] in each request's extensions. It need not check
/// `Host` or `Origin`, nor bound the body, again.
pub fn router<S>(mcp: S, parts: EdgeParts) -> Result<Router, BadConfig>
where
    S: Service<Request<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    let EdgeParts { config, verifier, rejections, listener, drain, streams, guarded, open } = parts;
    if let Some((field, expected)) = config.mistakes().into_iter().next() {
        return Err(BadConfig { field, expected });
    }
    let wrong_url = || BadConfig { field: "public_url", expected: "expected an https URL with a path".into() };
    let url = public_url(&config.public_url).ok_or_else(wrong_url)?;
    let metadata = Arc::new(Metadata::new(&config, &verifier.advertised()).ok_or_else(wrong_url)?);
    let throttle = Arc::new(Throttle::new(&config.throttle));
    let sessions = Arc::new(Sessions::new(&config.sessions));
    let proxies = config.trusted_proxies.iter().filter_map(|it| Network::parse(it)).collect();
    let told = || Arc::clone(&rejections);
    let authenticate = |gate| Authenticate {
        verifier: Arc::clone(&verifier),
        throttle: Arc::clone(&throttle),
        metadata: Arc::clone(&metadata),
        rejections: told(),
        gate,
    };
    let rate = || Checked(CallerRate { throttle: Arc::clone(&throttle), rejections: told() });

    let mcp = ServiceBuilder::new()
        .layer(authenticate(Gate::Mcp))
        .layer(rate())
        .layer(StepUp(Arc::clone(&metadata)))
        .layer(SessionBinding { sessions, rejections: told() })
        .layer(OpenStreams::new(config.sessions.streams_per_caller, drain, told(), (streams, Arc::clone(&verifier))))
        .layer(AnswerTime(config.limits.answer()))
        .layer(StrictBody { limits: config.limits, rejections: told() })
        .service(mcp.map_response(IntoResponse::into_response));

    let mut routes = Router::new();
    if guarded.has_routes() {
        // Here the last is the outermost.
        let guarded = guarded
            .route_layer(DefaultBodyLimit::max(config.limits.body_bytes))
            .route_layer(AnswerTime(config.limits.answer()))
            .route_layer(rate())
            .route_layer(authenticate(Gate::Web));
        routes = routes.merge(guarded);
    }
    let routes = routes
        // The seam between edge and protocol: `route_service` boxes the stack, once.
        .route_service(url.path(), mcp)
        .merge(metadata.routes())
        .merge(open)
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) });
    let stack = ServiceBuilder::new()
        .layer(Envelope::new(proxies, url.scheme() == "https"))
        .layer(Checked(HeaderLimits { limits: config.limits, rejections: told() }))
        .layer(Origins::new(&config, listener, told()));
    Ok(Router::new().fallback_service(stack.service(routes)))
}

#[cfg(test)]
mod tests;

//! Sessions, for the protocol versions that have them: each belongs to the caller who began it.
//!
//! **Invariant:** a session id authenticates nobody. With another caller's token it is as unknown as one that never was.

use super::check::take;
use super::config::SessionsConfig;
use super::reason::Reason;
use super::rejection::{RejectionFacts, Rejections};
use crate::caller::{Caller, Principal};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use moka::sync::Cache;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The first protocol version without sessions; versions are dates and compare as text.
const NO_SESSIONS: &str = "2026-07-28";
const ID_LIMIT: usize = 128;

type Own = Arc<Mutex<VecDeque<Arc<str>>>>;

/// Whose session is whose.
#[derive(Debug)]
pub struct Sessions {
    owners: Cache<Arc<str>, Principal>,
    own: Cache<Principal, Own>,
    per_caller: usize,
}

impl Sessions {
    /// A table with these bounds.
    pub fn new(config: &SessionsConfig) -> Self {
        let idle = Duration::from_secs(config.idle_secs);
        Self {
            owners: Cache::builder().max_capacity(config.total).time_to_idle(idle).build(),
            own: Cache::builder().max_capacity(config.total).time_to_idle(idle).build(),
            per_caller: config.per_caller,
        }
    }

    /// Whether the session is this caller's.
    pub fn is_of(&self, id: &str, principal: &Principal) -> bool {
        self.owners.get(id).is_some_and(|owner| owner == *principal)
    }

    /// Binds a session to the caller who began it. Over the caller's bound, the oldest ends.
    pub fn bind(&self, id: &str, principal: &Principal) {
        let id: Arc<str> = id.into();
        let own = self.own.get_with_by_ref(principal, Own::default);
        let mut own = own.lock();
        own.retain(|it| self.owners.contains_key(it));
        while own.len() >= self.per_caller {
            let Some(oldest) = own.pop_front() else { break };
            self.owners.invalidate(&oldest);
        }
        own.push_back(Arc::clone(&id));
        self.owners.insert(id, principal.clone());
    }

    /// Forgets a session.
    pub fn end(&self, id: &str) {
        self.owners.invalidate(id);
    }
}

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct SessionBinding {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) rejections: Arc<dyn Rejections>,
}

impl<S> Layer<S> for SessionBinding {
    type Service = SessionBindingService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        SessionBindingService { rule: self.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SessionBindingService<S> {
    rule: SessionBinding,
    inner: S,
}

impl<S> Service<Request<Body>> for SessionBindingService<S>
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
        if has_no_sessions(request.headers()) {
            request.headers_mut().remove(SESSION);
            request.headers_mut().remove(LAST_EVENT);
        }
        let principal = request.extensions().get::<Arc<Caller>>().map(|it| it.principal.clone());
        let known = match (session_of(request.headers()), &principal) {
            (Ok(None), _) => Ok(None),
            (Ok(Some(id)), Some(principal)) if self.rule.sessions.is_of(&id, principal) => Ok(Some(id)),
            (Ok(Some(_)) | Err(()), _) => Err(()),
        };
        let (Ok(known), Some(principal)) = (known, principal) else {
            self.rule.rejections.rejected(Reason::Session, &RejectionFacts::of(&request));
            return Box::pin(async { Ok(unknown_session()) });
        };
        let ends = request.method() == Method::DELETE;
        let sessions = Arc::clone(&self.rule.sessions);
        let mut inner = take(&mut self.inner);
        Box::pin(async move {
            let response = inner.call(request).await?;
            if let Some(id) = known {
                if ends && response.status().is_success() {
                    sessions.end(&id);
                }
            } else if let Ok(Some(id)) = session_of(response.headers()) {
                sessions.bind(&id, &principal);
            }
            Ok(response)
        })
    }
}

fn has_no_sessions(headers: &HeaderMap) -> bool {
    let mut versions = headers.get_all(VERSION).iter();
    let modern = versions.next().is_some_and(|it| it.as_bytes() >= NO_SESSIONS.as_bytes());
    modern && versions.next().is_none()
}

/// The session id of a message; an `Err` where there are two, or one that cannot be.
fn session_of(headers: &HeaderMap) -> Result<Option<String>, ()> {
    let mut sent = headers.get_all(SESSION).iter();
    let Some(id) = sent.next() else { return Ok(None) };
    let id = id.to_str().ok().filter(|it| !it.is_empty() && it.len() <= ID_LIMIT);
    match (id, sent.next()) {
        (Some(id), None) => Ok(Some(id.to_owned())),
        _ => Err(()),
    }
}

/// The protocol's own answer to a session that is not known; the client then begins anew.
fn unknown_session() -> Response {
    (StatusCode::NOT_FOUND, "Not Found: Session not found").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(subject: &str) -> Principal {
        Principal { issuer: "https://id.example".into(), subject: subject.into() }
    }

    #[test]
    fn h06_a_session_is_of_the_caller_who_began_it_and_of_nobody_else() {
        let sessions = Sessions::new(&SessionsConfig::default());
        let (ann, bob) = (principal("ann"), principal("bob"));
        sessions.bind("s1", &ann);
        assert!(sessions.is_of("s1", &ann));
        assert!(!sessions.is_of("s1", &bob));
        assert!(!sessions.is_of("s2", &ann));
        let same_subject_elsewhere = Principal { issuer: "https://other.example".into(), subject: "ann".into() };
        assert!(!sessions.is_of("s1", &same_subject_elsewhere));
        sessions.end("s1");
        assert!(!sessions.is_of("s1", &ann));
    }

    #[test]
    fn d02_one_caller_has_a_bounded_number_of_sessions() {
        let sessions = Sessions::new(&SessionsConfig { per_caller: 3, ..SessionsConfig::default() });
        let (ann, bob) = (principal("ann"), principal("bob"));
        sessions.bind("bob", &bob);
        for i in 0..10 {
            sessions.bind(&format!("s{i}"), &ann);
        }
        let held: Vec<_> = (0..10).filter(|i| sessions.is_of(&format!("s{i}"), &ann)).collect();
        assert_eq!(held, [7, 8, 9]);
        assert!(sessions.is_of("bob", &bob));
    }
}

//! Keys that a system signs with and gives out by address: fetched without any credential, only from an address of the system's own,
//! seldom, and kept for a while.
//!
//! **Invariant:** an address is fetched only where its hook says that it is the system's own ([`Hook::key_at`]), and the handle checks
//! its host once more. No redirect is followed.

use super::proof::{Proof, fits};
use parking_lot::Mutex;
use postern_api::CallCx;
use postern_api::Reach;
use postern_api::http::{Http, Request, SecretString, StatusCode};
use postern_api::webhook::{Delivery, Hook};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a key is believed.
const LIFE: Duration = Duration::from_secs(3_600);
/// For how long a key is not fetched again because a signature did not fit it.
const YOUNG: Duration = Duration::from_secs(60);
/// The longest that is waited for a key: senders wait five seconds themselves.
const PATIENCE: Duration = Duration::from_secs(3);
/// Keys that are fetched a minute, whatever senders name.
pub const FETCHES: usize = 6;
/// Keys that are kept.
const KEPT: usize = 4;

/// The keys of one system.
#[derive(Debug)]
pub struct Keys {
    http: Arc<dyn Http>,
    now: fn() -> Instant,
    held: Mutex<VecDeque<Held>>,
    /// When the last keys were fetched. One at a time.
    fetched: tokio::sync::Mutex<VecDeque<Instant>>,
}

#[derive(Debug, Clone)]
struct Held {
    at: String,
    key: SecretString,
    since: Instant,
}

impl Keys {
    /// Fetches with this handle, which adds no credential.
    pub fn new(http: Arc<dyn Http>) -> Self {
        Self { http, now: Instant::now, held: Mutex::default(), fetched: tokio::sync::Mutex::default() }
    }

    /// The same with another clock.
    #[cfg(test)]
    pub(super) fn with_clock(self, now: fn() -> Instant) -> Self {
        Self { now, ..self }
    }

    fn age(&self, held: &Held) -> Duration {
        (self.now)().saturating_duration_since(held.since)
    }

    /// Whether a message is from whom it says. No key that is the system's own, or none to be had: nobody knows, and the message is a
    /// nudge. A signature that does not fit the key is refused.
    pub(super) async fn check(&self, hook: &dyn Hook, delivery: &Delivery<'_>) -> Result<Proof, &'static str> {
        let Some(signed) = hook.signed(delivery) else { return Ok(Proof::None) };
        let Some(at) = hook.key_at(delivery.body) else { return Ok(Proof::None) };
        let right = |key: &SecretString| fits(&signed, hook.scheme(), std::slice::from_ref(key));
        let held = self.held(&at);
        if let Some(held) = &held {
            if right(&held.key) {
                return Ok(Proof::Right);
            }
            if self.age(held) < YOUNG {
                return Err("webhook_signature");
            }
        }
        match self.fetch(hook, &at).await {
            Some(key) if right(&key) => Ok(Proof::Right),
            Some(_) => Err("webhook_signature"),
            None if held.is_some() => Err("webhook_signature"),
            None => Ok(Proof::None),
        }
    }

    fn held(&self, at: &str) -> Option<Held> {
        self.held.lock().iter().find(|it| it.at == at && self.age(it) < LIFE).cloned()
    }

    async fn fetch(&self, hook: &dyn Hook, at: &str) -> Option<SecretString> {
        let mut fetched = self.fetched.lock().await;
        // Somebody may have fetched it meanwhile.
        if let Some(held) = self.held(at).filter(|it| self.age(it) < YOUNG) {
            return Some(held.key);
        }
        let now = (self.now)();
        while fetched.front().is_some_and(|it| now.duration_since(*it) >= Duration::from_secs(60)) {
            fetched.pop_front();
        }
        if fetched.len() >= FETCHES {
            return None;
        }
        fetched.push_back(now);
        let mut request = Request::get(&[]);
        request.absolute = Some(at.to_owned());
        let cx = CallCx { looking: true, ..CallCx::new(Reach::Organisations(vec![]), PATIENCE) };
        let answer = self.http.send(&cx, request).await;
        let key = match &answer {
            Ok(answer) if answer.status == StatusCode::OK => hook.key_in(&answer.body),
            Ok(_) | Err(_) => None,
        };
        let Some(key) = key else {
            let kind = answer.as_ref().err().map(postern_api::Error::kind);
            tracing::warn!(?kind, "the key that a message was signed with is not to be had");
            return None;
        };
        let mut held = self.held.lock();
        held.retain(|it| it.at != at);
        if held.len() >= KEPT {
            held.pop_front();
        }
        held.push_back(Held { at: at.to_owned(), key: key.clone(), since: (self.now)() });
        Some(key)
    }
}

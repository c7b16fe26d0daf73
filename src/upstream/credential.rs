//! The credential of one system: got once for many calls, renewed before it ends and after the vendor refused it.

use super::Wire;
use postern_api::http::{Authenticator, Credential, ExposeSecret};
use postern_api::{CallCx, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long before its end a credential is renewed.
const EARLY: Duration = Duration::from_secs(60);

/// Keeps the credential.
#[derive(Debug)]
pub(super) struct Credentials {
    authenticator: Arc<dyn Authenticator>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    credential: Arc<Credential>,
    renew_at: Option<Instant>,
}

impl Credentials {
    pub(super) fn new(authenticator: Arc<dyn Authenticator>) -> Self {
        Self { authenticator, held: Mutex::default() }
    }

    /// The credential; whoever comes while it is being fetched waits for the same one.
    pub(super) async fn current(&self, cx: &CallCx, wire: &Wire) -> Result<Arc<Credential>> {
        let mut held = self.held.lock().await;
        if let Some(it) = held.as_ref().filter(|it| it.renew_at.is_none_or(|at| Instant::now() < at)) {
            return Ok(it.credential.clone());
        }
        let credential = Arc::new(self.authenticator.credential(cx, wire).await?);
        // A short-lived one is held for at least half of its life.
        let life = credential.expires_in.map(|it| it.saturating_sub(EARLY).max(it / 2));
        *held = Some(Held { credential: credential.clone(), renew_at: life.map(|it| Instant::now() + it) });
        Ok(credential)
    }

    /// Drops a credential that the vendor refused, unless somebody has renewed it meanwhile.
    pub(super) async fn forget(&self, refused: &Credential) {
        let mut held = self.held.lock().await;
        let same = |it: &Held| it.credential.value.expose_secret() == refused.value.expose_secret();
        if held.as_ref().is_some_and(same) {
            *held = None;
        }
    }
}

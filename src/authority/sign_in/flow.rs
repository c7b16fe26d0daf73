//! What waits in a browser while somebody signs in: sealed, for ten minutes, under a name of its own.

use super::SignIn;
use super::answer::Refused;
use super::pages::Notice;
use crate::authority::accounts::digest_of;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// How long a sign-in may take, in seconds.
pub(super) const LIFE: i64 = 600;
/// Sign-ins under way in one browser; the cookies of more would be too much for a request.
const SIDE_BY_SIDE: usize = 4;

/// A sign-in under way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Flow {
    /// The realm's path, so that an answer counts at its own realm alone.
    pub(super) door: String,
    /// `state` towards an issuer; else a name.
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) return_to: String,
    pub(super) ends_at: i64,
    /// The local account whose password was right.
    pub(super) account: Option<String>,
    /// The authenticator's secret that is being set up.
    pub(super) secret: Option<Vec<u8>>,
}

const PLACE: [&str; 2] = ["sign-in", "flow"];

fn name_of(state: &str) -> String {
    format!("flow_{}", state.chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>())
}

impl SignIn {
    /// The cookies that keep a sign-in; those of too many others leave.
    pub(super) fn keep_flow(&self, flow: &Flow, headers: &HeaderMap) -> Result<Vec<Option<HeaderValue>>, Refused> {
        let text = serde_json::to_vec(flow).map_err(|_| Refused::failed("internal"))?;
        let sealed = URL_SAFE_NO_PAD.encode(self.seal.seal(&PLACE, &text)?);
        let name = name_of(&flow.state);
        let mut others = self.cookies.beginning(headers, "flow_");
        others.retain(|it| *it != name);
        let mut cookies = vec![self.cookies.set(&name, Some(&sealed), Some(LIFE))];
        if others.len() >= SIDE_BY_SIDE {
            cookies.extend(others.iter().map(|it| self.cookies.set(it, None, None)));
        }
        Ok(cookies)
    }

    /// The sign-in of a state, if this browser began it, at this realm, in time.
    pub(super) fn flow(&self, state: &str, door: &str, headers: &HeaderMap) -> Result<Flow, Refused> {
        if state.is_empty() {
            return Err(Refused::failed("state_missing"));
        }
        let sealed = self.cookies.read(headers, &name_of(state)).ok_or(Refused::failed("other_browser"))?;
        let opened = URL_SAFE_NO_PAD.decode(sealed).ok().and_then(|it| self.seal.open(&PLACE, &it).ok());
        let flow: Option<Flow> = opened.and_then(|it| serde_json::from_slice(&it).ok());
        let flow = flow.ok_or(Refused::failed("state_forged"))?;
        if flow.state != state || flow.door != door {
            return Err(Refused::failed("state_mismatch"));
        }
        if self.clock.unix_secs() >= flow.ends_at {
            return Err(Refused::new("state_expired", StatusCode::BAD_REQUEST, Notice::Stale));
        }
        Ok(flow)
    }

    /// Uses a state: it counts once.
    pub(super) fn use_flow(&self, flow: &Flow) -> Result<(), Refused> {
        let first = self.store.first_use(&digest_of(&flow.state), self.clock.unix_secs(), flow.ends_at)?;
        if first { Ok(()) } else { Err(Refused::new("state_replayed", StatusCode::BAD_REQUEST, Notice::Stale)) }
    }

    /// Takes a sign-in's cookie away.
    pub(super) fn forget_flow(&self, flow: &Flow) -> Option<HeaderValue> {
        self.cookies.set(&name_of(&flow.state), None, None)
    }
}

//! A client's request while it waits for a person.
//!
//! **Invariant:** a flow belongs to the browser that began it, by a cookie that no page can read or set, and is used once.

use super::Authority;
use super::client::Client;
use super::secret::{hashed, secret};
use crate::store::authority::Digest;
use http::{HeaderMap, HeaderValue, header};
use parking_lot::Mutex;
use postern_api::Result;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A request that waits.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) client: Arc<Client>,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) challenge: String,
    pub(super) requested: BTreeSet<String>,
    /// `prompt`: the person has to sign in anew, or to be asked anew.
    pub(super) sign_in_anew: bool,
    pub(super) ask_anew: bool,
    pub(super) began_at: i64,
    /// The form's secret before anybody is signed in.
    pub(super) csrf: Arc<str>,
    browser: Digest,
    /// The browser session that was shown the consent.
    pub(super) shown_to: Mutex<Option<Arc<str>>>,
}

/// What a flow begins with.
pub(super) struct Asked {
    pub(super) client: Arc<Client>,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) challenge: String,
    pub(super) requested: BTreeSet<String>,
    pub(super) sign_in_anew: bool,
    pub(super) ask_anew: bool,
}

impl Authority {
    fn cookie_name(&self) -> &'static str {
        // A browser takes `__Host-` over https alone.
        if self.secure { "__Host-postern-flow" } else { "postern-flow" }
    }

    fn browser(&self, headers: &HeaderMap) -> Option<String> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut found = cookies.flat_map(|it| it.split(';')).filter_map(|it| {
            let (name, value) = it.trim().split_once('=')?;
            (name == self.cookie_name() && value.len() == 43).then(|| value.to_owned())
        });
        // Two of them: somebody put one there, and nobody can say which.
        let one = found.next()?;
        found.next().is_none().then_some(one)
    }

    /// Begins a flow in a browser: its id, and the cookie to set.
    pub(super) fn begin(
        &self,
        asked: Asked,
        headers: &HeaderMap,
    ) -> Result<(Arc<str>, Arc<Flow>, Option<HeaderValue>)> {
        let (browser, cookie) = match self.browser(headers) {
            Some(browser) => (browser, None),
            None => {
                let browser = secret("")?;
                let secure = if self.secure { "; Secure" } else { "" };
                let text = format!("{}={browser}; Path=/; HttpOnly; SameSite=Lax{secure}", self.cookie_name());
                (browser, HeaderValue::from_str(&text).ok())
            }
        };
        let id: Arc<str> = secret("")?.into();
        let flow = Arc::new(Flow {
            client: asked.client,
            redirect_uri: asked.redirect_uri,
            state: asked.state,
            challenge: asked.challenge,
            requested: asked.requested,
            sign_in_anew: asked.sign_in_anew,
            ask_anew: asked.ask_anew,
            began_at: self.clock.unix_secs(),
            csrf: secret("")?.into(),
            browser: hashed(&browser),
            shown_to: Mutex::default(),
        });
        self.flows.insert(Arc::clone(&id), Arc::clone(&flow));
        Ok((id, flow, cookie))
    }

    /// The flow of this id, in the browser that began it.
    pub(super) fn flow(&self, id: Option<&String>, headers: &HeaderMap) -> Option<(Arc<str>, Arc<Flow>)> {
        let id: Arc<str> = id?.as_str().into();
        let flow = self.flows.get(&id)?;
        let browser = hashed(&self.browser(headers)?);
        aws_lc_rs::constant_time::verify_slices_are_equal(&browser, &flow.browser).ok()?;
        Some((id, flow))
    }

    /// Uses a flow up: of many at once, one gets it.
    pub(super) fn take_flow(&self, id: &Arc<str>) -> bool {
        self.flows.remove(id).is_some()
    }
}

//! The HTTP handle that adapters are given: one for each connected system of a tenant.
//!
//! In the order of a request: a turn is waited for (the vendor's request limit, shared by all that it is counted for), a place
//! (concurrency), the breaker is asked, the address is built and checked, the credential is added, the request is sent, and a
//! read that failed for a passing reason is sent again within the deadline and the retry budget.
//!
//! **Invariant:** the caller's token is nowhere near this code; a handle knows its own system's credential alone, follows no
//! redirect, uses no proxy of the environment and keeps no cookies. A write is sent once.

mod address;
pub mod breaker;
mod budget;
mod credential;
pub mod shared;

use crate::telemetry;
use address::Address;
use breaker::Breaker;
use budget::RetryBudget;
use credential::Credentials;
use postern_api::http::{
    Authenticator, Body, Bytes, Effect, ExposeSecret, Http, Request, Response, StatusCode, header,
};
use postern_api::{CallCx, Error, ErrorKind, Result, async_trait};
use shared::Share;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

/// How a system is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name in the configuration, for logs and metrics.
    pub name: Arc<str>,
    /// Everything below this address, and nothing else.
    pub base_url: url::Url,
    /// Further hosts that the adapter may name, for example an authorisation server's.
    pub other_hosts: Vec<String>,
    /// Requests under way at once.
    pub concurrency: usize,
    /// The tenant's share of what the vendor takes; `None`: the vendor has no limit.
    pub share: Option<Share>,
    /// Whether an answer with a failure's status refuses this one request, where the vendor says so by its body: the system
    /// is well then, and nobody else has to wait.
    pub refusal: Option<fn(&Response) -> bool>,
    /// Stops asking where the system keeps failing; one of its own unless it is given one that others look at.
    pub breaker: Arc<Breaker>,
    /// The longest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
}

impl Settings {
    /// Usual values for an address.
    pub fn new(name: &str, base_url: url::Url) -> Self {
        Self {
            name: name.into(),
            base_url,
            other_hosts: vec![],
            concurrency: 16,
            share: None,
            refusal: None,
            breaker: Arc::default(),
            max_body_bytes: 8 << 20,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

/// The handle.
#[derive(Debug)]
pub struct Upstream {
    wire: Wire,
    credentials: Option<Credentials>,
    places: Semaphore,
    share: Option<Share>,
    refusal: Option<fn(&Response) -> bool>,
    breaker: Arc<Breaker>,
    retries: RetryBudget,
}

/// Sends one request as it is: no credential, no retry.
#[derive(Debug)]
struct Wire {
    name: Arc<str>,
    client: reqwest::Client,
    address: Address,
    max_body_bytes: usize,
}

impl Upstream {
    /// A handle; `authenticator` where the system wants a credential.
    pub fn new(settings: Settings, authenticator: Option<Arc<dyn Authenticator>>) -> Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .pool_max_idle_per_host(settings.concurrency)
            .tcp_nodelay(true)
            .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Error::internal("http client").because(e))?;
        let address = Address::new(settings.base_url, settings.other_hosts);
        let wire = Wire { name: settings.name, client, address, max_body_bytes: settings.max_body_bytes };
        Ok(Self {
            wire,
            credentials: authenticator.map(Credentials::new),
            places: Semaphore::new(settings.concurrency),
            share: settings.share,
            refusal: settings.refusal,
            breaker: settings.breaker,
            retries: RetryBudget::default(),
        })
    }

    /// Waits for the vendor's request limit, but never past the deadline.
    async fn turn(&self, cx: &CallCx) -> Result<()> {
        match &self.share {
            Some(share) => share.turn(cx).await,
            None => Ok(()),
        }
    }

    /// A turn that was taken is not used.
    fn give_back(&self) {
        if let Some(share) = &self.share {
            share.give_back();
        }
    }

    /// Waits for a turn and a place. Turns are waited for without a place, so that those with many requests do not take all
    /// places while they wait; and a turn is not kept while a place is waited for, since it counts from when it is taken.
    async fn admitted(&self, cx: &CallCx) -> Result<SemaphorePermit<'_>> {
        self.turn(cx).await?;
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        self.give_back();
        let late = || Error::new(ErrorKind::Timeout, "the connected system did not answer in time");
        let place = tokio::time::timeout(cx.remaining(), self.places.acquire()).await.map_err(|_| late())?;
        let place = place.map_err(|e| Error::internal("semaphore").because(e))?;
        self.turn(cx).await?;
        Ok(place)
    }

    /// A write is about to be sent. A credential that takes a request of its own is fetched before, since that sends nothing of it;
    /// where none is given the attempt itself says so.
    async fn let_go(&self, cx: &CallCx) -> Result<()> {
        if let Some(credentials) = &self.credentials {
            drop(credentials.current(cx, &self.wire).await);
        }
        cx.about_to_change().await
    }

    /// One attempt with a credential; a credential that the vendor no longer takes is renewed once.
    async fn attempt(&self, cx: &CallCx, request: &Request) -> Result<Response> {
        let Some(credentials) = &self.credentials else { return self.wire.send(cx, request, None).await };
        let credential = credentials.current(cx, &self.wire).await?;
        let response = self.wire.send(cx, request, Some(&credential)).await?;
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // 401 says that nothing was done, so this holds for writes too.
        credentials.forget(&credential).await;
        let renewed = credentials.current(cx, &self.wire).await?;
        if renewed.value.expose_secret() == credential.value.expose_secret() {
            // A token that is what it is: the same request would be refused again, and count again.
            return Ok(response);
        }
        self.turn(cx).await?;
        if request.effect == Effect::Write {
            // Waiting for a credential and a turn takes its time.
            cx.about_to_change().await?;
        }
        self.wire.send(cx, request, Some(&renewed)).await
    }
}

/// Whether a read may be sent again after this, and the shortest wait before.
fn passing(outcome: &Result<Response>) -> Option<Option<Duration>> {
    match outcome {
        Ok(response) => match response.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(response.retry_after()),
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Some(None),
            _ => None,
        },
        Err(error) if error.kind() == ErrorKind::Unavailable => Some(error.wait()),
        Err(_) => None,
    }
}

#[async_trait]
impl Http for Upstream {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response> {
        if cx.looking && request.effect == Effect::Write {
            return Err(Error::internal("a write in a call that only looks").with("system", &*self.wire.name));
        }
        let _place = self.admitted(cx).await?;
        if request.effect == Effect::Write
            && let Err(kept) = self.let_go(cx).await
        {
            self.give_back();
            return Err(kept);
        }
        let mut pause = Duration::from_millis(100);
        self.retries.deposit();
        loop {
            if let Err(open) = self.breaker.check(&self.wire.name) {
                self.give_back();
                return Err(open);
            }
            let span = telemetry::upstream_span(&self.wire.name, request.method.as_str());
            let outcome = self.attempt(cx, &request).instrument(span.clone()).await;
            match &outcome {
                Ok(response) => span.record("http.response.status_code", response.status.as_u16()),
                Err(error) => span.record("error.type", tracing::field::debug(error.kind())),
            };
            let refused = |it: &Response| self.refusal.is_some_and(|refuses| refuses(it));
            if matches!(&outcome, Ok(response) if refused(response)) {
                self.breaker.well();
            } else {
                self.breaker.record(&outcome);
                if let (Some(share), Ok(response)) = (&self.share, &outcome) {
                    share.answered(response.status, response.retry_after());
                }
            }
            let Some(asked) = passing(&outcome).filter(|_| request.effect == Effect::Read) else { return outcome };
            // Up to a quarter more, so that many callers do not come back at once.
            let jitter = pause / 4 * (cx.remaining().subsec_nanos() % 100) / 100;
            let wait = asked.unwrap_or(pause).max(pause) + jitter;
            if wait >= cx.remaining() || !self.retries.withdraw() {
                return outcome;
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
            self.turn(cx).await?;
        }
    }
}

impl Wire {
    async fn send(
        &self,
        cx: &CallCx,
        request: &Request,
        credential: Option<&postern_api::http::Credential>,
    ) -> Result<Response> {
        let url = self.address.of(request)?;
        let mut builder = self.client.request(request.method.clone(), url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        // The span of this very request where traces are exported, else what the call came with.
        if let Some(traceparent) = telemetry::traceparent().as_ref().or(cx.traceparent.as_ref()) {
            builder = builder.header("traceparent", traceparent);
        }
        if let Some(credential) = credential {
            let value = header::HeaderValue::from_str(credential.value.expose_secret());
            let mut value = value.map_err(|_| Error::internal("a credential is not a header value"))?;
            value.set_sensitive(true);
            builder = builder.header(&credential.name, value);
        }
        builder = match &request.body {
            Body::Empty => builder,
            Body::Json(json) => builder.header(header::CONTENT_TYPE, "application/json").body(json.clone()),
            Body::Text(media_type, text) => builder.header(header::CONTENT_TYPE, *media_type).body(text.clone()),
            Body::Form(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
                builder.form(&pairs)
            }
        };
        let exchange = async {
            let response = builder.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, response))
        };
        let lost = |error: Option<reqwest::Error>| self.lost(request.effect, error);
        let answer = tokio::time::timeout(cx.remaining(), exchange).await;
        let (status, headers, response) = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(lost(Some(error))),
            Err(_) => return Err(lost(None)),
        };
        let body = match tokio::time::timeout(cx.remaining(), self.read(response)).await {
            Ok(Ok(body)) => body,
            Ok(Err(Cut::Long)) if request.effect == Effect::Read => {
                return Err(Error::bad_reply("the body is longer than the limit"));
            }
            Ok(Err(Cut::Long)) => return Err(lost(None)),
            Ok(Err(Cut::Lost(error))) => return Err(lost(Some(error))),
            Err(_) => return Err(lost(None)),
        };
        tracing::debug!(system = %self.name, method = %request.method, status = status.as_u16(), bytes = body.len(), "upstream answered");
        Ok(Response { status, headers, body })
    }

    async fn read(&self, mut response: reqwest::Response) -> std::result::Result<Bytes, Cut> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Cut::Lost)? {
            if body.len() + chunk.len() > self.max_body_bytes {
                return Err(Cut::Long);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    /// What no answer means: for a write that may have arrived, that nobody knows.
    fn lost(&self, effect: Effect, error: Option<reqwest::Error>) -> Error {
        let never_sent = error.as_ref().is_some_and(reqwest::Error::is_connect);
        let late = error.as_ref().is_none_or(reqwest::Error::is_timeout);
        let told = match effect {
            Effect::Write if !never_sent => {
                Error::new(ErrorKind::OutcomeUnknown, "the connected system did not say whether the change was made")
            }
            Effect::Write | Effect::Read if late && !never_sent => {
                Error::new(ErrorKind::Timeout, "the connected system did not answer in time")
            }
            Effect::Write | Effect::Read => {
                Error::new(ErrorKind::Unavailable, "the connected system cannot be reached")
            }
        };
        let told = told.with("system", &*self.name);
        // The address is left out: it may hold a query.
        match error {
            Some(error) => told.because(error.without_url()),
            None => told,
        }
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
enum Cut {
    Long,
    Lost(reqwest::Error),
}

/// The handle that an [`Authenticator`] is given: the same addresses, no credential.
#[async_trait]
impl Http for Wire {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response> {
        Wire::send(self, cx, &request, None).await
    }
}

#[cfg(test)]
mod tests;

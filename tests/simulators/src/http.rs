//! A plain HTTP handle, for tests and for trying an adapter by hand. No retries, no limits, no breaker: those are the
//! gateway's. Credentials are kept, renewed once after a 401, and asked for once by many calls.

use parking_lot::Mutex;
use postern_api::http::{
    Authenticator, Body, Credential, Effect, ExposeSecret, Http, Request, Response, StatusCode, header,
};
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of an answer that are read.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Sends requests to one base address.
#[derive(Debug)]
pub struct PlainHttp {
    /// The base address.
    pub base: String,
    /// Who proves who we are, where anything has to be proven.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    client: reqwest::Client,
    held: Mutex<Option<Held>>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Held {
    credential: Credential,
    until: Option<Instant>,
    number: u64,
}

impl PlainHttp {
    /// A handle for a base address.
    ///
    /// Errors: `Internal` where no TLS is to be had.
    pub fn new(base: &str, authenticator: Option<Arc<dyn Authenticator>>) -> Result<Arc<Self>> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|e| Error::internal("http client").because(e))?;
        let base = base.to_owned();
        Ok(Arc::new(Self { base, authenticator, client, held: Mutex::new(None), asking: tokio::sync::Mutex::new(()) }))
    }

    async fn credential(&self, cx: &CallCx, refused: Option<u64>) -> Result<Option<Held>> {
        let Some(authenticator) = &self.authenticator else { return Ok(None) };
        let usable =
            |held: &Held| refused != Some(held.number) && held.until.is_none_or(|until| Instant::now() < until);
        if let Some(held) = self.held.lock().clone().filter(usable) {
            return Ok(Some(held));
        }
        let _one = self.asking.lock().await;
        let before = self.held.lock().clone();
        if let Some(held) = before.clone().filter(usable) {
            return Ok(Some(held));
        }
        let credential = authenticator.credential(cx, &Bare(self)).await?;
        // A little early, so that it does not end on its way.
        let until = credential.expires_in.map(|it| Instant::now() + it.saturating_sub(Duration::from_secs(30)));
        let held = Held { credential, until, number: before.map_or(1, |it| it.number + 1) };
        *self.held.lock() = Some(held.clone());
        Ok(Some(held))
    }

    async fn once(&self, cx: &CallCx, request: &Request, credential: Option<&Credential>) -> Result<Response> {
        let base = request.absolute.as_deref().unwrap_or(&self.base);
        let mut url = reqwest::Url::parse(base).map_err(|e| Error::internal("base address").because(e))?;
        if !request.path.is_empty() {
            url.path_segments_mut().map_err(|()| Error::internal("base address"))?.pop_if_empty().extend(&request.path);
        }
        if request.collection {
            url.path_segments_mut().map_err(|()| Error::internal("base address"))?.push("");
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut sent = self.client.request(request.method.clone(), url).timeout(cx.remaining());
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        if let Some(credential) = credential {
            sent = sent.header(&credential.name, credential.value.expose_secret());
        }
        sent = match &request.body {
            Body::Empty => sent,
            Body::Json(json) => sent.header(header::CONTENT_TYPE, "application/json").body(json.clone()),
            Body::Text(media_type, text) => sent.header(header::CONTENT_TYPE, *media_type).body(text.clone()),
            Body::Form(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name, value.expose_secret())).collect();
                sent.form(&pairs)
            }
        };
        let failed = |e: reqwest::Error| failure(request.effect, &e);
        let mut answer = sent.send().await.map_err(failed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&part);
            if body.len() > MAX_BODY {
                let kind =
                    if request.effect == Effect::Write { ErrorKind::OutcomeUnknown } else { ErrorKind::BadReply };
                return Err(Error::new(kind, "the connected system sent more than can be read"));
            }
        }
        Ok(Response { status, headers, body: body.into() })
    }
}

fn failure(effect: Effect, error: &reqwest::Error) -> Error {
    if error.is_connect() || error.is_builder() {
        return Error::new(ErrorKind::Unavailable, "the connected system cannot be reached; try again later");
    }
    match effect {
        Effect::Write => Error::new(
            ErrorKind::OutcomeUnknown,
            "the connected system may have done this, but did not answer; look before trying again",
        ),
        Effect::Read if error.is_timeout() => {
            Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again")
        }
        Effect::Read => Error::new(ErrorKind::Unavailable, "the connected system broke off; try again"),
    }
}

#[postern_api::async_trait]
impl Http for PlainHttp {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response> {
        let held = self.credential(cx, None).await?;
        if request.effect == Effect::Write {
            cx.about_to_change().await?;
        }
        let response = self.once(cx, &request, held.as_ref().map(|it| &it.credential)).await?;
        let Some(held) = held.filter(|_| response.status == StatusCode::UNAUTHORIZED) else { return Ok(response) };
        // A 401 changed nothing, so that a write may go out again too.
        let renewed = self.credential(cx, Some(held.number)).await?;
        self.once(cx, &request, renewed.as_ref().map(|it| &it.credential)).await
    }
}

/// The same handle without credentials, for getting them.
#[derive(Debug)]
struct Bare<'a>(&'a PlainHttp);

#[postern_api::async_trait]
impl Http for Bare<'_> {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response> {
        self.0.once(cx, &request, None).await
    }
}

//! Who is asking: one bearer token in one header, verified, or a challenge.
//!
//! **Invariant:** behind this layer every request carries an `Arc<Caller>`, and none carries the token any more.

use super::check::take;
use super::metadata::Metadata;
use super::peer::NOBODY;
use super::problem::{Kind, Problem};
use super::reason::{Reason, Told};
use super::rejection::{RejectionFacts, Rejections};
use super::throttle::{Throttle, too_many};
use super::token::{Gate, Refused, Verifier};
use crate::caller::Caller;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Uri, header};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

/// Names under which somebody might put a token into a URL (RFC 6750 section 2.3 and its cousins).
const IN_URL: [&str; 7] = ["access_token", "token", "id_token", "bearer", "bearer_token", "jwt", "authorization"];

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct Authenticate {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) rejections: Arc<dyn Rejections>,
    pub(crate) gate: Gate,
}

impl<S> Layer<S> for Authenticate {
    type Service = AuthenticateService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        AuthenticateService { rule: self.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AuthenticateService<S> {
    rule: Authenticate,
    inner: S,
}

impl<S> Service<Request<Body>> for AuthenticateService<S>
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
        let token = bearer(request.uri(), request.headers());
        request.headers_mut().remove(header::AUTHORIZATION);
        // A token that was verified before costs no task, no limiter of strangers and no key.
        let recalled = token.as_ref().ok().and_then(|it| self.rule.verifier.recall(it, self.rule.gate));
        if let Some(Ok(caller)) = recalled {
            request.extensions_mut().insert(caller);
            return Box::pin(self.inner.call(request));
        }
        let rule = self.rule.clone();
        let facts = RejectionFacts::of(&request);
        let mut inner = take(&mut self.inner);
        Box::pin(async move {
            match rule.admit(token, facts).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(answer) => Ok(answer),
            }
        })
    }
}

impl Authenticate {
    async fn admit(&self, token: Result<String, Reason>, facts: RejectionFacts) -> Result<Arc<Caller>, Response> {
        if let Err(wait) = self.throttle.stranger(facts.peer.unwrap_or(NOBODY)) {
            self.rejections.rejected(Reason::Throttled, &facts);
            return Err(too_many(wait).into_response());
        }
        let verified = match token {
            Ok(token) => self.verifier.verify(&token, self.gate).await,
            Err(reason) => Err(Refused::from(reason)),
        };
        verified.map_err(|refused| {
            self.rejections.rejected(refused.reason, &facts.with(&refused));
            self.answer(refused.reason)
        })
    }

    fn answer(&self, reason: Reason) -> Response {
        match reason.told() {
            Told::Challenge => self.metadata.challenge(reason != Reason::NoToken),
            Told::Forbidden => Problem::new(Kind::Forbidden).into_response(),
            Told::Unavailable => Problem::new(Kind::Unavailable).retry_after(Duration::from_secs(5)).into_response(),
            Told::Elsewhere => Problem::new(Kind::Internal).into_response(),
        }
    }
}

/// The one bearer token of a request.
fn bearer(uri: &Uri, headers: &HeaderMap) -> Result<String, Reason> {
    let query = uri.query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| IN_URL.contains(&name.to_lowercase().as_str())) {
        return Err(Reason::TokenInUrl);
    }
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let value = sent.next().ok_or(Reason::NoToken)?;
    if sent.next().is_some() {
        return Err(Reason::BadAuthorization);
    }
    let value = value.to_str().map_err(|_| Reason::BadAuthorization)?;
    let (scheme, token) = value.split_once(' ').ok_or(Reason::BadAuthorization)?;
    // No early end: a processor looks at many bytes at once as long as it need not stop at one.
    let plain = |it: u8| it.is_ascii_alphanumeric() | matches!(it, b'-' | b'_' | b'.');
    let plain = token.bytes().fold(true, |all, it| all & plain(it));
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || !plain {
        return Err(Reason::BadAuthorization);
    }
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(uri: &str, values: &[&'static str]) -> Result<String, Reason> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer(&uri.parse().unwrap(), &headers)
    }

    #[test]
    fn t20_a_token_comes_in_one_header_and_alone() {
        assert_eq!(read("/mcp", &["Bearer a.b.c"]), Ok("a.b.c".into()));
        assert_eq!(read("/mcp?toolsets=tickets", &["bearer a.b.c"]), Ok("a.b.c".into()));
        assert_eq!(read("/mcp", &[]), Err(Reason::NoToken));
        for two in [&["Bearer a.b.c", "Bearer a.b.c"][..], &["Bearer a.b.c", "Basic eDp5"]] {
            assert_eq!(read("/mcp", two), Err(Reason::BadAuthorization));
        }
        for bad in [
            "Bearer",
            "Bearer ",
            "Bearer  a.b.c",
            "Bearer a.b.c ",
            "Bearer a.b.c, Bearer d.e.f",
            "bearer a.b.c,d.e.f",
            "Basic eDp5",
            "DPoP a.b.c",
            "a.b.c",
            "Bearer a.b.c=",
            "Bearer\ta.b.c",
        ] {
            assert_eq!(read("/mcp", &[bad]), Err(Reason::BadAuthorization), "{bad}");
        }
    }

    #[test]
    fn t20_a_token_in_the_url_is_refused_even_beside_a_good_header() {
        for query in ["access_token=a.b.c", "x=1&Access_Token=a", "jwt=a", "acc%65ss_token=a", "token"] {
            assert_eq!(read(&format!("/mcp?{query}"), &["Bearer a.b.c"]), Err(Reason::TokenInUrl), "{query}");
        }
    }
}

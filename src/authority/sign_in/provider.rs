//! One issuer, as its client: discovery, the way there, the code's exchange, refresh.
//!
//! **Invariant:** endpoints come from a discovery document that names exactly the configured issuer; a secret of ours goes to
//! that issuer's token endpoint alone.

use super::config::{ClientAuth, OidcConfig};
use crate::authority::accounts::random_text;
use crate::edge::clock::Clock;
use crate::edge::json;
use crate::edge::keys::Fetch;
use crate::edge::realm::{is_loopback, trusted_url};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use postern_api::http::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

const FRESH: Duration = Duration::from_secs(3600);
const RETRY: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why the issuer could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Not reached, or not understood.
    Unavailable(&'static str),
    /// It said no.
    Refused(&'static str),
}

/// Where an issuer's endpoints are.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    authorization: Url,
    token: Url,
    pub(super) end_session: Option<Url>,
    pub(super) names_itself: bool,
}

/// An issuer.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: Arc<str>,
    pub(super) config: OidcConfig,
    pub(super) redirect_uri: String,
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    known: Mutex<Option<(Duration, Arc<Endpoints>)>>,
    blocked_until: Mutex<Duration>,
    flight: tokio::sync::Mutex<()>,
}

/// What an issuer gave.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) id: Option<String>,
    pub(super) access: Option<String>,
    pub(super) refresh: Option<String>,
}

/// A client for token endpoints: no proxy, no redirect.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none());
    builder.timeout(TIMEOUT).connect_timeout(TIMEOUT).user_agent("postern").build()
}

impl Provider {
    pub(super) fn new(
        issuer: Arc<str>,
        config: OidcConfig,
        redirect_uri: String,
        fetch: Arc<dyn Fetch>,
        clock: Arc<dyn Clock>,
        http: reqwest::Client,
    ) -> Self {
        let (known, blocked_until) = (Mutex::default(), Mutex::default());
        Self {
            issuer,
            config,
            redirect_uri,
            fetch,
            clock,
            http,
            known,
            blocked_until,
            flight: tokio::sync::Mutex::default(),
        }
    }

    fn fresh(&self) -> Option<Arc<Endpoints>> {
        let known = self.known.lock();
        let (at, endpoints) = known.as_ref()?;
        (self.clock.uptime().saturating_sub(*at) < FRESH).then(|| Arc::clone(endpoints))
    }

    /// Where the endpoints are; asked once an hour, by one for all.
    pub(super) async fn endpoints(&self) -> Result<Arc<Endpoints>, Trouble> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _flight = self.flight.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        if self.clock.uptime() < *self.blocked_until.lock() {
            return Err(Trouble::Unavailable("discovery"));
        }
        match self.discover().await {
            Ok(found) => {
                let found = Arc::new(found);
                *self.known.lock() = Some((self.clock.uptime(), Arc::clone(&found)));
                Ok(found)
            }
            Err(trouble) => {
                *self.blocked_until.lock() = self.clock.uptime() + RETRY;
                tracing::warn!(issuer = %self.issuer, "the issuer `{}` could not be discovered", self.issuer);
                Err(trouble)
            }
        }
    }

    async fn discover(&self) -> Result<Endpoints, Trouble> {
        let wrong = || Trouble::Unavailable("discovery");
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let address = trusted_url(&address).ok_or_else(wrong)?;
        let document = self.fetch.get(&address).await.map_err(|_| wrong())?;
        let document = json::parse(&document, 16).map_err(|_| wrong())?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        if text("issuer") != Some(&self.issuer) {
            return Err(Trouble::Unavailable("other_issuer"));
        }
        let endpoint = |name: &str| {
            let url = trusted_url(text(name)?)?;
            // A remote issuer cannot point us at a service of this machine.
            (!is_loopback(&url) || is_loopback(&address)).then_some(url)
        };
        Ok(Endpoints {
            authorization: endpoint("authorization_endpoint").ok_or_else(wrong)?,
            token: endpoint("token_endpoint").ok_or_else(wrong)?,
            end_session: endpoint("end_session_endpoint"),
            names_itself: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }

    /// Where the browser goes to sign in.
    pub(super) fn way(
        &self,
        endpoints: &Endpoints,
        state: &str,
        nonce: &str,
        verifier: &str,
        hint: Option<&str>,
    ) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let mut url = endpoints.authorization.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.config.scopes.join(" "))
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        for (name, value) in [("prompt", self.config.prompt.as_deref()), ("login_hint", hint)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        drop(query);
        url
    }

    /// Exchanges a code.
    pub(super) async fn exchange(&self, code: &str, verifier: &str) -> Result<Tokens, Trouble> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        self.ask(&form).await
    }

    /// Asks for new tokens.
    pub(super) async fn refresh(&self, token: &str) -> Result<Tokens, Trouble> {
        self.ask(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A request to the token endpoint that says who we are.
    fn request(&self, form: &[(&str, &str)], endpoint: &Url) -> Result<reqwest::RequestBuilder, Trouble> {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = self.http.post(endpoint.clone());
        let id = &self.config.client_id;
        let secret = self.config.secret.as_ref().map(|it| it.expose_secret()).unwrap_or_default();
        match self.config.client_auth {
            ClientAuth::ClientSecretBasic => {
                // RFC 6749 section 2.3.1: both are encoded as in a form before they are joined.
                let word = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let both = STANDARD.encode(format!("{}:{}", word(id), word(secret)));
                request = request.header(http::header::AUTHORIZATION, format!("Basic {both}"));
            }
            ClientAuth::ClientSecretPost => {
                body.append_pair("client_id", id).append_pair("client_secret", secret);
            }
            ClientAuth::PrivateKeyJwt => {
                let assertion = self.assertion(secret, endpoint).ok_or(Trouble::Unavailable("client_key"))?;
                body.append_pair("client_id", id)
                    .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                    .append_pair("client_assertion", &assertion);
            }
            ClientAuth::None => {
                body.append_pair("client_id", id);
            }
        }
        Ok(request
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(http::header::ACCEPT, "application/json")
            .body(body.finish()))
    }

    async fn ask(&self, form: &[(&str, &str)]) -> Result<Tokens, Trouble> {
        let endpoints = self.endpoints().await?;
        let request = self.request(form, &endpoints.token)?;
        let mut response = request.send().await.map_err(|_| Trouble::Unavailable("token_endpoint"))?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| Trouble::Unavailable("token_endpoint"))? {
            if answer.len() + chunk.len() > ANSWER_LIMIT {
                return Err(Trouble::Unavailable("token_endpoint"));
            }
            answer.extend_from_slice(&chunk);
        }
        if response.status().is_client_error() {
            let answer = json::parse(&answer, 8).unwrap_or_default();
            let word = answer.get("error").and_then(Value::as_str).unwrap_or_default();
            return Err(match word {
                "invalid_grant" => Trouble::Refused("invalid_grant"),
                "invalid_client" | "unauthorized_client" => Trouble::Unavailable("client_refused"),
                _ => Trouble::Refused("token_endpoint"),
            });
        }
        if response.status() != http::StatusCode::OK {
            return Err(Trouble::Unavailable("token_endpoint"));
        }
        let answer = json::parse(&answer, 8).map_err(|_| Trouble::Unavailable("token_endpoint"))?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Tokens { id: text("id_token"), access: text("access_token"), refresh: text("refresh_token") })
    }

    /// RFC 7523 section 3: who we are, for this endpoint, for a minute.
    fn assertion(&self, pem: &str, endpoint: &Url) -> Option<String> {
        let (key, algorithm) = match EncodingKey::from_ec_pem(pem.as_bytes()) {
            Ok(key) => (key, Algorithm::ES256),
            Err(_) => (EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?, Algorithm::RS256),
        };
        let (id, now) = (&self.config.client_id, self.clock.unix_secs());
        let claims = json!({
            "iss": id, "sub": id, "aud": endpoint.as_str(), "jti": random_text().ok()?, "iat": now, "exp": now + 60
        });
        let header = Header { kid: self.config.client_key_id.clone(), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, &claims, &key).ok()
    }
}

//! Getting one document: the name is resolved here, what it resolves to is vetted, and the connection goes there.

use super::address::{DocumentUrl, is_public};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// From the first question to the last byte.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A document as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes.
    pub body: Bytes,
    /// How long its publisher says that it holds; `None`: nothing is said.
    pub max_age: Option<Duration>,
}

/// Why it did not come, in a short fixed name for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// For a reason that may pass: not reached, or the host is in trouble.
    Passing(&'static str),
    /// The host has no such document, or what it has is none.
    Final(&'static str),
}

impl Lost {
    /// The name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Passing(code) | Self::Final(code) => code,
        }
    }
}

/// Where documents come from.
#[async_trait]
pub trait Wire: Debug + Send + Sync + 'static {
    /// The document at an address, of at most `most` bytes.
    async fn fetch(&self, address: &DocumentUrl, most: usize) -> Result<Fetched, Lost>;
}

/// Asks what a name resolves to.
#[async_trait]
pub trait Lookup: Debug + Send + Sync + 'static {
    /// Its addresses.
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<SocketAddr>>;
}

/// The machine's own resolver.
#[derive(Debug)]
struct System;

#[async_trait]
impl Lookup for System {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// Hands on what may be connected to, and nothing else. The connection is made to one of these, so a name that answers
/// otherwise the next time gains nothing.
#[derive(Debug, Clone)]
struct Vetting {
    lookup: Arc<dyn Lookup>,
    may: fn(IpAddr) -> bool,
}

impl Resolve for Vetting {
    fn resolve(&self, name: Name) -> Resolving {
        let it = self.clone();
        Box::pin(async move {
            let mut found = it.lookup.lookup(name.as_str()).await?;
            found.retain(|address| (it.may)(address.ip()));
            if found.is_empty() {
                return Err(Box::from("no public address"));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Over HTTPS: public addresses alone, no proxy, no redirect, no decompression, no connection kept, 3 seconds.
#[derive(Debug, Clone)]
pub struct HttpWire {
    client: reqwest::Client,
}

impl HttpWire {
    /// A client of its own, shared with nothing.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::with(Vetting { lookup: Arc::new(System), may: is_public }, TIMEOUT, true)
    }

    fn with(vetting: Vetting, timeout: Duration, https_only: bool) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .https_only(https_only)
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(vetting)
            .pool_max_idle_per_host(0)
            .timeout(timeout)
            .user_agent("postern")
            .build()?;
        Ok(Self { client })
    }

    async fn get(&self, url: Url, most: usize) -> Result<Fetched, Lost> {
        let request = self.client.get(url).header(header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(|_| Lost::Passing("unreachable"))?;
        match response.status() {
            StatusCode::OK => {}
            it if it.is_server_error() || it == StatusCode::TOO_MANY_REQUESTS => return Err(Lost::Passing("status")),
            _ => return Err(Lost::Final("status")),
        }
        if !is_json(response.headers()) {
            return Err(Lost::Final("content_type"));
        }
        let max_age = max_age(response.headers());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| Lost::Passing("cut"))? {
            if chunk.len() > most.saturating_sub(body.len()) {
                return Err(Lost::Final("too_large"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { body: body.freeze(), max_age })
    }
}

#[async_trait]
impl Wire for HttpWire {
    async fn fetch(&self, address: &DocumentUrl, most: usize) -> Result<Fetched, Lost> {
        self.get(address.url().clone(), most).await
    }
}

/// JSON, and as it is: what is packed could grow without end.
fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    json && matches!(text(header::CONTENT_ENCODING), "" | "identity")
}

/// RFC 9111 section 5.2.2, as far as it matters to one who keeps documents for at least a minute.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let all = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
    let said: Vec<String> = all.flat_map(|it| it.split(',')).map(|it| it.trim().to_ascii_lowercase()).collect();
    if said.iter().any(|it| it == "no-store" || it == "no-cache") {
        return Some(Duration::ZERO);
    }
    let ages = said.iter().filter_map(|it| it.strip_prefix("max-age="));
    ages.map(|it| Duration::from_secs(it.trim_matches('"').parse().unwrap_or(0))).min()
}

#[cfg(test)]
mod tests;

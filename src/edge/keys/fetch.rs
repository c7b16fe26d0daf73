//! Fetching a small document from an issuer.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use std::fmt::Debug;
use std::time::Duration;
use url::Url;

/// No key set of an issuer is larger.
const BODY_LIMIT: usize = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(3);

/// Why a document could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address to fetch from.
    #[error("the address is neither https nor http on this machine")]
    Address,
    /// Not reached, or not in time.
    #[error("not reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another status than 200, a redirect for example.
    #[error("answered with status {0}")]
    Status(u16),
    /// More than 256 KiB.
    #[error("the document is too large")]
    TooLarge,
    /// Not the document that was asked for.
    #[error("the document cannot be read")]
    Document,
    /// The discovery document is another issuer's.
    #[error("the discovery document names another issuer")]
    OtherIssuer,
}

/// Where documents come from.
#[async_trait]
pub trait Fetch: Debug + Send + Sync + 'static {
    /// The document at an address.
    async fn get(&self, address: &Url) -> Result<Bytes, FetchError>;
}

/// Over HTTP: no proxy, no redirect, no decompression, 3 seconds, 256 KiB.
#[derive(Debug, Clone)]
pub struct HttpFetch {
    client: reqwest::Client,
}

impl HttpFetch {
    /// A client of its own, shared with nothing.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            .user_agent("postern")
            .build()?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn get(&self, address: &Url) -> Result<Bytes, FetchError> {
        let broken = |error: reqwest::Error| FetchError::Unreachable(Box::new(error.without_url()));
        let request = self.client.get(address.clone()).header(http::header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(broken)?;
        if response.status() != http::StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if chunk.len() > BODY_LIMIT - body.len() {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::get;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    async fn issuer(router: Router) -> Url {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Url::parse(&format!("http://{address}/keys")).unwrap()
    }

    #[tokio::test]
    async fn s04_a_redirect_is_not_followed() {
        let reached = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reached);
        let router = Router::new().route("/keys", get(|| async { Redirect::temporary("/other") })).route(
            "/other",
            get(move || {
                count.fetch_add(1, Ordering::Relaxed);
                async { "{}" }
            }),
        );
        let answer = HttpFetch::new().unwrap().get(&issuer(router).await).await;
        assert!(matches!(answer, Err(FetchError::Status(307))), "{answer:?}");
        assert_eq!(reached.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn s05_a_document_over_the_limit_is_given_up() {
        let router = Router::new().route("/keys", get(|| async { vec![b' '; BODY_LIMIT + 1] }));
        let answer = HttpFetch::new().unwrap().get(&issuer(router).await).await;
        assert!(matches!(answer, Err(FetchError::TooLarge)), "{answer:?}");
    }

    /// Set for the child process of the test below: the trap that its environment names as proxy.
    const TRAP: &str = "HTTP_PROXY";

    #[tokio::test]
    async fn s06_a_proxy_of_the_environment_is_not_used() {
        let name = "edge::keys::fetch::tests::s06_a_proxy_of_the_environment_is_not_used";
        if std::env::var_os("POSTERN_S06").is_some() {
            assert!(std::env::var_os(TRAP).is_some());
            let address = issuer(Router::new().route("/keys", get(|| async { "{}" }))).await;
            assert_eq!(HttpFetch::new().unwrap().get(&address).await.unwrap(), "{}");
            return;
        }
        let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        trap.set_nonblocking(true).unwrap();
        let proxy = format!("http://{}", trap.local_addr().unwrap());
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", name]).env("POSTERN_S06", "1").env_remove("REQUEST_METHOD");
        for variable in [TRAP, "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(variable, &proxy);
        }
        for variable in ["NO_PROXY", "no_proxy"] {
            child.env_remove(variable);
        }
        assert!(child.output().unwrap().status.success());
        assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
    }

    #[tokio::test]
    async fn s06_https_is_never_downgraded() {
        let reached = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reached);
        let router = Router::new().fallback(move || {
            count.fetch_add(1, Ordering::Relaxed);
            async { "{}" }
        });
        let mut address = issuer(router).await;
        address.set_scheme("https").unwrap();
        let answer = HttpFetch::new().unwrap().get(&address).await;
        assert!(matches!(answer, Err(FetchError::Unreachable(_))), "{answer:?}");
        assert_eq!(reached.load(Ordering::Relaxed), 0);
    }
}

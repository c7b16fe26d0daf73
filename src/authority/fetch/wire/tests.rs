//! What a name resolves to, and what a host sends, over real connections to this machine.

use super::*;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A resolver that answers each question with the next of these; the last one stays.
#[derive(Debug)]
struct Said(Mutex<Vec<Vec<SocketAddr>>>);

#[async_trait]
impl Lookup for Said {
    async fn lookup(&self, _host: &str) -> std::io::Result<Vec<SocketAddr>> {
        let mut all = self.0.lock();
        Ok(if all.len() > 1 { all.remove(0) } else { all[0].clone() })
    }
}

fn wire(said: Vec<Vec<SocketAddr>>, may: fn(IpAddr) -> bool, https_only: bool) -> HttpWire {
    let vetting = Vetting { lookup: Arc::new(Said(Mutex::new(said))), may };
    HttpWire::with(vetting, Duration::from_secs(3), https_only).unwrap()
}

/// Whatever it resolves to, over plain HTTP: what a host sends is judged behind the rules of addresses.
fn open(to: SocketAddr) -> HttpWire {
    wire(vec![vec![to]], |_| true, false)
}

fn url() -> Url {
    Url::parse("http://doc.example/c.json").unwrap()
}

async fn serve(at: &str, router: Router) -> SocketAddr {
    let listener = TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A host that counts who came.
async fn trap(at: &str) -> (SocketAddr, Arc<AtomicUsize>) {
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    let router = Router::new().fallback(move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { json("{}") }
    });
    (serve(at, router).await, came)
}

fn json(body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn of(router: Router) -> Result<Fetched, Lost> {
    open(serve("127.0.0.1:0", router).await).get(url(), 1_024).await
}

#[tokio::test]
async fn s01_s03_a_name_that_leads_to_this_machine_is_not_connected_to() {
    let (address, came) = trap("127.0.0.1:0").await;
    let answer = wire(vec![vec![address]], is_public, false).get(url(), 1_024).await;
    assert_eq!((answer, came.load(Ordering::Relaxed)), (Err(Lost::Passing("unreachable")), 0));
    assert!(open(address).get(url(), 1_024).await.is_ok(), "the host is there");
}

/// 127.0.0.2 stands for a public address, 127.0.0.1 for a private one.
#[tokio::test]
async fn s03_a_name_of_two_minds_is_connected_to_where_it_may_be_alone() {
    fn may(ip: IpAddr) -> bool {
        ip.to_string() == "127.0.0.2"
    }
    let (public, came) = trap("127.0.0.2:0").await;
    let (private, trapped) = trap(&format!("127.0.0.1:{}", public.port())).await;
    let rebinding = wire(vec![vec![private, public], vec![public], vec![private]], may, false);
    assert!(rebinding.get(url(), 1_024).await.is_ok());
    assert!(rebinding.get(url(), 1_024).await.is_ok());
    assert!(rebinding.get(url(), 1_024).await.is_err());
    assert_eq!((came.load(Ordering::Relaxed), trapped.load(Ordering::Relaxed)), (2, 0));
}

#[tokio::test]
async fn s04_a_document_that_moved_is_not_followed() {
    let (other, came) = trap("127.0.0.1:0").await;
    let to = format!("http://{other}/c.json");
    let answer = of(Router::new().fallback(move || async move { Redirect::temporary(&to) })).await;
    assert_eq!((answer, came.load(Ordering::Relaxed)), (Err(Lost::Final("status")), 0));
}

#[tokio::test]
async fn s05_a_document_is_small_plain_and_json() {
    let sized = |bytes: usize| {
        Router::new().fallback(move || async move {
            ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], vec![b' '; bytes]).into_response()
        })
    };
    assert!(of(sized(1_024)).await.is_ok());
    assert_eq!(of(sized(1_025)).await, Err(Lost::Final("too_large")));
    for (kind, coding, taken) in [
        ("application/json", "identity", true),
        ("application/jwk-set+json", "identity", true),
        ("application/json", "gzip", false),
        ("text/html", "identity", false),
        ("text/json+json", "identity", false),
    ] {
        let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_ENCODING, coding)];
        let answer = of(Router::new().route("/c.json", get(move || async move { (headers, "{}") }))).await;
        let wanted = if taken { None } else { Some(Lost::Final("content_type")) };
        assert_eq!(answer.err(), wanted, "{kind} {coding}");
    }
}

/// A host that sends the beginning, and then `more` for ever.
async fn dripping(start: &'static [u8], more: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1_024];
        let _ = stream.read(&mut asked).await;
        stream.write_all(start).await.unwrap();
        if more.is_empty() {
            std::future::pending::<()>().await;
        }
        while stream.write_all(more).await.is_ok() {}
    });
    address
}

#[tokio::test]
async fn s05_a_host_that_never_ends_is_left() {
    let start = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{";
    let within = Duration::from_millis(200);
    let slow = |to| {
        let vetting = Vetting { lookup: Arc::new(Said(Mutex::new(vec![vec![to]]))), may: |_| true };
        HttpWire::with(vetting, within, false).unwrap()
    };
    assert_eq!(slow(dripping(start, b"").await).get(url(), 1_024).await, Err(Lost::Passing("cut")));
    assert_eq!(
        slow(dripping(b"HTTP/1.1 200 OK\r\n", b"").await).get(url(), 1_024).await,
        Err(Lost::Passing("unreachable"))
    );
    // Without a limit of time: these end by their size.
    assert_eq!(open(dripping(start, b"    ").await).get(url(), 1_024).await, Err(Lost::Final("too_large")));
    let headers = open(dripping(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n").await).get(url(), 1_024).await;
    assert_eq!(headers, Err(Lost::Passing("unreachable")));
}

#[tokio::test]
async fn s06_a_document_is_asked_for_over_https_alone() {
    let (address, came) = trap("127.0.0.1:0").await;
    let strict = wire(vec![vec![address]], |_| true, true);
    assert!(strict.get(url(), 1_024).await.is_err());
    assert!(strict.get(Url::parse("https://doc.example/c.json").unwrap(), 1_024).await.is_err(), "no TLS there");
    assert_eq!(came.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn s06_documents_do_not_go_by_a_proxy_of_the_environment() {
    let name = "authority::fetch::wire::tests::s06_documents_do_not_go_by_a_proxy_of_the_environment";
    if std::env::var_os("POSTERN_S06_DOCUMENT").is_some() {
        let (address, came) = trap("127.0.0.1:0").await;
        assert!(open(address).get(url(), 1_024).await.is_ok());
        assert_eq!(came.load(Ordering::Relaxed), 1);
        return;
    }
    let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let proxy = format!("http://{}", trap.local_addr().unwrap());
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name]).env("POSTERN_S06_DOCUMENT", "1").env_remove("REQUEST_METHOD");
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(variable, &proxy);
    }
    for variable in ["NO_PROXY", "no_proxy"] {
        child.env_remove(variable);
    }
    assert!(child.output().unwrap().status.success());
    assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn a_document_says_how_long_it_holds() {
    let of = |value: &'static str| max_age(&HeaderMap::from_iter([(header::CACHE_CONTROL, value.parse().unwrap())]));
    assert_eq!(of("public, max-age=300"), Some(Duration::from_secs(300)));
    assert_eq!(of("max-age=300, no-store"), Some(Duration::ZERO));
    assert_eq!(of("max-age=-1"), Some(Duration::ZERO));
    assert_eq!(of("public"), None);
}

//! Draining, health and metrics.

mod frames;

use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tower::ServiceExt as _;

async fn send(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

struct Running {
    address: std::net::SocketAddr,
    ready: Readiness,
    drain: CancellationToken,
    task: tokio::task::JoinHandle<Drained>,
}

async fn start(router: Router, config: ServeConfig) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ready, drain) = (Readiness::default(), CancellationToken::new());
    let task = tokio::spawn(serve(listener, router, config, ready.clone(), drain.clone()));
    Running { address, ready, drain, task }
}

#[tokio::test]
async fn a_drain_lets_the_request_under_way_end_and_takes_no_more() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, wait) = (Arc::clone(&entered), Arc::clone(&release));
    let slow = get(move || async move {
        enter.notify_one();
        wait.notified().await;
        "done"
    });
    let server = start(Router::new().route("/", slow), ServeConfig::default()).await;
    let request = tokio::spawn(async move { send(server.address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await });
    entered.notified().await;
    assert!(server.ready.get());
    server.drain.cancel();
    while server.ready.get() || TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.notify_one();
    let answer = request.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"), "{answer}");
    assert_eq!(server.task.await.unwrap(), Drained::Whole);
}

#[tokio::test]
async fn a_drain_does_not_wait_for_ever() {
    let entered = Arc::new(Notify::new());
    let enter = Arc::clone(&entered);
    let stuck = get(move || async move {
        enter.notify_one();
        std::future::pending::<&'static str>().await
    });
    let config = ServeConfig { drain_secs: 0, ..ServeConfig::default() };
    let server = start(Router::new().route("/", stuck), config).await;
    let request = tokio::spawn(async move { send(server.address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await });
    entered.notified().await;
    server.drain.cancel();
    assert_eq!(server.task.await.unwrap(), Drained::Cut);
    assert_eq!(request.await.unwrap(), "");
}

#[tokio::test]
async fn h05_what_a_proxy_could_have_read_otherwise_closes_the_connection() {
    let parts = crate::edge::EdgeParts {
        config: crate::edge::config::EdgeConfig::new("http://127.0.0.1:1/mcp"),
        verifier: crate::edge::testing::bench().verifier,
        rejections: Arc::new(crate::edge::testing::Noted::default()),
        listener: None,
        drain: CancellationToken::new(),
        streams: Default::default(),
        guarded: Router::new(),
        open: Router::new(),
    };
    let mcp = tower::service_fn(|_: http::Request<Body>| async { Ok::<_, std::convert::Infallible>("never") });
    let server = start(crate::edge::router(mcp, parts).unwrap(), ServeConfig::default()).await;
    let second = "GET /smuggled HTTP/1.1\r\nhost: 127.0.0.1:1\r\n\r\n";
    let head = "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:1\r\n";
    for (what, request) in [
        ("both lengths", format!("{head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{second}")),
        (
            "lengths the other way",
            format!("{head}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{second}"),
        ),
        ("two lengths", format!("{head}content-length: 4\r\ncontent-length: 5\r\n\r\nabcde{second}")),
        ("a list of lengths", format!("{head}content-length: 4, 5\r\n\r\nabcde{second}")),
        ("a signed length", format!("{head}content-length: +4\r\n\r\nabcd{second}")),
        ("another coding last", format!("{head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{second}")),
        ("a space before the colon", format!("{head}content-length : 4\r\n\r\nabcd{second}")),
    ] {
        let answer = send(server.address, request.as_bytes()).await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{what}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
    }
    server.drain.cancel();
}

#[tokio::test]
async fn d01_more_headers_than_the_buffer_holds_are_refused_by_the_listener() {
    let server = start(Router::new(), ServeConfig::default()).await;
    let many: String = (0..1000).map(|i| format!("x-{i}: v\r\n")).collect();
    let answer = send(server.address, format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.drain.cancel();
}

async fn ask(router: &Router, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = http::Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn h03_the_operations_listener_answers_operators_and_no_page() {
    let ready = Readiness::default();
    let router = operations(
        ready.clone(),
        Arc::new(|| "postern_up 1\n".into()),
        Arc::new(|| "{}".into()),
        &["metrics.internal:9090".into()],
    );
    assert_eq!(ask(&router, "/systems", &[("host", "localhost")]).await, 200);
    assert_eq!(ask(&router, "/systems", &[("host", "rebound.evil.example:9090")]).await, 421);
    for host in ["127.0.0.1:9090", "localhost:9090", "10.1.2.3:9090", "[::1]:9090", "metrics.internal:9090"] {
        assert_eq!(ask(&router, "/metrics", &[("host", host)]).await, 200, "{host}");
    }
    assert_eq!(ask(&router, "/metrics", &[("host", "rebound.evil.example:9090")]).await, 421);
    assert_eq!(ask(&router, "/metrics", &[]).await, 421);
    assert_eq!(ask(&router, "/metrics", &[("host", "localhost"), ("origin", "https://evil.example")]).await, 403);
    assert_eq!(ask(&router, "/mcp", &[("host", "localhost")]).await, 404);
    assert_eq!(ask(&router, "/healthz", &[("host", "localhost")]).await, 200);
    assert_eq!(ask(&router, "/readyz", &[("host", "localhost")]).await, 503);
    ready.set(true);
    assert_eq!(ask(&router, "/readyz", &[("host", "localhost")]).await, 200);
}

/// A failed flush is no matter of one answer: nothing that this process writes from then on can be promised.
#[tokio::test]
async fn a_disk_that_did_not_keep_what_was_written_ends_readiness_and_health_for_good() {
    let (store, audit) = (Disk::default(), Disk::default());
    let ready = Readiness::over([store, audit.clone()]);
    let router = operations(ready.clone(), Arc::new(String::new), Arc::new(String::new), &[]);
    ready.set(true);
    for path in ["/readyz", "/healthz"] {
        assert_eq!(ask(&router, path, &[("host", "localhost")]).await, 200, "{path}");
    }
    audit.lost(&std::io::Error::other("input/output error"));
    ready.set(true);
    assert!(!ready.get(), "nothing brings it back");
    for path in ["/readyz", "/healthz"] {
        assert_eq!(ask(&router, path, &[("host", "localhost")]).await, 503, "{path}");
    }
    assert_eq!(ask(&router, "/metrics", &[("host", "localhost")]).await, 200, "what is wrong can be read");
}

//! Getting in.

use crate::setup::*;
use postern_api::*;
use postern_simulators::http::PlainHttp;

#[tokio::test]
async fn one_token_serves_many_calls_and_a_revoked_one_is_renewed_once() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("works");
    desk.adapter.probe(&acme()).await.expect("works");
    assert_eq!(desk.state().tokens_issued(), 1);
    desk.state().revoke_tokens();
    desk.adapter.probe(&acme()).await.expect("works again");
    assert_eq!(desk.state().tokens_issued(), 2);
}

#[tokio::test]
async fn many_calls_at_once_ask_for_one_token() {
    let desk = desk().await;
    let cx = acme();
    let all = futures::future::join_all((0..8).map(|_| desk.adapter.probe(&cx))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(desk.state().tokens_issued(), 1);
}

#[tokio::test]
async fn a_wrong_secret_is_unauthenticated_and_a_wrong_tenant_is_an_outage() {
    let wrong = desk_with(|it| it.client_secret = "nope".to_owned().into()).await;
    let error = wrong.adapter.probe(&acme()).await.expect_err("a wrong secret");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let wrong = desk_with(|it| it.tenant = Some("elsewhere".into())).await;
    let error = wrong.adapter.probe(&acme()).await.expect_err("a wrong tenant");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    clean(&error);
}

#[tokio::test]
async fn a_wrong_client_may_be_refused_with_400_or_401() {
    for (status, body, kind) in [
        (400, r#"{"error":"invalid_client","error_description":"CANARY"}"#, ErrorKind::Unauthenticated),
        (401, r#"{"error":"invalid_client"}"#, ErrorKind::Unauthenticated),
        (400, "<html>CANARY</html>", ErrorKind::Unavailable),
        (429, "", ErrorKind::RateLimited),
        (200, "<html>CANARY</html>", ErrorKind::BadReply),
        (200, r#"{"token_type":"Bearer"}"#, ErrorKind::BadReply),
        (200, "{\"access_token\":\"a\\r\\nx: CANARY\"}", ErrorKind::BadReply),
    ] {
        let app = axum_answer(status, body).await;
        let config = config(&app);
        let http = PlainHttp::new(&config.base_url, Some(postern_halopsa::authenticator(&config))).expect("a client");
        let error = postern_halopsa::connect(config, http).expect("a good configuration").probe(&acme()).await;
        let error = error.expect_err("no token");
        assert_eq!(error.kind(), kind, "{status} {body}");
        clean(&error);
    }
}

/// A server that answers everything with this, as long as the test runs.
async fn axum_answer(status: u16, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 8192];
            drop(stream.read(&mut buffer).await);
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    url
}

#[tokio::test]
async fn the_secret_is_sent_as_a_form_to_the_token_server_and_nowhere_else() {
    let desk = desk().await;
    desk.list(&TicketQuery::default()).await;
    let log = desk.state().log.all();
    for request in &log {
        let token = request.path == "/auth/token";
        assert_eq!(request.body.contains("client_secret="), token, "{}", request.path);
        assert!(!request.query.contains("client_secret") && !request.path.contains("5f0c2a7e"));
        let bearer = request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.as_str());
        assert_eq!(bearer, (!token).then_some("Bearer simulated-1"), "only our own token goes upstream");
    }
    let form = |it: &postern_simulators::Recorded| it.method == "POST" && it.query == "tenant=simulated";
    assert!(log.first().is_some_and(form));
}

#[test]
fn l03_every_mistake_is_named_at_once_and_secrets_are_not_printed() {
    let mut config = config("http://127.0.0.1:1");
    assert_eq!(config.mistakes(), vec![]);
    assert!(!format!("{config:?}").contains(postern_simulators::halopsa::CLIENT_SECRET));
    config.base_url = "http://desk.example/api".into();
    config.page_size = 500;
    config.unmarked_visibility = postern_api::Visibility::Staff;
    config.time_zone = "Mars/Olympus".into();
    config.reference_field = "third_party_id".into();
    config.statuses.insert("x".into(), TicketStatus::Open);
    let paths: Vec<String> = config.mistakes().into_iter().map(|it| it.path).collect();
    let expected =
        ["base_url", "statuses.x", "statuses", "unmarked_visibility", "page_size", "time_zone", "reference_field"];
    assert_eq!(paths, expected);
}

#[test]
fn an_unknown_setting_is_refused_and_so_is_a_secret_in_the_table() {
    let table = "base_url = 'https://x.example/api'\nclient_id = 'a'\n";
    assert!(toml::from_str::<postern_halopsa::Config>(table).is_ok());
    assert!(toml::from_str::<postern_halopsa::Config>(&format!("{table}client_secret = 'a'")).is_err());
    assert!(toml::from_str::<postern_halopsa::Config>(&format!("{table}colour = 'a'")).is_err());
}

//! The handle against a server of our own that misbehaves on request.

use super::*;
use axum::{Router, extract::State, http::HeaderMap, response::IntoResponse, routing::any};
use parking_lot::Mutex;
use postern_api::http::{Credential, SecretString};
use postern_api::{LetGo, Reach};
use std::sync::atomic::{AtomicU32, Ordering};

/// Answers from a list, the last one again and again, and counts.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<Vec<(u16, &'static str)>>,
    calls: AtomicU32,
    headers: Mutex<Vec<HeaderMap>>,
}

async fn serve(script: Arc<Script>) -> url::Url {
    async fn answer(State(script): State<Arc<Script>>, headers: HeaderMap) -> axum::response::Response {
        script.calls.fetch_add(1, Ordering::SeqCst);
        script.headers.lock().push(headers);
        let (status, body) = {
            let mut answers = script.answers.lock();
            if answers.len() > 1 { answers.remove(0) } else { answers[0] }
        };
        if status == 0 {
            return std::future::pending().await;
        }
        let retry = [("retry-after", "0"), ("location", "http://127.0.0.1:1/")];
        (StatusCode::from_u16(status).expect("a status"), retry, body).into_response()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().fallback(any(answer)).with_state(script);
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/api").parse().expect("a url")
}

#[derive(Debug, Default)]
struct Counting(AtomicU32);

#[async_trait]
impl Authenticator for Counting {
    async fn credential(&self, _: &CallCx, _: &dyn Http) -> Result<Credential> {
        let nth = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let value = SecretString::from(format!("Bearer vendor-{nth}"));
        Ok(Credential { name: header::AUTHORIZATION, value, expires_in: None })
    }
}

async fn handle(answers: &[(u16, &'static str)], auth: Option<Arc<dyn Authenticator>>) -> (Upstream, Arc<Script>) {
    let script = Arc::new(Script { answers: Mutex::new(answers.to_vec()), ..Script::default() });
    let mut settings = Settings::new("test", serve(script.clone()).await);
    settings.max_body_bytes = 64;
    (Upstream::new(settings, auth).expect("a handle"), script)
}

fn cx(millis: u64) -> CallCx {
    CallCx::new(Reach::Tenant, Duration::from_millis(millis))
}

#[tokio::test]
async fn a_read_is_sent_again_after_a_passing_failure_and_a_write_never() {
    let (handle, script) = handle(&[(503, ""), (429, ""), (200, "ok")], None).await;
    let answer = handle.send(&cx(5_000), Request::get(&["x"])).await.expect("an answer");
    assert_eq!((answer.status.as_u16(), script.calls.load(Ordering::SeqCst)), (200, 3));
    let (handle, script) = self::handle(&[(503, ""), (200, "ok")], None).await;
    let answer = handle.send(&cx(5_000), Request::post(&["x"])).await.expect("an answer");
    assert_eq!((answer.status.as_u16(), script.calls.load(Ordering::SeqCst)), (503, 1));
}

#[tokio::test]
async fn w09_a_write_without_an_answer_has_an_unknown_outcome_and_a_read_timed_out() {
    let (handle, script) = handle(&[(0, "")], None).await;
    let write = handle.send(&cx(100), Request::post(&["x"])).await.expect_err("no answer");
    assert_eq!(write.kind(), ErrorKind::OutcomeUnknown);
    let read = handle.send(&cx(100), Request::get(&["x"])).await.expect_err("no answer");
    assert_eq!(read.kind(), ErrorKind::Timeout);
    assert_eq!(script.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn w07_a_call_that_only_looks_sends_no_write() {
    let (handle, script) = handle(&[(200, ""), (200, "")], None).await;
    let looking = CallCx { looking: true, ..cx(5_000) };
    let error = handle.send(&looking, Request::post(&["x"])).await.expect_err("a write");
    assert_eq!((error.kind(), script.calls.load(Ordering::SeqCst)), (ErrorKind::Internal, 0));
    handle.send(&looking, Request::post(&["x"]).reading()).await.expect("a search");
    assert_eq!(script.calls.load(Ordering::SeqCst), 1);
}

/// Lets go or not, and counts who asked.
#[derive(Debug)]
struct Asked(AtomicU32, bool);

#[async_trait]
impl LetGo for Asked {
    async fn let_go(&self) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        if self.1 { Ok(()) } else { Err(Error::new(ErrorKind::Conflict, "somebody else has it")) }
    }
}

#[tokio::test]
async fn w10_a_write_is_let_go_right_before_it_is_sent_and_stays_here_otherwise() {
    for lets in [true, false] {
        let auth = Arc::new(Counting::default());
        let (handle, script) = handle(&[(200, "")], Some(auth.clone())).await;
        let asked = Arc::new(Asked(AtomicU32::new(0), lets));
        let cx = CallCx { let_go: Some(asked.clone()), ..cx(5_000) };
        handle.send(&cx, Request::get(&["x"])).await.expect("a read");
        assert_eq!(asked.0.load(Ordering::SeqCst), 0, "what is read asks nobody");
        let answer = handle.send(&cx, Request::post(&["x"])).await;
        assert_eq!(answer.as_ref().err().map(Error::kind), (!lets).then_some(ErrorKind::Conflict));
        let sent = script.calls.load(Ordering::SeqCst);
        assert_eq!((asked.0.load(Ordering::SeqCst), sent), (1, 1 + u32::from(lets)));
    }
}

/// A credential that the vendor refuses is renewed, and meanwhile somebody else may have the write.
#[tokio::test]
async fn w10_a_write_is_let_go_again_before_it_goes_out_with_another_credential() {
    let auth = Arc::new(Counting::default());
    let (handle, script) = handle(&[(401, ""), (200, "")], Some(auth)).await;
    let asked = Arc::new(Asked(AtomicU32::new(0), true));
    let cx = CallCx { let_go: Some(asked.clone()), ..cx(5_000) };
    handle.send(&cx, Request::post(&["x"])).await.expect("an answer");
    assert_eq!((asked.0.load(Ordering::SeqCst), script.calls.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn nobody_there_means_that_nothing_was_changed() {
    let nowhere = "http://127.0.0.1:1/".parse().expect("a url");
    let handle = Upstream::new(Settings::new("test", nowhere), None).expect("a handle");
    let error = handle.send(&cx(1_000), Request::post(&["x"])).await.expect_err("nobody there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn b13_l07_a_credential_is_got_once_renewed_after_401_and_never_the_callers() {
    let auth = Arc::new(Counting::default());
    let (handle, script) = handle(&[(200, ""), (401, ""), (200, ""), (200, "")], Some(auth.clone())).await;
    for _ in 0..3 {
        let answer = handle.send(&cx(5_000), Request::get(&["x"])).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(auth.0.load(Ordering::SeqCst), 2);
    let sent: Vec<_> = script.headers.lock().iter().map(|it| it["authorization"].clone()).collect();
    assert_eq!(sent, ["Bearer vendor-1", "Bearer vendor-1", "Bearer vendor-2", "Bearer vendor-2"]);
}

#[tokio::test]
async fn d07_a_long_body_is_cut_and_s04_a_redirect_is_not_followed() {
    let long = "0123456789012345678901234567890123456789012345678901234567890123456789";
    let (handle, _) = handle(&[(200, long)], None).await;
    let error = handle.send(&cx(5_000), Request::get(&["x"])).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::BadReply);
    let (handle, script) = self::handle(&[(302, "")], None).await;
    let answer = handle.send(&cx(5_000), Request::get(&["x"])).await.expect("an answer");
    assert_eq!((answer.status.as_u16(), script.calls.load(Ordering::SeqCst)), (302, 1));
}

#[tokio::test]
async fn the_vendors_rate_limit_is_kept_and_the_deadline_too() {
    let script = Arc::new(Script { answers: Mutex::new(vec![(200, "")]), ..Script::default() });
    let budgets = shared::Budgets::default();
    let mut settings = Settings::new("test", serve(script.clone()).await);
    settings.share = Some(budgets.share("test", "account", (8, Duration::from_secs(3600)), "north"));
    let handle = Upstream::new(settings, None).expect("a handle");
    for _ in 0..2 {
        assert!(handle.send(&cx(5_000), Request::get(&["x"])).await.is_ok());
    }
    let error = handle.send(&cx(50), Request::get(&["x"])).await.expect_err("used up");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(script.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_429_to_one_tenant_holds_the_others_of_the_account_back() {
    let script = Arc::new(Script { answers: Mutex::new(vec![(429, "")]), ..Script::default() });
    let (budgets, base) = (shared::Budgets::default(), serve(script.clone()).await);
    let handle = |tenant: &str| {
        let mut settings = Settings::new("test", base.clone());
        settings.share = Some(budgets.share("test", "account", (180, Duration::from_secs(60)), tenant));
        Upstream::new(settings, None).expect("a handle")
    };
    let answer = handle("north").send(&cx(2_000), Request::post(&["x"])).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // The server said `Retry-After: 0`, so that the next one goes out; a vendor that says nothing is left alone for a while.
    let answer = handle("south").send(&cx(2_000), Request::post(&["x"])).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let share = budgets.share("test", "account", (180, Duration::from_secs(60)), "north");
    share.answered(StatusCode::TOO_MANY_REQUESTS, Some(Duration::from_secs(30)));
    let error = handle("south").send(&cx(2_000), Request::post(&["x"])).await.expect_err("held back");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(script.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_credential_that_stays_the_same_is_not_tried_twice() {
    #[derive(Debug)]
    struct Fixed;
    #[async_trait]
    impl Authenticator for Fixed {
        async fn credential(&self, _: &CallCx, _: &dyn Http) -> Result<Credential> {
            let value = SecretString::from("Bearer fixed".to_owned());
            Ok(Credential { name: header::AUTHORIZATION, value, expires_in: None })
        }
    }
    let (handle, script) = handle(&[(401, "")], Some(Arc::new(Fixed))).await;
    let answer = handle.send(&cx(5_000), Request::get(&["x"])).await.expect("an answer");
    assert_eq!((answer.status, script.calls.load(Ordering::SeqCst)), (StatusCode::UNAUTHORIZED, 1));
}

/// Some vendors say no with a failure's status.
#[tokio::test]
async fn a_refusal_with_a_failures_status_opens_no_breaker() {
    for (body, knows, expected) in
        [("refused: no such value", true, 20), ("refused: no such value", false, 8), ("down", true, 8)]
    {
        let script = Arc::new(Script { answers: Mutex::new(vec![(500, body)]), ..Script::default() });
        let mut settings = Settings::new("test", serve(script.clone()).await);
        settings.refusal = knows.then_some(|response| response.body.starts_with(b"refused"));
        let handle = Upstream::new(settings, None).expect("a handle");
        for _ in 0..20 {
            drop(handle.send(&cx(5_000), Request::post(&["x"])).await);
        }
        assert_eq!(script.calls.load(Ordering::SeqCst), expected, "{body} {knows}");
    }
}

#[tokio::test]
async fn one_tenants_broken_system_stops_no_other_tenant_of_the_same_vendor() {
    let broken = Arc::new(Script { answers: Mutex::new(vec![(500, "down")]), ..Script::default() });
    let well = Arc::new(Script { answers: Mutex::new(vec![(200, "{}")]), ..Script::default() });
    let budgets = shared::Budgets::default();
    let handle = async |script: &Arc<Script>, tenant: &str| {
        let mut settings = Settings::new("test", serve(script.clone()).await);
        settings.share = Some(budgets.share("test", "account", (1_000, Duration::from_secs(60)), tenant));
        Upstream::new(settings, None).expect("a handle")
    };
    let (north, south) = (handle(&broken, "north").await, handle(&well, "south").await);
    for _ in 0..20 {
        drop(north.send(&cx(5_000), Request::post(&["x"])).await);
    }
    assert_eq!(broken.calls.load(Ordering::SeqCst), 8, "the breaker of the one is open");
    let answer = south.send(&cx(5_000), Request::get(&["x"])).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
}

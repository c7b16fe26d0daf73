//! The mailer before a mail server that misbehaves.

use super::*;
use postern_api::Reach;
use postern_simulators::Running;
use postern_simulators::smtp::{CA_PEM, Content, Mood, PASSWORD, State, USERNAME, start};
use std::time::Duration;

/// A sink, and a mailer that reaches it as `tls` says.
struct Bench {
    sink: Running<State>,
    mailer: Smtp,
    _dir: tempfile::TempDir,
}

fn config(port: u16, tls: MailTls, ca: Option<&std::path::Path>) -> MailConfig {
    MailConfig {
        host: "localhost".into(),
        port,
        tls,
        ca_file: ca.map(Into::into),
        from: "Example MSP <post@msp.example>".into(),
        username: None,
        password: None,
    }
}

async fn bench(tls: MailTls, mood: Mood) -> Bench {
    let sink = start().await.expect("a sink");
    sink.state.mood(mood);
    let dir = tempfile::tempdir().expect("a folder");
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, CA_PEM).expect("a file");
    let mut config = config(sink.state.port, tls, Some(&ca));
    if tls != MailTls::None {
        config.username = Some(USERNAME.into());
        config.password = Some(PASSWORD.to_owned().into());
    }
    Bench { mailer: Smtp::new(&config).expect("a mailer"), sink, _dir: dir }
}

fn cx() -> CallCx {
    CallCx::new(Reach::Tenant, Duration::from_secs(20))
}

fn short() -> CallCx {
    CallCx::new(Reach::Tenant, Duration::from_millis(300))
}

fn mail(to: &str) -> Mail {
    Mail { to: to.into(), subject: "Hello".into(), text: "A line\n.\nand more".into(), ..Mail::default() }
}

async fn kind(bench: &Bench, cx: &CallCx) -> Option<ErrorKind> {
    bench.mailer.deliver_one(cx, mail("jane@acme.example")).await.err().map(|it| it.kind())
}

#[tokio::test]
async fn a_mail_goes_encrypted_and_signed_in_and_arrives_as_it_was_written() {
    let bench = bench(MailTls::Starttls, Mood { asks: true, ..Mood::default() }).await;
    bench.mailer.deliver_one(&cx(), mail("jane@acme.example")).await.expect("taken");
    let taken = bench.sink.state.taken();
    let [one] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((one.from.as_str(), one.to.as_slice()), ("post@msp.example", &["jane@acme.example".to_owned()][..]));
    assert!(one.tls && one.user.as_deref() == Some(USERNAME), "{one:?}");
    assert!(one.decoded().contains("A line\r\n.\r\nand more"), "{}", one.data);
    assert_eq!(one.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    let lines = bench.sink.state.lines();
    assert!(lines.iter().take_while(|it| *it != "STARTTLS").all(|it| it.starts_with("EHLO")), "{lines:?}");
}

/// Nothing may be sent.
#[derive(Debug)]
struct Held;

#[async_trait]
impl postern_api::LetGo for Held {
    async fn let_go(&self) -> Result<()> {
        Err(Error::new(ErrorKind::Conflict, "somebody else has it"))
    }
}

#[tokio::test]
async fn w10_a_mail_that_is_not_let_go_is_not_handed_over() {
    let bench = bench(MailTls::None, Mood::default()).await;
    let held = CallCx { let_go: Some(std::sync::Arc::new(Held)), ..cx() };
    assert_eq!(kind(&bench, &held).await, Some(ErrorKind::Conflict));
    assert!(bench.sink.state.taken().is_empty());
    assert_eq!(kind(&bench, &cx()).await, None);
    assert_eq!(bench.sink.state.taken().len(), 1);
}

/// Nothing but a greeting goes over a line that is not encrypted.
#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let bench = bench(MailTls::Starttls, Mood { clear: true, ..Mood::default() }).await;
    assert_eq!(kind(&bench, &cx()).await, Some(ErrorKind::Unavailable));
    let lines = bench.sink.state.lines();
    assert!(lines.iter().all(|it| it.starts_with("EHLO") || it == "QUIT"), "{lines:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_talked_to() {
    let sink = start().await.expect("a sink");
    let mailer = Smtp::new(&config(sink.state.port, MailTls::Starttls, None)).expect("a mailer");
    let error = mailer.deliver_one(&cx(), mail("jane@acme.example")).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!sink.state.lines().iter().any(|it| it.starts_with("MAIL")));
}

/// What somebody on the line says behind the answer to `STARTTLS` is no answer of the server's.
#[tokio::test]
async fn answers_from_before_the_encryption_count_for_nothing() {
    let forged = "250-sink.example\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 fine\r\n250 fine\r\n354 go on\r\n250 taken";
    let bench = bench(MailTls::Starttls, Mood { injected: Some(forged), ..Mood::default() }).await;
    assert_eq!(kind(&bench, &cx()).await, Some(ErrorKind::Unavailable));
    assert!(bench.sink.state.taken().is_empty());
    assert!(!bench.sink.state.lines().iter().any(|it| it.starts_with("MAIL")));
}

/// Refused for good, not taken now, and the ways in which nobody knows: by the step at which it ended.
#[tokio::test]
async fn what_came_of_a_mail_is_told_by_where_it_ended() {
    use ErrorKind::{Forbidden, InvalidArgument, OutcomeUnknown, Unauthenticated, Unavailable};
    let rcpt = |answer| vec![("jane@acme.example", answer)];
    let content = |content| Mood { content, ..Mood::default() };
    for (mood, expected, taken) in [
        (Mood { greeting: Some("554 go away"), ..Mood::default() }, Some(Unavailable), 0),
        (Mood { greeting: Some("421 busy"), ..Mood::default() }, Some(Unavailable), 0),
        (Mood { asks: true, ..Mood::default() }, Some(Unauthenticated), 0),
        (Mood { mail: Some("451 later"), ..Mood::default() }, Some(Unavailable), 0),
        (Mood { mail: Some("553 not you"), ..Mood::default() }, Some(Forbidden), 0),
        (Mood { rcpt: rcpt("450 grey"), ..Mood::default() }, Some(Unavailable), 0),
        (Mood { rcpt: rcpt("550 nobody"), ..Mood::default() }, Some(InvalidArgument), 0),
        (Mood { data: Some("452 full"), ..Mood::default() }, Some(Unavailable), 0),
        (Mood { data: Some("554 no"), ..Mood::default() }, Some(InvalidArgument), 0),
        (content(Content::Refuse("451 scanner is away")), Some(Unavailable), 0),
        (content(Content::Refuse("421 scanner is away")), Some(Unavailable), 0),
        (content(Content::Refuse("554 spam")), Some(InvalidArgument), 0),
        (content(Content::TakeAndClose), Some(OutcomeUnknown), 1),
        (content(Content::TakeAndBabble), Some(OutcomeUnknown), 1),
        (Mood::default(), None, 1),
    ] {
        let bench = bench(MailTls::None, mood.clone()).await;
        assert_eq!(kind(&bench, &cx()).await, expected, "{mood:?}");
        assert_eq!(bench.sink.state.taken().len(), taken, "{mood:?}");
    }
    let bench = bench(MailTls::None, content(Content::TakeInSilence)).await;
    assert_eq!(kind(&bench, &short()).await, Some(OutcomeUnknown));
    let bench = self::bench(MailTls::None, Mood { silent: true, ..Mood::default() }).await;
    assert_eq!(kind(&bench, &short()).await, Some(ErrorKind::Timeout));
    assert!(bench.sink.state.taken().is_empty());
}

#[tokio::test]
async fn no_error_repeats_what_the_server_said() {
    let canary = "SinkCanary3Q";
    let mood = Mood { rcpt: vec![("jane@acme.example", "550 SinkCanary3Q")], ..Mood::default() };
    let bench = bench(MailTls::None, mood).await;
    let error = bench.mailer.deliver_one(&cx(), mail("jane@acme.example")).await.expect_err("refused");
    assert!(!format!("{error} {:?}", error.context()).contains(canary), "{error}");
    assert_eq!(error.context(), [("code", "550".to_owned())]);
}

#[tokio::test]
async fn credentials_that_are_not_taken_are_called_that() {
    let sink = start().await.expect("a sink");
    sink.state.mood(Mood { clear: true, asks: true, ..Mood::default() });
    let mut config = config(sink.state.port, MailTls::None, None);
    (config.username, config.password) = (Some(USERNAME.into()), Some("wrong".to_owned().into()));
    let mailer = Smtp::new(&config).expect("a mailer");
    assert_eq!(mailer.probe(&cx()).await.map_err(|it| it.kind()), Err(ErrorKind::Unauthenticated));
    config.password = Some(PASSWORD.to_owned().into());
    Smtp::new(&config).expect("a mailer").probe(&cx()).await.expect("welcome");
    assert!(sink.state.taken().is_empty());
}

/// One that is refused keeps nobody else from theirs, and a server that wants a new connection gets one.
#[tokio::test]
async fn each_of_many_mails_has_an_answer_of_its_own_in_order() {
    let addresses = ["a@acme.example", "b@acme.example", "c@acme.example", "d@acme.example", "e@acme.example"];
    let rcpt = vec![("b@acme.example", "550 nobody"), ("d@acme.example", "450 later")];
    let bench = bench(MailTls::None, Mood { rcpt, most: Some(2), ..Mood::default() }).await;
    let answers = bench.mailer.deliver(&cx(), addresses.map(mail).to_vec()).await;
    let kinds: Vec<_> = answers.iter().map(|it| it.as_ref().err().map(Error::kind)).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::InvalidArgument), None, Some(ErrorKind::Unavailable), None]);
    let to: Vec<_> = bench.sink.state.taken().into_iter().flat_map(|it| it.to).collect();
    assert_eq!(to, ["a@acme.example", "c@acme.example", "e@acme.example"]);
}

#[tokio::test]
async fn a_call_that_only_looks_sends_nothing() {
    let bench = bench(MailTls::None, Mood::default()).await;
    let looking = CallCx { looking: true, ..cx() };
    assert_eq!(kind(&bench, &looking).await, Some(ErrorKind::Internal));
    assert!(bench.sink.state.lines().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let mailer = Smtp::new(&config(port, MailTls::None, None)).expect("a mailer");
    let error = mailer.deliver_one(&cx(), mail("jane@acme.example")).await.expect_err("nobody there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[test]
fn the_debug_output_holds_no_password() {
    let mut config = config(25, MailTls::None, None);
    (config.username, config.password) = (Some("postern".into()), Some("hidden-1".to_owned().into()));
    let shown = format!("{:?} {config:?}", Smtp::new(&config).expect("a mailer"));
    assert!(!shown.contains("hidden-1"), "{shown}");
}

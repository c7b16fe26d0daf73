//! One connection to a mail server, step by step, so that what came of a mail is known by the step at which it ended.

use super::stream::UntilTls;
use super::{MailTls, Smtp, unavailable};
use lettre::Message;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::time::Duration;
use tokio::net::TcpStream;

/// How long to wait for a connection, its encryption and the sign-in.
const OPENING: Duration = Duration::from_secs(15);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection that is signed in.
pub(super) struct Session(AsyncSmtpConnection);

/// How a mail was not taken, and what that says of the connection.
pub(super) enum Step {
    /// The server said no to this mail; it goes on.
    Refused(Error),
    /// The connection was over before the server heard of this mail.
    Closed(Error),
    /// The connection is over or cannot be trusted.
    Broken(Error),
}

/// The time for it is over and nothing was sent.
pub(super) fn late() -> Error {
    Error::new(ErrorKind::Timeout, "the mail server did not answer in time; nothing was sent")
}

/// Waits no longer than the call may take.
pub(super) async fn in_time<T>(cx: &CallCx, work: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(cx.remaining(), work).await.map_err(|_| late())
}

fn code(error: &SmtpError) -> u16 {
    error.status().map(u16::from).unwrap_or_default()
}

/// The server knows us no more, or wants us to sign in.
fn stranger(error: SmtpError) -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "the mail server does not accept the credentials; an administrator has to look",
    )
    .with("code", code(&error).to_string())
    .because(error)
}

/// What ended a step before any content was sent.
fn before_content(error: SmtpError, begun: bool) -> Step {
    let code = code(&error);
    let text = code.to_string();
    match code {
        421 => Step::Closed(unavailable("the mail server closes; nothing was sent, try again later").because(error)),
        530 | 534 | 535 | 538 => Step::Broken(stranger(error)),
        500.. if begun => Step::Refused(
            Error::new(ErrorKind::InvalidArgument, "the mail server refuses this mail for good; nothing was sent")
                .with("code", text)
                .because(error),
        ),
        500.. => Step::Refused(
            Error::new(ErrorKind::Forbidden, "the mail server refuses the sender; an administrator has to look")
                .with("code", text)
                .because(error),
        ),
        400.. => Step::Refused(
            unavailable("the mail server does not take this mail now; nothing was sent, try again later")
                .with("code", text)
                .because(error),
        ),
        _ if begun => {
            Step::Broken(unavailable("the mail server broke off; nothing was sent, try again").because(error))
        }
        _ => Step::Closed(unavailable("the mail server broke off; nothing was sent, try again").because(error)),
    }
}

impl Session {
    /// Connects, encrypts and signs in.
    pub(super) async fn open(server: &Smtp, cx: &CallCx) -> Result<Self> {
        let opening = tokio::time::timeout(OPENING.min(cx.remaining()), Self::opened(server));
        opening.await.map_err(|_| late())?
    }

    async fn opened(server: &Smtp) -> Result<Self> {
        let away = |e: std::io::Error| unavailable("the mail server cannot be reached; nothing was sent").because(e);
        let broken = |e: SmtpError| {
            let code = code(&e).to_string();
            unavailable("the mail server cannot be talked to in a protected way; nothing was sent")
                .with("code", code)
                .because(e)
        };
        let hello = ClientId::default();
        let to = (server.host.as_str(), server.port);
        let mut connection = match &server.tls {
            Some((MailTls::Implicit, tls)) => {
                AsyncSmtpConnection::connect_tokio1(to, Some(OPENING), &hello, Some(tls.clone()), None)
                    .await
                    .map_err(broken)?
            }
            Some((MailTls::Starttls | MailTls::None, _)) | None => {
                let stream = UntilTls::new(TcpStream::connect(to).await.map_err(away)?);
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await.map_err(broken)?
            }
        };
        if let Some((MailTls::Starttls, tls)) = &server.tls {
            connection.starttls(tls.clone(), &hello).await.map_err(broken)?;
        }
        if server.tls.is_some() && !connection.is_encrypted() {
            return Err(Error::internal("a connection to the mail server is not encrypted"));
        }
        if let Some(credentials) = &server.credentials {
            let signed_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            signed_in.map_err(|e| if e.is_permanent() { stranger(e) } else { broken(e) })?;
        }
        Ok(Self(connection))
    }

    /// Hands over a mail. Everything up to `DATA` can be refused without anything sent.
    pub(super) async fn send(&mut self, cx: &CallCx, message: &Message) -> Result<(), Step> {
        let envelope = message.envelope();
        let cut = |_| Step::Broken(late());
        let step = in_time(cx, self.0.command(Mail::new(envelope.from().cloned(), vec![]))).await.map_err(cut)?;
        step.map_err(|e| before_content(e, false))?;
        for to in envelope.to() {
            let step = in_time(cx, self.0.command(Rcpt::new(to.clone(), vec![]))).await.map_err(cut)?;
            step.map_err(|e| before_content(e, true))?;
        }
        let step = in_time(cx, self.0.command(Data)).await.map_err(cut)?;
        step.map_err(|e| before_content(e, true))?;
        let unknown = || {
            let message = "the mail server may have taken the mail, but did not answer; look before sending it again";
            Error::new(ErrorKind::OutcomeUnknown, message)
        };
        match in_time(cx, self.0.message(&message.formatted())).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => Err(match before_content(error, true) {
                // Said to the content itself, so it was heard of and not taken.
                Step::Closed(error) => Step::Broken(error),
                step @ (Step::Refused(_) | Step::Broken(_)) => step,
            }),
            Ok(Err(error)) => Err(Step::Broken(unknown().because(error))),
            Err(late) => Err(Step::Broken(unknown().because(late))),
        }
    }

    /// Forgets the mail that was refused; `None` where that does not work.
    pub(super) async fn begin_anew(mut self, cx: &CallCx) -> Option<Self> {
        match in_time(cx, self.0.command(Rset)).await {
            Ok(Ok(_)) => Some(self),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// Says goodbye. What comes of that matters to nobody.
    pub(super) async fn close(mut self, cx: &CallCx) {
        let goodbye = self.0.quit();
        if tokio::time::timeout(GOODBYE.min(cx.remaining()), goodbye).await.is_err() {
            tracing::debug!("the mail server does not say goodbye");
        }
    }
}

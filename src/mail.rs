//! Mail: the mail server that adapters and the sign-in are given.
//!
//! **Invariant:** a mail's content goes out at most once, after everything that could still be refused; without an answer to it the
//! outcome is unknown, and everything that ends before is known to have sent nothing. Nothing is said in the clear but to a server on
//! this machine.

mod config;
mod message;
mod session;
mod stream;
#[cfg(test)]
mod tests;

pub use config::{MailConfig, MailTls};
pub use postern_api::mail::{Mail, Mailer};

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use postern_api::http::ExposeSecret as _;
use postern_api::{CallCx, Error, ErrorKind, Result, async_trait};
use session::{Session, Step};
use tokio::sync::Semaphore;

/// Connections to one mail server at once.
const CONNECTIONS: usize = 4;

/// A mail server, reached by SMTP.
pub struct Smtp {
    host: String,
    port: u16,
    tls: Option<(MailTls, TlsParameters)>,
    credentials: Option<Credentials>,
    from: Mailbox,
    places: Semaphore,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Smtp {
    /// A mail server as configured; not yet reached.
    ///
    /// Errors: `Internal` where the configuration has mistakes, or `ca_file` holds no certificate.
    pub fn new(config: &MailConfig) -> Result<Self> {
        if let Some((field, expected)) = config.mistakes().into_iter().next() {
            return Err(Error::internal(format!("mail server: {field}: {expected}")));
        }
        let failed = |e: lettre::transport::smtp::Error| Error::internal("mail server").because(e);
        let tls = match config.tls {
            MailTls::None => None,
            MailTls::Starttls | MailTls::Implicit => {
                let mut parameters = TlsParameters::builder(config.host.clone());
                if let Some(path) = &config.ca_file {
                    let pem = std::fs::read(path).map_err(|e| Error::internal("mail server: ca_file").because(e))?;
                    parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(failed)?);
                }
                Some((config.tls, parameters.build().map_err(failed)?))
            }
        };
        let credentials = config.username.as_ref().zip(config.password.as_ref());
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            tls,
            credentials: credentials.map(|(name, it)| Credentials::new(name.clone(), it.expose_secret().to_owned())),
            from: config.from.parse().map_err(|e| Error::internal("mail.from").because(e))?,
            places: Semaphore::new(CONNECTIONS),
        })
    }

    /// Hands over one mail on a connection that is kept from one to the next.
    async fn hand_over(&self, cx: &CallCx, mail: Mail, kept: &mut Option<Session>) -> Result<()> {
        let message = message::message(&self.from, mail)?;
        let was_open = kept.is_some();
        let mut session = match kept.take() {
            Some(open) => open,
            None => Session::open(self, cx).await?,
        };
        let mut answer = session.send(cx, &message).await;
        if matches!(&answer, Err(Step::Closed(_))) && was_open {
            // A server that ends a connection after some mails has not heard of this one.
            session = Session::open(self, cx).await?;
            answer = session.send(cx, &message).await;
        }
        match answer {
            Ok(()) => {
                *kept = Some(session);
                Ok(())
            }
            Err(Step::Refused(error)) => {
                *kept = session.begin_anew(cx).await;
                Err(error)
            }
            Err(Step::Closed(error) | Step::Broken(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn deliver(&self, cx: &CallCx, mails: Vec<Mail>) -> Vec<Result<()>> {
        let mut answers = Vec::with_capacity(mails.len());
        let place = match session::in_time(cx, self.places.acquire()).await {
            Ok(place) => place,
            Err(_) => return mails.iter().map(|_| Err(session::late())).collect(),
        };
        let mut kept = None;
        for mail in mails {
            let answer = match cx.about_to_change().await {
                Ok(()) => self.hand_over(cx, mail, &mut kept).await,
                Err(held) => Err(held),
            };
            answers.push(answer);
        }
        if let Some(session) = kept {
            session.close(cx).await;
        }
        drop(place);
        answers
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        let session = Session::open(self, cx).await?;
        session.close(cx).await;
        Ok(())
    }
}

/// The mail server does not take it now, and nothing was sent.
fn unavailable(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

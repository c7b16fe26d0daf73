//! Mail to people with local accounts.

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use postern_api::http::{ExposeSecret as _, SecretString};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::fmt::Debug;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Debug + Send + Sync + 'static {
    /// Hands a mail to the mail server.
    async fn send(&self, mail: Mail) -> Result<()>;
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS after `STARTTLS`, or no mail.
    #[default]
    Starttls,
    /// TLS from the beginning.
    Implicit,
    /// None: for a mail server on this machine alone.
    None,
}

/// The mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its host.
    pub host: String,
    /// Its port.
    #[serde(default = "submission")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: MailTls,
    /// From whom mail comes, for example `Postern <postern@msp.example>`.
    pub from: String,
    /// Who signs in to the mail server, where it asks.
    #[serde(default)]
    pub username: Option<String>,
    /// The password for it; read from where the configuration says that it is.
    #[serde(skip)]
    pub password: Option<SecretString>,
}

fn submission() -> u16 {
    587
}

impl MailConfig {
    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.host.is_empty() || self.host.contains(['/', ' ', '@']) {
            found.push(("host", format!("expected a host name, found `{}`", self.host)));
        }
        let here = self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback());
        if self.tls == MailTls::None && !here {
            found.push(("tls", "expected `starttls` or `implicit`; `none` is for a server on this machine".into()));
        }
        if self.from.parse::<Mailbox>().is_err() {
            found.push((
                "from",
                format!("expected an address such as `Postern <postern@msp.example>`, found `{}`", self.from),
            ));
        }
        if self.username.is_some() != self.password.is_some() {
            found.push(("password", "expected `username` and `password`, or neither".into()));
        }
        found
    }
}

/// A mail server, reached by SMTP.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// A mail server as configured; not yet reached.
    pub fn new(config: &MailConfig) -> Result<Self> {
        let failed = |e: lettre::transport::smtp::Error| Error::internal("mail server").because(e);
        let tls = || TlsParameters::new(config.host.clone()).map_err(failed);
        let tls = match config.tls {
            MailTls::Starttls => Tls::Required(tls()?),
            MailTls::Implicit => Tls::Wrapper(tls()?),
            MailTls::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let (Some(username), Some(password)) = (&config.username, &config.password) {
            transport = transport.credentials(Credentials::new(username.clone(), password.expose_secret().to_owned()));
        }
        let from = config.from.parse().map_err(|e| Error::internal("mail.from").because(e))?;
        Ok(Self { transport: transport.build(), from })
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: Mail) -> Result<()> {
        let to: Mailbox = mail.to.parse().map_err(|e| Error::internal("a mail's address").because(e))?;
        let message = Message::builder().from(self.from.clone()).to(to).subject(mail.subject).body(mail.text);
        let message = message.map_err(|e| Error::internal("mail").because(e))?;
        let sent = self.transport.send(message).await;
        sent.map(drop).map_err(|e| Error::new(ErrorKind::Unavailable, "the mail server took no mail").because(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    #[test]
    fn every_mistake_is_reported_at_once() {
        let text = "host = \"mail.msp.example\"\ntls = \"none\"\nfrom = \"nobody\"\nusername = \"postern\"";
        let config: MailConfig = toml::from_str(text).expect("parses");
        let fields: Vec<_> = config.mistakes().into_iter().map(|it| it.0).collect();
        assert_eq!(fields, ["tls", "from", "password"]);
    }

    #[tokio::test]
    async fn a_mail_reaches_the_server_as_it_was_written() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("connects");
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 here\r\n").await.expect("writes");
            let (mut said, mut in_data) = (String::new(), false);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.expect("reads") == 0 {
                    return said;
                }
                said.push_str(&line);
                let answer: &[u8] = match line.trim_end() {
                    "." => {
                        in_data = false;
                        b"250 taken\r\n"
                    }
                    _ if in_data => continue,
                    "DATA" => {
                        in_data = true;
                        b"354 go on\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 good\r\n",
                };
                stream.write_all(answer).await.expect("writes");
                if said.contains("\r\n.\r\n") {
                    return said;
                }
            }
        });
        let text =
            format!("host = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"Postern <postern@msp.example>\"");
        let smtp = Smtp::new(&toml::from_str(&text).expect("parses")).expect("a mailer");
        let mail = Mail { to: "jane@acme.example".into(), subject: "Hello".into(), text: "A link".into() };
        smtp.send(mail).await.expect("sends");
        let said = server.await.expect("ends");
        assert!(said.contains("RCPT TO:<jane@acme.example>") && said.contains("Subject: Hello"), "{said}");
        assert!(said.contains("A link"), "{said}");
    }
}

//! A mail server that keeps what it was given, and misbehaves as it is told to.
//!
//! Its certificate is for `localhost` and `127.0.0.1`, signed by an authority that nobody trusts but who is given [`CA_PEM`]; the key
//! lies beside it, so it protects nothing.

mod talk;

use crate::Running;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The authority that signed the server's certificate.
pub const CA_PEM: &str = include_str!("smtp/ca.pem");
/// Who may sign in.
pub const USERNAME: &str = "postern";
/// The password for it.
pub const PASSWORD: &str = "sink-password-1";

/// A mail as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Headers and text, without the dots that were added on the way.
    pub data: String,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// Who had signed in.
    pub user: Option<String>,
}

impl Taken {
    /// The value of a header, its lines joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.split("\r\n").find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// How often a header is there.
    pub fn headers(&self, name: &str) -> usize {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        head.split("\r\n").filter(|it| it.split(':').next().is_some_and(|it| it.eq_ignore_ascii_case(name))).count()
    }

    /// The text with quoted-printable undone.
    pub fn decoded(&self) -> String {
        let joined = self.data.replace("=\r\n", "");
        let (mut out, mut rest) = (Vec::new(), joined.as_bytes());
        while let Some((first, after)) = rest.split_first() {
            let byte = (*first == b'=')
                .then(|| after.get(..2))
                .flatten()
                .and_then(|it| std::str::from_utf8(it).ok())
                .and_then(|it| u8::from_str_radix(it, 16).ok());
            match byte {
                Some(byte) => {
                    out.push(byte);
                    rest = after.get(2..).unwrap_or_default();
                }
                None => {
                    out.push(*first);
                    rest = after;
                }
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// What becomes of a mail's content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Content {
    /// It is taken.
    #[default]
    Take,
    /// It is not taken, with this answer.
    Refuse(&'static str),
    /// It is taken, and nothing is said about it any more.
    TakeInSilence,
    /// It is taken, and the connection is over.
    TakeAndClose,
    /// It is taken, and the answer is no answer.
    TakeAndBabble,
}

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Mood {
    /// Says this instead of a greeting.
    pub greeting: Option<&'static str>,
    /// Does not offer `STARTTLS`.
    pub clear: bool,
    /// Says these lines in the clear, right behind its answer to `STARTTLS`.
    pub injected: Option<&'static str>,
    /// Wants everybody to sign in.
    pub asks: bool,
    /// Answers `MAIL` with this.
    pub mail: Option<&'static str>,
    /// Answers `RCPT` for this address with that.
    pub rcpt: Vec<(&'static str, &'static str)>,
    /// Says nothing to `RCPT`.
    pub silent: bool,
    /// Answers `DATA` with this.
    pub data: Option<&'static str>,
    /// What becomes of the content.
    pub content: Content,
    /// Ends a connection with 421 after so many mails.
    pub most: Option<usize>,
}

/// The server's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    taken: Arc<Mutex<Vec<Taken>>>,
    lines: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
    /// Where it listens.
    pub port: u16,
}

impl State {
    /// Every mail that was taken, oldest first.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().clone()
    }

    /// Every line of the protocol that clients said, without contents and credentials.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().clone()
    }

    /// How it behaves from now on.
    pub fn mood(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }

    /// Forgets what it was given.
    pub fn clear(&self) {
        self.taken.lock().clear();
        self.lines.lock().clear();
    }
}

/// Starts one on a free port of 127.0.0.1.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on an address.
pub async fn start_on(address: &str) -> std::io::Result<Running<State>> {
    let listener = TcpListener::bind(address).await?;
    let at = listener.local_addr()?;
    let acceptor = acceptor()?;
    let state = State { port: at.port(), ..State::default() };
    let shared = state.clone();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (state, acceptor) = (shared.clone(), acceptor.clone());
            // A client that breaks off is none of our business.
            tokio::spawn(async move { drop(talk::talk(stream, state, acceptor).await) });
        }
    });
    Ok(Running { url: format!("smtp://{at}"), state, task })
}

fn acceptor() -> std::io::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("smtp/server.pem"));
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(std::io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("smtp/server.key")).map_err(std::io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
        .map_err(std::io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

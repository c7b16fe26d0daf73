//! A mail server that takes everything and sends nothing on.

use crate::mcp::wire::within;
use parking_lot::Mutex;
use postern::mail::MailConfig;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One mail.
pub(super) struct Taken {
    pub(super) to: String,
    text: String,
}

impl Taken {
    /// The link in it, whole.
    pub(super) fn link(&self) -> String {
        // Quoted-printable: a line that goes on ends with `=`.
        let text = self.text.replace("=\r\n", "").replace("=3D", "=");
        let link = text.split_whitespace().find(|it| it.starts_with("http://"));
        link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
    }
}

#[derive(Default)]
struct Kept {
    mails: Mutex<VecDeque<Taken>>,
    came: Notify,
}

/// The server.
pub(super) struct Sink {
    port: u16,
    kept: Arc<Kept>,
}

impl Sink {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, kept) = (listener.local_addr().unwrap().port(), Arc::<Kept>::default());
        let to = kept.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, to.clone()));
            }
        });
        Self { port, kept }
    }

    /// How Postern reaches it.
    pub(super) fn config(&self) -> MailConfig {
        let port = self.port;
        let text =
            format!("host = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"Postern <postern@msp.example>\"");
        toml::from_str(&text).unwrap()
    }

    /// The next mail that comes.
    pub(super) async fn next(&self) -> Taken {
        within(async {
            loop {
                let coming = self.kept.came.notified();
                if let Some(mail) = self.kept.mails.lock().pop_front() {
                    return mail;
                }
                coming.await;
            }
        })
        .await
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.mails.lock().is_empty()
    }
}

async fn serve(stream: TcpStream, kept: Arc<Kept>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink\r\n").await.ok()?;
    let (mut to, mut text, mut in_data) = (String::new(), String::new(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if in_data {
            if line != ".\r\n" {
                text.push_str(&line);
                continue;
            }
            kept.mails.lock().push_back(Taken { to: std::mem::take(&mut to), text: std::mem::take(&mut text) });
            kept.came.notify_one();
        }
        if let Some(address) = line.strip_prefix("RCPT TO:<") {
            address.split('>').next().unwrap_or_default().clone_into(&mut to);
        }
        in_data = line == "DATA\r\n";
        let answer: &[u8] = if in_data { b"354 go on\r\n" } else { b"250 good\r\n" };
        stream.write_all(answer).await.ok()?;
    }
}

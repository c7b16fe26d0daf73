//! A connection before `STARTTLS`, read so that nothing is taken for an answer that came before the encryption.
//!
//! Whoever sits on the line can send further answers right behind the one to `STARTTLS`, in the clear. A client that has read them
//! into its buffer takes them for the server's own. **Invariant:** until the line that answers `STARTTLS` has ended, one byte is read
//! at a time, so what comes behind it goes to the TLS handshake, which does not understand it.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Where the talk before the encryption is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Talk {
    /// In the clear.
    Clear,
    /// `STARTTLS` was said; its answer's last line is read, of which so many bytes were seen.
    Asked(usize),
    /// What comes now is encrypted.
    Over,
}

/// The stream.
#[derive(Debug)]
pub(super) struct UntilTls {
    inner: TcpStream,
    talk: Talk,
    /// Whether the line that is being read is the last one of its answer: `220 ` and not `220-`.
    last: bool,
}

impl UntilTls {
    pub(super) fn new(inner: TcpStream) -> Self {
        Self { inner, talk: Talk::Clear, last: false }
    }

    fn seen(&mut self, byte: u8) {
        let Talk::Asked(at) = self.talk else { return };
        if at == 3 {
            self.last = byte != b'-';
        }
        self.talk = match byte {
            b'\n' if self.last || at < 3 => Talk::Over,
            b'\n' => Talk::Asked(0),
            _ => Talk::Asked(at + 1),
        };
    }
}

impl AsyncRead for UntilTls {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.talk == Talk::Over || buf.remaining() == 0 {
            return Pin::new(&mut self.inner).poll_read(cx, buf);
        }
        let mut one = [0; 1];
        let mut small = ReadBuf::new(&mut one);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut small))?;
        if let [byte] = small.filled() {
            self.seen(*byte);
            buf.put_slice(&[*byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for UntilTls {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.talk == Talk::Clear && buf.get(..8).is_some_and(|it| it.eq_ignore_ascii_case(b"STARTTLS")) {
            self.talk = Talk::Asked(0);
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for UntilTls {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }
}

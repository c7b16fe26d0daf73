//! A file of JSON lines, written while it is sent: however long it is, no more than a few parts of it are in memory.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use postern_api::Result;
use std::io::Write;
use tokio::sync::mpsc;

/// Sends what `write` writes as a file of this name, which is a plain word.
pub(super) fn download(name: &str, write: impl FnOnce(&mut dyn Write) -> Result<()> + Send + 'static) -> Response {
    let (send, receive) = mpsc::channel(8);
    tokio::task::spawn_blocking(move || {
        let mut out = std::io::BufWriter::with_capacity(64 * 1024, Sending(send.clone()));
        if let Err(error) = write(&mut out) {
            tracing::warn!(error = %error, "an export of the audit log ended early");
            // The connection is cut, so that a part does not pass for the whole. Whoever left hears nothing.
            let _ = send.blocking_send(Err(std::io::Error::other("the export ended early")));
        }
    });
    let lines = futures::stream::unfold(receive, |mut receive: mpsc::Receiver<std::io::Result<Bytes>>| async move {
        receive.recv().await.map(|part| (part, receive))
    });
    let mut response = Body::from_stream(lines).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if let Ok(attachment) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, attachment);
    }
    response
}

/// Writes into an answer under way; waits where the other side is slow.
struct Sending(mpsc::Sender<std::io::Result<Bytes>>);

impl Write for Sending {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        let gone = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        self.0.blocking_send(Ok(Bytes::copy_from_slice(part))).map_err(gone)?;
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

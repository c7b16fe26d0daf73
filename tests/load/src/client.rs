//! A client that costs little: HTTP/1.1 by hand over TCP, one request at a time on a connection that stays open. The request
//! is the same bytes every time, and of the answer only what tells good from bad is looked at.

use crate::Failure;
use memchr::memmem;
use serde_json::{Value, json};
use std::fmt;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The protocol version that is measured.
const PROTOCOL: &str = "2026-07-28";

/// The longest answer that is read.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// A request, as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// The method and the tool, for messages.
    pub(crate) what: String,
    /// What a good answer has somewhere in its body.
    good: memmem::Finder<'static>,
}

impl Request {
    /// A tool call. A good answer's envelope says `success`; in the text copy the quotes are escaped, so this is found in
    /// the structured content alone.
    pub(crate) fn call(address: SocketAddr, token: &str, tool: &str, arguments: &Value) -> Self {
        let params = json!({ "name": tool, "arguments": arguments });
        Self::new(address, token, "tools/call", Some(tool), params, r#""status":"success""#)
    }

    /// The list of tools.
    pub(crate) fn list(address: SocketAddr, token: &str) -> Self {
        Self::new(address, token, "tools/list", None, json!({}), r#""tools":[{"#)
    }

    fn new(
        address: SocketAddr,
        token: &str,
        method: &str,
        name: Option<&str>,
        mut params: Value,
        good: &'static str,
    ) -> Self {
        if let Some(params) = params.as_object_mut() {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": PROTOCOL,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "postern-load", "version": "1" },
            });
            params.insert("_meta".into(), meta);
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let what = format!("{method} {}", name.unwrap_or_default()).trim_end().to_owned();
        let name = name.map(|it| format!("Mcp-Name: {it}\r\n")).unwrap_or_default();
        let bytes = format!(
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {PROTOCOL}\r\nMcp-Method: {method}\r\n\
             {name}Content-Length: {length}\r\n\r\n{body}",
            length = body.len(),
        )
        .into_bytes();
        Self { bytes, what, good: memmem::Finder::new(good) }
    }

    /// Whether an answer to this request is a good one.
    pub(crate) fn is_good(&self, answer: &Answer<'_>) -> bool {
        answer.status == 200 && self.good.find(answer.body).is_some()
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body; with its chunk sizes, where it came in chunks.
    pub(crate) body: &'a [u8],
}

impl fmt::Display for Answer<'_> {
    /// The status and the beginning of the body, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(self.body);
        write!(f, "{}: {}", self.status, body.chars().take(300).collect::<String>())
    }
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: &Request) -> Result<Answer<'_>, Failure> {
        self.stream.write_all(&request.bytes).await?;
        self.buffer.clear();
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if self.buffer.len() > MAX_ANSWER {
                return Err("the answer is too long".into());
            }
            if head.is_none() {
                head = Head::read(&self.buffer)?;
            }
            if let Some(head) = &head
                && head.complete(&self.buffer)
            {
                let body = self.buffer.get(head.length..).unwrap_or_default();
                return Ok(Answer { status: head.status, body });
            }
        }
    }
}

/// What the head of an answer says.
#[derive(Debug)]
struct Head {
    status: u16,
    /// Bytes of the head itself.
    length: usize,
    /// Bytes of the body; none where it comes in chunks.
    body: Option<usize>,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Option<Self>, Failure> {
        let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|it| it.split(' ').nth(1)).and_then(|it| it.parse().ok());
        let status = status.ok_or("the answer is not HTTP")?;
        let mut body = Some(0);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                body = Some(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body = None;
            }
        }
        Ok(Some(Self { status, length: end + 4, body }))
    }

    fn complete(&self, bytes: &[u8]) -> bool {
        match self.body {
            Some(body) => bytes.len() >= self.length + body,
            None => bytes.get(self.length..).is_some_and(|it| it.ends_with(b"0\r\n\r\n")),
        }
    }
}

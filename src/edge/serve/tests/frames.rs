//! Requests that two programs could cut apart differently, and floods of frames that HTTP/2 allows.

use super::*;
use axum::body::Bytes;
use axum::routing::any;
use std::sync::atomic::AtomicUsize;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// RFC 9113 section 7.
const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A server that counts the requests that arrived whole.
async fn counting() -> (Running, Arc<AtomicUsize>) {
    let whole = Arc::new(AtomicUsize::new(0));
    let count = whole.clone();
    let handler = any(move |_: Bytes| {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::ready("whole")
    });
    (start(Router::new().fallback(handler), ServeConfig::default()).await, whole)
}

async fn is_up(server: &Running) {
    let answer = send(server.address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn h05_a_chunked_body_is_cut_in_one_way_or_not_at_all() {
    let (server, whole) = counting().await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let second = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    let long = "x".repeat(20_000);
    for (what, body) in [
        ("a line end in an extension", format!("5;a\nb\r\nabcde\r\n0\r\n\r\n{second}")),
        ("a size that ends with a line feed", format!("5\nabcde\r\n0\r\n\r\n{second}")),
        ("an extension without end", format!("5;{long}\r\nabcde\r\n0\r\n\r\n{second}")),
        (
            "extensions without end",
            format!("{}0\r\n\r\n{second}", format!("1;{}\r\na\r\n", "y".repeat(2_000)).repeat(20)),
        ),
        ("a size that is too big", format!("fffffffffffffffff\r\nabcde\r\n0\r\n\r\n{second}")),
        ("a size below nothing", format!("-5\r\nabcde\r\n0\r\n\r\n{second}")),
        ("a size with a prefix", format!("0x5\r\nabcde\r\n0\r\n\r\n{second}")),
        ("more than was said", format!("3\r\nabcde\r\n0\r\n\r\n{second}")),
        ("no line end after a chunk", format!("5\r\nabcde0\r\n\r\n{second}")),
        ("a trailer without end", format!("0\r\nx: {}\r\n\r\n{second}", "y".repeat(200_000))),
    ] {
        let answer = send(server.address, format!("{head}{body}").as_bytes()).await;
        assert!(answer.matches("HTTP/1.1").count() <= 1 && !answer.contains("whole"), "{what}: {answer}");
        assert_eq!(whole.load(Ordering::SeqCst), 0, "{what}");
    }
    let fine =
        format!("{head}5;name=value\r\nabcde\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let answer = send(server.address, fine.as_bytes()).await;
    assert_eq!((answer.matches("whole").count(), whole.load(Ordering::SeqCst)), (2, 2), "{answer}");
    server.drain.cancel();
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut out = length[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// RFC 7541 section 6.2.2: literals that are not indexed.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            out.push(u8::try_from(text.len()).unwrap());
            out.extend(text.as_bytes());
        }
    }
    out
}

fn request(more: &[(&str, &str)]) -> Vec<u8> {
    let mut fields = vec![(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", "/")];
    fields.extend(more);
    block(&fields)
}

/// Sends frames, in pieces, until all are sent or the server hangs up; then reads until it does, or until it was quiet for long.
/// What came back: each frame's kind, stream and payload; and whether the server hung up.
async fn talk(server: &Running, frames: &[u8]) -> (Vec<(u8, u32, Vec<u8>)>, bool) {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let mut all = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    all.extend(frame(SETTINGS, 0, 0, &[]));
    all.extend(frames);
    let sending = tokio::spawn(async move {
        for piece in all.chunks(16 * 1024) {
            if write.write_all(piece).await.is_err() {
                break;
            }
        }
        write
    });
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    let quiet = Duration::from_millis(700);
    let ended = loop {
        match tokio::time::timeout(quiet, read.read(&mut piece)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(length)) => bytes.extend(&piece[..length]),
            Err(_) if sending.is_finished() => break false,
            Err(_) => {}
        }
    };
    drop(sending.await.unwrap());
    let mut seen = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((head, after)) = rest.split_first_chunk::<9>() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let Some(payload) = after.get(..length) else { break };
        seen.push((head[3], stream, payload.to_vec()));
        rest = &after[length..];
    }
    (seen, ended)
}

#[tokio::test]
async fn h05_an_http_2_request_whose_parts_disagree_is_reset() {
    let (server, whole) = counting().await;
    let with = |fields: &[(&str, &str)], body: &[u8]| {
        let mut out = frame(HEADERS, END_HEADERS, 1, &request(fields));
        out.extend(frame(DATA, END_STREAM, 1, body));
        out
    };
    let alone = |block: &[u8]| frame(HEADERS, END_HEADERS | END_STREAM, 1, block);
    for (what, frames) in [
        ("a body longer than its length", with(&[("content-length", "4")], b"abcde")),
        ("a body shorter than its length", with(&[("content-length", "9")], b"abcde")),
        ("a length and no body", alone(&request(&[("content-length", "4")]))),
        ("a length that is no number", with(&[("content-length", "+5")], b"abcde")),
        ("a transfer coding", with(&[("transfer-encoding", "chunked")], b"0\r\n\r\n")),
        ("a connection's own field", with(&[("connection", "close")], b"abcde")),
        ("a name with a capital", with(&[("X-Y", "z")], b"abcde")),
        ("a line end in a value", with(&[("x", "y\r\nhost: evil.example")], b"abcde")),
        (
            "a line end in the path",
            alone(&block(&[
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "x"),
                (":path", "/ HTTP/1.1\r\nx: y"),
            ])),
        ),
        ("two paths", alone(&request(&[(":path", "/other")]))),
        (
            "a pseudo field at the end",
            alone(&block(&[(":method", "GET"), (":scheme", "http"), ("x", "y"), (":path", "/")])),
        ),
    ] {
        let (seen, _) = talk(&server, &frames).await;
        let refused = seen.iter().any(|(kind, stream, _)| *kind == RESET && *stream == 1 || *kind == GOAWAY);
        let bad = seen.iter().any(|(kind, _, payload)| *kind == HEADERS && payload.first() != Some(&0x88));
        assert!(refused || bad, "{what}: {seen:?}");
        assert_eq!(whole.load(Ordering::SeqCst), 0, "{what}");
    }
    let (seen, _) = talk(&server, &with(&[("content-length", "5")], b"abcde")).await;
    assert!(seen.iter().any(|(kind, _, payload)| *kind == HEADERS && payload.first() == Some(&0x88)), "{seen:?}");
    assert_eq!(whole.load(Ordering::SeqCst), 1);
    server.drain.cancel();
}

#[tokio::test]
async fn d08_floods_that_http_2_allows_end_the_connection_and_not_the_server() {
    let (server, whole) = counting().await;
    let get = block(&[(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/")]);
    let mut resets = Vec::new();
    for nth in 0..20_000_u32 {
        resets.extend(frame(HEADERS, END_HEADERS | END_STREAM, 2 * nth + 1, &get));
        resets.extend(frame(RESET, 0, 2 * nth + 1, &8_u32.to_be_bytes()));
    }
    let mut continued = frame(HEADERS, 0, 1, &request(&[]));
    continued.extend(frame(CONTINUATION, 0, 1, &block(&[("x", "y")])).repeat(200_000));
    let mut large = frame(HEADERS, 0, 1, &request(&[]));
    large.extend(frame(CONTINUATION, 0, 1, &block(&[("x", &"y".repeat(120))]).repeat(100)).repeat(500));
    let mut empty = frame(HEADERS, END_HEADERS, 1, &request(&[]));
    empty.extend(frame(DATA, 0, 1, &[]).repeat(300_000));
    let mut ours = vec![];
    for nth in 0..50_000_u32 {
        // A window of nothing more, so that the server has to reset each stream itself.
        ours.extend(frame(HEADERS, END_HEADERS | END_STREAM, 2 * nth + 1, &get));
        ours.extend(frame(8, 0, 2 * nth + 1, &0_u32.to_be_bytes()));
    }
    for (what, frames) in [
        ("rapid reset", resets),
        ("continuations", continued),
        ("large continuations", large),
        ("empty data", empty),
        ("resets that the server is made to send", ours),
    ] {
        let before = whole.load(Ordering::SeqCst);
        let (seen, ended) = talk(&server, &frames).await;
        assert!(ended, "{what}: the connection stays");
        let goodbye = seen.iter().rfind(|(kind, _, _)| *kind == GOAWAY).map(|(_, _, payload)| payload[4..8].to_vec());
        let code = goodbye.map(|it| u32::from_be_bytes(it.try_into().unwrap()));
        assert!(code.is_none_or(|it| [PROTOCOL_ERROR, ENHANCE_YOUR_CALM].contains(&it)), "{what}: {code:?}");
        let served = whole.load(Ordering::SeqCst) - before;
        assert!(served < 1_000, "{what}: {served} requests were served");
        is_up(&server).await;
    }
    server.drain.cancel();
}

//! The head of an answer in a session with a stream, held until its first message.
//!
//! The library sends the head of such an answer before the call is decided, and then nothing can be said of it but 200. A client
//! learns from the status that it has to ask its person for more (RFC 6750 section 3.1), and most of today's clients have a
//! session. So the head of a call waits for the first thing that the stream says: where that is the refusal for want of a scope,
//! it leaves as one JSON message, whose status the edge sets. Everything else leaves as it came, frame by frame.

use super::service::{Body, json};
use crate::caller::{Caller, Message, Needs};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, StreamBody};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A call whose answer's head waits, and where its refusal is told.
#[derive(Debug)]
pub(super) struct Held(Needs);

#[derive(Deserialize)]
struct Named<'a> {
    method: Option<&'a str>,
}

impl Held {
    /// A call in a session, with a token that was granted some scopes and not others. `None`: nothing has to wait.
    pub(super) fn of<B>(request: &Request<B>, caller: &Caller) -> Option<Self> {
        let extensions = request.extensions();
        let (needs, Message(body)) = (extensions.get::<Needs>()?, extensions.get::<Message>()?);
        let calls = || serde_json::from_slice::<Named<'_>>(body).is_ok_and(|it| it.method == Some("tools/call"));
        (caller.scopes.is_some() && request.method() == Method::POST && calls()).then(|| Self(needs.clone()))
    }

    /// The answer, once its stream has said something: the refusal as JSON, anything else as it is.
    pub(super) async fn begun(self, response: Response<Body>) -> Response<Body> {
        let kind = response.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
        if kind.is_none_or(|it| !it.starts_with(b"text/event-stream")) {
            return response;
        }
        let (head, mut body) = response.into_parts();
        let mut seen: Vec<Frame<Bytes>> = Vec::new();
        let mut message = None;
        while let Some(Ok(frame)) = body.frame().await {
            let said = frame.data_ref().map(said);
            seen.push(frame);
            match said {
                Some(Said::Nothing) | None => {}
                Some(Said::Alive) => break,
                Some(Said::Message(it)) => {
                    message = Some(it);
                    break;
                }
            }
        }
        if let Some(message) = message.filter(|_| self.0.told().is_some()) {
            let mut refused = json(&message);
            for (name, value) in &head.headers {
                refused.headers_mut().entry(name).or_insert_with(|| value.clone());
            }
            return refused;
        }
        let whole = stream::iter(seen.into_iter().map(Ok)).chain(BodyStream::new(body));
        Response::from_parts(head, BodyExt::boxed(StreamBody::new(whole)))
    }
}

/// What one frame of a stream says.
enum Said {
    /// Only where to resume.
    Nothing,
    /// That the call goes on.
    Alive,
    /// A message.
    Message(Box<RawValue>),
}

/// A frame holds whole events, since the library writes them so; a frame that it cut is let through as it is.
fn said(frame: &Bytes) -> Said {
    let Ok(text) = std::str::from_utf8(frame) else { return Said::Alive };
    let data: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("data:")).map(str::trim).collect();
    match data.concat() {
        data if !data.is_empty() => serde_json::from_str(&data).map_or(Said::Alive, Said::Message),
        _ if text.lines().any(|it| it.starts_with(':')) => Said::Alive,
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::channel::mpsc::{UnboundedSender, unbounded};
    use serde_json::{Value, json};

    const PRIMING: &str = "id: 0/0\nretry: 3000\ndata: \n\n";

    fn stream() -> (UnboundedSender<Bytes>, Response<Body>) {
        let (sender, said) = unbounded::<Bytes>();
        let mut response = Response::new(BodyExt::boxed(StreamBody::new(said.map(|it| Ok(Frame::data(it))))));
        response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("text/event-stream"));
        response.headers_mut().insert("mcp-session-id", http::HeaderValue::from_static("s"));
        (sender, response)
    }

    fn event(message: &Value) -> Bytes {
        format!("id: 1/0\ndata: {message}\n\n").into()
    }

    #[tokio::test]
    async fn what_a_stream_says_leaves_when_it_is_said() {
        let (sender, response) = stream();
        let progress = event(&json!({"jsonrpc": "2.0", "method": "notifications/progress"}));
        sender.unbounded_send(PRIMING.into()).unwrap();
        sender.unbounded_send(progress.clone()).unwrap();
        // The answer is not there yet: whoever waits for the stream's end waits for ever.
        let mut answer = Held(Needs::default()).begun(response).await;
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/event-stream");
        for expected in [Bytes::from(PRIMING), progress] {
            assert_eq!(answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), expected);
        }
        let last = event(&json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
        sender.unbounded_send(last.clone()).unwrap();
        drop(sender);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), last);
    }

    #[tokio::test]
    async fn a_stream_that_is_only_kept_alive_does_not_hold_the_head() {
        let (sender, response) = stream();
        sender.unbounded_send(PRIMING.into()).unwrap();
        sender.unbounded_send(":\n\n".into()).unwrap();
        let needs = Needs::default();
        let answer = Held(needs.clone()).begun(response).await;
        // Too late for a status; the body says it.
        needs.tell(["a.read".to_owned()].into());
        let last = event(&json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
        sender.unbounded_send(last.clone()).unwrap();
        drop(sender);
        let whole = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(whole, [PRIMING.as_bytes(), b":\n\n", &last].concat());
    }

    #[tokio::test]
    async fn a_refusal_for_want_of_a_scope_leaves_as_one_message() {
        let (sender, response) = stream();
        let refusal = json!({"jsonrpc": "2.0", "id": 1, "result": {"isError": true}});
        sender.unbounded_send(PRIMING.into()).unwrap();
        sender.unbounded_send(event(&refusal)).unwrap();
        let needs = Needs::default();
        needs.tell(["a.read".to_owned()].into());
        let answer = Held(needs).begun(response).await;
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(answer.headers()["mcp-session-id"], "s");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), refusal);
    }
}

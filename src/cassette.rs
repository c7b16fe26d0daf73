//! Records what a real vendor answers to one read, for whoever has to find out why an adapter does not get on with it.
//!
//! **Invariant:** nothing that could be somebody's stays: every word and number of a value is replaced by another of the same
//! shape before it is kept, and no request header, credential or body is kept at all. What stays are names of fields, HTML
//! tags, times within ten years, numbers of up to five digits that stand alone, values that a vendor counts out in its description
//! and the configuration names, the words of a short list in answers that say what went wrong, and words that the operator says to keep.

mod disguise;

pub use disguise::{COUNTED_OUT, Disguise};

use parking_lot::Mutex;
use postern_api::cassette::{Answer, Cassette, Exchange, Operation, outcome};
use postern_api::http::{Http, Request, Response};
use postern_api::{Adapter, CallCx, Reach, Result, async_trait};
use std::sync::Arc;

/// Headers of answers that an adapter may look at.
const HEADERS: [&str; 8] = [
    "content-type",
    "link",
    "retry-after",
    "etag",
    "location",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "content-range",
];

/// What was recorded so far.
#[derive(Debug)]
pub struct Tape {
    disguise: Disguise,
    /// What the read is about, and so is somebody's although it stands in a path.
    about: Option<String>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Tape {
    /// An empty tape for a read that is about this.
    pub fn new(disguise: Disguise, about: Option<String>) -> Arc<Self> {
        Arc::new(Self { disguise, about, exchanges: Mutex::default() })
    }

    /// A handle that records what `inner` is asked and answers.
    pub fn listen(self: &Arc<Self>, inner: Arc<dyn Http>) -> Arc<dyn Http> {
        Arc::new(Recorder { tape: self.clone(), inner })
    }

    fn keep(&self, request: &Request, answer: Option<&Response>) {
        let disguise = &self.disguise;
        let answer = answer.map(|it| {
            let body = String::from_utf8_lossy(&it.body);
            let body = if it.status.is_success() { disguise.body(&body) } else { disguise.of_a_failure().body(&body) };
            Answer { status: it.status.as_u16(), headers: self.headers(it), body }
        });
        let exchange = Exchange {
            method: request.method.as_str().to_owned(),
            path: request.path.iter().map(|it| self.place(it)).collect(),
            query: request.query.iter().map(|(name, value)| (name.clone(), disguise.text(value))).collect(),
            answer,
        };
        self.exchanges.lock().push(exchange);
    }

    /// A part of a path: the vendor's own words stay, ids and what was asked about do not.
    fn place(&self, segment: &str) -> String {
        let mut digits = 0;
        let plain = segment.len() <= 40
            && segment.chars().all(|it| {
                digits = if it.is_ascii_digit() { digits + 1 } else { 0 };
                digits <= 4 && (it.is_ascii_alphanumeric() || "._-".contains(it))
            });
        let words = segment.chars().any(|it| it.is_ascii_alphabetic());
        let asked = self.about.as_deref().is_some_and(|it| it == segment);
        let version = !words && segment.contains('.') && plain;
        if plain && !asked && (words || version) { segment.to_owned() } else { self.disguise.segment(segment) }
    }

    fn headers(&self, response: &Response) -> Vec<(String, String)> {
        let wanted = response.headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str()));
        let told = wanted.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let disguised = told.map(|(name, value)| {
            let value = if name == "content-type" { value.to_owned() } else { self.disguise.text(value) };
            (name.to_owned(), value)
        });
        disguised.collect()
    }

    /// Performs a read and makes a cassette of it.
    pub async fn record(&self, adapter: &dyn Adapter, operation: &Operation, cx: &CallCx) -> Cassette {
        let result = operation.perform(adapter, cx).await;
        Cassette {
            adapter: adapter.name().to_owned(),
            operation: Operation {
                name: operation.name.clone(),
                about: operation.about.as_deref().map(|it| self.disguise.segment(it)),
            },
            organisation: match &cx.reach {
                Reach::Organisations(some) => some.first().map(|it| self.disguise.segment(it.as_str())),
                Reach::Tenant => None,
            },
            outcome: outcome(&result).to_owned(),
            records: result.unwrap_or_default(),
            exchanges: std::mem::take(&mut *self.exchanges.lock()),
        }
    }
}

#[derive(Debug)]
struct Recorder {
    tape: Arc<Tape>,
    inner: Arc<dyn Http>,
}

#[async_trait]
impl Http for Recorder {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response> {
        let answer = self.inner.send(cx, request.clone()).await;
        self.tape.keep(&request, answer.as_ref().ok());
        answer
    }
}

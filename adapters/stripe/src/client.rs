//! Requests in the vendor's manner: its version in a header, lists by cursor, changes as forms with a key.
//!
//! **Invariants:** no object of the other kind of data, live or test, gets past here. A change is sent again only under the same
//! idempotency key, which makes it the same change over there.

use crate::error;
use crate::wire::{List, Row};
use postern_api::http::{Effect, HeaderName, Http, Request, Response, SecretString};
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most rows of a page.
const PAGE: u32 = 100;
const VERSION_HEADER: HeaderName = HeaderName::from_static("stripe-version");
const KEY_HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A query pair.
pub(crate) type Pair = (&'static str, String);

/// Rows of a list, and whether there were more.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) truncated: bool,
}

/// Speaks to one account.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) max_rows: u32,
    pub(crate) live: bool,
}

impl Client {
    async fn read(&self, cx: &CallCx, request: Request, what: &'static str) -> Result<Response> {
        let request = request.header(VERSION_HEADER, crate::VERSION);
        error::check(self.http.send(cx, request).await?, Effect::Read, what)
    }

    /// The row, if it is of the kind of data that this connection is for.
    fn kind<R: Row>(&self, row: R) -> Result<R> {
        if row.live() == self.live { Ok(row) } else { Err(Error::bad_reply("live data for test data, or the reverse")) }
    }

    /// One record by its id.
    pub(crate) async fn one<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        query: &[Pair],
        what: &'static str,
    ) -> Result<R> {
        let request = query.iter().fold(Request::get(path), |it, (name, value)| it.query(name, value));
        let row: R = self.kind(self.read(cx, request, what).await?.json()?)?;
        // Another id than the one that was asked for is somebody else's record.
        let asked = path.last().copied().unwrap_or_default();
        if row.id() == asked { Ok(row) } else { Err(Error::bad_reply("another record than the one asked for")) }
    }

    /// A list page by page, the newest first, until there is no more or `most` rows are there.
    pub(crate) async fn list<R: Row>(&self, cx: &CallCx, path: &[&str], query: &[Pair], most: u32) -> Result<Rows<R>> {
        let most = most.min(self.max_rows);
        let (mut rows, mut seen) = (Vec::<R>::new(), BTreeSet::new());
        loop {
            let request = query.iter().fold(Request::get(path), |it, (name, value)| it.query(name, value));
            let mut request = request.query("limit", PAGE);
            if let Some(last) = rows.last() {
                request = request.query("starting_after", last.id());
            }
            let page: List<R> = self.read(cx, request, error::LIST).await?.json()?;
            if page.object != "list" {
                return Err(Error::bad_reply("no list"));
            }
            let before = rows.len();
            for row in page.data {
                let row = self.kind(row)?;
                if seen.insert(row.id().to_owned()) {
                    rows.push(row);
                }
            }
            if rows.len() >= most as usize {
                let truncated = rows.len() > most as usize || page.has_more;
                rows.truncate(most as usize);
                return Ok(Rows { rows, truncated });
            }
            // More is promised and nothing new came: nobody knows what is missing.
            if !page.has_more || rows.len() == before {
                return Ok(Rows { rows, truncated: page.has_more });
            }
        }
    }

    /// Whether a list can be read at all.
    pub(crate) async fn first<R: Row>(&self, cx: &CallCx, path: &[&str]) -> Result<()> {
        let page: List<R> = self.read(cx, Request::get(path).query("limit", 1), "address").await?.json()?;
        page.data.into_iter().try_for_each(|it| self.kind(it).map(drop))
    }

    /// Changes something under a key, and returns the record that came of it.
    ///
    /// An answer that does not come is asked for once more within the deadline, under the same key: the vendor then says what
    /// it said the first time, and does nothing again. After that, everything but a plain refusal leaves the outcome unknown.
    pub(crate) async fn write<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        key: &str,
        pairs: &[(String, String)],
    ) -> Result<R> {
        let mut half = cx.clone();
        half.deadline = cx.deadline.checked_sub(cx.remaining() / 2).unwrap_or(cx.deadline);
        match self.send(&half, path, key, pairs).await {
            Err(first) if first.kind() == ErrorKind::OutcomeUnknown => {
                // A refusal now says nothing about the first time, but for one of the content under this key.
                self.send(cx, path, key, pairs).await.map_err(|second| error::unknown().because(second))
            }
            answered => answered,
        }
    }

    async fn send<R: Row>(&self, cx: &CallCx, path: &[&str], key: &str, pairs: &[(String, String)]) -> Result<R> {
        let form = pairs.iter().map(|(name, value)| (name.clone(), SecretString::from(value.clone()))).collect();
        let request = Request::post(path).header(VERSION_HEADER, crate::VERSION).header(KEY_HEADER, key).form(form);
        let response = error::check(self.http.send(cx, request).await?, Effect::Write, "invoice")?;
        let row = response.json::<R>().and_then(|it| self.kind(it));
        row.map_err(|error| error::unknown().because(error))
    }
}

//! Requests in the vendor's manner: lists page by page, records one by one, writes as arrays.

use crate::error;
use crate::wire::{Num, Row};
use postern_api::http::{Effect, Http, Request, Response, read_json};
use postern_api::loose::{Seen, Take, array, broken, keyed};
use postern_api::{CallCx, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the vendor gives at most where a list is asked for in one piece.
const WHOLE: u32 = 1000;

/// Rows of a list, and whether there were more.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) truncated: bool,
}

/// Speaks to one tenant.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) page_size: u32,
    pub(crate) max_rows: u32,
}

/// A query pair.
pub(crate) type Pair = (&'static str, String);

impl Client {
    async fn read(&self, cx: &CallCx, request: Request, what: &'static str) -> Result<Response> {
        error::check(self.http.send(cx, request).await?, Effect::Read, what)
    }

    /// One record by its number. The vendor sends it bare; an array of one is taken as well.
    pub(crate) async fn one<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        id: i64,
        query: &[Pair],
        what: &'static str,
    ) -> Result<R> {
        let request = with(Request::get(&[path, &id.to_string()]), query);
        let response = self.read(cx, request, what).await?;
        if error::is_empty(&response) || response.body.as_ref() == b"null" {
            return Err(Error::not_found(what));
        }
        let row: R = object(&response)?.ok_or_else(|| Error::not_found(what))?;
        // Another number than the one that was asked for is somebody else's record.
        if row.id() == Some(id) { Ok(row) } else { Err(Error::bad_reply("another record than the one asked for")) }
    }

    /// A list that the vendor sends whole.
    pub(crate) async fn whole<R: Row>(&self, cx: &CallCx, path: &str, key: &str, query: &[Pair]) -> Result<Rows<R>> {
        let response = self.read(cx, with(Request::get(&[path]), query), "list").await?;
        let mut rows = Vec::new();
        let page = list(&response, key, &mut |row: R| {
            if row.id().is_none() {
                return Err(Error::bad_reply("a row without a number"));
            }
            rows.push(row);
            Ok(())
        })?;
        let truncated = page.count.is_some_and(|count| count > rows.len() as u64);
        Ok(Rows { rows, truncated })
    }

    /// A list page by page, until the vendor has no more or `max_rows` are there.
    pub(crate) async fn paged<R: Row>(&self, cx: &CallCx, path: &str, key: &str, query: &[Pair]) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let take: Take<'_, R> = &mut |row| {
            rows.push(row);
            Ok(())
        };
        let truncated = self.each(cx, path, key, query, take).await?;
        Ok(Rows { rows, truncated })
    }

    /// The same, and no page is read after the one with the row that is looked for.
    pub(crate) async fn paged_until<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        key: &str,
        query: &[Pair],
        is_it: impl Fn(&R) -> bool + Send + Sync,
    ) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let sink: Sink<'_, R> = &mut |row| {
            let enough = is_it(&row);
            rows.push(row);
            Ok(enough)
        };
        let truncated = self.pages(cx, path, key, query, sink).await?;
        Ok(Rows { rows, truncated })
    }

    /// The same, each row handed on as it is read. Returns whether there were more.
    pub(crate) async fn each<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        key: &str,
        query: &[Pair],
        take: Take<'_, R>,
    ) -> Result<bool> {
        self.pages(cx, path, key, query, &mut |row| take(row).map(|()| false)).await
    }

    /// The end is seen from the rows: an empty page, a page without a new row, or a short one with as many rows before it
    /// as the vendor counts. The count alone ends nothing, and a full page never does: the vendor caps pages at will.
    async fn pages<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        key: &str,
        query: &[Pair],
        sink: Sink<'_, R>,
    ) -> Result<bool> {
        let size = self.page_size.clamp(1, 100);
        let mut new = New { seen: Seen::default(), most: self.max_rows as usize, enough: false, sink };
        // Pages may be shorter than asked for, but not without end.
        for page in 1..=(self.max_rows / size * 2 + 2) {
            let request = with(Request::get(&[path]), query)
                .query("pageinate", true)
                .query("page_no", page)
                .query("page_size", size);
            let response = self.read(cx, request, "list").await?;
            let before = new.seen.len();
            let got = list(&response, key, &mut |row| new.take(row))?;
            if got.sent == 0 || new.enough {
                return Ok(false);
            }
            let seen = new.seen.len();
            let counted = got.count.is_some_and(|count| count <= seen as u64);
            if seen == before {
                // The same rows again: this endpoint ignores pages.
                return if counted { Ok(false) } else { self.rest(cx, path, key, query, new).await };
            }
            if seen >= new.most {
                return Ok(seen > new.most || !counted);
            }
            if counted && got.sent < size as usize {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where pages are ignored: once more, without them, as many rows as the vendor gives.
    async fn rest<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        key: &str,
        query: &[Pair],
        mut new: New<'_, R>,
    ) -> Result<bool> {
        let request = with(Request::get(&[path]), query).query("count", WHOLE.min(self.max_rows));
        let got = list(&self.read(cx, request, "list").await?, key, &mut |row| new.take(row))?;
        // Only the vendor's count can say that this is all, and it is not believed without the rows.
        Ok(got.count.is_none_or(|count| count > new.seen.len().min(new.most) as u64))
    }

    /// Writes one record, as an array of one, and returns its number. Sent once; after that, everything that is not a
    /// plain refusal leaves the outcome unknown.
    pub(crate) async fn write(
        &self,
        cx: &CallCx,
        path: &str,
        record: &serde_json::Value,
        what: &'static str,
    ) -> Result<i64> {
        let request = Request::post(&[path]).json(&[record])?;
        let response = error::check(self.http.send(cx, request).await?, Effect::Write, what)?;
        let written: Written = object(&response).map_err(error::after_write)?.ok_or_else(error::unknown)?;
        written.id.id().ok_or_else(error::unknown)
    }
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    id: Num,
}

/// What is done with each row; whether it is the one that was looked for.
type Sink<'s, R> = &'s mut (dyn FnMut(R) -> Result<bool> + Send);

/// Hands on rows that did not come before, up to the most that are read.
struct New<'s, R> {
    seen: Seen,
    most: usize,
    enough: bool,
    sink: Sink<'s, R>,
}

impl<R: Row> New<'_, R> {
    fn take(&mut self, row: R) -> Result<()> {
        let id = row.id().ok_or_else(|| Error::bad_reply("a row without a number"))?;
        if self.seen.insert(id) && self.seen.len() <= self.most {
            self.enough |= (self.sink)(row)?;
        }
        Ok(())
    }
}

/// What a page said: how many rows it had, and how many there are in all.
struct Page {
    sent: usize,
    count: Option<u64>,
}

fn with(request: Request, query: &[Pair]) -> Request {
    query.iter().fold(request, |request, (name, value)| request.query(name, value))
}

fn first_byte(response: &Response) -> Option<u8> {
    response.body.iter().copied().find(|it| !it.is_ascii_whitespace())
}

/// An object, bare or alone in an array.
fn object<T: DeserializeOwned>(response: &Response) -> Result<Option<T>> {
    match first_byte(response) {
        Some(b'[') => {
            let mut all: Vec<T> = response.json()?;
            if all.len() > 1 { Err(Error::bad_reply("several records instead of one")) } else { Ok(all.pop()) }
        }
        Some(b'{') => response.json().map(Some),
        Some(_) | None => Err(Error::bad_reply("no object")),
    }
}

/// A list: a bare array, or an object with the list under its key, or under another one that is not `columns`.
fn list<R: DeserializeOwned>(response: &Response, key: &str, take: Take<'_, R>) -> Result<Page> {
    let count = |it: Num| it.0.and_then(|it| u64::try_from(it).ok());
    if first_byte(response) == Some(b'[') {
        let sent = array(&response.body, take)?;
        return Ok(Page { sent, count: Some(sent as u64) });
    }
    let (sent, counted) = keyed::<R, Num>(&response.body, (key, "record_count"), take)?;
    if let Some(sent) = sent {
        return Ok(Page { sent, count: counted.and_then(count) });
    }
    let parts: BTreeMap<Cow<'_, str>, &RawValue> = read_json(&response.body).map_err(broken)?;
    let any = parts.iter().find(|(name, value)| *name != "columns" && value.get().starts_with('['));
    let (_, rows) = any.ok_or_else(|| Error::bad_reply("no list"))?;
    Ok(Page { sent: array(rows.get().as_bytes(), take)?, count: counted.and_then(count) })
}

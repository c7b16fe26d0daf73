//! Requests in the vendor's manner: lists page by page, records one by one, writes as arrays.

use crate::error;
use crate::wire::{Row, keyed};
use postern_api::http::{Effect, Http, Request, Response, read_json};
use postern_api::{CallCx, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
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
        let list: List<R> = list(&response, key)?;
        if list.rows.iter().any(|row| row.id().is_none()) {
            return Err(Error::bad_reply("a row without a number"));
        }
        let truncated = list.count.is_some_and(|count| count > list.rows.len() as u64);
        Ok(Rows { rows: list.rows, truncated })
    }

    /// A list page by page, until the vendor has no more or `max_rows` are there.
    ///
    /// The end is seen from the rows: an empty page, a page without a new row, or a short one with as many rows before it
    /// as the vendor counts. The count alone ends nothing, and a full page never does: the vendor caps pages at will.
    pub(crate) async fn paged<R: Row>(&self, cx: &CallCx, path: &str, key: &str, query: &[Pair]) -> Result<Rows<R>> {
        self.paged_until(cx, path, key, query, |_| false).await
    }

    /// The same, and no page is read after the one with the row that is looked for.
    pub(crate) async fn paged_until<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        key: &str,
        query: &[Pair],
        is_it: impl Fn(&R) -> bool,
    ) -> Result<Rows<R>> {
        let (max, size) = (self.max_rows as usize, self.page_size.clamp(1, 100));
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        // Pages may be shorter than asked for, but not without end.
        for page in 1..=(self.max_rows / size * 2 + 2) {
            let request = with(Request::get(&[path]), query)
                .query("pageinate", true)
                .query("page_no", page)
                .query("page_size", size);
            let got: List<R> = list(&self.read(cx, request, "list").await?, key)?;
            let (sent, before) = (got.rows.len(), seen.len());
            let read = rows.len();
            keep(got.rows, &mut seen, &mut rows)?;
            if sent == 0 || rows.iter().skip(read).any(&is_it) {
                return Ok(Rows { rows, truncated: false });
            }
            let counted = got.count.is_some_and(|count| count <= seen.len() as u64);
            if seen.len() == before {
                // The same rows again: this endpoint ignores pages.
                return if counted {
                    Ok(Rows { rows, truncated: false })
                } else {
                    self.rest(cx, path, key, query, seen, rows).await
                };
            }
            if rows.len() >= max {
                let truncated = rows.len() > max || !counted;
                rows.truncate(max);
                return Ok(Rows { rows, truncated });
            }
            if counted && sent < size as usize {
                return Ok(Rows { rows, truncated: false });
            }
        }
        Ok(Rows { rows, truncated: true })
    }

    /// Where pages are ignored: once more, without them, as many rows as the vendor gives.
    async fn rest<R: Row>(
        &self,
        cx: &CallCx,
        path: &str,
        key: &str,
        query: &[Pair],
        mut seen: BTreeSet<i64>,
        mut rows: Vec<R>,
    ) -> Result<Rows<R>> {
        let request = with(Request::get(&[path]), query).query("count", WHOLE.min(self.max_rows));
        let got: List<R> = list(&self.read(cx, request, "list").await?, key)?;
        keep(got.rows, &mut seen, &mut rows)?;
        rows.truncate(self.max_rows as usize);
        // Only the vendor's count can say that this is all, and it is not believed without the rows.
        let truncated = got.count.is_none_or(|count| count > rows.len() as u64);
        Ok(Rows { rows, truncated })
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
    id: crate::wire::Num,
}

struct List<R> {
    rows: Vec<R>,
    count: Option<u64>,
}

fn with(request: Request, query: &[Pair]) -> Request {
    query.iter().fold(request, |request, (name, value)| request.query(name, value))
}

fn keep<R: Row>(page: Vec<R>, seen: &mut BTreeSet<i64>, rows: &mut Vec<R>) -> Result<()> {
    for row in page {
        let id = row.id().ok_or_else(|| Error::bad_reply("a row without a number"))?;
        if seen.insert(id) {
            rows.push(row);
        }
    }
    Ok(())
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
fn list<R: DeserializeOwned>(response: &Response, key: &str) -> Result<List<R>> {
    let broken = |e: serde_json::Error| Error::bad_reply(format!("json at line {} column {}", e.line(), e.column()));
    if first_byte(response) == Some(b'[') {
        let rows: Vec<R> = response.json()?;
        let count = Some(rows.len() as u64);
        return Ok(List { rows, count });
    }
    let (rows, count) = keyed(&response.body, key).map_err(broken)?;
    if let Some(rows) = rows {
        return Ok(List { rows, count: count.and_then(|it| u64::try_from(it).ok()) });
    }
    let parts: BTreeMap<Cow<'_, str>, &RawValue> = read_json(&response.body).map_err(broken)?;
    let any = parts.iter().find(|(name, value)| *name != "columns" && value.get().starts_with('['));
    let (_, rows) = any.ok_or_else(|| Error::bad_reply("no list"))?;
    let rows = serde_json::from_str(rows.get()).map_err(broken)?;
    let count = match parts.get("record_count") {
        Some(count) => serde_json::from_str::<crate::wire::Num>(count.get()).map_err(broken)?.0,
        None => None,
    };
    Ok(List { rows, count: count.and_then(|it| u64::try_from(it).ok()) })
}

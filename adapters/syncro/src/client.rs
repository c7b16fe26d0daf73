//! Requests in the vendor's manner: lists by page number, records wrapped in their name or bare.

use crate::error;
use crate::wire::{List, Num, Row};
use postern_api::http::{Effect, Http, Request, Response, read_json};
use postern_api::{CallCx, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The fewest rows of a page, as the vendor documents its shortest list but one; only to bound how many pages are read.
const SHORT_PAGE: u32 = 25;

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
    pub(crate) max_rows: u32,
}

/// A query pair.
pub(crate) type Pair = (&'static str, String);

impl Client {
    async fn read(&self, cx: &CallCx, request: Request, what: &'static str) -> Result<Response> {
        error::check(self.http.send(cx, request).await?, Effect::Read, what)
    }

    /// A record that is there once: settings.
    pub(crate) async fn single<T: DeserializeOwned>(&self, cx: &CallCx, path: &[&str]) -> Result<T> {
        let response = self.read(cx, Request::get(path), "settings").await?;
        if response.body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Error::bad_reply("no object"));
        }
        response.json()
    }

    /// One record by its number, wrapped in its name or bare. A deleted one is `null`.
    pub(crate) async fn one<R: Row>(&self, cx: &CallCx, path: &str, id: i64, name: &'static str) -> Result<R> {
        let response = self.read(cx, Request::get(&[path, &id.to_string()]), name).await?;
        if error::is_empty(&response) {
            return Err(Error::not_found(name));
        }
        let row: R = record(&response, name)?;
        // Another number than the one that was asked for is somebody else's record.
        if row.id() == Some(id) { Ok(row) } else { Err(Error::bad_reply("another record than the one asked for")) }
    }

    /// A list page by page, until the vendor has no more or `max_rows` are there.
    ///
    /// The size of a page is the vendor's and differs from list to list. The end is the last page that `meta` names; where it
    /// names none, an empty page or one without a new row. Rows that come twice, because others were added meanwhile, count once.
    pub(crate) async fn paged<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        name: &str,
        query: &[Pair],
    ) -> Result<Rows<R>> {
        let max = self.max_rows as usize;
        let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
        for page in 1..=(self.max_rows / SHORT_PAGE + 2) {
            let request = query.iter().fold(Request::get(path), |it, (name, value)| it.query(name, value));
            let got: List<R> = list(&self.read(cx, request.query("page", page), "list").await?, name)?;
            let last = got.pages.is_some_and(|pages| page >= pages);
            let (sent, before) = (got.rows.len(), seen.len());
            for row in got.rows {
                let id = row.id().ok_or_else(|| Error::bad_reply("a row without a number"))?;
                if seen.insert(id) {
                    rows.push(row);
                }
            }
            if rows.len() > max || (rows.len() == max && !last) {
                rows.truncate(max);
                return Ok(Rows { rows, truncated: true });
            }
            if page > 1 && seen.len() == before {
                // No new row where `meta` promised some: pages are ignored here, or the vendor lost count, and nobody knows
                // what is missing. Without `meta` it is the end.
                return Ok(Rows { rows, truncated: got.pages.is_some() });
            }
            if last || sent == 0 {
                return Ok(Rows { rows, truncated: !last && got.pages.is_some() });
            }
        }
        Ok(Rows { rows, truncated: true })
    }

    /// Whether a list can be read at all.
    pub(crate) async fn first_page<R: Row>(&self, cx: &CallCx, path: &[&str], name: &str) -> Result<()> {
        list::<R>(&self.read(cx, Request::get(path).query("page", 1), "list").await?, name).map(drop)
    }

    /// Writes and returns the number of what was written. Sent once; after that, everything that is not a plain refusal leaves
    /// the outcome unknown.
    pub(crate) async fn write(&self, cx: &CallCx, request: Request, name: &'static str) -> Result<i64> {
        let response = error::check(self.http.send(cx, request).await?, Effect::Write, "ticket")?;
        let written: Written = record(&response, name).map_err(error::after_write)?;
        written.id.id().ok_or_else(error::unknown)
    }
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    id: Num,
}

fn broken(e: &serde_json::Error) -> Error {
    Error::bad_reply(format!("json at line {} column {}", e.line(), e.column()))
}

/// A record under its name, or bare.
fn record<T: DeserializeOwned>(response: &Response, name: &str) -> Result<T> {
    if response.body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::bad_reply("no object"));
    }
    let wrapped: BTreeMap<std::borrow::Cow<'_, str>, &serde_json::value::RawValue> = match read_json(&response.body) {
        Ok(parts) => parts,
        Err(e) => return Err(broken(&e)),
    };
    match wrapped.get(name).filter(|it| it.get().starts_with('{')) {
        Some(inner) => serde_json::from_str(inner.get()).map_err(|e| broken(&e)),
        None => response.json(),
    }
}

fn list<R: DeserializeOwned>(response: &Response, name: &str) -> Result<List<R>> {
    List::read(&response.body, name).map_err(|e| broken(&e))
}

//! Requests in the vendor's manner: lists by page number, records wrapped in their name or bare.

use crate::error;
use crate::wire::{Maybe, Num, Row};
use postern_api::http::{Effect, Http, Request, Response, read_json};
use postern_api::loose::{Seen, Take, broken, keyed};
use postern_api::{CallCx, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
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
    pub(crate) async fn paged<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        name: &str,
        query: &[Pair],
    ) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let take: Take<'_, R> = &mut |row| {
            rows.push(row);
            Ok(())
        };
        let truncated = self.each(cx, path, name, query, take).await?;
        Ok(Rows { rows, truncated })
    }

    /// The same, each row handed on as it is read. Returns whether there were more.
    ///
    /// The size of a page is the vendor's and differs from list to list. The end is the last page that `meta` names; where it
    /// names none, an empty page or one without a new row. Rows that come twice, because others were added meanwhile, count once.
    pub(crate) async fn each<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        name: &str,
        query: &[Pair],
        take: Take<'_, R>,
    ) -> Result<bool> {
        let max = self.max_rows as usize;
        let mut seen = Seen::default();
        for page in 1..=(self.max_rows / SHORT_PAGE + 2) {
            let request = query.iter().fold(Request::get(path), |it, (name, value)| it.query(name, value));
            let response = self.read(cx, request.query("page", page), "list").await?;
            let before = seen.len();
            let got = list(&response, name, &mut |row: R| {
                let id = row.id().ok_or_else(|| Error::bad_reply("a row without a number"))?;
                if seen.insert(id) && seen.len() <= max { take(row) } else { Ok(()) }
            })?;
            let last = got.pages.is_some_and(|pages| page >= pages);
            if seen.len() > max || (seen.len() == max && !last) {
                return Ok(true);
            }
            if page > 1 && seen.len() == before {
                // No new row where `meta` promised some: pages are ignored here, or the vendor lost count, and nobody knows
                // what is missing. Without `meta` it is the end.
                return Ok(got.pages.is_some());
            }
            if last || got.sent == 0 {
                return Ok(!last && got.pages.is_some());
            }
        }
        Ok(true)
    }

    /// Whether a list can be read at all.
    pub(crate) async fn first_page<R: Row>(&self, cx: &CallCx, path: &[&str], name: &str) -> Result<()> {
        let response = self.read(cx, Request::get(path).query("page", 1), "list").await?;
        list::<R>(&response, name, &mut |_| Ok(())).map(drop)
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

/// A record under its name, or bare.
fn record<T: DeserializeOwned>(response: &Response, name: &str) -> Result<T> {
    if response.body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::bad_reply("no object"));
    }
    let wrapped: BTreeMap<std::borrow::Cow<'_, str>, &serde_json::value::RawValue> = match read_json(&response.body) {
        Ok(parts) => parts,
        Err(e) => return Err(broken(e)),
    };
    match wrapped.get(name).filter(|it| it.get().starts_with('{')) {
        Some(inner) => serde_json::from_str(inner.get()).map_err(broken),
        None => response.json(),
    }
}

/// What a page said: how many rows it had, and how many pages there are.
struct Page {
    sent: usize,
    pages: Option<u32>,
}

/// Rows under the list's name and, mostly, `meta` with the number of pages.
fn list<R: DeserializeOwned>(response: &Response, name: &str, take: Take<'_, R>) -> Result<Page> {
    #[derive(Deserialize)]
    struct Meta {
        #[serde(default)]
        total_pages: Num,
    }
    let (sent, meta) = keyed::<R, Maybe<Meta>>(&response.body, (name, "meta"), take)?;
    let sent = sent.ok_or_else(|| Error::bad_reply("no list"))?;
    let pages = meta.and_then(|it| it.0?.total_pages.0);
    Ok(Page { sent, pages: pages.map(|it| u32::try_from(it).unwrap_or(u32::MAX)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    #[test]
    fn the_list_is_found_wherever_it_stands_and_meta_may_be_missing_or_odd() {
        let read = |body: &'static str| {
            let response = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() };
            list::<Num>(&response, "tickets", &mut |_| Ok(())).ok().map(|it| (it.sent, it.pages))
        };
        assert_eq!(read(r#"{"tickets":[1,2],"meta":{"total_pages":3,"page":1}}"#), Some((2, Some(3))));
        assert_eq!(read(r#"{"meta":{"total_pages":"3"},"x":{"tickets":[9]},"tickets":[]}"#), Some((0, Some(3))));
        assert_eq!(read(r#"{"tickets":[1]}"#), Some((1, None)));
        assert_eq!(read(r#"{"tickets":[1],"meta":null}"#), Some((1, None)));
        assert_eq!(read(r#"{"tickets":[1],"meta":{"total_pages":-5}}"#), Some((1, Some(u32::MAX))));
        for wrong in
            ["[1]", "{}", r#"{"tickets":{}}"#, r#"{"tickets":[1],"tickets":[2]}"#, r#"{"tickets":[1]} x"#, "null"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

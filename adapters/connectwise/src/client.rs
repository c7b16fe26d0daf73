//! Requests in the vendor's manner: lists by page or by last id, records one by one, changes as lists of operations.
//!
//! **Invariant:** an address that the vendor sends (`Link`, `_href`) is never followed; the next page is always asked for
//! at the place that was asked first, with our own number.

use crate::conditions::Conditions;
use crate::error::{self, Asked};
use crate::wire::{Num, Row};
use postern_api::http::{HeaderName, Http, Method, Request, Response, header};
use postern_api::loose::{Seen, Take, array};
use postern_api::{CallCx, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// Rows of a list, and whether there were more.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) truncated: bool,
}

/// What is asked of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// What has to hold of each row.
    pub(crate) conditions: Conditions,
    /// What has to hold of a row in a list inside of each row.
    pub(crate) child_conditions: Conditions,
    /// The fields to send; empty: all.
    pub(crate) fields: &'static str,
}

/// Speaks to one MSP's system.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) client_id: String,
    pub(crate) version: String,
    pub(crate) page_size: u32,
    pub(crate) max_rows: u32,
}

/// One operation on a record. Only whole fields of the record's first level have a name here: to a path further in, the
/// vendor answers that it was done and does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Status,
    Team,
    Owner,
    Priority,
}

impl Field {
    fn path(self) -> &'static str {
        match self {
            Field::Status => "status",
            Field::Team => "team",
            Field::Owner => "owner",
            Field::Priority => "priority",
        }
    }
}

impl Client {
    fn dressed(&self, request: Request) -> Request {
        request
            .header(HeaderName::from_static("clientid"), self.client_id.as_str())
            .header(header::ACCEPT, format!("application/vnd.connectwise.com+json; version={}", self.version))
    }

    fn list_of(&self, path: &[&str], query: &Query, size: u32) -> Request {
        let mut request = self.dressed(Request::get(path)).query("pageSize", size);
        let conditions = query.conditions.clone().text_of();
        let children = query.child_conditions.clone().text_of();
        let pairs = [("conditions", conditions.as_str()), ("childConditions", &children), ("fields", query.fields)];
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            request = request.query(name, value);
        }
        request
    }

    async fn read(&self, cx: &CallCx, request: Request, asked: Asked) -> Result<Response> {
        error::check(self.http.send(cx, request).await?, asked)
    }

    /// One record by its number. Another number than the one that was asked for is somebody else's record.
    pub(crate) async fn one<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        id: i64,
        fields: &'static str,
        what: &'static str,
    ) -> Result<R> {
        let number = id.to_string();
        let path: Vec<&str> = path.iter().copied().chain([number.as_str()]).collect();
        let mut request = self.dressed(Request::get(&path));
        if !fields.is_empty() {
            request = request.query("fields", fields);
        }
        let response = self.read(cx, request, Asked::Record(what)).await?;
        let row: R = object(&response)?;
        if row.id() == Some(id) { Ok(row) } else { Err(Error::bad_reply("another record than the one asked for")) }
    }

    /// The newest rows of a list, newest first, at most `most` of them.
    pub(crate) async fn newest<R: Row>(&self, cx: &CallCx, path: &[&str], query: &Query, most: u32) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let take: Take<'_, R> = &mut |row| {
            rows.push(row);
            Ok(())
        };
        let truncated = self.each(cx, path, query, most, take).await?;
        Ok(Rows { rows, truncated })
    }

    /// The same, each row handed on as it is read. Returns whether there were more.
    pub(crate) async fn each<R: Row>(
        &self,
        cx: &CallCx,
        path: &[&str],
        query: &Query,
        most: u32,
        take: Take<'_, R>,
    ) -> Result<bool> {
        let (most, size) = (most as usize, self.page_size.min(most).max(1));
        let mut new = New { seen: Seen::default(), most, take };
        // Pages may be shorter than asked for, but not without end.
        for page in 1..=(self.max_rows / size * 2 + 2) {
            let request = self.list_of(path, query, size).query("orderBy", "id desc").query("page", page);
            let response = self.read(cx, request, Asked::List).await?;
            let before = new.seen.len();
            let sent = array(&response.body, &mut |row| new.take(row))?;
            // Without `Link`, for example behind a proxy that takes it off, a full page may have another one after it.
            let more = says_next(&response).unwrap_or(sent >= size as usize) && sent > 0;
            if !more || new.seen.len() >= most {
                return Ok(more || new.seen.len() > most);
            }
            if new.seen.len() == before {
                // The same rows again: this list ignores pages, and what is missing cannot be had.
                return Ok(true);
            }
        }
        Ok(true)
    }

    /// A whole list by the last id of each page, so that no row is missed or doubled while others are added.
    pub(crate) async fn every<R: Row>(&self, cx: &CallCx, path: &[&str], query: &Query) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let take: Take<'_, R> = &mut |row| {
            rows.push(row);
            Ok(())
        };
        let (max, size) = (self.max_rows as usize, self.page_size);
        let mut new = New { seen: Seen::default(), most: max, take };
        let mut last = 0;
        for _ in 0..(self.max_rows / size * 2 + 2) {
            let request = self
                .list_of(path, query, size)
                .header(HeaderName::from_static("pagination-type"), "forward-only")
                .query("pageId", last);
            let response = self.read(cx, request, Asked::List).await?;
            let sent = array(&response.body, &mut |row| new.take(row))?;
            if sent < size as usize {
                let truncated = new.seen.len() > max;
                return Ok(Rows { rows, truncated });
            }
            // The vendor always names a next page; ids that do not grow are no next page.
            let newest = new.seen.last().unwrap_or_default();
            if new.seen.len() >= max || newest <= last {
                return Ok(Rows { rows, truncated: true });
            }
            last = newest;
        }
        Ok(Rows { rows, truncated: true })
    }

    /// A whole list, or an error: for what is wrong when it is not whole.
    pub(crate) async fn all<R: Row>(&self, cx: &CallCx, path: &[&str], query: &Query) -> Result<Vec<R>> {
        let found = self.every(cx, path, query).await?;
        if found.truncated { Err(Error::bad_reply("more rows than can be read")) } else { Ok(found.rows) }
    }

    /// Makes a record and returns its number. Sent once; after that, everything that is not a plain refusal leaves the
    /// outcome unknown.
    pub(crate) async fn post(&self, cx: &CallCx, path: &[&str], record: &Value, what: &'static str) -> Result<i64> {
        let request = self.dressed(Request::post(path)).json(record)?;
        let response = error::check(self.http.send(cx, request).await?, Asked::Write(what))?;
        let written: Written = object(&response).map_err(error::after_write)?;
        written.id.id().ok_or_else(error::unknown)
    }

    /// Puts references to other records into fields, all in one. A 200 proves nothing: read it back.
    pub(crate) async fn patch(
        &self,
        cx: &CallCx,
        path: &[&str],
        fields: &[(Field, i64)],
        what: &'static str,
    ) -> Result<()> {
        let operation =
            |(field, id): &(Field, i64)| json!({ "op": "replace", "path": field.path(), "value": { "id": id } });
        let operations: Vec<Value> = fields.iter().map(operation).collect();
        let mut request = self.dressed(Request::post(path)).json(&operations)?;
        request.method = Method::PATCH;
        error::check(self.http.send(cx, request).await?, Asked::Write(what)).map(drop)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    id: Num,
}

/// Hands on rows that did not come before, up to the most that are read.
struct New<'t, R> {
    seen: Seen,
    most: usize,
    take: Take<'t, R>,
}

impl<R: Row> New<'_, R> {
    fn take(&mut self, row: R) -> Result<()> {
        let id = row.id().ok_or_else(|| Error::bad_reply("a row without a number"))?;
        if self.seen.insert(id) && self.seen.len() <= self.most { (self.take)(row) } else { Ok(()) }
    }
}

/// Whether `Link` names a next page (RFC 8288); `None` without the header. Where that page would be is not read.
fn says_next(response: &Response) -> Option<bool> {
    let is_next = |it: &str| it.trim().replace('"', "").eq_ignore_ascii_case("rel=next");
    response.header(&header::LINK).map(|link| link.split(',').any(|it| it.split(';').skip(1).any(is_next)))
}

/// An object, bare or alone in an array, as some versions send it.
fn object<T: DeserializeOwned>(response: &Response) -> Result<T> {
    match response.body.iter().find(|it| !it.is_ascii_whitespace()) {
        Some(b'[') => {
            let mut all: Vec<T> = response.json()?;
            match (all.pop(), all.len()) {
                (Some(only), 0) => Ok(only),
                (Some(_) | None, _) => Err(Error::bad_reply("not one record")),
            }
        }
        Some(b'{') => response.json(),
        Some(_) | None => Err(Error::bad_reply("no object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    #[test]
    fn only_a_next_page_counts_in_a_link() {
        let cases = [
            ("<https://x/a?page=2>; rel=\"next\", <https://x/a?page=4>; rel=\"last\"", true),
            ("<https://x/a?page=1>; rel=\"prev\", <https://x/a?page=1>; rel=\"first\"", false),
            ("<https://x/?rel=next>", false),
            ("<https://evil.example/>; rel=next", true),
            ("", false),
        ];
        let bare = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Default::default() };
        assert_eq!(says_next(&bare), None);
        for (link, next) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, link.parse().expect("a header"));
            let response = Response { status: StatusCode::OK, headers, body: Default::default() };
            assert_eq!(says_next(&response), Some(next), "{link}");
        }
    }
}

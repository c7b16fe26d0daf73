//! Requests in the vendor's manner: records by number, lists by cursor, many records of one list at once.

use crate::error;
use crate::wire::{Associated, Record, Results};
use postern_api::http::{Effect, Http, Method, Request, Response};
use postern_api::{CallCx, Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most rows of a page, and of records that are asked for at once.
const PAGE: usize = 100;
/// The most associations of a page.
const ASSOCIATIONS: u32 = 500;

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
}

#[derive(Serialize)]
struct Batch<'a> {
    properties: &'a [&'a str],
    inputs: Vec<Input<'a>>,
}

#[derive(Serialize)]
struct Input<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Changed<'a> {
    properties: &'a BTreeMap<&'a str, &'a str>,
}

impl Client {
    async fn read(&self, cx: &CallCx, request: Request, what: &'static str) -> Result<Response> {
        error::check(self.http.send(cx, request).await?, Effect::Read, what)
    }

    /// One record by its number. One that was archived, and one that was merged into another, is not there.
    pub(crate) async fn one(
        &self,
        cx: &CallCx,
        (kind, what): (&str, &'static str),
        id: &str,
        properties: &[&str],
    ) -> Result<Record> {
        let request = Request::get(&["crm", "v3", "objects", kind, id]).query("properties", properties.join(","));
        let record: Record = self.read(cx, request, what).await?.json()?;
        // The vendor answers for a record that was merged with the one that it went into, which is another.
        if record.archived || record.id != id {
            return Err(Error::not_found(what).with("moved", (!record.archived).to_string()));
        }
        Ok(record)
    }

    /// The record in whose unique property `by` this value stands. Asked for as the record itself, not through the search.
    pub(crate) async fn by_unique(
        &self,
        cx: &CallCx,
        (kind, what): (&str, &'static str),
        (by, value): (&str, &str),
        properties: &[&str],
    ) -> Result<Option<Record>> {
        let request = Request::get(&["crm", "v3", "objects", kind, value]).query("idProperty", by);
        let request = request.query("properties", properties.join(","));
        let record: Record = match self.read(cx, request, what).await {
            Ok(response) => response.json()?,
            Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // Whatever else was taken for the value, for example a number of another record, is not it.
        Ok(Some(record).filter(|it| !it.archived && it.text(by) == Some(value)))
    }

    /// Every record of a kind, by the vendor's cursor, until there is no more or `max_rows` are there.
    pub(crate) async fn all(&self, cx: &CallCx, kind: &str, properties: &[&str]) -> Result<Rows<Record>> {
        let path = ["crm", "v3", "objects", kind];
        let ask = |limit: usize| {
            Request::get(&path)
                .query("limit", limit)
                .query("archived", "false")
                .query("properties", properties.join(","))
        };
        let mut seen = BTreeSet::new();
        let found = self.pages::<Record>(cx, &ask(PAGE), error::LIST).await?;
        let rows = found.rows.into_iter().filter(|it| !it.archived && seen.insert(it.id.clone())).collect();
        Ok(Rows { rows, truncated: found.truncated })
    }

    /// The numbers of the contacts that are connected with a company, whatever the connection is called.
    pub(crate) async fn contacts_of(&self, cx: &CallCx, company: &str) -> Result<Rows<String>> {
        let request = Request::get(&["crm", "v4", "objects", "companies", company, "associations", "contacts"]);
        let found = self.pages::<Associated>(cx, &request.query("limit", ASSOCIATIONS), "organisation").await?;
        let mut seen = BTreeSet::new();
        let rows = found.rows.iter().map(|it| it.to.to_string()).filter(|it| seen.insert(it.clone())).collect();
        Ok(Rows { rows, truncated: found.truncated })
    }

    async fn pages<R: DeserializeOwned>(&self, cx: &CallCx, request: &Request, what: &'static str) -> Result<Rows<R>> {
        let (mut rows, mut after, mut asked) = (Vec::new(), None::<String>, BTreeSet::new());
        loop {
            let page = request.clone();
            let page = match &after {
                Some(after) => page.query("after", after),
                None => page,
            };
            let mut got: Results<R> = self.read(cx, page, what).await?.json()?;
            rows.append(&mut got.results);
            let most = self.max_rows as usize;
            if rows.len() >= most {
                let truncated = rows.len() > most || got.next().is_some();
                rows.truncate(most);
                return Ok(Rows { rows, truncated });
            }
            match got.next() {
                // A cursor that comes back leads round in a circle, and nobody knows what is missing.
                Some(next) if !asked.insert(next.to_owned()) => return Ok(Rows { rows, truncated: true }),
                Some(next) => after = Some(next.to_owned()),
                None => return Ok(Rows { rows, truncated: false }),
            }
        }
    }

    /// These records; those that are not there any more are left out.
    pub(crate) async fn these(
        &self,
        cx: &CallCx,
        kind: &str,
        ids: &[String],
        properties: &[&str],
    ) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        for some in ids.chunks(PAGE) {
            let inputs = some.iter().map(|id| Input { id }).collect();
            let request = Request::post(&["crm", "v3", "objects", kind, "batch", "read"]).reading();
            let request = request.json(&Batch { properties, inputs })?;
            let got: Results<Record> = self.read(cx, request, error::LIST).await?.json()?;
            // Only what was asked for, each once.
            let mut left: BTreeSet<&String> = some.iter().collect();
            records.extend(got.results.into_iter().filter(|it| !it.archived && left.remove(&it.id)));
        }
        Ok(records)
    }

    /// Whether a list can be read at all.
    pub(crate) async fn first(&self, cx: &CallCx, kind: &str) -> Result<()> {
        let request = Request::get(&["crm", "v3", "objects", kind]).query("limit", 1);
        self.read(cx, request, "address").await?.json::<Results<Record>>().map(drop)
    }

    /// Changes properties of one record. Sent once; after that, everything that is not a plain refusal leaves the outcome unknown.
    pub(crate) async fn change(
        &self,
        cx: &CallCx,
        (kind, what): (&str, &'static str),
        id: &str,
        properties: &BTreeMap<&str, &str>,
    ) -> Result<()> {
        let mut request = Request::post(&["crm", "v3", "objects", kind, id]).json(&Changed { properties })?;
        request.method = Method::PATCH;
        let response = error::check(self.http.send(cx, request).await?, Effect::Write, what)?;
        let changed = response.json::<Record>().map_err(|error| error::unknown().because(error))?;
        if changed.id == id { Ok(()) } else { Err(error::unknown()) }
    }
}

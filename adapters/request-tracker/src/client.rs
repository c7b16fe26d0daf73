//! The calls to REST 2 that this adapter makes.

use crate::error::{not_made, refused, unproven};
use crate::query::{self, Clause};
use crate::wire::{Attachment, Condition, Page, Profile, Queue, Standing, Ticket, Transaction, User};
use postern_api::http::{Effect, Http, Request, header};
use postern_api::{CallCx, Error, ErrorKind, ExternalId, Result};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::sync::Arc;

/// The most rows of one answer; Request Tracker gives no more, whatever is asked for.
pub(crate) const PER_PAGE: u32 = 100;
/// The most pages of one history or one list of people. More than that is refused rather than shown in part.
const MAX_PAGES: u32 = 50;

const TICKET_FIELDS: &str =
    "Subject,Status,Priority,Queue,Requestor,Owner,Created,LastUpdated,Told,Started,Resolved,Due,CustomFields";
const MESSAGE_FIELDS: &str = "Type,ObjectId,Created,Creator,CustomFields";
const PERSON_FIELDS: &str = "id,Name,RealName,EmailAddress,Organization";

#[derive(Debug)]
pub(crate) struct Client {
    http: Arc<dyn Http>,
}

/// What a ticket is before a change, and the mark by which Request Tracker knows whether it changed since.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) standing: Standing,
    etag: String,
}

fn path<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["REST", "2.0"], rest].concat()
}

impl Client {
    pub(crate) fn new(http: Arc<dyn Http>) -> Self {
        Self { http }
    }

    async fn read<T: DeserializeOwned>(&self, cx: &CallCx, request: Request) -> Result<T> {
        let response = self.http.send(cx, request).await?;
        if !response.status.is_success() {
            return Err(refused(Effect::Read, &response));
        }
        response.json()
    }

    /// A row by number; one that is not there is `None`.
    async fn find<T: DeserializeOwned>(&self, cx: &CallCx, request: Request) -> Result<Option<T>> {
        match self.read(cx, request).await {
            Ok(row) => Ok(Some(row)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Every page of a collection. Request Tracker gives no total for these, so a short page is the last.
    async fn pages<T: DeserializeOwned>(&self, cx: &CallCx, request: Request) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        for page in 1..=MAX_PAGES {
            let request = request.clone().query("per_page", PER_PAGE).query("page", page);
            let items = self.read::<Page<T>>(cx, request).await?.items;
            let last = items.len() < PER_PAGE as usize;
            rows.extend(items);
            if last {
                return Ok(rows);
            }
        }
        Err(Error::bad_reply("more pages than are read"))
    }

    /// Proves address and credentials.
    pub(crate) async fn version(&self, cx: &CallCx) -> Result<()> {
        #[derive(serde::Deserialize)]
        struct Version {
            #[serde(rename = "Version")]
            _version: String,
        }
        self.read::<Version>(cx, Request::get(&path(&["rt"]))).await.map(drop)
    }

    /// One page of tickets, sorted, ties by number.
    pub(crate) async fn tickets(
        &self,
        cx: &CallCx,
        filter: &Clause,
        (column, descending): (&str, bool),
        (per_page, page): (u32, u32),
    ) -> Result<Page<Ticket>> {
        let order = if descending { "DESC" } else { "ASC" };
        let mut request = Request::get(&path(&["tickets"]))
            .query("query", filter.text())
            .query("fields", TICKET_FIELDS)
            .query("fields[Queue]", "id,Name")
            .query("fields[Requestor]", PERSON_FIELDS)
            .query("fields[Owner]", PERSON_FIELDS)
            .query("per_page", per_page)
            .query("page", page);
        for column in [column, "id"] {
            request = request.query("orderby", column).query("order", order);
        }
        self.read(cx, request).await
    }

    /// A ticket with its mark. Request Tracker follows merges: what comes back may have another number and queue.
    pub(crate) async fn before(&self, cx: &CallCx, number: i64) -> Result<Before> {
        let number = number.to_string();
        let response = self.http.send(cx, Request::get(&path(&["ticket", &number]))).await?;
        if !response.status.is_success() {
            return Err(refused(Effect::Read, &response));
        }
        let etag =
            response.header(&header::ETAG).ok_or_else(|| Error::bad_reply("a ticket without an ETag"))?.to_owned();
        Ok(Before { standing: response.json()?, etag })
    }

    /// Messages and changes of status of some tickets.
    pub(crate) async fn transactions(&self, cx: &CallCx, filter: &Clause) -> Result<Vec<Transaction>> {
        let request = Request::get(&path(&["transactions"]))
            .query("query", filter.text())
            .query("fields", MESSAGE_FIELDS)
            .query("fields[Creator]", PERSON_FIELDS)
            .query("orderby", "id");
        self.pages(cx, request).await
    }

    /// The numbers of the tickets with such entries, one page of them, and whether there are more.
    pub(crate) async fn tickets_with(&self, cx: &CallCx, filter: &Clause) -> Result<(Vec<i64>, bool)> {
        #[derive(serde::Deserialize)]
        struct Hit {
            #[serde(rename = "ObjectId")]
            ticket: crate::wire::Num,
        }
        let request = Request::get(&path(&["transactions"]))
            .query("query", filter.text())
            .query("fields", "ObjectId")
            .query("orderby", "id")
            .query("order", "DESC")
            .query("per_page", PER_PAGE);
        let hits = self.read::<Page<Hit>>(cx, request).await?.items;
        let more = hits.len() >= PER_PAGE as usize;
        let mut tickets: Vec<i64> = hits.into_iter().map(|it| it.ticket.0).collect();
        tickets.sort_unstable();
        tickets.dedup();
        Ok((tickets, more))
    }

    /// The texts of some messages: their parts that are text and no file.
    pub(crate) async fn texts(&self, cx: &CallCx, messages: &[i64]) -> Result<Vec<Attachment>> {
        let no_file = [Condition::new("Filename", "IS", "NULL"), Condition::new("Filename", "=", "").or()];
        let text = [Condition::new("ContentType", "STARTSWITH", "text/")];
        self.attachments(cx, messages, "TransactionId,ContentType,Content", no_file.into_iter().chain(text).collect())
            .await
    }

    /// The files of some messages, without their content.
    pub(crate) async fn files(&self, cx: &CallCx, messages: &[i64]) -> Result<Vec<Attachment>> {
        let fields = "TransactionId,Filename,ContentType,ContentLength,Created";
        self.attachments(cx, messages, fields, vec![Condition::new("Filename", "IS NOT", "NULL")]).await
    }

    /// Asked by message, not by ticket: the parts of notifications stay out, and no page is short because some of its
    /// rows are hidden. Never asks for `Parent`, on which Request Tracker 5.0.3 fails.
    async fn attachments(
        &self,
        cx: &CallCx,
        messages: &[i64],
        fields: &str,
        conditions: Vec<Condition>,
    ) -> Result<Vec<Attachment>> {
        let mut rows = Vec::new();
        for some in messages.chunks(PER_PAGE as usize) {
            let of = some.iter().map(|it| Condition::new("TransactionId", "=", it).or());
            let body: Vec<&Condition> = conditions.iter().collect();
            let of: Vec<Condition> = of.collect();
            let body: Vec<&Condition> = of.iter().chain(body).collect();
            let request =
                Request::post(&path(&["attachments"])).reading().query("fields", fields).query("orderby", "id");
            rows.extend(self.pages::<Attachment>(cx, request.json(&body)?).await?);
        }
        Ok(rows)
    }

    /// People with these values, the first page of them.
    pub(crate) async fn users(&self, cx: &CallCx, fields: &[(&'static str, &str)]) -> Result<Page<User>> {
        self.read(cx, people(fields)?.query("per_page", PER_PAGE)).await
    }

    /// Everybody with these values.
    pub(crate) async fn all_users(&self, cx: &CallCx, fields: &[(&'static str, &str)]) -> Result<Vec<User>> {
        self.pages(cx, people(fields)?.query("orderby", "id")).await
    }

    /// A person by number. A group's number is nobody.
    pub(crate) async fn profile(&self, cx: &CallCx, number: i64) -> Result<Option<Profile>> {
        self.find(cx, Request::get(&path(&["user", &number.to_string()]))).await
    }

    /// A queue by number, never by name.
    pub(crate) async fn queue(&self, cx: &CallCx, id: &ExternalId) -> Result<Option<Queue>> {
        match query::row_number(id.as_str()) {
            Some(number) => self.find(cx, Request::get(&path(&["queue", &number.to_string()]))).await,
            None => Ok(None),
        }
    }

    /// Every queue that the account may see, also disabled ones.
    pub(crate) async fn queues(&self, cx: &CallCx) -> Result<Vec<Queue>> {
        let request = Request::get(&path(&["queues", "all"])).query("fields", "Name,Disabled");
        self.pages(cx, request.query("find_disabled_rows", 1)).await
    }

    /// The queue with exactly this name.
    pub(crate) async fn queue_named(&self, cx: &CallCx, name: &str) -> Result<Option<Queue>> {
        let request = Request::post(&path(&["queues"])).reading().query("fields", "Name,Disabled");
        let page: Page<Queue> = self.read(cx, request.json(&[Condition::new("Name", "=", name)])?).await?;
        Ok(page.items.into_iter().find(|it| it.name == name))
    }

    /// Changes a ticket if it is still as it was before; else `Conflict`. What Request Tracker says about it in 200 is
    /// no proof: the caller reads the ticket again and compares, and asks [`Prose::error`] if the change is not there.
    pub(crate) async fn change(&self, cx: &CallCx, before: &Before, change: &impl Serialize) -> Result<Prose> {
        let number = before.standing.id.to_string();
        let request = Request::put(&path(&["ticket", &number])).header(header::IF_MATCH, before.etag.as_str());
        let response = self.http.send(cx, request.json(change)?).await?;
        if !response.status.is_success() {
            return Err(refused(Effect::Write, &response));
        }
        response.json().map(Prose).map_err(unproven)
    }

    /// Creates a row and returns its number, which only the `Location` header names for every kind of row.
    pub(crate) async fn post(&self, cx: &CallCx, to: &[&str], body: &impl Serialize) -> Result<i64> {
        let response = self.http.send(cx, Request::post(&path(to)).json(body)?).await?;
        if !response.status.is_success() {
            return Err(refused(Effect::Write, &response));
        }
        response.json::<IgnoredAny>().map_err(unproven)?;
        let last = response.header(&header::LOCATION).and_then(|it| it.rsplit('/').next());
        let number = last.and_then(query::row_number);
        number.ok_or_else(|| unproven(Error::bad_reply("a created row without a Location")))
    }
}

fn people(fields: &[(&'static str, &str)]) -> Result<Request> {
    let conditions: Vec<Condition> = fields.iter().map(|(field, value)| Condition::new(field, "=", value)).collect();
    let request = Request::post(&path(&["users"])).reading();
    request.query("fields", format!("{PERSON_FIELDS},WorkPhone,MobilePhone")).json(&conditions)
}

/// What Request Tracker said about a change.
#[derive(Debug)]
pub(crate) struct Prose(Vec<String>);

impl Prose {
    /// The error for a change that is not there.
    pub(crate) fn error(&self) -> Error {
        not_made(&self.0)
    }
}

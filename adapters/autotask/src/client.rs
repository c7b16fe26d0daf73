//! Requests in the vendor's manner: three headers, a zone, a budget, queries by `POST`, pages by the same `POST` again.

use crate::account::Budgets;
use crate::auth::{INTEGRATION_CODE, USER_NAME};
use crate::config::Config;
use crate::error;
use crate::filter::{Filter, MANY, Query};
use crate::wire::{Num, Row};
use crate::zone::{Found, Zone};
use parking_lot::Mutex;
use postern_api::http::{Effect, Http, Method, Request, Response, StatusCode};
use postern_api::loose::{Seen, Take, keyed};
use postern_api::{CallCx, Error, Result};
use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a zone holds.
const ZONE_HOLDS: Duration = Duration::from_secs(12 * 3_600);
/// Rows of one page, the vendor's most.
pub(crate) const PAGE: u32 = 500;

/// Rows of a query, and whether there were more.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) truncated: bool,
}

/// Speaks to one database.
#[derive(Debug)]
pub(crate) struct Client {
    http: Arc<dyn Http>,
    config: Arc<Config>,
    budgets: Budgets,
    zone: Mutex<Option<(Instant, Arc<Zone>)>>,
    looking: tokio::sync::Mutex<()>,
}

impl Client {
    pub(crate) fn new(http: Arc<dyn Http>, config: Arc<Config>, budgets: Budgets) -> Self {
        Self { http, config, budgets, zone: Mutex::default(), looking: tokio::sync::Mutex::default() }
    }

    /// The zone: asked for once, by one of many callers.
    async fn zone(&self, cx: &CallCx) -> Result<Arc<Zone>> {
        let held = || self.zone.lock().clone().filter(|(at, _)| at.elapsed() < ZONE_HOLDS).map(|(_, zone)| zone);
        if let Some(zone) = held() {
            return Ok(zone);
        }
        let _one = self.looking.lock().await;
        match held() {
            Some(zone) => Ok(zone),
            None => self.look(cx).await,
        }
    }

    async fn look(&self, cx: &CallCx) -> Result<Arc<Zone>> {
        let request = Request::get(&["v1.0", "zoneInformation"]).query("user", &self.config.username);
        let response = self.http.send(cx, self.signed(request)).await?;
        let found: Found = error::check(response, Effect::Read, "zone")?.json()?;
        let zone = Arc::new(Zone::pinned(&found, &self.config, &self.budgets)?);
        *self.zone.lock() = Some((Instant::now(), zone.clone()));
        Ok(zone)
    }

    fn signed(&self, request: Request) -> Request {
        let code = self.config.integration_code.as_str();
        request.header(USER_NAME, self.config.username.as_str()).header(INTEGRATION_CODE, code)
    }

    /// Sends a request below the zone. After a 401, which changed nothing, the zone is asked for once more: the vendor
    /// moves databases.
    async fn send(&self, cx: &CallCx, entity: &'static str, request: Request) -> Result<Response> {
        let zone = self.zone(cx).await?;
        let response = self.once(cx, &zone, entity, request.clone()).await?;
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let now = {
            let _one = self.looking.lock().await;
            let held = self.zone.lock().clone().map(|(_, zone)| zone);
            match held.filter(|it| !Arc::ptr_eq(it, &zone)) {
                Some(zone) => zone,
                None => self.look(cx).await?,
            }
        };
        if now.base == zone.base { Ok(response) } else { self.once(cx, &now, entity, request).await }
    }

    async fn once(&self, cx: &CallCx, zone: &Zone, entity: &'static str, request: Request) -> Result<Response> {
        let mut request = self.signed(request);
        request.absolute = Some(zone.base.to_string());
        let _place = zone.account.place(cx, &self.config.integration_code, entity).await?;
        zone.account.take()?;
        let response = self.http.send(cx, request).await?;
        if error::shuts_out(&response) {
            zone.account.pause(response.retry_after());
        }
        Ok(response)
    }

    /// A read, and once in a while a look at how much of the hour all integrations have used.
    async fn read(&self, cx: &CallCx, entity: &'static str, request: Request, what: &'static str) -> Result<Response> {
        let response = self.send(cx, entity, request).await?;
        if self.zone(cx).await?.account.look_now() {
            // Not being told is no reason to fail; the next look is as far away as this one was.
            drop(self.threshold(cx).await);
        }
        error::check(response, Effect::Read, what)
    }

    /// The vendor's own count of the hour, for the budget. Costs one request of it.
    pub(crate) async fn threshold(&self, cx: &CallCx) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Threshold {
            external_request_threshold: Num,
            current_timeframe_request_count: Num,
        }
        let response = self.send(cx, "ThresholdInformation", Request::get(&["ThresholdInformation"])).await?;
        let told: Threshold = error::check(response, Effect::Read, "threshold")?.json()?;
        let (used, of) = (told.current_timeframe_request_count.count(), told.external_request_threshold.count());
        self.zone(cx).await?.account.reported(used, of);
        Ok(())
    }

    /// One record by its number; the vendor says 200 and `null` where there is none.
    pub(crate) async fn one<R: Row>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        id: i64,
        what: &'static str,
    ) -> Result<R> {
        #[derive(Deserialize)]
        #[serde(bound = "R: DeserializeOwned")]
        struct One<R> {
            // By hand, so that an answer without the key is not taken for an empty one.
            #[serde(deserialize_with = "required")]
            item: Option<R>,
        }
        let response = self.read(cx, entity, Request::get(&[entity, &id.to_string()]), what).await?;
        let one: One<R> = response.json()?;
        let row = one.item.ok_or_else(|| Error::not_found(what))?;
        // Another number than the one that was asked for is somebody else's record.
        if row.id() == Some(id) { Ok(row) } else { Err(Error::bad_reply("another record than the one asked for")) }
    }

    /// What an address below an entity says.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        path: &[&str],
        what: &'static str,
    ) -> Result<T> {
        self.read(cx, entity, Request::get(path), what).await?.json()
    }

    /// How many rows a query has.
    pub(crate) async fn count(&self, cx: &CallCx, entity: &'static str, filter: Filter) -> Result<u64> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Counted {
            query_count: u64,
        }
        let request = Request::post(&[entity, "query", "count"]).reading().json(&Query::count(filter))?;
        let counted: Counted = self.read(cx, entity, request, "list").await?.json()?;
        Ok(counted.query_count)
    }

    /// The rows of a query, page by page, until there are no more or `most` are there.
    pub(crate) async fn rows<R: Row>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        filter: &Filter,
        fields: Option<&'static [&'static str]>,
        most: u32,
    ) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let take: Take<'_, R> = &mut |row| {
            rows.push(row);
            Ok(())
        };
        let truncated = self.each(cx, entity, filter, fields, most, take).await?;
        Ok(Rows { rows, truncated })
    }

    /// The same, each row handed on as it is read. Returns whether there were more.
    ///
    /// The end is a page without a next one. A page without a new row, or more pages than rows could fill, end it too:
    /// then there may be more, and the answer says so.
    pub(crate) async fn each<R: Row>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        filter: &Filter,
        fields: Option<&'static [&'static str]>,
        most: u32,
        take: Take<'_, R>,
    ) -> Result<bool> {
        let query = Query::rows(filter.clone(), fields, PAGE);
        let most = most as usize;
        let mut seen = Seen::default();
        let mut page = first_page(entity);
        for _ in 0..=(most / PAGE as usize + 1) {
            let response = self.read(cx, entity, page.json(&query)?, "list").await?;
            let before = seen.len();
            let (sent, details) = keyed::<R, Details>(&response.body, ("items", "pageDetails"), &mut |row| {
                let id = row.id().ok_or_else(|| Error::bad_reply("a row without a number"))?;
                if seen.insert(id) && seen.len() <= most { take(row) } else { Ok(()) }
            })?;
            // Without rows or without details it is no page.
            let details = details.filter(|_| sent.is_some()).ok_or_else(|| Error::bad_reply("no page"))?;
            let Some(next) = details.next_page_url.filter(|it| !it.is_empty()) else { return Ok(seen.len() > most) };
            if seen.len() >= most || seen.len() == before {
                break;
            }
            // The same query again: the vendor takes no `GET` here, and nothing but the paging value is its own.
            let paging = self.zone(cx).await?.next(&next, entity)?;
            page = Request::post(&[entity, "query", "next"]).reading().query("paging", paging);
        }
        Ok(true)
    }

    /// The rows that have one of these numbers in a field, [`MANY`] numbers a query.
    pub(crate) async fn among<R: Row>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        field: &'static str,
        values: &[i64],
        fields: &'static [&'static str],
        most: u32,
    ) -> Result<Rows<R>> {
        let mut rows = Vec::new();
        let take: Take<'_, R> = &mut |row| {
            rows.push(row);
            Ok(())
        };
        let truncated = self.each_among(cx, entity, (field, values), fields, most, take).await?;
        Ok(Rows { rows, truncated })
    }

    /// The same, each row handed on as it is read. Returns whether there were more.
    pub(crate) async fn each_among<R: Row>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        (field, values): (&'static str, &[i64]),
        fields: &'static [&'static str],
        most: u32,
        take: Take<'_, R>,
    ) -> Result<bool> {
        let mut truncated = false;
        for some in values.chunks(MANY) {
            let filter = Filter::every(vec![Filter::among(field, some)]);
            truncated |= self.each(cx, entity, &filter, Some(fields), most, &mut *take).await?;
        }
        Ok(truncated)
    }

    /// Writes one record and returns its number. Sent once; after that, everything that is not a plain refusal leaves the
    /// outcome unknown.
    pub(crate) async fn write(
        &self,
        cx: &CallCx,
        entity: &'static str,
        method: Method,
        path: &[&str],
        record: &impl Serialize,
    ) -> Result<i64> {
        #[derive(Deserialize)]
        struct Written {
            #[serde(rename = "itemId")]
            item: Num,
        }
        let mut request = Request::post(path).json(record)?;
        request.method = method;
        let response = error::check(self.send(cx, entity, request).await?, Effect::Write, "ticket")?;
        let written: Written = response.json().map_err(error::after_write)?;
        written.item.id().ok_or_else(error::unknown)
    }
}

fn first_page(entity: &str) -> Request {
    Request::post(&[entity, "query"]).reading()
}

/// What a page says about the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default)]
    next_page_url: Option<String>,
}

fn required<'de, D: Deserializer<'de>, R: DeserializeOwned>(deserializer: D) -> Result<Option<R>, D::Error> {
    Option::deserialize(deserializer)
}

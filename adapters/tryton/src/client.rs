//! Calls in Tryton's manner: one address, a method and its parameters, the last of which is always the context.

use crate::error;
use crate::wire::Domain;
use postern_api::http::{Http, Request};
use postern_api::{CallCx, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// Speaks to one database.
#[derive(Debug)]
pub(crate) struct Client {
    http: Arc<dyn Http>,
    company: i64,
}

/// How rows are sorted and which of them are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) order: &'static [(&'static str, &'static str)],
    pub(crate) offset: u32,
    pub(crate) limit: u32,
}

impl Client {
    pub(crate) fn new(http: Arc<dyn Http>, company: i64) -> Self {
        Self { http, company }
    }

    /// A call that reads.
    async fn call(&self, cx: &CallCx, method: &str, mut params: Vec<Value>) -> Result<Value> {
        // Errors are told apart by their English words.
        params.push(json!({ "company": self.company, "language": "en" }));
        let call = json!({ "id": 1, "method": method, "params": params });
        error::result(&self.http.send(cx, Request::post(&[]).reading().json(&call)?).await?)
    }

    /// Rows of a model that a domain holds.
    pub(crate) async fn rows<R: DeserializeOwned>(
        &self,
        cx: &CallCx,
        model: &'static str,
        domain: &Domain,
        slice: Slice,
        fields: &[&str],
    ) -> Result<Vec<R>> {
        let params = vec![domain.value(), json!(slice.offset), json!(slice.limit), json!(slice.order), json!(fields)];
        let rows = self.call(cx, &format!("model.{model}.search_read"), params).await?;
        let rows: Vec<R> = serde_json::from_value(rows)
            .map_err(|e| Error::bad_reply(format!("rows of {model}, {:?}", e.classify())))?;
        // More than was asked for is another answer.
        if rows.len() > slice.limit as usize { Err(Error::bad_reply("more rows than asked for")) } else { Ok(rows) }
    }

    /// How many records a domain holds.
    pub(crate) async fn count(&self, cx: &CallCx, model: &'static str, domain: &Domain) -> Result<u64> {
        let count = self.call(cx, &format!("model.{model}.search_count"), vec![domain.value()]).await?;
        count.as_u64().ok_or_else(|| Error::bad_reply("no count"))
    }
}

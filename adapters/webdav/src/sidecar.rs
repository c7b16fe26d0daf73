//! The side-car: one file in each organisation's folder with the marks and publications of all others, for servers that keep
//! no properties. Written whole, over the content that was read and no other.
//!
//! `{"files": {"Contract.v2.pdf": {"audience": "customer", "state": "approved", "approved-etag": "...", "kind": "Contract"}}}`

use crate::adapter::WebDav;
use crate::ledger::{Ledger, unreadable};
use crate::marks::Marks;
use postern_api::http::{Effect, header};
use postern_api::{CallCx, Error, Result};
use postern_dav::{Etag, get};
use serde_json::{Map, Value};

/// The side-car's name.
pub const SIDECAR: &str = ".postern.json";

/// What the side-car says.
#[derive(Debug, Default)]
pub(crate) struct Sidecar {
    /// The content; what people added beside our words stays.
    whole: Map<String, Value>,
    /// What a change has to be of; `None`: there is no side-car yet.
    pub(crate) etag: Option<Etag>,
    /// Whether it is something else than a side-car: then nothing is marked, and nothing is written over it.
    broken: bool,
}

impl WebDav {
    pub(crate) async fn sidecar(&self, cx: &CallCx, folder: &[&str]) -> Result<Sidecar> {
        let path: Vec<&str> = folder.iter().copied().chain([SIDECAR]).collect();
        let response = self.http.send(cx, get(&path)).await?;
        if response.status.as_u16() == 404 {
            return Ok(Sidecar::default());
        }
        let response = postern_dav::check(response, &[200], Effect::Read, "side-car")?;
        let etag = response.header(&header::ETAG).and_then(Etag::new);
        let etag = Some(etag.ok_or_else(|| Error::bad_reply("a side-car without an entity tag"))?);
        let html = response.header(&header::CONTENT_TYPE).is_some_and(|it| it.contains("html"));
        if html {
            return Err(Error::bad_reply("a page in place of the side-car"));
        }
        Ok(match response.json::<Map<String, Value>>() {
            Ok(whole) if whole.get("files").is_none_or(Value::is_object) => Sidecar { whole, etag, broken: false },
            Ok(_) | Err(_) => Sidecar { whole: Map::new(), etag, broken: true },
        })
    }
}

impl Sidecar {
    /// What it says of a file.
    pub(crate) fn of(&self, name: &str) -> (Marks, Option<Ledger>) {
        if self.broken {
            return (Marks::default(), None);
        }
        let Some(entry) = self.whole.get("files").and_then(|it| it.get(name)) else {
            return (Marks::default(), Some(Ledger::default()));
        };
        let marks = serde_json::from_value(entry.clone()).unwrap_or_default();
        let ledger = match entry.get("ledger") {
            None => Some(Ledger::default()),
            Some(kept) => serde_json::from_value(kept.clone()).ok(),
        };
        (marks, ledger.filter(|_| entry.is_object()))
    }

    /// The whole file with another ledger of one file.
    pub(crate) fn with(&self, name: &str, ledger: &Ledger) -> Result<Vec<u8>> {
        if self.broken {
            return Err(unreadable());
        }
        let ledger = serde_json::to_value(ledger).map_err(|e| Error::internal("a ledger").because(e))?;
        let mut whole = self.whole.clone();
        let files = whole.entry("files").or_insert_with(|| Value::Object(Map::new()));
        let files = files.as_object_mut().ok_or_else(unreadable)?;
        let entry = files.entry(name).or_insert_with(|| Value::Object(Map::new()));
        entry.as_object_mut().ok_or_else(unreadable)?.insert("ledger".to_owned(), ledger);
        serde_json::to_vec_pretty(&whole).map_err(|e| Error::internal("a side-car").because(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_beside_stays() {
        let text =
            r#"{"note":"ours","files":{"a.pdf":{"state":"approved","colour":"blue"},"b.pdf":{"state":"draft"}}}"#;
        let sidecar = Sidecar { whole: serde_json::from_str(text).expect("json"), etag: None, broken: false };
        let written = sidecar.with("a.pdf", &Ledger::default()).expect("a file");
        let written: Value = serde_json::from_slice(&written).expect("json");
        assert_eq!(written["note"], "ours");
        assert_eq!(written["files"]["a.pdf"]["colour"], "blue");
        assert_eq!(written["files"]["b.pdf"]["state"], "draft");
        assert_eq!(written["files"]["a.pdf"]["ledger"]["steps"], serde_json::json!([]));
    }

    #[test]
    fn what_is_no_sidecar_marks_nothing_and_is_not_written_over() {
        let broken = Sidecar { broken: true, ..Sidecar::default() };
        assert!(broken.of("a.pdf").1.is_none() && broken.with("a.pdf", &Ledger::default()).is_err());
        let odd: Map<_, _> = serde_json::from_str(r#"{"files":{"a.pdf":"approved"}}"#).expect("json");
        let odd = Sidecar { whole: odd, etag: None, broken: false };
        assert!(odd.of("a.pdf").1.is_none() && odd.with("a.pdf", &Ledger::default()).is_err());
        assert!(!odd.of("a.pdf").0.for_customers());
    }
}

//! Questions and answers.
//!
//! **Invariant:** an entry that describes how the MSP works inside is never among those that customers may read, whatever
//! its state says, and cannot be published.

use crate::convert::{from_json, id, json, micros, named, text, time, word};
use crate::fail::{Result, refuse};
use crate::filter::Filter;
use crate::once::{self, TENANTS_OWN};
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use rusqlite::Row;

const SELECT: &str = "SELECT id, question, answer, category, language, segments, state, sensitive, internal, updated_at
                      FROM faq WHERE tenant = :tenant";

pub(super) fn list(rows: &Rows<'_>, query: &FaqQuery) -> Result<Vec<FaqEntry>> {
    let mut filter = Filter::default();
    filter.only("category COLLATE NOCASE", ":category", query.category.clone());
    filter.only("language COLLATE NOCASE", ":language", query.language.clone());
    if query.published_only {
        filter.and("state = :published AND internal = 0");
        filter.bind(":published", word(&FaqState::Published)?);
    }
    let sql = format!("{SELECT}{} ORDER BY category COLLATE NOCASE, question COLLATE NOCASE, key", filter.sql());
    rows.all(&sql, &filter.params(), entry)
}

fn entry(row: &Row<'_>) -> Result<FaqEntry> {
    Ok(FaqEntry {
        id: id(row, 0, FaqId::new)?,
        question: text(row, 1)?,
        answer: text(row, 2)?,
        category: row.get(3)?,
        language: row.get(4)?,
        segments: from_json(row, 5)?,
        state: named(row, 6)?,
        sensitive: row.get(7)?,
        internal: row.get(8)?,
        updated_at: time(row, 9)?,
    })
}

fn stored(rows: &Rows<'_>, faq: &str) -> Result<Option<FaqEntry>> {
    rows.one(&format!("{SELECT} AND id = :id"), &[(":id", &faq)], entry)
}

pub(super) fn set(rows: &Rows<'_>, cx: &CallCx, change: &FaqChange) -> Result<FaqEntry> {
    let missing = || Error::not_found("question and answer");
    if let Some(earlier) = once::earlier(rows, cx, Op::FaqSet, TENANTS_OWN)? {
        return stored(rows, &earlier)?.ok_or_else(|| missing().into());
    }
    let id = match &change.id {
        Some(id) => {
            let there = stored(rows, id.as_str())?.ok_or_else(missing)?;
            if there.internal && change.state == FaqState::Published {
                return refuse(ErrorKind::Conflict, "this answer is for employees; write a new one for customers");
            }
            id.as_str().to_owned()
        }
        None => format!("FQ-{:04}", rows.next("faq")?),
    };
    let category = if change.category.trim().is_empty() { "General" } else { change.category.trim() };
    rows.change(
        "INSERT INTO faq (tenant, id, question, answer, category, language, segments, state, sensitive, internal, by,
         updated_at) VALUES (:tenant, :id, :question, :answer, :category, :language, :segments, :state, :sensitive, 0,
         :by, :now)
         ON CONFLICT (tenant, id) DO UPDATE SET question = excluded.question, answer = excluded.answer,
         category = excluded.category, language = excluded.language, segments = excluded.segments,
         state = excluded.state, sensitive = excluded.sensitive, by = excluded.by, updated_at = excluded.updated_at",
        &[
            (":id", &id),
            (":question", &change.question),
            (":answer", &change.answer),
            (":category", &category),
            (":language", &change.language),
            (":segments", &json(&change.segments)?),
            (":state", &word(&change.state)?),
            (":sensitive", &change.sensitive),
            (":by", &change.by),
            (":now", &micros(Timestamp::now())),
        ],
    )?;
    once::keep(rows, cx, Op::FaqSet, TENANTS_OWN, &id)?;
    stored(rows, &id)?.ok_or_else(|| missing().into())
}

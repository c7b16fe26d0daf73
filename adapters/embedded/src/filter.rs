//! What narrows a list, and pages of it.
//!
//! **Invariant:** a list is narrowed to the organisations in reach before anything is counted.

use crate::adapter::organisation_in_reach;
use crate::convert::count;
use crate::fail::Result;
use crate::rows::{Param, Rows};
use postern_api::*;
use rusqlite::{Row, ToSql};

/// Rows that one page holds at most.
pub(crate) const MOST: u32 = 200;

/// Conditions, and the values that they name.
#[derive(Default)]
pub(crate) struct Filter {
    sql: String,
    params: Vec<(String, Box<dyn ToSql>)>,
}

impl Filter {
    pub(crate) fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    pub(crate) fn bind(&mut self, name: &str, value: impl ToSql + 'static) {
        self.params.push((name.to_owned(), Box::new(value)));
    }

    /// Only rows whose column holds this value; `None`: all.
    pub(crate) fn only(&mut self, column: &str, name: &str, value: Option<impl ToSql + 'static>) {
        if let Some(value) = value {
            self.and(&format!("{column} = {name}"));
            self.bind(name, value);
        }
    }

    /// Only rows whose column holds one of these words; none: all.
    pub(crate) fn one_of(&mut self, column: &str, name: &str, words: &[String]) {
        if !words.is_empty() {
            self.and(&format!("{column} IN (SELECT value FROM json_each({name}))"));
            self.bind(name, serde_json::json!(words).to_string());
        }
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        self.params.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect()
    }

    /// Narrows to organisations in reach, by the column of their keys; `false`: nothing can match.
    pub(crate) fn in_reach(
        &mut self,
        rows: &Rows<'_>,
        reach: &Reach,
        wanted: Option<&ExternalId>,
        column: &str,
    ) -> Result<bool> {
        let wanted = match (wanted, reach) {
            (Some(one), _) => std::slice::from_ref(one),
            (None, Reach::Organisations(some)) => some.as_slice(),
            (None, Reach::Tenant) => return Ok(true),
        };
        let mut keys = Vec::with_capacity(wanted.len());
        for id in wanted {
            keys.extend(organisation_in_reach(rows, reach, id)?);
        }
        match keys.as_slice() {
            [] => return Ok(false),
            [one] => {
                self.and(&format!("{column} = :organisation"));
                self.bind(":organisation", *one);
            }
            some => {
                self.and(&format!("{column} IN (SELECT value FROM json_each(:organisations))"));
                self.bind(":organisations", serde_json::json!(some).to_string());
            }
        }
        Ok(true)
    }
}

/// How one kind of record is listed: its columns, where they stand (with `tenant = :tenant`), in which order.
pub(crate) struct Listing {
    pub(crate) columns: &'static str,
    pub(crate) from: &'static str,
    pub(crate) order: &'static str,
}

impl Listing {
    /// One page of what matches, and how much does.
    pub(crate) fn page<T>(
        &self,
        rows: &Rows<'_>,
        mut filter: Filter,
        (offset, limit): (u32, u32),
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Page<T>> {
        let count_sql = format!("SELECT count(*) {}{}", self.from, filter.sql());
        let total = rows.one(&count_sql, &filter.params(), |row| count(row, 0))?.unwrap_or(0);
        let Self { columns, from, order } = self;
        let sql = format!("SELECT {columns} {from}{} ORDER BY {order} LIMIT :limit OFFSET :offset", filter.sql());
        filter.bind(":limit", limit.min(MOST));
        filter.bind(":offset", offset);
        let rows = rows.all(&sql, &filter.params(), read)?;
        Ok(Page { rows, total, truncated: false })
    }
}

/// A page with nothing on it.
pub(crate) fn nothing<T>() -> Page<T> {
    Page { rows: vec![], total: 0, truncated: false }
}

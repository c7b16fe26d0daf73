//! Lists of records beside tickets, as an adapter makes them of rows that its vendor filtered, sorted and counted in its own way.
//!
//! **Invariant:** a row is kept because the organisation that it names itself is in reach, never because the vendor's filter let
//! it through.

use crate::adapter::CallCx;
use crate::domain::{Days, Page};
use crate::error::{Error, Result};
use crate::id::ExternalId;
use crate::loose::{Num, Seen, Str};
use crate::owned::{Owned, Owner};
use jiff::civil::Date;
use std::cmp::Ordering;

/// A vendor's row that names the organisation that it belongs to.
pub trait Owning: Default {
    /// The row's number.
    fn number(&self) -> Num;
    /// Whose it is.
    fn owner(&self) -> Owner;
    /// A row of somebody else's, with nothing in it.
    fn empty(number: Num) -> Self;
}

/// The rows that came through, each with whose it is.
#[derive(Debug)]
pub struct Found<R> {
    /// Those in reach and asked for.
    pub rows: Vec<(ExternalId, R)>,
    /// Whether there were more than are read.
    pub truncated: bool,
    /// One of somebody else's, without its contents.
    stray: Option<(Owner, R)>,
    seen: Seen,
}

impl<R> Default for Found<R> {
    fn default() -> Self {
        Self { rows: vec![], truncated: false, stray: None, seen: Seen::default() }
    }
}

impl<R: Owning> Found<R> {
    /// Looks at one row; `filtered` says whether the vendor was told whose to send. A row that came before counts once.
    pub fn sift(&mut self, cx: &CallCx, wanted: Option<&ExternalId>, filtered: bool, row: R) {
        if !row.number().id().is_some_and(|it| self.seen.insert(it)) {
            return;
        }
        let owner = row.owner();
        let Owner::Organisation(it) = &owner else { return };
        if cx.reach.contains(it) && wanted.is_none_or(|wanted| wanted == it) {
            self.rows.push((it.clone(), row));
        } else if filtered && self.stray.is_none() && !cx.reach.contains(it) {
            let empty = R::empty(row.number());
            self.stray = Some((owner, empty));
        }
    }

    /// The same in our words.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn each<T>(self, read: impl Fn(&R) -> Result<T>) -> Result<Records<T>> {
        let rows = self.rows.into_iter().map(|(owner, row)| Ok((owner, read(&row)?))).collect::<Result<_>>()?;
        // The vendor sent another organisation's row although it was told not to. One of them goes on, without its contents, so
        // that the gateway's own check drops it and raises the alarm.
        let stray = self.stray.and_then(|(owner, row)| Some((owner, read(&row).ok()?)));
        Ok(Records { rows, stray, truncated: self.truncated })
    }
}

/// Records in our words, before they are sorted and cut.
#[derive(Debug)]
pub struct Records<T> {
    rows: Vec<(ExternalId, T)>,
    stray: Option<(Owner, T)>,
    truncated: bool,
}

impl<T> Records<T> {
    /// Keeps what fits.
    pub fn retain(&mut self, fits: impl Fn(&T) -> bool) {
        self.rows.retain(|(_, it)| fits(it));
    }

    /// These and those.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.stray = self.stray.or(other.stray);
        self.truncated |= other.truncated;
        self
    }

    /// One page of them in this order, of 200 at the most.
    pub fn page(mut self, (offset, limit): (u32, u32), order: impl Fn(&T, &T) -> Ordering) -> Page<Owned<T>> {
        self.rows.sort_by(|(_, a), (_, b)| order(a, b));
        let total = self.rows.len() as u64;
        let some = self.rows.into_iter().skip(offset as usize).take(limit.min(200) as usize);
        let mut rows: Vec<_> = some.map(|(owner, it)| Owned::new(Owner::Organisation(owner), it)).collect();
        rows.extend(self.stray.map(|(owner, it)| Owned::new(owner, it)));
        Page { rows, total, truncated: self.truncated }
    }

    /// All of them in this order.
    ///
    /// # Errors
    /// `BadReply` where there are more than can be read, since a list without `truncated` has to be whole.
    pub fn whole(self, order: impl Fn(&T, &T) -> Ordering) -> Result<Vec<Owned<T>>> {
        if self.truncated {
            return Err(Error::bad_reply("more rows than can be read"));
        }
        let mut rows = self.rows;
        rows.sort_by(|(_, a), (_, b)| order(a, b));
        let mut rows: Vec<_> = rows.into_iter().map(|(owner, it)| Owned::new(Owner::Organisation(owner), it)).collect();
        rows.extend(self.stray.map(|(owner, it)| Owned::new(owner, it)));
        Ok(rows)
    }
}

/// Whether somebody in reach owns it; where not, nothing more is read about it.
pub fn reachable(cx: &CallCx, owner: &Owner) -> bool {
    matches!(owner, Owner::Organisation(it) if cx.reach.contains(it))
}

/// The day of a time; those before `since`, a year, stand for none.
pub fn day_since(since: i16, text: &Str) -> Option<Date> {
    let day: Date = text.get()?.get(..10)?.parse().ok()?;
    (day.year() >= since).then_some(day)
}

/// The day of a time; those before 1902 stand for none.
pub fn day(text: &Str) -> Option<Date> {
    day_since(1902, text)
}

/// A span of days.
pub fn days(from: &Str, until: &Str) -> Days {
    Days { from: day(from), until: day(until) }
}

/// By name in any case, then by id.
pub fn by_name<I: Ord>((name, id): (&str, &I), (other, other_id): (&str, &I)) -> Ordering {
    name.to_lowercase().cmp(&other.to_lowercase()).then_with(|| id.cmp(other_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Reach;
    use std::time::Duration;

    #[derive(Debug, Default, Clone, PartialEq)]
    struct Row(i64, i64, &'static str);

    impl Owning for Row {
        fn number(&self) -> Num {
            Num(Some(self.0).filter(|it| *it != 0))
        }
        fn owner(&self) -> Owner {
            match self.1 {
                0 => Owner::Unknown,
                id => Owner::Organisation(ExternalId::new(&id.to_string()).expect("an id")),
            }
        }
        fn empty(number: Num) -> Self {
            Self(number.0.unwrap_or_default(), 0, "")
        }
    }

    fn sifted(filtered: bool, wanted: Option<&str>) -> Found<Row> {
        let reach = ["12", "13"].map(|it| ExternalId::new(it).expect("an id")).to_vec();
        let cx = CallCx::new(Reach::Organisations(reach), Duration::from_secs(60));
        let wanted = wanted.map(|it| ExternalId::new(it).expect("an id"));
        let mut found = Found::default();
        let rows =
            [(3, 12, "c"), (1, 13, "B"), (2, 12, "a"), (3, 12, "again"), (4, 99, "CANARY"), (5, 0, "x"), (0, 12, "y")];
        for (number, owner, name) in rows {
            found.sift(&cx, wanted.as_ref(), filtered, Row(number, owner, name));
        }
        found
    }

    fn numbers(found: Found<Row>, page: (u32, u32)) -> (Vec<i64>, u64) {
        let records = found.each(|row| Ok(row.clone())).expect("records");
        let page = records.page(page, |a, b| by_name((a.2, &a.0), (b.2, &b.0)));
        let mut numbers = Vec::new();
        for row in page.rows {
            drop(row.map(|it| numbers.push(it.0)));
        }
        (numbers, page.total)
    }

    #[test]
    fn only_rows_in_reach_come_through_and_each_once() {
        assert_eq!(numbers(sifted(false, None), (0, 10)), (vec![2, 1, 3], 3));
        assert_eq!(numbers(sifted(false, Some("12")), (0, 10)), (vec![2, 3], 2));
        assert_eq!(numbers(sifted(false, None), (1, 1)), (vec![1], 3));
    }

    #[test]
    fn a_foreign_row_goes_on_for_the_alarm_without_its_contents() {
        let found = sifted(true, None);
        assert_eq!(found.stray.as_ref().map(|(_, row)| row), Some(&Row(4, 0, "")));
        assert_eq!(numbers(found, (0, 10)), (vec![2, 1, 3, 4], 3));
    }

    #[test]
    fn a_list_that_has_to_be_whole_is_an_error_where_it_is_not() {
        let mut found = sifted(false, None);
        found.truncated = true;
        let records = found.each(|row| Ok(row.clone())).expect("records");
        assert!(records.whole(|a, b| a.0.cmp(&b.0)).is_err());
    }

    #[test]
    fn years_that_mean_none_are_none() {
        let day = |text: &str| day(&Str(Some(text.into()))).map(|it| it.to_string());
        assert_eq!(day(" 2026-09-01T08:00:00Z").as_deref(), Some("2026-09-01"));
        for none in ["1900-01-01T00:00:00", "0001-01-01", "soon", "", "2026-13-40"] {
            assert_eq!(day(none), None, "{none}");
        }
        assert_eq!(day_since(1971, &Str(Some("1970-01-01".into()))), None);
    }
}

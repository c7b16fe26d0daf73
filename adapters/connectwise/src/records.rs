//! Lists of records beside tickets: asked for by company, checked row by row, sorted and cut here.
//!
//! **Invariant:** a row is kept because the company that it names itself is in reach, never because the filter let it through.

use crate::adapter::ConnectWise;
use crate::client::Query;
use crate::conditions::Conditions;
use crate::desk::companies;
use crate::wire::CurrencyRef;
use crate::wire::{Dec, Inner, Owning, Str, owner};
use jiff::civil::Date;
use postern_api::domain::{Agent, Currency, Days, Money};
use postern_api::{CallCx, Error, ExternalId, Owned, Owner, Page, Result};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The rows that came through, each with whose it is.
#[derive(Debug)]
pub(crate) struct Found<R> {
    pub(crate) rows: Vec<(ExternalId, R)>,
    pub(crate) stray: Option<(Owner, R)>,
    pub(crate) truncated: bool,
}

/// Records in our words, before they are sorted and cut.
pub(crate) struct Records<T> {
    rows: Vec<(ExternalId, T)>,
    stray: Option<(Owner, T)>,
    truncated: bool,
}

impl<R: Owning> Found<R> {
    fn new() -> Self {
        Self { rows: vec![], stray: None, truncated: false }
    }

    /// Looks at one row; `filtered` says whether the vendor was told whose to send.
    fn sift(&mut self, cx: &CallCx, wanted: Option<&ExternalId>, filtered: bool, row: R) {
        let owner = owner(row.company());
        let Owner::Organisation(it) = &owner else { return };
        if cx.reach.contains(it) && wanted.is_none_or(|wanted| wanted == it) {
            self.rows.push((it.clone(), row));
        } else if filtered && self.stray.is_none() && !cx.reach.contains(it) {
            let id = crate::wire::Num(row.id());
            self.stray = Some((owner, R::empty(id)));
        }
    }

    /// The same in our words.
    pub(crate) fn each<T>(self, read: impl Fn(&R) -> Result<T>) -> Result<Records<T>> {
        let rows = self.rows.into_iter().map(|(owner, row)| Ok((owner, read(&row)?))).collect::<Result<_>>()?;
        // As in ticket lists: one foreign row goes on without its contents, for the gateway's alarm.
        let stray = self.stray.and_then(|(owner, row)| Some((owner, read(&row).ok()?)));
        Ok(Records { rows, stray, truncated: self.truncated })
    }
}

impl<T> Records<T> {
    /// Keeps what fits.
    pub(crate) fn retain(&mut self, fits: impl Fn(&T) -> bool) {
        self.rows.retain(|(_, it)| fits(it));
    }

    /// These and those.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.stray = self.stray.or(other.stray);
        self.truncated |= other.truncated;
        self
    }

    /// One page of them in this order.
    pub(crate) fn page(mut self, (offset, limit): (u32, u32), order: impl Fn(&T, &T) -> Ordering) -> Page<Owned<T>> {
        self.rows.sort_by(|(_, a), (_, b)| order(a, b));
        let total = self.rows.len() as u64;
        let some = self.rows.into_iter().skip(offset as usize).take(limit.min(200) as usize);
        let mut rows: Vec<_> = some.map(|(owner, it)| Owned::new(Owner::Organisation(owner), it)).collect();
        rows.extend(self.stray.map(|(owner, it)| Owned::new(owner, it)));
        Page { rows, total, truncated: self.truncated }
    }

    /// All of them in this order; more than can be read is an error, since a list without `truncated` has to be whole.
    pub(crate) fn whole(self, order: impl Fn(&T, &T) -> Ordering) -> Result<Vec<Owned<T>>> {
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

impl ConnectWise {
    /// The rows of a list that belong to the organisation that was named, or to any in reach, newest first.
    pub(crate) async fn records<R: Owning>(
        &self,
        cx: &CallCx,
        path: &[&str],
        organisation: Option<&ExternalId>,
        fields: &'static str,
        narrow: impl Fn(Conditions) -> Conditions,
    ) -> Result<Found<R>> {
        let mut found = Found::new();
        let mut seen = BTreeSet::new();
        for companies in companies(cx, organisation) {
            let mut conditions = Conditions::new();
            let filtered = !companies.is_empty();
            if filtered {
                conditions = conditions.one_of("company/id", companies);
            }
            let query = Query { conditions: narrow(conditions), fields, ..Query::default() };
            let got = self.client.newest::<R>(cx, path, &query, self.config.max_rows).await?;
            found.truncated |= got.truncated;
            for row in got.rows {
                if row.id().is_some_and(|id| seen.insert(id)) {
                    found.sift(cx, organisation, filtered, row);
                }
            }
        }
        Ok(found)
    }

    /// Rows that were asked for below one organisation's own address.
    pub(crate) fn below<R: Owning>(cx: &CallCx, organisation: &ExternalId, rows: Vec<R>) -> Found<R> {
        let mut found = Found::new();
        for row in rows {
            found.sift(cx, Some(organisation), true, row);
        }
        found
    }

    /// An amount of what the row says is its currency, or else of the configured one.
    pub(crate) fn money(&self, amount: Dec, currency: &Inner<CurrencyRef>) -> Option<Money> {
        let code = currency.currency_code.get().or(self.config.currency.as_deref());
        Some(Money::new(amount.0?, code.and_then(Currency::new)?))
    }
}

/// Whether somebody in reach owns it; where not, nothing more is read about it.
pub(crate) fn reachable(cx: &CallCx, owner: &Owner) -> bool {
    matches!(owner, Owner::Organisation(it) if cx.reach.contains(it))
}

/// The day of a time; those before 1902 stand for none.
pub(crate) fn day(text: &Str) -> Option<Date> {
    let day: Date = text.get()?.get(..10)?.parse().ok()?;
    (day.year() > 1901).then_some(day)
}

/// A span of days.
pub(crate) fn days(from: &Str, until: &Str) -> Days {
    Days { from: day(from), until: day(until) }
}

/// A member that a reference names.
pub(crate) fn agent(reference: &crate::wire::Ref) -> Option<Agent> {
    let id = reference.id.id()?.to_string();
    Some(Agent { id, name: reference.name.get().unwrap_or("Staff").to_owned(), email: None })
}

/// By name in any case, then by id.
pub(crate) fn by_name<I: Ord>((name, id): (&str, &I), (other, other_id): (&str, &I)) -> Ordering {
    name.to_lowercase().cmp(&other.to_lowercase()).then_with(|| id.cmp(other_id))
}

//! Lists of records beside tickets: asked for by company, checked row by row, sorted and cut here.
//!
//! **Invariant:** a row is kept because the company that it names itself is in reach, never because the filter let it through.

use crate::adapter::Autotask;
use crate::desk::companies;
use crate::filter::Filter;
use crate::wire::{Asked, Dec, Row, Str};
use jiff::civil::Date;
use postern_api::domain::{Currency, Days, Money};
use postern_api::loose::Take;
use postern_api::records::{Found, Owning, day_since};
use postern_api::{CallCx, ExternalId, Result};

impl Autotask {
    /// The rows of an entity that belong to the organisation that was named, or to any in reach, and fit these conditions.
    pub(crate) async fn records<R: Row + Owning + Asked>(
        &self,
        cx: &CallCx,
        entity: &'static str,
        organisation: Option<&ExternalId>,
        narrow: Vec<Filter>,
    ) -> Result<Found<R>> {
        let mut found = Found::default();
        for companies in companies(cx, organisation).unwrap_or_default() {
            let owned = companies.as_deref().map(|it| Filter::among("companyID", it));
            let filter = Filter::every(owned.into_iter().chain(narrow.iter().cloned()).collect());
            let take: Take<'_, R> = &mut |row| {
                found.sift(cx, organisation, companies.is_some(), row);
                Ok(())
            };
            let more = self.client.each(cx, entity, &filter, Some(R::FIELDS), self.config.max_rows, take).await?;
            found.truncated |= more;
        }
        Ok(found)
    }

    /// An amount, of the currency that the database is said to keep.
    pub(crate) fn money(&self, amount: Dec) -> Option<Money> {
        Some(Money::new(amount.0?, self.config.currency.as_deref().and_then(Currency::new)?))
    }
}

/// The day of a time; those before 1971 stand for none.
pub(crate) fn day(text: &Str) -> Option<Date> {
    day_since(1971, text)
}

/// A span of days.
pub(crate) fn days(from: &Str, until: &Str) -> Days {
    Days { from: day(from), until: day(until) }
}

//! Lists of records beside tickets: asked for by company, checked row by row, sorted and cut here.
//!
//! **Invariant:** a row is kept because the company that it names itself is in reach, never because the filter let it through.

use crate::adapter::ConnectWise;
use crate::client::Query;
use crate::conditions::Conditions;
use crate::desk::companies;
use crate::wire::{CurrencyRef, Dec, Inner, Row};
use postern_api::domain::{Agent, Currency, Money};
use postern_api::loose::Take;
use postern_api::records::{Found, Owning};
use postern_api::{CallCx, ExternalId, Result};

impl ConnectWise {
    /// The rows of a list that belong to the organisation that was named, or to any in reach, newest first.
    pub(crate) async fn records<R: Row + Owning>(
        &self,
        cx: &CallCx,
        path: &[&str],
        organisation: Option<&ExternalId>,
        fields: &'static str,
        narrow: impl Fn(Conditions) -> Conditions,
    ) -> Result<Found<R>> {
        let mut found = Found::default();
        for companies in companies(cx, organisation) {
            let mut conditions = Conditions::new();
            let filtered = !companies.is_empty();
            if filtered {
                conditions = conditions.one_of("company/id", companies);
            }
            let query = Query { conditions: narrow(conditions), fields, ..Query::default() };
            let take: Take<'_, R> = &mut |row| {
                found.sift(cx, organisation, filtered, row);
                Ok(())
            };
            let more = self.client.each(cx, path, &query, self.config.max_rows, take).await?;
            found.truncated |= more;
        }
        Ok(found)
    }

    /// Rows that were asked for below one organisation's own address.
    pub(crate) fn below<R: Owning>(cx: &CallCx, organisation: &ExternalId, rows: Vec<R>) -> Found<R> {
        let mut found = Found::default();
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

/// A member that a reference names.
pub(crate) fn agent(reference: &crate::wire::Ref) -> Option<Agent> {
    let id = reference.id.id()?.to_string();
    Some(Agent { id, name: reference.name.get().unwrap_or("Staff").to_owned(), email: None })
}

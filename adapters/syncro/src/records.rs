//! Lists of records beside tickets: asked for by customer where the vendor lets one, checked row by row, sorted and cut here.
//!
//! **Invariant:** a row is kept because the customer that it names itself is in reach, never because the filter let it through.

use crate::adapter::Syncro;
use crate::client::Pair;
use crate::desk::customers;
use crate::wire::{Dec, Row};
use postern_api::domain::{Currency, Money};
use postern_api::loose::Take;
use postern_api::records::{Found, Owning};
use postern_api::{CallCx, ExternalId, Result};

impl Syncro {
    /// The rows of a list that belong to the organisation that was named, or to any in reach. `by_customer`: the vendor takes
    /// a customer to ask for; where it does not, the whole account's list is read and sorted out here.
    pub(crate) async fn records<R: Row + Owning>(
        &self,
        cx: &CallCx,
        (path, name): (&str, &str),
        organisation: Option<&ExternalId>,
        by_customer: bool,
        narrow: &[Pair],
    ) -> Result<Found<R>> {
        let mut found = Found::default();
        let mut customers = customers(cx, organisation);
        if !by_customer {
            customers.truncate(1);
        }
        for customer in customers {
            let asked = customer.filter(|_| by_customer).map(|it| ("customer_id", it.to_string()));
            let query: Vec<Pair> = asked.iter().chain(narrow).cloned().collect();
            let take: Take<'_, R> = &mut |row| {
                found.sift(cx, organisation, asked.is_some(), row);
                Ok(())
            };
            let more = self.client.each(cx, &[path], name, &query, take).await?;
            found.truncated |= more;
        }
        Ok(found)
    }

    /// An amount, of the currency that the account is said to keep.
    pub(crate) fn money(&self, amount: Dec) -> Option<Money> {
        Some(Money::new(amount.0?, self.config.currency.as_deref().and_then(Currency::new)?))
    }
}

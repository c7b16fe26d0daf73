//! Lists of records beside tickets: asked for by client, checked row by row, sorted and cut here.
//!
//! **Invariant:** a row is kept because the client that it names itself is in reach, never because the filter let it through.

use crate::adapter::HaloPsa;
use crate::client::Pair;
use crate::desk::clients;
use crate::wire::{Dec, Num, Row, Str};
use postern_api::domain::{Currency, Money};
use postern_api::loose::Take;
use postern_api::records::{Found, Owning};
use postern_api::{CallCx, ExternalId, Result};

impl HaloPsa {
    /// The rows of a list that belong to the organisation that was named, or to any in reach. The vendor ignores filters that
    /// it does not know and sends everything: each row is looked at.
    pub(crate) async fn records<R: Row + Owning>(
        &self,
        cx: &CallCx,
        (path, key): (&str, &str),
        organisation: Option<&ExternalId>,
        narrow: &[Pair],
    ) -> Result<Found<R>> {
        let mut found = Found::default();
        for client in clients(cx, organisation) {
            let asked = client.map(|it| ("client_id", it.to_string()));
            let query: Vec<Pair> = asked.iter().chain(narrow).cloned().collect();
            let take: Take<'_, R> = &mut |row| {
                found.sift(cx, organisation, asked.is_some(), row);
                Ok(())
            };
            let more = self.client.each(cx, path, key, &query, take).await?;
            found.truncated |= more;
        }
        Ok(found)
    }

    /// An amount, of the currency that the row names by its three letters. One that names another kind of currency has none;
    /// one that names none has the configured one.
    pub(crate) fn money(&self, amount: Dec, (code, name): (Num, &Str)) -> Option<Money> {
        let currency = match (name.get(), code.id()) {
            (Some(name), _) => Currency::new(name),
            (None, Some(_)) => None,
            (None, None) => self.config.currency.as_deref().and_then(Currency::new),
        };
        Some(Money::new(amount.0?, currency?))
    }
}

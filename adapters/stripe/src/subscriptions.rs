//! Subscriptions: what a customer pays for again and again.

use crate::adapter::{Stripe, vendors};
use crate::amounts::money;
use crate::billing::day;
use crate::wire::{Row as _, SubscriptionRow, owner};
use postern_api::domain::{Agreement, Days, Money};
use postern_api::{AgreementId, CallCx, Error, ErrorKind, ExternalId, Owned, Owner, Result, Text};

impl Stripe {
    /// The subscriptions of one customer, by name.
    pub(crate) async fn subscriptions_of(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
    ) -> Result<Vec<Owned<Agreement>>> {
        let customer = vendors(organisation.as_str(), "cus_").filter(|_| cx.reach.contains(organisation));
        let Some(customer) = customer else { return Ok(vec![]) };
        let query = [("customer", customer.to_owned()), ("status", "all".to_owned())];
        let found = self.client.list::<SubscriptionRow>(cx, &["subscriptions"], &query, self.config.max_rows).await;
        let found = match found {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            found => found?,
        };
        if found.truncated {
            return Err(Error::bad_reply("more rows than can be read"));
        }
        let mut agreements = Vec::new();
        for row in &found.rows {
            agreements.push((owner(row.customer.as_ref()), agreement(row)?));
        }
        let ours = Owner::Organisation(organisation.clone());
        agreements.retain(|(its, _)| *its == ours);
        agreements.sort_by(|(_, a), (_, b)| {
            let name = |it: &Agreement| it.name.expose().to_lowercase();
            name(a).cmp(&name(b)).then_with(|| a.id.cmp(&b.id))
        });
        Ok(agreements.into_iter().map(|(its, it)| Owned::new(its, it)).collect())
    }
}

fn agreement(row: &SubscriptionRow) -> Result<Agreement> {
    let nickname = row.items.data.iter().find_map(|it| it.price.nickname.as_deref());
    let name = row.description.as_deref().or(nickname).unwrap_or("Subscription");
    Ok(Agreement {
        id: AgreementId::new(row.id()).map_err(|_| Error::bad_reply("a subscription's id"))?,
        name: Text::new(name),
        kind: None,
        active: matches!(row.status.as_deref(), Some("active" | "trialing" | "past_due")),
        days: Days { from: row.start_date.and_then(day), until: row.ended_at.or(row.cancel_at).and_then(day) },
        amount: amount(row),
        period: period(row),
    })
}

/// What one period costs; `None` where a price depends on use, or the items are paid for at different times.
fn amount(row: &SubscriptionRow) -> Option<Money> {
    period(row)?;
    let currency = &row.items.data.first()?.price.currency;
    let mut sum = 0_i64;
    for item in &row.items.data {
        let one = item.price.unit_amount.filter(|_| item.price.currency == *currency)?;
        sum = sum.checked_add(one.checked_mul(item.quantity?)?)?;
    }
    if row.items.has_more { None } else { money(sum, currency) }
}

/// The period that all items have in common.
fn period(row: &SubscriptionRow) -> Option<String> {
    let of = |at: usize| {
        let recurring = row.items.data.get(at)?.price.recurring.as_ref()?;
        let unit = recurring.interval.as_deref().filter(|it| matches!(*it, "day" | "week" | "month" | "year"))?;
        Some((unit.to_owned(), recurring.interval_count.unwrap_or(1)))
    };
    let (unit, count) = of(0)?;
    let alike = (0..row.items.data.len()).all(|at| of(at).as_ref() == Some(&(unit.clone(), count)));
    match (alike, count) {
        (true, 1) => Some(unit),
        (true, count) => Some(format!("{count} {unit}s")),
        (false, _) => None,
    }
}

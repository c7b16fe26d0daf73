//! What was offered and agreed: quotes, and contracts.
//!
//! **Invariant:** a customer sees one only where the settings say that orders are for customers: a quote that they answered,
//! a contract that runs or ran.

use crate::adapter::Autotask;
use crate::billing::RUNS;
use crate::labels::{Labels, label};
use crate::records::day;
use crate::wire::{ContractRow, QuoteRow, time};
use crate::words;
use postern_api::domain::{Order, OrderKind, OrderQuery, OrderStatus};
use postern_api::{CallCx, Error, OrderId, Owned, Page, Result, Sales, Text};

#[postern_api::async_trait]
impl Sales for Autotask {
    async fn orders(&self, cx: &CallCx, query: &OrderQuery) -> Result<Page<Owned<Order>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.orders;
        let wants = |kind| !hidden && query.kind.is_none_or(|it| it == kind);
        let asked = query.organisation.as_ref();
        let mut all = None;
        if wants(OrderKind::Quote) {
            let found = self.records::<QuoteRow>(cx, "Quotes", asked, vec![]).await?;
            let answers = self.labels(cx, "Quotes", "extApprovalContactResponse").await?;
            all = Some(found.each(|row| self.quote(row, &answers))?);
        }
        if wants(OrderKind::Contract) {
            let found = self.records::<ContractRow>(cx, "Contracts", asked, vec![]).await?;
            let contracts = found.each(|row| self.contract(row))?;
            all = Some(match all {
                Some(quotes) => quotes.with(contracts),
                None => contracts,
            });
        }
        let Some(mut all) = all else { return Ok(Page { rows: vec![], total: 0, truncated: false }) };
        all.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Order, b: &Order| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id));
        Ok(all.page((query.offset, query.limit), order))
    }
}

impl Autotask {
    fn quote(&self, row: &QuoteRow, answers: &Labels) -> Result<Order> {
        let answered = words::quote(label(answers, row.answer.0).unwrap_or_default());
        let status = match (answered, row.active.0) {
            (OrderStatus::Draft, Some(false)) => OrderStatus::Cancelled,
            (status, _) => status,
        };
        Ok(Order {
            id: id("quote", row.id.id())?,
            kind: OrderKind::Quote,
            title: Text::new(row.name.or_empty()),
            status,
            total: None,
            cost: None,
            created_at: time(&row.created),
            delivery_on: None,
            valid_until: day(&row.expires),
            owner: None,
            files: vec![],
            customer_visible: self.config.customer_visible.orders
                && matches!(status, OrderStatus::Accepted | OrderStatus::Declined),
        })
    }

    fn contract(&self, row: &ContractRow) -> Result<Order> {
        let status = if row.status.0 == Some(RUNS) { OrderStatus::Accepted } else { OrderStatus::Other };
        Ok(Order {
            id: id("contract", row.id.id())?,
            kind: OrderKind::Contract,
            title: Text::new(row.name.or_empty()),
            status,
            total: None,
            cost: None,
            created_at: time(&row.start),
            delivery_on: None,
            valid_until: day(&row.end),
            owner: None,
            files: vec![],
            customer_visible: self.config.customer_visible.orders && status == OrderStatus::Accepted,
        })
    }
}

/// Both entities count from 1, so an id says which one it is of.
fn id(entity: &str, number: Option<i64>) -> Result<OrderId> {
    let id = number.and_then(|it| OrderId::new(&format!("{entity}-{it}")).ok());
    id.ok_or_else(|| Error::bad_reply("an order without a number"))
}

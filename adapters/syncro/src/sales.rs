//! What was offered: estimates are quotes.
//!
//! **Invariant:** a customer sees one only where the settings say that orders are for customers, and its status plainly says
//! that it left the house.

use crate::adapter::Syncro;
use crate::wire::{EstimateRow, time};
use postern_api::domain::{Order, OrderKind, OrderQuery, OrderStatus};
use postern_api::{CallCx, Error, OrderId, Owned, Page, Result, Sales, Text};

#[postern_api::async_trait]
impl Sales for Syncro {
    async fn orders(&self, cx: &CallCx, query: &OrderQuery) -> Result<Page<Owned<Order>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.orders;
        if hidden || query.kind.is_some_and(|it| it != OrderKind::Quote) {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let list = ("estimates", "estimates");
        let found = self.records::<EstimateRow>(cx, list, query.organisation.as_ref(), false, &[]).await?;
        let mut quotes = found.each(|row| self.quote(row))?;
        quotes.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Order, b: &Order| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id));
        Ok(quotes.page((query.offset, query.limit), order))
    }
}

impl Syncro {
    fn quote(&self, row: &EstimateRow) -> Result<Order> {
        let id = row.id.id().and_then(|id| OrderId::new(&id.to_string()).ok());
        let status = status(row.status.or_empty());
        let left = matches!(status, OrderStatus::Sent | OrderStatus::Accepted | OrderStatus::Declined);
        Ok(Order {
            id: id.ok_or_else(|| Error::bad_reply("an estimate without a number"))?,
            kind: OrderKind::Quote,
            title: Text::new(row.name.get().or(row.number.get()).unwrap_or("Estimate")),
            status,
            total: self.money(row.total),
            cost: None,
            created_at: time(&row.created_at).or_else(|| time(&row.date)),
            delivery_on: None,
            valid_until: None,
            owner: None,
            files: vec![],
            customer_visible: left && self.config.customer_visible.orders,
        })
    }
}

/// A word that is not known stands for itself and for nobody else.
fn status(word: &str) -> OrderStatus {
    match word.to_lowercase().as_str() {
        "fresh" | "draft" | "new" => OrderStatus::Draft,
        "sent" | "emailed" | "viewed" => OrderStatus::Sent,
        "approved" | "accepted" | "invoiced" => OrderStatus::Accepted,
        "declined" | "rejected" => OrderStatus::Declined,
        "cancelled" | "canceled" => OrderStatus::Cancelled,
        _ => OrderStatus::Other,
    }
}

//! What was offered: quotations.
//!
//! **Invariant:** a customer sees one only where the settings say that orders are for customers, and also what its status
//! number means: that it was sent or answered.

use crate::adapter::HaloPsa;
use crate::wire::QuoteRow;
use postern_api::domain::{Order, OrderKind, OrderQuery, OrderStatus};
use postern_api::records::day;
use postern_api::{CallCx, Error, OrderId, Owned, Page, Result, Sales, Text};

#[postern_api::async_trait]
impl Sales for HaloPsa {
    async fn orders(&self, cx: &CallCx, query: &OrderQuery) -> Result<Page<Owned<Order>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.orders;
        if hidden || query.kind.is_some_and(|it| it != OrderKind::Quote) {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let found = self.records::<QuoteRow>(cx, ("Quotation", "quotes"), query.organisation.as_ref(), &[]).await?;
        let mut quotes = found.each(|row| self.quote(row))?;
        quotes.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Order, b: &Order| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id));
        Ok(quotes.page((query.offset, query.limit), order))
    }
}

impl HaloPsa {
    fn quote(&self, row: &QuoteRow) -> Result<Order> {
        let id = row.id.id().and_then(|id| OrderId::new(&id.to_string()).ok());
        let known = row.status.0.and_then(|it| self.config.quote_statuses.get(&it.to_string())).copied();
        let status = known.unwrap_or(OrderStatus::Other);
        let left = !matches!(status, OrderStatus::Draft | OrderStatus::Other | OrderStatus::Cancelled);
        Ok(Order {
            id: id.ok_or_else(|| Error::bad_reply("a quotation without a number"))?,
            kind: OrderKind::Quote,
            title: Text::new(row.title.or_empty()),
            status,
            total: self.money(row.total, (row.currency_code, &row.currency_code_name)),
            cost: None,
            created_at: self.clock.read(&row.date),
            delivery_on: None,
            valid_until: day(&row.expiry_date),
            owner: None,
            files: vec![],
            customer_visible: left && self.config.customer_visible.orders,
        })
    }
}

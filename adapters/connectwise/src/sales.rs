//! What was offered and ordered: opportunities are quotes, sales orders are orders.
//!
//! **Invariant:** a customer sees one only where the settings say that orders are for customers, and its status plainly says
//! that it left the house.

use crate::adapter::{ConnectWise, plain};
use crate::records::agent;
use crate::wire::{self, OpportunityRow, OrderRow, time};
use crate::words;
use postern_api::domain::{Order, OrderKind, OrderQuery, OrderStatus, Page};
use postern_api::records::day;
use postern_api::{CallCx, Error, OrderId, Owned, Result, Sales, Text};

#[postern_api::async_trait]
impl Sales for ConnectWise {
    async fn orders(&self, cx: &CallCx, query: &OrderQuery) -> Result<Page<Owned<Order>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.orders;
        let wants = |kind| !hidden && query.kind.is_none_or(|it| it == kind);
        let asked = query.organisation.as_ref();
        let mut all = None;
        if wants(OrderKind::Quote) {
            let path = ["sales", "opportunities"];
            let found = self.records::<OpportunityRow>(cx, &path, asked, wire::OPPORTUNITY, |it| it).await?;
            all = Some(found.each(|row| self.quote(row))?);
        }
        if wants(OrderKind::Order) {
            let path = ["sales", "orders"];
            let found = self.records::<OrderRow>(cx, &path, asked, wire::ORDER, |it| it).await?;
            let orders = found.each(|row| self.order(row))?;
            all = Some(match all {
                Some(quotes) => quotes.with(orders),
                None => orders,
            });
        }
        let Some(mut all) = all else { return Ok(Page { rows: vec![], total: 0, truncated: false }) };
        all.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Order, b: &Order| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id));
        Ok(all.page((query.offset, query.limit), order))
    }
}

impl ConnectWise {
    fn quote(&self, row: &OpportunityRow) -> Result<Order> {
        let status = words::quote(row.status.name.or_empty(), row.stage.name.or_empty());
        Ok(Order {
            id: id("opportunity", row.id.id())?,
            kind: OrderKind::Quote,
            title: Text::new(plain(&row.name)),
            status,
            total: None,
            cost: None,
            created_at: time(&row.date_became_lead),
            delivery_on: None,
            valid_until: None,
            owner: agent(&row.primary_sales_rep),
            files: vec![],
            customer_visible: self.shows(status),
        })
    }

    fn order(&self, row: &OrderRow) -> Result<Order> {
        let status = words::order(row.status.name.or_empty());
        let title = Some(plain(&row.description)).filter(|it| !it.is_empty());
        Ok(Order {
            id: id("order", row.id.id())?,
            kind: OrderKind::Order,
            title: Text::new(title.unwrap_or_else(|| "Order".to_owned())),
            status,
            total: self.money(row.total, &row.currency),
            cost: None,
            created_at: time(&row.order_date),
            delivery_on: day(&row.due_date),
            valid_until: None,
            owner: agent(&row.sales_rep),
            files: vec![],
            customer_visible: self.shows(status),
        })
    }

    fn shows(&self, status: OrderStatus) -> bool {
        self.config.customer_visible.orders && !matches!(status, OrderStatus::Draft | OrderStatus::Other)
    }
}

/// Both lists count from 1, so an id says which one it is of.
fn id(list: &str, number: Option<i64>) -> Result<OrderId> {
    let id = number.and_then(|it| OrderId::new(&format!("{list}-{it}")).ok());
    id.ok_or_else(|| Error::bad_reply("an order without a number"))
}

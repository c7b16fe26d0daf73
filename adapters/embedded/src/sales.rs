//! Quotes, orders and contracts.
//!
//! **Invariant:** a draft is never for customers, whatever its flag says.

use crate::adapter::Tenant;
use crate::convert::{from_json, id, named, owner, some_agent, some_date, some_money, some_time, text, word};
use crate::fail::Result as Inner;
use crate::filter::{Filter, Listing, nothing};
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

const ORDERS: Listing = Listing {
    columns: "o.id, s.id, s.kind, s.title, s.status, s.total, s.currency, s.cost, s.currency, s.created_at,
              s.delivery_on, s.valid_until, a.id, a.name, a.email, s.files,
              s.customer_visible = 1 AND s.status <> 'draft'",
    from: "FROM sales_order s JOIN organisation o ON o.key = s.organisation LEFT JOIN agent a ON a.key = s.owner
           WHERE s.tenant = :tenant",
    order: "s.created_at DESC, s.key DESC",
};

#[async_trait]
impl Sales for Tenant {
    async fn orders(&self, cx: &CallCx, query: &OrderQuery) -> Result<Page<Owned<Order>>> {
        self.read(cx, |rows| list(rows, &cx.reach, query))
    }
}

fn list(rows: &Rows<'_>, reach: &Reach, query: &OrderQuery) -> Inner<Page<Owned<Order>>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "s.organisation")? {
        return Ok(nothing());
    }
    filter.only("s.kind", ":kind", query.kind.as_ref().map(word).transpose()?);
    if query.customer_visible {
        filter.and("s.customer_visible = 1 AND s.status <> :draft");
        filter.bind(":draft", word(&OrderStatus::Draft)?);
    }
    ORDERS.page(rows, filter, (query.offset, query.limit), order)
}

fn order(row: &Row<'_>) -> Inner<Owned<Order>> {
    let files: Vec<String> = from_json(row, 15)?;
    let record = Order {
        id: id(row, 1, OrderId::new)?,
        kind: named(row, 2)?,
        title: text(row, 3)?,
        status: named(row, 4)?,
        total: some_money(row, 5)?,
        cost: some_money(row, 7)?,
        created_at: some_time(row, 9)?,
        delivery_on: some_date(row, 10)?,
        valid_until: some_date(row, 11)?,
        owner: some_agent(row, 12)?,
        files: files.into_iter().map(Text::new).collect(),
        customer_visible: row.get(16)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

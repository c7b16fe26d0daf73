//! What was offered, ordered and agreed, and the appointments of a customer.

use super::rights::require;
use super::whose::{MORE, Walk, admitted, is_customer, located, paged};
use crate::tools::args::Count;
use crate::tools::support::view::{Pagination, PersonView, ReplyFrom, staff_name};
use crate::tools::{Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use jiff::civil::Date;
use postern_api::{
    Booking, BookingId, BookingQuery, BookingStatus, Financial, Internal, Order, OrderId, OrderKind, OrderQuery,
    OrderStatus, OrganisationId, Pii, Right, Text, Withheld, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List the quotes, orders and contracts of one customer, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListOrders {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only this kind.
    #[serde(default)]
    kind: Option<OrderKind>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OrderList {
    customer_id: OrganisationId,
    orders: Vec<OrderView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OrderView {
    order_id: OrderId,
    kind: OrderKind,
    title: Text,
    status: OrderStatus,
    /// Amount and currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    #[serde(skip_serializing_if = "classified::absent")]
    cost: Option<Financial<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_on: Option<Date>,
    /// Until when an offer stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<Date>,
    #[serde(skip_serializing_if = "classified::absent")]
    owner: Option<Pii>,
    files: Vec<Text>,
    #[serde(skip_serializing_if = "classified::absent")]
    customer_visible: Option<Internal<bool>>,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

/// Whether a customer may see it.
fn for_customers(it: &Order) -> bool {
    it.customer_visible && it.status != OrderStatus::Draft
}

impl OrderView {
    fn of(it: Order, for_staff: bool) -> Self {
        let hidden = || it.cost.iter().map(|cost| cost.amount.to_string()).filter(|it| it.len() >= 4).collect();
        Self {
            withheld: if for_staff { Withheld::default() } else { Withheld(hidden()) },
            order_id: it.id,
            kind: it.kind,
            title: it.title,
            status: it.status,
            total: it.total.as_ref().map(ToString::to_string),
            cost: it.cost.filter(|_| for_staff).map(|cost| Financial::new(cost.to_string())),
            created_at: it.created_at,
            delivery_on: it.delivery_on,
            valid_until: it.valid_until,
            owner: it.owner.as_ref().map(staff_name),
            files: it.files,
            customer_visible: for_staff.then(|| Internal::new(it.customer_visible)),
        }
    }
}

impl Tool for ListOrders {
    const NAME: &'static str = "portal.orders.list";
    const TITLE: &'static str = "List orders, quotes and contracts";
    const KIND: Kind = Kind::Read;
    type Output = OrderList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<OrderList>, Refusal> {
        let customer = is_customer(cx);
        let sales = cx.sales()?;
        let (customer_id, external) = located(cx, &sales, self.customer_id.as_ref())?;
        require(cx, Right::Orders).await?;
        let mut walk = Walk::new(customer, self.limit.get(), self.offset.get());
        while let Some((offset, limit)) = walk.next() {
            let query = OrderQuery {
                organisation: Some(external.clone()),
                kind: self.kind,
                customer_visible: customer,
                offset,
                limit,
            };
            let page = sales.timed(sales.port.orders(&sales.cx, &query)).await?;
            walk.take(&sales, Some(&customer_id), page, |it| !customer || for_customers(it));
        }
        let (rows, pagination, more) = walk.done();
        let orders = rows.into_iter().map(|(_, it)| OrderView::of(it, !customer)).collect();
        Ok(OrderList { customer_id, orders, pagination }.reply().truncated(more, MORE))
    }
}

/// List the appointments of one customer, the next first: services, classes, meetings and after-sales, and what was moved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListBookings {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only this state.
    #[serde(default)]
    status: Option<BookingStatus>,
    /// Only those that end at or after this time; now, unless you say otherwise.
    #[serde(default)]
    since: Option<Timestamp>,
    /// Only those that begin before this time.
    #[serde(default)]
    until: Option<Timestamp>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BookingList {
    customer_id: OrganisationId,
    bookings: Vec<BookingView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BookingView {
    booking_id: BookingId,
    kind: Text,
    title: Text,
    status: BookingStatus,
    starts_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<PersonView>,
    /// Where it was moved from.
    #[serde(skip_serializing_if = "Option::is_none")]
    rescheduled_from: Option<Timestamp>,
    /// Who comes.
    #[serde(skip_serializing_if = "classified::absent")]
    staff: Option<Internal<Pii>>,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

impl BookingView {
    fn of(it: Booking, for_staff: bool) -> Self {
        let hidden = it.staff.iter().filter(|_| !for_staff);
        let hidden = hidden.flat_map(|it| [Some(it.name.clone()), Some(it.id.clone()), it.email.clone()]).flatten();
        Self {
            withheld: Withheld(hidden.filter(|it| it.chars().count() >= 4).collect()),
            booking_id: it.id,
            kind: Text::new(it.kind),
            title: it.title,
            status: it.status,
            starts_at: it.starts_at,
            ends_at: it.ends_at,
            contact: it.contact.as_ref().map(PersonView::of),
            rescheduled_from: it.rescheduled_from,
            staff: it.staff.as_ref().filter(|_| for_staff).map(|it| Internal::new(staff_name(it))),
        }
    }
}

/// How many a system is asked for.
const MOST: u32 = 200;

impl Tool for ListBookings {
    const NAME: &'static str = "portal.bookings.list";
    const TITLE: &'static str = "List appointments";
    const KIND: Kind = Kind::Read;
    type Output = BookingList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<BookingList>, Refusal> {
        let customer = is_customer(cx);
        let port = cx.bookings()?;
        let (customer_id, external) = located(cx, &port, self.customer_id.as_ref())?;
        require(cx, Right::Bookings).await?;
        let query = BookingQuery {
            organisation: Some(external),
            since: Some(self.since.unwrap_or(cx.now)),
            until: self.until,
            limit: MOST,
        };
        let found = port.timed(port.port.bookings(&port.cx, &query)).await?;
        let cut = found.len() >= MOST as usize;
        let mut found = admitted(&port, &customer_id, found);
        found.retain(|it| self.status.is_none_or(|status| it.status == status));
        let (found, pagination, more) = paged(found, self.limit.get(), self.offset.get());
        let bookings = found.into_iter().map(|it| BookingView::of(it, !customer)).collect();
        Ok(BookingList { customer_id, bookings, pagination }.reply().truncated(more || cut, MORE))
    }
}

//! Appointments.

use crate::adapter::Tenant;
use crate::convert::{id, micros, named, owner, some_agent, some_person, some_time, text, time};
use crate::fail::Result as Inner;
use crate::filter::{Filter, MOST};
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

#[async_trait]
impl Bookings for Tenant {
    async fn bookings(&self, cx: &CallCx, query: &BookingQuery) -> Result<Vec<Owned<Booking>>> {
        self.read(cx, |rows| list(rows, &cx.reach, query))
    }
}

fn list(rows: &Rows<'_>, reach: &Reach, query: &BookingQuery) -> Inner<Vec<Owned<Booking>>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "b.organisation")? {
        return Ok(vec![]);
    }
    if let Some(since) = query.since {
        filter.and("coalesce(b.ends_at, b.starts_at) >= :since");
        filter.bind(":since", micros(since));
    }
    if let Some(until) = query.until {
        filter.and("b.starts_at < :until");
        filter.bind(":until", micros(until));
    }
    let sql = format!(
        "SELECT o.id, b.id, b.kind, b.title, b.status, b.starts_at, b.ends_at, c.id, c.name, c.email, a.id, a.name, a.email,
         b.rescheduled_from
         FROM booking b JOIN organisation o ON o.key = b.organisation LEFT JOIN contact c ON c.key = b.contact
         LEFT JOIN agent a ON a.key = b.staff
         WHERE b.tenant = :tenant{} ORDER BY b.starts_at, b.key LIMIT :limit",
        filter.sql()
    );
    filter.bind(":limit", query.limit.min(MOST));
    rows.all(&sql, &filter.params(), booking)
}

fn booking(row: &Row<'_>) -> Inner<Owned<Booking>> {
    let record = Booking {
        id: id(row, 1, BookingId::new)?,
        kind: row.get(2)?,
        title: text(row, 3)?,
        status: named(row, 4)?,
        starts_at: time(row, 5)?,
        ends_at: some_time(row, 6)?,
        contact: some_person(row, 7)?,
        staff: some_agent(row, 10)?,
        rescheduled_from: some_time(row, 13)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

//! Quotes, orders and contracts, with what each costs the MSP.

use super::billing::day;
use super::{agent_key, ago, organisation_key};
use crate::convert::{json, micros, word};
use crate::fail::Result;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::{OrderKind, OrderStatus};

const DAY: i64 = 24 * 60;

/// Organisation, id, kind, title, state, total, cost, made that many days ago, days until it is delivered or lapses, files,
/// for customers.
type Order = (
    &'static str,
    &'static str,
    OrderKind,
    &'static str,
    OrderStatus,
    &'static str,
    &'static str,
    i64,
    i64,
    &'static [&'static str],
    bool,
);

const ORDERS: [Order; 10] = [
    (
        "acme",
        "OR-11",
        OrderKind::Contract,
        "Managed services Platinum",
        OrderStatus::Accepted,
        "50400.00",
        "29736.00",
        400,
        330,
        &["contract.pdf"],
        true,
    ),
    (
        "acme",
        "OR-12",
        OrderKind::Order,
        "Two access points",
        OrderStatus::InFulfilment,
        "349.50",
        "212.00",
        15,
        3,
        &[],
        true,
    ),
    (
        "acme",
        "OR-13",
        OrderKind::Quote,
        "More backup",
        OrderStatus::Sent,
        "1140.00",
        "610.00",
        6,
        24,
        &["quote-backup.pdf"],
        true,
    ),
    (
        "acme",
        "OR-14",
        OrderKind::Quote,
        "Renewal with new rates, DRAFTQUOTEACME2",
        OrderStatus::Draft,
        "54000.00",
        "28800.00",
        2,
        60,
        &["margin.xlsx"],
        true,
    ),
    (
        "acme",
        "OR-15",
        OrderKind::Order,
        "Spare laptop, HIDDENORDERACME4",
        OrderStatus::Accepted,
        "900.00",
        "0.00",
        20,
        2,
        &[],
        false,
    ),
    (
        "globex",
        "OR-21",
        OrderKind::Contract,
        "Managed services Gold",
        OrderStatus::Accepted,
        "33000.00",
        "22440.00",
        300,
        65,
        &["contract.pdf"],
        true,
    ),
    (
        "globex",
        "OR-22",
        OrderKind::Order,
        "Twelve workstations",
        OrderStatus::InFulfilment,
        "18780.00",
        "15400.00",
        30,
        10,
        &[],
        true,
    ),
    ("globex", "OR-23", OrderKind::Quote, "Plotter", OrderStatus::Declined, "4200.00", "3100.00", 80, -50, &[], true),
    (
        "initech",
        "OR-31",
        OrderKind::Contract,
        "Basic care",
        OrderStatus::Accepted,
        "7680.00",
        "5900.00",
        500,
        230,
        &[],
        true,
    ),
    ("initech", "OR-32", OrderKind::Order, "Drum", OrderStatus::Delivered, "310.00", "88.00", 30, -17, &[], true),
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for (organisation, id, kind, title, status, total, cost, made, left, files, visible) in ORDERS {
        let (delivery, valid) = if kind == OrderKind::Order { (Some(left), None) } else { (None, Some(left)) };
        rows.insert(
            "INSERT INTO sales_order (tenant, id, organisation, kind, title, status, total, cost, currency, created_at,
             delivery_on, valid_until, owner, files, customer_visible) VALUES (:tenant, :id, :organisation, :kind, :title,
             :status, :total, :cost, 'USD', :made, :delivery, :valid, :owner, :files, :visible)",
            &[
                (":id", &id),
                (":organisation", &organisation_key(rows, organisation)?),
                (":kind", &word(&kind)?),
                (":title", &title),
                (":status", &word(&status)?),
                (":total", &total),
                (":cost", &cost),
                (":made", &micros(ago(now, made * DAY))),
                (":delivery", &delivery.map(|it| day(now, -it))),
                (":valid", &valid.map(|it| day(now, -it))),
                (":owner", &agent_key(rows, "service-lead@msp.example")?),
                (":files", &json(&files)?),
                (":visible", &visible),
            ],
        )?;
    }
    Ok(())
}

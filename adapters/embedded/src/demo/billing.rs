//! Invoices in every state, payments that came, failed and were given back, agreements.

use super::{ago, organisation_key};
use crate::convert::{micros, word};
use crate::fail::Result;
use crate::rows::Rows;
use jiff::{Timestamp, tz::TimeZone};
use postern_api::{InvoiceStatus, PaymentStatus};

const DAY: i64 = 24 * 60;

struct Invoice {
    organisation: &'static str,
    id: &'static str,
    status: InvoiceStatus,
    /// Issued that many days ago; `None`: not yet.
    issued: Option<i64>,
    total: &'static str,
    balance: &'static str,
    lines: &'static [(&'static str, &'static str)],
    visible: bool,
    notes: Option<&'static str>,
    /// The link was made that many days ago and works for that many (`None`: as long as there is something to pay).
    link: Option<(i64, Option<i64>)>,
}

const OPEN: Invoice = Invoice {
    organisation: "acme",
    id: "",
    status: InvoiceStatus::Open,
    issued: Some(10),
    total: "0",
    balance: "0",
    lines: &[],
    visible: true,
    notes: None,
    link: None,
};

const INVOICES: [Invoice; 12] = [
    Invoice {
        id: "INV-2101",
        status: InvoiceStatus::Paid,
        issued: Some(64),
        total: "4200.00",
        balance: "0.00",
        lines: &[("Managed services, May", "4200.00")],
        link: Some((64, None)),
        ..OPEN
    },
    Invoice {
        id: "INV-2102",
        issued: Some(33),
        total: "4200.00",
        balance: "4200.00",
        lines: &[("Managed services, June", "4200.00")],
        notes: Some("ACMEMARGIN41: margin 41 percent on this one. Do not discount again."),
        link: Some((30, None)),
        ..OPEN
    },
    Invoice {
        id: "INV-2103",
        issued: Some(12),
        total: "1849.50",
        balance: "849.50",
        lines: &[("Wi-Fi survey in the warehouse", "1500.00"), ("Two access points", "349.50")],
        ..OPEN
    },
    Invoice {
        id: "INV-2104",
        status: InvoiceStatus::Draft,
        issued: None,
        total: "9900.00",
        balance: "9900.00",
        lines: &[("Renewal, DRAFTRENEWAL26, with the new rates", "9900.00")],
        notes: Some("Waits for Daniel."),
        ..OPEN
    },
    Invoice {
        id: "INV-2105",
        status: InvoiceStatus::Void,
        issued: Some(90),
        total: "310.00",
        balance: "0.00",
        lines: &[("Booked twice", "310.00")],
        ..OPEN
    },
    Invoice {
        id: "INV-2106",
        issued: Some(20),
        total: "620.00",
        balance: "620.00",
        lines: &[("Disputed work, HIDDENDISPUTE6", "620.00")],
        visible: false,
        notes: Some("Held back until Sofia has spoken to Jane."),
        ..OPEN
    },
    Invoice {
        organisation: "globex",
        id: "INV-2201",
        issued: Some(25),
        total: "2750.00",
        balance: "2750.00",
        lines: &[("Managed services, June", "2750.00")],
        notes: Some("GLXPRICE77: the cheaper offer is 2300, hold the line."),
        link: Some((20, None)),
        ..OPEN
    },
    Invoice {
        organisation: "globex",
        id: "INV-2202",
        status: InvoiceStatus::Paid,
        issued: Some(55),
        total: "2750.00",
        balance: "0.00",
        lines: &[("Managed services, May", "2750.00")],
        ..OPEN
    },
    Invoice {
        organisation: "globex",
        id: "INV-2203",
        issued: Some(8),
        total: "415.20",
        balance: "415.20",
        lines: &[("Label printer", "415.20")],
        ..OPEN
    },
    Invoice {
        organisation: "initech",
        id: "INV-2301",
        issued: Some(75),
        total: "640.00",
        balance: "640.00",
        lines: &[("Managed services, April", "640.00")],
        notes: Some("INIDUNNING3: third reminder, next one goes to the lawyer."),
        link: Some((70, Some(14))),
        ..OPEN
    },
    Invoice {
        organisation: "initech",
        id: "INV-2302",
        status: InvoiceStatus::Paid,
        issued: Some(105),
        total: "640.00",
        balance: "0.00",
        lines: &[("Managed services, March", "640.00")],
        ..OPEN
    },
    Invoice {
        organisation: "initech",
        id: "INV-2303",
        status: InvoiceStatus::Uncollectible,
        issued: Some(300),
        total: "120.00",
        balance: "120.00",
        lines: &[("Call-out", "120.00")],
        ..OPEN
    },
];

struct Payment {
    organisation: &'static str,
    id: &'static str,
    invoice: &'static str,
    amount: &'static str,
    status: PaymentStatus,
    method: &'static str,
    refunded: Option<&'static str>,
    receipt: Option<&'static str>,
    failure: Option<&'static str>,
    notified: Option<bool>,
    days_ago: i64,
}

const RECEIVED: Payment = Payment {
    organisation: "acme",
    id: "",
    invoice: "",
    amount: "0",
    status: PaymentStatus::Succeeded,
    method: "bank transfer",
    refunded: None,
    receipt: None,
    failure: None,
    notified: Some(true),
    days_ago: 1,
};

const PAYMENTS: [Payment; 9] = [
    Payment {
        id: "PAY-3101",
        invoice: "INV-2101",
        amount: "4200.00",
        method: "card ending 4242",
        receipt: Some("R-3101"),
        days_ago: 50,
        ..RECEIVED
    },
    Payment {
        id: "PAY-3102",
        invoice: "INV-2102",
        amount: "4200.00",
        status: PaymentStatus::Failed,
        method: "card ending 4242",
        failure: Some("the bank refused the card"),
        notified: Some(false),
        days_ago: 18,
        ..RECEIVED
    },
    Payment {
        id: "PAY-3103",
        invoice: "INV-2103",
        amount: "1000.00",
        receipt: Some("R-3103"),
        days_ago: 4,
        ..RECEIVED
    },
    Payment {
        id: "PAY-3104",
        invoice: "INV-2105",
        amount: "310.00",
        status: PaymentStatus::Refunded,
        refunded: Some("310.00"),
        receipt: Some("R-3104"),
        days_ago: 80,
        ..RECEIVED
    },
    Payment {
        organisation: "globex",
        id: "PAY-3201",
        invoice: "INV-2202",
        amount: "2750.00",
        receipt: Some("R-3201"),
        days_ago: 41,
        ..RECEIVED
    },
    Payment {
        organisation: "globex",
        id: "PAY-3202",
        invoice: "INV-2201",
        amount: "2750.00",
        status: PaymentStatus::Pending,
        method: "direct debit",
        notified: None,
        days_ago: 1,
        ..RECEIVED
    },
    Payment {
        organisation: "globex",
        id: "PAY-3203",
        invoice: "INV-2203",
        amount: "415.20",
        status: PaymentStatus::Failed,
        method: "card ending 0341",
        failure: Some("the card has expired"),
        days_ago: 2,
        ..RECEIVED
    },
    Payment {
        organisation: "initech",
        id: "PAY-3301",
        invoice: "INV-2302",
        amount: "640.00",
        receipt: Some("R-3301"),
        days_ago: 60,
        ..RECEIVED
    },
    Payment {
        organisation: "initech",
        id: "PAY-3302",
        invoice: "INV-2302",
        amount: "640.00",
        status: PaymentStatus::Refunded,
        refunded: Some("64.00"),
        receipt: Some("R-3302"),
        days_ago: 58,
        ..RECEIVED
    },
];

/// Organisation, id, name, kind, whether it runs, since how many days, for how many more, amount.
type Agreement = (&'static str, &'static str, &'static str, &'static str, bool, i64, i64, &'static str);

const AGREEMENTS: [Agreement; 6] = [
    ("acme", "AG-11", "Managed services Platinum", "Managed Services", true, 400, 330, "4200.00"),
    ("acme", "AG-12", "Off-site backup", "Backup", true, 200, 165, "380.00"),
    ("acme", "AG-13", "Old telephone system", "Maintenance", false, 900, -170, "75.00"),
    ("globex", "AG-21", "Managed services Gold", "Managed Services", true, 300, 65, "2750.00"),
    ("globex", "AG-22", "CAD workstation care", "Maintenance", true, 120, 245, "190.00"),
    ("initech", "AG-31", "Basic care", "Managed Services", true, 500, 230, "640.00"),
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for invoice in &INVOICES {
        invoice.insert(rows, now)?;
    }
    for payment in &PAYMENTS {
        payment.insert(rows, now)?;
    }
    for (organisation, id, name, kind, active, since, left, amount) in AGREEMENTS {
        rows.insert(
            "INSERT INTO agreement (tenant, id, organisation, name, kind, active, from_on, until_on, amount, currency,
             period) VALUES (:tenant, :id, :organisation, :name, :kind, :active, :from, :until, :amount, 'USD', 'month')",
            &[
                (":id", &id),
                (":organisation", &organisation_key(rows, organisation)?),
                (":name", &name),
                (":kind", &kind),
                (":active", &active),
                (":from", &day(now, since)),
                (":until", &day(now, -left)),
                (":amount", &amount),
            ],
        )?;
    }
    Ok(())
}

/// The day that many days ago, as it is kept.
pub(super) fn day(now: Timestamp, days_ago: i64) -> String {
    ago(now, days_ago * DAY).to_zoned(TimeZone::UTC).date().to_string()
}

impl Invoice {
    fn insert(&self, rows: &Rows<'_>, now: Timestamp) -> Result<()> {
        let invoice = rows.insert(
            "INSERT INTO invoice (tenant, id, organisation, number, status, issued_on, due_on, total, balance, currency,
             customer_visible, notes) VALUES (:tenant, :id, :organisation, :id, :status, :issued, :due, :total,
             :balance, 'USD', :visible, :notes)",
            &[
                (":id", &self.id),
                (":organisation", &organisation_key(rows, self.organisation)?),
                (":status", &word(&self.status)?),
                (":issued", &self.issued.map(|it| day(now, it))),
                (":due", &self.issued.map(|it| day(now, it - 30))),
                (":total", &self.total),
                (":balance", &self.balance),
                (":visible", &self.visible),
                (":notes", &self.notes),
            ],
        )?;
        for (place, (text, total)) in (1_i64..).zip(self.lines) {
            rows.insert(
                "INSERT INTO invoice_line (tenant, invoice, place, text, total)
                 VALUES (:tenant, :invoice, :place, :text, :total)",
                &[(":invoice", &invoice), (":place", &place), (":text", text), (":total", total)],
            )?;
        }
        if let Some((made, works)) = self.link {
            rows.insert(
                "INSERT INTO payment_link (tenant, invoice, token, created_at, expires_at)
                 VALUES (:tenant, :invoice, :token, :made, :ends)",
                &[
                    (":invoice", &invoice),
                    (":token", &rows.secret()?),
                    (":made", &micros(ago(now, made * DAY))),
                    (":ends", &works.map(|it| micros(ago(now, (made - it) * DAY)))),
                ],
            )?;
        }
        Ok(())
    }
}

impl Payment {
    fn insert(&self, rows: &Rows<'_>, now: Timestamp) -> Result<()> {
        rows.insert(
            "INSERT INTO payment (tenant, id, organisation, invoice, amount, currency, status, method, refunded, receipt,
             failure, finance_notified, at)
             SELECT tenant, :id, organisation, key, :amount, currency, :status, :method, :refunded, :receipt, :failure,
             :notified, :at FROM invoice
             WHERE tenant = :tenant AND id = :invoice AND organisation = :organisation",
            &[
                (":id", &self.id),
                (":amount", &self.amount),
                (":status", &word(&self.status)?),
                (":method", &self.method),
                (":refunded", &self.refunded),
                (":receipt", &self.receipt),
                (":failure", &self.failure),
                (":notified", &self.notified),
                (":at", &micros(ago(now, self.days_ago * DAY))),
                (":invoice", &self.invoice),
                (":organisation", &organisation_key(rows, self.organisation)?),
            ],
        )?;
        Ok(())
    }
}

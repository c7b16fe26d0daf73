//! Places, equipment, appointments, and time worked on tickets.

use super::billing::day;
use super::{agent_key, ago, contact_key, organisation_key};
use crate::convert::{micros, word};
use crate::fail::Result;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::BookingStatus;

/// Organisation, telephone, address, website.
const COMPANIES: [(&str, &str, &str, &str); 3] = [
    ("acme", "+1 202 555 0100", "1 Harbour Road, Rivermouth", "https://www.acme.example"),
    ("globex", "+1 202 555 0200", "20 Mill Lane, Stonebridge", "https://www.globex.example"),
    ("initech", "+1 202 555 0300", "4120 Elm Court, Austin", "https://www.initech.example"),
];

/// Organisation, id, name, address, telephone, whether in use.
type Site = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>, bool);

const SITES: [Site; 6] = [
    ("acme", "ST-11", "Headquarters", "1 Harbour Road, Rivermouth", Some("+1 202 555 0100"), true),
    ("acme", "ST-12", "Warehouse", "9 Dock Street, Rivermouth", Some("+1 202 555 0109"), true),
    ("acme", "ST-13", "Old office", "77 Hill Street, Rivermouth", None, false),
    ("globex", "ST-21", "Plant", "20 Mill Lane, Stonebridge", Some("+1 202 555 0200"), true),
    ("globex", "ST-22", "Design studio", "3 Lake View, Stonebridge", None, true),
    ("initech", "ST-31", "Office", "4120 Elm Court, Austin", Some("+1 202 555 0300"), true),
];

/// Organisation, id, name, kind, serial number, whether in use, whose, where, days until the warranty ends.
type Asset = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    Option<&'static str>,
    &'static str,
    i64,
);

const ASSETS: [Asset; 10] = [
    ("acme", "AS-11", "acme-lap-017", "Workstation", "LP017A4", true, Some("basic@acme.example"), "ST-11", 420),
    ("acme", "AS-12", "acme-lap-021", "Workstation", "LP021B9", true, Some("alice.wong@acme.example"), "ST-11", 35),
    ("acme", "AS-13", "acme-file-01", "Server", "SRV0091", true, None, "ST-11", -40),
    ("acme", "AS-14", "acme-gw-02", "Firewall", "FW77120", true, None, "ST-11", 210),
    ("acme", "AS-15", "acme-lap-003", "Workstation", "LP003Z1", false, Some("greg.ellis@acme.example"), "ST-13", -600),
    ("globex", "AS-21", "glx-cad-01", "Workstation", "CAD0001", true, Some("basic@globex.example"), "ST-22", 900),
    ("globex", "AS-22", "glx-lic-01", "Server", "SRV2040", true, None, "ST-21", 300),
    ("globex", "AS-23", "glx-label-2", "Printer", "LBL0002", true, None, "ST-21", 100),
    ("initech", "AS-31", "ini-print-01", "Printer", "PR90210", true, None, "ST-31", -10),
    ("initech", "AS-32", "ini-pc-07", "Workstation", "PC70707", true, Some("basic@initech.example"), "ST-31", 60),
];

/// Organisation, id, kind, title, state, hours from now, how many hours, for whom, who comes, moved by that many hours.
type Booking = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    BookingStatus,
    i64,
    i64,
    &'static str,
    &'static str,
    Option<i64>,
);

const BOOKINGS: [Booking; 8] = [
    (
        "acme",
        "BK-11",
        "On-site service",
        "Access points in hall B",
        BookingStatus::Confirmed,
        30,
        4,
        "lead@acme.example",
        "leo.brandt@msp.example",
        None,
    ),
    (
        "acme",
        "BK-12",
        "Meeting",
        "Quarterly review",
        BookingStatus::RescheduleRequested,
        200,
        1,
        "lead@acme.example",
        "service-lead@msp.example",
        Some(48),
    ),
    (
        "acme",
        "BK-13",
        "Class",
        "Recognising bad mail",
        BookingStatus::Done,
        -300,
        2,
        "basic@acme.example",
        "support-write@msp.example",
        None,
    ),
    (
        "acme",
        "BK-14",
        "On-site service",
        "Firewall of the old office",
        BookingStatus::Cancelled,
        -100,
        2,
        "lead@acme.example",
        "leo.brandt@msp.example",
        None,
    ),
    (
        "globex",
        "BK-21",
        "On-site service",
        "Workstations five and six",
        BookingStatus::Confirmed,
        26,
        6,
        "lead@globex.example",
        "leo.brandt@msp.example",
        None,
    ),
    (
        "globex",
        "BK-22",
        "Meeting",
        "Contract in autumn",
        BookingStatus::Requested,
        120,
        1,
        "lead@globex.example",
        "owner@msp.example",
        None,
    ),
    (
        "initech",
        "BK-31",
        "After-sales",
        "Drum of the big printer",
        BookingStatus::Done,
        -400,
        1,
        "lead@initech.example",
        "leo.brandt@msp.example",
        None,
    ),
    (
        "initech",
        "BK-32",
        "On-site service",
        "Yearly check",
        BookingStatus::Confirmed,
        72,
        2,
        "lead@initech.example",
        "support-write@msp.example",
        Some(24),
    ),
];

/// Words of the ticket's subject, by whom, minutes after it was created, how long, what, whether it is paid for.
type Time = (&'static str, &'static str, i64, u32, &'static str, Option<bool>);

const TIMES: [Time; 4] = [
    ("VPN drops every few minutes from home", "support-write@msp.example", 20, 25, "Log read, cause found", Some(true)),
    (
        "VPN drops every few minutes from home",
        "leo.brandt@msp.example",
        60,
        90,
        "TIMEACME90: learned the gateway by doing, half of it ours",
        Some(false),
    ),
    ("Cannot open the month-end workbook", "leo.brandt@msp.example", 30, 15, "Lock cleared", Some(true)),
    ("CAD licence", "leo.brandt@msp.example", 30, 40, "TIMEGLX40: licence server restarted twice", None),
];

pub(super) fn places(rows: &Rows<'_>, _now: Timestamp) -> Result<()> {
    for (organisation, phone, address, website) in COMPANIES {
        rows.change(
            "UPDATE organisation SET phone = :phone, address = :address, website = :website
             WHERE tenant = :tenant AND id = :id",
            &[(":id", &organisation), (":phone", &phone), (":address", &address), (":website", &website)],
        )?;
    }
    for (organisation, id, name, address, phone, active) in SITES {
        rows.insert(
            "INSERT INTO site (tenant, id, organisation, name, address, phone, active)
             VALUES (:tenant, :id, :organisation, :name, :address, :phone, :active)",
            &[
                (":id", &id),
                (":organisation", &organisation_key(rows, organisation)?),
                (":name", &name),
                (":address", &address),
                (":phone", &phone),
                (":active", &active),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn assets(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for (organisation, id, name, kind, serial, active, contact, site, warranty) in ASSETS {
        let contact = contact.map(|it| contact_key(rows, it)).transpose()?;
        rows.insert(
            "INSERT INTO asset (tenant, id, organisation, name, kind, serial, active, contact, site, warranty_until)
             VALUES (:tenant, :id, :organisation, :name, :kind, :serial, :active, :contact,
             (SELECT key FROM site WHERE tenant = :tenant AND id = :site), :warranty)",
            &[
                (":id", &id),
                (":organisation", &organisation_key(rows, organisation)?),
                (":name", &name),
                (":kind", &kind),
                (":serial", &serial),
                (":active", &active),
                (":contact", &contact),
                (":site", &site),
                (":warranty", &day(now, -warranty)),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn bookings(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for (organisation, id, kind, title, status, hours, lasts, contact, staff, moved) in BOOKINGS {
        let starts = |hours: i64| micros(ago(now, -hours * 60));
        rows.insert(
            "INSERT INTO booking (tenant, id, organisation, kind, title, status, starts_at, ends_at, contact, staff,
             rescheduled_from) VALUES (:tenant, :id, :organisation, :kind, :title, :status, :starts, :ends, :contact,
             :staff, :moved)",
            &[
                (":id", &id),
                (":organisation", &organisation_key(rows, organisation)?),
                (":kind", &kind),
                (":title", &title),
                (":status", &word(&status)?),
                (":starts", &starts(hours)),
                (":ends", &starts(hours + lasts)),
                (":contact", &contact_key(rows, contact)?),
                (":staff", &agent_key(rows, staff)?),
                (":moved", &moved.map(|it| starts(hours - it))),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn times(rows: &Rows<'_>, _now: Timestamp) -> Result<()> {
    for (subject, by, after, minutes, text, billable) in TIMES {
        rows.insert(
            "INSERT INTO time_entry (tenant, id, ticket, agent, minutes, text, billable, at)
             SELECT tenant, :id, key, :agent, :minutes, :text, :billable, created_at + :after FROM ticket
             WHERE tenant = :tenant AND instr(subject, :subject) = 1 ORDER BY key LIMIT 1",
            &[
                (":id", &rows.fresh("TE")?),
                (":agent", &agent_key(rows, by)?),
                (":minutes", &minutes),
                (":text", &text),
                (":billable", &billable),
                (":after", &(after * 60_000_000)),
                (":subject", &subject),
            ],
        )?;
    }
    Ok(())
}

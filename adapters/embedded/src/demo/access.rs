//! Access roles, who has which, and what people did lately.

use super::{ago, contact_key};
use crate::convert::{micros, word};
use crate::fail::Result;
use crate::people::{access, users};
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::{AccessEventKind, AccessRoleId, Error, Right, Right::*};

/// Id, name, whether a new user gets it, what it opens.
const ROLES: [(&str, &str, bool, &[Right]); 4] = [
    ("viewer", "Viewer", true, &[ServiceRecords, Documents, RequestCreate, Bookings]),
    ("member", "Member", false, &[ServiceRecords, Documents, DocumentDownload, RequestCreate, Bookings, Orders]),
    ("payer", "Payer", false, &[ServiceRecords, Documents, DocumentDownload, RequestCreate, Invoices, Payments]),
    ("manager", "Manager", false, EVERYTHING),
];

const EVERYTHING: &[Right] = &[
    ServiceRecords,
    Documents,
    DocumentDownload,
    Invoices,
    Payments,
    AllRequests,
    RequestCreate,
    Orders,
    Bookings,
    UserManagement,
];

/// The MSP's own role: no customer has it or gets it.
const OWN: (&str, &str) = ("msp-operator", "MSP operator");

/// Who has which role, whether the login is locked, whether there is a second factor.
const HELD: [(&str, &str, bool, Option<bool>); 16] = [
    ("lead@acme.example", "manager", false, Some(true)),
    ("basic@acme.example", "viewer", false, Some(false)),
    ("alice.wong@acme.example", "payer", false, Some(true)),
    ("rachel.adams@acme.example", "member", true, Some(false)),
    ("omar.haddad@acme.example", "viewer", false, Some(false)),
    ("greg.ellis@acme.example", "member", false, Some(true)),
    ("lead@globex.example", "manager", false, Some(true)),
    ("basic@globex.example", "viewer", false, Some(false)),
    ("ines.duarte@globex.example", "payer", false, None),
    ("karl.vogel@globex.example", "viewer", false, Some(false)),
    ("mia.hansen@globex.example", "member", false, Some(false)),
    ("lead@initech.example", "manager", false, Some(true)),
    ("basic@initech.example", "viewer", false, Some(false)),
    ("samir.nair@initech.example", "member", false, None),
    ("joan.weaver@initech.example", "payer", false, Some(false)),
    ("milton.crane@initech.example", "viewer", false, Some(false)),
];

/// Minutes ago, who, what, by whom if not by themselves, from where, in words.
type Event = (i64, &'static str, AccessEventKind, Option<&'static str>, Option<&'static str>, &'static str);

const EVENTS: [Event; 12] = [
    (43_200, "alice.wong@acme.example", AccessEventKind::RoleChange, Some("Jane Smith"), None, "from viewer to payer"),
    (9_900, "omar.haddad@acme.example", AccessEventKind::Invitation, Some("Jane Smith"), None, "invited as viewer"),
    (4_310, "rachel.adams@acme.example", AccessEventKind::LoginFailed, None, Some("198.51.100.0"), "wrong password"),
    (4_309, "rachel.adams@acme.example", AccessEventKind::LoginFailed, None, Some("198.51.100.0"), "locked"),
    (2_870, "alice.wong@acme.example", AccessEventKind::PaymentView, None, Some("203.0.113.0"), "payments of May"),
    (411, "alice.wong@acme.example", AccessEventKind::Login, None, Some("203.0.113.0"), "password and second factor"),
    (140, "lead@acme.example", AccessEventKind::Download, None, Some("203.0.113.0"), "Managed services contract"),
    (137, "lead@acme.example", AccessEventKind::Login, None, Some("203.0.113.0"), "password and second factor"),
    (
        5_760,
        "ines.duarte@globex.example",
        AccessEventKind::Reset,
        Some("Marcus Hale"),
        None,
        "sent a link to set a new password: called from the number on file",
    ),
    (300, "lead@globex.example", AccessEventKind::Login, None, Some("192.0.2.0"), "password and second factor"),
    (2_100, "samir.nair@initech.example", AccessEventKind::Login, None, Some("192.0.2.128"), "password"),
    (950, "lead@initech.example", AccessEventKind::Other, None, Some("192.0.2.128"), "changed the language"),
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for (id, name, is_default, rights) in ROLES {
        role(rows, (id, name), is_default, false, rights)?;
    }
    role(rows, OWN, false, true, EVERYTHING)?;
    for (email, held, locked, two_factor) in HELD {
        let contact = contact_key(rows, email)?;
        rows.change(
            "UPDATE login SET locked = :locked, two_factor = :two WHERE tenant = :tenant AND contact = :contact",
            &[(":locked", &locked), (":two", &two_factor), (":contact", &contact)],
        )?;
        let held = AccessRoleId::new(held).map_err(|e| Error::internal("a role's id").because(e))?;
        access::give(rows, contact, &users::grantable(rows, &[held])?)?;
    }
    rows.insert(
        "INSERT INTO auth_policy (tenant, password_min_length, two_factor_required, reset_expires_secs,
         invitation_expires_secs, lockout_after, lockout_secs, session_idle_secs, session_max_secs)
         VALUES (:tenant, 12, 0, 3600, 604800, 10, 900, 1800, 43200)",
        &[],
    )?;
    for (minutes, email, kind, by, address, detail) in EVENTS {
        rows.insert(
            "INSERT INTO access_event (tenant, organisation, contact, kind, email, by, address, detail, at)
             SELECT tenant, organisation, contact, :kind, email, :by, :address, :detail, :at FROM login
             WHERE tenant = :tenant AND email = :email",
            &[
                (":kind", &word(&kind)?),
                (":by", &by),
                (":address", &address),
                (":detail", &detail),
                (":at", &micros(ago(now, minutes))),
                (":email", &email),
            ],
        )?;
    }
    Ok(())
}

fn role(rows: &Rows<'_>, (id, name): (&str, &str), is_default: bool, internal: bool, rights: &[Right]) -> Result<()> {
    rows.insert(
        "INSERT INTO access_role (tenant, id, name, rights, is_default, internal)
         VALUES (:tenant, :id, :name, :rights, :is_default, :internal)",
        &[
            (":id", &id),
            (":name", &name),
            (":rights", &users::rights(rights)?),
            (":is_default", &is_default),
            (":internal", &internal),
        ],
    )?;
    Ok(())
}

//! Two customers with people, tickets, notes and pages. Everything that must not get out says CANARY.

use super::Data;
use serde_json::{Value, json};

/// The customer Acme.
pub const ACME: i64 = 12;
/// The customer Globex.
pub const GLOBEX: i64 = 13;
/// Ann Lead at Acme.
pub const ACME_LEAD: i64 = 77;
/// Bob Basic at Acme.
pub const ACME_USER: i64 = 78;
/// Gil at Globex.
pub const GLOBEX_USER: i64 = 88;
/// Whose token Postern has.
pub(super) const API_USER: i64 = 1;

pub(super) fn bare_ticket(id: i64, at: &str) -> Value {
    json!({
        "id": id, "number": id + 10_000, "subject": "", "created_at": at, "updated_at": at, "due_date": at,
        "customer_id": null, "customer_business_then_name": null, "resolved_at": null, "start_at": null, "end_at": null,
        "location_id": null, "problem_type": "Other", "status": "New", "ticket_type_id": 1, "properties": {},
        "user_id": null, "pdf_url": "https://canary.example/CANARY-PDF", "priority": null, "billing_status": "CANARY-BILLING",
        "tag_list": [], "sla_name": null, "contact_id": null, "contact_fullname": null, "sla_breached": false,
        "attachments": [], "line_items": [{ "id": 1, "price_cost": 4711.0, "name": "CANARY-COST" }], "ticket_timers": [],
        "mentionables": ["canary@msp.example"],
    })
}

fn merge(mut row: Value, rest: Value) -> Value {
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

fn ticket(id: i64, customer: i64, contact: (i64, &str), at: &str, rest: Value) -> Value {
    let owned = json!({ "customer_id": customer, "contact_id": contact.0, "contact_fullname": contact.1 });
    merge(merge(bare_ticket(id, at), owned), rest)
}

fn comment(id: i64, ticket: i64, at: &str, rest: Value) -> Value {
    let bare = json!({
        "id": id, "created_at": at, "updated_at": at, "ticket_id": ticket, "subject": "Update", "body": "", "tech": "Ada Agent",
        "hidden": true, "user_id": 14, "is_rich_text": false, "sms_body": "CANARY-SMS",
    });
    merge(bare, rest)
}

fn issue(id: i64, ticket: i64, at: &str, body: &str) -> Value {
    let words =
        json!({ "subject": "Initial Issue", "body": body, "hidden": false, "user_id": null, "tech": "customer" });
    comment(id, ticket, at, words)
}

fn customer(id: i64, name: &str, rest: Value) -> Value {
    let bare = json!({
        "id": id, "firstname": "First", "lastname": "Last", "fullname": "First Last", "business_name": name,
        "business_then_name": name, "email": "canary-billing@example.example", "disabled": false, "properties": {},
        "notes": "CANARY-CUSTOMER-NOTE", "tax_rate_id": 3, "contacts": [],
        "online_profile_url": "https://simulated.example/my_profile/v2/index?portal_key=CANARY-PORTAL-KEY",
    });
    merge(bare, rest)
}

fn contact(id: i64, customer: i64, name: &str, email: &str) -> Value {
    json!({
        "id": id, "name": name, "customer_id": customer, "account_id": 1, "email": email, "phone": "555 0100",
        "mobile": null, "address1": "CANARY-STREET 1", "notes": "prefers calls", "opt_out": false,
        "properties": { "title": "Clerk", "password": "CANARY-CONTACT-PASSWORD" },
    })
}

fn page(id: i64, name: &str, body: &str, rest: Value) -> Value {
    let bare = json!({
        "id": id, "account_id": 1, "name": name, "slug": format!("page-{id}"), "body": body,
        "interpolated_body": "CANARY-INTERPOLATED", "updated_at": "2026-08-01T08:00:00.000Z",
    });
    merge(bare, rest)
}

pub(super) fn data() -> Data {
    let mut data = desk();
    super::records::add(&mut data);
    data
}

fn desk() -> Data {
    let (ann, bob, gil) = ((ACME_LEAD, "Ann Lead"), (ACME_USER, "Bob Basic"), (GLOBEX_USER, "Gil Globe"));
    let shared = json!({ "Private": "0", "Admin password": "CANARY-PROPERTY" });
    let whole = json!({ "customer_id": null, "asset_id": null });
    Data {
        customers: vec![
            customer(
                ACME,
                "Acme",
                json!({ "properties": { "Tier": "enterprise", "Tickets": "50", "Domains": "acme.example, @Acme.test" } }),
            ),
            customer(GLOBEX, "Globex", json!({ "disabled": true })),
        ],
        contacts: vec![
            contact(ACME_LEAD, ACME, "Ann Lead", "Ann.Lead@acme.example"),
            contact(ACME_USER, ACME, "Bob Basic", "bob.basic@acme.example"),
            contact(80, ACME, "Twin One", "twin@acme.example"),
            contact(81, ACME, "Twin Two", "TWIN@acme.example"),
            contact(GLOBEX_USER, GLOBEX, "Gil Globe", "gil@globex.example"),
            contact(89, 0, "Nobody's", "stray@acme.example"),
        ],
        tickets: vec![
            ticket(
                4324,
                ACME,
                ann,
                "2026-08-01T08:00:00.000Z",
                json!({ "subject": "Old printer", "status": "Invoiced", "priority": "3 Low", "properties": shared,
                    "resolved_at": "2026-08-02T08:00:00.000Z", "updated_at": "2026-08-03T08:00:00.000Z" }),
            ),
            ticket(
                4321,
                ACME,
                ann,
                "2026-09-01T08:55:00.000Z",
                json!({ "subject": "Printer offline", "priority": "1 High", "status": "In Progress", "user_id": 14,
                    "problem_type": "Hardware", "due_date": "2026-09-02T08:55:00.000Z", "properties": shared,
                    "updated_at": "2026-09-03T10:00:00.000Z",
                    "attachments": [{ "id": 501, "file_name": "photo.png", "content_type": "image/png", "file_size": 1024,
                        "created_at": "2026-09-01T09:00:00.000Z", "file": { "url": "https://canary.example/CANARY-FILE" } }] }),
            ),
            ticket(
                4322,
                ACME,
                bob,
                "2026-09-02T08:00:00.000Z",
                json!({ "subject": "VPN drops", "status": "Waiting on Customer", "properties": shared }),
            ),
            ticket(
                4323,
                ACME,
                bob,
                "2026-09-03T08:00:00.000Z",
                json!({ "subject": "Salary question", "priority": "0 Urgent", "properties": { "Private": "1" } }),
            ),
            ticket(
                4325,
                ACME,
                ann,
                "2026-09-04T08:00:00.000Z",
                json!({ "subject": "Unreadable mark", "priority": "sideways", "status": "Quantum",
                    "properties": { "Private": ["0"] } }),
            ),
            ticket(
                5001,
                GLOBEX,
                gil,
                "2026-09-05T08:00:00.000Z",
                json!({ "subject": "CANARY-GLOBEX printer", "properties": shared }),
            ),
            ticket(
                5002,
                0,
                (0, ""),
                "2026-09-05T09:00:00.000Z",
                json!({ "subject": "CANARY-NOBODY", "customer_id": null, "properties": shared }),
            ),
        ],
        comments: vec![
            issue(1, 4324, "2026-08-01T08:00:00.000Z", "done"),
            issue(2, 4321, "2026-09-01T08:55:00.000Z", "The printer on floor 2"),
            comment(3, 4321, "2026-09-01T09:15:00.000Z", json!({ "body": "We are looking into it", "hidden": false })),
            comment(4, 4321, "2026-09-01T09:20:00.000Z", json!({ "body": "CANARY-INTERNAL zebra" })),
            comment(
                5,
                4321,
                "2026-09-01T10:00:00.000Z",
                json!({ "body": "Any news?", "hidden": false, "user_id": null, "tech": "Ann Lead", "subject": "Re: Printer" }),
            ),
            comment(6, 4321, "2026-09-01T11:00:00.000Z", json!({ "body": "CANARY-UNMARKED", "hidden": null })),
            issue(7, 4322, "2026-09-02T08:00:00.000Z", "every hour"),
            issue(8, 4323, "2026-09-03T08:00:00.000Z", "for the requester alone"),
            issue(9, 4325, "2026-09-04T08:00:00.000Z", "x"),
            issue(10, 5001, "2026-09-05T08:00:00.000Z", "CANARY-GLOBEX"),
        ],
        pages: vec![
            page(901, "Setting up the VPN", "<p>Install the <b>VPN</b> client.</p><script>CANARY</script>", json!({})),
            page(902, "VPN for Acme", "the key stands in the safe", json!({ "customer_id": ACME, "asset_id": null })),
            page(903, "VPN runbook", "shared secrets live in the vault", whole.clone()),
            page(904, "VPN of Globex", "CANARY-GLOBEX-PAGE", json!({ "customer_id": GLOBEX, "asset_id": null })),
            page(905, "VPN somewhere", "CANARY-NOBODYS-PAGE: password", json!({})),
            page(906, "VPN firewall", "CANARY-ASSET-PAGE", json!({ "customer_id": null, "asset_id": 44 })),
        ],
        users: vec![
            json!({ "id": API_USER, "full_name": "Postern", "email": "canary-api@msp.example", "admin": true }),
            json!({ "id": 14, "full_name": "Ada Agent", "email": "canary-ada@msp.example" }),
            json!({ "id": 15, "full_name": "Tess Second", "email": "canary-tess@msp.example" }),
        ],
        statuses: [
            "New",
            "In Progress",
            "Resolved",
            "Invoiced",
            "Waiting for Parts",
            "Waiting on Customer",
            "Scheduled",
            "Customer Reply",
        ]
        .map(str::to_owned)
        .into(),
        mails: vec![],
        assets: vec![],
        invoices: vec![],
        payments: vec![],
        contracts: vec![],
        estimates: vec![],
        writes: 0,
    }
}

//! Two companies with people, tickets and notes. Everything that must not get out says CANARY.

use super::Data;
use serde_json::{Value, json};

/// The company Acme.
pub const ACME: i64 = 174;
/// The company Globex.
pub const GLOBEX: i64 = 175;
/// Ann Lead at Acme.
pub const ACME_LEAD: i64 = 77;
/// Bob Basic at Acme.
pub const ACME_USER: i64 = 78;
/// Gil at Globex.
pub const GLOBEX_USER: i64 = 88;
/// Ada Agent of the MSP.
pub const ADA: i64 = 10;
/// Postern's own API user.
pub const API_USER: i64 = 4;
/// The queue "2nd Line".
pub const SECOND_LINE: i64 = 29_683_354;
/// The status that ends a ticket.
pub const COMPLETE: i64 = 5;

/// A ticket of nobody's.
pub(super) fn bare_ticket(id: i64, at: &str) -> Value {
    json!({
        "id": id, "companyID": null, "contactID": null, "assignedResourceID": null, "assignedResourceRoleID": null,
        "status": 1, "priority": 2, "queueID": 29_682_833, "issueType": null, "ticketCategory": 3, "ticketType": 1,
        "source": 6, "title": "", "description": "", "resolution": "", "externalID": "", "dueDateTime": null,
        "ticketNumber": format!("T2026.{id}"), "createDate": at, "completedDate": null, "lastActivityDate": at,
        "lastCustomerVisibleActivityDateTime": null, "firstResponseDateTime": null, "firstResponseDueDateTime": null,
        "resolvedDateTime": null, "resolvedDueDateTime": null, "userDefinedFields": [],
        "hoursToBeScheduled": 4711.0, "changeInfoField1": "CANARY-CHANGE", "rmmAlertID": "CANARY-ALERT",
    })
}

/// A note by Postern's API user.
pub(super) fn bare_note(id: i64, ticket: i64, at: &str) -> Value {
    json!({
        "id": id, "ticketID": ticket, "title": "", "description": "", "noteType": 1, "publish": 2,
        "creatorResourceID": API_USER, "createdByContactID": null, "createDateTime": at, "lastActivityDate": at,
        "impersonatorCreatorResourceID": null, "userDefinedFields": [{ "name": "CANARY-UDF", "value": "CANARY" }],
    })
}

fn with(mut row: Value, rest: Value) -> Value {
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

/// A ticket of somebody's, with other values.
pub fn ticket(id: i64, company: i64, contact: i64, at: &str, rest: Value) -> Value {
    with(with(bare_ticket(id, at), json!({ "companyID": company, "contactID": contact })), rest)
}

/// Many tickets of Bob's, of usual size, numbered from `from` on, a minute apart.
pub fn many_tickets(from: i64, count: i64) -> Vec<Value> {
    let start = jiff::civil::datetime(2026, 9, 2, 8, 0, 0, 0);
    let one = |number: i64| {
        let at = start.checked_add(jiff::Span::new().minutes(number)).unwrap_or(start);
        let at = at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        let description = "The label printer in the warehouse prints every second label twice. ".repeat(4);
        let rest = json!({
            "title": format!("Label printer prints twice {number}"), "description": description,
            "userDefinedFields": [{ "name": "PosternPrivate", "value": "No" }], "assignedResourceID": ADA,
        });
        ticket(from + number, ACME, ACME_USER, &at, rest)
    };
    (0..count).map(one).collect()
}

fn note(id: i64, ticket: i64, at: &str, rest: Value) -> Value {
    with(bare_note(id, ticket, at), rest)
}

fn contact(id: i64, company: i64, first: &str, last: &str, email: &str) -> Value {
    json!({
        "id": id, "companyID": company, "firstName": first, "lastName": last, "title": "Clerk", "emailAddress": email,
        "emailAddress2": "", "emailAddress3": "CANARY@third.example", "phone": "+44 20 7946 0000", "mobilePhone": "",
        "isActive": 1, "note": "", "facebookUrl": "CANARY",
    })
}

fn resource(id: i64, first: &str, last: &str, user: &str) -> Value {
    json!({
        "id": id, "firstName": first, "lastName": last, "userName": user, "email": format!("{user}@msp.example"),
        "isActive": true, "internalCost": 42.5, "homePhone": "CANARY-HOME", "payrollType": 1, "hireDate": "2001-01-01T00:00:00Z",
    })
}

fn private(mark: &str) -> Value {
    json!([{ "name": "PosternPrivate", "value": mark }, { "name": "CANARY-UDF", "value": "CANARY" }])
}

pub(super) fn data() -> Data {
    let mut data = Data::default();
    let company = |id: i64, name: &str, web: &str, tier: &str| {
        json!({
            "id": id, "companyName": name, "webAddress": web, "isActive": true, "taxID": "CANARY-TAX",
            "userDefinedFields": [{ "name": "Tier", "value": tier }, { "name": "Tickets", "value": "20" }],
        })
    };
    *data.rows("Companies") = vec![
        company(0, "Example MSP", "msp.example", ""),
        company(ACME, "Acme", "https://www.acme.example/", "enterprise"),
        company(GLOBEX, "Globex", "globex.example", "professional"),
    ];
    *data.rows("Contacts") = vec![
        contact(ACME_LEAD, ACME, "Ann", "Lead", "Ann.Lead@acme.example"),
        contact(ACME_USER, ACME, "Bob", "Basic", "bob.basic@acme.example"),
        contact(GLOBEX_USER, GLOBEX, "Gil", "Globex", "gil@globex.example"),
    ];
    *data.rows("Resources") = vec![
        resource(API_USER, "Postern", "API", super::USERNAME),
        resource(ADA, "Ada", "Agent", "ada"),
        resource(11, "Ben", "Bench", "ben"),
    ];
    *data.rows("ResourceServiceDeskRoles") = vec![
        json!({ "id": 1, "resourceID": ADA, "roleID": 7, "isActive": true, "isDefault": false }),
        json!({ "id": 2, "resourceID": ADA, "roleID": 8, "isActive": true, "isDefault": true }),
    ];
    let at = |day: u32| format!("2026-09-{day:02}T09:00:00.000Z");
    *data.rows("Tickets") = vec![
        ticket(
            4321,
            ACME,
            ACME_LEAD,
            &at(1),
            json!({
                "title": "Phones crackle", "description": "All of them", "priority": 1, "status": 8, "issueType": 10,
                "assignedResourceID": ADA, "assignedResourceRoleID": 8, "userDefinedFields": private("No"),
                "firstResponseDueDateTime": "2026-09-01T13:00:00.000Z", "firstResponseDateTime": "2026-09-01T10:00:00.000Z",
                "resolvedDueDateTime": "2026-09-03T17:00:00.000Z", "resolution": "draft: swap the CANARY-DRAFT",
            }),
        ),
        ticket(
            4322,
            ACME,
            ACME_USER,
            &at(2),
            json!({ "title": "Monitor flickers", "description": "since Monday", "userDefinedFields": private("No") }),
        ),
        ticket(
            4323,
            ACME,
            ACME_LEAD,
            &at(3),
            json!({ "title": "Salary list", "description": "for Ann alone", "userDefinedFields": private("Yes") }),
        ),
        // Its mark cannot be read, so that it is its requester's alone.
        ticket(
            4324,
            ACME,
            ACME_LEAD,
            &at(4),
            json!({ "title": "Board minutes", "description": "print them", "userDefinedFields": [] }),
        ),
        ticket(
            4325,
            ACME,
            ACME_USER,
            &at(5),
            json!({ "title": "Old mouse", "status": 5, "completedDate": at(6), "resolution": "New mouse", "userDefinedFields": private("No") }),
        ),
        ticket(
            5001,
            GLOBEX,
            GLOBEX_USER,
            &at(2),
            json!({ "title": "Keyboard sticks", "description": "CANARY-GLOBEX", "userDefinedFields": private("No") }),
        ),
        ticket(5002, 0, 0, &at(2), json!({ "title": "Our own CANARY-MSP", "userDefinedFields": private("No") })),
    ];
    let by_ada = |publish: i64, text: &str| json!({ "creatorResourceID": ADA, "publish": publish, "title": "Note", "description": text });
    let by_bob = json!({ "creatorResourceID": null, "createdByContactID": ACME_USER, "publish": 1, "noteType": 18, "title": "Bob", "description": "It got worse" });
    *data.rows("TicketNotes") = vec![
        note(1, 4322, &at(3), by_ada(1, "We are looking into it")),
        note(2, 4322, &at(4), by_ada(2, "the cable is bad, says acmecanary7")),
        note(3, 4322, &at(5), by_bob),
        note(4, 4322, &at(6), with(by_ada(1, "CANARY-WORKFLOW"), json!({ "noteType": 13 }))),
        note(5, 5001, &at(3), by_ada(1, "We are looking into it")),
        note(6, 5001, &at(4), by_ada(2, "the key is bad, says globexcanary7")),
    ];
    *data.rows("TicketAttachments") = vec![
        json!({ "id": 1, "parentID": 4322, "title": "photo.png", "fullPath": "photo.png", "contentType": "image/png", "fileSize": 2048, "attachDate": at(3), "publish": 1, "data": null }),
        json!({ "id": 2, "parentID": 4322, "title": "costs.xlsx", "fullPath": "costs.xlsx", "contentType": null, "fileSize": 4096, "attachDate": at(3), "publish": 2, "data": null }),
    ];
    super::records::add(&mut data);
    data
}

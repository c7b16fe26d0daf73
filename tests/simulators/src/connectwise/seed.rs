//! Two companies with people, tickets, notes and articles. Everything that must not get out says CANARY.

use super::Data;
use serde_json::{Value, json};

/// The company Acme.
pub const ACME: i64 = 12;
/// The company Globex.
pub const GLOBEX: i64 = 13;
/// A company that was deleted, and stays with a flag.
pub const DELETED: i64 = 14;
/// Ann Lead at Acme.
pub const ACME_LEAD: i64 = 77;
/// Bob Basic at Acme.
pub const ACME_USER: i64 = 78;
/// Gil at Globex.
pub const GLOBEX_USER: i64 = 88;
/// The board of services.
pub const BOARD: i64 = 1;
/// The custom field (checkbox) of private tickets.
pub const PRIVATE: i64 = 5;
/// The status that ends a ticket of the board.
pub const CLOSED: i64 = 15;

fn merge(mut row: Value, rest: Value) -> Value {
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

pub(super) fn bare_ticket(id: i64, at: &str) -> Value {
    json!({
        "id": id, "summary": "", "recordType": "ServiceTicket", "board": { "id": BOARD, "name": "Service" },
        "status": { "id": 11, "name": "New" }, "company": null, "contact": null, "contactName": null, "owner": null,
        "contactEmailAddress": null, "type": null, "team": { "id": 25, "name": "First Line" },
        "priority": { "id": 3, "name": "Priority 3" }, "externalXRef": null, "closedFlag": false, "closedDate": null,
        "hourlyRate": 4711.0, "estimatedTimeCost": 815.0, "resources": "CANARY-RESOURCES", "poNumber": "CANARY-PO",
        "customFields": [], "_info": { "lastUpdated": at, "dateEntered": at, "enteredBy": "CANARY-ENTERED" },
    })
}

pub(super) fn bare_note(id: i64, ticket: i64, at: &str) -> Value {
    json!({
        "id": id, "ticketId": ticket, "text": "", "detailDescriptionFlag": false, "internalAnalysisFlag": false,
        "resolutionFlag": false, "issueFlag": false, "member": { "id": 170, "name": "Postern Account" }, "contact": null,
        "customerUpdatedFlag": false, "dateCreated": at, "createdBy": "CANARY-CREATED", "internalFlag": false,
        "externalFlag": true, "sentimentScore": 0.25,
    })
}

fn ticket(id: i64, company: i64, contact: (i64, &str, &str), at: &str, rest: Value) -> Value {
    let owned = json!({
        "company": { "id": company, "identifier": "co", "name": "A company" }, "contactName": contact.1,
        "contact": { "id": contact.0, "name": contact.1 }, "contactEmailAddress": contact.2,
    });
    merge(merge(bare_ticket(id, at), owned), rest)
}

fn discussion(id: i64, ticket: i64, at: &str, text: &str) -> Value {
    merge(bare_note(id, ticket, at), json!({ "text": text, "detailDescriptionFlag": true }))
}

fn internal(id: i64, ticket: i64, at: &str, text: &str) -> Value {
    merge(bare_note(id, ticket, at), json!({ "text": text, "internalAnalysisFlag": true, "internalFlag": true }))
}

pub(super) fn data() -> Data {
    let ann = (ACME_LEAD, "Ann Lead", "Ann.Lead@acme.example");
    let bob = (ACME_USER, "Bob Basic", "bob.basic@acme.example");
    let gil = (GLOBEX_USER, "Gil Globe", "gil@globex.example");
    let private = |value: Value| json!([{ "id": PRIVATE, "caption": "Private", "type": "Checkbox", "value": value }]);
    let shared = json!({ "customFields": private(json!(false)) });
    let ada = json!({ "id": 176, "name": "Ada Agent" });
    let tickets = vec![
        ticket(
            4321,
            ACME,
            ann,
            "2026-09-01T08:55:00Z",
            merge(
                shared.clone(),
                json!({
            "summary": "Printer offline", "status": { "id": 12 }, "priority": { "id": 2 }, "owner": ada,
            "type": { "id": 31, "name": "Hardware" }, "dateResponded": "2026-09-01T09:15:00Z",
            "respondByGoalUTC": "2026-09-01T12:55:00Z", "resolutionGoalUTC": "2026-09-02T08:55:00Z",
            "_info": { "lastUpdated": "2026-09-03T10:00:00Z", "dateEntered": "2026-09-01T08:55:00Z" } }),
            ),
        ),
        ticket(
            4322,
            ACME,
            bob,
            "2026-09-02T08:00:00Z",
            merge(
                shared.clone(),
                json!({
            "summary": "VPN drops", "status": { "id": 13 } }),
            ),
        ),
        ticket(
            4323,
            ACME,
            bob,
            "2026-09-03T08:00:00Z",
            json!({
            "summary": "Salary question", "priority": { "id": 1 }, "customFields": private(json!(true)) }),
        ),
        ticket(
            4324,
            ACME,
            ann,
            "2026-08-01T08:00:00Z",
            merge(
                shared.clone(),
                json!({
            "summary": "Old printer", "status": { "id": CLOSED }, "priority": { "id": 4 }, "closedFlag": true,
            "closedDate": "2026-08-02T08:00:00Z" }),
            ),
        ),
        ticket(
            4325,
            ACME,
            ann,
            "2026-09-04T08:00:00Z",
            json!({
            "summary": "Unreadable mark", "priority": { "id": 77 }, "status": { "id": 77 },
            "customFields": private(json!([1])) }),
        ),
        ticket(
            5001,
            GLOBEX,
            gil,
            "2026-09-05T08:00:00Z",
            merge(
                shared.clone(),
                json!({
            "summary": "CANARY-GLOBEX printer" }),
            ),
        ),
        ticket(5002, 0, (0, "", ""), "2026-09-05T09:00:00Z", json!({ "summary": "CANARY-NOBODY", "company": null })),
        ticket(
            5003,
            ACME,
            ann,
            "2026-09-05T10:00:00Z",
            merge(
                shared.clone(),
                json!({
            "summary": "CANARY-OTHER-BOARD", "board": { "id": 2, "name": "Sales" }, "status": { "id": 21 } }),
            ),
        ),
        ticket(
            5004,
            ACME,
            ann,
            "2026-09-05T11:00:00Z",
            merge(
                shared,
                json!({
            "summary": "CANARY-PROJECT", "recordType": "ProjectTicket" }),
            ),
        ),
    ];
    let by_ada = json!({ "member": ada });
    let notes = vec![
        discussion(1, 4321, "2026-09-01T08:55:00Z", "The printer on floor 2 is offline."),
        merge(discussion(2, 4321, "2026-09-01T09:15:00Z", "We are looking into it"), by_ada.clone()),
        merge(internal(3, 4321, "2026-09-01T09:20:00Z", "CANARY-INTERNAL zebra"), by_ada.clone()),
        merge(
            discussion(4, 4321, "2026-09-01T10:00:00Z", "It is the giraffe one"),
            json!({ "member": null, "contact": { "id": ACME_LEAD, "name": "Ann Lead" } }),
        ),
        json!({ "id": 5, "ticketId": 4321, "text": "CANARY-NOFLAG", "dateCreated": "2026-09-03T10:00:00Z" }),
        merge(discussion(6, 4321, "2026-09-03T09:00:00Z", "CANARY-BOTH"), json!({ "internalAnalysisFlag": true })),
        discussion(7, 4322, "2026-09-02T08:00:00Z", "It drops every hour."),
        discussion(8, 5001, "2026-09-05T08:00:00Z", "CANARY-GLOBEX-DESCRIPTION"),
        discussion(9, 5001, "2026-09-05T08:30:00Z", "CANARY-GLOBEX-NOTE"),
        merge(
            bare_note(10, 4324, "2026-08-02T08:00:00Z"),
            json!({ "text": "Replaced the toner", "resolutionFlag": true }),
        ),
    ];
    let time_entries = vec![
        time(
            601,
            4321,
            json!({ "notes": "Cleaned the rollers", "addToDetailDescriptionFlag": true,
            "addToInternalAnalysisFlag": false, "addToResolutionFlag": false }),
        ),
        time(602, 4321, json!({ "notes": "CANARY-UNMARKED-TIME" })),
        time(
            603,
            5001,
            json!({ "notes": "CANARY-GLOBEX-TIME", "addToDetailDescriptionFlag": true,
            "addToInternalAnalysisFlag": false }),
        ),
        time(604, 4321, json!({ "notes": "CANARY-COMPANY-TIME", "chargeToType": "Company" })),
    ];
    let documents = vec![
        document(301, 4321, json!({ "title": "photo.png", "fileName": "photo.png", "publicFlag": true })),
        document(302, 4321, json!({ "title": "CANARY-private.txt", "publicFlag": false })),
        document(303, 4321, json!({ "title": "CANARY-unmarked.txt" })),
        document(304, 5001, json!({ "title": "CANARY-globex.txt", "publicFlag": true })),
    ];
    Data { tickets, notes, time_entries, documents, ..around() }
}

fn time(id: i64, ticket: i64, rest: Value) -> Value {
    let row = json!({
        "id": id, "company": { "id": ACME }, "chargeToId": ticket, "chargeToType": "ServiceTicket",
        "member": { "id": 176, "name": "Ada Agent" }, "timeStart": "2026-09-02T09:00:00Z", "actualHours": 1.0,
        "dateEntered": "2026-09-02T10:00:00Z", "internalNotes": "CANARY-INTERNAL-TIME", "hourlyCost": "CANARY-COST",
        "hourlyRate": 4711.0, "billableOption": "Billable",
    });
    merge(row, rest)
}

fn document(id: i64, ticket: i64, rest: Value) -> Value {
    let row = json!({
        "id": id, "ticketId": ticket, "size": 1234, "serverFileName": "CANARY-PATH", "guid": "CANARY-GUID",
        "_info": { "lastUpdated": "2026-09-01T09:16:00Z" },
    });
    merge(row, rest)
}

/// Everything around the tickets.
fn around() -> Data {
    let status = |id: i64, board: i64, name: &str, closed: bool| json!({ "id": id, "name": name, "board": { "id": board }, "sortOrder": id, "inactive": false, "closedStatus": closed });
    let level =
        |id: i64, level: &str| json!({ "id": id, "name": format!("Priority {id}"), "color": "Red", "level": level });
    let named = |id: i64, name: &str| json!({ "id": id, "name": name });
    let member = |id: i64, identifier: &str, first: &str, last: &str, gone: bool| json!({ "id": id, "identifier": identifier, "firstName": first, "lastName": last, "inactiveFlag": gone, "defaultEmail": format!("{identifier}@msp.example") });
    Data {
        companies: vec![
            json!({ "id": ACME, "identifier": "acme", "name": "Acme", "status": { "id": 1, "name": "Active" },
                "deletedFlag": false, "website": "www.acme.example", "annualRevenue": 4711.0, "creditLimit": 815.0,
                "taxIdentifier": "CANARY-TAX", "accountNumber": "CANARY-ACCOUNT", "customFields": [
                    { "id": 41, "caption": "Domains", "value": "acme.example, @Acme.test" },
                    { "id": 42, "caption": "Tickets", "value": 50 }, { "id": 43, "caption": "Tier", "value": "basic" }] }),
            json!({ "id": GLOBEX, "identifier": "globex", "name": "Globex", "status": { "id": 7, "name": "Credit Hold" },
                "deletedFlag": false, "customFields": [] }),
            json!({ "id": DELETED, "identifier": "gone", "name": "Gone", "status": { "id": 1, "name": "Active" },
                "deletedFlag": true, "customFields": [] }),
        ],
        contacts: vec![
            contact(ACME_LEAD, ACME, ("Ann", "Lead"), "Ann.Lead@acme.example", false),
            contact(ACME_USER, ACME, ("Bob", "Basic"), "bob.basic@acme.example", false),
            contact(79, ACME, ("Old", "Timer"), "old@acme.example", true),
            contact(80, ACME, ("Twin", "One"), "twin@acme.example", false),
            contact(81, ACME, ("Twin", "Two"), "TWIN@acme.example", false),
            contact(GLOBEX_USER, GLOBEX, ("Gil", "Globe"), "gil@globex.example", false),
            contact(89, 0, ("Nobody's", ""), "stray@acme.example", false),
        ],
        statuses: vec![
            status(11, BOARD, "New (not responded)", false),
            status(12, BOARD, "In Progress", false),
            status(13, BOARD, "Waiting on Customer", false),
            status(14, BOARD, "Completed", false),
            status(CLOSED, BOARD, ">Closed", true),
            status(10, BOARD, "Cancelled", true),
            status(21, 2, "New", false),
            status(25, 2, "Closed", true),
        ],
        teams: vec![
            json!({ "id": 25, "name": "First Line", "boardId": BOARD, "members": [176] }),
            json!({ "id": 26, "name": "Network Team", "boardId": BOARD, "members": [176] }),
            json!({ "id": 27, "name": "Sales Team", "boardId": 2, "members": [] }),
        ],
        types: vec![
            json!({ "id": 31, "name": "Hardware", "board": { "id": BOARD }, "inactiveFlag": false }),
            json!({ "id": 32, "name": "Retired", "board": { "id": BOARD }, "inactiveFlag": true }),
        ],
        priorities: vec![level(1, "Critical"), level(2, "High"), level(3, "Medium"), level(4, "Low")],
        members: vec![
            member(170, "postern", "Postern", "Account", false),
            member(176, "aagent", "Ada", "Agent", false),
            member(177, "gagent", "Gone", "Agent", true),
        ],
        agreements: vec![
            agreement(71, ACME, 10, json!({})),
            agreement(72, ACME, 11, json!({ "endDate": "2020-01-01T00:00:00Z", "noEndingDateFlag": false })),
            agreement(73, ACME, 12, json!({ "cancelledFlag": true })),
            agreement(74, GLOBEX, 11, json!({})),
        ],
        articles: articles(),
        categories: vec![named(91, "Networking"), named(92, "For agents")],
        ..super::records::data()
    }
}

fn contact(id: i64, company: i64, name: (&str, &str), email: &str, inactive: bool) -> Value {
    json!({
        "id": id, "firstName": name.0, "lastName": name.1, "company": { "id": company, "name": "A company" },
        "inactiveFlag": inactive, "title": "Ms", "defaultPhoneNbr": "8139357100", "portalPassword": "CANARY-PASSWORD",
        "birthDay": "CANARY-BIRTHDAY", "gender": "Female", "children": "CANARY-CHILDREN", "communicationItems": [
            { "id": 2, "value": "8139357100", "defaultFlag": true, "communicationType": "Phone" },
            { "id": 3, "value": email, "defaultFlag": true, "communicationType": "Email" }],
    })
}

fn agreement(id: i64, company: i64, kind: i64, rest: Value) -> Value {
    let row = json!({
        "id": id, "name": format!("Agreement {id}"), "type": { "id": kind, "name": "Managed" }, "company": { "id": company },
        "sla": { "id": 3, "name": "Gold" }, "startDate": "2024-01-01T00:00:00Z", "endDate": null, "noEndingDateFlag": true,
        "cancelledFlag": false, "agreementStatus": "Active", "billAmount": 99.5, "internalNotes": "CANARY-AGREED",
        "billingCycle": { "id": 2, "name": "Monthly" }, "currency": { "id": 7, "currencyCode": "USD" },
    });
    merge(row, rest)
}

fn articles() -> Vec<Value> {
    let article = |id: i64, title: &str, issue: &str, category: i64| {
        json!({ "id": id, "title": title, "issue": issue, "resolution": "Do this.", "categoryId": category,
            "dateCreated": "2026-06-01T00:00:00Z", "createdBy": "CANARY-WRITER" })
    };
    vec![
        article(901, "Reset the VPN", "How to reset the vpn client.", 91),
        article(902, "Network at home", "Mentions VPN once.", 91),
        article(903, "CANARY-KB vpn secrets", "For agents.", 92),
        article(904, "CANARY-KB vpn unsorted", "Nobody says.", 0),
    ]
}

//! Places, equipment, money, projects and time of the two companies. Everything that must not get out says CANARY.

use super::Data;
use super::schema::Rule::{Fixed, Open, Pick};
use super::schema::{Entity, Field};
use super::seed::{ACME, ADA, GLOBEX};
use serde_json::{Value, json};

const LOCATIONS: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("name", "string", Open),
    ("address1", "string", Open),
    ("address2", "string", Open),
    ("city", "string", Open),
    ("state", "string", Open),
    ("postalCode", "string", Open),
    ("phone", "string", Open),
    ("isActive", "boolean", Open),
];

const ITEMS: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("referenceTitle", "string", Open),
    ("configurationItemType", "integer", Pick),
    ("serialNumber", "string", Open),
    ("isActive", "boolean", Open),
    ("warrantyExpirationDate", "datetime", Open),
    ("notes", "string", Open),
    ("hourlyCost", "double", Open),
];

const INVOICES: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Fixed),
    ("invoiceNumber", "string", Fixed),
    ("invoiceDateTime", "datetime", Fixed),
    ("dueDate", "datetime", Fixed),
    ("paidDate", "datetime", Fixed),
    ("invoiceTotal", "double", Fixed),
    ("isVoided", "boolean", Fixed),
    ("comments", "string", Fixed),
];

const BILLED: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Fixed),
    ("invoiceID", "integer", Fixed),
    ("itemName", "string", Fixed),
    ("totalAmount", "double", Fixed),
    ("ourCost", "double", Fixed),
    ("rate", "double", Fixed),
];

const CONTRACTS: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("contractName", "string", Open),
    ("contractType", "integer", Pick),
    ("status", "integer", Pick),
    ("startDate", "datetime", Open),
    ("endDate", "datetime", Open),
    ("estimatedCost", "double", Open),
];

const QUOTES: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("name", "string", Open),
    ("createDate", "datetime", Fixed),
    ("expirationDate", "datetime", Open),
    ("isActive", "boolean", Open),
    ("extApprovalContactResponse", "integer", Pick),
    ("comment", "string", Open),
];

const PROJECTS: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("projectName", "string", Open),
    ("description", "string", Open),
    ("projectType", "integer", Pick),
    ("status", "integer", Pick),
    ("projectLeadResourceID", "integer", Open),
    ("startDateTime", "datetime", Open),
    ("endDateTime", "datetime", Open),
    ("completedPercentage", "integer", Fixed),
    ("lastActivityDateTime", "datetime", Fixed),
    ("laborEstimatedCosts", "double", Open),
];

const PHASES: &[Field] = &[
    ("id", "long", Fixed),
    ("projectID", "integer", Open),
    ("title", "string", Open),
    ("phaseNumber", "string", Fixed),
    ("startDate", "datetime", Open),
    ("dueDate", "datetime", Open),
];

const TASKS: &[Field] = &[
    ("id", "long", Fixed),
    ("projectID", "integer", Open),
    ("title", "string", Open),
    ("status", "integer", Pick),
    ("startDateTime", "datetime", Open),
    ("endDateTime", "datetime", Open),
    ("completedDateTime", "datetime", Fixed),
    ("isVisibleInClientPortal", "boolean", Open),
];

const TIMES: &[Field] = &[
    ("id", "long", Fixed),
    ("ticketID", "integer", Open),
    ("resourceID", "integer", Open),
    ("dateWorked", "datetime", Open),
    ("startDateTime", "datetime", Open),
    ("hoursWorked", "double", Open),
    ("summaryNotes", "string", Open),
    ("internalNotes", "string", Open),
    ("isNonBillable", "boolean", Open),
];

const ARTICLES: &[Field] = &[
    ("id", "long", Fixed),
    ("title", "string", Open),
    ("keywords", "string", Open),
    ("errorCodes", "string", Open),
    ("articleCategoryID", "integer", Open),
    ("publish", "integer", Pick),
    ("isActive", "boolean", Open),
    ("referenceLink", "string", Open),
    ("createdByResourceID", "integer", Fixed),
    ("createdDateTime", "datetime", Fixed),
    ("lastModifiedDateTime", "datetime", Fixed),
];

const CATEGORIES: &[Field] = &[
    ("id", "long", Fixed),
    ("name", "string", Open),
    ("description", "string", Open),
    ("parentCategoryID", "integer", Open),
];

/// A text has its article's number here.
const CONTENTS: &[Field] = &[("id", "long", Fixed), ("contentData", "string", Open)];

pub(super) const ENTITIES: &[Entity] = &[
    Entity { name: "KnowledgeBaseArticles", one: "KnowledgeBaseArticle", fields: ARTICLES },
    Entity { name: "KnowledgeBaseCategories", one: "KnowledgeBaseCategory", fields: CATEGORIES },
    Entity { name: "ArticlePlainTextContent", one: "ArticlePlainTextContent", fields: CONTENTS },
    Entity { name: "CompanyLocations", one: "CompanyLocation", fields: LOCATIONS },
    Entity { name: "ConfigurationItems", one: "ConfigurationItem", fields: ITEMS },
    Entity { name: "Invoices", one: "Invoice", fields: INVOICES },
    Entity { name: "BillingItems", one: "BillingItem", fields: BILLED },
    Entity { name: "Contracts", one: "Contract", fields: CONTRACTS },
    Entity { name: "Quotes", one: "Quote", fields: QUOTES },
    Entity { name: "Projects", one: "Project", fields: PROJECTS },
    Entity { name: "Phases", one: "Phase", fields: PHASES },
    Entity { name: "Tasks", one: "Task", fields: TASKS },
    Entity { name: "TimeEntries", one: "TimeEntry", fields: TIMES },
];

/// A picklist of one of these entities.
pub(super) fn picks(entity: &str, field: &str) -> Option<&'static [(i64, &'static str, bool)]> {
    Some(match (entity, field) {
        ("KnowledgeBaseArticles", "publish") => &[
            (1, "Internal & All Organizations", true),
            (2, "Internal Only", true),
            (3, "Internal & Organization", true),
        ],
        ("ConfigurationItems", "configurationItemType") => &[(1, "Server", true), (2, "Laptop", true)],
        ("Contracts", "contractType") => &[(7, "Recurring Service", true)],
        ("Contracts", "status") => &[(0, "Inactive", true), (1, "Active", true)],
        ("Quotes", "extApprovalContactResponse") => &[(1, "Accepted", true), (2, "Rejected", true)],
        ("Projects", "projectType") => &[(3, "Template", true), (4, "Internal", true), (5, "Client", true)],
        ("Projects", "status") => &[(1, "New", true), (5, "Complete", true), (6, "In Progress", true)],
        ("Tasks", "status") => &[(1, "New", true), (5, "Complete", true), (6, "In Progress", true)],
        _ => return None,
    })
}

pub(super) fn add(data: &mut Data) {
    let at = |day: u32| format!("2026-09-{day:02}T00:00:00.000Z");
    let place = |id: i64, company: i64, name: &str, active: Value| {
        json!({
            "id": id, "companyID": company, "name": name, "address1": "1 Main Street", "address2": "", "city": "Springfield",
            "state": "OH", "postalCode": "12345", "phone": "555 0100", "isActive": active,
        })
    };
    *data.rows("CompanyLocations") = vec![
        place(1, ACME, "Main", json!(true)),
        place(2, ACME, "Annex", Value::Null),
        place(3, GLOBEX, "CANARY-GLOBEX", json!(true)),
    ];
    let item = |id: i64, company: i64, title: &str, active: Value| {
        json!({
            "id": id, "companyID": company, "referenceTitle": title, "configurationItemType": 1, "serialNumber": "S-1",
            "isActive": active, "warrantyExpirationDate": "2027-05-01T00:00:00Z", "notes": "CANARY-NOTES", "hourlyCost": 4711.0,
        })
    };
    *data.rows("ConfigurationItems") = vec![
        item(201, ACME, "web-01", json!(true)),
        item(202, ACME, "ann-laptop", json!("perhaps")),
        item(203, GLOBEX, "CANARY-GLOBEX web", json!(true)),
        item(204, 0, "CANARY-MSP web", json!(true)),
    ];
    let invoice = |id: i64, company: i64, day: u32, paid: Value, voided: Value| {
        json!({
            "id": id, "companyID": company, "invoiceNumber": format!("INV-{id}"), "invoiceDateTime": at(day),
            "dueDate": at(28), "paidDate": paid, "invoiceTotal": 119.1, "isVoided": voided, "comments": "CANARY-COMMENTS",
        })
    };
    *data.rows("Invoices") = vec![
        invoice(301, ACME, 1, json!(at(9)), json!(false)),
        invoice(302, ACME, 2, Value::Null, json!(false)),
        invoice(303, ACME, 3, Value::Null, json!(true)),
        invoice(304, ACME, 4, Value::Null, Value::Null),
        invoice(305, GLOBEX, 5, Value::Null, json!(false)),
        invoice(306, 0, 6, Value::Null, json!(false)),
    ];
    let billed = |id: i64, company: i64, invoice: i64, name: &str, total: f64| {
        json!({
            "id": id, "companyID": company, "invoiceID": invoice, "itemName": name, "totalAmount": total,
            "ourCost": 4711.0, "rate": 815.0,
        })
    };
    *data.rows("BillingItems") = vec![
        billed(1, ACME, 302, "Monthly care", 100.1),
        billed(2, ACME, 302, "Travel", 19.0),
        billed(3, GLOBEX, 305, "CANARY-GLOBEX", 47.0),
        billed(4, GLOBEX, 302, "CANARY-MISFILED", 47.0),
    ];
    let contract = |id: i64, company: i64, name: &str, status: i64, end: &str| {
        json!({
            "id": id, "companyID": company, "contractName": name, "contractType": 7, "status": status,
            "startDate": "2024-01-01T00:00:00Z", "endDate": end, "estimatedCost": 4711.0,
        })
    };
    *data.rows("Contracts") = vec![
        contract(401, ACME, "Care", 1, "2099-12-31T00:00:00Z"),
        contract(402, ACME, "Old care", 1, "2025-01-01T00:00:00Z"),
        contract(403, ACME, "Stopped care", 0, "2099-12-31T00:00:00Z"),
        contract(404, GLOBEX, "CANARY-GLOBEX", 1, "2099-12-31T00:00:00Z"),
    ];
    let quote = |id: i64, company: i64, name: &str, answer: Value| {
        json!({
            "id": id, "companyID": company, "name": name, "createDate": at(1), "expirationDate": at(30), "isActive": true,
            "extApprovalContactResponse": answer, "comment": "CANARY-COMMENT",
        })
    };
    *data.rows("Quotes") = vec![
        quote(501, ACME, "New firewall", json!(1)),
        quote(502, ACME, "Still being written", Value::Null),
        quote(503, ACME, "Odd answer", json!(99)),
        quote(504, GLOBEX, "CANARY-GLOBEX", json!(1)),
    ];
    let project = |id: i64, company: i64, name: &str, day: u32| {
        json!({
            "id": id, "companyID": company, "projectName": name, "description": "About it", "projectType": if id == 602 { 4 } else { 5 }, "status": 6,
            "projectLeadResourceID": ADA, "startDateTime": at(1), "endDateTime": at(30), "completedPercentage": 40,
            "lastActivityDateTime": at(day), "laborEstimatedCosts": 4711.0,
        })
    };
    *data.rows("Projects") = vec![
        project(601, ACME, "Office move", 3),
        project(602, ACME, "Cabling", 4),
        project(604, GLOBEX, "CANARY-GLOBEX", 5),
    ];
    let phase = |id: i64, project: i64, title: &str, day: u32| json!({ "id": id, "projectID": project, "title": title, "phaseNumber": "P1", "startDate": at(day), "dueDate": null });
    *data.rows("Phases") =
        vec![phase(1, 601, "Go live", 20), phase(2, 601, "Planning", 10), phase(3, 604, "CANARY-GLOBEX", 1)];
    let task = |id: i64, project: i64, title: &str, visible: Value| {
        json!({
            "id": id, "projectID": project, "title": title, "status": 5, "startDateTime": at(12), "endDateTime": at(13),
            "completedDateTime": at(13), "isVisibleInClientPortal": visible,
        })
    };
    *data.rows("Tasks") = vec![
        task(1, 601, "Order cables", json!(true)),
        task(2, 601, "Calculate margin", json!(false)),
        task(3, 601, "Unmarked", Value::Null),
        task(4, 604, "CANARY-GLOBEX", json!(true)),
    ];
    let time = |id: i64, ticket: i64, hours: f64, free: Value| {
        json!({
            "id": id, "ticketID": ticket, "resourceID": ADA, "dateWorked": at(2), "startDateTime": at(2), "hoursWorked": hours,
            "summaryNotes": "Swapped the cable", "internalNotes": "CANARY-INTERNAL", "isNonBillable": free,
        })
    };
    articles(data);
    *data.rows("TimeEntries") = vec![
        time(701, 4322, 0.25, json!(false)),
        time(702, 4322, 1.5, Value::Null),
        time(703, 5001, 9.0, json!(false)),
    ];
}

/// Articles: for everybody, for the MSP, for one company (the vendor does not say which), not in use, and unreadable.
fn articles(data: &mut Data) {
    let article = |id: i64, title: &str, publish: Value, active: Value| {
        json!({
            "id": id, "title": title, "keywords": format!("printer, article {id}"), "errorCodes": "CANARY-CODES",
            "articleCategoryID": 31, "publish": publish, "isActive": active, "referenceLink": "https://canary.example/",
            "createdByResourceID": ADA, "createdDateTime": "2026-01-01T00:00:00.000Z",
            "lastModifiedDateTime": format!("2026-09-0{}T00:00:00.000Z", id % 10),
        })
    };
    *data.rows("KnowledgeBaseArticles") = vec![
        article(801, "Printer shows a red light", json!(1), json!(true)),
        article(802, "Printer contract, articlecanary3", json!(2), json!(true)),
        article(803, "Printer of one customer", json!(3), json!(true)),
        article(804, "CANARY-INACTIVE printer", json!(1), json!(false)),
        article(805, "Printer nobody marked", Value::Null, json!(true)),
        article(806, "CANARY-UNMARKED printer", json!(1), json!("perhaps")),
    ];
    let content = |id: i64, text: &str| json!({ "id": id, "contentData": text });
    *data.rows("ArticlePlainTextContent") = vec![
        content(801, "Open the lid, then close it."),
        content(802, "Ours costs less."),
        content(803, "The one on the third floor."),
        content(804, "CANARY-OLD"),
        content(805, "Whoever may read this."),
        content(806, "CANARY-ODD"),
    ];
    *data.rows("KnowledgeBaseCategories") =
        vec![json!({ "id": 31, "name": "Hardware", "description": null, "parentCategoryID": null })];
}

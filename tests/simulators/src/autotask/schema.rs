//! The entities and fields that there are here: a small part of the vendor's. Anything outside of it is refused.

use serde_json::{Value, json};

/// An entity.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) name: &'static str,
    /// The name in error texts.
    pub(super) one: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field: its name, its type, and what it may be.
pub(super) type Field = (&'static str, &'static str, Rule);

/// What a field may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Written by anybody.
    Open,
    /// Written by the vendor alone.
    Fixed,
    /// A number of a picklist.
    Pick,
}

use Rule::{Fixed, Open, Pick};

const TICKETS: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("contactID", "integer", Open),
    ("assignedResourceID", "integer", Open),
    ("assignedResourceRoleID", "integer", Open),
    ("status", "integer", Pick),
    ("priority", "integer", Pick),
    ("queueID", "integer", Pick),
    ("issueType", "integer", Pick),
    ("ticketCategory", "integer", Pick),
    ("ticketType", "integer", Pick),
    ("source", "integer", Pick),
    ("title", "string", Open),
    ("description", "string", Open),
    ("resolution", "string", Open),
    ("externalID", "string", Open),
    ("dueDateTime", "datetime", Open),
    ("ticketNumber", "string", Fixed),
    ("createDate", "datetime", Fixed),
    ("completedDate", "datetime", Fixed),
    ("lastActivityDate", "datetime", Fixed),
    ("lastCustomerVisibleActivityDateTime", "datetime", Fixed),
    ("firstResponseDateTime", "datetime", Fixed),
    ("firstResponseDueDateTime", "datetime", Fixed),
    ("resolvedDateTime", "datetime", Fixed),
    ("resolvedDueDateTime", "datetime", Fixed),
    ("userDefinedFields", "fields", Open),
];

const NOTES: &[Field] = &[
    ("id", "long", Fixed),
    ("ticketID", "integer", Fixed),
    ("title", "string", Open),
    ("description", "string", Open),
    ("noteType", "integer", Open),
    ("publish", "integer", Open),
    ("creatorResourceID", "integer", Fixed),
    ("createdByContactID", "integer", Open),
    ("createDateTime", "datetime", Fixed),
    ("lastActivityDate", "datetime", Fixed),
];

const CONTACTS: &[Field] = &[
    ("id", "long", Fixed),
    ("companyID", "integer", Open),
    ("firstName", "string", Open),
    ("lastName", "string", Open),
    ("title", "string", Open),
    ("emailAddress", "string", Open),
    ("emailAddress2", "string", Open),
    ("phone", "string", Open),
    ("mobilePhone", "string", Open),
    ("isActive", "integer", Open),
    ("note", "string", Open),
];

const COMPANIES: &[Field] = &[
    ("id", "long", Fixed),
    ("companyName", "string", Open),
    ("webAddress", "string", Open),
    ("isActive", "boolean", Open),
    ("taxID", "string", Open),
    ("userDefinedFields", "fields", Open),
];

const RESOURCES: &[Field] = &[
    ("id", "long", Fixed),
    ("firstName", "string", Open),
    ("lastName", "string", Open),
    ("userName", "string", Open),
    ("email", "string", Open),
    ("isActive", "boolean", Open),
    ("internalCost", "double", Open),
    ("homePhone", "string", Open),
];

const ROLES: &[Field] = &[
    ("id", "long", Fixed),
    ("resourceID", "integer", Open),
    ("roleID", "integer", Open),
    ("isActive", "boolean", Open),
    ("isDefault", "boolean", Open),
];

const ENTITIES: &[Entity] = &[
    Entity { name: "Tickets", one: "Ticket", fields: TICKETS },
    Entity { name: "TicketNotes", one: "TicketNote", fields: NOTES },
    Entity { name: "Contacts", one: "Contact", fields: CONTACTS },
    Entity { name: "Companies", one: "Company", fields: COMPANIES },
    Entity { name: "Resources", one: "Resource", fields: RESOURCES },
    Entity { name: "ResourceServiceDeskRoles", one: "ResourceServiceDeskRole", fields: ROLES },
];

/// The entity of a path segment, in any case.
pub(super) fn entity(segment: &str) -> Option<&'static Entity> {
    ENTITIES.iter().chain(super::records::ENTITIES).find(|it| it.name.eq_ignore_ascii_case(segment))
}

/// The tickets' own entity.
pub(super) fn tickets() -> &'static [Field] {
    TICKETS
}

/// The notes' own entity.
pub(super) fn notes() -> &'static [Field] {
    NOTES
}

/// The values of a picklist: number, label, whether it is in use.
pub(super) fn picks(field: &str) -> &'static [(i64, &'static str, bool)] {
    match field {
        "status" => &[
            (1, "New", true),
            (5, "Complete", true),
            (7, "Waiting Customer", true),
            (8, "In Progress", true),
            (20, "Quantum", true),
        ],
        // No 3, and 4 is the first: every database has its own.
        "priority" => &[(4, "Critical", true), (1, "High", true), (2, "Medium", true), (5, "Low", true)],
        "queueID" => &[
            (29_682_833, "1st Line", true),
            (29_683_354, "2nd Line", true),
            (29_683_355, "Retired Queue", false),
            (29_683_356, "Twins", true),
            (29_683_357, "twins", true),
        ],
        "issueType" => &[(10, "Hardware", true), (11, "Network", true)],
        "ticketCategory" => &[(3, "Standard", true)],
        "ticketType" => &[(1, "Service Request", true), (2, "Incident", true)],
        "source" => &[(6, "Portal", true)],
        _ => &[],
    }
}

/// What `entityInformation/fields` says. Picklist values are texts here and numbers on records.
pub(super) fn fields(entity: &Entity) -> Value {
    let field = |(name, kind, rule): &Field| {
        let own = super::records::picks(entity.name, name);
        let values: Vec<Value> = own
            .unwrap_or_else(|| picks(name))
            .iter()
            .map(|(id, label, active)| {
                json!({ "value": id.to_string(), "label": label, "isActive": active, "isDefaultValue": false, "sortOrder": 0, "parentValue": "", "isSystem": false })
            })
            .collect();
        json!({
            "name": name, "dataType": kind, "length": 0, "isRequired": false, "isReadOnly": *rule == Fixed, "isQueryable": true,
            "isReference": false, "isPickList": *rule == Pick, "picklistValues": if *rule == Pick { json!(values) } else { Value::Null },
        })
    };
    json!({ "fields": entity.fields.iter().map(field).collect::<Vec<_>>() })
}

//! What a realm begins with: two organisations with a lead each, and what stands around them.

use super::{Data, REALM};
use serde_json::{Value, json};

/// Acme's lead: `lead@acme.example`.
pub const LEAD: &str = "00000001-0000-4000-8000-000000000001";
/// A contact of Acme: `basic@acme.example`.
pub const BOB: &str = "00000002-0000-4000-8000-000000000002";
/// Another contact of Acme, with a second factor and a session: `alice.wong@acme.example`.
pub const ALICE: &str = "00000003-0000-4000-8000-000000000003";
/// Globex's lead: `lead@globex.example`.
pub const GLOBEX_LEAD: &str = "00000004-0000-4000-8000-000000000004";
/// A contact of Globex: `basic@globex.example`.
pub const GLOBEX_USER: &str = "00000005-0000-4000-8000-000000000005";
/// Somebody of no organisation: `helper@msp.example`.
pub const STAFF: &str = "00000006-0000-4000-8000-000000000006";
/// Acme among Keycloak's organisations.
pub const ORG_ACME: &str = "0000a001-0000-4000-8000-00000000a001";
/// Globex among Keycloak's organisations.
pub const ORG_GLOBEX: &str = "0000a002-0000-4000-8000-00000000a002";

/// Postern's own service account.
pub(super) fn account() -> String {
    uuid(9)
}

/// An id in Keycloak's form.
pub(super) fn uuid(number: u64) -> String {
    format!("{number:08x}-0000-4000-8000-{number:012x}")
}

fn user(id: &str, email: &str, (first, last): (&str, &str), organisation: Option<&str>) -> Value {
    let attributes = organisation.map_or_else(|| json!({}), |it| json!({ "organization_id": [it] }));
    json!({
        "id": id, "username": email, "email": email, "firstName": first, "lastName": last, "emailVerified": true,
        "enabled": true, "createdTimestamp": 1_700_000_000_000_i64, "requiredActions": [], "notBefore": 0,
        "attributes": attributes,
    })
}

fn event(kind: &str, id: &str, time: i64) -> Value {
    json!({
        "id": uuid(0xe000 + u64::try_from(time).unwrap_or_default() % 0x1000), "time": time, "type": kind, "userId": id,
        "realmId": "r", "clientId": "portal", "ipAddress": "192.0.2.7",
        "details": { "auth_method": "openid-connect", "code_id": "EVENTDETAIL77", "username": "someone" },
    })
}

pub(super) fn data() -> Data {
    let mut data = Data {
        realm: json!({
            "id": "r", "realm": REALM, "enabled": true, "bruteForceProtected": true, "failureFactor": 30,
            "maxFailureWaitSeconds": 900, "permanentLockout": false, "passwordPolicy": "length(12) and digits(1)",
            "ssoSessionIdleTimeout": 1800, "ssoSessionMaxLifespan": 36000, "actionTokenGeneratedByAdminLifespan": 43200,
            "eventsEnabled": true, "adminEventsEnabled": true, "adminEventsDetailsEnabled": true,
            "smtpServer": { "password": "SMTPSECRET77" },
        }),
        profile: json!({ "attributes": [
            { "name": "username", "permissions": { "view": ["admin", "user"], "edit": ["admin", "user"] }, "multivalued": false },
            { "name": "email", "permissions": { "view": ["admin", "user"], "edit": ["admin", "user"] }, "multivalued": false },
        ], "groups": [], "unmanagedAttributePolicy": "ADMIN_EDIT" }),
        granted: ["manage-users", "view-realm", "view-events", "manage-realm"].map(str::to_owned).into(),
        ..Data::default()
    };
    data.users = vec![
        user(LEAD, "lead@acme.example", ("Jane", "Smith"), Some("acme")),
        user(BOB, "basic@acme.example", ("Bob", "Miller"), Some("acme")),
        user(ALICE, "alice.wong@acme.example", ("Alice", "Wong"), Some("acme")),
        user(GLOBEX_LEAD, "lead@globex.example", ("Priya", "Raman"), Some("globex")),
        user(GLOBEX_USER, "basic@globex.example", ("Gil", "Globe"), Some("globex")),
        user(STAFF, "helper@msp.example", ("Hal", "Helper"), None),
        json!({ "id": account(), "username": "service-account-postern-directory", "enabled": true, "requiredActions": [] }),
    ];
    let names = [
        "lead-customer",
        "basic-customer",
        "viewer",
        "member",
        "manager",
        "msp-operator",
        "everything",
        "default-roles-customers",
    ];
    for (number, name) in (0x100..).zip(names) {
        let composite = matches!(name, "everything" | "default-roles-customers");
        data.roles.push(json!({
            "id": uuid(number), "name": name, "composite": composite, "clientRole": false, "containerId": "r",
        }));
    }
    data.brings.insert("everything".into(), ["manager", "msp-operator"].map(str::to_owned).into());
    for (id, roles) in [
        (LEAD, ["lead-customer", "manager"]),
        (BOB, ["basic-customer", "viewer"]),
        (ALICE, ["basic-customer", "member"]),
        (GLOBEX_LEAD, ["lead-customer", "manager"]),
        (GLOBEX_USER, ["basic-customer", "viewer"]),
        (STAFF, ["msp-operator", "everything"]),
    ] {
        data.direct.insert(id.into(), roles.map(str::to_owned).into());
    }
    for id in [LEAD, BOB, ALICE, GLOBEX_LEAD, GLOBEX_USER] {
        let secret = json!({ "id": uuid(0x500), "type": "password", "credentialData": "{\"salt\":\"CREDENTIAL77\"}" });
        data.credentials.insert(id.into(), vec![secret]);
    }
    let otp =
        json!({ "id": uuid(0x501), "type": "otp", "userLabel": "phone", "credentialData": "{\"seed\":\"OTPSEED77\"}" });
    data.credentials.entry(ALICE.into()).or_default().push(otp);
    let session = json!({ "id": "SESSION77", "username": "alice.wong@acme.example", "ipAddress": "192.0.2.7",
        "start": 1_790_000_000_000_i64, "lastAccess": 1_790_000_060_000_i64, "rememberMe": false, "clients": {} });
    data.sessions.insert(ALICE.into(), vec![session]);
    data.events = vec![
        event("LOGIN", GLOBEX_USER, 1_789_000_000_000),
        event("LOGIN", BOB, 1_789_900_000_000),
        event("LOGIN_ERROR", BOB, 1_789_900_300_000),
        event("LOGIN", ALICE, 1_790_000_000_000),
    ];
    data.admin_events = vec![json!({
        "id": uuid(0x600), "time": 1_789_950_000_000_i64, "operationType": "UPDATE", "resourceType": "USER",
        "resourcePath": format!("users/{BOB}"), "representation": "{\"secret\":\"ADMINREPRESENTATION77\"}",
        "authDetails": { "clientId": "c", "userId": uuid(8), "ipAddress": "192.0.2.9" },
    })];
    data.organisations = vec![
        json!({ "id": ORG_ACME, "name": "Acme", "alias": "acme", "enabled": true, "domains": [{ "name": "acme.example" }] }),
        json!({ "id": ORG_GLOBEX, "name": "Globex", "alias": "globex", "enabled": true, "domains": [{ "name": "globex.example" }] }),
    ];
    data.members.insert(ORG_ACME.into(), [LEAD, BOB, ALICE].map(str::to_owned).into());
    data.members.insert(ORG_GLOBEX.into(), [GLOBEX_LEAD, GLOBEX_USER].map(str::to_owned).into());
    data
}

//! Roles, credentials, sessions, locks, mails and events.

use super::answer::{done, error, json, refused, wrong_verb};
use super::{Data, Mail, Quirks, Request};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The required actions that the realm knows.
const ACTIONS: [&str; 5] = ["UPDATE_PASSWORD", "VERIFY_EMAIL", "CONFIGURE_TOTP", "UPDATE_PROFILE", "webauthn-register"];
/// The event types that are known here; any other is a fault of the whole server.
const TYPES: [&str; 11] = [
    "LOGIN",
    "LOGIN_ERROR",
    "LOGOUT",
    "UPDATE_PASSWORD",
    "UPDATE_TOTP",
    "REMOVE_TOTP",
    "VERIFY_EMAIL",
    "RESET_PASSWORD",
    "CLIENT_LOGIN",
    "USER_DISABLED_BY_PERMANENT_LOCKOUT",
    "USER_DISABLED_BY_TEMPORARY_LOCKOUT",
];

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The realm's settings, as far as the account may see them.
pub(super) fn realm(data: &Data) -> Value {
    if data.granted.contains("view-realm") || data.granted.contains("manage-realm") {
        return data.realm.clone();
    }
    json!({ "realm": data.realm.get("realm"), "bruteForceProtected": data.realm.get("bruteForceProtected") })
}

/// Keeps that the service account did something, with all that it sent.
pub(super) fn acted(data: &mut Data, operation: &str, resource: &str, path: &str, sent: Option<&Value>) {
    let id = data.fresh();
    data.admin_events.push(json!({
        "id": id, "time": now(), "operationType": operation, "resourceType": resource, "resourcePath": path,
        "authDetails": { "clientId": "c", "userId": super::seed::account(), "ipAddress": "127.0.0.1" },
        "representation": sent.map(Value::to_string),
    }));
}

pub(super) fn handle(data: &mut Data, quirks: &Quirks, request: &Request<'_>) -> Response {
    if let ["users", id, ..] | ["attack-detection", "brute-force", "users", id] = request.path
        && data.user(id).is_none()
    {
        return error(404, "User not found");
    }
    match (request.method, request.path) {
        ("GET", ["roles"]) => request.page(data.roles.clone(), quirks),
        ("GET", ["roles", name]) => match role(data, name) {
            Some(role) => json(200, &role),
            None => error(404, "Could not find role"),
        },
        ("GET", ["users", id, "role-mappings", "realm"]) => {
            let held = data.direct.get(*id).cloned().unwrap_or_default();
            json(200, &roles(data, &held))
        }
        ("GET", ["users", id, "role-mappings", "realm", "composite"]) => {
            let held = effective(data, id);
            json(200, &roles(data, &held))
        }
        ("POST" | "DELETE", ["users", id, "role-mappings", "realm"]) => map(data, id, request),
        ("GET", ["users", id, "credentials"]) => {
            json(200, &json!(data.credentials.get(*id).cloned().unwrap_or_default()))
        }
        ("DELETE", ["users", id, "credentials", credential]) => {
            let all = data.credentials.entry((*id).to_owned()).or_default();
            let before = all.len();
            all.retain(|it| it["id"] != json!(credential));
            if all.len() == before {
                return error(404, "Credential not found");
            }
            acted(data, "DELETE", "USER", &request.path.join("/"), None);
            done()
        }
        ("GET", ["users", id, "sessions"]) => json(200, &json!(data.sessions.get(*id).cloned().unwrap_or_default())),
        ("POST", ["users", id, "logout"]) => {
            data.sessions.remove(*id);
            let second = now() / 1_000;
            data.user(id).into_iter().for_each(|it| it["notBefore"] = json!(second));
            acted(data, "ACTION", "USER", &request.path.join("/"), None);
            done()
        }
        ("PUT", ["users", id, "execute-actions-email"]) => mail(data, quirks, id, request),
        ("GET", ["attack-detection", "brute-force", "users", id]) => {
            let locked = data.locked.contains(*id);
            json(
                200,
                &json!({ "failedLoginNotBefore": 0, "numFailures": u8::from(locked) * 30, "numTemporaryLockouts": 0,
                "disabled": locked, "lastIPFailure": "n/a", "lastFailure": 0 }),
            )
        }
        ("DELETE", ["attack-detection", "brute-force", "users", id]) => {
            data.locked.remove(*id);
            acted(data, "DELETE", "USER_LOGIN_FAILURE", &request.path.join("/"), None);
            done()
        }
        ("GET", ["events"]) => events(data, quirks, request),
        ("GET", ["admin-events"]) => {
            let path = request.one("resourcePath").unwrap_or("*");
            let fits = |it: &&Value| {
                let of = it["resourcePath"].as_str().unwrap_or_default();
                path.strip_suffix('*').map_or(of == path, |start| of.starts_with(start))
            };
            let rows = data.admin_events.iter().rev().filter(fits).cloned().collect();
            request.page(rows, quirks)
        }
        (_, ["roles" | "events" | "admin-events"] | ["roles", _] | ["attack-detection", "brute-force", "users", _])
        | (
            _,
            ["users", _, "role-mappings", "realm"]
            | ["users", _, "credentials" | "sessions" | "logout" | "execute-actions-email"],
        ) => wrong_verb(),
        _ => error(404, "HTTP 404 Not Found"),
    }
}

fn role(data: &Data, name: &str) -> Option<Value> {
    data.roles.iter().find(|it| it["name"] == json!(name)).cloned()
}

fn roles(data: &Data, names: &BTreeSet<String>) -> Value {
    names.iter().filter_map(|it| role(data, it)).collect()
}

/// Every role that counts: the user's own, by groups, and what those bring.
fn effective(data: &Data, id: &str) -> BTreeSet<String> {
    let own = data.direct.get(id).into_iter().chain(data.by_group.get(id)).flatten();
    let mut open: Vec<String> = own.cloned().collect();
    let mut held = BTreeSet::new();
    while let Some(name) = open.pop() {
        open.extend(data.brings.get(&name).into_iter().flatten().cloned());
        held.insert(name);
    }
    held
}

fn map(data: &mut Data, id: &str, request: &Request<'_>) -> Response {
    let Some(Value::Array(sent)) = request.json() else {
        return json(400, &json!({ "error": "unknown_error", "error_description": "Cannot parse the JSON" }));
    };
    let known = |it: &&Value| data.roles.iter().any(|role| role["id"] == it["id"] && role["name"] == it["name"]);
    if !sent.iter().all(|it| known(&it)) {
        return error(404, "Role not found");
    }
    let names = sent.iter().filter_map(|it| it["name"].as_str().map(str::to_owned));
    let held = data.direct.entry(id.to_owned()).or_default();
    let operation = if request.method == "POST" { "CREATE" } else { "DELETE" };
    // Roles that are there already, or not, are no mistake.
    if request.method == "POST" {
        held.extend(names);
    } else {
        names.for_each(|it| held.retain(|name| *name != it));
    }
    acted(data, operation, "REALM_ROLE_MAPPING", &request.path.join("/"), Some(&Value::Array(sent)));
    done()
}

fn mail(data: &mut Data, quirks: &Quirks, id: &str, request: &Request<'_>) -> Response {
    let Some(user) = data.user(id).cloned() else { return error(404, "User not found") };
    let Some(to) = user.get("email").and_then(Value::as_str) else { return refused(400, "User email missing") };
    if user.get("enabled") != Some(&json!(true)) {
        return refused(400, "User is disabled");
    }
    let actions = request.json().and_then(|it| serde_json::from_value::<Vec<String>>(it).ok()).unwrap_or_default();
    if actions.is_empty() || !actions.iter().all(|it| ACTIONS.contains(&it.as_str())) {
        return refused(400, "Provided invalid required actions");
    }
    if request.one("redirect_uri").is_some() && request.one("client_id").is_none() {
        return refused(400, "Client id missing");
    }
    if quirks.no_mail {
        let words = format!("Failed to send execute actions email: Invalid sender address for {to}.");
        return refused(500, &words);
    }
    let lifespan = request.one("lifespan").and_then(|it| it.parse().ok());
    let token = format!("action-token-{}", data.mails.len() + 1);
    data.mails.push(Mail { to: to.to_owned(), actions, lifespan, token });
    acted(data, "ACTION", "USER", &request.path.join("/"), None);
    done()
}

fn events(data: &Data, quirks: &Quirks, request: &Request<'_>) -> Response {
    let types: Vec<&str> = request.all("type").collect();
    if types.iter().any(|it| !TYPES.contains(it)) {
        return json(500, &json!({ "error": "unknown_error" }));
    }
    let from = match request.one("dateFrom") {
        Some(day) => match day
            .parse::<jiff::civil::Date>()
            .ok()
            .and_then(|it| it.to_zoned(jiff::tz::TimeZone::UTC).ok())
        {
            Some(start) => start.timestamp().as_millisecond(),
            None => {
                return error(400, "Invalid value for 'dateFrom', expected format is yyyy-MM-dd or an Epoch timestamp");
            }
        },
        None => 0,
    };
    let fits = |it: &&Value| {
        (types.is_empty() || types.iter().any(|kind| it["type"] == json!(kind)))
            && request.one("user").is_none_or(|user| it["userId"] == json!(user))
            && it["time"].as_i64().unwrap_or_default() >= from
    };
    let rows = data.events.iter().rev().filter(fits).cloned().collect();
    request.page(rows, quirks)
}

//! Users: searched, read, made, changed and deleted.

use super::access::acted;
use super::answer::{done, error, json, made, refused, wrong_verb};
use super::{Data, Quirks, Request};
use axum::response::Response;
use serde_json::{Map, Value, json};

pub(super) fn handle(data: &mut Data, quirks: &Quirks, request: &Request<'_>) -> Response {
    match (request.method, request.path) {
        ("GET", ["users"]) => list(data, quirks, request),
        ("GET", ["users", "count"]) => json(200, &json!(data.users.len())),
        ("GET", ["users", id]) => match data.user(id).cloned() {
            Some(user) => json(200, &shown(data, &user, false)),
            None => error(404, "User not found"),
        },
        ("POST", ["users"]) => create(data, request),
        ("PUT", ["users", id]) => change(data, id, request),
        ("DELETE", ["users", id]) => {
            let before = data.users.len();
            data.users.retain(|it| it["id"] != json!(id));
            if data.users.len() == before {
                return error(404, "User not found");
            }
            data.direct.remove(*id);
            data.members.values_mut().for_each(|it| it.retain(|member| member != id));
            acted(data, "DELETE", "USER", &format!("users/{id}"), None);
            done()
        }
        _ => wrong_verb(),
    }
}

/// A user as the API shows it.
pub(super) fn shown(data: &Data, user: &Value, brief: bool) -> Value {
    let mut user = user.clone();
    let id = user.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let otp = data.credentials.get(&id).is_some_and(|all| all.iter().any(|it| it["type"] == "otp"));
    if let Value::Object(fields) = &mut user {
        fields.retain(|_, value| !value.is_null());
        fields.insert("totp".into(), json!(otp));
        fields.insert("disableableCredentialTypes".into(), json!([]));
        let empty = fields.get("attributes").and_then(Value::as_object).is_some_and(Map::is_empty);
        if brief || empty {
            fields.remove("attributes");
        }
        fields.insert("access".into(), json!({ "manage": true }));
    }
    user
}

fn is(user: &Value, field: &str, wanted: &str, exact: bool) -> bool {
    let value = user.get(field).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let wanted = wanted.to_lowercase();
    if exact { value == wanted } else { value.contains(&wanted) }
}

/// The pairs of an attribute query: `key:value`, either in quotes.
fn wanted(q: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let (mut quoted, mut pairs) = (false, Vec::new());
    for c in q.chars().chain([' ']) {
        match c {
            '"' => quoted = !quoted,
            ':' if !quoted => words.push(String::new()),
            ' ' if !quoted => {
                if let [key, value] = words.as_slice() {
                    pairs.push((key.clone(), value.clone()));
                }
                words = vec![String::new()];
            }
            _ => words.iter_mut().last().into_iter().for_each(|it| it.push(c)),
        }
    }
    pairs
}

fn has(user: &Value, key: &str, value: &str) -> bool {
    // In any case, as the database compares them.
    let values = user.get("attributes").and_then(|it| it.get(key)).and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).any(|it| it.eq_ignore_ascii_case(value))
}

fn list(data: &Data, quirks: &Quirks, request: &Request<'_>) -> Response {
    let exact = request.one("exact") == Some("true");
    let brief = request.one("briefRepresentation") == Some("true");
    let pairs = request.one("q").filter(|_| !quirks.ignore_query).map(wanted).unwrap_or_default();
    let fits = |user: &&Value| {
        let of = |field: &str| request.one(field).is_none_or(|it| is(user, field, it, exact));
        let search =
            |it: &str| ["username", "email", "firstName", "lastName"].iter().any(|field| is(user, field, it, exact));
        // A service account comes only to who asks for it by name.
        let account = user["username"].as_str().unwrap_or_default().starts_with("service-account-");
        ["username", "email", "firstName", "lastName"].into_iter().all(of)
            && request.one("search").is_none_or(search)
            && pairs.iter().all(|(key, value)| has(user, key, value))
            && (!account || request.one("username").is_some() && exact)
    };
    let mut rows: Vec<Value> = data.users.iter().filter(fits).map(|it| shown(data, it, brief)).collect();
    rows.sort_by_key(|it| it["username"].as_str().unwrap_or_default().to_owned());
    request.page(rows, quirks)
}

/// What the realm lets be kept of the attributes that were sent; the rest is dropped without a word.
fn kept(data: &Data, sent: &Value) -> Result<Value, Box<Response>> {
    let policy = data.profile.get("unmanagedAttributePolicy").and_then(Value::as_str);
    let unmanaged = matches!(policy, Some("ADMIN_EDIT" | "ENABLED"));
    let managed = |name: &str| {
        data.profile.get("attributes").and_then(Value::as_array).into_iter().flatten().any(|it| it["name"] == name)
    };
    let mut out = Map::new();
    for (name, values) in sent.as_object().into_iter().flatten() {
        let texts = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        if texts.clone().any(|it| it.encode_utf16().count() > 2_048) {
            let body = json!({ "field": name, "errorMessage": "error-invalid-length", "params": [name, 0, 2048] });
            return Err(Box::new(json(400, &body)));
        }
        if (unmanaged || managed(name)) && texts.count() > 0 {
            out.insert(name.clone(), values.clone());
        }
    }
    Ok(Value::Object(out))
}

fn taken(data: &Data, field: &str, value: &str, but: &str) -> bool {
    data.users.iter().any(|it| it["id"] != json!(but) && is(it, field, value, true))
}

fn create(data: &mut Data, request: &Request<'_>) -> Response {
    let Some(Value::Object(sent)) = request.json() else {
        return json(400, &json!({ "error": "unknown_error", "error_description": "Cannot parse the JSON" }));
    };
    let text = |name: &str| sent.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(username) = text("username").map(|it| it.to_lowercase()) else {
        return refused(400, "User name is missing");
    };
    let email = text("email").map(|it| it.to_lowercase());
    if email.as_deref().is_some_and(|it| taken(data, "email", it, "")) {
        return refused(409, "User exists with same email");
    }
    if taken(data, "username", &username, "") {
        return refused(409, "User exists with same username");
    }
    let attributes = match kept(data, sent.get("attributes").unwrap_or(&Value::Null)) {
        Ok(kept) => kept,
        Err(answer) => return *answer,
    };
    let id = data.fresh();
    // `realmRoles` and the like are not looked at.
    data.users.push(json!({
        "id": id, "username": username, "email": email, "firstName": text("firstName"), "lastName": text("lastName"),
        "emailVerified": sent.get("emailVerified").and_then(Value::as_bool).unwrap_or(false),
        "enabled": sent.get("enabled").and_then(Value::as_bool).unwrap_or(false),
        "requiredActions": sent.get("requiredActions").cloned().unwrap_or_else(|| json!([])),
        "attributes": attributes, "createdTimestamp": super::access::now(), "notBefore": 0,
    }));
    data.direct.entry(id.clone()).or_default().insert("default-roles-customers".into());
    acted(data, "CREATE", "USER", &format!("users/{id}"), Some(&Value::Object(sent)));
    made(&request.location, &id)
}

fn change(data: &mut Data, id: &str, request: &Request<'_>) -> Response {
    let Some(Value::Object(sent)) = request.json() else {
        return json(400, &json!({ "error": "unknown_error", "error_description": "Cannot parse the JSON" }));
    };
    if data.user(id).is_none() {
        return error(404, "User not found");
    }
    if sent.get("email").and_then(Value::as_str).is_some_and(|it| taken(data, "email", it, id)) {
        return refused(409, "User exists with same username or email");
    }
    let whole = sent.contains_key("attributes");
    let attributes = match kept(data, sent.get("attributes").unwrap_or(&Value::Null)) {
        Ok(kept) => kept,
        Err(answer) => return *answer,
    };
    if let Some(Value::Object(user)) = data.user(id) {
        for field in ["email", "firstName", "lastName"] {
            match sent.get(field) {
                Some(value) => drop(user.insert(field.into(), value.clone())),
                // With attributes it is the whole profile that is sent: what it leaves out is gone.
                None if whole => drop(user.remove(field)),
                None => {}
            }
        }
        for field in ["enabled", "requiredActions", "emailVerified"] {
            if let Some(value) = sent.get(field) {
                user.insert(field.into(), value.clone());
            }
        }
        if whole {
            user.insert("attributes".into(), attributes);
        }
    }
    acted(data, "UPDATE", "USER", &format!("users/{id}"), Some(&Value::Object(sent)));
    done()
}

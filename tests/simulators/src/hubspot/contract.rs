//! What Postern may ask of HubSpot: the verbs, paths, parameters and properties that it uses, as the vendor's descriptions have
//! them, and the scope that each needs. Everything else is refused, so that a property that was misspelt does not pass as one
//! that is not there.

use super::REFERENCE;
use axum::http::Method;
use serde_json::Value;

const COMPANIES: &str = "crm.objects.companies.read";
const CONTACTS: &str = "crm.objects.contacts.read";
const COMPANIES_WRITE: &str = "crm.objects.companies.write";
const CONTACTS_WRITE: &str = "crm.objects.contacts.write";

/// Every scope that the adapter needs.
pub const SCOPES: [&str; 4] = [COMPANIES, CONTACTS, COMPANIES_WRITE, CONTACTS_WRITE];

const COMPANY_PROPERTIES: [&str; 9] =
    ["name", "domain", "hs_additional_domains", "phone", "website", "tier", "sla", "tickets", REFERENCE];
const CONTACT_PROPERTIES: [&str; 7] =
    ["firstname", "lastname", "email", "phone", "jobtitle", "associatedcompanyid", REFERENCE];

/// The scope that a request needs, or what about it the description does not have.
pub(super) fn check(
    method: &Method,
    path: &[&str],
    pairs: &[(String, String)],
    body: &[u8],
) -> Result<&'static str, String> {
    let (kind, allowed): (&str, &[&str]) = match (method.as_str(), path) {
        ("GET", ["crm", "v3", "objects", kind]) => (kind, &["limit", "after", "archived", "properties"]),
        ("GET", ["crm", "v3", "objects", kind, id]) if is_id(id) => (kind, &["properties"]),
        // By another unique property than the number, whose value stands in its place.
        ("GET", ["crm", "v3", "objects", kind, _]) if pairs.iter().any(|(name, _)| name == "idProperty") => {
            (kind, &["properties", "idProperty"])
        }
        ("GET", ["crm", "v4", "objects", "companies", id, "associations", "contacts"]) if is_id(id) => {
            ("contacts", &["limit", "after"])
        }
        ("POST", ["crm", "v3", "objects", kind, "batch", "read"]) => (kind, &[]),
        ("PATCH", ["crm", "v3", "objects", kind, id]) if is_id(id) => (kind, &[]),
        _ => return Err("no such path".into()),
    };
    let (read, write, known): (_, _, &[&str]) = match kind {
        "companies" => (COMPANIES, COMPANIES_WRITE, &COMPANY_PROPERTIES),
        "contacts" => (CONTACTS, CONTACTS_WRITE, &CONTACT_PROPERTIES),
        _ => return Err(format!("no such kind `{kind}`")),
    };
    for (name, value) in pairs {
        let most = if path.get(1) == Some(&"v4") { 500 } else { 100 };
        let good = allowed.contains(&name.as_str())
            && match name.as_str() {
                "limit" => value.parse::<u32>().is_ok_and(|it| (1..=most).contains(&it)),
                "properties" => value.split(',').all(|it| known.contains(&it)),
                "archived" => value == "false",
                "idProperty" => value == REFERENCE,
                _ => !value.is_empty(),
            };
        if !good {
            return Err(format!("`{name}` is not accepted here"));
        }
    }
    let sent: Value =
        if body.is_empty() { Value::Null } else { serde_json::from_slice(body).map_err(|e| e.to_string())? };
    match method.as_str() {
        "POST" => batch(&sent, known).map(|()| read),
        "PATCH" => changed(&sent, known).map(|()| write),
        _ if body.is_empty() => Ok(read),
        _ => Err("a body where there is none".into()),
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn batch(sent: &Value, known: &[&str]) -> Result<(), String> {
    let fields = sent.as_object().ok_or("no object")?;
    if fields.keys().any(|it| !matches!(it.as_str(), "properties" | "inputs")) {
        return Err("an unknown field".into());
    }
    let properties = fields.get("properties").and_then(Value::as_array).ok_or("no properties")?;
    let inputs = fields.get("inputs").and_then(Value::as_array).ok_or("no inputs")?;
    let fine = |it: &Value| it.as_str().is_some_and(|it| known.contains(&it));
    let id = |it: &Value| it.get("id").and_then(Value::as_str).is_some_and(is_id);
    let right = properties.iter().all(fine) && inputs.iter().all(id) && (1..=100).contains(&inputs.len());
    if right { Ok(()) } else { Err("a batch that is not accepted".into()) }
}

fn changed(sent: &Value, known: &[&str]) -> Result<(), String> {
    let fields = sent.get("properties").and_then(Value::as_object).ok_or("no properties")?;
    // What the vendor computes cannot be set.
    let fine = |(name, value): (&String, &Value)| {
        known.contains(&name.as_str()) && name != "associatedcompanyid" && value.is_string()
    };
    if fields.iter().all(fine) { Ok(()) } else { Err("a property that is not accepted".into()) }
}

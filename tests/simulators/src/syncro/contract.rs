//! What Postern may ask of Syncro: the verbs, paths, filters and fields that it uses, as the vendor describes them, and the
//! permission that each needs. Everything else is refused, so that a field that was misspelt does not pass as one ignored.

use super::answer::{json, status};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

/// A verb and a path, with `#` for a number; the permission; filters or fields with their types.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const LIST: &str = "Tickets - List/Search";
const DETAILS: &str = "Tickets - View Details";
const CREATE: &str = "Tickets - Create";
const EDIT: &str = "Tickets - Edit";
const CUSTOMER: &str = "Customers - View Detail";
const CUSTOMERS: &str = "Customers - List/Search";
const PAGES: &str = "Documentation - Allow Usage";

const ASSETS: &str = "Assets - View Details";
const INVOICES: &str = "Invoices - View Details";
const PAYMENTS: &str = "Payments - View Details";
const CONTRACTS: &str = "Contracts - View Details";
const ESTIMATES: &str = "Estimates - View Details";

/// Every permission that the adapter needs.
pub const PERMISSIONS: [&str; 12] =
    [LIST, DETAILS, CREATE, EDIT, CUSTOMER, CUSTOMERS, PAGES, ASSETS, INVOICES, PAYMENTS, CONTRACTS, ESTIMATES];

const TABLE: &[Row] = &[
    (
        "GET",
        "tickets",
        LIST,
        &[
            ("customer_id", "integer"),
            ("contact_id", "integer"),
            ("status", "string"),
            ("query", "string"),
            ("created_after", "date"),
            ("comment_format", "string"),
            ("page", "integer"),
        ],
    ),
    ("GET", "tickets/settings", "", &[]),
    ("GET", "tickets/#", DETAILS, &[]),
    (
        "GET",
        "tickets/#/comments",
        DETAILS,
        &[("page", "integer"), ("per_page", "integer"), ("comment_format", "string")],
    ),
    (
        "POST",
        "tickets",
        CREATE,
        &[
            ("customer_id", "integer"),
            ("contact_id", "integer"),
            ("subject", "string"),
            ("problem_type", "string"),
            ("priority", "string"),
            ("due_date", "date"),
            ("properties", "object"),
            ("comments_attributes", "array"),
        ],
    ),
    ("PUT", "tickets/#", EDIT, &[("status", "string"), ("user_id", "integer"), ("priority", "string")]),
    ("GET", "customer_assets", ASSETS, &[("customer_id", "integer"), ("query", "string"), ("page", "integer")]),
    ("GET", "invoices", INVOICES, &[("page", "integer")]),
    ("GET", "invoices/#", INVOICES, &[]),
    ("GET", "payments", PAYMENTS, &[("page", "integer")]),
    ("GET", "contracts", CONTRACTS, &[("page", "integer")]),
    ("GET", "estimates", ESTIMATES, &[("page", "integer")]),
    (
        "POST",
        "tickets/#/comment",
        EDIT,
        &[
            ("subject", "string"),
            ("body", "string"),
            ("tech", "string"),
            ("hidden", "boolean"),
            ("do_not_email", "boolean"),
        ],
    ),
    ("GET", "customers", CUSTOMERS, &[("include_disabled", "string"), ("page", "integer")]),
    ("GET", "customers/#", CUSTOMER, &[]),
    ("GET", "contacts", CUSTOMER, &[("customer_id", "integer"), ("page", "integer")]),
    ("GET", "contacts/#", CUSTOMER, &[]),
    ("GET", "wiki_pages", PAGES, &[("page", "integer")]),
    ("GET", "wiki_pages/#", PAGES, &[]),
];

/// A request that is in no row.
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) answer: Response,
}

fn refuse(code: u16, why: String) -> Box<Refused> {
    let answer = if code == 404 { status(404) } else { json(code, &json!({ "error": why })) };
    Box::new(Refused { why, answer })
}

/// The permission that a request needs.
pub(super) fn check(
    method: &Method,
    path: &[&str],
    pairs: &[(String, String)],
    body: &[u8],
) -> Result<&'static str, Box<Refused>> {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|c| c.is_ascii_digit());
    let fits = |row: &&Row| {
        let parts: Vec<&str> = row.1.split('/').collect();
        parts.len() == path.len()
            && parts.iter().zip(path).all(|(part, it)| part == it || (*part == "#" && is_number(it)))
    };
    if !TABLE.iter().any(|row| fits(&row)) {
        return Err(refuse(404, "unknown path".into()));
    }
    let row = TABLE.iter().find(|row| fits(row) && row.0 == method.as_str());
    let Some((_, _, permission, fields)) = row else { return Err(refuse(405, "wrong verb".into())) };
    if method == Method::GET {
        for (nth, (name, value)) in pairs.iter().enumerate() {
            let Some((_, kind)) = fields.iter().find(|(it, _)| it == name) else {
                return Err(refuse(400, format!("unknown filter {name}")));
            };
            let right = match *kind {
                "integer" => is_number(value),
                "date" => value.parse::<jiff::civil::Date>().is_ok(),
                _ => !value.is_empty(),
            };
            if !right || pairs.iter().skip(nth + 1).any(|(it, _)| it == name) {
                return Err(refuse(400, format!("bad filter {name}")));
            }
        }
        return Ok(permission);
    }
    let Ok(Value::Object(sent)) = serde_json::from_slice::<Value>(body) else {
        return Err(refuse(400, "no JSON object".into()));
    };
    if !pairs.is_empty() {
        return Err(refuse(400, "a query on a write".into()));
    }
    for (name, value) in &sent {
        let Some((_, kind)) = fields.iter().find(|(it, _)| it == name) else {
            return Err(refuse(400, format!("unknown field {name}")));
        };
        let right = match *kind {
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "object" => value.is_object(),
            "array" => value.is_array(),
            "date" => value.as_str().is_some_and(|it| it.parse::<jiff::Timestamp>().is_ok()),
            _ => value.is_string(),
        };
        if !right {
            return Err(refuse(400, format!("bad field {name}")));
        }
    }
    Ok(permission)
}

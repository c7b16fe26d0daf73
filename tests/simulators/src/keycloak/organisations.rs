//! Organisations and their members.

use super::answer::{done, error, json, made, refused, wrong_verb};
use super::users::shown;
use super::{Data, Quirks, Request};
use axum::response::Response;
use serde_json::{Value, json};

pub(super) fn handle(data: &mut Data, quirks: &Quirks, request: &Request<'_>) -> Response {
    match (request.method, request.path) {
        ("GET", ["organizations"]) => request.page(data.organisations.clone(), quirks),
        ("GET", ["organizations", "members", user, "organizations"]) => {
            let of = |it: &&Value| {
                let id = it["id"].as_str().unwrap_or_default();
                data.members.get(id).is_some_and(|all| all.contains(*user))
            };
            json(200, &data.organisations.iter().filter(of).cloned().collect())
        }
        (_, ["organizations", id, "members"]) if !data.organisations.iter().any(|it| it["id"] == json!(id)) => {
            refused(404, "Organization not found.")
        }
        ("GET", ["organizations", id, "members"]) => {
            let members = data.members.get(*id).cloned().unwrap_or_default();
            let of = |it: &&Value| members.contains(it["id"].as_str().unwrap_or_default());
            let mut rows: Vec<Value> = data.users.iter().filter(of).map(|it| shown(data, it, false)).collect();
            rows.iter_mut().for_each(|it| it["membershipType"] = json!("UNMANAGED"));
            request.page(rows, quirks)
        }
        ("POST", ["organizations", id, "members"]) => {
            // The body is the user's id, as a JSON text.
            let Some(Value::String(user)) = request.json() else { return refused(400, "User does not exist") };
            if data.user(&user).is_none() {
                return refused(400, "User does not exist");
            }
            if !data.members.entry((*id).to_owned()).or_default().insert(user.clone()) {
                return refused(409, "User is already a member of the organization.");
            }
            made(&request.location, &user)
        }
        ("DELETE", ["organizations", id, "members", user]) => {
            let gone = data.members.get_mut(*id).is_some_and(|all| all.remove(*user));
            if gone { done() } else { refused(400, "User is not a member of the organization") }
        }
        (_, ["organizations"] | ["organizations", _, "members"]) => wrong_verb(),
        _ => error(404, "HTTP 404 Not Found"),
    }
}

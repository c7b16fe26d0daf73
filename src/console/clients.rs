//! Connected clients: one's own, and for administrators everyone's. Cutting one off is a form of its own.

use super::query::Asking;
use super::visitor::{Shell, Visitor, back, field, is_ours, request_id};
use super::words::{seconds, tidy};
use super::{Console, page};
use crate::authority::pages::Publisher;
use crate::authority::{Connected, RevokedBy};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::response::Response;
use http::{Extensions, HeaderMap, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

/// Clients on one page of everyone's.
const PAGE: u32 = 50;

/// A client as a page shows it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) grant: Arc<str>,
    pub(super) name: String,
    pub(super) person: String,
    pub(super) first_party: bool,
    pub(super) from: String,
    pub(super) authorised: (String, String),
    pub(super) used: Option<(String, String)>,
    pub(super) sessions: u32,
    pub(super) scopes: Vec<String>,
}

impl Shown {
    fn of(it: &Connected) -> Self {
        let from = match &it.publisher {
            Publisher::FirstParty => "Your provider's own".to_owned(),
            Publisher::Configured => "Known to this server".to_owned(),
            Publisher::Host(host) => format!("Published by {}", tidy(host)),
            Publisher::Unknown => "Nobody vouches for it".to_owned(),
        };
        let words = |area: &str, writes: bool| format!("{area}: {}", if writes { "change" } else { "read" });
        Self {
            grant: it.grant.clone(),
            name: tidy(&it.name),
            person: it.person.as_deref().map_or_else(|| "Unnamed".to_owned(), tidy),
            first_party: it.publisher.is_first_party(),
            from,
            authorised: seconds(it.authorised_at),
            used: it.used_at.map(seconds),
            sessions: it.sessions,
            scopes: it.scopes.iter().map(|scope| words(&scope.area, scope.writes)).collect(),
        }
    }
}

/// Which part of everyone's.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    page: u32,
}

impl Part {
    fn skip(&self) -> u32 {
        self.page.min(1_000_000).saturating_mul(PAGE)
    }
}

#[derive(Template)]
#[template(path = "clients.html")]
struct List {
    shell: Shell,
    everyone: bool,
    connects: bool,
    clients: Vec<Shown>,
    page: u32,
    more: bool,
}

#[derive(Template)]
#[template(path = "revoke.html")]
struct Ask<'a> {
    shell: Shell,
    visitor: &'a Visitor,
    client: Shown,
    everyone: bool,
    page: u32,
}

#[derive(Template)]
#[template(path = "revoked.html")]
struct Gone {
    shell: Shell,
    everyone: bool,
}

/// `GET /console/clients`
pub(super) async fn own(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let clients = match console.clients.connected(&visitor.caller.tenant, &visitor.caller.principal) {
        Ok(clients) => clients.iter().map(Shown::of).collect(),
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let shell = console.shell(&visitor, "Connected clients", "/console/clients");
    page(&List { shell, everyone: false, connects: visitor.connects, clients, page: 0, more: false })
}

/// `GET /console/admin/clients`
pub(super) async fn all(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    Asking(part): Asking<Part>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if !visitor.administers {
        return console.nothing(&visitor);
    }
    let mut clients = match console.clients.connected_in(&visitor.caller.tenant, part.skip(), PAGE + 1) {
        Ok(clients) => clients.iter().map(Shown::of).collect::<Vec<_>>(),
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = clients.len() > shown;
    clients.truncate(shown);
    let shell = console.shell(&visitor, "All clients", "/console/admin/clients");
    page(&List { shell, everyone: true, connects: visitor.connects, clients, page: part.page, more })
}

/// `GET /console/clients/{grant}/revoke`: asks, and does nothing.
pub(super) async fn ask_own(
    State(console): State<Arc<Console>>,
    Path(grant): Path<String>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    ask(&console, &grant, None, &uri, &extensions, &headers)
}

/// `GET /console/admin/clients/{grant}/revoke`
pub(super) async fn ask_any(
    State(console): State<Arc<Console>>,
    Path(grant): Path<String>,
    Asking(part): Asking<Part>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    ask(&console, &grant, Some(&part), &uri, &extensions, &headers)
}

fn ask(
    console: &Console,
    grant: &str,
    everyones: Option<&Part>,
    uri: &http::Uri,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Response {
    let visitor = match console.enter(headers, &back(uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let who = &visitor.caller;
    let (clients, here) = match everyones {
        None => (console.clients.connected(&who.tenant, &who.principal), "/console/clients"),
        Some(_) if !visitor.administers => return console.nothing(&visitor),
        Some(part) => (console.clients.connected_in(&who.tenant, part.skip(), PAGE), "/console/admin/clients"),
    };
    let clients = match clients {
        Ok(clients) => clients,
        Err(error) => return console.failed(&visitor, &error, &request_id(extensions)),
    };
    let Some(client) = clients.iter().find(|it| *it.grant == *grant).map(Shown::of) else {
        return console.nothing(&visitor);
    };
    let shell = console.shell(&visitor, "Revoke a client", here);
    let page_number = everyones.map_or(0, |it| it.page);
    page(&Ask { shell, visitor: &visitor, client, everyone: everyones.is_some(), page: page_number })
}

/// `POST /console/clients/{grant}/revoke`
pub(super) async fn revoke_own(
    State(console): State<Arc<Console>>,
    Path(grant): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    revoke(&console, &grant, RevokedBy::Owner, &extensions, &headers, &body)
}

/// `POST /console/admin/clients/{grant}/revoke`
pub(super) async fn revoke_any(
    State(console): State<Arc<Console>>,
    Path(grant): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    revoke(&console, &grant, RevokedBy::Administrator, &extensions, &headers, &body)
}

fn revoke(
    console: &Console,
    grant: &str,
    by: RevokedBy,
    extensions: &Extensions,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let everyone = by == RevokedBy::Administrator;
    let here = if everyone { "/console/admin/clients" } else { "/console/clients" };
    let visitor = match console.enter(headers, here) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if everyone && !visitor.administers {
        return console.nothing(&visitor);
    }
    if !is_ours(&visitor, headers, body) || field(body, "confirm").as_deref() != Some("revoke") {
        return console.stale(&visitor);
    }
    match console.clients.revoke(&visitor.caller.tenant, &visitor.caller.principal, grant, by) {
        Ok(true) => page(&Gone { shell: console.shell(&visitor, "The client is cut off", here), everyone }),
        Ok(false) => console.say(
            &visitor,
            StatusCode::NOT_FOUND,
            "There is no such client",
            "It may have been cut off already. Look at the list again.",
        ),
        Err(error) => console.failed(&visitor, &error, &request_id(extensions)),
    }
}

//! Who is looking at a page, what they may do there, and the frame around it.

use super::{Console, page};
use crate::authority::browser;
use crate::authority::identity::SignedIn;
use crate::caller::{Caller, RequestId};
use crate::tenant::Tenant;
use askama::Template;
use axum::extract::{OriginalUri, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode, header};
use jiff::Timestamp;
use postern_api::{Error, OrganisationId};
use postern_policies::{Realm, Right};
use std::sync::Arc;

/// Somebody signed in, for one request.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) signed_in: SignedIn,
    pub(super) caller: Arc<Caller>,
    pub(super) tenant: Arc<Tenant>,
    pub(super) connects: bool,
    pub(super) administers: bool,
    pub(super) audits: bool,
    /// Whether they may record what became of a write of which nobody knows.
    pub(super) settles: bool,
    /// The organisation whose records' use they may follow.
    pub(super) oversees: Option<OrganisationId>,
}

/// One entry of the navigation.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) label: &'static str,
    pub(super) href: &'static str,
    pub(super) current: bool,
    pub(super) count: usize,
}

/// What is around every page.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) title: &'static str,
    pub(super) tenant: String,
    pub(super) server: Arc<str>,
    pub(super) person: String,
    pub(super) realm: &'static str,
    pub(super) sign_out: Arc<str>,
    pub(super) own: Vec<Item>,
    pub(super) admin: Vec<Item>,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "said.html")]
struct Said<'a> {
    shell: &'a Shell,
    says: &'a str,
    request_id: Option<String>,
}

impl Console {
    /// Who is signed in, or where to do that. `back` is where the browser returns to.
    #[expect(clippy::result_large_err, reason = "the error is the answer")]
    pub(super) fn enter(&self, headers: &HeaderMap, back: &str) -> Result<Visitor, Response> {
        let to_sign_in = || {
            let to = self.sessions.sign_in_path(back);
            (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
        };
        let signed_in = self.sessions.signed_in(headers).ok_or_else(to_sign_in)?;
        // A session of a tenant that is no longer configured is nobody's.
        let tenant = self.tenants.get(&signed_in.identity.tenant).cloned().ok_or_else(to_sign_in)?;
        let caller = Arc::new(browser::caller(&signed_in, Timestamp::now().as_second()));
        let may = |right| self.policies.may(&caller.subject(), right);
        let (connects, administers, audits) = (may(Right::Connect), may(Right::Administer), may(Right::Audit));
        let settles = may(Right::Settle);
        let oversees = caller.organisation.clone().filter(|_| may(Right::Transparency));
        Ok(Visitor { signed_in, caller, tenant, connects, administers, audits, settles, oversees })
    }

    /// The frame of a page for somebody.
    pub(super) fn shell(&self, visitor: &Visitor, title: &'static str, here: &str) -> Shell {
        let item = |label, href| Item { label, href, current: href == here, count: 0 };
        let waiting = self.confirmations.waiting(&visitor.caller.tenant, &visitor.caller.principal, Timestamp::now());
        let waiting = waiting.map(|it| it.len()).unwrap_or_default();
        let mut own = vec![
            item("MCP Server", "/console"),
            item("Connected clients", "/console/clients"),
            Item { count: waiting, ..item("Confirmations", "/console/confirmations") },
            Item { count: super::requests::untold(self, visitor), ..item("Your requests", "/console/requests") },
            item("Activity", "/console/activity"),
        ];
        if visitor.caller.realm == Realm::Employee {
            let count = super::approvals::count(self, visitor);
            own.insert(3, Item { count, ..item("Approvals", "/console/approvals") });
        }
        if visitor.oversees.is_some() {
            own.push(item("Transparency", "/console/transparency"));
        }
        let mut admin = Vec::new();
        if visitor.administers {
            admin.push(item("All clients", "/console/admin/clients"));
            admin.push(item("Tools", "/console/admin/tools"));
            admin.push(item("Integrations", "/console/admin/integrations"));
            admin.push(item("Organisations", "/console/admin/organisations"));
        }
        if visitor.audits {
            admin.push(item("Audit", "/console/admin/audit"));
        }
        let identity = &visitor.signed_in.identity;
        let person = identity.name.as_deref().or(identity.email.as_deref()).unwrap_or("Signed in");
        Shell {
            title,
            tenant: visitor.tenant.name.clone(),
            server: self.server.clone(),
            person: super::words::tidy(person),
            realm: match identity.realm {
                Realm::Customer => "Customer",
                Realm::Employee => "Employee",
            },
            sign_out: self.sign_out.clone(),
            own,
            admin,
        }
    }

    /// A page that says one thing, with a status.
    pub(super) fn say(&self, visitor: &Visitor, status: StatusCode, title: &'static str, says: &str) -> Response {
        let shell = self.shell(visitor, title, "");
        (status, page(&Said { shell: &shell, says, request_id: None })).into_response()
    }

    /// No such page, or none for this person: the same.
    pub(super) fn nothing(&self, visitor: &Visitor) -> Response {
        self.say(
            visitor,
            StatusCode::NOT_FOUND,
            "There is no such page",
            "The address may be mistyped, or what it led to is gone.",
        )
    }

    /// A form that was not ours, or of another session: nothing was done.
    pub(super) fn stale(&self, visitor: &Visitor) -> Response {
        self.say(
            visitor,
            StatusCode::FORBIDDEN,
            "This form is too old",
            "Nothing was changed. Open the page again and try once more.",
        )
    }

    /// Our own mistake, with the number by which it is found.
    pub(super) fn failed(&self, visitor: &Visitor, error: &Error, request_id: &str) -> Response {
        tracing::error!(error = %error, source = ?std::error::Error::source(error), request_id, "a page could not be made");
        let shell = self.shell(visitor, "That did not work", "");
        let said = Said {
            shell: &shell,
            says: "It is our mistake. Try again; if it happens again, give your administrator the number below.",
            request_id: (!request_id.is_empty()).then(|| request_id.to_owned()),
        };
        (StatusCode::SERVICE_UNAVAILABLE, page(&said)).into_response()
    }
}

/// The one value of a field of a form; `None` where it is missing or there twice.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    let mut found =
        url::form_urlencoded::parse(body).filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Whether a form is of this very session, and sent by a page of ours as far as the browser says.
pub(super) fn is_ours(visitor: &Visitor, headers: &HeaderMap, body: &[u8]) -> bool {
    let site = headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    let from_here = matches!(site, None | Some(b"same-origin"));
    let sent = field(body, "csrf").unwrap_or_default();
    let (sent, known) = (sent.as_bytes(), visitor.signed_in.csrf.as_bytes());
    // Every byte is compared, so that the time tells nothing.
    let differs = sent.iter().zip(known).fold(0, |differs, (a, b)| differs | (a ^ b));
    from_here && !known.is_empty() && sent.len() == known.len() && differs == 0
}

/// The id that the edge gave a request.
pub(super) fn request_id(extensions: &Extensions) -> String {
    extensions.get::<RequestId>().map(|RequestId(id)| id.to_string()).unwrap_or_default()
}

/// The path and query that a browser comes back to.
pub(super) fn back(uri: &http::Uri) -> String {
    uri.path_and_query().map_or_else(|| "/console".to_owned(), ToString::to_string)
}

/// `GET /console/...`, for whatever is not there.
pub(super) async fn nothing(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => console.nothing(&visitor),
        Err(sign_in) => sign_in,
    }
}

/// What the framework refuses in its own words, a form that is too long for example, is a page.
pub(super) async fn readable(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let answer = next.run(request).await;
    let kind = answer.headers().get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    if !answer.status().is_client_error() || kind.is_none_or(|it| !it.starts_with(b"text/plain")) {
        return answer;
    }
    let says = "It is too long, or was cut on its way. Nothing was changed. Go back, write less, and send it again.";
    match console.enter(&headers, "/console") {
        Ok(visitor) => console.say(&visitor, answer.status(), "This cannot be read", says),
        Err(sign_in) => sign_in,
    }
}

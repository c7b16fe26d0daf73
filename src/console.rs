//! The web pages: connect a client, connected clients, confirmations, activity, and what administrators look after.
//!
//! **Invariant:** a page shows what is its person's, or its person's tenant's where the policies let them administer it; a
//! `GET` changes nothing; nothing on a page comes from anybody else's server.

mod activity;
mod approvals;
pub(crate) mod assets;
mod audit_log;
mod clients;
mod confirmations;
mod download;
pub mod flow;
mod integrations;
mod organisations;
mod query;
mod requests;
mod server;
mod sign_in;
mod tools;
mod transparency;
mod unanswered;
pub mod unsubscribe;
mod visitor;
mod words;

use crate::audit::Journal;
use crate::authority::identity::BrowserSessions;
use crate::authority::{Authority, Connected, RevokedBy};
use crate::call::audit::Ledger;
use crate::call::host::Host;
use crate::caller::Principal;
use crate::govern::action::Actions;
use crate::govern::confirmation::Confirmations;
use crate::organisations::Organisations;
use crate::tenant::Tenant;
use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use postern_api::{Result, TenantId};
use postern_policies::Engine;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

/// The audit's word for having looked at it.
pub(crate) const AUDIT_READ: &str = "console:audit";
/// The audit's word for having exported it.
pub(crate) const AUDIT_EXPORT: &str = "console:audit-export";
/// The audit's word for having looked at what was read and changed of one's organisation.
pub(crate) const TRANSPARENCY_READ: &str = "console:transparency";
/// The audit's word for having taken that away as a file.
pub(crate) const TRANSPARENCY_EXPORT: &str = "console:transparency-export";
/// The audit's word for having agreed that records of several systems are one organisation.
pub(crate) const AGREE: &str = "console:organisation-agree";
/// The audit's word for having taken that back.
pub(crate) const WITHDRAW: &str = "console:organisation-withdraw";

/// The audit's word for having approved an action request.
pub(crate) const APPROVED: &str = "console:approve";
/// The audit's word for having rejected one.
pub(crate) const REJECTED: &str = "console:reject";
/// The audit's word for having taken one's own back.
pub(crate) const WITHDRAWN: &str = "console:request-withdraw";

/// The audit's word for having recorded what became of a write of which nobody knew.
pub(crate) const FOUND_OUT: &str = "console:found-out";

/// What a page may load and where its forms may go: nothing and nowhere but here.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'",
);

/// The largest form: two short fields.
const FORM_BYTES: usize = 8 * 1024;

/// Who is connected: what the pages ask of the authority.
pub trait ConnectedClients: Debug + Send + Sync + 'static {
    /// A person's clients.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn connected(&self, tenant: &TenantId, principal: &Principal) -> Result<Vec<Connected>>;
    /// A tenant's, for its administrators.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn connected_in(&self, tenant: &TenantId, skip: u32, limit: u32) -> Result<Vec<Connected>>;
    /// The name of a client by its id, whether or not anybody is connected to it; `None` where nothing is known of it.
    fn name_of(&self, _client: &str) -> Option<String> {
        None
    }
    /// Cuts one off; whether there was one.
    ///
    /// # Errors
    /// Where that cannot be written down.
    fn revoke(&self, tenant: &TenantId, principal: &Principal, grant: &str, by: RevokedBy) -> Result<bool>;
}

impl ConnectedClients for Authority {
    fn connected(&self, tenant: &TenantId, principal: &Principal) -> Result<Vec<Connected>> {
        Authority::connected(self, tenant, principal)
    }

    fn connected_in(&self, tenant: &TenantId, skip: u32, limit: u32) -> Result<Vec<Connected>> {
        Authority::connected_in(self, tenant, skip, limit)
    }

    fn name_of(&self, client: &str) -> Option<String> {
        self.client_name(client)
    }

    fn revoke(&self, tenant: &TenantId, principal: &Principal, grant: &str, by: RevokedBy) -> Result<bool> {
        Authority::revoke(self, tenant, principal, grant, by)
    }
}

/// What was last known of a connected system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it answered as it should.
    pub well: bool,
    /// When it was asked.
    pub at: Timestamp,
    /// What is wrong, in words for administrators; no value and no secret.
    pub says: Option<String>,
}

/// Where the request limit of a connected system stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests that could be sent at once.
    pub left: u32,
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// Seconds for which nothing is sent because the vendor asked for it; 0: it did not.
    pub paused_secs: u64,
}

/// Who knows how the connected systems are.
pub trait Healths: Debug + Send + Sync + 'static {
    /// The last finding about a tenant's system, by its name in the configuration; `None` where nobody has asked it.
    fn last(&self, tenant: &TenantId, system: &str) -> Option<Health>;
    /// Where its request limit stands; `None` where it has none.
    fn budget(&self, tenant: &TenantId, system: &str) -> Option<Budget>;
    /// Seconds for which it is not asked because it kept failing; `None`: it is asked.
    fn left_alone_secs(&self, tenant: &TenantId, system: &str) -> Option<u64>;
}

/// Nobody asks the systems.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyAsks;

impl Healths for NobodyAsks {
    fn last(&self, _tenant: &TenantId, _system: &str) -> Option<Health> {
        None
    }

    fn budget(&self, _tenant: &TenantId, _system: &str) -> Option<Budget> {
        None
    }

    fn left_alone_secs(&self, _tenant: &TenantId, _system: &str) -> Option<u64> {
        None
    }
}

/// What the pages are made of.
#[derive(Debug, Clone)]
pub struct Console {
    /// The URL that clients are given.
    pub mcp_url: String,
    /// What this server is called.
    pub server: Arc<str>,
    /// Where one signs out, a path of ours.
    pub sign_out: Arc<str>,
    /// The MSPs.
    pub tenants: Arc<HashMap<TenantId, Arc<Tenant>>>,
    /// Who is signed in.
    pub sessions: Arc<dyn BrowserSessions>,
    /// Who is connected.
    pub clients: Arc<dyn ConnectedClients>,
    /// Carries out what was confirmed.
    pub host: Arc<dyn Host>,
    /// What waits for a person.
    pub confirmations: Arc<dyn Confirmations>,
    /// Governed writes on their way.
    pub actions: Arc<dyn Actions>,
    /// Who may do what.
    pub policies: Arc<Engine>,
    /// The audit log, for reading.
    pub journal: Arc<Journal>,
    /// The audit log, for writing.
    pub ledger: Arc<dyn Ledger>,
    /// How the connected systems are.
    pub healths: Arc<dyn Healths>,
    /// Which organisation is which.
    pub organisations: Arc<Organisations>,
}

/// Where a waiting confirmation is shown, below the origin; its id follows.
pub const CONFIRMATION_PATH: &str = "/console/confirmations/";
/// Where somebody else approves one that waits, before its id.
pub const APPROVAL_PATH: &str = "/console/approvals/";

/// The routes. They guard themselves: each asks who is signed in.
pub fn routes(console: Console) -> Router {
    let console = Arc::new(console);
    let readable = axum::middleware::from_fn_with_state(Arc::clone(&console), visitor::readable);
    let pages = Router::new()
        .route("/console", get(server::show))
        .route("/console/clients", get(clients::own))
        .route("/console/clients/{grant}/revoke", get(clients::ask_own).post(clients::revoke_own))
        .route("/console/confirmations", get(confirmations::list))
        .route("/console/confirmations/{id}", get(confirmations::show).post(confirmations::settle))
        .route("/console/approvals", get(approvals::list))
        .route("/console/approvals/{id}", get(approvals::show).post(approvals::decide))
        .route("/console/unanswered/{id}", get(unanswered::show).post(unanswered::record))
        .route("/console/requests", get(requests::list))
        .route("/console/requests/{id}/withdraw", post(requests::withdraw))
        .route("/console/activity", get(activity::show))
        .route("/console/transparency", get(transparency::show))
        .route("/console/transparency/statement", get(transparency::statement))
        .route("/console/transparency/key", get(transparency::key))
        .route("/console/admin/clients", get(clients::all))
        .route("/console/admin/clients/{grant}/revoke", get(clients::ask_any).post(clients::revoke_any))
        .route("/console/admin/tools", get(tools::show))
        .route("/console/admin/integrations", get(integrations::show))
        .route("/console/admin/organisations", get(organisations::show).post(organisations::settle))
        .route("/console/admin/audit", get(audit_log::show))
        .route("/console/admin/audit/export", get(audit_log::export))
        .route("/console/{*rest}", get(visitor::nothing))
        .layer(readable)
        .layer(axum::middleware::map_response(guarded))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .with_state(console);
    let home = || async { (StatusCode::SEE_OTHER, [(header::LOCATION, "/console")]) };
    Router::new()
        .route("/", get(home))
        .route("/console/", get(home))
        .route("/console/assets/{name}", get(assets::serve))
        .merge(pages)
}

/// The headers of every page.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ] {
        headers.insert(name, value);
    }
    response
}

/// A page as an answer.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, "an internal error occurred").into_response()
        }
    }
}

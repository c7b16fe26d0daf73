//! Configuration: one TOML file. Every mistake is reported at once, each with its path and what was expected.
//!
//! Secrets stand in it by reference alone: `{ env = "NAME" }` or `{ file = "path" }`.

mod authority;
mod mistakes;
mod secret;
mod sign_in;
mod system;
mod webhook;

pub use mistakes::{Mistake, Mistakes};
pub use secret::SecretRef;
pub use system::{Connection, SystemConfig};
pub use webhook::WebhookConfig;

use crate::audit;
use crate::authority::config::AuthorityConfig;
use crate::authority::sign_in::config::{How, RealmSignIn, SessionLifetimes, SignInConfig};
use crate::edge::config::EdgeConfig;
use crate::edge::realm::RealmConfig;
use crate::govern::lease::Protocol;
use crate::mail::MailConfig;
use crate::redact::Hosts;
use mistakes::section;
use postern_api::{ExternalId, OrganisationId, TenantId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// Everything that `postern serve` is told.
#[derive(Debug)]
pub struct Config {
    /// Where it listens and keeps its data.
    pub server: ServerConfig,
    /// How it is reached and what it lets in.
    pub edge: EdgeConfig,
    /// The authorization server.
    pub authority: AuthorityConfig,
    /// The web pages.
    pub console: ConsoleConfig,
    /// Tool calls.
    pub calls: CallsConfig,
    /// How writes are held while they are carried out, and looked for afterwards.
    pub writes: Protocol,
    /// The audit log.
    pub audit: AuditConfig,
    /// Policies other than the built-in ones.
    pub policies: PoliciesConfig,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
    /// Browser sessions.
    pub sessions: SessionLifetimes,
    /// Signing people in.
    pub sign_in: SignInConfig,
    /// The mail server, where there is one.
    pub mail: Option<MailConfig>,
    /// The MSPs.
    pub tenants: Vec<TenantConfig>,
}

/// Where Postern listens and keeps its data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Where MCP clients connect.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where operators read health and metrics; not for the public.
    #[serde(default = "operations_listen")]
    pub operations_listen: SocketAddr,
    /// The directory of its databases and keys.
    pub data_dir: PathBuf,
    /// How long requests under way may take to end when it is stopped.
    #[serde(default = "thirty")]
    pub drain_secs: u64,
    /// How often each connected system is asked whether it answers; 0: never.
    #[serde(default = "thirty")]
    pub probe_secs: u64,
    /// How long it says "not ready" before it stops accepting connections.
    #[serde(default)]
    pub unready_secs: u64,
}

/// The web pages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// Whether there are any; where nothing is said, wherever the authority is switched on.
    pub enabled: Option<bool>,
}

/// Tool calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallsConfig {
    /// How long one call may take.
    pub timeout_secs: u64,
    /// Whether tool names are listed with `_` for every `.`, for hosts that refuse dots.
    pub underscored_names: bool,
}

impl Default for CallsConfig {
    fn default() -> Self {
        Self { timeout_secs: 30, underscored_names: false }
    }
}

/// The audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Days that rows are kept.
    pub retention_days: u32,
    /// Keep everything, whatever the days.
    pub legal_hold: bool,
    /// Seconds after which the newest row is signed.
    pub head_every_secs: u64,
}

impl Default for AuditConfig {
    fn default() -> Self {
        let settings = audit::Settings::default();
        Self { retention_days: settings.retention_days, legal_hold: false, head_every_secs: settings.head_every_secs }
    }
}

/// Policies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoliciesConfig {
    /// A directory laid out as `policies/` is; it replaces the built-in ones.
    pub dir: Option<PathBuf>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs and traces.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// How the log is written.
    pub log_format: LogFormat,
    /// What is logged, as `tracing` filters are written; `info` by default.
    pub log_filter: Option<String>,
    /// Where traces are sent (OTLP over HTTP), for example `http://127.0.0.1:4318`. Absent: nowhere.
    pub otlp_endpoint: Option<String>,
}

/// One MSP.
#[derive(Debug)]
pub struct TenantConfig {
    /// The id.
    pub id: TenantId,
    /// The name, for people.
    pub name: String,
    /// Who signs customers in.
    pub customer_realm: Option<RealmConfig>,
    /// Who signs employees in.
    pub employee_realm: Option<RealmConfig>,
    /// How customers sign in to the web pages.
    pub customer_sign_in: Option<RealmSignIn>,
    /// How employees sign in to the web pages.
    pub employee_sign_in: Option<RealmSignIn>,
    /// Which system stands behind which port.
    pub ports: PortsConfig,
    /// The connected systems by name.
    pub systems: BTreeMap<String, SystemConfig>,
    /// The customers, with each system's own id for them.
    pub organisations: BTreeMap<OrganisationId, BTreeMap<String, ExternalId>>,
    /// By subscription tier, where the system of record says nothing.
    pub plans: BTreeMap<String, PlanConfig>,
    /// Hosts whose links in people's text stay links, for example `docs.example.com` or `*.example.com`.
    pub trusted_link_hosts: Hosts,
    /// Who may send messages, by the last part of the address.
    pub webhooks: BTreeMap<String, WebhookConfig>,
}

/// Which system stands behind which port.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortsConfig {
    /// Tickets.
    pub service_desk: String,
    /// Customer records.
    pub crm: String,
    /// Articles.
    pub knowledge: String,
    /// Who may sign in.
    pub identity: String,
    /// Invoices and payments; without it, tools that need it are not supported.
    pub billing: Option<String>,
    /// Quotes, orders and contracts; without it, tools that need it are not supported.
    pub sales: Option<String>,
    /// Projects and service records; without it, tools that need it are not supported.
    pub projects: Option<String>,
    /// Equipment; without it, tools that need it are not supported.
    pub assets: Option<String>,
    /// Documents; without it, tools that need it are not supported.
    pub documents: Option<String>,
    /// Appointments; without it, tools that need it are not supported.
    pub bookings: Option<String>,
    /// Telling people; without it, tools that need it are not supported.
    pub notifications: Option<String>,
    /// Portal records; without it, tools that need it are not supported.
    pub portal: Option<String>,
}

impl PortsConfig {
    /// Every port that has a system, by the port's name.
    pub fn chosen(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let always = [
            ("service_desk", Some(&self.service_desk)),
            ("crm", Some(&self.crm)),
            ("knowledge", Some(&self.knowledge)),
            ("identity", Some(&self.identity)),
        ];
        let some = [
            ("billing", self.billing.as_ref()),
            ("sales", self.sales.as_ref()),
            ("projects", self.projects.as_ref()),
            ("assets", self.assets.as_ref()),
            ("documents", self.documents.as_ref()),
            ("bookings", self.bookings.as_ref()),
            ("notifications", self.notifications.as_ref()),
            ("portal", self.portal.as_ref()),
        ];
        always.into_iter().chain(some).filter_map(|(port, system)| Some((port, system?)))
    }
}

/// What a subscription tier allows.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanConfig {
    /// Tickets in a calendar month.
    pub tickets_per_month: Option<u32>,
    /// Logins.
    pub contacts: Option<u32>,
    /// Hours to the first answer.
    pub response_hours: Option<u32>,
    /// Hours to the solution.
    pub resolution_hours: Option<u32>,
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}
fn operations_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9090))
}
fn thirty() -> u64 {
    30
}

impl Config {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, Mistakes> {
        let text = std::fs::read_to_string(path);
        let text =
            text.map_err(|e| Mistakes::one(&path.display().to_string(), format!("expected a readable file: {e}")))?;
        Self::parse(&text)
    }

    /// Parses a configuration and checks all of it.
    pub fn parse(text: &str) -> Result<Self, Mistakes> {
        let mut root: Table =
            text.parse().map_err(|e: toml::de::Error| Mistakes::one("", e.to_string().trim_end().to_owned()))?;
        let mut found = Mistakes::default();
        let server = section::<ServerConfig>(root.remove("server"), "server", &mut found);
        let edge = section::<EdgeConfig>(root.remove("edge"), "edge", &mut found);
        let authority = authority::authority(root.remove("authority"), &mut found);
        let console = section::<ConsoleConfig>(root.remove("console"), "console", &mut found);
        let calls = section::<CallsConfig>(root.remove("calls"), "calls", &mut found);
        let writes = section::<Protocol>(root.remove("writes"), "writes", &mut found);
        let audit = section::<AuditConfig>(root.remove("audit"), "audit", &mut found);
        let policies = section::<PoliciesConfig>(root.remove("policies"), "policies", &mut found);
        let telemetry = section::<TelemetryConfig>(root.remove("telemetry"), "telemetry", &mut found);
        let sessions = section::<SessionLifetimes>(root.remove("sessions"), "sessions", &mut found);
        let signing_in = section::<SignInConfig>(root.remove("sign_in"), "sign_in", &mut found);
        let mail = root.remove("mail").and_then(|it| sign_in::mail(it, "mail", &mut found));
        let tenants = tenants(root.remove("tenants"), &mut found);
        for key in root.keys() {
            let known = "`server`, `edge`, `authority`, `console`, `sign_in`, `sessions`, `mail`, `calls`, `writes`, `audit`, `policies`, \
                         `telemetry` or `tenants`";
            found.add(key, format!("unknown section; expected {known}"));
        }
        for (field, expected) in edge.iter().flat_map(EdgeConfig::mistakes) {
            found.add(&format!("edge.{field}"), expected);
        }
        if let Some(authority) = authority.as_ref().filter(|_| !found.has_below("tenants")) {
            authority::services(authority, &tenants, &mut found);
        }
        for (field, expected) in sessions.iter().flat_map(SessionLifetimes::mistakes) {
            found.add(&format!("sessions.{field}"), expected);
        }
        if calls.as_ref().is_some_and(|it| !(1..=600).contains(&it.timeout_secs)) {
            found.add("calls.timeout_secs", "expected 1 to 600");
        }
        for (field, expected) in writes.iter().flat_map(Protocol::mistakes) {
            found.add(&format!("writes.{field}"), expected);
        }
        if audit.as_ref().is_some_and(|it| it.retention_days == 0) {
            found.add("audit.retention_days", "expected at least 1");
        }
        if let Some(dir) = policies.as_ref().and_then(|it| it.dir.as_ref())
            && let Err(errors) = postern_policies::Policies::load(dir)
        {
            for error in errors.iter() {
                found.add("policies.dir", error.to_string());
            }
        }
        let parts = (server, edge, calls, writes, audit, policies, telemetry);
        let pages = (authority, console, sessions, signing_in);
        match (parts, pages) {
            (
                (Some(server), Some(edge), Some(calls), Some(writes), Some(audit), Some(policies), Some(telemetry)),
                (Some(authority), Some(console), Some(sessions), Some(sign_in)),
            ) if found.is_empty() => Ok(Self {
                server,
                edge,
                authority,
                console,
                calls,
                writes,
                audit,
                policies,
                telemetry,
                sessions,
                sign_in,
                mail,
                tenants,
            }),
            _ => Err(found),
        }
    }

    /// Whether the web pages are served.
    pub fn has_console(&self) -> bool {
        self.console.enabled.unwrap_or(self.authority.enabled)
    }

    /// How long one call may take.
    pub fn call_limit(&self) -> Duration {
        Duration::from_secs(self.calls.timeout_secs)
    }
}

fn tenants(value: Option<Value>, found: &mut Mistakes) -> Vec<TenantConfig> {
    let list = match value {
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(_) | None => {
            found.add("tenants", "expected at least one `[[tenants]]`");
            return vec![];
        }
    };
    let mut tenants = Vec::new();
    for (nth, value) in list.into_iter().enumerate() {
        let path = format!("tenants[{nth}]");
        if let Value::Table(table) = value {
            tenants.extend(tenant(table, &path, found));
        } else {
            found.add(&path, "expected a table");
        }
    }
    let (mut ids, mut issuers, mut domains) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (nth, tenant) in tenants.iter().enumerate() {
        if !ids.insert(tenant.id.clone()) {
            found.add(&format!("tenants[{nth}].id"), format!("expected an id of its own; `{}` is taken", tenant.id));
        }
        for domain in
            [&tenant.customer_sign_in, &tenant.employee_sign_in].into_iter().flatten().flat_map(|it| &it.email_domains)
        {
            if !domains.insert(domain.clone()) {
                let text = format!("expected each domain at one realm; `{domain}` stands at another, too");
                found.add(&format!("tenants[{nth}].realms"), text);
            }
        }
        for realm in [&tenant.customer_realm, &tenant.employee_realm].into_iter().flatten() {
            if !issuers.insert(realm.issuer.clone()) {
                let text = format!("expected an issuer of its own; `{}` is trusted for another realm", realm.issuer);
                found.add(&format!("tenants[{nth}].realms"), text);
            }
        }
    }
    tenants
}

fn tenant(mut table: Table, path: &str, found: &mut Mistakes) -> Option<TenantConfig> {
    let at = |field: &str| format!("{path}.{field}");
    let id = section::<TenantId>(table.remove("id"), &at("id"), found);
    let name = section::<String>(table.remove("name"), &at("name"), found);
    let ports = section::<PortsConfig>(table.remove("ports"), &at("ports"), found);
    let plans = section::<BTreeMap<String, PlanConfig>>(table.remove("plans"), &at("plans"), found);
    let organisations = section::<BTreeMap<OrganisationId, BTreeMap<String, ExternalId>>>(
        table.remove("organisations"),
        &at("organisations"),
        found,
    );
    let hosts = section::<Vec<String>>(
        Some(table.remove("trusted_link_hosts").unwrap_or(Value::Array(vec![]))),
        &at("trusted_link_hosts"),
        found,
    );
    let trusted_link_hosts = Hosts::parse(&hosts.unwrap_or_default()).unwrap_or_else(|wrong| {
        let expected = "expected host names such as `docs.example.com`, or `*.example.com` for all below it";
        found.add(&at("trusted_link_hosts"), format!("{expected}; found `{wrong}`"));
        Hosts::default()
    });
    let mut realms = match table.remove("realms") {
        Some(Value::Table(realms)) => realms,
        Some(_) | None => Table::new(),
    };
    let mut realm = |name: &str, found: &mut Mistakes| {
        let mut table = realms.remove(name)?;
        let signing_in = table.as_table_mut().and_then(|it| it.remove("sign_in"));
        let path = at(&format!("realms.{name}.sign_in"));
        let signing_in = signing_in.and_then(|it| sign_in::realm(it, &path, found));
        let mut realm = section::<RealmConfig>(Some(table), &at(&format!("realms.{name}")), found)?;
        // Local accounts sign in here alone: without keys of its own such a realm issues no tokens.
        if realm.jwks_uri.is_none() && matches!(&signing_in, Some(RealmSignIn { how: How::Local(_), .. })) {
            (realm.accepted_at_mcp, realm.advertised) = (false, false);
        }
        for (field, expected) in realm.mistakes() {
            found.add(&at(&format!("realms.{name}.{field}")), expected);
        }
        Some((realm, signing_in))
    };
    let (customer, employee) = (realm("customer", found), realm("employee", found));
    let (customer_realm, customer_sign_in) = customer.map_or((None, None), |(realm, it)| (Some(realm), it));
    let (employee_realm, employee_sign_in) = employee.map_or((None, None), |(realm, it)| (Some(realm), it));
    for key in realms.keys() {
        found.add(&at(&format!("realms.{key}")), "unknown realm; expected `customer` or `employee`");
    }
    if customer_realm.is_none() && employee_realm.is_none() && !found.has_below(&at("realms")) {
        found.add(&at("realms"), "expected `[tenants.realms.customer]`, `[tenants.realms.employee]` or both");
    }
    let systems = systems(table.remove("systems"), &at("systems"), found);
    let named = systems.keys().cloned().collect::<BTreeSet<_>>();
    let systems: BTreeMap<_, _> = systems.into_iter().filter_map(|(name, it)| Some((name, it?))).collect();
    let about = webhook::About { systems: &systems, realms: (customer_realm.is_some(), employee_realm.is_some()) };
    let webhooks = webhook::webhooks(table.remove("webhooks"), &at("webhooks"), &about, found);
    for key in table.keys() {
        let known =
            "`id`, `name`, `realms`, `ports`, `systems`, `organisations`, `plans`, `trusted_link_hosts` or `webhooks`";
        found.add(&at(key), format!("unknown field; expected {known}"));
    }
    let names = || named.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    if let Some(ports) = &ports {
        for (port, system) in ports.chosen() {
            match systems.get(system) {
                None if named.contains(system) => {}
                None => found.add(
                    &at(&format!("ports.{port}")),
                    format!("expected one of the systems ({}), found `{system}`", names()),
                ),
                Some(it) if !it.has_port(port) => {
                    found.add(
                        &at(&format!("ports.{port}")),
                        format!("expected a system with this port; `{system}` is {}", it.kind()),
                    );
                }
                Some(_) => {}
            }
        }
        system::mail_goes_to_known_people(ports, &systems, &at("ports.notifications"), found);
    }
    let mut taken = BTreeSet::new();
    for (organisation, links) in organisations.iter().flatten() {
        for (system, external) in links {
            if !taken.insert((system, external)) {
                let text = format!("expected an id of its own; another organisation is `{external}` there");
                found.add(&at(&format!("organisations.{organisation}.{system}")), text);
            }
        }
        for system in links.keys().filter(|it| !named.contains(*it)) {
            let text = format!("expected one of the systems ({}), found `{system}`", names());
            found.add(&at(&format!("organisations.{organisation}.{system}")), text);
        }
    }
    Some(TenantConfig {
        id: id?,
        name: name?,
        customer_realm,
        employee_realm,
        customer_sign_in,
        employee_sign_in,
        ports: ports?,
        systems,
        organisations: organisations.unwrap_or_default(),
        plans: plans.unwrap_or_default(),
        trusted_link_hosts,
        webhooks,
    })
}

/// Each by its name; `None` where it has mistakes of its own.
fn systems(value: Option<Value>, path: &str, found: &mut Mistakes) -> BTreeMap<String, Option<SystemConfig>> {
    let Some(Value::Table(table)) = value else {
        found.add(path, "expected at least one `[tenants.systems.NAME]`");
        return BTreeMap::new();
    };
    let mut systems = BTreeMap::new();
    for (name, value) in table {
        let path = format!("{path}.{name}");
        if ExternalId::new(&name).is_err() {
            found.add(&path, "expected a name of letters, digits, `-` and `_`");
        }
        let system = if let Value::Table(table) = value {
            SystemConfig::parse(table, &path, found)
        } else {
            found.add(&path, "expected a table");
            None
        };
        systems.insert(name, system);
    }
    systems
}

#[cfg(test)]
mod tests;

//! What an administrator says about the tenant's Autotask.

use postern_api::domain::Currency;
use postern_api::http::SecretString;
use postern_api::{Priority, TicketStatus, Visibility};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The settings of one Autotask connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The API user's name, which looks like an e-mail address.
    pub username: String,
    /// The API user's tracking identifier (`ApiIntegrationCode`).
    pub integration_code: String,
    /// The API user's secret. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub secret: SecretString,
    /// Where the database's zone is asked for.
    #[serde(default = "lookup")]
    pub lookup_url: String,
    /// The hosts that the zone may be on, for example `webservices14.autotask.net`. No request goes anywhere else.
    pub zone_hosts: Vec<String>,
    /// The vendor's status numbers and what they mean here; empty: learnt from their labels.
    #[serde(default)]
    pub statuses: BTreeMap<String, TicketStatus>,
    /// The vendor's priority numbers and what they mean here; empty: learnt from their labels.
    #[serde(default)]
    pub priorities: BTreeMap<String, Priority>,
    /// The user-defined field of tickets that says `Yes` where only the requester may read one. Anything but `No`: private.
    #[serde(default)]
    pub private_field: Option<String>,
    /// Who at the customer may read a ticket while no `private_field` is set.
    #[serde(default = "requester_alone")]
    pub unmarked_visibility: Visibility,
    /// The queue of new tickets; the vendor's default where it is missing.
    #[serde(default)]
    pub queue_id: Option<i64>,
    /// The ticket category (the vendor's form) of new tickets; the vendor's default where it is missing.
    #[serde(default)]
    pub ticket_category_id: Option<i64>,
    /// The ticket type of new tickets; the vendor's default where it is missing.
    #[serde(default)]
    pub ticket_type_id: Option<i64>,
    /// The source of new tickets; the vendor's default where it is missing.
    #[serde(default)]
    pub source_id: Option<i64>,
    /// The note type of notes that Postern writes.
    #[serde(default = "one")]
    pub note_type: i64,
    /// The note types that are comments. The others are a machine's: workflow, backup, merges.
    #[serde(default = "spoken")]
    pub note_types: Vec<i64>,
    /// The number of Postern's own API user among the resources; looked up by `username` where it is missing.
    #[serde(default)]
    pub resource_id: Option<i64>,
    /// Rows that one query may read before it answers with what it has, and says so.
    #[serde(default = "two_thousand")]
    pub max_rows: u32,
    /// Requests in a rolling hour that Postern takes of the 10,000 that all integrations on the database share.
    #[serde(default = "half")]
    pub requests_per_hour: u32,
    /// User-defined fields of a company that say what it subscribes to.
    #[serde(default)]
    pub organisation_fields: OrganisationFields,
    /// The currency that the database keeps its amounts in, by its three letters; without it there are no invoices here.
    #[serde(default)]
    pub currency: Option<String>,
    /// What customers may see of records that the vendor has no mark for; nothing where nothing is said.
    #[serde(default)]
    pub customer_visible: CustomerVisible,
    /// The values of an article's `publish` that mean every customer, in this database; none: no article is for customers.
    #[serde(default)]
    pub public_article_publish: Vec<i64>,
}

/// Records that the vendor does not mark as the customer's, and whether customers may see their own all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerVisible {
    /// Invoices that are not voided.
    pub invoices: bool,
    /// Quotes that the customer answered, and active contracts.
    pub orders: bool,
    /// Projects with their phases, and those tasks that the vendor's portal shows.
    pub projects: bool,
}

/// The names of user-defined fields of a company.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganisationFields {
    /// What they subscribe to.
    pub subscription_tier: Option<String>,
    /// The service level's name.
    pub sla_tier: Option<String>,
    /// Tickets in a calendar month.
    pub tickets_per_month: Option<String>,
    /// Logins that are active or pending.
    pub contacts: Option<String>,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The setting.
    pub path: String,
    /// What was expected there.
    pub expected: &'static str,
}

impl Config {
    /// The settings that have no default; everything else as an untouched database has it.
    pub fn new(
        username: impl Into<String>,
        integration_code: impl Into<String>,
        secret: SecretString,
        zone_hosts: Vec<String>,
    ) -> Self {
        Self {
            username: username.into(),
            integration_code: integration_code.into(),
            secret,
            lookup_url: lookup(),
            zone_hosts,
            statuses: BTreeMap::new(),
            priorities: BTreeMap::new(),
            private_field: None,
            unmarked_visibility: requester_alone(),
            queue_id: None,
            ticket_category_id: None,
            ticket_type_id: None,
            source_id: None,
            note_type: one(),
            note_types: spoken(),
            resource_id: None,
            max_rows: two_thousand(),
            requests_per_hour: half(),
            organisation_fields: OrganisationFields::default(),
            currency: None,
            customer_visible: CustomerVisible::default(),
            public_article_publish: vec![],
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, secret: SecretString) -> Self {
        self.secret = secret;
        self
    }

    /// Everything that is wrong, at once.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |ok: bool, path: String, expected| {
            if !ok {
                found.push(Mistake { path, expected });
            }
        };
        expect(is_word(&self.username), "username".into(), "the API user's name");
        expect(is_word(&self.integration_code), "integration_code".into(), "the API user's tracking identifier");
        expect(
            is_lookup(&self.lookup_url),
            "lookup_url".into(),
            "an address at autotask.net that begins with https:// and ends in /atservicesrest",
        );
        expect(
            !self.zone_hosts.is_empty() && self.zone_hosts.iter().all(|it| is_vendors(it)),
            "zone_hosts".into(),
            "the zone's host, for example `webservices14.autotask.net`",
        );
        for id in self.statuses.keys() {
            expect(is_id(id), format!("statuses.{id}"), "a status's number, 1 or more");
        }
        for id in self.priorities.keys() {
            expect(is_id(id), format!("priorities.{id}"), "a priority's number, 1 or more");
        }
        let has = |wanted| self.statuses.is_empty() || self.statuses.values().any(|it| *it == wanted);
        expect(
            has(TicketStatus::Open) && has(TicketStatus::Closed),
            "statuses".into(),
            "at least one status that stands for `open` and one for `closed`",
        );
        expect(
            self.note_types.contains(&self.note_type),
            "note_type".into(),
            "a note type that stands in `note_types` too",
        );
        let currency = self.currency.as_deref().is_none_or(|it| Currency::new(it).is_some());
        expect(currency, "currency".into(), "a currency's three letters, for example `EUR`");
        let marked = self.unmarked_visibility != Visibility::Staff;
        expect(marked, "unmarked_visibility".into(), "`private` or `organisation`");
        expect((1..=20_000).contains(&self.max_rows), "max_rows".into(), "1 to 20000");
        expect((1..=10_000).contains(&self.requests_per_hour), "requests_per_hour".into(), "1 to 10000");
        found
    }
}

/// A header's value: printable, without spaces.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.chars().all(|c| c.is_ascii_graphic())
}

pub(crate) fn is_here(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "localhost")
}

/// A host of the vendor's; this machine stands in for it in tests.
fn is_vendors(host: &str) -> bool {
    let name = host.strip_suffix(".autotask.net");
    let label =
        |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    name.is_some_and(label) || is_here(host)
}

fn is_lookup(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let host = url.host_str().unwrap_or_default();
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && is_here(host));
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    scheme && bare && is_vendors(host) && url.path().trim_end_matches('/').eq_ignore_ascii_case("/atservicesrest")
}

fn is_id(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|id| id > 0 && id.to_string() == text)
}

fn lookup() -> String {
    "https://webservices.autotask.net/atservicesrest".into()
}

fn requester_alone() -> Visibility {
    Visibility::Private
}

fn one() -> i64 {
    1
}

fn spoken() -> Vec<i64> {
    vec![1, 2, 3, 18, 101]
}

fn two_thousand() -> u32 {
    2000
}

fn half() -> u32 {
    5000
}

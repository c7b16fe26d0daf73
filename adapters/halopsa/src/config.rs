//! What an administrator says about the tenant's HaloPSA.

use postern_api::domain::{Currency, OrderStatus, PaymentStatus};
use postern_api::http::SecretString;
use postern_api::{Priority, TicketStatus, Visibility};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The settings of one HaloPSA connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The resource server, for example `https://desk.example.halopsa.com/api`.
    pub base_url: String,
    /// The tenant's name at a hosted authorisation server; none for an installation of one's own.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The API application's client id.
    pub client_id: String,
    /// The API application's secret. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub client_secret: SecretString,
    /// The authorisation server; `auth` beside the base address where it is missing.
    #[serde(default)]
    pub auth_url: Option<String>,
    /// The scopes to ask for, separated by spaces.
    #[serde(default = "all")]
    pub scope: String,
    /// The vendor's priority ids and what they mean here.
    #[serde(default = "usual_priorities")]
    pub priorities: BTreeMap<String, Priority>,
    /// The vendor's status ids and what they mean here; empty: learnt from the statuses' names.
    #[serde(default)]
    pub statuses: BTreeMap<String, TicketStatus>,
    /// The ticket type of new tickets; the vendor's default where it is missing.
    #[serde(default)]
    pub ticket_type_id: Option<i64>,
    /// Only tickets of these types exist for Postern; empty: of every type.
    #[serde(default)]
    pub ticket_types: Vec<i64>,
    /// The custom field that says that only the requester may read a ticket. Missing or unreadable on a ticket: private.
    #[serde(default)]
    pub private_field: Option<String>,
    /// Who at the customer may read a ticket while no `private_field` is set.
    #[serde(default = "requester_alone")]
    pub unmarked_visibility: Visibility,
    /// Where our reference goes on a ticket: `third_party_id_string`, or the name of a custom field.
    #[serde(default = "third_party")]
    pub reference_field: String,
    /// The custom field of an action for our reference; without one a repeated comment is not recognised.
    #[serde(default)]
    pub action_reference_field: Option<String>,
    /// Whether a list shows a ticket as soon as it was made. No document says so: `true` only where it was seen. A new ticket that is
    /// not found then counts as never made, and may be made again; else a person has to look.
    #[serde(default)]
    pub search_sees_writes: bool,
    /// The zone of the vendor's times, which carry none.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Rows to ask for in one page, at most 100: the vendor sends no more.
    #[serde(default = "hundred")]
    pub page_size: u32,
    /// Rows that one query may read before it answers with what it has, and says so.
    #[serde(default = "two_thousand")]
    pub max_rows: u32,
    /// The agent that stands for "nobody".
    #[serde(default = "one")]
    pub unassigned_agent_id: i64,
    /// The vendor's outcomes that Postern's actions use.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// Custom fields of a client that say what it subscribes to.
    #[serde(default)]
    pub organisation_fields: OrganisationFields,
    /// Article lists that customers may read; empty: an article that is shown to all is public.
    #[serde(default)]
    pub public_article_lists: Vec<i64>,
    /// Ticket types that are projects, beside the tickets that say so themselves (`is_project`).
    #[serde(default)]
    pub project_types: Vec<i64>,
    /// The vendor's quotation status numbers and what they mean here; one that is not named is nothing for customers.
    #[serde(default)]
    pub quote_statuses: BTreeMap<String, OrderStatus>,
    /// What the numbers of payments' states mean here; one that is not listed is `other`.
    #[serde(default)]
    pub payment_statuses: BTreeMap<String, PaymentStatus>,
    /// The currency of amounts that name none, by its three letters.
    #[serde(default)]
    pub currency: Option<String>,
    /// What customers may see of records that the vendor has no mark for; nothing where nothing is said.
    #[serde(default)]
    pub customer_visible: CustomerVisible,
}

/// Records that the vendor does not mark as the customer's, and whether customers may see their own all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerVisible {
    /// Invoices that were posted or sent, and plainly not voided.
    pub invoices: bool,
    /// Quotations whose status says that they were sent or answered.
    pub orders: bool,
    /// Projects with their milestones.
    pub projects: bool,
}

/// The names of the vendor's outcomes. Each has to exist.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outcomes {
    /// A comment that the customer reads.
    pub comment: String,
    /// A note that only agents read.
    pub note: String,
    /// The closing of a ticket.
    pub close: String,
    /// An escalation. Keep it for Postern: internal actions with this outcome are read back as the escalation history.
    pub escalate: String,
}

impl Default for Outcomes {
    fn default() -> Self {
        let [comment, note, close, escalate] =
            ["Public Note", "Private Note", "Closed", "Escalated"].map(str::to_owned);
        Self { comment, note, close, escalate }
    }
}

/// The names of custom fields of a client.
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
    /// The settings that have no default; everything else as an untouched tenant has it.
    pub fn new(base_url: impl Into<String>, client_id: impl Into<String>, client_secret: String) -> Self {
        Self {
            base_url: base_url.into(),
            tenant: None,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            auth_url: None,
            scope: all(),
            priorities: usual_priorities(),
            statuses: BTreeMap::new(),
            ticket_type_id: None,
            ticket_types: vec![],
            private_field: None,
            unmarked_visibility: requester_alone(),
            reference_field: third_party(),
            action_reference_field: None,
            search_sees_writes: false,
            time_zone: utc(),
            page_size: hundred(),
            max_rows: two_thousand(),
            unassigned_agent_id: one(),
            outcomes: Outcomes::default(),
            organisation_fields: OrganisationFields::default(),
            public_article_lists: vec![],
            project_types: vec![],
            quote_statuses: BTreeMap::new(),
            payment_statuses: BTreeMap::new(),
            currency: None,
            customer_visible: CustomerVisible::default(),
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, client_secret: SecretString) -> Self {
        self.client_secret = client_secret;
        self
    }

    /// Where tokens come from.
    pub fn token_server(&self) -> String {
        match &self.auth_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let base = self.base_url.trim_end_matches('/');
                format!("{}/auth", base.strip_suffix("/api").unwrap_or(base))
            }
        }
    }

    /// Everything that is wrong, at once.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |ok: bool, path: String, expected| {
            if !ok {
                found.push(Mistake { path, expected });
            }
        };
        expect(is_url(&self.base_url), "base_url".into(), "an address that begins with https:// and ends in /api");
        expect(self.auth_url.as_deref().is_none_or(is_url), "auth_url".into(), "an address that begins with https://");
        expect(!self.client_id.is_empty(), "client_id".into(), "the API application's client id");
        for id in self.priorities.keys() {
            expect(is_id(id), format!("priorities.{id}"), "a priority's number, 1 or more");
        }
        for id in self.statuses.keys() {
            expect(is_id(id), format!("statuses.{id}"), "a status's number, 1 or more");
        }
        let closed = self.statuses.is_empty() || self.statuses.values().any(|it| *it == TicketStatus::Closed);
        expect(closed, "statuses".into(), "at least one status that stands for `closed`");
        expect(self.project_types.iter().all(|it| *it > 0), "project_types".into(), "ticket types' numbers, 1 or more");
        let number = |id: &String| id.parse::<i64>().is_ok_and(|it| it >= 0 && it.to_string() == *id);
        for id in self.quote_statuses.keys() {
            expect(number(id), format!("quote_statuses.{id}"), "a quotation status's number");
        }
        for id in self.payment_statuses.keys() {
            expect(number(id), format!("payment_statuses.{id}"), "a payment state's number");
        }
        let currency = self.currency.as_deref().is_none_or(|it| Currency::new(it).is_some());
        expect(currency, "currency".into(), "a currency's three letters, for example `EUR`");
        let marked = self.unmarked_visibility != Visibility::Staff;
        expect(marked, "unmarked_visibility".into(), "`private` or `organisation`");
        expect((1..=100).contains(&self.page_size), "page_size".into(), "1 to 100");
        expect((1..=20_000).contains(&self.max_rows), "max_rows".into(), "1 to 20000");
        let zone = jiff::tz::TimeZone::get(&self.time_zone).is_ok();
        expect(zone, "time_zone".into(), "an IANA zone, for example `UTC` or `Europe/London`");
        let slot = self.reference_field == third_party() || is_custom(&self.reference_field);
        expect(
            slot,
            "reference_field".into(),
            "`third_party_id_string`, or a custom field's name, which begins with CF",
        );
        let named = [&self.outcomes.comment, &self.outcomes.note, &self.outcomes.close, &self.outcomes.escalate];
        expect(named.iter().all(|it| !it.trim().is_empty()), "outcomes".into(), "the name of an outcome for each");
        expect(
            named.iter().take(3).all(|it| !it.eq_ignore_ascii_case(&self.outcomes.escalate)),
            "outcomes.escalate".into(),
            "an outcome that nothing else uses",
        );
        found
    }
}

fn is_url(text: &str) -> bool {
    let (rest, plain) = match text.strip_prefix("https://") {
        Some(rest) => (rest, false),
        None => match text.strip_prefix("http://") {
            Some(rest) => (rest, true),
            None => return false,
        },
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let here = matches!(host, "127.0.0.1" | "localhost");
    !host.is_empty() && !rest.contains(['?', '#', '@', ' ']) && (!plain || here)
}

fn is_id(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|id| id > 0 && id.to_string() == text)
}

fn is_custom(name: &str) -> bool {
    name.get(..2).is_some_and(|it| it.eq_ignore_ascii_case("cf")) && name.len() > 2
}

fn all() -> String {
    "all".into()
}

fn usual_priorities() -> BTreeMap<String, Priority> {
    let usual = [("1", Priority::Critical), ("2", Priority::High), ("3", Priority::Medium), ("4", Priority::Low)];
    usual.map(|(id, priority)| (id.to_owned(), priority)).into()
}

fn requester_alone() -> Visibility {
    Visibility::Private
}

fn third_party() -> String {
    "third_party_id_string".into()
}

fn utc() -> String {
    "UTC".into()
}

fn hundred() -> u32 {
    100
}

fn two_thousand() -> u32 {
    2000
}

fn one() -> i64 {
    1
}

//! What an administrator says about the tenant's Syncro.

use postern_api::domain::Currency;
use postern_api::http::SecretString;
use postern_api::{Priority, TicketStatus, Visibility};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The settings of one Syncro connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The API, for example `https://desk.syncromsp.com/api/v1`.
    pub base_url: String,
    /// The API token. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub token: SecretString,
    /// What statuses mean here, by name in any case; the others are understood by their words.
    #[serde(default)]
    pub statuses: BTreeMap<String, TicketStatus>,
    /// The status that a closed ticket gets.
    #[serde(default = "resolved")]
    pub closed_status: String,
    /// What priorities mean here, by name. The first name of a meaning is the one that is written.
    #[serde(default = "usual_priorities")]
    pub priorities: BTreeMap<String, Priority>,
    /// The custom field of tickets that says that only the requester may read one. Missing or unreadable on a ticket: private.
    #[serde(default)]
    pub private_field: Option<String>,
    /// Who at the customer may read a ticket while no `private_field` is set.
    #[serde(default = "requester_alone")]
    pub unmarked_visibility: Visibility,
    /// Names to escalate to, beside those of technicians, and the number of the technician who gets the ticket.
    #[serde(default)]
    pub escalation_targets: BTreeMap<String, i64>,
    /// Whether Syncro sends an e-mail for an agent's public comment and for a resolution.
    #[serde(default)]
    pub email_comments: bool,
    /// Documentation pages, by number, that customers may read.
    #[serde(default)]
    pub public_pages: Vec<i64>,
    /// Documentation pages, by number, that are about no customer and that every employee may read.
    #[serde(default)]
    pub internal_pages: Vec<i64>,
    /// Custom fields of a customer that say what it subscribes to.
    #[serde(default)]
    pub organisation_fields: OrganisationFields,
    /// Rows that one query may read before it answers with what it has, and says so.
    #[serde(default = "thousand")]
    pub max_rows: u32,
    /// Technicians' e-mail addresses, and the number of each: whom a ticket can be given to.
    #[serde(default)]
    pub technicians: BTreeMap<String, i64>,
    /// The currency that the account keeps its amounts in, by its three letters; without it there are no invoices here.
    #[serde(default)]
    pub currency: Option<String>,
    /// What customers may see of records that the vendor has no mark for; nothing where nothing is said.
    #[serde(default)]
    pub customer_visible: CustomerVisible,
    /// Whether payments come in hundredths: the vendor's description does not say. Without it payments are not read.
    #[serde(default)]
    pub payments_in_cents: Option<bool>,
}

/// Records that the vendor does not mark as the customer's, and whether customers may see their own all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerVisible {
    /// Invoices that say plainly whether they are paid.
    pub invoices: bool,
    /// Estimates that were sent or answered.
    pub orders: bool,
}

/// The names of custom fields of a customer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganisationFields {
    /// E-mail domains, separated by commas or blanks.
    pub domains: Option<String>,
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
    pub fn new(base_url: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            token: token.into().into(),
            statuses: BTreeMap::new(),
            closed_status: resolved(),
            priorities: usual_priorities(),
            private_field: None,
            unmarked_visibility: requester_alone(),
            escalation_targets: BTreeMap::new(),
            email_comments: false,
            public_pages: vec![],
            internal_pages: vec![],
            organisation_fields: OrganisationFields::default(),
            max_rows: thousand(),
            technicians: BTreeMap::new(),
            currency: None,
            customer_visible: CustomerVisible::default(),
            payments_in_cents: None,
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, token: SecretString) -> Self {
        self.token = token;
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
        expect(is_url(&self.base_url), "base_url".into(), "an address that begins with https:// and ends in /api/v1");
        let closes = crate::vocabulary::status(&self.statuses, &self.closed_status) == TicketStatus::Closed;
        expect(closes, "closed_status".into(), "a status that stands for `closed`; say so under `statuses`");
        expect(!self.priorities.is_empty(), "priorities".into(), "at least one priority");
        for (name, id) in &self.escalation_targets {
            expect(
                *id > 0 && !name.trim().is_empty(),
                format!("escalation_targets.{name}"),
                "a name, and a technician's number of 1 or more",
            );
        }
        let both = self.public_pages.iter().all(|it| !self.internal_pages.contains(it));
        expect(both, "internal_pages".into(), "no page that stands under `public_pages` too");
        let pages = || self.public_pages.iter().chain(&self.internal_pages);
        expect(pages().all(|it| *it > 0), "public_pages".into(), "numbers of pages, 1 or more");
        let named = self.private_field.as_ref().is_none_or(|it| !it.trim().is_empty());
        expect(named, "private_field".into(), "the name of a custom field of tickets");
        for (address, id) in &self.technicians {
            let path = format!("technicians.{address}");
            expect(*id > 0 && address.contains('@'), path, "an e-mail address, and a technician's number of 1 or more");
        }
        let currency = self.currency.as_deref().is_none_or(|it| Currency::new(it).is_some());
        expect(currency, "currency".into(), "a currency's three letters, for example `EUR`");
        let marked = self.unmarked_visibility != Visibility::Staff;
        expect(marked, "unmarked_visibility".into(), "`private` or `organisation`");
        expect((1..=20_000).contains(&self.max_rows), "max_rows".into(), "1 to 20000");
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
    let version = rest.trim_end_matches('/').ends_with("/api/v1");
    !host.is_empty() && version && !rest.contains(['?', '#', '@', ' ']) && (!plain || here)
}

fn resolved() -> String {
    "Resolved".into()
}

fn usual_priorities() -> BTreeMap<String, Priority> {
    let usual = [
        ("0 Urgent", Priority::Critical),
        ("1 High", Priority::High),
        ("2 Normal", Priority::Medium),
        ("3 Low", Priority::Low),
    ];
    usual.map(|(name, priority)| (name.to_owned(), priority)).into()
}

fn requester_alone() -> Visibility {
    Visibility::Private
}

fn thousand() -> u32 {
    1000
}

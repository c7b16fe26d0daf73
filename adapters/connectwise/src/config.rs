//! What an administrator says about the MSP's ConnectWise PSA.

use postern_api::domain::{Currency, InvoiceStatus};
use postern_api::http::SecretString;
use postern_api::{OrganisationStatus, Priority, TicketStatus, Visibility};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The settings of one ConnectWise PSA connection. The vendor's numbers are written as they stand in its own addresses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The API with its codebase, for example `https://api-eu.myconnectwise.net/v4_6_release/apis/3.0`.
    pub base_url: String,
    /// The company that an agent signs in to.
    pub company_id: String,
    /// The API member's public key.
    pub public_key: String,
    /// The API member's private key. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub private_key: SecretString,
    /// The client id that ConnectWise gave the integration.
    pub client_id: String,
    /// The version of the vendor's models that answers are asked in.
    #[serde(default = "pinned")]
    pub version: String,
    /// The address below which the keys of callbacks stand, ending with a slash; without it: the codebase of `base_url`.
    #[serde(default)]
    pub callback_keys: Option<String>,
    /// The board of new tickets.
    pub board: i64,
    /// Further boards whose tickets exist for Postern.
    #[serde(default)]
    pub boards: Vec<i64>,
    /// By board, the vendor's status ids and what they mean here; a board without any: learnt from its statuses.
    #[serde(default)]
    pub statuses: BTreeMap<String, BTreeMap<String, TicketStatus>>,
    /// The vendor's priority ids and what they mean here; empty: learnt from the priorities' levels.
    #[serde(default)]
    pub priorities: BTreeMap<String, Priority>,
    /// The custom field (checkbox) that says that only the requester may read a ticket. Missing or unreadable: private.
    #[serde(default)]
    pub private_field: Option<i64>,
    /// Who at the customer may read a ticket while no `private_field` is set.
    #[serde(default = "requester_alone")]
    pub unmarked_visibility: Visibility,
    /// Whether notes of time entries are read beside a ticket's own.
    #[serde(default = "yes")]
    pub time_entries: bool,
    /// Whether the vendor's workflows send mail about what Postern writes.
    #[serde(default)]
    pub notifications: bool,
    /// Whether a comment and a resolution end with our reference, by which they are found again after an answer was lost. Customers
    /// see it where the vendor shows or mails the note itself.
    #[serde(default)]
    pub mark_notes: bool,
    /// Whether a list shows a ticket as soon as it was made. No document says so: `true` only where it was seen. A new ticket that is
    /// not found then counts as never made, and may be made again; else a person has to look.
    #[serde(default)]
    pub search_sees_writes: bool,
    /// Rows to ask for in one page, at most 1000: the vendor sends no more.
    #[serde(default = "five_hundred")]
    pub page_size: u32,
    /// Rows that one query may read before it answers with what it has, and says so.
    #[serde(default = "two_thousand")]
    pub max_rows: u32,
    /// The vendor's company status ids and what they mean here; without one: learnt from the status's name.
    #[serde(default)]
    pub company_statuses: BTreeMap<String, OrganisationStatus>,
    /// What an active agreement of a type says that a company subscribes to; the first one that it has counts.
    #[serde(default)]
    pub tiers: Vec<Tier>,
    /// Custom fields of a company.
    #[serde(default)]
    pub organisation_fields: OrganisationFields,
    /// Article categories that customers may read; empty: no article is public.
    #[serde(default)]
    pub public_article_categories: Vec<i64>,
    /// The currency of amounts that do not name theirs, by its three letters.
    #[serde(default)]
    pub currency: Option<String>,
    /// The vendor's invoice status ids and what they mean here; without one: learnt from the status's name. `open` is what
    /// was issued; whether it is paid its balance says.
    #[serde(default)]
    pub invoice_statuses: BTreeMap<String, InvoiceStatus>,
    /// What customers may see of records that the vendor has no mark for; nothing where nothing is said.
    #[serde(default)]
    pub customer_visible: CustomerVisible,
}

/// Records that the vendor does not mark as the customer's, and whether customers may see their own all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerVisible {
    /// Invoices that were issued.
    pub invoices: bool,
    /// Quotes that were sent, and orders.
    pub orders: bool,
    /// Projects that the portal does not hide, with their phases.
    pub projects: bool,
}

/// What an agreement of a type stands for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The agreement type's id.
    pub agreement_type: i64,
    /// The tier, for example `enterprise`.
    pub tier: String,
}

/// Ids of custom fields of a company.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganisationFields {
    /// Its e-mail domains, separated by commas or blanks.
    pub domains: Option<i64>,
    /// What it subscribes to, where no agreement says so.
    pub subscription_tier: Option<i64>,
    /// The service level's name, where no agreement says so.
    pub sla_tier: Option<i64>,
    /// Tickets in a calendar month.
    pub tickets_per_month: Option<i64>,
    /// Logins that are active or pending.
    pub contacts: Option<i64>,
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
    /// The settings that have no default; everything else as an untouched system has it.
    pub fn new(
        base_url: impl Into<String>,
        company_id: &str,
        keys: (&str, String),
        client_id: &str,
        board: i64,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            company_id: company_id.to_owned(),
            public_key: keys.0.to_owned(),
            private_key: keys.1.into(),
            client_id: client_id.to_owned(),
            version: pinned(),
            callback_keys: None,
            board,
            boards: vec![],
            statuses: BTreeMap::new(),
            priorities: BTreeMap::new(),
            private_field: None,
            unmarked_visibility: requester_alone(),
            time_entries: yes(),
            notifications: false,
            mark_notes: false,
            search_sees_writes: false,
            page_size: five_hundred(),
            max_rows: two_thousand(),
            company_statuses: BTreeMap::new(),
            tiers: vec![],
            organisation_fields: OrganisationFields::default(),
            public_article_categories: vec![],
            currency: None,
            invoice_statuses: BTreeMap::new(),
            customer_visible: CustomerVisible::default(),
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, private_key: SecretString) -> Self {
        self.private_key = private_key;
        self
    }

    /// The address below which the keys of callbacks stand.
    pub fn key_place(&self) -> String {
        let codebase = || self.base_url.trim_end_matches('/').trim_end_matches("apis/3.0").to_owned();
        self.callback_keys.clone().unwrap_or_else(codebase)
    }

    /// What the vendor counts requests by: the company on its host, whatever codebase the address names.
    pub fn account(&self) -> String {
        let host = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        format!("{host} {}", self.company_id).to_lowercase()
    }

    /// Every board whose tickets exist for Postern.
    pub(crate) fn every_board(&self) -> BTreeSet<i64> {
        self.boards.iter().copied().chain([self.board]).collect()
    }

    /// Everything that is wrong, at once.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |ok: bool, path: String, expected| {
            if !ok {
                found.push(Mistake { path, expected });
            }
        };
        let url = "an address that begins with https:// and ends in the codebase and /apis/3.0";
        expect(is_url(&self.base_url), "base_url".into(), url);
        let keys = self.callback_keys.as_deref().is_none_or(|it| is_place(it) && it.ends_with('/'));
        expect(keys, "callback_keys".into(), "an address that begins with https:// and ends with a slash");
        let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        // A `:` or `+` in the name would move the border between company, key and secret.
        let part = |text: &str| word(text) && !text.contains([':', '+']);
        expect(part(&self.company_id), "company_id".into(), "the company that agents sign in to");
        expect(part(&self.public_key), "public_key".into(), "an API member's public key");
        expect(word(&self.client_id), "client_id".into(), "the client id that ConnectWise gave the integration");
        let version = self.version.split_once('.');
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let version = version.is_some_and(|(year, number)| digits(year) && digits(number));
        expect(version, "version".into(), "a version of the vendor's models, for example `2026.4`");
        expect(self.board > 0, "board".into(), "a board's number, 1 or more");
        expect(self.boards.iter().all(|it| *it > 0), "boards".into(), "boards' numbers, 1 or more");
        let boards = self.every_board();
        let mut owners = BTreeSet::new();
        for (board, statuses) in &self.statuses {
            let known = number(board).is_some_and(|it| boards.contains(&it));
            expect(known, format!("statuses.{board}"), "the number of a board that stands in `board` or `boards`");
            for id in statuses.keys() {
                let path = format!("statuses.{board}.{id}");
                expect(number(id).is_some(), path.clone(), "a status's number, 1 or more");
                expect(owners.insert(id), path, "a status that no other board has: each board has its own");
            }
            let closed = statuses.values().any(|it| *it == TicketStatus::Closed);
            expect(closed, format!("statuses.{board}"), "at least one status that stands for `closed`");
        }
        for id in self.priorities.keys() {
            expect(number(id).is_some(), format!("priorities.{id}"), "a priority's number, 1 or more");
        }
        for id in self.company_statuses.keys() {
            expect(number(id).is_some(), format!("company_statuses.{id}"), "a company status's number, 1 or more");
        }
        for id in self.invoice_statuses.keys() {
            expect(number(id).is_some(), format!("invoice_statuses.{id}"), "an invoice status's number, 1 or more");
        }
        let currency = self.currency.as_deref().is_none_or(|it| Currency::new(it).is_some());
        expect(currency, "currency".into(), "a currency's three letters, for example `EUR`");
        expect(
            self.private_field.is_none_or(|it| it > 0),
            "private_field".into(),
            "a custom field's number, 1 or more",
        );
        let marked = self.unmarked_visibility != Visibility::Staff;
        expect(marked, "unmarked_visibility".into(), "`private` or `organisation`");
        expect((1..=1000).contains(&self.page_size), "page_size".into(), "1 to 1000");
        expect((1..=20_000).contains(&self.max_rows), "max_rows".into(), "1 to 20000");
        for (at, it) in self.tiers.iter().enumerate() {
            let path = format!("tiers[{at}].agreement_type");
            expect(it.agreement_type > 0, path, "an agreement type's number, 1 or more");
            expect(!it.tier.trim().is_empty(), format!("tiers[{at}].tier"), "a tier's name");
        }
        let fields = &self.organisation_fields;
        let fields =
            [fields.domains, fields.subscription_tier, fields.sla_tier, fields.tickets_per_month, fields.contacts];
        let fields = fields.into_iter().flatten().all(|it| it > 0);
        expect(fields, "organisation_fields".into(), "custom fields' numbers, 1 or more");
        let categories = self.public_article_categories.iter().all(|it| *it > 0);
        expect(categories, "public_article_categories".into(), "categories' numbers, 1 or more");
        found
    }
}

fn is_url(text: &str) -> bool {
    is_place(text) && text.trim_end_matches('/').ends_with("/apis/3.0")
}

fn is_place(text: &str) -> bool {
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

/// A number of the vendor's: positive, and written one way only.
pub(crate) fn number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|it| *it > 0 && it.to_string() == text)
}

fn pinned() -> String {
    "2026.4".into()
}

fn requester_alone() -> Visibility {
    Visibility::Private
}

fn yes() -> bool {
    true
}

fn five_hundred() -> u32 {
    500
}

fn two_thousand() -> u32 {
    2000
}

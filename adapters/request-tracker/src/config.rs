//! What a tenant configures.

use postern_api::http::SecretString;
use postern_api::{Priority, TicketStatus};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The configuration of one Request Tracker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address below which `REST/2.0` is found, for example `https://rt.example.com`.
    pub base_url: String,
    /// The name of the account that Postern uses; also with a token, to know Postern's own messages again.
    pub username: String,
    /// The account's password. Filled in by the gateway, never read from this table.
    #[serde(skip)]
    pub password: Option<SecretString>,
    /// An authentication token of the account; wins over the password. Filled in by the gateway.
    #[serde(skip)]
    pub token: Option<SecretString>,
    /// What a queue's name has after the name of the organisation that its people carry in their `Organization`
    /// attribute: with ` Support`, the people of `Acme` ask in the queue `Acme Support`.
    #[serde(default)]
    pub queue_suffix: String,
    /// The ticket field that says who at the customer may read a ticket.
    #[serde(default = "defaults::visibility_field")]
    pub visibility_field: String,
    /// The value of that field for a ticket that the whole organisation may read. Any other value, and none, is private.
    #[serde(default = "defaults::visibility_organisation")]
    pub visibility_organisation: String,
    /// The value of that field for a private ticket.
    #[serde(default = "defaults::visibility_private")]
    pub visibility_private: String,
    /// The ticket field that holds Postern's reference.
    #[serde(default = "defaults::reference_field")]
    pub reference_field: String,
    /// The ticket field that names to whom a ticket was last escalated.
    #[serde(default = "defaults::escalation_field")]
    pub escalation_field: String,
    /// The message field in which Postern notes on whose behalf it wrote.
    #[serde(default = "defaults::entry_field")]
    pub entry_field: String,
    /// The ticket field that holds the category; without one every ticket is `General`.
    #[serde(default)]
    pub category_field: Option<String>,
    /// Request Tracker's numbers for our priorities.
    #[serde(default)]
    pub priorities: PriorityScale,
    /// Our word for each status of the lifecycles in use; a status that is not listed is `other`.
    #[serde(default = "defaults::statuses")]
    pub statuses: BTreeMap<String, TicketStatus>,
    /// The status that closing sets; one of `statuses`, and there `closed`.
    #[serde(default = "defaults::closed_status")]
    pub closed_status: String,
}

/// From which number on a ticket has a priority; everything below `medium` is low. Writing sets exactly these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorityScale {
    /// Low; the number that is written.
    pub low: i64,
    /// From here on medium.
    pub medium: i64,
    /// From here on high.
    pub high: i64,
    /// From here on critical.
    pub critical: i64,
}

impl Default for PriorityScale {
    fn default() -> Self {
        Self { low: 0, medium: 50, high: 75, critical: 100 }
    }
}

/// Why a configuration cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidConfig {
    /// The setting.
    pub path: &'static str,
    /// What was expected.
    pub expected: &'static str,
}

impl std::fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: expected {}", self.path, self.expected)
    }
}

impl std::error::Error for InvalidConfig {}

impl Config {
    /// The defaults, for an address and an account without a credential.
    pub fn new(base_url: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            username: username.into(),
            password: None,
            token: None,
            queue_suffix: String::new(),
            visibility_field: defaults::visibility_field(),
            visibility_organisation: defaults::visibility_organisation(),
            visibility_private: defaults::visibility_private(),
            reference_field: defaults::reference_field(),
            escalation_field: defaults::escalation_field(),
            entry_field: defaults::entry_field(),
            category_field: None,
            priorities: PriorityScale::default(),
            statuses: defaults::statuses(),
            closed_status: defaults::closed_status(),
        }
    }

    /// Finds the first setting that cannot work.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let fail = |path, expected| Err(InvalidConfig { path, expected });
        if !self.base_url.starts_with("https://") && !self.base_url.starts_with("http://") {
            return fail("base_url", "an address that begins with `https://`");
        }
        if self.username.is_empty() || self.username.contains(':') {
            return fail("username", "the name of an account, without a colon");
        }
        if self.ticket_fields().chain([self.entry_field.as_str()]).any(|it| !is_field_name(it)) {
            return fail("*_field", "names of 1 to 64 letters, digits, spaces, `_` and `-`");
        }
        let scale = &self.priorities;
        if !(scale.low < scale.medium && scale.medium < scale.high && scale.high < scale.critical) {
            return fail("priorities", "numbers that rise from low to critical");
        }
        if self.statuses.get(&self.closed_status) != Some(&TicketStatus::Closed) {
            return fail("closed_status", "a status that `statuses` calls `closed`");
        }
        if self.statuses.contains_key("deleted") || self.statuses.keys().any(|it| it.is_empty()) {
            return fail("statuses", "names other than `deleted`, which is not shown");
        }
        if self.visibility_organisation.is_empty() || self.visibility_organisation == self.visibility_private {
            return fail("visibility_organisation", "a value other than that of private tickets");
        }
        Ok(())
    }

    /// The custom fields that tickets must have.
    pub(crate) fn ticket_fields(&self) -> impl Iterator<Item = &str> {
        let fixed = [&self.visibility_field, &self.reference_field, &self.escalation_field];
        fixed.into_iter().chain(self.category_field.as_ref()).map(String::as_str)
    }

    /// Our word for a status.
    pub(crate) fn status(&self, name: &str) -> TicketStatus {
        self.statuses.get(name).copied().unwrap_or(TicketStatus::Other)
    }

    /// Our word for a number.
    pub(crate) fn priority(&self, number: i64) -> Priority {
        match number {
            it if it >= self.priorities.critical => Priority::Critical,
            it if it >= self.priorities.high => Priority::High,
            it if it >= self.priorities.medium => Priority::Medium,
            _ => Priority::Low,
        }
    }

    /// The number for our word, and the number from which the next word begins.
    pub(crate) fn priority_range(&self, priority: Priority) -> (i64, Option<i64>) {
        let PriorityScale { low, medium, high, critical } = self.priorities;
        match priority {
            Priority::Low => (low, Some(medium)),
            Priority::Medium => (medium, Some(high)),
            Priority::High => (high, Some(critical)),
            Priority::Critical => (critical, None),
        }
    }
}

/// A name that cannot end its place in a query.
fn is_field_name(text: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-');
    (1..=64).contains(&text.len()) && text.chars().all(ok) && text.trim() == text
}

mod defaults {
    use super::{BTreeMap, TicketStatus};

    pub(super) fn visibility_field() -> String {
        "Visibility".to_owned()
    }
    pub(super) fn visibility_organisation() -> String {
        "organization".to_owned()
    }
    pub(super) fn visibility_private() -> String {
        "private".to_owned()
    }
    pub(super) fn reference_field() -> String {
        "PosternReference".to_owned()
    }
    pub(super) fn escalation_field() -> String {
        "PosternEscalation".to_owned()
    }
    pub(super) fn entry_field() -> String {
        "PosternEntry".to_owned()
    }
    /// The lifecycle that Request Tracker comes with: it has no `closed`, and `resolved` is where its tickets end.
    pub(super) fn statuses() -> BTreeMap<String, TicketStatus> {
        let known = [
            ("new", TicketStatus::Open),
            ("open", TicketStatus::Open),
            ("stalled", TicketStatus::Pending),
            ("resolved", TicketStatus::Closed),
            ("rejected", TicketStatus::Closed),
        ];
        known.into_iter().map(|(name, status)| (name.to_owned(), status)).collect()
    }
    pub(super) fn closed_status() -> String {
        "resolved".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_refused() {
        let parse = |text: &str| serde_json::from_str::<Config>(text);
        assert!(parse(r#"{"base_url":"https://rt.example","username":"postern"}"#).is_ok());
        let error =
            parse(r#"{"base_url":"https://rt.example","username":"postern","pasword":"x"}"#).expect_err("a typo");
        assert!(error.to_string().contains("pasword"), "{error}");
        assert!(parse(r#"{"base_url":"https://rt.example","username":"postern","password":"x"}"#).is_err());
    }

    #[test]
    fn a_configuration_that_contradicts_itself_names_the_setting() {
        let good = || Config::new("https://rt.example", "postern");
        assert_eq!(good().validate(), Ok(()));
        let path = |config: Config| config.validate().expect_err("a mistake").path;
        assert_eq!(path(Config { base_url: "rt.example".into(), ..good() }), "base_url");
        assert_eq!(path(Config { username: "a:b".into(), ..good() }), "username");
        assert_eq!(path(Config { visibility_field: "x}' OR id > '0".into(), ..good() }), "*_field");
        assert_eq!(path(Config { closed_status: "open".into(), ..good() }), "closed_status");
        let priorities = PriorityScale { high: 50, ..PriorityScale::default() };
        assert_eq!(path(Config { priorities, ..good() }), "priorities");
        assert_eq!(path(Config { visibility_organisation: "private".into(), ..good() }), "visibility_organisation");
    }
}

//! What an administrator says about the tenant's calendar server.

use jiff::tz::TimeZone;
use postern_api::http::SecretString;
use postern_dav::Root;
use serde::Deserialize;

/// The settings of one CalDAV connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder that the organisations' calendars are in, for example `https://calendar.example.com/msp`.
    pub base_url: String,
    /// The account that Postern uses.
    pub username: String,
    /// The account's password. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub password: SecretString,
    /// The time zone of times that name none, by its IANA name.
    #[serde(default = "utc")]
    pub timezone: String,
    /// How many days back appointments are read where a query names no beginning.
    #[serde(default = "year")]
    pub past_days: u32,
    /// How many days ahead appointments are read where a query names no end, and at most after its beginning.
    #[serde(default = "year")]
    pub future_days: u32,
    /// What an appointment without a category is called.
    #[serde(default = "appointment")]
    pub default_kind: String,
    /// Calendars that one query over all organisations reads before it answers with what it has.
    #[serde(default = "two_hundred")]
    pub max_organisations: u32,
}

fn utc() -> String {
    "UTC".into()
}

fn year() -> u32 {
    366
}

fn appointment() -> String {
    "Appointment".into()
}

fn two_hundred() -> u32 {
    200
}

/// A setting that cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The setting.
    pub path: &'static str,
    /// What was expected.
    pub expected: &'static str,
}

impl Config {
    /// The usual settings for an address and an account.
    pub fn new(base_url: impl Into<String>, username: impl Into<String>, password: SecretString) -> Self {
        Self {
            base_url: base_url.into(),
            username: username.into(),
            password,
            timezone: utc(),
            past_days: year(),
            future_days: year(),
            default_kind: appointment(),
            max_organisations: two_hundred(),
        }
    }

    /// With a password.
    #[must_use]
    pub fn with_secret(self, password: SecretString) -> Self {
        Self { password, ..self }
    }

    /// The settings that cannot work.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |held: bool, path, expected| {
            if !held {
                found.push(Mistake { path, expected });
            }
        };
        let url = "an address that begins with `https://`, without a name or a query";
        expect(Root::new(&self.base_url).is_some(), "base_url", url);
        let account = !self.username.is_empty() && !self.username.contains(':');
        expect(account, "username", "the name of an account, without a colon");
        expect(self.zone().is_some(), "timezone", "an IANA name, for example `Europe/Berlin`");
        expect(self.past_days <= 1_100, "past_days", "at most 1100");
        expect((1..=1_100).contains(&self.future_days), "future_days", "1 to 1100");
        expect(!self.default_kind.trim().is_empty(), "default_kind", "a word");
        expect((1..=5_000).contains(&self.max_organisations), "max_organisations", "1 to 5000");
        found
    }

    pub(crate) fn zone(&self) -> Option<TimeZone> {
        crate::time::zone(&self.timezone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_work_is_named() {
        let good = || Config::new("https://cal.example/msp", "postern", SecretString::from("hunter2"));
        assert_eq!(good().mistakes(), []);
        assert!(!format!("{:?}", good()).contains("hunter2"));
        let paths = |it: Config| it.mistakes().iter().map(|it| it.path).collect::<Vec<_>>();
        assert_eq!(paths(Config { base_url: "cal.example".into(), ..good() }), ["base_url"]);
        assert_eq!(paths(Config { username: String::new(), ..good() }), ["username"]);
        assert_eq!(paths(Config { timezone: "Middle/Earth".into(), ..good() }), ["timezone"]);
        assert_eq!(paths(Config { past_days: 4_000, future_days: 0, ..good() }), ["past_days", "future_days"]);
        assert_eq!(paths(Config { default_kind: " ".into(), max_organisations: 0, ..good() }).len(), 2);
    }
}

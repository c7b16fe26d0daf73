//! What an administrator says about the tenant's Keycloak.

use postern_api::http::SecretString;
use postern_api::{AccessRoleId, Right};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The required action without which an invitation is none.
pub(crate) const SET_PASSWORD: &str = "UPDATE_PASSWORD";

/// How a user's record says whose it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Organisations {
    /// By an attribute of the user.
    #[default]
    Attribute,
    /// By membership of one organisation, where the realm has Keycloak's organisations switched on.
    Organizations,
}

/// The settings of one Keycloak connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server's address without `/admin` and `/realms`, for example `https://id.example.com`.
    pub base_url: String,
    /// The customers' realm.
    pub realm: String,
    /// The client whose service account Postern uses.
    pub client_id: String,
    /// The client's secret. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub client_secret: SecretString,
    /// How a user's record says whose it is.
    #[serde(default)]
    pub organisations: Organisations,
    /// The attribute that says it, where `organisations` is `attribute`.
    #[serde(default = "organisation_attribute")]
    pub organisation_attribute: String,
    /// The realm role of the contact who speaks for an organisation.
    #[serde(default = "lead_role")]
    pub lead_role: String,
    /// The realm role of everybody else.
    #[serde(default = "basic_role")]
    pub basic_role: String,
    /// The realm roles that are access roles of the portal, and what each opens. Any other role is none.
    #[serde(default)]
    pub access_roles: BTreeMap<String, AccessRoleConfig>,
    /// Credential types that are a second factor.
    #[serde(default = "second_factors")]
    pub second_factors: Vec<String>,
    /// The required action by which a second factor is set up anew.
    #[serde(default = "second_factor_action")]
    pub second_factor_action: String,
    /// What somebody who was invited has to do; `UPDATE_PASSWORD` is always among it.
    #[serde(default = "invitation_actions")]
    pub invitation_actions: Vec<String>,
    /// The client that a person gets to after a link, by its client id.
    #[serde(default)]
    pub link_client_id: Option<String>,
    /// Where a person gets to after a link; one of that client's redirect addresses.
    #[serde(default)]
    pub link_redirect_uri: Option<String>,
    /// Whether the realm keeps events and Postern's account may read them.
    #[serde(default = "yes")]
    pub events: bool,
    /// Rows to ask for in one page.
    #[serde(default = "hundred")]
    pub page_size: u32,
    /// The most users of one organisation that are read; more are an error.
    #[serde(default = "five_hundred")]
    pub max_users: u32,
}

/// What one realm role is to the portal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRoleConfig {
    /// The name that people read; the role's own where it is missing.
    #[serde(default)]
    pub name: Option<String>,
    /// What it opens.
    #[serde(default)]
    pub rights: BTreeSet<Right>,
    /// Whether a new user gets it where nobody says otherwise.
    #[serde(default)]
    pub default: bool,
    /// Whether it belongs to the MSP's own people: never given to a customer.
    #[serde(default)]
    pub internal: bool,
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
    /// The settings that have no default.
    pub fn new(
        base_url: impl Into<String>,
        realm: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: String,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            realm: realm.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            organisations: Organisations::default(),
            organisation_attribute: organisation_attribute(),
            lead_role: lead_role(),
            basic_role: basic_role(),
            access_roles: BTreeMap::new(),
            second_factors: second_factors(),
            second_factor_action: second_factor_action(),
            invitation_actions: invitation_actions(),
            link_client_id: None,
            link_redirect_uri: None,
            events: true,
            page_size: hundred(),
            max_users: five_hundred(),
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, client_secret: SecretString) -> Self {
        self.client_secret = client_secret;
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
        let base = is_url(&self.base_url) && !self.base_url.trim_end_matches('/').ends_with("/admin");
        expect(base, "base_url".into(), "an address that begins with https://, without /admin and /realms");
        expect(is_word(&self.realm), "realm".into(), "the realm's name");
        expect(is_word(&self.client_id), "client_id".into(), "the client id of the service account");
        expect(is_attribute(&self.organisation_attribute), "organisation_attribute".into(), "an attribute's name");
        expect(is_word(&self.lead_role), "lead_role".into(), "a realm role's name");
        let basic = is_word(&self.basic_role) && self.basic_role != self.lead_role;
        expect(basic, "basic_role".into(), "a realm role's name, another one than `lead_role`");
        for (name, role) in &self.access_roles {
            let fits = AccessRoleId::new(name).is_ok() && *name != self.lead_role && *name != self.basic_role;
            let expected =
                "a realm role's name of letters, digits and `. _ : @ + -`, neither `lead_role` nor `basic_role`";
            expect(fits, format!("access_roles.{name}"), expected);
            let safe = !(role.internal && role.default);
            expect(safe, format!("access_roles.{name}.default"), "`false` for a role that is internal");
        }
        let defaults = self.access_roles.values().filter(|it| it.default).count();
        expect(defaults <= 1, "access_roles".into(), "at most one role with `default = true`");
        let factors = !self.second_factors.is_empty()
            && self.second_factors.iter().all(|it| is_attribute(it) && it != "password");
        expect(factors, "second_factors".into(), "credential types, for example `otp`; never `password`");
        expect(is_action(&self.second_factor_action), "second_factor_action".into(), "a required action's alias");
        let actions = self.invitation_actions.iter().any(|it| it == SET_PASSWORD)
            && self.invitation_actions.iter().all(|it| is_action(it));
        expect(actions, "invitation_actions".into(), "required actions' aliases, `UPDATE_PASSWORD` among them");
        let redirect = self.link_redirect_uri.as_deref().is_none_or(|it| is_url(it) && self.link_client_id.is_some());
        expect(redirect, "link_redirect_uri".into(), "an address of the client that `link_client_id` names");
        expect((1..=500).contains(&self.page_size), "page_size".into(), "1 to 500");
        expect((1..=5_000).contains(&self.max_users), "max_users".into(), "1 to 5000");
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

fn is_word(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(|it| it.is_control() || it == '/')
}

/// Names that stand in Keycloak's attribute queries without escapes.
fn is_attribute(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it))
}

fn is_action(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_alphanumeric() || "_-".contains(it))
}

fn organisation_attribute() -> String {
    "organization_id".into()
}

fn lead_role() -> String {
    "lead-customer".into()
}

fn basic_role() -> String {
    "basic-customer".into()
}

fn second_factors() -> Vec<String> {
    vec!["otp".into()]
}

fn second_factor_action() -> String {
    "CONFIGURE_TOTP".into()
}

fn invitation_actions() -> Vec<String> {
    vec![SET_PASSWORD.into(), "VERIFY_EMAIL".into()]
}

fn yes() -> bool {
    true
}

fn hundred() -> u32 {
    100
}

fn five_hundred() -> u32 {
    500
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(change: impl FnOnce(&mut Config)) -> Vec<String> {
        let mut config = Config::new("https://id.example.com", "customers", "postern-directory", "s".into());
        change(&mut config);
        config.mistakes().into_iter().map(|it| it.path).collect()
    }

    #[test]
    fn each_wrong_setting_is_named() {
        assert!(wrong(|_| {}).is_empty());
        assert!(wrong(|it| it.base_url = "http://127.0.0.1:8180/auth".into()).is_empty());
        assert_eq!(wrong(|it| it.base_url = "http://id.example.com".into()), ["base_url"]);
        assert_eq!(wrong(|it| it.base_url = "https://id.example.com/admin/".into()), ["base_url"]);
        assert_eq!(wrong(|it| it.realm = "a/b".into()), ["realm"]);
        assert_eq!(wrong(|it| it.client_id = String::new()), ["client_id"]);
        assert_eq!(wrong(|it| it.organisation_attribute = "a b".into()), ["organisation_attribute"]);
        assert_eq!(wrong(|it| it.basic_role = it.lead_role.clone()), ["basic_role"]);
        assert_eq!(wrong(|it| it.second_factors = vec!["password".into()]), ["second_factors"]);
        assert_eq!(wrong(|it| it.second_factor_action = String::new()), ["second_factor_action"]);
        assert_eq!(wrong(|it| it.invitation_actions = vec!["VERIFY_EMAIL".into()]), ["invitation_actions"]);
        assert_eq!(wrong(|it| it.link_redirect_uri = Some("https://p.example".into())), ["link_redirect_uri"]);
        assert_eq!(wrong(|it| it.page_size = 0), ["page_size"]);
        assert_eq!(wrong(|it| it.max_users = 0), ["max_users"]);
        let role = |name: &str, it: AccessRoleConfig| {
            let name = name.to_owned();
            wrong(|config| config.access_roles = [(name, it)].into())
        };
        assert_eq!(role("lead-customer", AccessRoleConfig::default()), ["access_roles.lead-customer"]);
        let both = AccessRoleConfig { default: true, internal: true, ..AccessRoleConfig::default() };
        assert_eq!(role("own", both), ["access_roles.own.default"]);
    }
}

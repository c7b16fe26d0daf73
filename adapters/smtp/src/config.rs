//! What a letter says beside the notice itself. The mail server is the gateway's to reach.

use serde::Deserialize;

/// How letters look.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who writes, in words for people, for example the MSP's name.
    pub sender: String,
    /// Where answers go, if not to the address that mail comes from.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Where people sign in to read more.
    #[serde(default)]
    pub portal_url: Option<String>,
    /// What stands below every letter, for example the MSP's postal address; one line or several.
    #[serde(default)]
    pub footer: Option<String>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The field.
    pub path: &'static str,
    /// What was expected there.
    pub expected: String,
}

impl Config {
    /// Every mistake.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut add = |path, expected: String| found.push(Mistake { path, expected });
        if self.sender.trim().is_empty() || self.sender.contains(char::is_control) {
            add("sender", "a name in one line".into());
        }
        if let Some(it) = self.reply_to.as_ref().filter(|it| !is_address(it)) {
            add("reply_to", format!("an address such as `help@msp.example`, found `{it}`"));
        }
        let secure = |it: &str| it.starts_with("https://") && !it.contains(|c: char| c.is_control() || c == ' ');
        if let Some(it) = self.portal_url.as_ref().filter(|it| !secure(it)) {
            add("portal_url", format!("an https URL, found `{it}`"));
        }
        if self.footer.as_ref().is_some_and(|it| it.contains(|c: char| c.is_control() && c != '\n')) {
            add("footer", "plain lines".into());
        }
        found
    }
}

/// Whether it is one bare e-mail address.
fn is_address(text: &str) -> bool {
    let odd = |c: char| !c.is_ascii_graphic() || "<>(),;:\\\"[]".contains(c);
    let parts = text.split_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@') && !text.contains(odd)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<&'static str> {
        let config: Config = toml::from_str(text).expect("a table");
        config.mistakes().into_iter().map(|it| it.path).collect()
    }

    #[test]
    fn every_mistake_is_told() {
        assert!(paths("sender = \"Example MSP\"").is_empty());
        let good = "sender = \"x\"\nreply_to = \"help@msp.example\"\nportal_url = \"https://portal.msp.example\"\nfooter = \"A\\nB\"";
        assert!(paths(good).is_empty());
        let bad = "sender = \"a\\nBcc: x\"\nreply_to = \"a@b.c\\nBcc: d@e.f\"\nportal_url = \"http://x\"\nfooter = \"\\u0007\"";
        assert_eq!(paths(bad), ["sender", "reply_to", "portal_url", "footer"]);
        for address in ["", "a", "@b.c", "a@", "a@b", "a b@c.d", "A <a@b.c>", "a@b.c, d@e.f", "a@b@c.d"] {
            assert_eq!(paths(&format!("sender = \"x\"\nreply_to = {address:?}")), ["reply_to"], "{address}");
        }
    }
}

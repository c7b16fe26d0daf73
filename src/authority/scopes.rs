//! Scopes: the catalogue of the policies, in words, and which of them a person can give away.

use super::pages::ScopeView;
use postern_policies::{Engine, Realm, Right, Subject};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Scopes of other protocols that clients send along; they mean nothing here and are no mistake.
const TOLERATED: [&str; 5] = ["offline_access", "openid", "profile", "email", "address"];

/// The catalogue.
#[derive(Debug, Clone)]
pub(super) struct Scopes(Arc<Engine>);

impl Scopes {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self(engine)
    }

    /// Every scope, in order.
    pub(super) fn all(&self) -> Vec<Arc<str>> {
        self.0.policies().scopes().to_vec()
    }

    /// Whether the policies know a person's role.
    pub(super) fn known_roles(&self, realm: Realm, roles: &BTreeSet<String>) -> BTreeSet<String> {
        let policies = self.0.policies();
        roles.iter().filter(|it| policies.knows_role(realm, it)).cloned().collect()
    }

    pub(super) fn catalogue(&self) -> Vec<ScopeView> {
        self.all().into_iter().map(|it| self.words(it)).collect()
    }

    /// A scope in the policies' words; of one that they do not know any more, its name.
    pub(super) fn words(&self, scope: Arc<str>) -> ScopeView {
        let policies = self.0.policies();
        let (area, says) = match policies.scope_words(&scope) {
            Some(words) => (Arc::clone(&words.area), Arc::clone(&words.says)),
            None => (Arc::clone(&scope), "Nothing any more: there is no such scope now.".into()),
        };
        ScopeView {
            area,
            says,
            writes: !scope.ends_with(".read"),
            scope,
            requested: false,
            available: true,
            held: false,
            new: false,
        }
    }

    /// Whether a name is easily taken for another one.
    pub(super) fn is_lookalike(&self, name: &str) -> bool {
        self.0.policies().is_lookalike(name)
    }

    /// What a client asked for, of what there is. No word at all means everything; `None`: it asked for nothing that there is.
    pub(super) fn requested(&self, asked: Option<&str>) -> Option<BTreeSet<String>> {
        let all = self.all();
        let asked: BTreeSet<&str> = asked.unwrap_or_default().split(' ').filter(|it| !it.is_empty()).collect();
        let ours: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        let known: BTreeSet<String> = ours.iter().filter(|it| asked.contains(it.as_str())).cloned().collect();
        let strange = asked.iter().any(|it| !ours.contains(*it) && !TOLERATED.contains(it));
        match (known.is_empty(), strange) {
            (false, _) => Some(known),
            (true, false) => Some(ours),
            (true, true) => None,
        }
    }

    /// Of these, the ones that open something to a person: at least one of the tools that they can see needs it. None for
    /// whoever may not connect clients, also of a client that was connected before.
    pub(super) fn usable(
        &self,
        (realm, tenant, roles): (Realm, &str, &BTreeSet<String>),
        service: bool,
        wanted: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let subject = Subject { realm, tenant, roles, scopes: None, service };
        let policies = self.0.policies();
        if !service && !policies.may(&subject, Right::Connect) {
            return BTreeSet::new();
        }
        let needed: BTreeSet<String> = self
            .0
            .visible(&subject)
            .iter()
            .filter_map(|name| policies.tool(name))
            .flat_map(|tool| tool.scopes.iter().map(ToString::to_string))
            .collect();
        wanted.intersection(&needed).cloned().collect()
    }
}

/// Scopes as a token and the store write them.
pub(super) fn joined(scopes: &BTreeSet<String>) -> String {
    scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The reverse.
pub(super) fn split(text: &str) -> BTreeSet<String> {
    text.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_policies::Policies;
    use std::path::Path;

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let here = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &here);
            } else {
                std::fs::copy(&path, here).unwrap();
            }
        }
    }

    /// What the policies beside this crate let a lead give away, with one more rule.
    fn given_away(rule: &str) -> BTreeSet<String> {
        let dir = tempfile::tempdir().unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        for name in ["roles.toml", "toolsets.toml", "redaction.toml", "words.toml", "schema.cedarschema"] {
            std::fs::copy(ours.join(name), dir.path().join(name)).unwrap();
        }
        copy(&ours.join("cedar"), &dir.path().join("cedar"));
        let console = dir.path().join("cedar/console.cedar");
        let text = std::fs::read_to_string(&console).unwrap() + rule;
        std::fs::write(&console, text).unwrap();
        let scopes = Scopes::new(Arc::new(Engine::new(Policies::load(dir.path()).unwrap())));
        let all = scopes.all().iter().map(ToString::to_string).collect();
        scopes.usable((Realm::Customer, "msp", &BTreeSet::from(["lead-customer".to_owned()])), false, &all)
    }

    #[test]
    fn o13_who_may_not_connect_clients_gives_nothing_away() {
        assert!(given_away("").contains("support.read"));
        let rule = "\n// No.\n@id(\"no-clients\")\n@refusal(\"hidden\")\nforbid (principal, action == Action::\"console:connect\", resource);\n";
        assert_eq!(given_away(rule), BTreeSet::new());
    }
}

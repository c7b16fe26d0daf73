//! The policies in force: swapped whole, decisions remembered.

use crate::decide::{Asker, Outcome, Refusal, Who};
use crate::{Decision, Facts, Policies, PolicyErrors, Subject};
use arc_swap::ArcSwap;
use moka::sync::Cache;
use std::path::Path;
use std::sync::Arc;

/// How many decisions are remembered, at a few hundred bytes each.
const REMEMBERED: u64 = 32_768;

/// Everything that a decision depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    version: Arc<str>,
    who: Who,
    tool: usize,
    facts: Facts,
}

/// The policies in force.
///
/// **Invariant:** each decision and each list is made by one set of policies, also while another one is put in force.
#[derive(Debug)]
pub struct Engine {
    policies: ArcSwap<Policies>,
    decisions: Cache<Key, Decision>,
}

impl Engine {
    /// With these policies in force.
    pub fn new(policies: Policies) -> Self {
        Self { policies: ArcSwap::from_pointee(policies), decisions: Cache::new(REMEMBERED) }
    }

    /// With the compiled-in policies in force.
    ///
    /// # Errors
    /// As [`Policies::builtin`].
    pub fn builtin() -> Result<Self, PolicyErrors> {
        Policies::builtin().map(Self::new)
    }

    /// Puts the policies of a directory in force and answers their version.
    ///
    /// # Errors
    /// Every mistake in them; the former ones then stay in force.
    pub fn reload(&self, dir: impl AsRef<Path>) -> Result<Arc<str>, PolicyErrors> {
        let policies = Policies::load(dir)?;
        let version = Arc::clone(policies.version());
        // Former decisions are not asked for again, since the version is in their key; they leave as new ones come.
        self.policies.store(Arc::new(policies));
        tracing::info!(%version, "policies {version} are in force");
        Ok(version)
    }

    /// The policies in force now.
    pub fn policies(&self) -> Arc<Policies> {
        self.policies.load_full()
    }

    /// May this caller call this tool? The tool's name with underscores only.
    pub fn decide(&self, subject: &Subject<'_>, tool: &str, facts: &Facts) -> Decision {
        let policies = self.policies.load();
        match policies.tool_index(tool) {
            Some(tool) => self.remembered(&policies, &policies.asker(subject), tool, *facts),
            None => policies.decision(Outcome::Deny(Refusal::Hidden), Vec::new()),
        }
    }

    /// The tools that this caller can call, by name: each was decided as a call would be.
    pub fn visible(&self, subject: &Subject<'_>) -> Vec<Arc<str>> {
        let policies = self.policies.load();
        let asker = policies.asker(subject);
        let tools = policies.tools().iter().enumerate();
        tools
            .filter(|(at, _)| self.remembered(&policies, &asker, *at, Facts::default()).is_permit())
            .map(|(_, tool)| Arc::clone(&tool.name))
            .collect()
    }

    /// The one way to a decision, for a list and for a call.
    fn remembered(&self, policies: &Policies, asker: &Asker, tool: usize, facts: Facts) -> Decision {
        let key = Key { version: Arc::clone(policies.version()), who: asker.who.clone(), tool, facts };
        if let Some(decision) = self.decisions.get(&key) {
            return decision;
        }
        let decision = policies.judge(asker, tool, &facts);
        self.decisions.insert(key, decision.clone());
        decision
    }
}

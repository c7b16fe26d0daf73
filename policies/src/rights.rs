//! What people may do in the console: asked of the same rules, for the same callers.

use crate::decide::{Asker, Who};
use crate::error::PolicyErrors;
use crate::policies::{Policies, bits};
use crate::sources::SCHEMA;
use crate::{Engine, Realm, Subject};
use cedar_policy::Schema;

/// Something that the console lets people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Connecting AI clients.
    Connect,
    /// Looking after everybody's clients, the tools and the connected systems of the tenant.
    Administer,
    /// Reading the tenant's audit log.
    Audit,
    /// Recording what was found out about writes of which nobody knows what became.
    Settle,
    /// Reading what was read and changed of the own organisation's records.
    Transparency,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Connect, Self::Administer, Self::Audit, Self::Settle, Self::Transparency];

    /// Its action in the schema.
    pub fn action(self) -> &'static str {
        match self {
            Self::Connect => "console:connect",
            Self::Administer => "console:administer",
            Self::Audit => "console:audit",
            Self::Settle => "console:settle",
            Self::Transparency => "console:transparency",
        }
    }

    /// Whether it is for employees alone.
    fn is_internal(self) -> bool {
        match self {
            Self::Connect | Self::Transparency => false,
            Self::Administer | Self::Audit | Self::Settle => true,
        }
    }
}

impl Policies {
    /// May they? An error while a rule is evaluated is a no.
    pub fn may(&self, subject: &Subject<'_>, right: Right) -> bool {
        let verdict = self.evaluate_right(&self.asker(subject), right);
        if let Some(error) = &verdict.error {
            let policies = verdict.policies.join(",");
            tracing::error!(%error, policies, "policies {policies} failed, which is a denial: {error}");
        }
        verdict.permit
    }
}

impl Engine {
    /// May they, by the policies in force?
    pub fn may(&self, subject: &Subject<'_>, right: Right) -> bool {
        self.policies().may(subject, right)
    }
}

/// That the schema has each.
pub(crate) fn check(schema: &Schema, errors: &mut PolicyErrors) {
    for right in Right::ALL {
        if !schema.actions().any(|action| action.id().unescaped() == right.action()) {
            errors.item(SCHEMA, right.action(), "is missing; expected this action, which the console asks for");
        }
    }
}

/// Tries what no set of policies may allow.
pub(crate) fn probe(policies: &Policies, errors: &mut PolicyErrors) {
    let everyone = bits(policies.roles().iter().map(|_| true));
    for right in Right::ALL {
        for realm in [Realm::Customer, Realm::Employee] {
            let mut never = |roles, problem: String| {
                let who = Who { realm, tenant: "probe".into(), roles, scopes: None, service: false };
                let verdict = policies.evaluate_right(&Asker::new(who), right);
                if let Some(error) = verdict.error {
                    errors.item(
                        "cedar",
                        verdict.policies.join("`, `"),
                        format!("fails on `{}`: {error}", right.action()),
                    );
                }
                if verdict.permit {
                    errors.item("cedar", verdict.policies.join("`, `"), problem);
                }
            };
            never(0, format!("a caller without any role has `{}`", right.action()));
            if realm == Realm::Customer && right.is_internal() {
                never(everyone, format!("a customer who claims every role has `{}`", right.action()));
            }
        }
    }
}

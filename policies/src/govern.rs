//! What a governed write needs before it is carried out, and who may approve it: asked of the same rules, with facts about
//! what the write would do.

use crate::decide::{Asker, Verdict, Who};
use crate::error::PolicyErrors;
use crate::policies::{Policies, bits};
use crate::sources::SCHEMA;
use crate::{Engine, Realm, Subject};
use cedar_policy::{Context, EntityUid, Request, RestrictedExpression, Schema};

/// What a write would do, as its preview found out. Nothing of it is anybody's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Effect {
    /// Somebody gets more rights than before.
    pub elevation: bool,
    /// Somebody sees what they did not see before.
    pub newly_visible: bool,
    /// A customer sees it.
    pub customer_visible: bool,
    /// It is about people, money, law or security.
    pub sensitive: bool,
    /// Everybody sees it.
    pub public: bool,
    /// Somebody wrote the words for this occasion.
    pub customised: bool,
    /// Work ends, or goes to somebody else.
    pub closes: bool,
    /// An agreed rule is set aside.
    pub exception: bool,
    /// How many people are told.
    pub recipients: u32,
    /// How much money, in hundredths of the currency's main unit.
    pub amount: u64,
    /// Words or addresses that people outside wrote would go into it.
    pub untrusted: bool,
    /// The requester read text of people outside within a day.
    pub tainted: bool,
}

impl Effect {
    /// Whether anybody but the provider's own people sees or is told something.
    pub fn reaches_outside(&self) -> bool {
        self.customer_visible || self.public || self.recipients > 0
    }

    /// The same without what the requester read before: that grows between a preview and its execution, and is no part of what was
    /// previewed.
    #[must_use]
    pub fn itself(self) -> Self {
        Self { untrusted: false, tainted: false, ..self }
    }

    /// The same with what was known of the requester's reading at another time as well.
    #[must_use]
    pub fn read_before(self, other: &Self) -> Self {
        Self { untrusted: self.untrusted || other.untrusted, tainted: self.tainted || other.tainted, ..self }
    }
}

/// What the same person asked for by the same write within a day, beside this one, and what was neither refused nor given up: many
/// small ones are as much as a big one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Lately {
    /// How many people were told, or would be.
    pub recipients: u64,
    /// How much money, in hundredths of the currency's main unit.
    pub amount: u64,
}

impl Lately {
    /// More than any rule allows: where nobody can count.
    pub const MOST: Self = Self { recipients: u64::MAX, amount: u64::MAX };
}

/// What stands between a preview and its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// The requester says yes, outside the model's reach.
    Confirmation,
    /// Somebody else with the right says yes.
    Approval,
}

/// A write that somebody requested.
#[derive(Debug, Clone, Copy)]
pub struct Requested<'a> {
    /// The write, by its tool's name with underscores only.
    pub tool: &'a str,
    /// What it would do.
    pub effect: &'a Effect,
    /// In which realm the requester is.
    pub realm: Realm,
    /// What it adds to.
    pub lately: Lately,
}

const DIRECT: &str = "govern:direct";
const CONFIRM: &str = "govern:confirm";
const APPROVE: &str = "govern:approve";

impl Policies {
    /// What the write needs. Where no rule says less: an approval. A program can never confirm.
    pub fn need(&self, subject: &Subject<'_>, requested: &Requested<'_>) -> Need {
        let asker = self.asker(subject);
        if self.permits(&asker, DIRECT, requested) {
            Need::Nothing
        } else if self.permits(&asker, CONFIRM, requested) {
            Need::Confirmation
        } else {
            Need::Approval
        }
    }

    /// Whether this person may approve what somebody else requested.
    pub fn may_approve(&self, approver: &Subject<'_>, requested: &Requested<'_>) -> bool {
        self.permits(&self.asker(approver), APPROVE, requested)
    }

    fn permits(&self, asker: &Asker, action: &str, requested: &Requested<'_>) -> bool {
        let verdict = self.evaluate_governed(asker, action, requested);
        if let Some(error) = &verdict.error {
            let policies = verdict.policies.join(",");
            tracing::error!(%error, policies, "policies {policies} failed, which is a denial: {error}");
        }
        verdict.permit
    }

    fn evaluate_governed(&self, asker: &Asker, action: &str, requested: &Requested<'_>) -> Verdict {
        self.ask(asker, self.governed(self.types.action(action), requested))
    }

    fn governed(&self, action: EntityUid, it: &Requested<'_>) -> Result<Request, String> {
        let effect = it.effect;
        let flags = [
            ("elevation", effect.elevation),
            ("newly_visible", effect.newly_visible),
            ("customer_visible", effect.customer_visible),
            ("sensitive", effect.sensitive),
            ("public", effect.public),
            ("customised", effect.customised),
            ("closes", effect.closes),
            ("exception", effect.exception),
            ("untrusted", effect.untrusted),
            ("tainted", effect.tainted),
        ];
        let flags = flags.into_iter().map(|(key, flag)| (key.to_owned(), RestrictedExpression::new_bool(flag)));
        let numbers = [
            ("recipients", u64::from(effect.recipients)),
            ("amount", effect.amount),
            ("recipients_lately", it.lately.recipients),
            ("amount_lately", it.lately.amount),
        ];
        let numbers =
            numbers.into_iter().map(|(key, it)| (key.to_owned(), RestrictedExpression::new_long(bounded(it))));
        let realm = RestrictedExpression::new_entity_uid(self.types.realm(it.realm));
        let facts = flags.chain(numbers).chain([("requester".to_owned(), realm)]);
        let context = Context::from_pairs(facts).map_err(|error| error.to_string())?;
        Request::new(self.types.caller(), action, self.types.write(it.tool), context, Some(&self.schema))
            .map_err(|error| error.to_string())
    }
}

/// A number as rules have it: a few of them can be added up without running over.
fn bounded(number: u64) -> i64 {
    const MOST: i64 = i64::MAX / 16;
    i64::try_from(number).map_or(MOST, |it| it.min(MOST))
}

impl Engine {
    /// What the write needs, by the policies in force.
    pub fn need(&self, subject: &Subject<'_>, requested: &Requested<'_>) -> Need {
        self.policies().need(subject, requested)
    }

    /// Whether this person may approve, by the policies in force.
    pub fn may_approve(&self, approver: &Subject<'_>, requested: &Requested<'_>) -> bool {
        self.policies().may_approve(approver, requested)
    }
}

/// That the schema has each action.
pub(crate) fn check(schema: &Schema, errors: &mut PolicyErrors) {
    for action in [DIRECT, CONFIRM, APPROVE] {
        if !schema.actions().any(|it| it.id().unescaped() == action) {
            errors.item(SCHEMA, action, "is missing; expected this action, which governed writes ask for");
        }
    }
}

/// Tries what no set of policies may allow: approvals by programs, by callers without a role, and by customers.
pub(crate) fn probe(policies: &Policies, errors: &mut PolicyErrors) {
    let everyone = bits(policies.roles().iter().map(|_| true));
    let (calm, wild) = (
        Effect::default(),
        Effect {
            elevation: true,
            newly_visible: true,
            customer_visible: true,
            sensitive: true,
            public: true,
            customised: true,
            closes: true,
            exception: true,
            recipients: 1_000,
            amount: 100_000_000,
            untrusted: true,
            tainted: true,
        },
    );
    for (action, realm, roles, service, who) in [
        (APPROVE, Realm::Employee, everyone, true, "a program"),
        (CONFIRM, Realm::Employee, everyone, true, "a program"),
        (CONFIRM, Realm::Customer, everyone, true, "a program"),
        (APPROVE, Realm::Employee, 0, false, "a caller without any role"),
        (DIRECT, Realm::Employee, 0, false, "a caller without any role"),
        (CONFIRM, Realm::Employee, 0, false, "a caller without any role"),
        (APPROVE, Realm::Customer, everyone, false, "a customer who claims every role"),
    ] {
        let asker = Asker::new(Who { realm, tenant: "probe".into(), roles, scopes: None, service });
        for tool in policies.tools().iter().filter(|it| it.writes).map(|it| &it.name) {
            for (effect, lately) in [(&calm, Lately::default()), (&wild, Lately::MOST)] {
                let requested = Requested { tool, effect, realm: Realm::Employee, lately };
                let verdict = policies.evaluate_governed(&asker, action, &requested);
                if let Some(error) = verdict.error {
                    errors.item("cedar", verdict.policies.join("`, `"), format!("fails on `{action}`: {error}"));
                }
                if verdict.permit {
                    let problem = format!("{who} has `{action}` for `{tool}`");
                    errors.item("cedar", verdict.policies.join("`, `"), problem);
                }
            }
        }
    }
}

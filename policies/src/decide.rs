//! The decision: may this caller call this tool, what is shown then, and if not, what is said.

use crate::policies::{Policies, picked};
use crate::{Facts, Realm, Reveal, Right, Subject};
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision as Effect, Entities, Entity, EntityUid, Request,
    RestrictedExpression,
};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Yes or no.
    pub outcome: Outcome,
    /// The ids of the policies that determined it, in order. Empty where no policy permits it.
    pub policies: Arc<[String]>,
    /// The [`Policies::version`] that decided.
    pub version: Arc<str>,
}

impl Decision {
    /// Whether the call may happen.
    pub fn is_permit(&self) -> bool {
        matches!(self.outcome, Outcome::Permit { .. })
    }
}

/// Yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The call may happen.
    Permit {
        /// What of the answer is shown.
        reveal: Reveal,
    },
    /// The call may not happen.
    Deny(Refusal),
}

/// How a refused caller is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// As if there were no such tool.
    Hidden,
    /// The tool is for the other realm.
    InvalidRealm,
    /// The tool is for the organisation's lead.
    LeadRequired,
    /// The caller's roles allow it, the token's scopes do not.
    InsufficientScope {
        /// The scopes that the tool needs and those that the token has: what to ask for next.
        needed: Arc<[String]>,
    },
}

impl Refusal {
    /// The code of logs, audit and matrix.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Hidden => RefusalClass::Hidden.as_str(),
            Refusal::InvalidRealm => RefusalClass::InvalidRealm.as_str(),
            Refusal::LeadRequired => RefusalClass::LeadRequired.as_str(),
            Refusal::InsufficientScope { .. } => RefusalClass::InsufficientScope.as_str(),
        }
    }
}

/// What a policy's `@refusal` says. Of several, the greatest: the one that tells least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RefusalClass {
    InsufficientScope,
    LeadRequired,
    InvalidRealm,
    Hidden,
}

impl RefusalClass {
    pub(crate) const ALL: [Self; 4] = [Self::Hidden, Self::InvalidRealm, Self::LeadRequired, Self::InsufficientScope];

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::InvalidRealm => "invalid-realm",
            Self::LeadRequired => "lead-required",
            Self::InsufficientScope => "insufficient-scope",
        }
    }
}

/// A [`Subject`] reduced to what this set of policies knows: equal ones get equal decisions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Who {
    pub(crate) realm: Realm,
    pub(crate) tenant: Arc<str>,
    /// Bits of [`Policies::roles`].
    pub(crate) roles: u64,
    /// Bits of [`Policies::scopes`].
    pub(crate) scopes: Option<u64>,
    pub(crate) service: bool,
}

/// Somebody who asks, perhaps about several tools: Cedar's view of them is built once, and only if it is needed.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) who: Who,
    entities: OnceCell<Result<Entities, String>>,
}

impl Asker {
    pub(crate) fn new(who: Who) -> Self {
        Self { who, entities: OnceCell::new() }
    }
}

/// What Cedar said.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) permit: bool,
    pub(crate) class: RefusalClass,
    pub(crate) policies: Vec<String>,
    pub(crate) error: Option<String>,
}

impl Policies {
    /// Decides, without a cache.
    pub fn decide(&self, subject: &Subject<'_>, tool: &str, facts: &Facts) -> Decision {
        match self.tool_index(tool) {
            Some(tool) => self.judge(&self.asker(subject), tool, facts),
            None => self.decision(Outcome::Deny(Refusal::Hidden), Vec::new()),
        }
    }

    pub(crate) fn asker(&self, subject: &Subject<'_>) -> Asker {
        Asker::new(Who {
            realm: subject.realm,
            tenant: subject.tenant.into(),
            roles: self.role_bits(subject.roles),
            scopes: subject.scopes.map(|scopes| self.scope_bits(scopes)),
            service: subject.service,
        })
    }

    /// Decides for the `tool`-th tool. What is denied without facts is denied with any, so that nothing can be called
    /// that a list does not show.
    pub(crate) fn judge(&self, asker: &Asker, tool: usize, facts: &Facts) -> Decision {
        let plain = Facts::default();
        let mut verdict = self.evaluate(asker, tool, &plain);
        if verdict.permit && *facts != plain {
            verdict = self.evaluate(asker, tool, facts);
        }
        if let Some(error) = &verdict.error {
            let policies = verdict.policies.join(",");
            tracing::error!(%error, policies, "policies {policies} failed, which is a denial: {error}");
        }
        if verdict.permit {
            let reveal = self.reveal_of(asker.who.realm, asker.who.roles);
            return self.decision(Outcome::Permit { reveal }, verdict.policies);
        }
        if verdict.class == RefusalClass::InsufficientScope {
            // A scope is only worth asking for where the roles would do.
            let unscoped = Asker::new(Who { scopes: None, ..asker.who.clone() });
            let without = self.evaluate(&unscoped, tool, facts);
            if without.permit {
                let needed = self.needed(&asker.who, tool);
                return self.decision(Outcome::Deny(Refusal::InsufficientScope { needed }), verdict.policies);
            }
            verdict = without;
        }
        let refusal = match verdict.class {
            RefusalClass::InvalidRealm => Refusal::InvalidRealm,
            RefusalClass::LeadRequired => Refusal::LeadRequired,
            RefusalClass::Hidden | RefusalClass::InsufficientScope => Refusal::Hidden,
        };
        self.decision(Outcome::Deny(refusal), verdict.policies)
    }

    /// The scopes of a tool and those that the token has: a token for these alone would lose nothing.
    fn needed(&self, who: &Who, tool: usize) -> Arc<[String]> {
        let bits = who.scopes.unwrap_or_default() | self.tools.get(tool).map_or(0, |it| it.needs);
        picked(self.scopes(), bits).map(|scope| scope.to_string()).collect()
    }

    /// Asks Cedar about the `tool`-th tool.
    pub(crate) fn evaluate(&self, asker: &Asker, tool: usize, facts: &Facts) -> Verdict {
        let action = self.tools.get(tool).map(|it| it.action.clone());
        self.ask(asker, self.request(&asker.who, action, facts))
    }

    /// Asks Cedar about something that people do in the console.
    pub(crate) fn evaluate_right(&self, asker: &Asker, right: Right) -> Verdict {
        self.ask(asker, self.request(&asker.who, Some(self.types.action(right.action())), &Facts::default()))
    }

    /// Any error is a denial, whatever the policies that did evaluate say.
    pub(crate) fn ask(&self, asker: &Asker, request: Result<Request, String>) -> Verdict {
        let failed = |policies: Vec<String>, error: String| Verdict {
            permit: false,
            class: RefusalClass::Hidden,
            policies,
            error: Some(error),
        };
        let entities = match asker.entities.get_or_init(|| self.entities_of(&asker.who)) {
            Ok(entities) => entities,
            Err(error) => return failed(Vec::new(), error.clone()),
        };
        let request = match request {
            Ok(request) => request,
            Err(error) => return failed(Vec::new(), error),
        };
        let response = Authorizer::new().is_authorized(&request, &self.set, entities);
        let diagnostics = response.diagnostics();
        let mut errors = diagnostics.errors().peekable();
        if errors.peek().is_some() {
            let (ids, texts): (Vec<_>, Vec<_>) = errors.map(named).unzip();
            return failed(ids, texts.join("; "));
        }
        let mut policies: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
        policies.sort();
        let class = diagnostics.reason().filter_map(|id| self.refusals.get(id)).max().copied();
        Verdict {
            permit: response.decision() == Effect::Allow,
            class: class.unwrap_or(RefusalClass::Hidden),
            policies,
            error: None,
        }
    }

    fn entities_of(&self, who: &Who) -> Result<Entities, String> {
        let mut attributes = HashMap::from([
            ("realm".to_owned(), RestrictedExpression::new_entity_uid(self.types.realm(who.realm))),
            ("service".to_owned(), RestrictedExpression::new_bool(who.service)),
        ]);
        if let Some(bits) = who.scopes {
            let scopes = picked(self.scopes(), bits).map(|scope| self.types.scope(scope));
            let scopes = RestrictedExpression::new_set(scopes.map(RestrictedExpression::new_entity_uid));
            attributes.insert("scopes".to_owned(), scopes);
        }
        let parents = picked(self.roles(), who.roles).map(|role| self.types.role(&role.name)).collect();
        let caller = Entity::new(self.types.caller(), attributes, parents).map_err(|error| error.to_string())?;
        self.entities.clone().add_entities([caller], Some(&self.schema)).map_err(|error| error.to_string())
    }

    fn request(&self, who: &Who, action: Option<EntityUid>, facts: &Facts) -> Result<Request, String> {
        let action = action.ok_or("no such tool")?;
        let words =
            [("priority", facts.priority), ("visibility", facts.visibility), ("granted_role", facts.granted_role)];
        let context = words
            .into_iter()
            .filter_map(|(key, word)| Some((key.to_owned(), RestrictedExpression::new_string(word?.to_owned()))));
        let context = Context::from_pairs(context).map_err(|error| error.to_string())?;
        let resource = self.types.tenant(&who.tenant);
        Request::new(self.types.caller(), action, resource, context, Some(&self.schema))
            .map_err(|error| error.to_string())
    }

    pub(crate) fn decision(&self, outcome: Outcome, policies: Vec<String>) -> Decision {
        Decision { outcome, policies: policies.into(), version: Arc::clone(&self.version) }
    }
}

fn named(error: &AuthorizationError) -> (String, String) {
    match error {
        AuthorizationError::PolicyEvaluationError(inner) => (inner.policy_id().to_string(), inner.to_string()),
    }
}

//! A corpus of decisions wider than the matrix: scopes, services, several roles, roles of the other realm, and what governed
//! writes need.

use super::{NONE, Person, set};
use crate::{Effect, Lately, Need, Outcome, Policies, Realm, Refusal, Requested, Reveal, Right, Role, Tool};

/// Everybody of the corpus: each realm with each single role of either realm, all of them, none; with and without scopes;
/// and as a service.
pub(crate) fn people(policies: &Policies) -> Vec<Person> {
    let names: Vec<&str> = policies.roles().iter().map(|role| &*role.name).collect();
    let mut claims: Vec<Vec<&str>> = names.iter().map(|name| vec![*name]).collect();
    claims.extend([vec![], names.clone(), vec!["lead-customer", "support-write"], vec!["root", "Lead-Customer"]]);
    let all: Vec<&str> = policies.scopes().iter().map(|scope| &**scope).collect();
    let mut scopes = vec![vec![], vec!["support.read"], vec!["support.write", "openid"], all.clone()];
    scopes.extend(all.iter().map(|left_out| all.iter().filter(|it| *it != left_out).copied().collect()));
    let scoped = [names.clone(), vec!["lead-customer"], vec!["support-write"]];
    let mut people = Vec::new();
    for realm in [Realm::Customer, Realm::Employee] {
        for roles in &claims {
            people.push(Person { realm, roles: set(roles), scopes: None, service: true });
            people.push(Person { realm, roles: set(roles), scopes: None, service: false });
        }
        for roles in &scoped {
            for scopes in &scopes {
                people.push(Person { realm, roles: set(roles), scopes: Some(set(scopes)), service: false });
            }
        }
    }
    people
}

/// What writes do: nothing much, one thing each, everything.
pub(crate) fn effects() -> Vec<Effect> {
    let calm = Effect::default();
    vec![
        calm,
        Effect { elevation: true, ..calm },
        Effect { newly_visible: true, ..calm },
        Effect { customer_visible: true, ..calm },
        Effect { customer_visible: true, untrusted: true, ..calm },
        Effect { public: true, untrusted: true, ..calm },
        Effect { closes: true, customer_visible: true, untrusted: true, ..calm },
        Effect { recipients: 1, untrusted: true, ..calm },
        Effect { tainted: true, ..calm },
        Effect { sensitive: true, ..calm },
        Effect { public: true, ..calm },
        Effect { customised: true, ..calm },
        Effect { closes: true, ..calm },
        Effect { exception: true, ..calm },
        Effect { recipients: 2, ..calm },
        Effect { amount: 1_000_001, ..calm },
    ]
}

/// What each write needs of each person without scopes, and whether that person may approve it.
pub(crate) fn governed(policies: &Policies) -> impl Iterator<Item = (Need, bool)> + '_ {
    let role = |role: &Role| Person { realm: role.realm, roles: set(&[&role.name]), scopes: None, service: false };
    let program = Person { service: true, ..Person::employee(&["owner", "support-write", "finance"]) };
    let people = policies.roles().iter().map(role).chain([program]).collect::<Vec<_>>();
    people.into_iter().flat_map(move |person| {
        let writes = policies.tools().iter().filter(|it| it.writes && it.name.starts_with("portal_"));
        let each = writes.flat_map(|tool| effects().into_iter().map(move |effect| (tool, effect)));
        let decide = |(tool, effect): (&Tool, Effect)| {
            let requested =
                Requested { tool: &tool.name, effect: &effect, realm: person.realm, lately: Lately::default() };
            (policies.need(&person.subject(), &requested), policies.may_approve(&person.subject(), &requested))
        };
        each.map(decide).collect::<Vec<_>>()
    })
}

/// The outcome of each for each tool and each right, one after the other as they are asked for.
pub(crate) fn outcomes(policies: &Policies) -> impl Iterator<Item = Outcome> + '_ {
    people(policies).into_iter().flat_map(move |person| {
        let decide = |tool: &Tool| policies.decide(&person.subject(), &tool.name, &NONE).outcome;
        let tools: Vec<_> = policies.tools().iter().map(decide).collect();
        let rights = Right::ALL.map(|right| {
            let yes = policies.may(&person.subject(), right);
            if yes { Outcome::Permit { reveal: Reveal::NOTHING } } else { Outcome::Deny(Refusal::Hidden) }
        });
        tools.into_iter().chain(rights)
    })
}

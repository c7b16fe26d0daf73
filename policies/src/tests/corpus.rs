//! A corpus of decisions wider than the matrix: scopes, services, several roles, and roles of the other realm.

use super::{NONE, Person, set};
use crate::{Outcome, Policies, Realm, Refusal, Reveal, Right, Tool};

/// Everybody of the corpus: each realm with each single role of either realm, all of them, none; with and without scopes;
/// and as a service.
pub(crate) fn people(policies: &Policies) -> Vec<Person> {
    let names: Vec<&str> = policies.roles().iter().map(|role| &*role.name).collect();
    let mut claims: Vec<Vec<&str>> = names.iter().map(|name| vec![*name]).collect();
    claims.extend([vec![], names.clone(), vec!["lead-customer", "support-write"], vec!["root", "Lead-Customer"]]);
    let scopes = [
        None,
        Some(set(&[])),
        Some(set(&["support.read"])),
        Some(set(&["support.write", "openid"])),
        Some(set(&["support.read", "support.write"])),
    ];
    let mut people = Vec::new();
    for realm in [Realm::Customer, Realm::Employee] {
        for roles in &claims {
            people.push(Person { realm, roles: set(roles), scopes: None, service: true });
            for scopes in &scopes {
                people.push(Person { realm, roles: set(roles), scopes: scopes.clone(), service: false });
            }
        }
    }
    people
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

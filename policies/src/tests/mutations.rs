//! The golden matrix, and that no policy is dead: taking any one out changes what is decided.

use super::{builtin, corpus};
use crate::decide::RefusalClass;
use crate::{Policies, PolicyErrors, check, matrix};
use cedar_policy::PolicyId;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/matrix.txt");

#[test]
#[expect(clippy::disallowed_methods, reason = "the switch of a test, not configuration")]
fn the_matrix_is_the_one_that_was_blessed() {
    let matrix = matrix(&builtin());
    if std::env::var("POSTERN_BLESS").is_ok() {
        std::fs::write(GOLDEN, &matrix).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden file can be read");
    assert!(golden == matrix, "who may do what has changed; read the difference, then POSTERN_BLESS=1\n{matrix}");
}

fn without(policies: &Policies, id: &str) -> Policies {
    let mut policies = policies.clone();
    policies.set.remove_static(PolicyId::new(id)).expect("the policy is there");
    policies
}

#[test]
fn taking_any_policy_out_changes_a_decision() {
    let policies = builtin();
    let before: Vec<_> = corpus::outcomes(&policies).collect();
    let needs: Vec<_> = corpus::governed(&policies).collect();
    for id in policies.policy_ids() {
        let mutant = without(&policies, &id);
        let governs = ["direct-", "confirm-", "approve-"].iter().any(|it| id.starts_with(it));
        let decides = if governs {
            corpus::governed(&mutant).ne(needs.iter().copied())
        } else {
            corpus::outcomes(&mutant).ne(before.iter().cloned())
        };
        assert!(decides, "{id} decides nothing");
    }
}

#[test]
fn changing_any_refusal_changes_a_decision() {
    let policies = builtin();
    let before: Vec<_> = corpus::outcomes(&policies).collect();
    for id in policies.refusals.keys() {
        let mut mutant = policies.clone();
        let class = mutant.refusals.get_mut(id).expect("it is there");
        *class = if *class == RefusalClass::InvalidRealm { RefusalClass::Hidden } else { RefusalClass::InvalidRealm };
        assert!(corpus::outcomes(&mutant).ne(before.iter().cloned()), "how {id} refuses decides nothing");
    }
}

#[test]
fn b09_loading_refuses_policies_without_a_realm_or_scope_rule() {
    let policies = builtin();
    for id in ["realm-customer-tools", "realm-employee-tools", "scope-support-read", "scope-billing-write"] {
        let mut errors = PolicyErrors::default();
        check::probe(&without(&policies, id), &mut errors);
        assert!(errors.iter().next().is_some(), "{id} can be left out");
    }
}

#[test]
fn b09_loading_refuses_policies_that_let_a_customer_or_somebody_without_a_role_administer() {
    for rule in [
        "@id(\"x\") permit (principal, action == Action::\"console:audit\", resource) when { principal in Role::\"owner\" };",
        "@id(\"x\") permit (principal, action == Action::\"console:settle\", resource) when { principal in Role::\"service-lead\" };",
        "@id(\"x\") permit (principal, action == Action::\"console:connect\", resource);",
    ] {
        let mut policies = builtin();
        let rule = rule.parse::<cedar_policy::Policy>().expect("a rule").new_id(PolicyId::new("x"));
        policies.set.add(rule).expect("is added");
        let mut errors = PolicyErrors::default();
        crate::rights::probe(&policies, &mut errors);
        assert!(errors.iter().next().is_some(), "it was let through");
    }
}

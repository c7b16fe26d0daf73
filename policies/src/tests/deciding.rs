//! Who may do what, as the builtin policies say it.

use super::{NONE, Person, builtin, corpus, set};
use crate::{Effect, Engine, Facts, Lately, Need, Outcome, Reach, Realm, Refusal, Requested, Reveal, Treatment};
use proptest::prelude::*;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(builtin()));

fn outcome(person: &Person, tool: &str) -> Outcome {
    ENGINE.decide(&person.subject(), tool, &NONE).outcome
}

fn refusal(person: &Person, tool: &str) -> Refusal {
    match outcome(person, tool) {
        Outcome::Deny(refusal) => refusal,
        Outcome::Permit { .. } => panic!("{person:?} may call {tool}"),
    }
}

fn visible(person: &Person) -> Vec<String> {
    ENGINE.visible(&person.subject()).iter().map(ToString::to_string).collect()
}

#[test]
fn whoever_has_a_role_connects_and_owners_and_admins_administer() {
    use crate::Right::{Administer, Audit, Connect};
    let has = |person: &Person| [Connect, Administer, Audit].map(|right| ENGINE.may(&person.subject(), right));
    for role in ["basic-customer", "lead-customer"] {
        assert_eq!(has(&Person::customer(&[role])), [true, false, false], "{role}");
    }
    for role in ["support-read", "support-write", "service-lead", "finance"] {
        assert_eq!(has(&Person::employee(&[role])), [true, false, false], "{role}");
    }
    for role in ["owner", "admin"] {
        assert_eq!(has(&Person::employee(&[role])), [true; 3], "{role}");
        assert_eq!(has(&Person::customer(&[role])), [false; 3], "{role} claimed by a customer");
    }
    assert_eq!(has(&Person::employee(&[])), [false; 3]);
    assert_eq!(has(&Person::employee(&["root"])), [false; 3]);
    assert_eq!(has(&Person { service: true, ..Person::employee(&["support-read"]) }), [false; 3]);
}

#[test]
fn finance_has_money_and_whose_it_is_and_no_tickets() {
    let tools = visible(&Person::employee(&["finance"]));
    assert!(tools.contains(&"portal_invoices_list".to_owned()));
    let others = ["ticket", "kb", "internal_", "customer_submit", "request", "document", "reset", "publish"];
    let seen = tools.iter().find(|tool| others.iter().any(|it| tool.contains(it)) && !tool.contains("action_request"));
    assert_eq!(seen, None);
}

#[test]
fn a_service_lead_gets_what_support_write_gets_and_owner_and_admin_what_support_read_gets() {
    let of = |role| visible(&Person::employee(&[role]));
    for (wider, narrower) in [("service-lead", "support-write"), ("owner", "support-read"), ("admin", "support-read")] {
        let (wider, narrower) = (of(wider), of(narrower));
        assert_eq!(narrower.iter().find(|it| !wider.contains(it)), None);
        let more = wider.iter().filter(|it| !narrower.contains(it) && !it.starts_with("portal_"));
        assert_eq!(more.count(), 0, "of the service desk's tools");
    }
    assert!(of("support-write").contains(&"close_ticket".to_owned()));
    assert!(!of("support-read").contains(&"close_ticket".to_owned()));
}

#[test]
fn nobody_without_a_known_role_of_the_own_realm_sees_anything() {
    for roles in [&[][..], &["root"], &["Support-Read"], &["support-read "]] {
        assert!(visible(&Person::employee(roles)).is_empty(), "{roles:?}");
    }
    assert!(visible(&Person::customer(&["support-read"])).is_empty());
    assert!(visible(&Person::employee(&["lead-customer"])).is_empty());
}

#[test]
fn b09_roles_of_the_other_realm_give_nothing() {
    let all: Vec<String> = ENGINE.policies().roles().iter().map(|role| role.name.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let (customer, employee) = (Person::customer(&all), Person::employee(&all));
    for tool in ENGINE.policies().tools() {
        match tool.realm {
            Some(Realm::Employee) => assert_eq!(refusal(&customer, &tool.name), Refusal::Hidden, "{}", tool.name),
            Some(Realm::Customer) => assert_eq!(refusal(&employee, &tool.name), Refusal::InvalidRealm, "{}", tool.name),
            None => assert!(ENGINE.decide(&customer.subject(), &tool.name, &NONE).is_permit()),
        }
    }
    let policies = ENGINE.policies();
    assert_eq!(
        policies.reveal(Realm::Customer, &customer.roles),
        policies.reveal(Realm::Customer, &set(&["lead-customer"]))
    );
    assert_eq!(policies.reach(Realm::Customer, &customer.roles), Some(Reach::Organisation));
    assert_eq!(policies.reveal(Realm::Customer, &set(&["owner"])), Reveal::NOTHING);
    assert_eq!(policies.reach(Realm::Customer, &set(&["owner"])), None);
}

#[test]
fn refusals_say_what_the_caller_may_know() {
    let basic = Person::customer(&["basic-customer"]);
    let support = Person::employee(&["support-read"]);
    assert_eq!(refusal(&support, "customer_get_ticket"), Refusal::InvalidRealm);
    assert_eq!(refusal(&basic, "get_ticket"), Refusal::Hidden);
    assert_eq!(refusal(&basic, "customer_list_contacts"), Refusal::LeadRequired);
    assert_eq!(refusal(&support, "close_ticket"), Refusal::Hidden);
    assert_eq!(refusal(&support, "drop_table"), Refusal::Hidden);
    assert_eq!(refusal(&Person::customer(&[]), "customer_list_contacts"), Refusal::Hidden);
}

#[test]
fn b07_a_tool_is_known_by_its_exact_name_alone() {
    let support = Person::employee(&["support-write"]);
    for name in ["Get_ticket", "get_ticket ", "get.ticket", "", "area:desk", "kind:read", "gеt_ticket"] {
        let decision = ENGINE.decide(&support.subject(), name, &NONE);
        assert_eq!(decision.outcome, Outcome::Deny(Refusal::Hidden), "{name:?}");
        assert!(decision.policies.is_empty());
    }
}

#[test]
fn a_missing_scope_is_named_beside_those_that_the_caller_holds() {
    let needed =
        |names: &[&str]| Refusal::InsufficientScope { needed: names.iter().map(|it| (*it).to_owned()).collect() };
    let both = needed(&["support.read", "support.write"]);
    let writer = Person::employee(&["support-write"]);
    assert_eq!(refusal(&writer.clone().with(&["support.read"]), "close_ticket"), both);
    assert_eq!(refusal(&writer.clone().with(&["support.write"]), "get_ticket"), both);
    assert_eq!(refusal(&writer.clone().with(&["Support.Read", "openid"]), "get_ticket"), needed(&["support.read"]));
    let reader = Person::employee(&["support-read"]);
    assert_eq!(refusal(&reader.clone().with(&[]), "get_ticket"), needed(&["support.read"]));
    assert_eq!(
        refusal(&reader.clone().with(&[]), "close_ticket"),
        Refusal::Hidden,
        "the role does not allow it anyway"
    );
    let basic = Person::customer(&["basic-customer"]).with(&[]);
    assert_eq!(refusal(&basic, "customer_list_contacts"), Refusal::LeadRequired);
    assert_eq!(refusal(&basic, "get_ticket"), Refusal::Hidden);
    assert_eq!(visible(&reader.with(&[])), ["find_tools"]);
    let all = ENGINE.policies().scopes().iter().map(ToString::to_string).collect::<Vec<_>>();
    let scoped = writer.clone().with(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(visible(&scoped), visible(&writer), "a token without any scopes is not narrowed");
}

#[test]
fn a_service_client_calls_nothing_that_a_person_confirms() {
    let service = Person { service: true, ..Person::employee(&["support-write"]) };
    assert_eq!(refusal(&service, "close_ticket"), Refusal::Hidden);
    let confirmed = ["close_ticket", "escalate_ticket"];
    let person = visible(&Person::employee(&["support-write"]));
    let left: Vec<_> = person.into_iter().filter(|it| !confirmed.contains(&it.as_str())).collect();
    assert_eq!(visible(&service), left);
}

#[test]
fn a_decision_names_its_policies_and_its_version() {
    let policies = ENGINE.policies();
    let decide = |person: &Person, tool| ENGINE.decide(&person.subject(), tool, &NONE);
    let yes = decide(&Person::employee(&["owner"]), "get_ticket");
    assert_eq!(&*yes.policies, ["support-reads"]);
    assert_eq!(yes.version, *policies.version());
    assert_eq!(yes.version.len(), 64);
    let no = decide(&Person::customer(&["support-read"]), "get_ticket");
    assert_eq!(&*no.policies, ["realm-employee-tools"]);
}

#[test]
fn several_roles_see_the_widest_of_each_cell() {
    let policies = ENGINE.policies();
    let both = policies.reveal(Realm::Employee, &set(&["support-read", "finance"]));
    assert!(both.internal && both.financial);
    assert_eq!(both.email.contact, Treatment::Mask);
    let wide = policies.reveal(Realm::Employee, &set(&["support-read", "support-write"]));
    assert_eq!(wide.email.contact, Treatment::Show);
    assert_eq!(wide.text.card, Treatment::Mask, "nobody sees a card number in text");
    assert_eq!(policies.reveal(Realm::Employee, &set(&[])), Reveal::NOTHING);
}

#[test]
fn what_customers_see_holds_nothing_internal_and_no_staff_address() {
    for role in ["basic-customer", "lead-customer"] {
        let reveal = ENGINE.policies().reveal(Realm::Customer, &set(&[role]));
        assert!(!reveal.internal && !reveal.financial);
        assert_eq!(
            (reveal.email.own, reveal.name.contact, reveal.name.staff),
            (Treatment::Show, Treatment::Show, Treatment::Show)
        );
        assert_eq!((reveal.email.staff, reveal.phone.staff), (Treatment::Hide, Treatment::Hide));
    }
}

#[test]
fn every_tool_has_a_toolset_and_every_default_exists() {
    let policies = ENGINE.policies();
    assert_eq!(policies.tools().len(), 18 + 1 + 47);
    for tool in policies.tools() {
        assert!(policies.toolsets().contains_key(&tool.toolset), "{}", tool.name);
    }
    for person in corpus::people(&policies).iter().filter(|person| person.scopes.is_none()) {
        for name in visible(person) {
            let tool = policies.tool(&name).expect("a visible tool");
            let listed = policies.default_toolsets(person.realm).contains(&tool.toolset);
            assert!(listed || tool.toolset.starts_with("portal"), "{name} is in no default list");
        }
    }
}

fn anybody() -> impl Strategy<Value = Person> {
    let policies = ENGINE.policies();
    let roles = policies.roles().iter().map(|role| role.name.to_string());
    let roles: Vec<String> = roles.chain(["root".to_owned(), "customer".to_owned(), "employee".to_owned()]).collect();
    let scopes = vec!["support.read", "support.write", "openid", "support"];
    (
        any::<bool>(),
        prop::sample::subsequence(roles, 0..=11),
        prop::option::of(prop::sample::subsequence(scopes, 0..=4)),
        any::<bool>(),
    )
        .prop_map(|(customer, roles, scopes, service)| Person {
            realm: if customer { Realm::Customer } else { Realm::Employee },
            roles: roles.into_iter().collect(),
            scopes: scopes.map(|scopes| set(&scopes)),
            service,
        })
}

fn facts() -> impl Strategy<Value = Facts> {
    let word = || prop::option::of(prop::sample::select(vec!["critical", "private", "lead"]));
    (word(), word(), word()).prop_map(|(priority, visibility, granted_role)| Facts {
        priority,
        visibility,
        granted_role,
    })
}

proptest! {
    #[test]
    fn b08_what_is_visible_is_what_can_be_called(person in anybody(), facts in facts()) {
        let policies = ENGINE.policies();
        let visible = visible(&person);
        for tool in policies.tools() {
            let listed = visible.iter().any(|name| **name == *tool.name);
            // Uncached against remembered, so that a wrong key of the cache shows too.
            prop_assert_eq!(policies.decide(&person.subject(), &tool.name, &NONE).is_permit(), listed);
            prop_assert_eq!(ENGINE.decide(&person.subject(), &tool.name, &NONE).is_permit(), listed);
            prop_assert!(listed || !ENGINE.decide(&person.subject(), &tool.name, &facts).is_permit());
            prop_assert!(!listed || tool.realm.is_none_or(|realm| realm == person.realm));
            if let (true, Some(scopes)) = (listed, &person.scopes) {
                prop_assert!(tool.scopes.iter().all(|scope| scopes.contains(&**scope)));
            }
        }
    }
}

/// What one write needs of somebody with this role, beside what they asked for lately; and whether they may approve it.
fn governs(role: &str, tool: &str, effect: Effect, lately: Lately) -> (Need, bool) {
    let policies = builtin();
    let person = Person::employee(&[role]);
    let requested = Requested { tool, effect: &effect, realm: Realm::Employee, lately };
    (policies.need(&person.subject(), &requested), policies.may_approve(&person.subject(), &requested))
}

#[test]
fn w12_an_amount_counts_together_with_what_the_same_person_asked_for_lately() {
    let link = |role, amount, before| {
        let effect = Effect { amount, ..Effect::default() };
        let lately = Lately { amount: before, recipients: 0 };
        governs(role, "portal_invoice_payment_link_create", effect, lately).1
    };
    for (amount, before, finance) in [
        (1_000_000, 0, true),
        (1_000_001, 0, false),
        (600_000, 400_000, true),
        (600_000, 400_001, false),
        (1, 1_000_000, false),
        (0, u64::MAX, false),
        (u64::MAX, u64::MAX, false),
    ] {
        assert_eq!(link("finance", amount, before), finance, "{amount} beside {before}");
        assert!(link("owner", amount, before), "{amount} beside {before}");
    }
}

#[test]
fn w12_words_to_one_person_each_are_a_mailing_when_they_are_many() {
    let send = |recipients, before| {
        let effect = Effect { recipients, ..Effect::default() };
        let lately = Lately { recipients: before, amount: 0 };
        governs("support-write", "portal_notification_send", effect, lately).0
    };
    assert_eq!([send(1, 0), send(1, 19)], [Need::Nothing; 2]);
    assert_eq!([send(1, 20), send(2, 0), send(1, u64::MAX)], [Need::Approval; 3]);
}

#[test]
fn w03_a_program_approves_nothing_and_confirms_nothing_whatever_it_claims() {
    let policies = builtin();
    let roles: Vec<&str> = policies.roles().iter().map(|it| &*it.name).collect();
    for (realm, service) in [(Realm::Employee, true), (Realm::Customer, true), (Realm::Customer, false)] {
        let asker = Person { realm, service, ..Person::employee(&roles) };
        for tool in policies.tools().iter().filter(|it| it.writes) {
            for effect in super::corpus::effects() {
                let requested = Requested { tool: &tool.name, effect: &effect, realm, lately: Lately::default() };
                assert!(!policies.may_approve(&asker.subject(), &requested), "{} {effect:?}", tool.name);
                let need = policies.need(&asker.subject(), &requested);
                assert!(!service || need != Need::Confirmation, "{} {effect:?}", tool.name);
            }
        }
    }
}

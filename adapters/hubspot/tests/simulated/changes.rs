//! Changes of a profile.

use super::{Bench, acme, contact, external, kind};
use postern_api::*;
use postern_simulators::hubspot::{self, ACME_USER, GLOBEX_USER, Quirks};
use serde_json::Value;
use std::time::Duration;

pub(crate) fn phone(of: Option<u64>, before: &str, after: &str) -> ProfileChange {
    let field = if of.is_some() { ProfileField::Phone } else { ProfileField::CompanyPhone };
    ProfileChange {
        organisation: external(hubspot::ACME),
        contact: of.map(contact),
        fields: [(field, (Some(before.into()), Some(after.into())))].into(),
        source: "a test".into(),
        by: "a test".into(),
    }
}

fn writing(reference: &str) -> CallCx {
    CallCx { reference: Some(reference.into()), ..acme() }
}

impl Bench {
    fn phone_of(&self, id: u64) -> Value {
        self.hubspot.state.data(|data| {
            let all = data.contacts.iter().chain(&data.companies);
            let row = all
                .into_iter()
                .find(|it| it.get("id").and_then(Value::as_str) == Some(&*id.to_string()))
                .expect("a record");
            row.pointer("/properties/phone").cloned().unwrap_or_default()
        })
    }

    fn writes(&self) -> u32 {
        self.hubspot.state.data(|it| it.writes)
    }
}

#[tokio::test]
async fn w09_a_change_whose_answer_got_lost_is_found_by_its_reference_and_not_made_again() {
    for stalls in [true, false] {
        let bench = Bench::start().await;
        bench.hubspot.state.quirks(|it| (it.stall_after_commit, it.fail_after_commit) = (stalls, !stalls));
        let change = phone(Some(ACME_USER), "+49 30 2000", "+49 30 2001");
        let cx = CallCx { reference: Some("gw:1".into()), ..CallCx::new(acme().reach, Duration::from_millis(500)) };
        let answer = bench.crm().change_profile(&cx, &change).await;
        assert_eq!(kind(answer), Some(ErrorKind::OutcomeUnknown), "{stalls}");
        bench.hubspot.state.quirks(|it| *it = Quirks::default());
        bench.crm().change_profile(&writing("gw:1"), &change).await.expect("it was done");
        assert_eq!((bench.writes(), bench.phone_of(ACME_USER)), (1, "+49 30 2001".into()));
        // Another write from the same state is stale by now.
        assert_eq!(kind(bench.crm().change_profile(&writing("gw:2"), &change).await), Some(ErrorKind::Conflict));
        assert_eq!(bench.writes(), 1);
    }
}

#[tokio::test]
async fn nobody_elses_record_is_changed() {
    let bench = Bench::start().await;
    for (reach, change) in [
        (vec![hubspot::ACME], phone(Some(GLOBEX_USER), "+49 30 2000", "1")),
        (vec![hubspot::ACME, hubspot::GLOBEX], phone(Some(GLOBEX_USER), "+49 30 2000", "1")),
        (
            vec![hubspot::ACME],
            ProfileChange { organisation: external(hubspot::GLOBEX), ..phone(None, "+49 30 1000", "1") },
        ),
        (vec![hubspot::ACME], phone(Some(51_000_005), "+49 30 2000", "1")),
    ] {
        let reach = Reach::Organisations(reach.into_iter().map(external).collect());
        let cx = CallCx { reference: Some("gw:1".into()), ..CallCx::new(reach, Duration::from_secs(5)) };
        assert_eq!(kind(bench.crm().change_profile(&cx, &change).await), Some(ErrorKind::NotFound), "{change:?}");
    }
    assert_eq!(bench.writes(), 0);
}

#[tokio::test]
async fn a_value_that_was_put_back_is_told() {
    let bench = Bench::start().await;
    bench.hubspot.state.quirks(|it| it.revert_changes = true);
    let change = phone(None, "+49 30 1000", "+49 30 1001");
    assert_eq!(kind(bench.crm().change_profile(&writing("gw:1"), &change).await), Some(ErrorKind::Conflict));
    bench.hubspot.state.quirks(|it| it.revert_changes = false);
    bench.crm().change_profile(&writing("gw:2"), &change).await.expect("a change");
    assert_eq!(bench.phone_of(hubspot::ACME), "+49 30 1001");
}

#[tokio::test]
async fn a_field_that_is_taken_away_is_gone_and_one_that_is_not_there_is_refused() {
    let bench = Bench::start().await;
    let mut change = phone(Some(ACME_USER), "+49 30 2000", "");
    change.fields = [(ProfileField::Phone, (Some("+49 30 2000".into()), None))].into();
    bench.crm().change_profile(&writing("gw:1"), &change).await.expect("a change");
    assert_eq!(bench.phone_of(ACME_USER), Value::Null);
    change.fields = [(ProfileField::Name, (None, Some("Bob".into())))].into();
    assert_eq!(kind(bench.crm().change_profile(&writing("gw:2"), &change).await), Some(ErrorKind::InvalidArgument));
}

#[tokio::test]
async fn without_a_property_for_the_reference_nothing_is_changed() {
    let bench = Bench::with(|config| config.reference_property = None).await;
    assert!(!bench.adapter.supports().contains(&Op::ProfileChange));
    let answer = bench.crm().change_profile(&writing("gw:1"), &phone(None, "+49 30 1000", "1")).await;
    assert_eq!((kind(answer), bench.writes()), (Some(ErrorKind::Unsupported), 0));
}

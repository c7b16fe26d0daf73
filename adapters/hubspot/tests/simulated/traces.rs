//! Changes whose answer was lost, found again by the unique property alone.

use super::changes::phone;
use super::{Bench, acme, external, opened};
use jiff::Timestamp;
use postern_api::*;
use postern_simulators::hubspot::{self, ACME, ACME_USER, GLOBEX, GLOBEX_USER, Quirks};
use serde_json::{Value, json};
use std::time::Duration;

fn sought(reference: &str) -> Sought {
    Sought {
        op: Op::ProfileChange,
        reference: reference.into(),
        organisation: Some(external(ACME)),
        record: None,
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

impl Bench {
    async fn found(&self, reference: &str) -> Option<String> {
        let found = self.adapter.trace(&acme(), &sought(reference)).await.expect("a search");
        found.map(|it| opened(it).expect("Acme's").record)
    }
}

#[tokio::test]
async fn w09_a_change_of_a_person_or_a_company_that_was_not_answered_is_found_by_its_reference() {
    for (of, before) in [(Some(ACME_USER), "+49 30 2000"), (None, "+49 30 1000")] {
        for stalls in [true, false] {
            let bench = Bench::start().await;
            assert_eq!(bench.found("gw:1").await, None, "nothing was written yet");
            bench.hubspot.state.quirks(|it| (it.stall_after_commit, it.fail_after_commit) = (stalls, !stalls));
            let cx = CallCx { reference: Some("gw:1".into()), ..CallCx::new(acme().reach, Duration::from_millis(500)) };
            let lost = bench.crm().change_profile(&cx, &phone(of, before, "+49 30 3")).await.expect_err("no answer");
            assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
            bench.hubspot.state.quirks(|it| *it = Quirks::default());
            bench.hubspot.state.log.clear();
            assert_eq!(bench.found("gw:1").await, Some(of.unwrap_or(ACME).to_string()), "{of:?} {stalls}");
            assert_eq!(bench.found("gw:2").await, None);
            let asked = bench.hubspot.state.log.all();
            assert!(asked.iter().all(|it| it.method == "GET" && !it.path.contains("search")), "{asked:?}");
            assert_eq!(bench.hubspot.state.outside(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn w09_a_change_of_another_organisations_record_is_not_found_and_not_taken_for_absent() {
    let bench = Bench::start().await;
    let id = json!(GLOBEX_USER.to_string());
    bench.hubspot.state.data(|data| {
        let row = data.contacts.iter_mut().find(|it| it["id"] == id).expect("Gil");
        row["properties"][hubspot::REFERENCE] = json!("gw:1");
    });
    let globex = CallCx::new(Reach::Organisations(vec![external(GLOBEX)]), Duration::from_secs(5));
    for (cx, organisation) in [(acme(), ACME), (acme(), GLOBEX), (globex, ACME)] {
        let asked = Sought { organisation: Some(external(organisation)), ..sought("gw:1") };
        let answer = bench.adapter.trace(&cx, &asked).await;
        assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::NotFound), "{organisation}");
    }
}

/// An account whose property is not unique, or does not know it, refuses the question: that is no answer.
#[tokio::test]
async fn w09_a_property_that_is_not_unique_answers_nothing() {
    let bench = Bench::start().await;
    bench.hubspot.state.quirks(|it| {
        let body = json!({ "status": "error", "category": "VALIDATION_ERROR", "message": "CANARY" }).to_string();
        let canned =
            hubspot::Canned { path: "/crm/v3/objects/contacts/gw".into(), status: 400, body, ..Default::default() };
        it.canned.push(canned);
    });
    assert!(bench.adapter.trace(&acme(), &sought("gw:1")).await.is_err());
}

/// Another record than the one that carries the value is not believed, whatever the vendor took the value for.
#[tokio::test]
async fn a_record_that_does_not_carry_the_reference_is_not_it() {
    let bench = Bench::start().await;
    let row = bench.hubspot.state.data(|data| data.contacts.first().cloned().expect("a contact"));
    let body = json!({ "id": row["id"], "archived": false, "properties": { hubspot::REFERENCE: Value::Null,
        "associatedcompanyid": ACME.to_string() } });
    bench.hubspot.state.quirks(|it| {
        let canned = hubspot::Canned {
            path: "/crm/v3/objects/contacts/gw".into(),
            status: 200,
            content_type: "application/json".into(),
            body: body.to_string(),
            ..Default::default()
        };
        it.canned.push(canned);
    });
    assert_eq!(bench.found("gw:1").await, None);
}

#[tokio::test]
async fn without_a_property_for_the_reference_nothing_is_traceable() {
    let bench = Bench::with(|config| config.reference_property = None).await;
    assert_eq!(bench.adapter.traces(Op::ProfileChange), Traceable::No);
    let answer = bench.adapter.trace(&acme(), &sought("gw:1")).await;
    assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::Unsupported));
}

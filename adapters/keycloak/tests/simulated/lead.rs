//! The lead role moves whole, or not at all, or nobody knows.

use crate::{Rig, acme, contact, cx, failing, open, referring};
use postern_api::*;
use postern_simulators::keycloak::{ALICE, BOB, GLOBEX_LEAD, LEAD, Trip};
use serde_json::json;

fn transfer(from: &str, to: &str) -> LeadTransfer {
    let reason = Some("Handing over".into());
    LeadTransfer { organisation: acme(), from: contact(from), to: contact(to), reason }
}

async fn leads(rig: &Rig) -> Vec<String> {
    let rows = rig.identity().logins(&cx(), &acme()).await.expect("logins");
    let leads = rows.into_iter().map(open).filter(|it| it.role == LoginRole::Lead);
    leads.map(|it| it.id.to_string()).collect()
}

async fn changes(rig: &Rig) -> usize {
    rig.identity().role_changes(&cx(), &acme()).await.expect("changes").len()
}

fn mappings(id: &str) -> String {
    format!("users/{id}/role-mappings/realm")
}

#[tokio::test]
async fn both_roles_change_and_both_changes_are_kept() {
    let rig = Rig::start().await;
    let lead = open(rig.identity().transfer_lead(&referring("gw:1"), &transfer(LEAD, BOB)).await.expect("moved"));
    assert_eq!((lead.id.as_str(), lead.role), (BOB, LoginRole::Lead));
    assert_eq!(leads(&rig).await, [BOB]);
    rig.keycloak.state.data(|it| {
        assert_eq!(it.roles_of(LEAD), ["basic-customer", "manager"]);
        assert_eq!(it.roles_of(BOB), ["lead-customer", "viewer"]);
        assert_eq!(it.user(BOB).expect("Bob")["firstName"], json!("Bob"), "a change keeps what it is not about");
        assert_eq!(it.user(BOB).expect("Bob")["attributes"]["organization_id"], json!(["acme"]));
    });
    assert_eq!(changes(&rig).await, 2);
    assert!(!rig.identity().tells_people());
}

/// Each write on the way fails once, before or after it was done; then both are as they were.
#[tokio::test]
async fn a_write_that_fails_half_way_is_taken_back_and_nobody_is_called_lead_who_is_not() {
    for (path, method) in [
        (mappings(LEAD), "DELETE"),
        (mappings(LEAD), "POST"),
        (mappings(BOB), "DELETE"),
        (mappings(BOB), "POST"),
        (format!("users/{LEAD}"), "PUT"),
        (format!("users/{BOB}"), "PUT"),
    ] {
        for (status, commit, kind) in [
            (500, true, ErrorKind::Unavailable),
            (500, false, ErrorKind::Unavailable),
            (403, false, ErrorKind::Forbidden),
        ] {
            let rig = Rig::start().await;
            rig.trip(method, &path, failing(status, commit));
            let case = format!("{method} {path} {status} {commit}");
            let error = rig.identity().transfer_lead(&referring("gw:1"), &transfer(LEAD, BOB)).await.expect_err(&case);
            assert_eq!(error.kind(), kind, "{case}");
            assert_eq!(leads(&rig).await, [LEAD], "{case}");
            assert_eq!(changes(&rig).await, 0, "{case}");
            rig.keycloak.state.data(|it| {
                assert_eq!(it.roles_of(LEAD), ["lead-customer", "manager"], "{case}");
                assert_eq!(it.roles_of(BOB), ["basic-customer", "viewer"], "{case}");
            });
            // Nothing stands in the way of the same write afterwards.
            rig.identity().transfer_lead(&referring("gw:1"), &transfer(LEAD, BOB)).await.expect(&case);
            assert_eq!(leads(&rig).await, [BOB], "{case}");
        }
    }
}

#[tokio::test]
async fn where_it_cannot_be_taken_back_the_outcome_is_unknown_and_the_same_write_goes_on() {
    let rig = Rig::start().await;
    // The new lead is not made, and the old one not made lead again.
    rig.trip("POST", &mappings(BOB), failing(500, false));
    rig.trip("POST", &mappings(LEAD), Trip { skip: 1, ..failing(500, false) });
    let error = rig.identity().transfer_lead(&referring("gw:1"), &transfer(LEAD, BOB)).await.expect_err("half");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(leads(&rig).await, Vec::<String>::new(), "rather none than two");
    let lead = rig.identity().transfer_lead(&referring("gw:1"), &transfer(LEAD, BOB)).await.expect("goes on");
    assert_eq!(open(lead).id.as_str(), BOB);
    assert_eq!((leads(&rig).await, changes(&rig).await), (vec![BOB.to_owned()], 2));
}

#[tokio::test]
async fn who_is_not_lead_any_more_or_not_fit_changes_nothing() {
    let rig = Rig::start().await;
    rig.keycloak.state.data(|it| it.user(ALICE).expect("Alice")["enabled"] = json!(false));
    for (from, to, kind) in [
        (BOB, LEAD, ErrorKind::Conflict),
        (LEAD, ALICE, ErrorKind::InvalidArgument),
        (LEAD, LEAD, ErrorKind::InvalidArgument),
        (LEAD, GLOBEX_LEAD, ErrorKind::InvalidArgument),
        (GLOBEX_LEAD, BOB, ErrorKind::Conflict),
    ] {
        let error = rig.identity().transfer_lead(&cx(), &transfer(from, to)).await.expect_err("refused");
        assert_eq!(error.kind(), kind, "{from} {to}");
    }
    // Taking a role away that a group gives would take nothing away.
    rig.keycloak.state.data(|it| {
        it.direct.insert(LEAD.into(), ["manager".to_owned()].into());
        it.by_group.insert(LEAD.into(), ["lead-customer".to_owned()].into());
    });
    let error = rig.identity().transfer_lead(&cx(), &transfer(LEAD, BOB)).await.expect_err("by a group");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(rig.writes().is_empty(), "{:?}", rig.writes());
}

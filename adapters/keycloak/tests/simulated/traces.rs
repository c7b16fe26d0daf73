//! Writes whose answer was lost, found again in the users' journals by their reference alone.

use crate::{Rig, acme, contact, cx, failing, open, referring};
use jiff::{SignedDuration, Timestamp};
use postern_api::*;
use postern_simulators::keycloak::{BOB, LEAD};
use std::time::Duration;

fn sought(op: Op, reference: &str) -> Sought {
    Sought {
        op,
        reference: reference.into(),
        organisation: Some(acme()),
        record: None,
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

async fn found(rig: &Rig, op: Op, reference: &str) -> Option<String> {
    let found = rig.adapter.trace(&cx(), &sought(op, reference)).await.expect("a search");
    found.map(|it| open(it).record)
}

fn roles() -> AccessChange {
    let role = |it: &str| AccessRoleId::new(it).expect("an id");
    AccessChange {
        organisation: acme(),
        user: contact(BOB),
        from: vec![role("viewer")],
        to: vec![role("viewer"), role("manager")],
        reason: None,
        by: "Ada".into(),
    }
}

fn invitation() -> PortalInvitation {
    PortalInvitation {
        organisation: acme(),
        email: "new@acme.example".into(),
        first_name: "New".into(),
        last_name: "One".into(),
        role: AccessRoleId::new("viewer").expect("an id"),
        message: None,
        expires_at: Timestamp::now().saturating_add(SignedDuration::from_hours(10)).expect("a time"),
        by: "Ada".into(),
    }
}

/// The last write of each, which says that it is done, is made and its answer lost.
#[tokio::test]
async fn w09_what_was_done_before_its_last_answer_was_lost_is_found_by_its_reference() {
    let rig = Rig::start().await;
    for op in [Op::AccessChange, Op::PortalUserInvite, Op::LeadTransfer] {
        assert_eq!(found(&rig, op, "gw:1").await, None, "nothing was written yet");
    }
    let closing = |user: &str, skip| {
        rig.trip("PUT", &format!("users/{user}"), postern_simulators::keycloak::Trip { skip, ..failing(500, true) })
    };
    closing(BOB, 1);
    let lost = rig.identity().change_access(&referring("gw:1"), &roles()).await.expect_err("no answer");
    assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(found(&rig, Op::AccessChange, "gw:1").await.as_deref(), Some(BOB));

    let transfer = LeadTransfer {
        organisation: acme(),
        from: contact(LEAD),
        to: contact(BOB),
        reason: Some("Handing over".into()),
    };
    closing(BOB, 1);
    let lost = rig.identity().transfer_lead(&referring("gw:2"), &transfer).await.expect_err("no answer");
    assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(found(&rig, Op::LeadTransfer, "gw:2").await.as_deref(), Some(BOB), "the new lead");

    let user = open(rig.identity().invite_user(&referring("gw:3"), &invitation()).await.expect("invited"));
    assert_eq!(found(&rig, Op::PortalUserInvite, "gw:3").await.as_deref(), Some(user.id.as_str()));
    // One reference is one write of one kind.
    for (op, reference) in [(Op::AccessChange, "gw:3"), (Op::PortalUserInvite, "gw:1"), (Op::AccessReset, "gw:1")] {
        assert_eq!(found(&rig, op, reference).await, None, "{op:?}");
    }
}

/// Begun and not closed is neither done nor never done.
#[tokio::test]
async fn w09_what_began_and_did_not_note_its_end_is_neither_found_nor_absent() {
    let rig = Rig::start().await;
    rig.trip("PUT", "execute-actions-email", failing(500, true));
    let lost = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect_err("no answer");
    assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
    let answer = rig.adapter.trace(&cx(), &sought(Op::PortalUserInvite, "gw:1")).await;
    assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::OutcomeUnknown));
    // The old lead lost the role and says so; the new one does not have it.
    let transfer = LeadTransfer { organisation: acme(), from: contact(LEAD), to: contact(BOB), reason: None };
    rig.trip("PUT", &format!("users/{BOB}"), postern_simulators::keycloak::Trip { skip: 1, ..failing(500, false) });
    let lost = rig.identity().transfer_lead(&referring("gw:2"), &transfer).await.expect_err("no answer");
    assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
    let answer = rig.adapter.trace(&cx(), &sought(Op::LeadTransfer, "gw:2")).await;
    assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::OutcomeUnknown));
}

/// What was put back is gone from the journal too.
#[tokio::test]
async fn w09_what_was_put_back_is_not_found() {
    let rig = Rig::start().await;
    rig.trip("POST", "role-mappings/realm", failing(500, false));
    let refused = rig.identity().change_access(&referring("gw:1"), &roles()).await.expect_err("put back");
    assert_ne!(refused.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(found(&rig, Op::AccessChange, "gw:1").await, None);
}

#[tokio::test]
async fn w09_another_organisations_write_is_found_by_nobody_else() {
    let rig = Rig::start().await;
    rig.identity().change_access(&referring("gw:1"), &roles()).await.expect("changed");
    let globex = ExternalId::new("globex").expect("an id");
    let theirs = CallCx::new(Reach::Organisations(vec![globex.clone()]), Duration::from_secs(10));
    let asked = |organisation| Sought { organisation, ..sought(Op::AccessChange, "gw:1") };
    for (cx, asked) in [
        (&theirs, asked(Some(globex.clone()))),
        (&theirs, asked(Some(acme()))),
        (&cx(), asked(Some(globex.clone()))),
        (&cx(), asked(None)),
    ] {
        assert!(!matches!(rig.adapter.trace(cx, &asked).await, Ok(Some(_))), "{asked:?}");
    }
    let before = rig.writes().len();
    assert!(found(&rig, Op::AccessChange, "gw:1").await.is_some());
    assert_eq!(rig.writes().len(), before, "looked, and wrote nothing");
}

/// Keycloak compares attributes in any case; an organisation's id is compared to the letter.
#[tokio::test]
async fn b03_a_write_on_a_user_of_an_organisation_with_nearly_the_same_id_is_not_found() {
    let rig = Rig::start().await;
    rig.identity().change_access(&referring("gw:1"), &roles()).await.expect("changed");
    let of = |owner: &str| {
        let owner = serde_json::json!([owner]);
        rig.keycloak.state.data(|it| it.user(BOB).expect("Bob")["attributes"]["organization_id"] = owner);
    };
    of("ACME");
    assert_eq!(found(&rig, Op::AccessChange, "gw:1").await, None);
    of("acme");
    assert!(found(&rig, Op::AccessChange, "gw:1").await.is_some());
}

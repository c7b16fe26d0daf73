//! Resets of logins, and changes of access roles that go wrong on the way.

use crate::{Rig, acme, contact, cx, failing, open, referring};
use postern_api::*;
use postern_simulators::keycloak::{ALICE, BOB, Trip};
use serde_json::json;

fn order(id: &str, reset: AccessReset) -> ResetOrder {
    ResetOrder { organisation: acme(), user: contact(id), reset, reason: "They asked".into(), by: "Ada".into() }
}

#[tokio::test]
async fn a_login_that_is_switched_off_has_no_sessions() {
    let rig = Rig::start().await;
    let user = rig.identity().reset_access(&cx(), &order(ALICE, AccessReset::Disable)).await.expect("off");
    assert_eq!(open(user).status, LoginStatus::Disabled);
    assert!(rig.keycloak.state.data(|it| it.sessions.is_empty()));
    let user = rig.identity().reset_access(&cx(), &order(ALICE, AccessReset::Enable)).await.expect("on");
    assert_eq!(open(user).status, LoginStatus::Active);
}

/// Where the sessions could not be ended the login stays off, and the same write ends them.
#[tokio::test]
async fn switching_off_is_never_taken_back() {
    let rig = Rig::start().await;
    rig.trip("POST", "logout", failing(403, false));
    let off = order(ALICE, AccessReset::Disable);
    let error = rig.identity().reset_access(&referring("gw:1"), &off).await.expect_err("half");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(rig.user(ALICE).await.status, LoginStatus::Disabled);
    rig.identity().reset_access(&referring("gw:1"), &off).await.expect("goes on");
    assert!(rig.keycloak.state.data(|it| it.sessions.is_empty()));
}

/// Done is 204; a page of somebody in between is no answer.
#[tokio::test]
async fn a_change_that_is_answered_in_another_way_is_unknown() {
    for (status, body) in [(200, "{}"), (201, ""), (200, "<html>sign in</html>")] {
        let rig = Rig::start().await;
        rig.trip("PUT", "users/", Trip { body: body.into(), ..failing(status, false) });
        let error = rig.identity().reset_access(&cx(), &order(BOB, AccessReset::Disable)).await.expect_err("unclear");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{status} {body}");
    }
}

#[tokio::test]
async fn a_second_factor_is_forgotten_after_a_new_one_is_asked_for() {
    let rig = Rig::start().await;
    let user = rig.identity().reset_access(&cx(), &order(ALICE, AccessReset::TwoFactorReset)).await.expect("forgotten");
    let user = open(user);
    assert_eq!((user.two_factor, user.status), (Some(false), LoginStatus::Active));
    rig.keycloak.state.data(|it| {
        assert_eq!(it.user(ALICE).expect("Alice")["requiredActions"], json!(["CONFIGURE_TOTP"]));
        assert_eq!(it.credentials[ALICE].len(), 1, "the password stays");
    });
    let writes = rig.writes();
    let at = |start: &str| writes.iter().position(|it| it.starts_with(start)).expect("a write");
    assert!(at("PUT users/") < at("DELETE users/"), "{writes:?}");
    let error = rig.identity().reset_access(&cx(), &order(BOB, AccessReset::TwoFactorReset)).await.expect_err("none");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_link_is_mailed_once_and_stands_in_no_answer() {
    let rig = Rig::start().await;
    let wanted = order(BOB, AccessReset::PasswordReset);
    let user = open(rig.identity().reset_access(&referring("gw:1"), &wanted).await.expect("sent"));
    rig.identity().reset_access(&referring("gw:1"), &wanted).await.expect("the same");
    let mails = rig.keycloak.state.data(|it| it.mails.clone());
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "basic@acme.example"));
    assert_eq!((mails[0].actions.as_slice(), user.status), (&["UPDATE_PASSWORD".to_owned()][..], LoginStatus::Active));
    assert!(!format!("{user:?}").contains(&mails[0].token));
    // Whether this one went out nobody knows.
    rig.trip("PUT", "execute-actions-email", failing(500, true));
    for _ in 0..2 {
        let error = rig.identity().reset_access(&referring("gw:2"), &wanted).await.expect_err("unknown");
        assert_eq!((error.kind(), rig.keycloak.state.data(|it| it.mails.len())), (ErrorKind::OutcomeUnknown, 2));
    }
}

#[tokio::test]
async fn a_lock_is_lifted_and_sessions_end_where_there_are_some() {
    let rig = Rig::start().await;
    rig.keycloak.state.data(|it| it.locked.insert(BOB.into()));
    let user = rig.identity().reset_access(&cx(), &order(BOB, AccessReset::Unlock)).await.expect("unlocked");
    assert!(!open(user).locked);
    rig.identity().reset_access(&cx(), &order(ALICE, AccessReset::EndSessions)).await.expect("ended");
    for again in [order(BOB, AccessReset::Unlock), order(ALICE, AccessReset::EndSessions)] {
        let error = rig.identity().reset_access(&cx(), &again).await.expect_err("nothing to do");
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
}

fn change(from: &[&str], to: &[&str]) -> AccessChange {
    let ids = |names: &[&str]| names.iter().map(|it| AccessRoleId::new(it).expect("an id")).collect();
    AccessChange {
        organisation: acme(),
        user: contact(BOB),
        from: ids(from),
        to: ids(to),
        reason: None,
        by: "Ada".into(),
    }
}

#[tokio::test]
async fn roles_change_all_or_none() {
    for (method, status, commit, kind) in [
        ("DELETE", 500, true, ErrorKind::Unavailable),
        ("POST", 500, true, ErrorKind::Unavailable),
        ("POST", 403, false, ErrorKind::Forbidden),
    ] {
        let rig = Rig::start().await;
        rig.trip(method, "role-mappings/realm", failing(status, commit));
        let swap = change(&["viewer"], &["member", "manager"]);
        let error = rig.identity().change_access(&referring("gw:1"), &swap).await.expect_err("fails");
        assert_eq!(error.kind(), kind, "{method} {status}");
        rig.keycloak.state.data(|it| assert_eq!(it.roles_of(BOB), ["basic-customer", "viewer"], "{method} {status}"));
        let user = open(rig.identity().change_access(&referring("gw:1"), &swap).await.expect("then"));
        assert_eq!(user.roles.len(), 2);
    }
    let rig = Rig::start().await;
    rig.trip("POST", "role-mappings/realm", Trip { times: 0, ..failing(500, false) });
    let error = rig.identity().change_access(&cx(), &change(&["viewer"], &["member"])).await.expect_err("fails");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "the old role could not be given back");
}

#[tokio::test]
async fn a_role_by_a_group_is_not_taken_away_and_stale_ones_are_a_conflict() {
    let rig = Rig::start().await;
    rig.keycloak.state.data(|it| it.by_group.insert(BOB.into(), ["member".to_owned()].into()));
    for from in [&["viewer", "member"][..], &["viewer"]] {
        let error = rig.identity().change_access(&cx(), &change(from, &["viewer"])).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    assert!(rig.writes().is_empty());
}

//! Inviting: one user, one mail, or neither.

use crate::{Rig, acme, cx, failing, open, referring};
use jiff::{SignedDuration, Timestamp};
use postern_api::*;
use postern_keycloak::Organisations;
use postern_simulators::keycloak::{GLOBEX_USER, ORG_ACME};
use serde_json::json;
use std::time::Duration;

const EMAIL: &str = "new@acme.example";

fn invitation() -> PortalInvitation {
    PortalInvitation {
        organisation: acme(),
        email: EMAIL.into(),
        first_name: "New".into(),
        last_name: "One".into(),
        role: AccessRoleId::new("viewer").expect("an id"),
        message: None,
        expires_at: Timestamp::now().saturating_add(SignedDuration::from_hours(10)).expect("a time"),
        by: "Ada".into(),
    }
}

fn known(rig: &Rig) -> usize {
    rig.keycloak.state.data(|it| it.users.iter().filter(|it| it["email"] == json!(EMAIL)).count())
}

fn mails(rig: &Rig) -> usize {
    rig.keycloak.state.data(|it| it.mails.len())
}

#[tokio::test]
async fn an_invitation_makes_one_user_who_waits_and_mails_a_link_to_that_person_alone() {
    let rig = Rig::with(|it| {
        it.link_client_id = Some("portal".into());
        it.link_redirect_uri = Some("https://portal.example/".into());
    })
    .await;
    let user = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect("invited");
    let again = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect("the same");
    let (user, again) = (open(user), open(again));
    assert_eq!(user, again);
    assert_eq!((user.status, user.name.as_str()), (LoginStatus::Pending, "New One"));
    assert_eq!((known(&rig), mails(&rig)), (1, 1));
    let (mail, roles) =
        rig.keycloak.state.data(|it| (it.mails[0].clone(), format!("{:?}", it.roles_of(user.id.as_str()))));
    assert_eq!((mail.to.as_str(), mail.actions), (EMAIL, vec!["UPDATE_PASSWORD".into(), "VERIFY_EMAIL".into()]));
    assert!(mail.lifespan.is_some_and(|it| (35_000..=36_000).contains(&it)), "as long as the invitation");
    assert_eq!(roles, r#"["basic-customer", "default-roles-customers", "viewer"]"#, "roles are mapped, not sent along");
    assert!(!format!("{user:?}").contains(&mail.token));
    let error = rig.identity().invite_user(&referring("gw:2"), &invitation()).await.expect_err("there is one");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn what_fails_before_the_mail_takes_the_new_user_away_again() {
    for (method, path, status, kind) in [
        ("POST", "role-mappings/realm", 403, ErrorKind::Forbidden),
        ("POST", "role-mappings/realm", 500, ErrorKind::Unavailable),
        ("PUT", "execute-actions-email", 400, ErrorKind::InvalidArgument),
    ] {
        let rig = Rig::start().await;
        rig.trip(method, path, failing(status, false));
        let error = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect_err("fails");
        assert_eq!(error.kind(), kind, "{path} {status}");
        assert_eq!((known(&rig), mails(&rig)), (0, 0), "{path} {status}");
    }
    let rig = Rig::start().await;
    rig.keycloak.state.quirks(|it| it.no_mail = true);
    let error = rig.identity().invite_user(&cx(), &invitation()).await.expect_err("no mail");
    assert_eq!((error.kind(), known(&rig)), (ErrorKind::Unavailable, 0));
    assert!(!error.to_string().contains(EMAIL), "{error}");
}

#[tokio::test]
async fn a_user_who_cannot_be_taken_away_again_is_an_unknown_outcome() {
    let rig = Rig::start().await;
    rig.trip("POST", "role-mappings/realm", failing(403, false));
    rig.trip("DELETE", "users/", failing(500, false));
    let error = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect_err("half");
    assert_eq!((error.kind(), known(&rig), mails(&rig)), (ErrorKind::OutcomeUnknown, 1, 0));
    // The roles are missing, so that the mail was certainly not sent: the same write goes on.
    let user = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect("goes on");
    assert_eq!((open(user).status, known(&rig), mails(&rig)), (LoginStatus::Pending, 1, 1));
}

#[tokio::test]
async fn a_mail_that_may_have_been_sent_is_not_sent_again() {
    let rig = Rig::start().await;
    rig.trip("PUT", "execute-actions-email", failing(500, true));
    for _ in 0..2 {
        let error = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect_err("unknown");
        assert_eq!((error.kind(), known(&rig), mails(&rig)), (ErrorKind::OutcomeUnknown, 1, 1));
    }
}

#[tokio::test]
async fn a_creation_that_is_not_clearly_answered_is_found_again_and_goes_on() {
    let rig = Rig::start().await;
    rig.trip("POST", "users", failing(500, true));
    let error = rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect_err("no clear answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    rig.identity().invite_user(&referring("gw:1"), &invitation()).await.expect("goes on");
    assert_eq!((known(&rig), mails(&rig)), (1, 1));
}

#[tokio::test]
async fn an_address_of_another_organisation_is_taken_and_says_no_more() {
    let rig = Rig::start().await;
    for email in ["basic@globex.example", "LEAD@GLOBEX.EXAMPLE", "helper@msp.example", "basic@acme.example"] {
        let new = PortalInvitation { email: email.into(), ..invitation() };
        let error = rig.identity().invite_user(&cx(), &new).await.expect_err("taken");
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Conflict, "this address already has a login".into()));
    }
    assert!(rig.writes().is_empty());
}

/// The same reference for another organisation is another write.
#[tokio::test]
async fn an_invitation_that_another_organisation_began_is_not_gone_on_with() {
    let rig = Rig::start().await;
    let entry =
        r#"{"at":1,"op":"portal_user.invite","ref":"gw:1","open":true,"kind":"invitation","by":"x","of":"globex"}"#;
    rig.keycloak
        .state
        .data(|it| it.user(GLOBEX_USER).expect("a user")["attributes"]["postern_journal"] = json!([entry]));
    let new = PortalInvitation { email: "basic@globex.example".into(), ..invitation() };
    for owner in [json!(["globex"]), json!([])] {
        rig.keycloak.state.data(|it| it.user(GLOBEX_USER).expect("a user")["attributes"]["organization_id"] = owner);
        let error = rig.identity().invite_user(&referring("gw:1"), &new).await.expect_err("taken");
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    assert!(rig.writes().is_empty(), "{:?}", rig.writes());
}

#[tokio::test]
async fn a_new_user_becomes_a_member_where_membership_says_whose_a_user_is() {
    let rig = Rig::with(|it| it.organisations = Organisations::Organizations).await;
    let organisation = ExternalId::new(ORG_ACME).expect("an id");
    let cx = || CallCx {
        reference: Some("gw:1".into()),
        ..CallCx::new(Reach::Organisations(vec![organisation.clone()]), Duration::from_secs(10))
    };
    let new = PortalInvitation { organisation: organisation.clone(), ..invitation() };
    // Made and not yet a member: the user is nobody's, and found again by the reference.
    rig.trip("POST", "members", failing(500, false));
    rig.trip("DELETE", "users/", failing(500, false));
    let error = rig.identity().invite_user(&cx(), &new).await.expect_err("half");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    rig.identity().invite_user(&cx(), &new).await.expect("goes on");
    let (users, members) = rig.keycloak.state.data(|it| (it.users.clone(), it.members[ORG_ACME].len()));
    assert_eq!((known(&rig), mails(&rig), members), (1, 1, 4));
    assert!(users.iter().all(|it| it["email"] != json!(EMAIL) || it["attributes"]["organization_id"].is_null()));
}

//! Whose users are read, and what of them.

use crate::{Rig, acme, admit, config, contact, cx, open};
use postern_api::*;
use postern_simulators::http::PlainHttp;
use postern_simulators::keycloak::{ALICE, BOB, GLOBEX_LEAD, LEAD};
use serde_json::json;

#[tokio::test]
async fn a_user_comes_with_roles_status_lock_second_factor_and_last_use() {
    let rig = Rig::start().await;
    rig.keycloak.state.data(|it| it.locked.insert(BOB.into()));
    let users = rig.users().await;
    let emails: Vec<&str> = users.iter().map(|it| it.email.as_str()).collect();
    assert_eq!(emails, ["alice.wong@acme.example", "basic@acme.example", "lead@acme.example"]);
    let (alice, bob) = (&users[0], &users[1]);
    assert_eq!((alice.two_factor, bob.two_factor), (Some(true), Some(false)));
    assert_eq!((alice.locked, bob.locked), (false, true));
    assert_eq!(alice.roles.iter().map(AccessRoleId::as_str).collect::<Vec<_>>(), ["member"]);
    assert_eq!(alice.last_login.map(|it| it.as_second()), Some(1_790_000_060), "of the session that is there");
    assert_eq!(bob.last_login.map(|it| it.as_second()), Some(1_789_900_000), "of the events");
    let logins = rig.identity().logins(&cx(), &acme()).await.expect("logins");
    let leads = logins.into_iter().map(open).filter(|it| it.role == LoginRole::Lead);
    assert_eq!(leads.map(|it| it.id.to_string()).collect::<Vec<_>>(), [LEAD]);
}

#[tokio::test]
async fn roles_that_come_by_groups_and_other_roles_count() {
    let rig = Rig::start().await;
    rig.keycloak.state.data(|it| {
        it.direct.insert(BOB.into(), ["basic-customer", "everything"].map(str::to_owned).into());
        it.by_group.insert(ALICE.into(), ["lead-customer".to_owned()].into());
    });
    let bob = rig.user(BOB).await;
    assert_eq!(
        bob.roles.iter().map(AccessRoleId::as_str).collect::<Vec<_>>(),
        ["everything", "manager", "msp-operator"]
    );
    let logins = rig.identity().logins(&cx(), &acme()).await.expect("logins");
    let alice = logins.into_iter().map(open).find(|it| it.id.as_str() == ALICE).expect("Alice");
    assert_eq!(alice.role, LoginRole::Lead);
}

#[tokio::test]
async fn a_role_that_brings_others_is_internal_whatever_the_configuration_says() {
    let rig = Rig::start().await;
    let roles = rig.identity().access_roles(&cx()).await.expect("roles");
    let internal: Vec<&str> = roles.iter().filter(|it| it.internal).map(|it| it.id.as_str()).collect();
    assert_eq!(internal, ["everything", "msp-operator"]);
    let user = rig.user(BOB).await;
    let change = AccessChange {
        organisation: acme(),
        user: user.id,
        from: user.roles,
        to: vec![AccessRoleId::new("everything").expect("an id")],
        reason: None,
        by: "Ada".into(),
    };
    let error = rig.identity().change_access(&cx(), &change).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(rig.writes().is_empty(), "{:?}", rig.writes());
}

/// A directory that sends everybody's users.
#[tokio::test]
async fn another_organisations_users_name_their_own_owner_and_nothing_more_of_them_is_read() {
    let rig = Rig::start().await;
    rig.keycloak.state.quirks(|it| it.ignore_query = true);
    let rows = rig.identity().portal_users(&cx(), &acme()).await.expect("rows");
    let (own, foreign): (Vec<_>, Vec<_>) = rows.into_iter().map(admit).partition(Result::is_ok);
    assert_eq!((own.len(), foreign.len()), (3, 3));
    let of_globex = rig.keycloak.state.log.count("GET", &format!("/admin/realms/customers/users/{GLOBEX_LEAD}"));
    assert_eq!(of_globex, 0);
}

#[tokio::test]
async fn a_user_with_two_organisations_or_none_is_nobodys() {
    let rig = Rig::start().await;
    for value in [json!(["acme", "globex"]), json!([]), json!(["../acme"])] {
        rig.keycloak.state.data(|it| it.user(BOB).expect("Bob")["attributes"]["organization_id"] = value.clone());
        let rows = rig.identity().logins(&cx(), &acme()).await.expect("rows");
        let known: Vec<_> = rows.into_iter().filter_map(|it| admit(it).ok()).map(|it| it.id.to_string()).collect();
        assert!(!known.contains(&BOB.to_owned()), "{value}");
        let order = ResetOrder {
            organisation: acme(),
            user: contact(BOB),
            reset: AccessReset::Disable,
            reason: "x".into(),
            by: "Ada".into(),
        };
        let error = rig.identity().reset_access(&cx(), &order).await.expect_err("nobody's");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{value}");
    }
    assert!(rig.writes().is_empty());
}

/// Other things stand behind `/users/` than users.
#[tokio::test]
async fn what_is_no_users_id_is_asked_for_nowhere() {
    let rig = Rig::start().await;
    for id in ["profile", "count", "x", "00000001-0000-4000-8000-00000000000g"] {
        let order = ResetOrder {
            organisation: acme(),
            user: contact(id),
            reset: AccessReset::Disable,
            reason: "x".into(),
            by: "Ada".into(),
        };
        let error = rig.identity().reset_access(&cx(), &order).await.expect_err("no user");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{id}");
        let asked = rig.keycloak.state.log.count("GET", &format!("/admin/realms/customers/users/{id}"));
        assert_eq!(asked, usize::from(id == "profile"), "only to see who edits attributes");
    }
}

#[tokio::test]
async fn every_page_is_read_and_more_users_than_configured_are_an_error() {
    let rig = Rig::with(|it| it.page_size = 2).await;
    assert_eq!(rig.users().await.len(), 3);
    let small = Rig::with(|it| it.max_users = 2).await;
    let error = small.identity().logins(&cx(), &acme()).await.expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let same = Rig::with(|it| it.page_size = 1).await;
    same.keycloak.state.quirks(|it| it.ignore_first = true);
    let error = same.identity().logins(&cx(), &acme()).await.expect_err("the same page for ever");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn events_tell_what_happened_and_nothing_else_of_it() {
    let rig = Rig::start().await;
    let query = |kinds: &[AccessEventKind]| AccessEventQuery {
        organisation: acme(),
        user: None,
        kinds: kinds.to_vec(),
        since: None,
        limit: 50,
    };
    let events = rig.identity().access_events(&cx(), &query(&[])).await.expect("events");
    let events: Vec<AccessEvent> = events.into_iter().map(open).collect();
    let kinds: Vec<AccessEventKind> = events.iter().map(|it| it.kind).collect();
    use AccessEventKind::*;
    assert_eq!(kinds, [Login, Other, LoginFailed, Login], "newest first, Globex's left out");
    assert_eq!(events[1].by.as_deref(), Some("an administrator of the directory"));
    assert_eq!(events[0].address.as_deref(), Some("192.0.2.7"));
    let failed = rig.identity().access_events(&cx(), &query(&[LoginFailed])).await.expect("events");
    assert_eq!(failed.len(), 1);
    let all = format!("{events:?}");
    for secret in ["EVENTDETAIL77", "ADMINREPRESENTATION77"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

/// Where the directory sends everybody's users, what happened to others is not told as if it had happened here.
#[tokio::test]
async fn another_organisations_events_and_role_changes_are_never_told_as_the_own_ones() {
    let rig = Rig::start().await;
    let entry = r#"{"at":1790000000000000,"op":"lead.transfer","kind":"role_change","by":"GLOBEXJOURNAL77","from":"lead","to":"basic"}"#;
    rig.keycloak
        .state
        .data(|it| it.user(GLOBEX_LEAD).expect("a user")["attributes"]["postern_journal"] = json!([entry]));
    let other = ExternalId::new("globex").expect("an id");
    let theirs = CallCx { reach: Reach::Organisations(vec![other.clone()]), ..cx() };
    assert_eq!(rig.identity().role_changes(&theirs, &other).await.expect("changes").len(), 1, "it is there");
    rig.keycloak.state.quirks(|it| it.ignore_query = true);
    let query = AccessEventQuery { organisation: acme(), user: None, kinds: vec![], since: None, limit: 200 };
    let events = rig.identity().access_events(&cx(), &query).await.expect("events");
    let events: Vec<AccessEvent> = events.into_iter().map(open).collect();
    assert!(events.iter().all(|it| it.email.as_deref().is_some_and(|it| it.ends_with("@acme.example"))), "{events:?}");
    assert!(rig.identity().role_changes(&cx(), &acme()).await.expect("changes").is_empty());
}

/// What a port answers, in the words of `Debug`, for everything that can be read.
#[tokio::test]
async fn no_answer_holds_anything_of_a_credential_a_session_or_a_mail_server() {
    let rig = Rig::start().await;
    let (identity, cx) = (rig.identity(), cx());
    let users = format!("{:?}", identity.portal_users(&cx, &acme()).await.expect("users"));
    let logins = format!("{:?}", identity.logins(&cx, &acme()).await.expect("logins"));
    let policy = format!("{:?} {:?}", identity.auth_policy(&cx).await.expect("a policy"), rig.adapter);
    assert!(policy.contains("12"), "the shortest password: {policy}");
    for secret in
        ["CREDENTIAL77", "OTPSEED77", "SESSION77", "SMTPSECRET77", "simulated-directory-secret", "simulated-1"]
    {
        assert!(!format!("{users} {logins} {policy}").contains(secret), "{secret}");
    }
    let asked = rig.keycloak.state.log.all();
    assert!(!asked.iter().any(|it| it.path.ends_with("/credentials")), "not even read where `totp` says enough");
}

#[tokio::test]
async fn wrong_credentials_a_missing_right_and_another_realm_are_told_apart() {
    let rig = Rig::start().await;
    let probe = async |change: &dyn Fn(&mut postern_keycloak::Config)| {
        let mut config = config(&rig.keycloak.url);
        change(&mut config);
        let http = PlainHttp::new(&config.base_url, Some(postern_keycloak::authenticator(&config))).expect("a client");
        postern_keycloak::connect(config, http).expect("good").probe(&cx()).await.map_err(|it| it.kind())
    };
    assert_eq!(probe(&|_| {}).await, Ok(()));
    assert_eq!(probe(&|it| it.client_secret = "wrong".to_owned().into()).await, Err(ErrorKind::Unauthenticated));
    assert_eq!(probe(&|it| it.realm = "other".into()).await, Err(ErrorKind::Unavailable));
    assert_eq!(probe(&|it| it.lead_role = "nobody".into()).await, Err(ErrorKind::Unavailable));
    rig.keycloak.state.data(|it| it.granted.remove("view-events"));
    assert_eq!(probe(&|_| {}).await, Err(ErrorKind::Forbidden));
    assert_eq!(probe(&|it| it.events = false).await, Ok(()));
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once() {
    let rig = Rig::start().await;
    rig.users().await;
    rig.keycloak.state.revoke_tokens();
    rig.users().await;
    assert_eq!(rig.keycloak.state.tokens_issued(), 2);
}

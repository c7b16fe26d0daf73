//! Realms that let users say whose they are, or keep nothing.

use crate::{Rig, acme, contact, cx};
use postern_api::*;
use postern_simulators::keycloak::BOB;
use serde_json::{Value, json};

fn order() -> ResetOrder {
    let (organisation, user) = (acme(), contact(BOB));
    ResetOrder { organisation, user, reset: AccessReset::Disable, reason: "x".into(), by: "Ada".into() }
}

async fn realm(policy: Value, attribute: Option<Value>) -> Rig {
    let rig = Rig::start().await;
    rig.keycloak.state.data(|it| {
        it.profile["unmanagedAttributePolicy"] = policy;
        it.profile["attributes"].as_array_mut().expect("a list").extend(attribute);
    });
    rig
}

#[tokio::test]
async fn where_users_edit_what_says_whose_they_are_nothing_is_answered() {
    let open = json!({ "name": "organization_id", "permissions": { "view": ["admin"], "edit": ["admin", "user"] } });
    for (policy, attribute) in [(json!("ENABLED"), None), (json!("ADMIN_EDIT"), Some(open))] {
        let rig = realm(policy, attribute).await;
        let identity = rig.identity();
        let kinds = [
            identity.logins(&cx(), &acme()).await.map(drop),
            identity.portal_users(&cx(), &acme()).await.map(drop),
            identity.role_changes(&cx(), &acme()).await.map(drop),
            identity.reset_access(&cx(), &order()).await.map(drop),
            rig.adapter.probe(&cx()).await,
        ]
        .map(|it| it.map_err(|error| error.kind()));
        assert_eq!(kinds, [Err(ErrorKind::Forbidden); 5]);
        assert!(rig.writes().is_empty());
    }
}

/// Keycloak drops attributes that it does not know, and says that all is well.
#[tokio::test]
async fn where_the_realm_drops_attributes_nothing_is_written() {
    for policy in [Value::Null, json!("ADMIN_VIEW")] {
        let rig = realm(policy, None).await;
        assert!(rig.identity().logins(&cx(), &acme()).await.is_ok(), "reading goes on");
        let error = rig.identity().reset_access(&cx(), &order()).await.expect_err("nowhere to keep it");
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        assert!(rig.writes().is_empty());
    }
}

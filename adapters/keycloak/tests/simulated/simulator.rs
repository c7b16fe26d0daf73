//! The simulator refuses what Keycloak refuses, so that nothing passes here by being let through.

use crate::{Rig, cx};
use postern_api::http::{Http as _, Method, Request};
use postern_simulators::http::PlainHttp;
use postern_simulators::keycloak::BOB;

#[tokio::test]
async fn unknown_paths_wrong_verbs_and_who_bears_no_token_are_refused() {
    let rig = Rig::start().await;
    let url = &rig.keycloak.url;
    let config = crate::config(url);
    let bearing = PlainHttp::new(url, Some(postern_keycloak::authenticator(&config))).expect("a client");
    let bare = PlainHttp::new(url, None).expect("a client");
    let realm = |below: &[&str]| {
        let path: Vec<&str> = ["admin", "realms", "customers"].into_iter().chain(below.iter().copied()).collect();
        Request::get(&path)
    };
    let status = async |http: &PlainHttp, request| http.send(&cx(), request).await.expect("an answer").status.as_u16();
    assert_eq!(status(&bare, realm(&["users"])).await, 401);
    assert_eq!(status(&bearing, realm(&["users"])).await, 200);
    assert_eq!(status(&bearing, realm(&["nothing"])).await, 404);
    assert_eq!(status(&bearing, realm(&["users", BOB, "nothing"])).await, 404);
    assert_eq!(status(&bearing, Request::get(&["admin", "realms", "other", "users"])).await, 404);
    for (method, below) in [
        (Method::PATCH, &["users", BOB][..]),
        (Method::DELETE, &["users"]),
        (Method::POST, &["users", BOB, "execute-actions-email"]),
        (Method::PUT, &["roles", "viewer"]),
        (Method::DELETE, &["events"]),
    ] {
        let request = Request { method, ..realm(below) };
        assert_eq!(status(&bearing, request).await, 405, "{below:?}");
    }
}

/// A change that sends attributes and leaves the names out loses them, as Keycloak was seen to do.
#[tokio::test]
async fn a_change_loses_what_it_leaves_out() {
    let rig = Rig::start().await;
    let config = crate::config(&rig.keycloak.url);
    let http = PlainHttp::new(&config.base_url, Some(postern_keycloak::authenticator(&config))).expect("a client");
    let body = serde_json::json!({ "attributes": { "organization_id": ["acme"] } });
    let request = Request::put(&["admin", "realms", "customers", "users", BOB]).json(&body).expect("a body");
    assert_eq!(http.send(&cx(), request).await.expect("an answer").status.as_u16(), 204);
    rig.keycloak.state.data(|it| assert!(it.user(BOB).expect("Bob")["firstName"].is_null()));
}

//! Clients that work as themselves, with no person behind them.

use super::browser::{Client, Seen, register};
use super::world::{BEARER, World, jwks, signed, world_with};
use crate::gateway::TENANT;
use postern::authority::RevokedBy;
use postern::authority::config::{ClientConfig, ServiceConfig};
use postern::authority::secret::Hashed;
use postern::caller::Principal;
use postern_api::{OrganisationId, TenantId};
use postern_policies::Realm;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SECRET: &str = "a secret of the configuration";

fn service(realm: Realm, organisation: Option<&str>, role: &str, scopes: &[&str]) -> ServiceConfig {
    ServiceConfig {
        tenant: TenantId::new(TENANT).unwrap(),
        realm,
        organisation: organisation.map(|it| OrganisationId::new(it).unwrap()),
        assigned: None,
        roles: BTreeSet::from([role.to_owned()]),
        scopes: scopes.iter().map(|it| (*it).to_owned()).collect(),
    }
}

/// `desk` works for the desk, `acme` for one customer, `portal` for nobody but people.
async fn working() -> World {
    world_with(|config| {
        let client = |id: &str, service: Option<ServiceConfig>| ClientConfig {
            id: id.into(),
            name: id.into(),
            first_party: true,
            redirect_uris: vec!["https://client.example/callback".into()],
            jwks_uri: None,
            jwks: None,
            secret: Some(Hashed::of(SECRET)),
            service,
        };
        let both = ["support.read", "support.write"];
        let desk = service(Realm::Employee, None, "service-lead", &both);
        let acme = service(Realm::Customer, Some("acme"), "lead-customer", &["support.read"]);
        config.authority.clients.extend([
            client("desk", Some(desk)),
            client("acme", Some(acme)),
            client("portal", None),
        ]);
        let signing = service(Realm::Employee, None, "support-read", &["support.read"]);
        let signing =
            ClientConfig { secret: None, jwks: Some(jwks(&[9]).to_string()), ..client("signing", Some(signing)) };
        config.authority.clients.push(signing);
    })
    .await
}

async fn asks(client: &Client, more: &[(&str, &str)]) -> Seen {
    let mut form =
        vec![("grant_type", "client_credentials"), ("client_id", client.id.as_str()), ("client_secret", SECRET)];
    form.extend(more);
    client.send("/token", &form).await
}

fn token(answer: &Seen) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json().get("refresh_token"), None);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_that_works_as_itself_sees_what_its_roles_and_scopes_open_and_nothing_to_confirm() {
    let world = working().await;
    let client = world.client("desk", "");
    let access = token(&asks(&client, &[]).await);
    let service = world.gateway.bearing(&access);
    let lead = world.gateway.person("service-lead@msp.example");
    let (its, theirs): (BTreeSet<_>, BTreeSet<_>) =
        (service.names().await.into_iter().collect(), lead.names().await.into_iter().collect());
    let confirmed: BTreeSet<String> = theirs.difference(&its).cloned().collect();
    assert!(its.is_subset(&theirs) && its.contains("search_tickets"), "{its:?}");
    assert_eq!(confirmed, BTreeSet::from(["close_ticket".to_owned(), "escalate_ticket".to_owned()]));
    // What it cannot see it cannot call, and nothing waits for anybody.
    for tool in &confirmed {
        let answer = service.user.call(tool, json!({"ticket_id": "1"})).await;
        let unknown = service.user.call("no_such_tool", json!({"ticket_id": "1"})).await;
        assert_eq!(answer["error"]["code"], unknown["error"]["code"], "{answer}");
        assert!(answer["error"].is_object(), "{answer}");
    }
    let listed = service.ask("search_tickets", json!({})).await;
    assert_eq!(listed["status"], "success", "{listed}");
    let rows = world.gateway.rows();
    let issued = rows.iter().find(|it| it["code"] == "service_token_issued").unwrap();
    assert_eq!((&issued["client"], &issued["decision"]), (&json!("desk"), &json!("allowed")), "{issued}");
    // A confirmation of somebody else's is out of its reach as well.
    let url = format!("{}/confirmations/x", world.gateway.origin);
    let answer = reqwest::Client::new().post(url).bearer_auth(&access).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_client_of_one_customer_is_none_of_its_people() {
    let world = working().await;
    let access = token(&asks(&world.client("acme", ""), &[]).await);
    let service = world.gateway.bearing(&access);
    let names = service.names().await;
    assert!(names.contains(&"customer_search_kb".to_owned()), "{names:?}");
    assert!(!names.contains(&"customer_submit_ticket".to_owned()), "no scope for it");
    assert!(!names.contains(&"search_tickets".to_owned()), "the other realm");
    let found = service.data("customer_search_kb", json!({"query": "printer"})).await;
    assert!(found["articles"].is_array(), "{found}");
    assert_eq!(service.code("customer_list_tickets", json!({})).await, "ACCESS_DENIED");
}

#[tokio::test]
async fn o13_a_client_that_works_as_itself_gets_no_scope_beyond_its_own() {
    let world = working().await;
    let (desk, acme) = (world.client("desk", ""), world.client("acme", ""));
    let narrow = asks(&desk, &[("scope", "support.read")]).await;
    assert_eq!(narrow.json()["scope"], "support.read");
    let wide = asks(&acme, &[("scope", "support.read support.write")]).await;
    assert_eq!(wide.json()["scope"], "support.read");
    for scope in ["support.write", "everything"] {
        assert_eq!(asks(&acme, &[("scope", scope)]).await.json()["error"], "invalid_scope", "{scope}");
    }
    let elsewhere = asks(&desk, &[("resource", "https://other.example/mcp")]).await;
    assert_eq!(elsewhere.json()["error"], "invalid_target");
}

#[tokio::test]
async fn only_a_client_that_the_configuration_says_works_as_itself_does() {
    let world = working().await;
    assert_eq!(asks(&world.client("portal", ""), &[]).await.json()["error"], "unauthorized_client");
    let wrong = [("grant_type", "client_credentials"), ("client_id", "desk"), ("client_secret", "wrong")];
    let desk = world.client("desk", "");
    assert_eq!(desk.send("/token", &wrong).await.json()["error"], "invalid_client");
    assert_eq!(desk.send("/token", &wrong[..2]).await.json()["error"], "invalid_client");
    let registered =
        register(&world.gateway, json!({"redirect_uris": ["https://client.example/callback"]})).await.json();
    let (id, secret) = (registered["client_id"].as_str().unwrap(), registered["client_secret"].as_str().unwrap());
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    assert_eq!(desk.send("/token", &form).await.json()["error"], "unauthorized_client");
    let published = "https://client.example/c.json";
    world.published.put(published, &json!({"client_id": published, "redirect_uris": ["https://client.example/cb"]}));
    let form = [("grant_type", "client_credentials"), ("client_id", published)];
    assert_eq!(desk.send("/token", &form).await.json()["error"], "unauthorized_client");
    let assertion = signed(&world.claims("signing"), 9);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    let access = token(&desk.send("/token", &form).await);
    assert_eq!(desk.call(&access).await, 200);
    let metadata = format!("{}/.well-known/oauth-authorization-server", world.gateway.origin);
    let metadata: Value = reqwest::get(metadata).await.unwrap().json().await.unwrap();
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!("client_credentials")));
}

#[tokio::test]
async fn o26_a_client_that_works_as_itself_is_cut_off_on_the_next_call() {
    let world = working().await;
    let desk = world.client("desk", "");
    let authority = world.gateway.authority.clone().unwrap();
    let tenant = TenantId::new(TENANT).unwrap();
    let access = token(&asks(&desk, &[]).await);
    let again = token(&asks(&desk, &[]).await);
    assert_eq!((desk.call(&access).await.as_u16(), desk.call(&again).await.as_u16()), (200, 200));
    let connected = authority.connected_in(&tenant, 0, 10).unwrap();
    assert_eq!((connected.len(), &*connected[0].client, connected[0].sessions), (1, "desk", 1));
    let admin = Principal { issuer: "x".into(), subject: "admin".into() };
    assert!(authority.revoke(&tenant, &admin, &connected[0].grant, RevokedBy::Administrator).unwrap());
    assert_eq!((desk.call(&access).await.as_u16(), desk.call(&again).await.as_u16()), (401, 401));
    let revoked = token(&asks(&desk, &[]).await);
    let form = [("token", &*revoked), ("client_id", "desk"), ("client_secret", SECRET)];
    assert_eq!(desk.send("/revoke", &form).await.status, 200);
    assert_eq!(desk.call(&revoked).await, 401);
}

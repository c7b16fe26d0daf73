//! From a client that nobody knows to a call, and to the end of it.

use super::browser::{Browser, Client, LEAD, gateway};
use crate::gateway::{Gateway, TENANT};
use postern::authority::RevokedBy;
use postern::authority::identity::{Ended, EndedBy, Ending as _};
use postern_api::TenantId;
use serde_json::{Value, json};

const BOTH: [&str; 2] = ["support.read", "support.write"];

fn tenant() -> TenantId {
    TenantId::new(TENANT).unwrap()
}

async fn names(gateway: &Gateway, token: &str) -> Vec<String> {
    let (_, listed) = gateway.bearing(token).user.modern("tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap();
    tools.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_client_is_connected_calls_a_tool_and_is_cut_off() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::new(&gateway);
    let page = browser.get(&client.authorize(&[])).await;
    assert!(page.text.contains("Test") && page.text.contains("client.example"), "{}", page.text);
    let onward =
        browser.post("/authorize/sign-in", &[("flow", &page.field("flow")), ("csrf", &page.field("csrf"))]).await;
    let back = onward.location().unwrap();
    let back = back.strip_prefix("/sign-in?return_to=").unwrap();
    browser.sign_in(LEAD);
    let answer = browser.allow(&browser.get(back).await, &BOTH).await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().unwrap().starts_with("https://client.example/callback?code="), "{answer:?}");
    assert_eq!(answer.answer("state").as_deref(), Some("st-1"));
    assert_eq!(answer.answer("iss"), Some(gateway.origin.clone()));
    let answer = client.redeem(&answer.answer("code").unwrap(), &[]).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.json()["expires_in"], 900);
    let (access, refresh) = super::browser::tokens(&answer);
    let listed = gateway.bearing(&access).ask("customer_list_tickets", json!({})).await;
    assert_eq!(listed["status"], "success", "{listed}");
    let (access, _) = super::browser::tokens(&client.refresh(&refresh, &[]).await);
    assert_eq!(client.call(&access).await, 200);
    let revoked = client.send("/revoke", &[("token", &access), ("client_id", &client.id)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(client.call(&access).await, 401);
    assert_eq!(client.refresh(&refresh, &[]).await.json()["error"], "invalid_grant");
    let codes: Vec<Value> =
        gateway.rows().iter().filter(|it| it["phase"] == "authority").map(|it| it["code"].clone()).collect();
    assert_eq!(codes, ["client_registered", "consented", "token_issued", "token_refreshed", "token_revoked", "ended"]);
}

#[tokio::test]
async fn o26_a_grant_revoked_by_its_owner_or_its_realm_is_refused_on_the_next_call() {
    let gateway = gateway().await;
    let authority = gateway.authority.clone().unwrap();
    let browser = Browser::of(&gateway, LEAD);
    let ends: [&dyn Fn(&postern::authority::Connected); 4] = [
        &|it| assert!(authority.revoke(&tenant(), &it.principal, &it.grant, RevokedBy::Owner).unwrap()),
        &|it| {
            let other = postern::caller::Principal { subject: "somebody-else".into(), ..it.principal.clone() };
            assert!(!authority.revoke(&tenant(), &other, &it.grant, RevokedBy::Owner).unwrap());
            assert!(authority.revoke(&tenant(), &other, &it.grant, RevokedBy::Administrator).unwrap());
        },
        &|it| {
            let what =
                Ended::RealmSession { issuer: it.principal.issuer.clone(), session: format!("sid-{LEAD}").into() };
            authority.end(&tenant(), &what, EndedBy::RealmLogout);
        },
        &|it| authority.end(&tenant(), &Ended::Person(it.principal.clone()), EndedBy::RightsLost),
    ];
    let realm = gateway.person(LEAD);
    for end in ends {
        assert!(!names(&gateway, &realm.token).await.is_empty());
        let client = Client::register(&gateway).await;
        let (access, refresh) = client.tokens(&browser, &BOTH).await;
        assert_eq!(client.call(&access).await, 200);
        let connected = authority.connected_in(&tenant(), 0, 10).unwrap();
        let it = connected.iter().find(|it| *it.client == *client.id).unwrap();
        assert_eq!((it.sessions, it.scopes.len(), it.name.as_str()), (1, 2, "Test"));
        end(it);
        assert_eq!(client.call(&access).await, 401);
        assert_eq!(client.refresh(&refresh, &[]).await.status, 400);
    }
    // The person's realm tokens of before are refused as well.
    let client = Client::register(&gateway).await;
    assert_eq!(client.call(&realm.token).await, 401);
}

#[tokio::test]
async fn o13_an_unticked_scope_is_not_granted_and_its_tools_are_not_there() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let (access, refresh) = client.tokens(&browser, &["support.read", "support.admin", "*"]).await;
    let listed = names(&gateway, &access).await;
    assert!(
        listed.contains(&"customer_list_tickets".to_owned()) && !listed.contains(&"customer_submit_ticket".to_owned()),
        "{listed:?}"
    );
    let wider = client.refresh(&refresh, &[("scope", "support.read support.write")]).await;
    assert_eq!(wider.json()["error"], "invalid_scope");
    let narrow = client.refresh(&refresh, &[("scope", "support.read")]).await;
    assert_eq!(narrow.json()["scope"], "support.read");
    // Asked again for what it does not have, a person is asked again; for what it has, not.
    let asked = browser.get(&client.authorize(&[])).await;
    assert_eq!(asked.status, 200);
    let again = browser.get(&client.authorize(&[("scope", "support.read")])).await;
    assert_eq!(again.status, 303, "{again:?}");
    let bad = browser.get(&client.authorize(&[("scope", "everything")])).await;
    assert!(bad.text.contains("invalid_scope"), "{}", bad.text);
}

#[tokio::test]
async fn o13_a_call_beyond_what_was_granted_names_all_that_is_needed_and_with_that_it_works() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let (access, _) = client.tokens(&browser, &["support.read", "portal.read"]).await;
    let submit = json!({"name": "customer_submit_ticket", "arguments": {"subject": "Printer", "description": "It does not print."}});
    let ask = async |token: &str| {
        let request = gateway.bearing(token).user.modern_request(7, "tools/call", submit.clone());
        let response = request.send().await.unwrap();
        let challenge = response.headers().get("www-authenticate").map(|it| it.to_str().unwrap().to_owned());
        (response.status().as_u16(), challenge, response.json::<Value>().await.unwrap())
    };
    let (status, challenge, body) = ask(&access).await;
    assert_eq!((status, &body["result"]["structuredContent"]["code"]), (403, &json!("INSUFFICIENT_SCOPE")), "{body}");
    let challenge = challenge.unwrap();
    let metadata = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"", gateway.origin);
    for part in ["Bearer error=\"insufficient_scope\"", "scope=\"support.read support.write\"", &metadata] {
        assert!(challenge.contains(part), "{part}: {challenge}");
    }
    let (access, _) = client.tokens(&browser, &["support.read", "support.write"]).await;
    let (status, challenge, body) = ask(&access).await;
    assert_eq!(
        (status, challenge, &body["result"]["structuredContent"]["status"]),
        (200, None, &json!("success")),
        "{body}"
    );
    // What a role does not open stays hidden, whatever is granted: nothing to step up to.
    let hidden = gateway.bearing(&access).user.modern_request(
        7,
        "tools/call",
        json!({"name": "search_tickets", "arguments": {}}),
    );
    let hidden = hidden.send().await.unwrap();
    assert!(hidden.status() != 403 && hidden.headers().get("www-authenticate").is_none());
}

#[tokio::test]
async fn o13_a_call_in_a_session_is_challenged_as_one_without_and_the_session_goes_on() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let (access, _) = client.tokens(&Browser::of(&gateway, LEAD), &["support.read"]).await;
    let (session, _) = gateway.bearing(&access).user.initialize("2025-11-25").await;
    let call = |id: u64, name: &str, arguments: Value| {
        let params = json!({"name": name, "arguments": arguments});
        session.post(json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}))
    };
    for round in 0..2 {
        let submit = json!({"subject": "Printer", "description": "It does not print."});
        let refused = call(7, "customer_submit_ticket", submit).await;
        assert_eq!(refused.status(), 403, "{round}");
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("scope=\"support.read support.write\""), "{challenge}");
        assert_eq!(refused.headers()["content-type"], "application/json");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(
            (&body["id"], &body["result"]["structuredContent"]["code"]),
            (&json!(7), &json!("INSUFFICIENT_SCOPE"))
        );
        let good = call(8, "customer_list_tickets", json!({})).await;
        assert_eq!((good.status(), good.headers().get("www-authenticate")), (reqwest::StatusCode::OK, None));
        assert!(good.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        assert!(good.text().await.unwrap().contains("success"));
    }
    // What a role does not open has no challenge here either.
    let hidden = call(9, "search_tickets", json!({})).await;
    assert!(hidden.status() != 403 && hidden.headers().get("www-authenticate").is_none());
    let rows = gateway.rows();
    assert_eq!(rows.iter().filter(|it| it["code"] == "INSUFFICIENT_SCOPE" && it["decision"] == "denied").count(), 2);
}

#[tokio::test]
async fn w07_a_gateway_token_confirms_nothing() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let (access, _) = client.tokens(&Browser::of(&gateway, LEAD), &BOTH).await;
    let pending = gateway
        .bearing(&access)
        .ask("customer_invite_contact", json!({"email": "new@acme.example", "first_name": "N", "last_name": "O"}))
        .await;
    let id = pending["confirmation_id"].as_str().unwrap();
    let url = format!("{}/confirmations/{id}", gateway.origin);
    let answer = reqwest::Client::new().post(url).bearer_auth(&access).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn o26_what_waits_for_a_confirmation_dies_with_the_grant_that_asked() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let (access, _) = client.tokens(&Browser::of(&gateway, LEAD), &BOTH).await;
    let pending = gateway
        .bearing(&access)
        .ask("customer_invite_contact", json!({"email": "new@acme.example", "first_name": "N", "last_name": "O"}))
        .await;
    let id = pending["confirmation_id"].as_str().unwrap();
    client.send("/revoke", &[("token", &access), ("client_id", &client.id)]).await;
    let url = format!("{}/confirmations/{id}", gateway.origin);
    let answer = reqwest::Client::new().post(url).bearer_auth(&gateway.person(LEAD).token).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn t21_a_token_holds_after_a_restart_of_what_is_in_memory_and_a_revoked_one_does_not() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let (good, _) = client.tokens(&browser, &BOTH).await;
    let other = Client::register(&gateway).await;
    let (revoked, _) = other.tokens(&browser, &BOTH).await;
    other.send("/revoke", &[("token", &revoked), ("client_id", &other.id)]).await;
    let good = super::refusals::claims(&good);
    let revoked = super::refusals::claims(&revoked);
    let dir = gateway.stop().await;
    let store = postern::store::Store::open(dir.path()).unwrap();
    assert!(!store.session(good["sid"].as_str().unwrap()).unwrap().unwrap().ended);
    assert!(store.session(revoked["sid"].as_str().unwrap()).unwrap().unwrap().ended);
}

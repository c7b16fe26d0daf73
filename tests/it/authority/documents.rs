//! Clients that are known by the address of their own description.

use super::browser::{Browser, LEAD, register, tokens};
use super::world::{allowed, jwks, world, world_with};
use postern::authority::fetch::wire::{Fetched, Lost};
use postern::authority::pages::Publisher;
use postern_api::TenantId;
use serde_json::{Value, json};

const CLAUDE_CODE: &str = "https://claude.ai/oauth/claude-code-client-metadata";
const LOOPBACK: &str = "http://localhost:53999/callback";
const ID: &str = "https://client.example/c.json";
const WEB: &str = "https://client.example/callback";

fn document(id: &str, redirects: &[&str]) -> Value {
    json!({
        "client_id": id, "client_name": "Test", "redirect_uris": redirects, "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    })
}

#[tokio::test]
async fn o19_a_client_of_a_document_is_named_by_its_host_and_one_on_this_computer_is_warned_of_each_time() {
    let world = world().await;
    world
        .published
        .put(CLAUDE_CODE, &document(CLAUDE_CODE, &["http://localhost/callback", "http://127.0.0.1/callback"]));
    let client = world.client(CLAUDE_CODE, LOOPBACK);
    let browser = Browser::of(&world.gateway, LEAD);
    let page = browser.get(&client.authorize(&[])).await;
    for words in ["published by <bdi>claude.ai</bdi>", "this computer", "answers on this computer only"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let code = allowed(&browser, &page).await;
    let (access, refresh) = tokens(&client.redeem(&code, &[]).await);
    assert_eq!(client.call(&access).await, 200);
    tokens(&client.refresh(&refresh, &[]).await);
    let authority = world.gateway.authority.clone().unwrap();
    let connected = authority.connected_in(&TenantId::new(crate::gateway::TENANT).unwrap(), 0, 10).unwrap();
    assert_eq!(connected[0].publisher, Publisher::Host("claude.ai".into()));
    assert_eq!(&*connected[0].client, CLAUDE_CODE);
    let again = browser.get(&client.authorize(&[])).await;
    assert_eq!((again.status.as_u16(), again.location()), (200, None), "asked again, though agreed before");
    assert_eq!(world.published.asked(), 1, "kept");
    let moved = browser.get(&client.authorize(&[("redirect_uri", "http://localhost:53999/other")])).await;
    assert_eq!((moved.status.as_u16(), moved.location()), (400, None));
}

#[tokio::test]
async fn o19_a_client_of_a_host_that_is_not_allowed_is_not_known_and_not_asked_for() {
    let world = world_with(|config| config.authority.client_documents.hosts = vec!["claude.ai".into()]).await;
    world.published.put(ID, &document(ID, &[WEB]));
    let sub = "https://sub.claude.ai/c.json";
    world.published.put(sub, &document(sub, &[WEB]));
    let browser = Browser::of(&world.gateway, LEAD);
    for id in [ID, sub] {
        let page = browser.get(&world.client(id, WEB).authorize(&[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None));
    }
    assert_eq!(world.published.asked(), 0);
    world.published.put(CLAUDE_CODE, &document(CLAUDE_CODE, &["http://localhost/callback"]));
    assert_eq!(browser.get(&world.client(CLAUDE_CODE, LOOPBACK).authorize(&[])).await.status, 200);
    let off = world_with(|config| config.authority.client_documents.enabled = false).await;
    off.published.put(ID, &document(ID, &[WEB]));
    assert_eq!(Browser::of(&off.gateway, LEAD).get(&off.client(ID, WEB).authorize(&[])).await.status, 400);
    assert_eq!(off.published.asked(), 0);
    let metadata = json!({
        "redirect_uris": [WEB], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://client.example/keys",
    });
    for (world, status) in [(&world, 400), (&off, 400)] {
        assert_eq!(register(&world.gateway, metadata.clone()).await.status, status, "keys from there neither");
    }
    for (world, offered) in [(&world, true), (&off, false)] {
        let metadata = format!("{}/.well-known/oauth-authorization-server", world.gateway.origin);
        let metadata: Value = reqwest::get(metadata).await.unwrap().json().await.unwrap();
        assert_eq!(metadata["client_id_metadata_document_supported"], offered);
        let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
        assert!(methods.contains(&json!("none")) && methods.contains(&json!("private_key_jwt")), "{methods:?}");
    }
}

#[tokio::test]
async fn o17_s09_a_document_that_cannot_be_had_or_lies_is_one_answer_and_no_redirect() {
    let world = world().await;
    let browser = Browser::of(&world.gateway, LEAD);
    let text = |body: String| Ok(Fetched { body: body.into(), max_age: None });
    let good = document(ID, &[WEB]);
    let mut large = good.clone();
    large["x"] = "x".repeat(5_200).into();
    let mut shared = good.clone();
    shared["token_endpoint_auth_method"] = "client_secret_post".into();
    let twice = good.to_string().replacen('{', "{\"client_id\":\"https://evil.example/c.json\",", 1);
    let answers = [
        Err(Lost::Passing("unreachable")),
        Err(Lost::Final("status")),
        Err(Lost::Final("content_type")),
        text("<html>".into()),
        text(document("https://other.example/c.json", &[WEB]).to_string()),
        text(large.to_string()),
        text(shared.to_string()),
        text(twice),
        text(document(ID, &["javascript:alert(1)"]).to_string()),
    ];
    let mut pages = std::collections::BTreeSet::new();
    for (nth, answer) in answers.into_iter().enumerate() {
        // The minute after which it is asked for again.
        world.clock.advance(86_400);
        world.published.answers(ID, answer);
        let before = world.published.asked();
        let client = world.client(ID, WEB);
        let page = browser.get(&client.authorize(&[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{nth}");
        let request = page.headers["x-request-id"].to_str().unwrap().to_owned();
        pages.insert(page.text.replace(&request, ""));
        let token = client.refresh("pr_x", &[]).await;
        assert_eq!((token.status.as_u16(), &token.json()["error"]), (401, &json!("invalid_client")), "{nth}");
        assert_eq!(world.published.asked(), before + 1, "kept, also that there is none: {nth}");
    }
    assert_eq!(pages.len(), 1, "nothing tells what was found: {pages:?}");
    let before = world.published.asked();
    for id in [
        "http://client.example/c.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example/c.json#x",
        "https://client.example/c.json?x=1",
        "https://client.example/a/../c.json",
        "https://user@client.example/c.json",
        "https://127.0.0.1/c.json",
        "https://[::1]/c.json",
        "https://0x7f.1/c.json",
        "https://client.example:8443/c.json",
        "https://localhost/c.json",
    ] {
        let page = browser.get(&world.client(id, WEB).authorize(&[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{id}");
    }
    assert_eq!(world.published.asked(), before);
}

#[tokio::test]
async fn o17_who_names_many_documents_waits_and_a_client_that_is_known_does_not() {
    let world = world_with(|config| config.authority.client_documents.per_host_per_minute = 2).await;
    let browser = Browser::of(&world.gateway, LEAD);
    world.published.put(ID, &document(ID, &[WEB]));
    assert_eq!(browser.get(&world.client(ID, WEB).authorize(&[])).await.status, 200);
    let statuses = futures::future::join_all((0..10).map(async |nth| {
        let client = world.client(&format!("https://client.example/{nth}"), WEB);
        browser.get(&client.authorize(&[])).await.status.as_u16()
    }));
    let statuses = statuses.await;
    assert_eq!(statuses.iter().filter(|it| **it == 400).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|it| **it == 503).count(), 9, "{statuses:?}");
    let token = world.client("https://client.example/0123", WEB).refresh("pr_x", &[]).await;
    assert_eq!((token.status.as_u16(), &token.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(browser.get(&world.client(ID, WEB).authorize(&[])).await.status, 200);
    assert_eq!(world.published.asked(), 2);
}

#[tokio::test]
async fn o18_a_document_that_changed_after_the_consent_voids_it() {
    let world = world().await;
    let browser = Browser::of(&world.gateway, LEAD);
    let changes: [fn(&mut Value); 3] = [
        |it| it["client_name"] = "Another".into(),
        |it| it["redirect_uris"] = json!([WEB, "https://evil.example/callback"]),
        |it| it["jwks"] = jwks(&[1]),
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        let id = format!("https://client.example/{nth}.json");
        let mut said = document(&id, &[WEB]);
        world.published.put(&id, &said);
        let client = world.client(&id, WEB);
        let code = allowed(&browser, &browser.get(&client.authorize(&[])).await).await;
        let (_, refresh) = tokens(&client.redeem(&code, &[]).await);
        let (_, refresh) = tokens(&client.refresh(&refresh, &[]).await);
        let agreed = browser.get(&client.authorize(&[])).await;
        let early = agreed.answer("code").expect("the same description is not asked about again");
        change(&mut said);
        world.published.put(&id, &said);
        world.clock.advance(61);
        let asked = browser.get(&client.authorize(&[])).await;
        assert_eq!((asked.status.as_u16(), asked.location()), (200, None), "{nth}");
        assert!(asked.text.contains("description has changed"), "{}", asked.text);
        assert_eq!(client.redeem(&early, &[]).await.json()["error"], "invalid_grant", "{nth}");
        assert_eq!(client.refresh(&refresh, &[]).await.json()["error"], "invalid_grant", "{nth}");
        let code = allowed(&browser, &asked).await;
        tokens(&client.redeem(&code, &[]).await);
    }
}

#[tokio::test]
async fn every_clients_published_document_is_taken() {
    let world = world().await;
    let keys = "https://chatgpt.com/oauth/jwks.json";
    let chatgpt = |id: &str, redirect: &str| {
        let mut it = document(id, &[redirect]);
        it["token_endpoint_auth_method"] = "private_key_jwt".into();
        it["token_endpoint_auth_methods_supported"] = json!(["none", "private_key_jwt"]);
        it["token_endpoint_auth_signing_alg"] = "RS256".into();
        it["jwks_uri"] = keys.into();
        it
    };
    let (claude, codex) =
        ("https://claude.ai/oauth/mcp-oauth-client-metadata", "https://chatgpt.com/oauth/codex/client.json");
    let code = "https://vscode.dev/oauth/client-metadata.json";
    let (one, legacy) = ("https://chatgpt.com/oauth/a1B2c3/client.json", "https://chatgpt.com/oauth/client.json");
    let (connector, platform) =
        ("https://chatgpt.com/connector/oauth/a1B2c3", "https://chatgpt.com/connector_platform_oauth_redirect");
    let claudes = ["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"];
    let codes = [
        "https://vscode.dev/redirect",
        "https://insiders.vscode.dev/redirect",
        "http://127.0.0.1:33418/",
        "http://127.0.0.1/",
    ];
    for (id, document, asked) in [
        (claude, document(claude, &claudes), claudes[1]),
        (CLAUDE_CODE, document(CLAUDE_CODE, &["http://localhost/callback", "http://127.0.0.1/callback"]), LOOPBACK),
        (one, chatgpt(one, connector), connector),
        (legacy, chatgpt(legacy, platform), platform),
        (codex, document(codex, &["http://127.0.0.1/callback"]), "http://127.0.0.1:41001/callback"),
        (code, document(code, &codes), "http://127.0.0.1:60002/"),
    ] {
        world.published.put(id, &document);
        let browser = Browser::of(&world.gateway, LEAD);
        let client = world.client(id, asked);
        let code = allowed(&browser, &browser.get(&client.authorize(&[])).await).await;
        let (access, _) = tokens(&client.redeem(&code, &[]).await);
        assert_eq!(client.call(&access).await, 200, "{id}");
    }
}

/// What each client sends to register itself: as it was recorded of the very program, or as it was reported of it.
#[tokio::test]
async fn every_clients_registration_and_addresses_are_taken() {
    let world = world().await;
    let known: Vec<Value> = serde_json::from_str(include_str!("registrations.json")).unwrap();
    for it in known {
        let name = it["client"].as_str().unwrap();
        let answer = register(&world.gateway, it["payload"].clone()).await;
        assert_eq!(answer.status, 201, "{name} {answer:?}");
        let kept = answer.json();
        assert_eq!(kept["redirect_uris"], it["payload"]["redirect_uris"], "{name}");
        assert_eq!(kept["token_endpoint_auth_method"], it["payload"]["token_endpoint_auth_method"], "{name}");
        let asked = it["answered_at"].as_str().unwrap();
        let client = world.client(kept["client_id"].as_str().unwrap(), asked);
        let browser = Browser::of(&world.gateway, LEAD);
        let page = browser.get(&client.authorize(&[])).await;
        let answer = browser.allow(&page, &["support.read", "support.write"]).await;
        let to = answer.location().unwrap_or_default();
        assert!(to.starts_with(&format!("{asked}?code=")), "{name} {to}");
        let code = answer.answer("code").unwrap();
        let answer = match (kept["token_endpoint_auth_method"].as_str().unwrap(), kept["client_secret"].as_str()) {
            ("none", None) => client.redeem(&code, &[]).await,
            ("client_secret_post", Some(secret)) => client.redeem(&code, &[("client_secret", secret)]).await,
            // Only its maker has its key; without one it is nobody.
            ("private_key_jwt", None) => {
                assert_eq!(client.redeem(&code, &[]).await.json()["error"], "invalid_client", "{name}");
                continue;
            }
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(client.call(&tokens(&answer).0).await, 200, "{name}");
    }
}

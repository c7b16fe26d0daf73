//! What is malformed, replayed or somebody else's.

use super::browser::{Browser, Client, LEAD, REDIRECT, gateway, register};
use crate::gateway::claims_of;
use serde_json::{Value, json};

const BOTH: [&str; 2] = ["support.read", "support.write"];

pub(crate) fn claims(token: &str) -> Value {
    claims_of(token)
}

#[tokio::test]
async fn o01_o08_a_request_with_another_address_or_shape_is_never_redirected_to_it() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    for uri in [
        "https://client.example/callback/",
        "https://client.example/callback?x=1",
        "https://evil.example/callback",
        "http://client.example/callback",
        "https://client.example/cb/../callback",
        "",
    ] {
        let page = browser.get(&client.authorize(&[("redirect_uri", uri)])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{uri}");
        assert!(!page.text.contains("evil.example"), "{}", page.text);
    }
    let unknown = browser.get(&client.authorize(&[("client_id", "nobody")])).await;
    assert_eq!((unknown.status.as_u16(), unknown.location()), (400, None));
    let challenge = "x".repeat(42);
    for (changes, error) in [
        (&[("code_challenge", "")][..], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", challenge.as_str())], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("request", "x.y.z")], "request_not_supported"),
        (&[("request_uri", "https://evil.example/")], "request_uri_not_supported"),
        (&[("resource", "https://other.example/mcp")], "invalid_target"),
        (&[("prompt", "none")], "consent_required"),
    ] {
        let page = browser.get(&client.authorize(changes)).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{changes:?}");
        // Followed by hand alone: nobody vouches for this client's address.
        assert!(
            page.text.contains(&format!("error={error}")) && page.text.contains("iss="),
            "{changes:?} {}",
            page.text
        );
    }
}

#[tokio::test]
async fn o03_a_challenge_that_another_client_sent_is_refused_and_a_clients_own_is_not() {
    let gateway = gateway().await;
    let (client, other) = (Client::register(&gateway).await, Client::register(&gateway).await);
    let browser = Browser::of(&gateway, LEAD);
    for _ in 0..2 {
        assert_eq!(browser.get(&client.authorize(&[])).await.status, 200);
    }
    let theirs = super::browser::challenge(&client.verifier());
    let page = browser.get(&other.authorize(&[("code_challenge", &theirs)])).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
    assert!(page.text.contains("error=invalid_request"), "{}", page.text);
    assert!(gateway.rows().iter().any(|it| it["code"] == "pkce_of_another_client"));
    assert_eq!(browser.get(&other.authorize(&[])).await.status, 200);
}

#[tokio::test]
async fn o07_o04_a_code_is_for_one_client_address_and_verifier() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let other = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let verifier = "y".repeat(43);
    for changes in [
        &[("client_id", other.id.as_str())][..],
        &[("redirect_uri", "https://client.example/other")],
        &[("code_verifier", "")],
        &[("code_verifier", verifier.as_str())],
        &[("resource", "https://other.example/mcp")],
    ] {
        let code = client.code(&browser, &BOTH).await;
        let answer = client.redeem(&code, changes).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_grant")), "{changes:?}");
        assert_eq!(client.redeem(&code, &[]).await.status, 400, "used up: {changes:?}");
    }
}

#[tokio::test]
async fn o11_a_consent_is_given_once_by_who_was_asked_in_the_browser_that_was_asked() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let page = browser.get(&client.authorize(&[])).await;
    let (flow, csrf) = (page.field("flow"), page.field("csrf"));
    let form = |csrf: &str| {
        [
            ("flow", flow.clone()),
            ("csrf", csrf.to_owned()),
            ("decision", "allow".into()),
            ("scope", "support.read".into()),
        ]
    };
    fn borrowed<'a>(it: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
        it.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
    let wrong = browser.post("/authorize/consent", &borrowed(&form("wrong"))).await;
    assert_eq!((wrong.status.as_u16(), wrong.location()), (403, None));
    let stranger = Browser::of(&gateway, LEAD);
    let elsewhere = stranger.post("/authorize/consent", &borrowed(&form(&csrf))).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.location()), (403, None), "another browser");
    let cookie = browser.cookies.lock()["person"].clone();
    browser.sign_in("basic@acme.example");
    let theirs = format!("csrf-{}", browser.cookies.lock()["person"]);
    let other = browser.post("/authorize/consent", &borrowed(&form(&theirs))).await;
    assert_eq!((other.status.as_u16(), other.location()), (403, None), "another person");
    browser.cookies.lock().insert("person".into(), cookie);
    let good = browser.post("/authorize/consent", &borrowed(&form(&csrf))).await;
    assert_eq!(good.status, 303, "{good:?}");
    let replay = browser.post("/authorize/consent", &borrowed(&form(&csrf))).await;
    assert_eq!((replay.status.as_u16(), replay.location()), (403, None), "twice");
}

#[tokio::test]
async fn o10_who_is_not_signed_in_sees_the_client_before_any_sign_in_and_o28_o30_headers_guard_the_pages() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::new(&gateway);
    let page = browser.get(&client.authorize(&[])).await;
    assert_eq!((page.status.as_u16(), page.location()), (200, None));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(
        (&page.headers["x-frame-options"], &page.headers["cache-control"]),
        (&"DENY".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let flow = page.field("flow");
    // O09: the address after the sign-in, opened in another browser.
    let victim = Browser::of(&gateway, LEAD);
    victim.get(&client.authorize(&[])).await;
    assert!(victim.cookies.lock().contains_key("postern-flow"), "a flow of its own");
    let captured = victim.get(&format!("/authorize/continue?flow={flow}")).await;
    assert_eq!((captured.status.as_u16(), captured.location()), (400, None));
}

#[tokio::test]
async fn o27_another_clients_token_is_as_if_it_was_not_there() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let (access, _) = client.tokens(&Browser::of(&gateway, LEAD), &BOTH).await;
    let other = Client::register(&gateway).await;
    let revoked = other.send("/revoke", &[("token", &access), ("client_id", &other.id)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(client.call(&access).await, 200);
    let kept = register(&gateway, json!({"redirect_uris": [REDIRECT]})).await.json();
    let (id, secret) = (kept["client_id"].as_str().unwrap(), kept["client_secret"].as_str().unwrap());
    let asked = client.send("/introspect", &[("token", &access), ("client_id", id), ("client_secret", secret)]).await;
    assert_eq!(asked.json(), json!({"active": false}));
    assert_eq!(client.send("/introspect", &[("token", &access)]).await.status, 401);
    assert_eq!(client.send("/introspect", &[("token", &access), ("client_id", &client.id)]).await.status, 401);
    let wrong = client.send("/introspect", &[("token", &access), ("client_id", id), ("client_secret", "wrong")]).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn o25_o21_a_refresh_by_another_client_or_with_a_secret_in_the_url_is_refused() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let (_, refresh) = client.tokens(&Browser::of(&gateway, LEAD), &BOTH).await;
    let other = Client::register(&gateway).await;
    assert_eq!(other.refresh(&refresh, &[]).await.json()["error"], "invalid_grant");
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", client.id.as_str())];
    assert_eq!(client.send("/token?client_secret=x", &form).await.json()["error"], "invalid_request");
    assert_eq!(client.refresh(&refresh, &[("client_id", &client.id)]).await.json()["error"], "invalid_request");
    assert_eq!(client.refresh(&refresh, &[("client_secret", "x")]).await.json()["error"], "invalid_client");
    assert_eq!(client.refresh(&refresh, &[]).await.status, 200, "nothing of this used it up");
}

#[tokio::test]
async fn o02_o16_a_registration_that_asks_for_too_much_is_refused() {
    let gateway = gateway().await;
    let many = vec![REDIRECT; 11];
    for (metadata, error) in [
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["data:text/html,x"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["file:///etc/passwd"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["http://client.example/"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": many}), "invalid_redirect_uri"),
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [REDIRECT], "jwks_uri": "https://10.0.0.1/"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [REDIRECT], "grant_types": ["client_credentials"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [REDIRECT], "grant_types": ["password"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [REDIRECT], "grant_types": ["implicit"]}), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
    ] {
        let answer = register(&gateway, metadata.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!(error)), "{metadata}");
    }
    let large = register(&gateway, json!({"redirect_uris": [REDIRECT], "client_name": "x".repeat(17 * 1024)})).await;
    assert_eq!(large.status, 413);
    let off = super::browser::gateway_with(|config| config.authority.registration = false).await;
    assert_eq!(register(&off, json!({"redirect_uris": [REDIRECT]})).await.status, 404);
    let metadata = format!("{}/.well-known/oauth-authorization-server", off.origin);
    let metadata: Value = reqwest::get(metadata).await.unwrap().json().await.unwrap();
    assert!(metadata.get("registration_endpoint").is_none() && metadata["token_endpoint"].is_string(), "{metadata}");
    let rated = super::browser::gateway_with(|config| config.authority.registrations_per_hour = 2).await;
    let statuses = [0; 3].map(|_| register(&rated, json!({"redirect_uris": [REDIRECT]})));
    let statuses = futures::future::join_all(statuses).await;
    assert_eq!(statuses.iter().filter(|it| it.status == 429).count(), 1);
}

#[tokio::test]
async fn o20_metadata_is_built_from_the_configuration_alone() {
    let gateway = gateway().await;
    let http = reqwest::Client::new();
    for path in ["oauth-authorization-server", "openid-configuration"] {
        let request =
            http.get(format!("{}/.well-known/{path}", gateway.origin)).header("x-forwarded-host", "evil.example");
        let document: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(document["issuer"], gateway.origin);
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert!(!document.to_string().contains("evil"), "{document}");
    }
    let request = http.get(format!("{}/.well-known/oauth-protected-resource/mcp", gateway.origin));
    let document: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(document["authorization_servers"], json!([gateway.origin]));
    assert_eq!(document["resource"], gateway.mcp_url());
}

#[tokio::test]
async fn t15_nothing_but_an_access_token_is_one() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let (access, refresh) = client.tokens(&browser, &BOTH).await;
    assert_eq!(client.call(&refresh).await, 401);
    let cookie = browser.cookies.lock()["postern-flow"].clone();
    assert_eq!(client.call(&cookie).await, 401);
    let mut parts: Vec<&str> = access.split('.').collect();
    let forged = parts[1].to_owned() + "A";
    parts[1] = &forged;
    assert_eq!(client.call(&parts.join(".")).await, 401);
    assert_eq!(client.call(&access).await, 200);
}

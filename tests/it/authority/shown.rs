//! What the web pages say of clients that are really connected.

use super::browser::{Browser, Client, LEAD};
use super::world::world_with;
use serde_json::json;

const BOTH: [&str; 2] = ["support.read", "support.write"];

#[tokio::test]
async fn a_client_is_shown_by_its_name_with_what_happened_and_when_it_was_used() {
    let world = world_with(|config| config.console.enabled = Some(true)).await;
    let client = Client::register(&world.gateway).await;
    let browser = Browser::of(&world.gateway, LEAD);
    let (access, _) = client.tokens(&browser, &BOTH).await;
    let before = browser.get("/console/clients").await.text;
    assert!(before.contains("Test") && before.contains("Not yet"), "{before}");
    world.gateway.bearing(&access).data("customer_list_tickets", json!({})).await;
    let after = browser.get("/console/clients").await.text;
    assert!(!after.contains("Not yet"), "{after}");
    let activity = browser.get("/console/activity").await.text;
    for words in ["Allowed a client", "A client got access", "<bdi>Test</bdi>"] {
        assert!(activity.contains(words), "{words}: {activity}");
    }
    assert!(!activity.contains(&client.id) && !activity.contains("reached no tool"), "{activity}");
    // Nobody is connected to it any more, and it is still called so.
    client.send("/revoke", &[("token", &access), ("client_id", &client.id)]).await;
    let audit = Browser::of(&world.gateway, "admin@msp.example").get("/console/admin/audit").await.text;
    assert!(audit.contains("A client gave its access back") && audit.contains("<bdi>Test</bdi>"), "{audit}");
}

#[tokio::test]
async fn o12_a_name_that_is_read_as_a_known_clients_is_warned_of() {
    let world = world_with(|_| {}).await;
    for (name, warned) in
        [("Claude Code (postern)", false), ("C1aude", true), ("\u{421}laude", true), ("Reporting", false)]
    {
        let metadata = json!({"redirect_uris": [super::browser::REDIRECT], "token_endpoint_auth_method": "none", "client_name": name});
        let id =
            super::browser::register(&world.gateway, metadata).await.json()["client_id"].as_str().unwrap().to_owned();
        let client = world.client(&id, super::browser::REDIRECT);
        let page = Browser::new(&world.gateway).get(&client.authorize(&[])).await;
        assert_eq!(page.text.contains("letters that are easily taken for others"), warned, "{name}");
    }
}

#[tokio::test]
async fn a_form_that_is_too_long_is_a_page() {
    let world = world_with(|_| {}).await;
    let long = "x".repeat(40_000);
    for path in ["/authorize/consent", "/authorize/sign-in", "/sign-in", "/sign-in/msp-example/customer"] {
        let page = Browser::new(&world.gateway).post(path, &[("csrf", &long)]).await;
        assert_eq!(page.status, 413, "{path}");
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(page.text.contains("<h1>") && !page.text.contains("buffer"), "{path}: {}", page.text);
    }
}

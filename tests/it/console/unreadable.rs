//! What the framework cannot read is told on a page of ours.

use super::{Browser, StatusCode};
use crate::gateway::Gateway;

#[tokio::test]
async fn a_form_that_is_too_long_is_a_page_and_changes_nothing() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let browser = Browser::of(&gateway, Some(&lead));
    let (csrf, long) = (browser.csrf(), "x".repeat(9 * 1024));
    let path = format!("/console/clients/g-{}/revoke", lead_subject(&browser));
    let form = [("csrf", csrf.as_str()), ("confirm", "revoke"), ("reason", &long)];
    let page = browser.post(&path, &form).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text.contains("This cannot be read") && page.text.contains("Nothing was changed"), "{}", page.text);
    assert!(page.text.contains("/console/clients"), "with the way back into the console: {}", page.text);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(gateway.clients.0.lock().is_empty());
    // Who is not signed in is asked to, and learns nothing else.
    let stranger = Browser::of(&gateway, None).post(&path, &form).await;
    assert_eq!((stranger.status, stranger.text.as_str()), (StatusCode::SEE_OTHER, ""));
    // The same form without the ballast does it.
    assert_eq!(browser.post(&path, &form[..2]).await.status, StatusCode::OK);
    assert_eq!(gateway.clients.0.lock().len(), 1);
}

fn lead_subject(browser: &Browser<'_>) -> String {
    crate::gateway::claims_of(browser.token.as_deref().unwrap())["sub"].as_str().unwrap().to_owned()
}

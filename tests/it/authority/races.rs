//! Many at once.

use super::browser::{Browser, Client, LEAD, gateway, tokens};
use futures::future::join_all;

const BOTH: [&str; 2] = ["support.read", "support.write"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o06_one_code_redeemed_a_hundred_times_at_once_gives_one_token_and_o05_a_replay_ends_it() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let code = client.code(&Browser::of(&gateway, LEAD), &BOTH).await;
    let answers = join_all((0..100).map(|_| client.redeem(&code, &[]))).await;
    let good: Vec<_> = answers.iter().filter(|it| it.status == 200).collect();
    assert_eq!(good.len(), 1);
    assert!(answers.iter().filter(|it| it.status != 200).all(|it| it.json()["error"] == "invalid_grant"));
    let (access, refresh) = tokens(good[0]);
    assert_eq!(client.call(&access).await, 401, "a code that was shown twice is worth nothing");
    assert_eq!(client.refresh(&refresh, &[]).await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o24_a_refresh_beside_a_revocation_leaves_nothing_alive_a_thousand_times() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    for round in 0..1_000 {
        let page = browser.get(&client.authorize(&[])).await;
        let code = match page.answer("code") {
            Some(code) => code,
            None => browser.allow(&page, &BOTH).await.answer("code").unwrap(),
        };
        let (_, refresh) = tokens(&client.redeem(&code, &[]).await);
        let gone = [("token", refresh.as_str()), ("client_id", client.id.as_str())];
        let (renewed, revoked) = if round % 2 == 0 {
            let (renewed, revoked) = tokio::join!(client.refresh(&refresh, &[]), client.send("/revoke", &gone));
            (renewed, revoked)
        } else {
            let (revoked, renewed) = tokio::join!(client.send("/revoke", &gone), client.refresh(&refresh, &[]));
            (renewed, revoked)
        };
        assert_eq!(revoked.status, 200);
        if renewed.status == 200 {
            let (access, next) = tokens(&renewed);
            assert_eq!(client.call(&access).await, 401, "round {round}");
            assert_eq!(client.refresh(&next, &[]).await.status, 400, "round {round}");
        }
    }
}

#[tokio::test]
async fn o22_two_refreshes_in_the_grace_are_both_good_and_an_older_token_ends_the_family() {
    let gateway = gateway().await;
    let client = Client::register(&gateway).await;
    let browser = Browser::of(&gateway, LEAD);
    let (_, first) = client.tokens(&browser, &BOTH).await;
    let (one, two) = tokio::join!(client.refresh(&first, &[]), client.refresh(&first, &[]));
    let ((access, second), (_, sibling)) = (tokens(&one), tokens(&two));
    assert_ne!(second, sibling);
    assert_eq!(client.call(&access).await, 200);
    let (access, _) = tokens(&client.refresh(&second, &[]).await);
    // The grandparent, although it is seconds old.
    assert_eq!(client.refresh(&first, &[]).await.json()["error"], "invalid_grant");
    assert_eq!(client.call(&access).await, 401);
}

#[tokio::test]
async fn o23_a_refresh_token_used_again_after_the_grace_ends_family_and_access_tokens() {
    let gateway = super::browser::gateway_with(|config| config.authority.refresh_grace_secs = -1).await;
    let client = Client::register(&gateway).await;
    let (_, first) = client.tokens(&Browser::of(&gateway, LEAD), &BOTH).await;
    let (access, second) = tokens(&client.refresh(&first, &[]).await);
    assert_eq!(client.call(&access).await, 200);
    assert_eq!(client.refresh(&first, &[]).await.json()["error"], "invalid_grant");
    assert_eq!(client.call(&access).await, 401);
    assert_eq!(client.refresh(&second, &[]).await.json()["error"], "invalid_grant");
    assert!(gateway.rows().iter().any(|it| it["code"] == "family_ended" && it["decision"] == "denied"));
}

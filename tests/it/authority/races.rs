//! Many at once.

use super::browser::{Browser, Client, LEAD, gateway, tokens};
use crate::gateway::{Gateway, TENANT};
use futures::future::join_all;
use postern::authority::RevokedBy;
use postern_api::TenantId;

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

/// One grant that is renewed twice and ended at the same moment, in every order. Half of them its client ends, half its owner.
async fn renewed_and_ended(gateway: &Gateway, client: &Client, round: usize) {
    let (_, refresh) = client.tokens(&Browser::of(gateway, LEAD), &BOTH).await;
    let authority = gateway.authority.clone().unwrap();
    let grants = authority.connected_in(&TenantId::new(TENANT).unwrap(), 0, 100).unwrap();
    let grant = grants.into_iter().find(|it| *it.client == *client.id).unwrap();
    let ended = async {
        if round.is_multiple_of(2) {
            let gone = [("token", refresh.as_str()), ("client_id", client.id.as_str())];
            assert_eq!(client.send("/revoke", &gone).await.status, 200);
        } else {
            let tenant = TenantId::new(TENANT).unwrap();
            let ending = move || authority.revoke(&tenant, &grant.principal, &grant.grant, RevokedBy::Owner);
            assert!(tokio::task::spawn_blocking(ending).await.unwrap().unwrap());
        }
    };
    let renewed = || client.refresh(&refresh, &[]);
    let (one, two) = match round / 2 % 3 {
        0 => {
            let (one, two, ()) = tokio::join!(renewed(), renewed(), ended);
            (one, two)
        }
        1 => {
            let (one, (), two) = tokio::join!(renewed(), ended, renewed());
            (one, two)
        }
        _ => {
            let ((), one, two) = tokio::join!(ended, renewed(), renewed());
            (one, two)
        }
    };
    for renewed in [one, two] {
        if renewed.status == 200 {
            let (access, next) = tokens(&renewed);
            assert_eq!(client.call(&access).await, 401, "round {round}");
            assert_eq!(client.refresh(&next, &[]).await.status, 400, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o24_a_refresh_beside_a_revocation_leaves_nothing_alive_a_thousand_times() {
    let gateway = gateway().await;
    let clients = join_all((0..8).map(|_| Client::register(&gateway))).await;
    // Eight at once, so that each has the others' changes beside it.
    let work = clients.iter().enumerate().map(|(nth, client)| {
        let gateway = &gateway;
        async move {
            for round in 0..125 {
                renewed_and_ended(gateway, client, round * 8 + nth).await;
            }
        }
    });
    join_all(work).await;
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

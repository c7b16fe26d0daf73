//! Rates of callers, tenants and strangers.

use super::*;

#[tokio::test]
async fn d03_a_flood_of_strangers_does_not_stop_a_caller_who_is_known() {
    let edge = edge_with(
        |it| {
            it.config.throttle.stranger_per_minute = 1;
            it.config.throttle.stranger_burst = 5;
        },
        bench(),
    );
    let from = |address: &str, token: Option<&str>| {
        let mut request = request(&[], CALL);
        request.extensions_mut().insert(Peer(address.parse().unwrap()));
        if let Some(token) = token {
            authorise(&mut request, token);
        }
        request
    };
    let good = token_with(json!({}));
    assert_eq!(edge.send(from("192.0.2.1", Some(&good))).await.status, 200);
    for _ in 0..4 {
        assert_eq!(edge.send(from("192.0.2.1", Some("a.b.c"))).await.status, 401);
    }
    let flooded = edge.send(from("192.0.2.1", Some("a.b.c"))).await;
    assert_eq!(flooded.status, 429);
    assert!(flooded.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(edge.noted.reasons().pop(), Some(Reason::Throttled));
    assert_eq!(edge.send(from("192.0.2.1", Some(&good))).await.status, 200, "also from the same address");
    assert_eq!(edge.send(from("192.0.2.2", None)).await.status, 401, "another address has its own rate");
}

#[tokio::test]
async fn d04_a_callers_rate_is_the_callers_own_and_a_tenants_is_everybodys() {
    let edge = edge_with(
        |it| {
            it.config.throttle.caller_per_minute = 1;
            it.config.throttle.caller_burst = 2;
            it.config.throttle.tenant_per_minute = 1;
            it.config.throttle.tenant_burst = 3;
        },
        bench(),
    );
    let call = async |subject: &str| {
        let mut request = request(&[], CALL);
        authorise(&mut request, &token_with(json!({"sub": subject})));
        edge.send(request).await.status.as_u16()
    };
    assert_eq!([call("ann").await, call("ann").await, call("ann").await], [200, 200, 429]);
    assert_eq!([call("bob").await, call("bob").await], [200, 429]);
}

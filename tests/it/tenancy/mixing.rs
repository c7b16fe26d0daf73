//! Many tenants and organisations at once, and nothing of one in an answer to another.

use crate::gateway::{Gateway, Person};
use postern_embedded::demo::ACCOUNTS;
use serde_json::json;

/// Somebody, the word that only they may read, and where they are.
struct Someone {
    person: Person,
    canary: String,
    place: String,
    is_customer: bool,
}

/// Everybody of both tenants, each customer with a ticket that nobody of another organisation may read.
async fn everybody(gateway: &Gateway, http: &reqwest::Client) -> Vec<Someone> {
    let mut all = Vec::new();
    for tenant in ["one", "two"] {
        for (nth, account) in ACCOUNTS.iter().enumerate().filter(|(_, it)| it.role != "finance") {
            let mut person =
                if tenant == "one" { gateway.person(account.email) } else { gateway.elsewhere(account.email) };
            person.user = person.user.over(http);
            let place = format!("{tenant}{}", account.organisation.unwrap_or(""));
            let canary = format!("CANARY{place}n{nth}");
            let is_customer = account.realm == "customer";
            if is_customer {
                let new = json!({ "subject": canary, "description": canary });
                person.data("customer_submit_ticket", new).await;
            }
            all.push(Someone { person, canary, place, is_customer });
        }
    }
    all
}

async fn nothing_crosses(http: reqwest::Client) {
    let gateway = Gateway::start().await;
    let all = std::sync::Arc::new(everybody(&gateway, &http).await);
    let calls = (0..all.len() * 12).map(|nth| {
        let all = all.clone();
        tokio::spawn(async move {
            let me = &all[nth % all.len()];
            let tool = if me.is_customer { "customer_list_tickets" } else { "search_tickets" };
            let answer = me.person.data(tool, json!({ "limit": 50 })).await.to_string();
            for other in all.iter() {
                let own = other.is_customer && other.place.starts_with(&me.place);
                if !own {
                    assert!(!answer.contains(&other.canary), "{} read {}", me.canary, other.canary);
                }
            }
            assert!(!me.is_customer || answer.contains(&me.canary));
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn b10_interleaved_callers_of_two_tenants_read_their_own_over_http_1() {
    nothing_crosses(reqwest::Client::new()).await;
}

#[tokio::test]
async fn b10_interleaved_callers_of_two_tenants_read_their_own_over_one_http_2_connection() {
    nothing_crosses(reqwest::Client::builder().http2_prior_knowledge().build().unwrap()).await;
}

#[tokio::test]
async fn b11_the_same_question_of_two_people_is_answered_to_each() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let elsewhere = gateway.elsewhere("lead@acme.example");
    elsewhere.data("customer_submit_ticket", json!({ "subject": "x", "description": "x" })).await;
    let total = async |who: &Person| who.data("customer_list_tickets", json!({})).await["pagination"]["total"].clone();
    for _ in 0..3 {
        let (a, b, c) = tokio::join!(total(&lead), total(&basic), total(&elsewhere));
        assert_eq!((a, b, c), (json!(12), json!(4), json!(13)));
    }
}

/// B06: what is counted, found and sorted is the caller's own.
#[tokio::test]
async fn b06_counts_and_hits_tell_nothing_of_others() {
    let gateway = Gateway::start().await;
    let (acme, staff) = (gateway.person("lead@acme.example"), gateway.person("support-read@msp.example"));
    let before = acme.data("customer_list_tickets", json!({})).await;
    for who in [gateway.person("lead@globex.example"), gateway.elsewhere("lead@acme.example")] {
        who.data("customer_submit_ticket", json!({ "subject": "zzcanary", "description": "zzcanary" })).await;
    }
    let private = json!({ "subject": "zzcanary", "description": "zzcanary" });
    gateway.elsewhere("basic@acme.example").data("customer_submit_ticket", private).await;
    let after = acme.data("customer_list_tickets", json!({})).await;
    assert_eq!(before, after);
    let found = staff.data("search_tickets", json!({ "query": "zzcanary" })).await;
    assert_eq!(found["pagination"]["total"], 1, "two of the three are another tenant's");
    let nothing = acme.data("customer_search_kb", json!({ "query": "RB-VPNREKEY" })).await;
    assert_eq!(nothing, json!({ "articles": [], "total": 0 }));
}

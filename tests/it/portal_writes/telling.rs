//! Notifications.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.notification.preview";
const SEND: &str = "portal.notification.send";

fn send(gateway: &Gateway, emails: &[&str], topic: &str) -> Value {
    let ids: Vec<_> = emails.iter().map(|it| gateway.contact(it)).collect();
    json!({ "customer_id": "acme", "recipient_contact_ids": ids, "topic": topic })
}

#[tokio::test]
async fn a_usual_word_to_one_person_is_sent_once_without_anybody_else() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let preview = lead.data(PREVIEW, send(&gateway, &["lead@acme.example"], "progress")).await;
    assert_eq!(preview["needs"], "nothing", "{preview}");
    let before = gateway.count("notice");
    let named = json!({ "preview_id": preview["preview_id"] });
    let done = lead.data(SEND, named.clone()).await;
    assert_eq!((&done["sent"], &done["failed"]), (&json!(1), &json!(0)));
    assert_eq!(gateway.count("notice"), before + 1);
    assert_eq!(lead.data(SEND, named).await, done);
    assert_eq!(gateway.count("notice"), before + 1);
}

#[tokio::test]
async fn to_many_about_something_delicate_or_in_own_words_waits_for_an_approval() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let own = json!({ "subject": "Maintenance on Sunday", "body": "The portal is away from 6 to 7." });
    for arguments in [
        send(&gateway, &["lead@acme.example", "basic@acme.example"], "update"),
        send(&gateway, &["lead@acme.example"], "payment"),
        send(&gateway, &["lead@acme.example"], "security"),
        with(send(&gateway, &["lead@acme.example"], "update"), "own_words", own),
    ] {
        lead.waits(PREVIEW, arguments).await;
    }
    assert_eq!(gateway.count("notice WHERE by = 'Sofia Lindqvist' AND subject = 'The portal has changed'"), 0);
}

/// Nobody is told whom a rule keeps from it, whoever approves; and then nobody else either.
#[tokio::test]
async fn consent_opt_out_caps_rights_and_other_customers_are_respected() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    for (emails, topic, code) in [
        (&["rachel.adams@acme.example"][..], "update", "NOTIFICATION_REFUSED"),
        (&["lead@acme.example", "rachel.adams@acme.example"], "document", "NOTIFICATION_REFUSED"),
        (&["greg.ellis@acme.example"], "update", "NOTIFICATION_REFUSED"),
        (&["omar.haddad@acme.example"], "update", "NOTIFICATION_REFUSED"),
        (&["alice.wong@acme.example"], "payment", "NOTIFICATION_REFUSED"),
        (&["basic@acme.example"], "payment", "NOTIFICATION_REFUSED"),
        (&["lead@acme.example", "lead@globex.example"], "update", "CONTACT_NOT_FOUND"),
    ] {
        assert_eq!(lead.code(PREVIEW, send(&gateway, emails, topic)).await, code, "{emails:?} {topic}");
    }
    gateway.sql(
        "INSERT INTO consent (tenant, organisation, contact, kind, granted, version, source, by, at)
         SELECT tenant, organisation, key, 'notifications', 0, '1', 'portal', 'x', 4000000000000000 FROM contact
         WHERE email = 'lead@acme.example' AND tenant = 'msp-example'",
    );
    assert_eq!(lead.code(PREVIEW, send(&gateway, &["lead@acme.example"], "update")).await, "NOTIFICATION_REFUSED");
    // About an account people are told whatever they opted out of, after an approval.
    lead.waits(PREVIEW, send(&gateway, &["lead@acme.example"], "security")).await;
    let others = json!({ "subject": "News", "body": "Globex GmbH has it already." });
    let naming = with(send(&gateway, &["basic@acme.example"], "update"), "own_words", others);
    assert_eq!(lead.code(PREVIEW, naming).await, "BLOCKED_BY_RULE");
}

/// W02: who withdrew between the approval and the sending is not told.
#[tokio::test]
async fn w02_a_consent_that_was_withdrawn_after_the_approval_counts() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, send(&gateway, &["lead@acme.example", "basic@acme.example"], "update")).await;
    assert!(gateway.decide(&id, true));
    gateway
        .person("lead@acme.example")
        .data(
            "portal.consent.update",
            json!({
                "kind": "notifications", "granted": false, "version": "2026-01",
            }),
        )
        .await;
    let before = gateway.count("notice");
    assert_eq!(lead.code(SEND, json!({ "preview_id": id })).await, "NOTIFICATION_REFUSED");
    assert_eq!(gateway.count("notice"), before);
}

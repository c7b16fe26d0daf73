//! Notifications.

use super::with;
use crate::gateway::Gateway;
use jiff::Timestamp;
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

/// W02: who had enough, or no longer wants it, between the approval and the sending is not told, and nobody else either.
#[tokio::test]
async fn w02_caps_and_opt_outs_of_after_the_approval_count() {
    for change in [
        "INSERT INTO opt_out (tenant, contact, topic, channel) SELECT tenant, key, 'update', 'in_app' FROM contact
         WHERE email = 'lead@acme.example' AND tenant = 'msp-example'",
        "UPDATE portal_config SET daily_notification_cap = 0",
    ] {
        let gateway = Gateway::start().await;
        let lead = gateway.person("service-lead@msp.example");
        let (id, _) = lead.waits(PREVIEW, send(&gateway, &["lead@acme.example", "basic@acme.example"], "update")).await;
        assert!(gateway.decide(&id, true));
        let before = gateway.count("notice");
        gateway.sql(change);
        assert_eq!(lead.code(SEND, json!({ "preview_id": id })).await, "NOTIFICATION_REFUSED", "{change}");
        assert_eq!(gateway.count("notice"), before);
    }
}

/// A cap is counted also where a day holds more notices than one answer does.
#[tokio::test]
async fn a_cap_counts_beyond_what_one_answer_holds() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let notice = |email: &str, many: u32, at: &str| {
        format!(
            "INSERT INTO notice (tenant, id, organisation, recipient, channel, topic, subject, by, at, state, settled)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
             SELECT c.tenant, 'NT-' || c.id || '-' || i, c.organisation, c.key, 'in_app', 'update', 's', 'x', {at}, 'sent', 1
             FROM n, contact c WHERE c.email = '{email}' AND c.tenant = 'msp-example'"
        )
    };
    let now = Timestamp::now().as_microsecond();
    gateway.sql(&notice("lead@acme.example", 3, &format!("{now} - 7200000000")));
    gateway.sql(&notice("alice.wong@acme.example", 300, &format!("{now} - 60000000 - i")));
    assert_eq!(lead.code(PREVIEW, send(&gateway, &["lead@acme.example"], "update")).await, "NOTIFICATION_REFUSED");
    lead.data(PREVIEW, send(&gateway, &["basic@acme.example"], "update")).await;
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

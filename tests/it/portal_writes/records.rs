//! Profiles, forms, consents, questions and answers, looks, figures.

use super::with;
use crate::gateway::Gateway;
use crate::mcp::wire::within;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const PROFILE: &str = "portal.profile_update.preview";
const UPDATE: &str = "portal.customer_profile.update";
const CONSENT: &str = "portal.consent.update";
const FORM: &str = "portal.form_submission.record";
const FAQ: &str = "portal.faq_entry.upsert";
const LOOKS: &str = "portal.branding.upsert";
const FIGURES: &str = "portal.analytics_snapshot.record";

#[tokio::test]
async fn a_customer_changes_the_own_number_at_once_and_the_old_one_is_kept() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let preview = bob.data(PROFILE, json!({ "changes": { "phone": "+1 202 555 0999" } })).await;
    assert_eq!(preview["needs"], "nothing", "{preview}");
    assert!(preview["summary"].as_str().unwrap().contains("+1 202 555 0171"), "{preview}");
    bob.data(UPDATE, json!({ "preview_id": preview["preview_id"] })).await;
    let phone = "SELECT phone FROM contact WHERE email = 'basic@acme.example' AND tenant = 'msp-example'";
    assert_eq!(gateway.text(phone), "+1 202 555 0999");
    for (arguments, code) in [
        (json!({ "changes": {} }), "VALIDATION_ERROR"),
        (json!({ "changes": { "phone": "call me" } }), "VALIDATION_ERROR"),
        (json!({ "changes": { "company_name": "Bobs" } }), "VALIDATION_ERROR"),
        (json!({ "changes": { "company_name": "Bobs" }, "for_customer": true }), "LEAD_REQUIRED"),
        (
            json!({ "changes": { "title": "Boss" }, "contact_id": gateway.contact("lead@acme.example") }),
            "ACCESS_DENIED",
        ),
        (
            json!({ "changes": { "title": "Boss" }, "contact_id": gateway.contact("lead@globex.example") }),
            "CONTACT_NOT_FOUND",
        ),
        (json!({ "changes": { "title": "Boss" }, "customer_id": "globex" }), "ORGANIZATION_NOT_FOUND"),
        (json!({ "changes": { "title": "Boss" }, "verified_by": "me" }), "VALIDATION_ERROR"),
    ] {
        assert_eq!(bob.code(PROFILE, arguments.clone()).await, code, "{arguments}");
    }
}

#[tokio::test]
async fn what_is_delicate_or_not_verified_overwrites_nothing_alone() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let (id, _) = bob.waits(PROFILE, json!({ "changes": { "email": "bob@acme.example" } })).await;
    let early = bob.ask(UPDATE, json!({ "preview_id": id })).await;
    assert_eq!(early["status"], "pending_approval");
    let lead = gateway.person("lead@acme.example");
    lead.waits(PROFILE, json!({ "changes": { "company_phone": "+1 202 555 0999" }, "for_customer": true })).await;
    let colleague =
        json!({ "changes": { "phone": "+1 202 555 0999" }, "contact_id": gateway.contact("basic@acme.example") });
    lead.waits(PROFILE, colleague).await;
    let agent = gateway.person("support-write@msp.example");
    let staff = json!({ "customer_id": "acme", "contact_id": gateway.contact("basic@acme.example"),
        "changes": { "phone": "+1 202 555 0998" }, "source": "telephone" });
    assert_eq!(agent.code(PROFILE, staff.clone()).await, "BLOCKED_BY_RULE", "nobody verified it");
    let staff = with(staff, "verified_by", json!("called back on the old number"));
    let preview = agent.data(PROFILE, staff).await;
    assert_eq!(preview["needs"], "confirmation", "{preview}");
    let named = json!({ "preview_id": preview["preview_id"] });
    let confirmation = agent.pending(UPDATE, named.clone()).await;
    gateway.sql("UPDATE contact SET phone = '+1 202 555 0001' WHERE email = 'basic@acme.example'");
    assert_eq!(agent.settle(&confirmation, true).await.1["code"], "PREVIEW_STALE");
    assert_eq!(gateway.count("contact WHERE phone = '+1 202 555 0998'"), 0);
}

/// Opt-outs are kept in the customer's profile, and hold at once.
#[tokio::test]
async fn what_somebody_wants_to_be_told_is_their_own_to_say() {
    let gateway = Gateway::start().await;
    let jane = gateway.person("lead@acme.example");
    let choice =
        |wanted: bool| json!({ "notifications": [{ "topic": "update", "channel": "in_app", "wanted": wanted }] });
    let preview = jane.data(PROFILE, choice(false)).await;
    assert_eq!(preview["needs"], "nothing", "{preview}");
    let kept = jane.data(UPDATE, json!({ "preview_id": preview["preview_id"] })).await;
    assert_eq!(kept["notifications_changed"], 1);
    let lead = gateway.person("service-lead@msp.example");
    let ids = [gateway.contact("lead@acme.example")];
    let send = json!({ "customer_id": "acme", "recipient_contact_ids": ids, "topic": "update" });
    assert_eq!(lead.code("portal.notification.preview", send.clone()).await, "NOTIFICATION_REFUSED");
    for wrong in [
        choice(false),
        json!({}),
        with(choice(true), "changes", json!({ "title": "x" })),
        with(choice(true), "for_customer", json!(true)),
        json!({ "notifications": [{ "topic": "security", "channel": "email", "wanted": false }] }),
    ] {
        assert_eq!(jane.code(PROFILE, wrong.clone()).await, "VALIDATION_ERROR", "{wrong}");
    }
    let others = with(choice(false), "contact_id", json!(gateway.contact("lead@globex.example")));
    assert_eq!(jane.code(PROFILE, others).await, "CONTACT_NOT_FOUND");
    // Whom an employee signs up again, somebody else agrees to.
    let staff = with(with(choice(true), "customer_id", json!("acme")), "contact_id", json!(ids[0]));
    let staff = with(with(staff, "source", json!("telephone")), "verified_by", json!("called back"));
    lead.waits(PROFILE, staff).await;
    let preview = jane.data(PROFILE, choice(true)).await;
    jane.data(UPDATE, json!({ "preview_id": preview["preview_id"] })).await;
    lead.data("portal.notification.preview", send).await;
}

#[tokio::test]
async fn consents_are_added_and_never_changed() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let before = gateway.count("consent");
    let kept = bob.data(CONSENT, json!({ "kind": "payments", "granted": true, "version": "2026-02" })).await;
    assert_eq!((&kept["kind"], &kept["granted"]), (&json!("payments"), &json!(true)));
    assert!(kept["at"].is_string());
    assert_eq!(gateway.count("consent"), before + 1);
    let last = "consent WHERE key = (SELECT max(key) FROM consent)";
    assert_eq!(
        gateway.count(&format!(
            "{last} AND source = 'portal' AND version = '2026-02' AND device IS NOT NULL AND address = '127.0.0.0/24'"
        )),
        1
    );
    for (arguments, code) in [
        (json!({ "contact_id": gateway.contact("lead@acme.example") }), "ACCESS_DENIED"),
        (json!({ "contact_id": gateway.contact("lead@globex.example") }), "CONTACT_NOT_FOUND"),
        (json!({ "for_customer": true }), "LEAD_REQUIRED"),
    ] {
        let arguments = ["kind", "granted", "version"]
            .iter()
            .zip([json!("terms"), json!(true), json!("1")])
            .fold(arguments, |it, (name, value)| with(it, name, value));
        assert_eq!(bob.code(CONSENT, arguments.clone()).await, code, "{arguments}");
    }
    let agent = gateway.person("support-write@msp.example");
    let staff = json!({ "customer_id": "acme", "contact_id": gateway.contact("lead@acme.example"),
        "kind": "terms", "granted": false, "version": "2026-01", "source": "telephone" });
    assert_eq!(agent.code(CONSENT, staff.clone()).await, "VALIDATION_ERROR", "an employee says why");
    let id = agent.pending(CONSENT, with(staff, "reason", json!("Asked for it."))).await;
    assert_eq!(agent.settle(&id, true).await.1["data"]["granted"], false);
    assert_eq!(gateway.count("consent"), before + 2);
}

#[tokio::test]
async fn forms_are_held_to_their_fields_and_delicate_ones_wait() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let form = json!({ "form_id": "FM-satisfaction", "form_version": 1, "answers": { "score": "5" } });
    bob.data(FORM, with(form.clone(), "file_names", json!(["plan.pdf"]))).await;
    assert_eq!(gateway.text("SELECT files FROM submission"), "[\"plan.pdf\"]");
    assert_eq!(gateway.count("submission WHERE source = 'portal' AND submitted_by = 'basic@acme.example'"), 1);
    for (name, value, code) in [
        ("answers", json!({ "score": "6" }), "VALIDATION_ERROR"),
        ("answers", json!({ "score": "5", "colour": "red" }), "VALIDATION_ERROR"),
        ("answers", json!({ "words": "fine" }), "VALIDATION_ERROR"),
        ("form_version", json!(2), "VALIDATION_ERROR"),
        ("form_id", json!("FM-none"), "RECORD_NOT_FOUND"),
        ("file_names", json!(["x.exe"]), "BLOCKED_BY_RULE"),
        ("customer_id", json!("globex"), "ORGANIZATION_NOT_FOUND"),
        ("submitted_by_email", json!("lead@acme.example"), "VALIDATION_ERROR"),
    ] {
        assert_eq!(bob.code(FORM, with(form.clone(), name, value.clone())).await, code, "{name} {value}");
    }
    let (_, waiting) = bob
        .waits(
            FORM,
            json!({ "form_id": "FM-service", "form_version": 1,
        "answers": { "service": "training", "people": "3", "health_needs": "a standing desk" } }),
        )
        .await;
    assert!(!waiting.to_string().contains("standing desk"), "{waiting}");
    bob.waits(
        FORM,
        json!({ "form_id": "FM-drawing", "form_version": 2,
        "answers": { "drawing": "D-1", "decision": "approved", "signer": "Bob Miller" } }),
    )
    .await;
    let agent = gateway.person("support-write@msp.example");
    let staff = with(
        with(with(form, "customer_id", json!("acme")), "source", json!("letter")),
        "submitted_by_email",
        json!("lead@globex.example"),
    );
    assert_eq!(agent.code(FORM, staff.clone()).await, "CONTACT_NOT_FOUND");
    agent.data(FORM, with(staff, "submitted_by_email", json!("lead@acme.example"))).await;
    assert_eq!(gateway.count("submission"), 2);
}

#[tokio::test]
async fn answers_are_published_as_they_were_reviewed_or_not_at_all() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let faq = json!({ "question": "Where is the new button?", "answer": "On the right.", "language": "en", "state": "draft" });
    let kept = lead.data(FAQ, faq.clone()).await;
    let known = with(faq.clone(), "faq_entry_id", kept["faq_entry_id"].clone());
    lead.waits(FAQ, with(known.clone(), "state", json!("published"))).await;
    let promise =
        json!({ "question": "Refund?", "answer": "We refund a month.", "language": "en", "state": "published" });
    assert_eq!(lead.code(FAQ, promise.clone()).await, "BLOCKED_BY_RULE", "by its words");
    assert_eq!(
        lead.code(FAQ, with(with(faq.clone(), "sensitive", json!(true)), "state", json!("published"))).await,
        "BLOCKED_BY_RULE"
    );
    // That it counts as reviewed, somebody else says.
    lead.waits(FAQ, with(promise, "state", json!("reviewed"))).await;
    let id = |question: &str| {
        gateway.text(&format!("SELECT id FROM faq WHERE tenant = 'msp-example' AND question = '{question}'"))
    };
    let reviewed = json!({ "faq_entry_id": id("Can I pay in instalments?"), "question": "Can I pay in instalments?",
        "answer": "Yes, in three parts on request.", "language": "en", "state": "published", "sensitive": true });
    let owner = gateway.person("owner@msp.example");
    assert_eq!(owner.code(FAQ, with(reviewed.clone(), "answer", json!("Yes, in twelve."))).await, "BLOCKED_BY_RULE");
    let confirmation = owner.pending(FAQ, reviewed).await;
    assert_eq!(owner.settle(&confirmation, true).await.1["data"]["state"], "published");
    let inside = json!({ "faq_entry_id": id("Who approves a credit note?"), "question": "Who approves a credit note?",
        "answer": "x", "language": "en", "state": "published" });
    assert_eq!(owner.code(FAQ, inside).await, "BLOCKED_BY_RULE");
    assert_eq!(owner.code(FAQ, with(faq, "faq_entry_id", json!("FQ-9999"))).await, "RECORD_NOT_FOUND");
}

#[tokio::test]
async fn looks_are_the_owners_and_hold_nothing_but_public_names() {
    let gateway = Gateway::start().await;
    let owner = gateway.person("owner@msp.example");
    for (name, value, code) in [
        ("logo_url", json!("http://cdn.msp.example/logo.png"), "BLOCKED_BY_RULE"),
        ("logo_url", json!("https://169.254.169.254/logo.png"), "BLOCKED_BY_RULE"),
        ("logo_url", json!("https://user:pw@cdn.msp.example/logo.png"), "BLOCKED_BY_RULE"),
        ("login_image_url", json!("https://127.0.0.1/door.png"), "BLOCKED_BY_RULE"),
        ("domain", json!("localhost"), "BLOCKED_BY_RULE"),
        ("domain", json!("10.0.0.1"), "BLOCKED_BY_RULE"),
        ("colours", json!({ "primary": "red" }), "VALIDATION_ERROR"),
        ("languages", json!(["english"]), "VALIDATION_ERROR"),
        ("domain", json!("portal.msp.example"), "CONFLICT"),
        ("dns_token", json!("x"), "VALIDATION_ERROR"),
    ] {
        assert_eq!(owner.code(LOOKS, with(json!({}), name, value.clone())).await, code, "{name} {value}");
    }
    let id = owner.pending(LOOKS, json!({ "colours": { "primary": "#AABBCC" } })).await;
    assert_eq!(gateway.count("branding WHERE colours LIKE '%#aabbcc%'"), 0);
    assert_eq!(owner.settle(&id, true).await.1["status"], "success");
    assert_eq!(gateway.count("branding WHERE colours LIKE '%#aabbcc%' AND colours LIKE '%accent%'"), 1);
    let door = json!({ "login_text": "Sign in here.", "login_image_url": "https://cdn.msp.example/door.png" });
    let id = owner.pending(LOOKS, door).await;
    assert_eq!(owner.settle(&id, true).await.1["status"], "success");
    let looks = gateway.person("lead@acme.example").data("portal.branding.get", json!({})).await;
    assert_eq!(
        (&looks["login_text"], &looks["login_image_url"]),
        (&json!("Sign in here."), &json!("https://cdn.msp.example/door.png"))
    );
    for email in ["service-lead@msp.example", "admin@msp.example", "lead@acme.example"] {
        let person = gateway.person(email);
        let unknown = person.user.call("no_such_tool", json!({})).await;
        let answer = person.user.call(LOOKS, json!({ "white_label": true })).await;
        assert!(answer == unknown || answer["result"]["isError"] == true, "{email}: {answer}");
    }
}

#[tokio::test]
async fn figures_name_nobody_and_small_groups_are_left_out() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let now = Timestamp::now();
    let span = |days: i64| {
        json!({ "customer_id": "acme",
        "from": (now - SignedDuration::from_hours(24 * days)).to_string(), "until": (now - SignedDuration::from_secs(1)).to_string() })
    };
    let tickets = gateway.text("SELECT group_concat(updated_at) FROM ticket");
    let kept = lead.data(FIGURES, span(60)).await;
    let left: Vec<_> = kept["left_out"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(left.contains(&"documents_saved") && left.contains(&"payments_looked_at"), "{kept}");
    for name in ["Jane", "acme.example", "CT-"] {
        assert!(!kept["figures"].to_string().contains(name), "{kept}");
    }
    assert_eq!(gateway.count("snapshot"), 1);
    assert_eq!(gateway.text("SELECT group_concat(updated_at) FROM ticket"), tickets);
    gateway.sql("UPDATE portal_config SET minimum_group = 0");
    let again = lead.data(FIGURES, span(60)).await;
    assert!(again["left_out"].to_string().contains("documents_saved"), "one person is no group: {again}");
    for (name, value) in [("until", json!("2099-01-01T00:00:00Z")), ("from", json!("2020-01-01T00:00:00Z"))] {
        assert_eq!(lead.code(FIGURES, with(span(60), name, value)).await, "VALIDATION_ERROR", "{name}");
    }
    assert_eq!(lead.code(FIGURES, with(span(60), "customer_id", json!("nobody"))).await, "ORGANIZATION_NOT_FOUND");
}

/// What people look for answers with, and whom it spared a request; groups are counted in people, not in calls.
#[tokio::test]
async fn self_service_is_counted_over_people_and_small_groups_are_left_out() {
    let gateway = Gateway::start().await;
    let people = ["lead@acme.example", "basic@acme.example", "alice.wong@acme.example", "rachel.adams@acme.example"];
    for email in people {
        let token = |it: &mut Value| {
            it["email"] = json!(email);
            it["sub"] = json!(email);
        };
        let person = gateway.claiming("basic@acme.example", token);
        for _ in 0..3 {
            person.data("customer_search_kb", json!({ "query": "vpn" })).await;
        }
    }
    gateway.person("basic@globex.example").data("customer_search_kb", json!({ "query": "vpn" })).await;
    let lead = gateway.person("service-lead@msp.example");
    let snapshot = async || {
        // The machine's clock may be set back by a little; what happened is before the span's end all the same.
        let last: Timestamp = gateway.rows().last().unwrap()["at"].as_str().unwrap().parse().unwrap();
        let now = within(async {
            while Timestamp::now() <= last {
                tokio::task::yield_now().await;
            }
            Timestamp::now()
        })
        .await;
        let (from, until) = ((now - SignedDuration::from_hours(1)).to_string(), now.to_string());
        lead.data(FIGURES, json!({ "customer_id": "acme", "from": from, "until": until })).await
    };
    gateway.sql("UPDATE portal_config SET minimum_group = 5");
    let kept = snapshot().await;
    let left: Vec<_> = kept["left_out"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(left.contains(&"self_service_queries") && left.contains(&"deflection_percent"), "{kept}");
    gateway.sql("UPDATE portal_config SET minimum_group = 4");
    let kept = snapshot().await;
    assert_eq!(kept["figures"]["self_service_queries"], 12.0, "{kept}");
    assert_eq!(kept["figures"]["deflection_percent"], 100.0, "{kept}");
    // One of them asks after all: the figure would tell of that one.
    gateway
        .person("basic@acme.example")
        .data("portal.request.create", json!({ "subject": "VPN", "description": "x" }))
        .await;
    gateway.person("basic@acme.example").data("customer_search_kb", json!({ "query": "vpn" })).await;
    let kept = snapshot().await;
    assert!(kept["figures"].get("deflection_percent").is_none(), "{kept}");
}

/// B01: somebody of another customer and nobody at all are the same answer, byte for byte.
#[tokio::test]
async fn b01_another_customers_people_and_missing_ones_are_the_same_answer() {
    let gateway = Gateway::start().await;
    let foreign = gateway.contact("lead@globex.example");
    for email in ["lead@acme.example", "basic@acme.example"] {
        let person = gateway.person(email);
        for (tool, arguments) in [
            (PROFILE, json!({ "changes": { "title": "Boss" } })),
            (CONSENT, json!({ "kind": "terms", "granted": true, "version": "1" })),
        ] {
            let mut answers = Vec::new();
            for (name, id) in [
                ("contact_id", foreign.as_str()),
                ("contact_id", "CT-none"),
                ("customer_id", "globex"),
                ("customer_id", "nobody"),
            ] {
                let mut answer = person.ask(tool, with(arguments.clone(), name, json!(id))).await;
                answer["request_id"].take();
                answers.push(answer.to_string());
            }
            assert_eq!(answers[0], answers[1], "{email} {tool}");
            assert_eq!(answers[2], answers[3], "{email} {tool}");
        }
    }
    assert_eq!(gateway.count("consent WHERE version = '1'"), 0);
}

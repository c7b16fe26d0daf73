//! Defaults, branding, questions and forms.

use super::{BASIC, LEAD, SERVICE_LEAD};
use crate::gateway::Gateway;
use crate::support::{column, keys};
use serde_json::json;

#[tokio::test]
async fn the_portals_defaults_hold_no_secret_and_are_the_same_for_all() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD).data("portal.config.get", json!({})).await;
    let fields = [
        "daily_notification_cap",
        "latest_version_only",
        "login_policy",
        "notification_channels",
        "payments_enabled",
        "sla_resolution_hours",
        "sla_response_hours",
        "timezone",
        "visible_by_default",
    ];
    assert_eq!(keys(&lead), fields);
    assert_eq!(lead["timezone"], "America/New_York");
    let staff = gateway.person(SERVICE_LEAD).data("portal.config.get", json!({})).await;
    assert_eq!(staff["minimum_group"], 5);
}

#[tokio::test]
async fn branding_is_public_words_and_pictures_and_nothing_that_may_be_a_token() {
    let gateway = Gateway::start().await;
    gateway.sql(
        "UPDATE branding SET logo_url = 'https://u:p@portal.msp.example/logo.svg?verify=DNSTOKEN7',
         domain = 'portal.msp.example TXT DNSTOKEN7', colours = '{\"primary\":\"#12395b\",\"x\":\"DNSTOKEN7\"}'
         WHERE tenant = 'msp-example'",
    );
    for email in [LEAD, BASIC, SERVICE_LEAD, "finance@msp.example"] {
        let view = gateway.person(email).data("portal.branding.get", json!({})).await;
        assert_eq!(keys(&view), ["colours", "languages", "logo_url", "updated_at", "welcome_text", "white_label"]);
        assert_eq!(view["logo_url"], "https://portal.msp.example/logo.svg");
        assert_eq!(view["colours"], json!({ "primary": "#12395b" }));
    }
}

#[tokio::test]
async fn customers_read_answers_that_are_published_for_their_kind_and_count_no_other() {
    let gateway = Gateway::start().await;
    let tool = "portal.faq_entries.list";
    let acme = gateway.person(BASIC).data(tool, json!({})).await;
    assert_eq!(acme["pagination"]["total"], 4);
    assert_eq!(keys(&acme["entries"][0]), ["answer", "category", "faq_id", "language", "question", "updated_at"]);
    let initech = gateway.person("basic@initech.example").data(tool, json!({})).await;
    assert_eq!(initech["pagination"]["total"], 3, "one is for enterprises");
    let german = gateway.person(BASIC).data(tool, json!({ "language": "de" })).await;
    assert_eq!(column(&german["entries"], "question"), ["Wie stelle ich eine Anfrage?"]);
    let payments = gateway.person(LEAD).data(tool, json!({ "category": "Payments" })).await;
    assert_eq!(payments["entries"], json!([]), "drafts and reviewed ones are no answers yet");
    let staff = gateway.person(SERVICE_LEAD).data(tool, json!({})).await;
    assert_eq!(staff["pagination"]["total"], 8);
    let states = column(&staff["entries"], "state");
    assert!(states.contains(&"draft") && states.contains(&"reviewed"));
}

#[tokio::test]
async fn every_field_of_every_form_says_how_delicate_it_is() {
    let gateway = Gateway::start().await;
    for email in [LEAD, BASIC, SERVICE_LEAD] {
        let list = gateway.person(email).data("portal.form_templates.list", json!({})).await;
        assert_eq!(list["pagination"]["total"], 4);
        let mut classes = Vec::new();
        for form in list["forms"].as_array().unwrap() {
            classes.extend(column(&form["fields"], "class").into_iter().map(str::to_owned));
        }
        assert!(classes.iter().all(|it| ["plain", "pii", "sensitive"].contains(&&**it)), "{classes:?}");
        assert_eq!(classes.iter().filter(|it| **it == "sensitive").count(), 2);
        let some = gateway.person(email).data("portal.form_templates.list", json!({ "kind": "profile_update" })).await;
        assert_eq!(column(&some["forms"], "form_id"), ["FM-profile"]);
    }
}

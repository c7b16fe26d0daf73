//! Organisations and contacts.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

#[tokio::test]
async fn an_organisation_comes_with_domains_tier_and_limits() {
    let desk = desk().await;
    let acme_ltd = desk.crm().organisation(&acme(), &ext(ACME)).await.expect("an organisation");
    let acme_ltd = open(acme_ltd).expect("Acme");
    assert_eq!(acme_ltd.domains, ["acme.example", "acme.test"]);
    assert_eq!(acme_ltd.subscription_tier.as_deref(), Some("enterprise"));
    assert_eq!(acme_ltd.limits, Limits { tickets_per_month: Some(50), contacts: None });
    assert_eq!(acme_ltd.status, OrganisationStatus::Active);
    clean(&acme_ltd);
    for (field, value, status) in
        [("stopped", json!(1), OrganisationStatus::Suspended), ("inactive", json!(true), OrganisationStatus::Closed)]
    {
        desk.state().data(|data| data.clients[0][field] = value);
        let row = open(desk.crm().organisation(&acme(), &ext(ACME)).await.expect("an organisation")).expect("Acme");
        assert_eq!(row.status, status);
    }
}

#[tokio::test]
async fn a_limit_that_is_no_number_is_not_no_limit() {
    let desk = desk().await;
    desk.state().data(|data| data.clients[0]["customfields"][1]["value"] = json!("plenty"));
    let error = desk.crm().organisation(&acme(), &ext(ACME)).await.expect_err("unreadable");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn an_organisation_out_of_reach_is_not_asked_for() {
    let desk = desk().await;
    for other in [GLOBEX, "999", "globex", "013"] {
        let error = desk.crm().organisation(&acme(), &ext(other)).await.expect_err("out of reach");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "organisation not found"));
        assert_eq!(desk.crm().contacts(&acme(), &ext(other)).await.expect("nobody").len(), 0);
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn contacts_are_one_organisations_by_name_and_ignored_filters_raise_the_alarm() {
    let desk = desk().await;
    for ignored in [false, true] {
        desk.state().quirks(|it| it.ignore_filters = ignored);
        let rows = desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts");
        assert_eq!(rows.len(), if ignored { 6 } else { 5 });
        let contacts = opened(rows);
        let names: Vec<&str> = contacts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Ann Lead", "Bob Basic", "Old Timer", "Twin One", "Twin Two"]);
        assert_eq!(contacts.iter().filter(|it| it.active).count(), 4);
        clean(&contacts);
    }
}

#[tokio::test]
async fn a_contact_names_its_owner() {
    let desk = desk().await;
    let ann = open(desk.crm().contact(&acme(), &cid(ANN)).await.expect("a contact")).expect("Acme's");
    assert_eq!((ann.name.as_str(), ann.email.as_deref()), ("Ann Lead", Some("ann.lead@acme.example")));
    let gil = desk.crm().contact(&acme(), &cid("88")).await.expect("the vendor gives it");
    assert_eq!(open(gil).map(|it| it.id).expect_err("Globex's"), Owner::Organisation(ext(GLOBEX)));
    let stray = desk.crm().contact(&acme(), &cid("89")).await.expect("the vendor gives it");
    assert_eq!(open(stray).map(|it| it.id).expect_err("nobody's"), Owner::Unknown);
    assert_eq!(desk.crm().contact(&acme(), &cid("999")).await.expect_err("missing").kind(), ErrorKind::NotFound);
}

//! Companies, contacts and who asks.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

#[tokio::test]
async fn an_organisation_has_its_domain_and_its_plan() {
    let desk = desk().await;
    let row = open(desk.crm().organisation(&acme(), &ext(ACME)).await.expect("Acme")).expect("Acme's");
    assert_eq!((row.name.as_str(), row.domains), ("Acme", vec!["acme.example".to_owned()]));
    assert_eq!((row.subscription_tier.as_deref(), row.limits.tickets_per_month), (Some("enterprise"), Some(20)));
    let error = desk.crm().organisation(&acme(), &ext(GLOBEX)).await.expect_err("out of reach");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    desk.state().data(|data| data.rows("Companies")[1]["userDefinedFields"][1]["value"] = json!("many"));
    let error = desk.crm().organisation(&acme(), &ext(ACME)).await.expect_err("no limit is not no number");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn a_requester_is_one_active_person_of_this_organisation() {
    let desk = desk().await;
    let find = async |email: &str| desk.desk().requester(&acme(), &ext(ACME), email).await;
    let person = open(find(" ANN.lead@acme.example ").await.expect("an answer").expect("Ann")).expect("Acme's");
    assert_eq!((person.contact, person.email.as_deref()), (Some(cid(ANN)), Some("ann.lead@acme.example")));
    assert!(find("gil@globex.example").await.expect("an answer").is_none());
    assert!(find("CANARY@third.example").await.expect("an answer").is_none());
    desk.state().data(|data| data.rows("Contacts")[1]["emailAddress"] = json!("ann.lead@acme.example"));
    assert_eq!(find("ann.lead@acme.example").await.expect_err("two of them").kind(), ErrorKind::Conflict);
    desk.state().data(|data| data.rows("Contacts")[1]["isActive"] = json!(0));
    assert!(find("ann.lead@acme.example").await.expect("an answer").is_some());
}

#[tokio::test]
async fn contacts_come_by_name_and_the_unclear_are_not_active() {
    let desk = desk().await;
    desk.state().data(|data| data.rows("Contacts")[0]["isActive"] = json!("perhaps"));
    let rows = opened(desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts"));
    let names: Vec<_> = rows.iter().map(|it| (it.name.as_str(), it.active)).collect();
    assert_eq!(names, [("Ann Lead", false), ("Bob Basic", true)]);
    clean(&rows);
}

#[tokio::test]
async fn the_directory_has_every_company_but_the_msps_own_and_is_bounded() {
    let desk = desk_with(|it| it.max_rows = 500).await;
    desk.state().data(|data| data.rows("Companies")[2]["isActive"] = json!(false));
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    let entries: Vec<_> = found.entries.iter().map(|it| (it.id.as_str(), it.name.as_str(), it.active)).collect();
    assert_eq!(entries, [(ACME, "Acme", true), (GLOBEX, "Globex", false)]);
    assert_eq!(found.entries[0].domains, ["acme.example"]);
    assert!(!found.truncated);
    clean(&found);
    desk.state().quirks(|it| it.page_size = 1);
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    assert_eq!((found.entries.len(), found.truncated), (2, false), "page by page");
    desk.state().log.clear();
    desk.state().quirks(|it| it.endless_pages = true);
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    assert!(found.truncated && found.entries.len() <= 500);
    assert!(desk.asked("POST", "Companies/query") <= 3, "bounded");
}

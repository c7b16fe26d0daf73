//! Documents and their versions.

use super::{BASIC, LEAD, SERVICE_LEAD};
use crate::gateway::Gateway;
use crate::support::{column, keys};
use serde_json::{Value, json};

const LIST: &str = "portal.documents.list";
const GET: &str = "portal.document_version.get";

#[tokio::test]
async fn customers_see_what_is_published_to_their_access_roles_and_count_nothing_else() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD).data(LIST, json!({})).await;
    assert_eq!(column(&lead["documents"], "document_id"), ["DOC-1002", "DOC-1001", "DOC-1007"]);
    assert_eq!(lead["pagination"]["total"], 3);
    let basic = gateway.person(BASIC).data(LIST, json!({ "limit": 1 })).await;
    assert_eq!(column(&basic["documents"], "document_id"), ["DOC-1002"]);
    assert_eq!(basic["pagination"], json!({ "total": 2, "limit": 1, "offset": 0, "has_more": true }));
    let report = &basic["documents"][0];
    assert_eq!(keys(report), ["document_id", "kind", "name", "updated_at", "versions", "visibility"]);
    assert_eq!(column(&report["versions"], "version_id"), ["DOC-1002-v1"], "the one in review is not hinted at");
    assert_eq!(keys(&report["versions"][0]), ["download", "number", "published_at", "sign_off", "state", "version_id"]);
    let all = gateway.person(LEAD).data(LIST, json!({ "include_internal": true })).await;
    assert_eq!(all, lead, "asking for internal ones has no effect for a customer");
    gateway.has_role(LEAD, "payer");
    let payer = gateway.person(LEAD).data(LIST, json!({})).await;
    assert_eq!(payer["pagination"]["total"], 2, "the invoice copy has ended");
    gateway.sql("UPDATE access_role SET rights = '[\"documents\"]' WHERE tenant = 'msp-example' AND id = 'payer'");
    let handbook = gateway.person(LEAD).data(GET, json!({ "document_id": "DOC-1007" })).await;
    assert_eq!(handbook["download"], false, "the publication allows it, the access role does not");
    gateway.sql("UPDATE access_role SET rights = '[\"invoices\"]' WHERE tenant = 'msp-example' AND id = 'payer'");
    assert_eq!(gateway.person(LEAD).code(LIST, json!({})).await, "ACCESS_DENIED");
    assert_eq!(gateway.person(LEAD).code(GET, json!({ "document_id": "DOC-1007" })).await, "ACCESS_DENIED");
}

#[tokio::test]
async fn employees_see_pending_documents_and_internal_ones_only_when_they_ask_for_them() {
    let gateway = Gateway::start().await;
    let staff = gateway.person(SERVICE_LEAD);
    let usual = staff.data(LIST, json!({ "customer_id": "acme" })).await;
    assert_eq!(usual["pagination"]["total"], 6);
    assert!(!usual.to_string().contains("ACMEFLOOR88"));
    let all = staff.data(LIST, json!({ "customer_id": "acme", "include_internal": true })).await;
    assert_eq!(all["pagination"]["total"], 7);
    let of = |list: &Value, id: &str| {
        list["documents"].as_array().unwrap().iter().find(|it| it["document_id"] == id).unwrap().clone()
    };
    assert_eq!(of(&all, "DOC-1003")["visibility"], "internal");
    assert_eq!(of(&usual, "DOC-1004")["visibility"], "pending");
    assert_eq!(of(&usual, "DOC-1001")["visibility"], "published");
    assert_eq!(of(&usual, "DOC-1001")["versions"][1]["visible_to"], json!(["manager"]));
    assert_eq!(column(&of(&usual, "DOC-1002")["versions"], "state"), ["approved", "in_review"]);
}

#[tokio::test]
async fn old_and_unapproved_versions_come_with_a_warning() {
    let gateway = Gateway::start().await;
    let staff = gateway.person(SERVICE_LEAD);
    let warning = async |document: &str, version: Option<&str>| {
        let mut arguments = json!({ "document_id": document });
        if let Some(version) = version {
            arguments["version_id"] = json!(version);
        }
        let answer = staff.ask(GET, arguments).await;
        (answer["data"]["is_latest"].as_bool().unwrap(), answer["metadata"]["warning"].as_str().map(str::to_owned))
    };
    assert_eq!(warning("DOC-1001", None).await, (true, None));
    let old = warning("DOC-1001", Some("DOC-1001-v1")).await;
    assert_eq!(old, (false, Some("This is version 1; version 2 is newer.".to_owned())));
    let review = warning("DOC-1002", None).await;
    assert_eq!(review, (true, Some("This version is in review and not approved.".to_owned())));
    let draft = warning("DOC-1005", None).await;
    assert_eq!(draft, (true, Some("This version is a draft and not approved.".to_owned())));
    let rejected = warning("DOC-1004", Some("DOC-1004-v1")).await.1.unwrap();
    assert_eq!(rejected, "This is version 1; version 2 is newer. This version was rejected.");
    let internal = warning("DOC-1003", None).await.1.unwrap();
    assert_eq!(internal, "This document is internal; it must not be published.");
    let detail = staff.data(GET, json!({ "document_id": "DOC-1001" })).await;
    assert_eq!((&detail["author"], &detail["source"]), (&json!("Sofia Lindqvist"), &json!("Upload")));
    assert_eq!(column(&detail["history"], "version_id"), ["DOC-1001-v2"]);
}

/// To a customer a version that is not theirs to see is not there, and neither is what it would warn of.
#[tokio::test]
async fn r02_a_version_that_is_not_published_to_a_customer_is_a_missing_one() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person(LEAD), gateway.person(BASIC));
    let answer = basic.ask(GET, json!({ "document_id": "DOC-1002" })).await;
    assert_eq!((&answer["data"]["is_latest"], &answer["data"]["number"]), (&json!(true), &json!(1)));
    assert_eq!(answer["metadata"], json!({ "untrusted_content": true }), "nothing says that a newer one waits");
    for field in ["author", "internal", "visible_to"] {
        assert_eq!(answer["data"].get(field), None);
    }
    assert_eq!(column(&answer["data"]["history"], "version_id"), ["DOC-1002-v1"]);
    let missing = lead.ask(GET, json!({ "document_id": "DOC-9999" })).await;
    assert_eq!(missing["code"], "RECORD_NOT_FOUND");
    for hidden in ["DOC-1003", "DOC-1004", "DOC-1005", "DOC-1006", "DOC-2002", "DOC-2003"] {
        assert_eq!(lead.ask(GET, json!({ "document_id": hidden })).await, missing, "{hidden}");
    }
    for (document, version) in [("DOC-1002", "DOC-1002-v2"), ("DOC-1001", "DOC-1001-v1"), ("DOC-1002", "DOC-2002-v1")] {
        let arguments = json!({ "document_id": document, "version_id": version });
        assert_eq!(lead.ask(GET, arguments).await, missing, "{version}");
    }
    assert_eq!(basic.ask(GET, json!({ "document_id": "DOC-1001" })).await, missing, "managers alone see it");
    gateway.sql("UPDATE document_version SET state = 'rejected' WHERE tenant = 'msp-example' AND id = 'DOC-1007-v1'");
    assert_eq!(lead.ask(GET, json!({ "document_id": "DOC-1007" })).await, missing, "rejected after it was published");
}

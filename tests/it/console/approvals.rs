//! Who sees and decides on action requests, and what it takes.

use super::{Browser, StatusCode, TENANT};
use crate::gateway::{Gateway, claims_of};
use jiff::{SignedDuration, Timestamp};
use postern::caller::Principal;
use postern::govern::action::{ActionId, ActionRequest, Actions, Content, Origin, Requester, State};
use postern_api::{OrganisationId, TenantId};
use postern_policies::{Effect, Realm};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn tenant() -> TenantId {
    TenantId::new(TENANT).unwrap()
}

/// A request of somebody's that waits for an approval.
pub(crate) fn waiting(gateway: &Gateway, tool: &str, requester: &str) -> ActionRequest {
    let claims = claims_of(&gateway.person(requester).token);
    let text = |key: &str| claims[key].as_str().unwrap();
    let now = Timestamp::now();
    let request = ActionRequest {
        id: ActionId::fresh(),
        tenant: tenant(),
        principal: Principal { issuer: text("iss").into(), subject: text("sub").into() },
        organisation: Some(OrganisationId::new("acme").unwrap()),
        tool: tool.into(),
        digest: "d".into(),
        key: None,
        policy_version: "v".into(),
        state: State::PendingApproval,
        created_at: now,
        expires_at: now + SignedDuration::from_hours(24),
        changed_at: now,
        session: None,
        decided_by: None,
        reason: None,
        attempts: 0,
        origin: Origin::Governed,
        tries: 0,
        upstream: None,
        let_go: false,
        needs_human: false,
        content: Content {
            arguments: json!({ "document_id": "D-1", "note": "turned \u{202e}around" }).to_string(),
            requester: Requester {
                realm: Realm::Employee,
                name: Some("Canary Requester".into()),
                email: None,
                client: None,
            },
            message: "Publish <b>it</b>?".into(),
            data: json!({
                "changes": [{ "field": "audience", "old": null, "new": "canary-after" }],
                "newly_visible_to": [{ "name": "canary-visible" }],
                "recipient": { "name": "Jane", "told": true },
            })
            .to_string(),
            effect: Effect { newly_visible: true, customer_visible: true, ..Effect::default() },
            targets: BTreeMap::new(),
            names: Vec::new(),
        },
        answer: None,
    };
    gateway.store.create(&request).unwrap();
    request
}

pub(super) fn state(gateway: &Gateway, it: &ActionRequest) -> State {
    gateway.store.get(&tenant(), &it.id).unwrap().unwrap().state
}

#[tokio::test]
async fn w03_whoever_has_the_right_sees_it_whole_and_neither_the_requester_nor_anybody_else_that_it_is_there() {
    let gateway = Gateway::start().await;
    let it = waiting(&gateway, "portal.document.publish", "service-lead@msp.example");
    let path = format!("/console/approvals/{}", it.id);
    let owner = gateway.person("owner@msp.example");
    let page = Browser::of(&gateway, Some(&owner)).get(&path).await;
    assert_eq!(page.status, 200);
    for part in [
        "Canary Requester",
        "canary-after",
        "canary-visible",
        "[U+202E]",
        "D-1",
        "acme",
        "Publish &#60;b&#62;",
        "Name: Jane, Told: yes",
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    assert!(Browser::of(&gateway, Some(&owner)).get("/console/approvals").await.text.contains(it.id.as_str()));
    // The requester, the wrong role, customers, another tenant's owner: as if there were nothing.
    let others = ["service-lead@msp.example", "support-write@msp.example", "finance@msp.example", "lead@acme.example"];
    let mut none: Vec<_> = others.iter().map(|it| gateway.person(it)).collect();
    none.push(gateway.elsewhere("owner@msp.example"));
    for person in &none {
        let browser = Browser::of(&gateway, Some(person));
        assert_eq!(browser.get(&path).await.status, 404);
        assert!(!browser.get("/console/approvals").await.text.contains(it.id.as_str()));
        let form = [("csrf", &*browser.csrf()), ("decision", "approve"), ("reason", "because")];
        assert_eq!(browser.post(&path, &form).await.status, 404);
        assert_eq!(state(&gateway, &it), State::PendingApproval);
    }
}

#[tokio::test]
async fn w06_a_decision_takes_a_form_of_the_own_session_and_a_reason_and_is_made_once_and_in_the_audit() {
    let gateway = Gateway::start().await;
    let it = waiting(&gateway, "portal.document.publish", "service-lead@msp.example");
    let path = format!("/console/approvals/{}", it.id);
    let owner = gateway.person("owner@msp.example");
    let browser = Browser::of(&gateway, Some(&owner));
    let csrf = browser.csrf();
    for (form, status) in [
        (vec![("decision", "approve"), ("reason", "x")], StatusCode::FORBIDDEN),
        (vec![("csrf", "other"), ("decision", "approve"), ("reason", "x")], StatusCode::FORBIDDEN),
        (vec![("csrf", &*csrf), ("reason", "x")], StatusCode::FORBIDDEN),
        (vec![("csrf", &*csrf), ("decision", "approve"), ("reason", "  ")], StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(browser.post(&path, &form).await.status, status, "{form:?}");
        assert_eq!(state(&gateway, &it), State::PendingApproval, "{form:?}");
    }
    let before = gateway.rows().len();
    let form = [("csrf", &*csrf), ("decision", "approve"), ("reason", "looks right")];
    assert_eq!(browser.post(&path, &form).await.status, 200);
    let read = gateway.store.get(&tenant(), &it.id).unwrap().unwrap();
    assert_eq!((read.state, read.reason.as_deref()), (State::Approved, Some("looks right")));
    let rows = gateway.rows_after(before).await;
    let row = rows.iter().find(|row| row["tool"] == "console:approve").expect("a row");
    assert_eq!((row["action"].as_str(), row["phase"].as_str()), (Some(it.id.as_str()), Some("attempt")));
    // It is decided: a second try, also to reject, finds nothing.
    let form = [("csrf", &*csrf), ("decision", "reject"), ("reason", "changed my mind")];
    assert_eq!(browser.post(&path, &form).await.status, 404);
    assert_eq!(state(&gateway, &it), State::Approved);
}

#[tokio::test]
async fn who_else_looked_is_told_to_the_next() {
    let gateway = Gateway::start().await;
    let it = waiting(&gateway, "portal.request.reply_add", "owner@msp.example");
    let path = format!("/console/approvals/{}", it.id);
    let (first, second) = (gateway.person("service-lead@msp.example"), gateway.person("support-write@msp.example"));
    let alone = Browser::of(&gateway, Some(&first)).get(&path).await;
    assert!(alone.status == 200 && !alone.text.contains("Who else looked"));
    let after = Browser::of(&gateway, Some(&second)).get(&path).await;
    let named = claims_of(&first.token)["name"].as_str().unwrap().to_owned();
    let who = after.text.split("Who else looked").nth(1).unwrap_or_else(|| panic!("{}", after.text));
    assert!(who.contains(&format!("<bdi>{named}</bdi>")), "{who}");
}

#[tokio::test]
async fn what_a_preview_would_change_stands_before_and_after_and_who_gets_to_see_it_by_name() {
    let gateway = Gateway::start().await;
    let owner = gateway.person("owner@msp.example");
    let owner = Browser::of(&gateway, Some(&owner));
    let lead = gateway.person("service-lead@msp.example");
    let document = json!({ "customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2" });
    let (id, _) = lead.waits("portal.document_publish.preview", document).await;
    let page = owner.get(&format!("/console/approvals/{id}")).await.text;
    for part in [
        "<h1>Publish a document to a customer?</h1>",
        "<td data-label=\"Before\"><bdi>nobody</bdi></td><td data-label=\"After\"><bdi>4 people</bdi></td>",
        "<li><bdi>To: Bob Miller (",
        "<dt>Organisation</dt><dd><bdi>Acme Corporation (acme)</bdi></dd>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let bob = gateway.person("basic@acme.example");
    let email = json!({ "changes": { "email": "bob@acme.example" } });
    let (id, answer) = bob.waits("portal.profile_update.preview", email).await;
    let words = answer["message"].as_str().unwrap();
    assert!(words.contains("email, old: basic@acme.example, new: bob@acme.example"), "{words}");
    let page = owner.get(&format!("/console/approvals/{id}")).await.text;
    let cells = "<bdi>basic@acme.example</bdi></td><td data-label=\"After\"><bdi>bob@acme.example</bdi>";
    assert!(page.contains(cells), "{page}");
}

#[tokio::test]
async fn a_preview_that_waits_names_the_page_where_it_is_approved() {
    let gateway = Gateway::with(|config| config.console.enabled = Some(true)).await;
    let lead = gateway.person("service-lead@msp.example");
    let document = json!({ "customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2" });
    let (id, answer) = lead.waits("portal.document_publish.preview", document).await;
    let told = answer["suggested_action"].as_str().unwrap();
    assert!(told.contains(&format!("{}/console/approvals/{id}.", gateway.origin)), "{told}");
}

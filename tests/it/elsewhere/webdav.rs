//! Documents in folders over WebDAV.

use super::{BASIC, GLOBEX_LEAD, LEAD, NAME, OWNER, SERVICE_LEAD, SUPPORT, fast, gateway};
use crate::gateway::Gateway;
use crate::support::column;
use postern::config::SystemConfig;
use postern_simulators::Running;
use postern_simulators::webdav::{self, BASE, PASSWORD, State, USERNAME};
use postern_webdav::Config;
use reqwest::StatusCode;
use serde_json::{Value, json};

const LIST: &str = "portal.documents.list";
const GET: &str = "portal.document_version.get";
const PREVIEW: &str = "portal.document_publish.preview";
const PUBLISH: &str = "portal.document.publish";
const REVOKE: &str = "portal.document.revoke";
const DRAWING: &str = "Server room drawing.pdf";
const CONTRACT: &str = "Service contract.pdf";

struct World {
    gateway: Gateway,
    files: Running<State>,
}

impl World {
    async fn start() -> Self {
        let files = webdav::start().await.unwrap();
        let config = Config::new(format!("{}{BASE}", files.url), USERNAME, PASSWORD.to_owned().into());
        let system = SystemConfig::WebDav(Box::new(config), fast());
        let customers = [("acme", "acme".to_owned()), ("globex", "globex".to_owned())];
        let gateway = gateway(system, customers, |ports| ports.documents = Some(NAME.into())).await;
        Self { gateway, files }
    }

    /// What an employee would ask for to publish this version of this customer's document to Acme.
    async fn order(&self, of: &str, name: &str, version: usize) -> Value {
        let staff = self.gateway.person(SERVICE_LEAD);
        let list = staff.data(LIST, json!({ "customer_id": of, "include_internal": true })).await;
        let document = list["documents"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
        let version = &document["versions"][version - 1]["version_id"];
        json!({ "customer_id": "acme", "document_id": document["document_id"], "version_id": version })
    }

    /// The steps that are kept over there of all versions, as they were written.
    fn steps(&self) -> Vec<Value> {
        let ledger = ("urn:postern:documents".to_owned(), "ledger".to_owned());
        let kept: Vec<String> =
            self.files.state.tree(|tree| tree.values().filter_map(|it| it.properties.get(&ledger).cloned()).collect());
        let read = |text: &String| serde_json::from_str::<Value>(text).unwrap()["steps"].as_array().unwrap().clone();
        kept.iter().flat_map(read).collect()
    }

    /// What somebody sees in the portal.
    async fn seen_by(&self, email: &str) -> Vec<String> {
        let list = self.gateway.person(email).data(LIST, json!({})).await;
        assert_eq!(list["pagination"]["total"], json!(list["documents"].as_array().unwrap().len()));
        column(&list["documents"], "name").into_iter().map(str::to_owned).collect()
    }

    /// Publishes, with an approval.
    async fn publish(&self, order: Value) -> Value {
        self.gateway.person(SERVICE_LEAD).approved(&self.gateway, PREVIEW, PUBLISH, order).await
    }

    /// Requests that would change something over there.
    fn writes(&self) -> usize {
        let changes = ["PROPPATCH", "PUT", "DELETE", "MOVE", "COPY", "MKCOL", "POST"];
        self.files.state.log.all().iter().filter(|it| changes.contains(&&*it.method)).count()
    }
}

#[tokio::test]
async fn a_document_is_previewed_approved_by_the_right_role_and_published_once_to_one_customer() {
    let world = World::start().await;
    let staff = world.gateway.person(SERVICE_LEAD);
    let order = world.order("acme", DRAWING, 1).await;
    for email in [LEAD, GLOBEX_LEAD] {
        assert_eq!(world.seen_by(email).await, [""; 0], "nothing is published yet: {email}");
    }
    let (id, waiting) = staff.waits(PREVIEW, order.clone()).await;
    let text = waiting["message"].as_str().unwrap();
    assert!(text.contains(DRAWING) && text.contains("Jane Smith"), "{text}");
    assert_eq!(staff.ask(PUBLISH, json!({ "preview_id": id })).await["status"], "pending_approval");
    assert_eq!(world.writes(), 0, "looking writes nothing");
    // Neither the requester nor support approves it; the owner does.
    for email in [SERVICE_LEAD, SUPPORT, LEAD] {
        let person = world.gateway.person(email);
        assert_eq!(world.gateway.approves(&person, &id).await, StatusCode::NOT_FOUND, "{email}");
        assert_eq!(staff.ask(PUBLISH, json!({ "preview_id": id })).await["status"], "pending_approval", "{email}");
    }
    assert_eq!(world.writes(), 0);
    let owner = world.gateway.person(OWNER);
    assert_eq!(world.gateway.approves(&owner, &id).await, StatusCode::OK);
    let done = staff.data(PUBLISH, json!({ "preview_id": id })).await;
    assert_eq!(done["document_id"], order["document_id"]);
    let steps = world.steps();
    assert_eq!((steps.len(), world.writes()), (1, 1), "{steps:?}");
    assert_eq!((&steps[0]["published"], &steps[0]["roles"]), (&json!(true), &json!([])));
    // Again it is the same answer, and nothing is written.
    assert_eq!(staff.data(PUBLISH, json!({ "preview_id": id })).await, done);
    assert_eq!((world.steps(), world.writes()), (steps, 1));
    for email in [LEAD, BASIC] {
        assert_eq!(world.seen_by(email).await, [DRAWING], "{email}");
    }
    assert_eq!(world.seen_by(GLOBEX_LEAD).await, [""; 0]);
    let named = json!({ "document_id": order["document_id"] });
    let read = world.gateway.person(LEAD).data(GET, named.clone()).await;
    assert_eq!(read["version_id"], order["version_id"]);
    assert_eq!(world.gateway.person(GLOBEX_LEAD).code(GET, named).await, "RECORD_NOT_FOUND");
}

#[tokio::test]
async fn b01_nobody_elses_documents_are_listed_whatever_the_server_sends() {
    let world = World::start().await;
    world.publish(world.order("acme", DRAWING, 1).await).await;
    let mut foreign = world.order("globex", "Plant network.pdf", 2).await;
    foreign["customer_id"] = json!("globex");
    world.publish(foreign.clone()).await;
    assert_eq!(world.seen_by(GLOBEX_LEAD).await, ["Plant network.pdf"]);
    world.files.state.quirks(|it| it.leak_folder = Some("globex".into()));
    let lead = world.gateway.person(LEAD);
    let before = world.gateway.rows().len();
    assert_eq!(world.seen_by(LEAD).await, [DRAWING]);
    let row = world.gateway.rows_after(before).await.pop().unwrap();
    assert!(row.to_string().contains("\"dropped\":1"), "{row}");
    let missing = lead.ask(GET, json!({ "document_id": "acme:none" })).await;
    assert_eq!(missing["code"], "RECORD_NOT_FOUND");
    assert_eq!(lead.ask(GET, json!({ "document_id": foreign["document_id"] })).await, missing);
}

/// No approval lifts these.
#[tokio::test]
async fn what_is_anothers_old_unapproved_or_internal_over_there_is_blocked_in_the_preview() {
    let world = World::start().await;
    let staff = world.gateway.person(SERVICE_LEAD);
    for (of, name, version, why) in [
        ("globex", "Plant network.pdf", 2, "another customer's"),
        ("acme", CONTRACT, 1, "old"),
        ("acme", "Offer 2027.pdf", 2, "in review"),
        ("acme", "Offer 2027.pdf", 1, "old, and approved"),
        ("acme", "Margins.pdf", 1, "internal"),
        ("acme", "unmarked.txt", 1, "of which nobody said anything"),
    ] {
        let order = world.order(of, name, version).await;
        assert_eq!(staff.code(PREVIEW, order).await, "BLOCKED_BY_RULE", "{why}");
    }
    // A version of another document, also of another customer's, is none of this one.
    let mut mixed = world.order("acme", DRAWING, 1).await;
    mixed["version_id"] = world.order("globex", "Plant network.pdf", 2).await["version_id"].take();
    assert_eq!(staff.code(PREVIEW, mixed).await, "RECORD_NOT_FOUND");
    assert_eq!((world.writes(), world.steps()), (0, vec![]));
    for email in [LEAD, BASIC, GLOBEX_LEAD] {
        assert_eq!(world.seen_by(email).await, [""; 0], "{email}");
    }
}

/// W02: what was approved is what is done, or nothing is.
#[tokio::test]
async fn w02_a_file_that_changed_after_the_preview_is_not_published() {
    for (what, code) in
        [("replaced", "RECORD_NOT_FOUND"), ("newer", "BLOCKED_BY_RULE"), ("rejected", "BLOCKED_BY_RULE")]
    {
        let world = World::start().await;
        let staff = world.gateway.person(SERVICE_LEAD);
        let (id, _) = staff.waits(PREVIEW, world.order("acme", CONTRACT, 2).await).await;
        assert!(world.gateway.decide(&id, true));
        let (path, state) = ("acme/Service contract.v2.pdf", &world.files.state);
        match what {
            "replaced" => state.file(path, "other words", "application/pdf"),
            "newer" => state.file("acme/Service contract.v3.pdf", "a third", "application/pdf"),
            _ => state.property(path, "urn:postern:documents", "state", "rejected"),
        }
        if what == "newer" {
            let path = "acme/Service contract.v3.pdf";
            state.property(path, "urn:postern:documents", "audience", "customer");
        }
        assert_eq!(staff.code(PUBLISH, json!({ "preview_id": id })).await, code, "{what}");
        assert_eq!((world.steps(), world.writes()), (vec![], 0), "{what}");
    }
}

#[tokio::test]
async fn w09_a_publication_whose_answer_got_lost_is_there_once() {
    let world = World::start().await;
    let staff = world.gateway.person(SERVICE_LEAD);
    let (id, _) = staff.waits(PREVIEW, world.order("acme", DRAWING, 1).await).await;
    assert!(world.gateway.decide(&id, true));
    world.files.state.quirks(|it| it.fail_after_commit = true);
    let lost = staff.ask(PUBLISH, json!({ "preview_id": id })).await;
    assert_eq!(lost["status"], "unknown", "{lost}");
    assert_eq!(world.steps().len(), 1);
    world.files.state.quirks(|it| it.fail_after_commit = false);
    let again = staff.ask(PUBLISH, json!({ "preview_id": id })).await;
    assert!(["success", "unknown"].contains(&again["status"].as_str().unwrap()), "{again}");
    assert_eq!(world.steps().len(), 1);
    assert_eq!(world.seen_by(LEAD).await, [DRAWING]);
}

#[tokio::test]
async fn a_document_is_taken_back_with_a_reason_and_the_file_stays() {
    let world = World::start().await;
    let staff = world.gateway.person(SERVICE_LEAD);
    let order = world.order("acme", DRAWING, 1).await;
    world.publish(order.clone()).await;
    let back = json!({ "customer_id": "acme", "document_id": order["document_id"], "reason": "The room moved." });
    let id = staff.pending(REVOKE, back.clone()).await;
    assert_eq!(world.seen_by(LEAD).await, [DRAWING], "asking takes nothing back");
    let (_, done) = staff.settle(&id, true).await;
    assert_eq!((&done["status"], &done["data"]["still_published"]), (&json!("success"), &json!([])), "{done}");
    let steps = world.steps();
    let told: Vec<_> = steps.iter().map(|it| (it["published"].clone(), it["reason"].clone())).collect();
    assert_eq!(told, [(json!(true), Value::Null), (json!(false), json!("The room moved."))]);
    assert_eq!(world.seen_by(LEAD).await, [""; 0]);
    assert_ne!(world.files.state.etag("acme/Server room drawing.pdf"), "", "the file is where it was");
    assert_eq!(staff.code(REVOKE, back.clone()).await, "CONFLICT");
    let mut foreign = world.order("globex", "Plant network.pdf", 2).await;
    foreign["customer_id"] = json!("globex");
    world.publish(foreign.clone()).await;
    let wrong = json!({ "customer_id": "acme", "document_id": foreign["document_id"], "reason": "x" });
    assert_eq!(staff.code(REVOKE, wrong).await, "BLOCKED_BY_RULE");
    assert_eq!(world.seen_by(GLOBEX_LEAD).await, ["Plant network.pdf"]);
}

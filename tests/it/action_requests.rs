//! Action requests from preview to effect, whatever happens in between: each ends in a state that is told, and writes once or not.

mod adding_up;
mod asking;
mod commits;
mod ending;
mod keys;
mod provenance;
mod standing;

use crate::gateway::{Gateway, Person, TENANT, root};
use postern::govern::action::{ActionId, ActionRequest, Actions as _};
use postern_api::TenantId;
use postern_policies::Engine;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) const PREVIEW: &str = "portal.document_publish.preview";
pub(crate) const PUBLISH: &str = "portal.document.publish";
const STATUS: &str = "portal.action_request.status";
const LEAD: &str = "service-lead@msp.example";
const OWNER: &str = "owner@msp.example";
const AGENT: &str = "support-write@msp.example";

/// A document that waits for the service lead or the owner before a customer sees it.
pub(crate) fn drawing() -> Value {
    json!({ "customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2" })
}

/// Action requests as the store has them.
pub(crate) trait Kept {
    /// One of the first tenant's.
    fn kept(&self, id: &str) -> ActionRequest;
    /// Its time is over.
    fn over(&self, id: &str);
    /// Changes something of the gateway's own records.
    fn own_records(&self, sql: &str) -> usize;
    /// How often [`drawing`] was published.
    fn published(&self) -> i64;
}

impl Kept for Gateway {
    fn kept(&self, id: &str) -> ActionRequest {
        let id = ActionId::try_from(id.to_owned()).unwrap();
        self.store.get(&TenantId::new(TENANT).unwrap(), &id).unwrap().unwrap()
    }

    fn over(&self, id: &str) {
        let sql = format!("UPDATE action_request SET expires_at = created_at - 1 WHERE id = '{id}'");
        assert_eq!(self.own_records(&sql), 1);
    }

    fn own_records(&self, sql: &str) -> usize {
        let connection = rusqlite::Connection::open(self.data().join("postern.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        connection.execute(sql, []).unwrap()
    }

    fn published(&self) -> i64 {
        self.count("publication WHERE version = (SELECT key FROM document_version WHERE id = 'DOC-1004-v2')")
    }
}

impl Person {
    /// How one of their requests stands, as they are told.
    pub(crate) async fn stands(&self, id: &str) -> Value {
        let mut told = self.data(STATUS, json!({ "action_request_id": id })).await;
        told["action_requests"][0].take()
    }
}

/// Puts policies in force that are others by one rule.
pub(crate) fn other_policies(engine: &Engine) {
    let rule =
        "@id(\"extra\") permit (principal in Role::\"support-read\", action == Action::\"search_kb\", resource);\n";
    with_rule(engine, rule);
}

/// The policies of the repository and one rule more.
pub(crate) fn with_rule(engine: &Engine, rule: &str) {
    let dir = tempfile::tempdir().unwrap();
    let from = root().join("policies");
    for name in ["schema.cedarschema", "roles.toml", "toolsets.toml", "redaction.toml", "words.toml"] {
        std::fs::copy(from.join(name), dir.path().join(name)).unwrap();
    }
    copy(&from.join("cedar"), &dir.path().join("cedar"));
    std::fs::write(dir.path().join("cedar/extra.cedar"), rule).unwrap();
    engine.reload(dir.path()).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

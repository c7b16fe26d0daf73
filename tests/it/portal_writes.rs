//! The portal's previews and governed writes through HTTP: asked by one person, approved by another, carried out once.

mod access;
mod activation;
mod files;
mod mailing;
mod paying;
mod publishing;
mod records;
mod replying;
mod taking_back;
mod tasks;
mod telling;

use crate::gateway::{Gateway, Person, TENANT};
use jiff::Timestamp;
use postern::govern::action::{ActionId, Actions, Verdict};
use postern_api::TenantId;
use serde_json::{Value, json};

impl Gateway {
    /// What somebody with the right says on the page of approvals.
    pub(crate) fn decide(&self, id: &str, approve: bool) -> bool {
        let id = ActionId::try_from(id.to_owned()).unwrap();
        let verdict = Verdict { approve, by: "Daniel Price".into(), reason: "looked at it".into() };
        self.store.decide(&TenantId::new(TENANT).unwrap(), &id, &verdict, Timestamp::now()).unwrap()
    }

    /// One number of the embedded backend.
    pub(crate) fn count(&self, from: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.data().join("embedded.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        let sql = format!("SELECT count(*) FROM {from}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// One text of the embedded backend.
    pub(crate) fn text(&self, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.data().join("embedded.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

impl Person {
    /// Previews or asks for what waits for an approval: its id, and the whole envelope.
    pub(crate) async fn waits(&self, tool: &str, arguments: Value) -> (String, Value) {
        let envelope = self.ask(tool, arguments.clone()).await;
        assert_eq!(envelope["status"], "pending_approval", "{tool} {arguments}: {envelope}");
        (envelope["action_request_id"].as_str().unwrap().to_owned(), envelope)
    }

    /// Previews something that waits for an approval, has it approved, and carries it out.
    pub(crate) async fn approved(&self, gateway: &Gateway, preview: &str, write: &str, arguments: Value) -> Value {
        let (id, _) = self.waits(preview, arguments).await;
        assert!(gateway.decide(&id, true));
        self.data(write, json!({ "preview_id": id })).await
    }
}

fn with(mut arguments: Value, name: &str, value: Value) -> Value {
    arguments[name] = value;
    arguments
}

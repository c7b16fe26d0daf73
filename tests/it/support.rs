//! The 18 tools and `find_tools` through HTTP, as each role that may call them.
//!
//! Every answer here was held against the tool's output schema, and its text copy against it, by `Person::ask`.

mod finding;
mod people;
mod reading;
mod staff;
mod writing;

use crate::gateway::Gateway;
use serde_json::{Value, json};

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// One field of every row of a list.
pub(crate) fn column<'a>(rows: &'a Value, field: &str) -> Vec<&'a str> {
    rows.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap_or("")).collect()
}

impl Gateway {
    /// The id of the demo's ticket with this subject, as the service lead finds it.
    pub(crate) async fn ticket(&self, subject: &str) -> String {
        let lead = self.person("service-lead@msp.example");
        let found = lead.data("search_tickets", json!({ "limit": 50 })).await;
        let ticket = found["tickets"].as_array().unwrap().iter().find(|it| it["subject"] == subject).unwrap();
        ticket["ticket_id"].as_str().unwrap().to_owned()
    }

    /// Changes something in the embedded backend behind the gateway's back.
    pub(crate) fn sql(&self, statement: &str) {
        let connection = rusqlite::Connection::open(self.data().join("embedded.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        assert!(connection.execute(statement, []).unwrap() > 0, "{statement}");
    }
}

//! What Postern notes on a message that it wrote: on whose behalf, and what the message is.
//!
//! Everything that Postern writes has Postern's account as its author in Request Tracker. The real author stands in a
//! custom field of the message, as JSON. **Invariant:** a note counts only on a message that Postern's own account wrote;
//! whoever else fills the field is not believed.

use crate::wire::{Transaction, value};
use postern_api::{Agent, Author, ContactId, Person};
use serde::{Deserialize, Serialize};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Comment,
    Resolution,
    Escalation,
}

/// The note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<Customer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<Staff>,
    /// For an escalation: to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// Postern's reference of the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Customer {
    id: Option<ContactId>,
    name: String,
    email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Staff {
    id: String,
    name: String,
    email: Option<String>,
}

impl Entry {
    /// A note for a message by an author.
    pub(crate) fn new(kind: Kind, author: &Author, reference: Option<&str>) -> Self {
        let (customer, agent) = match author {
            Author::Customer(it) => {
                let (id, name, email) = (it.contact.clone(), it.name.clone(), it.email.clone());
                (Some(Customer { id, name, email }), None)
            }
            Author::Agent(it) => {
                (None, Some(Staff { id: it.id.clone(), name: it.name.clone(), email: it.email.clone() }))
            }
        };
        Self { kind, customer, agent, target: None, reference: reference.map(str::to_owned) }
    }

    /// Adds to whom a ticket is escalated.
    pub(crate) fn to(self, target: &str) -> Self {
        Self { target: Some(target.to_owned()), ..self }
    }

    /// The note on a message, if Postern's own account wrote the message.
    pub(crate) fn of(message: &Transaction, field: &str, own_account: &str) -> Option<Self> {
        let by_us = message.creator.as_ref().is_some_and(|it| it.name == own_account);
        let text = value(&message.custom_fields, field).filter(|_| by_us)?;
        serde_json::from_str(text).ok()
    }

    /// The field's value.
    pub(crate) fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// On whose behalf the message was written.
    pub(crate) fn author(&self) -> Option<Author> {
        let customer =
            self.customer.clone().map(|it| Author::Customer(Person { contact: it.id, name: it.name, email: it.email }));
        customer
            .or_else(|| self.agent.clone().map(|it| Author::Agent(Agent { id: it.id, name: it.name, email: it.email })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(creator: &str, field: &str) -> Transaction {
        let fields = serde_json::json!([{ "name": "PosternEntry", "values": [field] }]);
        let creator = serde_json::json!({ "id": 33, "Name": creator, "type": "user" });
        let row = serde_json::json!({
            "id": "9", "Type": "Comment", "ObjectId": "1", "Created": "2026-11-21T06:29:13Z",
            "Creator": creator, "CustomFields": fields,
        });
        serde_json::from_value(row).expect("a message")
    }

    #[test]
    fn a_note_that_somebody_else_wrote_is_not_believed() {
        let boss = Author::Agent(Agent { id: "7".into(), name: "Boss".into(), email: None });
        let note = Entry::new(Kind::Escalation, &boss, Some("gw:1"));
        let text = note.text().expect("json");
        let read = |creator: &str, text: &str| Entry::of(&message(creator, text), "PosternEntry", "postern");
        assert_eq!(read("postern", &text), Some(note));
        assert_eq!(read("jane", &text), None);
        assert_eq!(read("Postern", &text), None);
        assert_eq!(read("postern", "no json"), None);
        assert_eq!(read("postern", ""), None);
    }
}

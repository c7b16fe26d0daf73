//! What we hand to a client and get back: list cursors and the state of a confirmation.
//!
//! **Invariant:** a sealed text opens only for the principal, the purpose and the subject that it was sealed for, and every
//! failure looks the same from outside.

use crate::caller::Caller;
use aws_lc_rs::digest::{self, SHA256};
use jiff::Timestamp;
use rmcp::model::{RequestStateCodec, SealOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The key for sealing is shorter than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key that seals cursors and confirmations is too short: use at least 32 random bytes")]
pub struct KeyTooShort;

/// Seals and opens. HMAC-SHA-256 under one key; the purpose is part of what is bound.
#[derive(Debug, Clone)]
pub(super) struct Seals(RequestStateCodec);

/// A confirmation on its way through a client that was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    /// The confirmation's id.
    pub(super) id: String,
    /// What was asked, to ask it again.
    pub(super) message: String,
    /// Until when it can be answered.
    pub(super) until: Timestamp,
}

impl Seals {
    pub(super) fn new(key: &[u8]) -> Result<Self, KeyTooShort> {
        RequestStateCodec::try_new(key).map(Self).map_err(|_| KeyTooShort)
    }

    /// A cursor to `offset` of a list with this digest.
    pub(super) fn cursor(&self, caller: &Caller, list: &[u8], offset: u32) -> String {
        let bound = bind("cursor", caller, &[list]);
        self.0.seal_with(&offset.to_be_bytes(), &SealOptions::new().associated_data(&bound))
    }

    /// The offset of a cursor. `None` if it is not one of ours, of this caller, for this list.
    pub(super) fn open_cursor(&self, caller: &Caller, list: &[u8], cursor: &str) -> Option<u32> {
        let bytes = self.0.open_with(cursor, &bind("cursor", caller, &[list])).ok()?;
        bytes.try_into().ok().map(u32::from_be_bytes)
    }

    /// The state of a confirmation that a client was asked for.
    pub(super) fn asked(
        &self,
        caller: &Caller,
        tool: &str,
        arguments: &Map<String, Value>,
        asked: &Asked,
    ) -> Option<String> {
        let bound = bind("confirm", caller, &[spelled(tool).as_bytes(), &digest_of(arguments)]);
        self.0.seal_json_with(asked, &SealOptions::new().associated_data(&bound)).ok()
    }

    /// The confirmation of a state at a time. `None` if it is not one of ours, is over, or was for another caller, tool or arguments.
    pub(super) fn open_asked(
        &self,
        caller: &Caller,
        tool: &str,
        arguments: &Map<String, Value>,
        state: &str,
        now: Timestamp,
    ) -> Option<Asked> {
        let bound = bind("confirm", caller, &[spelled(tool).as_bytes(), &digest_of(arguments)]);
        self.0.open_json_with(state, &bound).ok().filter(|asked: &Asked| now < asked.until)
    }
}

/// SHA-256 over names in their order.
pub(super) fn digest_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut context = digest::Context::new(&SHA256);
    for name in names {
        context.update(&(name.len() as u64).to_be_bytes());
        context.update(name.as_bytes());
    }
    context.finish().as_ref().to_vec()
}

/// One spelling of a tool's name.
fn spelled(tool: &str) -> String {
    tool.replace('.', "_")
}

/// Every part with its length before it, so that no two lists of parts are the same bytes.
fn bind(purpose: &str, caller: &Caller, parts: &[&[u8]]) -> Vec<u8> {
    let who = &caller.principal;
    let mut bound = Vec::with_capacity(256);
    let first = [purpose, caller.tenant.as_str(), &who.issuer, &who.subject];
    for part in first.iter().map(|text| text.as_bytes()).chain(parts.iter().copied()) {
        bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}

/// A digest of arguments that does not depend on the order in which a client wrote their keys.
fn digest_of(arguments: &Map<String, Value>) -> Vec<u8> {
    let mut text = Vec::new();
    write_object(arguments, &mut text);
    digest::digest(&SHA256, &text).as_ref().to_vec()
}

fn write_object(object: &Map<String, Value>, out: &mut Vec<u8>) {
    let sorted: BTreeMap<&String, &Value> = object.iter().collect();
    out.push(b'{');
    for (key, value) in sorted {
        out.extend_from_slice(Value::String(key.clone()).to_string().as_bytes());
        out.push(b':');
        write_value(value, out);
        out.push(b',');
    }
    out.push(b'}');
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(object) => write_object(object, out),
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_value(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::request::tests::caller;
    use serde_json::json;

    fn seals() -> Seals {
        Seals::new(&[7; 32]).unwrap()
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(Seals::new(&[7; 31]).unwrap_err(), KeyTooShort);
    }

    #[test]
    fn b05_a_cursor_opens_only_for_its_principal_and_its_list() {
        let (anna, ben) = (caller("anna"), caller("ben"));
        let cursor = seals().cursor(&anna, b"list", 100);
        assert_eq!(seals().open_cursor(&anna, b"list", &cursor), Some(100));
        assert_eq!(seals().open_cursor(&ben, b"list", &cursor), None);
        assert_eq!(seals().open_cursor(&anna, b"other", &cursor), None);
        assert_eq!(Seals::new(&[8; 32]).unwrap().open_cursor(&anna, b"list", &cursor), None);
    }

    fn asked() -> Asked {
        Asked { id: "c1".into(), message: "close?".into(), until: Timestamp::from_second(300).unwrap() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn w05_no_flipped_character_of_a_request_state_opens() {
        let anna = caller("anna");
        let arguments = object(json!({ "ticket_id": "T-1" }));
        let state = seals().asked(&anna, "close", &arguments, &asked()).unwrap();
        assert_eq!(seals().open_asked(&anna, "close", &arguments, &state, at(0)).unwrap().id, "c1");
        for index in 0..state.len() {
            let mut bytes = state.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(bytes).unwrap();
            assert!(seals().open_asked(&anna, "close", &arguments, &tampered, at(0)).is_none(), "character {index}");
        }
    }

    #[test]
    fn w05_a_request_state_is_bound_to_principal_tool_arguments_and_time() {
        let anna = caller("anna");
        let arguments = object(json!({ "a": 1, "b": { "c": [1, 2], "d": null } }));
        let state = seals().asked(&anna, "tickets.close", &arguments, &asked()).unwrap();
        let open = |who: &Caller, tool: &str, arguments: &Map<String, Value>, now: i64| {
            seals().open_asked(who, tool, arguments, &state, at(now)).is_some()
        };
        let reordered = object(json!({ "b": { "d": null, "c": [1, 2] }, "a": 1 }));
        let other = object(json!({ "a": 2, "b": { "c": [1, 2], "d": null } }));
        assert!(open(&anna, "tickets_close", &reordered, 299), "the same tool with the same arguments");
        assert!(!open(&caller("ben"), "tickets.close", &arguments, 299));
        assert!(!open(&anna, "tickets.escalate", &arguments, 299));
        assert!(!open(&anna, "tickets.close", &other, 299));
        assert!(!open(&anna, "tickets.close", &arguments, 300));
        let cursor = seals().cursor(&anna, b"list", 1);
        assert!(seals().open_asked(&anna, "tickets.close", &arguments, &cursor, at(0)).is_none());
    }
}

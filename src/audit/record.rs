//! What a row says: words and numbers of ours, digests, and ids that were parsed.

use super::journal::{Event, Refused};
use super::keys::Keys;
use crate::call::audit::Row;
use jiff::Timestamp;
use postern_api::{Error, Result};
use serde::Serialize;
use std::time::Duration;

/// A row before it has its number.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) at: i64,
    pub(super) tenant: String,
    pub(super) organisation: Option<String>,
    pub(super) principal: String,
    pub(super) body: String,
}

/// The text of a row. Every field is a word or number of ours, a digest, or an id that was parsed: nothing in it can end a line.
#[derive(Debug, Serialize)]
struct Body<'a> {
    at: String,
    /// Milliseconds since this process began: goes on when the clock is set back.
    up_ms: u64,
    phase: &'static str,
    tenant: &'a str,
    realm: &'static str,
    principal: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<&'a str>,
    /// Of how many organisations the answer had records, where it is not one: then the row is no single organisation's.
    #[serde(skip_serializing_if = "one_at_most")]
    organisations: u32,
    tool: &'a str,
    arguments: String,
    decision: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    upstream_us: u64,
    redacted: u32,
    #[serde(skip_serializing_if = "is_zero")]
    dropped: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    request_id: String,
}

fn one_at_most(number: &u32) -> bool {
    *number <= 1
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// At most 128 visible ASCII characters: what a client or an issuer made up cannot end a line or hide in one.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(128).collect()
}

impl Stored {
    /// The text of a call's row; `up` is how long this process has run.
    pub(super) fn of(row: &Row, keys: &Keys, up: Duration) -> Result<Self> {
        let now = Timestamp::now();
        let (caller, tenant) = (&row.caller, &row.caller.tenant);
        let principal = keys.principal(tenant, &caller.principal);
        let body = Body {
            at: now.to_string(),
            up_ms: u64::try_from(up.as_millis()).unwrap_or(u64::MAX),
            phase: row.phase.as_str(),
            tenant: tenant.as_str(),
            realm: caller.realm.as_str(),
            principal: &principal,
            client: caller.client.as_deref().map(plain),
            organisation: row.organisation.as_ref().map(|it| it.as_str()),
            organisations: row.organisations,
            tool: row.tool,
            arguments: keys.arguments(tenant, &row.arguments),
            decision: row.decision.as_str(),
            code: row.code,
            policy_version: row.policy_version.as_deref(),
            policies: row.policies.as_deref(),
            system: row.system.as_deref(),
            upstream_us: u64::try_from(row.upstream.as_micros()).unwrap_or(u64::MAX),
            redacted: row.redacted,
            dropped: row.dropped,
            reference: row.reference.as_deref(),
            action: row.action.as_deref(),
            request_id: plain(&row.request_id),
        };
        let body = serde_json::to_string(&body).map_err(|e| Error::internal("audit row").because(e))?;
        Ok(Self {
            at: now.as_millisecond(),
            tenant: tenant.to_string(),
            organisation: row.organisation.as_ref().map(ToString::to_string),
            principal,
            body,
        })
    }

    /// The text of a request that never became a call.
    pub(super) fn refused(refused: &Refused<'_>, keys: &Keys) -> Self {
        let now = Timestamp::now();
        let principal = match (refused.tenant, refused.principal) {
            (Some(tenant), Some(principal)) => keys.principal(tenant, principal),
            (None, _) | (_, None) => String::new(),
        };
        let tenant = refused.tenant.map(ToString::to_string).unwrap_or_default();
        let body = serde_json::json!({
            "at": now.to_string(), "phase": if refused.phase.is_empty() { "edge" } else { refused.phase }, "tenant": tenant, "principal": principal,
            "decision": if refused.allowed { "allowed" } else { "denied" },
            "code": plain(refused.code), "request_id": plain(refused.request_id),
        });
        Self { at: now.as_millisecond(), tenant, organisation: None, principal, body: body.to_string() }
    }

    /// The text of what happened at the authority.
    pub(super) fn event(event: &Event<'_>, keys: &Keys) -> Self {
        let now = Timestamp::now();
        let principal = match (event.tenant, event.principal) {
            (Some(tenant), Some(principal)) => keys.principal(tenant, principal),
            (None, _) | (_, None) => String::new(),
        };
        let tenant = event.tenant.map(ToString::to_string).unwrap_or_default();
        let body = serde_json::json!({
            "at": now.to_string(), "phase": "authority", "tenant": tenant, "principal": principal,
            "client": event.client.map(plain), "decision": if event.refused { "denied" } else { "allowed" },
            "code": plain(event.code), "request_id": plain(event.request_id),
        });
        Self { at: now.as_millisecond(), tenant, organisation: None, principal, body: body.to_string() }
    }
}

//! What Postern published of a version, step by step, as it is kept on the server.
//!
//! **Invariant:** a step is added and never changed. Of all steps of a document's versions the last one counts: so publishing
//! one version takes back another one's publication in one and the same write. A ledger that cannot be read publishes nothing
//! and is not written over.

use jiff::{Timestamp, ToSpan};
use postern_api::{AccessRoleId, Error, ErrorKind, Exception, Result};
use serde::{Deserialize, Serialize};

/// Steps that are kept of a version; the oldest go first. What happened before is in the gateway's audit.
const KEPT: usize = 100;
/// The longest ledger that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The call's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// Whether customers see the version since.
    pub(crate) published: bool,
    /// Which access roles see it; empty: everybody.
    pub(crate) roles: Vec<AccessRoleId>,
    /// Whether they may save it.
    pub(crate) download: bool,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Timestamp>,
    /// Since when it is published.
    pub(crate) since: Timestamp,
    /// Who published it.
    pub(crate) publisher: String,
    /// The entity tag of what was published.
    pub(crate) etag: String,
    /// Portal users from whom it was taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) except: Vec<Exception>,
    /// Who did this.
    pub(crate) by: String,
    /// Why, where something was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// When.
    pub(crate) at: Timestamp,
}

/// The steps of one version, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) steps: Vec<Step>,
}

impl Ledger {
    /// Reads what is kept. Nothing kept: no steps.
    pub(crate) fn read(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::default()) };
        if text.len() > LONGEST {
            return Err(unreadable());
        }
        serde_json::from_str(text).map_err(|_| unreadable())
    }

    /// What is kept with one step more.
    pub(crate) fn with(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        let over = steps.len().saturating_sub(KEPT);
        Self { steps: steps.split_off(over) }
    }

    /// As it is written.
    pub(crate) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::internal("a ledger").because(e))
    }
}

/// A time for a step that is after all steps so far, whatever clocks say.
pub(crate) fn after(last: Option<&Step>, now: Timestamp) -> Timestamp {
    let next = last.and_then(|it| it.at.checked_add(1.microsecond()).ok());
    next.map_or(now, |next| next.max(now))
}

pub(crate) fn unreadable() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "what was published before cannot be read; ask an administrator to look at the file's properties",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn step(at: i64) -> Step {
        let at = Timestamp::from_second(at).expect("a time");
        Step {
            reference: None,
            published: true,
            roles: vec![],
            download: false,
            expires_at: None,
            since: at,
            publisher: "x".into(),
            etag: "1".into(),
            except: vec![],
            by: "x".into(),
            reason: None,
            at,
        }
    }

    #[test]
    fn what_is_kept_reads_back_and_is_bounded() {
        let mut ledger = Ledger::default();
        for at in 0..130 {
            ledger = ledger.with(step(at));
        }
        assert_eq!(ledger.steps.len(), KEPT);
        assert_eq!(ledger.steps.last(), Some(&step(129)));
        assert_eq!(Ledger::read(Some(&ledger.text().expect("text"))).expect("a ledger"), ledger);
        assert_eq!(Ledger::read(None).expect("none"), Ledger::default());
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        for bad in
            ["", "{}", "[]", "{\"steps\":[{}]}", "published", &format!("{{\"steps\":[]{}}}", " ".repeat(LONGEST))]
        {
            assert!(Ledger::read(Some(bad)).is_err(), "{}", bad.len());
        }
    }

    #[test]
    fn a_step_is_after_those_before_also_when_a_clock_is_late() {
        let now = Timestamp::from_second(50).expect("a time");
        assert_eq!(after(None, now), now);
        assert_eq!(after(Some(&step(10)), now), now);
        assert!(after(Some(&step(90)), now) > step(90).at);
    }
}

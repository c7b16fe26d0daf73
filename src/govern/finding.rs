//! What a person found out about a write of which nobody knew what became.
//!
//! **Invariant:** it is words and a state, and nothing is carried out for it: not now, and never again under the same request.

use super::action::State;
use super::lease::Upstream;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It happened; the connected system knows what it left by this id.
    Happened(String),
    /// It did not happen.
    NeverHappened,
    /// Nobody can tell any more, and nobody looks further.
    NobodyKnows,
}

impl Found {
    /// Where the request stands from then on.
    pub fn state(&self) -> State {
        match self {
            Found::Happened(_) => State::Done,
            Found::NeverHappened => State::Failed,
            Found::NobodyKnows => State::Unknown,
        }
    }

    /// What is known of the connected system from then on.
    pub fn upstream(&self) -> Option<Upstream> {
        match self {
            Found::Happened(_) => Some(Upstream::Found),
            Found::NeverHappened => Some(Upstream::Absent),
            Found::NobodyKnows => None,
        }
    }

    /// The audit's code for it.
    pub fn code(&self) -> &'static str {
        match self {
            Found::Happened(_) => "FOUND_BY_A_PERSON",
            Found::NeverHappened => "NEVER_DONE_BY_A_PERSON",
            Found::NobodyKnows => "CLOSED_UNKNOWN",
        }
    }
}

/// What is kept of it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was found.
    pub found: Found,
    /// What is said to the requester from then on, as JSON text.
    pub answer: String,
}

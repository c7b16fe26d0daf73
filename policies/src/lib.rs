//! Who may do what: Cedar schema and policies, and the tables beside them.
//!
//! [`Policies`] is one loaded and checked set of files, [`Engine`] the set that is in force. One function decides for a
//! list and for a call: what [`Engine::visible`] names is what [`Engine::decide`] permits.
//!
//! **Invariant:** whatever cannot be decided is denied: an unknown tool, an unknown role, an error while a policy is
//! evaluated. A set of files with any mistake is never in force.

mod check;
mod decide;
mod engine;
mod error;
mod govern;
mod matrix;
mod policies;
mod reveal;
mod rights;
mod rows;
mod sources;
mod subject;
mod tables;
#[cfg(test)]
mod tests;
mod words;

pub use decide::{Decision, Outcome, Refusal};
pub use engine::Engine;
pub use error::{PolicyError, PolicyErrors};
pub use govern::{Effect, Lately, Need, Requested};
pub use matrix::matrix;
pub use policies::{Policies, Tool};
pub use reveal::{PiiRules, Reveal, TextRules, Treatment};
pub use rights::Right;
pub use subject::{Facts, Subject};
pub use tables::{Reach, Role, Toolset};
pub use words::ScopeWords;

/// Who is signing in. The token's issuer decides, never the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// Somebody at one of the MSP's customers.
    Customer,
    /// Somebody who works for the MSP.
    Employee,
}

impl Realm {
    /// The realm's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Realm::Customer => "customer",
            Realm::Employee => "employee",
        }
    }
}

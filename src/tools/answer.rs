//! A tool's answer, before anybody knows its type: all that the redactor needs of it.

use serde::Serialize;

/// Anything that serialises. Outside the redactor's lens that fails as soon as a classified value is met.
pub trait Answer: Send {
    /// The answer as JSON.
    fn value(&self) -> serde_json::Result<serde_json::Value>;
    /// Serialises into nothing, so that the lens sees every classified value once.
    fn survey(&self) -> serde_json::Result<()>;
}

impl<T: Serialize + Send> Answer for T {
    fn value(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }

    fn survey(&self) -> serde_json::Result<()> {
        serde_json::to_writer(std::io::sink(), self)
    }
}

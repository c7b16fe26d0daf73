//! A tool's answer, before anybody knows its type: all that the redactor needs of it.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// Anything that serialises. Outside the redactor's lens that fails as soon as a classified value is met.
pub trait Answer: Send {
    /// The answer as JSON.
    fn json(&self) -> serde_json::Result<Box<RawValue>>;

    /// Serialises the answer to nowhere, so that the lens sees each value; an error past `most` bytes.
    fn survey(&self, most: usize) -> serde_json::Result<()>;
}

impl<T: Serialize + Send> Answer for T {
    fn json(&self) -> serde_json::Result<Box<RawValue>> {
        to_raw_value(self)
    }

    fn survey(&self, most: usize) -> serde_json::Result<()> {
        serde_json::to_writer(Sink { left: most }, self)
    }
}

/// Forgets what is written, up to a limit.
#[derive(Debug)]
struct Sink {
    left: usize,
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! The last line of a file that leaves the log: a signed statement about every byte before it, so that the file is believed
//! without the log and a line that was changed, added or taken away shows.

use super::chain::{hex, unhex};
use super::keys::Keys;
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use jiff::Timestamp;
use postern_api::{Error, Result};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// A signed statement about the lines before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Which log the lines come from.
    pub writer: String,
    /// How many lines are before this one.
    pub lines: u64,
    /// SHA-256 over those lines, each with its line end, hexadecimal.
    pub digest: String,
    /// When it was signed, milliseconds since 1970.
    pub sealed_at: i64,
    /// Ed25519 over the others, hexadecimal.
    pub signature: String,
}

impl Seal {
    /// What is signed.
    fn message(&self) -> Vec<u8> {
        let Self { writer, lines, digest, sealed_at, signature: _ } = self;
        format!("postern audit seal v1\n{writer}\n{lines}\n{digest}\n{sealed_at}\n").into_bytes()
    }

    /// Whether this key signed it.
    pub(super) fn is_signed_by(&self, public: &[u8]) -> bool {
        let signature = unhex(&self.signature).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, public).verify(&self.message(), &signature).is_ok()
    }
}

/// What was counted and hashed so far.
pub(super) struct Lines {
    digest: Context,
    count: u64,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { digest: Context::new(&SHA256), count: 0 }
    }

    pub(super) fn add(&mut self, line: &str) {
        self.digest.update(line.as_bytes());
        self.digest.update(b"\n");
        self.count += 1;
    }

    /// Whether a seal is about exactly these lines.
    pub(super) fn are_of(self, seal: &Seal) -> bool {
        seal.lines == self.count && seal.digest == hex(self.digest.finish().as_ref())
    }
}

/// Writes lines, and at the end the seal over them.
pub(super) struct Sealing<'a> {
    out: &'a mut dyn Write,
    lines: Lines,
}

impl<'a> Sealing<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, lines: Lines::new() }
    }

    pub(super) fn line(&mut self, line: &impl Serialize) -> Result<()> {
        let text = text(line)?;
        self.lines.add(&text);
        writeln!(self.out, "{text}").map_err(unwritten)
    }

    /// Ends the file. Without this line it is not believed.
    pub(super) fn seal(self, writer: String, keys: &Keys) -> Result<()> {
        let mut seal = Seal {
            writer,
            lines: self.lines.count,
            digest: hex(self.lines.digest.finish().as_ref()),
            sealed_at: Timestamp::now().as_millisecond(),
            signature: String::new(),
        };
        seal.signature = keys.signature(&seal.message());
        writeln!(self.out, "{}", text(&seal)?).map_err(unwritten)?;
        self.out.flush().map_err(unwritten)
    }
}

fn text(line: &impl Serialize) -> Result<String> {
    serde_json::to_string(line).map_err(|e| Error::internal("audit line").because(e))
}

fn unwritten(cause: std::io::Error) -> Error {
    Error::internal("the export cannot be written").because(cause)
}

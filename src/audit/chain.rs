//! How rows are chained and heads are signed. The one place that knows the bytes (RFC 6962 section 2.1 for the leaf byte).

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The hash before the first row.
pub const GENESIS: Hash = [0; 32];

/// The hash of a row: over a leaf byte, the hash before it, its number and its text.
pub fn hash(previous: &Hash, seq: i64, body: &str) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(previous);
    context.update(&seq.to_be_bytes());
    context.update(body.as_bytes());
    let mut out = GENESIS;
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// Reads what [`hex`] wrote.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|it| it.to_digit(16).and_then(|it| u8::try_from(it).ok())).collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    Some(digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect())
}

/// Reads a hash that [`hex`] wrote.
pub fn unhash(text: &str) -> Option<Hash> {
    unhex(text)?.try_into().ok()
}

/// A signed statement: at this number the chain had this hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Which log.
    pub writer: String,
    /// The last row.
    pub seq: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// When it was signed, milliseconds since 1970.
    pub at: i64,
    /// Ed25519 over the others, hexadecimal.
    pub signature: String,
}

impl Head {
    /// What is signed.
    pub fn message(&self) -> Vec<u8> {
        format!("postern audit head v1\n{}\n{}\n{}\n{}\n", self.writer, self.seq, self.hash, self.at).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_row_changes_its_hash() {
        let one = hash(&GENESIS, 1, "a");
        assert_ne!(one, hash(&GENESIS, 2, "a"));
        assert_ne!(one, hash(&GENESIS, 1, "b"));
        assert_ne!(one, hash(&one, 1, "a"));
        assert_eq!(unhash(&hex(&one)), Some(one));
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("abc"), None);
    }
}

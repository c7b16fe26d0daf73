//! Ids out of names that no id can hold.

use aws_lc_rs::digest::{SHA256, digest as sha};

/// The first 128 bits of SHA-256 over the parts, in hexadecimal. Each part's length counts, so that no two lists of parts
/// are the same text.
pub fn digest(parts: &[&str]) -> String {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_be_bytes());
        all.extend_from_slice(part.as_bytes());
    }
    sha(&SHA256, &all).as_ref().iter().take(16).map(|it| format!("{it:02x}")).collect()
}

/// The first half of [`digest`], where something else tells records apart too.
pub fn short(parts: &[&str]) -> String {
    digest(parts).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_eq!(digest(&["acme", "b"]).len(), 32);
        assert_ne!(digest(&["acme", "b"]), digest(&["acm", "eb"]));
        assert_ne!(digest(&["acme", ""]), digest(&["acme"]));
        assert!(digest(&["x"]).starts_with(&short(&["x"])));
    }
}

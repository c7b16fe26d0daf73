//! Random words, and comparing them.

use crate::store::authority::Digest;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_api::{Error, Result};

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::internal("no random numbers"))?;
    Ok(bytes)
}

/// 128 random bits after a prefix: a name that nobody guesses.
pub(super) fn id(prefix: &str) -> Result<String> {
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::<16>()?)))
}

/// 256 random bits after a prefix: a secret.
pub(super) fn secret(prefix: &str) -> Result<String> {
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::<32>()?)))
}

/// What the store keeps of a secret.
pub(super) fn hashed(secret: &str) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    out
}

/// The digest of a secret, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed(pub(super) Digest);

impl Hashed {
    /// Of this secret.
    pub fn of(secret: &str) -> Self {
        Self(hashed(secret))
    }
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed(..)")
    }
}

/// Whether two secrets are the same, in a time that does not say how far.
pub(super) fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(&hashed(one), &hashed(other)).is_ok()
}

/// PKCE S256 (RFC 7636 section 4.6).
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(hashed(verifier))
}

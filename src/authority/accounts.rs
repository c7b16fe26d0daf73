//! Local accounts: passwords, authenticator codes and attempts, for the demo and for small tenants.
//!
//! **Invariant:** whether an account exists changes neither an answer nor the time that it takes.

pub mod attempts;
pub mod password;
pub mod totp;

use aws_lc_rs::digest;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_api::{Error, Result};

/// 32 random bytes, as text for addresses and cookies.
pub(crate) fn random_text() -> Result<String> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// By which the store knows a secret.
pub(crate) fn digest_of(text: &str) -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    for (to, from) in bytes.iter_mut().zip(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()) {
        *to = *from;
    }
    bytes
}

/// An address as accounts know it: lower case, without spaces around; `None` where it is none.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let plain = !text.chars().any(|it| it.is_control() || it.is_whitespace());
    let whole = !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    (plain && whole && text.len() <= 320).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_one_spelling() {
        assert_eq!(address(" Jane@Acme.Example ").as_deref(), Some("jane@acme.example"));
        for bad in ["", "jane", "@acme.example", "jane@", "jane@acme", "jane@.example", "a b@acme.example", "a\n@b.c"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}

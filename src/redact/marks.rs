//! What stands in the place of a value: placeholders in text, masks in fields.
//!
//! A placeholder is `⟦email:k3v9qa.q7mz⟧`: the kind, a digest of the value under the grant's key, and a seal over both.
//! The same value has the same placeholder throughout a grant and another one in every other grant. The seal lets a
//! second pass tell our own placeholder from one that somebody wrote into a ticket. A secret has kind and seal but no
//! digest: a password is short enough to be guessed from one.

use aws_lc_rs::hmac;
use postern_api::PiiKind;

const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const DIGEST: usize = 6;
const SEAL: usize = 4;

/// The placeholders of one grant.
#[derive(Debug, Clone)]
pub struct Marks {
    key: hmac::Key,
}

impl Marks {
    /// The placeholders of a grant, under a secret key of the gateway.
    pub fn new(secret: &[u8], grant: &str) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mut context = hmac::Context::with_key(&master);
        context.update(b"postern placeholder v1\0");
        context.update(grant.as_bytes());
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref()) }
    }

    /// The placeholder of a value: the same for the same kind and value in this grant.
    pub(crate) fn of(&self, kind: &str, value: &str) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"value\0");
        context.update(kind.as_bytes());
        context.update(b"\0");
        context.update(value.as_bytes());
        self.sealed(&format!("{kind}:{}", base32(context.sign().as_ref(), DIGEST)))
    }

    /// A placeholder that tells the kind and nothing of the value.
    pub(crate) fn bare(&self, kind: &str) -> String {
        self.sealed(kind)
    }

    /// Whether this grant wrote the placeholder with this inside.
    pub(crate) fn wrote(&self, inner: &str) -> bool {
        inner.rsplit_once('.').is_some_and(|(label, seal)| {
            seal.len() == SEAL && !label.is_empty() && !label.contains('⟦') && self.seal(label) == seal
        })
    }

    fn sealed(&self, label: &str) -> String {
        format!("⟦{label}.{}⟧", self.seal(label))
    }

    fn seal(&self, label: &str) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"seal\0");
        context.update(label.as_bytes());
        base32(context.sign().as_ref(), SEAL)
    }
}

fn base32(bytes: &[u8], letters: usize) -> String {
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'a');
    bytes.iter().take(letters).map(|byte| char::from(letter(byte))).collect()
}

/// The mask of a field: its shape without its content. `None` where no shape is harmless.
pub(crate) fn mask(kind: PiiKind, value: &str) -> Option<String> {
    match kind {
        PiiKind::Email => {
            let (local, domain) = value.rsplit_once('@')?;
            let first = local.chars().next().filter(|_| local.chars().count() > 1);
            Some(format!("{}***@{domain}", first.map(String::from).unwrap_or_default()))
        }
        PiiKind::Phone => {
            let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
            let tail = digits.len().checked_sub(2).filter(|rest| *rest >= 4).and_then(|rest| digits.get(rest..));
            Some(format!("***{}", tail.unwrap_or_default().iter().collect::<String>()))
        }
        PiiKind::Name => {
            let initials: Vec<String> =
                value.split_whitespace().filter_map(|part| part.chars().next()).map(|c| format!("{c}.")).collect();
            (!initials.is_empty()).then(|| initials.join(" "))
        }
        PiiKind::Address => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r06_a_placeholder_is_stable_in_its_grant_and_unknown_in_another() {
        let (a, b) = (Marks::new(b"secret", "grant-a"), Marks::new(b"secret", "grant-b"));
        let placeholder = a.of("email", "jane@acme.example");
        assert_eq!(placeholder, a.of("email", "jane@acme.example"));
        assert_ne!(placeholder, a.of("email", "john@acme.example"));
        assert_ne!(placeholder, b.of("email", "jane@acme.example"));
        assert_ne!(placeholder, Marks::new(b"other", "grant-a").of("email", "jane@acme.example"));
        let inner = placeholder.trim_matches(['⟦', '⟧']);
        assert!(a.wrote(inner) && !b.wrote(inner));
        for forged in ["", ".", "email", "email:aaaaaa.aaaa", "secret.aaaa", "EMAIL_1"] {
            assert!(!a.wrote(forged), "{forged}");
        }
    }

    #[test]
    fn a_mask_keeps_the_shape_and_not_the_value() {
        assert_eq!(mask(PiiKind::Email, "jane@acme.example").as_deref(), Some("j***@acme.example"));
        assert_eq!(mask(PiiKind::Email, "j@acme.example").as_deref(), Some("***@acme.example"));
        assert_eq!(mask(PiiKind::Phone, "+1 555 010-0142").as_deref(), Some("***42"));
        assert_eq!(mask(PiiKind::Phone, "4321").as_deref(), Some("***"));
        assert_eq!(mask(PiiKind::Name, "Jane van Doe").as_deref(), Some("J. v. D."));
        assert_eq!(mask(PiiKind::Address, "1 High St"), None);
        assert_eq!(mask(PiiKind::Email, "not an address"), None);
    }
}

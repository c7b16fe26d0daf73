//! Whether a message is from whom it says: an HMAC over the raw bytes, with one of the secrets, of these minutes where it says when.

use aws_lc_rs::{constant_time, digest, hmac};
use jiff::Timestamp;
use postern_api::http::{ExposeSecret, SecretString};
use postern_api::webhook::{Delivery, Hook, Scheme, Signed};
use std::time::Duration;

/// How old a signature may be, or how far ahead its clock: what Stripe and HubSpot name.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// What is known of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It has the secret.
    Right,
    /// Nothing: there is no secret to have. Such a message is a nudge to look.
    None,
}

/// Compares the signature with each secret; an `Err` is a word for the audit alone.
pub(super) fn check(
    hook: &dyn Hook,
    secrets: &[SecretString],
    delivery: &Delivery<'_>,
    now: Timestamp,
) -> Result<Proof, &'static str> {
    if secrets.is_empty() {
        return Ok(Proof::None);
    }
    if let Some(shown) = hook.shown(delivery) {
        let fits = |secret: &SecretString| same(shown, secret.expose_secret().as_bytes());
        // Each is compared, so that the time says nothing of which one it was.
        let right = secrets.iter().fold(false, |right, secret| fits(secret) | right);
        return if right { Ok(Proof::Right) } else { Err("webhook_signature") };
    }
    let signed = hook.signed(delivery).ok_or("webhook_unsigned")?;
    if !fits(&signed, hook.scheme(), secrets) {
        return Err("webhook_signature");
    }
    // Asked last: a time is worth something only where it was signed. Without one, what was heard is not heard again.
    let apart = signed.at.map(|at| now.duration_since(at).abs()).unwrap_or_default();
    if apart > jiff::SignedDuration::try_from(TOLERANCE).map_err(|_| "webhook_stale")? {
        return Err("webhook_stale");
    }
    Ok(Proof::Right)
}

/// Whether one of the signatures was made with one of the secrets.
pub(super) fn fits(signed: &Signed, scheme: Scheme, secrets: &[SecretString]) -> bool {
    secrets.iter().fold(false, |right, secret| {
        let secret = secret.expose_secret().as_bytes();
        let key = match scheme {
            Scheme::HmacSha256 => hmac::Key::new(hmac::HMAC_SHA256, secret),
            Scheme::HmacSha256OfDigest => {
                hmac::Key::new(hmac::HMAC_SHA256, digest::digest(&digest::SHA256, secret).as_ref())
            }
            Scheme::HmacSha1 => hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret),
        };
        // Compared in constant time by the library.
        let fits = |signature: &Vec<u8>| hmac::verify(&key, &signed.message, signature).is_ok();
        signed.signatures.iter().fold(right, |right, signature| fits(signature) | right)
    })
}

/// Compares by digests, so that not even the length is told by the time it takes.
fn same(shown: &[u8], secret: &[u8]) -> bool {
    let of = |it: &[u8]| digest::digest(&digest::SHA256, it);
    constant_time::verify_slices_are_equal(of(shown).as_ref(), of(secret).as_ref()).is_ok()
}

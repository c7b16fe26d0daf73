//! Codes of an authenticator app (RFC 6238: SHA-1, 30 seconds, six digits), recovery codes, and the picture that sets an app up.

use aws_lc_rs::{hmac, rand};
use postern_api::{Error, Result};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

const STEP_SECS: i64 = 30;
const SECRET_BYTES: usize = 20;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// How many recovery codes there are.
const RECOVERY_CODES: usize = 8;
/// Random bytes of each: of 112 bits and more a plain digest may be kept (NIST SP 800-63B section 5.1.2.2).
const RECOVERY_BYTES: usize = 15;

/// A new secret.
pub fn new_secret() -> Result<Zeroizing<Vec<u8>>> {
    let mut secret = Zeroizing::new(vec![0_u8; SECRET_BYTES]);
    rand::fill(&mut secret).map_err(|_| Error::internal("no random numbers"))?;
    Ok(secret)
}

/// The code of a time step (RFC 4226 section 5.3).
fn code(secret: &[u8], step: i64) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(tag.as_ref().last()? & 0x0f);
    let four: [u8; 4] = tag.as_ref().get(offset..offset + 4)?.try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000))
}

/// The time step whose code this is: now, or one before or after, since clocks differ.
pub fn step_of(secret: &[u8], sent: &str, now: i64) -> Option<i64> {
    let sent: String = sent.chars().filter(|it| !it.is_whitespace()).collect();
    let steps = [0, -1, 1].map(|by| now / STEP_SECS + by);
    let same = |step: &i64| {
        code(secret, *step)
            .is_some_and(|it| aws_lc_rs::constant_time::verify_slices_are_equal(it.as_bytes(), sent.as_bytes()).is_ok())
    };
    steps.into_iter().find(same)
}

/// RFC 4648 section 6, without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - chunk.len()));
        for nth in 0..(chunk.len() * 8).div_ceil(5) {
            let index = usize::try_from(bits >> (35 - 5 * nth) & 31).unwrap_or_default();
            text.push(BASE32.get(index).map_or('A', |it| char::from(*it)));
        }
    }
    text
}

/// A secret for typing in: groups of four.
pub fn for_typing(secret: &[u8]) -> String {
    let text = base32(secret);
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|it| it.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The address that sets up an app (the Key URI format of authenticator apps).
pub fn address(secret: &[u8], service: &str, account: &str) -> String {
    let word = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    format!("otpauth://totp/{}:{}?secret={}&issuer={}", word(service), word(account), base32(secret), word(service))
}

/// That address as a picture: SVG without text or script.
pub fn picture(address: &str) -> Result<String> {
    let code =
        QrCode::with_error_correction_level(address, EcLevel::M).map_err(|e| Error::internal("qr").because(e))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    // What stands before the element is for files of its own, not for a page.
    Ok(svg.find("<svg").and_then(|at| svg.get(at..)).unwrap_or_default().to_owned())
}

/// New recovery codes, for the person, once.
pub fn recovery_codes() -> Result<Vec<String>> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let mut bytes = [0_u8; RECOVERY_BYTES];
            rand::fill(&mut bytes).map_err(|_| Error::internal("no random numbers"))?;
            let letters: Vec<char> = base32(&bytes).to_lowercase().chars().collect();
            Ok(letters.chunks(4).map(|it| it.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
        })
        .collect()
}

/// How a recovery code is kept: a hundred and twenty random bits are found by nobody who tries, also with the digest at hand.
pub fn recovery_digest(code: &str) -> String {
    let code: String = code.chars().filter(|it| it.is_ascii_alphanumeric()).collect::<String>().to_lowercase();
    super::digest_of(&code).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (time, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, time / STEP_SECS).as_deref(), Some(expected), "{time}");
            assert_eq!(step_of(secret, expected, time + 30), Some(time / STEP_SECS));
            assert_eq!(step_of(secret, expected, time + 90), None);
        }
        assert_eq!(step_of(secret, "", 59), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (text, expected) in
            [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(text.as_bytes()), expected);
        }
        assert_eq!(for_typing(b"foobar"), "MZXW 6YTB OI");
    }

    #[test]
    fn a_picture_is_svg_alone_and_codes_differ() {
        let address = address(&[7; 20], "Example MSP", "jane@acme.example");
        assert!(address.starts_with("otpauth://totp/Example%20MSP:jane%40acme.example?secret="), "{address}");
        let picture = picture(&address).expect("draws");
        assert!(picture.starts_with("<svg") && !picture.contains("script"));
        let codes = recovery_codes().expect("codes");
        assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), RECOVERY_CODES);
        assert!(codes.iter().all(|it| it.len() == 29 && it.split('-').all(|part| part.len() == 4)), "{codes:?}");
        assert_eq!(recovery_digest(&codes[0]), recovery_digest(&codes[0].to_uppercase().replace('-', " ")));
    }
}

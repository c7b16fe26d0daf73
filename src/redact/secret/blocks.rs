//! Credentials that no word announces: product keys, account ids with a fixed form, dense random runs.

use crate::redact::find::{Find, Kind, at, before};
use crate::redact::secret::runs;

/// Five groups of five from the alphabet of Windows product keys.
pub(super) fn product_keys(text: &[u8], finds: &mut Vec<Find>) {
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let mut done = 0;
    for dash in memchr::memchr_iter(b'-', text) {
        let Some(start) = dash.checked_sub(5).filter(|start| *start >= done) else { continue };
        let dashes = [11, 17, 23].iter().all(|offset| at(text, start + offset) == b'-');
        if !dashes {
            continue;
        }
        let key = text.get(start..start + 29).unwrap_or_default();
        let formed = key.len() == 29
            && key.iter().enumerate().all(|(place, byte)| place % 6 == 5 || letter(*byte))
            && key.iter().any(u8::is_ascii_alphabetic);
        let alone = !letter(before(text, start)) && !letter(at(text, start + 29)) && at(text, start + 29) != b'-';
        if formed && alone {
            finds.push(Find::new(start..start + 29, Kind::Secret("product-key")));
            done = start + 29;
        }
    }
}

/// Twilio's account and key ids, and long runs that are too random to be anything but a key.
pub(super) fn dense(text: &[u8], finds: &mut Vec<Find>) {
    runs(text, 24, |span| {
        let run = text.get(span.clone()).unwrap_or_default();
        let hex = |run: &[u8]| run.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
        if run.len() == 34 && (run.starts_with(b"SK") || run.starts_with(b"AC")) && run.get(2..).is_some_and(hex) {
            finds.push(Find::new(span, Kind::Secret("twilio")));
            return;
        }
        let last = before(text, span.start);
        let assigned = matches!(last, b'=' | b':' | b'"' | b'\'' | b'`')
            || (last == b' ' && matches!(before(text, span.start - 1), b'=' | b':'));
        if assigned && random(run) {
            let mut end = span.end;
            while at(text, end) == b'=' && end < span.end + 2 {
                end += 1;
            }
            finds.push(Find::new(span.start..end, Kind::Secret("key")));
        }
    });
}

/// Both cases and digits, well mixed, and no path: what a generator of keys writes and people do not.
fn random(run: &[u8]) -> bool {
    if run.len() < 32 || run.len() > 256 {
        return false;
    }
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let mut counts = [0_usize; 4];
    let mut changes = 0;
    let mut last = 3;
    for byte in run {
        let class = class(*byte);
        if let Some(count) = counts.get_mut(class) {
            *count += 1;
        }
        changes += usize::from(class != last);
        last = class;
    }
    let [lower, upper, digits, other] = counts;
    lower >= 4 && upper >= 4 && digits >= 3 && other * 8 <= run.len() && changes * 5 >= run.len() * 2
}

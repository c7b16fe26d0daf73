//! Writes a text as a JSON string: the copy of an answer that goes beside its structured content.
//!
//! That copy is JSON in JSON, so every tenth byte of it is a quotation mark, and a writer that looks at one byte after the other
//! spends on it as much as the redactor on the answer. This one looks at eight at once.

const EACH: u64 = u64::from_ne_bytes([1; 8]);

/// Appends the text as `serde_json` writes it.
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 4 + 2);
    out.push(b'"');
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    for eight in eights {
        if is_plain(u64::from_ne_bytes(*eight)) {
            out.extend_from_slice(eight);
        } else {
            eight.iter().for_each(|byte| escape(*byte, out));
        }
    }
    rest.iter().for_each(|byte| escape(*byte, out));
    out.push(b'"');
}

/// Whether none of the eight bytes is a quotation mark, a backslash or a control character.
fn is_plain(eight: u64) -> bool {
    // The highest bit of a byte is set where that byte is below the bound; what is borrowed from a neighbour adds marks to
    // words that have one already.
    let below = |word: u64, bound: u8| word.wrapping_sub(EACH * u64::from(bound)) & !word;
    let quote = below(eight ^ (EACH * u64::from(b'"')), 1);
    let backslash = below(eight ^ (EACH * u64::from(b'\\')), 1);
    (below(eight, 0x20) | quote | backslash) & (EACH * 0x80) == 0
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x8 => b'b',
        0xc => b'f',
        0..0x20 => {
            let digit = byte & 15;
            let low = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), low]);
            return;
        }
        _ => {
            out.push(byte);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> String {
        let mut out = Vec::new();
        quote(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_character_below_a_thousand_is_written_as_serde_json_writes_it_at_every_place() {
        for c in (0..1000).filter_map(char::from_u32) {
            for place in 0..9 {
                let text = format!("{}{c}{}", "x".repeat(place), "y".repeat(9));
                assert_eq!(quoted(&text), serde_json::to_string(&text).unwrap());
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(text in r#"([ -~]|["\\]|\PC|[\x00-\x1f\x7f-\u{ff}]){0,80}"#) {
            prop_assert_eq!(quoted(&text), serde_json::to_string(&text).unwrap());
        }
    }
}

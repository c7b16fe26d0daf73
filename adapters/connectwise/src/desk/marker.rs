//! Our reference at the very end of a note, `[gw:...]`: the vendor has no field for it there.
//!
//! **Invariant:** a marker is only what stands at the end, so that a text that quotes one is not taken for it. Line ends may have
//! become blanks.

/// Puts a reference at the end of a text.
pub(crate) fn mark(text: &str, reference: Option<&str>) -> String {
    match reference {
        Some(reference) => format!("{text}\n[{reference}]"),
        None => text.to_owned(),
    }
}

/// The text without the marker, and the reference in it.
pub(crate) fn split(text: &str) -> (&str, Option<&str>) {
    let found = text.trim_end().strip_suffix(']').and_then(|it| it.rsplit_once('['));
    match found {
        Some((before, reference)) if is_reference(reference) => (before.trim_end(), Some(reference)),
        Some(_) | None => (text, None),
    }
}

fn is_reference(text: &str) -> bool {
    let digits = text.strip_prefix("gw:").unwrap_or_default();
    (1..=64).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_at_the_end_and_nowhere_else() {
        assert_eq!(split(&mark("one\ntwo", Some("gw:ab12"))), ("one\ntwo", Some("gw:ab12")));
        assert_eq!(split("one two [gw:ab12] "), ("one two", Some("gw:ab12")), "line ends may be lost");
        assert_eq!(mark("one", None), "one");
        for plain in ["", "x", "[gw:ab12] said he", "[gw:]", "see [gw:a b]", "[other:1]", "]", "[gw:a", "gw:a]"] {
            assert_eq!(split(plain), (plain, None), "{plain}");
        }
    }
}

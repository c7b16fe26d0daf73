//! Our reference, where the vendor has no field for one: `[gw:...]` at the end of a comment's subject, or on the last line
//! of a ticket's first comment.
//!
//! **Invariant:** a marker is only what stands at the very end, so that a text that quotes one is not taken for it.

/// Puts a reference at the end of a subject or of a text.
pub(crate) fn mark(text: &str, between: &str, reference: Option<&str>) -> String {
    match reference {
        Some(reference) => format!("{text}{between}[{reference}]"),
        None => text.to_owned(),
    }
}

/// The text without the marker, and the reference in it.
pub(crate) fn split(text: &str) -> (&str, Option<&str>) {
    let whole = text.trim_end();
    let found = whole.strip_suffix(']').and_then(|it| it.rsplit_once('['));
    match found {
        Some((before, reference)) if is_reference(reference) => (before.trim_end(), Some(reference)),
        Some(_) | None => (text, None),
    }
}

fn is_reference(text: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | ':');
    text.len() <= 128 && text.strip_prefix("gw:").is_some_and(|it| !it.is_empty() && it.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_at_the_end_and_nowhere_else() {
        assert_eq!(split("Public note [gw:ab12]"), ("Public note", Some("gw:ab12")));
        assert_eq!(split("one\ntwo\n\n[gw:ab12]\n"), ("one\ntwo", Some("gw:ab12")));
        for plain in ["", "x", "[gw:ab12] said he", "[gw:]", "see [gw:a b]", "[other:1]", "]", "[gw:a", "gw:a]"] {
            assert_eq!(split(plain), (plain, None), "{plain}");
        }
        let long = format!("[gw:{}]", "a".repeat(200));
        assert_eq!(split(&long), (long.as_str(), None));
    }

    #[test]
    fn what_is_marked_is_found_again() {
        assert_eq!(split(&mark("Note", " ", Some("gw:1"))), ("Note", Some("gw:1")));
        assert_eq!(mark("Note", " ", None), "Note");
    }
}

//! Where something was found, and which find wins where two overlap.

use std::ops::Range;

/// What was found. The order is the rank: the first wins where two overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A credential, and which.
    Secret(&'static str),
    /// An encoded block that holds any of the others.
    Encoded,
    /// A value of this record that the caller may not see: an index into the known values.
    Known(u32),
    /// A bank account number.
    Iban,
    /// A payment card number.
    Card,
    /// A national identity or passport number.
    Identity,
    /// An e-mail address.
    Email,
    /// An IP address.
    Ip,
    /// A telephone number.
    Phone,
}

/// One find: bytes of the text, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Find {
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
}

impl Find {
    pub(crate) fn new(span: Range<usize>, kind: Kind) -> Self {
        Self { span, kind }
    }
}

/// The byte at a place; 0 outside the text, which is no character of any pattern.
pub(crate) fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// The byte before a place; 0 at the start.
pub(crate) fn before(text: &[u8], index: usize) -> u8 {
    index.checked_sub(1).map_or(0, |index| at(text, index))
}

/// Sorted finds without overlaps. Where two overlap the lower rank gives way; what it covers beyond the other is joined to
/// the other, so that no rest of a value stays, unless the other is one that the caller may see.
pub(crate) fn resolve(text: &str, mut finds: Vec<Find>, shown: impl Fn(&Find) -> bool) -> Vec<Find> {
    for find in &mut finds {
        find.span = widen(text, find.span.clone());
    }
    finds.retain(|find| !find.span.is_empty());
    finds.sort_by_key(|find| (find.kind, std::cmp::Reverse(find.span.len())));
    let (open, hidden): (Vec<Find>, Vec<Find>) = finds.into_iter().partition(|find| shown(find));
    let mut kept: Vec<Find> = Vec::with_capacity(hidden.len());
    for find in hidden {
        if !open.iter().any(|other| other.kind < find.kind && covers(&other.span, &find.span)) {
            kept.push(find);
        }
    }
    kept.sort_by_key(|find| (find.span.start, find.kind));
    let mut out: Vec<Find> = Vec::with_capacity(kept.len());
    for find in kept {
        match out.last_mut() {
            Some(last) if find.span.start < last.span.end => {
                // What is known only labels what no pattern covers whole: a name in an address is an address.
                last.kind = match (last.kind, find.kind) {
                    (Kind::Known(_), wider @ (Kind::Email | Kind::Phone)) if covers(&find.span, &last.span) => wider,
                    (wider @ (Kind::Email | Kind::Phone), Kind::Known(_)) if covers(&last.span, &find.span) => wider,
                    (one, other) => one.min(other),
                };
                last.span.end = last.span.end.max(find.span.end);
            }
            _ => out.push(find),
        }
    }
    out
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The span on character boundaries, never smaller.
fn widen(text: &str, span: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (span.start.min(text.len()), span.end.min(text.len()));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_finds_become_one_that_covers_both() {
        let finds = vec![Find::new(4..9, Kind::Phone), Find::new(0..6, Kind::Card)];
        assert_eq!(resolve("0123456789", finds, |_| false), [Find::new(0..9, Kind::Card)]);
    }

    #[test]
    fn a_value_that_is_shown_keeps_a_lower_reading_of_it_away_and_nothing_else() {
        let shown = |find: &Find| find.kind == Kind::Ip;
        let inside = vec![Find::new(0..8, Kind::Ip), Find::new(0..8, Kind::Phone)];
        assert!(resolve("10.0.0.1", inside, shown).is_empty());
        let secret = vec![Find::new(0..8, Kind::Ip), Find::new(0..8, Kind::Secret("password"))];
        assert_eq!(resolve("10.0.0.1", secret, shown).len(), 1);
    }

    #[test]
    fn a_span_never_cuts_a_character() {
        let found = resolve("aéb", vec![Find::new(2..4, Kind::Email)], |_| false);
        assert_eq!(found, [Find::new(1..4, Kind::Email)]);
    }
}

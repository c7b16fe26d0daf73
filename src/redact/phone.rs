//! Telephone numbers: the shape where it is telling, the length where it is not, and the words before it.

mod plans;

use crate::redact::context::Says;
use crate::redact::find::{at, before};
use crate::redact::number::Cluster;
use plans::Lengths;
use std::ops::Range;

/// A telephone number that begins with a group; its span and the group to go on from.
pub(crate) fn find(cluster: &Cluster<'_>, index: usize) -> Option<(Range<usize>, usize)> {
    let group = cluster.group(index)?;
    let mut start = group.start;
    if before(cluster.text, start) == b'(' {
        start -= 1;
    }
    let plus = before(cluster.text, start) == b'+';
    if plus {
        start -= 1;
        if before(cluster.text, start) == b'(' {
            start -= 1;
        }
    }
    if !starts(cluster.text, start) {
        return None;
    }
    let said = cluster.context.has(Says::Phone)
        && !matches!(cluster.context.nearest(), Some(Says::Other | Says::Version | Says::Card | Says::Ssn));
    let other = index == 0 && matches!(cluster.context.nearest(), Some(Says::Other));
    let last = if plus || (cluster.digits(index).starts_with(b"00") && (said || cluster.groups.len() > index + 1)) {
        international(cluster, index, plus)
    } else {
        north_american(cluster, index, said).or_else(|| if other { None } else { national(cluster, index, said) })
    }?;
    let end = cluster.group(last)?.end;
    let end = extension(cluster.text, end);
    finishes(cluster.text, end).then_some((start..end, last + 1))
}

fn starts(text: &[u8], start: usize) -> bool {
    let last = before(text, start);
    if last == b'-' {
        return !before(text, start.saturating_sub(1)).is_ascii_alphanumeric();
    }
    !last.is_ascii_alphanumeric() && !matches!(last, b'_' | b'#' | b'$' | b'.' | b'/' | b'+')
}

fn finishes(text: &[u8], end: usize) -> bool {
    let (next, after) = (at(text, end), at(text, end + 1));
    match next {
        b'-' | b':' | b'/' => !(after.is_ascii_digit() || (next == b'-' && after.is_ascii_alphabetic())),
        b'_' | b'@' | b'%' => false,
        _ => !next.is_ascii_alphanumeric(),
    }
}

/// `x123`, `ext. 123` behind a number belongs to it.
fn extension(text: &[u8], end: usize) -> usize {
    let mut place = end;
    while at(text, place) == b' ' && place < end + 2 {
        place += 1;
    }
    let rest = text.get(place..).unwrap_or_default();
    let word = ["extension", "ext.", "ext", "x"]
        .iter()
        .find(|word| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())));
    let Some(word) = word else { return end };
    place += word.len();
    while matches!(at(text, place), b' ' | b':') && place < end + 14 {
        place += 1;
    }
    let digits = text.get(place..).unwrap_or_default().iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    if (1..=6).contains(&digits) { place + digits } else { end }
}

/// The last groups that a number of at most `most` digits may end with, and how many digits it then has.
fn ends(cluster: &Cluster<'_>, index: usize, most: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut digits = 0;
    for group in index..cluster.groups.len() {
        digits += cluster.digits(group).len();
        if digits > most {
            break;
        }
        // A group that runs into a word ("12order") is not the number's; what stands before it may be.
        if cluster.group(group).is_some_and(|it| finishes(cluster.text, extension(cluster.text, it.end))) {
            found.push((group, digits));
        }
        if cluster.gap(group).len() > 3 {
            break;
        }
    }
    found
}

fn international(cluster: &Cluster<'_>, index: usize, plus: bool) -> Option<usize> {
    let most = if plus { 16 } else { 17 };
    let ends = ends(cluster, index, most);
    let readings = |lengths: Lengths| {
        ends.iter().rev().find(|(last, digits)| *digits >= 8 && is_whole(cluster, index, *last, plus, lengths))
    };
    readings(Lengths::Used)
        .or_else(|| readings(Lengths::Allowed))
        .or_else(|| ends.iter().rev().find(|(_, digits)| plus && *digits >= 9))
        .map(|(last, _)| *last)
}

fn is_whole(cluster: &Cluster<'_>, first: usize, last: usize, plus: bool, lengths: Lengths) -> bool {
    let mut digits = Vec::with_capacity(20);
    for group in first..=last {
        // "(0)" between country and area code is not dialled from abroad.
        if group > first && cluster.digits(group) == b"0" {
            continue;
        }
        digits.extend_from_slice(cluster.digits(group));
    }
    plans::is_whole(if plus { &digits } else { digits.strip_prefix(b"00").unwrap_or(&digits) }, lengths)
}

/// Three, three and four digits, of which neither of the first two groups begins with 0 or 1; a 1 may stand before.
fn north_american(cluster: &Cluster<'_>, index: usize, said: bool) -> Option<usize> {
    let first = index + usize::from(cluster.digits(index) == b"1");
    let lengths = [0, 1, 2].map(|offset| cluster.digits(first + offset).len());
    let area = |group: usize| cluster.digits(group).first().is_some_and(|digit| *digit >= b'2');
    if lengths == [3, 3, 4] && area(first) && (area(first + 1) || said) {
        let tight = |gap: &[u8]| !gap.is_empty() && gap.len() <= 2 && !gap.contains(&b'/');
        return (tight(cluster.gap(first)) && tight(cluster.gap(first + 1))).then_some(first + 2);
    }
    None
}

fn national(cluster: &Cluster<'_>, index: usize, said: bool) -> Option<usize> {
    let trunk = cluster.digits(index).first() == Some(&b'0');
    let ends = ends(cluster, index, 12);
    if said {
        let least = if trunk { 8 } else { 7 };
        return ends.iter().rev().find(|(_, digits)| *digits >= least).map(|(last, _)| *last);
    }
    if !trunk {
        return None;
    }
    let is_home = |last: usize| {
        let digits: Vec<u8> = (index..=last).flat_map(|group| cluster.digits(group)).copied().collect();
        plans::is_home(&digits)
    };
    ends.iter().rev().find(|(last, _)| is_home(*last)).map(|(last, _)| *last)
}

#[cfg(test)]
mod tests {
    use crate::redact::context::Words;
    use crate::redact::find::Kind;

    fn phones(text: &str) -> Vec<&str> {
        let mut finds = Vec::new();
        crate::redact::number::find(text.as_bytes(), &Words::new().expect("the words build"), &mut finds);
        finds
            .into_iter()
            .filter(|find| find.kind == Kind::Phone)
            .map(|find| text.get(find.span).expect("on a boundary"))
            .collect()
    }

    #[test]
    fn numbers_are_found_in_the_forms_that_people_write() {
        let cases = [
            ("ring (555) 201-0142 now", "(555) 201-0142"),
            ("555-201-0142", "555-201-0142"),
            ("+1 555.201.0142 x77", "+1 555.201.0142 x77"),
            ("+49 (0) 30 901820", "+49 (0) 30 901820"),
            ("mail or +442079460018.", "+442079460018"),
            ("\"phone\":\"0343157016\"", "0343157016"),
            ("Callback: 5552010142", "5552010142"),
            ("csv,020 7946 0018,x", "020 7946 0018"),
            ("reach me at 612 34 56 78", "612 34 56 78"),
            ("+49 30 901820123 12order", "+49 30 901820123"),
        ];
        for (text, expected) in cases {
            assert_eq!(phones(text), [expected], "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "order 0123456789",
            "2026-11-21 10:30",
            "T20261121.0042",
            "INV-2020-35957",
            "PO078051120",
            "asset tag 78203735",
            "call me on 2026-11-21",
            "$1234567890",
            "build 10.0.19045",
            "550e8400-e29b-41d4-a716-446655440000",
            "pid 1234567",
            "id 5552010142",
            "#5552010142",
        ] {
            assert!(phones(text).is_empty(), "{text}: {:?}", phones(text));
        }
    }
}

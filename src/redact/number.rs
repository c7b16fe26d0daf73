//! Numbers: payment cards, bank accounts, identity numbers, IPv4 addresses, recovery keys.
//!
//! The text is walked once for digits. Digits that belong together form a cluster of groups, and each reader looks at the
//! groups, so that no pattern runs over text without digits.

use crate::redact::context::{Context, Says, Words};
use crate::redact::find::{Find, Kind, at, before};
use crate::redact::phone;
use std::ops::Range;

/// Longest run of groups that is read together; a longer one is read piece by piece.
const GROUPS: usize = 24;

/// Digits that belong together, and what is said before them.
pub(crate) struct Cluster<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) groups: &'a [Range<usize>],
    pub(crate) context: Context,
}

impl Cluster<'_> {
    /// The group at an index.
    pub(crate) fn group(&self, index: usize) -> Option<&Range<usize>> {
        self.groups.get(index)
    }

    /// The digits of a group.
    pub(crate) fn digits(&self, index: usize) -> &[u8] {
        self.group(index).and_then(|group| self.text.get(group.clone())).unwrap_or_default()
    }

    /// What stands between a group and the next.
    pub(crate) fn gap(&self, index: usize) -> &[u8] {
        match (self.group(index), self.group(index + 1)) {
            (Some(left), Some(right)) => self.text.get(left.end..right.start).unwrap_or_default(),
            _ => &[],
        }
    }

    fn length(&self, index: usize) -> usize {
        self.group(index).map_or(0, ExactSizeIterator::len)
    }

    fn span(&self, first: usize, last: usize) -> Range<usize> {
        match (self.group(first), self.group(last)) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    fn value(&self, index: usize) -> u32 {
        self.digits(index)
            .iter()
            .fold(0, |sum: u32, digit| sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0'))))
    }

    fn shaped(&self, first: usize, lengths: &[usize]) -> bool {
        lengths.iter().enumerate().all(|(offset, length)| self.length(first + offset) == *length)
    }

    fn joined(&self, first: usize, count: usize, gap: &[u8]) -> bool {
        (first..first + count.saturating_sub(1)).all(|index| self.gap(index) == gap)
    }
}

/// Every number in the text.
pub(crate) fn find(text: &[u8], words: &Words, finds: &mut Vec<Find>) {
    // No early end: a processor looks at many bytes at once as long as it need not stop at one.
    if !text.iter().fold(false, |any, byte| any | byte.is_ascii_digit()) {
        return;
    }
    let mut groups = Vec::new();
    let mut place = 0;
    while let Some(offset) = text.get(place..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        let start = place + offset;
        if let Some(span) = iban(text, start, words) {
            place = span.end;
            finds.push(Find::new(span, Kind::Iban));
            continue;
        }
        place = gather(text, start, &mut groups);
        let digits: usize = groups.iter().map(ExactSizeIterator::len).sum();
        if digits < 4 {
            continue;
        }
        let context = words.before(text, start);
        read(&Cluster { text, groups: &groups, context }, finds);
    }
}

/// Collects the groups of digits from a place; returns where to go on.
fn gather(text: &[u8], start: usize, groups: &mut Vec<Range<usize>>) -> usize {
    groups.clear();
    let mut place = start;
    loop {
        let from = place;
        while at(text, place).is_ascii_digit() {
            place += 1;
        }
        groups.push(from..place);
        let mut next = place;
        while next < place + 4 && matches!(at(text, next), b' ' | b'-' | b'.' | b'/' | b'(' | b')') {
            next += 1;
        }
        if groups.len() == GROUPS || next == place || !at(text, next).is_ascii_digit() {
            return place;
        }
        place = next;
    }
}

fn read(cluster: &Cluster<'_>, finds: &mut Vec<Find>) {
    let mut index = 0;
    while index < cluster.groups.len() {
        index = match read_at(cluster, index) {
            Some((find, next)) => {
                finds.extend(find);
                next.max(index + 1)
            }
            None => index + 1,
        };
    }
}

fn read_at(cluster: &Cluster<'_>, index: usize) -> Option<(Option<Find>, usize)> {
    if let Some(found) = passport(cluster, index) {
        return Some(found);
    }
    let start = cluster.group(index)?.start;
    let last = before(cluster.text, start);
    if last.is_ascii_alphanumeric() || last == b'_' {
        return None;
    }
    if date(cluster, index) {
        return Some((None, index + 3));
    }
    let found = |span, kind, next| Some((Some(Find::new(span, kind)), next));
    if recovery_key(cluster, index) {
        return found(cluster.span(index, index + 7), Kind::Secret("recovery-key"), index + 8);
    }
    if ipv4(cluster, index) {
        return found(cluster.span(index, index + 3), Kind::Ip, index + 4);
    }
    if let Some(end) = card(cluster, index) {
        return found(cluster.span(index, end), Kind::Card, end + 1);
    }
    if let Some(end) = ssn(cluster, index) {
        return found(cluster.span(index, end), Kind::Identity, end + 1);
    }
    phone::find(cluster, index).map(|(span, next)| (Some(Find::new(span, Kind::Phone)), next))
}

fn ends(cluster: &Cluster<'_>, index: usize) -> bool {
    let Some(group) = cluster.group(index) else { return false };
    let next = at(cluster.text, group.end);
    !next.is_ascii_alphanumeric() && next != b'_'
}

/// Year, month and day in the usual orders, so that a date is no telephone number.
fn date(cluster: &Cluster<'_>, index: usize) -> bool {
    let gap = cluster.gap(index);
    if !matches!(gap, b"-" | b"/" | b".") || cluster.gap(index + 1) != gap {
        return false;
    }
    let lengths = [0, 1, 2].map(|offset| cluster.length(index + offset));
    let [first, second, third] = [0, 1, 2].map(|offset| cluster.value(index + offset));
    let day_month = |a, b| (1..=31).contains(&a) && (1..=31).contains(&b) && (a <= 12 || b <= 12);
    match lengths {
        [4, 1..=2, 1..=2] => (1900..2100).contains(&first) && day_month(second, third),
        [1..=2, 1..=2, 4] => (1900..2100).contains(&third) && day_month(first, second),
        [2, 2, 2] => gap != b"." && day_month(first, second) && cluster.length(index + 3) == 0,
        _ => false,
    }
}

fn ipv4(cluster: &Cluster<'_>, index: usize) -> bool {
    let octets =
        (index..index + 4).all(|group| (1..=3).contains(&cluster.length(group)) && cluster.value(group) <= 255);
    let next = cluster.group(index + 3).map_or(0, |group| group.end);
    octets
        && cluster.joined(index, 4, b".")
        && cluster.gap(index + 3) != b"."
        && !(index > 0 && cluster.gap(index - 1) == b".")
        && before(cluster.text, cluster.span(index, index).start) != b'.'
        && !at(cluster.text, next).is_ascii_alphabetic()
        && !(index == 0 && cluster.context.nearest() == Some(Says::Version))
}

/// BitLocker: eight groups of six digits, each a multiple of eleven below 720,896.
fn recovery_key(cluster: &Cluster<'_>, index: usize) -> bool {
    cluster.shaped(index, &[6; 8]) && (0..7).all(|offset| matches!(cluster.gap(index + offset), b"-" | b" "))
}

fn card(cluster: &Cluster<'_>, index: usize) -> Option<usize> {
    if cluster.length(index) < 3 {
        return None;
    }
    let mut digits = [0_u8; 19];
    let mut count = 0;
    let mut found = None;
    for group in index..cluster.groups.len() {
        for (slot, digit) in digits.iter_mut().skip(count).zip(cluster.digits(group)) {
            *slot = digit - b'0';
        }
        count += cluster.length(group);
        if count > 19 {
            break;
        }
        let number = digits.get(..count).unwrap_or_default();
        if count >= 13 && ends(cluster, group) && issued(number, cluster.context) && luhn(number) {
            found = Some(group);
        }
        let gap = cluster.gap(group);
        if cluster.length(group) < 3 || gap.len() > 3 || !gap.iter().all(|byte| matches!(byte, b' ' | b'-' | b'.')) {
            break;
        }
    }
    found
}

/// Whether an issuer gives out numbers like this: first digits and length (ISO/IEC 7812, the schemes' published ranges).
fn issued(number: &[u8], context: Context) -> bool {
    let prefix = |digits: usize| number.iter().take(digits).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match number.len() {
        15 if matches!(two, 34 | 37) => true,
        13 | 16 | 19 if prefix(1) == 4 => true,
        16 if (51..=55).contains(&two) || (2221..=2720).contains(&four) => true,
        16..=19 if four == 6011 || (644..=649).contains(&three) || two == 65 || two == 62 => true,
        16..=19 if (3528..=3589).contains(&four) => true,
        14..=19 if (300..=305).contains(&three) || matches!(two, 36 | 38 | 39) => {
            context.has(Says::Card) || number.len() == 14
        }
        13..=19 => context.has(Says::Card) && matches!(two, 50 | 56..=58 | 60 | 61 | 63 | 66..=69),
        _ => false,
    }
}

fn luhn(number: &[u8]) -> bool {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10) && number.iter().any(|digit| *digit != 0)
}

fn ssn(cluster: &Cluster<'_>, index: usize) -> Option<usize> {
    let said = cluster.context.nearest() == Some(Says::Ssn);
    if cluster.shaped(index, &[3, 2, 4]) && ends(cluster, index + 2) {
        let gap = cluster.gap(index);
        let valid = !matches!(cluster.value(index), 0 | 666 | 900..)
            && cluster.value(index + 1) > 0
            && cluster.value(index + 2) > 0;
        let alone = cluster.gap(index + 2) != b"-" && !(index > 0 && cluster.gap(index - 1) == b"-");
        let dashed = gap == b"-" && (valid || said);
        if cluster.gap(index + 1) == gap && alone && (dashed || said || cluster.context.has(Says::Ssn)) {
            return Some(index + 2);
        }
    }
    (said && cluster.length(index) == 9 && ends(cluster, index)).then_some(index)
}

/// A passport number stands after the word: up to two letters, then six to nine digits.
fn passport(cluster: &Cluster<'_>, index: usize) -> Option<(Option<Find>, usize)> {
    if cluster.context.nearest() != Some(Says::Passport) {
        return None;
    }
    let group = cluster.group(index)?;
    let mut start = group.start;
    while start > group.start.saturating_sub(2) && before(cluster.text, start).is_ascii_alphabetic() {
        start -= 1;
    }
    let mut end = group.end;
    while end < group.end + 2 && at(cluster.text, end).is_ascii_uppercase() {
        end += 1;
    }
    let joins = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let alone = !joins(before(cluster.text, start)) && !joins(at(cluster.text, end));
    ((6..=9).contains(&group.len()) && alone).then(|| (Some(Find::new(start..end, Kind::Identity)), index + 1))
}

/// A bank account number whose first digits are here: two letters before, ISO 13616 structure and check digits behind.
fn iban(text: &[u8], digit: usize, words: &Words) -> Option<Range<usize>> {
    let start = digit.checked_sub(2)?;
    let letters = at(text, start).is_ascii_alphabetic() && at(text, start + 1).is_ascii_alphabetic();
    if !letters || !at(text, digit + 1).is_ascii_digit() || before(text, start).is_ascii_alphanumeric() {
        return None;
    }
    let mut compact = String::with_capacity(34);
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    let mut place = start;
    while compact.len() < 34 {
        let byte = at(text, place);
        if byte.is_ascii_alphanumeric() {
            compact.push(char::from(byte.to_ascii_uppercase()));
            place += 1;
            if !at(text, place).is_ascii_alphanumeric() && compact.len() >= 15 {
                cuts.push((compact.len(), place));
            }
        } else if compact.len() >= 4 && matches!(byte, b' ' | b'-') && at(text, place + 1).is_ascii_alphanumeric() {
            place += 1;
        } else {
            break;
        }
    }
    let valid = |compact: &str| {
        compact.parse::<iban::Iban>().is_ok()
            || (words.before(text, start).has(Says::Iban) && compact.parse::<iban::BaseIban>().is_ok())
    };
    cuts.iter().rev().find(|(length, _)| compact.get(..*length).is_some_and(&valid)).map(|(_, end)| start..*end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let mut finds = Vec::new();
        find(text.as_bytes(), &Words::new().expect("the words build"), &mut finds);
        finds.into_iter().map(|find| (find.kind, text.get(find.span).expect("on a boundary"))).collect()
    }

    #[test]
    fn cards_need_an_issuer_a_length_and_the_check_digit() {
        for card in
            ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "3782 822463 10005"]
        {
            assert_eq!(kinds(&format!("paid by {card}.")), [(Kind::Card, card)]);
        }
        for other in [
            "4111111111111112",
            "9111111111111111",
            "order 0000000000000000",
            "a4111111111111111",
            "imei 490154203237518",
        ] {
            assert!(kinds(other).iter().all(|(kind, _)| *kind != Kind::Card), "{other}");
        }
    }

    #[test]
    fn bank_accounts_need_country_length_and_check_digits() {
        for iban in ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "nl91abna0417164300"] {
            assert_eq!(kinds(&format!("wire to {iban} today")), [(Kind::Iban, iban)]);
        }
        assert!(kinds("DE89370400440532013001").is_empty());
        assert!(kinds("serial AB12345678901234567").is_empty());
    }

    #[test]
    fn identity_numbers_need_their_shape_or_their_word() {
        assert_eq!(kinds("078-05-1120"), [(Kind::Identity, "078-05-1120")]);
        assert_eq!(kinds("SSN 078051120"), [(Kind::Identity, "078051120")]);
        assert_eq!(kinds("passport no X1234567"), [(Kind::Identity, "X1234567")]);
        assert!(kinds("PO 078051120 and asset 123456789").is_empty());
        assert!(kinds("000-05-1120").is_empty());
    }

    #[test]
    fn an_address_of_four_octets_is_no_version_and_no_date() {
        assert_eq!(kinds("from 10.1.2.3:443"), [(Kind::Ip, "10.1.2.3")]);
        for other in ["version 10.1.2.3", "v1.2.3.4", "1.2.3.4.5", "10.0.19045.3693", "300.1.2.3", "21.11.2026"] {
            assert!(kinds(other).is_empty(), "{other}: {:?}", kinds(other));
        }
    }

    #[test]
    fn a_recovery_key_is_eight_groups_of_six() {
        let key = "123456-234567-345678-456789-567890-678901-789012-890123";
        assert_eq!(kinds(key), [(Kind::Secret("recovery-key"), key)]);
    }
}

//! `password: x`, `"api_key": "x"`, `the token is x`: a word, perhaps a sign of assignment, and a value.

use crate::redact::find::{at, before};
use std::ops::Range;

/// Longest value that is taken out by its assignment.
const VALUE: usize = 512;

/// How the value is tied to the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// `=`, `:`, `=>`.
    Sign,
    /// `is`, `was`, `to`.
    Verb,
    /// Only a space or a dash.
    Near,
}

const WORDS: &[&str] = &[
    "true",
    "false",
    "null",
    "none",
    "required",
    "expired",
    "expires",
    "reset",
    "changed",
    "unknown",
    "missing",
    "incorrect",
    "invalid",
    "wrong",
    "empty",
    "string",
    "redacted",
    "hidden",
    "disabled",
    "enabled",
    "your",
    "n/a",
    "value",
    "same",
    "policy",
    "never",
    "rotated",
    "revoked",
    "pending",
    "optional",
    "password",
    "secret",
    "token",
    "needed",
    "here",
    "withheld",
    "lost",
    "forgotten",
    "please",
    "with",
    "from",
    "that",
    "this",
    "what",
    "when",
    "must",
    "should",
    "will",
    "sent",
    "done",
    "reset.",
    "the",
    "see",
    "ask",
    "not",
    "was",
    "has",
    "yes",
];

/// The password behind a word.
pub(super) fn password(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let numeric = text.get(word.clone())?.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(b"pin"));
    if before(text, word.start).is_ascii_alphabetic() && (numeric || word.len() <= 3) {
        return None;
    }
    let (tie, span) = value(text, word)?;
    let value = text.get(span.clone())?;
    if idle(value) {
        return None;
    }
    let traits = Traits::of(value);
    let fits = match tie {
        Tie::Sign if numeric => (4..=12).contains(&value.len()) && traits.digits == value.len(),
        Tie::Sign => value.len() >= 4,
        Tie::Verb => {
            value.len() >= 4 && (traits.digits > 0 && value.len() >= 4 || traits.other > 0 && value.len() >= 6)
        }
        Tie::Near => value.len() >= 8 && traits.digits > 0 && traits.lower + traits.upper > 2 && traits.kinds() >= 3,
    };
    fits.then_some(span)
}

/// The key or token behind a word.
pub(super) fn key(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let (tie, span) = value(text, word)?;
    let value = text.get(span.clone())?;
    if idle(value) || path(value) {
        return None;
    }
    let traits = Traits::of(value);
    let letters = traits.lower + traits.upper;
    let fits = match tie {
        Tie::Sign => {
            (value.len() >= 8 && traits.digits > 0 && letters > 0 && !dated(value))
                || (value.len() >= 12 && traits.digits == value.len())
                || (value.len() >= 16 && letters >= 16 && traits.other == 0)
        }
        Tie::Verb => value.len() >= 8 && traits.digits > 0 && letters > 0 && !dated(value),
        Tie::Near => value.len() >= 16 && (traits.digits >= 3 && letters >= 4) && traits.distinct >= 6,
    };
    fits.then_some(span)
}

/// The value behind a word, and how it is tied to it.
fn value(text: &[u8], word: Range<usize>) -> Option<(Tie, Range<usize>)> {
    let mut place = word.end;
    let mut tie = text.get(word.end.checked_sub(1)?).filter(|byte| matches!(byte, b':' | b'=')).map(|_| Tie::Sign);
    // The rest of the name: `passwordHash`, `secret_key_id`, `keys`.
    let tail = place;
    while place < tail + 24 && (at(text, place).is_ascii_alphanumeric() || matches!(at(text, place), b'_' | b'.')) {
        place += 1;
    }
    let glued = place > tail;
    for _ in 0..2 {
        // A second word of the name: `recovery key`, `key for the portal` is left alone.
        let rest = text.get(place..).unwrap_or_default();
        let more = [
            " key", " code", " no", " number", " value", " seed", " token", "-key", "-token", " id", " secret", "key",
            " bearer", " basic",
        ];
        let more = more.iter().find(|more| {
            rest.get(..more.len()).is_some_and(|head| head.eq_ignore_ascii_case(more.as_bytes()))
                && !at(rest, more.len()).is_ascii_alphanumeric()
        });
        place += more.map_or(0, |more| more.len());
    }
    let mut quoted = false;
    while matches!(at(text, place), b'"' | b'\'' | b'`' | b']' | b')' | b'*' | b'\\') {
        quoted = true;
        place += 1;
    }
    let spaced = place;
    while at(text, place) == b' ' && place < spaced + 4 {
        place += 1;
    }
    let sign = place;
    while place < sign + 3 && matches!(at(text, place), b':' | b'=' | b'>') {
        place += 1;
    }
    if place > sign {
        tie = Some(Tie::Sign);
    }
    if tie.is_none() {
        let rest = text.get(sign..).unwrap_or_default();
        let verbs: [&[u8]; 8] = [b"is ", b"ist ", b"was ", b"to ", b"is: ", b"is now ", b"lautet ", b"set to "];
        let verb = verbs
            .iter()
            .filter(|verb| rest.get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb)))
            .max_by_key(|verb| verb.len());
        if let Some(verb) = verb.filter(|_| sign > spaced) {
            place = sign + verb.len();
            tie = Some(Tie::Verb);
        } else if at(text, place) == b'-' && !quoted {
            place += 1;
            tie = Some(Tie::Near);
        } else if (sign > spaced || at(text, place) == b',') && !quoted {
            // `tokens per minute`, `keyboard XK..`: a name that goes on in letters is another word.
            let named = !glued || text.get(tail..sign).is_some_and(|tail| tail.contains(&b'_'));
            named.then_some(())?;
            tie = Some(Tie::Near);
        }
    }
    let tie = tie?;
    let spaced = place;
    while at(text, place) == b' ' && place < spaced + 4 {
        place += 1;
    }
    // `Authorization: Bearer x`: the scheme is no value.
    for scheme in [&b"bearer "[..], b"basic ", b"apikey ", b"token "] {
        if text
            .get(place..)
            .and_then(|rest| rest.get(..scheme.len()))
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        {
            place += scheme.len();
        }
    }
    let escaped = at(text, place) == b'\\';
    place += usize::from(escaped && matches!(at(text, place + 1), b'"' | b'\''));
    let quote = at(text, place);
    if matches!(quote, b'"' | b'\'' | b'`') {
        let start = place + 1;
        let rest = text.get(start..text.len().min(start + VALUE))?;
        let length = rest.iter().position(|byte| *byte == quote || *byte == b'\n' || *byte == 0x1a)?;
        let length = length - usize::from(length > 0 && at(rest, length - 1) == b'\\');
        return (length > 0).then_some((tie, start..start + length));
    }
    let rest = text.get(place..text.len().min(place + VALUE))?;
    let mut length = rest
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b';' | b'<' | b'>' | 0x1a))
        .unwrap_or(rest.len());
    // A comma or an ampersand goes on in a password, unless another assignment begins behind it.
    if let Some(cut) = rest.get(..length)?.iter().position(|byte| matches!(byte, b'&' | b','))
        && rest.get(cut..length)?.contains(&b'=')
    {
        length = cut;
    }
    while length > 0 && matches!(at(rest, length - 1), b'.' | b',' | b')' | b':' | b']' | b'}' | b'?') {
        length -= 1;
    }
    (length > 0).then_some((tie, place..place + length))
}

/// A word of the sentence, a variable, a mask, or our own placeholder: no value.
fn idle(value: &[u8]) -> bool {
    let variable =
        matches!(value, [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] | [b'%', .., b'%'] | [b'<', ..] | [b'[', ..]);
    let mask = value.iter().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'?' | b'#'));
    let placeholder = value.first() == Some(&0x1a) || value.starts_with("⟦".as_bytes());
    let word = || {
        let lower = value.to_ascii_lowercase();
        WORDS.iter().any(|word| word.as_bytes() == lower)
    };
    variable || mask || placeholder || value.starts_with(b"https://") || value.starts_with(b"http://") || word()
}

/// A path, a qualified name or a function call is no key.
fn path(value: &[u8]) -> bool {
    value.contains(&b'\\') || value.starts_with(b"/") || value.contains(&b'(') || value.starts_with(b"HK")
}

/// A date or a time is no key.
fn dated(value: &[u8]) -> bool {
    value.len() >= 8
        && at(value, 4) == b'-'
        && at(value, 7) == b'-'
        && value.starts_with(b"20")
        && value.iter().filter(|byte| byte.is_ascii_alphabetic()).count() <= 2
}

/// What a value is made of.
struct Traits {
    lower: usize,
    upper: usize,
    digits: usize,
    other: usize,
    distinct: u32,
}

impl Traits {
    fn of(value: &[u8]) -> Self {
        let count = |test: fn(&u8) -> bool| value.iter().filter(|byte| test(byte)).count();
        let (lower, upper, digits) =
            (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase), count(u8::is_ascii_digit));
        let distinct = value.iter().fold(0_u128, |seen, byte| seen | 1 << (byte & 127)).count_ones();
        Self { lower, upper, digits, other: value.len() - lower - upper - digits, distinct }
    }

    fn kinds(&self) -> usize {
        [self.lower, self.upper, self.digits, self.other].iter().filter(|count| **count > 0).count()
    }
}

//! Takes out what hides text from a reader, and folds what only looks different: the first layer.
//!
//! Zero-width joiners go too, so an emoji family falls apart into its members; hidden instructions cost more than that.

use super::Marks;
use super::find::at;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;

const OPEN: char = '⟦';
const CLOSE: char = '⟧';
/// So many bytes are skipped at once where all are ASCII.
const STRETCH: usize = 64;

/// The text without invisible characters and terminal escapes, digits and letters in their ASCII form.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if all_plain(text.as_bytes()) || text.chars().all(settled) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' | '\u{9b}' => skip_escape(c, &mut chars),
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\u{fe0f}' if out.chars().next_back().is_some_and(|last| !last.is_ascii() && last != '\u{fe0f}') => {
                out.push(c);
            }
            _ if invisible(c) => {}
            _ => out.push(fold(c)),
        }
    }
    if out.contains('\u{2013}') {
        out = fold_range_dashes(&out);
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

fn plain(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) | (byte == b'\n') | (byte == b'\t')
}

/// Whether every byte is. No early end: a processor looks at many bytes at once as long as it need not stop at one.
fn all_plain(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & plain(*byte))
}

/// Whether a character is as it should be, wherever it stands.
fn settled(c: char) -> bool {
    if let Ok(byte) = u8::try_from(c)
        && byte.is_ascii()
    {
        return plain(byte);
    }
    !matches!(c, '\u{2013}' | '\u{2028}' | '\u{2029}') && !invisible(c) && fold(c) == c
}

fn skip_escape(first: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if first == '\u{9b}' { Some('[') } else { chars.next_if(|c| ('\u{20}'..='\u{7e}').contains(c)) };
    match kind {
        Some('[') => {
            while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
            let _ = chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            // Ends with BEL or ESC \; a newline ends it as well, so that an unfinished one does not eat the text.
            while let Some(c) = chars.next_if(|c| *c != '\n' && *c != '\u{7}' && *c != '\u{1b}') {
                if c == '\u{9c}' {
                    return;
                }
            }
            let _ = chars.next_if_eq(&'\u{7}');
        }
        Some(_) | None => {}
    }
}

/// Whether a character shows nothing of its own, or turns the order of what is shown.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Compatibility forms that patterns must read as ASCII: full-width letters, digits of other scripts, odd spaces.
pub(crate) fn fold(c: char) -> char {
    let code = u32::from(c);
    let digit = |zero: u32| char::from_digit(code - zero, 10).unwrap_or(c);
    match c {
        '\0'..='\u{9f}' => c,
        '\u{ff10}'..='\u{ff19}'
        | '\u{ff21}'..='\u{ff3a}'
        | '\u{ff41}'..='\u{ff5a}'
        | '＠'
        | '．'
        | '－'
        | '＋'
        | '＿'
        | '：'
        | '＝' => char::from_u32(code - 0xfee0).unwrap_or(c),
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        '\u{966}'..='\u{96f}' => digit(0x966),
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_digit((code - 0x1d7ce) % 10, 10).unwrap_or(c),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2012}' | '\u{2212}' | '\u{fe63}' => '-',
        '\u{fe6b}' => '@',
        _ => c,
    }
}

/// An en dash between two digits is a separator; elsewhere it is typography and stays.
fn fold_range_dashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before = out.ends_with(|last: char| last.is_ascii_digit());
        let after = chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if c == '\u{2013}' && before && after { '-' } else { c });
    }
    out
}

/// Takes our brackets away from everything but a placeholder that this grant's key wrote: a forged one is only text.
/// Also says where the real ones are.
pub(crate) fn escape<'a>(
    text: Cow<'a, str>,
    genuine: impl Fn(&str) -> bool,
) -> (Cow<'a, str>, Vec<std::ops::Range<usize>>) {
    if bracket(&text).is_none() {
        return (text, Vec::new());
    }
    let mut out = String::with_capacity(text.len());
    let mut kept = Vec::new();
    let mut rest = text.as_ref();
    while let Some(at) = bracket(rest) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let inner = from.strip_prefix(OPEN).and_then(|inner| inner.split_once(CLOSE)).map(|(inner, _)| inner);
        match inner {
            Some(inner) if inner.len() <= 64 && genuine(inner) => {
                let start = out.len();
                out.push(OPEN);
                out.push_str(inner);
                out.push(CLOSE);
                kept.push(start..out.len());
                rest = from.get(inner.len() + OPEN.len_utf8() + CLOSE.len_utf8()..).unwrap_or("");
            }
            _ => {
                out.push(if from.starts_with(OPEN) { '[' } else { ']' });
                rest = from.get(OPEN.len_utf8()..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    (Cow::Owned(out), kept)
}

/// Where the first of our brackets is. Both begin with the same two bytes, and most texts hold not even the first.
fn bracket(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut firsts = memchr::memchr_iter(0xe2, bytes);
    firsts.find(|place| at(bytes, place + 1) == 0x9f && matches!(at(bytes, place + 2), 0xa6 | 0xa7))
}

/// Takes hidden characters and forged placeholders out of every string and key of an answer, whatever its class.
pub(crate) fn tidy(json: Box<RawValue>, marks: &Marks) -> serde_json::Result<Box<RawValue>> {
    let text = json.get();
    if shows_all(text) {
        // Neither brackets nor what is between those that stay are written otherwise in JSON, so it is read as it stands.
        let (clear, _) = escape(Cow::Borrowed(text), |inner| marks.wrote(inner));
        return if clear == text { Ok(json) } else { RawValue::from_string(clear.into_owned()) };
    }
    let mut value = serde_json::from_str(text)?;
    tidy_value(&mut value, marks);
    to_raw_value(&value)
}

/// Whether no string in this JSON has anything to clean. Read for every answer: the first look is one that a processor makes
/// at many bytes at once, and only what is rare is looked at by itself.
fn shows_all(json: &str) -> bool {
    let bytes = json.as_bytes();
    if bytes.iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == 0x7f)) || !unescaped(bytes) {
        return false;
    }
    // Where a character of several bytes begins, in the stretches that have one.
    let stretches = bytes.chunks(STRETCH).enumerate().filter(|(_, stretch)| !stretch.is_ascii());
    let mut beyond = stretches.flat_map(|(nth, stretch)| {
        stretch.iter().enumerate().filter(|(_, byte)| **byte >= 0xc0).map(move |(place, _)| nth * STRETCH + place)
    });
    beyond.all(|place| json.get(place..).and_then(|rest| rest.chars().next()).is_some_and(settled))
}

/// Whether the escapes in this JSON stand for visible characters or for white space that stays.
fn unescaped(bytes: &[u8]) -> bool {
    let mut escapes = memchr::memchr_iter(b'\\', bytes);
    while let Some(place) = escapes.next() {
        match at(bytes, place + 1) {
            b'n' | b't' | b'"' => {}
            // The second of a pair begins nothing.
            b'\\' => drop(escapes.next()),
            _ => return false,
        }
    }
    true
}

fn tidy_value(value: &mut Value, marks: &Marks) {
    let clear = |text: &str| -> Option<String> {
        if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        let clear = escape(clean(text), |inner| marks.wrote(inner)).0;
        (clear != text).then(|| clear.into_owned())
    };
    match value {
        Value::String(text) => {
            if let Some(clear) = clear(text) {
                *text = clear;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tidy_value(item, marks)),
        Value::Object(fields) => {
            if fields.keys().any(|key| clear(key).is_some()) {
                let old = std::mem::take(fields);
                fields.extend(old.into_iter().map(|(key, value)| (clear(&key).unwrap_or(key), value)));
            }
            fields.values_mut().for_each(|value| tidy_value(value, marks));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p04_tags_bidi_ansi_and_controls_are_taken_out() {
        let cases = [
            ("hi\u{e0049}\u{e0067}there", "hithere"),
            ("a\u{202e}b\u{2066}c\u{2069}", "abc"),
            ("\u{1b}[31mred\u{1b}[0m and \u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{7}", "red and link"),
            ("\u{9b}1mbold", "bold"),
            ("a\0b\u{8}c\r\nd\te", "abc\nd\te"),
            ("soft\u{ad}hyphen zero\u{200b}width \u{feff}bom", "softhyphen zerowidth bom"),
        ];
        for (dirty, expected) in cases {
            assert_eq!(clean(dirty), expected, "{dirty:?}");
            assert_eq!(clean(expected), expected);
        }
    }

    #[test]
    fn plain_and_accented_text_is_borrowed() {
        assert!(matches!(clean("hello\n\tworld"), Cow::Borrowed(_)));
        assert!(matches!(clean("Grüße – 日本語 ❤\u{fe0f}"), Cow::Borrowed(_)));
    }

    #[test]
    fn r03_digits_of_other_scripts_read_as_ascii() {
        assert_eq!(clean("４１１１\u{a0}１１１１ ٠١٢ 𝟗"), "4111 1111 012 9");
        assert_eq!(clean("555\u{2013}0100"), "555-0100");
    }

    #[test]
    fn an_unfinished_escape_ends_with_the_line() {
        assert_eq!(clean("\u{1b}]0;title\nnext"), "\nnext");
        assert_eq!(clean("\u{1b}"), "");
    }

    #[test]
    fn p04_an_answer_read_as_it_stands_is_tidied_as_one_read_value_by_value() {
        let marks = Marks::new(b"secret", "grant");
        let genuine = marks.of("email", "jane@acme.example");
        let texts = [
            "plain \"quoted\" back\\slash \\u0041 line\nbreak\ttab /",
            "Grüße – 日本語 ❤\u{fe0f}",
            "Grüße 日本語",
            "carriage\r return \u{8} \u{c} \u{7f} \u{1b}[1mred",
            "⟦email:aaaaaa.aaaa⟧ ⟦⟦ ⟧",
            "⟦ opened and",
            "closed ⟧ here ⟦email:",
            "\u{202e}hidden\u{200b} ４１１１ 555\u{2013}0100",
            &genuine,
            &format!("⟦{genuine}⟧ \" {genuine}"),
        ];
        let mut answers: Vec<Value> =
            texts.iter().map(|text| serde_json::json!({ *text: [text, 1.5, null] })).collect();
        for (one, other) in texts.iter().flat_map(|one| texts.iter().map(move |other| (one, other))) {
            answers.push(serde_json::json!([one, { "k": other }]));
        }
        for mut answer in answers {
            let tidied = tidy(to_raw_value(&answer).unwrap(), &marks).unwrap();
            tidy_value(&mut answer, &marks);
            assert_eq!(tidied.get(), answer.to_string());
        }
        let untouched = serde_json::json!({ "text": genuine }).to_string();
        assert_eq!(tidy(RawValue::from_string(untouched.clone()).unwrap(), &marks).unwrap().get(), untouched);
    }

    proptest::proptest! {
        #[test]
        fn p04_brackets_are_found_among_characters_that_begin_like_them(text in "[a⟥-⟨⟦⟧→❤é\u{2f66}]{0,12}") {
            proptest::prop_assert_eq!(bracket(&text), text.find([OPEN, CLOSE]));
        }

        /// What is skipped at once is what a look at each character would let pass.
        #[test]
        fn p04_a_text_is_cleaned_as_one_that_is_read_character_by_character(
            text in r"([ -~\n\t]{30,90}|[\x00-\x1f\x7f\u{1b}]|[é日❤⟦\u{202e}\u{200b}４\u{fe0f}\u{2013}１]){0,6}",
        ) {
            let quick = clean(&text);
            proptest::prop_assert_eq!(clean(&quick), quick.as_ref());
            proptest::prop_assert_eq!(all_plain(text.as_bytes()), text.bytes().all(plain));
            let json = to_raw_value(&text).unwrap();
            let clear = serde_json::from_str::<String>(json.get()).unwrap().chars().all(settled);
            proptest::prop_assert!(!shows_all(json.get()) || clear);
        }
    }

    #[test]
    fn bomb_of_brackets_stays_linear() {
        let bomb = "⟦".repeat(20_000);
        assert_eq!(escape(Cow::Borrowed(&bomb), |_| false).0, "[".repeat(20_000));
    }
}

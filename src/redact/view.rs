//! A second reading of a text: tags dropped, entities, percent signs and escapes decoded, with a way back to the text.
//!
//! One level is decoded. A value that was encoded twice, or in another way than these, is not seen.

use crate::redact::clean::{fold, invisible};
use crate::redact::find::at;
use std::ops::Range;

/// The decoded text, and where each of its bytes came from.
#[derive(Debug, Default)]
pub(crate) struct View {
    text: String,
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl View {
    /// The second reading of a text; `None` where it is the same as the first.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if memchr::memchr3(b'<', b'&', b'%', bytes).is_none() && memchr::memchr2(b'\\', b'=', bytes).is_none() {
            return None;
        }
        let mut view = Self::default();
        let mut decoded = false;
        let printable = quoted_printable(bytes);
        let mut place = 0;
        while let Some(rest) = text.get(place..).filter(|rest| !rest.is_empty()) {
            let step = match at(bytes, place) {
                b'<' => tag(rest),
                b'&' => entity(rest),
                b'%' => hex(rest, 1, 2).map(|code| (character(code), 3)),
                b'\\' => escape(rest),
                b'=' if printable && rest.starts_with("=\n") => Some((None, 2)),
                b'=' if printable => hex(rest, 1, 2).map(|code| (character(code), 3)),
                _ => None,
            };
            if let Some((c, length)) = step {
                decoded = true;
                if let Some(c) = c {
                    view.push(c, place..place + length);
                }
                place += length;
            } else {
                let Some(c) = rest.chars().next() else { break };
                view.push(c, place..place + c.len_utf8());
                place += c.len_utf8();
            }
        }
        decoded.then_some(view)
    }

    /// What is read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where in the original a part of the reading is.
    pub(crate) fn back(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.starts.get(span.start).copied().unwrap_or(0);
        let end = span.end.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(start);
        start as usize..end.max(start) as usize
    }

    fn push(&mut self, c: char, from: Range<usize>) {
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        self.text.push(c);
        for _ in 0..c.len_utf8() {
            self.starts.push(place(from.start));
            self.ends.push(place(from.end));
        }
    }
}

/// Whether the text has the marks of a quoted-printable body.
fn quoted_printable(bytes: &[u8]) -> bool {
    [&b"=\n"[..], b"=3D", b"=40", b"=20", b"=2E", b"=C3"].iter().any(|mark| memchr::memmem::find(bytes, mark).is_some())
}

type Step = Option<(Option<char>, usize)>;

/// A tag: an inline one is nothing, one that breaks the line is a space.
fn tag(rest: &str) -> Step {
    let bytes = rest.as_bytes();
    let first = at(bytes, 1);
    if !(first.is_ascii_alphabetic() || first == b'/' || first == b'!') {
        return None;
    }
    let end = memchr::memchr2(b'<', b'>', bytes.get(1..)?)? + 1;
    if at(bytes, end) != b'>' {
        return None;
    }
    let name = rest.get(1..end)?.trim_start_matches('/');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let breaks = ["br", "p", "div", "td", "th", "tr", "li", "ul", "ol", "table", "hr", "h1", "h2", "h3", "h4", "pre"];
    let breaks = breaks.iter().any(|it| it.eq_ignore_ascii_case(name));
    Some((breaks.then_some('\n'), end + 1))
}

fn entity(rest: &str) -> Step {
    let end = rest.as_bytes().iter().take(12).position(|byte| *byte == b';')?;
    let name = rest.get(1..end)?;
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(number) => u32::from_str_radix(number, 16).ok()?,
            None => number.parse().ok()?,
        },
        None => match name {
            "amp" => u32::from('&'),
            "lt" => u32::from('<'),
            "gt" => u32::from('>'),
            "quot" => u32::from('"'),
            "apos" => u32::from('\''),
            "nbsp" => u32::from(' '),
            "commat" => u32::from('@'),
            "period" => u32::from('.'),
            "colon" => u32::from(':'),
            "equals" => u32::from('='),
            "plus" => u32::from('+'),
            "hyphen" | "dash" => u32::from('-'),
            "lowbar" => u32::from('_'),
            "shy" | "zwj" | "zwnj" => 0xad,
            _ => u32::from(letter(name)?),
        },
    };
    Some((character(code), end + 1))
}

/// The accented letters that names have, as HTML calls them.
fn letter(name: &str) -> Option<char> {
    Some(match name {
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "Eacute" => 'É',
        "egrave" => 'è',
        "agrave" => 'à',
        "aacute" => 'á',
        "iacute" => 'í',
        "oacute" => 'ó',
        "uacute" => 'ú',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        "oslash" => 'ø',
        "aring" => 'å',
        "aelig" => 'æ',
        _ => return None,
    })
}

/// `\u0040`, `\x40`, `\n`: a text inside a text.
fn escape(rest: &str) -> Step {
    match at(rest.as_bytes(), 1) {
        b'u' => hex(rest, 2, 4).map(|code| (character(code), 6)),
        b'x' => hex(rest, 2, 2).map(|code| (character(code), 4)),
        b'n' | b'r' => Some((Some('\n'), 2)),
        b't' => Some((Some(' '), 2)),
        b'/' => Some((Some('/'), 2)),
        b'"' => Some((Some('"'), 2)),
        _ => None,
    }
}

fn hex(rest: &str, from: usize, digits: usize) -> Option<u32> {
    let digits = rest.get(from..from + digits)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// A decoded character as the patterns read it; nothing for one that is not seen.
fn character(code: u32) -> Option<char> {
    match char::from_u32(code).unwrap_or(' ') {
        '\n' | '\r' | '\t' => Some('\n'),
        c if invisible(c) => None,
        c => Some(fold(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r03_the_reading_decodes_and_finds_its_way_back() {
        let cases = [
            ("a<b>b</b>c", "abc"),
            ("a<br>b", "a\nb"),
            ("jane&#64;acme&period;example", "jane@acme.example"),
            ("to=jane%40acme.example", "to=jane@acme.example"),
            (r"jane\u0040acme", "jane@acme"),
            ("jane=40acme=2Eexa=\nmple", "jane@acme.example"),
            ("4111&#8203;1111", "41111111"),
            ("M&uuml;ller", "Müller"),
        ];
        for (text, expected) in cases {
            let view = View::of(text).expect("something is decoded");
            assert_eq!(view.text(), expected);
            assert_eq!(view.back(&(0..view.text().len())), 0..text.len());
        }
        assert!(View::of("1 < 2 & 50% of a=b").is_none());
        assert!(View::of("plain").is_none());
    }
}

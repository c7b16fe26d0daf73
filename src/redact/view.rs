//! A second reading of a text: tags dropped, entities, percent signs and escapes decoded, with a way back to the text.
//!
//! One level is decoded. A value that was encoded twice, or in another way than these, is not seen.

use crate::redact::clean::{fold, invisible};
use crate::redact::find::at;
use std::ops::Range;

/// The decoded text, and where each of its parts came from.
#[derive(Debug, Default)]
pub(crate) struct View {
    text: String,
    parts: Vec<Part>,
}

/// From a place in the reading on: where it begins in the original, and how long it is there.
#[derive(Debug, Clone, Copy)]
struct Part {
    here: usize,
    there: usize,
    length: usize,
    /// Whether it was copied byte by byte; a decoded character belongs to its code as a whole.
    copied: bool,
}

impl View {
    /// The second reading of a text; `None` where it is the same as the first.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // Most texts have none of these; without an early end a processor looks at many bytes at once.
        if !bytes.iter().fold(false, |any, byte| any | matches!(byte, b'<' | b'&' | b'%' | b'\\' | b'=')) {
            return None;
        }
        let printable = quoted_printable(bytes);
        let mut view = Self::default();
        let mut done = 0;
        let mut place = 0;
        while let Some(offset) = bytes.get(place..).and_then(|rest| next(rest, printable)) {
            place += offset;
            let rest = text.get(place..)?;
            let step = match at(bytes, place) {
                b'<' => tag(rest),
                b'&' => entity(rest),
                b'%' => hex(rest, 1, 2).map(|code| (character(code), 3)),
                b'\\' => escape(rest),
                b'=' if rest.starts_with("=\n") => Some((None, 2)),
                b'=' => hex(rest, 1, 2).map(|code| (character(code), 3)),
                _ => None,
            };
            let Some((decoded, length)) = step else {
                place += 1;
                continue;
            };
            if view.text.is_empty() && view.parts.is_empty() {
                view.text.reserve(text.len());
            }
            view.copy(text, done, place);
            let here = view.text.len();
            view.text.extend(decoded);
            view.parts.push(Part { here, there: place, length, copied: false });
            place += length;
            done = place;
        }
        if view.parts.is_empty() {
            return None;
        }
        view.copy(text, done, text.len());
        Some(view)
    }

    /// What is read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where in the original a part of the reading is.
    pub(crate) fn back(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.origin(span.start).start;
        let end = span.end.checked_sub(1).map_or(start, |last| self.origin(last).end);
        start..end.max(start)
    }

    /// The bytes of the original that a byte of the reading stands for.
    fn origin(&self, place: usize) -> Range<usize> {
        let after = self.parts.partition_point(|part| part.here <= place);
        let Some(part) = after.checked_sub(1).and_then(|last| self.parts.get(last)) else { return 0..0 };
        if part.copied {
            let start = part.there + (place - part.here);
            start..start + 1
        } else {
            part.there..part.there + part.length
        }
    }

    fn copy(&mut self, text: &str, from: usize, until: usize) {
        if from < until {
            self.parts.push(Part { here: self.text.len(), there: from, length: until - from, copied: true });
            self.text.push_str(text.get(from..until).unwrap_or_default());
        }
    }
}

/// The next byte that may begin something encoded.
fn next(rest: &[u8], printable: bool) -> Option<usize> {
    rest.iter().position(|byte| match byte {
        b'<' | b'&' | b'%' | b'\\' => true,
        b'=' => printable,
        _ => false,
    })
}

/// Whether the text has the marks of a quoted-printable body.
fn quoted_printable(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'=', bytes).any(|at| {
        let after = bytes.get(at + 1..).unwrap_or_default();
        [&b"\n"[..], b"3D", b"40", b"20", b"2E", b"C3"].iter().any(|mark| after.starts_with(mark))
    })
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

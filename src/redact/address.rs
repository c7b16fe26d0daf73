//! E-mail addresses and IPv6 addresses.

use crate::redact::find::{Find, Kind, at, before};
use std::net::Ipv6Addr;

/// Longest local part and longest domain that are followed (RFC 5321 allows 64 and 255).
const LOCAL: usize = 256;
const DOMAIN: usize = 255;

/// Every e-mail address in the text.
pub(crate) fn emails(text: &str, finds: &mut Vec<Find>) {
    let bytes = text.as_bytes();
    for sign in memchr::memchr_iter(b'@', bytes) {
        let Some(end) = domain_end(text, sign + 1) else { continue };
        let start = local_start(text, sign);
        if start < sign {
            finds.push(Find::new(start..end, Kind::Email));
        }
    }
}

fn local_start(text: &str, sign: usize) -> usize {
    let mut start = sign;
    let least = sign.saturating_sub(LOCAL);
    for c in text.get(..sign).unwrap_or_default().chars().rev() {
        let ok = c.is_ascii_alphanumeric() || "._%+-'&=~".contains(c) || (!c.is_ascii() && c.is_alphanumeric());
        if !ok || start <= least {
            break;
        }
        start -= c.len_utf8();
    }
    // Separators that only stand in front: `key=jane@..`, `&to=jane@..`, a quote, a list's dash.
    let local = text.get(start..sign).unwrap_or_default();
    let start = local.rfind(['=', '&']).map_or(start, |cut| start + cut + 1);
    let local = text.get(start..sign).unwrap_or_default();
    start + (local.len() - local.trim_start_matches(['.', '\'', '-', '+', '%', '~']).len())
}

fn domain_end(text: &str, start: usize) -> Option<usize> {
    let mut end = start;
    for c in text.get(start..).unwrap_or_default().chars() {
        let ok = c.is_ascii_alphanumeric() || c == '.' || c == '-' || (!c.is_ascii() && c.is_alphanumeric());
        if !ok || end - start > DOMAIN {
            break;
        }
        end += c.len_utf8();
    }
    let domain = text.get(start..end)?.trim_end_matches(['.', '-']);
    let (host, last) = domain.rsplit_once('.')?;
    let letters = last.chars().count() >= 2 && last.chars().all(|c| !c.is_ascii_digit() && c != '-');
    (letters || last.starts_with("xn--")).then_some(())?;
    (!host.is_empty() && !host.starts_with(['.', '-'])).then(|| start + domain.len())
}

/// Every IPv6 address in the text.
pub(crate) fn ipv6(text: &str, finds: &mut Vec<Find>) {
    let bytes = text.as_bytes();
    let member = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let mut done = 0;
    for colon in memchr::memchr_iter(b':', bytes) {
        if colon < done {
            continue;
        }
        let next = at(bytes, colon + 1);
        if !(next.is_ascii_hexdigit() || next == b':') {
            continue;
        }
        let (mut start, mut end) = (colon, colon);
        while start > done && colon - start < 5 && member(before(bytes, start)) {
            start -= 1;
        }
        while member(at(bytes, end)) && end - start < 64 {
            end += 1;
        }
        done = end;
        let edge = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if edge(before(bytes, start)) || edge(at(bytes, end)) {
            continue;
        }
        let candidate = text.get(start..end).unwrap_or_default();
        let trimmed = candidate.trim_end_matches(['.']);
        let trimmed = if trimmed.ends_with("::") { trimmed } else { trimmed.trim_end_matches(':') };
        let groups = trimmed.split(':').filter(|group| !group.is_empty()).count();
        let telling = groups >= 3 || (groups >= 1 && trimmed.bytes().any(|byte| byte.is_ascii_digit()));
        if telling && trimmed.parse::<Ipv6Addr>().is_ok() {
            finds.push(Find::new(start..start + trimmed.len(), Kind::Ip));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut finds = Vec::new();
        emails(text, &mut finds);
        ipv6(text, &mut finds);
        finds.into_iter().map(|find| text.get(find.span).expect("on a boundary")).collect()
    }

    #[test]
    fn addresses_end_where_the_sentence_goes_on() {
        let cases = [
            ("write to jane.doe+it@acme.example.", "jane.doe+it@acme.example"),
            ("<mailto:o'neil@acme.co.uk>", "o'neil@acme.co.uk"),
            ("?to=jane@acme.example&x=1", "jane@acme.example"),
            ("„jürgen@müller.example“", "jürgen@müller.example"),
            ("from 2001:db8::1, then", "2001:db8::1"),
            ("fe80::1ff:fe23:4567:890a%eth0", "fe80::1ff:fe23:4567:890a"),
            ("at ::1 now", "::1"),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_stays() {
        for text in
            ["@scope/pkg", "a@b", "pkg@1.2.3", "12:34:56", "00:1a:2b:3c:4d:5e", "std::net", "a::b", "@@@", "x@.com"]
        {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}

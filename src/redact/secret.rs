//! Credentials: one automaton over the words that announce them, then one anchored pattern where a word was found.
//!
//! A pattern is compiled when its word is first met: most never are, and all of them take a megabyte. **Invariant:** one that
//! does not compile takes out everything in its reach.

mod assigned;
mod blocks;
mod rules;

use crate::redact::find::{Find, Kind, at, before};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use std::ops::Range;
use std::sync::OnceLock;

/// What a word in the automaton stands for.
#[derive(Debug, Clone, Copy)]
enum Means {
    /// The rule at this index.
    Rule(usize),
    /// A password is assigned behind it.
    Password,
    /// A key or token is assigned behind it.
    Key,
}

/// A rule, and its pattern once it was needed; none where it does not compile.
#[derive(Debug)]
struct Rule {
    row: &'static rules::Row,
    pattern: OnceLock<Option<Regex>>,
}

/// Finds credentials.
#[derive(Debug)]
pub(crate) struct Secrets {
    automaton: AhoCorasick,
    means: Vec<Means>,
    rules: Vec<Rule>,
}

impl Secrets {
    pub(crate) fn new() -> Result<Self, aho_corasick::BuildError> {
        let mut words: Vec<&str> = Vec::new();
        let mut means = Vec::new();
        for (index, rule) in rules::RULES.iter().enumerate() {
            for word in rule.words {
                words.push(word);
                means.push(Means::Rule(index));
            }
        }
        for (group, meaning) in [(rules::PASSWORD, Means::Password), (rules::KEY, Means::Key)] {
            for word in group {
                words.push(word);
                means.push(meaning);
            }
        }
        let automaton =
            AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(words)?;
        let rules = rules::RULES.iter().map(Rule::of).collect();
        Ok(Self { automaton, means, rules })
    }

    /// Every credential in the text.
    pub(crate) fn find(&self, text: &[u8], finds: &mut Vec<Find>) {
        // Most texts have none of the words, and whether there is one at all is told in half the time.
        if self.automaton.is_match(text) {
            self.announced(text, finds);
        }
        blocks::product_keys(text, finds);
        blocks::dense(text, finds);
    }

    /// Those that a word announces.
    fn announced(&self, text: &[u8], finds: &mut Vec<Find>) {
        let mut covered = 0;
        for hit in self.automaton.find_overlapping_iter(text) {
            if hit.start() < covered {
                continue;
            }
            let Some(means) = self.means.get(hit.pattern().as_usize()) else { continue };
            let found = match means {
                Means::Rule(index) => self.rules.get(*index).and_then(|rule| rule.find(text, hit.start())),
                Means::Password => assigned::password(text, hit.range()).map(|span| (span, "password")),
                Means::Key => assigned::key(text, hit.range()).map(|span| (span, "key")),
            };
            if let Some((span, name)) = found {
                covered = covered.max(span.end);
                finds.push(Find::new(span, Kind::Secret(name)));
            }
        }
    }
}

impl Rule {
    fn of(row: &'static rules::Row) -> Self {
        Self { row, pattern: OnceLock::new() }
    }

    fn pattern(&self) -> Option<&Regex> {
        let compiled = || RegexBuilder::new(self.row.pattern).unicode(false).build().ok();
        self.pattern.get_or_init(compiled).as_ref()
    }

    fn find(&self, text: &[u8], start: usize) -> Option<(Range<usize>, &'static str)> {
        let last = before(text, start);
        if self.row.starts_word && (last.is_ascii_alphanumeric() || last == b'_') {
            return None;
        }
        let mut end = text.len().min(start.saturating_add(self.row.reach));
        while at(text, end) & 0xc0 == 0x80 {
            end += 1; // Within a character.
        }
        let Some(pattern) = self.pattern() else { return Some((start..end, self.row.name)) };
        let captures = pattern.captures(text.get(start..end)?)?;
        let found = captures.name("s").or_else(|| captures.get(0))?;
        Some((start + found.start()..start + found.end(), self.row.name))
    }
}

/// Whether a byte may belong to an encoded run: base64 in either alphabet, hexadecimal.
fn encoded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}

/// Runs of at least `least` encoded bytes. One byte in `least` is looked at where there are none.
pub(crate) fn runs(text: &[u8], least: usize, mut each: impl FnMut(Range<usize>)) {
    let mut probe = least.saturating_sub(1);
    let mut done = 0;
    while probe < text.len() {
        if !encoded(at(text, probe)) {
            probe += least;
            continue;
        }
        let (mut start, mut end) = (probe, probe);
        while start > done && encoded(before(text, start)) {
            start -= 1;
        }
        while encoded(at(text, end)) {
            end += 1;
        }
        if end - start >= least {
            each(start..end);
        }
        done = end;
        probe = end + least;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut finds = Vec::new();
        Secrets::new().expect("the rules compile").find(text.as_bytes(), &mut finds);
        let mut found: Vec<String> =
            finds.into_iter().map(|find| text.get(find.span).expect("on a boundary").to_owned()).collect();
        found.dedup();
        found
    }

    #[test]
    fn r05_every_rule_compiles() {
        for row in rules::RULES {
            assert!(Rule::of(row).pattern().is_some(), "{}: {}", row.name, row.pattern);
        }
    }

    #[test]
    fn r05_a_rule_that_does_not_compile_takes_out_all_in_its_reach() {
        static BROKEN: rules::Row =
            rules::Row { name: "broken", words: &["k_"], pattern: "(", starts_word: true, reach: 6 };
        let rule = Rule::of(&BROKEN);
        assert_eq!(rule.find(b"a k_345678", 2), Some((2..8, "broken")));
        assert_eq!(rule.find(b"k_3", 0), Some((0..3, "broken")));
        assert_eq!(rule.find("k_345\u{e9}x".as_bytes(), 0), Some((0..7, "broken")), "whole characters");
        assert_eq!(rule.find(b"ak_345678", 1), None, "no word begins there");
    }

    #[test]
    fn r05_vendor_keys_are_found_by_their_documented_form() {
        let filler =
            |length: usize| "aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xYzCq".chars().cycle().take(length).collect::<String>();
        let hex = |length: usize| "0a1b2c3d4e5f60718293".chars().cycle().take(length).collect::<String>();
        let keys = [
            format!("AKIA{}", "QZ2X3W4V5U6T7SRA"),
            format!("AIza{}", filler(35)),
            format!("ghp_{}", filler(36)),
            format!("github_pat_{}_{}", filler(22), filler(59)),
            format!("glpat-{}", filler(20)),
            format!("xoxb-123456789012-123456789012-{}", filler(24)),
            format!("sk_live_{}", filler(24)),
            format!("SG.{}.{}", filler(22), filler(43)),
            format!("npm_{}", filler(36)),
            format!("pypi-AgEIcHlwaS5vcmc{}", filler(60)),
            format!("AC{}", hex(32)),
            format!("dop_v1_{}", hex(64)),
            format!("eyJ{}.eyJ{}.{}", filler(20), filler(30), filler(43)),
            format!("hvs.{}", filler(90)),
        ];
        for key in keys {
            assert_eq!(found(&format!("see {key} there")), [key]);
        }
    }

    #[test]
    fn r05_passwords_and_keys_are_found_where_they_are_assigned() {
        let cases = [
            ("password: hunter2x", "hunter2x"),
            ("pwd=Sommer2024!;Encrypt=yes", "Sommer2024!"),
            ("Passwort ist Winter#77.", "Winter#77"),
            ("{\"password\":\"p ss w\"}", "p ss w"),
            ("the password is Tr0ub4dor&3, thanks", "Tr0ub4dor&3"),
            ("api key = 9f8e7d6c5b4a39281706", "9f8e7d6c5b4a39281706"),
            ("Authorization: Bearer 0123abcd4567efgh8901", "0123abcd4567efgh8901"),
            ("https://svc:S3cr3t@host.example/x", "S3cr3t"),
            ("AccountKey=abcdEFGH0123ijklMNOP4567qrstUVWX8901yzAB==;End", "abcdEFGH0123ijklMNOP4567qrstUVWX8901yzAB=="),
            ("TOTP seed: JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"),
            ("key VK7JG-NPHTM-C97JM-9MPGT-3V66T end", "VK7JG-NPHTM-C97JM-9MPGT-3V66T"),
            ("PIN: 4821", "4821"),
        ];
        for (text, expected) in cases {
            assert!(found(text).iter().any(|found| found == expected), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn a_private_key_is_taken_out_whole_even_without_its_end() {
        let block = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----";
        assert_eq!(found(&format!("x {block} y")), [block]);
        assert_eq!(found("x -----BEGIN PRIVATE KEY-----\nMIIE"), ["-----BEGIN PRIVATE KEY-----\nMIIE"]);
    }

    #[test]
    fn words_about_credentials_are_no_credentials() {
        for text in [
            "please reset the password for Jane",
            "password: required",
            "the token expired yesterday",
            "key: value",
            "press any key to continue",
            "password policy changed in 2024",
            "secret santa is on Friday",
            "api key rotated",
            "keyboard is broken",
            "passport",
            "https://host.example/a?b=c",
            "commit 3f786850e387550fdab836ed7e6dc881de23001b",
            "guid 550e8400-e29b-41d4-a716-446655440000",
            "token: ⟦secret:key.abcd⟧",
            "password = ${DB_PASSWORD}",
            "pinned",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}

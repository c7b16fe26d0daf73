//! Replaces words and numbers by others of the same shape: the same one by the same one, within one cassette.

use aws_lc_rs::hmac;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::HashSet;

/// Longest number that stands alone and stays.
const SHORT: usize = 5;
/// Times stay within so many years of now.
const YEARS: i16 = 10;
/// How long a day is in text.
const DATE: usize = 10;
/// What vendors write for no day at all.
const NEVER: [&str; 4] = ["0001-01-01", "1900-01-01", "1970-01-01", "1899-12-30"];
/// What stands for any other day.
const LONG_AGO: &str = "1950-06-15";

/// Tags and entities that text is made of.
const MARKUP: &[&str] = &[
    "html",
    "head",
    "body",
    "title",
    "meta",
    "p",
    "br",
    "div",
    "span",
    "a",
    "href",
    "b",
    "i",
    "u",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "img",
    "src",
    "pre",
    "code",
    "blockquote",
    "style",
    "script",
    "class",
    "amp",
    "lt",
    "gt",
    "quot",
    "apos",
    "nbsp",
    "doctype",
    "true",
    "false",
    "null",
    "http",
    "https",
    "rel",
    "next",
    "prev",
    "first",
    "last",
    "page",
    "pagesize",
    "pageid",
];

/// What vendors say errors with: an adapter may have to read them, and they name nobody.
const FAILURE: &[&str] = &[
    "a",
    "access",
    "account",
    "already",
    "an",
    "and",
    "api",
    "argument",
    "authentication",
    "authorization",
    "bad",
    "be",
    "been",
    "board",
    "body",
    "cannot",
    "client",
    "closed",
    "code",
    "company",
    "conflict",
    "contact",
    "could",
    "credentials",
    "customer",
    "deleted",
    "denied",
    "disabled",
    "does",
    "duplicate",
    "entity",
    "error",
    "errors",
    "exceeded",
    "exception",
    "exist",
    "exists",
    "expired",
    "failed",
    "failure",
    "field",
    "fields",
    "for",
    "forbidden",
    "found",
    "gateway",
    "has",
    "have",
    "id",
    "in",
    "inactive",
    "internal",
    "invalid",
    "is",
    "it",
    "item",
    "items",
    "key",
    "length",
    "limit",
    "locked",
    "many",
    "maximum",
    "message",
    "method",
    "missing",
    "must",
    "no",
    "not",
    "object",
    "of",
    "on",
    "or",
    "parameter",
    "permission",
    "permissions",
    "picklist",
    "query",
    "queue",
    "rate",
    "read",
    "record",
    "records",
    "reference",
    "request",
    "requests",
    "required",
    "requires",
    "resource",
    "security",
    "server",
    "service",
    "such",
    "support",
    "supported",
    "the",
    "this",
    "thread",
    "threshold",
    "ticket",
    "tickets",
    "timeout",
    "to",
    "token",
    "too",
    "type",
    "unable",
    "unauthorized",
    "unavailable",
    "unexpected",
    "unknown",
    "update",
    "user",
    "valid",
    "validation",
    "value",
    "was",
    "were",
    "with",
    "your",
];

/// Values that vendors count out in their descriptions, and adapters compare with: kept where they are the whole of a value.
pub const COUNTED_OUT: &[&str] = &[
    // Kinds of records.
    "serviceticket",
    "projectticket",
    "projectissue",
    "company",
    "client",
    "contact",
    // Urgency, as far as it is not the MSP's own.
    "critical",
    "high",
    "medium",
    "normal",
    "low",
    "urgent",
    // What time and money become.
    "billable",
    "donotbill",
    "nocharge",
    "active",
    "inactive",
    "cancelled",
    "canceled",
    "expired",
    "draft",
    "fresh",
    "sent",
    "approved",
    "accepted",
    "declined",
    "rejected",
    "invoiced",
    // Ways to reach somebody.
    "email",
    "phone",
    "fax",
    // Yes and no, and the direction of a mail.
    "yes",
    "no",
    "i",
    "o",
    // Fields of which Autotask tells the values with their labels.
    "status",
    "priority",
    "queueid",
    "issuetype",
    "configurationitemtype",
    "extapprovalcontactresponse",
    "contracttype",
    "projecttype",
    // The subject that Syncro gives a ticket's own text.
    "initial issue",
];

/// How values are replaced in one cassette. The key is random and kept nowhere, so no cassette can be turned back.
#[derive(Debug)]
pub struct Disguise {
    key: hmac::Key,
    keep: HashSet<String>,
    /// Whole values that stay.
    whole: HashSet<String>,
    this_year: i16,
    /// Whether the words of [`FAILURE`] stay.
    failed: bool,
}

impl Disguise {
    /// A fresh one; the words of `keep` stay as they are.
    pub fn new(keep: &[String]) -> Result<Self, postern_api::Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &aws_lc_rs::rand::SystemRandom::new());
        let key = key.map_err(|_| postern_api::Error::internal("random bytes"))?;
        let kept = keep.iter().flat_map(|it| it.split(|c: char| !c.is_alphanumeric())).map(str::to_lowercase);
        let keep = kept.filter(|it| !it.is_empty()).chain(MARKUP.iter().map(|it| (*it).to_owned())).collect();
        let this_year = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year();
        let whole = COUNTED_OUT.iter().map(|it| (*it).to_owned()).collect();
        Ok(Self { key, keep, whole, this_year, failed: false })
    }

    /// The same, with these values staying where one is the whole of a value, for example the names of configured statuses.
    #[must_use]
    pub fn keeping<'v>(mut self, values: impl IntoIterator<Item = &'v str>) -> Self {
        self.whole.extend(values.into_iter().map(str::to_lowercase));
        self
    }

    /// The same, for an answer that says what went wrong.
    #[must_use]
    pub fn of_a_failure(&self) -> Self {
        let Self { key, keep, whole, this_year, .. } = self;
        Self { key: key.clone(), keep: keep.clone(), whole: whole.clone(), this_year: *this_year, failed: true }
    }

    /// A body: JSON value by value, anything else as text.
    pub fn body(&self, body: &str) -> String {
        match serde_json::from_str::<Value>(body) {
            Ok(mut value) => {
                self.value(&mut value);
                value.to_string()
            }
            Err(_) => self.text(body),
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let text = number.to_string();
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                if digits > SHORT
                    && let Ok(other) = self.digits_only(&text).parse()
                {
                    *number = other;
                }
            }
            Value::String(text) if self.whole.contains(&text.to_lowercase()) => {}
            Value::String(text) => *text = self.segment(text),
            Value::Array(list) => list.iter_mut().for_each(|it| self.value(it)),
            Value::Object(map) => {
                let old = std::mem::take(map);
                for (name, mut value) in old {
                    self.value(&mut value);
                    // A field's name is the vendor's; what looks like an address or a sentence is somebody's.
                    let plain =
                        name.len() <= 64 && name.chars().all(|it| it.is_ascii_alphanumeric() || "_-$.:/".contains(it));
                    let name = if plain { name } else { self.text(&name) };
                    map.insert(name, value);
                }
            }
        }
    }

    /// A value that may be an id: a short number that stands alone stays, and so does a path of the vendor's words in a request.
    pub fn segment(&self, text: &str) -> String {
        let short = !text.is_empty() && text.len() <= SHORT && text.bytes().all(|it| it.is_ascii_digit());
        if short { text.to_owned() } else { self.text(text) }
    }

    /// Any text.
    pub fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(date) = date(rest) {
                let (text, after) = rest.split_at(DATE);
                let telling = (date.year() - self.this_year).abs() > YEARS && !NEVER.contains(&text);
                out.push_str(if telling { LONG_AGO } else { text });
                let (clock, after) = after.split_at(clock(after));
                out.push_str(clock);
                rest = after;
                continue;
            }
            let end = rest.find(|it: char| !it.is_alphanumeric()).unwrap_or(rest.len());
            if end == 0 {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            } else {
                let (word, after) = rest.split_at(end);
                out.push_str(&self.word(word));
                rest = after;
            }
        }
        out
    }

    /// Another word of the same shape: letters for letters, digits for digits, upper for upper case.
    fn word(&self, word: &str) -> String {
        let lower = word.to_lowercase();
        if self.failed && FAILURE.contains(&lower.as_str()) {
            return word.to_owned();
        }
        if self.keep.contains(&lower) || word.chars().nth(1).is_none() && !word.bytes().all(|it| it.is_ascii_digit()) {
            return word.to_owned();
        }
        let changes = |nth: usize, it: char| it.is_ascii_alphanumeric() && (nth > 0 || it != '0');
        let mut replaced = self.reshape(word, &lower);
        // Chance may give a word itself.
        let mut again = lower;
        while replaced == word && word.chars().enumerate().any(|(nth, it)| changes(nth, it)) {
            again.push('\n');
            replaced = self.reshape(word, &again);
        }
        replaced
    }

    /// Letters for letters and digits for digits, as the stream of a seed gives them.
    fn reshape(&self, word: &str, seed: &str) -> String {
        let mut stream = self.stream(seed);
        let mut fresh = |among: u8, base: u8| char::from(base + stream.next().unwrap_or_default() % among);
        let replaced = word.chars().enumerate().map(|(nth, it)| match it {
            '0' if nth == 0 => '0',
            '0'..='9' if nth == 0 => fresh(9, b'1'),
            '0'..='9' => fresh(10, b'0'),
            'A'..='Z' => fresh(26, b'A'),
            'a'..='z' => fresh(26, b'a'),
            // What is not ASCII stays so, for mistakes with encodings.
            _ if it.is_uppercase() => 'Ä',
            _ => 'ä',
        });
        replaced.collect()
    }

    fn digits_only(&self, number: &str) -> String {
        let mut rest = number;
        let mut out = String::new();
        while !rest.is_empty() {
            let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
            let (digits, after) = rest.split_at(end);
            if !digits.is_empty() {
                out.push_str(&self.word(digits));
            }
            let sign = after.chars().next();
            out.extend(sign);
            rest = after.get(sign.map_or(0, char::len_utf8)..).unwrap_or_default();
        }
        out
    }

    /// Endless bytes for a word.
    fn stream(&self, word: &str) -> impl Iterator<Item = u8> + '_ {
        let word = word.to_owned();
        (0_u32..).flat_map(move |nth| {
            let mut context = hmac::Context::with_key(&self.key);
            context.update(&nth.to_be_bytes());
            context.update(word.as_bytes());
            context.sign().as_ref().to_vec()
        })
    }
}

/// The day at the front of a text, as `2026-11-21`.
fn date(text: &str) -> Option<Date> {
    let date = text.get(..DATE)?;
    if date.as_bytes().get(4) == Some(&b'-') { date.parse().ok() } else { None }
}

/// The length of the time of day at the front, with its `T` or space, at most 25 letters.
fn clock(text: &str) -> usize {
    let bytes = text.as_bytes();
    let begins = matches!(bytes, [b'T' | b't' | b' ', hour, _, b':', ..] if hour.is_ascii_digit());
    let part = |it: &&u8| it.is_ascii_digit() || matches!(it, b':' | b'.' | b'+' | b'-' | b'Z' | b'z');
    if begins { 1 + bytes.iter().skip(1).take(24).take_while(part).count() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn disguise() -> Disguise {
        Disguise::new(&["In Progress".to_owned()]).unwrap()
    }

    #[test]
    fn what_could_be_somebodys_is_gone_and_the_shape_stays() {
        let body = r#"{"id":4321,"number":29682885,"name":"Jane O'Hara","email":"jane@acme.example","status":"In Progress",
            "created":"2026-11-21T10:00:00.123Z","born":"1961-02-03T00:00:00","never":"1900-01-01T00:00:00","note":"<p>call&nbsp;+1 202 555 0171</p>","open":true,"none":null,
            "jane@acme.example":1,"ratio":1234567.25}"#;
        let got = disguise().body(body);
        for gone in ["29682885", "Jane", "Hara", "jane", "acme", "1961", "call", "+1 202 555 0171", "0171", "1234567"] {
            assert!(!got.contains(gone), "{gone} in {got}");
        }
        let value: Value = serde_json::from_str(&got).unwrap();
        assert_eq!(value["id"], 4321);
        assert_eq!(value["number"].to_string().len(), 8);
        assert_eq!(value["status"], "In Progress");
        assert_eq!(value["created"], "2026-11-21T10:00:00.123Z");
        assert!(value["email"].as_str().unwrap().contains('@'));
        assert!(value["note"].as_str().unwrap().starts_with("<p>"), "{got}");
        assert_eq!(value["open"], true);
        assert_eq!(value["born"], "1950-06-15T00:00:00");
        assert_eq!(value["never"], "1900-01-01T00:00:00");
    }

    #[test]
    fn what_a_vendor_counts_out_stays_as_a_whole_value_and_nowhere_else() {
        let body = r#"{"recordType":"ServiceTicket","priority":"2 Usual","name":"High Sent Company","note":"billable, he said"}"#;
        let value: Value = serde_json::from_str(&disguise().keeping(["2 Usual"]).body(body)).unwrap();
        assert_eq!((&value["recordType"], &value["priority"]), (&"ServiceTicket".into(), &"2 Usual".into()));
        let text = value.to_string().to_lowercase();
        for gone in ["high", "sent", "company", "billable", "said"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert!(!disguise().body(body).contains("Usual"));
    }

    #[test]
    fn the_same_word_is_the_same_everywhere_and_another_in_the_next_cassette() {
        let (one, two) = (disguise(), disguise());
        assert_eq!(one.text("Acme").to_lowercase(), one.text("ACME").to_lowercase());
        assert_eq!(one.segment("29682885"), one.text("29682885"));
        assert_ne!(one.text("Acme Corporation 29682885"), two.text("Acme Corporation 29682885"));
    }

    proptest! {
        #[test]
        fn no_word_of_a_text_survives(words in proptest::collection::vec("[a-zäö]{0,6}[äö][a-z]{1,6}|[1-9][0-9]{0,6}", 1..6)) {
            let got = disguise().text(&words.join(" "));
            prop_assert_eq!(got.split(' ').count(), words.len());
            for (word, got) in words.iter().zip(got.split(' ')) {
                prop_assert_ne!(word, got);
            }
        }
    }
}

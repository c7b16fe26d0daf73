//! The words before a number that say what it is.

use crate::redact::find::{at, before};
use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// How far back a word may stand.
const REACH: usize = 44;

/// What a word before a number says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// It is a telephone number.
    Phone,
    /// It is a social security number.
    Ssn,
    /// It is a passport number.
    Passport,
    /// It is a bank account.
    Iban,
    /// It is a payment card.
    Card,
    /// It is a version.
    Version,
    /// It is some other number: an order, a serial.
    Other,
}

const WORDS: &[(Says, &[&str])] = &[
    (
        Says::Phone,
        &[
            "phone",
            "phones",
            "telephone",
            "tel",
            "telefon",
            "téléphone",
            "telefono",
            "teléfono",
            "telefoon",
            "mobile",
            "mobil",
            "mobiel",
            "cell",
            "cellphone",
            "handy",
            "fax",
            "call",
            "calls",
            "called",
            "callback",
            "calling",
            "call back",
            "dial",
            "ring",
            "sms",
            "text me at",
            "whatsapp",
            "number changed to",
            "my number",
            "reach me",
            "reach her",
            "reach him",
            "reach them",
            "reached at",
            "contact number",
            "rufnummer",
            "telefonnummer",
            "phonenumber",
            "hotline",
            "voicemail",
            "direct line",
            "landline",
            "me at",
            "us at",
            "me on",
            "anrufen",
            "durchwahl",
            "phoned",
            "line at",
            "rang from",
            "hunt group",
            "desk line",
        ],
    ),
    (Says::Ssn, &["ssn", "social security", "social security number", "social", "ssn4", "itin", "tax id", "taxpayer"]),
    (
        Says::Passport,
        &[
            "passport",
            "passport no",
            "passport number",
            "reisepass",
            "passeport",
            "paspoort",
            "pasaporte",
            "passaporto",
        ],
    ),
    (Says::Iban, &["iban", "bank account", "kontonummer", "bankverbindung"]),
    (Says::Card, &["card", "credit card", "debit card", "kreditkarte", "visa", "mastercard", "amex", "carte"]),
    (Says::Version, &["version", "ver", "build", "firmware", "release"]),
    (
        Says::Other,
        &[
            "order",
            "po",
            "invoice",
            "inv",
            "serial",
            "serial no",
            "sn",
            "s/n",
            "asset",
            "asset tag",
            "tag",
            "ticket",
            "case",
            "ref",
            "reference",
            "account",
            "account no",
            "acct",
            "customer",
            "imei",
            "sku",
            "part",
            "kb",
            "id",
            "number",
            "no",
            "guid",
            "mac",
            "sha1",
            "sha256",
            "md5",
            "total",
            "amount",
            "port",
            "event",
            "error",
            "code",
            "quote",
            "contract",
            "licence",
            "license",
            "tracking",
            "job",
            "pid",
            "bytes",
            "size",
            "line",
            "isbn",
            "timestamp",
            "epoch",
            "zip",
            "bestellung",
            "rechnung",
            "kunde",
            "vin",
            "device",
            "meter",
            "incident",
        ],
    ),
];

/// Finds the words.
#[derive(Debug)]
pub(crate) struct Words {
    automaton: AhoCorasick,
    says: Vec<Says>,
}

/// What the words before one number say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context {
    nearest: Option<Says>,
    seen: u8,
}

impl Context {
    pub(crate) fn nearest(self) -> Option<Says> {
        self.nearest
    }

    pub(crate) fn has(self, says: Says) -> bool {
        self.seen & (1 << says as u8) != 0
    }
}

impl Words {
    pub(crate) fn new() -> Result<Self, aho_corasick::BuildError> {
        let says = WORDS.iter().flat_map(|(says, words)| words.iter().map(|_| *says)).collect();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(WORDS.iter().flat_map(|(_, words)| words.iter()))?;
        Ok(Self { automaton, says })
    }

    /// What the words before a place say, on its line.
    pub(crate) fn before(&self, text: &[u8], place: usize) -> Context {
        let from = place.saturating_sub(REACH);
        let window = text.get(from..place).unwrap_or_default();
        let from = memchr::memrchr(b'\n', window).map_or(from, |newline| from + newline + 1);
        let window = text.get(from..place).unwrap_or_default();
        let mut context = Context::default();
        let mut end = 0;
        for hit in self.automaton.find_overlapping_iter(window) {
            let (start, stop) = (from + hit.start(), from + hit.end());
            if !starts_word(text, start) || at(text, stop).is_ascii_alphabetic() {
                continue;
            }
            let Some(says) = self.says.get(hit.pattern().as_usize()).copied() else { continue };
            // A word that only says "some other number" counts where it stands right before it.
            let loose = says == Says::Other || says == Says::Version;
            let gap = text.get(stop..place).unwrap_or_default();
            if loose && (gap.len() > 6 || gap.iter().any(u8::is_ascii_alphanumeric)) {
                continue;
            }
            context.seen |= 1 << says as u8;
            let weak = says == Says::Other && stop == end;
            if stop >= end && !weak {
                context.nearest = Some(says);
                end = stop;
            }
        }
        // "phone number", "card no": the word before "number" says more.
        if context.nearest == Some(Says::Other) && !loose_noun_stands_alone(window) {
            for says in [Says::Phone, Says::Ssn, Says::Passport, Says::Card, Says::Iban] {
                if context.has(says) {
                    context.nearest = Some(says);
                }
            }
        }
        context
    }
}

/// Whether the noun right before the number is one of its own ("order 123"), not the end of "phone number".
fn loose_noun_stands_alone(window: &[u8]) -> bool {
    let trimmed: Vec<u8> = window.iter().map(u8::to_ascii_lowercase).collect();
    let text = trimmed.trim_ascii_end();
    let text = text.strip_suffix(b":").or_else(|| text.strip_suffix(b"#")).unwrap_or(text).trim_ascii_end();
    let text = text.strip_suffix(b".").unwrap_or(text);
    !(text.ends_with(b"number") || text.ends_with(b"no") || text.ends_with(b"line"))
}

fn starts_word(text: &[u8], start: usize) -> bool {
    let last = before(text, start);
    !last.is_ascii_alphanumeric() || (last.is_ascii_lowercase() && at(text, start).is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(text: &str) -> Option<Says> {
        Words::new().expect("the words build").before(text.as_bytes(), text.len()).nearest()
    }

    #[test]
    fn the_nearest_word_says_what_a_number_is() {
        let cases = [
            ("please call ", Some(Says::Phone)),
            ("\"mobilePhone\":\"", Some(Says::Phone)),
            ("my phone number is ", Some(Says::Phone)),
            ("phone number: ", Some(Says::Phone)),
            ("call about order ", Some(Says::Other)),
            ("the hotel ", None),
            ("cancelled ", None),
            ("SSN 123-45-6789, passport ", Some(Says::Passport)),
            ("social security number: ", Some(Says::Ssn)),
            ("phone\n", None),
            ("imei ", Some(Says::Other)),
        ];
        for (text, expected) in cases {
            assert_eq!(nearest(text), expected, "{text}");
        }
    }
}

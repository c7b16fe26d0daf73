//! The free-text redactor: takes credentials, personal data and a record's hidden values out of what people wrote.
//!
//! **Invariant:** a text leaves either scrubbed or not at all. Too large, too slow or not settling means [`Withheld`].
//!
//! Layers, in order: what hides text is stripped ([`clean`]); brackets of our placeholders that we did not write are
//! escaped; known hidden values; patterns with checks; credentials; at last links and images ([`links`]). The text is read as it stands and once more decoded
//! ([`view`]), and base64 blocks are opened one level. Rounds repeat until one finds nothing, so that scrubbing twice is
//! scrubbing once. Every step is linear in the text. What is not seen: values encoded twice, in images, spelt out in
//! words, or split over two fields.

mod address;
mod clean;
mod context;
mod find;
mod known;
mod links;
mod marks;
mod number;
mod phone;
mod secret;
mod view;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

pub(crate) use clean::tidy;
pub use known::{Hidden, Known};
pub use links::Hosts;
pub use marks::Marks;
pub(crate) use marks::mask;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use find::{Find, Kind, at, resolve};
use postern_policies::{TextRules, Treatment};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rounds until a text must have settled.
const ROUNDS: usize = 8;
/// Shortest base64 block that is opened: 24 letters are 18 bytes.
const BLOCK: usize = 24;

const BASE64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Why a text is not shown at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// It has more bytes than are scrubbed.
    #[error("[withheld: too large]")]
    TooLarge,
    /// It took longer than it may.
    #[error("[withheld: too slow]")]
    TooSlow,
    /// Replacing did not come to an end.
    #[error("[withheld: unsettled]")]
    Unsettled,
}

/// What one text may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of one text.
    pub bytes: usize,
    /// Most time for one text.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 * 1024, time: Duration::from_millis(250) }
    }
}

/// How many values of each kind were replaced. Kinds only, never values.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<&'static str, u32>);

impl Counts {
    /// How many of a kind.
    pub fn of(&self, kind: &str) -> u32 {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// Whether nothing was replaced.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each kind and how many.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }

    pub(crate) fn add(&mut self, kind: &'static str) {
        let count = self.0.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
}

/// The engine: compiled once, shared by every call.
#[derive(Debug, Clone)]
pub struct Scrubber {
    engine: Arc<Engine>,
    limits: Limits,
    hosts: Arc<Hosts>,
}

#[derive(Debug)]
struct Engine {
    words: context::Words,
    secrets: secret::Secrets,
}

/// What one text is read with.
struct Reading<'a> {
    engine: &'a Engine,
    rules: &'a TextRules,
    own: &'a [&'a str],
    known: Option<&'a Known>,
    marks: &'a Marks,
}

impl Scrubber {
    /// Compiles the engine.
    ///
    /// # Errors
    /// A rule does not compile: a mistake of ours.
    pub fn new() -> postern_api::Result<Self> {
        let broken = || postern_api::Error::internal("the redaction rules cannot be compiled");
        let words = context::Words::new().map_err(|source| broken().because(source))?;
        let secrets = secret::Secrets::new().map_err(|source| broken().because(source))?;
        Ok(Self { engine: Arc::new(Engine { words, secrets }), limits: Limits::default(), hosts: Arc::default() })
    }

    /// The same engine with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same engine for texts whose links to these hosts stay links.
    #[must_use]
    pub fn trusting(mut self, hosts: Arc<Hosts>) -> Self {
        self.hosts = hosts;
        self
    }

    /// Whether a text is short enough to be scrubbed; one that is not is withheld.
    pub fn takes(&self, text: &str) -> bool {
        text.len() <= self.limits.bytes
    }

    /// The text as this caller may read it.
    ///
    /// `own` are the caller's own values, which stay; `known` are values of the record that the caller may not see.
    ///
    /// # Errors
    /// The text is withheld; show the error's text in its place, never the text.
    pub fn scrub<'t>(
        &self,
        text: &'t str,
        rules: &TextRules,
        own: &[&str],
        known: Option<&Known>,
        marks: &Marks,
        counts: &mut Counts,
    ) -> Result<Cow<'t, str>, Withheld> {
        if !self.takes(text) {
            return Err(Withheld::TooLarge);
        }
        let begun = Instant::now();
        let reading = Reading { engine: &self.engine, rules, own, known, marks };
        let (mut text, mut ours) = clean::escape(clean::clean(text), |inner| marks.wrote(inner));
        for _ in 0..ROUNDS {
            let finds = reading.finds(&covered(&text, &ours));
            if begun.elapsed() > self.limits.time {
                return Err(Withheld::TooSlow);
            }
            if finds.is_empty() {
                // Last, since an address is also where credentials are found; what it leaves is read once more.
                let Some(next) = links::neutralise(&text, rules.link, &self.hosts, counts) else { return Ok(text) };
                (text, ours) = clean::escape(Cow::Owned(next), |inner| marks.wrote(inner));
                continue;
            }
            let (next, placed) = reading.replace(&text, &ours, &finds, counts);
            (text, ours) = (Cow::Owned(next), placed);
        }
        Err(Withheld::Unsettled)
    }
}

/// The text with our own placeholders blanked out, so that no pattern reads them.
fn covered<'a>(text: &'a str, ours: &[Range<usize>]) -> Cow<'a, str> {
    if ours.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in ours {
        out.push_str(text.get(done..span.start).unwrap_or_default());
        out.extend(std::iter::repeat_n('\u{1a}', span.len()));
        done = span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

impl Reading<'_> {
    /// What must be replaced, in order.
    fn finds(&self, text: &str) -> Vec<Find> {
        let mut finds = Vec::new();
        self.read(text, &mut finds);
        if let Some(view) = view::View::of(text) {
            let mut seen = Vec::new();
            self.read(view.text(), &mut seen);
            let seen = resolve(view.text(), seen, |find| self.shown(view.text(), find));
            finds.extend(seen.into_iter().map(|find| Find::new(view.back(&find.span), find.kind)));
        }
        self.blocks(text, &mut finds);
        if finds.is_empty() {
            return finds;
        }
        resolve(text, finds, |find| self.shown(text, find))
    }

    /// Every reader over one text.
    fn read(&self, text: &str, finds: &mut Vec<Find>) {
        if let Some(known) = self.known {
            known.find(text, finds);
        }
        address::emails(text, finds);
        address::ipv6(text, finds);
        number::find(text.as_bytes(), &self.engine.words, finds);
        self.engine.secrets.find(text.as_bytes(), finds);
    }

    /// Base64 blocks that hold something, as a whole; lines that a mailer broke are read together.
    fn blocks(&self, text: &str, finds: &mut Vec<Find>) {
        let bytes = text.as_bytes();
        let mut done = 0;
        secret::runs(bytes, BLOCK, |span| {
            if span.start < done {
                return;
            }
            let mut block: Vec<u8> = bytes.get(span.clone()).unwrap_or_default().to_vec();
            let mut end = span.end;
            let mut line = span.len();
            while line >= 60 && at(bytes, end) == b'\n' {
                let more = bytes.get(end + 1..).unwrap_or_default();
                let more = more.split(|byte| !(byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))).next();
                line = more.map_or(0, <[u8]>::len);
                block.extend_from_slice(more.unwrap_or_default());
                end += if line > 0 { line + 1 } else { 0 };
            }
            done = end;
            if let Some(inner) = decode(&block) {
                let mut seen = Vec::new();
                self.read(&inner, &mut seen);
                if !resolve(&inner, seen, |find| self.shown(&inner, find)).is_empty() {
                    finds.push(Find::new(span.start..end, Kind::Encoded));
                }
            }
        });
    }

    /// Whether the caller may see this.
    fn shown(&self, text: &str, find: &Find) -> bool {
        let treatment = match find.kind {
            Kind::Secret(_) | Kind::Encoded => return false,
            Kind::Known(_) => Treatment::Hide,
            Kind::Iban => self.rules.iban,
            Kind::Card => self.rules.card,
            Kind::Identity => self.rules.identity,
            Kind::Email => self.rules.email,
            Kind::Ip => self.rules.ip,
            Kind::Phone => self.rules.phone,
        };
        treatment == Treatment::Show || self.owned(text, find)
    }

    /// Whether the find is, or is part of, one of the caller's own values.
    fn owned(&self, text: &str, find: &Find) -> bool {
        let Some(found) = text.get(find.span.clone()) else { return false };
        let found = found.to_ascii_lowercase();
        self.own.iter().any(|own| {
            let own = own.to_ascii_lowercase();
            if found.is_empty() || own.len() < found.len() {
                return false;
            }
            own.match_indices(&found).any(|(offset, _)| {
                find.span.start.checked_sub(offset).is_some_and(|start| {
                    text.get(start..start + own.len()).is_some_and(|around| around.eq_ignore_ascii_case(&own))
                })
            })
        })
    }

    /// The text with every find replaced, and where our placeholders are in it.
    fn replace(
        &self,
        text: &str,
        ours: &[Range<usize>],
        finds: &[Find],
        counts: &mut Counts,
    ) -> (String, Vec<Range<usize>>) {
        let mut out = String::with_capacity(text.len() + 16 * finds.len());
        let mut placed = Vec::with_capacity(ours.len() + finds.len());
        let mut done = 0;
        let mut kept = ours.iter().peekable();
        let mut copy = |out: &mut String, placed: &mut Vec<Range<usize>>, done: usize, until: usize| {
            while let Some(span) = kept.next_if(|span| span.start < until) {
                // One that a find ran over goes with it.
                if span.start >= done && span.end <= until {
                    placed.push(span.start - done + out.len()..span.end - done + out.len());
                }
            }
            out.push_str(text.get(done..until).unwrap_or_default());
        };
        for find in finds {
            copy(&mut out, &mut placed, done, find.span.start);
            let start = out.len();
            out.push_str(&self.placeholder(text.get(find.span.clone()).unwrap_or_default(), find.kind, counts));
            placed.push(start..out.len());
            done = find.span.end;
        }
        copy(&mut out, &mut placed, done, text.len());
        (out, placed)
    }

    fn placeholder(&self, value: &str, kind: Kind, counts: &mut Counts) -> String {
        let (label, treatment) = match kind {
            Kind::Secret(name) => {
                counts.add("secret");
                return self.marks.bare(&format!("secret:{name}"));
            }
            Kind::Known(index) => {
                let (hidden, value) = self.known.and_then(|known| known.value(index)).unwrap_or((Hidden::Internal, ""));
                counts.add(hidden.label());
                return match hidden {
                    Hidden::Internal => self.marks.bare(hidden.label()),
                    Hidden::Name | Hidden::Email | Hidden::Phone | Hidden::Address => {
                        self.marks.of(hidden.label(), &normal(hidden.label(), value))
                    }
                };
            }
            Kind::Encoded => ("encoded", Treatment::Hide),
            Kind::Iban => ("iban", self.rules.iban),
            Kind::Card => ("card", self.rules.card),
            Kind::Identity => ("identity", self.rules.identity),
            Kind::Email => ("email", self.rules.email),
            Kind::Ip => ("ip", self.rules.ip),
            Kind::Phone => ("phone", self.rules.phone),
        };
        counts.add(label);
        match treatment {
            Treatment::Hide => self.marks.bare(label),
            Treatment::Mask | Treatment::Show => self.marks.of(label, &normal(label, value)),
        }
    }
}

/// One spelling for a value, so that all its spellings have one placeholder.
fn normal(label: &str, value: &str) -> String {
    match label {
        "phone" | "card" => value.chars().filter(char::is_ascii_digit).collect(),
        "iban" | "identity" => value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase(),
        _ => value.to_lowercase(),
    }
}

/// The text in a base64 block; `None` where there is none.
fn decode(block: &[u8]) -> Option<String> {
    let url = block.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let whole = block.get(..block.len() - usize::from(block.len() % 4 == 1))?;
    let bytes = if url { BASE64_URL.decode(whole) } else { BASE64.decode(whole) }.ok()?;
    let printable = bytes.iter().filter(|byte| **byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t')).count();
    if printable < bytes.len() {
        return None;
    }
    // A block that was cut in a character is read up to there.
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() + 4 > bytes.len() => {
            bytes.get(..error.valid_up_to()).and_then(|it| std::str::from_utf8(it).ok())?
        }
        Err(_) => return None,
    };
    Some(clean::clean(text).into_owned())
}

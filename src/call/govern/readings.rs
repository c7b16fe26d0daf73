//! What a person's clients read of other people's words lately, and whether any of it is in what they are about to write.
//!
//! A text that orders a model about does it by what the model writes next, so what goes out is compared with what came in: runs of
//! words, and addresses and telephone numbers that stood in somebody's text. It is kept by person, not by client or session, since
//! the person carries words from one to the other.
//!
//! **Invariant:** what is kept is what the caller was shown, after the redactor, in memory, for a day at most.

use crate::caller::Principal;
use crate::govern::action::COUNTED;
use crate::tools::Entry;
use jiff::{SignedDuration, Timestamp};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;
use postern_api::TenantId;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// Bytes that are kept of one person, the newest; and of everybody.
const OF_ONE: usize = 256 * 1024;
const OF_ALL: u64 = 32 * 1024 * 1024;

/// How many more bytes of a person make it worth telling the cache.
const STEP: usize = 16 * 1024;

/// Words in a row that make a quotation.
const RUN: usize = 8;

/// Digits that make a number one that somebody can be reached or paid by.
const DIGITS: usize = 9;

/// The most passages that are told of one write.
const MOST: usize = 5;

/// Fields that the provider's own people fill.
const OURS: [&str; 4] = ["resolution", "escalation_history", "breach_reason", "category"];

/// Words of somebody else in what is about to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Passage {
    /// The words, as they would be written.
    words: String,
    /// The tool that they were read with.
    read_with: &'static str,
    #[serde(skip)]
    title: &'static str,
    /// When.
    read_at: Timestamp,
}

impl Passage {
    /// In words, for a person.
    pub(super) fn line(&self) -> String {
        let at = self.read_at.strftime("%-d %b %Y, %H:%M UTC");
        format!("Written by somebody else: \"{}\", read on {at} ({})", self.words, self.title)
    }
}

/// One answer that somebody read.
#[derive(Debug)]
struct Reading {
    tool: &'static Entry,
    at: Timestamp,
    answer: Box<str>,
}

#[derive(Debug, Default)]
struct Shelf {
    readings: VecDeque<Reading>,
    bytes: usize,
    /// Of which the cache knows.
    counted: usize,
    last: Option<Timestamp>,
}

/// What was read, by tenant and person.
#[derive(Debug, Clone)]
pub(super) struct Readings(Cache<(TenantId, Principal), Arc<Mutex<Shelf>>>);

impl Readings {
    pub(super) fn new() -> Self {
        let weight = |_: &(TenantId, Principal), shelf: &Arc<Mutex<Shelf>>| {
            u32::try_from(shelf.lock().bytes.max(256)).unwrap_or(u32::MAX)
        };
        // Who read last is kept, whoever reads most.
        let cache = Cache::builder().max_capacity(OF_ALL).weigher(weight).eviction_policy(EvictionPolicy::lru());
        Self(cache.time_to_idle(COUNTED).build())
    }

    /// Keeps what a caller was shown of other people's words.
    pub(super) fn keep(
        &self,
        whose: (&TenantId, &Principal),
        entry: &'static Entry,
        answer: &RawValue,
        now: Timestamp,
    ) {
        if entry.ours {
            return;
        }
        let key = (whose.0.clone(), whose.1.clone());
        let shelf = self.0.get_with_by_ref(&key, Arc::default);
        let grown = {
            let mut shelf = shelf.lock();
            shelf.last = Some(now);
            if answer.get().len() > OF_ONE {
                return; // That it was read is known; to keep its words would take the place of all others.
            }
            shelf.bytes += answer.get().len();
            shelf.readings.push_back(Reading { tool: entry, at: now, answer: answer.get().into() });
            while shelf.bytes > OF_ONE
                && let Some(oldest) = shelf.readings.pop_front()
            {
                shelf.bytes -= oldest.answer.len();
            }
            let grown = shelf.bytes.abs_diff(shelf.counted) >= STEP;
            if grown {
                shelf.counted = shelf.bytes;
            }
            grown
        };
        if grown {
            self.0.insert(key, shelf);
        }
    }

    /// Whether this person read other people's words within a day.
    pub(super) fn any(&self, whose: (&TenantId, &Principal), now: Timestamp) -> bool {
        let key = (whose.0.clone(), whose.1.clone());
        self.0.get(&key).is_some_and(|it| it.lock().last.is_some_and(|last| is_late(last, now)))
    }

    /// The passages of the arguments that this person read in somebody else's words within a day.
    pub(super) fn in_these(
        &self,
        whose: (&TenantId, &Principal),
        arguments: &Map<String, Value>,
        now: Timestamp,
    ) -> Vec<Passage> {
        let key = (whose.0.clone(), whose.1.clone());
        let Some(shelf) = self.0.get(&key) else { return Vec::new() };
        let mut written = Written::default();
        arguments.values().for_each(|it| written.take(it));
        if written.runs.is_empty() && written.values.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<Passage> = Vec::new();
        let shelf = shelf.lock();
        for reading in shelf.readings.iter().rev().filter(|it| is_late(it.at, now)) {
            let Ok(answer) = serde_json::from_str::<Value>(&reading.answer) else { continue };
            let mut places = BTreeSet::new();
            written.find(&answer, false, &mut places);
            for words in places {
                if found.len() < MOST && !found.iter().any(|it| it.words == words) {
                    let Entry { name, title, .. } = reading.tool;
                    found.push(Passage { words, read_with: name, title, read_at: reading.at });
                }
            }
        }
        found
    }
}

/// Whether a time is within the day before another.
fn is_late(at: Timestamp, now: Timestamp) -> bool {
    let day = SignedDuration::try_from(COUNTED).unwrap_or_default();
    now.checked_sub(day).is_ok_and(|since| at >= since)
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty());
    parts.map(str::to_lowercase).collect()
}

fn hashed(run: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    run.hash(&mut hasher);
    hasher.finish()
}

/// What is about to be written: its runs of words, and its addresses and numbers.
#[derive(Debug, Default)]
struct Written {
    runs: HashMap<u64, Vec<String>>,
    values: HashMap<String, String>,
}

impl Written {
    fn take(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.runs.extend(words(text).windows(RUN).map(|it| (hashed(it), it.to_vec())));
                self.values.extend(values(text, false));
            }
            Value::Array(items) => items.iter().for_each(|it| self.take(it)),
            Value::Object(fields) => fields.values().for_each(|it| self.take(it)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The words of it that stand in an answer, in what somebody else wrote there.
    fn find(&self, value: &Value, is_record: bool, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                // Words that overlap are one passage; its first run is enough to know it by.
                let mut skip = 0;
                for run in words(text).windows(RUN) {
                    let same = skip == 0 && self.runs.get(&hashed(run)).is_some_and(|it| it == run);
                    skip = if same { RUN } else { skip.saturating_sub(1) };
                    if same {
                        found.insert(run.join(" "));
                    }
                }
                if !is_record {
                    found.extend(values(text, true).into_keys().filter_map(|it| self.values.get(&it).cloned()));
                }
            }
            Value::Array(items) => items.iter().for_each(|it| self.find(it, is_record, found)),
            Value::Object(fields) => {
                if fields.get("author_type").is_some_and(|it| it == "agent") {
                    return;
                }
                for (key, value) in fields.iter().filter(|(key, _)| !OURS.contains(&key.as_str())) {
                    self.find(value, is_of_record(key), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a field holds what the record is about, rather than what somebody wrote into it.
fn is_of_record(key: &str) -> bool {
    ["_id", "_at", "_on", "_due", "_name", "_number"].iter().any(|it| key.ends_with(it))
        || ["email", "phone", "mobile", "name", "number", "domain", "domains", "address"].contains(&key)
}

/// Addresses of mail and of pages, and long numbers, each with how it is written. Of a page's address the host counts; in a
/// `read` text it has to be marked as an address, in one that is written it does not.
fn values(text: &str, read: bool) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for token in text.split(|c: char| c.is_whitespace() || "<>()[]{}\"',;".contains(c)) {
        let token = token.trim_matches(|c: char| !c.is_alphanumeric());
        let lower = token.to_lowercase();
        let page = ["https://", "http://", "hxxps://", "hxxp://"].iter().find_map(|it| lower.strip_prefix(it));
        if let Some((local, domain)) = lower.split_once('@').filter(|_| page.is_none()) {
            if !local.is_empty() && domain.contains('.') {
                found.insert(lower, token.to_owned());
            }
            continue;
        }
        let marked = page.is_some() || lower.starts_with("www.");
        if !marked && read {
            continue;
        }
        let host = page.unwrap_or(&lower).split(['/', '?', '#', ':']).next().unwrap_or_default();
        let host = host.trim_start_matches("www.");
        let top = host.rsplit_once('.').map(|(_, top)| top);
        if top.is_some_and(|it| it.len() >= 2 && it.chars().all(char::is_alphabetic)) {
            found.insert(host.to_owned(), token.to_owned());
        }
    }
    for part in text.split(|c: char| !(c.is_ascii_digit() || " \u{a0}+-./()".contains(c))) {
        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
        // With and without the prefix of a country.
        if let Some(at) = digits.len().checked_sub(DIGITS)
            && let Some(last) = digits.get(at..)
        {
            found.insert(last.to_owned(), part.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests;

//! The lens: what one caller sees of one answer. The only place that opens classified values.
//!
//! **Invariant:** an answer leaves redacted or not at all. An error, a panic or too many bytes give [`Error`] and no
//! value. Nothing is streamed: an answer is whole before it is read, so no value can straddle two pieces of it.

use crate::redact::{Counts, Hidden, Hosts, Known, Marks, Scrubber, mask, tidy};
use crate::tools::Answer;
use moka::sync::Cache;
use postern_api::classified::{About, Class, Lens, PiiKind, Shown, under};
use postern_api::{ContactId, Error, Result};
use postern_policies::{PiiRules, Reveal, Treatment};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of a whole answer before redaction.
const ANSWER_BYTES: usize = 1024 * 1024;
/// Grants whose placeholders' keys are kept, and for how long after they were last needed.
const GRANTS: u64 = 10_000;
const GRANT_IDLE: Duration = Duration::from_secs(15 * 60);

/// Who reads an answer.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// The contacts that the caller is.
    pub contacts: BTreeSet<ContactId>,
    /// The caller's own e-mail address and name: shown to the caller wherever they stand.
    pub own_values: Vec<String>,
    /// Hosts that the caller's tenant trusts: links to them stay links.
    pub link_hosts: Arc<Hosts>,
    /// The grant whose placeholders are written.
    pub grant: Arc<str>,
}

/// A redacted answer.
#[derive(Debug, Clone)]
pub struct Redacted {
    /// What the caller may read, in JSON.
    pub json: Box<RawValue>,
    /// How much was taken out, by kind.
    pub counts: Counts,
}

impl Redacted {
    /// What the caller may read.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.json.get()).unwrap_or_default()
    }
}

/// Redacts answers.
#[derive(Clone)]
pub struct Redactor {
    scrubber: Scrubber,
    secret: Arc<zeroize::Zeroizing<Vec<u8>>>,
    /// By grant: to make the key of its placeholders costs as much as to read a short text.
    marks: Cache<Arc<str>, Arc<Marks>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor over a compiled engine; the secret keys the placeholders of every grant and is the same on every node.
    pub fn new(scrubber: Scrubber, secret: &[u8]) -> Self {
        let marks = Cache::builder().max_capacity(GRANTS).time_to_idle(GRANT_IDLE).build();
        Self { scrubber, secret: Arc::new(zeroize::Zeroizing::new(secret.to_vec())), marks }
    }

    /// The answer as this caller may read it.
    ///
    /// # Errors
    /// [`postern_api::ErrorKind::Internal`]: the answer does not serialise, panics, or is larger than a mebibyte.
    pub fn redact(&self, answer: &dyn Answer, reveal: &Reveal, viewer: &Viewer) -> Result<Redacted> {
        let attempt = catch_unwind(AssertUnwindSafe(|| self.attempt(answer, reveal, viewer)));
        attempt.unwrap_or_else(|_| Err(Error::internal("redacting the answer panicked")))
    }

    /// A message as this caller may read it. One that cannot be scrubbed is replaced whole.
    pub fn redact_text(&self, text: &str, reveal: &Reveal, viewer: &Viewer) -> String {
        let marks = self.marks(viewer);
        let own: Vec<&str> = viewer.own_values.iter().map(String::as_str).collect();
        let scrubber = self.scrubber.clone().trusting(viewer.link_hosts.clone());
        let scrub = || scrubber.scrub(text, &reveal.text, &own, None, &marks, &mut Counts::default());
        match catch_unwind(AssertUnwindSafe(scrub)) {
            Ok(Ok(text)) => text.into_owned(),
            Ok(Err(withheld)) => withheld.to_string(),
            Err(_) => "[withheld: failed]".to_owned(),
        }
    }

    fn marks(&self, viewer: &Viewer) -> Arc<Marks> {
        let new = || Arc::new(Marks::new(&self.secret, &viewer.grant));
        self.marks.get(&viewer.grant).unwrap_or_else(|| self.marks.get_with(viewer.grant.clone(), new))
    }

    fn attempt(&self, answer: &dyn Answer, reveal: &Reveal, viewer: &Viewer) -> Result<Redacted> {
        let failed = |error: serde_json::Error| {
            // The error's own text may quote a value, so only its class is kept.
            Error::internal("the answer could not be redacted").with("class", format!("{:?}", error.classify()))
        };
        let viewer = Rc::new(viewer.clone());
        let survey = Rc::new(Survey {
            scrubber: self.scrubber.clone(),
            reveal: *reveal,
            viewer: viewer.clone(),
            found: RefCell::default(),
        });
        under(survey.clone(), || answer.survey(ANSWER_BYTES)).map_err(failed)?;
        let Found { values, counts } = survey.found.take();
        let known = Known::new(values.iter().map(|(kind, value)| (*kind, value.as_str())))?;
        let marks = self.marks(&viewer);
        let sight = Rc::new(Sight {
            scrubber: self.scrubber.clone().trusting(viewer.link_hosts.clone()),
            reveal: *reveal,
            viewer,
            known,
            marks: marks.clone(),
            counts: RefCell::new(counts),
        });
        let json = under(sight.clone(), || answer.json()).map_err(failed)?;
        let json = tidy(json, &marks).map_err(failed)?;
        Ok(Redacted { json, counts: sight.counts.take() })
    }
}

/// Whether a value has the form of its kind and can be nothing else.
fn is(kind: PiiKind, value: &str) -> bool {
    match kind {
        PiiKind::Name => {
            value.len() <= 80 && value.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | '-' | '.'))
        }
        PiiKind::Email => {
            let plain = |c: char| c.is_alphanumeric() || "._%+-'&".contains(c);
            value.split_once('@').is_some_and(|(local, domain)| {
                local.len() <= 64 && local.chars().all(plain) && domain.contains('.') && domain.chars().all(plain)
            })
        }
        PiiKind::Phone => value.len() <= 40 && value.chars().all(|c| c.is_ascii_digit() || " +-()/.x".contains(c)),
        PiiKind::Address => false,
    }
}

/// How this piece of personal data is treated for this viewer.
fn treatment(reveal: &Reveal, viewer: &Viewer, kind: PiiKind, about: &About, value: &str) -> Treatment {
    let rules: &PiiRules = match kind {
        PiiKind::Name => &reveal.name,
        PiiKind::Email => &reveal.email,
        PiiKind::Phone => &reveal.phone,
        PiiKind::Address => &reveal.address,
    };
    match about {
        About::Myself => rules.own,
        About::Contact(id) if viewer.contacts.contains(id) => rules.own,
        _ if viewer.own_values.iter().any(|own| own.eq_ignore_ascii_case(value)) => rules.own,
        About::Contact(_) => rules.contact,
        About::Staff => rules.staff,
        About::Unknown => rules.unknown,
    }
}

#[derive(Debug, Default)]
struct Found {
    values: BTreeSet<(Hidden, String)>,
    counts: Counts,
}

/// The first pass: gathers what will be hidden. Everything is opened to it, and what it writes goes nowhere.
#[derive(Debug)]
struct Survey {
    scrubber: Scrubber,
    reveal: Reveal,
    viewer: Rc<Viewer>,
    found: RefCell<Found>,
}

impl Lens for Survey {
    fn surveying(&self) -> bool {
        true
    }

    fn pii<'a>(&self, kind: PiiKind, about: &About, value: &'a str) -> Shown<'a> {
        if treatment(&self.reveal, &self.viewer, kind, about, value) != Treatment::Show {
            let mut found = self.found.borrow_mut();
            found.counts.add(Hidden::from(kind).label());
            found.values.insert((kind.into(), value.to_owned()));
        }
        Shown::Absent
    }

    fn shows(&self, _: Class) -> bool {
        true
    }

    fn text<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String> {
        // One that will be withheld does not count, so that it does not take the rest of its record with it.
        Ok(Cow::Borrowed(if self.scrubber.takes(text) { text } else { "" }))
    }

    fn withhold(&self, value: &str) {
        if !self.viewer.own_values.iter().any(|own| own.eq_ignore_ascii_case(value)) {
            self.found.borrow_mut().values.insert((Hidden::Internal, value.to_owned()));
        }
    }
}

/// The second pass: what the caller sees.
#[derive(Debug)]
struct Sight {
    scrubber: Scrubber,
    reveal: Reveal,
    viewer: Rc<Viewer>,
    known: Option<Known>,
    marks: Arc<Marks>,
    counts: RefCell<Counts>,
}

impl Lens for Sight {
    fn surveying(&self) -> bool {
        false
    }

    fn pii<'a>(&self, kind: PiiKind, about: &About, value: &'a str) -> Shown<'a> {
        match treatment(&self.reveal, &self.viewer, kind, about, value) {
            Treatment::Show if is(kind, value) => Shown::As(Cow::Borrowed(value)),
            // A field holds what people put into it: a name can be an address, and a telephone number a password.
            Treatment::Show => self.text(value).map_or(Shown::Absent, Shown::As),
            Treatment::Mask if kind == PiiKind::Email && !is(kind, value) => Shown::Absent,
            Treatment::Mask => mask(kind, value).map_or(Shown::Absent, |mask| Shown::As(Cow::Owned(mask))),
            Treatment::Hide => Shown::Absent,
        }
    }

    fn shows(&self, class: Class) -> bool {
        match class {
            Class::Internal => self.reveal.internal,
            Class::Financial => self.reveal.financial,
            Class::Secret => false,
        }
    }

    fn text<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String> {
        let own: Vec<&str> = self.viewer.own_values.iter().map(String::as_str).collect();
        let mut counts = self.counts.borrow_mut();
        let scrubbed =
            self.scrubber.scrub(text, &self.reveal.text, &own, self.known.as_ref(), &self.marks, &mut counts);
        Ok(scrubbed.unwrap_or_else(|withheld| {
            counts.add("withheld");
            Cow::Owned(withheld.to_string())
        }))
    }

    fn withhold(&self, _: &str) {}
}

#[cfg(test)]
mod tests;

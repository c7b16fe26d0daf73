//! Canaries: words that stand in one place, who may read each of them, and where they were found.
//!
//! Who may read what is said here a second time, apart from `policies/`: a rule that is loosened there has to be loosened here
//! too, by somebody who means it.

use aho_corasick::AhoCorasick;
use postern_policies::Realm;
use std::collections::{BTreeMap, BTreeSet};

/// Who may read a canary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Nobody: a field that no adapter has business with, a row that is nobody's, a secret.
    Never,
    /// Employees who see what is internal.
    Internal,
    /// Employees who see money.
    Financial,
    /// Whoever reaches the organisation.
    Organisation,
    /// Everybody of the tenant.
    Tenant,
    /// Employees, and customers of this tier.
    Tier(String),
    /// Employees, and no customer.
    Staff,
    /// Those who see an organisation's bills: its lead, and who looks after money.
    Billed,
    /// Those of the provider who see bills, where the organisation does not see this one.
    BilledInside,
    /// What somebody with this address was told: that person, the organisation's lead, employees.
    Told(String),
    /// Whoever may read this ticket.
    Ticket(String),
    /// An e-mail address in a ticket's text: whoever may read the ticket and sees addresses in text.
    InText(String),
    /// How to reach the contact with this address.
    Way(String),
    /// How to reach one of the provider's people.
    StaffWay,
    /// What a caller wrote.
    Typed,
}

impl Class {
    /// The class without what it is about.
    fn name(&self) -> &'static str {
        match self {
            Class::Never => "never",
            Class::Internal => "internal",
            Class::Financial => "financial",
            Class::Organisation => "organisation",
            Class::Tenant => "tenant",
            Class::Tier(_) => "tier",
            Class::Staff => "staff",
            Class::Billed => "billed",
            Class::BilledInside => "billed inside",
            Class::Told(_) => "told",
            Class::Ticket(_) => "ticket",
            Class::InText(_) => "in text",
            Class::Way(_) => "way",
            Class::StaffWay => "way of staff",
            Class::Typed => "typed",
        }
    }
}

/// One canary.
#[derive(Debug)]
pub(super) struct Canary {
    needle: String,
    /// Where it was put.
    place: String,
    class: Class,
    desk: &'static str,
    organisation: Option<&'static str>,
}

/// Somebody who reads answers.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) desk: &'static str,
    pub(super) realm: Realm,
    pub(super) role: String,
    pub(super) organisation: Option<&'static str>,
    pub(super) name: String,
    pub(super) email: String,
}

/// A ticket, for who may read it.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Our name of the organisation; `None`: it is nobody's, or not there for Postern.
    pub(super) organisation: Option<&'static str>,
    pub(super) requester: String,
    /// Whether it is plainly not private.
    pub(super) shared: bool,
}

const SEES_INTERNAL: [&str; 5] = ["support-read", "support-write", "service-lead", "owner", "admin"];
const SEES_BILLS: [&str; 4] = ["lead-customer", "service-lead", "finance", "owner"];
const SEES_MONEY: [&str; 2] = ["finance", "owner"];
const SEES_WAYS: [&str; 5] = ["lead-customer", "support-write", "service-lead", "owner", "admin"];
const SEES_WAYS_IN_TEXT: [&str; 4] = ["support-write", "service-lead", "owner", "admin"];

/// The tier of an organisation, by which questions and answers are shown.
fn tier_of(organisation: &str) -> Option<&'static str> {
    [("acme", "enterprise"), ("globex", "professional")].into_iter().find(|it| it.0 == organisation).map(|it| it.1)
}

/// Every canary that there is, and every ticket.
#[derive(Debug, Default)]
pub(super) struct Canaries {
    all: Vec<Canary>,
    pub(super) tickets: BTreeMap<(&'static str, String), Facts>,
    /// The classes that were read by somebody who may, by desk.
    pub(super) seen: BTreeSet<(&'static str, &'static str)>,
    found: BTreeSet<String>,
    scanned: usize,
    finders: Vec<Finder>,
}

/// Finds some of the canaries.
#[derive(Debug)]
struct Finder {
    from: usize,
    until: usize,
    automaton: AhoCorasick,
}

/// Canaries that are looked for by a finder of their own before all are put into one: to build one takes long.
const RECENT: usize = 400;

/// Whether nothing of a word or number stands right beside it. A number that is a canary would else be found by chance in some
/// long one, such as a time in nanoseconds or the id of a trace.
fn alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    ![before, bytes.get(end)].into_iter().flatten().any(u8::is_ascii_alphanumeric)
}

/// The beginning of every word; letters alone, so that a name with one in it is still a name.
const PREFIX: &str = "cnry";

impl Canaries {
    /// A new word, for this place.
    pub(super) fn word(
        &mut self,
        desk: &'static str,
        organisation: Option<&'static str>,
        class: Class,
        place: impl Into<String>,
    ) -> String {
        let letter = |nth: usize| char::from(b'a' + u8::try_from(nth % 26).unwrap());
        let nth = self.all.len();
        let word: String = PREFIX.chars().chain([17_576, 676, 26, 1].map(|of| letter(nth / of))).collect();
        self.literal(desk, organisation, class, place, word.clone());
        word
    }

    /// A text of another form that stands in one place alone.
    pub(super) fn literal(
        &mut self,
        desk: &'static str,
        organisation: Option<&'static str>,
        class: Class,
        place: impl Into<String>,
        needle: String,
    ) {
        self.all.push(Canary { needle, place: place.into(), class, desk, organisation });
    }

    /// Somebody has another address now.
    pub(super) fn moved(&mut self, desk: &str, from: &str, to: &str) {
        for it in self.all.iter_mut().filter(|it| it.desk == desk) {
            if let Class::Told(email) = &mut it.class
                && email == from
            {
                *email = to.to_owned();
            }
        }
    }

    /// An amount of money that stands in no other place; more digits than the parts of a second have.
    pub(super) fn amount(
        &mut self,
        desk: &'static str,
        organisation: Option<&'static str>,
        class: Class,
        place: String,
    ) -> u64 {
        let amount = 7_070_000_000 + u64::try_from(self.count()).unwrap();
        self.literal(desk, organisation, class, place, amount.to_string());
        amount
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Looks through what somebody was told.
    pub(super) fn told(&mut self, reader: &Reader, what: &str, bytes: &[u8]) {
        self.scan(Some(reader), what, bytes);
    }

    /// Looks through what nobody should find anything in: logs, traces, metrics, the audit.
    pub(super) fn kept(&mut self, what: &str, bytes: &[u8]) {
        self.scan(None, what, bytes);
    }

    /// Looks through the store, which knows by which address it found a caller's contact, and nothing else of anybody.
    pub(super) fn stored(&mut self, what: &str, bytes: &[u8]) {
        let before = self.found.clone();
        self.scan(None, what, bytes);
        self.found.retain(|it| before.contains(it) || !it.contains("(Way("));
    }

    /// Finders of every canary that there is: one of most, and one of those that came since.
    fn finders(&mut self) -> Vec<Finder> {
        let mut finders = std::mem::take(&mut self.finders);
        let known = finders.first().map_or(0, |it| it.until);
        if finders.last().is_none_or(|it| it.until < self.all.len()) {
            let from = if self.all.len() - known > RECENT { 0 } else { known };
            finders.truncate(usize::from(from > 0));
            let needles = self.all[from..].iter().map(|it| it.needle.as_bytes());
            let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(needles).unwrap();
            finders.push(Finder { from, until: self.all.len(), automaton });
        }
        finders
    }

    fn scan(&mut self, reader: Option<&Reader>, what: &str, bytes: &[u8]) {
        self.scanned += bytes.len();
        let finders = self.finders();
        for (finder, hit) in
            finders.iter().flat_map(|it| it.automaton.find_overlapping_iter(bytes).map(move |hit| (it, hit)))
        {
            let canary = &self.all[finder.from + hit.pattern().as_usize()];
            if canary.needle.bytes().all(|it| it.is_ascii_digit()) && !alone(bytes, hit.start(), hit.end()) {
                continue;
            }
            match reader {
                Some(reader) if self.may(canary, reader) => {
                    self.seen.insert((reader.desk, canary.class.name()));
                }
                reader => {
                    let who = reader.map_or_else(String::new, |it| format!(" told to {} {}", it.desk, it.role));
                    let Canary { needle, place, class, .. } = canary;
                    self.found.insert(format!("{place} ({class:?}, `{needle}`) in {what}{who}"));
                }
            }
        }
        self.finders = finders;
    }

    fn may(&self, canary: &Canary, reader: &Reader) -> bool {
        let is_customer = reader.realm == Realm::Customer;
        let of_role = |roles: &[&str]| roles.contains(&reader.role.as_str());
        let reached = canary.organisation.is_none_or(|it| !is_customer || reader.organisation == Some(it));
        if canary.desk != reader.desk || !reached {
            return false;
        }
        let reads = |id: &String| {
            let facts = self.tickets.get(&(canary.desk, id.clone()));
            facts.is_some_and(|it| match it.organisation {
                None => false,
                Some(_) if !is_customer => true,
                Some(_) => {
                    it.requester.eq_ignore_ascii_case(&reader.email) || (of_role(&["lead-customer"]) && it.shared)
                }
            })
        };
        match &canary.class {
            Class::Never => false,
            Class::Internal => of_role(&SEES_INTERNAL),
            Class::Financial => of_role(&SEES_MONEY),
            Class::Organisation | Class::Tenant | Class::Typed => true,
            Class::Tier(tier) => !is_customer || reader.organisation.and_then(tier_of) == Some(tier),
            Class::Staff => !is_customer,
            Class::Billed => of_role(&SEES_BILLS),
            Class::BilledInside => !is_customer && of_role(&SEES_BILLS),
            Class::Told(email) => {
                !is_customer || of_role(&["lead-customer"]) || email.eq_ignore_ascii_case(&reader.email)
            }
            Class::Ticket(id) => reads(id),
            Class::InText(id) => reads(id) && of_role(&SEES_WAYS_IN_TEXT),
            Class::Way(email) => email.eq_ignore_ascii_case(&reader.email) || of_role(&SEES_WAYS),
            Class::StaffWay => !is_customer,
        }
    }

    /// What was found where it may not be, and how many bytes were looked at.
    pub(super) fn found(&self) -> (&BTreeSet<String>, usize) {
        (&self.found, self.scanned)
    }
}

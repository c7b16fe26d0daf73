//! What the vendor's statuses and priorities mean here. Both are free text: names that each tenant makes up.

use postern_api::{Priority, TicketStatus};
use std::collections::BTreeMap;

/// A priority that has no meaning here is the usual one.
pub(crate) const USUAL: Priority = Priority::Medium;

/// What names meant so far: the tickets of a list have the same few again and again.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    statuses: Vec<(String, TicketStatus)>,
    priorities: Vec<(String, Priority)>,
}

impl Meant {
    /// Names of each kind that are kept; tenants have about ten.
    const MOST: usize = 32;

    /// The same as [`status`].
    pub(crate) fn status(&mut self, configured: &BTreeMap<String, TicketStatus>, name: &str) -> TicketStatus {
        Self::known(&mut self.statuses, name, |name| status(configured, name))
    }

    /// The same as [`priority`].
    pub(crate) fn priority(&mut self, configured: &BTreeMap<String, Priority>, name: &str) -> Priority {
        Self::known(&mut self.priorities, name, |name| priority(configured, name))
    }

    fn known<T: Copy>(known: &mut Vec<(String, T)>, name: &str, read: impl FnOnce(&str) -> T) -> T {
        if let Some((_, meaning)) = known.iter().find(|(it, _)| it == name) {
            return *meaning;
        }
        let meaning = read(name);
        if known.len() < Self::MOST {
            known.push((name.to_owned(), meaning));
        }
        meaning
    }
}

/// What a status means: as configured, in any case, or else as its words say.
pub(crate) fn status(configured: &BTreeMap<String, TicketStatus>, name: &str) -> TicketStatus {
    configured.iter().find(|(it, _)| same(it, name)).map_or_else(|| status_named(name), |(_, it)| *it)
}

/// Whether two names are one, in any case.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() || !b.is_ascii()) && a.to_lowercase() == b.to_lowercase()
}

/// The words are tried in this order. "Resolved" ends a ticket here: the vendor has no state behind it but "Invoiced".
fn status_named(name: &str) -> TicketStatus {
    const WORDS: [(TicketStatus, &[&str]); 3] = [
        (TicketStatus::Closed, &["resolved", "invoiced", "closed", "completed", "cancelled", "canceled"]),
        (TicketStatus::Pending, &["waiting", "awaiting", "pending", "scheduled", "hold"]),
        (TicketStatus::Open, &["new", "open", "reopened", "assigned", "triage", "escalated"]),
    ];
    // Two words after each other.
    const OPEN: [[&str; 2]; 2] = [["in", "progress"], ["customer", "reply"]];
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    if words.first().is_some_and(|it| matches!(*it, "not" | "un" | "non")) {
        return TicketStatus::Other;
    }
    if let Some((status, _)) = WORDS.iter().find(|(_, some)| words.iter().any(|it| some.contains(it))) {
        return *status;
    }
    let is_open = words.windows(2).any(|pair| OPEN.iter().any(|it| it == pair));
    if is_open { TicketStatus::Open } else { TicketStatus::Other }
}

/// What a priority means: as configured, or else by the digit that it begins with, or its word.
pub(crate) fn priority(configured: &BTreeMap<String, Priority>, name: &str) -> Priority {
    if let Some((_, it)) = configured.iter().find(|(it, _)| same(it, name)) {
        return *it;
    }
    let name = name.trim().to_lowercase();
    match name.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_whitespace()) {
        "urgent" | "critical" | "emergency" => return Priority::Critical,
        "high" => return Priority::High,
        "normal" | "medium" => return Priority::Medium,
        "low" => return Priority::Low,
        _ => {}
    }
    match name.split_whitespace().next() {
        Some("0") => Priority::Critical,
        Some("1") => Priority::High,
        Some("3") => Priority::Low,
        Some(_) | None => USUAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_free_text_and_an_unknown_one_is_other() {
        let configured = BTreeMap::from([("Parked".to_owned(), TicketStatus::Pending)]);
        let cases = [
            ("New", TicketStatus::Open),
            ("In Progress", TicketStatus::Open),
            ("Customer Reply", TicketStatus::Open),
            ("Waiting for Parts", TicketStatus::Pending),
            ("Waiting on Customer", TicketStatus::Pending),
            ("Scheduled", TicketStatus::Pending),
            ("Resolved", TicketStatus::Closed),
            ("INVOICED", TicketStatus::Closed),
            ("parked", TicketStatus::Pending),
            ("Not Closed", TicketStatus::Other),
            ("Newsletter", TicketStatus::Other),
            ("Quantum", TicketStatus::Other),
            ("", TicketStatus::Other),
        ];
        let mut meant = Meant::default();
        for (name, meaning) in cases.into_iter().chain(cases) {
            assert_eq!(status(&configured, name), meaning, "{name}");
            assert_eq!(meant.status(&configured, name), meaning, "{name}");
        }
    }

    #[test]
    fn a_priority_is_read_by_its_digit_or_its_word() {
        let configured = BTreeMap::from([("P1 - house on fire".to_owned(), Priority::Critical)]);
        let cases = [
            ("0 Urgent", Priority::Critical),
            ("1 High", Priority::High),
            ("2 Normal", Priority::Medium),
            ("3 Low", Priority::Low),
            ("High", Priority::High),
            ("low", Priority::Low),
            ("1", Priority::High),
            ("3 Niedrig", Priority::Low),
            ("p1 - HOUSE on fire", Priority::Critical),
            ("Sideways", Priority::Medium),
            ("", Priority::Medium),
        ];
        let mut meant = Meant::default();
        for (name, meaning) in cases.into_iter().chain(cases) {
            assert_eq!(priority(&configured, name), meaning, "{name}");
            assert_eq!(meant.priority(&configured, name), meaning, "{name}");
        }
    }
}

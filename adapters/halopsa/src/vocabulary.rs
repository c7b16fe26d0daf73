//! What the vendor's status and priority numbers mean here.

use crate::wire::NamedRow;
use postern_api::{Priority, TicketStatus};
use std::collections::BTreeMap;

/// The meaning of the vendor's numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Meanings<T>(BTreeMap<i64, T>);

impl<T: Copy + PartialEq> Meanings<T> {
    /// From the configuration; keys that are no numbers were refused before.
    pub(crate) fn configured(table: &BTreeMap<String, T>) -> Self {
        Self(table.iter().filter_map(|(id, meaning)| Some((id.parse().ok()?, *meaning))).collect())
    }

    /// What a number means.
    pub(crate) fn meaning(&self, id: Option<i64>) -> Option<T> {
        self.0.get(&id?).copied()
    }

    /// Every number with one of these meanings, smallest first.
    pub(crate) fn ids(&self, wanted: &[T]) -> Vec<i64> {
        self.0.iter().filter(|(_, it)| wanted.contains(it)).map(|(id, _)| *id).collect()
    }

    /// The number to write for a meaning.
    pub(crate) fn id(&self, wanted: T) -> Option<i64> {
        self.ids(&[wanted]).first().copied()
    }
}

impl Meanings<TicketStatus> {
    /// From the names that the vendor gives its statuses.
    pub(crate) fn learnt(rows: &[NamedRow]) -> Self {
        Self(rows.iter().filter_map(|row| Some((row.id.id()?, status_named(row.name.or_empty())))).collect())
    }
}

/// A priority that has no meaning here is the usual one.
pub(crate) const USUAL: Priority = Priority::Medium;

/// The words are tried in this order: "closed - awaiting invoice" is closed, "resolved" is not "open".
fn status_named(name: &str) -> TicketStatus {
    const WORDS: [(TicketStatus, &[&str]); 4] = [
        (TicketStatus::Closed, &["closed", "cancelled", "canceled", "rejected"]),
        (TicketStatus::Resolved, &["resolved", "completed", "complete", "solved", "fixed"]),
        (
            TicketStatus::Pending,
            &["pending", "with user", "with customer", "with supplier", "waiting", "awaiting", "hold", "scheduled"],
        ),
        (
            TicketStatus::Open,
            &[
                "new",
                "open",
                "reopened",
                "re opened",
                "in progress",
                "action required",
                "assigned",
                "updated",
                "responded",
                "escalated",
            ],
        ),
    ];
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let spaced = format!(" {} ", words.join(" "));
    let found = WORDS.iter().find(|(_, words)| words.iter().any(|word| spaced.contains(&format!(" {word} "))));
    found.map_or(TicketStatus::Other, |(status, _)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_learnt_from_its_name_and_an_unknown_one_is_other() {
        let cases = [
            ("New", TicketStatus::Open),
            ("In Progress", TicketStatus::Open),
            ("Re-Opened", TicketStatus::Open),
            ("Reopened", TicketStatus::Open),
            ("With User", TicketStatus::Pending),
            ("On Hold", TicketStatus::Pending),
            ("Awaiting Parts", TicketStatus::Pending),
            ("Resolved", TicketStatus::Resolved),
            ("Closed", TicketStatus::Closed),
            ("CLOSED - awaiting invoice", TicketStatus::Closed),
            ("Newsletter", TicketStatus::Other),
            ("Quantum", TicketStatus::Other),
            ("", TicketStatus::Other),
        ];
        for (name, status) in cases {
            assert_eq!(status_named(name), status, "{name}");
        }
    }
}

//! What the vendor's numbers mean. Each database has its own picklists; their labels are read once in a while.

use crate::adapter::Autotask;
use crate::wire::{FieldRow, PickRow};
use postern_api::{CallCx, Error, Priority, Result, TicketStatus};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long they hold.
const HOLD: Duration = Duration::from_secs(3_600);
/// Values of one picklist that are kept.
const MOST: usize = 2_000;
/// "Complete": a system value, the same in every database.
const COMPLETE: i64 = 5;
/// "New": a system value, the same in every database.
const NEW: i64 = 1;

/// The meaning of the vendor's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meanings<T>(BTreeMap<i64, T>);

impl<T: Copy + PartialEq> Meanings<T> {
    /// From the configuration; keys that are no numbers were refused before.
    fn configured(table: &BTreeMap<String, T>) -> Self {
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

    /// The number to write for a meaning: this one if it has it, or else the smallest.
    pub(crate) fn id(&self, wanted: T, rather: i64) -> Option<i64> {
        let ids = self.ids(&[wanted]);
        if ids.contains(&rather) { Some(rather) } else { ids.first().copied() }
    }
}

/// A priority that has no meaning here is the usual one.
pub(crate) const USUAL: Priority = Priority::Medium;

/// The picklists of tickets.
#[derive(Debug)]
pub(crate) struct Picklists {
    pub(crate) statuses: Meanings<TicketStatus>,
    pub(crate) priorities: Meanings<Priority>,
    queues: Vec<(i64, String)>,
    issue_types: Vec<(i64, String)>,
}

impl Picklists {
    pub(crate) fn status(&self, id: Option<i64>) -> TicketStatus {
        self.statuses.meaning(id).unwrap_or(TicketStatus::Other)
    }

    pub(crate) fn closed(&self) -> Option<i64> {
        self.statuses.id(TicketStatus::Closed, COMPLETE)
    }

    /// The status that a ticket is given to stand for this: the vendor's own for new ones, else the smallest.
    pub(crate) fn giving(&self, wanted: TicketStatus) -> Option<i64> {
        self.statuses.id(wanted, NEW)
    }

    pub(crate) fn open(&self) -> Option<i64> {
        self.statuses.id(TicketStatus::Open, NEW)
    }

    /// The label of an issue type, which is the ticket's category in our words.
    pub(crate) fn category(&self, id: Option<i64>) -> &str {
        let found = self.issue_types.iter().find(|(it, _)| Some(*it) == id);
        found.map_or("General", |(_, label)| label.as_str())
    }

    /// The issue types with this label, in any case.
    pub(crate) fn categories_named(&self, name: &str) -> Vec<i64> {
        named(&self.issue_types, name).map(|(id, _)| id).collect()
    }

    /// The queues with this label, in any case.
    pub(crate) fn queues_named(&self, name: &str) -> Vec<(i64, String)> {
        named(&self.queues, name).map(|(id, label)| (id, label.to_owned())).collect()
    }
}

fn named<'a>(values: &'a [(i64, String)], name: &str) -> impl Iterator<Item = (i64, &'a str)> {
    let wanted = name.trim().to_lowercase();
    values.iter().filter(move |(_, label)| label.to_lowercase() == wanted).map(|(id, label)| (*id, label.as_str()))
}

impl Autotask {
    /// The picklists, read at most once an hour.
    pub(crate) async fn picklists(&self, cx: &CallCx) -> Result<Arc<Picklists>> {
        let held = self.held_picklists.lock().clone();
        if let Some((at, lists)) = held
            && at.elapsed() < HOLD
        {
            return Ok(lists);
        }
        #[derive(Deserialize)]
        struct Answer {
            fields: Vec<FieldRow>,
        }
        let path = ["Tickets", "entityInformation", "fields"];
        let answer: Answer = self.client.get(cx, "Tickets", &path, "list").await?;
        let lists = Arc::new(self.picklists_of(&answer.fields)?);
        *self.held_picklists.lock() = Some((Instant::now(), lists.clone()));
        Ok(lists)
    }

    fn picklists_of(&self, fields: &[FieldRow]) -> Result<Picklists> {
        let list = |name: &str| {
            let field = fields.iter().find(|it| it.name.get() == Some(name));
            field.and_then(|it| it.picklist_values.as_deref()).ok_or_else(|| Error::bad_reply("a picklist is missing"))
        };
        let label = |row: &PickRow| Some((row.value.id()?, row.label.get()?.to_owned()));
        // What is switched off still stands on old tickets, and is not chosen for new ones.
        let active = |rows: &[PickRow]| {
            let used = rows.iter().filter(|it| it.is_active.0 != Some(false));
            used.filter_map(label).take(MOST).collect::<Vec<_>>()
        };
        let statuses = match self.config.statuses.is_empty() {
            true => Meanings(list("status")?.iter().take(MOST).filter_map(|it| Some(meant(&label(it)?))).collect()),
            false => Meanings::configured(&self.config.statuses),
        };
        let priorities = match self.config.priorities.is_empty() {
            true => {
                let rows = list("priority")?.iter().take(MOST).filter_map(label);
                Meanings(rows.filter_map(|(id, label)| Some((id, priority_named(&label)?))).collect())
            }
            false => Meanings::configured(&self.config.priorities),
        };
        Ok(Picklists {
            statuses,
            priorities,
            queues: active(list("queueID")?),
            issue_types: list("issueType").unwrap_or_default().iter().filter_map(label).take(MOST).collect(),
        })
    }
}

fn meant((id, label): &(i64, String)) -> (i64, TicketStatus) {
    let status = match *id {
        COMPLETE => TicketStatus::Closed,
        NEW => TicketStatus::Open,
        _ => status_named(label),
    };
    (*id, status)
}

/// The words are tried in this order: "waiting customer" is not "customer note added".
fn status_named(label: &str) -> TicketStatus {
    const WORDS: [(TicketStatus, &[&str]); 4] = [
        (TicketStatus::Closed, &["closed", "cancelled", "canceled", "rejected"]),
        (TicketStatus::Resolved, &["resolved", "completed", "complete", "solved", "fixed"]),
        (TicketStatus::Pending, &["waiting", "awaiting", "pending", "hold", "scheduled", "materials"]),
        (
            TicketStatus::Open,
            &[
                "new",
                "open",
                "reopened",
                "in progress",
                "assigned",
                "escalated",
                "escalate",
                "dispatched",
                "note added",
            ],
        ),
    ];
    let label = label.to_lowercase();
    let words: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let spaced = format!(" {} ", words.join(" "));
    let found = WORDS.iter().find(|(_, words)| words.iter().any(|word| spaced.contains(&format!(" {word} "))));
    found.map_or(TicketStatus::Other, |(status, _)| *status)
}

fn priority_named(label: &str) -> Option<Priority> {
    const WORDS: [(Priority, &[&str]); 4] = [
        (Priority::Critical, &["critical", "urgent", "emergency"]),
        (Priority::High, &["high"]),
        (Priority::Medium, &["medium", "normal", "standard"]),
        (Priority::Low, &["low"]),
    ];
    let label = label.to_lowercase();
    let said: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).collect();
    WORDS.iter().find(|(_, words)| words.iter().any(|it| said.contains(it))).map(|(priority, _)| *priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_learnt_from_its_label_and_an_unknown_one_is_other() {
        for (id, label, status) in [
            (1, "Neu", TicketStatus::Open),
            (5, "Erledigt", TicketStatus::Closed),
            (8, "In Progress", TicketStatus::Open),
            (7, "Waiting Customer", TicketStatus::Pending),
            (9, "Waiting Materials", TicketStatus::Pending),
            (19, "Customer note added", TicketStatus::Open),
            (20, "Resolved", TicketStatus::Resolved),
            (21, "Complete - bill", TicketStatus::Resolved),
            (22, "Closed", TicketStatus::Closed),
            (23, "Quantum", TicketStatus::Other),
        ] {
            assert_eq!(meant(&(id, label.to_owned())), (id, status), "{label}");
        }
    }

    #[test]
    fn a_priority_is_learnt_from_its_label() {
        let cases = [
            ("Critical", Some(Priority::Critical)),
            ("High", Some(Priority::High)),
            ("P3 - Medium", Some(Priority::Medium)),
            ("Low", Some(Priority::Low)),
            ("Prio 2", None),
            ("Highway", None),
        ];
        for (label, priority) in cases {
            assert_eq!(priority_named(label), priority, "{label}");
        }
    }
}

//! What the vendor's numbers mean here: statuses of boards and priorities.

use crate::adapter::ConnectWise;
use crate::client::Query;
use crate::config::number;
use crate::wire::{Flag, PriorityRow, StatusRow, TicketRow};
use parking_lot::Mutex;
use postern_api::{CallCx, Priority, Result, TicketStatus};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A priority that has no meaning here is the usual one.
pub(crate) const USUAL: Priority = Priority::Medium;
/// How long what was learnt holds.
const HOLD: Duration = Duration::from_secs(600);

/// The meaning of the vendor's numbers.
#[derive(Debug, Default)]
pub(crate) struct Meanings {
    statuses: BTreeMap<i64, TicketStatus>,
    /// By board, the status that a ticket is closed with.
    closing: BTreeMap<i64, i64>,
    priorities: BTreeMap<i64, Priority>,
    /// By board and meaning, the status that a ticket is given; the first in the vendor's order.
    giving: BTreeMap<(i64, TicketStatus), i64>,
}

impl Meanings {
    /// Where a ticket stands. What the vendor calls closed is never open here.
    pub(crate) fn status(&self, row: &TicketRow) -> TicketStatus {
        let meaning = row.status.id.id().and_then(|id| self.statuses.get(&id)).copied();
        let ended = matches!(meaning, Some(TicketStatus::Closed | TicketStatus::Resolved));
        match row.closed_flag {
            Flag::Yes if !ended => TicketStatus::Closed,
            Flag::Yes | Flag::No | Flag::Missing | Flag::Odd => meaning.unwrap_or(TicketStatus::Other),
        }
    }

    /// How urgent a ticket is.
    pub(crate) fn priority(&self, row: &TicketRow) -> Priority {
        row.priority.id.id().and_then(|id| self.priorities.get(&id)).copied().unwrap_or(USUAL)
    }

    /// Every status number with one of these meanings.
    pub(crate) fn status_ids<'a>(&'a self, wanted: &'a [TicketStatus]) -> impl Iterator<Item = i64> + 'a {
        self.statuses.iter().filter(|(_, it)| wanted.contains(it)).map(|(id, _)| *id)
    }

    /// Every priority number with this meaning.
    pub(crate) fn priority_ids(&self, wanted: Priority) -> impl Iterator<Item = i64> + '_ {
        self.priorities.iter().filter(move |(_, it)| **it == wanted).map(|(id, _)| *id)
    }

    /// The status that closes a ticket of a board.
    pub(crate) fn closing(&self, board: Option<i64>) -> Option<i64> {
        self.closing.get(&board?).copied()
    }

    /// The status of a board that a ticket is given to stand for this.
    pub(crate) fn giving(&self, board: Option<i64>, wanted: TicketStatus) -> Option<i64> {
        self.giving.get(&(board?, wanted)).copied()
    }

    /// What a status's number means.
    pub(crate) fn status_of(&self, row: &StatusRow) -> TicketStatus {
        let known = row.id.id().and_then(|id| self.statuses.get(&id)).copied();
        known.unwrap_or_else(|| status_of(row))
    }

    /// What a priority's number means.
    pub(crate) fn priority_of(&self, row: &PriorityRow) -> Option<Priority> {
        row.id.id().and_then(|id| self.priorities.get(&id)).copied()
    }

    fn configured(&mut self, board: i64, statuses: &BTreeMap<String, TicketStatus>) {
        for (id, meaning) in statuses.iter().filter_map(|(id, meaning)| Some((number(id)?, *meaning))) {
            self.statuses.insert(id, meaning);
            let giving = self.giving.entry((board, meaning)).or_insert(id);
            *giving = id.min(*giving);
            if meaning == TicketStatus::Closed {
                let closing = self.closing.entry(board).or_insert(id);
                *closing = id.min(*closing);
            }
        }
    }

    fn learnt(&mut self, board: i64, mut rows: Vec<StatusRow>) {
        // What is called closed comes before what is merely ended, for example "cancelled".
        let called = |row: &StatusRow| row.name.or_empty().to_lowercase().contains("closed");
        rows.sort_by_key(|row| (!called(row), row.sort_order.0.unwrap_or(i64::MAX), row.id.id()));
        for row in &rows {
            let Some(id) = row.id.id() else { continue };
            let meaning = status_of(row);
            self.statuses.insert(id, meaning);
            if row.inactive != Flag::Yes {
                self.giving.entry((board, meaning)).or_insert(id);
            }
            if meaning == TicketStatus::Closed && row.inactive != Flag::Yes {
                self.closing.entry(board).or_insert(id);
            }
        }
    }
}

/// What was learnt, and when.
#[derive(Debug, Default)]
pub(crate) struct Learnt(Mutex<Option<(Instant, Arc<Meanings>)>>);

impl ConnectWise {
    /// What the numbers mean: as configured, or else as the vendor describes them.
    pub(crate) async fn meanings(&self, cx: &CallCx) -> Result<Arc<Meanings>> {
        let held = self.learnt.0.lock().clone();
        if let Some((at, learnt)) = held
            && at.elapsed() < HOLD
        {
            return Ok(learnt);
        }
        let mut meanings = Meanings::default();
        for board in self.config.every_board() {
            match self.config.statuses.get(&board.to_string()) {
                Some(configured) => meanings.configured(board, configured),
                None => {
                    let path = ["service", "boards", &board.to_string(), "statuses"];
                    let query = Query { fields: "id,name,sortOrder,inactive,closedStatus", ..Query::default() };
                    meanings.learnt(board, self.client.all::<StatusRow>(cx, &path, &query).await?);
                }
            }
        }
        if self.config.priorities.is_empty() {
            let query = Query { fields: "id,name,level", ..Query::default() };
            let rows = self.client.all::<PriorityRow>(cx, &["service", "priorities"], &query).await?;
            let known = rows.iter().filter_map(|row| Some((row.id.id()?, priority_of(row)?)));
            meanings.priorities.extend(known);
        } else {
            let configured = self.config.priorities.iter().filter_map(|(id, it)| Some((number(id)?, *it)));
            meanings.priorities.extend(configured);
        }
        let learnt = Arc::new(meanings);
        *self.learnt.0.lock() = Some((Instant::now(), learnt.clone()));
        Ok(learnt)
    }
}

/// The level of newer versions, or else a level's name in the priority's own: never its number, which every MSP gives anew.
fn priority_of(row: &PriorityRow) -> Option<Priority> {
    const LEVELS: [(&str, Priority); 4] = [
        ("critical", Priority::Critical),
        ("high", Priority::High),
        ("medium", Priority::Medium),
        ("low", Priority::Low),
    ];
    let level = |text: &str| LEVELS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, it)| *it);
    row.level.get().and_then(level).or_else(|| words(row.name.or_empty()).find_map(|word| level(&word)))
}

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).map(str::to_lowercase)
}

/// The vendor's flag decides what is closed; the words, in this order, the rest.
fn status_of(row: &StatusRow) -> TicketStatus {
    const WORDS: [(TicketStatus, &[&str]); 3] = [
        (TicketStatus::Resolved, &["resolved", "completed", "complete", "solved", "fixed"]),
        (
            TicketStatus::Pending,
            &["pending", "waiting", "awaiting", "hold", "scheduled", "schedule", "with customer", "with vendor"],
        ),
        (
            TicketStatus::Open,
            &[
                "new",
                "open",
                "reopened",
                "re opened",
                "re open",
                "in progress",
                "assigned",
                "unassigned",
                "acknowledged",
                "responded",
                "updated",
                "escalated",
                "triage",
                "work",
            ],
        ),
    ];
    if row.closed_status == Flag::Yes {
        return TicketStatus::Closed;
    }
    let spaced = format!(" {} ", words(row.name.or_empty()).collect::<Vec<_>>().join(" "));
    let found = WORDS.iter().find(|(_, words)| words.iter().any(|word| spaced.contains(&format!(" {word} "))));
    found.map_or(TicketStatus::Other, |(status, _)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: &str) -> StatusRow {
        serde_json::from_str(json).expect("a row")
    }

    #[test]
    fn a_status_is_closed_by_the_vendors_flag_and_else_learnt_from_its_name() {
        let cases = [
            ("New (not responded)", "false", TicketStatus::Open),
            ("In Progress", "false", TicketStatus::Open),
            (">Re-Opened<", "false", TicketStatus::Open),
            ("Waiting on Customer", "false", TicketStatus::Pending),
            ("Scheduled", "false", TicketStatus::Pending),
            ("Completed", "false", TicketStatus::Resolved),
            ("Completed", "true", TicketStatus::Closed),
            (">Closed", "true", TicketStatus::Closed),
            ("Closed", "false", TicketStatus::Other),
            ("Closed", "\"perhaps\"", TicketStatus::Other),
            ("Newsletter", "false", TicketStatus::Other),
            ("", "null", TicketStatus::Other),
        ];
        for (name, closed, expected) in cases {
            let row = status(&format!("{{\"id\":1,\"name\":\"{name}\",\"closedStatus\":{closed}}}"));
            assert_eq!(status_of(&row), expected, "{name} {closed}");
        }
    }

    #[test]
    fn a_ticket_is_closed_with_what_is_called_closed_and_not_with_what_is_inactive() {
        let mut meanings = Meanings::default();
        let rows = [
            r#"{"id":5,"name":"Cancelled","sortOrder":1,"closedStatus":true}"#,
            r#"{"id":6,"name":"Closed (old)","sortOrder":2,"closedStatus":true,"inactive":true}"#,
            r#"{"id":7,"name":">Closed","sortOrder":9,"closedStatus":true}"#,
        ];
        meanings.learnt(1, rows.map(status).into());
        assert_eq!(meanings.closing(Some(1)), Some(7));
        assert_eq!(meanings.closing(Some(2)), None);
        assert_eq!(meanings.status_ids(&[TicketStatus::Closed]).collect::<Vec<_>>(), [5, 6, 7]);
    }

    #[test]
    fn what_the_vendor_calls_closed_is_never_open_here() {
        let mut meanings = Meanings::default();
        meanings
            .configured(1, &BTreeMap::from([("3".into(), TicketStatus::Open), ("4".into(), TicketStatus::Resolved)]));
        let row = |json: &str| serde_json::from_str::<TicketRow>(json).expect("a row");
        assert_eq!(meanings.status(&row(r#"{"status":{"id":3}}"#)), TicketStatus::Open);
        assert_eq!(meanings.status(&row(r#"{"status":{"id":3},"closedFlag":true}"#)), TicketStatus::Closed);
        assert_eq!(meanings.status(&row(r#"{"status":{"id":4},"closedFlag":true}"#)), TicketStatus::Resolved);
        assert_eq!(meanings.status(&row(r#"{"status":"CANARY","closedFlag":"perhaps"}"#)), TicketStatus::Other);
    }

    #[test]
    fn a_priority_says_its_level_or_has_it_in_its_name() {
        let cases = [
            (r#"{"level":"Critical","name":"low"}"#, Some(Priority::Critical)),
            (r#"{"name":"Priority 2 - High"}"#, Some(Priority::High)),
            (r#"{"name":"Priority 1 - Emergency"}"#, None),
            (r#"{"level":7}"#, None),
        ];
        for (json, expected) in cases {
            assert_eq!(priority_of(&serde_json::from_str(json).expect("a row")), expected, "{json}");
        }
    }
}

//! Which events were heard, on the disk, for as long as their senders may send them again. A file of its own: losing it makes
//! Postern read something twice.

use crate::store::Database;
use jiff::Timestamp;
use postern_api::{Result, TenantId};
use rusqlite::params;
use std::path::Path;
use std::time::Duration;

const MIGRATIONS: &[&str] = &["CREATE TABLE heard (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    event  TEXT NOT NULL,
    until  INTEGER NOT NULL, -- seconds since 1970
    PRIMARY KEY (tenant, name, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX heard_until ON heard (until);"];

/// What was heard.
#[derive(Debug)]
pub struct Heard(Database);

impl Heard {
    /// Opens the file in a data directory.
    pub fn open(dir: &Path) -> Result<Self> {
        Ok(Self(Database::open(&dir.join("webhooks.db"), MIGRATIONS)?))
    }

    /// Notes events, and says of each whether it is heard for the first time. All are on the disk before this returns.
    pub fn note(
        &self,
        (tenant, name): (&TenantId, &str),
        events: &[&str],
        retried_for: Duration,
        now: Timestamp,
    ) -> Result<Vec<bool>> {
        // An hour more, for clocks that differ and an answer that came late.
        let kept = retried_for.min(super::REMEMBERED).as_secs().saturating_add(3_600);
        let (now, until) = (now.as_second(), now.as_second().saturating_add_unsigned(kept));
        self.0.change(|tx| {
            tx.prepare_cached("DELETE FROM heard WHERE until < ?1")?.execute(params![now])?;
            let mut insert =
                tx.prepare_cached("INSERT OR IGNORE INTO heard (tenant, name, event, until) VALUES (?1, ?2, ?3, ?4)")?;
            events.iter().map(|it| Ok(insert.execute(params![tenant.as_str(), name, it, until])? == 1)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_heard_once_also_by_the_next_process_and_by_each_receiver_for_itself() {
        let dir = tempfile::tempdir().expect("a directory");
        let (msp, other) = (TenantId::new("msp").expect("an id"), TenantId::new("other").expect("an id"));
        let (day, now) = (Duration::from_secs(86_400), Timestamp::now());
        let heard = Heard::open(dir.path()).expect("opens");
        assert_eq!(heard.note((&msp, "money"), &["evt_1"], day, now).expect("notes"), [true]);
        assert_eq!(heard.note((&msp, "money"), &["evt_1"], day, now).expect("notes"), [false]);
        drop(heard);
        let heard = Heard::open(dir.path()).expect("opens");
        assert_eq!(heard.note((&msp, "money"), &["evt_1"], day, now).expect("notes"), [false]);
        assert_eq!(heard.note((&other, "money"), &["evt_1"], day, now).expect("notes"), [true]);
        assert_eq!(heard.note((&msp, "crm"), &["evt_1"], day, now).expect("notes"), [true]);
    }

    #[test]
    fn it_is_remembered_for_as_long_as_it_may_come_again_and_no_longer() {
        let dir = tempfile::tempdir().expect("a directory");
        let msp = TenantId::new("msp").expect("an id");
        let heard = Heard::open(dir.path()).expect("opens");
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).expect("a time");
        let first = |seconds: i64| heard.note((&msp, "money"), &["evt_1"], Duration::from_secs(3_600), at(seconds));
        assert_eq!(first(0).expect("notes"), [true]);
        assert_eq!(first(3_600).expect("notes"), [false]);
        assert_eq!(first(7_201).expect("notes"), [true]);
    }
}

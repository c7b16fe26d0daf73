//! Ending sessions and grants. What waited for a confirmation ends in the same transaction.

use crate::caller::Principal;
use crate::store::{Store, sqlite::failed};
use postern_api::{Result, TenantId};
use rusqlite::{OptionalExtension, Transaction, params};

/// Something at a realm that ended: tokens of before are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedBefore {
    /// The realm's issuer.
    pub issuer: String,
    /// Whether it is a person; else a session.
    pub person: bool,
    /// The subject, or the session.
    pub name: String,
    /// When.
    pub ended_at: i64,
}

/// Ends sessions, and declines what waited for a confirmation on their behalf.
pub(super) fn end_sessions(tx: &Transaction<'_>, ids: &[String], now: i64) -> rusqlite::Result<()> {
    let mut end = tx.prepare_cached("UPDATE authority_session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")?;
    let mut refresh = tx.prepare_cached("DELETE FROM authority_refresh WHERE session = ?1")?;
    for id in ids {
        end.execute(params![id, now])?;
        refresh.execute([id])?;
        drop_waiting(tx, id)?;
    }
    Ok(())
}

/// Declines what waits for a confirmation on a session's behalf, and cancels what waits for an approval.
fn drop_waiting(tx: &Transaction<'_>, session: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE action_request SET state = 'cancelled' WHERE session = ?1 AND state IN ('previewed', 'pending_approval', 'approved')",
    )?
    .execute([session])?;
    tx.prepare_cached(
        "UPDATE confirmation SET state = 'declined', sealed = NULL WHERE session = ?1 AND state = 'pending'",
    )?
    .execute([session])
    .map(drop)
}

/// The same for every session of a tenant's grant.
pub(super) fn drop_waiting_of(tx: &Transaction<'_>, tenant: &TenantId, grant: &str) -> rusqlite::Result<()> {
    let sessions = standing(
        tx,
        "grant_id = ?1 AND grant_id IN (SELECT id FROM authority_grant WHERE tenant = ?2)",
        grant,
        tenant.as_str(),
    )?;
    sessions.iter().try_for_each(|it| drop_waiting(tx, it))
}

/// Codes that can still be redeemed, and no others are worth looking at: those of a minute.
const CODES_OF_REALM_SESSION: &str =
    "DELETE FROM authority_code WHERE expires_at > ?3 AND realm_session = ?1 AND used = 0
    AND EXISTS (SELECT 1 FROM authority_grant g WHERE g.id = authority_code.grant_id AND g.issuer = ?2)";
/// Each session's own grant is looked at, and not everybody's.
const SESSIONS_OF_REALM_SESSION: &str = "realm_session = ?1
    AND EXISTS (SELECT 1 FROM authority_grant g WHERE g.id = authority_session.grant_id AND g.issuer = ?2)";

/// Ends a grant and its sessions; the ids of those that stood.
fn end_grant(tx: &Transaction<'_>, id: &str, by: &str, now: i64) -> rusqlite::Result<Vec<String>> {
    tx.execute(
        "UPDATE authority_grant SET ended_at = ?2, ended_by = ?3 WHERE id = ?1 AND ended_at IS NULL",
        params![id, now, by],
    )?;
    tx.execute("DELETE FROM authority_code WHERE grant_id = ?1 AND used = 0", [id])?;
    let sessions = standing(tx, "grant_id = ?1 AND ?2 = ''", id, "")?;
    end_sessions(tx, &sessions, now)?;
    Ok(sessions)
}

fn standing(tx: &Transaction<'_>, which: &str, first: &str, second: &str) -> rusqlite::Result<Vec<String>> {
    let sql = format!("SELECT id FROM authority_session WHERE ended_at IS NULL AND {which}");
    let mut statement = tx.prepare_cached(&sql)?;
    let ids = statement.query_map([first, second], |row| row.get(0))?;
    ids.collect()
}

fn note(tx: &Transaction<'_>, issuer: &str, kind: &str, name: &str, now: i64) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO authority_ended (issuer, kind, name, ended_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET ended_at = max(ended_at, ?4)",
        params![issuer, kind, name, now],
    )
    .map(drop)
}

impl Store {
    /// Ends one session. Whether it stood.
    pub fn end_session(&self, id: &str, now: i64) -> Result<bool> {
        self.database.change(|tx| {
            let stood: bool = tx
                .query_row("SELECT ended_at IS NULL FROM authority_session WHERE id = ?1", [id], |row| row.get(0))
                .optional()?
                .unwrap_or_default();
            end_sessions(tx, &[id.to_owned()], now)?;
            Ok(stood)
        })
    }

    /// Ends a grant of a tenant, and of this person where one is named. The client, the person and the sessions that stood;
    /// `None` where there is no such grant that stands.
    pub fn end_grant(
        &self,
        tenant: &TenantId,
        owner: Option<&Principal>,
        id: &str,
        by: &str,
        now: i64,
    ) -> Result<Option<(String, Principal, Vec<String>)>> {
        self.database.change(|tx| {
            let found = tx
                .query_row(
                    "SELECT client, issuer, subject FROM authority_grant WHERE tenant = ?1 AND id = ?2 AND ended_at IS NULL",
                    params![tenant.as_str(), id],
                    |row| {
                        let (issuer, subject): (String, String) = (row.get(1)?, row.get(2)?);
                        Ok((row.get::<_, String>(0)?, Principal { issuer: issuer.into(), subject: subject.into() }))
                    },
                )
                .optional()?;
            let Some((client, principal)) = found.filter(|it| owner.is_none_or(|owner| *owner == it.1)) else {
                return Ok(None);
            };
            Ok(Some((client, principal, end_grant(tx, id, by, now)?)))
        })
    }

    /// Ends every grant of a person, and refuses the realm's tokens of before. The sessions that stood.
    pub fn end_person(&self, tenant: &TenantId, principal: &Principal, by: &str, now: i64) -> Result<Vec<String>> {
        self.database.change(|tx| {
            note(tx, &principal.issuer, "person", &principal.subject, now)?;
            let grants: Vec<String> = {
                let mut statement = tx.prepare_cached(
                    "SELECT id FROM authority_grant WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND ended_at IS NULL",
                )?;
                let ids = statement
                    .query_map(params![tenant.as_str(), &*principal.issuer, &*principal.subject], |row| row.get(0))?;
                ids.collect::<rusqlite::Result<_>>()?
            };
            let mut sessions = Vec::new();
            for grant in grants {
                sessions.extend(end_grant(tx, &grant, by, now)?);
            }
            Ok(sessions)
        })
    }

    /// Ends the sessions that began with one session at the realm, and refuses that session's tokens. Those that stood.
    pub fn end_realm_session(&self, issuer: &str, session: &str, now: i64) -> Result<Vec<String>> {
        self.database.change(|tx| {
            note(tx, issuer, "session", session, now)?;
            tx.execute(CODES_OF_REALM_SESSION, params![session, issuer, now])?;
            let which = SESSIONS_OF_REALM_SESSION;
            let sessions = standing(tx, which, session, issuer)?;
            end_sessions(tx, &sessions, now)?;
            Ok(sessions)
        })
    }

    /// What ended at the realms since a time.
    pub fn ended_since(&self, since: i64) -> Result<Vec<EndedBefore>> {
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached("SELECT issuer, kind = 'person', name, ended_at FROM authority_ended WHERE ended_at >= ?1")
            .map_err(failed)?;
        let rows = statement.query_map([since], |row| {
            Ok(EndedBefore { issuer: row.get(0)?, person: row.get(1)?, name: row.get(2)?, ended_at: row.get(3)? })
        });
        rows.and_then(|it| it.collect()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// What a query looks at, as SQLite plans it.
    fn plan(sql: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).unwrap();
        let database = rusqlite::Connection::open(dir.path().join("postern.db")).unwrap();
        let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        for nth in 1..=plan.parameter_count() {
            plan.raw_bind_parameter(nth, "1").unwrap();
        }
        let (mut rows, mut lines) = (plan.raw_query(), Vec::new());
        while let Some(row) = rows.next().unwrap() {
            lines.push(row.get::<_, String>(3).unwrap());
        }
        lines.join("; ")
    }

    #[test]
    fn nobodys_page_call_or_logout_looks_at_everybodys_grants() {
        let one = plan(&crate::store::authority::grants_sql(true));
        assert!(one.contains("authority_grant_standing (tenant=? AND issuer=? AND subject=?)"), "{one}");
        let all = plan(&crate::store::authority::grants_sql(false));
        assert!(all.contains("authority_grant_tenant (tenant=?)"), "{all}");
        let sessions =
            format!("SELECT id FROM authority_session WHERE ended_at IS NULL AND {SESSIONS_OF_REALM_SESSION}");
        for sql in [CODES_OF_REALM_SESSION, &sessions] {
            let plan = plan(sql);
            assert!(plan.contains("SEARCH") && !plan.contains("SCAN"), "{plan}");
        }
    }
}

//! Confirmations at rest: claimed once, sealed while they wait, emptied after use.

use super::{Store, sqlite::failed};
use crate::caller::Principal;
use crate::govern::confirmation::{Confirmation, Confirmations, Settlement};
use jiff::Timestamp;
use postern_api::{Error, Result, TenantId};
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "id, tool, policy_version, sealed, expires_at, session";

/// One row as it is stored.
struct Stored {
    id: String,
    tool: String,
    policy_version: String,
    sealed: Option<Vec<u8>>,
    expires_at: i64,
    session: Option<String>,
}

impl Stored {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            tool: row.get(1)?,
            policy_version: row.get(2)?,
            sealed: row.get(3)?,
            expires_at: row.get(4)?,
            session: row.get(5)?,
        })
    }
}

impl Store {
    /// At the start: nobody is carrying anything out, so what was under way has an unknown outcome.
    pub(super) fn settle_interrupted(&self) -> Result<()> {
        self.database.change(|tx| {
            tx.execute("UPDATE confirmation SET state = 'unknown', sealed = NULL WHERE state = 'executing'", [])
                .map(drop)
        })
    }

    fn open_confirmation(&self, tenant: &TenantId, principal: &Principal, row: Stored) -> Result<Confirmation> {
        let broken = || Error::internal("a stored confirmation cannot be read");
        let sealed = row.sealed.ok_or_else(broken)?;
        let opened = self.seal.open(&[tenant.as_str(), "confirmation", &row.id], &sealed)?;
        let (arguments, message) = serde_json::from_slice(&opened).map_err(|_| broken())?;
        Ok(Confirmation {
            id: row.id,
            tenant: tenant.clone(),
            principal: principal.clone(),
            tool: row.tool,
            arguments,
            policy_version: row.policy_version,
            message,
            expires_at: Timestamp::from_millisecond(row.expires_at).map_err(|_| broken())?,
            session: row.session.map(Into::into),
        })
    }
}

impl Confirmations for Store {
    fn create(&self, it: &Confirmation) -> Result<()> {
        let content = serde_json::to_vec(&(&it.arguments, &it.message))
            .map_err(|e| Error::internal("confirmation").because(e))?;
        let sealed = self.seal.seal(&[it.tenant.as_str(), "confirmation", &it.id], &content)?;
        self.database.change(|tx| {
            // Whatever has expired meanwhile is emptied on the way.
            tx.execute(
                "UPDATE confirmation SET state = 'expired', sealed = NULL WHERE state = 'pending' AND expires_at <= ?1",
                params![Timestamp::now().as_millisecond()],
            )?;
            // For a session that ended while the preview was made, there is nothing to confirm any more.
            tx.execute(
                "INSERT INTO confirmation (tenant, id, issuer, subject, tool, policy_version, sealed, expires_at, state, session)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', ?9
                 WHERE NOT EXISTS (SELECT 1 FROM authority_session WHERE id = ?9 AND ended_at IS NOT NULL)",
                params![
                    it.tenant.as_str(),
                    it.id,
                    &*it.principal.issuer,
                    &*it.principal.subject,
                    it.tool,
                    it.policy_version,
                    sealed,
                    it.expires_at.as_millisecond(),
                    it.session.as_deref()
                ],
            )
        })?;
        Ok(())
    }

    fn claim(
        &self,
        tenant: &TenantId,
        principal: &Principal,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Confirmation>> {
        let claimed = self.database.change(|tx| {
            tx.query_row(
                &format!(
                    "UPDATE confirmation SET state = 'executing'
                     WHERE tenant = ?1 AND id = ?2 AND issuer = ?3 AND subject = ?4 AND state = 'pending' AND expires_at > ?5
                     RETURNING {COLUMNS}"
                ),
                params![tenant.as_str(), id, &*principal.issuer, &*principal.subject, now.as_millisecond()],
                Stored::of,
            )
            .optional()
        })?;
        claimed.map(|row| self.open_confirmation(tenant, principal, row)).transpose()
    }

    fn settle(&self, tenant: &TenantId, id: &str, settlement: Settlement) -> Result<()> {
        let state = match settlement {
            Settlement::Done => "done",
            Settlement::Failed => "failed",
            Settlement::Unknown => "unknown",
            Settlement::Declined => "declined",
        };
        self.database.change(|tx| {
            tx.execute(
                "UPDATE confirmation SET state = ?3, sealed = NULL WHERE tenant = ?1 AND id = ?2 AND state = 'executing'",
                params![tenant.as_str(), id, state],
            )
            .map(drop)
        })
    }

    fn waiting(&self, tenant: &TenantId, principal: &Principal, now: Timestamp) -> Result<Vec<Confirmation>> {
        let rows: Vec<Stored> = {
            let reader = self.database.reader();
            let mut statement = reader
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM confirmation
                     WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND state = 'pending' AND expires_at > ?4 ORDER BY expires_at"
                ))
                .map_err(failed)?;
            let rows = statement
                .query_map(
                    params![tenant.as_str(), &*principal.issuer, &*principal.subject, now.as_millisecond()],
                    Stored::of,
                )
                .map_err(failed)?;
            rows.collect::<rusqlite::Result<_>>().map_err(failed)?
        };
        rows.into_iter().map(|row| self.open_confirmation(tenant, principal, row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use std::sync::Arc;

    fn who(subject: &str) -> Principal {
        Principal { issuer: "customers".into(), subject: subject.into() }
    }

    fn pending(id: &str, now: Timestamp) -> Confirmation {
        Confirmation {
            id: id.into(),
            tenant: TenantId::new("msp").expect("an id"),
            principal: who("jane"),
            tool: "customer_invite_contact".into(),
            arguments: r#"{"email":"canary@acme.example"}"#.into(),
            policy_version: "v1".into(),
            message: "Invite?".into(),
            expires_at: now + SignedDuration::from_mins(5),
            session: None,
        }
    }

    #[test]
    fn w01_only_the_same_person_can_claim_in_time_and_everything_else_is_the_same_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        let now = Timestamp::now();
        let it = pending("conf-1", now);
        store.create(&it).expect("creates");
        let late = now + SignedDuration::from_mins(6);
        let other = TenantId::new("other").expect("an id");
        assert!(store.claim(&it.tenant, &who("bob"), "conf-1", now).expect("asks").is_none());
        assert!(store.claim(&other, &who("jane"), "conf-1", now).expect("asks").is_none());
        assert!(store.claim(&it.tenant, &who("jane"), "conf-2", now).expect("asks").is_none());
        assert!(store.claim(&it.tenant, &who("jane"), "conf-1", late).expect("asks").is_none());
        let claimed = store.claim(&it.tenant, &who("jane"), "conf-1", now).expect("asks").expect("is there");
        assert_eq!(claimed.arguments, it.arguments);
        assert!(store.claim(&it.tenant, &who("jane"), "conf-1", now).expect("asks").is_none(), "used");
    }

    #[test]
    fn w04_a_hundred_parallel_claims_give_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Arc::new(Store::open(dir.path()).expect("opens"));
        let now = Timestamp::now();
        store.create(&pending("conf-1", now)).expect("creates");
        let tries: Vec<_> = (0..100)
            .map(|_| {
                let store = store.clone();
                std::thread::spawn(move || {
                    store
                        .claim(&TenantId::new("msp").expect("an id"), &who("jane"), "conf-1", now)
                        .expect("asks")
                        .is_some()
                })
            })
            .collect();
        assert_eq!(tries.into_iter().filter(|_| true).map(|it| it.join().expect("ends")).filter(|it| *it).count(), 1);
    }

    #[test]
    fn arguments_are_sealed_at_rest_and_gone_after_use_and_an_interrupted_one_is_unknown() {
        let dir = tempfile::tempdir().expect("a directory");
        let now = Timestamp::now();
        let it = pending("conf-1", now);
        {
            let store = Store::open(dir.path()).expect("opens");
            store.create(&it).expect("creates");
            let sealed: Vec<u8> = store
                .database
                .reader()
                .query_row("SELECT sealed FROM confirmation", [], |row| row.get(0))
                .expect("reads");
            assert!(!String::from_utf8_lossy(&sealed).contains("canary"));
            store.claim(&it.tenant, &who("jane"), "conf-1", now).expect("asks").expect("is there");
        }
        let store = Store::open(dir.path()).expect("opens again");
        let (state, sealed): (String, Option<Vec<u8>>) = store
            .database
            .reader()
            .query_row("SELECT state, sealed FROM confirmation", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("reads");
        assert_eq!((state.as_str(), sealed), ("unknown", None));
    }
}

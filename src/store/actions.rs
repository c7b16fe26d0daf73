//! Action requests at rest: one step from one state at a time, their content sealed.

use super::{Database, Store, sqlite::failed};
use crate::caller::Principal;
use crate::govern::action::{ActionId, ActionRequest, Actions, Begun, Content, State, Verdict};
use jiff::Timestamp;
use postern_api::{Error, ErrorKind, OrganisationId, Result, TenantId};
use rusqlite::{OptionalExtension, Params, Row, params};

const COLUMNS: &str = "id, issuer, subject, organisation, tool, digest, key, policy_version, state, created_at, expires_at, \
                       changed_at, session, decided_by, attempts, needs_human, sealed, answer";

/// One row as it is stored.
struct Stored {
    id: String,
    issuer: String,
    subject: String,
    organisation: Option<String>,
    tool: String,
    digest: String,
    key: Option<String>,
    policy_version: String,
    state: String,
    created_at: i64,
    expires_at: i64,
    changed_at: i64,
    session: Option<String>,
    decided_by: Option<Vec<u8>>,
    attempts: u32,
    needs_human: bool,
    sealed: Vec<u8>,
    answer: Option<Vec<u8>>,
}

impl Stored {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            issuer: row.get(1)?,
            subject: row.get(2)?,
            organisation: row.get(3)?,
            tool: row.get(4)?,
            digest: row.get(5)?,
            key: row.get(6)?,
            policy_version: row.get(7)?,
            state: row.get(8)?,
            created_at: row.get(9)?,
            expires_at: row.get(10)?,
            changed_at: row.get(11)?,
            session: row.get(12)?,
            decided_by: row.get(13)?,
            attempts: row.get(14)?,
            needs_human: row.get(15)?,
            sealed: row.get(16)?,
            answer: row.get(17)?,
        })
    }
}

fn broken() -> Error {
    Error::internal("a stored action request cannot be read")
}

impl Store {
    /// At the start: nobody is carrying anything out, so what was under way has an unknown outcome.
    pub(super) fn settle_interrupted_actions(&self) -> Result<()> {
        let now = Timestamp::now().as_millisecond();
        self.database.change(|tx| {
            tx.execute(
                "UPDATE action_request SET state = 'unknown', needs_human = 1, changed_at = ?1 WHERE state = 'executing'",
                params![now],
            )
            .map(drop)
        })
    }

    fn open_action(&self, tenant: &TenantId, row: Stored) -> Result<ActionRequest> {
        let open = |what: &str, sealed: &[u8]| self.seal.open(&[tenant.as_str(), what, &row.id], sealed);
        let content: Content = serde_json::from_slice(&open("action_request", &row.sealed)?).map_err(|_| broken())?;
        let decision = row.decided_by.as_deref().map(|it| open("action_decision", it)).transpose()?;
        let decision: Option<(String, String)> =
            decision.map(|it| serde_json::from_slice(&it)).transpose().map_err(|_| broken())?;
        let answer = row.answer.as_deref().map(|it| open("action_answer", it)).transpose()?;
        let answer = answer.map(|it| String::from_utf8(it.to_vec())).transpose().map_err(|_| broken())?;
        let (decided_by, reason) = decision.unzip();
        let time = |it| Timestamp::from_millisecond(it).map_err(|_| broken());
        Ok(ActionRequest {
            state: State::parse(&row.state).ok_or_else(broken)?,
            created_at: time(row.created_at)?,
            expires_at: time(row.expires_at)?,
            changed_at: time(row.changed_at)?,
            id: ActionId::try_from(row.id).map_err(|_| broken())?,
            tenant: tenant.clone(),
            principal: Principal { issuer: row.issuer.into(), subject: row.subject.into() },
            organisation: row.organisation.map(|it| OrganisationId::new(&it)).transpose().map_err(|_| broken())?,
            tool: row.tool,
            digest: row.digest,
            key: row.key,
            policy_version: row.policy_version,
            session: row.session.map(Into::into),
            decided_by,
            reason,
            attempts: row.attempts,
            needs_human: row.needs_human,
            content,
            answer,
        })
    }

    fn actions(&self, tenant: &TenantId, which: &str, bound: impl Params) -> Result<Vec<ActionRequest>> {
        let rows: Vec<Stored> = {
            let reader = self.database.reader();
            let sql = format!("SELECT {COLUMNS} FROM action_request WHERE {which}");
            let mut statement = reader.prepare_cached(&sql).map_err(failed)?;
            let rows = statement.query_map(bound, Stored::of).map_err(failed)?;
            rows.collect::<rusqlite::Result<_>>().map_err(failed)?
        };
        rows.into_iter().map(|row| self.open_action(tenant, row)).collect()
    }
}

/// Runs one step; answers whether a row took it.
fn step(database: &Database, sql: &str, bound: impl Params) -> Result<bool> {
    database.change(|tx| Ok(tx.prepare_cached(sql)?.execute(bound)? == 1))
}

impl Actions for Store {
    fn create(&self, it: &ActionRequest) -> Result<()> {
        let content = serde_json::to_vec(&it.content).map_err(|e| Error::internal("action request").because(e))?;
        let sealed = self.seal.seal(&[it.tenant.as_str(), "action_request", it.id.as_str()], &content)?;
        let added = self.database.change(|tx| {
            // For a session that ended while the preview was made, there is nothing to carry out any more.
            tx.prepare_cached(
                "INSERT INTO action_request (tenant, id, issuer, subject, organisation, tool, digest, key, policy_version, state,
                    created_at, expires_at, changed_at, session, sealed)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, ?13, ?14
                 WHERE NOT EXISTS (SELECT 1 FROM authority_session WHERE id = ?13 AND ended_at IS NOT NULL)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                it.tenant.as_str(),
                it.id.as_str(),
                &*it.principal.issuer,
                &*it.principal.subject,
                it.organisation.as_ref().map(OrganisationId::as_str),
                it.tool,
                it.digest,
                it.key,
                it.policy_version,
                it.state.as_str(),
                it.created_at.as_millisecond(),
                it.expires_at.as_millisecond(),
                it.session.as_deref(),
                sealed,
            ])
        })?;
        if added == 1 { Ok(()) } else { Err(Error::new(ErrorKind::Conflict, "this action request cannot be kept")) }
    }

    fn get(&self, tenant: &TenantId, id: &ActionId) -> Result<Option<ActionRequest>> {
        Ok(self.actions(tenant, "tenant = ?1 AND id = ?2", params![tenant.as_str(), id.as_str()])?.pop())
    }

    fn by_key(&self, tenant: &TenantId, principal: &Principal, key: &str) -> Result<Option<ActionRequest>> {
        let which = "tenant = ?1 AND issuer = ?2 AND subject = ?3 AND key = ?4";
        let bound = params![tenant.as_str(), &*principal.issuer, &*principal.subject, key];
        Ok(self.actions(tenant, which, bound)?.pop())
    }

    fn by_digest(&self, tenant: &TenantId, principal: &Principal, digest: &str) -> Result<Option<ActionRequest>> {
        let which = "tenant = ?1 AND issuer = ?2 AND subject = ?3 AND digest = ?4 AND key IS NULL
            AND (state IN ('executing', 'unknown') OR state IN ('previewed', 'pending_approval', 'approved') AND expires_at > ?5)
            ORDER BY created_at DESC LIMIT 1";
        let now = Timestamp::now().as_millisecond();
        let bound = params![tenant.as_str(), &*principal.issuer, &*principal.subject, digest, now];
        Ok(self.actions(tenant, which, bound)?.pop())
    }

    fn begin(&self, tenant: &TenantId, id: &ActionId, from: State, now: Timestamp) -> Result<Begun> {
        let attempt = self.database.change(|tx| {
            tx.prepare_cached(
                "UPDATE action_request SET state = 'executing', attempts = attempts + 1, changed_at = ?4
                 WHERE tenant = ?1 AND id = ?2 AND state = ?3 AND expires_at > ?4 RETURNING attempts",
            )?
            .query_row(params![tenant.as_str(), id.as_str(), from.as_str(), now.as_millisecond()], |row| row.get(0))
            .optional()
        })?;
        Ok(attempt.map_or(Begun::Gone, Begun::Mine))
    }

    fn finish(
        &self,
        tenant: &TenantId,
        id: &ActionId,
        attempt: u32,
        state: State,
        answer: Option<&str>,
    ) -> Result<bool> {
        let place = [tenant.as_str(), "action_answer", id.as_str()];
        let sealed = answer.map(|it| self.seal.seal(&place, it.as_bytes())).transpose()?;
        // What is lost with the power is found out again by the reference: no reason to wait for the disk.
        self.database.change_soon(|tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE action_request SET state = ?4, answer = ?5, changed_at = ?6, needs_human = ?7
                     WHERE tenant = ?1 AND id = ?2 AND state IN ('executing', 'unknown') AND attempts = ?3",
                )?
                .execute(params![
                    tenant.as_str(),
                    id.as_str(),
                    attempt,
                    state.as_str(),
                    sealed,
                    Timestamp::now().as_millisecond(),
                    state == State::Unknown,
                ])?;
            Ok(changed == 1)
        })
    }

    fn decide(&self, tenant: &TenantId, id: &ActionId, verdict: &Verdict, now: Timestamp) -> Result<bool> {
        let words = serde_json::to_vec(&(&verdict.by, &verdict.reason))
            .map_err(|e| Error::internal("a decision").because(e))?;
        let sealed = self.seal.seal(&[tenant.as_str(), "action_decision", id.as_str()], &words)?;
        let state = if verdict.approve { State::Approved } else { State::Rejected };
        step(
            &self.database,
            "UPDATE action_request SET state = ?3, decided_by = ?4, changed_at = ?5
             WHERE tenant = ?1 AND id = ?2 AND state = 'pending_approval' AND expires_at > ?5",
            params![tenant.as_str(), id.as_str(), state.as_str(), sealed, now.as_millisecond()],
        )
    }

    fn seen(&self, tenant: &TenantId, id: &ActionId, by: &Principal, name: &str) -> Result<Vec<(String, Timestamp)>> {
        let place = [tenant.as_str(), "action_seen", id.as_str()];
        let sealed = self.seal.seal(&place, name.as_bytes())?;
        let bound = params![tenant.as_str(), id.as_str(), &*by.issuer, &*by.subject];
        let others: Vec<(Vec<u8>, i64)> = self.database.change_soon(|tx| {
            tx.prepare_cached(
                "INSERT INTO action_seen (tenant, id, issuer, subject, name, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                tenant.as_str(),
                id.as_str(),
                &*by.issuer,
                &*by.subject,
                sealed,
                Timestamp::now().as_millisecond()
            ])?;
            let mut others = tx.prepare_cached(
                "SELECT name, at FROM action_seen WHERE tenant = ?1 AND id = ?2 AND NOT (issuer = ?3 AND subject = ?4) ORDER BY at",
            )?;
            others.query_map(bound, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let open = |(name, at): (Vec<u8>, i64)| {
            let name = String::from_utf8(self.seal.open(&place, &name)?.to_vec()).map_err(|_| broken())?;
            Ok((name, Timestamp::from_millisecond(at).map_err(|_| broken())?))
        };
        others.into_iter().map(open).collect()
    }

    fn cancel(&self, tenant: &TenantId, principal: &Principal, id: &ActionId, now: Timestamp) -> Result<bool> {
        step(
            &self.database,
            "UPDATE action_request SET state = 'cancelled', changed_at = ?5
             WHERE tenant = ?1 AND id = ?2 AND issuer = ?3 AND subject = ?4
               AND state IN ('previewed', 'pending_approval', 'approved')",
            params![tenant.as_str(), id.as_str(), &*principal.issuer, &*principal.subject, now.as_millisecond()],
        )
    }

    fn waiting(&self, tenant: &TenantId, now: Timestamp, limit: u32) -> Result<Vec<ActionRequest>> {
        let which = "tenant = ?1 AND state = 'pending_approval' AND expires_at > ?2 ORDER BY created_at LIMIT ?3";
        self.actions(tenant, which, params![tenant.as_str(), now.as_millisecond(), limit])
    }

    fn own(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<Vec<ActionRequest>> {
        let which = "tenant = ?1 AND issuer = ?2 AND subject = ?3 ORDER BY created_at DESC LIMIT ?4";
        self.actions(tenant, which, params![tenant.as_str(), &*principal.issuer, &*principal.subject, limit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::govern::action::{LIFE, Requester};
    use jiff::SignedDuration;
    use postern_policies::{Effect, Realm};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn tenant(id: &str) -> TenantId {
        TenantId::new(id).expect("an id")
    }

    fn who(subject: &str) -> Principal {
        Principal { issuer: "staff".into(), subject: subject.into() }
    }

    fn request(state: State, key: Option<&str>) -> ActionRequest {
        let now = Timestamp::now();
        ActionRequest {
            id: ActionId::fresh(),
            tenant: tenant("msp"),
            principal: who("jo"),
            organisation: None,
            tool: "portal.document.publish".into(),
            digest: "d".into(),
            key: key.map(str::to_owned),
            policy_version: "v1".into(),
            state,
            created_at: now,
            expires_at: now + SignedDuration::try_from(LIFE).expect("a day"),
            changed_at: now,
            session: None,
            decided_by: None,
            reason: None,
            attempts: 0,
            needs_human: false,
            content: Content {
                arguments: r#"{"note":"canary"}"#.into(),
                requester: Requester { realm: Realm::Employee, name: None, email: None, client: None },
                message: "Publish?".into(),
                data: "{}".into(),
                effect: Effect::default(),
                targets: BTreeMap::new(),
            },
            answer: None,
        }
    }

    fn rig() -> (tempfile::TempDir, Arc<Store>) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Arc::new(Store::open(dir.path()).expect("opens"));
        (dir, store)
    }

    fn later(minutes: i64) -> Timestamp {
        Timestamp::now() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn w04_a_hundred_parallel_tries_to_begin_give_one() {
        let (_dir, store) = rig();
        let it = request(State::Approved, None);
        store.create(&it).expect("keeps");
        let tries: Vec<_> = (0..100)
            .map(|_| {
                let (store, it) = (store.clone(), it.clone());
                std::thread::spawn(move || {
                    let begun = store.begin(&it.tenant, &it.id, State::Approved, Timestamp::now());
                    matches!(begun.expect("asks"), Begun::Mine(_))
                })
            })
            .collect();
        let begun: Vec<_> = tries.into_iter().map(|it| it.join().expect("ends")).collect();
        assert_eq!(begun.into_iter().filter(|it| *it).count(), 1);
    }

    #[test]
    fn a_request_is_decided_once_in_time_within_its_tenant_and_begins_from_its_very_state() {
        let (_dir, store) = rig();
        let it = request(State::PendingApproval, None);
        store.create(&it).expect("keeps");
        let verdict = |approve| Verdict { approve, by: "lead".into(), reason: "fine".into() };
        let begin = |from| matches!(store.begin(&it.tenant, &it.id, from, Timestamp::now()), Ok(Begun::Mine(1)));
        assert!(!begin(State::Approved), "not approved yet");
        assert!(!store.decide(&tenant("other"), &it.id, &verdict(true), Timestamp::now()).expect("asks"));
        assert!(!store.decide(&it.tenant, &it.id, &verdict(true), later(25 * 60)).expect("asks"), "too late");
        assert!(store.decide(&it.tenant, &it.id, &verdict(true), Timestamp::now()).expect("asks"));
        assert!(!store.decide(&it.tenant, &it.id, &verdict(false), Timestamp::now()).expect("asks"), "decided");
        let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
        assert_eq!(
            (read.state, read.decided_by.as_deref(), read.reason.as_deref()),
            (State::Approved, Some("lead"), Some("fine"))
        );
        assert!(!begin(State::Previewed) && begin(State::Approved));
    }

    #[test]
    fn an_outcome_is_kept_once_and_a_try_that_was_taken_over_keeps_none() {
        let (_dir, store) = rig();
        let it = request(State::Previewed, None);
        store.create(&it).expect("keeps");
        assert!(matches!(store.begin(&it.tenant, &it.id, State::Previewed, Timestamp::now()), Ok(Begun::Mine(1))));
        assert!(!store.finish(&it.tenant, &it.id, 2, State::Done, None).expect("asks"), "another try");
        assert!(store.finish(&it.tenant, &it.id, 1, State::Done, Some("{\"a\":1}")).expect("asks"));
        assert!(!store.finish(&it.tenant, &it.id, 1, State::Failed, None).expect("asks"), "kept already");
        let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
        assert_eq!((read.state, read.answer.as_deref()), (State::Done, Some("{\"a\":1}")));
    }

    #[test]
    fn a_key_is_one_persons_and_names_one_request() {
        let (_dir, store) = rig();
        let it = request(State::Previewed, Some("k"));
        store.create(&it).expect("keeps");
        let again = ActionRequest { id: ActionId::fresh(), ..it.clone() };
        assert_eq!(store.create(&again).expect_err("taken").kind(), ErrorKind::Conflict);
        let others = ActionRequest { id: ActionId::fresh(), principal: who("bo"), ..it.clone() };
        store.create(&others).expect("another person's");
        let elsewhere = ActionRequest { id: ActionId::fresh(), tenant: tenant("other"), ..it.clone() };
        store.create(&elsewhere).expect("another tenant's");
        let found = store.by_key(&it.tenant, &it.principal, "k").expect("asks").expect("is there");
        assert_eq!(found.id, it.id);
    }

    #[test]
    fn content_is_sealed_and_what_was_under_way_at_a_crash_is_unknown() {
        let dir = tempfile::tempdir().expect("a directory");
        let it = request(State::Previewed, None);
        {
            let store = Store::open(dir.path()).expect("opens");
            store.create(&it).expect("keeps");
            let sealed: Vec<u8> = store
                .database
                .reader()
                .query_row("SELECT sealed FROM action_request", [], |row| row.get(0))
                .expect("reads");
            assert!(!String::from_utf8_lossy(&sealed).contains("canary"));
            store.begin(&it.tenant, &it.id, State::Previewed, Timestamp::now()).expect("begins");
        }
        let store = Store::open(dir.path()).expect("opens again");
        let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
        assert_eq!((read.state, read.needs_human), (State::Unknown, true));
        assert!(store.get(&tenant("other"), &it.id).expect("asks").is_none(), "another tenant's is not there");
    }

    #[test]
    fn the_requester_alone_withdraws_and_only_what_is_open() {
        let (_dir, store) = rig();
        let it = request(State::Approved, None);
        store.create(&it).expect("keeps");
        let now = Timestamp::now();
        assert!(!store.cancel(&it.tenant, &who("bo"), &it.id, now).expect("asks"));
        assert!(store.cancel(&it.tenant, &it.principal, &it.id, now).expect("asks"));
        assert!(!store.cancel(&it.tenant, &it.principal, &it.id, now).expect("asks"));
        assert!(matches!(store.begin(&it.tenant, &it.id, State::Approved, now), Ok(Begun::Gone)));
    }
}

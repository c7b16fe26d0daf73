//! Action requests at rest: one step from one state at a time, their content sealed.

mod lately;
mod leases;

use super::{Database, Store, sqlite::failed};
use crate::caller::Principal;
use crate::govern::action::{ActionId, ActionRequest, Actions, Beside, Content, Origin, Pending, State, Verdict};
use crate::govern::finding::Finding;
use crate::govern::lease::{Hold, Upstream};
use jiff::Timestamp;
use postern_api::{Error, ErrorKind, OrganisationId, Result, TenantId};
use postern_policies::{Lately, Realm};
use rusqlite::{OptionalExtension, Params, Row, params};

const COLUMNS: &str = "id, issuer, subject, organisation, tool, digest, key, policy_version, state, created_at, expires_at, \
                       changed_at, session, decided_by, attempts, needs_human, sealed, answer, origin, tries, upstream, \
                       sending_at IS NOT NULL";

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
    origin: String,
    tries: u32,
    upstream: Option<String>,
    let_go: bool,
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
            origin: row.get(18)?,
            tries: row.get(19)?,
            upstream: row.get(20)?,
            let_go: row.get(21)?,
        })
    }
}

fn broken() -> Error {
    Error::internal("a stored action request cannot be read")
}

impl Store {
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
            origin: Origin::parse(&row.origin).ok_or_else(broken)?,
            tries: row.tries,
            upstream: row.upstream.as_deref().map(|it| Upstream::parse(it).ok_or_else(broken)).transpose()?,
            let_go: row.let_go,
            needs_human: row.needs_human,
            content,
            answer,
        })
    }

    /// Keeps a new one; one that is held begins in the same step.
    fn insert(&self, it: &ActionRequest, hold: Option<&Hold>) -> Result<()> {
        let content = serde_json::to_vec(&it.content).map_err(|e| Error::internal("action request").because(e))?;
        let effect = serde_json::to_string(&it.content.effect).map_err(|e| Error::internal("an effect").because(e))?;
        let sealed = self.seal.seal(&[it.tenant.as_str(), "action_request", it.id.as_str()], &content)?;
        let added = self.database.change_soon(|tx| {
            // For a session that ended while the preview was made, there is nothing to carry out any more.
            tx.prepare_cached(
                "INSERT INTO action_request (tenant, id, issuer, subject, organisation, tool, digest, key, policy_version, state,
                    created_at, expires_at, changed_at, session, sealed, origin, effect, realm, attempts, epoch, lease_owner, lease_until,
                    arguments, recipients, amount)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, ?13, ?14, ?15, ?16, ?17, ?18, ?18, ?19, ?20, ?21, ?22, ?23
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
                if hold.is_some() { State::Executing } else { it.state }.as_str(),
                it.created_at.as_millisecond(),
                it.expires_at.as_millisecond(),
                it.session.as_deref(),
                sealed,
                it.origin.as_str(),
                effect,
                it.content.requester.realm.as_str(),
                i64::from(hold.is_some()),
                hold.map(|it| &*it.owner),
                hold.map_or(0, |it| it.until.as_millisecond()),
                lately::arguments(&it.content.arguments),
                lately::bounded(it.content.effect.recipients.into()),
                lately::bounded(it.content.effect.amount),
            ])
        })?;
        if added == 1 { Ok(()) } else { Err(Error::new(ErrorKind::Conflict, "this action request cannot be kept")) }
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

/// What waits, of a row of the index.
fn pending(row: &Row<'_>) -> Result<Pending> {
    let text = |at: usize| row.get::<_, String>(at).map_err(failed);
    let maybe = |at: usize| row.get::<_, Option<String>>(at).map_err(failed);
    let (realm, created) = (maybe(6)?, row.get(7).map_err(failed)?);
    let realms = [Realm::Customer, Realm::Employee];
    Ok(Pending {
        id: ActionId::try_from(text(0)?).map_err(|_| broken())?,
        principal: Principal { issuer: text(1)?.into(), subject: text(2)?.into() },
        realm: realms.into_iter().find(|it| realm.as_deref() == Some(it.as_str())),
        organisation: maybe(3)?.map(|it| OrganisationId::new(&it)).transpose().map_err(|_| broken())?,
        tool: text(4)?,
        effect: maybe(5)?.map(|it| serde_json::from_str(&it)).transpose().map_err(|_| broken())?,
        created_at: Timestamp::from_millisecond(created).map_err(|_| broken())?,
    })
}

/// Runs one step; answers whether a row took it.
fn step(database: &Database, sql: &str, bound: impl Params) -> Result<bool> {
    database.change_soon(|tx| Ok(tx.prepare_cached(sql)?.execute(bound)? == 1))
}

impl Actions for Store {
    fn create(&self, it: &ActionRequest) -> Result<()> {
        self.insert(it, None)
    }

    fn intend(&self, it: &ActionRequest, hold: &Hold) -> Result<u32> {
        self.insert(it, Some(hold)).map(|()| 1)
    }

    fn get(&self, tenant: &TenantId, id: &ActionId) -> Result<Option<ActionRequest>> {
        Ok(self.actions(tenant, "tenant = ?1 AND id = ?2", params![tenant.as_str(), id.as_str()])?.pop())
    }

    fn by_key(&self, tenant: &TenantId, principal: &Principal, key: &str) -> Result<Option<ActionRequest>> {
        let which = "tenant = ?1 AND issuer = ?2 AND subject = ?3 AND key = ?4";
        let bound = params![tenant.as_str(), &*principal.issuer, &*principal.subject, key];
        Ok(self.actions(tenant, which, bound)?.pop())
    }

    fn by_digest(
        &self,
        tenant: &TenantId,
        principal: &Principal,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<ActionRequest>> {
        let which = "tenant = ?1 AND issuer = ?2 AND subject = ?3 AND digest = ?4 AND key IS NULL
            AND (state = 'executing' OR state = 'unknown' AND answer IS NULL OR state IN ('previewed', 'pending_approval', 'approved') AND expires_at > ?5)
            ORDER BY created_at DESC LIMIT 1";
        let bound = params![tenant.as_str(), &*principal.issuer, &*principal.subject, digest, now.as_millisecond()];
        Ok(self.actions(tenant, which, bound)?.pop())
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

    fn waiting(&self, tenant: &TenantId, now: Timestamp, after: Option<&ActionId>, limit: u32) -> Result<Vec<Pending>> {
        let reader = self.database.reader();
        // All of it stands in the index, so that not one sealed content is read past.
        let sql = "SELECT id, issuer, subject, organisation, tool, effect, realm, created_at FROM action_request
            WHERE tenant = ?1 AND state = 'pending_approval' AND expires_at > ?2 AND (created_at, id) > (?3, ?4)
            ORDER BY created_at, id LIMIT ?5";
        let since: Option<i64> = match after {
            None => None,
            Some(id) => reader
                .prepare_cached("SELECT created_at FROM action_request WHERE tenant = ?1 AND id = ?2")
                .and_then(|mut it| it.query_row(params![tenant.as_str(), id.as_str()], |row| row.get(0)).optional())
                .map_err(failed)?,
        };
        let after = (since.unwrap_or(i64::MIN), after.filter(|_| since.is_some()).map_or("", ActionId::as_str));
        let mut statement = reader.prepare_cached(sql).map_err(failed)?;
        let bound = params![tenant.as_str(), now.as_millisecond(), after.0, after.1, limit];
        let mut rows = statement.query(bound).map_err(failed)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(pending(row)?);
        }
        Ok(found)
    }

    fn hold(&self, tenant: &TenantId, id: &ActionId, now: Timestamp) -> Result<bool> {
        step(
            &self.database,
            "UPDATE action_request SET state = 'pending_approval', changed_at = ?3
             WHERE tenant = ?1 AND id = ?2 AND state = 'previewed' AND expires_at > ?3",
            params![tenant.as_str(), id.as_str(), now.as_millisecond()],
        )
    }

    fn lately(
        &self,
        tenant: &TenantId,
        principal: &Principal,
        tool: &str,
        beside: Beside<'_>,
        now: Timestamp,
    ) -> Result<Lately> {
        lately::read(&self.database, tenant, principal, tool, beside, now)
    }

    fn needing(&self, tenant: &TenantId, limit: u32) -> Result<Vec<ActionRequest>> {
        let which = "tenant = ?1 AND needs_human = 1 ORDER BY changed_at DESC LIMIT ?2";
        self.actions(tenant, which, params![tenant.as_str(), limit])
    }

    fn found_out(&self, tenant: &TenantId, id: &ActionId, it: &Finding, now: Timestamp) -> Result<bool> {
        let sealed = self.seal.seal(&[tenant.as_str(), "action_answer", id.as_str()], it.answer.as_bytes())?;
        // A new epoch: whoever still holds an older one keeps nothing.
        step(
            &self.database,
            "UPDATE action_request SET state = ?3, answer = ?4, upstream = ?5, changed_at = ?6, needs_human = 0, told = -1,
                epoch = epoch + 1, lease_owner = NULL, lease_until = 0, look_at = ?7
             WHERE tenant = ?1 AND id = ?2 AND state = 'unknown' AND needs_human = 1",
            params![
                tenant.as_str(),
                id.as_str(),
                it.found.state().as_str(),
                sealed,
                it.found.upstream().map(Upstream::as_str),
                now.as_millisecond(),
                i64::MAX,
            ],
        )
    }

    fn untold(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<u32> {
        let reader = self.database.reader();
        let sql =
            "SELECT count(*) FROM (SELECT 1 FROM action_request WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3
            AND told = 0 AND state IN ('approved', 'rejected')
            UNION ALL SELECT 1 FROM action_request WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND told = -1 LIMIT ?4)";
        let mut statement = reader.prepare_cached(sql).map_err(failed)?;
        let bound = params![tenant.as_str(), &*principal.issuer, &*principal.subject, limit];
        statement.query_row(bound, |row| row.get(0)).map_err(failed)
    }

    fn told(&self, tenant: &TenantId, principal: &Principal) -> Result<()> {
        self.database.change_soon(|tx| {
            tx.prepare_cached(
                "UPDATE action_request SET told = 1 WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND told = 0
                 AND state IN ('approved', 'rejected')",
            )?
            .execute(params![tenant.as_str(), &*principal.issuer, &*principal.subject])?;
            tx.prepare_cached(
                "UPDATE action_request SET told = 1 WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND told = -1",
            )?
            .execute(params![tenant.as_str(), &*principal.issuer, &*principal.subject])
            .map(drop)
        })
    }

    fn own(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<Vec<ActionRequest>> {
        let which = "tenant = ?1 AND issuer = ?2 AND subject = ?3 ORDER BY created_at DESC LIMIT ?4";
        self.actions(tenant, which, params![tenant.as_str(), &*principal.issuer, &*principal.subject, limit])
    }
}

#[cfg(test)]
mod tests;

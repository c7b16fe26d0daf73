//! Leases of writes under way.

use super::super::Store;
use crate::govern::action::{ActionId, State};
use crate::govern::lease::{Begun, Finish, Hold, Leases, Upstream};
use async_trait::async_trait;
use jiff::Timestamp;
use postern_api::{Error, Result, TenantId};
use rusqlite::{OptionalExtension, params};

#[async_trait]
impl Leases for Store {
    async fn lasting(&self) -> Result<()> {
        self.database.lasting().await
    }

    fn begin(&self, tenant: &TenantId, id: &ActionId, from: State, hold: &Hold) -> Result<Begun> {
        let begun = self.database.change_soon(|tx| {
            tx.prepare_cached(
                "UPDATE action_request SET state = 'executing', attempts = attempts + 1, epoch = epoch + 1, changed_at = ?4,
                    lease_owner = ?5, lease_until = ?6
                 WHERE tenant = ?1 AND id = ?2 AND state = ?3 AND state IN ('previewed', 'approved') AND expires_at > ?4
                 RETURNING epoch, attempts",
            )?
            .query_row(
                params![
                    tenant.as_str(),
                    id.as_str(),
                    from.as_str(),
                    hold.now.as_millisecond(),
                    &*hold.owner,
                    hold.until.as_millisecond()
                ],
                |row| Ok(Begun::Mine { epoch: row.get(0)?, attempt: row.get(1)? }),
            )
            .optional()
        })?;
        Ok(begun.unwrap_or(Begun::Gone))
    }

    fn sending(&self, tenant: &TenantId, id: &ActionId, epoch: u32, now: Timestamp) -> Result<bool> {
        self.database.change_soon(|tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE action_request SET sending_at = ?4
                     WHERE tenant = ?1 AND id = ?2 AND epoch = ?3 AND state = 'executing' AND lease_until > ?4",
                )?
                .execute(params![tenant.as_str(), id.as_str(), epoch, now.as_millisecond()])?;
            Ok(changed == 1)
        })
    }

    fn finish(&self, tenant: &TenantId, id: &ActionId, epoch: u32, it: &Finish, now: Timestamp) -> Result<bool> {
        let place = [tenant.as_str(), "action_answer", id.as_str()];
        let sealed = it.answer.as_deref().map(|it| self.seal.seal(&place, it.as_bytes())).transpose()?;
        // What is lost with the power is found out again by the reference: no reason to wait for the disk.
        self.database.change_soon(|tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE action_request SET state = ?4, answer = ?5, changed_at = ?6, needs_human = ?7, upstream = ?8, tries = ?9,
                        look_at = ?10, lease_owner = NULL, lease_until = 0
                     WHERE tenant = ?1 AND id = ?2 AND state IN ('executing', 'unknown') AND epoch = ?3 AND lease_owner IS NOT NULL",
                )?
                .execute(params![
                    tenant.as_str(),
                    id.as_str(),
                    epoch,
                    it.state.as_str(),
                    sealed,
                    now.as_millisecond(),
                    it.needs_human,
                    it.upstream.map(Upstream::as_str),
                    it.tries,
                    it.look_at.as_millisecond(),
                ])?;
            // Of a direct write whose outcome was known at once the audit tells; nobody asks for it here.
            tx.prepare_cached(
                "DELETE FROM action_request WHERE tenant = ?1 AND id = ?2 AND epoch = ?3 AND origin = 'direct'
                    AND state IN ('done', 'failed') AND tries = 0 AND upstream IS NULL",
            )?
            .execute(params![tenant.as_str(), id.as_str(), epoch])?;
            Ok(changed == 1)
        })
    }

    fn take_over(&self, tenant: &TenantId, id: &ActionId, hold: &Hold) -> Result<Option<u32>> {
        self.database.change_soon(|tx| {
            tx.prepare_cached(
                "UPDATE action_request SET state = 'unknown', epoch = epoch + 1, lease_owner = ?4, lease_until = ?5, changed_at = ?3
                 WHERE tenant = ?1 AND id = ?2 AND lease_until <= ?3
                    AND (state = 'executing' OR state = 'unknown' AND needs_human = 0 AND look_at <= ?3) RETURNING epoch",
            )?
            .query_row(
                params![
                    tenant.as_str(),
                    id.as_str(),
                    hold.now.as_millisecond(),
                    &*hold.owner,
                    hold.until.as_millisecond()
                ],
                |row| row.get(0),
            )
            .optional()
        })
    }

    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, ActionId)>> {
        let failed = super::super::sqlite::failed;
        let broken = || Error::internal("a stored action request cannot be read");
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached(
                "SELECT tenant, id FROM (
                    SELECT tenant, id, lease_until AS at FROM action_request WHERE state = 'executing' AND lease_until <= ?1
                    UNION ALL
                    SELECT tenant, id, look_at AS at FROM action_request
                    WHERE state = 'unknown' AND needs_human = 0 AND look_at <= ?1 AND lease_until <= ?1)
                 ORDER BY at LIMIT ?2",
            )
            .map_err(failed)?;
        let rows = statement.query_map(params![now.as_millisecond(), limit], |row| Ok((row.get(0)?, row.get(1)?)));
        let rows = rows.and_then(Iterator::collect::<rusqlite::Result<Vec<(String, String)>>>).map_err(failed)?;
        let read = |(tenant, id): (String, String)| {
            Ok((TenantId::new(&tenant).map_err(|_| broken())?, ActionId::try_from(id).map_err(|_| broken())?))
        };
        rows.into_iter().map(read).collect()
    }
}

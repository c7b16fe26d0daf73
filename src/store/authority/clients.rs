//! Clients that registered themselves.

use super::Digest;
use crate::store::{Store, sqlite::failed};
use postern_api::{Error, ErrorKind, Result};
use rusqlite::{OptionalExtension, params};

/// A client as it registered.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    /// Its id.
    pub id: String,
    /// What it said of itself, as JSON.
    pub metadata: String,
    /// The digest of its secret, if it has one.
    pub secret: Option<Digest>,
    /// When.
    pub registered_at: i64,
}

impl Store {
    /// Keeps a new client, unless there are `most` already.
    pub fn register_client(&self, client: &RegisteredClient, most: i64) -> Result<()> {
        let kept = self.database.change(|tx| {
            let count: i64 = tx.query_row("SELECT count(*) FROM authority_client", [], |row| row.get(0))?;
            if count >= most {
                return Ok(false);
            }
            tx.execute(
                "INSERT INTO authority_client (id, metadata, secret, registered_at) VALUES (?1, ?2, ?3, ?4)",
                params![client.id, client.metadata, client.secret, client.registered_at],
            )?;
            Ok(true)
        })?;
        if kept { Ok(()) } else { Err(Error::new(ErrorKind::LimitReached, "too many clients are registered")) }
    }

    /// A client by its id.
    pub fn registered_client(&self, id: &str) -> Result<Option<RegisteredClient>> {
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached("SELECT id, metadata, secret, registered_at FROM authority_client WHERE id = ?1")
            .map_err(failed)?;
        let found = statement.query_row([id], |row| {
            Ok(RegisteredClient {
                id: row.get(0)?,
                metadata: row.get(1)?,
                secret: row.get(2)?,
                registered_at: row.get(3)?,
            })
        });
        found.optional().map_err(failed)
    }

    /// Drops what registered before `unused_before` and was never authorised, codes that ended before `codes_before`, and
    /// sessions and grants that ended before `ended_before`. How many clients went.
    pub fn sweep_authority(&self, unused_before: i64, codes_before: i64, ended_before: i64) -> Result<usize> {
        self.database.change(|tx| {
            let gone = tx.execute(
                "DELETE FROM authority_client WHERE used_at IS NULL AND registered_at < ?1",
                [unused_before],
            )?;
            tx.execute("DELETE FROM authority_code WHERE expires_at < ?1", [codes_before])?;
            tx.execute("DELETE FROM authority_session WHERE expires_at < ?1", [ended_before])?;
            tx.execute(
                "DELETE FROM authority_grant WHERE ended_at < ?1
                 AND NOT EXISTS (SELECT 1 FROM authority_session s WHERE s.grant_id = authority_grant.id)",
                [ended_before],
            )?;
            tx.execute("DELETE FROM authority_ended WHERE ended_at < ?1", [ended_before])?;
            Ok(gone)
        })
    }
}

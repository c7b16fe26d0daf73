//! The keys that sign access tokens, sealed at rest.

use crate::store::{Store, sqlite::failed};
use postern_api::Result;
use rusqlite::params;
use zeroize::Zeroizing;

/// A key that signs.
pub struct SigningKeyRow {
    /// Its id, as tokens name it.
    pub id: String,
    /// Its seed.
    pub seed: Zeroizing<Vec<u8>>,
    /// From when it signs.
    pub signs_from: i64,
}

impl std::fmt::Debug for SigningKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeyRow")
            .field("id", &self.id)
            .field("signs_from", &self.signs_from)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Every key, the oldest first.
    pub fn signing_keys(&self) -> Result<Vec<SigningKeyRow>> {
        let rows: Vec<(String, Vec<u8>, i64)> = {
            let reader = self.database.reader();
            let mut statement = reader
                .prepare("SELECT id, sealed, signs_from FROM authority_key ORDER BY signs_from, id")
                .map_err(failed)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
            rows.collect::<rusqlite::Result<_>>().map_err(failed)?
        };
        let opened = rows.into_iter().map(|(id, sealed, signs_from)| {
            let seed = self.seal.open(&["", "authority_key", &id], &sealed)?;
            Ok(SigningKeyRow { id, seed, signs_from })
        });
        opened.collect()
    }

    /// Keeps a new key.
    pub fn put_signing_key(&self, key: &SigningKeyRow) -> Result<()> {
        let sealed = self.seal.seal(&["", "authority_key", &key.id], &key.seed)?;
        self.database.change(|tx| {
            tx.execute(
                "INSERT INTO authority_key (id, sealed, signs_from) VALUES (?1, ?2, ?3)",
                params![key.id, sealed, key.signs_from],
            )
            .map(drop)
        })
    }

    /// Forgets a key: what it signed is worthless from now on.
    pub fn drop_signing_key(&self, id: &str) -> Result<()> {
        self.database.change(|tx| tx.execute("DELETE FROM authority_key WHERE id = ?1", [id]).map(drop))
    }
}

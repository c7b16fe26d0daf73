//! Postern's own records on SQLite: the identity map, what waits for a person, and what the authority keeps. The audit has a file of its own.
//!
//! Short reads run on the calling worker: a read from a warm WAL database costs less than the hop to another thread. Changes go
//! through one writer with `synchronous=FULL`, so what was answered survives a power cut.

mod actions;
pub mod agreements;
pub mod authority;
mod confirmations;
mod flush;
mod identities;
mod seal;
pub mod sign_in_accounts;
pub mod sign_in_sessions;
mod sqlite;

pub use crate::disk::Disk;
pub use seal::SealKey;
pub(crate) use seal::{draw_first_random_number, secret_file};
pub use sqlite::Database;
pub(crate) use sqlite::{connect, failed, migrate};

use crate::caller::Principal;
use moka::sync::Cache;
use postern_api::{ContactId, OrganisationMap, Result, TenantId};
use std::path::Path;
use std::sync::Arc;

/// Every change of the schema, in order; a database counts those it has in `user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("store/001.sql"),
    include_str!("store/002.sql"),
    include_str!("store/003.sql"),
    include_str!("store/004.sql"),
    include_str!("store/005.sql"),
    include_str!("store/006.sql"),
    include_str!("store/007.sql"),
    include_str!("store/008.sql"),
];

type LinkKey = (TenantId, Box<str>, Principal);

/// The store.
#[derive(Debug)]
pub struct Store {
    database: Database,
    seal: SealKey,
    organisations: Cache<(TenantId, Box<str>), Arc<OrganisationMap>>,
    links: Cache<LinkKey, ContactId>,
}

impl Store {
    /// Opens the store in a directory, which is made if need be. A confirmation that was under way when the process died is
    /// from now on one whose outcome nobody knows.
    pub fn open(dir: &Path) -> Result<Self> {
        let store = Self::beside(dir)?;
        store.settle_interrupted()?;
        Ok(store)
    }

    /// How often somebody waited for its disk since it was opened.
    pub fn durable_commits(&self) -> u64 {
        self.database.durable()
    }

    /// What is known of its disk.
    pub fn disk(&self) -> &Disk {
        self.database.disk()
    }

    /// Opens the store where a server may be at work on it: for the command line.
    pub fn beside(dir: &Path) -> Result<Self> {
        let seal = SealKey::of(dir)?;
        let database = Database::open(&dir.join("postern.db"), MIGRATIONS)?;
        Ok(Self { database, seal, organisations: Cache::new(10_000), links: Cache::new(100_000) })
    }
}

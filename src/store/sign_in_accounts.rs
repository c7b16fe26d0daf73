//! Local accounts at rest.
//!
//! **Invariant:** a change that takes something from a person writes down, in the same transaction, that it did, so that a
//! server beside or after it ends what rests on it.

use super::sign_in_sessions::Digest;
use super::{Store, sqlite::failed};
use postern_api::{Error, ErrorKind, OrganisationId, Result, TenantId};
use postern_policies::Realm;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Where accounts are: one realm of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountRealm {
    /// The tenant.
    pub tenant: TenantId,
    /// The realm.
    pub realm: Realm,
}

/// A local account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which realm it signs in to.
    pub at: AccountRealm,
    /// Its id, which is the subject.
    pub id: String,
    /// The address, lower case.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// For a customer: of which organisation.
    pub organisation: Option<OrganisationId>,
    /// The roles.
    pub roles: BTreeSet<String>,
    /// The argon2id hash; without one nobody can sign in.
    pub password: Option<String>,
    /// Whether an authenticator app is set up.
    pub totp: bool,
    /// Whether an administrator locked it.
    pub locked: bool,
}

/// What changed about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountChange {
    /// Its place in the order.
    pub seq: i64,
    /// Whose.
    pub at: AccountRealm,
    /// The account's id.
    pub account: String,
    /// The account's address.
    pub email: String,
    /// What rests on it ends; else only its attempts are forgotten.
    pub ended: bool,
}

const COLUMNS: &str = "tenant, realm, id, email, name, organisation, roles, password, totp IS NOT NULL, locked";

fn realm_named(name: &str) -> Realm {
    if name == "employee" { Realm::Employee } else { Realm::Customer }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<Account>> {
    let (tenant, realm, roles): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(6)?);
    let organisation: Option<String> = row.get(5)?;
    let (Ok(tenant), Ok(organisation), Ok(roles)) = (
        TenantId::new(&tenant),
        organisation.as_deref().map(OrganisationId::new).transpose(),
        serde_json::from_str(&roles),
    ) else {
        return Ok(None);
    };
    Ok(Some(Account {
        at: AccountRealm { tenant, realm: realm_named(&realm) },
        id: row.get(2)?,
        email: row.get(3)?,
        name: row.get(4)?,
        organisation,
        roles,
        password: row.get(7)?,
        totp: row.get(8)?,
        locked: row.get(9)?,
    }))
}

fn note(tx: &Transaction<'_>, at: &AccountRealm, id: &str, what: &str) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO account_change (tenant, realm, account, email, what)
         SELECT tenant, realm, id, email, ?4 FROM account WHERE tenant = ?1 AND realm = ?2 AND id = ?3",
        params![at.tenant.as_str(), at.realm.as_str(), id, what],
    )
    .map(drop)
}

impl Store {
    /// Adds an account. An address that is taken is a conflict.
    pub fn add_account(&self, it: &Account) -> Result<()> {
        let roles = serde_json::to_string(&it.roles).map_err(|e| Error::internal("roles").because(e))?;
        let made = self.database.change(|tx| {
            tx.execute(
                "INSERT OR IGNORE INTO account (tenant, realm, id, email, name, organisation, roles, password, locked)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    it.at.tenant.as_str(),
                    it.at.realm.as_str(),
                    it.id,
                    it.email,
                    it.name,
                    it.organisation.as_ref().map(OrganisationId::as_str),
                    roles,
                    it.password,
                    it.locked
                ],
            )
        })?;
        if made == 1 {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Conflict, "there is an account of this address already"))
        }
    }

    fn one_account(&self, at: &AccountRealm, column: &str, value: &str) -> Result<Option<Account>> {
        self.database
            .reader()
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM account WHERE tenant = ?1 AND realm = ?2 AND {column} = ?3"
            ))
            .and_then(|mut it| it.query_row(params![at.tenant.as_str(), at.realm.as_str(), value], read).optional())
            .map(Option::flatten)
            .map_err(failed)
    }

    /// The account of an address, which is lower case.
    pub fn account_of(&self, at: &AccountRealm, email: &str) -> Result<Option<Account>> {
        self.one_account(at, "email", email)
    }

    /// The account of an id.
    pub fn account(&self, at: &AccountRealm, id: &str) -> Result<Option<Account>> {
        self.one_account(at, "id", id)
    }

    /// Every account, by tenant, realm and address.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY tenant, realm, email"))
            .map_err(failed)?;
        let rows = statement.query_map([], read).map_err(failed)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(failed)?.into_iter().flatten().collect())
    }

    /// Changes name, organisation and roles; what rests on the old ones ends.
    pub fn change_account(
        &self,
        at: &AccountRealm,
        id: &str,
        organisation: Option<&OrganisationId>,
        roles: &BTreeSet<String>,
    ) -> Result<()> {
        let roles = serde_json::to_string(roles).map_err(|e| Error::internal("roles").because(e))?;
        self.database.change(|tx| {
            tx.execute(
                "UPDATE account SET organisation = ?4, roles = ?5 WHERE tenant = ?1 AND realm = ?2 AND id = ?3",
                params![at.tenant.as_str(), at.realm.as_str(), id, organisation.map(OrganisationId::as_str), roles],
            )?;
            note(tx, at, id, "ended")
        })
    }

    /// Locks an account, which ends everything of it, or unlocks it.
    pub fn lock_account(&self, at: &AccountRealm, id: &str, locked: bool) -> Result<()> {
        self.database.change(|tx| {
            tx.execute(
                "UPDATE account SET locked = ?4 WHERE tenant = ?1 AND realm = ?2 AND id = ?3",
                params![at.tenant.as_str(), at.realm.as_str(), id, locked],
            )?;
            note(tx, at, id, if locked { "ended" } else { "unlocked" })
        })
    }

    /// Sets a password; links to set one are void, and what rests on the account ends.
    pub fn set_password(&self, at: &AccountRealm, id: &str, hash: &str) -> Result<()> {
        self.database.change(|tx| {
            let key = params![at.tenant.as_str(), at.realm.as_str(), id];
            tx.execute("DELETE FROM account_reset WHERE tenant = ?1 AND realm = ?2 AND account = ?3", key)?;
            tx.execute(
                "UPDATE account SET password = ?4 WHERE tenant = ?1 AND realm = ?2 AND id = ?3",
                params![at.tenant.as_str(), at.realm.as_str(), id, hash],
            )?;
            note(tx, at, id, "ended")
        })
    }

    /// Sets or removes the authenticator's secret, with new recovery codes by digest.
    pub fn set_totp(&self, at: &AccountRealm, id: &str, secret: Option<&[u8]>, recovery: &[String]) -> Result<()> {
        let place = [at.tenant.as_str(), "account", at.realm.as_str(), id];
        let sealed = secret.map(|it| self.seal.seal(&place, it)).transpose()?;
        let recovery = serde_json::to_string(recovery).map_err(|e| Error::internal("recovery").because(e))?;
        self.database.change(|tx| {
            tx.execute(
                "UPDATE account SET totp = ?4, recovery = ?5, totp_step = 0 WHERE tenant = ?1 AND realm = ?2 AND id = ?3",
                params![at.tenant.as_str(), at.realm.as_str(), id, sealed, recovery],
            )
            .map(drop)
        })
    }

    /// The authenticator's secret.
    pub fn totp(&self, at: &AccountRealm, id: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let sealed: Option<Vec<u8>> = self
            .database
            .reader()
            .prepare_cached("SELECT totp FROM account WHERE tenant = ?1 AND realm = ?2 AND id = ?3")
            .and_then(|mut it| {
                it.query_row(params![at.tenant.as_str(), at.realm.as_str(), id], |row| row.get(0)).optional()
            })
            .map(Option::flatten)
            .map_err(failed)?;
        let place = [at.tenant.as_str(), "account", at.realm.as_str(), id];
        sealed.map(|it| self.seal.open(&place, &it)).transpose()
    }

    /// Whether this is the first use of a time step or a later one: each code counts once.
    pub fn use_totp_step(&self, at: &AccountRealm, id: &str, step: i64) -> Result<bool> {
        let used = self.database.change(|tx| {
            tx.execute(
                "UPDATE account SET totp_step = ?4 WHERE tenant = ?1 AND realm = ?2 AND id = ?3 AND totp_step < ?4",
                params![at.tenant.as_str(), at.realm.as_str(), id, step],
            )
        })?;
        Ok(used == 1)
    }

    /// Takes a recovery code, by digest; whether it was there.
    pub fn use_recovery(&self, at: &AccountRealm, id: &str, digest: &str) -> Result<bool> {
        let used = self.database.change(|tx| {
            tx.execute(
                "UPDATE account SET recovery = (SELECT json_group_array(value) FROM json_each(account.recovery) WHERE value <> ?4)
                 WHERE tenant = ?1 AND realm = ?2 AND id = ?3
                   AND EXISTS (SELECT 1 FROM json_each(account.recovery) WHERE value = ?4)",
                params![at.tenant.as_str(), at.realm.as_str(), id, digest],
            )
        })?;
        Ok(used == 1)
    }

    /// Keeps a link to set a password, in place of any before.
    pub fn add_reset(&self, at: &AccountRealm, id: &str, digest: &Digest, ends_at: i64) -> Result<()> {
        self.database.change(|tx| {
            let key = params![at.tenant.as_str(), at.realm.as_str(), id];
            tx.execute("DELETE FROM account_reset WHERE tenant = ?1 AND realm = ?2 AND account = ?3", key)?;
            tx.execute(
                "INSERT INTO account_reset (digest, tenant, realm, account, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![digest, at.tenant.as_str(), at.realm.as_str(), id, ends_at],
            )
            .map(drop)
        })
    }

    /// Whose link this is, in time.
    pub fn reset_of(&self, at: &AccountRealm, digest: &Digest, now: i64) -> Result<Option<String>> {
        self.database
            .reader()
            .prepare_cached(
                "SELECT account FROM account_reset WHERE digest = ?1 AND tenant = ?2 AND realm = ?3 AND ends_at > ?4",
            )
            .and_then(|mut it| {
                it.query_row(params![digest, at.tenant.as_str(), at.realm.as_str(), now], |row| row.get(0)).optional()
            })
            .map_err(failed)
    }

    /// Takes a link, in time: whose it was. It is used once.
    pub fn take_reset(&self, at: &AccountRealm, digest: &Digest, now: i64) -> Result<Option<String>> {
        self.database.change(|tx| {
            tx.query_row(
                "DELETE FROM account_reset WHERE digest = ?1 AND tenant = ?2 AND realm = ?3 AND ends_at > ?4 RETURNING account",
                params![digest, at.tenant.as_str(), at.realm.as_str(), now],
                |row| row.get(0),
            )
            .optional()
        })
    }

    /// What changed and was not acted on yet, oldest first.
    pub fn account_changes(&self) -> Result<Vec<AccountChange>> {
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached("SELECT seq, tenant, realm, account, email, what FROM account_change ORDER BY seq")
            .map_err(failed)?;
        let rows = statement
            .query_map([], |row| {
                let (tenant, realm, what): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(5)?);
                let change = |tenant, row: &Row<'_>| {
                    Ok(AccountChange {
                        seq: row.get(0)?,
                        at: AccountRealm { tenant, realm: realm_named(&realm) },
                        account: row.get(3)?,
                        email: row.get(4)?,
                        ended: what == "ended",
                    })
                };
                TenantId::new(&tenant).ok().map(|tenant| change(tenant, row)).transpose()
            })
            .map_err(failed)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(failed)?.into_iter().flatten().collect())
    }

    /// Takes changes away that were acted on, up to and with this one.
    pub fn account_changes_done(&self, seq: i64) -> Result<()> {
        self.database.change(|tx| tx.execute("DELETE FROM account_change WHERE seq <= ?1", params![seq]).map(drop))
    }
}

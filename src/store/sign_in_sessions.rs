//! Browser sessions at rest, what may be used once, and realms' refresh tokens.

use super::{Store, sqlite::failed};
use crate::caller::Principal;
use postern_api::{Error, Result, TenantId};
use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

/// The digest by which a secret is known here.
pub type Digest = [u8; 32];

/// A browser session as it is kept. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The digest of the cookie's value.
    pub digest: Digest,
    /// The person's tenant.
    pub tenant: TenantId,
    /// Who.
    pub principal: Principal,
    /// The realm's own session.
    pub realm_session: Option<String>,
    /// What else is known, sealed at rest.
    pub content: Vec<u8>,
    /// When it was last used, to the minute.
    pub used_at: i64,
    /// When it ends at the latest.
    pub ends_at: i64,
}

/// What ends browser sessions.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// One session.
    One(&'a Digest),
    /// Every session of a person.
    Person(&'a Principal),
    /// Those that came from one session of a realm.
    RealmSession(&'a str, &'a str),
}

fn place(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Keeps a session; those that have ended leave on the way.
    pub fn add_session(&self, row: &SessionRow, now: i64) -> Result<()> {
        let sealed = self.seal.seal(&[row.tenant.as_str(), "browser_session", &place(&row.digest)], &row.content)?;
        self.database.change(|tx| {
            tx.execute("DELETE FROM browser_session WHERE ends_at <= ?1", params![now])?;
            tx.execute(
                "INSERT INTO browser_session (digest, tenant, issuer, subject, realm_session, sealed, used_at, ends_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    row.digest,
                    row.tenant.as_str(),
                    &*row.principal.issuer,
                    &*row.principal.subject,
                    row.realm_session,
                    sealed,
                    row.used_at,
                    row.ends_at
                ],
            )
            .map(drop)
        })
    }

    /// The session of a cookie.
    pub fn browser_session(&self, digest: &Digest) -> Result<Option<SessionRow>> {
        let found = self
            .database
            .reader()
            .prepare_cached(
                "SELECT tenant, issuer, subject, realm_session, sealed, used_at, ends_at FROM browser_session WHERE digest = ?1",
            )
            .and_then(|mut it| {
                it.query_row(params![digest], |row| {
                    let (tenant, issuer, subject): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    let (session, sealed): (Option<String>, Vec<u8>) = (row.get(3)?, row.get(4)?);
                    Ok((tenant, issuer, subject, session, sealed, row.get(5)?, row.get(6)?))
                })
                .optional()
            })
            .map_err(failed)?;
        let Some((tenant, issuer, subject, realm_session, sealed, used_at, ends_at)) = found else { return Ok(None) };
        let content = self.seal.open(&[&tenant, "browser_session", &place(digest)], &sealed)?.to_vec();
        let tenant = TenantId::new(&tenant).map_err(|_| Error::internal("a stored session cannot be read"))?;
        let principal = Principal { issuer: issuer.into(), subject: subject.into() };
        Ok(Some(SessionRow { digest: *digest, tenant, principal, realm_session, content, used_at, ends_at }))
    }

    /// Notes when sessions were last used.
    pub fn sessions_used(&self, used: &[(Digest, i64)]) -> Result<()> {
        self.database.change(|tx| {
            for (digest, at) in used {
                tx.execute("UPDATE browser_session SET used_at = ?2 WHERE digest = ?1", params![digest, at])?;
            }
            Ok(())
        })
    }

    /// Ends sessions; their number.
    pub fn end_sessions(&self, tenant: &TenantId, which: Which<'_>) -> Result<usize> {
        let tenant = tenant.as_str();
        self.database.change(|tx| match which {
            Which::One(digest) => {
                tx.execute("DELETE FROM browser_session WHERE tenant = ?1 AND digest = ?2", params![tenant, digest])
            }
            Which::Person(who) => tx.execute(
                "DELETE FROM browser_session WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3",
                params![tenant, &*who.issuer, &*who.subject],
            ),
            Which::RealmSession(issuer, session) => tx.execute(
                "DELETE FROM browser_session WHERE tenant = ?1 AND issuer = ?2 AND realm_session = ?3",
                params![tenant, issuer, session],
            ),
        })
    }

    /// Whether this is the first use of something that may be used once, until `forget_at` (seconds since 1970).
    pub fn first_use(&self, digest: &Digest, now: i64, forget_at: i64) -> Result<bool> {
        let made = self.database.change(|tx| {
            tx.execute("DELETE FROM used_once WHERE forget_at < ?1", params![now])?;
            tx.execute(
                "INSERT OR IGNORE INTO used_once (digest, forget_at) VALUES (?1, ?2)",
                params![digest, forget_at],
            )
        })?;
        Ok(made == 1)
    }

    /// Keeps a person's refresh token, in place of the one before; `None` takes it away.
    pub fn set_refresh(&self, tenant: &TenantId, who: &Principal, token: Option<&str>) -> Result<()> {
        let place = [tenant.as_str(), "realm_refresh", &who.issuer, &who.subject];
        let sealed = token.map(|it| self.seal.seal(&place, it.as_bytes())).transpose()?;
        self.database.change(|tx| {
            let key = params![tenant.as_str(), &*who.issuer, &*who.subject];
            match sealed {
                None => tx.execute("DELETE FROM realm_refresh WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3", key),
                Some(sealed) => tx.execute(
                    "INSERT OR REPLACE INTO realm_refresh (tenant, issuer, subject, sealed) VALUES (?1, ?2, ?3, ?4)",
                    params![tenant.as_str(), &*who.issuer, &*who.subject, sealed],
                ),
            }
            .map(drop)
        })
    }

    /// A person's refresh token.
    pub fn realm_refresh_token(&self, tenant: &TenantId, who: &Principal) -> Result<Option<Zeroizing<String>>> {
        let sealed: Option<Vec<u8>> = self
            .database
            .reader()
            .prepare_cached("SELECT sealed FROM realm_refresh WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3")
            .and_then(|mut it| {
                it.query_row(params![tenant.as_str(), &*who.issuer, &*who.subject], |row| row.get(0)).optional()
            })
            .map_err(failed)?;
        let Some(sealed) = sealed else { return Ok(None) };
        let opened = self.seal.open(&[tenant.as_str(), "realm_refresh", &who.issuer, &who.subject], &sealed)?;
        let text = String::from_utf8(opened.to_vec()).map_err(|_| Error::internal("a stored token cannot be read"))?;
        Ok(Some(Zeroizing::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(issuer: &str, subject: &str) -> Principal {
        Principal { issuer: issuer.into(), subject: subject.into() }
    }

    fn row(nth: u8, who: Principal) -> SessionRow {
        SessionRow {
            digest: [nth; 32],
            tenant: TenantId::new("msp").expect("an id"),
            principal: who,
            realm_session: Some("s-1".into()),
            content: b"canary".to_vec(),
            used_at: 1,
            ends_at: 100,
        }
    }

    #[test]
    fn t17_ending_a_persons_sessions_leaves_the_same_subject_of_another_realm_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        let (one, two) = (who("customers", "1"), who("employees", "1"));
        for (nth, who) in [(1, &one), (2, &two), (3, &one)] {
            store.add_session(&row(nth, who.clone()), 0).expect("adds");
        }
        let msp = TenantId::new("msp").expect("an id");
        let other = TenantId::new("other").expect("an id");
        assert_eq!(store.browser_session(&[1; 32]).expect("reads"), Some(row(1, one.clone())));
        assert_eq!(store.end_sessions(&other, Which::Person(&one)).expect("ends"), 0);
        assert_eq!(store.end_sessions(&msp, Which::One(&[1; 32])).expect("ends"), 1);
        assert_eq!(store.end_sessions(&msp, Which::RealmSession("customers", "s-1")).expect("ends"), 1);
        assert_eq!(store.browser_session(&[1; 32]).expect("reads"), None);
        assert!(store.browser_session(&[2; 32]).expect("reads").is_some());
    }

    #[test]
    fn l04_who_is_signed_in_is_sealed_and_the_cookie_is_not_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        store.add_session(&row(1, who("customers", "1")), 0).expect("adds");
        store
            .set_refresh(&TenantId::new("msp").expect("an id"), &who("customers", "1"), Some("canary"))
            .expect("keeps");
        let reader = store.database.reader();
        for table in ["browser_session", "realm_refresh"] {
            let sealed: Vec<u8> =
                reader.query_row(&format!("SELECT sealed FROM {table}"), [], |row| row.get(0)).expect("reads");
            assert!(!String::from_utf8_lossy(&sealed).contains("canary"));
        }
        drop(reader);
        // A row that somebody copies to another cookie does not open there.
        store.database.change(|tx| tx.execute("UPDATE browser_session SET digest = zeroblob(32)", [])).expect("moves");
        assert!(store.browser_session(&[0; 32]).is_err());
    }

    #[test]
    fn what_may_be_used_once_is_used_once_by_many_at_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = std::sync::Arc::new(Store::open(dir.path()).expect("opens"));
        let uses: Vec<_> = (0..16)
            .map(|_| {
                let store = store.clone();
                std::thread::spawn(move || store.first_use(&[7; 32], 10, 20).expect("asks"))
            })
            .collect();
        assert_eq!(uses.into_iter().map(|it| it.join().expect("ends")).filter(|first| *first).count(), 1);
        assert!(store.first_use(&[8; 32], 21, 30).expect("asks"));
        assert!(store.first_use(&[7; 32], 21, 30).expect("asks"), "the first was forgotten");
    }
}

//! What the authorization server keeps: grants, sessions, codes and refresh tokens.
//!
//! **Invariant:** every change of a family is one transaction of the one writer, so that of any two of them one came first.
//! A code and a generation of refresh tokens are used up in the transaction that makes what comes of them.

mod clients;
mod ending;
mod keys;

pub use clients::RegisteredClient;
pub use ending::EndedBefore;
pub use keys::SigningKeyRow;

use super::{Store, sqlite::failed};
use crate::caller::Principal;
use postern_api::{Result, TenantId};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// A SHA-256.
pub type Digest = [u8; 32];

/// The most refresh tokens of one generation: what a client's workers can ask for at once.
const SIBLINGS: i64 = 32;

/// What a person agreed to.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// The id, where no grant of this person and client stands yet.
    pub new_id: String,
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub principal: Principal,
    /// The client.
    pub client: String,
    /// Of the client's description.
    pub client_digest: Digest,
    /// How the client was shown, as JSON.
    pub client_view: String,
    /// The scopes, with spaces between.
    pub scopes: String,
    /// The person's attributes, as JSON; sealed at rest.
    pub attributes: Vec<u8>,
}

/// A code on its way.
#[derive(Debug, Clone)]
pub struct Code {
    /// Its digest.
    pub hash: Digest,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The PKCE challenge.
    pub challenge: String,
    /// The realm's session.
    pub realm_session: Option<String>,
    /// When it ends.
    pub expires_at: i64,
}

/// A code as it was kept, for judging whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCode {
    /// The client that it was issued to.
    pub client: String,
    /// Of the client's description, when it was agreed to.
    pub client_digest: Digest,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The PKCE challenge.
    pub challenge: String,
    /// When it ends.
    pub expires_at: i64,
}

/// A session about to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: String,
    /// Names the family in its refresh tokens; a digest.
    pub handle: Digest,
    /// The first refresh token's digest.
    pub refresh: Digest,
    /// When it ends at the latest.
    pub expires_at: i64,
}

/// A session and its grant.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The grant's id.
    pub grant: String,
    /// The grant's version: another after each consent.
    pub version: i64,
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub principal: Principal,
    /// The client.
    pub client: String,
    /// Of the client's description, when it was agreed to.
    pub client_digest: Digest,
    /// Scopes of the session.
    pub scopes: String,
    /// Scopes of the grant; both have to hold one.
    pub grant_scopes: String,
    /// The realm's session.
    pub realm_session: Option<String>,
    /// The person's attributes, as JSON.
    pub attributes: Vec<u8>,
    /// When it ends at the latest.
    pub expires_at: i64,
    /// Whether it, or its grant, was ended.
    pub ended: bool,
    /// When the grant was last agreed to.
    pub authorised_at: i64,
}

/// A grant that stands.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Who.
    pub principal: Principal,
    /// The client.
    pub client: String,
    /// Of the client's description, when it was agreed to.
    pub client_digest: Digest,
    /// How the client was shown, as JSON.
    pub client_view: String,
    /// The scopes.
    pub scopes: String,
    /// The person's attributes, as JSON.
    pub attributes: Vec<u8>,
    /// When it was last agreed to.
    pub authorised_at: i64,
    /// When it was last used.
    pub used_at: Option<i64>,
    /// Sessions that stand.
    pub sessions: u32,
}

/// What came of a code.
#[derive(Debug)]
pub enum Redeemed {
    /// A session began.
    Session(Box<Session>),
    /// It was used before; the session that it began is ended with this.
    Replayed(Option<String>),
    /// It is used up, and nothing came of it: another client's, another address, late, or its grant has ended.
    Refused(&'static str),
    /// There is none.
    Unknown,
}

/// What came of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// The next one is in force.
    Renewed(Box<Session>),
    /// It had been used: the session is ended with this.
    Reused(Box<Session>),
    /// Refused, and nothing changed.
    Refused(&'static str),
    /// There is no such family.
    Unknown,
}

const SESSION: &str =
    "SELECT s.id, s.grant_id, g.version, g.tenant, g.issuer, g.subject, g.client, g.client_digest, s.scopes,
    g.scopes, s.realm_session, g.sealed, s.expires_at, s.ended_at IS NOT NULL OR g.ended_at IS NOT NULL,
    g.authorised_at FROM authority_session s JOIN authority_grant g ON g.id = s.grant_id";

/// A session with its attributes still sealed.
fn session_of(row: &Row<'_>) -> rusqlite::Result<Session> {
    let tenant: String = row.get(3)?;
    Ok(Session {
        id: row.get(0)?,
        grant: row.get(1)?,
        version: row.get(2)?,
        tenant: TenantId::new(&tenant).map_err(|_| rusqlite::Error::InvalidQuery)?,
        principal: Principal { issuer: row.get::<_, String>(4)?.into(), subject: row.get::<_, String>(5)?.into() },
        client: row.get(6)?,
        client_digest: row.get(7)?,
        scopes: row.get(8)?,
        grant_scopes: row.get(9)?,
        realm_session: row.get(10)?,
        attributes: row.get(11)?,
        expires_at: row.get(12)?,
        ended: row.get(13)?,
        authorised_at: row.get(14)?,
    })
}

fn session_by_id(tx: &rusqlite::Connection, id: &str) -> rusqlite::Result<Option<Session>> {
    tx.prepare_cached(&format!("{SESSION} WHERE s.id = ?1"))?.query_row([id], session_of).optional()
}

impl Store {
    fn opened(&self, mut session: Session) -> Result<Session> {
        let place = [session.tenant.as_str(), "authority_grant", &session.grant];
        session.attributes = self.seal.open(&place, &session.attributes)?.to_vec();
        Ok(session)
    }

    /// Writes down what a person agreed to, and the code that tells the client. The grant's id and version.
    pub fn authorise(&self, agreed: &Agreement, code: &Code, now: i64) -> Result<(String, i64)> {
        self.database.change(|tx| {
            // Asked within the transaction: where two tabs agree at the same moment, the second finds the first one's grant.
            let id = standing_id(tx, agreed)?;
            let sealed = match self.sealed(agreed, &id) {
                Ok(sealed) => sealed,
                Err(error) => return Ok(Err(error)),
            };
            tx.execute(
                "INSERT INTO authority_grant (id, tenant, issuer, subject, client, client_digest, client_view, scopes, sealed, version, authorised_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10)
                 ON CONFLICT (id) DO UPDATE SET client_digest = ?6, client_view = ?7, scopes = ?8, sealed = ?9,
                   version = version + 1, authorised_at = ?10 WHERE ended_at IS NULL",
                params![
                    id, agreed.tenant.as_str(), &*agreed.principal.issuer, &*agreed.principal.subject, agreed.client,
                    agreed.client_digest, agreed.client_view, agreed.scopes, sealed, now
                ],
            )?;
            let version: i64 = tx.query_row(
                "SELECT version FROM authority_grant WHERE id = ?1 AND ended_at IS NULL", [&id], |row| row.get(0))?;
            tx.execute(
                "INSERT INTO authority_code (hash, grant_id, redirect_uri, challenge, scopes, realm_session, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![code.hash, id, code.redirect_uri, code.challenge, agreed.scopes, code.realm_session, code.expires_at],
            )?;
            tx.execute("UPDATE authority_client SET used_at = ?2 WHERE id = ?1", params![agreed.client, now])?;
            Ok(Ok((id, version)))
        })?
    }

    fn sealed(&self, agreed: &Agreement, id: &str) -> Result<Vec<u8>> {
        self.seal.seal(&[agreed.tenant.as_str(), "authority_grant", id], &agreed.attributes)
    }

    /// Keeps what a realm says of a person now, with their grant; the grant's new version, if it stands. Where they `lost`
    /// something, what waits for a confirmation or an approval on the grant's behalf ends: it was asked for with more rights.
    pub fn set_attributes(&self, tenant: &TenantId, grant: &str, attributes: &[u8], lost: bool) -> Result<Option<i64>> {
        let sealed = self.seal.seal(&[tenant.as_str(), "authority_grant", grant], attributes)?;
        self.database.change(|tx| {
            if lost {
                ending::drop_waiting_of(tx, tenant, grant)?;
            }
            tx.query_row(
                "UPDATE authority_grant SET sealed = ?3, version = version + 1
                 WHERE tenant = ?1 AND id = ?2 AND ended_at IS NULL RETURNING version",
                params![tenant.as_str(), grant, sealed],
                |row| row.get(0),
            )
            .optional()
        })
    }

    /// Uses a code up. `judge` says why whoever shows it may not have it.
    pub fn redeem(
        &self,
        hash: &Digest,
        session: &NewSession,
        now: i64,
        judge: impl FnOnce(&KeptCode) -> std::result::Result<(), &'static str>,
    ) -> Result<Redeemed> {
        let redeemed = self.database.change(|tx| {
            let found = tx
                .prepare_cached(
                    "SELECT g.client, c.redirect_uri, c.challenge, c.expires_at, c.used, c.session, c.grant_id, c.scopes,
                       c.realm_session, g.ended_at IS NOT NULL, g.client_digest
                     FROM authority_code c JOIN authority_grant g ON g.id = c.grant_id WHERE c.hash = ?1",
                )?
                .query_row([hash], |row| {
                    let kept = KeptCode {
                        client: row.get(0)?,
                        redirect_uri: row.get(1)?,
                        challenge: row.get(2)?,
                        expires_at: row.get(3)?,
                        client_digest: row.get(10)?,
                    };
                    let began: (bool, Option<String>) = (row.get(4)?, row.get(5)?);
                    let rest: (String, String, Option<String>, bool) = (row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?);
                    Ok((kept, began, rest))
                })
                .optional()?;
            let Some((kept, (used, began), (grant, scopes, realm_session, ended))) = found else {
                return Ok(Redeemed::Unknown);
            };
            if used {
                if let Some(began) = &began {
                    ending::end_sessions(tx, std::slice::from_ref(began), now)?;
                }
                return Ok(Redeemed::Replayed(began));
            }
            let verdict = if ended { Err("grant_ended") } else { judge(&kept) };
            let began = verdict.is_ok().then_some(&session.id);
            tx.execute("UPDATE authority_code SET used = 1, session = ?2 WHERE hash = ?1", params![hash, began])?;
            if let Err(reason) = verdict {
                return Ok(Redeemed::Refused(reason));
            }
            tx.execute(
                "INSERT INTO authority_session (id, grant_id, scopes, realm_session, handle, generation, rotated_at, started_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?7)",
                params![session.id, grant, scopes, realm_session, session.handle, now, session.expires_at],
            )?;
            keep_refresh(tx, &session.refresh, &session.id, 1)?;
            let session = session_by_id(tx, &session.id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            Ok(Redeemed::Session(Box::new(session)))
        })?;
        Ok(match redeemed {
            Redeemed::Session(it) => Redeemed::Session(Box::new(self.opened(*it)?)),
            other @ (Redeemed::Replayed(_) | Redeemed::Refused(_) | Redeemed::Unknown) => other,
        })
    }

    /// Uses a refresh token up and puts `next` in its place. The immediate predecessor can be used again within `grace`
    /// seconds of the rotation; anything older ends the family, and so does the predecessor after that. `judge` says why
    /// whoever shows it may not have it, and changes nothing then.
    pub fn refresh(
        &self,
        handle: &Digest,
        shown: &Digest,
        next: &Digest,
        (now, grace): (i64, i64),
        judge: impl FnOnce(&Session) -> std::result::Result<(), &'static str>,
    ) -> Result<Refreshed> {
        let refreshed = self.database.change(|tx| {
            let found = tx
                .prepare_cached("SELECT id, generation, rotated_at FROM authority_session WHERE handle = ?1")?
                .query_row([handle], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
                .optional()?;
            let Some((id, newest, rotated_at)) = found else { return Ok(Refreshed::Unknown) };
            let session = session_by_id(tx, &id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let session = match self.opened(session) {
                Ok(session) => session,
                Err(_) => return Ok(Refreshed::Refused("unreadable")),
            };
            if session.ended {
                return Ok(Refreshed::Refused("ended"));
            }
            if now >= session.expires_at {
                return Ok(Refreshed::Refused("lifetime"));
            }
            if let Err(reason) = judge(&session) {
                return Ok(Refreshed::Refused(reason));
            }
            let shown: Option<i64> = tx
                .prepare_cached("SELECT generation FROM authority_refresh WHERE hash = ?1 AND session = ?2")?
                .query_row(params![shown, id], |row| row.get(0))
                .optional()?;
            if shown == Some(newest) {
                let next_generation = newest + 1;
                tx.execute(
                    "UPDATE authority_session SET generation = ?2, rotated_at = ?3 WHERE id = ?1",
                    params![id, next_generation, now],
                )?;
                tx.execute(
                    "DELETE FROM authority_refresh WHERE session = ?1 AND generation < ?2",
                    params![id, newest],
                )?;
                keep_refresh(tx, next, &id, next_generation)?;
                return Ok(Refreshed::Renewed(Box::new(session)));
            }
            // At most `grace` seconds ago, and not by a clock that was set back.
            let in_grace = (0..=grace).contains(&(now - rotated_at));
            if shown == Some(newest - 1) && in_grace {
                let siblings: i64 = tx.query_row(
                    "SELECT count(*) FROM authority_refresh WHERE session = ?1 AND generation = ?2",
                    params![id, newest],
                    |row| row.get(0),
                )?;
                if siblings >= SIBLINGS {
                    return Ok(Refreshed::Refused("too_many_at_once"));
                }
                keep_refresh(tx, next, &id, newest)?;
                return Ok(Refreshed::Renewed(Box::new(session)));
            }
            ending::end_sessions(tx, std::slice::from_ref(&id), now)?;
            Ok(Refreshed::Reused(Box::new(session)))
        })?;
        Ok(refreshed)
    }

    /// The session of a client that signs in as itself, made where there is none; renewed for `lives` seconds.
    pub fn service_session(&self, agreed: &Agreement, new_session: &str, now: i64, lives: i64) -> Result<Session> {
        let session = self.database.change(|tx| {
            let id = standing_id(tx, agreed)?;
            let sealed = match self.sealed(agreed, &id) {
                Ok(sealed) => sealed,
                Err(error) => return Ok(Err(error)),
            };
            tx.execute(
                "INSERT INTO authority_grant (id, tenant, issuer, subject, client, client_digest, client_view, scopes, sealed, version, authorised_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10)
                 ON CONFLICT (id) DO UPDATE SET version = version + (scopes <> ?8 OR client_digest <> ?6), client_digest = ?6,
                   client_view = ?7, scopes = ?8, sealed = ?9, authorised_at = ?10 WHERE ended_at IS NULL",
                params![
                    id, agreed.tenant.as_str(), &*agreed.principal.issuer, &*agreed.principal.subject, agreed.client,
                    agreed.client_digest, agreed.client_view, agreed.scopes, sealed, now
                ],
            )?;
            let standing: Option<String> = tx
                .query_row(
                    "SELECT id FROM authority_session WHERE grant_id = ?1 AND ended_at IS NULL AND handle IS NULL",
                    [&id],
                    |row| row.get(0),
                )
                .optional()?;
            let session = standing.unwrap_or_else(|| new_session.to_owned());
            tx.execute(
                "INSERT INTO authority_session (id, grant_id, scopes, generation, rotated_at, started_at, expires_at)
                 VALUES (?1, ?2, ?3, 1, ?4, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, ?5), scopes = ?3",
                params![session, id, agreed.scopes, now, now + lives],
            )?;
            session_by_id(tx, &session)?.ok_or(rusqlite::Error::QueryReturnedNoRows).map(Ok)
        })?;
        self.opened(session?)
    }

    /// A session, ended or not.
    pub fn session(&self, id: &str) -> Result<Option<Session>> {
        let found = session_by_id(&self.database.reader(), id).map_err(failed)?;
        found.map(|it| self.opened(it)).transpose()
    }

    /// The session of a family's refresh token, by the family's handle; whether the token is one that could be used.
    pub fn session_of_refresh(&self, handle: &Digest, shown: &Digest) -> Result<Option<(Session, bool)>> {
        let found = {
            let reader = self.database.reader();
            let session = reader
                .prepare_cached(&format!("{SESSION} WHERE s.handle = ?1"))
                .and_then(|mut it| it.query_row([handle], session_of).optional())
                .map_err(failed)?;
            let Some(session) = session else { return Ok(None) };
            let newest: bool = reader
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM authority_refresh r JOIN authority_session s ON s.id = r.session AND s.generation = r.generation
                     WHERE r.hash = ?1 AND r.session = ?2)",
                    params![shown, session.id],
                    |row| row.get(0),
                )
                .map_err(failed)?;
            (session, newest)
        };
        Ok(Some((self.opened(found.0)?, found.1)))
    }

    /// The grant of a person and a client that stands.
    pub fn standing_grant(&self, tenant: &TenantId, principal: &Principal, client: &str) -> Result<Option<Grant>> {
        let sql = format!(
            "{GRANT} WHERE g.tenant = ?1 AND g.issuer = ?2 AND g.subject = ?3 AND g.client = ?4 AND g.ended_at IS NULL"
        );
        let found = {
            let reader = self.database.reader();
            let mut statement = reader.prepare_cached(&sql).map_err(failed)?;
            let values = params![tenant.as_str(), &*principal.issuer, &*principal.subject, client];
            let found = statement.query_row(values, grant_of).optional();
            found.map_err(failed)?
        };
        found.map(|it| self.opened_grant(tenant, it)).transpose()
    }

    /// The grants of a tenant, or of one person of it, that stand; the one agreed to last first.
    pub fn grants(
        &self,
        tenant: &TenantId,
        principal: Option<&Principal>,
        now: i64,
        (skip, limit): (u32, u32),
    ) -> Result<Vec<Grant>> {
        let sql = grants_sql(principal.is_some());
        let (issuer, subject) = principal.map_or(("", ""), |it| (&*it.issuer, &*it.subject));
        let found: Vec<Grant> = {
            let reader = self.database.reader();
            let mut statement = reader.prepare_cached(&sql).map_err(failed)?;
            let rows = statement
                .query_map(params![tenant.as_str(), issuer, subject, now, limit, skip], grant_of)
                .map_err(failed)?;
            rows.collect::<rusqlite::Result<_>>().map_err(failed)?
        };
        found.into_iter().map(|it| self.opened_grant(tenant, it)).collect()
    }

    fn opened_grant(&self, tenant: &TenantId, mut grant: Grant) -> Result<Grant> {
        let place = [tenant.as_str(), "authority_grant", &grant.id];
        grant.attributes = self.seal.open(&place, &grant.attributes)?.to_vec();
        Ok(grant)
    }

    /// Notes when grants were last used. A power cut may take the note.
    pub fn note_used(&self, used: &[(String, i64)]) -> Result<()> {
        self.database.change(|tx| {
            let mut update =
                tx.prepare_cached("UPDATE authority_grant SET used_at = max(coalesce(used_at, 0), ?2) WHERE id = ?1")?;
            for (grant, at) in used {
                update.execute(params![grant, at])?;
            }
            Ok(())
        })
    }
}

/// Grants that stand, the one authorised last first. The index is named, since without statistics the order would be had from the
/// tenant's index, and one person's grants by looking at everybody's.
pub(in crate::store) fn grants_sql(of_person: bool) -> String {
    let (index, of_person) = match of_person {
        true => ("authority_grant_standing", "AND g.issuer = ?2 AND g.subject = ?3"),
        false => ("authority_grant_tenant", "AND ?2 = ?3"),
    };
    let counted = GRANT.replace("0 AS sessions", "(SELECT count(*) FROM authority_session s WHERE s.grant_id = g.id AND s.ended_at IS NULL AND s.expires_at > ?4)");
    format!(
        "{counted} INDEXED BY {index} WHERE g.tenant = ?1 {of_person} AND g.ended_at IS NULL ORDER BY g.authorised_at DESC, g.id LIMIT ?5 OFFSET ?6"
    )
}

const GRANT: &str = "SELECT g.id, g.issuer, g.subject, g.client, g.client_digest, g.client_view, g.scopes, g.sealed,
    g.authorised_at, g.used_at, 0 AS sessions FROM authority_grant g";

fn grant_of(row: &Row<'_>) -> rusqlite::Result<Grant> {
    Ok(Grant {
        id: row.get(0)?,
        principal: Principal { issuer: row.get::<_, String>(1)?.into(), subject: row.get::<_, String>(2)?.into() },
        client: row.get(3)?,
        client_digest: row.get(4)?,
        client_view: row.get(5)?,
        scopes: row.get(6)?,
        attributes: row.get(7)?,
        authorised_at: row.get(8)?,
        used_at: row.get(9)?,
        sessions: row.get(10)?,
    })
}

/// The id of the grant that stands, or the one that a new grant is to have.
fn standing_id(tx: &Transaction<'_>, agreed: &Agreement) -> rusqlite::Result<String> {
    let found = tx
        .prepare_cached(
            "SELECT id FROM authority_grant WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND client = ?4 AND ended_at IS NULL",
        )?
        .query_row(
            params![agreed.tenant.as_str(), &*agreed.principal.issuer, &*agreed.principal.subject, agreed.client],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.unwrap_or_else(|| agreed.new_id.clone()))
}

fn keep_refresh(tx: &Transaction<'_>, hash: &Digest, session: &str, generation: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO authority_refresh (hash, session, generation) VALUES (?1, ?2, ?3)")?
        .execute(params![hash, session, generation])
        .map(drop)
}

#[cfg(test)]
mod tests;

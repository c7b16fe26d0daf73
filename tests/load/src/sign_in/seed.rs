//! Accounts and grants, written into a store before its gateway starts.

use crate::Failure;
use crate::gateway::TENANT;
use postern::authority::accounts::password::hash_now;
use postern::store::sign_in_accounts::{Account, AccountRealm};
use postern::store::{SealKey, Store};
use postern_api::{OrganisationId, TenantId};
use postern_policies::Realm;
use rusqlite::{Connection, params};
use serde_json::json;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The lead whose calls are measured.
pub(crate) const LEAD: &str = "lead@acme.example";
/// Who looks at everybody's clients.
pub(crate) const ADMINISTRATOR: &str = "admin@msp.example";
/// Who approves.
pub(crate) const APPROVER: &str = "service-lead@msp.example";
/// Everybody's.
pub(crate) const PASSWORD: &str = "the password of a load test";
/// People who sign in, over and over.
const PEOPLE: usize = 64;

/// The address of the n-th person.
pub(crate) fn email(nth: usize) -> String {
    match nth % PEOPLE {
        0 => LEAD.to_owned(),
        nth => format!("person-{nth}@acme.example"),
    }
}

/// The subject of the n-th person.
pub(crate) fn subject(nth: usize) -> String {
    format!("person-{}", nth % PEOPLE)
}

/// Leads of Acme and one administrator, with one password.
pub(crate) fn accounts(dir: &Path) -> Result<(), Failure> {
    let (store, hash) = (Store::open(dir)?, hash_now(PASSWORD)?);
    let account = |realm,
                   id: String,
                   email: String,
                   organisation: Option<OrganisationId>,
                   role: &str|
     -> Result<Account, Failure> {
        Ok(Account {
            at: AccountRealm { tenant: TenantId::new(TENANT)?, realm },
            name: id.clone(),
            id,
            email,
            organisation,
            roles: [role.to_owned()].into(),
            password: Some(hash.clone()),
            totp: false,
            locked: false,
        })
    };
    for nth in 0..PEOPLE {
        let acme = Some(OrganisationId::new("acme")?);
        store.add_account(&account(Realm::Customer, subject(nth), email(nth), acme, "lead-customer")?)?;
    }
    for (id, email, role) in [("administrator", ADMINISTRATOR, "admin"), ("approver", APPROVER, "service-lead")] {
        store.add_account(&account(Realm::Employee, id.into(), email.into(), None, role)?)?;
    }
    Ok(())
}

/// So many grants of as many people, each with a session and its refresh token, as a year of use leaves them.
pub(crate) fn grants(dir: &Path, many: u32, issuer: &str) -> Result<(), Failure> {
    let seal = SealKey::of(dir)?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let attributes = json!({"realm": "customer", "organisation": "acme", "assigned": null, "roles": ["lead-customer"], "name": "Somebody", "email": null});
    let view = json!({"name": "Some client", "kind": "unknown", "host": null}).to_string();
    let mut database = Connection::open(dir.join("postern.db"))?;
    let all = database.transaction()?;
    {
        let mut grant = all.prepare(
            "INSERT INTO authority_grant (id, tenant, issuer, subject, client, client_digest, client_view, scopes, sealed, version, authorised_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'support.read support.write', ?8, 1, ?9)",
        )?;
        let mut session = all.prepare(
            "INSERT INTO authority_session (id, grant_id, scopes, handle, generation, rotated_at, started_at, expires_at)
             VALUES (?1, ?2, 'support.read support.write', ?3, 1, ?4, ?4, ?5)",
        )?;
        let mut refresh =
            all.prepare("INSERT INTO authority_refresh (hash, session, generation) VALUES (?1, ?2, 1)")?;
        for nth in 0..many {
            // Every hundredth is the measured lead's, up to what a page shows.
            let subject = if nth % 1_000 == 0 && nth < 20_000 { subject(0) } else { format!("somebody-{nth}") };
            let (id, at) = (format!("g-load-{nth:08}"), now - i64::from(nth % 86_400));
            let sealed = seal.seal(&[TENANT, "authority_grant", &id], attributes.to_string().as_bytes())?;
            grant.execute(params![
                id,
                TENANT,
                issuer,
                subject,
                format!("dcr-load-{nth}"),
                [7_u8; 32],
                view,
                sealed,
                at
            ])?;
            let (session_id, handle) = (format!("s-load-{nth:08}"), digest(nth, 1));
            session.execute(params![session_id, id, handle, at, now + 86_400 * 30])?;
            refresh.execute(params![digest(nth, 2), session_id])?;
        }
    }
    all.commit()?;
    Ok(())
}

/// 32 bytes that no other number has.
fn digest(nth: u32, kind: u8) -> [u8; 32] {
    let mut bytes = [kind; 32];
    for (to, from) in bytes.iter_mut().zip(nth.to_be_bytes()) {
        *to = from;
    }
    bytes
}

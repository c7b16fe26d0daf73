//! Which organisation is which, where a person agreed to a proposal: beside what the configuration says, and never against it.

use super::{Store, sqlite::failed};
use crate::caller::Principal;
use jiff::Timestamp;
use postern_api::{Error, ExternalId, OrganisationId, Result, TenantId};
use rusqlite::{Connection, OpenFlags, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A system's id for one of our organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The system's name in the configuration.
    pub system: String,
    /// Ours.
    pub organisation: OrganisationId,
    /// The system's.
    pub external: ExternalId,
    /// When somebody agreed to it; `None`: the configuration says so.
    pub agreed_at: Option<Timestamp>,
}

/// A link as it is stored.
type Texts = (String, String, String, Option<i64>);

impl Link {
    fn of((system, organisation, external, agreed_at): Texts) -> Result<Self> {
        let (Ok(organisation), Ok(external)) = (OrganisationId::new(&organisation), ExternalId::new(&external)) else {
            return Err(Error::internal("the identity map holds what is not an id"));
        };
        let agreed_at = agreed_at.and_then(|it| Timestamp::from_second(it).ok());
        Ok(Self { system, organisation, external, agreed_at })
    }
}

impl Store {
    /// What a tenant's identity map holds of organisations, those of the configuration first.
    pub fn links(&self, tenant: &TenantId) -> Result<Vec<Link>> {
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached(
                "SELECT system, organisation, external, NULL FROM organisation_link WHERE tenant = ?1 \
                 UNION ALL SELECT system, organisation, external, agreed_at FROM organisation_agreed WHERE tenant = ?1 \
                 ORDER BY 4, 1, 2",
            )
            .map_err(failed)?;
        let texts = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Texts> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let rows = statement.query_map(params![tenant.as_str()], texts).map_err(failed)?;
        rows.map(|row| Link::of(row.map_err(failed)?)).collect()
    }

    /// Adds links that somebody agreed to, each with the installation that its system is: all of them, or none and `false` where
    /// one id of them is somebody's already.
    pub fn agree(
        &self,
        tenant: &TenantId,
        by: &Principal,
        organisation: &OrganisationId,
        links: &[(&str, &str, &ExternalId)],
        now: Timestamp,
    ) -> Result<bool> {
        let done = self.database.change(|tx| {
            for (system, _, external) in links {
                let taken: bool = tx.query_row(
                    "SELECT EXISTS (SELECT 1 FROM organisation_link WHERE tenant = ?1 AND system = ?2 \
                     AND (organisation = ?3 OR external = ?4)) OR EXISTS (SELECT 1 FROM organisation_agreed \
                     WHERE tenant = ?1 AND system = ?2 AND (organisation = ?3 OR external = ?4))",
                    params![tenant.as_str(), system, organisation.as_str(), external.as_str()],
                    |row| row.get(0),
                )?;
                if taken {
                    return Ok(false);
                }
            }
            for (system, place, external) in links {
                tx.execute(
                    "INSERT INTO organisation_agreed (tenant, system, place, organisation, external, issuer, subject, agreed_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        tenant.as_str(),
                        system,
                        place,
                        organisation.as_str(),
                        external.as_str(),
                        &*by.issuer,
                        &*by.subject,
                        now.as_second()
                    ],
                )?;
            }
            Ok(true)
        })?;
        self.organisations.invalidate_all();
        Ok(done)
    }

    /// Takes back what was agreed for an organisation in one system; whether there was anything.
    pub fn withdraw(&self, tenant: &TenantId, system: &str, organisation: &OrganisationId) -> Result<bool> {
        let gone = self.database.change(|tx| {
            tx.execute(
                "DELETE FROM organisation_agreed WHERE tenant = ?1 AND system = ?2 AND organisation = ?3",
                params![tenant.as_str(), system, organisation.as_str()],
            )
        })?;
        self.organisations.invalidate_all();
        Ok(gone > 0)
    }

    /// Forgets what was agreed about systems that are not there any more, or are another installation now. How much that was.
    pub fn keep_agreements(&self, tenant: &TenantId, places: &BTreeMap<String, String>) -> Result<usize> {
        let gone = self.database.change(|tx| {
            let mut statement =
                tx.prepare("SELECT DISTINCT system, place FROM organisation_agreed WHERE tenant = ?1")?;
            let held = statement.query_map(params![tenant.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let held: Vec<(String, String)> = held.collect::<rusqlite::Result<_>>()?;
            let mut gone = 0;
            for (system, place) in held {
                if places.get(&system) != Some(&place) {
                    gone += tx.execute(
                        "DELETE FROM organisation_agreed WHERE tenant = ?1 AND system = ?2 AND place = ?3",
                        params![tenant.as_str(), system, place],
                    )?;
                }
            }
            Ok(gone)
        })?;
        self.organisations.invalidate_all();
        Ok(gone)
    }
}

/// What was agreed about these installations, read from a data directory beside the process that may be using it. Nothing is
/// written, and a store that is not there yet, or is older than agreements, holds none.
pub fn agreed_in(data_dir: &Path, tenant: &TenantId, places: &BTreeMap<String, String>) -> Result<Vec<Link>> {
    let file = data_dir.join("postern.db");
    if !file.exists() {
        return Ok(vec![]);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(&file, flags).map_err(failed)?;
    reader.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'organisation_agreed')";
    if !reader.query_row(there, [], |row| row.get::<_, bool>(0)).map_err(failed)? {
        return Ok(vec![]);
    }
    let mut statement = reader
        .prepare(
            "SELECT system, organisation, external, agreed_at, place FROM organisation_agreed WHERE tenant = ?1 \
             ORDER BY agreed_at, system, organisation",
        )
        .map_err(failed)?;
    let texts = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(Texts, String)> {
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), row.get(4)?))
    };
    let mut links = Vec::new();
    for row in statement.query_map(params![tenant.as_str()], texts).map_err(failed)? {
        let (link, place) = row.map_err(failed)?;
        // What was agreed about another installation of that name is forgotten at the gateway's next start.
        if places.get(&link.0) == Some(&place) {
            links.push(Link::of(link)?);
        }
    }
    Ok(links)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::Identities as _;

    fn organisation(id: &str) -> OrganisationId {
        OrganisationId::new(id).expect("an id")
    }
    fn external(id: &str) -> ExternalId {
        ExternalId::new(id).expect("an id")
    }

    #[test]
    fn what_was_agreed_stands_beside_the_configuration_and_never_against_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        let msp = TenantId::new("msp").expect("an id");
        let by = Principal { issuer: "employees".into(), subject: "1".into() };
        let (acme, globex) = (organisation("acme"), organisation("globex"));
        let (twelve, thirteen) = (external("12"), external("13"));
        let seen = |id: &ExternalId| store.organisations(&msp, "psa").expect("reads").ours(id).cloned();
        let now = Timestamp::UNIX_EPOCH;
        store.set_organisations(&msp, &[("psa", &acme, &twelve)]).expect("links");
        for (whose, id) in [(&globex, &twelve), (&acme, &thirteen)] {
            assert!(!store.agree(&msp, &by, whose, &[("psa", "here", id)], now).expect("an answer"), "it is taken");
        }
        let both = [("crm", "there", &thirteen), ("psa", "here", &twelve)];
        assert!(!store.agree(&msp, &by, &globex, &both, now).expect("an answer"), "all of it or nothing");
        assert_eq!(store.links(&msp).expect("reads").len(), 1);
        assert!(store.agree(&msp, &by, &globex, &[("psa", "here", &thirteen)], now).expect("an answer"));
        assert_eq!((seen(&twelve), seen(&thirteen)), (Some(acme.clone()), Some(globex.clone())));
        // The next start reads the configuration again; what it says of the same id or organisation goes before.
        store.set_organisations(&msp, &[("psa", &acme, &thirteen)]).expect("links");
        assert_eq!((seen(&twelve), seen(&thirteen)), (None, Some(acme.clone())));
        store.set_organisations(&msp, &[("psa", &acme, &twelve)]).expect("links");
        assert_eq!(seen(&thirteen), Some(globex.clone()));
        assert!(!store.withdraw(&msp, "psa", &acme).expect("an answer"), "the configuration's is not taken back");
        assert!(store.withdraw(&msp, "psa", &globex).expect("an answer"));
        assert_eq!((seen(&twelve), seen(&thirteen)), (Some(acme), None));
    }

    #[test]
    fn what_was_agreed_about_another_installation_is_forgotten() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        let msp = TenantId::new("msp").expect("an id");
        let by = Principal { issuer: "employees".into(), subject: "1".into() };
        let link = [("psa", "halopsa https://one.example", &external("12"))];
        assert!(store.agree(&msp, &by, &organisation("acme"), &link, Timestamp::UNIX_EPOCH).expect("an answer"));
        let at = |place: &str| BTreeMap::from([("psa".to_owned(), place.to_owned())]);
        assert_eq!(store.keep_agreements(&msp, &at("halopsa https://one.example")).expect("an answer"), 0);
        let other = TenantId::new("other").expect("an id");
        assert_eq!(store.keep_agreements(&other, &BTreeMap::new()).expect("an answer"), 0);
        assert_eq!(store.links(&msp).expect("reads").len(), 1);
        // Read beside the process that has the store open: what is about the installation that is there, and no more.
        let beside = |places| agreed_in(dir.path(), &msp, &places).expect("reads");
        assert_eq!(beside(at("halopsa https://one.example")), store.links(&msp).expect("reads"));
        assert_eq!(beside(at("halopsa https://two.example")), []);
        assert_eq!(agreed_in(dir.path(), &other, &at("halopsa https://one.example")).expect("reads"), []);
        assert_eq!(agreed_in(&dir.path().join("nowhere"), &msp, &BTreeMap::new()).expect("reads"), []);
        assert!(!dir.path().join("nowhere").exists());
        assert_eq!(store.keep_agreements(&msp, &at("halopsa https://two.example")).expect("an answer"), 1);
        assert_eq!(store.organisations(&msp, "psa").expect("reads").ours(&external("12")), None);
    }
}

//! The identity map: organisations and people of a tenant in each connected system.

use super::{Store, sqlite::failed};
use crate::caller::Principal;
use crate::tools::Identities;
use postern_api::{ContactId, Error, ErrorKind, ExternalId, OrganisationId, OrganisationMap, Result, TenantId};
use rusqlite::{OptionalExtension, params};
use std::sync::Arc;

impl Store {
    /// Makes the tenant's configured links exactly these (system, ours, the system's): whoever is not among them, nor among those
    /// that a person agreed to, is invisible from now on.
    /// `Conflict` where one id of a system is given to two of ours; nothing is changed then.
    pub fn set_organisations(&self, tenant: &TenantId, links: &[(&str, &OrganisationId, &ExternalId)]) -> Result<()> {
        for (nth, (system, ours, external)) in links.iter().enumerate() {
            if links.iter().take(nth).any(|it| it.0 == *system && it.2 == *external) {
                let text =
                    format!("`{external}` of the system `{system}` is given to two organizations, `{ours}` among them");
                return Err(Error::new(ErrorKind::Conflict, text));
            }
        }
        self.database.change(|tx| {
            tx.execute("DELETE FROM organisation_link WHERE tenant = ?1", params![tenant.as_str()])?;
            for (system, ours, external) in links {
                tx.execute(
                    "INSERT INTO organisation_link (tenant, system, organisation, external) VALUES (?1, ?2, ?3, ?4)",
                    params![tenant.as_str(), system, ours.as_str(), external.as_str()],
                )?;
            }
            Ok(())
        })?;
        self.organisations.invalidate_all();
        Ok(())
    }

    /// Which organisation and which person is which in a system is read again by whoever asks next.
    pub fn read_identities_again(&self, tenant: &TenantId, system: &str) {
        self.organisations.invalidate(&(tenant.clone(), Box::from(system)));
        // By any part of the key but the whole this cache cannot be asked; people are read again one by one.
        self.links.invalidate_all();
    }

    fn load_organisations(&self, tenant: &TenantId, system: &str) -> Result<OrganisationMap> {
        let reader = self.database.reader();
        let mut statement = reader
            .prepare_cached(
                "SELECT organisation, external FROM organisation_link WHERE tenant = ?1 AND system = ?2 \
                 UNION ALL SELECT organisation, external FROM organisation_agreed a WHERE tenant = ?1 AND system = ?2 \
                 AND NOT EXISTS (SELECT 1 FROM organisation_link l WHERE l.tenant = ?1 AND l.system = ?2 \
                 AND (l.organisation = a.organisation OR l.external = a.external))",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map(params![tenant.as_str(), system], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
            .map_err(failed)?;
        let mut pairs = Vec::new();
        for row in rows {
            let (ours, external) = row.map_err(failed)?;
            let parsed = (OrganisationId::new(&ours), ExternalId::new(&external));
            match parsed {
                (Ok(ours), Ok(external)) => pairs.push((ours, external)),
                (Err(_), _) | (_, Err(_)) => return Err(Error::internal("the identity map holds what is not an id")),
            }
        }
        Ok(OrganisationMap::new(pairs))
    }
}

impl Identities for Store {
    fn organisations(&self, tenant: &TenantId, system: &str) -> Result<Arc<OrganisationMap>> {
        let key = (tenant.clone(), Box::from(system));
        let loaded = self.organisations.try_get_with(key, || self.load_organisations(tenant, system).map(Arc::new));
        loaded.map_err(|error: Arc<Error>| Error::new(error.kind(), error.message().to_owned()))
    }

    fn contact(&self, tenant: &TenantId, system: &str, principal: &Principal) -> Result<Option<ContactId>> {
        let key = (tenant.clone(), Box::from(system), principal.clone());
        if let Some(contact) = self.links.get(&key) {
            return Ok(Some(contact));
        }
        let found: Option<String> = self
            .database
            .reader()
            .prepare_cached(
                "SELECT contact FROM person_link WHERE tenant = ?1 AND system = ?2 AND issuer = ?3 AND subject = ?4",
            )
            .and_then(|mut it| {
                it.query_row(params![tenant.as_str(), system, &*principal.issuer, &*principal.subject], |row| {
                    row.get(0)
                })
                .optional()
            })
            .map_err(failed)?;
        let Some(found) = found else { return Ok(None) };
        let contact =
            ContactId::new(&found).map_err(|_| Error::internal("the identity map holds what is not an id"))?;
        self.links.insert(key, contact.clone());
        Ok(Some(contact))
    }

    fn link(&self, tenant: &TenantId, system: &str, principal: &Principal, contact: &ContactId) -> Result<()> {
        self.database.change(|tx| {
            tx.execute(
                "INSERT OR IGNORE INTO person_link (tenant, system, issuer, subject, contact) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![tenant.as_str(), system, &*principal.issuer, &*principal.subject, contact.as_str()],
            )
        })?;
        match self.contact(tenant, system, principal)? {
            Some(linked) if linked == *contact => Ok(()),
            Some(_) | None => Err(Error::new(ErrorKind::Conflict, "this contact is linked to another account")),
        }
    }

    fn principal(&self, tenant: &TenantId, system: &str, contact: &ContactId) -> Result<Option<Principal>> {
        self.database
            .reader()
            .prepare_cached(
                "SELECT issuer, subject FROM person_link WHERE tenant = ?1 AND system = ?2 AND contact = ?3",
            )
            .and_then(|mut it| {
                it.query_row(params![tenant.as_str(), system, contact.as_str()], |row| {
                    let (issuer, subject): (String, String) = (row.get(0)?, row.get(1)?);
                    Ok(Principal { issuer: issuer.into(), subject: subject.into() })
                })
                .optional()
            })
            .map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (Store, tempfile::TempDir) {
        let dir = tempfile::tempdir().expect("a directory");
        (Store::open(dir.path()).expect("opens"), dir)
    }
    fn who(issuer: &str) -> Principal {
        Principal { issuer: issuer.into(), subject: "1".into() }
    }
    fn tenant(id: &str) -> TenantId {
        TenantId::new(id).expect("an id")
    }

    #[test]
    fn t17_a_link_is_made_once_and_never_points_elsewhere() {
        let (store, _dir) = store();
        let (msp, jane, bob) =
            (tenant("msp"), ContactId::new("jane").expect("an id"), ContactId::new("bob").expect("an id"));
        store.link(&msp, "psa", &who("customers"), &jane).expect("links");
        store.link(&msp, "psa", &who("customers"), &jane).expect("is linked already");
        assert_eq!(
            store.link(&msp, "psa", &who("customers"), &bob).expect_err("elsewhere").kind(),
            ErrorKind::Conflict
        );
        assert_eq!(store.link(&msp, "psa", &who("employees"), &jane).expect_err("taken").kind(), ErrorKind::Conflict);
        assert_eq!(store.contact(&msp, "psa", &who("customers")).expect("reads"), Some(jane.clone()));
        assert_eq!(store.contact(&msp, "psa", &who("employees")).expect("reads"), None);
        assert_eq!(store.contact(&tenant("other"), "psa", &who("customers")).expect("reads"), None);
        assert_eq!(store.principal(&msp, "psa", &jane).expect("reads"), Some(who("customers")));
    }

    #[test]
    fn an_organisation_that_is_not_linked_any_more_is_invisible_and_an_id_has_one_organisation() {
        let (store, _dir) = store();
        let msp = tenant("msp");
        let (acme, globex) =
            (OrganisationId::new("acme").expect("an id"), OrganisationId::new("globex").expect("an id"));
        let (twelve, thirteen) = (ExternalId::new("12").expect("an id"), ExternalId::new("13").expect("an id"));
        let seen = |external| store.organisations(&msp, "psa").expect("reads").ours(external).cloned();
        store.set_organisations(&msp, &[("psa", &acme, &twelve), ("psa", &globex, &thirteen)]).expect("links");
        assert_eq!((seen(&twelve), seen(&thirteen)), (Some(acme.clone()), Some(globex.clone())));
        assert_eq!(store.organisations(&tenant("other"), "psa").expect("reads").ours(&twelve), None);
        store.set_organisations(&msp, &[("psa", &acme, &twelve)]).expect("links");
        assert_eq!((seen(&twelve), seen(&thirteen)), (Some(acme.clone()), None));
        let taken = store.set_organisations(&msp, &[("psa", &acme, &twelve), ("psa", &globex, &twelve)]);
        assert_eq!(taken.expect_err("taken").kind(), ErrorKind::Conflict);
        assert_eq!(seen(&twelve), Some(acme));
    }
}

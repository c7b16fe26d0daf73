//! Whose record is it? Nothing a vendor sends is opened before this was asked.
//!
//! **Invariant:** the record inside [`Owned`] can be reached only through [`Scope::admit`], which compares the owner that
//! the row itself names with the organisations that the caller may touch. A row with an unknown owner is nobody's.

use crate::id::{ExternalId, OrganisationId, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who a row belongs to, as the row itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// An organisation, by the vendor's own id for it.
    Organisation(ExternalId),
    /// The whole tenant, for example a knowledge base article.
    Tenant,
    /// The row names nobody. It is shown to nobody.
    Unknown,
}

/// A vendor's record that has not yet been compared with the caller's [`Scope`]. Not `Serialize`, not `Clone`, no getter.
#[derive(Debug)]
pub struct Owned<T> {
    owner: Owner,
    record: T,
}

impl<T> Owned<T> {
    /// A record and the owner that the vendor's row names (never the one that was asked for).
    pub fn new(owner: Owner, record: T) -> Self {
        Self { owner, record }
    }

    /// Changes the record where it stands, without looking at whose it is.
    pub fn change(&mut self, change: impl FnOnce(&mut T)) {
        change(&mut self.record);
    }

    /// Changes the record without looking at whose it is.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Owned<U> {
        Owned { owner: self.owner, record: change(self.record) }
    }
}

/// One system's own ids for the organisations of one tenant. An organisation without an entry is invisible there.
#[derive(Debug, Clone, Default)]
pub struct OrganisationMap {
    to_external: BTreeMap<OrganisationId, ExternalId>,
    to_ours: BTreeMap<ExternalId, OrganisationId>,
}

impl OrganisationMap {
    /// Builds the map. An external id that is given to two organisations belongs to neither: it is dropped for both.
    pub fn new(pairs: impl IntoIterator<Item = (OrganisationId, ExternalId)>) -> Self {
        let mut map = Self::default();
        let mut twice = BTreeSet::new();
        for (ours, external) in pairs {
            if map.to_ours.contains_key(&external) || map.to_external.contains_key(&ours) {
                twice.insert(external);
                continue;
            }
            map.to_ours.insert(external.clone(), ours.clone());
            map.to_external.insert(ours, external);
        }
        for external in twice {
            if let Some(ours) = map.to_ours.remove(&external) {
                map.to_external.remove(&ours);
            }
        }
        map
    }

    /// The system's id for one of our organisations.
    pub fn external(&self, organisation: &OrganisationId) -> Option<&ExternalId> {
        self.to_external.get(organisation)
    }

    /// Our organisation for one of the system's ids.
    pub fn ours(&self, external: &ExternalId) -> Option<&OrganisationId> {
        self.to_ours.get(external)
    }

    /// Every mapped organisation.
    pub fn organisations(&self) -> impl Iterator<Item = &OrganisationId> {
        self.to_external.keys()
    }
}

/// The tenant and the organisations that one caller may touch. Comes from the verified token and the identity map alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    tenant: TenantId,
    organisations: Option<Arc<BTreeSet<OrganisationId>>>,
}

impl Scope {
    /// One organisation: a customer.
    pub fn organisation(tenant: TenantId, organisation: OrganisationId) -> Self {
        Self::organisations(tenant, BTreeSet::from([organisation]))
    }

    /// Some organisations: an employee with assigned customers.
    pub fn organisations(tenant: TenantId, organisations: BTreeSet<OrganisationId>) -> Self {
        Self { tenant, organisations: Some(Arc::new(organisations)) }
    }

    /// Every mapped organisation of the tenant: an employee whose role reaches that far.
    pub fn whole_tenant(tenant: TenantId) -> Self {
        Self { tenant, organisations: None }
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The organisations by name, or `None` where the whole tenant is in reach.
    pub fn named(&self) -> Option<&BTreeSet<OrganisationId>> {
        self.organisations.as_deref()
    }

    /// Whether this organisation may be touched.
    pub fn reaches(&self, organisation: &OrganisationId) -> bool {
        self.organisations.as_deref().is_none_or(|set| set.contains(organisation))
    }

    /// Opens a record if it belongs to an organisation in this scope.
    ///
    /// `Err` carries the owner that the row named, for the security event; the record itself is dropped.
    pub fn admit<T>(&self, map: &OrganisationMap, row: Owned<T>) -> Result<Admitted<T>, Owner> {
        let organisation = match &row.owner {
            Owner::Tenant => None,
            Owner::Unknown => return Err(row.owner),
            Owner::Organisation(external) => match map.ours(external) {
                Some(ours) if self.reaches(ours) => Some(ours.clone()),
                Some(_) | None => return Err(row.owner),
            },
        };
        Ok(Admitted { organisation, record: row.record })
    }
}

/// A record that passed [`Scope::admit`], and whose it is (`None`: the whole tenant's).
#[derive(Debug)]
pub struct Admitted<T> {
    /// The organisation in our words.
    pub organisation: Option<OrganisationId>,
    /// The record.
    pub record: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(id: &str) -> OrganisationId {
        OrganisationId::new(id).expect("a test id")
    }
    fn ext(id: &str) -> ExternalId {
        ExternalId::new(id).expect("a test id")
    }
    fn acme_only() -> (Scope, OrganisationMap) {
        let tenant = TenantId::new("msp").expect("a test id");
        let map = OrganisationMap::new([(org("acme"), ext("12")), (org("globex"), ext("13"))]);
        (Scope::organisation(tenant, org("acme")), map)
    }

    #[test]
    fn another_organisations_row_is_not_opened() {
        let (scope, map) = acme_only();
        assert!(scope.admit(&map, Owned::new(Owner::Organisation(ext("12")), ())).is_ok());
        assert!(scope.admit(&map, Owned::new(Owner::Organisation(ext("13")), ())).is_err());
    }

    #[test]
    fn an_unmapped_or_unnamed_owner_is_nobodys_even_for_the_whole_tenant() {
        let (_, map) = acme_only();
        let scope = Scope::whole_tenant(TenantId::new("msp").expect("a test id"));
        assert!(scope.admit(&map, Owned::new(Owner::Organisation(ext("99")), ())).is_err());
        assert!(scope.admit(&map, Owned::new(Owner::Unknown, ())).is_err());
    }

    #[test]
    fn an_external_id_claimed_twice_belongs_to_neither() {
        let map = OrganisationMap::new([(org("acme"), ext("12")), (org("globex"), ext("12"))]);
        assert_eq!(map.ours(&ext("12")), None);
        assert_eq!(map.external(&org("acme")), None);
    }
}

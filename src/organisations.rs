//! Matching organisations for whoever administers a tenant: asks the tenant's systems for their directories, proposes, and writes
//! down what a person agreed to.
//!
//! **Invariant:** asking changes nothing. What is written down is one proposal as it was shown, found again among those of the same
//! reading; who is in none stays invisible.

use crate::caller::Principal;
use crate::matching::{self, Known, Matches, Proposal};
use crate::store::Store;
use crate::store::agreements::Link;
use crate::tenant::Tenant;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use parking_lot::Mutex;
use postern_api::{CallCx, DirectoryEntry, ErrorKind, OrganisationId, Reach, Result, TenantId, Turn};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long one system may take to name all its organisations.
const PATIENCE: Duration = Duration::from_secs(45);
/// How long a reading holds: what was proposed an hour ago may not be so any more.
const HOLDS: Duration = Duration::from_secs(900);

/// One tenant's systems, by name, each with the installation that it is.
pub type Places = HashMap<TenantId, BTreeMap<String, String>>;

/// What the systems said.
#[derive(Debug)]
struct Reading {
    at: Timestamp,
    read: Instant,
    directories: BTreeMap<String, Vec<DirectoryEntry>>,
    troubles: Vec<String>,
}

/// What is proposed.
#[derive(Debug)]
pub struct Proposed {
    /// When the systems were asked.
    pub at: Timestamp,
    /// What came of it.
    pub matches: Matches,
    /// Systems that could not be asked, or not for all, in words.
    pub troubles: Vec<String>,
}

/// Who matches the organisations of every tenant.
#[derive(Debug)]
pub struct Organisations {
    tenants: Arc<HashMap<TenantId, Arc<Tenant>>>,
    store: Arc<Store>,
    places: Places,
    readings: Mutex<HashMap<TenantId, Arc<Reading>>>,
}

impl Organisations {
    /// For these tenants. A system without a place takes part in no agreement.
    pub fn new(tenants: Arc<HashMap<TenantId, Arc<Tenant>>>, store: Arc<Store>, places: Places) -> Self {
        Self { tenants, store, places, readings: Mutex::default() }
    }

    /// Asks the systems that stand behind a tenant's ports, one after the other and behind what people wait for elsewhere.
    pub async fn read(&self, tenant: &TenantId) {
        let Some(of) = self.tenants.get(tenant) else { return };
        let systems: BTreeMap<_, _> = of.systems().map(|(_, it)| (it.name.to_string(), it)).collect();
        let (mut directories, mut troubles) = (BTreeMap::new(), Vec::new());
        for (name, system) in systems {
            let turn = Turn { background: true, ..Turn::default() };
            let cx = CallCx { turn, ..CallCx::new(Reach::Tenant, PATIENCE) };
            let Some(crm) = system.adapter.crm() else { continue };
            match crm.directory(&cx).await {
                Ok(found) => {
                    if found.truncated {
                        troubles
                            .push(format!("`{name}` has more organizations than can be read; the rest is left out"));
                    }
                    directories.insert(name, found.entries);
                }
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    troubles.push(format!("`{name}` cannot list its organizations"));
                }
                Err(error) => troubles.push(format!("`{name}` cannot be asked: {}", error.message())),
            }
        }
        let reading = Reading { at: Timestamp::now(), read: Instant::now(), directories, troubles };
        self.readings.lock().insert(tenant.clone(), Arc::new(reading));
    }

    /// What the last reading proposes, as the identity map stands now; `None` where there is none that still holds.
    pub fn proposed(&self, tenant: &TenantId) -> Result<Option<Proposed>> {
        let Some(reading) = self.readings.lock().get(tenant).filter(|it| it.read.elapsed() < HOLDS).cloned() else {
            return Ok(None);
        };
        let mut configured: BTreeMap<OrganisationId, BTreeMap<_, _>> = BTreeMap::new();
        for link in self.store.links(tenant)? {
            configured.entry(link.organisation).or_default().entry(link.system).or_insert(link.external);
        }
        let known = Known { configured, directories: reading.directories.clone() };
        let matches = matching::propose(&known);
        Ok(Some(Proposed { at: reading.at, matches, troubles: reading.troubles.clone() }))
    }

    /// What was agreed to, and not by the configuration.
    pub fn agreed(&self, tenant: &TenantId) -> Result<Vec<Link>> {
        Ok(self.store.links(tenant)?.into_iter().filter(|it| it.agreed_at.is_some()).collect())
    }

    /// The proposal with this mark, if it is still one.
    pub fn find(&self, tenant: &TenantId, asked: &str) -> Result<Option<Proposal>> {
        let proposed = self.proposed(tenant)?;
        Ok(proposed.and_then(|it| it.matches.proposals.into_iter().find(|it| mark(it) == asked)))
    }

    /// Writes a proposal down. `false` where it cannot be any more; nothing is changed then.
    pub fn agree(&self, tenant: &TenantId, by: &Principal, proposal: &Proposal) -> Result<bool> {
        let nowhere = BTreeMap::new();
        let places = self.places.get(tenant).unwrap_or(&nowhere);
        let link = |it: &'_ matching::Record| places.get(&it.system).map(|place| (it.system.clone(), place.clone()));
        let Some(placed) = proposal.records.iter().map(link).collect::<Option<Vec<_>>>() else { return Ok(false) };
        let links: Vec<_> = placed
            .iter()
            .zip(&proposal.records)
            .map(|((system, place), record)| (system.as_str(), place.as_str(), &record.id))
            .collect();
        self.store.agree(tenant, by, &proposal.organisation, &links, Timestamp::now())
    }

    /// Takes back what was agreed.
    pub fn withdraw(&self, tenant: &TenantId, system: &str, organisation: &OrganisationId) -> Result<bool> {
        self.store.withdraw(tenant, system, organisation)
    }
}

/// What stands for exactly this proposal: its organisation and every record with its name.
pub fn mark(proposal: &Proposal) -> String {
    let mut text = format!("{}\0{}", proposal.organisation, proposal.is_configured);
    for it in &proposal.records {
        let _ = write!(text, "\0{}\0{}\0{}", it.system, it.id, it.name);
    }
    digest(&SHA256, text.as_bytes()).as_ref().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

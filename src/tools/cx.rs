//! What a tool is given: who asks, how far they reach, and the systems behind the ports.
//!
//! **Invariant:** a tool gets rows only through [`Port::open`], [`Port::admit`] and [`Port::page`], which compare each row's
//! owner with the caller's scope. A foreign row is dropped and counted; the audit row and a security event carry the count.

use super::refusal::{Code, Refusal};
use crate::caller::{Caller, Principal};
use crate::govern::action::Actions;
use crate::tenant::{System, Tenant};
use jiff::Timestamp;
use parking_lot::Mutex;
use postern_api::owned::Admitted;
use postern_api::{
    About, Assets, Billing, Bookings, CallCx, ContactId, Crm, Documents, Error, ExternalId, Identity, KnowledgeBase,
    LetGo, Notifications, Op, OrganisationId, OrganisationMap, Owned, Owner, Page, Portal, Projects, Reach, Sales,
    Scope, ServiceDesk, TenantId, Turn, Viewer,
};
use postern_policies::Engine;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// The role that speaks for an organisation.
pub const LEAD: &str = "lead-customer";

/// Whose login is whose contact, and which organisation is which, in each connected system. Stored and cached.
pub trait Identities: std::fmt::Debug + Send + Sync {
    /// The system's ids for the tenant's organisations.
    fn organisations(&self, tenant: &TenantId, system: &str) -> Result<Arc<OrganisationMap>, Error>;
    /// The contact that this principal was linked to.
    fn contact(&self, tenant: &TenantId, system: &str, principal: &Principal) -> Result<Option<ContactId>, Error>;
    /// Links a principal to a contact, once and for all; `Conflict` if either is linked to another.
    fn link(&self, tenant: &TenantId, system: &str, principal: &Principal, contact: &ContactId) -> Result<(), Error>;
    /// Who was linked to this contact.
    fn principal(&self, tenant: &TenantId, system: &str, contact: &ContactId) -> Result<Option<Principal>, Error>;
}

/// One thing that a principal did, as the audit tells it.
#[derive(Debug, Clone)]
pub struct PastCall {
    /// When.
    pub at: Timestamp,
    /// Which tool.
    pub tool: String,
    /// What came of it.
    pub outcome: String,
}

/// Which calls of customers are counted.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// Of which tenant.
    pub tenant: &'a TenantId,
    /// Of which organisation.
    pub organisation: &'a OrganisationId,
    /// Which tools, by their names.
    pub tools: &'a [&'a str],
    /// From when, and before when.
    pub span: (Timestamp, Timestamp),
}

/// The audit, as far as a tool may read it: what one person did, and how often people did something.
pub trait History: std::fmt::Debug + Send + Sync {
    /// The last calls of one principal, newest first.
    fn calls(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<Vec<PastCall>, Error>;
    /// How often customers of one organisation called one of these tools, by person as [`Self::person`] knows them; `None` where the
    /// log holds more than is looked through, so that a figure over it would be wrong.
    fn uses(&self, used: &Used<'_>) -> Result<Option<BTreeMap<String, u32>>, Error>;
    /// A person's name in [`Self::uses`], which says nothing about who it is.
    fn person(&self, tenant: &TenantId, principal: &Principal) -> String;
}

/// What happened during a call, for its audit row. No values, no names.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The organisations that the call was about, in our words.
    pub organisations: BTreeSet<OrganisationId>,
    /// The connected system.
    pub system: Option<Arc<str>>,
    /// Time spent waiting for connected systems.
    pub upstream: Duration,
    /// Rows that belonged to somebody else.
    pub dropped: u32,
}

/// What a tool is given.
#[derive(Debug, Clone)]
pub struct ToolCx {
    /// Who asks.
    pub caller: Arc<Caller>,
    /// The tenant's systems.
    pub tenant: Arc<Tenant>,
    /// How far the caller reaches.
    pub scope: Scope,
    /// The time of the call.
    pub now: Timestamp,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// The request's id.
    pub request_id: Arc<str>,
    /// The address that the request came from, where it is known.
    pub address: Option<IpAddr>,
    /// For a write: the reference by which it can be found again upstream.
    pub reference: Option<Arc<str>>,
    /// For a write: what notes that it is about to be sent.
    pub let_go: Option<Arc<dyn LetGo>>,
    /// The identity map.
    pub identities: Arc<dyn Identities>,
    /// What people did before.
    pub history: Arc<dyn History>,
    /// Who may call what.
    pub policies: Arc<Engine>,
    /// One turn at a time, by name.
    pub turns: Arc<Turns>,
    /// Governed writes on their way, to tell how they stand.
    pub actions: Arc<dyn Actions>,
    /// For the audit row.
    pub findings: Arc<Mutex<Findings>>,
}

/// Takes turns by name, within this process.
#[derive(Debug)]
pub struct Turns(moka::sync::Cache<String, Arc<tokio::sync::Mutex<()>>>);

impl Default for Turns {
    fn default() -> Self {
        Self(moka::sync::Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_secs(600)).build())
    }
}

/// A number for a person that says nothing about who it is, and is another one after a restart.
fn whose(principal: &Principal) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one(principal)
}

/// A port of one connected system, for one call.
#[derive(Debug)]
pub struct Port<'a, P: ?Sized + 'a> {
    /// The port.
    pub port: &'a P,
    /// The system behind it.
    pub system: &'a System,
    /// What every call carries.
    pub cx: CallCx,
    map: Arc<OrganisationMap>,
    tool: &'a ToolCx,
    /// Whether its records may be the tenant's own, as articles are. Of tickets and people every one has an organisation.
    is_shared: bool,
}

impl ToolCx {
    /// Tickets.
    pub fn desk(&self) -> Result<Port<'_, dyn ServiceDesk>, Refusal> {
        let system = &self.tenant.service_desk;
        self.port(system, system.adapter.service_desk(), Op::TicketList)
    }

    /// Customer records.
    pub fn crm(&self) -> Result<Port<'_, dyn Crm>, Refusal> {
        let system = &self.tenant.crm;
        self.port(system, system.adapter.crm(), Op::OrganisationGet)
    }

    /// Articles.
    pub fn knowledge(&self) -> Result<Port<'_, dyn KnowledgeBase>, Refusal> {
        let system = &self.tenant.knowledge;
        let port = self.port(system, system.adapter.knowledge(), Op::ArticleSearch)?;
        Ok(Port { is_shared: true, ..port })
    }

    /// Who may sign in.
    pub fn identity(&self) -> Result<Port<'_, dyn Identity>, Refusal> {
        let system = &self.tenant.identity;
        self.port(system, system.adapter.identity(), Op::LoginList)
    }

    /// Invoices and payments.
    pub fn billing(&self) -> Result<Port<'_, dyn Billing>, Refusal> {
        let system = self.tenant.more.billing.as_ref().ok_or_else(|| Error::unsupported(Op::InvoiceList))?;
        self.port(system, system.adapter.billing(), Op::InvoiceList)
    }

    /// Quotes, orders and contracts.
    pub fn sales(&self) -> Result<Port<'_, dyn Sales>, Refusal> {
        let system = self.tenant.more.sales.as_ref().ok_or_else(|| Error::unsupported(Op::OrderList))?;
        self.port(system, system.adapter.sales(), Op::OrderList)
    }

    /// Projects and service records.
    pub fn projects(&self) -> Result<Port<'_, dyn Projects>, Refusal> {
        let system = self.tenant.more.projects.as_ref().ok_or_else(|| Error::unsupported(Op::ProjectList))?;
        self.port(system, system.adapter.projects(), Op::ProjectList)
    }

    /// Equipment.
    pub fn assets(&self) -> Result<Port<'_, dyn Assets>, Refusal> {
        let system = self.tenant.more.assets.as_ref().ok_or_else(|| Error::unsupported(Op::AssetList))?;
        self.port(system, system.adapter.assets(), Op::AssetList)
    }

    /// Documents.
    pub fn documents(&self) -> Result<Port<'_, dyn Documents>, Refusal> {
        let system = self.tenant.more.documents.as_ref().ok_or_else(|| Error::unsupported(Op::DocumentList))?;
        self.port(system, system.adapter.documents(), Op::DocumentList)
    }

    /// Appointments.
    pub fn bookings(&self) -> Result<Port<'_, dyn Bookings>, Refusal> {
        let system = self.tenant.more.bookings.as_ref().ok_or_else(|| Error::unsupported(Op::BookingList))?;
        self.port(system, system.adapter.bookings(), Op::BookingList)
    }

    /// Telling people.
    pub fn notifications(&self) -> Result<Port<'_, dyn Notifications>, Refusal> {
        let system = self.tenant.more.notifications.as_ref().ok_or_else(|| Error::unsupported(Op::NoticeList))?;
        self.port(system, system.adapter.notifications(), Op::NoticeList)
    }

    /// Portal records.
    pub fn portal(&self) -> Result<Port<'_, dyn Portal>, Refusal> {
        let system = self.tenant.more.portal.as_ref().ok_or_else(|| Error::unsupported(Op::PortalConfigGet))?;
        self.port(system, system.adapter.portal(), Op::PortalConfigGet)
    }

    fn port<'a, P: ?Sized>(&'a self, system: &'a System, port: Option<&'a P>, op: Op) -> Result<Port<'a, P>, Refusal> {
        let port = port.ok_or_else(|| Error::unsupported(op))?;
        let map = self.identities.organisations(&self.tenant.id, &system.ids)?;
        let reach = match self.scope.named() {
            Some(named) => Reach::Organisations(named.iter().filter_map(|it| map.external(it)).cloned().collect()),
            None => Reach::Tenant,
        };
        let cx = CallCx {
            reach,
            deadline: self.deadline,
            request_id: self.request_id.to_string(),
            traceparent: crate::telemetry::traceparent(),
            turn: Turn { whose: whose(&self.caller.principal), background: false },
            reference: self.reference.as_deref().map(str::to_owned),
            looking: self.reference.is_none(),
            let_go: self.let_go.clone(),
        };
        self.findings.lock().system = Some(system.name.clone());
        Ok(Port { port, system, cx, map, tool: self, is_shared: false })
    }

    /// The customer's organisation.
    pub fn organisation(&self) -> Result<&OrganisationId, Refusal> {
        let organisation = self.caller.organisation.as_ref();
        organisation.ok_or_else(|| Refusal::new(Code::InvalidRealm, "this tool is for customers only"))
    }

    /// Waits until nobody else of the caller's organisation is at this, and holds the turn until it is dropped.
    pub async fn turn(&self, what: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let organisation = self.caller.organisation.as_ref().map_or("", OrganisationId::as_str);
        let lock = self.turns.0.get_with(format!("{}\n{organisation}\n{what}", self.tenant.id), Arc::default);
        lock.lock_owned().await
    }

    /// Marks a value as the caller's own.
    pub fn myself(&self) -> About {
        About::Myself
    }

    /// The tools that the caller may call: the decision that a call gets.
    pub fn visible_tools(&self) -> Vec<Arc<str>> {
        self.policies.visible(&self.caller.subject())
    }

    /// Whether the caller speaks for the organisation.
    pub fn is_lead(&self) -> bool {
        self.caller.roles.contains(LEAD)
    }

    /// The employee as tickets name them.
    pub fn agent(&self) -> postern_api::Agent {
        let email = self.caller.email.as_deref().map(str::to_owned);
        let name = self.caller.name.as_deref().map(str::to_owned);
        let subject = self.caller.principal.subject.to_string();
        postern_api::Agent {
            name: name.or_else(|| email.clone()).unwrap_or_else(|| subject.clone()),
            id: subject,
            email,
        }
    }
}

impl<P: ?Sized> Port<'_, P> {
    /// Adds the time that a call takes to the audit row.
    pub async fn timed<T>(&self, call: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let answer = call.await;
        self.tool.findings.lock().upstream += start.elapsed();
        answer
    }

    /// This system's id for one of our organisations, if it is in reach and mapped.
    pub fn external(&self, organisation: &OrganisationId) -> Option<ExternalId> {
        self.tool.scope.reaches(organisation).then(|| self.map.external(organisation).cloned()).flatten()
    }

    /// This system's id for the customer's own organisation.
    pub fn own(&self) -> Result<ExternalId, Refusal> {
        let organisation = self.tool.organisation()?;
        self.tool.findings.lock().organisations.insert(organisation.clone());
        self.external(organisation)
            .ok_or_else(|| Refusal::new(Code::OrgNotActive, "your organization is not connected to this system"))
    }

    /// Our name for one of this system's organisations, if it is in reach.
    pub fn ours(&self, external: &ExternalId) -> Option<&OrganisationId> {
        self.map.ours(external).filter(|it| self.tool.scope.reaches(it))
    }

    /// The mapped organisations in reach, with this system's ids.
    pub fn reachable(&self) -> Vec<(OrganisationId, ExternalId)> {
        let reached = self.map.organisations().filter(|it| self.tool.scope.reaches(it));
        reached.filter_map(|it| Some((it.clone(), self.map.external(it)?.clone()))).collect()
    }

    /// Opens a row of a list, or drops it.
    pub fn admit<T>(&self, row: Owned<T>) -> Option<Admitted<T>> {
        let admitted = match self.tool.scope.admit(&self.map, row) {
            Ok(admitted) if admitted.organisation.is_none() && !self.is_shared => Err(Owner::Tenant),
            admitted => admitted,
        };
        match admitted {
            Ok(admitted) => Some(admitted),
            Err(owner) => {
                self.tool.findings.lock().dropped += 1;
                tracing::warn!(
                    target: "postern::security",
                    system = %self.system.name,
                    tenant = %self.tool.tenant.id,
                    request_id = %self.tool.request_id,
                    owner = ?owner,
                    "a connected system returned a row outside the caller's scope; it was dropped"
                );
                None
            }
        }
    }

    /// Opens what a write answered. Only the organisation that it was sent for says that it was done: anybody else's record, also one
    /// that the caller reaches, means that nobody knows where the write went.
    pub fn written<T>(&self, row: Owned<T>, organisation: &OrganisationId) -> Result<T, Refusal> {
        let unknown = || super::refusal::missing(Code::OutcomeUnknown);
        let admitted = self.admit(row).ok_or_else(unknown)?;
        let mut findings = self.tool.findings.lock();
        if admitted.organisation.as_ref() != Some(organisation) {
            findings.dropped += 1;
            tracing::warn!(
                target: "postern::security",
                system = %self.system.name,
                tenant = %self.tool.tenant.id,
                request_id = %self.tool.request_id,
                "a connected system answered a write with another organisation's record"
            );
            return Err(unknown());
        }
        findings.organisations.insert(organisation.clone());
        Ok(admitted.record)
    }

    /// Opens one record; a foreign one is as if it did not exist.
    pub fn open<T>(&self, row: Owned<T>, code: Code) -> Result<Admitted<T>, Refusal> {
        let admitted = self.admit(row).ok_or_else(|| super::refusal::missing(code))?;
        if let Some(organisation) = &admitted.organisation {
            self.tool.findings.lock().organisations.insert(organisation.clone());
        }
        Ok(admitted)
    }

    /// Opens a page; foreign rows are dropped and not counted.
    pub fn page<T>(&self, page: Page<Owned<T>>) -> Page<Admitted<T>> {
        let before = page.rows.len();
        let rows: Vec<_> = page.rows.into_iter().filter_map(|row| self.admit(row)).collect();
        let dropped = before.saturating_sub(rows.len()) as u64;
        let owners = rows.iter().filter_map(|it| it.organisation.as_ref());
        self.tool.findings.lock().organisations.extend(owners.collect::<BTreeSet<_>>().into_iter().cloned());
        Page { rows, total: page.total.saturating_sub(dropped), truncated: page.truncated }
    }
}

impl Port<'_, dyn ServiceDesk> {
    /// The customer as this service desk numbers them: linked before, or found once by the verified e-mail address within
    /// the customer's own organisation and linked from then on.
    pub async fn viewer(&self) -> Result<Viewer, Refusal> {
        let caller = &self.tool.caller;
        let (tenant, system) = (&self.tool.tenant.id, &*self.system.ids);
        let organisation_wide = self.tool.is_lead();
        if let Some(contact) = self.tool.identities.contact(tenant, system, &caller.principal)? {
            return Ok(Viewer { contact, organisation_wide });
        }
        let unlinked = || {
            Refusal::new(Code::AccessDenied, "your account is not linked to a contact of your organization")
                .suggest("Ask the service provider to link your account.")
        };
        let organisation = self.own()?;
        let email = caller.email.as_deref().ok_or_else(unlinked)?;
        let found = self.timed(self.port.requester(&self.cx, &organisation, email)).await?.ok_or_else(unlinked)?;
        let person = self.admit(found).ok_or_else(unlinked)?.record;
        let contact = person.contact.ok_or_else(unlinked)?;
        self.tool.identities.link(tenant, system, &caller.principal, &contact).map_err(|error| {
            if error.kind() == postern_api::ErrorKind::Conflict { unlinked() } else { error.into() }
        })?;
        Ok(Viewer { contact, organisation_wide })
    }
}

//! A tenant: one MSP, the systems behind each port, and what its plans allow by default.

use crate::redact::Hosts;
use postern_api::{Adapter, Limits, Op, SlaHours, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One connected system, by its name in the configuration.
#[derive(Debug, Clone)]
pub struct System {
    /// The name in the configuration.
    pub name: Arc<str>,
    /// By which name the identity map has its organisations, and the other ports its people: its own, but for a system that uses
    /// another one's records.
    pub ids: Arc<str>,
    /// The connection.
    pub adapter: Arc<dyn Adapter>,
}

/// One MSP and the systems that it chose, one a port.
#[derive(Debug)]
pub struct Tenant {
    /// The id.
    pub id: TenantId,
    /// The name, for people.
    pub name: String,
    /// Tickets.
    pub service_desk: System,
    /// Customer records.
    pub crm: System,
    /// Articles.
    pub knowledge: System,
    /// Who may sign in.
    pub identity: System,
    /// The ports that a tenant may leave empty.
    pub more: MorePorts,
    /// By subscription tier: limits and hours for organisations whose system of record knows none.
    pub plans: BTreeMap<String, Plan>,
    /// Hosts whose links in people's text stay links.
    pub trusted_link_hosts: Arc<Hosts>,
}

/// The systems behind the ports that a tenant may leave empty: a tool that needs one of these is then not supported.
#[derive(Debug, Clone, Default)]
pub struct MorePorts {
    /// Invoices and payments.
    pub billing: Option<System>,
    /// Quotes, orders and contracts.
    pub sales: Option<System>,
    /// Projects and service records.
    pub projects: Option<System>,
    /// Equipment.
    pub assets: Option<System>,
    /// Documents.
    pub documents: Option<System>,
    /// Appointments.
    pub bookings: Option<System>,
    /// Telling people.
    pub notifications: Option<System>,
    /// Portal records.
    pub portal: Option<System>,
}

impl MorePorts {
    /// The systems that are there, each with what it is for, in words for people.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &System)> {
        let all = [
            ("Invoices and payments", &self.billing),
            ("Quotes, orders and contracts", &self.sales),
            ("Projects and service records", &self.projects),
            ("Equipment", &self.assets),
            ("Documents", &self.documents),
            ("Appointments", &self.bookings),
            ("Telling people", &self.notifications),
            ("Portal records", &self.portal),
        ];
        all.into_iter().filter_map(|(words, system)| Some((words, system.as_ref()?)))
    }
}

/// What a subscription tier allows where the CRM does not say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// Limits.
    pub limits: Limits,
    /// How fast the MSP answers.
    pub sla: Option<SlaHours>,
}

impl Tenant {
    /// Every system behind a port, with what the port is for, in words for people. One system may be there several times.
    pub fn systems(&self) -> impl Iterator<Item = (&'static str, &System)> {
        let always = [
            ("Service desk", &self.service_desk),
            ("Customers", &self.crm),
            ("Knowledge base", &self.knowledge),
            ("Sign-in directory", &self.identity),
        ];
        always.into_iter().chain(self.more.iter())
    }

    /// The system that an operation which changes something goes to, where the tenant has one.
    pub fn written(&self, op: Op) -> Option<&System> {
        const DESK: [Op; 8] = [
            Op::TicketCreate,
            Op::TicketComment,
            Op::TicketClose,
            Op::TicketEscalate,
            Op::TicketChange,
            Op::TicketReply,
            Op::TaskCreate,
            Op::TicketAdjust,
        ];
        const IDENTITY: [Op; 5] =
            [Op::LoginInvite, Op::LeadTransfer, Op::PortalUserInvite, Op::AccessChange, Op::AccessReset];
        const DOCUMENTS: [Op; 3] = [Op::DocumentPublish, Op::DocumentRevoke, Op::DocumentWithdraw];
        const PORTAL: [Op; 6] = [
            Op::BrandingSet,
            Op::WorkspaceCreate,
            Op::FaqSet,
            Op::SubmissionRecord,
            Op::ConsentRecord,
            Op::SnapshotRecord,
        ];
        let all = [
            (&DESK[..], Some(&self.service_desk)),
            (&IDENTITY, Some(&self.identity)),
            (&DOCUMENTS, self.more.documents.as_ref()),
            (&PORTAL, self.more.portal.as_ref()),
            (&[Op::ProfileChange], Some(&self.crm)),
            (&[Op::PaymentLinkCreate], self.more.billing.as_ref()),
            (&[Op::NoticeSend, Op::PreferenceSet], self.more.notifications.as_ref()),
        ];
        all.into_iter().find_map(|(ops, system)| system.filter(|_| ops.contains(&op)))
    }

    /// The limits of an organisation: its own, else its tier's.
    pub fn limits(&self, organisation: &postern_api::Organisation) -> Limits {
        let plan = self.plan(organisation);
        Limits {
            tickets_per_month: organisation.limits.tickets_per_month.or(plan.limits.tickets_per_month),
            contacts: organisation.limits.contacts.or(plan.limits.contacts),
        }
    }

    /// The hours of an organisation: its own, else its tier's.
    pub fn sla(&self, organisation: &postern_api::Organisation) -> Option<SlaHours> {
        organisation.sla.or(self.plan(organisation).sla)
    }

    fn plan(&self, organisation: &postern_api::Organisation) -> Plan {
        organisation.subscription_tier.as_ref().and_then(|tier| self.plans.get(tier)).copied().unwrap_or_default()
    }
}

//! What becomes visible to a portal user with other access roles, by name.
//!
//! **Invariant:** whoever may not read a kind of record learns which ones, and not what they say. What they are called is kept beside
//! the preview for whoever decides, and shown to those who may read it.

use super::governed::named;
use crate::tools::{Refusal, ToolCx};
use jiff::Timestamp;
use postern_api::{
    AccessRoleId, BookingId, BookingQuery, ContactId, Document, DocumentId, DocumentQuery, InvoiceId, InvoiceQuery,
    InvoiceStatus, OrderId, OrderQuery, OrderStatus, OrganisationId, PaymentId, ProjectId, ProjectQuery, Right, Text,
    TicketId, TicketQuery, Visibility,
};
use postern_policies::Realm;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Display;

/// The most records of a kind that a preview names.
const MOST: u32 = 50;

#[derive(Debug, Serialize)]
struct Seen<I: Serialize> {
    id: I,
    /// Absent for customers, and for an employee who may not read such records: whoever gives access to them need not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
}

/// What a record is called, as the `Named` of an action request.
#[derive(Debug, Serialize)]
pub(super) struct Called {
    list: &'static str,
    id: String,
    name: Text,
}

/// Whether the caller may read these records, as their list would say. A customer's lead may read some of a kind and not others: what
/// is meant for another role is no name to them.
fn reads(cx: &ToolCx, list: &str) -> bool {
    cx.caller.realm == Realm::Employee && cx.visible_tools().iter().any(|it| **it == *list)
}

/// What somebody did not see before and sees then.
#[derive(Debug, Default, Serialize)]
pub(super) struct Newly {
    newly_visible_documents: Vec<Seen<DocumentId>>,
    newly_visible_invoices: Vec<Seen<InvoiceId>>,
    newly_visible_payments: Vec<Seen<PaymentId>>,
    newly_visible_service_records: Vec<Seen<ProjectId>>,
    newly_visible_requests: Vec<Seen<TicketId>>,
    newly_visible_orders: Vec<Seen<OrderId>>,
    newly_visible_bookings: Vec<Seen<BookingId>>,
    /// Whether there is more than is named.
    named_in_part: bool,
    #[serde(skip)]
    called: Vec<Called>,
}

/// Somebody whose roles change, or who gets in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    /// Nobody's yet, for who gets in.
    pub(super) id: Option<&'a ContactId>,
    pub(super) email: &'a str,
    pub(super) roles_before: &'a [AccessRoleId],
    pub(super) roles_after: &'a [AccessRoleId],
    pub(super) before: &'a BTreeSet<Right>,
    pub(super) after: &'a BTreeSet<Right>,
}

impl Reader<'_> {
    fn gains(&self, right: Right) -> bool {
        self.after.contains(&right) && !self.before.contains(&right)
    }
}

/// Whether this user, with these roles and rights, sees a published version of a document.
fn sees(
    document: &Document,
    user: Option<&ContactId>,
    (roles, rights): (&[AccessRoleId], &BTreeSet<Right>),
    now: Timestamp,
) -> bool {
    let published = document.versions.iter().filter_map(|it| it.publication.as_ref());
    let mut open =
        published.filter(|it| it.expires_at.is_none_or(|end| end > now) && user.is_none_or(|user| it.shown_to(user)));
    rights.contains(&Right::Documents)
        && !document.internal
        && open.any(|it| it.roles.is_empty() || it.roles.iter().any(|role| roles.contains(role)))
}

impl Newly {
    pub(super) fn is_empty(&self) -> bool {
        let documents = self.newly_visible_documents.is_empty() && self.newly_visible_service_records.is_empty();
        let money = self.newly_visible_invoices.is_empty() && self.newly_visible_payments.is_empty();
        let rest = self.newly_visible_orders.is_empty() && self.newly_visible_bookings.is_empty();
        documents && money && rest && self.newly_visible_requests.is_empty()
    }

    /// Everything that is named, for a preview's targets.
    pub(super) fn ids(&self) -> String {
        fn of<I: Serialize + Display>(seen: &[Seen<I>]) -> impl Iterator<Item = String> + '_ {
            seen.iter().map(|it| it.id.to_string())
        }
        let ids = of(&self.newly_visible_documents)
            .chain(of(&self.newly_visible_invoices))
            .chain(of(&self.newly_visible_payments))
            .chain(of(&self.newly_visible_service_records))
            .chain(of(&self.newly_visible_requests))
            .chain(of(&self.newly_visible_orders))
            .chain(of(&self.newly_visible_bookings));
        ids.collect::<Vec<_>>().join(" ")
    }

    /// What all of it is called, whoever asks.
    pub(super) fn called(&mut self) -> Vec<Called> {
        std::mem::take(&mut self.called)
    }

    /// Records of the kind that `list` lists, by their ids, and by their names for whoever may read those.
    fn seen<I: Serialize + Display>(
        &mut self,
        cx: &ToolCx,
        list: &'static str,
        records: impl Iterator<Item = (I, Text)>,
    ) -> Vec<Seen<I>> {
        let reads = reads(cx, list);
        let seen = |(id, name): (I, Text)| {
            self.called.push(Called { list, id: id.to_string(), name: name.clone() });
            Seen { id, name: reads.then_some(name) }
        };
        records.map(seen).collect()
    }

    /// Looks at the records with the roles before and after.
    pub(super) async fn look(cx: &ToolCx, customer: &OrganisationId, reader: Reader<'_>) -> Result<Self, Refusal> {
        let mut newly = Self::default();
        if reader.after.contains(&Right::Documents) && cx.tenant.more.documents.is_some() {
            newly.documents(cx, customer, reader).await?;
        }
        if reader.gains(Right::Invoices) && cx.tenant.more.billing.is_some() {
            newly.invoices(cx, customer).await?;
        }
        if reader.gains(Right::Payments) && cx.tenant.more.billing.is_some() {
            newly.payments(cx, customer).await?;
        }
        if reader.gains(Right::ServiceRecords) && cx.tenant.more.projects.is_some() {
            newly.records(cx, customer).await?;
        }
        if reader.gains(Right::AllRequests) {
            newly.requests(cx, customer, reader.email).await?;
        }
        if reader.gains(Right::Orders) && cx.tenant.more.sales.is_some() {
            newly.orders(cx, customer).await?;
        }
        if reader.gains(Right::Bookings) && cx.tenant.more.bookings.is_some() {
            newly.bookings(cx, customer).await?;
        }
        Ok(newly)
    }

    async fn documents(&mut self, cx: &ToolCx, customer: &OrganisationId, reader: Reader<'_>) -> Result<(), Refusal> {
        let port = cx.documents()?;
        let organisation = Some(named(cx, &port, customer)?);
        let query = DocumentQuery { organisation, published_only: true, kind: None, offset: 0, limit: 200 };
        let page = port.page(port.timed(port.port.documents(&port.cx, &query)).await?);
        self.named_in_part |= page.truncated || page.total > page.rows.len() as u64;
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record);
        let newly = own.filter(|it| {
            sees(it, reader.id, (reader.roles_after, reader.after), cx.now)
                && !sees(it, reader.id, (reader.roles_before, reader.before), cx.now)
        });
        self.newly_visible_documents = self.seen(cx, "portal_documents_list", newly.map(|it| (it.id, it.name)));
        Ok(())
    }

    async fn invoices(&mut self, cx: &ToolCx, customer: &OrganisationId) -> Result<(), Refusal> {
        let port = cx.billing()?;
        let organisation = Some(named(cx, &port, customer)?);
        let query = InvoiceQuery { organisation, statuses: vec![], customer_visible: true, offset: 0, limit: MOST };
        let page = port.page(port.timed(port.port.invoices(&port.cx, &query)).await?);
        self.named_in_part |= page.truncated || page.total > page.rows.len() as u64;
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record);
        let own = own.filter(|it| it.customer_visible && it.status != InvoiceStatus::Draft);
        let numbers = own.map(|it| (it.id, Text::new(it.number)));
        self.newly_visible_invoices = self.seen(cx, "portal_invoices_list", numbers);
        Ok(())
    }

    async fn payments(&mut self, cx: &ToolCx, customer: &OrganisationId) -> Result<(), Refusal> {
        let port = cx.billing()?;
        let external = named(cx, &port, customer)?;
        let found = port.timed(port.port.payments(&port.cx, &external, None)).await?;
        let own = found.into_iter().filter_map(|it| port.admit(it));
        let mut own: Vec<_> = own.filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record).collect();
        self.named_in_part |= own.len() > MOST as usize;
        own.truncate(MOST as usize);
        let amounts = own.into_iter().map(|it| (it.id, Text::new(format!("{} at {}", it.amount, it.at))));
        self.newly_visible_payments = self.seen(cx, "portal_payments_list", amounts);
        Ok(())
    }

    async fn records(&mut self, cx: &ToolCx, customer: &OrganisationId) -> Result<(), Refusal> {
        let port = cx.projects()?;
        let organisation = Some(named(cx, &port, customer)?);
        let query = ProjectQuery { organisation, kinds: vec![], customer_visible: true, offset: 0, limit: MOST };
        let page = port.page(port.timed(port.port.projects(&port.cx, &query)).await?);
        self.named_in_part |= page.truncated || page.total > page.rows.len() as u64;
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record);
        let own = own.filter(|it| it.customer_visible);
        self.newly_visible_service_records =
            self.seen(cx, "portal_service_records_list", own.map(|it| (it.id, it.name)));
        Ok(())
    }

    async fn requests(&mut self, cx: &ToolCx, customer: &OrganisationId, email: &str) -> Result<(), Refusal> {
        let port = cx.desk()?;
        let organisation = Some(named(cx, &port, customer)?);
        let query = TicketQuery { organisation, without_tasks: true, limit: MOST, ..TicketQuery::default() };
        let page = port.page(port.timed(port.port.tickets(&port.cx, &query)).await?);
        self.named_in_part |= page.truncated || page.total > page.rows.len() as u64;
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record);
        let others = own.filter(|it| {
            let theirs = it.requester.email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(email));
            !theirs && it.visibility == Visibility::Organisation
        });
        self.newly_visible_requests = self.seen(cx, "portal_requests_list", others.map(|it| (it.id, it.subject)));
        Ok(())
    }

    async fn orders(&mut self, cx: &ToolCx, customer: &OrganisationId) -> Result<(), Refusal> {
        let port = cx.sales()?;
        let organisation = Some(named(cx, &port, customer)?);
        let query = OrderQuery { organisation, kind: None, customer_visible: true, offset: 0, limit: MOST };
        let page = port.page(port.timed(port.port.orders(&port.cx, &query)).await?);
        self.named_in_part |= page.truncated || page.total > page.rows.len() as u64;
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record);
        let own = own.filter(|it| it.customer_visible && it.status != OrderStatus::Draft);
        self.newly_visible_orders = self.seen(cx, "portal_orders_list", own.map(|it| (it.id, it.title)));
        Ok(())
    }

    async fn bookings(&mut self, cx: &ToolCx, customer: &OrganisationId) -> Result<(), Refusal> {
        let port = cx.bookings()?;
        let organisation = Some(named(cx, &port, customer)?);
        let query = BookingQuery { organisation, since: Some(cx.now), until: None, limit: MOST };
        let found = port.timed(port.port.bookings(&port.cx, &query)).await?;
        self.named_in_part |= found.len() >= MOST as usize;
        let own = found.into_iter().filter_map(|it| port.admit(it));
        let own = own.filter(|it| it.organisation.as_ref() == Some(customer)).map(|it| it.record);
        self.newly_visible_bookings = self.seen(cx, "portal_bookings_list", own.map(|it| (it.id, it.title)));
        Ok(())
    }
}

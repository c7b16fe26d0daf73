//! Service records: what is done for a customer, with what customers read of it apart from what employees note.

use super::money;
use super::rights::{member, require};
use super::whose::{MORE, Walk, admitted, is_customer, located};
use crate::tools::args::Count;
use crate::tools::refusal::{Missing, missing};
use crate::tools::support::view::{Pagination, ReplyFrom, staff_name};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use jiff::civil::Date;
use postern_api::{
    Financial, Internal, InvoiceId, InvoiceStatus, OrganisationId, PaymentStatus, Pii, Project, ProjectEntry,
    ProjectId, ProjectKind, ProjectQuery, Right, Text, Withheld, WorkStatus, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List the service records of one customer: services, projects and after-sales work, how far each is and who runs it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRecords {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only this kind.
    #[serde(default)]
    kind: Option<ProjectKind>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RecordList {
    customer_id: OrganisationId,
    records: Vec<RecordView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RecordView {
    record_id: ProjectId,
    kind: ProjectKind,
    name: Text,
    status: WorkStatus,
    #[serde(skip_serializing_if = "classified::absent")]
    owner: Option<Pii>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_complete: Option<u8>,
    #[serde(skip_serializing_if = "classified::absent")]
    updated_at: Option<Internal<Timestamp>>,
    #[serde(skip_serializing_if = "classified::absent")]
    customer_visible: Option<Internal<bool>>,
    #[serde(skip_serializing_if = "classified::absent")]
    cost: Option<Financial<String>>,
    #[serde(skip_serializing_if = "classified::absent")]
    notes: Option<Internal<Text>>,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

/// What a project holds that customers must not find anywhere in the answer.
pub(super) fn withheld(it: &Project) -> Withheld {
    let agents = it.owner.iter().chain(it.timeline.iter().filter_map(|it| it.by.as_ref()));
    let mut values: Vec<String> = agents.flat_map(|it| [Some(it.id.clone()), it.email.clone()]).flatten().collect();
    values.extend(it.cost.as_ref().map(|it| it.amount.to_string()));
    values.retain(|it| it.chars().count() >= 4);
    Withheld(values)
}

impl RecordView {
    fn of(it: &Project, for_staff: bool) -> Self {
        Self {
            withheld: if for_staff { Withheld::default() } else { withheld(it) },
            record_id: it.id.clone(),
            kind: it.kind,
            name: it.name.clone(),
            status: it.status,
            owner: it.owner.as_ref().map(staff_name),
            starts_on: it.days.from,
            ends_on: it.days.until,
            percent_complete: it.percent_complete,
            // It moves with internal notes too.
            updated_at: for_staff.then(|| Internal::new(it.updated_at)),
            customer_visible: for_staff.then(|| Internal::new(it.customer_visible)),
            cost: it.cost.as_ref().filter(|_| for_staff).map(|it| Financial::new(it.to_string())),
            notes: it.notes.clone().filter(|_| for_staff).map(Internal::new),
        }
    }
}

impl Tool for ListRecords {
    const NAME: &'static str = "portal.service_records.list";
    const TITLE: &'static str = "List service records";
    const KIND: Kind = Kind::Read;
    type Output = RecordList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<RecordList>, Refusal> {
        let customer = is_customer(cx);
        let port = cx.projects()?;
        let (customer_id, external) = located(cx, &port, self.customer_id.as_ref())?;
        require(cx, Right::ServiceRecords).await?;
        let mut walk = Walk::new(customer, self.limit.get(), self.offset.get());
        while let Some((offset, limit)) = walk.next() {
            let query = ProjectQuery {
                organisation: Some(external.clone()),
                kinds: self.kind.into_iter().collect(),
                customer_visible: customer,
                offset,
                limit,
            };
            let page = port.timed(port.port.projects(&port.cx, &query)).await?;
            walk.take(&port, Some(&customer_id), page, |it| !customer || it.customer_visible);
        }
        if customer {
            // The order in which anything last changed would tell of internal notes.
            walk.rows_mut().sort_by(|(_, a), (_, b)| b.days.from.cmp(&a.days.from).then_with(|| a.id.cmp(&b.id)));
        }
        let (rows, pagination, more) = walk.done();
        let records = rows.iter().map(|(_, it)| RecordView::of(it, !customer)).collect();
        Ok(RecordList { customer_id, records, pagination }.reply().truncated(more, MORE))
    }
}

/// Read one service record: timeline, files, deliverables, and the payments that belong to it. What customers read stands apart from
/// what employees note.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetRecord {
    /// The record's ID, as lists show it.
    record_id: ProjectId,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RecordDetail {
    customer_id: OrganisationId,
    #[serde(flatten)]
    record: RecordView,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Text>,
    /// What customers read of its timeline, oldest first.
    comments: Vec<EntryView>,
    #[serde(skip_serializing_if = "classified::absent")]
    internal_notes: Option<Internal<Vec<EntryView>>>,
    files: Vec<Text>,
    #[serde(skip_serializing_if = "classified::absent")]
    internal_files: Option<Internal<Vec<Text>>>,
    deliverables: Vec<Text>,
    /// Absent for who may not see payments.
    #[serde(skip_serializing_if = "Option::is_none")]
    related_payments: Option<Vec<RelatedPayment>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EntryView {
    at: Timestamp,
    #[serde(skip_serializing_if = "classified::absent")]
    by: Option<Pii>,
    text: Text,
}

impl EntryView {
    fn of(it: &ProjectEntry) -> Self {
        Self { at: it.at, by: it.by.as_ref().map(staff_name), text: it.text.clone() }
    }
}

/// An invoice of the record, and what was paid for it.
#[derive(Debug, Serialize, JsonSchema)]
struct RelatedPayment {
    invoice_id: InvoiceId,
    invoice_status: InvoiceStatus,
    balance: String,
    payments: Vec<PaidView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PaidView {
    amount: String,
    status: PaymentStatus,
    at: Timestamp,
}

/// One project that the caller may see, and whose it is. Another's, a hidden one and none at all are the same.
pub(super) async fn readable(cx: &ToolCx, id: &ProjectId) -> Result<(OrganisationId, Project), Refusal> {
    let port = cx.projects()?;
    let found = port.timed(port.port.project(&port.cx, id)).await.or_missing(Code::RecordNotFound)?;
    let admitted = port.open(found, Code::RecordNotFound)?;
    let organisation = admitted.organisation.ok_or_else(|| missing(Code::RecordNotFound))?;
    if is_customer(cx) && !admitted.record.customer_visible {
        return Err(missing(Code::RecordNotFound));
    }
    Ok((organisation, admitted.record))
}

/// Invoices that are looked up for one record.
const INVOICES: usize = 10;

/// The invoices and payments of a record; `None` for who may not see payments.
async fn related(cx: &ToolCx, ours: &OrganisationId, record: &Project) -> Result<Option<Vec<RelatedPayment>>, Refusal> {
    let customer = is_customer(cx);
    let by_policy = cx.visible_tools().iter().any(|it| **it == *"portal_payments_list");
    let by_role = member(cx).await?.is_none_or(|it| it.may(Right::Payments) && it.may(Right::Invoices));
    if !by_policy || !by_role || cx.tenant.more.billing.is_none() {
        return Ok(None);
    }
    let billing = cx.billing()?;
    let Some(external) = billing.external(ours) else { return Ok(None) };
    let mut related = Vec::new();
    for id in record.invoices.iter().take(INVOICES) {
        let invoice = match money::invoice(&billing, ours, id, customer).await {
            Ok(invoice) => invoice,
            Err(refusal) if refusal.code == Code::RecordNotFound => continue,
            Err(refusal) => return Err(refusal),
        };
        let payments = billing.timed(billing.port.payments(&billing.cx, &external, Some(id))).await?;
        let payments = admitted(&billing, ours, payments).into_iter().filter(|it| it.invoice.as_ref() == Some(id));
        related.push(RelatedPayment {
            invoice_id: invoice.id,
            invoice_status: invoice.status,
            balance: invoice.balance.to_string(),
            payments: payments
                .map(|it| PaidView { amount: it.amount.to_string(), status: it.status, at: it.at })
                .collect(),
        });
    }
    Ok(Some(related))
}

impl Tool for GetRecord {
    const NAME: &'static str = "portal.service_record.get";
    const TITLE: &'static str = "Read a service record";
    const KIND: Kind = Kind::Read;
    type Output = RecordDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<RecordDetail>, Refusal> {
        require(cx, Right::ServiceRecords).await?;
        let for_staff = !is_customer(cx);
        let (customer_id, it) = readable(cx, &self.record_id).await?;
        let related_payments = related(cx, &customer_id, &it).await?;
        let (notes, comments): (Vec<_>, Vec<_>) = it.timeline.iter().partition(|it| it.internal);
        let names =
            |internal: bool| it.files.iter().filter(move |it| it.1 == internal).map(|it| it.0.clone()).collect();
        let detail = RecordDetail {
            record: RecordView::of(&it, for_staff),
            description: it.description.clone(),
            comments: comments.into_iter().map(EntryView::of).collect(),
            internal_notes: for_staff.then(|| Internal::new(notes.into_iter().map(EntryView::of).collect())),
            files: names(false),
            internal_files: for_staff.then(|| Internal::new(names(true))),
            deliverables: it.deliverables.clone(),
            related_payments,
            customer_id,
        };
        Ok(detail.reply())
    }
}

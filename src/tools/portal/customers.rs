//! The customers in reach, with where each one's portal stands.

use super::whose::{MORE, admitted, paged, staff_only};
use crate::tools::args::{Count, Line};
use crate::tools::support::view::{Pagination, ReplyFrom, organisation, staff_name};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use futures::future::join_all;
use postern_api::{
    Agent, ExternalId, OrganisationId, OrganisationStatus, Pii, ProjectQuery, Text, Workspace, WorkspaceId, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List the customers that you serve, by name, with where each one's portal stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListCustomers {
    /// Only customers in this state.
    #[serde(default)]
    status: Option<OrganisationStatus>,
    /// Only customers with these words in their name.
    #[serde(default)]
    company: Option<Line<120>>,
    /// Only customers whose latest work is run by somebody with these words in their name.
    #[serde(default)]
    owner: Option<Line<120>>,
    /// Only customers whose portal stands so.
    #[serde(default)]
    activation: Option<Activation>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

/// Where a customer's portal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Activation {
    /// People can use it.
    Active,
    /// There is one, and nobody can use it.
    Inactive,
    /// There is none.
    None,
}

impl Activation {
    pub(super) fn of(workspace: Option<&Workspace>) -> Self {
        match workspace {
            Some(it) if it.active => Self::Active,
            Some(_) => Self::Inactive,
            None => Self::None,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CustomerList {
    customers: Vec<CustomerView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CustomerView {
    customer_id: OrganisationId,
    name: Text,
    status: OrganisationStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_tier: Option<Text>,
    activation: Activation,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    /// Who runs their latest work.
    #[serde(skip_serializing_if = "classified::absent")]
    owner: Option<Pii>,
}

/// The portal of one customer, where there is one.
pub(super) async fn workspace(cx: &ToolCx, ours: &OrganisationId) -> Result<Option<Workspace>, Refusal> {
    let portal = cx.portal()?;
    let Some(external) = portal.external(ours) else { return Ok(None) };
    let found = portal.timed(portal.port.workspace(&portal.cx, &external)).await?;
    Ok(admitted(&portal, ours, found.into_iter().collect()).pop())
}

/// Who runs the work of one customer that changed last.
async fn owner(cx: &ToolCx, ours: &OrganisationId) -> Result<Option<Agent>, Refusal> {
    if cx.tenant.more.projects.is_none() {
        return Ok(None);
    }
    let port = cx.projects()?;
    let Some(external) = port.external(ours) else { return Ok(None) };
    let query =
        ProjectQuery { organisation: Some(external), kinds: vec![], customer_visible: false, offset: 0, limit: 1 };
    let page = port.timed(port.port.projects(&port.cx, &query)).await?;
    Ok(admitted(&port, ours, page.rows).pop().and_then(|it| it.owner))
}

/// A customer, with what it is found by.
struct Found {
    name: String,
    owner: Option<String>,
    view: CustomerView,
}

/// One customer; `None` where the system of record does not know it.
async fn row(cx: &ToolCx, (ours, external): (OrganisationId, ExternalId)) -> Result<Option<Found>, Refusal> {
    let it = match organisation(&cx.crm()?, &external).await {
        Ok(it) => it,
        Err(refusal) if refusal.code == Code::OrganizationNotFound => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let workspace = workspace(cx, &ours).await?;
    let owner = owner(cx, &ours).await?;
    let view = CustomerView {
        name: Text::from(it.name.as_str()),
        status: it.status,
        subscription_tier: it.subscription_tier.map(Text::new),
        activation: Activation::of(workspace.as_ref()),
        workspace_id: workspace.map(|it| it.id),
        owner: owner.as_ref().map(staff_name),
        customer_id: ours,
    };
    Ok(Some(Found { name: it.name, owner: owner.map(|it| it.name), view }))
}

/// Customers that are read at most, and how many of them at a time.
const MOST: usize = 200;
const AT_ONCE: usize = 8;

fn has(text: &str, words: &Line<120>) -> bool {
    text.to_lowercase().contains(&words.as_str().to_lowercase())
}

impl Tool for ListCustomers {
    const NAME: &'static str = "portal.customers.list";
    const TITLE: &'static str = "List customers";
    const KIND: Kind = Kind::Read;
    type Output = CustomerList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<CustomerList>, Refusal> {
        staff_only(cx)?;
        let mut reachable = cx.crm()?.reachable();
        let cut = reachable.len() > MOST;
        reachable.truncate(MOST);
        let mut customers = Vec::with_capacity(reachable.len());
        while !reachable.is_empty() {
            let some = reachable.drain(..reachable.len().min(AT_ONCE));
            for found in join_all(some.map(|it| row(cx, it))).await {
                customers.extend(found?);
            }
        }
        customers.retain(|it| {
            self.status.is_none_or(|status| it.view.status == status)
                && self.activation.is_none_or(|activation| it.view.activation == activation)
                && self.company.as_ref().is_none_or(|words| has(&it.name, words))
                && self.owner.as_ref().is_none_or(|words| it.owner.as_ref().is_some_and(|it| has(it, words)))
        });
        customers.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.view.customer_id.cmp(&b.view.customer_id)));
        let customers: Vec<_> = customers.into_iter().map(|it| it.view).collect();
        let (customers, pagination, more) = paged(customers, self.limit.get(), self.offset.get());
        cx.findings.lock().organisations = customers.iter().map(|it| it.customer_id.clone()).collect();
        Ok(CustomerList { customers, pagination }.reply().truncated(more || cut, MORE))
    }
}

//! How far the projects of a customer are, in what was meant for the customer to read, whoever asks.

use super::rights::require;
use super::whose::{MORE, Walk, located};
use super::work::{readable, withheld};
use crate::tools::args::Count;
use crate::tools::support::view::{Pagination, ReplyFrom};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::civil::Date;
use postern_api::{
    OrganisationId, Phase, Project, ProjectId, ProjectKind, ProjectQuery, Right, Text, Withheld, WorkStatus,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Read how far the projects of one customer are: the stages, milestones, blockers and expected end that the customer may read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListProjects {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only this project, by its record's ID.
    #[serde(default)]
    record_id: Option<ProjectId>,
    /// How many to return.
    #[serde(default)]
    limit: Count<10, 1, 20>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProjectList {
    customer_id: OrganisationId,
    projects: Vec<ProjectView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProjectView {
    record_id: ProjectId,
    name: Text,
    status: WorkStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_complete: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_completion: Option<Date>,
    stages: Vec<StageView>,
    tasks: TaskSummary,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

/// How many of the stages and tasks that the customer may read stand how.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct TaskSummary {
    total: u32,
    done: u32,
    in_progress: u32,
    blocked: u32,
}

impl TaskSummary {
    fn of(phases: &[Phase]) -> Self {
        let mut summary = Self::default();
        for it in phases.iter().filter(|it| !it.internal) {
            summary.total += 1;
            summary.done += u32::from(it.status == WorkStatus::Done);
            summary.in_progress += u32::from(it.status == WorkStatus::InProgress);
            summary.blocked += u32::from(it.blocker.is_some());
        }
        summary
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct StageView {
    name: Text,
    status: WorkStatus,
    milestone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_on: Option<Date>,
    /// What stands in its way, as it was confirmed for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocker: Option<Text>,
}

impl StageView {
    /// `None` for what only employees may see.
    fn of(it: &Phase) -> Option<Self> {
        (!it.internal).then(|| Self {
            name: it.name.clone(),
            status: it.status,
            milestone: it.milestone,
            starts_on: it.days.from,
            ends_on: it.days.until,
            blocker: it.blocker.clone(),
        })
    }
}

impl ProjectView {
    fn of(it: &Project) -> Self {
        Self {
            withheld: withheld(it),
            record_id: it.id.clone(),
            name: it.name.clone(),
            status: it.status,
            percent_complete: it.percent_complete,
            expected_completion: it.days.until,
            tasks: TaskSummary::of(&it.phases),
            stages: it.phases.iter().filter_map(StageView::of).collect(),
        }
    }
}

impl Tool for ListProjects {
    const NAME: &'static str = "portal.project_status.list";
    const TITLE: &'static str = "Read project status";
    const KIND: Kind = Kind::Read;
    type Output = ProjectList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<ProjectList>, Refusal> {
        let port = cx.projects()?;
        let (customer_id, external) = located(cx, &port, self.customer_id.as_ref())?;
        require(cx, Right::ServiceRecords).await?;
        let mut walk = Walk::new(true, self.limit.get(), self.offset.get());
        while let Some((offset, limit)) = walk.next() {
            let query = ProjectQuery {
                organisation: Some(external.clone()),
                kinds: vec![ProjectKind::Project, ProjectKind::AfterSales],
                customer_visible: true,
                offset,
                limit,
            };
            let page = port.timed(port.port.projects(&port.cx, &query)).await?;
            let wanted = |it: &Project| self.record_id.as_ref().is_none_or(|id| it.id == *id);
            walk.take(&port, Some(&customer_id), page, |it| it.customer_visible && wanted(it));
        }
        // Not the order in which anything last changed, which would tell of internal notes.
        walk.rows_mut().sort_by(|(_, a), (_, b)| b.days.from.cmp(&a.days.from).then_with(|| a.id.cmp(&b.id)));
        let (rows, pagination, more) = walk.done();
        let mut projects = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            // Lists need not carry the stages.
            match readable(cx, &row.id).await {
                Ok((owner, it)) if owner == customer_id && it.customer_visible => projects.push(ProjectView::of(&it)),
                Ok(_) => {}
                Err(refusal) if refusal.code == Code::RecordNotFound => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(ProjectList { customer_id, projects, pagination }.reply().truncated(more, MORE))
    }
}

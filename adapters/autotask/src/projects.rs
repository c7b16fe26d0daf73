//! Projects with their phases and tasks.
//!
//! **Invariant:** a customer sees a project and its phases only where the settings say that projects are for customers and its
//! type is `Client`, and a task only where its own mark says so too.

use crate::adapter::{Autotask, number};
use crate::desk::agent;
use crate::filter::Filter;
use crate::labels::{Labels, label};
use crate::records::{days, reachable};
use crate::wire::{PhaseRow, ProjectRow, TaskRow, lines, owner, time};
use crate::words;
use jiff::Timestamp;
use postern_api::domain::{Phase, Project, ProjectKind, ProjectQuery, WorkStatus};
use postern_api::{CallCx, Error, ErrorKind, Owned, Page, PhaseId, ProjectId, Projects, Result, Text};
use std::collections::{BTreeMap, BTreeSet};

#[postern_api::async_trait]
impl Projects for Autotask {
    async fn projects(&self, cx: &CallCx, query: &ProjectQuery) -> Result<Page<Owned<Project>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.projects;
        if hidden || !(query.kinds.is_empty() || query.kinds.contains(&ProjectKind::Project)) {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let found = self.records::<ProjectRow>(cx, "Projects", query.organisation.as_ref(), vec![]).await?;
        let (statuses, kinds) = self.project_words(cx).await?;
        let leads: BTreeSet<i64> = found.rows.iter().filter_map(|(_, row)| row.lead.id()).collect();
        let names = self.resource_names(cx, &leads).await?;
        let mut projects = found.each(|row| self.project_of(row, (&statuses, &kinds), &names))?;
        projects.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Project, b: &Project| b.updated_at.cmp(&a.updated_at).then_with(|| b.id.cmp(&a.id));
        Ok(projects.page((query.offset, query.limit), order))
    }

    async fn project(&self, cx: &CallCx, id: &ProjectId) -> Result<Owned<Project>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("project"))?;
        let row: ProjectRow = self.client.one(cx, "Projects", number, "project").await?;
        let owner = owner(row.company);
        if !reachable(cx, &owner) {
            return Ok(Owned::new(owner, self.project_of(&row, (&Labels::new(), &Labels::new()), &BTreeMap::new())?));
        }
        let (statuses, kinds) = self.project_words(cx).await?;
        let names = self.resource_names(cx, &row.lead.id().into_iter().collect()).await?;
        let mut project = self.project_of(&row, (&statuses, &kinds), &names)?;
        project.phases = self.phases(cx, number, project.customer_visible).await?;
        Ok(Owned::new(owner, project))
    }
}

impl Autotask {
    /// The labels of projects' statuses and types.
    async fn project_words(&self, cx: &CallCx) -> Result<(Labels, Labels)> {
        let statuses = self.labels(cx, "Projects", "status").await?;
        Ok((statuses, self.labels(cx, "Projects", "projectType").await?))
    }

    fn project_of(
        &self,
        row: &ProjectRow,
        (statuses, kinds): (&Labels, &Labels),
        names: &BTreeMap<i64, String>,
    ) -> Result<Project> {
        let id = row.id.id().and_then(|id| ProjectId::new(&id.to_string()).ok());
        let status = label(statuses, row.status.0).unwrap_or_default();
        Ok(Project {
            id: id.ok_or_else(|| Error::bad_reply("a project without a number"))?,
            kind: ProjectKind::Project,
            name: Text::new(row.name.or_empty()),
            description: Some(lines(&row.description)).filter(|it| !it.is_empty()).map(Text::new),
            status: words::work(status, false),
            owner: row.lead.id().map(|it| agent(it, names)),
            days: days(&row.start, &row.end),
            percent_complete: row.percent.0.and_then(|it| u8::try_from(it).ok()).filter(|it| *it <= 100),
            phases: vec![],
            timeline: vec![],
            files: vec![],
            deliverables: vec![],
            invoices: vec![],
            cost: None,
            notes: None,
            // Templates, proposals and the MSP's own projects are nobody's business.
            customer_visible: self.config.customer_visible.projects
                && label(kinds, row.kind.0).is_some_and(|it| it.eq_ignore_ascii_case("client")),
            updated_at: time(&row.touched).or_else(|| time(&row.start)).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// A project's phases and then its tasks, each in the order of its plan. A row that names another project is another's.
    async fn phases(&self, cx: &CallCx, project: i64, shown: bool) -> Result<Vec<Phase>> {
        let filter = Filter::every(vec![Filter::number("projectID", project)]);
        let most = self.config.max_rows;
        let phases = match self.client.rows::<PhaseRow>(cx, "Phases", &filter, Some(PhaseRow::NAMES), most).await {
            Ok(found) => found.rows,
            // Some zones do not have this entity; a project is whole without it.
            Err(e) if e.kind() == ErrorKind::NotFound => vec![],
            Err(e) => return Err(e),
        };
        let tasks = self.client.rows::<TaskRow>(cx, "Tasks", &filter, Some(TaskRow::NAMES), most).await?.rows;
        let statuses = self.labels(cx, "Tasks", "status").await?;
        let mut ours: Vec<&PhaseRow> = phases.iter().filter(|it| it.project.id() == Some(project)).collect();
        ours.sort_by_key(|it| (it.start.get().map(str::to_owned), it.place.get().map(str::to_owned), it.id.id()));
        let mut parts = Vec::new();
        for row in ours {
            parts.push(Phase {
                id: id("phase", row.id.id())?,
                name: Text::new(row.title.or_empty()),
                status: WorkStatus::Other,
                days: days(&row.start, &row.due),
                milestone: false,
                blocker: None,
                internal: !shown,
            });
        }
        let mut ours: Vec<&TaskRow> = tasks.iter().filter(|it| it.project.id() == Some(project)).collect();
        ours.sort_by_key(|it| (it.start.get().map(str::to_owned), it.id.id()));
        for row in ours {
            let done = time(&row.completed).is_some();
            parts.push(Phase {
                id: id("task", row.id.id())?,
                name: Text::new(row.title.or_empty()),
                status: words::work(label(&statuses, row.status.0).unwrap_or_default(), done),
                days: days(&row.start, &row.end),
                milestone: false,
                blocker: None,
                internal: !(shown && row.visible.0 == Some(true)),
            });
        }
        Ok(parts)
    }
}

/// Phases and tasks both count from 1, so an id says which one it is.
fn id(what: &str, number: Option<i64>) -> Result<PhaseId> {
    let id = number.and_then(|it| PhaseId::new(&format!("{what}-{it}")).ok());
    id.ok_or_else(|| Error::bad_reply("a phase without a number"))
}

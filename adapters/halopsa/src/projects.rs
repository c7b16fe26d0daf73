//! Projects: tickets that say that they are one, with their milestones.
//!
//! **Invariants:** a ticket that does not say so, by itself or by its type, is no project, so that no ticket is read this way
//! past its own visibility; and a customer sees a project only where the settings say that projects are for customers, and it is
//! plainly not sensitive.

use crate::adapter::{HaloPsa, number};
use crate::text;
use crate::vocabulary::Meanings;
use crate::wire::{ProjectRow, owner};
use jiff::Timestamp;
use postern_api::domain::{Days, Phase, Project, ProjectKind, ProjectQuery, WorkStatus};
use postern_api::records::{days, reachable};
use postern_api::{Agent, CallCx, Error, Owned, Page, PhaseId, ProjectId, Projects, Result, Text, TicketStatus};

#[postern_api::async_trait]
impl Projects for HaloPsa {
    async fn projects(&self, cx: &CallCx, query: &ProjectQuery) -> Result<Page<Owned<Project>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.projects;
        if hidden || !(query.kinds.is_empty() || query.kinds.contains(&ProjectKind::Project)) {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let list = ("Projects", "tickets");
        let mut found = self.records::<ProjectRow>(cx, list, query.organisation.as_ref(), &[]).await?;
        found.rows.retain(|(_, row)| self.is_project(row));
        let statuses = self.statuses(cx).await?;
        let mut projects = found.each(|row| self.project_of(row, &statuses))?;
        projects.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Project, b: &Project| b.updated_at.cmp(&a.updated_at).then_with(|| b.id.cmp(&a.id));
        Ok(projects.page((query.offset, query.limit), order))
    }

    async fn project(&self, cx: &CallCx, id: &ProjectId) -> Result<Owned<Project>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("project"))?;
        let query = [("includedetails", "true".to_owned())];
        let row: ProjectRow = self.client.one(cx, "Projects", number, &query, "project").await?;
        if !self.is_project(&row) {
            return Err(Error::not_found("project"));
        }
        let owner = owner(row.client_id);
        let statuses = self.statuses(cx).await?;
        let mut project = self.project_of(&row, &statuses)?;
        if reachable(cx, &owner) {
            project.phases = self.milestones(&row)?;
        }
        Ok(Owned::new(owner, project))
    }
}

impl HaloPsa {
    fn is_project(&self, row: &ProjectRow) -> bool {
        let typed = row.tickettype_id.id().is_some_and(|it| self.config.project_types.contains(&it));
        (row.is_project.0 == Some(true) || typed) && row.deleted.0 != Some(true)
    }

    /// Whether customers may see it: the settings say so, and it is plainly not sensitive.
    fn shows(&self, row: &ProjectRow) -> bool {
        self.config.customer_visible.projects && row.is_sensitive.0 == Some(false)
    }

    fn project_of(&self, row: &ProjectRow, statuses: &Meanings<TicketStatus>) -> Result<Project> {
        let id = row.id.id().and_then(|id| ProjectId::new(&id.to_string()).ok());
        let status = match statuses.meaning(row.status_id.id()) {
            Some(TicketStatus::Closed | TicketStatus::Resolved) => WorkStatus::Done,
            Some(TicketStatus::Pending) => WorkStatus::OnHold,
            Some(TicketStatus::Open) => WorkStatus::InProgress,
            Some(TicketStatus::Other) | None => WorkStatus::Other,
        };
        let agent = row.agent_id.id().filter(|it| *it != self.config.unassigned_agent_id);
        Ok(Project {
            id: id.ok_or_else(|| Error::bad_reply("a project without a number"))?,
            kind: ProjectKind::Project,
            name: Text::new(row.summary.or_empty()),
            description: row.details.get().map(|it| Text::new(text::plain(it))),
            status,
            owner: agent.map(|it| Agent {
                id: it.to_string(),
                name: row.agent_name.get().unwrap_or("Support").to_owned(),
                email: None,
            }),
            days: days(&row.startdate, &row.targetdate),
            percent_complete: None,
            phases: vec![],
            timeline: vec![],
            files: vec![],
            deliverables: vec![],
            invoices: vec![],
            cost: None,
            notes: None,
            customer_visible: self.shows(row),
            updated_at: (self.clock.read(&row.last_update))
                .or_else(|| self.clock.read(&row.dateoccurred))
                .unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// A project's milestones in their order. The vendor says neither where one stands nor who may see it.
    fn milestones(&self, row: &ProjectRow) -> Result<Vec<Phase>> {
        let shown = self.shows(row);
        let mut rows: Vec<_> = row.milestones.rows().unwrap_or_default().iter().collect();
        rows.sort_by_key(|it| (it.sequence.0, it.id.id()));
        let phase = |it: &crate::wire::MilestoneRow| {
            let id = it.id.id().and_then(|id| PhaseId::new(&id.to_string()).ok());
            let Days { from, until } = days(&it.start_date, &it.target_date);
            Ok(Phase {
                id: id.ok_or_else(|| Error::bad_reply("a milestone without a number"))?,
                name: Text::new(it.name.or_empty()),
                status: WorkStatus::Other,
                days: Days { from, until },
                milestone: true,
                blocker: None,
                internal: !shown,
            })
        };
        rows.into_iter().map(phase).collect()
    }
}

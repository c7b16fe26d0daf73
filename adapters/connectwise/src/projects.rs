//! Projects and their phases.
//!
//! **Invariant:** a customer sees a project only where the settings say that projects are for customers, and the vendor's
//! own flag plainly says that the portal shows it; its phases only together with it.

use crate::adapter::{ConnectWise, plain};
use crate::client::Query;
use crate::config::number;
use crate::records::{agent, days, reachable};
use crate::wire::{self, Flag, PhaseRow, ProjectRow, owner, time};
use crate::words;
use jiff::Timestamp;
use postern_api::domain::{Page, Phase, Project, ProjectKind, ProjectQuery};
use postern_api::{CallCx, Error, Owned, PhaseId, ProjectId, Projects, Result, Text};

#[postern_api::async_trait]
impl Projects for ConnectWise {
    async fn projects(&self, cx: &CallCx, query: &ProjectQuery) -> Result<Page<Owned<Project>>> {
        let hidden = query.customer_visible && !self.config.customer_visible.projects;
        if hidden || !(query.kinds.is_empty() || query.kinds.contains(&ProjectKind::Project)) {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let path = ["project", "projects"];
        let asked = query.organisation.as_ref();
        let found = self.records::<ProjectRow>(cx, &path, asked, wire::PROJECT, |it| it).await?;
        let mut projects = found.each(|row| self.project_of(row))?;
        projects.retain(|it| !query.customer_visible || it.customer_visible);
        let order = |a: &Project, b: &Project| b.updated_at.cmp(&a.updated_at).then_with(|| b.id.cmp(&a.id));
        Ok(projects.page((query.offset, query.limit), order))
    }

    async fn project(&self, cx: &CallCx, id: &ProjectId) -> Result<Owned<Project>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("project"))?;
        let path = ["project", "projects"];
        let row: ProjectRow = self.client.one(cx, &path, number, wire::PROJECT, "project").await?;
        let owner = owner(row.company.id);
        let mut project = self.project_of(&row)?;
        if reachable(cx, &owner) {
            project.phases = self.phases(cx, number, project.customer_visible).await?;
        }
        Ok(Owned::new(owner, project))
    }
}

impl ConnectWise {
    fn project_of(&self, row: &ProjectRow) -> Result<Project> {
        let id = row.id.id().and_then(|id| ProjectId::new(&id.to_string()).ok());
        let shown = self.config.customer_visible.projects && row.do_not_display_in_portal_flag == Flag::No;
        Ok(Project {
            id: id.ok_or_else(|| Error::bad_reply("a project without a number"))?,
            kind: ProjectKind::Project,
            name: Text::new(plain(&row.name)),
            description: Some(plain(&row.description)).filter(|it| !it.is_empty()).map(Text::new),
            status: words::work(row.status.name.or_empty(), row.closed_flag == Flag::Yes),
            owner: agent(&row.manager),
            days: days(&row.estimated_start, &row.estimated_end),
            percent_complete: None,
            phases: vec![],
            timeline: vec![],
            files: vec![],
            deliverables: vec![],
            invoices: vec![],
            cost: None,
            notes: None,
            customer_visible: shown,
            updated_at: time(&row.info.last_updated).or(row.info.date_entered.0).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// A project's phases in the order of its plan. A row that names another project is not this one's.
    async fn phases(&self, cx: &CallCx, project: i64, shown: bool) -> Result<Vec<Phase>> {
        let path = ["project", "projects", &project.to_string(), "phases"];
        let query = Query { fields: wire::PHASE, ..Query::default() };
        let mut rows = self.client.all::<PhaseRow>(cx, &path, &query).await?;
        rows.retain(|row| row.project_id.id() == Some(project));
        rows.sort_by_key(|row| (place(row.wbs_code.or_empty()), row.id.id()));
        rows.iter().map(|row| phase(row, shown)).collect()
    }
}

fn phase(row: &PhaseRow, shown: bool) -> Result<Phase> {
    let id = row.id.id().and_then(|id| PhaseId::new(&id.to_string()).ok());
    Ok(Phase {
        id: id.ok_or_else(|| Error::bad_reply("a phase without a number"))?,
        name: Text::new(plain(&row.description)),
        status: words::work(row.status.name.or_empty(), false),
        days: days(&row.scheduled_start, &row.scheduled_end),
        milestone: row.mark_as_milestone_flag == Flag::Yes,
        blocker: None,
        internal: !shown,
    })
}

/// The numbers of a plan's code: `1.10` comes after `1.2`; what has none comes last.
fn place(code: &str) -> Vec<u32> {
    let numbers: Option<Vec<u32>> = code.split('.').map(|it| it.trim().parse().ok()).collect();
    numbers.unwrap_or_else(|| vec![u32::MAX])
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_plans_codes_are_numbers_and_not_letters() {
        let mut codes = ["1.10", "x", "2", "1.2", "1", ""];
        codes.sort_by_key(|it| place(it));
        assert_eq!(codes, ["1", "1.2", "1.10", "2", "x", ""]);
    }
}

//! Projects and service records.

use crate::adapter::Tenant;
use crate::convert::{days, from_json, id, named, owner, some_agent, some_money, some_text, text, time, words};
use crate::fail::Result as Inner;
use crate::filter::{Filter, Listing, nothing};
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

const PROJECTS: Listing = Listing {
    columns: "o.id, p.key, p.id, p.kind, p.name, p.description, p.status, a.id, a.name, a.email, p.from_on, p.until_on,
              p.percent, p.files, p.deliverables, p.invoices, p.cost, p.currency, p.notes, p.customer_visible,
              p.updated_at",
    from: "FROM project p JOIN organisation o ON o.key = p.organisation LEFT JOIN agent a ON a.key = p.owner
           WHERE p.tenant = :tenant",
    order: "p.updated_at DESC, p.key DESC",
};

#[async_trait]
impl Projects for Tenant {
    async fn projects(&self, cx: &CallCx, query: &ProjectQuery) -> Result<Page<Owned<Project>>> {
        self.read(cx, |rows| list(rows, &cx.reach, query))
    }

    async fn project(&self, cx: &CallCx, id: &ProjectId) -> Result<Owned<Project>> {
        self.read(cx, |rows| one(rows, &cx.reach, id))
    }
}

fn list(rows: &Rows<'_>, reach: &Reach, query: &ProjectQuery) -> Inner<Page<Owned<Project>>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "p.organisation")? {
        return Ok(nothing());
    }
    filter.one_of("p.kind", ":kinds", &words(&query.kinds)?);
    if query.customer_visible {
        filter.and("p.customer_visible = 1");
    }
    PROJECTS.page(rows, filter, (query.offset, query.limit), |row| {
        let (_, owner, project) = head(row)?;
        Ok(Owned::new(owner, project))
    })
}

/// One with all that belongs to it. Out of reach is as if it were not there.
fn one(rows: &Rows<'_>, reach: &Reach, id: &ProjectId) -> Inner<Owned<Project>> {
    let sql = format!("SELECT {} {} AND p.id = :id", PROJECTS.columns, PROJECTS.from);
    match rows.one(&sql, &[(":id", &id.as_str())], head)? {
        Some((key, Owner::Organisation(organisation), mut project)) if reach.contains(&organisation) => {
            project.phases = phases(rows, key)?;
            project.timeline = timeline(rows, key)?;
            Ok(Owned::new(Owner::Organisation(organisation), project))
        }
        Some(_) | None => Err(Error::not_found("project").into()),
    }
}

/// A project's row without phases and timeline: its key, its owner, the rest.
fn head(row: &Row<'_>) -> Inner<(i64, Owner, Project)> {
    let files: Vec<(String, bool)> = from_json(row, 13)?;
    let deliverables: Vec<String> = from_json(row, 14)?;
    let record = Project {
        id: id(row, 2, ProjectId::new)?,
        kind: named(row, 3)?,
        name: text(row, 4)?,
        description: some_text(row, 5)?,
        status: named(row, 6)?,
        owner: some_agent(row, 7)?,
        days: days(row, 10)?,
        percent_complete: row.get(12)?,
        phases: vec![],
        timeline: vec![],
        files: files.into_iter().map(|(name, internal)| (Text::new(name), internal)).collect(),
        deliverables: deliverables.into_iter().map(Text::new).collect(),
        invoices: from_json(row, 15)?,
        cost: some_money(row, 16)?,
        notes: some_text(row, 18)?,
        customer_visible: row.get(19)?,
        updated_at: time(row, 20)?,
    };
    Ok((row.get(1)?, owner(row, 0)?, record))
}

fn phases(rows: &Rows<'_>, project: i64) -> Inner<Vec<Phase>> {
    rows.all(
        "SELECT id, name, status, from_on, until_on, milestone, blocker, internal FROM phase
         WHERE tenant = :tenant AND project = :project ORDER BY place, key",
        &[(":project", &project)],
        |row| {
            Ok(Phase {
                id: id(row, 0, PhaseId::new)?,
                name: text(row, 1)?,
                status: named(row, 2)?,
                days: days(row, 3)?,
                milestone: row.get(5)?,
                blocker: some_text(row, 6)?,
                internal: row.get(7)?,
            })
        },
    )
}

fn timeline(rows: &Rows<'_>, project: i64) -> Inner<Vec<ProjectEntry>> {
    rows.all(
        "SELECT e.at, a.id, a.name, a.email, e.text, e.internal FROM project_entry e LEFT JOIN agent a ON a.key = e.agent
         WHERE e.tenant = :tenant AND e.project = :project ORDER BY e.at, e.key",
        &[(":project", &project)],
        |row| {
            Ok(ProjectEntry {
                at: time(row, 0)?,
                by: some_agent(row, 1)?,
                text: text(row, 4)?,
                internal: row.get(5)?,
            })
        },
    )
}

//! Projects and service records, with what only employees may read of them.

use super::billing::day;
use super::{agent_key, ago, organisation_key};
use crate::convert::{json, micros, word};
use crate::fail::Result;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::{ProjectKind, WorkStatus};

const DAY: i64 = 24 * 60;

/// Name, state, days ago it begins and ends (negative: to come), whether a milestone, blocker, for employees only.
type Phase = (&'static str, WorkStatus, i64, i64, bool, Option<&'static str>, bool);

/// Hours ago, by whom, text, for employees only.
type Entry = (i64, &'static str, &'static str, bool);

struct Project {
    organisation: &'static str,
    id: &'static str,
    kind: ProjectKind,
    name: &'static str,
    description: &'static str,
    status: WorkStatus,
    owner: &'static str,
    days: (i64, i64),
    percent: Option<u8>,
    phases: &'static [Phase],
    timeline: &'static [Entry],
    files: &'static [(&'static str, bool)],
    deliverables: &'static [&'static str],
    invoices: &'static [&'static str],
    cost: Option<&'static str>,
    notes: Option<&'static str>,
    visible: bool,
}

const SOFIA: &str = "service-lead@msp.example";
const MARCUS: &str = "support-write@msp.example";
const LEO: &str = "leo.brandt@msp.example";

const WORK: Project = Project {
    organisation: "acme",
    id: "",
    kind: ProjectKind::Project,
    name: "",
    description: "",
    status: WorkStatus::InProgress,
    owner: SOFIA,
    days: (30, -30),
    percent: None,
    phases: &[],
    timeline: &[],
    files: &[],
    deliverables: &[],
    invoices: &[],
    cost: None,
    notes: None,
    visible: true,
};

const PROJECTS: [Project; 9] = [
    Project {
        id: "PRJ-101",
        name: "Wi-Fi renewal in the warehouse",
        description: "New access points in halls A to C, measured before and after.",
        days: (40, -20),
        percent: Some(55),
        phases: &[
            ("Survey", WorkStatus::Done, 40, 30, false, None, false),
            ("Cabling", WorkStatus::InProgress, 28, -5, false, Some("The lift is booked until Thursday"), false),
            ("Hand-over", WorkStatus::Planned, -18, -20, true, None, false),
            ("Replace Leo, PHASEACMEX9", WorkStatus::Planned, -2, -3, false, Some("Nobody is free"), true),
        ],
        timeline: &[
            (960, MARCUS, "The survey is done, the report is with you.", false),
            (500, SOFIA, "Leo is two days behind again, LATEACME21. Swap him before the customer sees it.", true),
            (90, MARCUS, "Hall A is cabled.", false),
        ],
        files: &[("survey-warehouse.pdf", false), ("hours-and-margin-ACMEFILE3.xlsx", true)],
        deliverables: &["Report of the survey", "Plan of the access points"],
        invoices: &["INV-2103"],
        cost: Some("3120.40"),
        notes: Some("COSTACME55: we lose money beyond 60 hours. Do not offer more."),
        ..WORK
    },
    Project {
        id: "PRJ-102",
        kind: ProjectKind::Service,
        name: "Managed backup",
        description: "Daily backup of servers and mailboxes, restored once a quarter to prove it.",
        owner: MARCUS,
        days: (200, -165),
        timeline: &[(2_000, MARCUS, "Restore proved for the second quarter.", false)],
        deliverables: &["Quarterly proof of restore"],
        invoices: &["INV-2102"],
        cost: Some("141.00"),
        ..WORK
    },
    Project {
        id: "PRJ-103",
        kind: ProjectKind::AfterSales,
        name: "Recover from the June outage, INTERNALACME7",
        description: "What we owe Acme, and how we say it.",
        status: WorkStatus::OnHold,
        notes: Some("Legal reads it first."),
        visible: false,
        ..WORK
    },
    Project {
        organisation: "globex",
        id: "PRJ-201",
        name: "CAD workstation rollout",
        description: "Twelve workstations, two a day, with the designers' profiles.",
        days: (12, -16),
        percent: Some(30),
        phases: &[
            ("Image and profiles", WorkStatus::Done, 12, 8, false, None, false),
            ("Rollout", WorkStatus::InProgress, 6, -10, false, None, false),
            ("All twelve in place", WorkStatus::Planned, -10, -10, true, None, false),
            ("Check stock, PHASEGLX2", WorkStatus::Planned, 1, -1, false, None, true),
        ],
        timeline: &[
            (100, LEO, "The first four are in place.", false),
            (70, LEO, "Two came broken, GLXBROKEN2, swap quietly from the Initech order.", true),
        ],
        files: &[("rollout-plan.pdf", false)],
        deliverables: &["Twelve workstations"],
        invoices: &["INV-2201"],
        cost: Some("15400.00"),
        notes: Some("GLXMARGIN18 per machine."),
        ..WORK
    },
    Project {
        organisation: "globex",
        id: "PRJ-202",
        kind: ProjectKind::AfterSales,
        name: "Label printers after the move",
        description: "Care for three printers in the new hall.",
        owner: LEO,
        status: WorkStatus::Done,
        percent: Some(100),
        days: (90, 60),
        ..WORK
    },
    Project {
        organisation: "globex",
        id: "PRJ-203",
        name: "Plan if Globex leaves, INTERNALGLX4",
        description: "Hand-over in case the contract ends in autumn.",
        status: WorkStatus::Planned,
        visible: false,
        ..WORK
    },
    Project {
        organisation: "initech",
        id: "PRJ-301",
        kind: ProjectKind::Service,
        name: "Printer care",
        description: "Toner and repairs for the whole floor.",
        owner: LEO,
        days: (300, -60),
        timeline: &[
            (400, LEO, "The big printer has a new drum.", false),
            (399, LEO, "Refurbished drum, INIDRUM8, charged as new.", true),
        ],
        cost: Some("88.00"),
        ..WORK
    },
    Project {
        organisation: "initech",
        id: "PRJ-302",
        name: "Move to the new office",
        description: "Network and telephones at the new address.",
        status: WorkStatus::Cancelled,
        days: (150, 100),
        ..WORK
    },
    Project {
        organisation: "initech",
        id: "PRJ-303",
        name: "Collect what is owed, INTERNALINI6",
        description: "Steps before the lawyer.",
        visible: false,
        ..WORK
    },
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    PROJECTS.iter().try_for_each(|project| project.insert(rows, now))
}

impl Project {
    fn insert(&self, rows: &Rows<'_>, now: Timestamp) -> Result<()> {
        let changed = self.timeline.iter().map(|it| it.0 * 60).min().unwrap_or(self.days.0.abs() * DAY);
        let project = rows.insert(
            "INSERT INTO project (tenant, id, organisation, kind, name, description, status, owner, from_on, until_on,
             percent, files, deliverables, invoices, cost, currency, notes, customer_visible, updated_at)
             VALUES (:tenant, :id, :organisation, :kind, :name, :description, :status, :owner, :from, :until, :percent,
             :files, :deliverables, :invoices, :cost, 'USD', :notes, :visible, :updated)",
            &[
                (":id", &self.id),
                (":organisation", &organisation_key(rows, self.organisation)?),
                (":kind", &word(&self.kind)?),
                (":name", &self.name),
                (":description", &self.description),
                (":status", &word(&self.status)?),
                (":owner", &agent_key(rows, self.owner)?),
                (":from", &day(now, self.days.0)),
                (":until", &day(now, self.days.1)),
                (":percent", &self.percent),
                (":files", &json(&self.files)?),
                (":deliverables", &json(&self.deliverables)?),
                (":invoices", &json(&self.invoices)?),
                (":cost", &self.cost),
                (":notes", &self.notes),
                (":visible", &self.visible),
                (":updated", &micros(ago(now, changed))),
            ],
        )?;
        for (place, (name, status, from, until, milestone, blocker, internal)) in (1_i64..).zip(self.phases) {
            rows.insert(
                "INSERT INTO phase (tenant, id, project, place, name, status, from_on, until_on, milestone, blocker,
                 internal) VALUES (:tenant, :id, :project, :place, :name, :status, :from, :until, :milestone, :blocker,
                 :internal)",
                &[
                    (":id", &rows.fresh("PH")?),
                    (":project", &project),
                    (":place", &place),
                    (":name", name),
                    (":status", &word(status)?),
                    (":from", &day(now, *from)),
                    (":until", &day(now, *until)),
                    (":milestone", milestone),
                    (":blocker", blocker),
                    (":internal", internal),
                ],
            )?;
        }
        for (hours, by, text, internal) in self.timeline {
            rows.insert(
                "INSERT INTO project_entry (tenant, project, agent, text, internal, at)
                 VALUES (:tenant, :project, :agent, :text, :internal, :at)",
                &[
                    (":project", &project),
                    (":agent", &agent_key(rows, by)?),
                    (":text", text),
                    (":internal", internal),
                    (":at", &micros(ago(now, hours * 60))),
                ],
            )?;
        }
        Ok(())
    }
}

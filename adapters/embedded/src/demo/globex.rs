//! Globex: professional, answers within four hours, solves within a day.

use super::data::{BASIC, CASE, Case, Customer, GONE, INVITED, LEAD, LEO, Line::*, MARCUS, Person, SOFIA};
use postern_api::{Priority::*, TicketStatus::*};

pub(super) const GLOBEX: Customer = Customer {
    id: "globex",
    name: "Globex GmbH",
    domain: "globex.example",
    tier: "professional",
    sla: "Gold",
    tickets_per_month: 100,
    contacts: 10,
    response_hours: 4,
    resolution_hours: 24,
    people: &[
        Person {
            local: "lead",
            name: "Priya Raman",
            phone: "+44 20 7946 0321",
            title: "Operations director",
            login: LEAD,
            notes: Some("Compares us with a cheaper offer. Contract ends in autumn."),
        },
        Person {
            local: "basic",
            name: "Tom Okafor",
            phone: "+44 20 7946 0377",
            title: "Mechanical engineer",
            login: BASIC,
            notes: None,
        },
        Person {
            local: "ines.duarte",
            name: "Ines Duarte",
            phone: "+44 20 7946 0352",
            title: "Planner",
            login: BASIC,
            notes: None,
        },
        Person {
            local: "karl.vogel",
            name: "Karl Vogel",
            phone: "+44 20 7946 0390",
            title: "Plant manager",
            login: INVITED,
            notes: Some("Invited by Priya, wants reports only."),
        },
        Person {
            local: "mia.hansen",
            name: "Mia Hansen",
            phone: "+44 20 7946 0305",
            title: "Former assistant",
            login: GONE,
            notes: None,
        },
    ],
    cases: CASES,
};

const CASES: &[Case] = &[
    Case {
        subject: "CAD licence server unreachable",
        text: "None of us can start the CAD program. It says that the licence server cannot be reached.",
        priority: Critical,
        category: "Applications",
        hours_ago: 2,
        talk: &[
            Agent(MARCUS, 25, "We are restarting the licence service now."),
            Note(
                MARCUS,
                33,
                "Host GLXLIC01 ran out of memory again. The virtual machine is undersized, which we chose.",
            ),
        ],
        ..CASE
    },
    Case {
        who: 2,
        subject: "Label printer prints the wrong size",
        text: "Labels come out at half size since the update. Call me on +44 20 7946 0352 if you need me at the printer.",
        category: "Hardware",
        hours_ago: 7,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 95, "The driver was reset by the update. May we connect to your PC at two?"),
            Note(LEO, 99, "Update ring was set to fast for this customer by mistake."),
            Customer(2, 130, "Two is fine."),
        ],
        ..CASE
    },
    Case {
        who: 0,
        subject: "What would leaving the contract early cost",
        text: "Please tell me the notice period and the cost of leaving early. This is not for my team to see.",
        private: true,
        category: "Billing",
        hours_ago: 49,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 120, "I will call you about it this afternoon."),
            Note(SOFIA, 125, "Retention risk. Daniel wants to offer two free months, do not mention it in writing."),
        ],
        ..CASE
    },
    Case {
        subject: "Access to my former colleague's drive",
        text: "I need a drawing that was only on Mia's drive. Please do not tell the team, it is my mistake.",
        private: true,
        priority: Low,
        category: "Accounts",
        hours_ago: 44,
        agent: Some(LEO),
        talk: &[Agent(LEO, 180, "We need your director's approval for that. May we ask her?")],
        status: Pending,
        ..CASE
    },
    Case {
        who: 2,
        subject: "Shared mailbox for planning",
        text: "Please create planning@globex.example and give Tom and me access.",
        status: Resolved,
        priority: Low,
        category: "Email",
        hours_ago: 120,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 60, "The mailbox is there. It appears in Outlook within an hour."),
            Note(LEO, 61, "No licence needed below 50 GB."),
        ],
        resolution: Some("Shared mailbox created, both have access."),
        ..CASE
    },
    Case {
        subject: "Wi-Fi in hall 3 keeps dropping",
        text: "Scanners in hall 3 lose the network several times an hour. The Wi-Fi key is pwd=Halle3-Turbine!77.",
        priority: High,
        category: "Network",
        hours_ago: 31,
        talk: &[
            Agent(MARCUS, 200, "Two access points are on the same channel. We change that tonight."),
            Note(MARCUS, 210, "And they pasted the key into the ticket, rotate it with the change."),
            Customer(1, 900, "Better, but still drops near the crane."),
        ],
        breach: Some("A third access point has to be mounted and the installer comes next week."),
        escalations: &[("Field service", "Needs a site survey with the crane running", "Marcus Hale", 930)],
        ..CASE
    },
    Case {
        who: 0,
        subject: "Monthly report is missing",
        text: "We did not get the service report for last month.",
        status: Closed,
        priority: Low,
        category: "General",
        hours_ago: 400,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 150, "Sorry, it went to an old address. It is on its way to you."),
            Note(SOFIA, 151, "Address list of the report job is kept by hand. Of course it is."),
        ],
        resolution: Some("Report sent, address corrected."),
        ..CASE
    },
    Case {
        subject: "PC restarts while rendering",
        text: "My workstation restarts when I render large assemblies.",
        status: Pending,
        category: "Hardware",
        hours_ago: 60,
        talk: &[
            Agent(MARCUS, 140, "The power supply is failing. A new one is ordered."),
            Note(MARCUS, 141, "Out of warranty since March. Ask Helen whether we charge for it."),
        ],
        breach: Some("Spare part with the supplier."),
        files: &[("event-log.evtx", "application/octet-stream", 1_114_112, false)],
        ..CASE
    },
    Case {
        who: 2,
        subject: "Cannot print to the plotter",
        text: "The plotter is offline for everybody in planning.",
        status: Closed,
        category: "Hardware",
        hours_ago: 620,
        agent: Some(LEO),
        talk: &[Agent(LEO, 80, "Its address had changed. It is fixed now and prints again.")],
        resolution: Some("Plotter has a fixed address."),
        ..CASE
    },
    Case {
        who: 0,
        subject: "Multi-factor sign-in for everyone",
        text: "Our insurer asks for multi-factor sign-in for all staff. Please plan it.",
        category: "Security",
        hours_ago: 15,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 90, "Gladly. I will send a plan with dates by Friday."),
            Note(SOFIA, 96, "Upsell: conditional access needs the higher plan for all 40 seats."),
        ],
        ..CASE
    },
    Case {
        subject: "Old drawings cannot be restored",
        text: "I deleted a folder with drawings from 2023 by mistake. Please restore it.",
        status: Closed,
        priority: High,
        category: "Backup",
        hours_ago: 260,
        talk: &[
            Agent(MARCUS, 55, "We are restoring from the backup of the night before."),
            Note(MARCUS, 58, "First restore failed: the repository had a broken chain since two weeks. Rebuilt."),
            Agent(MARCUS, 1_900, "The folder is back."),
        ],
        resolution: Some("Folder restored from backup."),
        breach: Some("The newest backup could not be read; restored from an older one."),
        escalations: &[("Second line", "Backup chain broken", "Marcus Hale", 300)],
        ..CASE
    },
    Case {
        who: 2,
        subject: "Calendar shows the wrong time zone",
        text: "My appointments are an hour off since the weekend.",
        status: Resolved,
        priority: Low,
        category: "Email",
        hours_ago: 80,
        agent: Some(LEO),
        talk: &[Agent(LEO, 70, "Your mailbox was set to another zone. It is correct now.")],
        resolution: Some("Time zone of the mailbox corrected."),
        ..CASE
    },
];

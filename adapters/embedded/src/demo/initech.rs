//! Initech: basic, answers within eight hours, solves within three days; its contact limit is used up.

use super::data::{BASIC, CASE, Case, Customer, GONE, INVITED, LEAD, LEO, Line::*, MARCUS, Person, SOFIA};
use postern_api::{Priority::*, TicketStatus::*};

pub(super) const INITECH: Customer = Customer {
    id: "initech",
    name: "Initech Ltd",
    domain: "initech.example",
    tier: "basic",
    sla: "Silver",
    tickets_per_month: 15,
    contacts: 4,
    response_hours: 8,
    resolution_hours: 72,
    people: &[
        Person {
            local: "lead",
            name: "Laura Bennett",
            phone: "+1 415 555 0132",
            title: "Office manager",
            login: LEAD,
            notes: Some("Pays late. Ask finance before any project work."),
        },
        Person {
            local: "basic",
            name: "Peter Novak",
            phone: "+1 415 555 0164",
            title: "Programmer",
            login: BASIC,
            notes: None,
        },
        Person {
            local: "samir.nair",
            name: "Samir Nair",
            phone: "+1 415 555 0177",
            title: "Programmer",
            login: BASIC,
            notes: None,
        },
        Person {
            local: "joan.weaver",
            name: "Joan Weaver",
            phone: "+1 415 555 0109",
            title: "Bookkeeper",
            login: INVITED,
            notes: None,
        },
        Person {
            local: "milton.crane",
            name: "Milton Crane",
            phone: "+1 415 555 0191",
            title: "Archivist",
            login: GONE,
            notes: Some("Still on the payroll by mistake, says Laura. Not our business."),
        },
    ],
    cases: CASES,
};

const CASES: &[Case] = &[
    Case {
        subject: "Printer reports a load letter error",
        text: "The printer on the second floor says PC LOAD LETTER and prints nothing.",
        category: "Hardware",
        hours_ago: 6,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 150, "It asks for letter paper in the cassette. Could you check tray 2?"),
            Note(LEO, 152, "Third call about INIPRN2 this month. It is twelve years old, suggest a lease."),
        ],
        ..CASE
    },
    Case {
        who: 2,
        subject: "Cannot reach the source repository",
        text: "git says 'connection refused' since this morning. My direct line is +1 415 555 0177.",
        priority: High,
        category: "Network",
        hours_ago: 11,
        talk: &[
            Agent(MARCUS, 190, "A firewall rule was too strict. Please try again."),
            Note(MARCUS, 195, "Rule pushed to the wrong customer group by me. Rolled back, no word about it."),
            Customer(2, 230, "Works from the office, not from home."),
        ],
        ..CASE
    },
    Case {
        who: 0,
        subject: "Removing access for someone who leaves",
        text: "Somebody leaves on Friday. I will tell you the name by telephone. Keep it confidential.",
        private: true,
        priority: High,
        category: "Accounts",
        hours_ago: 25,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 200, "Understood. We are ready from noon on Friday."),
            Note(SOFIA, 210, "It is Samir. Disable at 12:00 sharp, wipe the phone after."),
        ],
        ..CASE
    },
    Case {
        subject: "Question about my private phone in the company network",
        text: "Can you see what I do on my own phone when it is in the company Wi-Fi?",
        private: true,
        priority: Low,
        category: "General",
        hours_ago: 40,
        agent: Some(LEO),
        talk: &[Agent(LEO, 300, "No. Guests are in a network of their own and we keep no record of what they open.")],
        status: Resolved,
        resolution: Some("Question answered."),
        ..CASE
    },
    Case {
        who: 2,
        subject: "Database login in the staging environment",
        text: "Staging refuses us: connection string is Server=db1;User Id=app;Password=St4ging-Rollup-88; please check.",
        status: Pending,
        category: "Servers",
        hours_ago: 70,
        talk: &[
            Agent(MARCUS, 400, "The password has expired. Who may approve a new one on your side?"),
            Note(MARCUS, 402, "Same password as production, I tried the hash. Raise with Laura carefully."),
        ],
        ..CASE
    },
    Case {
        who: 0,
        subject: "Invoice for March is too high",
        text: "We were billed for 14 seats but have 12.",
        status: Closed,
        category: "Billing",
        hours_ago: 900,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 460, "You are right. A credit note is on its way."),
            Note(SOFIA, 470, "Seat count is synced once a quarter only. Helen knows."),
        ],
        resolution: Some("Credit note issued."),
        ..CASE
    },
    Case {
        subject: "Laptop does not charge",
        text: "My laptop charges only when I hold the plug in a certain way.",
        status: Closed,
        category: "Hardware",
        hours_ago: 450,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 380, "We have ordered a new charging port."),
            Note(LEO, 381, "Port is 19, labour 90. Charge the flat rate."),
        ],
        resolution: Some("Charging port replaced."),
        ..CASE
    },
    Case {
        who: 2,
        subject: "Backup warning on the file server",
        text: "The file server shows a message that the last backup failed.",
        priority: High,
        category: "Backup",
        hours_ago: 90,
        talk: &[
            Agent(MARCUS, 610, "The backup disk is full. We are moving old versions away."),
            Note(MARCUS, 620, "It failed for nine days before anybody looked. Nine."),
        ],
        breach: Some("Alerts of this customer went to a mailbox that nobody reads."),
        escalations: &[("Second line", "No good backup for nine days", "Marcus Hale", 640)],
        ..CASE
    },
    Case {
        subject: "Keyboard with another layout",
        text: "Please send me a keyboard with the Czech layout.",
        status: Resolved,
        priority: Low,
        category: "Hardware",
        hours_ago: 200,
        agent: Some(LEO),
        talk: &[Agent(LEO, 240, "It is on its way.")],
        resolution: Some("Keyboard delivered."),
        files: &[("keyboard.jpg", "image/jpeg", 204_800, false)],
        ..CASE
    },
    Case {
        who: 0,
        subject: "Phones ring in the wrong office",
        text: "Calls to the main number ring in the warehouse instead of the front desk.",
        status: Closed,
        priority: Critical,
        category: "Telephony",
        hours_ago: 330,
        talk: &[
            Agent(MARCUS, 45, "We have corrected the call route. Please test."),
            Note(MARCUS, 46, "Caused by our template."),
            Customer(0, 60, "All good."),
        ],
        resolution: Some("Call route corrected."),
        ..CASE
    },
    Case {
        subject: "Mail to a customer comes back",
        text: "My mail to orders@bigcustomer.example is rejected as spam.",
        category: "Email",
        hours_ago: 18,
        agent: None,
        talk: &[],
        breach: Some("Nobody took it out of the queue; found at the morning check."),
        ..CASE
    },
    Case {
        who: 2,
        subject: "Software for diagrams",
        text: "I would like a program for diagrams. Is there one that we have licences for?",
        status: Pending,
        priority: Low,
        category: "Applications",
        hours_ago: 55,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 420, "There are two. Laura would have to approve either. Shall we ask her?"),
            Note(LEO, 421, "Not before the open invoices are paid."),
        ],
        ..CASE
    },
];

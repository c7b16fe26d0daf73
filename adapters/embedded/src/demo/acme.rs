//! Acme Corporation: enterprise, answers within an hour, solves within eight.

use super::data::{BASIC, CASE, Case, Customer, GONE, INVITED, LEAD, LEO, Line::*, MARCUS, Person, SOFIA};
use postern_api::{Priority::*, TicketStatus::*};

pub(super) const ACME: Customer = Customer {
    id: "acme",
    name: "Acme Corporation",
    domain: "acme.example",
    tier: "enterprise",
    sla: "Platinum",
    tickets_per_month: 500,
    contacts: 20,
    response_hours: 1,
    resolution_hours: 8,
    people: &[
        Person {
            local: "lead",
            name: "Jane Smith",
            phone: "+1 202 555 0143",
            title: "Head of IT",
            login: LEAD,
            notes: Some("Decides on renewals. Prefers a call before 10."),
        },
        Person {
            local: "basic",
            name: "Bob Miller",
            phone: "+1 202 555 0171",
            title: "Developer",
            login: BASIC,
            notes: Some("Patient, but has lost a day of work twice. Handle first."),
        },
        Person {
            local: "alice.wong",
            name: "Alice Wong",
            phone: "+1 202 555 0119",
            title: "Accountant",
            login: BASIC,
            notes: None,
        },
        Person {
            local: "rachel.adams",
            name: "Rachel Adams",
            phone: "+1 202 555 0188",
            title: "Sales manager",
            login: BASIC,
            notes: Some("Travels on Thursdays."),
        },
        Person {
            local: "omar.haddad",
            name: "Omar Haddad",
            phone: "+1 202 555 0126",
            title: "Warehouse lead",
            login: INVITED,
            notes: None,
        },
        Person {
            local: "greg.ellis",
            name: "Greg Ellis",
            phone: "+1 202 555 0150",
            title: "Former administrator",
            login: GONE,
            notes: Some("Left in dispute. Do not reset anything for him."),
        },
    ],
    cases: CASES,
};

const CASES: &[Case] = &[
    Case {
        subject: "VPN drops every few minutes from home",
        text: "Since Monday the VPN disconnects about every five minutes. I work from home and lose my session each \
               time. You can reach me on +1 202 555 0171 or at bob.miller.home@mail.example.",
        priority: High,
        category: "Network",
        hours_ago: 5,
        talk: &[
            Agent(MARCUS, 22, "Thanks Bob. Could you send the client log from the moment it drops?"),
            Customer(1, 47, "Attached. It happened at 09:12 and again at 09:18."),
            Note(
                MARCUS,
                61,
                "Gateway ACMEGW02 is on the firmware with the rekey bug. We knew since last month and did \
                              not roll it out because the change window was used for Globex. Do not tell them that.",
            ),
            Agent(MARCUS, 75, "We found the cause on our gateway and are preparing an update for tonight."),
        ],
        files: &[("vpn-client.log", "text/plain", 48_213, false), ("gw02-config.txt", "text/plain", 9_120, true)],
        ..CASE
    },
    Case {
        who: 2,
        subject: "Cannot open the month-end workbook",
        text: "Excel says the file is locked by another user, but nobody has it open. Month-end closes tomorrow.",
        priority: High,
        category: "Applications",
        hours_ago: 3,
        talk: &[
            Agent(LEO, 35, "We see a stale lock on the file server and are clearing it now."),
            Note(
                LEO,
                36,
                "Lock belongs to a session of Greg Ellis. Account was never removed on the file server. \
                            Offboarding checklist missed it, tell Sofia.",
            ),
        ],
        ..CASE
    },
    Case {
        who: 3,
        subject: "New laptop for a sales hire",
        text: "Please prepare a laptop for Dana Cole who starts on the first. Same set-up as mine.",
        status: Pending,
        priority: Low,
        category: "Hardware",
        hours_ago: 76,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 40, "Happy to. Do you want the 14 inch or the 16 inch model?"),
            Note(LEO, 41, "Margin on the 16 inch is 22 percent, offer that one first."),
        ],
        ..CASE
    },
    Case {
        who: 0,
        subject: "Review of administrator accounts",
        text: "Please list everybody who has administrator rights with us. Keep this between us for the moment.",
        private: true,
        category: "Security",
        hours_ago: 30,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 50, "I will send the list by encrypted mail today."),
            Note(SOFIA, 58, "Jane is preparing to let someone go. Treat as confidential, no chat."),
        ],
        ..CASE
    },
    Case {
        subject: "Request about parental leave and my account",
        text: "I will be away for three months from May. What happens to my mailbox? My manager does not know yet.",
        private: true,
        priority: Low,
        category: "Accounts",
        hours_ago: 28,
        agent: Some(LEO),
        talk: &[Agent(LEO, 33, "Your mailbox stays as it is. Tell us when your manager knows and we set up cover.")],
        ..CASE
    },
    Case {
        who: 2,
        subject: "Invoice portal password does not work",
        text: "I cannot sign in to the invoice portal. User alice.wong, password: Sunflower#2291! and it says invalid.",
        priority: Medium,
        category: "Accounts",
        status: Resolved,
        hours_ago: 52,
        talk: &[
            Agent(MARCUS, 18, "Please never send a password in a ticket. We have reset it and sent you a link."),
            Note(MARCUS, 20, "Same password on her mailbox according to the last audit. Force a change there as well."),
            Customer(2, 55, "Works now, thank you, and sorry."),
        ],
        resolution: Some("Password reset, second factor registered again."),
        ..CASE
    },
    Case {
        who: 0,
        subject: "Mail flow stopped for the whole company",
        text: "Nobody receives external mail since 07:40. This stops our business.",
        status: Closed,
        priority: Critical,
        category: "Email",
        hours_ago: 340,
        agent: Some(SOFIA),
        talk: &[
            Agent(MARCUS, 12, "We are on it. Your mail is queued and not lost."),
            Note(
                MARCUS,
                15,
                "Certificate on the relay expired. Our monitoring had it muted since the migration. Ours.",
            ),
            Agent(SOFIA, 640, "Mail flows again. All queued messages were delivered."),
        ],
        resolution: Some("The certificate of the mail relay was renewed and is now watched."),
        breach: Some("Our own monitoring was muted; on-call noticed only after the customer called."),
        escalations: &[("Sofia Lindqvist", "Whole company down, customer's CEO on the phone", "Marcus Hale", 95)],
        ..CASE
    },
    Case {
        subject: "Build server out of disk space",
        text: "Builds fail with 'no space left on device' on build-03.",
        status: Closed,
        category: "Servers",
        hours_ago: 510,
        talk: &[
            Agent(MARCUS, 26, "We freed 40 GB and are adding a volume."),
            Note(MARCUS, 30, "Quote for the bigger volume is with Helen."),
        ],
        resolution: Some("Volume extended by 500 GB."),
        ..CASE
    },
    Case {
        who: 3,
        subject: "Meeting room display shows no picture",
        text: "The display in room Aspen stays black when I connect my laptop.",
        status: Resolved,
        priority: Low,
        category: "Hardware",
        hours_ago: 100,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 44, "Please try the second cable, labelled B."),
            Customer(3, 70, "Cable B works."),
            Note(LEO, 71, "Third cable this year. Suggest a wireless dock at the next review."),
        ],
        resolution: Some("Faulty cable replaced."),
        ..CASE
    },
    Case {
        who: 2,
        subject: "Suspicious mail about a changed bank account",
        text: "A supplier wrote that their bank account changed to DE89 3704 0044 0532 0130 00. Is this real?",
        priority: High,
        category: "Security",
        hours_ago: 9,
        agent: Some(SOFIA),
        talk: &[
            Agent(SOFIA, 15, "Please do not pay. The sender's domain is one letter off. We have blocked it."),
            Note(SOFIA, 18, "Two more customers got the same mail. Campaign entry PHISHWAVE7 opened."),
        ],
        escalations: &[("Security desk", "Active invoice fraud against several customers", "Sofia Lindqvist", 20)],
        files: &[("supplier-mail.eml", "message/rfc822", 15_877, false)],
        ..CASE
    },
    Case {
        subject: "Second monitor flickers",
        text: "My second monitor flickers when the laptop is docked.",
        status: Pending,
        priority: Low,
        category: "Hardware",
        hours_ago: 26,
        agent: None,
        talk: &[Agent(LEO, 75, "Could you tell us the model of the dock? It stands on its underside.")],
        breach: Some("First answer 15 minutes late: nobody was watching the queue over lunch."),
        ..CASE
    },
    Case {
        who: 3,
        subject: "CRM is slow in the afternoon",
        text: "Between two and four o'clock the CRM takes half a minute to open a customer.",
        category: "Applications",
        hours_ago: 20,
        talk: &[
            Agent(MARCUS, 31, "We are measuring this afternoon and will come back to you."),
            Note(MARCUS, 300, "Backup job runs in business hours since the daylight saving change."),
        ],
        breach: Some("Waiting for the vendor of the CRM, who answers once a day."),
        escalations: &[("Second line", "Database tuning is beyond first line", "Marcus Hale", 420)],
        ..CASE
    },
    Case {
        who: 0,
        subject: "Quote for twenty more licences",
        text: "We grow by twenty people in spring. Please send a quote for the office licences.",
        priority: Low,
        category: "Billing",
        status: Closed,
        hours_ago: 700,
        agent: Some(LEO),
        talk: &[
            Agent(LEO, 58, "The quote is on its way from our finance team."),
            Note(LEO, 60, "Helen: cost 9.80, sell 12.50, room down to 11."),
        ],
        resolution: Some("Quote sent and accepted."),
        ..CASE
    },
];

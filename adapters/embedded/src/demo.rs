//! A whole MSP to try things on: three customers with people, tickets and files, six people at the MSP, a knowledge base, and a
//! customer portal with what belongs into it and what must not be seen in it.
//!
//! Everything is made up. Two starts at the same moment make the same records, and seeding again changes nothing.

mod access;
mod acme;
mod articles;
mod billing;
mod data;
mod documents;
mod globex;
mod initech;
mod notices;
mod orders;
mod portal;
mod projects;
mod things;

use crate::adapter::Embedded;
use crate::convert::{
    login_status_number, micros, organisation_status_number, priority_number, role_number, status_number,
};
use crate::fail::Result as Inner;
use crate::rows::Rows;
use crate::tickets::agent;
use crate::words::{self, Piece};
use data::{Case, Customer, Line};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use postern_api::{Agent, Error, LoginRole, LoginStatus, OrganisationStatus, Result, TenantId, TicketStatus};

/// Somebody who can sign in to the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The e-mail address.
    pub email: &'static str,
    /// The name.
    pub name: &'static str,
    /// `customer` or `employee`.
    pub realm: &'static str,
    /// The realm's role.
    pub role: &'static str,
    /// For a customer: of which organisation.
    pub organisation: Option<&'static str>,
}

const fn customer(email: &'static str, name: &'static str, role: &'static str, organisation: &'static str) -> Account {
    Account { email, name, realm: "customer", role, organisation: Some(organisation) }
}

const fn employee(email: &'static str, name: &'static str, role: &'static str) -> Account {
    Account { email, name, realm: "employee", role, organisation: None }
}

/// Everybody who can sign in. Customers are found in the service desk by their address.
pub const ACCOUNTS: [Account; 12] = [
    customer("lead@acme.example", "Jane Smith", "lead-customer", "acme"),
    customer("basic@acme.example", "Bob Miller", "basic-customer", "acme"),
    customer("lead@globex.example", "Priya Raman", "lead-customer", "globex"),
    customer("basic@globex.example", "Tom Okafor", "basic-customer", "globex"),
    customer("lead@initech.example", "Laura Bennett", "lead-customer", "initech"),
    customer("basic@initech.example", "Peter Novak", "basic-customer", "initech"),
    employee("support-read@msp.example", "Nina Keller", "support-read"),
    employee("support-write@msp.example", "Marcus Hale", "support-write"),
    employee("finance@msp.example", "Helen Ortiz", "finance"),
    employee("service-lead@msp.example", "Sofia Lindqvist", "service-lead"),
    employee("owner@msp.example", "Daniel Price", "owner"),
    employee("admin@msp.example", "Kenji Watanabe", "admin"),
];

/// Fills a tenant with the demo, as it stands at `now`. A tenant that has other organisations already is left as it is; a
/// demo of an earlier version gets what it does not have yet.
pub fn seed(embedded: &Embedded, tenant: &TenantId, now: Timestamp) -> Result<()> {
    embedded.tenant(tenant).write_now(|rows| {
        let there = rows.one("SELECT 1 FROM organisation WHERE tenant = :tenant", &[], |_| Ok(()))?;
        if there.is_none() {
            customers(rows, now)?;
        }
        for customer in CUSTOMERS {
            let known = "SELECT 1 FROM organisation WHERE tenant = :tenant AND id = :id AND domains = :domain";
            if rows.one(known, &[(":id", &customer.id), (":domain", &customer.domain)], |_| Ok(()))?.is_none() {
                return Ok(());
            }
        }
        for (first, section) in SECTIONS {
            let there = format!("SELECT 1 FROM {first} WHERE tenant = :tenant");
            if rows.one(&there, &[], |_| Ok(()))?.is_none() {
                section(rows, now)?;
            }
        }
        Ok(())
    })
}

const CUSTOMERS: [&Customer; 3] = [&acme::ACME, &globex::GLOBEX, &initech::INITECH];

type Section = fn(&Rows<'_>, Timestamp) -> Inner<()>;

/// What came after the service desk, each with the table that is empty until it is there.
const SECTIONS: &[(&str, Section)] = &[
    ("access_role", access::seed),
    ("portal_config", portal::seed),
    ("invoice", billing::seed),
    ("document", documents::seed),
    ("notice", notices::seed),
    ("project", projects::seed),
    ("site", things::places),
    ("asset", things::assets),
    ("booking", things::bookings),
    ("sales_order", orders::seed),
    ("time_entry", things::times),
];

/// The three customers, their people and their tickets, and the articles.
pub(crate) fn customers(rows: &Rows<'_>, now: Timestamp) -> Inner<()> {
    let agents = agents(rows)?;
    let mut cases = Vec::new();
    for customer in CUSTOMERS {
        let (organisation, people) = organisation(rows, customer, now)?;
        uploaded(rows, customer, organisation, now)?;
        cases.extend(customer.cases.iter().map(|case| Placed { customer, organisation, people: people.clone(), case }));
    }
    // Oldest first, so that ticket numbers follow time across customers.
    cases.sort_by_key(|it| std::cmp::Reverse(it.case.minutes_ago()));
    for placed in &cases {
        ticket(rows, placed, &agents, now)?;
    }
    articles::seed(rows, now)
}

/// The key of one of the demo's organisations.
fn organisation_key(rows: &Rows<'_>, id: &str) -> Inner<i64> {
    let sql = "SELECT key FROM organisation WHERE tenant = :tenant AND id = :id";
    let found = rows.one(sql, &[(":id", &id)], |row| Ok(row.get(0)?))?;
    found.ok_or_else(|| Error::internal("an organisation of the demo is missing").into())
}

/// The key of one of the demo's people at a customer, by address.
fn contact_key(rows: &Rows<'_>, email: &str) -> Inner<i64> {
    let sql = "SELECT key FROM contact WHERE tenant = :tenant AND email = :email";
    let found = rows.one(sql, &[(":email", &email)], |row| Ok(row.get(0)?))?;
    found.ok_or_else(|| Error::internal("a contact of the demo is missing").into())
}

/// The key of somebody at the MSP.
fn agent_key(rows: &Rows<'_>, id: &str) -> Inner<i64> {
    let found =
        rows.one("SELECT key FROM agent WHERE tenant = :tenant AND id = :id", &[(":id", &id)], |row| Ok(row.get(0)?))?;
    found.ok_or_else(|| Error::internal("an agent of the demo is missing").into())
}

/// A case and where it happens.
struct Placed {
    customer: &'static Customer,
    organisation: i64,
    people: Vec<i64>,
    case: &'static Case,
}

fn ago(now: Timestamp, minutes: i64) -> Timestamp {
    now.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(now)
}

/// Everybody at the MSP; [`Line`] names them by their place here. Leo answers tickets and has no account.
fn agents(rows: &Rows<'_>) -> Inner<Vec<i64>> {
    let staff = ACCOUNTS.iter().filter(|it| it.realm == "employee").map(|it| (it.email, it.name));
    let mut agents = Vec::new();
    for (email, name) in staff.chain([("leo.brandt@msp.example", "Leo Brandt")]) {
        agents
            .push(agent(rows, &Agent { id: email.to_owned(), name: name.to_owned(), email: Some(email.to_owned()) })?);
    }
    Ok(agents)
}

fn organisation(rows: &Rows<'_>, customer: &Customer, now: Timestamp) -> Inner<(i64, Vec<i64>)> {
    let organisation = rows.insert(
        "INSERT INTO organisation (tenant, id, name, domains, subscription_tier, sla_tier, status, tickets_per_month,
         contacts, sla_response, sla_resolution) VALUES (:tenant, :id, :name, :domain, :tier, :sla, :status, :tickets,
         :contacts, :response, :resolution)",
        &[
            (":id", &customer.id),
            (":name", &customer.name),
            (":domain", &customer.domain),
            (":tier", &customer.tier),
            (":sla", &customer.sla),
            (":status", &organisation_status_number(OrganisationStatus::Active)),
            (":tickets", &customer.tickets_per_month),
            (":contacts", &customer.contacts),
            (":response", &customer.response_hours),
            (":resolution", &customer.resolution_hours),
        ],
    )?;
    let mut people = Vec::new();
    for person in customer.people {
        let email = format!("{}@{}", person.local, customer.domain);
        let active = !matches!(person.login, Some((_, LoginStatus::Disabled)));
        let contact = rows.insert(
            "INSERT INTO contact (tenant, id, organisation, name, email, phone, active, title, notes)
             VALUES (:tenant, :id, :organisation, :name, :email, :phone, :active, :title, :notes)",
            &[
                (":id", &format!("CT-{:06}", rows.next("contact")?)),
                (":organisation", &organisation),
                (":name", &person.name),
                (":email", &email),
                (":phone", &person.phone),
                (":active", &active),
                (":title", &person.title),
                (":notes", &person.notes),
            ],
        )?;
        people.push(contact);
        if let Some((role, status)) = person.login {
            login(rows, &Entry { organisation, contact, email: &email, role, status }, people.len(), now)?;
        }
    }
    Ok((organisation, people))
}

/// A file that waits for a ticket, so that attaching one can be tried: `AT-acme-1` and so on.
fn uploaded(rows: &Rows<'_>, customer: &Customer, organisation: i64, now: Timestamp) -> Inner<()> {
    rows.insert(
        "INSERT INTO attachment (tenant, id, organisation, name, content_type, size, created_at, internal)
         VALUES (:tenant, :id, :organisation, 'screenshot.png', 'image/png', 83412, :now, 0)",
        &[(":id", &format!("AT-{}-1", customer.id)), (":organisation", &organisation), (":now", &micros(now))],
    )?;
    Ok(())
}

struct Entry<'a> {
    organisation: i64,
    contact: i64,
    email: &'a str,
    role: LoginRole,
    status: LoginStatus,
}

fn login(rows: &Rows<'_>, entry: &Entry<'_>, place: usize, now: Timestamp) -> Inner<()> {
    const DAY: i64 = 24 * 60;
    let place = i64::try_from(place).unwrap_or(1);
    let (last_login, expires) = match entry.status {
        LoginStatus::Active => (Some(micros(ago(now, place * 137))), None),
        LoginStatus::Pending => (None, Some(micros(ago(now, -5 * DAY)))),
        LoginStatus::Disabled => (Some(micros(ago(now, 90 * DAY))), None),
    };
    rows.insert(
        "INSERT INTO login (contact, tenant, organisation, email, role, status, last_login, expires_at)
         VALUES (:contact, :tenant, :organisation, :email, :role, :status, :last_login, :expires)",
        &[
            (":contact", &entry.contact),
            (":organisation", &entry.organisation),
            (":email", &entry.email),
            (":role", &role_number(entry.role)),
            (":status", &login_status_number(entry.status)),
            (":last_login", &last_login),
            (":expires", &expires),
        ],
    )?;
    let since = if entry.status == LoginStatus::Pending { 2 * DAY } else { (400 - place) * DAY };
    rows.insert(
        "INSERT INTO role_change (tenant, organisation, contact, before, after, by, reason, at)
         VALUES (:tenant, :organisation, :contact, NULL, :role, 'Kenji Watanabe', 'Set up with the contract', :at)",
        &[
            (":organisation", &entry.organisation),
            (":contact", &entry.contact),
            (":role", &role_number(entry.role)),
            (":at", &micros(ago(now, since))),
        ],
    )?;
    Ok(())
}

/// A line of talk, taken apart.
struct Said {
    after: i64,
    text: &'static str,
    agent: Option<usize>,
    contact: Option<usize>,
    internal: bool,
}

fn said(line: &Line) -> Said {
    match *line {
        Line::Agent(who, after, text) => Said { after, text, agent: Some(who), contact: None, internal: false },
        Line::Note(who, after, text) => Said { after, text, agent: Some(who), contact: None, internal: true },
        Line::Customer(who, after, text) => Said { after, text, agent: None, contact: Some(who), internal: false },
    }
}

fn number(lines: &[Said], internal: bool) -> i64 {
    lines.iter().filter(|it| it.internal == internal).map(|_| 1).sum()
}

fn ticket(rows: &Rows<'_>, placed: &Placed, agents: &[i64], now: Timestamp) -> Inner<()> {
    let case = placed.case;
    let created = ago(now, case.minutes_ago());
    let after = |minutes: i64| micros(ago(now, case.minutes_ago() - minutes).min(now));
    let lines: Vec<_> = case.talk.iter().map(said).collect();
    let last = lines.iter().map(|it| it.after).max().unwrap_or(0);
    let last_public = lines.iter().filter(|it| !it.internal).map(|it| it.after).max().unwrap_or(0);
    let escalated = case.escalations.iter().map(|it| it.3).max().unwrap_or(0);
    let done = matches!(case.status, TicketStatus::Resolved | TicketStatus::Closed);
    let responded = lines.iter().find(|it| it.agent.is_some() && !it.internal).map(|it| after(it.after));
    let due = |hours: u32| micros(created.saturating_add(SignedDuration::from_hours(hours.into())).unwrap_or(created));
    let year = created.to_zoned(TimeZone::UTC).year();
    let id = format!("TK-{year}-{:06}", rows.next("ticket")?);
    let key = rows.insert(
        "INSERT INTO ticket (tenant, id, organisation, requester, agent, subject, description, status, priority,
         category, private, created_at, updated_at, public_updated_at, response_due, responded_at, resolution_due,
         resolved_at, breach_reason, public_comments, internal_comments, resolution)
         VALUES (:tenant, :id, :organisation, :requester, :agent, :subject, :description, :status, :priority,
         :category, :private, :created, :updated, :public_updated, :response_due, :responded, :resolution_due,
         :resolved, :breach, :public_comments, :internal_comments, :resolution)",
        &[
            (":id", &id),
            (":organisation", &placed.organisation),
            (":requester", &placed.people.get(case.who)),
            (":agent", &case.agent.and_then(|it| agents.get(it))),
            (":subject", &case.subject),
            (":description", &case.text),
            (":status", &status_number(case.status)),
            (":priority", &priority_number(case.priority)),
            (":category", &case.category),
            (":private", &case.private),
            (":created", &micros(created)),
            (":updated", &after(last.max(escalated))),
            (":public_updated", &after(last_public)),
            (":response_due", &due(placed.customer.response_hours)),
            (":responded", &responded),
            (":resolution_due", &due(placed.customer.resolution_hours)),
            (":resolved", &done.then(|| after(last_public))),
            (":breach", &case.breach),
            (":public_comments", &number(&lines, false)),
            (":internal_comments", &number(&lines, true)),
            (":resolution", &case.resolution),
        ],
    )?;
    words::index(rows, key, Piece::Request, &format!("{id} {} {}", case.subject, case.text))?;
    if let Some(resolution) = case.resolution {
        words::index(rows, key, Piece::Resolution, resolution)?;
    }
    let (mut comments, mut notes) = (0, 0);
    for &Said { after: minutes, text, agent, contact, internal } in &lines {
        let piece = if internal { Piece::Note(notes) } else { Piece::Comment(comments) };
        *(if internal { &mut notes } else { &mut comments }) += 1;
        words::index(rows, key, piece, text)?;
        rows.insert(
            "INSERT INTO comment (tenant, id, ticket, agent, contact, body, created_at, internal)
             VALUES (:tenant, :id, :ticket, :agent, :contact, :body, :at, :internal)",
            &[
                (":id", &rows.fresh("CM")?),
                (":ticket", &key),
                (":agent", &agent.and_then(|it| agents.get(it))),
                (":contact", &contact.and_then(|it| placed.people.get(it))),
                (":body", &text),
                (":at", &after(minutes)),
                (":internal", &internal),
            ],
        )?;
    }
    belongings(rows, placed, key, &after)
}

/// Escalations and files.
fn belongings(rows: &Rows<'_>, placed: &Placed, ticket: i64, after: &dyn Fn(i64) -> i64) -> Inner<()> {
    for (target, reason, by, minutes) in placed.case.escalations {
        rows.insert(
            "INSERT INTO escalation (tenant, ticket, target, reason, by, at)
             VALUES (:tenant, :ticket, :target, :reason, :by, :at)",
            &[(":ticket", &ticket), (":target", target), (":reason", reason), (":by", by), (":at", &after(*minutes))],
        )?;
    }
    for (name, content_type, size, internal) in placed.case.files {
        rows.insert(
            "INSERT INTO attachment (tenant, id, organisation, ticket, name, content_type, size, created_at, internal)
             VALUES (:tenant, :id, :organisation, :ticket, :name, :content_type, :size, :at, :internal)",
            &[
                (":id", &rows.fresh("AT")?),
                (":organisation", &placed.organisation),
                (":ticket", &ticket),
                (":name", name),
                (":content_type", content_type),
                (":size", size),
                (":at", &after(0)),
                (":internal", internal),
            ],
        )?;
    }
    Ok(())
}

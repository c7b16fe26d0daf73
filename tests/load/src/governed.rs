//! Governed writes: a reply that quotes a customer is previewed over MCP, approved by a person's form on the web page, and carried
//! out over MCP. And reads beside a store with very many open action requests, and with none.

use crate::child::{Server, machine_cpu, own_cpu};
use crate::client::{Connection, Request};
use crate::gateway::{Behind, Gateway, TENANT, ticket_near};
use crate::issuer::Issuer;
use crate::load::{Sample, Times, percentile};
use crate::row::Row;
use crate::run::{Field, WANTED};
use crate::sign_in::person::Person;
use crate::sign_in::seed::{APPROVER, accounts};
use crate::table::complain;
use crate::{Failure, checks};
use jiff::{SignedDuration, Timestamp};
use postern::caller::Principal;
use postern::govern::action::{ActionId, ActionRequest, Actions as _, Content, Origin, Requester, State};
use postern::store::Store;
use postern_api::{OrganisationId, TenantId};
use postern_policies::{Effect, Realm};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Requesters at the same time.
pub(crate) const AT_ONCE: usize = 16;
/// Tickets that each requester replies to in turn, so that none grows long.
const TICKETS: usize = 4;
/// What the customer wrote, and what the reply says again.
const THEIRS: &str = "the tunnel drops each morning when the second monitor is plugged in";
/// Somebody's open requests in a seeded store.
const EACH: u32 = 50;

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Open requests in the store that has many.
    pub(crate) requests: u32,
    /// How often the writes are measured.
    pub(crate) rounds: u32,
    /// How long.
    pub(crate) times: Times,
}

/// A gateway, the row of its reads, and who approves there.
struct Asked {
    gateway: Gateway,
    server: Server,
    reads: Row,
    approver: Person,
}

async fn gateway(
    program: &Path,
    dir: &Path,
    issuer: &Issuer,
    requests: u32,
    name: &'static str,
) -> Result<Asked, Failure> {
    let gateway = Gateway::prepare(program, dir, issuer, Behind::Embedded, 1)?;
    gateway.signs_in()?;
    accounts(dir)?;
    seed(dir, requests, &gateway.employees(issuer))?;
    let token = gateway.customer(issuer, "lead@acme.example")?;
    let mut server = gateway.start()?;
    server.answers(&Request::list(gateway.address, &token), Some(200)).await?;
    let (read, _) = ticket_near(gateway.address, &token, WANTED).await?;
    let mut reads = Row::new(name, &server, read)?;
    reads.connections = vec![16];
    let mut approver = Person::new(gateway.address, APPROVER)?;
    approver.connects().await?;
    Ok(Asked { gateway, server, reads, approver })
}

/// So many open requests of as many people as it takes.
fn seed(dir: &Path, many: u32, issuer: &str) -> Result<(), Failure> {
    let store = Store::open(dir)?;
    let (now, tenant) = (Timestamp::now(), TenantId::new(TENANT)?);
    for nth in 0..many {
        let state = match nth % 3 {
            0 => State::Previewed,
            1 => State::PendingApproval,
            _ => State::Approved,
        };
        let created_at = now.checked_sub(SignedDuration::from_secs(i64::from(nth % 3_600)))?;
        store.create(&ActionRequest {
            id: ActionId::fresh(),
            tenant: tenant.clone(),
            principal: Principal { issuer: issuer.into(), subject: format!("somebody-{}", nth / EACH).into() },
            organisation: Some(OrganisationId::new("acme")?),
            tool: "portal.request.reply_add".to_owned(),
            digest: format!("{nth:064}"),
            key: None,
            policy_version: "0".repeat(64),
            state,
            origin: Origin::Governed,
            created_at,
            expires_at: created_at.checked_add(SignedDuration::from_hours(24))?,
            changed_at: created_at,
            session: None,
            decided_by: None,
            reason: None,
            attempts: 0,
            tries: 0,
            upstream: None,
            let_go: false,
            needs_human: false,
            content: Content {
                arguments: json!({ "request_id": format!("TK-{nth}"), "content": THEIRS }).to_string(),
                requester: Requester { realm: Realm::Employee, name: None, email: None, client: None },
                message: format!("Reply to a customer?\n\n{THEIRS}"),
                data: json!({ "action": "reply", "text": THEIRS }).to_string(),
                effect: Effect { customer_visible: true, untrusted: true, recipients: 1, ..Effect::default() },
                targets: [("request:TK".to_owned(), "Open".to_owned())].into(),
                names: Vec::new(),
            },
            answer: None,
        })?;
    }
    Ok(())
}

/// One requester: a connection of their own, a token of their own, tickets of their own.
struct Writer {
    address: SocketAddr,
    token: String,
    connection: Connection,
    approver: Person,
    csrf: String,
    tickets: Vec<String>,
    turn: usize,
}

async fn told(connection: &mut Connection, request: &Request) -> Result<Value, Failure> {
    let answer = connection.ask(request).await?;
    let text = String::from_utf8_lossy(answer.body).into_owned();
    let message: Value = serde_json::from_str(&text).map_err(|_| format!("asked `{}`, got {text}", request.what))?;
    let told = message.pointer("/result/structuredContent").cloned();
    told.ok_or_else(|| format!("asked `{}`, got {text}", request.what).into())
}

fn text(told: &Value, at: &str) -> Result<String, Failure> {
    told.pointer(at).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("no `{at}` in {told}").into())
}

impl Writer {
    async fn new(asked: &Asked, issuer: &Issuer, nth: usize) -> Result<Self, Failure> {
        let address = asked.gateway.address;
        let customer = asked.gateway.customer(issuer, "lead@acme.example")?;
        let token = asked.gateway.employee_called(issuer, &format!("agent-{nth}"), "support-write")?;
        let mut connection = Connection::open(address).await?;
        let mut tickets = Vec::new();
        for which in 0..TICKETS {
            let new = json!({ "subject": format!("Load {nth} {which}"), "description": THEIRS });
            let request = Request::call(address, &customer, "customer_submit_ticket", &new);
            tickets.push(text(&told(&mut connection, &request).await?, "/data/ticket_id")?);
        }
        let approver = asked.approver.clone();
        let mut writer = Self { address, token, connection, approver, csrf: String::new(), tickets, turn: 0 };
        let id = writer.preview().await?;
        writer.csrf = writer.approver.secret(&format!("/console/approvals/{id}")).await?;
        writer.finish(&id).await?;
        Ok(writer)
    }

    async fn ask(&mut self, tool: &str, arguments: &Value) -> Result<Value, Failure> {
        let request = Request::call(self.address, &self.token, tool, arguments);
        told(&mut self.connection, &request).await
    }

    async fn preview(&mut self) -> Result<String, Failure> {
        self.turn += 1;
        let ticket = self.tickets.get(self.turn % self.tickets.len()).ok_or("no ticket")?.clone();
        let content = format!("You wrote that {THEIRS}. Try number {} helps.", self.turn);
        let reply = json!({ "request_id": ticket, "visibility": "customer_visible", "content": content });
        text(&self.ask("portal.support_reply.preview", &reply).await?, "/action_request_id")
    }

    async fn finish(&mut self, id: &str) -> Result<(), Failure> {
        self.approver.approves(&format!("/console/approvals/{id}"), &self.csrf).await?;
        let done = self.ask("portal.request.reply_add", &json!({ "preview_id": id })).await?;
        match done.get("status").and_then(Value::as_str) {
            Some("success") => Ok(()),
            _ => Err(format!("an approved reply was answered {done}").into()),
        }
    }

    /// A whole governed write.
    async fn write(&mut self) -> Result<(), Failure> {
        let id = self.preview().await?;
        self.finish(&id).await
    }
}

/// What the writers share while they are timed.
#[derive(Default)]
struct Tally {
    counting: Cell<bool>,
    over: Cell<bool>,
    nanos: RefCell<Vec<u64>>,
    errors: Cell<u64>,
    first_error: RefCell<Option<String>>,
}

async fn round(server: &Server, writers: Vec<Writer>, times: Times) -> Result<(Sample, Vec<Writer>), Failure> {
    let tally = Rc::new(Tally::default());
    let mut writing = tokio::task::JoinSet::new();
    for mut writer in writers {
        let tally = tally.clone();
        writing.spawn_local(async move {
            while !tally.over.get() {
                let began = Instant::now();
                match writer.write().await {
                    Ok(()) if tally.counting.get() => {
                        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
                        tally.nanos.borrow_mut().push(nanos);
                    }
                    Ok(()) => {}
                    Err(error) => {
                        tally.errors.set(tally.errors.get() + 1);
                        tally.first_error.borrow_mut().get_or_insert(error.to_string());
                        tokio::task::yield_now().await;
                    }
                }
            }
            writer
        });
    }
    tokio::time::sleep(times.warm_up).await;
    let before = (Instant::now(), server.cpu()?, machine_cpu()?, own_cpu()?);
    tally.counting.set(true);
    tokio::time::sleep(times.window).await;
    tally.counting.set(false);
    tally.over.set(true);
    let (elapsed, cpu) = (before.0.elapsed(), server.cpu()?.saturating_sub(before.1));
    let own = own_cpu()?.saturating_sub(before.3);
    let others = machine_cpu()?.saturating_sub(before.2).saturating_sub(cpu).saturating_sub(own);
    let mut writers = Vec::new();
    while let Some(writer) = writing.join_next().await {
        writers.push(writer?);
    }
    let mut nanos = std::mem::take(&mut *tally.nanos.borrow_mut());
    nanos.sort_unstable();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    let elapsed = elapsed.max(Duration::from_millis(1)).as_secs_f64();
    let sample = Sample {
        rate: nanos.len() as f64 / elapsed,
        p50: percentile(&nanos, 0.50),
        p95: percentile(&nanos, 0.95),
        p99: percentile(&nanos, 0.99),
        cpu: cpu.as_secs_f64() * 1e6 / (nanos.len() as f64),
        others: others.as_secs_f64() / elapsed / cores,
        errors: tally.errors.get(),
        first_error: tally.first_error.take(),
    };
    Ok((sample, writers))
}

/// Measures the writes, and puts the reads of both gateways beside them into the field; a note on the page of approvals.
pub(crate) async fn measure(
    field: &mut Field,
    program: &Path,
    scratch: &Path,
    issuer: &Issuer,
    plan: Plan,
) -> Result<String, Failure> {
    let none = gateway(program, &scratch.join("no-requests"), issuer, 0, checks::READS).await?;
    complain(&format!("writing {} action requests", plan.requests));
    let mut many = gateway(program, &scratch.join("requests"), issuer, plan.requests, checks::READS_AMONG).await?;
    let began = Instant::now();
    many.approver.looks("/console/approvals").await?;
    let page = began.elapsed();
    let mut writers = Vec::new();
    for nth in 0..AT_ONCE {
        writers.push(Writer::new(&none, issuer, nth).await?);
    }
    let mut row = Row::new(checks::GOVERNED, &none.server, Request::list(none.gateway.address, ""))?;
    row.connections = Vec::new();
    for nth in 1..=plan.rounds {
        complain(&format!("governed writes, round {nth} of {}", plan.rounds));
        let (sample, back) = round(&none.server, writers, plan.times).await?;
        writers = back;
        row.samples.entry(AT_ONCE).or_default().push(sample);
    }
    field.add_rows(none.server, [none.reads, row]);
    field.add_rows(many.server, [many.reads]);
    Ok(format!(
        "with {} open action requests the page of approvals took {:.0} ms",
        plan.requests,
        page.as_secs_f64() * 1e3
    ))
}

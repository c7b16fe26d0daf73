//! A whole run: start every server, ask them in turn, print.

use crate::checks::{
    AUDIT_ROWS, AXUM, EMBEDDED, EMPLOYEES_LIST, GOVERNED, LIST, ONE_HOP, OWN_TOKEN, OWN_TOKEN_MANY, READS, READS_AMONG,
    REALM_TOKEN, REALM_TOKEN_MANY, RMCP, TENANTS, VENDOR,
};
use crate::child::{Server, free_address};
use crate::client::{Connection, Request};
use crate::gateway::{Behind, Gateway, list_near, probe, ticket_near};
use crate::issuer::Issuer;
use crate::load::{Times, median};
use crate::row::{CONNECTIONS, Row};
use crate::scratch::Scratch;
use crate::table::{complain, say};
use crate::{Failure, audit_rows, checks, governed, sign_in, table, vendor};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Bytes of the answer that is looked for.
pub(crate) const WANTED: usize = 2048;

/// How often a server is started to time it.
const STARTS: usize = 5;

/// How long a server is left alone before its memory counts as idle.
const SETTLE: Duration = Duration::from_secs(1);

/// What is to be measured.
#[derive(Debug)]
pub(crate) struct Plan {
    /// How long each measurement counts.
    pub(crate) window: Duration,
    /// How long it warms up.
    pub(crate) warm_up: Duration,
    /// How often each is repeated.
    pub(crate) rounds: u32,
    /// Tenants of the gateway with many.
    pub(crate) tenants: u32,
    /// Rows in the audit log of the gateway with many.
    pub(crate) audit_rows: u32,
    /// Grants in a store, and people who sign in; neither leaves both out.
    pub(crate) sign_in: sign_in::Plan,
    /// Open action requests in a store; none leaves the governed writes out as well.
    pub(crate) requests: u32,
    /// Words of which a row's name must hold one; none measures every row.
    pub(crate) only: Vec<String>,
    /// The gateway's program.
    pub(crate) postern: Option<PathBuf>,
}

/// A row and the server behind it; a server may have several rows.
struct Measured {
    row: Row,
    server: usize,
}

/// Everything that runs.
#[derive(Default)]
pub(crate) struct Field {
    servers: Vec<Server>,
    rows: Vec<Measured>,
}

impl Field {
    fn add(&mut self, server: Server, row: Row) {
        self.add_rows(server, [row]);
    }

    /// A server that is asked for several things.
    pub(crate) fn add_rows(&mut self, server: Server, rows: impl IntoIterator<Item = Row>) {
        let nth = self.servers.len();
        self.servers.push(server);
        self.rows.extend(rows.into_iter().map(|row| Measured { row, server: nth }));
    }
}

/// Runs the plan; whether every answer was good.
pub(crate) async fn run(plan: Plan) -> Result<bool, Failure> {
    let scratch = Scratch::new()?;
    let issuer = Issuer::start()?;
    let mut field = Field::default();
    let mut notes = Vec::new();
    let mut answer = stand_in();
    let mut seen = None;

    match program(plan.postern.as_deref()) {
        None => notes.push("Postern is left out: build it first with `cargo build --release -p postern`".to_owned()),
        Some(program) => {
            match embedded(&mut field, &program, scratch.path(), &issuer).await {
                Ok(seen) => answer = seen,
                Err(error) => notes.push(format!("Postern on the embedded backend is left out: {error}")),
            }
            match demo(&program, &scratch.path().join("demo")).await {
                Ok(note) => notes.push(note),
                Err(error) => notes.push(format!("the demo is left out: {error}")),
            }
            match behind_vendor(&mut field, &program, scratch.path(), &issuer, &answer).await {
                Ok(note) => notes.push(note),
                Err(error) => notes.push(format!("the vendor hop is left out: {error}")),
            }
            if plan.sign_in.sign_ins > 0 {
                match sign_in::measure(&mut field, &program, scratch.path(), &issuer, plan.sign_in).await {
                    Ok(figures) => seen = Some(figures),
                    Err(error) => notes.push(format!("signing in is left out: {error}")),
                }
            }
            if plan.requests > 0 {
                let times = Times { warm_up: plan.warm_up, window: plan.window };
                let amount = governed::Plan { requests: plan.requests, rounds: plan.rounds, times };
                match governed::measure(&mut field, &program, scratch.path(), &issuer, amount).await {
                    Ok(note) => notes.push(note),
                    Err(error) => notes.push(format!("governed writes are left out: {error}")),
                }
            }
            if plan.tenants > 0 {
                let many = many_tenants(&mut field, &program, scratch.path(), &issuer, plan.tenants).await;
                notes.push(many.unwrap_or_else(|error| format!("{} tenants are left out: {error}", plan.tenants)));
            }
            if plan.audit_rows > 0 {
                let long = audit_rows::measure(&mut field, &program, scratch.path(), &issuer, plan.audit_rows).await;
                notes
                    .push(long.unwrap_or_else(|error| format!("{} audit rows are left out: {error}", plan.audit_rows)));
            }
        }
    }
    let file = scratch.path().join("answer.json");
    std::fs::write(&file, answer.to_string())?;
    bare(&mut field, AXUM, "bare-axum", &file).await?;
    bare(&mut field, RMCP, "bare-rmcp", &file).await?;
    field.rows.retain(|it| plan.only.is_empty() || plan.only.iter().any(|word| it.row.name.contains(word)));
    // The reader compares downwards: from the least to the most.
    field.rows.sort_by_key(|it| {
        let order = [
            AXUM,
            RMCP,
            EMBEDDED,
            VENDOR,
            ONE_HOP,
            TENANTS,
            AUDIT_ROWS,
            LIST,
            EMPLOYEES_LIST,
            REALM_TOKEN,
            OWN_TOKEN,
            REALM_TOKEN_MANY,
            OWN_TOKEN_MANY,
            READS,
            READS_AMONG,
            GOVERNED,
        ];
        order.iter().position(|name| *name == it.row.name)
    });

    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    say(&format!(
        "structured answer {} bytes, sent twice (structured and as text); {} rounds of {:.1} s after {:.1} s; {cores} cores",
        answer.to_string().len(),
        plan.rounds,
        plan.window.as_secs_f64(),
        plan.warm_up.as_secs_f64(),
    ));
    if cfg!(debug_assertions) {
        say("built without `--release`: these figures say nothing about speed");
    }
    for note in &notes {
        say(note);
    }
    let times = Times { warm_up: plan.warm_up, window: plan.window };
    for round in 1..=plan.rounds {
        complain(&format!("round {round} of {}", plan.rounds));
        for connections in CONNECTIONS {
            for measured in &mut field.rows {
                let server = field.servers.get(measured.server).ok_or("a server is missing")?;
                measured.row.round(server, connections, times).await?;
            }
        }
    }
    let mut rows = Vec::new();
    for measured in field.rows {
        let peak = field.servers.get(measured.server).ok_or("a server is missing")?.memory()?.peak;
        rows.push((measured.row, peak));
    }
    table::print(&rows.iter().map(|(row, peak)| (row, *peak)).collect::<Vec<_>>());
    let rows: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
    Ok(checks::print(&rows, (plan.tenants, plan.audit_rows, plan.requests), seen.as_ref()))
}

/// An answer of the wanted size, for when the gateway cannot be asked for one.
fn stand_in() -> Value {
    json!({ "status": "success", "data": { "text": "x".repeat(WANTED - 40) } })
}

fn program(named: Option<&Path>) -> Option<PathBuf> {
    let beside = || std::env::current_exe().ok()?.parent().map(|it| it.join("postern"));
    named.map(Path::to_owned).or_else(beside).filter(|it| it.is_file())
}

/// A bare server of this program.
async fn bare(field: &mut Field, name: &'static str, kind: &str, answer: &Path) -> Result<(), Failure> {
    let mut starts = Vec::new();
    loop {
        let address = free_address()?;
        let listen = address.to_string();
        let mut command = Command::new(std::env::current_exe()?);
        command.args([kind, "--listen", &listen, "--answer"]).arg(answer);
        let mut server = Server::spawn(&mut command, address)?;
        // As long a token as the gateway gets, so that requests are alike.
        let request =
            Request::call(address, &"x".repeat(600), "customer_get_ticket", &json!({ "ticket_id": "TK-000001" }));
        starts.push(server.answers(&request, Some(200)).await?.as_secs_f64());
        if starts.len() < STARTS {
            continue;
        }
        tokio::time::sleep(SETTLE).await;
        probe(address, &request).await?;
        let mut row = Row::new(name, &server, request)?;
        row.start = Some(Duration::from_secs_f64(median(starts.into_iter())));
        field.add(server, row);
        return Ok(());
    }
}

/// Starts a gateway often enough to time it; the last one stays.
pub(crate) async fn started(gateway: &Gateway, request: &Request) -> Result<(Server, Duration), Failure> {
    let mut starts = Vec::new();
    loop {
        let mut server = gateway.start()?;
        starts.push(server.answers(request, Some(200)).await?.as_secs_f64());
        if starts.len() == STARTS {
            tokio::time::sleep(SETTLE).await;
            return Ok((server, Duration::from_secs_f64(median(starts.into_iter()))));
        }
    }
}

/// The gateway on the demo's records, and its list of tools; the answer to the call that is measured.
async fn embedded(field: &mut Field, program: &Path, scratch: &Path, issuer: &Issuer) -> Result<Value, Failure> {
    let gateway = Gateway::prepare(program, &scratch.join("embedded"), issuer, Behind::Embedded, 1)?;
    let token = gateway.customer(issuer, "lead@acme.example")?;
    let list = Request::list(gateway.address, &token);
    let employee = gateway.employee(issuer, "support-write")?;
    let employees_list = Request::list(gateway.address, &employee);
    let (request, answer) = {
        let mut first = gateway.start()?;
        first.answers(&list, None).await?;
        ticket_near(gateway.address, &token, WANTED).await?
    };
    let (server, start) = started(&gateway, &request).await?;
    let mut row = Row::new(EMBEDDED, &server, request)?;
    row.start = Some(start);
    field.add(server, row);
    let server = field.servers.len() - 1;
    for (name, list) in [(LIST, list), (EMPLOYEES_LIST, employees_list)] {
        let shared = field.servers.get(server).ok_or("a server is missing")?;
        let mut row = Row::new(name, shared, list)?;
        row.connections = vec![1, 16];
        field.rows.push(Measured { row, server });
    }
    Ok(answer)
}

/// The gateway with the simulator behind it; a note on what one call costs the vendor.
async fn behind_vendor(
    field: &mut Field,
    program: &Path,
    scratch: &Path,
    issuer: &Issuer,
    like: &Value,
) -> Result<String, Failure> {
    let address = free_address()?;
    let (mut vendor, gateway, token, request, answer) = {
        let mut length = WANTED / 2;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let vendor = simulator(address, length).await?;
            let dir = scratch.join(format!("vendor-{attempt}"));
            let gateway = Gateway::prepare(program, &dir, issuer, Behind::Vendor(address), 1)?;
            let token = gateway.customer(issuer, vendor::PERSON)?;
            let ticket = json!({ "ticket_id": vendor::TICKET.to_string() });
            let request = Request::call(gateway.address, &token, "customer_get_ticket", &ticket);
            let mut server = gateway.start()?;
            server.answers(&Request::list(gateway.address, &token), Some(200)).await?;
            let answer = probe(gateway.address, &request).await?;
            let (wanted, got) = (like.to_string().len(), answer.to_string().len());
            // The second attempt has the description as long as makes the answers alike.
            if attempt == 2 || wanted.abs_diff(got) < 32 {
                break (vendor, gateway, token, request, answer);
            }
            length = (length + wanted).saturating_sub(got);
        }
    };
    let (server, start) = started(&gateway, &request).await?;
    let list = list_near(gateway.address, &token, answer.to_string().len()).await?;
    let ticket = hops(&mut vendor, gateway.address, &request).await?;
    let tickets = hops(&mut vendor, gateway.address, &list).await?;
    let mut row = Row::new(VENDOR, &server, request)?;
    row.start = Some(start);
    let mut rows = vec![row];
    if tickets.0 == 1 {
        rows.push(Row::new(ONE_HOP, &server, list)?);
    }
    field.add_rows(server, rows);
    field.servers.push(vendor);
    let told = |(reads, bytes): (usize, usize)| format!("{reads} requests to the HaloPSA simulator for {bytes} bytes");
    Ok(format!("vendor hop: a ticket takes {}, a list of tickets {}", told(ticket), told(tickets)))
}

/// How many requests to the vendor a call takes, and how long its structured answer is.
async fn hops(vendor: &mut Server, address: SocketAddr, request: &Request) -> Result<(usize, usize), Failure> {
    let before: usize = vendor.line()?.parse()?;
    let answer = probe(address, request).await?;
    let reads = vendor.line()?.parse::<usize>()?.saturating_sub(before);
    Ok((reads, answer.to_string().len()))
}

/// The demo as a newcomer starts it, on an empty directory; a note on its start and its memory.
async fn demo(program: &Path, dir: &Path) -> Result<String, Failure> {
    let address = free_address()?;
    let mut command = Command::new(program);
    command.args(["demo", "--listen", &address.to_string(), "--data"]).arg(dir);
    let mut server = Server::spawn(&mut command, address)?;
    // Without a token the answer is a refusal: an answer all the same.
    let start = server.answers(&Request::list(address, "none"), Some(401)).await?;
    tokio::time::sleep(SETTLE).await;
    let (start, idle) = (start.as_secs_f64() * 1e3, server.memory()?.now);
    Ok(format!("postern demo on an empty directory: {start:.0} ms to its first answer, {idle:.1} MB when idle"))
}

async fn simulator(address: SocketAddr, length: usize) -> Result<Server, Failure> {
    let (listen, length) = (address.to_string(), length.to_string());
    let mut command = Command::new(std::env::current_exe()?);
    let server = Server::spawn_talking(command.args(["vendor", "--listen", &listen, "--length", &length]), address)?;
    for _ in 0..2000 {
        if Connection::open(address).await.is_ok() {
            return Ok(server);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err("the simulator does not listen".into())
}

/// The gateway with many tenants, of which one is asked; a note on its start.
async fn many_tenants(
    field: &mut Field,
    program: &Path,
    scratch: &Path,
    issuer: &Issuer,
    tenants: u32,
) -> Result<String, Failure> {
    let gateway = Gateway::prepare(program, &scratch.join("tenants"), issuer, Behind::Embedded, tenants as usize)?;
    let token = gateway.customer(issuer, "lead@acme.example")?;
    let request = {
        let mut first = gateway.start()?;
        first.answers(&Request::list(gateway.address, &token), Some(200)).await?;
        ticket_near(gateway.address, &token, WANTED).await?.0
    };
    let (server, start) = started(&gateway, &request).await?;
    let mut row = Row::new(TENANTS, &server, request)?;
    row.connections = vec![16];
    row.start = Some(start);
    field.add(server, row);
    Ok(format!("many tenants: {tenants} in the configuration, one of them asked"))
}

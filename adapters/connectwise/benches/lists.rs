//! What the adapter itself costs, without the vendor: lists of tickets whose comment counts are known, and what they hold.
//!
//! The vendor is a handle that answers from memory at once, with rows as long as the vendor's. Before the times, it says
//! how many bytes a list of 100 tickets holds beyond its texts: the growth of the process by many of them, divided.

use criterion::{Criterion, criterion_group, criterion_main};
use postern_api::http::{Bytes, Http, Request, Response, StatusCode};
use postern_api::*;
use std::error::Error as Failure;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

type Outcome<T> = std::result::Result<T, Box<dyn Failure>>;

/// Answers from memory.
#[derive(Debug)]
struct Memory {
    tickets: Bytes,
}

#[postern_api::async_trait]
impl Http for Memory {
    async fn send(&self, _: &CallCx, request: Request) -> Result<Response> {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let body = match path.as_slice() {
            ["service", "tickets"] => self.tickets.clone(),
            ["service", "boards", ..] => {
                r#"[{"id":11,"name":"New"},{"id":15,"name":">Closed","closedStatus":true}]"#.into()
            }
            ["service", "priorities"] => r#"[{"id":2,"level":"High"}]"#.into(),
            [.., "notes"] | ["time", "entries"] => "[]".into(),
            _ => return Err(Error::internal("not asked for here")),
        };
        Ok(Response { status: StatusCode::OK, headers: Default::default(), body })
    }
}

/// One row, as the vendor sends it for the fields that are asked for.
fn row(id: u32) -> String {
    format!(
        r#"{{"id":{id},"summary":"Printer {id} on the second floor is offline since this morning","recordType":"ServiceTicket",
"board":{{"id":1}},"status":{{"id":11}},"company":{{"id":12}},"contact":{{"id":78,"name":"Bob Basic"}},"contactName":"Bob Basic",
"contactEmailAddress":"bob.basic@acme.example","type":{{"name":"Hardware"}},"team":{{"id":25,"name":"First Line"}},"owner":null,
"priority":{{"id":2}},"externalXRef":null,"closedFlag":false,"respondByGoalUTC":"2026-09-01T12:55:00Z","resolutionGoalUTC":
"2026-09-02T08:55:00Z","customFields":[{{"id":5,"caption":"Private","type":"Checkbox","entryMethod":"EntryField",
"numberOfDecimals":0,"value":false}}],"_info":{{"lastUpdated":"2026-09-03T10:00:00Z","updatedBy":"aagent","dateEntered":
"2026-09-01T08:55:00Z","enteredBy":"aagent"}}}}"#
    )
}

fn adapter(rows: u32) -> Outcome<(Arc<dyn Adapter>, usize)> {
    let body = format!("[{}]", (1..=rows).map(row).collect::<Vec<_>>().join(","));
    let bytes = body.len();
    let base = "https://api-eu.myconnectwise.net/v4_6_release/apis/3.0";
    let mut config = postern_connectwise::Config::new(base, "msp", ("public", "private".to_owned()), "client", 1);
    (config.private_field, config.page_size) = (Some(5), 1000);
    Ok((postern_connectwise::connect(config, Arc::new(Memory { tickets: body.into() }))?, bytes))
}

/// Bytes that the process has in memory.
fn resident() -> Outcome<usize> {
    let status = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = status.split_whitespace().nth(1).ok_or("no resident pages")?.parse()?;
    Ok(pages * 4096)
}

/// Nanoseconds that this thread had of a processor: on a machine that does other things too, a better measure than a clock.
fn worked() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(status.split_whitespace().next().ok_or("no time")?.parse()?)
}

fn lists(criterion: &mut Criterion) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let acme = ExternalId::new("12")?;
    let cx = CallCx::new(Reach::Organisations(vec![acme]), Duration::from_secs(3_600));
    let query = TicketQuery { limit: 200, ..TicketQuery::default() };

    let (hundred, bytes) = adapter(100)?;
    let desk = hundred.service_desk().ok_or("no service desk")?;
    let first = runtime.block_on(desk.tickets(&cx, &query))?;
    if first.rows.len() != 100 {
        return Err("the list is not whole".into());
    }
    let (before, mut held) = (resident()?, Vec::with_capacity(400));
    for _ in 0..400 {
        held.push(runtime.block_on(desk.tickets(&cx, &query))?);
    }
    let each = resident()?.saturating_sub(before) / held.len();
    println!("a list of 100 tickets holds {} KB, of {} KB that came", each / 1024, bytes / 1024);
    drop(held);
    if each > bytes + 64 * 1024 {
        return Err("more than 64 KB beyond what came".into());
    }
    let before = worked()?;
    for _ in 0..2000 {
        black_box(runtime.block_on(desk.tickets(&cx, &query))?);
    }
    println!("it takes {} us of a processor", (worked()? - before) / 2_000_000);

    criterion.bench_function("a list of 100 tickets", |it| {
        it.iter(|| black_box(runtime.block_on(desk.tickets(&cx, &query))).is_ok());
    });
    let (thousand, bytes) = adapter(1000)?;
    let desk = thousand.service_desk().ok_or("no service desk")?;
    runtime.block_on(desk.tickets(&cx, &query))?;
    println!("1,000 tickets are {} KB", bytes / 1024);
    criterion.bench_function("the first 200 of 1,000 tickets", |it| {
        it.iter(|| black_box(runtime.block_on(desk.tickets(&cx, &query))).is_ok());
    });
    Ok(())
}

fn all(criterion: &mut Criterion) {
    if let Err(error) = lists(criterion) {
        eprintln!("the benchmark could not run: {error}");
        std::process::exit(1);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);

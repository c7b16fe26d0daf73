//! Measures Postern beside what it could at best be: the same answer from bare axum and from a bare rmcp server, in one
//! run on loopback, interleaved, with the median of several rounds. See README.md beside it for how to read the table.

mod audit_rows;
mod bare;
mod checks;
mod child;
mod client;
mod gateway;
mod governed;
mod issuer;
mod load;
mod row;
mod run;
mod scratch;
mod sign_in;
mod table;
mod vendor;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// What went wrong, for people.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// No run takes longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// Measures Postern beside bare servers that give the same answer.
#[derive(Debug, Parser)]
#[command(name = "postern-load")]
struct Arguments {
    /// Seconds of each measurement, after its warm-up.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How often each measurement is repeated.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Three rounds of one second: a first look, not a result.
    #[arg(long)]
    quick: bool,
    /// Tenants of the gateway that is measured beside the one with a single tenant; 0 leaves it out.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=20_000))]
    tenants: u32,
    /// Rows in the audit log of the gateway that is measured beside the one whose log is new; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    audit_rows: u32,
    /// Grants in the store of a gateway whose people sign in, beside one with none.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    grants: u32,
    /// People who sign in; 0 leaves this out, and the grants with it.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    sign_ins: u32,
    /// Open action requests in the store of a gateway whose reads are measured beside one with none; 0 leaves this out, and the
    /// governed writes with it.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    requests: u32,
    /// Measure only the rows whose names hold one of these words, for example `--only embedded,rmcp`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The gateway's program; without it, the one beside this program.
    #[arg(long)]
    postern: Option<PathBuf>,
    #[command(subcommand)]
    server: Option<Servers>,
}

/// The servers that this program starts of itself.
#[derive(Debug, Subcommand)]
enum Servers {
    /// Axum alone.
    #[command(hide = true)]
    BareAxum(bare::Bare),
    /// rmcp alone.
    #[command(hide = true)]
    BareRmcp(bare::Bare),
    /// The HaloPSA simulator.
    #[command(hide = true)]
    Vendor(vendor::Vendor),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The load comes from one thread; a server has a thread a core, as the gateway has.
    let runtime = match arguments.server {
        Some(_) => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        None => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| match arguments.server {
        Some(Servers::BareAxum(bare)) => runtime.block_on(bare::axum(bare)).map(|()| true),
        Some(Servers::BareRmcp(bare)) => runtime.block_on(bare::rmcp(bare)).map(|()| true),
        Some(Servers::Vendor(vendor)) => runtime.block_on(vendor::serve(vendor)).map(|()| true),
        None => {
            let plan = run::Plan {
                window: Duration::from_secs(if arguments.quick { 1 } else { arguments.seconds }),
                warm_up: Duration::from_millis(if arguments.quick { 300 } else { 1000 }),
                rounds: if arguments.quick { 3 } else { arguments.rounds },
                tenants: arguments.tenants,
                audit_rows: if arguments.quick { arguments.audit_rows.min(100_000) } else { arguments.audit_rows },
                sign_in: sign_in::Plan {
                    grants: arguments.grants,
                    sign_ins: if arguments.quick { arguments.sign_ins.min(200) } else { arguments.sign_ins },
                },
                requests: if arguments.quick { arguments.requests.min(10_000) } else { arguments.requests },
                only: arguments.only,
                postern: arguments.postern,
            };
            runtime.block_on(tokio::task::LocalSet::new().run_until(until_stopped(plan)))
        }
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            table::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Whatever ends first ends the run, and with it every server that it started.
async fn until_stopped(plan: run::Plan) -> Result<bool, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        outcome = run::run(plan) => outcome,
        _ = tokio::signal::ctrl_c() => Err("stopped".into()),
        _ = terminate.recv() => Err("stopped".into()),
        _ = hang_up.recv() => Err("stopped".into()),
        () = tokio::time::sleep(LONGEST) => Err("the run took more than an hour".into()),
    }
}

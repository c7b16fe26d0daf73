//! The command line.

mod account;
mod audit;
mod organisations;
mod record;
mod serve;
mod tools;

use crate::app::CannotStart;
use crate::config::Config;
use crate::demo::Demo;
use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use postern_policies::{Policies, Realm};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// One guarded gate for AI clients into the systems that a managed service provider runs.
#[derive(Debug, Parser)]
#[command(name = "postern", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve what a configuration file describes
    Serve {
        /// The configuration file (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Serve a whole demo MSP: two realms, three customers, tickets, articles; nothing else is needed
    Demo {
        /// Where to listen; a loopback address unless you say otherwise
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
        listen: SocketAddr,
        /// Where its databases and keys are kept
        #[arg(long, value_name = "DIR", default_value = ".postern/demo")]
        data: PathBuf,
        /// Where health and metrics are served; any free port of this machine unless you say otherwise
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = address)]
        operations: SocketAddr,
    },
    /// Check a configuration file and report every mistake in it
    Check {
        /// The configuration file (TOML)
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print a realm token of a demo account, for example lead@acme.example
    Token {
        /// The account's e-mail address
        account: String,
        /// The demo's data directory
        #[arg(long, value_name = "DIR", default_value = ".postern/demo")]
        data: PathBuf,
    },
    /// List the tools, all of them or those of one role
    Tools(tools::Tools),
    /// Print who may call what: every role against every tool
    Matrix {
        /// A directory of policies; the built-in ones otherwise
        #[arg(long, value_name = "DIR")]
        policies: Option<PathBuf>,
    },
    /// Propose which organisation is which across a tenant's systems; changes nothing
    Organisations(organisations::Organisations),
    /// Record what a connected system answers to one read, with all that could be somebody's replaced
    Record(record::Record),
    /// Keep local accounts, also beside a running server, which notices within a second
    #[command(subcommand)]
    Account(account::Account),
    /// Verify or export the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Print the version
    Version,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RealmName {
    /// People at the MSP's customers
    Customer,
    /// People who work for the MSP
    Employee,
}

impl From<RealmName> for Realm {
    fn from(name: RealmName) -> Self {
        match name {
            RealmName::Customer => Self::Customer,
            RealmName::Employee => Self::Employee,
        }
    }
}

/// Why a command failed: what the person reads on standard error.
#[derive(Debug)]
struct Failed(String);

impl From<postern_api::Error> for Failed {
    /// With its facts: whoever runs the command is not a caller.
    fn from(error: postern_api::Error) -> Self {
        CannotStart::from(error).into()
    }
}

macro_rules! failed_from {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Failed {
            fn from(error: $kind) -> Self {
                Self(error.to_string())
            }
        })*
    };
}
failed_from!(
    &str,
    String,
    CannotStart,
    std::io::Error,
    serde_json::Error,
    crate::config::Mistakes,
    postern_policies::PolicyErrors
);

/// Runs the command line.
pub fn run() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.0);
            ExitCode::FAILURE
        }
    }
}

fn complain(error: &str) {
    tell(&format!("postern: {}", error.trim_end()));
}

/// Says what is going on, beside what the command answers.
fn tell(line: &str) {
    // Nobody is left to tell when even standard error is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn say(text: &str) -> Result<(), Failed> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn execute(command: Command) -> Result<ExitCode, Failed> {
    match command {
        Command::Serve { config } => serve::serve(&config)?,
        Command::Demo { listen, data, operations } => serve::demo(listen, &data, operations)?,
        Command::Check { config } => {
            Config::load(&config)?;
            say("the configuration is right")?;
        }
        Command::Token { account, data } => say(&Demo::of(&data)?.token(&account, Timestamp::now())?)?,
        Command::Tools(tools) => say(&tools::list(&tools)?)?,
        Command::Matrix { policies } => {
            let policies = policies.map_or_else(Policies::builtin, Policies::load)?;
            say(&postern_policies::matrix(&policies))?;
        }
        Command::Organisations(asked) => return organisations::propose(&asked),
        Command::Record(asked) => record::record(&asked)?,
        Command::Account(it) => say(&account::run(it)?)?,
        Command::Audit(it) => return it.run(),
        Command::Version => say(&format!("postern {}", env!("CARGO_PKG_VERSION")))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an address and a port, for example 127.0.0.1:8080")
}

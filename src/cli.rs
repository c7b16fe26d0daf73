//! The command line.

mod account;
mod organisations;
mod record;

use crate::app::{App, CannotStart};
use crate::audit::{export, verify};
use crate::config::{Config, TelemetryConfig};
use crate::demo::{Demo, TOKEN_HOURS};
use crate::govern::action::ActionId;
use crate::store::draw_first_random_number;
use crate::telemetry;
use crate::tools::{Kind, catalogue};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use postern_api::{OrganisationId, TenantId};
use postern_embedded::demo::ACCOUNTS;
use postern_policies::{Facts, Policies, Realm, Subject};
use std::collections::BTreeSet;
use std::io::{BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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
    Tools(Tools),
    /// Print who may call what: every role against every tool
    Matrix {
        /// A directory of policies; the built-in ones otherwise
        #[arg(long, value_name = "DIR")]
        policies: Option<PathBuf>,
    },
    /// Propose which organisation is which across a tenant's systems; changes nothing
    Organisations(Organisations),
    /// Record what a connected system answers to one read, with all that could be somebody's replaced
    Record(Record),
    /// Keep local accounts, also beside a running server, which notices within a second
    #[command(subcommand)]
    Account(account::Account),
    /// Verify or export the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Print the version
    Version,
}

#[derive(Debug, Args)]
struct Organisations {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only this tenant; every tenant otherwise
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = MatchFormat::Table)]
    format: MatchFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MatchFormat {
    /// For people, with what is doubtful and what is unmatched
    Table,
    /// Lines for the configuration
    Toml,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
struct Record {
    /// The read, for example `ticket.list`; `--list` names them all
    #[arg(required_unless_present = "list")]
    read: Option<String>,
    /// What it is about: an id, an organisation in the system's own id, or a text
    about: Option<String>,
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    config: Option<PathBuf>,
    /// The system's name in the configuration
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    system: Option<String>,
    /// The tenant; not needed where there is only one
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// Reach this organisation alone, in the system's own id; the whole tenant otherwise
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// A word that stays as it is, for example the name of a status; may be repeated
    #[arg(long, value_name = "WORD")]
    keep: Vec<String>,
    /// Where to write; standard output otherwise
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Name the reads that can be recorded
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Args)]
struct Tools {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Only the tools of this realm; needs --role
    #[arg(long, value_enum, requires = "role")]
    realm: Option<RealmName>,
    /// Only the tools that this role may call; needs --realm
    #[arg(long, requires = "realm")]
    role: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Columns for people
    Table,
    /// With schemas, for programs
    Json,
    /// For documents
    Markdown,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RealmName {
    /// People at the MSP's customers
    Customer,
    /// People who work for the MSP
    Employee,
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Prove that the log is whole, or name the first row that is not
    Verify {
        /// The data directory, an exported file, or a statement that an organisation's lead downloaded
        #[arg(value_name = "DIR|FILE", default_value = ".postern/demo")]
        place: PathBuf,
        /// The public key; `audit-public.key` of the data directory otherwise
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
        /// Signed heads that were kept elsewhere (copies of `audit-heads.jsonl`)
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// Write rows as JSON lines that verify without the log, with a seal over all of them
    Export {
        /// The data directory
        #[arg(value_name = "DIR", default_value = ".postern/demo")]
        data: PathBuf,
        /// Only this tenant's rows
        #[arg(long)]
        tenant: Option<TenantId>,
        /// Only this organisation's rows
        #[arg(long)]
        organisation: Option<OrganisationId>,
        /// Only rows of this action request: who asked, who decided, what was done
        #[arg(long, value_name = "ID", value_parser = |text: &str| ActionId::try_from(text.to_owned()))]
        action: Option<ActionId>,
        /// Only rows at or after this time, for example 2026-11-01T00:00:00Z
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
        /// Only rows before this time
        #[arg(long, value_name = "TIME")]
        until: Option<Timestamp>,
        /// Where to write; standard output otherwise
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
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
        Command::Serve { config } => {
            let config = Config::load(&config)?;
            let listen = config.server.listen;
            let telemetry = config.telemetry.clone();
            serve(&telemetry, listen, |listen| Ok(App::build(config, listen, axum::Router::new())?), |_| Ok(()))?;
        }
        Command::Demo { listen, data, operations } => demo(listen, &data, operations)?,
        Command::Check { config } => {
            Config::load(&config)?;
            say("the configuration is right")?;
        }
        Command::Token { account, data } => say(&Demo::of(&data)?.token(&account, Timestamp::now())?)?,
        Command::Tools(tools) => say(&list(&tools)?)?,
        Command::Matrix { policies } => {
            let policies = policies.map_or_else(Policies::builtin, Policies::load)?;
            say(&postern_policies::matrix(&policies))?;
        }
        Command::Organisations(asked) => return organisations::propose(&asked),
        Command::Record(asked) => record::record(&asked)?,
        Command::Account(it) => say(&account::run(it)?)?,
        Command::Audit(Audit::Verify { place, public_key, heads }) => return verify_log(&place, public_key, heads),
        Command::Audit(Audit::Export { data, tenant, organisation, action, since, until, output }) => {
            let (since, until) = (since.map(Timestamp::as_millisecond), until.map(Timestamp::as_millisecond));
            let action = action.map(|it| it.to_string());
            let filter = export::Filter { tenant, organisation, action, since, until, ..export::Filter::default() };
            existing_log(&data)?;
            match output {
                Some(path) => {
                    let rows =
                        export::export(&data, &filter, &mut std::io::BufWriter::new(std::fs::File::create(&path)?))?;
                    say(&format!("{rows} rows written to {}", path.display()))?;
                }
                None => {
                    export::export(&data, &filter, &mut std::io::stdout().lock())?;
                }
            }
        }
        Command::Version => say(&format!("postern {}", env!("CARGO_PKG_VERSION")))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an address and a port, for example 127.0.0.1:8080")
}

/// What to do about an address that is taken.
const LISTEN_ELSEWHERE: &str = "choose another by `server.listen`, for the demo by `--listen`";

/// Builds and serves; `announce` is called once it listens.
fn serve(
    telemetry: &TelemetryConfig,
    listen: SocketAddr,
    build: impl FnOnce(SocketAddr) -> Result<App, Failed>,
    announce: impl FnOnce(SocketAddr) -> Result<(), Failed>,
) -> Result<(), Failed> {
    // Traces are sent from a thread of their own, outside the runtime, and what is left of them after it.
    let _exporting = telemetry::start(telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.spawn_blocking(draw_first_random_number);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|e| format!("cannot listen at {listen}: {e}; {LISTEN_ELSEWHERE}"))?;
        let listen = listener.local_addr()?;
        let mut app = build(listen)?;
        app.listen_for_operators().await?;
        announce(listen)?;
        tracing::info!(%listen, "postern listens at {listen}");
        app.serve(listener).await.map_err(|e: CannotStart| e.into())
    })
}

fn demo(listen: SocketAddr, data: &Path, operations: SocketAddr) -> Result<(), Failed> {
    if !listen.ip().is_loopback() {
        return Err(
            format!("the demo has no TLS, so it listens on a loopback address alone, not on {}", listen.ip()).into()
        );
    }
    let quiet = TelemetryConfig { log_filter: Some("warn,rmcp=error".into()), ..TelemetryConfig::default() };
    let build = |listen| {
        let demo = Demo::at(listen, data);
        let config = demo.prepare(operations)?;
        let routes = demo.routes()?;
        Ok(App::build(config, listen, routes)?)
    };
    serve(&quiet, listen, build, |listen| {
        let demo = Demo::at(listen, data);
        say(&welcome(&demo, &demo.token("lead@acme.example", Timestamp::now())?, &demo.password()?, data))
    })
}

fn welcome(demo: &Demo, token: &str, password: &str, data: &Path) -> String {
    let url = demo.mcp_url();
    // As it was started, so that the lines below can be pasted.
    let program = std::env::args().next().unwrap_or_else(|| "postern".to_owned());
    let command = format!("{program} token");
    let data = if data == Path::new(".postern/demo") { String::new() } else { format!(" --data {}", data.display()) };
    let accounts: String = ACCOUNTS
        .iter()
        .map(|it| {
            format!(
                "  {:<28} {:<9} {:<15} {}\n",
                it.email,
                it.realm,
                it.role,
                it.organisation.unwrap_or("all customers")
            )
        })
        .collect();
    format!(
        r#"Postern serves a demo MSP.

MCP URL   {url}

Accounts  (e-mail, realm, role, organisation)
{accounts}
Sign in   {origin}/sign-in with any of these addresses and the password {password}

A token for any of them, good for {TOKEN_HOURS} hours:
  {command} lead@acme.example{data}

A first call, as the lead contact of Acme:
  curl -s {url} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: customer_list_tickets' \
    -H 'Authorization: Bearer {token}' \
    -d '{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"customer_list_tickets","arguments":{{"limit":3}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}'

A client, for example Claude Code:
  claude mcp add --transport http postern {url} --header "Authorization: Bearer $({command} lead@acme.example{data})"

Stop it with Ctrl-C. What was asked is in the audit:
  {program} audit verify{place}
"#,
        origin = demo.origin,
        place = data.strip_prefix(" --data").unwrap_or_default(),
    )
}

fn list(tools: &Tools) -> Result<String, Failed> {
    let policies = Policies::builtin()?;
    let asked = match (tools.realm, &tools.role) {
        (Some(realm), Some(role)) => {
            let realm = match realm {
                RealmName::Customer => Realm::Customer,
                RealmName::Employee => Realm::Employee,
            };
            if !policies.knows_role(realm, role) {
                let known = policies.roles().iter().filter(|it| it.realm == realm).map(|it| it.name.to_string());
                return Err(format!(
                    "no role `{role}` in this realm; expected {}",
                    known.collect::<Vec<_>>().join(", ")
                )
                .into());
            }
            Some((realm, BTreeSet::from([role.clone()])))
        }
        _ => None,
    };
    let wanted = |name: &str| {
        asked.as_ref().is_none_or(|(realm, roles)| {
            let subject = Subject { realm: *realm, tenant: "any", roles, scopes: None, service: false };
            policies.decide(&subject, name, &Facts::default()).is_permit()
        })
    };
    let rows = catalogue().iter().filter(|it| wanted(&it.action));
    let first_line = |text: &str| text.split_once("\n\n").map_or(text, |(first, _)| first).replace('\n', " ");
    let kind = |kind: Kind| match kind {
        Kind::Read => "read",
        Kind::Preview => "preview",
        Kind::Write => "write",
        Kind::ConfirmedWrite => "write, confirmed",
        Kind::Governed => "write, governed",
    };
    Ok(match tools.format {
        Format::Table => {
            rows.map(|it| format!("{:<32} {:<17} {}\n", it.entry.name, kind(it.entry.kind), it.entry.title)).collect()
        }
        Format::Markdown => {
            let head = "| Tool | Kind | What it does |\n| --- | --- | --- |\n".to_owned();
            rows.fold(head, |text, it| {
                let line =
                    format!("| `{}` | {} | {} |\n", it.entry.name, kind(it.entry.kind), first_line(&it.description));
                text + &line
            })
        }
        Format::Json => {
            let rows = rows.map(|it| {
                serde_json::json!({
                    "name": it.entry.name, "title": it.entry.title, "kind": kind(it.entry.kind), "description": it.description,
                    "input_schema": *it.input, "output_schema": *it.output,
                })
            });
            serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?
        }
    })
}

fn existing_log(data: &Path) -> Result<(), Failed> {
    if data.join("audit.db").is_file() {
        Ok(())
    } else {
        Err(format!("`{}` holds no audit log", data.display()).into())
    }
}

fn verify_log(place: &Path, public_key: Option<PathBuf>, heads: Option<PathBuf>) -> Result<ExitCode, Failed> {
    let beside = if place.is_dir() { place } else { place.parent().unwrap_or(Path::new(".")) };
    if place.is_dir() || !place.exists() {
        existing_log(place)?;
    }
    let public = verify::public_key(&public_key.unwrap_or_else(|| beside.join("audit-public.key")))?;
    let verdict = if place.is_dir() {
        let open = |path: PathBuf| std::fs::File::open(&path).map_err(|e| format!("{}: {e}", path.display()));
        let heads = heads.map(open).transpose()?;
        match heads {
            Some(file) => verify::verify(place, &public, Some(&mut BufReader::new(file)))?,
            None => verify::verify(place, &public, None)?,
        }
    } else {
        verify::verify_export(&mut BufReader::new(std::fs::File::open(place)?), &public)?
    };
    match verdict {
        Ok(verify::Report { statement: Some(heading), rows, .. }) => {
            let since = heading.since.map_or("the beginning".to_owned(), |it| it.to_string());
            say(&format!(
                "the statement is whole and signed by this key: {rows} entries about `{}` at `{}`, from {since} until {}",
                heading.organisation, heading.statement_of, heading.until
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(report) => {
            let range = report.range.map_or(String::new(), |(first, last)| format!(", numbers {first} to {last}"));
            say(&format!(
                "the audit log is whole: {} rows{range}, {} signed heads, {} rows not signed yet",
                report.rows, report.heads, report.unsigned
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            let what = if place.is_dir() { "THE AUDIT LOG" } else { "THIS FILE" };
            say(&format!("{what} IS NOT WHOLE: {fault}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

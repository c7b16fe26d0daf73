//! `postern record`: one read of a connected system, as a cassette.

use super::{Failed, complain, say};
use crate::adapters::Registry;
use crate::cassette::{Disguise, Tape};
use crate::config::{Config, SystemConfig};
use clap::Args;
use postern_api::cassette::Operation;
use postern_api::{CallCx, ExternalId, Reach, TenantId};
use std::path::PathBuf;
use std::time::Duration;

/// How long the read may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(super) struct Record {
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

pub(super) fn record(asked: &Record) -> Result<(), Failed> {
    let (Some(read), Some(config), Some(name)) = (&asked.read, &asked.config, &asked.system) else {
        let lines: String = Operation::ALL.iter().map(|(name, about)| format!("{name:<18} {about}\n")).collect();
        return say(&lines);
    };
    let config = Config::load(config)?;
    let ids = || config.tenants.iter().map(|it| format!("`{}`", it.id)).collect::<Vec<_>>().join(", ");
    let tenant = match (&asked.tenant, config.tenants.as_slice()) {
        (Some(id), all) => {
            all.iter().find(|it| it.id == *id).ok_or_else(|| format!("no tenant `{id}`; expected {}", ids()))
        }
        (None, [only]) => Ok(only),
        (None, _) => Err(format!("which tenant? say --tenant with one of {}", ids())),
    }?;
    let system = tenant.systems.get(name).ok_or_else(|| {
        let known: Vec<_> = tenant.systems.keys().map(|it| format!("`{it}`")).collect();
        format!("no system `{name}`; expected {}", known.join(", "))
    })?;
    if !Operation::ALL.iter().any(|it| it.0 == read) {
        let known: Vec<_> = Operation::ALL.iter().map(|it| it.0).collect();
        return Err(format!("no read `{read}`; expected {}", known.join(", ")).into());
    }
    let reach = match &asked.organisation {
        Some(id) => Reach::Organisations(vec![ExternalId::new(id).map_err(|e| format!("--organisation: {e}"))?]),
        None => Reach::Tenant,
    };
    let (mut words, values) = understood(system);
    words.extend(asked.keep.iter().cloned());
    let disguise = Disguise::new(&words)?.keeping(values.iter().map(String::as_str));
    let tape = Tape::new(disguise, asked.about.clone());
    let registry = Registry::new(&config.server.data_dir).recording(tape.clone());
    let operation = Operation { name: read.clone(), about: asked.about.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cassette = runtime.block_on(async {
        let adapter = registry.open(&tenant.id, name, system)?.adapter;
        Ok::<_, Failed>(tape.record(&*adapter, &operation, &CallCx::new(reach, PATIENCE)).await)
    })?;
    if cassette.exchanges.is_empty() {
        return Err(format!("nothing was asked of `{name}`: {}", cassette.outcome).into());
    }
    let text = serde_json::to_string_pretty(&cassette)?;
    match &asked.output {
        Some(path) => {
            std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))?;
            let exchanges = cassette.exchanges.len();
            say(&format!("{exchanges} exchanges written to {}; outcome {}", path.display(), cassette.outcome))?;
        }
        None => say(&text)?,
    }
    complain("every word and number was replaced by another; read it before you send it");
    Ok(())
}

/// What the adapter has to understand of its answers by the configuration: words of addresses that it compares with, and whole values.
fn understood(system: &SystemConfig) -> (Vec<String>, Vec<String>) {
    if let SystemConfig::Autotask(it, _) = system {
        // An answer names the zone, which is one of the configured hosts or none.
        let words = it.zone_hosts.iter().cloned().chain([it.lookup_url.clone(), "paging".into()]);
        return (words.collect(), Vec::new());
    }
    if let SystemConfig::Syncro(it, _) = system {
        let names = it.statuses.keys().chain(it.priorities.keys()).chain([&it.closed_status]);
        return (Vec::new(), names.cloned().collect());
    }
    (Vec::new(), Vec::new())
}

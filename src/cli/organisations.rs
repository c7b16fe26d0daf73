//! `postern organisations`: asks every system of a tenant for its organisations and says which may be one.

use super::{Failed, MatchFormat, Organisations, complain, say};
use crate::adapters::Registry;
use crate::config::{Config, TenantConfig};
use crate::matching::{self, Known};
use postern_api::{CallCx, Directory, ErrorKind, Reach, Result, Turn};
use std::process::ExitCode;
use std::time::Duration;

/// How long one system may take to name all its organisations.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn propose(asked: &Organisations) -> Result<ExitCode, Failed> {
    let config = Config::load(&asked.config)?;
    if let Some(id) = &asked.tenant
        && !config.tenants.iter().any(|it| it.id == *id)
    {
        let known: Vec<_> = config.tenants.iter().map(|it| format!("`{}`", it.id)).collect();
        return Err(format!("no tenant `{id}`; expected {}", known.join(", ")).into());
    }
    let chosen: Vec<_> =
        config.tenants.iter().filter(|it| asked.tenant.as_ref().is_none_or(|id| it.id == *id)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let registry = Registry::new(&config.server.data_dir);
    let mut whole = true;
    let mut all = Vec::new();
    for tenant in chosen {
        let known = runtime.block_on(read(&registry, tenant, &mut whole));
        let matches = matching::propose(&known);
        match asked.format {
            MatchFormat::Table => say(&format!("{}\n\n{}", tenant.id, matching::table(&matches)))?,
            MatchFormat::Toml => say(&format!("# {}\n{}", tenant.id, matching::toml(&matches)))?,
            MatchFormat::Json => {
                let mut one = matching::json(&matches);
                if let Some(object) = one.as_object_mut() {
                    object.insert("tenant".into(), tenant.id.as_str().into());
                }
                all.push(one);
            }
        }
    }
    if asked.format == MatchFormat::Json {
        say(&serde_json::to_string_pretty(&all)?)?;
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks a tenant's systems, one after the other. One that cannot be asked is told, and the others go on.
async fn read(registry: &Registry<'_>, tenant: &TenantConfig, whole: &mut bool) -> Known {
    let mut known = Known { configured: tenant.organisations.clone(), ..Known::default() };
    for (name, system) in &tenant.systems {
        let asked = match registry.open(&tenant.id, name, system) {
            Ok(system) => directory(&*system.adapter).await,
            Err(error) => Err(error),
        };
        match asked {
            Ok(Some(directory)) => {
                if directory.truncated {
                    *whole = false;
                    complain(&format!("`{name}` has more organisations than can be read; the rest is left out"));
                }
                known.directories.insert(name.clone(), directory.entries);
            }
            Ok(None) => complain(&format!("`{name}` cannot list its organisations; its lines are yours to write")),
            Err(error) => {
                *whole = false;
                complain(&format!("`{name}` cannot be asked: {}", Failed::from(error).0));
            }
        }
    }
    known
}

async fn directory(adapter: &dyn postern_api::Adapter) -> Result<Option<Directory>> {
    let Some(crm) = adapter.crm() else { return Ok(None) };
    let turn = Turn { background: true, ..Turn::default() };
    let cx = CallCx { turn, ..CallCx::new(Reach::Tenant, PATIENCE) };
    match crm.directory(&cx).await {
        Ok(directory) => Ok(Some(directory)),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(error),
    }
}

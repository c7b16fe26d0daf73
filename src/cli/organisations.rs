//! `postern organisations`: asks every system of a tenant for its organisations and says which may be one.

use super::{Failed, complain, say, tell};
use crate::adapters::Registry;
use crate::config::{Config, TenantConfig};
use crate::matching::{self, Known};
use crate::store::agreements::{Link, agreed_in};
use clap::{Args, ValueEnum};
use futures::future::join_all;
use postern_api::{CallCx, Directory, Error, ErrorKind, Reach, Result, TenantId, Turn};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long one system may take to name all its organisations. All are asked at once, so this is how long all of it takes.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Organisations {
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
pub(super) enum MatchFormat {
    /// For people, with what is doubtful and what is unmatched
    Table,
    /// Lines for the configuration
    Toml,
    /// For programs
    Json,
}

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
        let mut known = runtime.block_on(read(&registry, tenant, &mut whole));
        let places = tenant.systems.iter().map(|(name, system)| (name.clone(), system.place())).collect();
        match agreed_in(&config.server.data_dir, &tenant.id, &places) {
            Ok(links) => agree(&mut known, links),
            Err(error) => {
                whole = false;
                let why = Failed::from(error).0;
                complain(&format!("what was agreed to on the web pages cannot be read: {why}"));
            }
        }
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

/// Asks a tenant's systems, all at once. One that cannot be asked is told, and the others go on.
async fn read(registry: &Registry<'_>, tenant: &TenantConfig, whole: &mut bool) -> Known {
    let mut known = Known { configured: tenant.organisations.clone(), ..Known::default() };
    let names: Vec<_> = tenant.systems.keys().map(|it| format!("`{it}`")).collect();
    tell(&waiting(&tenant.id, &names));
    let asked = tenant.systems.iter().map(async |(name, system)| {
        let asked = match registry.open(&tenant.id, name, system) {
            Ok(system) => directory(&*system.adapter, PATIENCE).await,
            Err(error) => Err(error),
        };
        (name, asked)
    });
    for (name, asked) in join_all(asked).await {
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

/// What is waited for, and for how long at most.
fn waiting(tenant: &TenantId, names: &[String]) -> String {
    format!("asking {} of tenant `{tenant}`, for {} seconds at most", names.join(", "), PATIENCE.as_secs())
}

/// Adds what people agreed to on the web pages, as the gateway does: what the configuration says goes before.
fn agree(known: &mut Known, links: Vec<Link>) {
    for it in links {
        let taken = known.configured.values().any(|of| of.get(&it.system) == Some(&it.external));
        if !taken {
            known.configured.entry(it.organisation).or_default().entry(it.system).or_insert(it.external);
        }
    }
}

async fn directory(adapter: &dyn postern_api::Adapter, patience: Duration) -> Result<Option<Directory>> {
    let Some(crm) = adapter.crm() else { return Ok(None) };
    let turn = Turn { background: true, ..Turn::default() };
    let cx = CallCx { turn, ..CallCx::new(Reach::Tenant, patience) };
    let asked = tokio::time::timeout(patience, crm.directory(&cx)).await;
    match asked.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "it did not answer in time"))) {
        Ok(directory) => Ok(Some(directory)),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::{Crm, ExternalId, Op, OrganisationId};

    /// A system that takes the connection and says nothing.
    #[derive(Debug)]
    struct Silent;

    #[postern_api::async_trait]
    impl postern_api::Adapter for Silent {
        fn name(&self) -> &'static str {
            "silent"
        }
        fn supports(&self) -> &'static [Op] {
            &[Op::OrganisationList]
        }
        async fn probe(&self, _: &CallCx) -> Result<()> {
            Ok(())
        }
        fn crm(&self) -> Option<&dyn Crm> {
            Some(self)
        }
    }

    #[postern_api::async_trait]
    impl Crm for Silent {
        async fn directory(&self, _: &CallCx) -> Result<Directory> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_system_that_never_answers_is_given_up_and_what_is_waited_for_is_said() {
        let silent = directory(&Silent, Duration::from_millis(1)).await;
        assert_eq!(silent.expect_err("it says nothing").kind(), ErrorKind::Timeout);
        let tenant = TenantId::new("msp").expect("an id");
        assert_eq!(
            waiting(&tenant, &["`psa`".into(), "`crm`".into()]),
            "asking `psa`, `crm` of tenant `msp`, for 30 seconds at most"
        );
    }

    #[test]
    fn what_was_agreed_on_the_web_pages_is_no_proposal_any_more_and_never_against_the_configuration() {
        let ours = |id: &str| OrganisationId::new(id).expect("an id");
        let theirs = |id: &str| ExternalId::new(id).expect("an id");
        let link = |organisation: &str, external: &str| Link {
            system: "psa".into(),
            organisation: ours(organisation),
            external: theirs(external),
            agreed_at: None,
        };
        let mut known = Known::default();
        known.configured.entry(ours("acme")).or_default().insert("psa".into(), theirs("12"));
        agree(&mut known, vec![link("globex", "13"), link("acme", "14"), link("initech", "12")]);
        let of = |id: &str| known.configured.get(&ours(id)).and_then(|it| it.get("psa"));
        assert_eq!((of("acme"), of("globex")), (Some(&theirs("12")), Some(&theirs("13"))));
        assert_eq!(of("initech"), None, "the configuration says that this is Acme");
    }
}

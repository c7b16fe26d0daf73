//! `postern audit`: whether the log is whole, and rows of it as a file.

use super::{Failed, say};
use crate::audit::{export, verify};
use crate::govern::action::ActionId;
use clap::Subcommand;
use jiff::Timestamp;
use postern_api::{OrganisationId, TenantId};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
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

impl Audit {
    /// Runs the command; the exit code says whether the log is whole.
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Verify { place, public_key, heads } => verify_log(&place, public_key, heads),
            Self::Export { data, tenant, organisation, action, since, until, output } => {
                let (since, until) = (since.map(Timestamp::as_millisecond), until.map(Timestamp::as_millisecond));
                let action = action.map(|it| it.to_string());
                let filter = export::Filter { tenant, organisation, action, since, until, ..export::Filter::default() };
                existing_log(&data)?;
                match output {
                    Some(path) => {
                        let rows = export::export(
                            &data,
                            &filter,
                            &mut std::io::BufWriter::new(std::fs::File::create(&path)?),
                        )?;
                        say(&format!("{rows} rows written to {}", path.display()))?;
                    }
                    None => {
                        export::export(&data, &filter, &mut std::io::stdout().lock())?;
                    }
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
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

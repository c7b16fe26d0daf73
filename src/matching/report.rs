//! Proposals as text.

use super::{Matches, Proposal, Record};
use serde_json::{Value, json as object};
use std::fmt::Write as _;

fn evidence(it: &Proposal) -> String {
    it.evidence.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
}

fn named(it: &Record) -> String {
    format!("{} {} ({})", it.system, it.id, tame(&it.name))
}

/// A name from a system on one line of a terminal: no control characters, no end in sight cut.
fn tame(name: &str) -> String {
    let kept: String = name.chars().map(|it| if it.is_control() { ' ' } else { it }).take(80).collect();
    kept.trim().to_owned()
}

/// For people.
pub fn table(matches: &Matches) -> String {
    let mut text = String::new();
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "{title}");
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
            text.push('\n');
        }
    };
    let proposal = |it: &Proposal| {
        let records = it.records.iter().map(named).collect::<Vec<_>>().join(", ");
        format!("{}{}: {records}; same {}", it.organisation, if it.is_configured { "" } else { " (new)" }, evidence(it))
    };
    section("Proposed", matches.proposals.iter().map(proposal).collect());
    let doubt =
        |it: &super::Doubt| format!("{}: {}", it.records.iter().map(named).collect::<Vec<_>>().join(", "), it.why);
    section("To be looked at, nothing is proposed", matches.doubts.iter().map(doubt).collect());
    section("In one system alone, invisible until configured", matches.unmatched.iter().map(named).collect());
    let missing = matches.missing.iter().map(|(organisation, system, id)| format!("{organisation}: {system} {id}"));
    section("Configured, and not in the system's directory", missing.collect());
    if text.is_empty() {
        text.push_str("every organisation of every system is configured\n");
    }
    text
}

/// Lines for `[tenants.organisations]`. A configured organisation gets the fields to add to its line, as a comment, since TOML
/// has each key once.
pub fn toml(matches: &Matches) -> String {
    let mut text = String::from("[tenants.organisations]\n");
    for it in &matches.proposals {
        let why = it.records.iter().map(named).collect::<Vec<_>>().join(", ");
        let fields = it.records.iter().map(|it| format!("{} = {}", it.system, Value::from(it.id.as_str())));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "# {why}; same {}", evidence(it));
        let _ = if it.is_configured {
            writeln!(text, "# add to {}: {fields}", it.organisation)
        } else {
            writeln!(text, "{} = {{ {fields} }}", it.organisation)
        };
    }
    text
}

/// For programs.
pub fn json(matches: &Matches) -> Value {
    let record = |it: &Record| object!({"system": it.system, "id": it.id.as_str(), "name": it.name});
    let records = |all: &[Record]| all.iter().map(record).collect::<Vec<_>>();
    let proposals = matches.proposals.iter().map(|it| {
        let why: Vec<_> = it.evidence.iter().map(|it| it.as_str()).collect();
        object!({"organisation": it.organisation.as_str(), "configured": it.is_configured, "records": records(&it.records), "same": why})
    });
    let doubts = matches.doubts.iter().map(|it| object!({"records": records(&it.records), "why": it.why}));
    let missing = matches.missing.iter().map(|(organisation, system, id)| {
        object!({"organisation": organisation.as_str(), "system": system, "id": id.as_str()})
    });
    object!({
        "proposals": proposals.collect::<Vec<_>>(), "doubts": doubts.collect::<Vec<_>>(),
        "unmatched": records(&matches.unmatched), "missing": missing.collect::<Vec<_>>(),
    })
}

//! What the documents claim and a program can check: tests that they name are there, every numbered threat is in the table of
//! SECURITY.md with the tests that carry its number, links lead somewhere, README knows every command, and the desks do what their
//! table says.

use crate::desks::{self, Desks, Vendor};
use clap::CommandFactory as _;
use postern::adapters::Registry;
use postern::cli::Cli;
use postern_api::Op;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How many threats each letter has.
const THREATS: [(char, u32); 11] = [
    ('T', 22),
    ('O', 30),
    ('B', 16),
    ('R', 10),
    ('W', 12),
    ('H', 12),
    ('S', 9),
    ('D', 10),
    ('A', 9),
    ('L', 8),
    ('P', 6),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Every `.rs` file below a folder of the repository.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The names of all functions, those of tests among them.
fn functions() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "adapters", "policies"] {
        sources(&root().join(folder), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let ends = |it: char| !it.is_ascii_alphanumeric() && it != '_';
        names.extend(text.split("fn ").skip(1).filter_map(|rest| Some(rest.split(ends).next()?.to_owned())));
    }
    names
}

/// The threats that a test's name carries: `b15_b16_...` carries two.
fn threats_of(name: &str) -> Vec<String> {
    let is_threat = |it: &&str| {
        THREATS.iter().any(|(letter, count)| {
            let number = it.strip_prefix(letter.to_ascii_lowercase()).filter(|it| it.len() == 2);
            number.and_then(|it| it.parse().ok()).is_some_and(|it: u32| (1..=*count).contains(&it))
        })
    };
    name.split('_').filter(is_threat).map(str::to_uppercase).collect()
}

/// What stands in backticks and can only be the name of a test.
fn named(text: &str) -> Vec<&str> {
    let word = |it: &&str| {
        it.matches('_').count() >= 3 && it.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('`').skip(1).step_by(2).filter(word).collect()
}

#[test]
fn every_threat_has_a_row_with_the_tests_that_carry_its_number() {
    let functions = functions();
    let mut carried: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in &functions {
        for threat in threats_of(name) {
            carried.entry(threat).or_default().push(name);
        }
    }
    let text = read("SECURITY.md");
    let mut right = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let threat = cells[0].trim_start_matches("| ");
        if cells.len() != 3 || threats_of(&threat.to_lowercase()).is_empty() {
            right.push(line.to_owned());
            continue;
        }
        rows.push(threat.to_owned());
        let told = cells[2].trim_end_matches(" |");
        let (tests, words) = match told.split_once("; ") {
            Some((tests, words)) if tests.starts_with('`') => (tests, words),
            _ if told.starts_with('`') => (told, ""),
            _ => ("", told),
        };
        let mut tests: Vec<&str> = named(tests).into_iter().filter(|it| functions.contains(*it)).collect();
        for name in carried.get(threat).into_iter().flatten() {
            if !tests.contains(name) {
                tests.push(name);
            }
        }
        let tests = tests.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let parts: Vec<&str> = [tests.as_str(), words].into_iter().filter(|it| !it.is_empty()).collect();
        assert!(!parts.is_empty(), "{threat} has neither a test nor a reason");
        right.push(format!("| {threat} | {} | {} |", cells[1], parts.join("; ")));
    }
    let all = |(letter, count): (char, u32)| (1..=count).map(move |n| format!("{letter}{n:02}"));
    assert_eq!(rows, THREATS.into_iter().flat_map(all).collect::<Vec<_>>(), "one row for each threat, in order");
    let right = right.join("\n") + "\n";
    if std::env::var_os("POSTERN_BLESS").is_some() {
        return std::fs::write(root().join("SECURITY.md"), &right).unwrap();
    }
    let wrong: Vec<_> = text.lines().zip(right.lines()).filter(|(is, should)| is != should).collect();
    assert!(text == right, "tests came or went; read this, then POSTERN_BLESS=1\n{wrong:#?}");
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let functions = functions();
    for document in ["README.md", "ARCHITECTURE.md", "SECURITY.md", "adapters/README.md", "policies/README.md"] {
        let text = read(document);
        let gone: Vec<_> = named(&text).into_iter().filter(|it| !functions.contains(*it)).collect();
        assert!(gone.is_empty(), "{document} names tests that are not there: {gone:?}");
    }
    assert!(named(&read("ARCHITECTURE.md")).len() > 20, "the invariants name their tests");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for document in
        ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "adapters/README.md", "policies/README.md"]
    {
        let here = root().join(document);
        let text = read(document);
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap();
            if !link.is_empty() && !link.contains("://") {
                assert!(here.with_file_name("").join(link).exists(), "{document} links to `{link}`");
            }
        }
    }
}

#[test]
fn readme_knows_every_command_and_option() {
    fn missing(command: &clap::Command, path: &str, text: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|it| it.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            if inner.get_subcommands().next().is_none() && !text.contains(&format!("`{path}")) {
                found.push(path.clone());
            }
            missing(inner, &path, text, found);
        }
        for option in command.get_arguments().filter_map(clap::Arg::get_long) {
            if !["help", "version"].contains(&option) && !text.contains(&format!("--{option}")) {
                found.push(format!("{path} --{option}"));
            }
        }
    }
    let mut found = Vec::new();
    missing(&Cli::command(), "postern", &read("README.md"), &mut found);
    assert!(found.is_empty(), "README does not know {found:?}");
}

/// What the rows of the table in `adapters/README.md` are about.
const ROWS: [(&str, &[Op]); 15] = [
    ("tickets: list, read", &[Op::TicketList, Op::TicketGet]),
    (
        "tickets: create, comment, close, escalate",
        &[Op::TicketCreate, Op::TicketComment, Op::TicketClose, Op::TicketEscalate],
    ),
    ("tickets: status, priority, assignee", &[Op::TicketChange]),
    ("time", &[Op::TimeList]),
    ("statuses, priorities, queues", &[Op::VocabularyGet]),
    (
        "organisations, contacts, people who ask",
        &[Op::OrganisationGet, Op::ContactList, Op::ContactGet, Op::RequesterFind],
    ),
    ("organisations: the directory to match", &[Op::OrganisationList]),
    ("sites", &[Op::SiteList]),
    ("equipment", &[Op::AssetList]),
    ("articles", &[Op::ArticleSearch, Op::ArticleGet]),
    ("invoices", &[Op::InvoiceList, Op::InvoiceGet]),
    ("payments", &[Op::PaymentList]),
    ("agreements", &[Op::AgreementList]),
    ("quotes, orders, contracts", &[Op::OrderList]),
    ("projects with their phases", &[Op::ProjectList, Op::ProjectGet]),
];

/// What the documents say that each desk does is what its adapter says, with the settings that the table names.
#[tokio::test]
async fn the_table_of_what_each_desk_does_says_what_the_adapters_support() {
    let readme = read("adapters/README.md");
    let section = readme.split("\n## ").find(|it| it.starts_with("What each of the desks does\n")).unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    let table: Vec<_> = section.lines().filter(|it| it.starts_with('|')).map(cells).collect();
    let (head, rows) = (&table[0], &table[2..]);
    assert_eq!(rows.iter().map(|it| it[0].as_str()).collect::<Vec<_>>(), ROWS.map(|it| it.0));
    let mut desks = Desks::start().await;
    desks.vendors.push(Vendor::RequestTracker("http://127.0.0.1:9".into()));
    let data = tempfile::tempdir().unwrap();
    let configs = desks::tenants("http://127.0.0.1:9", data.path(), &desks.vendors).tenants;
    let registry = Registry::new(data.path());
    for (at, name) in head.iter().enumerate().skip(1) {
        let tenant = configs.iter().find(|it| it.id.as_str() == name).unwrap();
        let system = registry.open(&tenant.id, "desk", &tenant.systems["desk"]).unwrap();
        let says = |row: &Vec<String>| row[at] == "yes" || row[at].starts_with("with `");
        let said = rows.iter().zip(ROWS).filter(|(row, _)| says(row)).flat_map(|(_, (_, ops))| ops.iter().copied());
        let said: BTreeSet<Op> = said.collect();
        assert_eq!(said, system.adapter.supports().iter().copied().collect(), "{name}");
        assert!(rows.iter().all(|row| says(row) || row[at] == "no"), "{name}");
    }
}

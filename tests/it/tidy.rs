//! House rules, held over the sources themselves.

use crate::gateway::root;
use postern::tools::catalogue;
use postern_policies::Policies;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A source file: its path from the root of the repository and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The text without comments, so that a rule is about code.
    fn code(&self) -> String {
        let lines = self.text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn sources(under: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut left = vec![root().join(under)];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            // What builds and tests leave behind is not ours to keep tidy.
            let ours = |name: &std::ffi::OsStr| name != "target" && !name.to_string_lossy().starts_with('.');
            left.extend(entries.filter(|it| it.file_name().is_some_and(ours)));
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(Source { path: relative(&path), text });
        }
    }
    assert!(!found.is_empty(), "{under}");
    found
}

fn all() -> Vec<Source> {
    ["src", "adapters", "policies", "tests", "benches"].into_iter().flat_map(sources).collect()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// The files under `under`, but for `except`, whose code holds `needle`.
fn naming(under: &str, needle: &str, except: &[&str]) -> Vec<String> {
    let files = sources(under).into_iter().filter(|it| !except.iter().any(|path| it.path.starts_with(path)));
    files.filter(|it| it.code().contains(needle)).map(|it| it.path).collect()
}

const NONE: [&str; 0] = [];

/// What each part of `src` may import. Further down the list is further down the house.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "adapters",
            "app",
            "audit",
            "authority",
            "cassette",
            "config",
            "demo",
            "govern",
            "matching",
            "store",
            "telemetry",
            "tools",
        ],
    ),
    ("demo", &["adapters", "authority", "config", "store"]),
    (
        "app",
        &[
            "adapters",
            "audit",
            "authority",
            "call",
            "config",
            "console",
            "edge",
            "health",
            "mail",
            "mcp",
            "organisations",
            "redact",
            "store",
            "telemetry",
            "tenant",
            "tools",
            "webhooks",
            "unsubscribe",
        ],
    ),
    ("adapters", &["cassette", "config", "mail", "tenant", "unsubscribe", "upstream"]),
    ("config", &["audit", "authority", "edge", "govern", "mail", "redact"]),
    ("disk", &["telemetry"]),
    ("edge", &["call", "caller", "clock", "disk"]),
    ("health", &["telemetry", "tenant", "upstream"]),
    (
        "console",
        &[
            "audit",
            "authority",
            "call",
            "caller",
            "govern",
            "matching",
            "organisations",
            "tenant",
            "tools",
            "unsubscribe",
        ],
    ),
    ("authority", &["caller", "edge", "mail", "store"]),
    ("mcp", &["call", "caller"]),
    ("call", &["caller", "clock", "fail_point", "govern", "redact", "telemetry", "tenant", "tools"]),
    ("clock", &[]),
    ("fail_point", &[]),
    ("tools", &["caller", "govern", "tenant"]),
    ("govern", &["caller"]),
    ("audit", &["caller", "store"]),
    ("store", &["caller", "disk"]),
    ("cassette", &[]),
    ("organisations", &["caller", "matching", "store", "tenant"]),
    ("matching", &[]),
    ("redact", &[]),
    ("telemetry", &[]),
    ("tenant", &["redact"]),
    ("upstream", &["telemetry"]),
    ("webhooks", &["authority", "caller", "edge", "store"]),
    ("mail", &[]),
    ("unsubscribe", &["store"]),
    ("caller", &[]),
    ("conformance", &["call", "mcp", "caller"]),
    ("lib", &[]),
];

/// Imports that point up: who implements a trait of the layer above, and the names of what is measured. This list shrinks only.
const POINT_UP: [(&str, &str); 8] = [
    ("audit", "call"),
    ("audit", "tools"),
    ("store", "govern"),
    ("store", "tools"),
    ("telemetry", "call"),
    ("telemetry", "config"),
    ("tools", "telemetry"),
    ("edge", "mcp"),
];

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    let mut up = BTreeSet::new();
    for source in sources("src") {
        let from = source.path.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        let rule = MAY_IMPORT.iter().find(|(name, _)| *name == from);
        let allowed = rule.unwrap_or_else(|| panic!("`{from}` is new: say what it may import")).1;
        let code = source.code();
        for to in code.split("crate::").skip(1) {
            let to: String = to.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if to.is_empty() || to == from || allowed.contains(&to.as_str()) {
                continue;
            }
            match POINT_UP.iter().find(|it| **it == (from.as_str(), to.as_str())) {
                Some(known) => drop(up.insert(*known)),
                None => wrong.push(format!("{} imports {to}", source.path)),
            }
        }
    }
    assert_eq!(wrong, NONE);
    assert_eq!(up, BTreeSet::from(POINT_UP), "what is mended leaves the list");
}

#[test]
fn only_the_operators_and_the_administrators_matching_asks_for_a_whole_directory() {
    assert_eq!(naming("src", ".directory(", &["src/cli/organisations.rs", "src/organisations.rs"]), NONE);
}

#[test]
fn only_the_protocol_layer_names_rmcp() {
    assert_eq!(naming("src", "rmcp::", &["src/mcp"]), NONE);
}

#[test]
fn only_the_registry_the_configuration_and_the_demo_name_adapter_crates() {
    let places = ["src/adapters.rs", "src/config/", "src/demo.rs", "src/webhooks/tests/"];
    for krate in [
        "postern_autotask",
        "postern_connectwise",
        "postern_embedded",
        "postern_halopsa",
        "postern_request_tracker",
        "postern_syncro",
    ] {
        assert_eq!(naming("src", krate, &places), NONE);
    }
}

#[test]
fn only_the_redactor_opens_classified_values() {
    let lens = ["src/call/redact/lens.rs", "src/call/redact/lens/"];
    for needle in ["classified::under", "under(", "classified::{", ".expose()"] {
        let found = naming("src", needle, &lens);
        let opens = |path: &String| {
            let code = sources("src").into_iter().find(|it| it.path == *path).unwrap().code();
            needle != "classified::{" || code.contains("under")
        };
        assert_eq!(found.into_iter().filter(opens).collect::<Vec<_>>(), NONE, "{needle}");
    }
}

/// A plain string passes no redactor: what a system filled is `Text` or `Pii`, what we say ourselves is `&'static str`.
#[test]
fn r03_no_answer_of_a_tool_holds_a_plain_string() {
    let mut found = Vec::new();
    for source in sources("src/tools/support") {
        let mut serialised = false;
        for line in source.code().lines() {
            if line.trim_start().starts_with("#[derive(") {
                serialised = line.split(|c: char| !c.is_alphanumeric()).any(|it| it == "Serialize");
            } else if line.starts_with('}') {
                serialised = false;
            } else if serialised && line.contains("String") {
                found.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_adapters_interface_knows_no_web_framework_no_protocol_and_no_client() {
    for needle in ["axum", "rmcp", "reqwest"] {
        assert_eq!(naming("adapters/api/src", needle, &[]), NONE);
        assert!(!read("adapters/api/Cargo.toml").contains(needle), "{needle}");
    }
    // An adapter never learns who asks, or in which realm.
    for adapter in ["autotask", "connectwise", "embedded", "halopsa", "request-tracker", "syncro"] {
        let manifest = read(&format!("adapters/{adapter}/Cargo.toml"));
        let manifest = manifest.split("[dev-dependencies]").next().unwrap();
        for needle in ["postern-policies", "postern.workspace", "reqwest", "rmcp"] {
            assert!(!manifest.contains(needle), "{adapter} {needle}");
        }
        assert_eq!(naming(&format!("adapters/{adapter}/src"), "Realm", &[]), NONE);
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn no_lint_is_allowed_no_test_ignored_nothing_left_for_later() {
    let here = "tests/it/tidy.rs";
    for needle in ["#[allow(", "#![allow(", "#[ignore", "todo!(", "unimplemented!(", "std::thread::sleep"] {
        let found: Vec<_> = all().into_iter().filter(|it| it.path != here && it.code().contains(needle)).collect();
        assert_eq!(found.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), NONE, "{needle}");
    }
    for word in ["TODO", "FIXME", "XXX", "HACK"] {
        let found: Vec<_> = all().into_iter().filter(|it| it.path != here && it.text.contains(word)).collect();
        assert_eq!(found.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), NONE, "{word}");
    }
}

#[test]
fn no_file_is_longer_than_eight_hundred_lines_and_each_opens_by_saying_what_it_is_for() {
    let long: Vec<_> = all().into_iter().filter(|it| it.text.lines().count() > 800).map(|it| it.path).collect();
    assert_eq!(long, NONE);
    let silent: Vec<_> = all().into_iter().filter(|it| !it.text.starts_with("//!")).map(|it| it.path).collect();
    assert_eq!(silent, NONE);
    let nameless: Vec<PathBuf> =
        all().into_iter().map(|it| it.path.into()).filter(|it: &PathBuf| it.ends_with("mod.rs")).collect();
    assert_eq!(nameless, Vec::<PathBuf>::new());
}

#[test]
fn every_adapter_has_its_readme_and_its_line_in_the_registry() {
    let registry = read("src/adapters.rs");
    for entry in std::fs::read_dir(root().join("adapters")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !path.is_dir() || name == "api" {
            continue;
        }
        assert!(path.join("README.md").is_file(), "{name}");
        let krate = format!("postern_{}", name.replace('-', "_"));
        // What several adapters speak is no adapter.
        assert!(name == "kit" || name == "dav" || registry.contains(&krate), "{name} is not in the registry");
    }
}

#[test]
fn every_tool_has_its_policy_and_every_policy_its_tool() {
    let policies = Policies::builtin().unwrap();
    let tools: BTreeSet<_> = catalogue().iter().map(|it| it.action.as_str()).collect();
    let known: BTreeSet<_> = policies.tools().iter().map(|it| &*it.name).collect();
    assert_eq!(tools, known);
    let in_sets: Vec<_> = policies.toolsets().values().flat_map(|it| it.tools.iter().map(String::as_str)).collect();
    assert_eq!(in_sets.len(), tools.len(), "each tool is in one toolset");
    assert_eq!(in_sets.into_iter().collect::<BTreeSet<_>>(), tools);
    for tool in catalogue() {
        assert!(!tool.description().is_empty() && !tool.entry.title.is_empty(), "{}", tool.entry.name);
        assert_eq!(tool.input()["type"], "object");
        assert_eq!(tool.input()["additionalProperties"], false, "{} takes what it does not know", tool.entry.name);
    }
}

/// RUSTSEC-2026-0258: before 0.4.16 a flood of empty frames was not ended.
#[test]
fn d08_the_http_2_library_ends_floods() {
    let lock = read("Cargo.lock");
    let version = lock.split("name = \"h2\"\nversion = \"").nth(1).unwrap().split('"').next().unwrap();
    let parts: Vec<u32> = version.split('.').map(|it| it.parse().unwrap()).collect();
    assert!(parts >= vec![0, 4, 16], "{version}");
}

//! `postern record` as an operator runs it: every read of every service desk, against a vendor's simulator.

use crate::desks::{Vendor, simulated, text};
use postern::adapters::Registry;
use postern::cassette::COUNTED_OUT;
use postern::config::{Config, SystemConfig};
use postern_api::cassette::{Cassette, Operation};
use postern_api::http::Http;
use postern_api::{Adapter, TenantId};
use postern_kit::cassette::replay;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// The adapter of a configured system, over another handle.
fn connect(system: &SystemConfig, http: Arc<dyn Http>) -> Arc<dyn Adapter> {
    match system {
        SystemConfig::HaloPsa(it, _) => postern_halopsa::connect((**it).clone(), http).unwrap(),
        SystemConfig::ConnectWise(it, _) => postern_connectwise::connect((**it).clone(), http).unwrap(),
        SystemConfig::Autotask(it, _) => {
            postern_autotask::connect((**it).clone(), http, &postern_autotask::Budgets::default()).unwrap()
        }
        SystemConfig::Syncro(it, _) => postern_syncro::connect((**it).clone(), http).unwrap(),
        other => panic!("{other:?} is no service desk"),
    }
}

/// What a read is about: of Acme, and nobody in particular.
fn about(vendor: &Vendor, name: &str) -> Option<String> {
    let [acme, _] = vendor.organisations();
    let of = |tables: Vec<(&'static str, &mut Vec<Value>)>, names: &[&str]| {
        let rows = tables.into_iter().filter(|(it, _)| names.contains(it)).flat_map(|(_, rows)| rows.iter());
        let owner = |it: &Value| {
            let named = ["/client_id", "/company/id", "/companyID", "/customer_id"];
            named.iter().find_map(|place| it.pointer(place).map(ToString::to_string))
        };
        let mut ours = rows.filter(|it| owner(it).is_none_or(|it| it == acme));
        ours.next().map(|it| it["id"].to_string())
    };
    let first = |names: &[&str]| match vendor {
        Vendor::HaloPsa(it) => it.state.data(|it| of(it.tables(), names)),
        Vendor::ConnectWise(it) => it.state.data(|it| of(it.tables(), names)),
        Vendor::Autotask(it) => it.state.data(|it| of(it.tables(), names)),
        Vendor::Syncro(it) => it.state.data(|it| of(it.tables(), names)),
        Vendor::Embedded | Vendor::RequestTracker(_) => None,
    };
    match name {
        "ticket.get" | "time.list" => Some(if vendor.kind() == "autotask" { "4322" } else { "4321" }.into()),
        "requester.find" => Some(vendor.people()[0].1.into()),
        "contact.get" if vendor.kind() == "syncro" => first(&["contacts"]),
        "contact.get" => first(&["users", "contacts", "Contacts"]),
        "article.search" => Some("vpn".into()),
        "article.get" => first(&["articles", "pages", "KnowledgeBaseArticles"]),
        "invoice.get" => first(&["invoices", "Invoices"]),
        "project.get" => first(&["projects", "Projects"]),
        "probe" | "vocabulary.get" | "organisation.list" => None,
        _ => Some(acme),
    }
}

/// The words of six letters and more in what people wrote and are called.
fn words(vendor: &Vendor) -> BTreeSet<String> {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) if text.contains(['@', ' ']) && !COUNTED_OUT.contains(&&*text.to_lowercase()) => {
                let words = text.split(|c: char| !c.is_alphabetic()).filter(|it| it.len() >= 6);
                found.extend(words.map(str::to_lowercase));
            }
            Value::Object(map) => map.values().for_each(|it| walk(it, found)),
            Value::Array(list) => list.iter().for_each(|it| walk(it, found)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    let mut of = |tables: Vec<(&'static str, &mut Vec<Value>)>| {
        tables.into_iter().flat_map(|(_, rows)| rows.iter()).for_each(|it| walk(it, &mut found));
    };
    match vendor {
        Vendor::HaloPsa(it) => it.state.data(|it| of(it.tables())),
        Vendor::ConnectWise(it) => it.state.data(|it| of(it.tables())),
        Vendor::Autotask(it) => it.state.data(|it| of(it.tables())),
        Vendor::Syncro(it) => it.state.data(|it| of(it.tables())),
        Vendor::Embedded | Vendor::RequestTracker(_) => {}
    }
    // Tags and what failures are told with are kept, and are nobody's.
    for kept in ["script", "ticket", "customer", "contact", "company", "client", "service", "support", "internal"] {
        found.remove(kept);
    }
    found
}

/// Runs the program as an operator does.
async fn record(config: &Path, tenant: &str, read: &Operation, reach: &str) -> Cassette {
    let output = config.with_extension("json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.args(["record", &read.name]).args(&read.about).arg("--config").arg(config);
    command.args(["--system", "desk", "--tenant", tenant, "--organisation", reach, "--output"]).arg(&output);
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success() && said.contains("read it before you send it"), "{tenant} {}: {said}", read.name);
    serde_json::from_str(&std::fs::read_to_string(output).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_records_every_read_of_every_desk_with_nothing_of_anybodys_and_it_plays_back_alike() {
    let vendors = simulated().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("postern.toml");
    let config = text("http://127.0.0.1:9", dir.path(), &vendors);
    std::fs::write(&path, &config).unwrap();
    let tenants = Config::parse(&config).unwrap().tenants;
    let registry = Registry::new(dir.path());
    let mut recorded = 0;
    for vendor in &vendors {
        let tenant = tenants.iter().find(|it| it.id.as_str() == vendor.kind()).unwrap();
        let system = &tenant.systems["desk"];
        let supports =
            registry.open(&TenantId::new(vendor.kind()).unwrap(), "desk", system).unwrap().adapter.supports();
        let words = words(vendor);
        assert!(words.len() > 20, "{}: {words:?}", vendor.kind());
        let [acme, _] = vendor.organisations();
        let supported = |name: &str| name == "probe" || supports.iter().any(|it| it.name() == name);
        for (name, _) in Operation::ALL.into_iter().filter(|it| supported(it.0)) {
            let read = Operation { name: name.to_owned(), about: about(vendor, name) };
            let what = format!("{} {name} {:?}", vendor.kind(), read.about);
            let cassette = record(&path, vendor.kind(), &read, &acme).await;
            let known = cassette.outcome == "ok" && (cassette.records > 0 || name == "probe");
            assert!(known, "{what}: {} records, {}", cassette.records, cassette.outcome);
            let kept = serde_json::to_string(&cassette).unwrap();
            for secret in [vendor.secret().unwrap(), "CANARY", "@acme", "@globex"] {
                assert!(!kept.contains(secret), "{what} holds {secret}: {kept}");
            }
            let told = kept.to_lowercase();
            let values: BTreeSet<&str> = told.split(|c: char| !c.is_alphabetic()).collect();
            let named = named(&cassette);
            let leaked: Vec<_> =
                words.iter().filter(|it| values.contains(it.as_str()) && !named.contains(*it)).collect();
            assert!(leaked.is_empty(), "{what}: {leaked:?}");
            let played = replay(&cassette, |http| connect(system, http)).await;
            let expected = (cassette.outcome.as_str(), cassette.records, Vec::<String>::new());
            assert_eq!((played.outcome, played.records, played.strayed), expected, "{what}: {cassette:#?}");
            recorded += 1;
        }
    }
    assert!(recorded > 75, "{recorded}");
}

/// Words of places, filters and names of fields: the vendor's.
fn named(cassette: &Cassette) -> BTreeSet<String> {
    fn names(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    found.extend(name.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase));
                    names(value, found);
                }
            }
            Value::Array(list) => list.iter().for_each(|it| names(it, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::from([cassette.adapter.clone()]);
    found.extend(cassette.operation.name.split(|c: char| !c.is_alphabetic()).map(str::to_owned));
    for it in &cassette.exchanges {
        found.extend(it.path.iter().flat_map(|it| it.split(|c: char| !c.is_alphabetic())).map(str::to_lowercase));
        found.extend(it.query.iter().map(|(name, _)| name.to_lowercase()));
        if let Some(Ok(body)) = it.answer.as_ref().map(|it| serde_json::from_str::<Value>(&it.body)) {
            names(&body, &mut found);
        }
    }
    found.extend(
        ["adapter", "answer", "exchanges", "headers", "method", "operation", "outcome", "records", "status"]
            .map(str::to_owned),
    );
    found
}

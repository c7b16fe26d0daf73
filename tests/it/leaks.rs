//! The leak matrix: every tool x every role x every service desk, with canaries in every field, and everything that comes out
//! looked through byte by byte: answers, logs, traces, metrics, health and the audit.
//!
//! Tools come from the catalogue with arguments from their schemas, roles from the policies, desks from [`crate::desks`].

mod arguments;
mod asking;
mod canary;
mod embedded;
mod fields;
mod plant;
mod portal;
mod public;

use crate::desks::{Desks, Vendor};
use crate::logs;
use arguments::Ids;
use canary::{Canaries, Class, Reader};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use parking_lot::Mutex;
use plant::{Organisations, Planter, Tables};
use postern::tools::catalogue;
use postern_policies::{Policies, Realm};
use public::is_public;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// Ids of one kind that are tried; the wide step sets `POSTERN_LEAKS` to all of them.
const IDS: usize = 7;

/// Tools that have nothing to answer with at some desks: the vendor has no such thing, or cannot be told it. They are asked all the same.
const SILENT: [(&[&str], &str); 0] = [];

/// Bytes that were written by this thread.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            self.0.lock().extend_from_slice(format!("{span:?}\n").as_bytes());
        }
        Ok(())
    }
}

/// Plants at a vendor, and says what there is to ask for.
fn plant(desks: &Desks, vendor: &Vendor, canaries: &mut Canaries) -> (Ids, BTreeMap<String, (String, String)>) {
    let (desk, data) = (vendor.kind(), desks.gateway.data());
    let mut ids = Ids {
        organisations: vec!["acme".into(), "globex".into(), "initech".into()],
        target: vendor.target().into(),
        ..Ids::default()
    };
    ids.organisations.extend(vendor.organisations());
    let own = embedded::plant(data, desk, canaries);
    let own_people = Vendor::Embedded.people().map(|(_, email)| own[email].0.clone());
    let [tickets, contacts, articles, files] = embedded::ids(data, desk);
    let (whose, mut every) = portal::ids(data, desk);
    let mut all = |kind: &str| spread(every.remove(kind).unwrap_or_default());
    (ids.whose, ids.documents, ids.versions) = (whose, all("document"), all("version"));
    (ids.invoices, ids.records, ids.roles) = (all("invoice"), all("record"), all("role"));
    (ids.faq, ids.forms) = (all("faq"), all("form"));
    let mut people = match vendor {
        Vendor::Embedded => {
            (ids.tickets, ids.contacts, ids.files) = (spread(tickets), spread(contacts), spread(files));
            own
        }
        Vendor::RequestTracker(_) => unreachable!("the real program is not among these desks"),
        Vendor::HaloPsa(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
        Vendor::ConnectWise(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
        Vendor::Autotask(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
        Vendor::Syncro(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
    };
    if ids.articles.is_empty() {
        ids.articles = spread(articles);
    }
    if !matches!(vendor, Vendor::Embedded) {
        let theirs = vendor.people().map(|(_, email)| people[email].0.clone());
        portal::meet(data, desk, &own_people.into_iter().zip(theirs).collect::<Vec<_>>(), canaries);
    }
    // A word that the vendor never says, and what may not leave for any price.
    people.retain(|old, _| !old.is_empty());
    if let Some(secret) = vendor.secret() {
        canaries.literal(desk, None, Class::Never, format!("{desk} secret"), secret.to_owned());
    }
    ids.tickets.push("999999".into());
    (ids, people)
}

/// Some of many, from the first to the last.
fn spread(all: Vec<String>) -> Vec<String> {
    let most = if std::env::var_os("POSTERN_LEAKS").is_some() { all.len() } else { IDS };
    let step = all.len().div_ceil(most.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}

fn everything(
    vendor: &Vendor,
    tables: Tables<'_>,
    canaries: &mut Canaries,
    ids: &mut Ids,
) -> BTreeMap<String, (String, String)> {
    let desk = vendor.kind();
    let of = |names: &[&str]| {
        let rows = tables.iter().filter(|(it, _)| names.contains(it)).flat_map(|(_, rows)| rows.iter());
        rows.map(|it| it["id"].to_string()).collect::<Vec<_>>()
    };
    ids.tickets = of(&["tickets", "Tickets"]);
    ids.invoices = spread(of(&["invoices", "Invoices"]));
    if desk != "syncro" {
        ids.records = spread(of(&["projects", "Projects"]));
    }
    ids.contacts = spread(if desk == "syncro" { of(&["contacts"]) } else { of(&["users", "contacts", "Contacts"]) });
    ids.articles = of(&["articles", "pages", "KnowledgeBaseArticles"]);
    ids.files = spread(of(&["attachments", "documents", "TicketAttachments"]));
    let [acme, globex] = vendor.organisations().map(|it| it.parse().unwrap());
    let organisations = Organisations { acme, globex };
    for records in ids.whose.values_mut() {
        for kind in ["ticket", "contact", "invoice"].into_iter().chain((desk != "syncro").then_some("record")) {
            records.remove(kind);
        }
    }
    for (kind, names) in [
        ("ticket", &["tickets", "Tickets"][..]),
        ("contact", if desk == "syncro" { &["contacts"] } else { &["users", "contacts", "Contacts"] }),
        ("invoice", &["invoices", "Invoices"]),
        ("record", &["projects", "Projects"]),
    ] {
        for (organisation, id) in plant::whose(&tables, names, organisations) {
            ids.whose.entry(organisation).or_default().entry(kind).or_default().push(id);
        }
    }
    Planter { canaries, desk, organisations, is_public, parents: BTreeMap::new() }.plant(tables)
}

/// Puts what patterns alone can find into a public text of Ann's: an address, a card, a key.
fn patterns(vendor: &Vendor, canaries: &mut Canaries) {
    let (card, key) = ("4012888888881881", "AKIAZ7QJ4M2X6T5V3B9C");
    let desk = vendor.kind();
    let address = format!("stranger.w{}x@elsewhere.example", canaries.count());
    let text = format!(" Write to {address}, card {card}, key {key}.");
    let add = |row: &mut Value, field: &str| row[field] = json!(format!("{}{text}", row[field].as_str().unwrap()));
    match vendor {
        Vendor::Embedded | Vendor::RequestTracker(_) => return,
        Vendor::HaloPsa(it) => it.state.data(|it| {
            it.actions[0]["note_html"] = Value::Null;
            add(&mut it.actions[0], "note");
        }),
        Vendor::ConnectWise(it) => it.state.data(|it| add(&mut it.notes[1], "text")),
        Vendor::Autotask(it) => it.state.data(|it| add(&mut it.rows("TicketNotes")[0], "description")),
        Vendor::Syncro(it) => it.state.data(|it| add(&mut it.comments[2], "body")),
    }
    let ticket = if desk == "autotask" { "4322" } else { "4321" };
    canaries.literal(desk, Some("acme"), Class::InText(ticket.into()), format!("{desk} address in text"), address);
    for secret in [card, key] {
        // The same at each desk, so that it is each desk's canary.
        canaries.literal(desk, None, Class::Never, format!("{desk} pattern in text"), secret.to_owned());
    }
}

/// Everybody who asks at a desk: each role of the policies, customers of two organisations.
fn readers(vendor: &Vendor, people: &BTreeMap<String, (String, String)>) -> Vec<Reader> {
    let policies = Policies::builtin().unwrap();
    let [lead, basic, globe] = vendor.people().map(|(_, email)| people.get(email).cloned().unwrap());
    let desk = vendor.kind();
    let mut readers = Vec::new();
    for role in policies.roles() {
        let mut add = |organisation, (email, name): (String, String)| {
            let role = role.name.to_string();
            readers.push(Reader { desk, realm: role_realm(&policies, &role), role, organisation, name, email });
        };
        if role.realm == Realm::Employee {
            add(None, (format!("{}@staff.example", role.name), "Sam Staff".into()));
        } else {
            let own = if &*role.name == "lead-customer" { lead.clone() } else { basic.clone() };
            add(Some("acme"), own);
            add(Some("globex"), globe.clone());
        }
    }
    readers
}

fn role_realm(policies: &Policies, role: &str) -> Realm {
    policies.roles().iter().find(|it| &*it.name == role).unwrap().realm
}

/// Every file that the gateway keeps, but for the database of its own backend and what the test put there.
fn kept_files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(data).unwrap().map(|it| it.unwrap());
    let named = entries.map(|it| (it.file_name().into_string().unwrap(), it.path()));
    let kept =
        named.filter(|(name, path)| path.is_file() && !name.starts_with("embedded.db") && !name.ends_with("-secret"));
    kept.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// One thread, so that this test's own log and traces are kept apart from others'.
#[tokio::test]
async fn r01_and_l01_no_canary_is_anywhere_but_where_it_may_be() {
    let (log, traces) = (Kept::default(), Kept::default());
    let provider = SdkTracerProvider::builder().with_simple_exporter(traces.clone()).build();
    let writer = log.clone();
    let subscriber = tracing_subscriber::registry()
        .with(EnvFilter::new("debug,postern=trace,postern_embedded=trace,rmcp=error"))
        .with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone()))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("postern")));
    let _here = tracing::subscriber::set_default(subscriber);
    let desks = Desks::start().await;
    let mut canaries = Canaries::default();
    let (mut calls, mut well) = (0, BTreeSet::new());
    let mut tokens = Vec::new();
    let planted: Vec<_> = desks
        .vendors
        .iter()
        .map(|vendor| {
            let planted = plant(&desks, vendor, &mut canaries);
            patterns(vendor, &mut canaries);
            planted
        })
        .collect();
    for (vendor, (ids, people)) in desks.vendors.iter().zip(&planted) {
        let readers = readers(vendor, people);
        let tally = asking::everything(&desks, vendor, &readers, ids, &mut canaries).await;
        assert!(tally.approved > 0, "nothing at {} was approved", vendor.kind());
        calls += tally.calls;
        well.extend(tally.well.into_iter().map(|it| (vendor.kind(), it)));
        tokens.extend(tally.tokens.into_iter().map(|it| (vendor.kind(), it)));
    }
    for (desk, token) in &tokens {
        canaries.literal(desk, None, Class::Never, format!("a token at {desk}"), token.clone());
    }
    for vendor in &desks.vendors {
        let asked = match vendor {
            Vendor::Embedded | Vendor::RequestTracker(_) => continue,
            Vendor::HaloPsa(it) => it.state.log.all(),
            Vendor::ConnectWise(it) => it.state.log.all(),
            Vendor::Autotask(it) => it.state.log.all(),
            Vendor::Syncro(it) => it.state.log.all(),
        };
        let text = format!("{asked:?}");
        let leaked = tokens.iter().find(|(_, token)| text.contains(token.as_str()));
        assert_eq!(leaked, None, "a caller's token went to {}", vendor.kind());
    }
    canaries.kept("the metrics", postern::telemetry::render().as_bytes());
    let data = desks.gateway.data().to_owned();
    for (name, bytes) in kept_files(&data) {
        let what = format!("the file {name}");
        if name.starts_with("postern.db") {
            canaries.stored(&what, &bytes);
        } else {
            canaries.kept(&what, &bytes);
        }
    }
    let audit: String = desks.gateway.rows().iter().map(|it| format!("{it}\n")).collect();
    canaries.kept("the audit's rows", audit.as_bytes());
    canaries.kept("the log", &log.0.lock());
    canaries.kept("the log of other threads", logs::text().as_bytes());
    canaries.kept("the traces", &traces.0.lock());
    assert!(log.0.lock().len() > 10_000 && traces.0.lock().len() > 10_000 && audit.len() > 10_000);

    let (found, scanned) = canaries.found();
    let line =
        format!("{calls} calls made, {scanned} bytes scanned, {} canaries found where they may not be", found.len());
    println!("{line}");
    assert!(found.is_empty(), "{line}:\n{}", found.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
    for vendor in &desks.vendors {
        let desk = vendor.kind();
        let silent: Vec<_> =
            catalogue().iter().map(|it| it.entry.name).filter(|it| !well.contains(&(desk, *it))).collect();
        let known = SILENT.iter().filter(|(desks, _)| desks.contains(&desk)).map(|(_, tool)| *tool);
        let known: Vec<_> = known.collect();
        assert_eq!(silent, known, "tools that answered nobody at {desk}: give `leaks/arguments.rs` what they need");
    }
    for vendor in &desks.vendors {
        for class in
            ["internal", "organisation", "tenant", "ticket", "way", "typed", "billed", "billed inside", "staff", "told"]
        {
            let seen = canaries.seen.contains(&(vendor.kind(), class));
            assert!(seen, "nobody at {} read what is `{class}`: the canaries do not come through", vendor.kind());
        }
    }
}

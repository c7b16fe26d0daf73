//! The leak matrix: every tool x every role x every service desk, with canaries in every field, and everything that comes out
//! looked through byte by byte: answers, logs, traces, metrics, health and the audit.
//!
//! Tools come from the catalogue with arguments from their schemas, roles from the policies, desks from [`crate::desks`].

mod arguments;
mod canary;
mod embedded;
mod plant;

use crate::desks::{Desks, Vendor, Who};
use crate::gateway::Person;
use crate::logs;
use crate::mcp::wire::within;
use arguments::Ids;
use canary::{Canaries, Class, Reader};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use parking_lot::Mutex;
use plant::{Organisations, Planter, Tables};
use postern::tools::{Kind, catalogue};
use postern_policies::{Policies, Realm};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// Ids of one kind that are tried; the wide step sets `POSTERN_LEAKS` to all of them.
const IDS: usize = 7;

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

/// What of a vendor's rows is for customers.
fn is_public(desk: &str, table: &str, row: &Value) -> bool {
    let says = |pointer: &str, value: Value| row.pointer(pointer) == Some(&value);
    match (desk, table) {
        ("halopsa", "actions") => says("/hiddenfromuser", json!(false)),
        ("halopsa", "attachments") => says("/showforusers", json!(true)) && !says("/action_id", json!(2)),
        ("halopsa", "articles") => {
            says("/showforall", json!(true))
                && says("/inactive", json!(false))
                && says("/kbentryclientaccess", json!([]))
        }
        ("connectwise", "notes") => {
            (says("/detailDescriptionFlag", json!(true)) || says("/resolutionFlag", json!(true)))
                && says("/internalAnalysisFlag", json!(false))
                && says("/internalFlag", json!(false))
        }
        ("connectwise", "time_entries") => {
            says("/addToDetailDescriptionFlag", json!(true)) && says("/addToInternalAnalysisFlag", json!(false))
        }
        ("connectwise", "documents") => says("/publicFlag", json!(true)),
        ("connectwise", "articles") => says("/categoryId", json!(91)),
        ("autotask", "TicketNotes") => says("/publish", json!(1)) && !says("/noteType", json!(13)),
        ("autotask", "TicketAttachments") => says("/publish", json!(1)),
        ("autotask", "Tickets") => says("/status", json!(5)),
        ("syncro", "comments") => says("/hidden", json!(false)),
        ("syncro", "pages") => says("/id", json!(901)),
        _ => false,
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
    let [tickets, contacts, articles, files] = embedded::ids(data, desk);
    let mut people = match vendor {
        Vendor::Embedded => {
            (ids.tickets, ids.contacts, ids.files) = (spread(tickets), spread(contacts), spread(files));
            own
        }
        Vendor::HaloPsa(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
        Vendor::ConnectWise(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
        Vendor::Autotask(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
        Vendor::Syncro(it) => it.state.data(|it| everything(vendor, it.tables(), canaries, &mut ids)),
    };
    if ids.articles.is_empty() {
        ids.articles = spread(articles);
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
    ids.contacts = spread(if desk == "syncro" { of(&["contacts"]) } else { of(&["users", "contacts", "Contacts"]) });
    ids.articles = of(&["articles", "pages"]);
    ids.files = spread(of(&["attachments", "documents", "TicketAttachments"]));
    let [acme, globex] = vendor.organisations().map(|it| it.parse().unwrap());
    let organisations = Organisations { acme, globex };
    Planter { canaries, desk, organisations, is_public }.plant(tables)
}

/// Puts what patterns alone can find into a public text of Ann's: an address, a card, a key.
fn patterns(vendor: &Vendor, canaries: &mut Canaries) {
    let (card, key) = ("4012888888881881", "AKIAZ7QJ4M2X6T5V3B9C");
    let desk = vendor.kind();
    let address = format!("stranger.w{}x@elsewhere.example", canaries.count());
    let text = format!(" Write to {address}, card {card}, key {key}.");
    let add = |row: &mut Value, field: &str| row[field] = json!(format!("{}{text}", row[field].as_str().unwrap()));
    match vendor {
        Vendor::Embedded => return,
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

/// Asks, and gives everything that came back: status, headers and body.
async fn raw(person: &Person, method: &str, params: Value) -> Vec<u8> {
    let response = within(person.user.modern_request(7, method, params).send()).await.unwrap();
    let mut all = format!("{} {:?}\n", response.status(), response.headers()).into_bytes();
    all.extend_from_slice(&within(response.bytes()).await.unwrap());
    all
}

/// The envelope in an answer, where there is one.
fn envelope(raw: &[u8]) -> Value {
    let body = raw.splitn(2, |it| *it == b'\n').nth(1).unwrap_or_default();
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    message["result"]["structuredContent"].clone()
}

/// What was asked and what came of it.
#[derive(Default)]
struct Tally {
    calls: usize,
    /// Tools that answered somebody with a success.
    well: BTreeSet<&'static str>,
    tokens: Vec<String>,
}

/// The portal's tools are looked through by `tests/it/portal/leaks.rs` on the embedded backend; these desks have no such ports.
fn covered(tool: &str) -> bool {
    !tool.starts_with("portal.")
}

async fn ask_everything(
    desks: &Desks,
    vendor: &Vendor,
    readers: &[Reader],
    ids: &Ids,
    canaries: &mut Canaries,
) -> Tally {
    let mut tally = Tally::default();
    for kind in [Kind::Read, Kind::Write, Kind::ConfirmedWrite] {
        for (nth, reader) in readers.iter().enumerate() {
            let Reader { realm, role, organisation, name, email, .. } = reader;
            let who = Who { name, email, organisation: *organisation };
            let person = desks.person(vendor, *realm, role, &who);
            tally.tokens.push(person.token.rsplit('.').next().unwrap().to_owned());
            for method in ["tools/list", "resources/list", "prompts/list", "server/discover"] {
                canaries.told(reader, method, &raw(&person, method, json!({})).await);
            }
            for (at, tool) in
                catalogue().iter().enumerate().filter(|(_, it)| it.entry.kind == kind && covered(it.entry.name))
            {
                let name = tool.entry.name;
                let place = format!("an argument of {name}");
                let mut typed = |_: &str| canaries.word(reader.desk, *organisation, Class::Typed, &*place);
                let mut ways = arguments::of(tool, ids, &mut typed);
                // What changes records is asked until it changed one, of other ones for each tool and reader.
                let most = if kind == Kind::Read { ways.len() } else { 12 };
                let turn = if kind == Kind::Read { 0 } else { (nth + 3 * at) % ways.len().max(1) };
                ways.rotate_left(turn);
                for way in ways.into_iter().take(most) {
                    let answer = raw(&person, "tools/call", json!({ "name": name, "arguments": way })).await;
                    tally.calls += 1;
                    canaries.told(reader, &format!("{name} {way}"), &answer);
                    let envelope = envelope(&answer);
                    match envelope["status"].as_str() {
                        Some("success") => {
                            tally.well.insert(name);
                            if kind == Kind::Write {
                                break;
                            }
                        }
                        Some("pending_confirmation") => {
                            let id = envelope["confirmation_id"].as_str().unwrap();
                            let (status, settled) = person.settle(id, true).await;
                            tally.calls += 1;
                            canaries.told(reader, &format!("{name} {way}, confirmed"), settled.to_string().as_bytes());
                            if status.is_success() && settled["status"] == "success" {
                                tally.well.insert(name);
                                break;
                            }
                        }
                        Some(_) if envelope["code"] == "LEAD_REQUIRED" || envelope["code"] == "INVALID_REALM" => break,
                        Some(_) => {}
                        // There is no such tool for this role.
                        None => break,
                    }
                }
            }
        }
        if let Vendor::Autotask(it) = vendor {
            // The vendor's hour is counted by what was asked.
            it.state.log.clear();
        }
    }
    tally
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
        let tally = ask_everything(&desks, vendor, &readers, ids, &mut canaries).await;
        calls += tally.calls;
        well.extend(tally.well);
        tokens.extend(tally.tokens.into_iter().map(|it| (vendor.kind(), it)));
    }
    for (desk, token) in &tokens {
        canaries.literal(desk, None, Class::Never, format!("a token at {desk}"), token.clone());
    }
    for vendor in &desks.vendors {
        let asked = match vendor {
            Vendor::Embedded => continue,
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
    let asked = catalogue().iter().map(|it| it.entry.name).filter(|it| covered(it));
    let silent: Vec<_> = asked.filter(|it| !well.contains(it)).collect();
    assert_eq!(silent, [""; 0], "tools that answered nobody: give `leaks/arguments.rs` what they need");
    for vendor in &desks.vendors {
        for class in ["internal", "organisation", "tenant", "ticket", "way", "typed"] {
            let seen = canaries.seen.contains(&(vendor.kind(), class));
            assert!(seen, "nobody at {} read what is `{class}`: the canaries do not come through", vendor.kind());
        }
    }
}

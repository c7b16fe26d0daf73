//! Asks every tool as every role, and looks through all that comes back.
//!
//! What waits for somebody is confirmed by the caller or approved by somebody else, so that a write is seen from its preview to
//! its last answer.

use super::arguments::{self, Ids};
use super::canary::{Canaries, Class, Reader};
use crate::desks::{Desks, Vendor, Who};
use crate::gateway::Person;
use crate::mcp::wire::within;
use jiff::Timestamp;
use postern::govern::action::{ActionId, Actions as _, Verdict};
use postern::tools::{Described, Kind, catalogue, find};
use postern_api::TenantId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Ways in which a write is tried before somebody else tries it.
const TRIES: usize = 24;

const LISTS: [&str; 4] = ["tools/list", "resources/list", "prompts/list", "server/discover"];

/// Codes after which nothing else is tried: the tool is not this role's.
const LEAVES: [Option<&str>; 2] = [Some("LEAD_REQUIRED"), Some("INVALID_REALM")];

/// What was asked and what came of it.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) calls: usize,
    /// Tools that answered somebody with a success.
    pub(super) well: BTreeSet<&'static str>,
    pub(super) tokens: Vec<String>,
    /// Writes that somebody else approved.
    pub(super) approved: usize,
    /// What tools said instead of a success.
    pub(super) refusals: BTreeMap<&'static str, BTreeSet<String>>,
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

/// Ways in which a reader asks in the quick run; each of them begins somewhere else.
const QUICK: usize = 3;

/// Which of many ways are tried. What changes records is asked until it changed one, of other ones for each tool and reader.
fn some(mut ways: Vec<Value>, (kind, turn): (Kind, usize), alone: bool) -> Vec<Value> {
    let whole = std::env::var_os("POSTERN_LEAKS").is_some();
    let many = ways.len();
    match kind {
        Kind::Read if !whole => {
            ways.rotate_left((turn * QUICK) % many.max(1));
            ways.truncate(QUICK);
        }
        // The first ways are what belongs together, and the last ones say most: they come first.
        Kind::Preview => {
            if !whole && many > 16 {
                drop(ways.drain(12..many - 4));
            }
            ways.reverse();
        }
        Kind::Read => {}
        Kind::Write | Kind::ConfirmedWrite | Kind::Governed if alone => {
            // Each argument once, and then far from each other, so that they are about different records.
            let mut by_names: BTreeMap<Vec<&String>, Vec<&Value>> = BTreeMap::new();
            for way in &ways {
                by_names.entry(way.as_object().unwrap().keys().collect()).or_default().push(way);
            }
            let once = by_names.values().enumerate().map(|(nth, some)| some[(turn + nth) % some.len()].clone());
            let step = (1..).map(|it| many / 3 + it).find(|it| gcd(*it, many) == 1).unwrap_or(1);
            let others = (0..many.min(TRIES)).map(|nth| ways[(turn + nth * step) % many].clone());
            ways = once.chain(others).collect();
        }
        Kind::Write | Kind::ConfirmedWrite | Kind::Governed => {}
    }
    ways
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One desk while it is asked.
struct Asking<'a> {
    desks: &'a Desks,
    vendor: &'a Vendor,
    canaries: &'a mut Canaries,
    tally: Tally,
    /// Writes that were carried out from a preview, by whom.
    done: BTreeSet<(String, Option<&'static str>, &'static str)>,
}

/// What is to be done after one way of asking.
enum Then {
    /// The next way is tried.
    GoOn,
    /// There is no such tool for this role, or the write was done.
    Enough,
}

pub(super) async fn everything(
    desks: &Desks,
    vendor: &Vendor,
    readers: &[Reader],
    ids: &Ids,
    canaries: &mut Canaries,
) -> Tally {
    let mut asking = Asking { desks, vendor, canaries, tally: Tally::default(), done: BTreeSet::new() };
    for reader in readers {
        let person = asking.person(reader);
        for method in LISTS {
            asking.canaries.told(reader, method, &raw(&person, method, json!({})).await);
        }
    }
    // What each reader was told to name in a write, by the write.
    let mut previews: BTreeMap<usize, BTreeMap<&'static str, Vec<String>>> = BTreeMap::new();
    for kind in [Kind::Read, Kind::Preview, Kind::Write, Kind::ConfirmedWrite, Kind::Governed] {
        let tools: Vec<_> = catalogue().iter().enumerate().filter(|(_, it)| it.entry.kind == kind).collect();
        // Previews are carried out at once: one after the other, so that roles are not changed before somebody needs them.
        for some in tools.chunks(if kind == Kind::Preview { 1 } else { tools.len() }) {
            for (nth, reader) in readers.iter().enumerate() {
                let mine = previews.entry(nth).or_default();
                asking.all_of(some, (nth, reader), ids, mine).await;
            }
        }
        if let Vendor::Autotask(it) = vendor {
            // The vendor's hour is counted by what was asked.
            it.state.log.clear();
        }
    }
    // How every request stands is told after there are some.
    for reader in readers {
        let person = asking.person(reader);
        asking.one(&person, reader, status(), json!({ "limit": 50 })).await;
    }
    asking.tally
}

fn status() -> &'static Described {
    catalogue().iter().find(|it| it.entry.name == "portal.action_request.status").unwrap()
}

impl Asking<'_> {
    fn person(&mut self, reader: &Reader) -> Person {
        let Reader { realm, role, organisation, name, email, .. } = reader;
        let person = self.desks.person(self.vendor, *realm, role, &Who { name, email, organisation: *organisation });
        self.tally.tokens.push(person.token.rsplit('.').next().unwrap().to_owned());
        person
    }

    async fn all_of(
        &mut self,
        tools: &[(usize, &'static Described)],
        (nth, reader): (usize, &Reader),
        ids: &Ids,
        previews: &mut BTreeMap<&'static str, Vec<String>>,
    ) {
        let person = self.person(reader);
        for (at, tool) in tools.iter().copied() {
            let name = tool.entry.name;
            let place = format!("an argument of {name}");
            let canaries = &mut *self.canaries;
            let mut typed = |_: &str| canaries.word(reader.desk, reader.organisation, Class::Typed, &*place);
            let named = previews.get(name).cloned().unwrap_or_default();
            let ways =
                some(arguments::of(tool, ids, &named, &mut typed), (tool.entry.kind, nth + 3 * at), named.is_empty());
            for way in ways {
                let (envelope, then) = self.one(&person, reader, tool, way).await;
                if let (Some(write), Some(id)) = (tool.entry.writes, preview_of(&envelope)) {
                    previews.entry(write).or_default().push(id.clone());
                    if write == "portal.workspace.create" {
                        previews.entry("portal.user.invite").or_default().push(id.clone());
                    }
                    // While it still stands so; one of each kind, so that there is something left to preview.
                    if !self.done.contains(&(reader.role.clone(), reader.organisation, write)) {
                        let write = find(write).unwrap();
                        let (_, then) = self.one(&person, reader, write, json!({ "preview_id": id })).await;
                        if matches!(then, Then::Enough) {
                            self.done.insert((reader.role.clone(), reader.organisation, write.entry.name));
                        }
                    }
                }
                if matches!(then, Then::Enough) {
                    break;
                }
            }
        }
    }

    /// Asks in one way, and once more when somebody agreed to it.
    async fn one(&mut self, person: &Person, reader: &Reader, tool: &'static Described, way: Value) -> (Value, Then) {
        let name = tool.entry.name;
        let ask = || raw(person, "tools/call", json!({ "name": name, "arguments": way }));
        let answer = ask().await;
        let mut told = self.heard(reader, &format!("{name} {way}"), &answer);
        if told["status"] == "pending_approval" {
            self.approve(&told);
            if tool.entry.kind == Kind::Preview {
                self.tally.well.insert(name);
                return (told, Then::GoOn);
            }
            let answer = ask().await;
            told = self.heard(reader, &format!("{name} {way}, approved"), &answer);
        }
        if told["status"] == "pending_confirmation" {
            let id = told["confirmation_id"].as_str().unwrap();
            let (status, settled) = person.settle(id, true).await;
            self.tally.calls += 1;
            self.canaries.told(reader, &format!("{name} {way}, confirmed"), settled.to_string().as_bytes());
            told = if status.is_success() { settled } else { Value::Null };
        }
        let then = match told["status"].as_str() {
            Some("success") => {
                self.tally.well.insert(name);
                if tool.entry.kind.reads() { Then::GoOn } else { Then::Enough }
            }
            Some(status)
                if status != "success" && !told["code"].is_null() && !LEAVES.contains(&told["code"].as_str()) =>
            {
                let said = format!("{}: {}", told["code"].as_str().unwrap_or_default(), told["message"]);
                self.tally.refusals.entry(name).or_default().insert(said);
                Then::GoOn
            }
            Some(_) if LEAVES.contains(&told["code"].as_str()) => Then::Enough,
            Some(_) => Then::GoOn,
            // There is no such tool for this role.
            None => Then::Enough,
        };
        (told, then)
    }

    fn heard(&mut self, reader: &Reader, what: &str, answer: &[u8]) -> Value {
        self.tally.calls += 1;
        self.canaries.told(reader, what, answer);
        envelope(answer)
    }

    /// What somebody with the right says on the page of approvals.
    fn approve(&mut self, envelope: &Value) {
        let id = ActionId::try_from(envelope["action_request_id"].as_str().unwrap().to_owned()).unwrap();
        let verdict = Verdict { approve: true, by: "Daniel Price".into(), reason: "looked at it".into() };
        let tenant = TenantId::new(self.vendor.kind()).unwrap();
        let decided = self.desks.gateway.store.decide(&tenant, &id, &verdict, Timestamp::now()).unwrap();
        self.tally.approved += usize::from(decided);
    }
}

/// The request that a preview made.
fn preview_of(envelope: &Value) -> Option<String> {
    let id = envelope["action_request_id"].as_str().or_else(|| envelope["data"]["preview_id"].as_str());
    id.map(str::to_owned)
}

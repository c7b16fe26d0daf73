//! What is upstream, what the store says was done, and what the audit knows.

use super::world::World;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What was found.
pub(super) struct Counted {
    /// What marks each write upstream, with its reference, as often as it is there.
    pub(super) upstream: Vec<(String, String)>,
    /// References that the store says were done, and that were not.
    requests: BTreeMap<String, (String, bool)>,
    pub(super) done: usize,
    pub(super) needs_human: usize,
    pub(super) never_done: usize,
    /// References that the audit says were attempted, and that came to an answer.
    attempted: BTreeSet<String>,
    allowed: BTreeSet<String>,
    /// References for which a search failed at least once.
    unsearched: BTreeSet<String>,
    /// What the audit says of each reference, in its order.
    told: BTreeMap<String, Vec<String>>,
}

pub(super) fn open(data: &Path, name: &str) -> Connection {
    let connection = Connection::open(data.join(name)).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection
}

fn rows(connection: &Connection, sql: &str) -> Vec<(String, String)> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

impl Counted {
    pub(super) fn of(world: &World) -> Self {
        let embedded = open(world.data(), "embedded.db");
        let mut upstream = rows(
            &embedded,
            "SELECT f.question, e.reference FROM faq f JOIN effect e ON e.tenant = f.tenant AND e.operation = 'faq.set' AND e.subject = f.id
             WHERE f.question LIKE 'kill-%'",
        );
        upstream.extend(rows(&embedded, "SELECT body, reference FROM comment WHERE body LIKE 'kill-%'"));
        let tickets = world.halo.state.data(|it| it.tickets.clone());
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let ours = tickets.iter().map(|row| (text(row, "summary"), text(row, "third_party_id_string")));
        upstream.extend(ours.filter(|(mark, _)| mark.starts_with("kill-")));
        let tickets = world.wise.state.data(|it| it.tickets.clone());
        let ours = tickets.iter().map(|row| (text(row, "summary"), text(row, "externalXRef")));
        upstream.extend(ours.filter(|(mark, _)| mark.starts_with("kill-")));
        let store = open(world.data(), "postern.db");
        let sql = "SELECT 'gw:' || substr(id, 5), CASE WHEN needs_human THEN 'needs_human' ELSE state END || ' ' || origin || ' ' || tool || ' ' || tenant FROM action_request";
        let requests: BTreeMap<_, _> = rows(&store, sql)
            .into_iter()
            .map(|(reference, state)| (reference, (state.clone(), state.starts_with("done"))))
            .collect();
        let of = |word: &str| requests.values().filter(|(state, _)| state.starts_with(word)).count();
        let audit = crate::gateway::rows(world.data());
        let references = |fits: &dyn Fn(&Value) -> bool| {
            let fitting = audit.iter().filter(|row| row["reference"].is_string() && fits(row));
            fitting.map(|row| row["reference"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
        };
        let mut told = BTreeMap::<_, Vec<_>>::new();
        for row in audit.iter().filter(|row| row["reference"].is_string()) {
            let said = format!("{} {} {} {} {}", row["at"], row["tool"], row["phase"], row["decision"], row["code"]);
            told.entry(text(row, "reference")).or_default().push(said);
        }
        Self {
            told,
            upstream,
            done: of("done"),
            needs_human: of("needs_human"),
            never_done: of("failed"),
            attempted: references(&|row| row["phase"] == "attempt"),
            allowed: references(&|row| row["phase"] == "outcome" && row["decision"] == "allowed"),
            unsearched: references(&|row| row["code"] == "SEARCH_FAILED"),
            requests,
        }
    }

    fn there(&self) -> BTreeSet<&str> {
        self.upstream.iter().map(|(_, reference)| reference.as_str()).collect()
    }

    /// How many wait for a person and are upstream all the same.
    pub(super) fn needs_human_upstream(&self) -> usize {
        let there = self.there();
        let waits = |(reference, (state, _)): &(&String, &(String, bool))| {
            state.starts_with("needs_human") && there.contains(reference.as_str())
        };
        self.requests.iter().filter(waits).count()
    }

    /// How the store's rows ended, each kind by itself. Of a direct write that was answered it keeps none.
    pub(super) fn by_kind(&self) -> String {
        let there = self.there();
        let mut ended = BTreeMap::<_, usize>::new();
        for (reference, (state, _)) in &self.requests {
            let place = if there.contains(reference.as_str()) { "upstream" } else { "not upstream" };
            *ended.entry(format!("{state}, {place}")).or_default() += 1;
        }
        ended.iter().map(|(how, times)| format!("{times:>6}  {how}\n")).collect()
    }

    /// What always holds, whatever was killed when.
    pub(super) fn hold(&self, acknowledged: &[String]) {
        let mut marks = BTreeMap::new();
        for (mark, _) in &self.upstream {
            *marks.entry(mark.as_str()).or_insert(0) += 1;
        }
        let doubled: Vec<_> = marks.iter().filter(|(_, times)| **times != 1).collect();
        assert!(doubled.is_empty(), "doubled: {doubled:?}");
        let lost: Vec<_> = acknowledged.iter().filter(|it| !marks.contains_key(it.as_str())).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        let there: BTreeSet<_> = self.upstream.iter().map(|(_, reference)| reference.clone()).collect();
        assert_eq!(there.len(), self.upstream.len(), "one reference stands on several writes");
        // What the store says was done is there, and what it says was not done is not. Of what waits for a person it says nothing, but
        // that may be there only where the system could not be asked: a search that worked would have found it.
        let is_told_wrong = |(reference, (state, done)): &(&String, &(String, bool))| {
            let is_there = there.contains(*reference);
            is_there != *done && !(state.starts_with("needs_human") && self.unsearched.contains(*reference))
        };
        let wrong: Vec<_> = self.requests.iter().filter(is_told_wrong).collect();
        let stories: Vec<_> = wrong.iter().map(|(reference, _)| self.told.get(*reference)).collect();
        assert!(
            wrong.is_empty(),
            "the store and the systems disagree: {wrong:?}; of these the audit says {stories:#?}"
        );
        // Nothing is there that the audit did not know of before it was sent; whatever it says was done is there.
        let unknown: Vec<_> = there.difference(&self.attempted).collect();
        assert!(unknown.is_empty(), "not in the audit: {unknown:?}");
        let missing: Vec<_> = self.allowed.difference(&there).collect();
        assert!(missing.is_empty(), "done by the audit alone: {missing:?}");
    }
}

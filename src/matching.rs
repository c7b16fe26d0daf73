//! Which organisation is which, across systems: proposals for the operator, from names, e-mail domains and the ids that systems
//! keep of one another.
//!
//! **Invariant:** it proposes and changes nothing. What is not certain is said and left out: an organisation that is not in the
//! configuration stays invisible.

mod report;
mod words;

pub use report::{json, table, toml};

use postern_api::{DirectoryEntry, ExternalId, OrganisationId};
use std::collections::{BTreeMap, BTreeSet};
use words::{is_public, slug};

/// What one tenant's configuration and systems say.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The configured organisations with each system's id for them.
    pub configured: BTreeMap<OrganisationId, BTreeMap<String, ExternalId>>,
    /// The systems' directories, by the systems' names.
    pub directories: BTreeMap<String, Vec<DirectoryEntry>>,
}

/// Why two records are taken for one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// One system keeps the other's id.
    Reference,
    /// They share an e-mail domain that is nobody else's.
    Domain,
    /// They have the same name, but for its legal form and spelling.
    Name,
}

impl Evidence {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::Reference => "id",
            Evidence::Domain => "domain",
            Evidence::Name => "name",
        }
    }
}

/// A record of a system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The system.
    pub system: String,
    /// The system's id.
    pub id: ExternalId,
    /// The name there.
    pub name: String,
}

/// Lines that the configuration could get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The organisation: a configured one, or a new id.
    pub organisation: OrganisationId,
    /// Whether the configuration has it already.
    pub is_configured: bool,
    /// The records that it would get.
    pub records: Vec<Record>,
    /// Why they belong together.
    pub evidence: BTreeSet<Evidence>,
}

/// Records that something speaks for putting together, and something against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The records, configured ones among them.
    pub records: Vec<Record>,
    /// What is wrong, in words.
    pub why: &'static str,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// In the order of their organisations.
    pub proposals: Vec<Proposal>,
    /// For a person to look at.
    pub doubts: Vec<Doubt>,
    /// Served by one system and found in no other.
    pub unmatched: Vec<Record>,
    /// Configured, and no longer in the system's directory.
    pub missing: Vec<(OrganisationId, String, ExternalId)>,
}

/// One record, or all records of a configured organisation.
#[derive(Debug, Default)]
struct Node<'a> {
    organisation: Option<&'a OrganisationId>,
    records: Vec<(&'a str, &'a DirectoryEntry)>,
}

/// Looks for records of one organisation.
pub fn propose(known: &Known) -> Matches {
    let (nodes, missing) = nodes(known);
    let mut groups = Groups::new(nodes.len());
    let mut found = BTreeMap::new();
    let mut shared = Vec::new();
    for (evidence, holders) in keys(&nodes) {
        if holders.len() < 2 {
            continue;
        }
        if let Some(why) = clash(&nodes, holders.iter().copied()) {
            shared.push((holders, why));
            continue;
        }
        let mut holders = holders.into_iter();
        if let Some(first) = holders.next() {
            for other in holders {
                groups.join(first, other);
                found.entry((first.min(other), first.max(other))).or_insert_with(BTreeSet::new).insert(evidence);
            }
        }
    }
    let mut matches = Matches { missing, ..Matches::default() };
    let mut taken: BTreeSet<OrganisationId> = known.configured.keys().cloned().collect();
    let doubted: BTreeSet<usize> = shared.iter().flat_map(|(holders, _)| holders.iter().copied()).collect();
    for group in groups.all() {
        let fresh: Vec<usize> = group.iter().copied().filter(|it| node(&nodes, *it).organisation.is_none()).collect();
        if fresh.is_empty() {
            continue;
        }
        if let Some(why) = clash(&nodes, group.iter().copied()) {
            matches.doubts.push(Doubt { records: records(&nodes, &group), why });
        } else if group.len() == 1 {
            if group.iter().all(|it| !doubted.contains(it)) {
                matches.unmatched.extend(records(&nodes, &group));
            }
        } else {
            let evidence = found.iter().filter(|((a, _), _)| group.contains(a)).flat_map(|(_, it)| it).copied();
            let configured = group.iter().find_map(|it| node(&nodes, *it).organisation).cloned();
            let records = records(&nodes, &fresh);
            let organisation = configured.clone().or_else(|| slug(&records, &mut taken));
            if let Some(organisation) = organisation {
                let is_configured = configured.is_some();
                matches.proposals.push(Proposal { organisation, is_configured, records, evidence: evidence.collect() });
            }
        }
    }
    for (holders, why) in shared {
        if holders.iter().any(|it| node(&nodes, *it).organisation.is_none()) {
            matches.doubts.push(Doubt { records: records(&nodes, &holders.into_iter().collect::<Vec<_>>()), why });
        }
    }
    matches.proposals.sort_by(|a, b| a.organisation.cmp(&b.organisation));
    matches.doubts.sort_by(|a, b| a.records.cmp(&b.records));
    matches.doubts.dedup();
    matches.unmatched.sort();
    matches
}

type Missing = Vec<(OrganisationId, String, ExternalId)>;

/// A node for each configured organisation, then one for each record that is configured nowhere and is served.
fn nodes(known: &Known) -> (Vec<Node<'_>>, Missing) {
    let (mut nodes, mut missing, mut mapped) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (organisation, links) in &known.configured {
        let mut node = Node { organisation: Some(organisation), records: vec![] };
        for (system, id) in links {
            mapped.insert((system.as_str(), id));
            let Some(directory) = known.directories.get(system) else { continue };
            match directory.iter().find(|it| it.id == *id) {
                Some(entry) => node.records.push((system, entry)),
                None => missing.push((organisation.clone(), system.clone(), id.clone())),
            }
        }
        nodes.push(node);
    }
    for (system, directory) in &known.directories {
        let free = directory.iter().filter(|it| it.active && !mapped.contains(&(system.as_str(), &it.id)));
        nodes.extend(free.map(|entry| Node { organisation: None, records: vec![(system.as_str(), entry)] }));
    }
    (nodes, missing)
}

/// Who holds which key: an id that a system keeps of another one, a domain, a name.
fn keys(nodes: &[Node<'_>]) -> Vec<(Evidence, BTreeSet<usize>)> {
    let mut keys: BTreeMap<(Evidence, String), BTreeSet<usize>> = BTreeMap::new();
    let referred: BTreeSet<&str> =
        nodes.iter().flat_map(|it| &it.records).flat_map(|(_, it)| it.references.iter().map(String::as_str)).collect();
    for (nth, node) in nodes.iter().enumerate() {
        for (_, entry) in &node.records {
            let own = (Evidence::Reference, entry.id.as_str().to_owned());
            let kept = entry.references.iter().map(|it| (Evidence::Reference, it.clone()));
            let domains = entry.domains.iter().filter(|it| !is_public(it)).map(|it| (Evidence::Domain, it.clone()));
            let name = Some((Evidence::Name, words::core(&entry.name))).filter(|(_, it)| !it.is_empty());
            for key in kept.chain(domains).chain(name) {
                keys.entry(key).or_default().insert(nth);
            }
            // Systems number their customers alike, so an id says something only where another system keeps it.
            if referred.contains(own.1.as_str()) {
                keys.entry(own).or_default().insert(nth);
            }
        }
    }
    keys.into_iter().map(|((evidence, _), holders)| (evidence, holders)).collect()
}

/// Why these cannot be one organisation.
fn clash(nodes: &[Node<'_>], of: impl Iterator<Item = usize>) -> Option<&'static str> {
    let (mut systems, mut configured) = (BTreeSet::new(), 0);
    for node in of.map(|it| node(nodes, it)) {
        configured += usize::from(node.organisation.is_some());
        for (system, _) in &node.records {
            if !systems.insert(*system) {
                return Some("one system has several of them");
            }
        }
    }
    (configured > 1).then_some("the configuration has them as several organisations")
}

fn node<'n, 'a>(nodes: &'n [Node<'a>], nth: usize) -> &'n Node<'a> {
    static NOBODY: Node<'static> = Node { organisation: None, records: vec![] };
    nodes.get(nth).unwrap_or(&NOBODY)
}

fn records(nodes: &[Node<'_>], of: &[usize]) -> Vec<Record> {
    let entries = of.iter().flat_map(|it| &node(nodes, *it).records);
    let record = |(system, it): &(&str, &DirectoryEntry)| Record {
        system: (*system).to_owned(),
        id: it.id.clone(),
        name: it.name.clone(),
    };
    let mut records: Vec<_> = entries.map(record).collect();
    records.sort();
    records
}

/// Sets that grow together.
struct Groups(Vec<BTreeSet<usize>>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).map(|it| BTreeSet::from([it])).collect())
    }

    fn join(&mut self, a: usize, b: usize) {
        let place = |of: usize, groups: &[BTreeSet<usize>]| groups.iter().position(|it| it.contains(&of));
        if let (Some(a), Some(b)) = (place(a, &self.0), place(b, &self.0))
            && a != b
        {
            let gone = self.0.swap_remove(a.max(b));
            if let Some(kept) = self.0.get_mut(a.min(b)) {
                kept.extend(gone);
            }
        }
    }

    fn all(self) -> Vec<Vec<usize>> {
        self.0.into_iter().map(|it| it.into_iter().collect()).collect()
    }
}

#[cfg(test)]
mod tests;

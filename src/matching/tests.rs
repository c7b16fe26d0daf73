//! Matching, on made-up directories.

use super::*;
use proptest::prelude::*;

fn entry(id: &str, name: &str, domains: &[&str]) -> DirectoryEntry {
    DirectoryEntry {
        id: ExternalId::new(id).unwrap(),
        name: name.into(),
        domains: domains.iter().map(|it| (*it).to_owned()).collect(),
        references: vec![],
        active: true,
    }
}

fn known(configured: &[(&str, &[(&str, &str)])], directories: &[(&str, Vec<DirectoryEntry>)]) -> Known {
    let links = |links: &[(&str, &str)]| {
        links.iter().map(|(system, id)| ((*system).to_owned(), ExternalId::new(id).unwrap())).collect()
    };
    Known {
        configured: configured.iter().map(|(id, it)| (OrganisationId::new(id).unwrap(), links(it))).collect(),
        directories: directories.iter().map(|(system, it)| ((*system).to_owned(), it.clone())).collect(),
    }
}

fn shown(matches: &Matches) -> Vec<(String, bool, Vec<String>, Vec<&'static str>)> {
    let one = |it: &Proposal| {
        let records = it.records.iter().map(|it| format!("{}:{}", it.system, it.id)).collect();
        (it.organisation.to_string(), it.is_configured, records, it.evidence.iter().map(|it| it.as_str()).collect())
    };
    matches.proposals.iter().map(one).collect()
}

#[test]
fn a_configured_organisation_is_found_in_another_system_by_domain_and_name() {
    let halo = vec![entry("12", "Acme Corporation", &["acme.example"]), entry("13", "Globex", &["globex.example"])];
    let other = vec![entry("900", "ACME, Inc.", &["acme.example"]), entry("901", "Globex LLC", &[])];
    let got = propose(&known(&[("acme", &[("halo", "12")])], &[("halo", halo), ("stripe", other)]));
    assert_eq!(
        shown(&got),
        [
            ("acme".into(), true, vec!["stripe:900".into()], vec!["domain", "name"]),
            ("globex".into(), false, vec!["halo:13".into(), "stripe:901".into()], vec!["name"]),
        ]
    );
    assert!(got.doubts.is_empty() && got.unmatched.is_empty() && got.missing.is_empty());
}

#[test]
fn what_two_of_one_system_share_is_told_and_not_proposed() {
    let halo = vec![entry("1", "Smith", &["smith.example"]), entry("2", "Smith Ltd", &["smith.example"])];
    let got = propose(&known(&[], &[("halo", halo), ("stripe", vec![entry("7", "Smith", &["smith.example"])])]));
    assert!(got.proposals.is_empty(), "{got:?}");
    assert_eq!(got.doubts.len(), 1);
    assert_eq!(got.doubts[0].why, "one system has several of them");
    assert_eq!(got.doubts[0].records.len(), 3);
}

#[test]
fn evidence_that_leads_to_two_configured_organisations_proposes_nothing() {
    let halo = vec![entry("1", "Acme", &["acme.example"]), entry("2", "Globex", &["globex.example"])];
    let mixed = vec![entry("7", "Globex", &["acme.example"])];
    let configured: &[(&str, &[(&str, &str)])] = &[("acme", &[("halo", "1")]), ("globex", &[("halo", "2")])];
    let got = propose(&known(configured, &[("halo", halo), ("stripe", mixed)]));
    assert!(got.proposals.is_empty(), "{got:?}");
    assert_eq!(got.doubts.len(), 1);
}

#[test]
fn a_mailbox_provider_joins_nobody_and_neither_does_an_equal_number() {
    let halo = vec![entry("1", "Acme", &["gmail.com"])];
    let got = propose(&known(&[], &[("halo", halo), ("stripe", vec![entry("1", "Initech", &["gmail.com"])])]));
    assert!(got.proposals.is_empty() && got.doubts.is_empty(), "{got:?}");
    assert_eq!(got.unmatched.len(), 2);
}

#[test]
fn an_id_that_one_system_keeps_of_another_joins() {
    let crm = DirectoryEntry { references: vec!["halo-77".into()], ..entry("5", "Old name", &[]) };
    let halo = vec![entry("halo-77", "New name", &[])];
    let got = propose(&known(&[], &[("halo", halo), ("crm", vec![crm])]));
    assert_eq!(shown(&got)[0].2, ["crm:5", "halo:halo-77"]);
    assert_eq!(shown(&got)[0].3, ["id"]);
}

#[test]
fn who_is_served_no_more_is_not_proposed_and_who_is_gone_is_named() {
    let gone = DirectoryEntry { active: false, ..entry("2", "Initech", &[]) };
    let halo = vec![gone, entry("3", "Globex", &[])];
    let got =
        propose(&known(&[("acme", &[("halo", "1")])], &[("halo", halo), ("b", vec![entry("9", "Initech", &[])])]));
    assert_eq!(got.missing.len(), 1);
    assert!(got.proposals.is_empty(), "{got:?}");
    assert_eq!(got.unmatched.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["Initech", "Globex"]);
}

#[test]
fn a_name_cannot_leave_its_line_or_its_string() {
    let name = "Evil\n[server]\nlisten = \"0.0.0.0:80\" \u{1b}[31m";
    let got = propose(&known(&[], &[("a", vec![entry("1", name, &[])]), ("b", vec![entry("2", name, &[])])]));
    let text = toml(&got);
    let parsed: ::toml::Table = text.parse().unwrap();
    assert_eq!(parsed.keys().collect::<Vec<_>>(), ["tenants"], "{text}");
    assert!(!table(&got).contains('\u{1b}'));
}

proptest! {
    /// Whatever the systems say: no record is proposed twice, none that is configured, and no organisation gets two of a system.
    #[test]
    fn a_proposal_never_gives_an_organisation_two_records_of_a_system(
        names in proptest::collection::vec((0_usize..3, 0_usize..4, 0_usize..4, any::<bool>()), 0..14),
    ) {
        let mut directories: BTreeMap<String, Vec<DirectoryEntry>> = BTreeMap::new();
        let mut configured = BTreeMap::new();
        for (nth, (system, name, domain, is_configured)) in names.into_iter().enumerate() {
            let system = format!("s{system}");
            let it = entry(&nth.to_string(), &format!("Company {name}"), &[&format!("d{domain}.example")]);
            if is_configured {
                let id = OrganisationId::new(&format!("org-{nth}")).unwrap();
                configured.insert(id, BTreeMap::from([(system.clone(), it.id.clone())]));
            }
            directories.entry(system).or_default().push(it);
        }
        let known = Known { configured, directories };
        let got = propose(&known);
        let mut seen = BTreeSet::new();
        for proposal in &got.proposals {
            let mut systems: BTreeSet<String> =
                known.configured.get(&proposal.organisation).into_iter().flat_map(|it| it.keys().cloned()).collect();
            for record in &proposal.records {
                prop_assert!(systems.insert(record.system.clone()), "two of a system: {:?}", proposal);
                prop_assert!(seen.insert((record.system.clone(), record.id.clone())), "twice: {:?}", record);
                let mapped = known.configured.values().any(|it| it.get(&record.system) == Some(&record.id));
                prop_assert!(!mapped, "configured already: {:?}", record);
            }
            prop_assert_eq!(proposal.is_configured, known.configured.contains_key(&proposal.organisation));
        }
    }
}

//! Companies and contacts as they are read.

use super::{Bench, acme, contact, external, kind, opened};
use postern_api::*;
use postern_simulators::hubspot::{self, MERGED};
use serde_json::json;
use std::time::Duration;

const ACMES: [&str; 2] = ["Ann Lead", "Bob Basic"];

#[tokio::test]
async fn b03_a_contact_belongs_to_its_primary_company_whoever_it_is_connected_with() {
    let bench = Bench::start().await;
    assert_eq!(bench.names().await, ACMES);
    bench.hubspot.state.quirks(|it| it.mix_companies = true);
    assert_eq!(bench.names().await, ACMES);
    for id in [51_000_004, 51_000_005, hubspot::GLOBEX_USER] {
        let found = bench.crm().contact(&acme(), &contact(id)).await.expect("a contact");
        assert!(opened(found).is_none(), "{id}");
    }
}

#[tokio::test]
async fn what_was_archived_or_merged_is_not_there() {
    let bench = Bench::start().await;
    let everybody = CallCx::new(Reach::Tenant, Duration::from_secs(5));
    let gone = bench.crm().contact(&everybody, &contact(51_000_006)).await;
    assert_eq!(kind(gone), Some(ErrorKind::NotFound));
    for company in [41_000_003, MERGED] {
        assert_eq!(kind(bench.crm().organisation(&everybody, &external(company)).await), Some(ErrorKind::NotFound));
        assert_eq!(kind(bench.crm().contacts(&everybody, &external(company)).await), Some(ErrorKind::NotFound));
    }
    let directory = bench.crm().directory(&everybody).await.expect("a directory");
    let names: Vec<_> = directory.entries.iter().map(|it| it.id.as_str().to_owned()).collect();
    assert_eq!(names, [hubspot::ACME, hubspot::GLOBEX].map(|it| it.to_string()));
}

#[tokio::test]
async fn an_organisation_says_what_it_subscribes_to_and_a_limit_that_cannot_be_read_is_not_no_limit() {
    let bench = Bench::start().await;
    let found = bench.crm().organisation(&acme(), &external(hubspot::ACME)).await.expect("a company");
    let found = opened(found).expect("acme's");
    assert_eq!((found.subscription_tier.as_deref(), found.sla_tier.as_deref()), (Some("enterprise"), Some("gold")));
    assert_eq!(found.limits.tickets_per_month, Some(20));
    assert_eq!(found.domains, ["acme.example", "www.acme.example"]);
    assert!(!format!("{found:?}").contains("CANARY"));
    bench.hubspot.state.data(|data| data.companies[0]["properties"]["tickets"] = json!("many"));
    let answer = bench.crm().organisation(&acme(), &external(hubspot::ACME)).await;
    assert_eq!(kind(answer), Some(ErrorKind::BadReply));
}

#[tokio::test]
async fn many_contacts_are_read_in_pages_and_batches_and_too_many_are_an_error() {
    let bench = Bench::with(|config| config.max_rows = 300).await;
    bench.hubspot.state.data(|data| {
        let one = data.contacts[0].clone();
        for id in 52_000_000..52_000_230_u64 {
            let mut other = one.clone();
            other["id"] = json!(id.to_string());
            data.contacts.push(other);
            data.associations.push((hubspot::ACME, id));
        }
    });
    bench.hubspot.state.quirks(|it| it.page_size = 40);
    assert_eq!(bench.names().await.len(), 232);
    assert_eq!(bench.hubspot.state.log.count("POST", "/crm/v3/objects/contacts/batch/read"), 3);
    bench.hubspot.state.quirks(|it| it.endless_pages = true);
    let answer = bench.crm().contacts(&acme(), &external(hubspot::ACME)).await;
    assert_eq!(kind(answer), Some(ErrorKind::BadReply));
    let directory = bench.crm().directory(&acme()).await.expect("a directory");
    assert!(directory.truncated);
}

#[tokio::test]
async fn no_history_and_no_search_is_asked_for() {
    let bench = Bench::start().await;
    bench.names().await;
    bench.crm().organisation(&acme(), &external(hubspot::ACME)).await.expect("a company");
    bench.crm().directory(&acme()).await.expect("a directory");
    for it in bench.hubspot.state.log.all() {
        assert!(!format!("{} {}", it.path, it.query).contains("search") && !it.query.contains("History"), "{it:?}");
    }
    assert_eq!(bench.hubspot.state.outside(), Vec::<String>::new());
}

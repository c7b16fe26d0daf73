//! Cassettes: recorded from a vendor's simulator, nothing of anybody's in them, and played back they give the same.

mod every;

use postern::cassette::{Disguise, Tape};
use postern_api::cassette::{Cassette, Operation};
use postern_api::http::Http;
use postern_api::{Adapter, CallCx, Reach};
use postern_kit::cassette::replay;
use postern_simulators::halopsa::{self, State};
use postern_simulators::http::PlainHttp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

fn config(url: &str) -> postern_halopsa::Config {
    let secret = halopsa::CLIENT_SECRET.to_owned();
    let mut config = postern_halopsa::Config::new(format!("{url}/api"), halopsa::CLIENT_ID, secret);
    config.tenant = Some(halopsa::TENANT.to_owned());
    config
}

fn connect(url: &str, http: Arc<dyn Http>) -> Arc<dyn Adapter> {
    postern_halopsa::connect(config(url), http).unwrap()
}

async fn record(url: &str, name: &str, about: Option<&str>) -> Cassette {
    let about = about.map(str::to_owned);
    let tape = Tape::new(Disguise::new(&[]).unwrap(), about.clone());
    let config = config(url);
    let http = PlainHttp::new(&config.base_url, Some(postern_halopsa::authenticator(&config))).unwrap();
    let adapter = connect(url, tape.listen(http));
    let cx = CallCx::new(Reach::Tenant, Duration::from_secs(20));
    tape.record(&*adapter, &Operation { name: name.to_owned(), about }, &cx).await
}

/// The words of four letters and more that the simulator's people, customers and tickets are made of.
fn words(state: &State) -> BTreeSet<String> {
    let text =
        state.data(|data| serde_json::to_string(&(&data.clients, &data.users, &data.tickets, &data.actions)).unwrap());
    let values = text.split('"').filter(|it| it.contains(['@', ' ']));
    let words = values.flat_map(|it| it.split(|c: char| !c.is_alphabetic())).filter(|it| it.len() >= 6);
    // A tag is kept, and is nobody's.
    words.map(str::to_lowercase).filter(|it| it != "script").collect()
}

/// The words of every value; the names of fields are the vendor's.
fn values_of(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.extend(text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase));
        }
        Value::Array(list) => list.iter().for_each(|it| values_of(it, found)),
        Value::Object(map) => map.values().for_each(|it| values_of(it, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[tokio::test]
async fn a_recording_holds_nothing_of_anybodys_and_plays_back_alike() {
    let halo = halopsa::start().await.unwrap();
    let words = words(&halo.state);
    assert!(words.len() > 10, "{words:?}");
    for (name, about) in [
        ("ticket.list", None),
        ("ticket.get", Some("4321")),
        ("organisation.list", None),
        ("contact.list", Some("12")),
        ("ticket.get", Some("99999999")),
    ] {
        let cassette = record(&halo.url, name, about).await;
        let text = serde_json::to_string(&cassette).unwrap().to_lowercase();
        let mut values = BTreeSet::new();
        for answer in cassette.exchanges.iter().filter_map(|it| it.answer.as_ref()) {
            values_of(&serde_json::from_str(&answer.body).unwrap(), &mut values);
        }
        assert_eq!(words.intersection(&values).collect::<Vec<_>>(), Vec::<&String>::new(), "{name} in {text}");
        assert!(!text.contains("99999999") && !text.contains(&halopsa::CLIENT_SECRET.to_lowercase()));
        let played = replay(&cassette, |http| connect(&halo.url, http)).await;
        assert_eq!(
            (played.outcome, played.records),
            (cassette.outcome.as_str(), cassette.records),
            "{name}: {cassette:#?}"
        );
        assert_eq!(played.strayed, Vec::<String>::new(), "{name}");
    }
}

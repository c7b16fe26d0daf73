//! Messages that the vendor sends: version 3 of its signatures, over verb, address, raw body and time
//! (developers.hubspot.com, "Validating requests").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use postern_api::webhook::{Delivery, Entity, Event, Hook, Means, Signed};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

const SIGNATURE: &str = "x-hubspot-signature-v3";
const TIME: &str = "x-hubspot-request-timestamp";
/// What the vendor writes plainly before it signs an address.
const PLAIN: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

/// How one account sends messages; those about another are ignored.
pub fn hook(account: u64) -> Arc<dyn Hook> {
    Arc::new(Hub { account })
}

#[derive(Debug)]
struct Hub {
    account: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    event_id: u64,
    #[serde(default)]
    subscription_id: Option<u64>,
    portal_id: u64,
    #[serde(default)]
    occurred_at: Option<i64>,
    #[serde(default)]
    subscription_type: Option<String>,
    #[serde(default)]
    object_id: Option<u64>,
}

fn only<'a>(delivery: &Delivery<'a>, name: &str) -> Option<&'a str> {
    let mut given = delivery.headers.get_all(name).iter();
    let one = given.next()?.to_str().ok()?;
    given.next().is_none().then_some(one)
}

impl Hook for Hub {
    fn signed(&self, delivery: &Delivery<'_>) -> Option<Signed> {
        let (signature, time) = (only(delivery, SIGNATURE)?, only(delivery, TIME)?);
        let millis: i64 = time.parse().ok().filter(|it: &i64| it.to_string() == time)?;
        let at = Timestamp::from_millisecond(millis).ok()?;
        let uri = PLAIN.iter().fold(delivery.uri.to_owned(), |uri, (coded, plain)| uri.replace(coded, plain));
        let message = [delivery.method.as_bytes(), uri.as_bytes(), delivery.body, time.as_bytes()].concat();
        Some(Signed { message, signatures: vec![STANDARD.decode(signature).ok()?], at: Some(at) })
    }

    fn events(&self, body: &[u8]) -> Result<Vec<Event>> {
        let strange = |_| Error::new(ErrorKind::InvalidArgument, "not a message of this system's");
        let messages: Vec<Message> = serde_json::from_slice(body).map_err(strange)?;
        Ok(messages.iter().map(|it| self.event(it)).collect())
    }

    fn retried_for(&self) -> Duration {
        // Ten times within a day.
        Duration::from_secs(24 * 3600)
    }
}

impl Hub {
    fn event(&self, it: &Message) -> Event {
        let kind = it.subscription_type.as_deref().unwrap_or_default();
        let entity = match kind.split_once('.').map(|(object, _)| object) {
            Some("company") => Some(Entity::Organisation),
            Some("contact") => Some(Entity::Contact),
            Some(_) | None => None,
        };
        let company = it.object_id.filter(|_| entity == Some(Entity::Organisation)).map(|it| it.to_string());
        let organisation = company.and_then(|it| it.parse().ok());
        let ours = entity.filter(|_| it.portal_id == self.account);
        let means = ours.map_or(Means::Nothing, |entity| Means::Changed { entity, organisation });
        // The vendor's event ids repeat; with what was subscribed and when they do not.
        let of = |it: Option<u64>| it.unwrap_or_default();
        let at = it.occurred_at.unwrap_or_default();
        let id = format!("{}-{}-{}-{at}", it.event_id, of(it.subscription_id), of(it.object_id));
        Event { id: Some(id), means }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::HeaderMap;

    fn signed(pairs: &[(&'static str, &str)], uri: &str) -> Option<Signed> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a header"));
        }
        hook(7).signed(&Delivery { method: "POST", uri, headers: &headers, body: b"[]" })
    }

    #[test]
    fn what_was_signed_is_verb_address_raw_body_and_time() {
        let pairs = [(SIGNATURE, "AAE="), (TIME, "1795244015123")];
        let found = signed(&pairs, "https://mcp.msp.example/hooks/a%3Ab/crm").expect("a signature");
        assert_eq!(found.message, b"POSThttps://mcp.msp.example/hooks/a:b/crm[]1795244015123");
        assert_eq!(found.signatures, [vec![0, 1]]);
        assert_eq!(found.at.map(Timestamp::as_millisecond), Some(1_795_244_015_123));
    }

    #[test]
    fn a_message_whose_signature_cannot_be_read_in_one_way_has_none() {
        let (good, time) = ((SIGNATURE, "AAE="), (TIME, "1795244015123"));
        let cases: [&[(&'static str, &str)]; 6] =
            [&[], &[good], &[time], &[(SIGNATURE, "??"), time], &[good, (TIME, "now")], &[good, good, time]];
        for pairs in cases {
            assert_eq!(signed(pairs, "https://x/"), None, "{pairs:?}");
        }
    }

    #[test]
    fn events_say_what_changed_and_those_of_other_accounts_say_nothing() {
        let body = r#"[
            {"eventId":1,"subscriptionId":2,"portalId":7,"occurredAt":3,"subscriptionType":"company.propertyChange","objectId":41,"propertyValue":"CANARY"},
            {"eventId":1,"subscriptionId":2,"portalId":7,"occurredAt":4,"subscriptionType":"contact.deletion","objectId":51},
            {"eventId":1,"subscriptionId":2,"portalId":8,"occurredAt":5,"subscriptionType":"company.creation","objectId":61},
            {"eventId":1,"subscriptionId":2,"portalId":7,"occurredAt":6,"subscriptionType":"deal.creation","objectId":71}
        ]"#;
        let found = hook(7).events(body.as_bytes()).expect("a message");
        let ids: std::collections::BTreeSet<_> = found.iter().map(|it| it.id.clone()).collect();
        assert_eq!(ids.len(), 4);
        let means: Vec<_> = found.into_iter().map(|it| it.means).collect();
        let organisation = Some("41".parse().expect("an id"));
        assert_eq!(means[0], Means::Changed { entity: Entity::Organisation, organisation });
        assert_eq!(means[1], Means::Changed { entity: Entity::Contact, organisation: None });
        assert_eq!(means[2..], [Means::Nothing, Means::Nothing]);
        for strange in ["", "{}", "[{}]", "<html>"] {
            assert!(hook(7).events(strange.as_bytes()).is_err(), "{strange}");
        }
    }
}

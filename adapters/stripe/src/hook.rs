//! Messages that the vendor sends: signed with `t=...,v1=...` over the time and the raw body (docs.stripe.com/webhooks).

use crate::wire::Ref;
use jiff::Timestamp;
use postern_api::webhook::{Delivery, Entity, Event, Hook, Means, Signed};
use postern_api::{Error, ErrorKind, ExternalId, Owner, Result};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

const SIGNATURE: &str = "stripe-signature";
/// Signatures that are looked at: the vendor sends two while a secret is changed.
const MOST: usize = 4;

/// How an account of live or of test data sends messages.
pub fn hook(live: bool) -> Arc<dyn Hook> {
    Arc::new(Stripes { live })
}

#[derive(Debug)]
struct Stripes {
    live: bool,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    livemode: bool,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    object: About,
}

#[derive(Default, Deserialize)]
struct About {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    customer: Option<Ref>,
}

impl Hook for Stripes {
    fn signed(&self, delivery: &Delivery<'_>) -> Option<Signed> {
        let mut given = delivery.headers.get_all(SIGNATURE).iter();
        let header = given.next()?.to_str().ok()?;
        if given.next().is_some() {
            return None;
        }
        let (mut time, mut signatures) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", it)) if time.is_none() => time = Some(it),
                // A second time would leave open which one was signed.
                Some(("t", _)) => return None,
                Some(("v1", it)) if signatures.len() < MOST => signatures.extend(bytes(it)),
                Some(_) | None => {}
            }
        }
        let time = time?;
        let at = Timestamp::from_second(time.parse().ok().filter(|it: &i64| it.to_string() == time)?).ok()?;
        let message = [time.as_bytes(), b".", delivery.body].concat();
        (!signatures.is_empty()).then_some(Signed { message, signatures, at: Some(at) })
    }

    fn events(&self, body: &[u8]) -> Result<Vec<Event>> {
        let strange = || Error::new(ErrorKind::InvalidArgument, "not a message of this system's");
        let message: Message = serde_json::from_slice(body).map_err(|_| strange())?;
        let plain = |it: &str| !it.is_empty() && it.len() <= 128 && it.bytes().all(|b| b.is_ascii_graphic());
        if !plain(&message.id) {
            return Err(strange());
        }
        let ours = message.object == "event" && message.livemode == self.live;
        let entity = if ours { entity(&message.kind) } else { None };
        let means = entity.map_or(Means::Nothing, |entity| Means::Changed {
            entity,
            organisation: organisation(entity, &message.data.object),
        });
        Ok(vec![Event { id: Some(message.id), means }])
    }

    fn retried_for(&self) -> Duration {
        Duration::from_secs(3 * 24 * 3600)
    }
}

/// Bytes of lower-case hexadecimal digits.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// What a kind of event is about, by the beginning of its name.
fn entity(kind: &str) -> Option<Entity> {
    const KINDS: [(&str, Entity); 9] = [
        ("invoice.", Entity::Invoice),
        ("invoice_payment.", Entity::Payment),
        ("charge.", Entity::Payment),
        ("refund.", Entity::Payment),
        ("payment_intent.", Entity::Payment),
        ("payment_link.", Entity::PaymentLink),
        ("checkout.session.", Entity::PaymentLink),
        ("customer.subscription.", Entity::Agreement),
        ("customer.", Entity::Organisation),
    ];
    KINDS.iter().find(|(beginning, _)| kind.starts_with(beginning)).map(|(_, it)| *it)
}

fn organisation(entity: Entity, about: &About) -> Option<ExternalId> {
    let own = about.id.clone().filter(|_| entity == Entity::Organisation).map(Ref::Id);
    match crate::wire::owner(about.customer.as_ref().or(own.as_ref())) {
        Owner::Organisation(it) => Some(it),
        Owner::Tenant | Owner::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::HeaderMap;

    fn signed(headers: &[&str], body: &[u8]) -> Option<Signed> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(SIGNATURE, header.parse().expect("a header"));
        }
        hook(false).signed(&Delivery { method: "POST", uri: "https://x/", headers: &map, body })
    }

    #[test]
    fn what_was_signed_is_the_time_and_the_raw_body() {
        let found = signed(&["t=1795244015,v1=0aff,v0=11,v1=00"], b"{ }").expect("a signature");
        assert_eq!(found.message, b"1795244015.{ }");
        assert_eq!(found.signatures, [vec![0x0a, 0xff], vec![0]]);
        assert_eq!(found.at, Some(Timestamp::from_second(1_795_244_015).expect("a time")));
    }

    #[test]
    fn a_header_that_can_be_read_in_two_ways_or_in_none_is_no_signature() {
        let cases: [&[&str]; 9] = [
            &[],
            &[""],
            &["t=1795244015"],
            &["v1=0aff"],
            &["t=1795244015,v0=0aff"],
            &["t=1795244015,v1=0af"],
            &["t=1795244015,v1=zz"],
            &["t=+1795244015,v1=0aff"],
            &["t=1,t=1795244015,v1=0aff"],
        ];
        for headers in cases {
            assert_eq!(signed(headers, b"x"), None, "{headers:?}");
        }
        assert_eq!(signed(&["t=1,v1=00", "t=1,v1=00"], b"x"), None, "two headers");
    }

    #[test]
    fn events_say_what_changed_and_whose_and_the_rest_means_nothing() {
        let event = |kind: &str, live: bool, about: &str| {
            format!(
                r#"{{"id":"evt_1","object":"event","type":"{kind}","livemode":{live},"data":{{"object":{about}}}}}"#
            )
        };
        let means =
            |body: String| hook(false).events(body.as_bytes()).map(|it| it.into_iter().next().map(|it| it.means));
        let changed = |entity, whose: Option<&str>| {
            let organisation = whose.map(|it| ExternalId::new(it).expect("an id"));
            Some(Means::Changed { entity, organisation })
        };
        let about = r#"{"id":"in_1","customer":"cus_1"}"#;
        let cases = [
            (event("invoice.paid", false, about), changed(Entity::Invoice, Some("cus_1"))),
            (event("charge.refunded", false, r#"{"customer":null}"#), changed(Entity::Payment, None)),
            (event("customer.updated", false, r#"{"id":"cus_1"}"#), changed(Entity::Organisation, Some("cus_1"))),
            (event("customer.subscription.deleted", false, about), changed(Entity::Agreement, Some("cus_1"))),
            (event("invoice.paid", true, about), Some(Means::Nothing)),
            (event("payout.paid", false, "{}"), Some(Means::Nothing)),
            (r#"{"id":"evt_1","object":"v2.core.event","type":"invoice.paid"}"#.into(), Some(Means::Nothing)),
        ];
        for (body, expected) in cases {
            assert_eq!(means(body.clone()).expect("a message"), expected, "{body}");
        }
        for strange in ["", "[]", "{}", r#"{"id":"","object":"event","type":"x"}"#, "<html>"] {
            assert!(hook(false).events(strange.as_bytes()).is_err(), "{strange}");
        }
    }
}

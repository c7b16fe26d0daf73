//! Webhooks: what the vendor sends when a record changes, with HMAC-SHA1 over the raw body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_api::webhook::{Delivery, Entity, Event, Hook, Means, Scheme, Signed};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

const SIGNATURE: &str = "x-hook-signature";
/// Bytes of a SHA-1 digest.
const DIGEST: usize = 20;

/// How a database sends webhooks.
pub fn hook() -> Arc<dyn Hook> {
    Arc::new(Webhooks)
}

#[derive(Debug)]
struct Webhooks;

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "EntityType", alias = "entityType")]
    kind: String,
    #[serde(default, rename = "Id", alias = "ID", alias = "id")]
    id: Option<u64>,
}

impl Hook for Webhooks {
    fn scheme(&self) -> Scheme {
        Scheme::HmacSha1
    }

    fn signed(&self, delivery: &Delivery<'_>) -> Option<Signed> {
        let mut given = delivery.headers.get_all(SIGNATURE).iter();
        let one = given.next()?.to_str().ok()?.strip_prefix("sha1=")?;
        if given.next().is_some() {
            return None;
        }
        // In which of the two the digest is written was not seen; none can be taken for the other.
        let signature = hex(one).or_else(|| STANDARD.decode(one).ok()).filter(|it| it.len() == DIGEST)?;
        Some(Signed { message: delivery.body.to_vec(), signatures: vec![signature], at: None })
    }

    fn events(&self, body: &[u8]) -> Result<Vec<Event>> {
        let strange = |_| Error::new(ErrorKind::InvalidArgument, "not a webhook of this system's");
        let message: Message = serde_json::from_slice(body).map_err(strange)?;
        let entity = match message.kind.as_str() {
            "Account" | "Company" => Some(Entity::Organisation),
            "Contact" => Some(Entity::Contact),
            "Ticket" | "TicketNote" => Some(Entity::Ticket),
            _ => None,
        };
        let company = message.id.filter(|_| entity == Some(Entity::Organisation)).map(|it| it.to_string());
        let organisation = company.and_then(|it| it.parse().ok());
        let means = entity.map_or(Means::Nothing, |entity| Means::Changed { entity, organisation });
        Ok(vec![Event { id: None, means }])
    }

    fn retried_for(&self) -> Duration {
        Duration::from_secs(24 * 3600)
    }
}

/// The bytes of forty hexadecimal digits.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().filter(|it| it.len() == DIGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::HeaderMap;

    fn signed(values: &[&str]) -> Option<Signed> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(SIGNATURE, value.parse().expect("a header"));
        }
        hook().signed(&Delivery { method: "POST", uri: "https://x/", headers: &headers, body: b"{ }" })
    }

    #[test]
    fn a_digest_is_read_in_either_writing_and_nothing_else_is() {
        let (digits, base) = ("00".repeat(DIGEST), STANDARD.encode([0; DIGEST]));
        for good in [format!("sha1={digits}"), format!("sha1={base}")] {
            let found = signed(&[&good]).expect("a signature");
            assert_eq!((found.message.as_slice(), found.signatures), (&b"{ }"[..], vec![vec![0; DIGEST]]));
        }
        let good = format!("sha1={digits}");
        let (short, other) = (format!("sha1={}", digits.split_at(2).1), format!("sha256={digits}"));
        for bad in [&[][..], &["sha1="], &[&short], &[&other], &[&digits], &[&good, &good]] {
            assert_eq!(signed(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_webhook_says_what_kind_of_record_changed() {
        let means = |body: &str| hook().events(body.as_bytes()).map(|mut it| it.remove(0).means);
        let organisation = Some("174".parse().expect("an id"));
        let cases = [
            ("Account", Means::Changed { entity: Entity::Organisation, organisation }),
            ("Contact", Means::Changed { entity: Entity::Contact, organisation: None }),
            ("Ticket", Means::Changed { entity: Entity::Ticket, organisation: None }),
            ("TicketNote", Means::Changed { entity: Entity::Ticket, organisation: None }),
            ("ConfigurationItem", Means::Nothing),
        ];
        for (kind, expected) in cases {
            let body = format!(r#"{{"Action":"Update","Guid":"g","EntityType":"{kind}","Id":174,"Fields":{{}}}}"#);
            assert_eq!(means(&body).expect("a webhook"), expected, "{kind}");
        }
        for strange in ["", "[]", "{}", "<html>"] {
            assert!(means(strange).is_err(), "{strange}");
        }
    }
}

//! Callbacks: what the vendor sends when a record changes, signed with a key that it gives out by address.
//!
//! **Invariant:** of an address that a callback names nothing is believed: it is taken only where it is, byte by byte, below the
//! address that was configured, or below the codebase of the API itself.

use crate::config::Config;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_api::http::SecretString;
use postern_api::webhook::{Delivery, Entity, Event, Hook, Means, Scheme, Signed};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

const SIGNATURE: &str = "x-content-signature";
/// The longest rest of a key's address, in bytes.
const LONGEST: usize = 512;

/// How one MSP's system sends callbacks; those of another company are ignored.
pub fn hook(config: &Config) -> Arc<dyn Hook> {
    Arc::new(Callbacks { company: config.company_id.clone(), keys: config.key_place() })
}

#[derive(Debug)]
struct Callbacks {
    company: String,
    keys: String,
}

/// The vendor's own spelling has capitals; some versions have none.
#[derive(Deserialize)]
struct Message {
    #[serde(default, rename = "Type", alias = "type")]
    kind: Option<String>,
    #[serde(default, rename = "ID", alias = "Id", alias = "id")]
    id: Option<u64>,
    #[serde(default, rename = "CompanyId", alias = "companyId", alias = "companyid")]
    company: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "Metadata", alias = "metadata")]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    key_url: String,
}

#[derive(Deserialize)]
struct Key {
    signing_key: String,
}

impl Hook for Callbacks {
    fn scheme(&self) -> Scheme {
        Scheme::HmacSha256OfDigest
    }

    fn signed(&self, delivery: &Delivery<'_>) -> Option<Signed> {
        let mut given = delivery.headers.get_all(SIGNATURE).iter();
        let one = given.next()?.to_str().ok()?;
        if given.next().is_some() {
            return None;
        }
        Some(Signed { message: delivery.body.to_vec(), signatures: vec![STANDARD.decode(one).ok()?], at: None })
    }

    fn key_at(&self, body: &[u8]) -> Option<String> {
        let named: Named = serde_json::from_slice(body).ok()?;
        let rest = named.metadata.key_url.strip_prefix(&self.keys)?;
        is_plain(rest).then_some(named.metadata.key_url)
    }

    fn key_in(&self, answer: &[u8]) -> Option<SecretString> {
        serde_json::from_slice(answer).ok().map(|it: Key| it.signing_key.into())
    }

    fn events(&self, body: &[u8]) -> Result<Vec<Event>> {
        let strange = |_| Error::new(ErrorKind::InvalidArgument, "not a callback of this system's");
        let message: Message = serde_json::from_slice(body).map_err(strange)?;
        let ours = message.company.as_deref().is_none_or(|it| it.eq_ignore_ascii_case(&self.company));
        let entity = message.kind.as_deref().filter(|_| ours).and_then(entity);
        let company = message.id.filter(|_| entity == Some(Entity::Organisation)).map(|it| it.to_string());
        let organisation = company.and_then(|it| it.parse().ok());
        let means = entity.map_or(Means::Nothing, |entity| Means::Changed { entity, organisation });
        Ok(vec![Event { id: None, means }])
    }

    fn retried_for(&self) -> Duration {
        // Twice within six seconds.
        Duration::from_secs(60)
    }
}

/// What a kind of callback is about.
fn entity(kind: &str) -> Option<Entity> {
    const KINDS: [(&str, Entity); 5] = [
        ("company", Entity::Organisation),
        ("contact", Entity::Contact),
        ("ticket", Entity::Ticket),
        ("agreement", Entity::Agreement),
        ("invoice", Entity::Invoice),
    ];
    KINDS.iter().find(|(name, _)| kind.eq_ignore_ascii_case(name)).map(|(_, it)| *it)
}

/// A path and perhaps a query in which nothing has a meaning of its own: no way up, nothing encoded, no second host.
fn is_plain(rest: &str) -> bool {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let segment = |it: &str| !it.is_empty() && it != "." && it != ".." && it.bytes().all(is_word);
    rest.len() <= LONGEST
        && path.split('/').all(segment)
        && query.bytes().all(|it| is_word(it) || matches!(it, b'=' | b'&'))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{ExposeSecret as _, HeaderMap};

    fn ours() -> Arc<dyn Hook> {
        let base = "https://api-eu.myconnectwise.net/v4_6_release/apis/3.0";
        hook(&Config::new(base, "msp", ("public", "private".into()), "client", 1))
    }

    fn naming(url: &str) -> Option<String> {
        ours().key_at(format!(r#"{{"Action":"updated","ID":7,"Metadata":{{"key_url":"{url}"}}}}"#).as_bytes())
    }

    #[test]
    fn s01_s02_a_key_is_looked_for_below_the_configured_codebase_and_nowhere_else() {
        let place = "https://api-eu.myconnectwise.net/v4_6_release/";
        for good in ["apis/3.0/system/keys/7", "services/keys?id=7&v=2"] {
            assert_eq!(naming(&format!("{place}{good}")), Some(format!("{place}{good}")));
        }
        for bad in [
            "https://evil.example/v4_6_release/keys/7",
            "https://api-eu.myconnectwise.net.evil.example/v4_6_release/keys/7",
            "https://evil-api-eu.myconnectwise.net/v4_6_release/keys/7",
            "https://api-eu.myconnectwise.net@evil.example/v4_6_release/keys/7",
            "https://user@api-eu.myconnectwise.net/v4_6_release/keys/7",
            "https://api-eu.myconnectwise.net:8443/v4_6_release/keys/7",
            "https://api-na.myconnectwise.net/v4_6_release/keys/7",
            "http://api-eu.myconnectwise.net/v4_6_release/keys/7",
            "//api-eu.myconnectwise.net/v4_6_release/keys/7",
            "https://10.0.0.1/v4_6_release/keys/7",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/v4_6_release/keys/7",
            "https://api-eu.myconnectwise.net/other/keys/7",
            "https://api-eu.myconnectwise.net/v4_6_release/../login",
            "https://api-eu.myconnectwise.net/v4_6_release/%2e%2e/login",
            "https://api-eu.myconnectwise.net/v4_6_release//evil.example",
            "https://api-eu.myconnectwise.net/v4_6_release/a#b",
            "https://api-eu.myconnectwise.net/v4_6_release/",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(naming(bad), None, "{bad}");
        }
        assert_eq!(naming(&format!("{place}{}", "a".repeat(LONGEST + 1))), None);
        for strange in ["", "[]", "{}", r#"{"Metadata":{}}"#, r#"{"Metadata":{"key_url":7}}"#] {
            assert_eq!(ours().key_at(strange.as_bytes()), None, "{strange}");
        }
    }

    #[test]
    fn what_was_signed_is_the_raw_body_and_one_signature_is_read() {
        let signed = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(SIGNATURE, value.parse().expect("a header"));
            }
            ours().signed(&Delivery { method: "POST", uri: "https://x/", headers: &headers, body: b"{ }" })
        };
        let found = signed(&["AAE="]).expect("a signature");
        assert_eq!((found.message.as_slice(), found.signatures, found.at), (&b"{ }"[..], vec![vec![0, 1]], None));
        for bad in [&[][..], &["??"], &["AAE=", "AAE="]] {
            assert_eq!(signed(bad), None, "{bad:?}");
        }
        let key = ours().key_in(br#"{"signing_key":"k"}"#).expect("a key");
        assert_eq!(key.expose_secret(), "k");
        assert!(ours().key_in(b"<html>").is_none());
    }

    #[test]
    fn a_callback_says_what_changed_and_another_companys_says_nothing() {
        let means = |body: &str| ours().events(body.as_bytes()).map(|it| it.into_iter().map(|it| it.means).collect());
        let changed = |entity, organisation: Option<&str>| Means::Changed {
            entity,
            organisation: organisation.map(|it| it.parse().expect("an id")),
        };
        let cases = [
            (r#"{"Action":"updated","ID":41,"Type":"company"}"#, changed(Entity::Organisation, Some("41"))),
            (r#"{"action":"deleted","id":41,"type":"company"}"#, changed(Entity::Organisation, Some("41"))),
            (r#"{"ID":51,"Type":"Contact","CompanyId":"MSP"}"#, changed(Entity::Contact, None)),
            (r#"{"ID":69,"Type":"ticket","Entity":"{\"id\":69}"}"#, changed(Entity::Ticket, None)),
            (r#"{"ID":1,"Type":"company","CompanyId":"another"}"#, Means::Nothing),
            (r#"{"ID":1,"Type":"expense"}"#, Means::Nothing),
            ("{}", Means::Nothing),
        ];
        for (body, expected) in cases {
            let found: Vec<Means> = means(body).expect("a callback");
            assert_eq!(found, [expected], "{body}");
        }
        for strange in ["", "[7]", "<html>", r#"{"ID":"x"}"#, r#"{"ID":1,"id":2}"#] {
            let found: Result<Vec<Means>> = means(strange);
            assert!(found.is_err(), "{strange}");
        }
    }
}

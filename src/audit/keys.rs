//! The audit's keys: one for digests, one for signatures. Both in the data directory, readable by their owner alone.

use super::chain::{Head, hex};
use crate::caller::Principal;
use crate::store::secret_file;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use postern_api::{Error, Result, TenantId};
use serde_json::{Map, Value};
use std::path::Path;

/// The keys.
pub struct Keys {
    digests: hmac::Key,
    signing: Ed25519KeyPair,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// The keys of a data directory, made on first use; the public key is written beside them for whoever verifies.
    pub fn of(dir: &Path) -> Result<Self> {
        let digests = secret_file::<32>(&dir.join("audit-digest.key"))?;
        let seed = secret_file::<32>(&dir.join("audit-signing.key"))?;
        let signing = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| Error::internal("audit signing key"))?;
        let public = dir.join("audit-public.key");
        let written = std::fs::write(&public, hex(signing.public_key().as_ref()) + "\n");
        written.map_err(|e| Error::internal("audit public key").because(e))?;
        Ok(Self { digests: hmac::Key::new(hmac::HMAC_SHA256, &*digests), signing })
    }

    /// The public key.
    pub fn public(&self) -> &[u8] {
        self.signing.public_key().as_ref()
    }

    /// Signs a head.
    pub fn sign(&self, mut head: Head) -> Head {
        head.signature = self.signature(&head.message());
        head
    }

    /// A signature of ours, hexadecimal.
    pub(super) fn signature(&self, message: &[u8]) -> String {
        hex(self.signing.sign(message).as_ref())
    }

    /// Who, without saying who: the same person of a tenant is always the same digest, and nobody without the key can tell whose.
    pub fn principal(&self, tenant: &TenantId, principal: &Principal) -> String {
        self.digest("principal", tenant, &[&principal.issuer, &principal.subject])
    }

    /// With what, without saying with what: equal arguments have equal digests, in whatever order they were sent.
    pub fn arguments(&self, tenant: &TenantId, arguments: &Map<String, Value>) -> String {
        let mut text = String::new();
        canonical_map(arguments, &mut text);
        self.digest("arguments", tenant, &[&text])
    }

    fn digest(&self, what: &str, tenant: &TenantId, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.digests);
        for part in [what, tenant.as_str()].iter().chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        // 128 bits: enough that two never meet, short enough to read.
        hex(context.sign().as_ref().get(..16).unwrap_or_default())
    }
}

/// Checks a head's signature.
pub fn signed_by(public: &[u8], head: &Head) -> bool {
    let signature = super::chain::unhex(&head.signature).unwrap_or_default();
    UnparsedPublicKey::new(&ED25519, public).verify(&head.message(), &signature).is_ok()
}

/// JSON with sorted keys and nothing between.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => canonical_map(map, out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

fn canonical_map(map: &Map<String, Value>, out: &mut String) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    out.push('{');
    for (key, value) in entries {
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        canonical(value, out);
        out.push(',');
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn digests_tell_tenants_apart_and_ignore_the_order_of_keys() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = Keys::of(dir.path()).expect("keys");
        let (one, two) = (TenantId::new("one").expect("an id"), TenantId::new("two").expect("an id"));
        let map = |value: Value| value.as_object().expect("an object").clone();
        let (a, b) =
            (map(json!({"x": 1, "y": {"a": [1, 2], "b": null}})), map(json!({"y": {"b": null, "a": [1, 2]}, "x": 1})));
        assert_eq!(keys.arguments(&one, &a), keys.arguments(&one, &b));
        assert_ne!(keys.arguments(&one, &a), keys.arguments(&two, &a));
        assert_ne!(
            keys.arguments(&one, &a),
            keys.arguments(&one, &map(json!({"x": 1, "y": {"a": [2, 1], "b": null}})))
        );
        let again = Keys::of(dir.path()).expect("keys");
        assert_eq!(keys.arguments(&one, &a), again.arguments(&one, &a));
    }
}

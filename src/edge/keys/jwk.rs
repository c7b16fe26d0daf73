//! Reading a JSON Web Key Set (RFC 7517): the keys that are fit to verify with, and no other.

use crate::edge::json;
use crate::edge::realm::SignatureAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// No issuer has more keys in use.
const KEY_LIMIT: usize = 100;
/// Members of private and of symmetric keys.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// One key to verify with, and the one algorithm that it is for.
#[derive(Clone)]
pub struct Key {
    material: Vec<u8>,
    algorithm: SignatureAlgorithm,
    decoding: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.material == other.material
    }
}

impl Key {
    /// The one algorithm that this key is for.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Whether this is the signature (base64url) of the message.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, message, &self.decoding, self.algorithm.library()).unwrap_or(false)
    }
}

/// The usable keys of an issuer, by id.
#[derive(Debug, Default, PartialEq)]
pub struct KeySet {
    keys: BTreeMap<String, Arc<Key>>,
}

impl KeySet {
    /// Reads a key set. Keys that are not fit to verify with are left out; `None` where it is no key set at all.
    pub fn parse(document: &[u8]) -> Option<Self> {
        let document = json::parse(document, 16).ok()?;
        let listed = document.get("keys")?.as_array()?;
        if listed.len() > KEY_LIMIT {
            return None;
        }
        let mut keys = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for jwk in listed.iter().filter_map(Value::as_object) {
            let Some(id) = jwk.get("kid").and_then(Value::as_str).filter(|it| !it.is_empty()) else { continue };
            if !ids.insert(id.to_owned()) {
                // Nobody can say which of the two was meant.
                keys.remove(id);
                continue;
            }
            if let Some(key) = usable(jwk) {
                keys.insert(id.to_owned(), Arc::new(key));
            }
        }
        Some(Self { keys })
    }

    /// The key of this id.
    pub fn get(&self, id: &str) -> Option<Arc<Key>> {
        self.keys.get(id).map(Arc::clone)
    }

    /// How many keys are usable.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn usable(jwk: &Map<String, Value>) -> Option<Key> {
    if PRIVATE.iter().any(|it| jwk.contains_key(*it)) {
        return None;
    }
    if jwk.get("use").is_some_and(|it| it.as_str() != Some("sig")) {
        return None;
    }
    if let Some(uses) = jwk.get("key_ops")
        && !uses.as_array()?.iter().any(|it| it.as_str() == Some("verify"))
    {
        return None;
    }
    let named = match jwk.get("alg") {
        Some(it) => Some(SignatureAlgorithm::named(it.as_str()?)?),
        None => None,
    };
    let part = |name: &str| -> Option<Vec<u8>> { URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok() };
    let curve = jwk.get("crv").and_then(Value::as_str);
    match jwk.get("kty")?.as_str()? {
        "RSA" => rsa(named.unwrap_or(SignatureAlgorithm::RS256), &part("n")?, &part("e")?),
        "EC" => {
            let (algorithm, size) = match curve? {
                "P-256" => (SignatureAlgorithm::ES256, 32),
                "P-384" => (SignatureAlgorithm::ES384, 48),
                _ => return None,
            };
            let (x, y) = (part("x")?, part("y")?);
            if x.len() != size || y.len() != size {
                return None;
            }
            let material = [&[4], x.as_slice(), y.as_slice()].concat();
            pinned(algorithm, named, DecodingKey::from_ec_der(&material), material)
        }
        "OKP" if curve == Some("Ed25519") => {
            let material = part("x").filter(|it| it.len() == 32)?;
            pinned(SignatureAlgorithm::EdDSA, named, DecodingKey::from_ed_der(&material), material)
        }
        _ => None,
    }
}

fn pinned(
    algorithm: SignatureAlgorithm,
    named: Option<SignatureAlgorithm>,
    decoding: DecodingKey,
    material: Vec<u8>,
) -> Option<Key> {
    named.is_none_or(|it| it == algorithm).then_some(Key { material, algorithm, decoding })
}

/// 2048 to 8192 bits, an odd exponent of at least 65537 (FIPS 186-5 section 5.1).
fn rsa(algorithm: SignatureAlgorithm, modulus: &[u8], exponent: &[u8]) -> Option<Key> {
    let bits = match modulus.first() {
        Some(first) => modulus.len() * 8 - first.leading_zeros() as usize,
        None => 0,
    };
    let small = exponent.len() <= 8;
    let value = exponent.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let fit = algorithm.is_rsa() && (2048..=8192).contains(&bits) && small && value >= 65_537 && value % 2 == 1;
    let material = [modulus, &[0], exponent].concat();
    fit.then(|| Key { material, algorithm, decoding: DecodingKey::from_rsa_raw_components(modulus, exponent) })
}

//! The keys that sign access tokens: another one each period, the old one published for as long as what it signed holds.

use crate::edge::keys::{Key, KeySet};
use crate::store::Store;
use crate::store::authority::SigningKeyRow;
use arc_swap::ArcSwap;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_api::{Error, Result};
use serde_json::{Value, json};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A new key is published this long before it signs.
const AHEAD: i64 = 3_600;

/// The keys.
#[derive(Debug)]
pub(super) struct SigningKeys {
    held: ArcSwap<Held>,
    period: i64,
    /// How long a key is published after its last signature.
    overlap: i64,
}

#[derive(Default)]
struct Held {
    keys: Vec<Signing>,
    set: KeySet,
    document: Value,
    generation: u64,
}

struct Signing {
    id: String,
    pair: Ed25519KeyPair,
    signs_from: i64,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("keys", &self.keys.len())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl SigningKeys {
    /// The store's keys, and a first one where there is none.
    pub(super) fn open(store: &Store, now: i64, period: i64, overlap: i64) -> Result<Self> {
        let keys = Self { held: ArcSwap::default(), period, overlap };
        keys.turn(store, now)?;
        Ok(keys)
    }

    /// Makes the next key when it is time, and forgets those whose last token has ended.
    pub(super) fn turn(&self, store: &Store, now: i64) -> Result<()> {
        let mut rows = store.signing_keys()?;
        let newest = rows.last().map(|it| it.signs_from);
        let next = match newest {
            None => Some(now),
            Some(from) if now >= from.saturating_add(self.period - AHEAD) => {
                Some((from + self.period).max(now + AHEAD))
            }
            Some(_) => None,
        };
        if let Some(signs_from) = next {
            let mut seed = Zeroizing::new(vec![0_u8; 32]);
            aws_lc_rs::rand::fill(&mut seed).map_err(|_| Error::internal("no random numbers"))?;
            let row = SigningKeyRow { id: super::secret::id("k-")?, seed, signs_from };
            store.put_signing_key(&row)?;
            rows.push(row);
        }
        let successors: Vec<i64> = rows.iter().skip(1).map(|it| it.signs_from).chain([i64::MAX]).collect();
        let mut keys = Vec::new();
        for (row, successor) in rows.into_iter().zip(successors) {
            if successor.saturating_add(self.overlap) < now {
                store.drop_signing_key(&row.id)?;
                continue;
            }
            let pair = Ed25519KeyPair::from_seed_unchecked(&row.seed).map_err(|_| Error::internal("signing key"))?;
            keys.push(Signing { id: row.id, pair, signs_from: row.signs_from });
        }
        let document = json!({ "keys": keys.iter().map(jwk).collect::<Vec<_>>() });
        let set = KeySet::parse(document.to_string().as_bytes()).ok_or_else(|| Error::internal("signing keys"))?;
        let held = self.held.load();
        let generation = held.generation + u64::from(held.set != set);
        self.held.store(Arc::new(Held { keys, set, document, generation }));
        Ok(())
    }

    /// The published key set (RFC 7517).
    pub(super) fn document(&self) -> Value {
        self.held.load().document.clone()
    }

    pub(super) fn key(&self, id: &str) -> Option<Arc<Key>> {
        self.held.load().set.get(id)
    }

    pub(super) fn generation(&self) -> u64 {
        self.held.load().generation
    }

    /// Signs an access token (RFC 9068).
    pub(super) fn sign(&self, claims: &Value, now: i64) -> Result<String> {
        let held = self.held.load();
        let key = held.keys.iter().rev().find(|it| it.signs_from <= now).or(held.keys.first());
        let key = key.ok_or_else(|| Error::internal("there is no signing key"))?;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key.id})), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(key.pair.sign(message.as_bytes()).as_ref());
        Ok(format!("{message}.{signature}"))
    }
}

fn jwk(key: &Signing) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key.pair.public_key().as_ref());
    json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.id, "x": x})
}

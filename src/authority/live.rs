//! What stands, in memory: asked on every call, so that a revoked grant is refused on the next.
//!
//! **Invariant:** an ended session is entered as ended and stays so for longer than any token of it: a load from the store that
//! was under way meanwhile cannot put it back.

use crate::caller::{Caller, Principal};
use crate::edge::reason::Reason;
use crate::edge::streams::Streams;
use crate::edge::token::Standing;
use crate::store::authority::EndedBefore;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

const SHARDS: usize = 16;
/// Sessions that a shard remembers; more are read from the store again.
const PER_SHARD: usize = 8_192;

/// An issuer and its session.
type RealmSession = (Arc<str>, Arc<str>);

#[derive(Debug)]
enum Known {
    Stands {
        version: i64,
        grant: Arc<str>,
        used_at: AtomicI64,
    },
    /// Until when it has to be remembered.
    Ended(i64),
}

/// What stands and what ended.
#[derive(Debug)]
pub struct Live {
    shards: Vec<RwLock<HashMap<Box<str>, Known>>>,
    hasher: RandomState,
    people: RwLock<HashMap<Principal, i64>>,
    realm_sessions: RwLock<HashMap<RealmSession, i64>>,
    /// How many are in the two tables above: mostly none.
    ended_at_realms: AtomicUsize,
    used: Mutex<HashMap<Arc<str>, i64>>,
    clock: Arc<dyn crate::edge::clock::Clock>,
    streams: Streams,
    remember: i64,
}

impl Live {
    /// Nothing is known yet. What ended is remembered for `remember` seconds.
    pub fn new(clock: Arc<dyn crate::edge::clock::Clock>, streams: Streams, remember: i64) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
            people: RwLock::default(),
            realm_sessions: RwLock::default(),
            ended_at_realms: AtomicUsize::new(0),
            used: Mutex::default(),
            clock,
            streams,
            remember,
        }
    }

    fn shard(&self, session: &str) -> Option<&RwLock<HashMap<Box<str>, Known>>> {
        let hash = self.hasher.hash_one(session);
        self.shards.get(usize::try_from(hash % SHARDS as u64).unwrap_or_default())
    }

    /// Enters a session that the store says stands. Whether it does.
    pub(super) fn stands(&self, session: &str, grant: &Arc<str>, version: i64) -> bool {
        let Some(shard) = self.shard(session) else { return false };
        let mut shard = shard.write();
        if shard.len() >= PER_SHARD {
            let now = self.clock.unix_secs();
            shard.retain(|_, it| matches!(it, Known::Ended(until) if *until > now));
        }
        match shard.get_mut(session) {
            Some(Known::Ended(_)) => false,
            Some(Known::Stands { version: known, .. }) => {
                *known = version.max(*known);
                *known == version
            }
            None => {
                let known = Known::Stands { version, grant: Arc::clone(grant), used_at: AtomicI64::new(0) };
                shard.insert(session.into(), known);
                true
            }
        }
    }

    /// Whether anything is known of a session.
    pub(super) fn knows(&self, session: &str) -> bool {
        self.shard(session).is_some_and(|it| it.read().contains_key(session))
    }

    /// Another consent changed what a grant's sessions may do: their remembered callers are refused, and read anew.
    pub(super) fn changed(&self, grant: &str, to: i64) {
        for shard in &self.shards {
            for known in shard.write().values_mut() {
                if let Known::Stands { version, grant: of, .. } = known
                    && **of == *grant
                {
                    *version = to.max(*version);
                }
            }
        }
        self.streams.close(|it| it.rests.grant.as_deref() == Some(grant) && it.rests.version < to);
    }

    /// These sessions ended.
    pub(super) fn ended(&self, sessions: &[String]) {
        let until = self.clock.unix_secs().saturating_add(self.remember);
        for session in sessions {
            if let Some(shard) = self.shard(session) {
                shard.write().insert(session.as_str().into(), Known::Ended(until));
            }
        }
        if !sessions.is_empty() {
            self.streams.close(|it| it.rests.session.as_deref().is_some_and(|id| sessions.iter().any(|one| one == id)));
        }
    }

    /// Refuses a realm's tokens from before.
    pub(super) fn ended_at_realm(&self, ended: &EndedBefore) {
        let (issuer, name): (Arc<str>, Arc<str>) = (ended.issuer.as_str().into(), ended.name.as_str().into());
        if ended.person {
            let who = Principal { issuer, subject: name };
            self.people.write().insert(who.clone(), ended.ended_at);
            self.ended_at_realms.fetch_add(1, Ordering::Release);
            self.streams.close(|it| it.principal == who);
        } else {
            self.realm_sessions.write().insert((Arc::clone(&issuer), Arc::clone(&name)), ended.ended_at);
            self.ended_at_realms.fetch_add(1, Ordering::Release);
            self.streams.close(|it| it.principal.issuer == issuer && it.rests.realm_session.as_ref() == Some(&name));
        }
    }

    /// What was used since the last time, to be noted in the store.
    pub(super) fn take_used(&self) -> Vec<(String, i64)> {
        std::mem::take(&mut *self.used.lock()).into_iter().map(|(grant, at)| (grant.to_string(), at)).collect()
    }

    /// A realm's token: refused where its person or its session ended after it was issued.
    fn realm_token(&self, caller: &Caller) -> Result<(), Reason> {
        if self.ended_at_realms.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        if self.people.read().get(&caller.principal).is_some_and(|at| caller.rests.issued_at <= *at) {
            return Err(Reason::Revoked);
        }
        let Some(session) = &caller.rests.realm_session else { return Ok(()) };
        let key = (Arc::clone(&caller.principal.issuer), Arc::clone(session));
        if self.realm_sessions.read().contains_key(&key) { Err(Reason::Revoked) } else { Ok(()) }
    }
}

/// What is told when an own token's session is not in memory: read it again.
pub(super) const NOT_LOADED: Reason = Reason::Revoked;

impl Standing for Live {
    fn check(&self, caller: &Caller, _: Option<&str>) -> Result<(), Reason> {
        let Some(session) = &caller.rests.session else { return self.realm_token(caller) };
        let shard = self.shard(session).ok_or(NOT_LOADED)?.read();
        let Some(Known::Stands { version, grant, used_at }) = shard.get(&**session) else { return Err(NOT_LOADED) };
        if *version != caller.rests.version {
            return Err(Reason::Revoked);
        }
        // Noted once a minute, so that most calls write nothing.
        let now = self.clock.unix_secs();
        let before = used_at.load(Ordering::Relaxed);
        if now - before >= 60 && used_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.used.lock().insert(Arc::clone(grant), now);
        }
        Ok(())
    }
}

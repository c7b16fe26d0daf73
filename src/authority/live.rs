//! What stands, in memory: asked on every call, so that a revoked grant is refused on the next.
//!
//! **Invariant:** an ended session is entered as ended and stays so for longer than any token of it: a load from the store that
//! was under way meanwhile cannot put it back. Nor can such a load enter what a consent or a realm has changed since: it is told to
//! load again.

use crate::caller::{Caller, Principal};
use crate::edge::reason::Reason;
use crate::edge::streams::Streams;
use crate::edge::token::Standing;
use crate::store::authority::EndedBefore;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

const SHARDS: usize = 16;
/// Sessions that a shard remembers; more are read from the store again.
const PER_SHARD: usize = 8_192;

/// An issuer and its session.
type RealmSession = (Arc<str>, Arc<str>);

#[derive(Debug)]
enum Known {
    Stands {
        version: AtomicI64,
        grant: Arc<str>,
        used_at: AtomicI64,
    },
    /// Until when it has to be remembered.
    Ended(i64),
}

/// What came of entering a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// It stands.
    Stands,
    /// It has ended.
    Ended,
    /// Something changed since it was read: it has to be read again.
    Changed,
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
    /// Counts the changes of grants.
    changes: AtomicU64,
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
            changes: AtomicU64::new(0),
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

    /// What [`Live::stands`] is to be given by who reads a session from the store after this.
    pub(super) fn mark(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Enters a session that the store said stands, when it was read after `mark`.
    pub(super) fn stands(&self, session: &str, grant: &Arc<str>, version: i64, mark: u64) -> Entered {
        let Some(shard) = self.shard(session) else { return Entered::Ended };
        let mut shard = shard.write();
        // Whoever changes a grant counts it before looking at this shard; so either it is counted now, or it finds the entry.
        if self.changes.load(Ordering::SeqCst) != mark {
            return Entered::Changed;
        }
        if shard.len() >= PER_SHARD {
            let now = self.clock.unix_secs();
            shard.retain(|_, it| matches!(it, Known::Ended(until) if *until > now));
        }
        match shard.get_mut(session) {
            Some(Known::Ended(_)) => Entered::Ended,
            Some(Known::Stands { version: known, .. }) => {
                if known.fetch_max(version, Ordering::Relaxed) > version {
                    Entered::Changed
                } else {
                    Entered::Stands
                }
            }
            None => {
                let version = AtomicI64::new(version);
                shard.insert(
                    session.into(),
                    Known::Stands { version, grant: Arc::clone(grant), used_at: AtomicI64::new(0) },
                );
                Entered::Stands
            }
        }
    }

    /// Whether anything is known of a session.
    pub(super) fn knows(&self, session: &str) -> bool {
        self.shard(session).is_some_and(|it| it.read().contains_key(session))
    }

    /// Another consent changed what a grant's sessions may do: their remembered callers are refused, and read anew.
    pub(super) fn changed(&self, grant: &str, to: i64) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        // Read locks: calls go on meanwhile, however many sessions there are.
        for shard in &self.shards {
            for known in shard.read().values() {
                if let Known::Stands { version, grant: of, .. } = known
                    && **of == *grant
                {
                    version.fetch_max(to, Ordering::Relaxed);
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

    /// When a grant was last used, where that is not in the store yet.
    pub(super) fn used_at(&self, grant: &str) -> Option<i64> {
        self.used.lock().get(grant).copied()
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
        if version.load(Ordering::Relaxed) != caller.rests.version {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::testing::TestClock;

    fn live() -> (Live, Arc<str>) {
        (Live::new(TestClock::new(), Streams::default(), 1_000), "g-1".into())
    }

    #[test]
    fn t21_a_session_that_was_read_before_its_grant_changed_is_not_entered_as_it_was() {
        let (live, grant) = live();
        let before = live.mark();
        live.changed(&grant, 2);
        assert_eq!(live.stands("s-1", &grant, 1, before), Entered::Changed);
        assert!(!live.knows("s-1"));
        assert_eq!(live.stands("s-1", &grant, 2, live.mark()), Entered::Stands);
        // Entered first and changed afterwards: the entry learns of it.
        assert_eq!(live.stands("s-2", &grant, 2, live.mark()), Entered::Stands);
        live.changed(&grant, 3);
        assert_eq!(live.stands("s-2", &grant, 2, live.mark()), Entered::Changed);
    }

    #[test]
    fn t21_a_session_that_ended_is_not_entered_again_by_who_read_it_before() {
        let (live, grant) = live();
        let before = live.mark();
        live.ended(&["s-1".to_owned()]);
        assert_eq!(live.stands("s-1", &grant, 1, before), Entered::Ended);
    }
}

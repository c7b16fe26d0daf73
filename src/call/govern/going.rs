//! Lets a write go, change by change, for whoever still holds it.

use super::effects::Effects;
use crate::clock::Clock;
use crate::fail_point;
use crate::govern::action::{ActionId, ActionRequest, Actions};
use postern_api::{Error, ErrorKind, LetGo, Result, TenantId};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// One try of a write. That it is about to be sent is noted in the store, and on the disk before its first change is sent; whether it is
/// still held is asked before each of its changes.
#[derive(Debug)]
struct Going {
    actions: Arc<dyn Actions>,
    clock: Arc<dyn Clock>,
    tenant: TenantId,
    id: ActionId,
    epoch: u32,
    gone: OnceCell<()>,
}

impl Effects {
    /// What notes that this try of a write is about to be sent.
    pub(super) fn going(&self, request: &ActionRequest, epoch: u32) -> Arc<dyn LetGo> {
        Arc::new(Going {
            actions: self.actions.clone(),
            clock: self.clock.clone(),
            tenant: request.tenant.clone(),
            id: request.id.clone(),
            epoch,
            gone: OnceCell::new(),
        })
    }
}

#[postern_api::async_trait]
impl LetGo for Going {
    async fn let_go(&self) -> Result<()> {
        if !self.actions.sending(&self.tenant, &self.id, self.epoch, self.clock.now())? {
            return Err(if self.gone.initialized() {
                let words = "the change took too long and was sent in part; somebody else looks after it now";
                Error::new(ErrorKind::OutcomeUnknown, words)
            } else {
                let words = "the change took too long and was not sent; somebody else looks after it now";
                Error::new(ErrorKind::Conflict, words)
            });
        }
        let first = || async {
            self.actions.lasting().await?;
            fail_point::at("let_go");
            Ok(())
        };
        self.gone.get_or_try_init(first).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::reconcile::tests::request;
    use super::*;
    use crate::edge::testing::TestClock;
    use crate::govern::action::{Origin, State};
    use crate::govern::lease::{Hold, Leases as _};
    use crate::store::Store;
    use jiff::SignedDuration;

    #[tokio::test]
    async fn w10_no_change_of_a_write_is_sent_once_somebody_else_has_it() {
        for changes in [0, 1, 2] {
            let dir = tempfile::tempdir().expect("a directory");
            let store = Arc::new(Store::open(dir.path()).expect("opens"));
            let clock = TestClock::new();
            let hold = |owner: &str| {
                let now = clock.now();
                Hold { owner: owner.into(), now, until: now + SignedDuration::from_secs(5) }
            };
            let it = ActionRequest { state: State::Executing, ..request(Origin::Direct, false) };
            let epoch = store.intend(&it, &hold("one")).expect("keeps");
            let going = Going {
                actions: store.clone(),
                clock: clock.clone(),
                tenant: it.tenant.clone(),
                id: it.id.clone(),
                epoch,
                gone: OnceCell::new(),
            };
            for _ in 0..changes {
                going.let_go().await.expect("it is held");
            }
            clock.advance(6);
            store.take_over(&it.tenant, &it.id, &hold("other")).expect("asks").expect("the lease is over");
            let told = going.let_go().await.expect_err("somebody else has it").kind();
            let expected = if changes == 0 { ErrorKind::Conflict } else { ErrorKind::OutcomeUnknown };
            assert_eq!(told, expected, "after {changes} changes");
        }
    }
}

//! Lets a write go, change by change, for whoever still holds it.

use super::effects::Effects;
use crate::clock::Clock;
use crate::fail_point;
use crate::govern::action::{ActionId, ActionRequest};
use crate::govern::lease::Leases;
use postern_api::{Error, ErrorKind, LetGo, Result, TenantId};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// One try of a write. That it is about to be sent is noted in the store, and on the disk before its first change is sent; whether it is
/// still held is asked before each of its changes.
#[derive(Debug)]
struct Going {
    leases: Arc<dyn Leases>,
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
            leases: self.actions.clone(),
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
        if !self.leases.sending(&self.tenant, &self.id, self.epoch, self.clock.now())? {
            return Err(if self.gone.initialized() {
                let words = "the change took too long and was sent in part; somebody else looks after it now";
                Error::new(ErrorKind::OutcomeUnknown, words)
            } else {
                let words = "the change took too long and was not sent; somebody else looks after it now";
                Error::new(ErrorKind::Conflict, words)
            });
        }
        let first = || async {
            self.leases.lasting().await?;
            fail_point::at("let_go");
            Ok(())
        };
        self.gone.get_or_try_init(first).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::govern::action::State;
    use crate::govern::lease::{Begun, Finish, Hold};
    use jiff::Timestamp;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A lease that is held for so many changes, and then somebody else's.
    #[derive(Debug)]
    struct HeldFor(AtomicU32);

    fn nobody_asks<T>() -> Result<T> {
        Err(Error::internal("nobody asks this"))
    }

    #[postern_api::async_trait]
    impl Leases for HeldFor {
        async fn lasting(&self) -> Result<()> {
            Ok(())
        }
        fn begin(&self, _: &TenantId, _: &ActionId, _: State, _: &Hold) -> Result<Begun> {
            nobody_asks()
        }
        fn sending(&self, _: &TenantId, _: &ActionId, _: u32, _: Timestamp) -> Result<bool> {
            Ok(self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok())
        }
        fn finish(&self, _: &TenantId, _: &ActionId, _: u32, _: &Finish, _: Timestamp) -> Result<bool> {
            nobody_asks()
        }
        fn take_over(&self, _: &TenantId, _: &ActionId, _: &Hold) -> Result<Option<u32>> {
            nobody_asks()
        }
        fn due(&self, _: Timestamp, _: u32) -> Result<Vec<(TenantId, ActionId)>> {
            nobody_asks()
        }
    }

    #[tokio::test]
    async fn w10_no_change_of_a_write_is_sent_once_somebody_else_has_it() {
        for changes in [0, 1, 2] {
            let going = Going {
                leases: Arc::new(HeldFor(AtomicU32::new(changes))),
                clock: Arc::new(SystemClock::new()),
                tenant: TenantId::new("msp").expect("an id"),
                id: ActionId::fresh(),
                epoch: 1,
                gone: OnceCell::new(),
            };
            for _ in 0..changes {
                going.let_go().await.expect("it is held");
            }
            let told = going.let_go().await.expect_err("somebody else has it").kind();
            let expected = if changes == 0 { ErrorKind::Conflict } else { ErrorKind::OutcomeUnknown };
            assert_eq!(told, expected, "after {changes} changes");
        }
    }
}

//! Lets rows share a commit: whoever has one to write lets those go first who are ready to run, as long as that brings company.

use futures::task::AtomicWaker;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Commits of one row in a row after which nobody is waited for.
const GIVEN_UP: u32 = 8;
/// Commits of one row in a row after which it is tried anew.
const TRIED_AGAIN: u32 = 256;
/// Rows that are worth a commit; until there are so many, others go first once more, up to so often.
const ENOUGH: usize = 4;
const ROUNDS: u32 = 3;

/// Whether commits are shared.
#[derive(Debug, Default)]
pub(super) struct Company {
    alone: AtomicU32,
}

impl Company {
    /// Waits for others, where some are to be expected. `waiting` says how many rows there are; none, and somebody has
    /// committed them.
    pub(super) async fn wait(&self, waiting: impl Fn() -> usize) {
        if self.alone.load(Ordering::Relaxed) >= GIVEN_UP {
            return;
        }
        for _ in 0..ROUNDS {
            others_first().await;
            if !(1..ENOUGH).contains(&waiting()) {
                return;
            }
        }
    }

    /// So many rows were committed together.
    pub(super) fn seen(&self, rows: usize) {
        let alone = if rows > 1 { 0 } else { (self.alone.load(Ordering::Relaxed) + 1) % TRIED_AGAIN };
        self.alone.store(alone, Ordering::Relaxed);
    }
}

/// Lets all go first that are ready to run. [`tokio::task::yield_now`] is over with the next poll, whoever asks for that, and a
/// connection polls itself; this is over when the runtime says so.
async fn others_first() {
    let turn = Arc::new(Turn::default());
    let waker = Waker::from(turn.clone());
    let mut asked = false;
    let mut yielding = pin!(tokio::task::yield_now());
    poll_fn(|cx| {
        turn.task.register(cx.waker());
        if !asked {
            asked = true;
            // Keeps the waker until the runtime has run what is ready.
            if yielding.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                return Poll::Ready(());
            }
        }
        if turn.come.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[derive(Default)]
struct Turn {
    come: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.come.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn polls_in_between_do_not_end_the_wait_and_the_runtime_does() {
        let mut waiting = Box::pin(others_first());
        let mut polled = || futures::FutureExt::now_or_never(&mut waiting);
        assert_eq!(polled(), None);
        assert_eq!(polled(), None, "nobody else has run");
        tokio::task::yield_now().await;
        assert_eq!(polled(), Some(()));
    }

    #[test]
    fn outside_of_a_runtime_nobody_is_waited_for() {
        assert_eq!(futures::FutureExt::now_or_never(others_first()), Some(()));
    }

    #[test]
    fn who_stays_alone_stops_waiting_and_tries_again_now_and_then() {
        let company = Company::default();
        let waits = || waits_at_all(&company);
        let mut waited = 0;
        for _ in 0..TRIED_AGAIN {
            waited += u32::from(waits());
            company.seen(1);
        }
        assert_eq!(waited, GIVEN_UP);
        assert!(waits(), "tried again");
        company.seen(1);
        company.seen(2);
        for _ in 0..GIVEN_UP {
            assert!(waits(), "company was found");
            company.seen(1);
        }
        assert!(!waits());
    }

    #[tokio::test]
    async fn others_go_first_until_there_is_enough_or_nobody_comes() {
        for (rows, turns) in [(0, 1), (1, 3), (3, 3), (4, 1)] {
            let asked = std::cell::Cell::new(0);
            let count = || {
                asked.set(asked.get() + 1);
                rows
            };
            Company::default().wait(count).await;
            assert_eq!(asked.get(), turns, "turns where {rows} rows wait");
        }
    }

    /// Whether it waits at all, seen from within a runtime.
    fn waits_at_all(company: &Company) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            tokio::spawn(async {}).await.expect("runs");
            futures::FutureExt::now_or_never(company.wait(|| 1)).is_none()
        })
    }
}

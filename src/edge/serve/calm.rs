//! A connection that wakes itself is polled again at once.
//!
//! The HTTP library hands a request's body from the connection to the service through a channel, and both are one task: so each
//! request wakes the task that is at work on it. The runtime takes that for new work and wakes another thread, which finds nothing.

use futures::task::AtomicWaker;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// So often it is polled in a row; then others get their turn.
const TURNS: usize = 4;

/// A future whose own wake-ups do not leave its task.
pub(super) struct Calm<F> {
    work: Pin<Box<F>>,
    bell: Arc<Bell>,
    /// What rings the bell.
    ringer: Waker,
}

impl<F: Future> Calm<F> {
    pub(super) fn new(work: F) -> Self {
        let bell = Arc::new(Bell { state: AtomicU8::new(0), task: AtomicWaker::new() });
        Self { work: Box::pin(work), ringer: Waker::from(bell.clone()), bell }
    }
}

impl<F: Future> Future for Calm<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let calm = &mut *self;
        calm.bell.task.register(cx.waker());
        for _ in 0..TURNS {
            // Whatever was rung for before is seen by this poll.
            calm.bell.state.swap(POLLED, Ordering::AcqRel);
            if let Poll::Ready(done) = calm.work.as_mut().poll(&mut Context::from_waker(&calm.ringer)) {
                return Poll::Ready(done);
            }
            if calm.bell.state.compare_exchange(POLLED, 0, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return Poll::Pending;
            }
        }
        // It rang again: the task comes back once others had their turn.
        calm.bell.state.swap(0, Ordering::AcqRel);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// It is being polled. While it is not, whoever rings wakes the task.
const POLLED: u8 = 1;
/// It rang; while it is polled, it is polled once more.
const RANG: u8 = 2;

struct Bell {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Always a write, so that the poll that takes it back has seen what was done before the ringing.
        if self.state.fetch_or(RANG, Ordering::AcqRel) & POLLED == 0 {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn polled<F: Future + Unpin>(work: &mut F, count: &Arc<Count>) -> Poll<F::Output> {
        Pin::new(work).poll(&mut Context::from_waker(&Waker::from(count.clone())))
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again_and_nobody_else_is_woken() {
        let (count, mut polls) = (Arc::new(Count::default()), 0);
        let mut calm = Calm::new(poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == 3 { Poll::Ready(polls) } else { Poll::Pending }
        }));
        assert_eq!(polled(&mut calm, &count), Poll::Ready(3));
        assert_eq!(count.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_future_that_never_rests_gives_others_their_turn() {
        let (count, polls) = (Arc::new(Count::default()), AtomicUsize::new(0));
        let mut calm = Calm::new(poll_fn(|cx| {
            polls.fetch_add(1, Ordering::SeqCst);
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        assert!(polled(&mut calm, &count).is_pending());
        assert_eq!((polls.load(Ordering::SeqCst), count.0.load(Ordering::SeqCst)), (TURNS, 1), "it comes back");
    }

    #[test]
    fn who_wakes_it_while_nobody_polls_wakes_its_task_each_time() {
        let (count, kept) = (Arc::new(Count::default()), parking_lot::Mutex::new(None));
        let mut calm = Calm::new(poll_fn(|cx| {
            *kept.lock() = Some(cx.waker().clone());
            Poll::<()>::Pending
        }));
        for times in 1..=3 {
            assert!(polled(&mut calm, &count).is_pending());
            let waker = kept.lock().take().unwrap();
            waker.wake();
            assert_eq!(count.0.load(Ordering::SeqCst), times);
        }
    }

    #[test]
    fn what_is_woken_from_another_thread_while_it_is_polled_is_not_lost() {
        let (count, mut polls) = (Arc::new(Count::default()), 0);
        let mut calm = Calm::new(poll_fn(|cx| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            std::thread::spawn(move || waker.wake()).join().unwrap();
            Poll::Pending
        }));
        assert!(polled(&mut calm, &count).is_ready());
    }
}

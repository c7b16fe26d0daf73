//! Named steps at which a test stops this process, to kill it there.
//!
//! Compiled into builds with debug assertions and with the feature `fail-points`, and into no other: in what is shipped [`at`] is
//! nothing at all. `POSTERN_STOP_AT=step:n` stops whoever comes by the step for the n-th time, for good, once it has told so by
//! connecting to `POSTERN_STOP_TELLS`, an address of this machine. Who is stopped holds no lock: what a kill leaves there is what it
//! leaves anywhere.

/// The steps, in the order in which a write passes them; the last ones are the reconciler's.
pub const STEPS: [&str; 9] = ["noted", "begun", "logged", "let_go", "sent", "settled", "told", "taken", "found"];

/// Passes a step.
#[cfg(any(debug_assertions, feature = "fail-points"))]
#[expect(clippy::disallowed_methods, reason = "what only a test may say stands in no configuration")]
pub fn at(step: &str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{LazyLock, OnceLock};
    static WHERE: LazyLock<Option<(String, u32)>> = LazyLock::new(|| {
        let wanted = std::env::var("POSTERN_STOP_AT").ok()?;
        let (step, times) = wanted.split_once(':')?;
        Some((step.to_owned(), times.parse().ok()?))
    });
    static PASSED: OnceLock<AtomicU32> = OnceLock::new();
    let Some((wanted, times)) = &*WHERE else { return };
    if wanted != step || PASSED.get_or_init(AtomicU32::default).fetch_add(1, Ordering::SeqCst) + 1 != *times {
        return;
    }
    // Whoever listens in vain notices by itself.
    let _told = std::env::var("POSTERN_STOP_TELLS").ok().map(std::net::TcpStream::connect);
    loop {
        std::thread::park();
    }
}

/// Passes a step.
#[cfg(not(any(debug_assertions, feature = "fail-points")))]
pub fn at(_: &str) {}

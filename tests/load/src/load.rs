//! One measurement: so many connections, each asking again as soon as it has its answer, for a warm-up and then a window.

use crate::Failure;
use crate::child::{Server, machine_cpu, own_cpu};
use crate::client::{Connection, Request};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A connection that had this many errors gives up.
const MAX_ERRORS: u64 = 200;

/// The most answers that are counted in one window.
const MAX_CALLS: usize = 20_000_000;

/// How long an answer may still take after the window has closed.
const GRACE: Duration = Duration::from_secs(10);

/// How long to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Before anything is counted.
    pub(crate) warm_up: Duration,
    /// While it is.
    pub(crate) window: Duration,
}

/// What one window showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// Good answers a second.
    pub(crate) rate: f64,
    /// Milliseconds that half of the good answers took at most.
    pub(crate) p50: f64,
    /// The same for 95 in 100.
    pub(crate) p95: f64,
    /// The same for 99 in 100.
    pub(crate) p99: f64,
    /// CPU microseconds of the server for each good answer.
    pub(crate) cpu: f64,
    /// The share of the machine's cores that neither the server nor we used, and that was used all the same.
    pub(crate) others: f64,
    /// Answers that were not good, and failures of the connection; warm-up included.
    pub(crate) errors: u64,
    /// What the first of them was.
    pub(crate) first_error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp,
    Counting,
    Over,
}

struct Shared {
    phase: Cell<Phase>,
    nanos: RefCell<Vec<u64>>,
    errors: Cell<u64>,
    first_error: RefCell<Option<String>>,
}

/// Measures a server. Needs a `LocalSet` around it: the load comes from one thread, so that the server has the rest.
pub(crate) async fn measure(
    server: &Server,
    request: &Request,
    connections: usize,
    times: Times,
) -> Result<Sample, Failure> {
    let shared = Rc::new(Shared {
        phase: Cell::new(Phase::WarmUp),
        nanos: RefCell::new(Vec::with_capacity(1 << 18)),
        errors: Cell::new(0),
        first_error: RefCell::new(None),
    });
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (shared, request, address) = (shared.clone(), request.clone(), server.address);
        asking.spawn_local(async move { ask(&shared, &request, address).await });
    }
    tokio::time::sleep(times.warm_up).await;
    let before = (Instant::now(), server.cpu()?, machine_cpu()?, own_cpu()?);
    shared.phase.set(Phase::Counting);
    tokio::time::sleep(times.window).await;
    shared.phase.set(Phase::Over);
    let after = (Instant::now(), server.cpu()?, machine_cpu()?, own_cpu()?);
    // Whoever still waits for an answer after this is dropped with the set.
    drop(tokio::time::timeout(GRACE, async { while asking.join_next().await.is_some() {} }).await);
    drop(asking);

    let mut nanos = std::mem::take(&mut *shared.nanos.borrow_mut());
    nanos.sort_unstable();
    let (elapsed, cpu) = ((after.0 - before.0).as_secs_f64(), after.1.saturating_sub(before.1));
    let own = after.3.saturating_sub(before.3);
    let others = after.2.saturating_sub(before.2).saturating_sub(cpu).saturating_sub(own);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    let calls = nanos.len() as f64;
    Ok(Sample {
        rate: calls / elapsed,
        p50: percentile(&nanos, 0.50),
        p95: percentile(&nanos, 0.95),
        p99: percentile(&nanos, 0.99),
        cpu: cpu.as_secs_f64() * 1e6 / calls,
        others: others.as_secs_f64() / elapsed / cores,
        errors: shared.errors.get(),
        first_error: shared.first_error.take(),
    })
}

async fn ask(shared: &Shared, request: &Request, address: std::net::SocketAddr) {
    let mut open: Option<Connection> = None;
    let mut errors = 0;
    while shared.phase.get() != Phase::Over && errors < MAX_ERRORS {
        let begun = Instant::now();
        let outcome = match &mut open {
            Some(connection) => match connection.ask(request).await {
                Ok(answer) if request.is_good(&answer) => Ok(()),
                Ok(answer) => Err((false, answer.to_string())),
                Err(error) => Err((true, error.to_string())),
            },
            None => match Connection::open(address).await {
                Ok(connection) => {
                    open = Some(connection);
                    continue;
                }
                Err(error) => Err((true, error.to_string())),
            },
        };
        match outcome {
            Ok(()) if shared.phase.get() == Phase::Counting => {
                let mut nanos = shared.nanos.borrow_mut();
                if nanos.len() < MAX_CALLS {
                    nanos.push(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
                }
            }
            Ok(()) => {}
            Err((broken, what)) => {
                errors += 1;
                shared.errors.set(shared.errors.get() + 1);
                shared.first_error.borrow_mut().get_or_insert(what);
                if broken {
                    open = None;
                }
                // A server that fails at once must not starve the clock that ends this.
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Milliseconds, by the nearest rank.
pub(crate) fn percentile(sorted_nanos: &[u64], share: f64) -> f64 {
    let rank = (sorted_nanos.len() as f64 * share).ceil() as usize;
    sorted_nanos.get(rank.saturating_sub(1)).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.filter(|it| it.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, middle.checked_sub(1).and_then(|it| values.get(it)), values.get(middle)) {
        (0, Some(below), Some(above)) => f64::midpoint(*below, *above),
        (_, _, Some(middle)) => *middle,
        (_, _, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let nanos: Vec<u64> = (1..=100).map(|it| it * 1_000_000).collect();
        assert_eq!([0.50, 0.95, 0.99].map(|it| percentile(&nanos, it)), [50.0, 95.0, 99.0]);
        assert!(percentile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_median_is_the_middle_and_forgets_what_was_not_measured() {
        assert_eq!(median([3.0, f64::NAN, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([1.0, 2.0].into_iter()), 1.5);
        assert!(median(std::iter::empty()).is_nan());
    }
}

//! What a service desk's adapter costs itself, without its vendor. One file for all desks: each desk's `benches/lists.rs` gives
//! it a vendor that answers from memory.

use criterion::Criterion;
use postern_kit::Ready;
use std::hint::black_box;

/// As in the program that is measured for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of which the processor's time is taken.
const ROUNDS: u32 = 2_000;

/// Nanoseconds that this thread had of a processor: on a machine that does other things too, a better measure than a clock.
fn worked() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// Measures a desk; `ready` makes one with this many tickets.
pub(crate) fn measure(c: &mut Criterion, name: &str, ready: fn(usize) -> Ready) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let hundred = ready(100);
    // The first list asks for each ticket's comments; what is known of them is held.
    let first = runtime.block_on(hundred.list(100)).expect("a list");
    assert_eq!((first.rows.len(), first.total, first.truncated), (100, 100, false), "the list is whole");
    let before = worked();
    for _ in 0..ROUNDS {
        black_box(runtime.block_on(hundred.list(100)).expect("a list"));
    }
    let each = worked().saturating_sub(before) / u64::from(ROUNDS) / 1_000;
    println!("{name}: a list of 100 tickets takes {each} us of a processor and reads {} KB", hundred.bytes / 1024);

    c.bench_function(&format!("{name}/list of 100 tickets"), |b| {
        b.to_async(&runtime).iter(async || black_box(hundred.list(100).await.expect("a list")));
    });
    c.bench_function(&format!("{name}/list of 100 tickets for the first time"), |b| {
        b.to_async(&runtime).iter(async || black_box(ready(100).list(100).await.expect("a list")));
    });
    c.bench_function(&format!("{name}/one ticket with what was said on it"), |b| {
        b.to_async(&runtime).iter(async || black_box(hundred.one().await.expect("a ticket")));
    });
    let thousand = ready(1_000);
    for limit in [20, 200] {
        let page = runtime.block_on(thousand.list(limit)).expect("a list");
        assert_eq!((page.rows.len(), page.total), (limit as usize, 1_000), "the page is one of a thousand");
        c.bench_function(&format!("{name}/list of {limit} tickets out of 1,000"), |b| {
            b.to_async(&runtime).iter(async || black_box(thousand.list(limit).await.expect("a list")));
        });
    }
}

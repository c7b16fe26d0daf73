//! Lists of each desk, measured.

use allocation_counter::measure;
use postern_kit::Ready;

/// Bytes that a list may take beyond its own.
const ROOM: u64 = 64 * 1024;

/// Each desk by its name; `ready` makes one with this many tickets.
const DESKS: [(&str, fn(usize) -> Ready); 4] = [
    ("autotask", crate::autotask::ready),
    ("connectwise", crate::connectwise::ready),
    ("halopsa", crate::halopsa::ready),
    ("syncro", crate::syncro::ready),
];

/// What a list took.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// Bytes that were allocated at once, at the most.
    most: u64,
    /// Bytes of what was returned.
    returned: u64,
    /// Bytes of the vendor's answer.
    came: u64,
}

impl Taken {
    fn beside(&self) -> u64 {
        self.most.saturating_sub(self.returned)
    }
}

/// The first `limit` of so many tickets. What the adapter learns once (statuses, names, how many comments there are) it has
/// learned before.
fn list(ready: fn(usize) -> Ready, tickets: usize, limit: u32) -> Taken {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let desk = ready(tickets);
    runtime.block_on(desk.list(limit)).expect("a list");
    let mut page = None;
    let during = measure(|| page = Some(runtime.block_on(desk.list(limit)).expect("a list")));
    let page = page.expect("a list");
    assert_eq!((page.rows.len(), page.total), (tickets.min(limit as usize), tickets as u64));
    let returned = u64::try_from(during.bytes_current).expect("nothing is taken away");
    // What is counted as returned is the page, and nothing that was left behind.
    assert_eq!(measure(|| drop(page)).bytes_current, -during.bytes_current);
    Taken { most: during.bytes_max, returned, came: desk.bytes as u64 }
}

/// What is wrong with each desk: all of it at once, so that one is not hidden by another.
fn each(look: impl Fn(&str, fn(usize) -> Ready) -> Option<String>) {
    let wrong: Vec<String> = DESKS.iter().filter_map(|(name, ready)| look(name, *ready)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_list_of_100_tickets_takes_at_most_64_kb_beyond_its_bytes() {
    each(|name, ready| {
        let taken = list(ready, 100, 100);
        println!("{name}: {taken:?}, {} KB beside", taken.beside() / 1024);
        let fits = taken.returned <= taken.came + ROOM && taken.beside() <= ROOM;
        (!fits).then(|| format!("{name}: {taken:?}"))
    });
}

#[test]
fn a_page_of_1_000_tickets_takes_no_more_than_a_page_of_100() {
    each(|name, ready| {
        let (hundred, thousand) = (list(ready, 100, 20), list(ready, 1_000, 20));
        println!("{name}: {} and {} KB beside", hundred.beside() / 1024, thousand.beside() / 1024);
        // The number of each row is kept, so that none counts twice.
        let fits = thousand.most <= hundred.most + 1_000 * 32 && thousand.beside() <= ROOM;
        (!fits).then(|| format!("{name}: {hundred:?}, {thousand:?}"))
    });
}

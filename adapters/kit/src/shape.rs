//! Found, missing, empty, paged to the end, filtered, sorted.

mod records;
mod tickets;

use crate::trial::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = tickets::trials();
    all.extend(records::trials());
    all
}

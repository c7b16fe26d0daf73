//! The first of many in an order, without keeping the many.

use std::cmp::Ordering;

/// Keeps the first rows in an order and counts all of them. Equal rows stay in the order in which they came.
#[derive(Debug, Clone)]
pub struct First<T, F> {
    most: usize,
    order: F,
    // Boxed, so that a row that moves up or down moves as an address.
    rows: Vec<Box<T>>,
    total: u64,
}

impl<T, F: Fn(&T, &T) -> Ordering> First<T, F> {
    /// Keeps `most` rows at the most.
    pub fn new(most: usize, order: F) -> Self {
        Self { most, order, rows: Vec::new(), total: 0 }
    }

    /// Looks at a row and keeps it where it is among the first.
    pub fn push(&mut self, row: T) {
        self.total += 1;
        let full = self.rows.len() >= self.most;
        // Mostly rows come in their order, or the other way round.
        if self.rows.last().is_none_or(|last| (self.order)(last, &row).is_le()) {
            if !full {
                self.rows.push(Box::new(row));
            }
            return;
        }
        let place = self.rows.partition_point(|it| (self.order)(it, &row).is_le());
        if full {
            // The last one's place in memory is the new one's.
            if let Some(mut last) = self.rows.pop() {
                *last = row;
                self.rows.insert(place, last);
            }
        } else {
            self.rows.insert(place, Box::new(row));
        }
    }

    /// How many rows there were in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Those that were kept, without the first `offset`.
    pub fn kept(&self, offset: usize) -> impl ExactSizeIterator<Item = &T> {
        self.rows.iter().skip(offset).map(|it| &**it)
    }

    /// The same, each let go of as it is taken.
    pub fn page(self, offset: usize) -> impl ExactSizeIterator<Item = T> + Send
    where
        T: Send,
    {
        let mut rows = self.rows;
        rows.drain(..offset.min(rows.len()));
        rows.into_iter().map(|it| *it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_the_same_as_that_of_all_rows_sorted() {
        // Rows in a mixed order, with equal ones among them.
        let rows: Vec<(u32, u32)> = (0..500_u32).map(|it| (it.wrapping_mul(7_919) % 101, it)).collect();
        for (offset, limit) in [(0, 20), (30, 20), (490, 20), (600, 5), (0, 0), (0, 1_000)] {
            let mut first = First::new(offset + limit, |a: &(u32, u32), b: &(u32, u32)| a.0.cmp(&b.0));
            let mut sorted = rows.clone();
            sorted.sort_by_key(|it| it.0);
            for row in &rows {
                first.push(*row);
                assert!(first.rows.len() <= offset + limit);
            }
            assert_eq!(first.total(), 500);
            let kept: Vec<_> = first.kept(offset).copied().collect();
            let page: Vec<_> = first.page(offset).collect();
            assert_eq!(page, kept);
            assert_eq!(page, sorted.into_iter().skip(offset).take(limit).collect::<Vec<_>>(), "{offset} {limit}");
        }
    }
}

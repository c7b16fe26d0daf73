//! What a service desk does with the rows of a list whose vendor filters, sorts and counts in its own way: each row is looked at,
//! and of all that fit, one page is kept.
//!
//! **Invariant:** nothing is kept, counted or sorted because the vendor's filter let it through; only because the row itself
//! fits. For a viewer, only what a customer may see takes part.

use crate::adapter::CallCx;
use crate::domain::{Ticket, TicketQuery, TicketSort, Visibility};
use crate::owned::Owner;
use std::collections::BinaryHeap;

/// A row's place in an order; no two rows of different numbers have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(i128, i64);

impl Rank {
    /// The greatest number first, which is mostly the newest.
    pub fn newest(number: i64) -> Self {
        Self(0, number.saturating_neg())
    }
}

impl TicketQuery {
    /// Whether a row of this owner's is in reach and asked for.
    pub fn wants(&self, cx: &CallCx, owner: &Owner) -> bool {
        match owner {
            Owner::Organisation(it) => {
                cx.reach.contains(it) && self.organisation.as_ref().is_none_or(|wanted| wanted == it)
            }
            Owner::Tenant | Owner::Unknown => false,
        }
    }

    /// Whether a ticket is one of those asked for, its words aside.
    pub fn fits(&self, ticket: &Ticket) -> bool {
        let asked_by = ticket.requester.contact.as_ref();
        let visible = self.viewer.as_ref().is_none_or(|viewer| {
            let of_all = viewer.organisation_wide && ticket.visibility == Visibility::Organisation;
            asked_by == Some(&viewer.contact) || of_all
        });
        visible
            && (self.statuses.is_empty() || self.statuses.contains(&ticket.status))
            && self.priority.is_none_or(|it| it == ticket.priority)
            && self.requester.as_ref().is_none_or(|it| asked_by == Some(it))
            && self.created_since.is_none_or(|it| ticket.created_at >= it)
    }

    /// The words to look for, in lower case.
    pub fn words(&self) -> Vec<String> {
        self.text.as_deref().unwrap_or_default().split_whitespace().map(str::to_lowercase).collect()
    }

    /// Where a ticket with this number of the vendor's stands in the order that is asked for.
    pub fn rank(&self, number: i64, ticket: &Ticket) -> Rank {
        let key = match self.sort {
            TicketSort::CreatedAt => ticket.created_at.as_nanosecond(),
            TicketSort::UpdatedAt if self.viewer.is_some() => ticket.public_updated_at.as_nanosecond(),
            TicketSort::UpdatedAt => ticket.updated_at.as_nanosecond(),
            TicketSort::Priority => ticket.priority as i128,
        };
        if self.descending { Rank(-key, number.saturating_neg()) } else { Rank(key, number) }
    }
}

/// Whether all words stand somewhere in the ticket's subject or description, or in what else there is to read.
pub fn has_words<'a>(words: &[String], ticket: &Ticket, more: impl IntoIterator<Item = &'a str>) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{}\n{}", ticket.subject.expose(), ticket.description.expose()).to_lowercase();
    for it in more {
        text.push('\n');
        text.push_str(&it.to_lowercase());
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

/// Rows that room is made for at once: growing would copy them again and again.
const ROOM: usize = 100;

/// The first of many rows in an order, without keeping the many. Beside each row stands what the adapter has to know of it.
#[derive(Debug)]
pub struct First<T, F> {
    most: usize,
    /// The rank of each row that is kept and where it stands, the last one on top.
    ranks: BinaryHeap<(Rank, usize)>,
    rows: Vec<T>,
    facts: Vec<F>,
    total: u64,
}

impl<T, F> First<T, F> {
    /// Keeps `most` rows at the most.
    pub fn new(most: usize) -> Self {
        Self { most, ranks: BinaryHeap::new(), rows: Vec::new(), facts: Vec::new(), total: 0 }
    }

    /// Counts a row and keeps it where it is among the first.
    pub fn push(&mut self, rank: Rank, row: T, facts: F) {
        self.total += 1;
        if self.rows.len() < self.most {
            if self.rows.is_empty() {
                self.rows.reserve_exact(self.most.min(ROOM));
            }
            self.ranks.push((rank, self.rows.len()));
            self.rows.push(row);
            self.facts.push(facts);
            return;
        }
        // The last one makes room.
        let Some(mut last) = self.ranks.peek_mut().filter(|it| rank < it.0) else { return };
        let at = last.1;
        *last = (rank, at);
        if let (Some(old), Some(known)) = (self.rows.get_mut(at), self.facts.get_mut(at)) {
            (*old, *known) = (row, facts);
        }
    }

    /// How many rows there were in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// All rows of another one. What was counted there counts here.
    pub fn absorb(&mut self, other: Self) {
        if self.rows.is_empty() {
            *self = Self { total: self.total + other.total, ..other };
            return;
        }
        let Self { ranks, rows, facts, total, .. } = other;
        let mut ranked: Vec<(Rank, usize)> = ranks.into_vec();
        ranked.sort_by_key(|(_, at)| *at);
        self.total += total - rows.len() as u64;
        for ((rank, _), (row, facts)) in ranked.into_iter().zip(rows.into_iter().zip(facts)) {
            self.push(rank, row, facts);
        }
    }

    /// Those that were kept, in their order, without the first `offset`. They are sorted where they stand, so that a page is
    /// never there twice.
    pub fn page(self, offset: usize) -> (Vec<T>, Vec<F>) {
        let Self { ranks, mut rows, mut facts, .. } = self;
        let from: Vec<usize> = ranks.into_sorted_vec().into_iter().map(|(_, at)| at).collect();
        for to in 0..from.len() {
            // What stood there may have been moved on in the meantime.
            let mut at = to;
            loop {
                at = from.get(at).copied().unwrap_or(at);
                if at >= to {
                    break;
                }
            }
            rows.swap(to, at);
            facts.swap(to, at);
        }
        let skipped = offset.min(rows.len());
        rows.drain(..skipped);
        facts.drain(..skipped);
        (rows, facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows in a mixed order, with equal keys among them.
    fn mixed() -> Vec<Rank> {
        (0..500_i64).map(|it| Rank(i128::from(it * 7_919 % 101), it)).collect()
    }

    #[test]
    fn a_page_is_the_same_as_that_of_all_rows_sorted() {
        for (offset, limit) in [(0, 20), (30, 20), (490, 20), (600, 5), (0, 0), (0, 1_000), (0, 1)] {
            let mut first = First::new(offset + limit);
            for rank in mixed() {
                first.push(rank, rank, rank.1);
                assert!(first.rows.len() <= offset + limit);
            }
            assert_eq!(first.total(), 500);
            let mut sorted = mixed();
            sorted.sort();
            let expected: Vec<_> = sorted.into_iter().skip(offset).take(limit).collect();
            let (rows, facts) = first.page(offset);
            assert_eq!(facts, rows.iter().map(|it| it.1).collect::<Vec<_>>(), "{offset} {limit}");
            assert_eq!(rows, expected, "{offset} {limit}");
        }
    }

    #[test]
    fn two_lists_make_one() {
        let mut whole = First::new(10);
        let mut parts = [First::new(10), First::new(10)];
        for (nth, rank) in mixed().into_iter().enumerate() {
            whole.push(rank, rank, nth);
            parts[nth % 2].push(rank, rank, nth);
        }
        let [mut one, other] = parts;
        one.absorb(other);
        let mut nothing = First::new(10);
        nothing.absorb(one);
        assert_eq!(nothing.total(), 500);
        assert_eq!(nothing.page(0), whole.page(0));
    }
}

//! The vendor's names for where something stands, and what they mean here. **Invariant:** a name that says nothing known
//! means `Other` or a draft, which no customer is shown.

use postern_api::domain::{OrderStatus, WorkStatus};

/// The first meaning of which one of the words stands in the name, as a word of its own.
fn meaning<T: Copy>(name: &str, words: &[(T, &[&str])]) -> Option<T> {
    let spaced: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let spaced = format!(" {} ", spaced.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
    let found = words.iter().find(|(_, words)| words.iter().any(|word| spaced.contains(&format!(" {word} "))));
    found.map(|(meaning, _)| *meaning)
}

/// What a customer answered to a quote. One that nobody answered may not have left the house: a draft.
pub(crate) fn quote(answer: &str) -> OrderStatus {
    const WORDS: [(OrderStatus, &[&str]); 2] = [
        (OrderStatus::Declined, &["rejected", "declined", "not accepted", "not approved"]),
        (OrderStatus::Accepted, &["accepted", "approved"]),
    ];
    meaning(answer, &WORDS).unwrap_or(OrderStatus::Draft)
}

/// Where work stands, by its status's name and whether the vendor calls it closed.
pub(crate) fn work(name: &str, closed: bool) -> WorkStatus {
    const WORDS: [(WorkStatus, &[&str]); 5] = [
        (WorkStatus::Cancelled, &["cancelled", "canceled"]),
        (WorkStatus::Done, &["closed", "completed", "complete", "done", "finished"]),
        (WorkStatus::OnHold, &["hold", "waiting", "paused", "stalled"]),
        (WorkStatus::Planned, &["new", "planned", "planning", "scheduled", "not started"]),
        (WorkStatus::InProgress, &["in progress", "open", "active", "started", "underway"]),
    ];
    match meaning(name, &WORDS) {
        Some(WorkStatus::Cancelled) => WorkStatus::Cancelled,
        _ if closed => WorkStatus::Done,
        Some(status) => status,
        None => WorkStatus::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_says_nothing_is_other_and_unfinished_papers_are_drafts() {
        assert_eq!((quote("Accepted"), quote("Not accepted")), (OrderStatus::Accepted, OrderStatus::Declined));
        assert_eq!(
            (quote(""), quote("CANARY"), quote("Unacceptedly")),
            (OrderStatus::Draft, OrderStatus::Draft, OrderStatus::Draft)
        );
        assert_eq!(work("On-Hold", false), WorkStatus::OnHold);
        assert_eq!((work("Odd", false), work("Odd", true)), (WorkStatus::Other, WorkStatus::Done));
        assert_eq!(work("Cancelled", true), WorkStatus::Cancelled);
    }
}

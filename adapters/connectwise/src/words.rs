//! The vendor's names for where something stands, and what they mean here. **Invariant:** a name that says nothing known
//! means `Other`, which no customer is shown.

use postern_api::domain::{InvoiceStatus, OrderStatus, WorkStatus};

/// The first meaning of which one of the words stands in the name, as a word of its own.
fn meaning<T: Copy>(name: &str, words: &[(T, &[&str])]) -> Option<T> {
    let spaced: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let spaced = format!(" {} ", spaced.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
    let found = words.iter().find(|(_, words)| words.iter().any(|word| spaced.contains(&format!(" {word} "))));
    found.map(|(meaning, _)| *meaning)
}

/// Where an invoice stands, by its status's name. `Open` is what was issued; whether it is paid its balance says.
pub(crate) fn invoice(name: &str) -> InvoiceStatus {
    const WORDS: [(InvoiceStatus, &[&str]); 4] = [
        (InvoiceStatus::Void, &["void", "voided", "cancelled", "canceled"]),
        (InvoiceStatus::Uncollectible, &["written off", "write off", "bad debt", "uncollectible"]),
        (
            InvoiceStatus::Draft,
            &["new", "draft", "unposted", "ready", "pending", "hold", "review", "not sent", "unsent"],
        ),
        (
            InvoiceStatus::Open,
            &["sent", "emailed", "e mailed", "mailed", "printed", "posted", "issued", "closed", "paid"],
        ),
    ];
    meaning(name, &WORDS).unwrap_or(InvoiceStatus::Other)
}

/// Where an offer stands, by the names of its status and stage. One that is still being worked on is a draft.
pub(crate) fn quote(status: &str, stage: &str) -> OrderStatus {
    const STATUS: [(OrderStatus, &[&str]); 4] = [
        (OrderStatus::Accepted, &["won", "accepted"]),
        (OrderStatus::Declined, &["lost", "declined", "no decision", "no sale"]),
        (OrderStatus::Cancelled, &["cancelled", "canceled"]),
        (OrderStatus::Draft, &["open", "new", "draft"]),
    ];
    const STAGE: [(OrderStatus, &[&str]); 1] =
        [(OrderStatus::Sent, &["quote sent", "proposal sent", "quoted", "sent", "presented"])];
    match meaning(status, &STATUS) {
        Some(OrderStatus::Draft) => meaning(stage, &STAGE).unwrap_or(OrderStatus::Draft),
        Some(status) => status,
        None => OrderStatus::Other,
    }
}

/// Where an order stands, by its status's name.
pub(crate) fn order(name: &str) -> OrderStatus {
    const WORDS: [(OrderStatus, &[&str]); 5] = [
        (OrderStatus::Cancelled, &["cancelled", "canceled"]),
        (OrderStatus::Draft, &["draft"]),
        (
            OrderStatus::InFulfilment,
            &["in progress", "processing", "ordered", "shipped", "partially shipped", "backordered"],
        ),
        (OrderStatus::Delivered, &["closed", "completed", "complete", "delivered", "invoiced"]),
        (OrderStatus::Accepted, &["open", "new", "approved", "accepted"]),
    ];
    meaning(name, &WORDS).unwrap_or(OrderStatus::Other)
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
        assert_eq!(invoice("CANARY"), InvoiceStatus::Other);
        assert_eq!(invoice("Not sent"), InvoiceStatus::Draft);
        assert_eq!(invoice("Closed - Emailed"), InvoiceStatus::Open);
        assert_eq!(invoice("Voided"), InvoiceStatus::Void);
        assert_eq!(invoice("Renewed"), InvoiceStatus::Other, "no part of a word counts");
        assert_eq!(quote("Open", "1.Prospect"), OrderStatus::Draft);
        assert_eq!(quote("Open", "5.Quote Sent"), OrderStatus::Sent);
        assert_eq!(quote("Won", "Prospect"), OrderStatus::Accepted);
        assert_eq!(quote("", "Quote Sent"), OrderStatus::Other);
        assert_eq!((order("Open"), order("Odd")), (OrderStatus::Accepted, OrderStatus::Other));
        assert_eq!(work("On-Hold", false), WorkStatus::OnHold);
        assert_eq!((work("Odd", false), work("Odd", true)), (WorkStatus::Other, WorkStatus::Done));
        assert_eq!(work("Cancelled", true), WorkStatus::Cancelled);
    }
}

//! Clocks that run ahead or behind.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

/// A ticket from the future that was closed before it was made, and one from before there were any.
#[tokio::test]
async fn clocks_that_run_ahead_or_behind_change_the_times_and_nothing_else() {
    let desk = desk().await;
    let mut query = TicketQuery { limit: 200, ..TicketQuery::default() };
    let known = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let before = known(desk.ids(&query).await);
    desk.state().data(|data| {
        for row in data.tickets.iter_mut() {
            if row["id"] == json!(4322) {
                row["_info"]["dateEntered"] = json!("2099-01-01T00:00:00Z");
                row["closedDate"] = json!("2001-01-01T00:00:00Z");
            } else if row["id"] == json!(4321) {
                row["_info"]["dateEntered"] = json!("1800-01-01T08:00:00Z");
                row["_info"]["lastUpdated"] = json!("99999-01-01T00:00:00Z");
            }
        }
    });
    for (descending, first) in [(true, "4322"), (false, "4321")] {
        query.descending = descending;
        let ids = desk.ids(&query).await;
        assert_eq!(ids.first().map(String::as_str), Some(first));
        assert_eq!(known(ids), before, "each is there once");
    }
    let (ahead, behind) = (desk.ticket("4322").await, desk.ticket("4321").await);
    assert_eq!(ahead.created_at.to_string(), "2099-01-01T00:00:00Z");
    assert_eq!(behind.created_at, jiff::Timestamp::UNIX_EPOCH);
    query.created_since = Some("2098-01-01T00:00:00Z".parse().expect("a time"));
    assert_eq!(desk.ids(&query).await, ["4322"]);
}

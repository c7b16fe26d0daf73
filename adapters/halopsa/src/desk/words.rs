//! The tenant's own words: statuses, priorities and teams, with what each means here.

use crate::adapter::HaloPsa;
use crate::wire::{NamedRow, PriorityRow};
use postern_api::{CallCx, Result, TicketStatus, Vocabulary};

pub(crate) async fn vocabulary(halo: &HaloPsa, cx: &CallCx) -> Result<Vocabulary> {
    let statuses = halo.statuses(cx).await?;
    let mut words = Vocabulary::default();
    let all = [("showall", "true".to_owned())];
    for row in halo.client.whole::<NamedRow>(cx, "Status", "statuses", &all).await?.rows {
        if let Some(name) = row.name.get().filter(|_| row.inactive.0 != Some(true)) {
            let meaning = statuses.meaning(row.id.id()).unwrap_or(TicketStatus::Other);
            words.statuses.push((name.to_owned(), meaning));
        }
    }
    // Each service level agreement has its own; most share their names.
    for row in halo.client.whole::<PriorityRow>(cx, "Priority", "priorities", &[]).await?.rows {
        if let Some(name) = row.name.get().filter(|_| row.ishidden.0 != Some(true)) {
            let word = (name.to_owned(), halo.priorities.meaning(row.priorityid.id()));
            if !words.priorities.contains(&word) {
                words.priorities.push(word);
            }
        }
    }
    for row in halo.client.whole::<NamedRow>(cx, "Team", "teams", &[]).await?.rows {
        words.queues.extend(row.name.get().filter(|_| row.inactive.0 != Some(true)).map(str::to_owned));
    }
    Ok(words)
}

//! The database's own words: statuses, priorities and queues, with what each means here. What is switched off is left out.

use crate::adapter::Autotask;
use postern_api::{CallCx, Result, Vocabulary};

pub(crate) async fn vocabulary(autotask: &Autotask, cx: &CallCx) -> Result<Vocabulary> {
    let lists = autotask.picklists(cx).await?;
    let mut words = Vocabulary::default();
    for (id, label, used) in autotask.labels(cx, "Tickets", "status").await? {
        if used {
            words.statuses.push((label, lists.status(Some(id))));
        }
    }
    for (id, label, used) in autotask.labels(cx, "Tickets", "priority").await? {
        if used {
            words.priorities.push((label, lists.priorities.meaning(Some(id))));
        }
    }
    let queues = autotask.labels(cx, "Tickets", "queueID").await?;
    words.queues = queues.into_iter().filter(|(.., used)| *used).map(|(_, label, _)| label).collect();
    Ok(words)
}

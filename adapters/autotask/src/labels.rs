//! The labels of picklists other than tickets': each database has its own, and records carry numbers.

use crate::adapter::Autotask;
use crate::wire::FieldRow;
use parking_lot::Mutex;
use postern_api::{CallCx, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long they hold.
const HOLD: Duration = Duration::from_secs(3_600);
/// Values of one picklist that are kept.
const MOST: usize = 2_000;

/// One picklist: its numbers, their labels, and whether each is still in use.
pub(crate) type Labels = Vec<(i64, String, bool)>;

/// The picklists of the entities that were read, by field.
type Held = BTreeMap<&'static str, (Instant, Arc<BTreeMap<String, Labels>>)>;

/// What is held of them.
#[derive(Debug, Default)]
pub(crate) struct Lists(Mutex<Held>);

impl Autotask {
    /// The labels of one field, in the vendor's order; none where it has none.
    pub(crate) async fn labels(&self, cx: &CallCx, entity: &'static str, field: &str) -> Result<Labels> {
        let held = self.lists.0.lock().get(entity).filter(|(at, _)| at.elapsed() < HOLD).map(|(_, it)| it.clone());
        if let Some(held) = held {
            return Ok(held.get(field).cloned().unwrap_or_default());
        }
        #[derive(Deserialize)]
        struct Answer {
            fields: Vec<FieldRow>,
        }
        let answer: Answer = self.client.get(cx, entity, &[entity, "entityInformation", "fields"], "list").await?;
        let mut lists = BTreeMap::new();
        for row in answer.fields {
            let (Some(name), Some(values)) = (row.name.get(), &row.picklist_values) else { continue };
            let read = values
                .iter()
                .take(MOST)
                .filter_map(|it| Some((it.value.0?, it.label.get()?.to_owned(), it.is_active.0 != Some(false))));
            lists.insert(name.to_owned(), read.collect::<Labels>());
        }
        let lists = Arc::new(lists);
        self.lists.0.lock().insert(entity, (Instant::now(), lists.clone()));
        Ok(lists.get(field).cloned().unwrap_or_default())
    }
}

/// The label of a number.
pub(crate) fn label(labels: &Labels, id: Option<i64>) -> Option<&str> {
    labels.iter().find(|(it, ..)| Some(*it) == id).map(|(_, label, _)| label.as_str())
}

//! The boards' own words: statuses, priorities, and the boards themselves, with what each means here.

use crate::adapter::ConnectWise;
use crate::client::Query;
use crate::conditions::Conditions;
use crate::wire::{BoardRow, Flag, PriorityRow, StatusRow};
use postern_api::{CallCx, Result, Vocabulary};

pub(crate) async fn vocabulary(psa: &ConnectWise, cx: &CallCx) -> Result<Vocabulary> {
    let meanings = psa.meanings(cx).await?;
    let mut words = Vocabulary::default();
    let mut boards = psa.config.every_board();
    for board in &boards {
        let path = ["service", "boards", &board.to_string(), "statuses"];
        let query = Query { fields: "id,name,sortOrder,inactive,closedStatus", ..Query::default() };
        let mut rows = psa.client.all::<StatusRow>(cx, &path, &query).await?;
        rows.sort_by_key(|row| (row.sort_order.0.unwrap_or(i64::MAX), row.id.id()));
        for row in rows.iter().filter(|row| row.inactive != Flag::Yes) {
            let Some(name) = row.name.get() else { continue };
            let word = (name.to_owned(), meanings.status_of(row));
            // Boards share most of their words.
            if !words.statuses.contains(&word) {
                words.statuses.push(word);
            }
        }
    }
    let query = Query { fields: "id,name,level", ..Query::default() };
    let rows = psa.client.all::<PriorityRow>(cx, &["service", "priorities"], &query).await?;
    let named = rows.iter().filter_map(|row| Some((row.name.get()?.to_owned(), meanings.priority_of(row))));
    words.priorities = named.collect();
    words.priorities.sort_by_key(|(_, meaning)| meaning.map_or(u8::MAX, |it| it as u8));
    let conditions = Conditions::new().one_of("id", boards.iter().copied());
    let query = Query { conditions, fields: "id,name", ..Query::default() };
    for row in psa.client.all::<BoardRow>(cx, &["service", "boards"], &query).await? {
        if let (Some(name), true) = (row.name.get(), row.id.id().is_some_and(|id| boards.remove(&id))) {
            words.queues.push(name.to_owned());
        }
    }
    Ok(words)
}

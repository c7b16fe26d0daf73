//! Names: of the MSP's people, kept for a while, and of customers, asked for anew each time.

use crate::adapter::Autotask;
use crate::filter::Filter;
use crate::wire::{CONTACT_FIELDS, ContactRow, RESOURCE_FIELDS, ResourceRow, name, owner};
use parking_lot::Mutex;
use postern_api::{Agent, CallCx, Error, ErrorKind, Owner, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long the names of the MSP's people hold.
const HOLD: Duration = Duration::from_secs(600);
/// Names that are kept; past it they are forgotten and asked for again.
const MOST: usize = 5_000;

/// Resources' names by number, and Postern's own number.
#[derive(Debug, Default)]
pub(crate) struct People {
    names: Mutex<BTreeMap<i64, (Instant, String)>>,
    own: Mutex<Option<(Instant, Option<i64>)>>,
}

impl Autotask {
    /// The names of these resources; who is not known has none.
    pub(crate) async fn resource_names(&self, cx: &CallCx, ids: &BTreeSet<i64>) -> Result<BTreeMap<i64, String>> {
        let mut known = BTreeMap::new();
        let mut asked = Vec::new();
        {
            let names = self.people.names.lock();
            for id in ids {
                match names.get(id).filter(|(at, _)| at.elapsed() < HOLD) {
                    Some((_, name)) => drop(known.insert(*id, name.clone())),
                    None => asked.push(*id),
                }
            }
        }
        if asked.is_empty() {
            return Ok(known);
        }
        let most = self.config.max_rows;
        let found = self.client.among::<ResourceRow>(cx, "Resources", "id", &asked, &RESOURCE_FIELDS, most).await?;
        let mut names = self.people.names.lock();
        if names.len() + asked.len() > MOST {
            names.clear();
        }
        for row in found.rows {
            let Some(id) = row.id.id().filter(|it| asked.contains(it)) else { continue };
            let name = name(&row.first_name, &row.last_name);
            names.insert(id, (Instant::now(), name.clone()));
            known.insert(id, name);
        }
        Ok(known)
    }

    /// Postern's own number among the resources: notes of this creator are the ones whose titles Postern wrote.
    pub(crate) async fn own_resource(&self, cx: &CallCx) -> Result<Option<i64>> {
        if self.config.resource_id.is_some() {
            return Ok(self.config.resource_id);
        }
        let held = *self.people.own.lock();
        if let Some((_, own)) = held.filter(|(at, own)| own.is_some() || at.elapsed() < HOLD) {
            return Ok(own);
        }
        let filter = Filter::every(vec![Filter::text("userName", &self.config.username)]);
        let rows = self.client.rows::<ResourceRow>(cx, "Resources", &filter, Some(&RESOURCE_FIELDS), 2).await?.rows;
        let own = match rows.as_slice() {
            [one] => one.id.id(),
            _ => None,
        };
        *self.people.own.lock() = Some((Instant::now(), own));
        Ok(own)
    }

    /// These people at customers, by number.
    pub(crate) async fn contacts_by_id(&self, cx: &CallCx, ids: &BTreeSet<i64>) -> Result<BTreeMap<i64, ContactRow>> {
        let ids: Vec<i64> = ids.iter().copied().collect();
        let most = self.config.max_rows;
        let found = self.client.among::<ContactRow>(cx, "Contacts", "id", &ids, &CONTACT_FIELDS, most).await?;
        Ok(found
            .rows
            .into_iter()
            .filter_map(|row| Some((row.id.id()?, row)))
            .filter(|(id, _)| ids.contains(id))
            .collect())
    }

    /// A person's own row names the company; the vendor would take anybody's number.
    pub(crate) async fn belongs(
        &self,
        cx: &CallCx,
        contact: i64,
        company: &Owner,
        otherwise: fn() -> Error,
    ) -> Result<()> {
        let found = self.client.one::<ContactRow>(cx, "Contacts", contact, "contact").await;
        let row = found.map_err(|e| if e.kind() == ErrorKind::NotFound { otherwise() } else { e })?;
        if owner(row.company) == *company { Ok(()) } else { Err(otherwise()) }
    }
}

/// Somebody of the MSP under a name that customers may see.
pub(crate) fn agent(id: i64, names: &BTreeMap<i64, String>) -> Agent {
    let name = names.get(&id).map_or("Support", String::as_str);
    Agent { id: id.to_string(), name: name.to_owned(), email: None }
}

//! Equipment and places: configuration items are assets.

use crate::adapter::{Autotask, in_reach};
use crate::filter::Filter;
use crate::labels::{Labels, label};
use crate::records::day;
use crate::wire::{ItemRow, LocationRow};
use postern_api::domain::{Asset, AssetQuery, Site};
use postern_api::records::by_name;
use postern_api::{AssetId, Assets, CallCx, Error, ExternalId, Owned, Page, Result, SiteId, Text};

#[postern_api::async_trait]
impl Assets for Autotask {
    async fn assets(&self, cx: &CallCx, query: &AssetQuery) -> Result<Page<Owned<Asset>>> {
        let words: Vec<String> =
            query.text.as_deref().unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
        let longest = words.iter().max_by_key(|it| it.chars().count());
        let narrow = longest.map(|it| Filter::contains("referenceTitle", it)).into_iter().collect();
        let found = self.records::<ItemRow>(cx, "ConfigurationItems", query.organisation.as_ref(), narrow).await?;
        let kinds = self.labels(cx, "ConfigurationItems", "configurationItemType").await?;
        let mut assets = found.each(|row| asset(row, &kinds))?;
        assets.retain(|it| {
            let name = it.name.expose().to_lowercase();
            words.iter().all(|word| name.contains(word.as_str()))
        });
        let order = |a: &Asset, b: &Asset| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id));
        Ok(assets.page((query.offset, query.limit), order))
    }
}

fn asset(row: &ItemRow, kinds: &Labels) -> Result<Asset> {
    let id = row.id.id().and_then(|id| AssetId::new(&id.to_string()).ok());
    Ok(Asset {
        id: id.ok_or_else(|| Error::bad_reply("equipment without a number"))?,
        name: Text::new(row.title.or_empty()),
        kind: label(kinds, row.kind.0).map(str::to_owned),
        serial: row.serial.get().map(str::to_owned),
        active: row.active.0 == Some(true),
        contact: None,
        site: None,
        warranty_until: day(&row.warranty),
    })
}

/// The places of one organisation.
pub(crate) async fn sites(autotask: &Autotask, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
    if in_reach(cx, organisation).is_none() {
        return Ok(vec![]);
    }
    let found = autotask.records::<LocationRow>(cx, "CompanyLocations", Some(organisation), vec![]).await?;
    found.each(site)?.whole(|a, b| by_name((&a.name, &a.id), (&b.name, &b.id)))
}

fn site(row: &LocationRow) -> Result<Site> {
    let id = row.id.id().and_then(|id| SiteId::new(&id.to_string()).ok());
    let line = [&row.address, &row.more, &row.code, &row.city, &row.state];
    let parts: Vec<&str> = line.into_iter().filter_map(|it| it.get()).collect();
    let address = parts.join(", ").split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Site {
        id: id.ok_or_else(|| Error::bad_reply("a place without a number"))?,
        name: row.name.get().unwrap_or("Unknown").to_owned(),
        address: Some(address).filter(|it| !it.is_empty()),
        phone: row.phone.get().map(str::to_owned),
        active: row.active.0 == Some(true),
    })
}

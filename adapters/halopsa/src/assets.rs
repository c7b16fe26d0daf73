//! Equipment and places.

use crate::adapter::{HaloPsa, in_reach};
use crate::wire::{AssetRow, SiteRow};
use postern_api::domain::{Asset, AssetQuery, Site};
use postern_api::records::{by_name, day};
use postern_api::{AssetId, Assets, CallCx, Error, ExternalId, Owned, Page, Result, SiteId, Text};

#[postern_api::async_trait]
impl Assets for HaloPsa {
    async fn assets(&self, cx: &CallCx, query: &AssetQuery) -> Result<Page<Owned<Asset>>> {
        let words: Vec<String> =
            query.text.as_deref().unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
        let longest = words.iter().max_by_key(|it| it.chars().count());
        let narrow: Vec<_> = longest.map(|it| ("search", it.clone())).into_iter().collect();
        let found = self.records::<AssetRow>(cx, ("Asset", "assets"), query.organisation.as_ref(), &narrow).await?;
        let mut assets = found.each(asset)?;
        assets.retain(|it| {
            let name = it.name.expose().to_lowercase();
            words.iter().all(|word| name.contains(word.as_str()))
        });
        let order = |a: &Asset, b: &Asset| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id));
        Ok(assets.page((query.offset, query.limit), order))
    }
}

fn asset(row: &AssetRow) -> Result<Asset> {
    let id = row.id.id().and_then(|id| AssetId::new(&id.to_string()).ok());
    Ok(Asset {
        id: id.ok_or_else(|| Error::bad_reply("equipment without a number"))?,
        name: Text::new(row.key_field.get().or(row.inventory_number.get()).unwrap_or("Unknown")),
        kind: row.assettype_name.get().map(str::to_owned),
        serial: None,
        active: row.inactive.0 == Some(false),
        contact: None,
        site: row.site_name.get().map(str::to_owned),
        warranty_until: day(&row.warranty_end),
    })
}

/// The places of one organisation.
pub(crate) async fn sites(halo: &HaloPsa, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
    if in_reach(cx, organisation).is_none() {
        return Ok(vec![]);
    }
    let all = [("includeinactive", "true".to_owned())];
    let found = halo.records::<SiteRow>(cx, ("Site", "sites"), Some(organisation), &all).await?;
    found.each(site)?.whole(|a, b| by_name((&a.name, &a.id), (&b.name, &b.id)))
}

fn site(row: &SiteRow) -> Result<Site> {
    let id = row.id.id().and_then(|id| SiteId::new(&id.to_string()).ok());
    let line = [
        &row.delivery_address_line1,
        &row.delivery_address_line2,
        &row.delivery_address_line3,
        &row.delivery_address_line4,
        &row.delivery_address_line5,
    ];
    let parts: Vec<&str> = line.into_iter().filter_map(|it| it.get()).collect();
    let address = parts.join(", ").split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Site {
        id: id.ok_or_else(|| Error::bad_reply("a place without a number"))?,
        name: row.name.get().unwrap_or("Unknown").to_owned(),
        address: Some(address).filter(|it| !it.is_empty()),
        phone: row.phonenumber.get().map(str::to_owned),
        active: row.inactive.0 == Some(false),
    })
}

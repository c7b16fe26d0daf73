//! Equipment.

use crate::adapter::Syncro;
use crate::wire::AssetRow;
use postern_api::domain::{Asset, AssetQuery};
use postern_api::records::by_name;
use postern_api::{AssetId, Assets, CallCx, Error, Owned, Page, Result, Text};

#[postern_api::async_trait]
impl Assets for Syncro {
    async fn assets(&self, cx: &CallCx, query: &AssetQuery) -> Result<Page<Owned<Asset>>> {
        let words: Vec<String> =
            query.text.as_deref().unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
        let longest = words.iter().max_by_key(|it| it.chars().count());
        let narrow: Vec<_> = longest.map(|it| ("query", it.clone())).into_iter().collect();
        let list = ("customer_assets", "assets");
        let found = self.records::<AssetRow>(cx, list, query.organisation.as_ref(), true, &narrow).await?;
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
        name: Text::new(row.name.or_empty()),
        kind: row.asset_type.get().map(str::to_owned),
        serial: row.asset_serial.get().map(str::to_owned),
        // The vendor lists what there is, and has no mark for what is out of use.
        active: true,
        contact: None,
        site: None,
        warranty_until: None,
    })
}

//! Equipment and places: configurations are assets.

use crate::adapter::{ConnectWise, in_reach, plain};
use crate::client::Query;
use crate::conditions::Literal;
use crate::wire::{self, ConfigurationRow, Flag, SiteRow};
use postern_api::domain::{Asset, AssetQuery, Site};
use postern_api::records::{by_name, day};
use postern_api::{
    AssetId, Assets, CallCx, ContactId, Error, ErrorKind, ExternalId, Owned, Page, Person, Result, SiteId, Text,
};

#[postern_api::async_trait]
impl Assets for ConnectWise {
    async fn assets(&self, cx: &CallCx, query: &AssetQuery) -> Result<Page<Owned<Asset>>> {
        let words: Vec<String> =
            query.text.as_deref().unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
        let part = words.iter().filter_map(|it| Literal::longest(it)).max_by_key(Literal::len);
        let found = self
            .records::<ConfigurationRow>(
                cx,
                &["company", "configurations"],
                query.organisation.as_ref(),
                wire::CONFIGURATION,
                |asked| match &part {
                    Some(part) => asked.contains(&["name"], part),
                    None => asked,
                },
            )
            .await?;
        let mut assets = found.each(asset)?;
        assets.retain(|it| {
            let name = it.name.expose().to_lowercase();
            words.iter().all(|word| name.contains(word.as_str()))
        });
        Ok(assets.page((query.offset, query.limit), |a, b| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id))))
    }
}

fn asset(row: &ConfigurationRow) -> Result<Asset> {
    let id = row.id.id().and_then(|id| AssetId::new(&id.to_string()).ok());
    let contact = row.contact.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    Ok(Asset {
        id: id.ok_or_else(|| Error::bad_reply("equipment without a number"))?,
        name: Text::new(plain(&row.name)),
        kind: row.r#type.name.get().map(str::to_owned),
        serial: row.serial_number.get().map(str::to_owned),
        active: row.active_flag == Flag::Yes,
        contact: contact.map(|contact| Person {
            contact: Some(contact),
            name: row.contact.name.get().unwrap_or("Unknown").to_owned(),
            email: None,
        }),
        site: row.site.name.get().map(str::to_owned),
        warranty_until: day(&row.warranty_expiration_date),
    })
}

/// The places of one organisation.
pub(crate) async fn sites(psa: &ConnectWise, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Site>>> {
    let Some(company) = in_reach(cx, organisation) else { return Ok(vec![]) };
    let path = ["company", "companies", &company.to_string(), "sites"];
    let query = Query { fields: wire::SITE, ..Query::default() };
    let rows = match psa.client.all::<SiteRow>(cx, &path, &query).await {
        Ok(rows) => rows,
        // A company that is gone has no places; a list of one that is there is always there.
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(e),
    };
    let found = ConnectWise::below(cx, organisation, rows).each(site)?;
    found.whole(|a, b| by_name((&a.name, &a.id), (&b.name, &b.id)))
}

fn site(row: &SiteRow) -> Result<Site> {
    let id = row.id.id().and_then(|id| SiteId::new(&id.to_string()).ok());
    let line = [&row.address_line1, &row.address_line2, &row.zip, &row.city, &row.state_reference.name];
    let parts = line.into_iter().chain([&row.country.name]).map(plain).filter(|it| !it.is_empty());
    let address = parts.map(|it| it.replace('\n', " ")).collect::<Vec<_>>().join(", ");
    Ok(Site {
        id: id.ok_or_else(|| Error::bad_reply("a place without a number"))?,
        name: row.name.get().unwrap_or("Unknown").to_owned(),
        address: Some(address).filter(|it| !it.is_empty()),
        phone: row.phone_number.get().map(str::to_owned),
        active: row.inactive_flag == Flag::No,
    })
}

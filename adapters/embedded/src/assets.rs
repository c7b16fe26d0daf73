//! Equipment.

use crate::adapter::Tenant;
use crate::convert::{id, owner, some_date, some_person, text};
use crate::fail::Result as Inner;
use crate::filter::{Filter, Listing, nothing};
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

const ASSETS: Listing = Listing {
    columns: "o.id, e.id, e.name, e.kind, e.serial, e.active, c.id, c.name, c.email, s.name, e.warranty_until",
    from: "FROM asset e JOIN organisation o ON o.key = e.organisation LEFT JOIN contact c ON c.key = e.contact
           LEFT JOIN site s ON s.key = e.site WHERE e.tenant = :tenant",
    order: "e.name COLLATE NOCASE, e.key",
};

/// Words beyond these are not looked for.
const MOST_WORDS: usize = 8;

#[async_trait]
impl Assets for Tenant {
    async fn assets(&self, cx: &CallCx, query: &AssetQuery) -> Result<Page<Owned<Asset>>> {
        self.read(cx, |rows| list(rows, &cx.reach, query))
    }
}

fn list(rows: &Rows<'_>, reach: &Reach, query: &AssetQuery) -> Inner<Page<Owned<Asset>>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "e.organisation")? {
        return Ok(nothing());
    }
    let words = query.text.as_deref().unwrap_or_default().split_whitespace();
    for (number, word) in words.take(MOST_WORDS).enumerate() {
        let name = format!(":word{number}");
        filter.and(&format!("instr(lower(e.name), lower({name})) > 0"));
        filter.bind(&name, word.to_owned());
    }
    ASSETS.page(rows, filter, (query.offset, query.limit), asset)
}

fn asset(row: &Row<'_>) -> Inner<Owned<Asset>> {
    let record = Asset {
        id: id(row, 1, AssetId::new)?,
        name: text(row, 2)?,
        kind: row.get(3)?,
        serial: row.get(4)?,
        active: row.get(5)?,
        contact: some_person(row, 6)?,
        site: row.get(9)?,
        warranty_until: some_date(row, 10)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

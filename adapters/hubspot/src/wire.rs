//! The vendor's vocabulary: every field that is read and no other.

use postern_api::{ExternalId, Owner};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A company or a contact.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) archived: bool,
    pub(crate) properties: BTreeMap<String, Option<String>>,
}

impl Record {
    /// A property; an empty one is none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let value = self.properties.get(name)?.as_deref()?.trim();
        if value.is_empty() { None } else { Some(value) }
    }

    /// Whose a contact is: its primary company.
    pub(crate) fn company(&self) -> Owner {
        owner(self.text("associatedcompanyid").unwrap_or_default())
    }
}

/// A company's number as an owner.
pub(crate) fn owner(company: &str) -> Owner {
    let id = crate::adapter::number(company).and_then(|it| ExternalId::new(it).ok());
    id.map_or(Owner::Unknown, Owner::Organisation)
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Results<R> {
    pub(crate) results: Vec<R>,
    #[serde(default)]
    pub(crate) paging: Option<Paging>,
}

impl<R> Results<R> {
    /// Where the next page begins.
    pub(crate) fn next(&self) -> Option<&str> {
        self.paging.as_ref()?.next.as_ref().map(|it| it.after.as_str())
    }
}

/// Whether there is more.
#[derive(Debug, Deserialize)]
pub(crate) struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Debug, Deserialize)]
struct Next {
    after: String,
}

/// One end of an association.
#[derive(Debug, Deserialize)]
pub(crate) struct Associated {
    #[serde(rename = "toObjectId")]
    pub(crate) to: u64,
}

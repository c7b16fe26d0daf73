//! The vendor's vocabulary: the fields that Postern reads, and no others. Share links, photos and everything that a later
//! version adds do not come in.
//!
//! **Invariant:** a value of a wrong type is a missing value, and a missing value is never the permissive one.

use jiff::Timestamp;
use postern_api::{ExternalId, Owner};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// `{"articles": [..]}`
#[derive(Debug, Deserialize)]
pub(crate) struct Articles {
    pub(crate) articles: Vec<ArticleRow>,
}

/// `{"article": {..}}`
#[derive(Debug, Deserialize)]
pub(crate) struct One {
    pub(crate) article: ArticleRow,
}

/// An article.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ArticleRow {
    #[serde(deserialize_with = "loose")]
    pub(crate) id: Option<i64>,
    #[serde(deserialize_with = "loose")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "loose")]
    pub(crate) content: Option<String>,
    #[serde(deserialize_with = "loose")]
    pub(crate) draft: Option<bool>,
    #[serde(deserialize_with = "loose")]
    pub(crate) archived: Option<bool>,
    #[serde(deserialize_with = "loose")]
    pub(crate) folder_id: Option<i64>,
    pub(crate) company_id: Company,
    #[serde(deserialize_with = "loose")]
    pub(crate) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "loose")]
    pub(crate) created_at: Option<Timestamp>,
}

/// Whose an article is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// Nothing is said, or nothing that can be read.
    #[default]
    Unsaid,
    /// Plainly nobody's: everybody's.
    Global,
    /// A company's.
    Of(i64),
}

impl Company {
    pub(crate) fn owner(self) -> Owner {
        match self {
            Company::Unsaid => Owner::Unknown,
            Company::Global => Owner::Tenant,
            Company::Of(number) => ExternalId::new(&number.to_string()).map_or(Owner::Unknown, Owner::Organisation),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose<T> {
    Fits(T),
    Other(IgnoredAny),
}

fn loose<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(match Loose::<T>::deserialize(from)? {
        Loose::Fits(value) => Some(value),
        Loose::Other(_) => None,
    })
}

impl<'de> Deserialize<'de> for Company {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Loose::<Option<i64>>::deserialize(from)? {
            Loose::Fits(None) => Company::Global,
            Loose::Fits(Some(number)) if number > 0 => Company::Of(number),
            Loose::Fits(Some(_)) | Loose::Other(_) => Company::Unsaid,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_null_is_everybodys() {
        let read = |text: &str| serde_json::from_str::<ArticleRow>(text).expect("a row").company_id;
        assert_eq!(read(r#"{"company_id":null}"#), Company::Global);
        assert_eq!(read(r#"{"company_id":12}"#), Company::Of(12));
        for unsaid in
            ["{}", r#"{"company_id":0}"#, r#"{"company_id":""}"#, r#"{"company_id":"12"}"#, r#"{"company_id":{}}"#]
        {
            assert_eq!(read(unsaid), Company::Unsaid, "{unsaid}");
        }
        assert_eq!(Company::Unsaid.owner(), Owner::Unknown);
    }

    #[test]
    fn a_value_of_a_wrong_type_is_a_missing_one() {
        let row = r#"{"id":"7","draft":"false","name":["x"],"updated_at":"yesterday","folder_id":null,"more":1}"#;
        let row: ArticleRow = serde_json::from_str(row).expect("a row");
        assert_eq!((row.id, row.draft, row.name, row.updated_at, row.folder_id), (None, None, None, None, None));
    }
}

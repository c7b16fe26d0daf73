//! Knowledge base articles.

use crate::classified::Text;
use crate::id::ArticleId;
use jiff::Timestamp;

/// An article. A vendor's visibility that is missing or unknown means not public.
#[derive(Debug, Clone)]
pub struct Article {
    /// The system's id.
    pub id: ArticleId,
    /// The title.
    pub title: Text,
    /// The category, or `General`.
    pub category: String,
    /// A few sentences.
    pub summary: Text,
    /// The whole text; empty in search results.
    pub body: Text,
    /// Whether customers may read it.
    pub public: bool,
    /// How often it was read.
    pub views: u64,
    /// How many of those who said so found it helpful, 0 to 100.
    pub helpful_percentage: Option<u8>,
    /// How well it matches, 0 to 1; `None` outside a search.
    pub relevance: Option<f64>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which articles.
#[derive(Debug, Clone)]
pub struct ArticleQuery {
    /// Words to find.
    pub text: String,
    /// Only this category.
    pub category: Option<String>,
    /// Only public articles: internal ones are not searched, counted or hinted at.
    pub public_only: bool,
    /// How many, at most 50.
    pub limit: u32,
}

//! The knowledge base: public articles for customers, all of them for employees.

use super::view::ReplyFrom;
use crate::tools::args::{Count, Line};
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{Article, ArticleId, ArticleQuery, Internal, Text, classified};
use postern_policies::Realm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ArticleList {
    articles: Vec<ArticleSummary>,
    /// How many there are in all.
    total: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ArticleSummary {
    article_id: ArticleId,
    title: Text,
    category: Text,
    summary: Text,
    /// How well it matches, 0 to 1.
    relevance_score: f64,
    views: u64,
    /// How many of those who said so found it helpful, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    helpful_percentage: Option<u8>,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "classified::absent")]
    public: Option<Internal<bool>>,
}

impl ArticleSummary {
    fn of(article: &Article, for_staff: bool) -> Self {
        Self {
            article_id: article.id.clone(),
            title: article.title.clone(),
            category: article.category.as_str().into(),
            summary: article.summary.clone(),
            relevance_score: article.relevance.unwrap_or(0.0),
            views: article.views,
            helpful_percentage: article.helpful_percentage,
            updated_at: article.updated_at,
            public: for_staff.then(|| Internal::new(article.public)),
        }
    }
}

async fn search(cx: &ToolCx, query: ArticleQuery) -> Result<Reply<ArticleList>, Refusal> {
    let knowledge = cx.knowledge()?;
    let page = knowledge.page(knowledge.timed(knowledge.port.search(&knowledge.cx, &query)).await?);
    let returned = page.rows.len();
    let kept: Vec<_> = page.rows.into_iter().map(|it| it.record).filter(|it| it.public || !query.public_only).collect();
    let total = page.total.saturating_sub((returned - kept.len()) as u64);
    let articles: Vec<_> = kept.iter().map(|it| ArticleSummary::of(it, !query.public_only)).collect();
    let more = (articles.len() as u64) < total || page.truncated;
    Ok(ArticleList { articles, total }.reply().truncated(more, "There are more articles; narrow the query."))
}

/// Search the public knowledge base for help. Best match first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerSearch {
    /// Words to find.
    query: Line<200>,
    /// Only articles of this category.
    #[serde(default)]
    category: Option<Line<64>>,
    /// How many to return.
    #[serde(default)]
    limit: Count<10, 1, 50>,
}

impl Tool for CustomerSearch {
    const NAME: &'static str = "customer_search_kb";
    const TITLE: &'static str = "Search the knowledge base";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = ArticleList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<ArticleList>, Refusal> {
        let text = self.query.as_str().to_owned();
        let category = self.category.map(|it| it.as_str().to_owned());
        search(cx, ArticleQuery { text, category, public_only: true, limit: self.limit.get() }).await
    }
}

/// Search the whole knowledge base, public and internal articles. Best match first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffSearch {
    /// Words to find.
    query: Line<200>,
    /// Only articles of this category.
    #[serde(default)]
    category: Option<Line<64>>,
    /// How many to return.
    #[serde(default)]
    limit: Count<10, 1, 50>,
}

impl Tool for StaffSearch {
    const NAME: &'static str = "search_kb";
    const TITLE: &'static str = "Search all articles";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = ArticleList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<ArticleList>, Refusal> {
        let text = self.query.as_str().to_owned();
        let category = self.category.map(|it| it.as_str().to_owned());
        search(cx, ArticleQuery { text, category, public_only: false, limit: self.limit.get() }).await
    }
}

/// Read one knowledge base article.
///
/// Search the knowledge base first when the article ID is not known.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetArticle {
    /// The article ID, as searches show it.
    article_id: ArticleId,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ArticleView {
    article_id: ArticleId,
    title: Text,
    category: Text,
    summary: Text,
    content: Text,
    views: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    helpful_percentage: Option<u8>,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "classified::absent")]
    public: Option<Internal<bool>>,
}

impl Tool for GetArticle {
    const NAME: &'static str = "get_kb_article";
    const TITLE: &'static str = "Read an article";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = ArticleView;

    async fn call(self, cx: &ToolCx) -> Result<Reply<ArticleView>, Refusal> {
        let knowledge = cx.knowledge()?;
        let found = knowledge.timed(knowledge.port.article(&knowledge.cx, &self.article_id)).await;
        let article = knowledge.open(found.or_missing(Code::ArticleNotFound)?, Code::ArticleNotFound)?.record;
        let for_staff = match cx.caller.realm {
            Realm::Employee => true,
            // An internal article is as if it did not exist.
            Realm::Customer if article.public => false,
            Realm::Customer => return Err(missing(Code::ArticleNotFound)),
        };
        let view = ArticleView {
            article_id: article.id,
            title: article.title,
            category: Text::new(article.category),
            summary: article.summary,
            content: article.body,
            views: article.views,
            helpful_percentage: article.helpful_percentage,
            updated_at: article.updated_at,
            public: for_staff.then(|| Internal::new(article.public)),
        };
        Ok(view.reply())
    }
}

//! The knowledge base.
//!
//! **Invariant:** the vendor's articles do not say who may read them, so an article is public only if the configuration
//! names its category.

use crate::adapter::{ConnectWise, plain};
use crate::client::Query;
use crate::conditions::{Conditions, Literal};
use crate::config::number;
use crate::wire::{self, ArticleRow, NamedRow, time};
use jiff::Timestamp;
use postern_api::{Article, ArticleId, ArticleQuery, CallCx, Error, KnowledgeBase, Owned, Owner, Page, Result, Text};
use std::collections::BTreeMap;

/// Characters of a summary.
const SUMMARY: usize = 300;
const FIELDS: [&str; 3] = ["title", "issue", "resolution"];

#[postern_api::async_trait]
impl KnowledgeBase for ConnectWise {
    async fn search(&self, cx: &CallCx, query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
        let part = words.iter().filter_map(|it| Literal::longest(it)).max_by_key(Literal::len);
        let public = &self.config.public_article_categories;
        let Some(part) = part.filter(|_| !(query.public_only && public.is_empty())) else {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        };
        let mut conditions = Conditions::new().contains(&FIELDS, &part);
        if query.public_only {
            conditions = conditions.one_of("categoryId", public.iter().copied());
        }
        let asked = Query { conditions, fields: wire::ARTICLE, ..Query::default() };
        let path = ["service", "knowledgeBaseArticles"];
        let found = self.client.newest::<ArticleRow>(cx, &path, &asked, self.config.max_rows).await?;
        let names = self.categories(cx).await?;
        let wanted = query.category.as_ref().map(|it| it.to_lowercase());
        let mut matches = Vec::new();
        for row in &found.rows {
            let mut article = self.article_of(row, &names)?;
            let category = wanted.as_ref().is_none_or(|it| *it == article.category.to_lowercase());
            article.relevance = relevance(&words, &article);
            if category && article.relevance.is_some() && (article.public || !query.public_only) {
                matches.push(article);
            }
        }
        let score = |article: &Article| article.relevance.unwrap_or_default();
        matches.sort_by(|a, b| score(b).total_cmp(&score(a)).then_with(|| a.id.cmp(&b.id)));
        let total = matches.len() as u64;
        let rows = matches.into_iter().take(query.limit.min(50) as usize).map(|article| {
            // A search result carries no body.
            Owned::new(Owner::Tenant, Article { body: Text::default(), ..article })
        });
        Ok(Page { rows: rows.collect(), total, truncated: found.truncated })
    }

    async fn article(&self, cx: &CallCx, id: &ArticleId) -> Result<Owned<Article>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("article"))?;
        let path = ["service", "knowledgeBaseArticles"];
        let row: ArticleRow = self.client.one(cx, &path, number, wire::ARTICLE, "article").await?;
        let names = self.categories(cx).await?;
        Ok(Owned::new(Owner::Tenant, self.article_of(&row, &names)?))
    }
}

impl ConnectWise {
    async fn categories(&self, cx: &CallCx) -> Result<BTreeMap<i64, String>> {
        let query = Query { fields: "id,name", ..Query::default() };
        let rows = self.client.all::<NamedRow>(cx, &["service", "knowledgeBaseCategories"], &query).await?;
        Ok(rows.iter().filter_map(|row| Some((row.id.id()?, row.name.get()?.to_owned()))).collect())
    }

    fn article_of(&self, row: &ArticleRow, names: &BTreeMap<i64, String>) -> Result<Article> {
        let id = row.id.id().and_then(|id| ArticleId::new(&id.to_string()).ok());
        let (issue, resolution) = (plain(&row.issue), plain(&row.resolution));
        let category = row.category_id.id();
        let edited = time(&row.info.last_updated).or_else(|| time(&row.date_created));
        Ok(Article {
            id: id.ok_or_else(|| Error::bad_reply("an article without a number"))?,
            title: Text::new(plain(&row.title)),
            category: category.and_then(|it| names.get(&it)).cloned().unwrap_or_else(|| "General".to_owned()),
            summary: Text::new(issue.chars().take(SUMMARY).collect::<String>()),
            body: Text::new(if resolution.is_empty() { issue } else { format!("{issue}\n\n{resolution}") }),
            public: category.is_some_and(|it| self.config.public_article_categories.contains(&it)),
            views: 0,
            helpful_percentage: None,
            relevance: None,
            updated_at: edited.unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }
}

/// How many of the words are there, those in the title twice; `None` unless each is somewhere.
fn relevance(words: &[String], article: &Article) -> Option<f64> {
    let title = article.title.expose().to_lowercase();
    let body = article.body.expose().to_lowercase();
    let mut points = 0_u32;
    for word in words {
        let (in_title, in_body) = (title.contains(word.as_str()), body.contains(word.as_str()));
        if !in_title && !in_body {
            return None;
        }
        points = points.saturating_add(2 * u32::from(in_title) + u32::from(in_body));
    }
    let most = u32::try_from(words.len()).ok()?.saturating_mul(3);
    (most > 0).then(|| f64::from(points) / f64::from(most))
}

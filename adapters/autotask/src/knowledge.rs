//! The knowledge base: the database's own articles that are in use and published.
//!
//! **Invariant:** an article is public only if its `publish` is one that the configuration names. What those numbers mean is each
//! database's own, and an article for one organisation does not say for which.

use crate::adapter::{Autotask, number};
use crate::filter::Filter;
use crate::wire::{ArticleRow, CategoryRow, Str, time};
use jiff::Timestamp;
use postern_api::{Article, ArticleId, ArticleQuery, CallCx, Error, KnowledgeBase, Owned, Owner, Page, Result, Text};
use serde::Deserialize;
use std::collections::BTreeMap;

const ARTICLES: &str = "KnowledgeBaseArticles";

/// The text of an article, which the vendor keeps apart from it.
#[derive(Debug, Deserialize)]
struct Contents {
    items: Vec<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    #[serde(rename = "contentData")]
    text: Str,
}

#[postern_api::async_trait]
impl KnowledgeBase for Autotask {
    async fn search(&self, cx: &CallCx, query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
        let public = &self.config.public_article_publish;
        let longest = words.iter().max_by_key(|it| it.chars().count());
        let Some(longest) = longest.filter(|_| !(query.public_only && public.is_empty())) else {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        };
        let held = Filter::any(vec![Filter::contains("title", longest), Filter::contains("keywords", longest)]);
        let mut filter = vec![Filter::flag("isActive", true), held];
        if query.public_only {
            filter.push(Filter::among("publish", public));
        }
        let fields = Some(ArticleRow::NAMES);
        let found =
            self.client.rows::<ArticleRow>(cx, ARTICLES, &Filter::every(filter), fields, self.config.max_rows).await?;
        let names = self.categories(cx).await?;
        let wanted = query.category.as_ref().map(|it| it.to_lowercase());
        let mut matches = Vec::new();
        for row in found.rows.iter().filter(|row| in_use(row)) {
            let mut article = self.article_of(row, &names)?;
            article.relevance = relevance(&words, &article, row.keywords.or_empty());
            let category = wanted.as_ref().is_none_or(|it| *it == article.category.to_lowercase());
            if category && article.relevance.is_some() && (article.public || !query.public_only) {
                matches.push(article);
            }
        }
        let score = |article: &Article| article.relevance.unwrap_or_default();
        matches.sort_by(|a, b| score(b).total_cmp(&score(a)).then_with(|| a.id.cmp(&b.id)));
        let total = matches.len() as u64;
        let rows = matches.into_iter().take(query.limit.min(50) as usize);
        let rows = rows.map(|article| Owned::new(Owner::Tenant, article)).collect();
        Ok(Page { rows, total, truncated: found.truncated })
    }

    async fn article(&self, cx: &CallCx, id: &ArticleId) -> Result<Owned<Article>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("article"))?;
        let row: ArticleRow = self.client.one(cx, ARTICLES, number, "article").await?;
        if !in_use(&row) {
            return Err(Error::not_found("article"));
        }
        let names = self.categories(cx).await?;
        let path = [ARTICLES, &number.to_string(), "PlainTextContent"];
        let contents: Contents = self.client.get(cx, ARTICLES, &path, "article").await?;
        let texts: Vec<&str> = contents.items.iter().filter_map(|it| it.text.get()).collect();
        let body = Text::new(texts.join("\n\n"));
        Ok(Owned::new(Owner::Tenant, Article { body, ..self.article_of(&row, &names)? }))
    }
}

/// What is not in use is for the vendor's administrators alone.
fn in_use(row: &ArticleRow) -> bool {
    row.active.0 == Some(true)
}

impl Autotask {
    async fn categories(&self, cx: &CallCx) -> Result<BTreeMap<i64, String>> {
        let fields = Some(CategoryRow::NAMES);
        let found = self
            .client
            .rows::<CategoryRow>(cx, "KnowledgeBaseCategories", &Filter::all(), fields, self.config.max_rows)
            .await?;
        Ok(found.rows.iter().filter_map(|row| Some((row.id.id()?, row.name.get()?.to_owned()))).collect())
    }

    fn article_of(&self, row: &ArticleRow, names: &BTreeMap<i64, String>) -> Result<Article> {
        let id = row.id.id().and_then(|id| ArticleId::new(&id.to_string()).ok());
        let category = row.category.id().and_then(|it| names.get(&it)).cloned();
        let edited = time(&row.modified).or_else(|| time(&row.created));
        Ok(Article {
            id: id.ok_or_else(|| Error::bad_reply("an article without a number"))?,
            title: Text::new(row.title.or_empty()),
            category: category.unwrap_or_else(|| "General".to_owned()),
            summary: Text::new(row.keywords.or_empty()),
            body: Text::default(),
            public: row.publish.0.is_some_and(|it| self.config.public_article_publish.contains(&it)),
            views: 0,
            helpful_percentage: None,
            relevance: None,
            updated_at: edited.unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }
}

/// How many of the words are there, those in the title twice; `None` unless each is somewhere.
fn relevance(words: &[String], article: &Article, keywords: &str) -> Option<f64> {
    let (title, keywords) = (article.title.expose().to_lowercase(), keywords.to_lowercase());
    let mut points = 0_u32;
    for word in words {
        let (in_title, beside) = (title.contains(word.as_str()), keywords.contains(word.as_str()));
        if !in_title && !beside {
            return None;
        }
        points = points.saturating_add(2 * u32::from(in_title) + u32::from(beside));
    }
    let most = u32::try_from(words.len()).ok()?.saturating_mul(3);
    (most > 0).then(|| f64::from(points) / f64::from(most))
}

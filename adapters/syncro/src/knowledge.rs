//! The knowledge base: the pages of Syncro's documentation.
//!
//! **Invariant:** a page is public only if the configuration names it. Whose it is comes from the page itself; where the
//! vendor does not say for which customer a page is, it is nobody's, unless the configuration names it as everybody's. These
//! pages are where technicians keep a customer's passwords.

use crate::adapter::{Syncro, number};
use crate::wire::{Num, PageRow, owner, time};
use jiff::Timestamp;
use postern_api::{Article, ArticleId, ArticleQuery, CallCx, Error, KnowledgeBase, Owned, Owner, Page, Result, Text};

/// Characters of a summary.
const SUMMARY: usize = 300;

#[postern_api::async_trait]
impl KnowledgeBase for Syncro {
    async fn search(&self, cx: &CallCx, query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        // The vendor has no search for pages; its list carries their texts.
        let found = self.client.paged::<PageRow>(cx, &["wiki_pages"], "wiki_pages", &[]).await?;
        let mut matches: Vec<(Owner, Article)> = Vec::new();
        for row in found.rows {
            let owner = self.whose(&row);
            let reachable = match &owner {
                Owner::Organisation(it) => cx.reach.contains(it),
                Owner::Tenant => true,
                Owner::Unknown => false,
            };
            if !reachable || (query.public_only && !self.is_public(&row)) {
                continue;
            }
            let mut article = self.article_of(&row)?;
            let category =
                query.category.as_ref().is_none_or(|it| it.to_lowercase() == article.category.to_lowercase());
            article.relevance = relevance(&words, &article);
            if category && article.relevance.is_some() {
                matches.push((owner, article));
            }
        }
        let score = |article: &Article| article.relevance.unwrap_or_default();
        matches.sort_by(|(_, a), (_, b)| score(b).total_cmp(&score(a)).then_with(|| a.id.cmp(&b.id)));
        let total = matches.len() as u64;
        let rows = matches.into_iter().take(query.limit.min(50) as usize).map(|(owner, article)| {
            // A search result carries no body.
            Owned::new(owner, Article { body: Text::default(), ..article })
        });
        Ok(Page { rows: rows.collect(), total, truncated: found.truncated })
    }

    async fn article(&self, cx: &CallCx, id: &ArticleId) -> Result<Owned<Article>> {
        let missing = || Error::not_found("article");
        let number = number(id.as_str()).ok_or_else(missing)?;
        let row: PageRow = self
            .client
            .one(cx, "wiki_pages", number, "wiki_page")
            .await
            .map_err(|e| if e.kind() == postern_api::ErrorKind::NotFound { missing() } else { e })?;
        Ok(Owned::new(self.whose(&row), self.article_of(&row)?))
    }
}

impl Syncro {
    fn named(&self, pages: &[i64], row: &PageRow) -> bool {
        row.id.id().is_some_and(|it| pages.contains(&it))
    }

    fn is_public(&self, row: &PageRow) -> bool {
        self.named(&self.config.public_pages, row)
    }

    /// The customer that a page is about. One about an asset is about that asset's customer, whom the page does not name.
    fn whose(&self, row: &PageRow) -> Owner {
        let none = |it: Option<Num>| matches!(it, Some(Num(None | Some(0))));
        let named = self.is_public(row) || self.named(&self.config.internal_pages, row);
        match (row.customer_id, row.asset_id) {
            (Some(customer), _) if customer.id().is_some() => owner(customer),
            (customer, asset) if none(customer) && none(asset) => Owner::Tenant,
            // Not said: the configuration vouches for it, or nobody does.
            (customer, asset)
                if named && (customer.is_none() || none(customer)) && (asset.is_none() || none(asset)) =>
            {
                Owner::Tenant
            }
            (_, _) => Owner::Unknown,
        }
    }

    fn article_of(&self, row: &PageRow) -> Result<Article> {
        let id = row.id.id().and_then(|id| ArticleId::new(&id.to_string()).ok());
        let body = postern_api::html::plain(row.body.or_empty());
        let summary: String = body.chars().take(SUMMARY).collect();
        Ok(Article {
            id: id.ok_or_else(|| Error::bad_reply("a page without a number"))?,
            title: Text::new(postern_api::html::plain(row.name.or_empty())),
            category: "General".to_owned(),
            summary: Text::new(summary),
            body: Text::new(body),
            public: self.is_public(row),
            views: 0,
            helpful_percentage: None,
            relevance: None,
            updated_at: time(&row.updated_at).or_else(|| time(&row.created_at)).unwrap_or(Timestamp::UNIX_EPOCH),
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

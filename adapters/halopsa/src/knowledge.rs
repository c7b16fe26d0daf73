//! The knowledge base.
//!
//! **Invariant:** an article is public only if its own record says so: shown to all, or in a list that the configuration
//! calls public; active, within its dates, and for no client in particular. A search result carries too little to tell,
//! so each candidate is read before it is counted.

use crate::adapter::{HaloPsa, number};
use crate::text;
use crate::wire::{ArticleRow, owner};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use postern_api::{
    Article, ArticleId, ArticleQuery, CallCx, Error, ErrorKind, KnowledgeBase, Owned, Owner, Page, Result, Text,
};

/// Candidates that are read for one search.
const CANDIDATES: usize = 60;
const AT_ONCE: usize = 4;
/// Characters of a summary.
const SUMMARY: usize = 300;

#[postern_api::async_trait]
impl KnowledgeBase for HaloPsa {
    async fn search(&self, cx: &CallCx, query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
        let Some(longest) = words.iter().max_by_key(|it| it.chars().count()) else {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        };
        let asked = [("search", longest.clone())];
        let found = self.client.paged::<ArticleRow>(cx, "KBArticle", "articles", &asked).await?;
        let truncated = found.truncated || found.rows.len() > CANDIDATES;
        let ids: Vec<i64> = found.rows.iter().take(CANDIDATES).filter_map(|it| it.id.id()).collect();
        let read: Vec<Option<(Owner, Article)>> = stream::iter(ids)
            .map(|id| async move {
                match self.article_of(cx, id).await {
                    Ok(article) => Ok(Some(article)),
                    // Gone between the two requests, or not for our account.
                    Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => Ok(None),
                    Err(e) => Err(e),
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut matches: Vec<(Owner, Article)> = Vec::new();
        for (owner, mut article) in read.into_iter().flatten() {
            let reachable = match &owner {
                Owner::Organisation(it) => cx.reach.contains(it),
                Owner::Tenant => true,
                Owner::Unknown => false,
            };
            let category =
                query.category.as_ref().is_none_or(|it| it.to_lowercase() == article.category.to_lowercase());
            article.relevance = relevance(&words, &article);
            if reachable && category && article.relevance.is_some() && (article.public || !query.public_only) {
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
        Ok(Page { rows: rows.collect(), total, truncated })
    }

    async fn article(&self, cx: &CallCx, id: &ArticleId) -> Result<Owned<Article>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("article"))?;
        let (owner, article) = self.article_of(cx, number).await?;
        Ok(Owned::new(owner, article))
    }
}

impl HaloPsa {
    async fn article_of(&self, cx: &CallCx, id: i64) -> Result<(Owner, Article)> {
        let query = [("includedetails", "true".to_owned())];
        let row: ArticleRow = self.client.one(cx, "KBArticle", id, &query, "article").await?;
        let words = |html: &crate::wire::Str, plain: &crate::wire::Str| match html.get() {
            Some(html) => text::from_html(html),
            None => text::plain(plain.or_empty()),
        };
        let problem = words(&row.description_html, &row.description);
        let solution = words(&row.resolution_html, &row.resolution);
        let (useful, useless) = (row.useful_count.count(), row.notuseful_count.count());
        let votes = useful.saturating_add(useless);
        let percentage = useful.saturating_mul(100).checked_div(votes).and_then(|it| u8::try_from(it).ok());
        let edited = self.clock.read(&row.date_edited).or_else(|| self.clock.read(&row.date_created));
        let summary: String = problem.chars().take(SUMMARY).collect();
        let article = Article {
            id: ArticleId::new(&id.to_string()).map_err(|_| Error::bad_reply("an article's number"))?,
            title: Text::new(text::plain(row.name.or_empty())),
            category: row
                .faqlists
                .rows()
                .unwrap_or_default()
                .iter()
                .find_map(|it| it.name.get())
                .unwrap_or("General")
                .to_owned(),
            summary: Text::new(summary),
            body: Text::new(if solution.is_empty() { problem } else { format!("{problem}\n\n{solution}") }),
            public: self.is_public(&row, Timestamp::now()),
            views: row.view_count.count(),
            helpful_percentage: percentage,
            relevance: None,
            updated_at: edited.unwrap_or(Timestamp::UNIX_EPOCH),
        };
        Ok((whose(&row), article))
    }

    fn is_public(&self, row: &ArticleRow, now: Timestamp) -> bool {
        let lists = &self.config.public_article_lists;
        let listed =
            row.faqlists.rows().unwrap_or_default().iter().filter_map(|it| it.id.id()).any(|it| lists.contains(&it));
        let shown = if lists.is_empty() { row.showforall.0 == Some(true) } else { listed };
        let begun = self.clock.read(&row.limit_start_date).is_none_or(|it| it <= now);
        let ended = self.clock.read(&row.limit_end_date).is_some_and(|it| it < now);
        shown && row.inactive.0 != Some(true) && begun && !ended && whose(row) == Owner::Tenant
    }
}

/// The client that an article is for; several cannot be told apart here, so that article is nobody's.
fn whose(row: &ArticleRow) -> Owner {
    match (row.kbentryclientaccess.rows(), row.kbentrytoplevelaccess.rows()) {
        (Some([]), Some([])) => Owner::Tenant,
        (Some([only]), Some([])) => owner(only.client_id),
        (_, _) => Owner::Unknown,
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

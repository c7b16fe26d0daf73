//! Articles: searched in the own companies, and among those that are everybody's.

use crate::adapter::Hudu;
use crate::error::check;
use crate::wire::{ArticleRow, Articles, Company, One};
use jiff::Timestamp;
use postern_api::html;
use postern_api::http::Request;
use postern_api::{
    Article, ArticleId, ArticleQuery, CallCx, Error, KnowledgeBase, Owned, Owner, Page, Reach, Result, Text,
};
use std::collections::BTreeSet;

/// Rows that are asked for at once; the vendor takes up to 1,000.
const PER_PAGE: u32 = 100;
/// The vendor's own page: a shorter one is the last whatever was asked for.
const SHORT_PAGE: usize = 25;
/// Companies that are asked for one by one.
const ONE_BY_ONE: usize = 5;
/// Characters of a summary.
const SUMMARY: usize = 300;

/// Rows, and whether there were more.
#[derive(Default)]
struct Rows {
    rows: Vec<ArticleRow>,
    truncated: bool,
}

#[postern_api::async_trait]
impl KnowledgeBase for Hudu {
    async fn search(&self, cx: &CallCx, query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        // Whatever is not in reach is left out, unless it came where one company alone was asked for: the vendor's filter
        // failed then, and the gateway drops the row and says so.
        let mut found: Vec<(bool, ArticleRow)> = Vec::new();
        let mut truncated = false;
        if let Reach::Organisations(some) = &cx.reach
            && some.len() <= ONE_BY_ONE
        {
            for company in some.iter().filter_map(|it| number(it.as_str())) {
                let rows = self.rows(cx, &query.text, Some(company)).await?;
                truncated |= rows.truncated;
                found.extend(rows.rows.into_iter().map(|it| (true, it)));
            }
        }
        let rows = self.rows(cx, &query.text, None).await?;
        truncated |= rows.truncated;
        found.extend(rows.rows.into_iter().map(|it| (false, it)));

        let (mut seen, mut matches, mut foreign) = (BTreeSet::new(), Vec::new(), Vec::new());
        for (filtered, row) in found {
            if row.archived == Some(true) || row.id.is_none_or(|it| !seen.insert(it)) {
                continue;
            }
            let owner = row.company_id.owner();
            let reachable = self.reaches(cx, &owner);
            if (query.public_only && !self.is_public(&row)) || !(reachable || filtered) {
                continue;
            }
            let mut article = self.article_of(&row)?;
            let category = |it: &String| it.eq_ignore_ascii_case(&article.category);
            article.relevance = relevance(&words, &article);
            if article.relevance.is_some() && query.category.as_ref().is_none_or(category) {
                // A search result carries no body.
                article.body = Text::default();
                if reachable { matches.push((owner, article)) } else { foreign.push((owner, article)) }
            }
        }
        let score = |article: &Article| article.relevance.unwrap_or_default();
        matches.sort_by(|(_, a), (_, b)| score(b).total_cmp(&score(a)).then_with(|| a.id.cmp(&b.id)));
        let total = matches.len() as u64;
        let page = matches.into_iter().take(query.limit.min(50) as usize).chain(foreign);
        Ok(Page { rows: page.map(|(owner, it)| Owned::new(owner, it)).collect(), total, truncated })
    }

    async fn article(&self, cx: &CallCx, id: &ArticleId) -> Result<Owned<Article>> {
        let missing = || Error::not_found("article");
        let id = number(id.as_str()).ok_or_else(missing)?;
        let response = self.http.send(cx, Request::get(&["articles", &id.to_string()])).await?;
        let row = check(response, "article")?.json::<One>()?.article;
        if row.id != Some(id) {
            return Err(Error::bad_reply("another article than the one asked for"));
        }
        let owner = row.company_id.owner();
        if row.archived == Some(true) || !self.reaches(cx, &owner) {
            return Err(missing());
        }
        Ok(Owned::new(owner, self.article_of(&row)?))
    }
}

/// The vendor's number in one of our ids; written one way only.
fn number(id: &str) -> Option<i64> {
    id.parse::<i64>().ok().filter(|it| *it > 0 && it.to_string() == id)
}

impl Hudu {
    /// A search page by page. The vendor has no total: the end is an empty page, one without a new row, or a short one.
    async fn rows(&self, cx: &CallCx, text: &str, company: Option<i64>) -> Result<Rows> {
        let (mut found, mut seen) = (Rows::default(), BTreeSet::new());
        for page in 1..=(self.config.max_rows / PER_PAGE + 2) {
            let request = Request::get(&["articles"]).query("search", text).query("page", page);
            let request = request.query("page_size", PER_PAGE);
            let request = company.iter().fold(request, |it, company| it.query("company_id", company));
            let response = check(self.http.send(cx, request).await?, "list of articles")?;
            let (sent, before) = (response.json::<Articles>()?.articles, seen.len());
            let short = sent.len() < SHORT_PAGE;
            for row in sent {
                let id = row.id.ok_or_else(|| Error::bad_reply("an article without a number"))?;
                if seen.insert(id) {
                    found.rows.push(row);
                }
            }
            if found.rows.len() > self.config.max_rows as usize {
                found.rows.truncate(self.config.max_rows as usize);
                return Ok(Rows { truncated: true, ..found });
            }
            if short || seen.len() == before {
                return Ok(found);
            }
        }
        Ok(Rows { truncated: true, ..found })
    }

    fn reaches(&self, cx: &CallCx, owner: &Owner) -> bool {
        match owner {
            Owner::Organisation(it) => cx.reach.contains(it),
            Owner::Tenant => true,
            Owner::Unknown => false,
        }
    }

    /// Only what the configuration names, and never a draft; what does not say that it is none, is one.
    fn is_public(&self, row: &ArticleRow) -> bool {
        let named = row.id.is_some_and(|it| self.config.public_articles.contains(&it));
        let folder = row.folder_id.is_some_and(|it| self.config.public_folders.contains(&it));
        row.draft == Some(false) && row.company_id != Company::Unsaid && (named || folder)
    }

    fn article_of(&self, row: &ArticleRow) -> Result<Article> {
        let id = row.id.and_then(|id| ArticleId::new(&id.to_string()).ok());
        let body = html::plain(row.content.as_deref().unwrap_or_default());
        let summary: String = body.chars().take(SUMMARY).collect();
        let time = row.updated_at.or(row.created_at);
        Ok(Article {
            id: id.ok_or_else(|| Error::bad_reply("an article without a number"))?,
            title: Text::new(html::plain(row.name.as_deref().unwrap_or_default())),
            category: "General".to_owned(),
            summary: Text::new(summary),
            body: Text::new(body),
            public: self.is_public(row),
            views: 0,
            helpful_percentage: None,
            relevance: None,
            updated_at: time.unwrap_or(Timestamp::UNIX_EPOCH),
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

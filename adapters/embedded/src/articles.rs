//! The knowledge base.
//!
//! **Invariant:** a search for public articles touches the public index alone. How well an article matches depends on
//! that article and the words, never on how often a word stands in articles that the caller may not read: the share of
//! the words that it holds, where a word in the title counts 1, in the summary 0.6, in the text 0.3.

use crate::adapter::Tenant;
use crate::convert::{count, id, time};
use crate::fail::Result as Inner;
use crate::rows::{Param, Rows};
use crate::words;
use postern_api::*;
use rusqlite::Row;

/// Articles that one search answers at most.
const MOST: u32 = 50;

#[async_trait]
impl KnowledgeBase for Tenant {
    async fn search(&self, cx: &CallCx, query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        self.read(cx, |rows| search(rows, query))
    }

    async fn article(&self, cx: &CallCx, id: &ArticleId) -> Result<Owned<Article>> {
        let found = self.read(cx, |rows| {
            rows.one(
                "SELECT id, title, category, summary, body, public, views, helpful_percentage, NULL, updated_at
                 FROM article WHERE tenant = :tenant AND id = :id",
                &[(":id", &id.as_str())],
                article,
            )
        })?;
        found.map(|it| Owned::new(Owner::Tenant, it)).ok_or_else(|| Error::not_found("article"))
    }
}

/// The articles with a word in a column, as a subquery.
fn holding(public_only: bool, name: &str) -> String {
    let public = format!("SELECT rowid FROM article_words WHERE article_words MATCH {name}");
    if public_only {
        return format!("({public})");
    }
    format!("({public} UNION ALL SELECT rowid FROM internal_article_words WHERE internal_article_words MATCH {name})")
}

fn search(rows: &Rows<'_>, query: &ArticleQuery) -> Inner<Page<Owned<Article>>> {
    let quoted = words::quoted(&query.text);
    if quoted.is_empty() {
        return Ok(Page { rows: vec![], total: 0, truncated: false });
    }
    let scope = format!("scope:\"{}\"", rows.scope_word());
    let mut names = vec![(":any".to_owned(), format!("{scope} AND ({})", any(&quoted)))];
    let mut scores = Vec::new();
    for (number, word) in quoted.iter().enumerate() {
        let mut cases = String::new();
        for (column, weight) in [("title", 1.0), ("summary", 0.6), ("body", 0.3)] {
            let name = format!(":{column}{number}");
            cases += &format!(" WHEN key IN {} THEN {weight:?}", holding(query.public_only, &name));
            names.push((name, format!("{scope} AND {column}:{word}*")));
        }
        scores.push(format!("CASE{cases} ELSE 0.0 END"));
    }
    let sum = scores.join(" + ");
    let public = if query.public_only { " AND public = 1" } else { "" };
    let category = if query.category.is_some() { " AND category = :category COLLATE NOCASE" } else { "" };
    let wanted = format!("tenant = :tenant{public}{category} AND key IN {}", holding(query.public_only, ":any"));

    let mut bound: Vec<Param<'_>> = names.iter().take(1).map(|(name, value)| (name.as_str(), value as _)).collect();
    if let Some(category) = &query.category {
        bound.push((":category", category));
    }
    let total = rows.one(&format!("SELECT count(*) FROM article WHERE {wanted}"), &bound, |row| count(row, 0))?;

    let limit = query.limit.min(MOST);
    let mut params = bound;
    params.extend(names.iter().skip(1).map(|(name, value)| (name.as_str(), value as _)));
    params.push((":limit", &limit));
    let sql = format!(
        "SELECT id, title, category, summary, '', public, views, helpful_percentage, ({sum}) / {} AS score, updated_at
         FROM article WHERE {wanted} ORDER BY score DESC, views DESC, id LIMIT :limit",
        quoted.len()
    );
    let found = rows.all(&sql, &params, |row| Ok(Owned::new(Owner::Tenant, article(row)?)))?;
    Ok(Page { rows: found, total: total.unwrap_or(0), truncated: false })
}

/// Any of the words, in any column.
fn any(quoted: &[String]) -> String {
    let words: Vec<String> = quoted.iter().map(|it| format!("{it}*")).collect();
    format!("{{title summary body}}:({})", words.join(" OR "))
}

fn article(row: &Row<'_>) -> Inner<Article> {
    Ok(Article {
        id: id(row, 0, ArticleId::new)?,
        title: Text::new(row.get::<_, String>(1)?),
        category: row.get(2)?,
        summary: Text::new(row.get::<_, String>(3)?),
        body: Text::new(row.get::<_, String>(4)?),
        public: row.get(5)?,
        views: count(row, 6)?,
        helpful_percentage: row.get(7)?,
        relevance: row.get(8)?,
        updated_at: time(row, 9)?,
    })
}

//! The knowledge base.

use crate::setup::*;
use postern_api::*;

fn words(text: &str, public_only: bool) -> ArticleQuery {
    ArticleQuery { text: text.into(), category: None, public_only, limit: 10 }
}

fn article(id: &str) -> ArticleId {
    ArticleId::new(id).expect("an id")
}

async fn known() -> Desk {
    desk_with(|it| it.public_article_publish = vec![1]).await
}

async fn ids(desk: &Desk, query: &ArticleQuery) -> (Vec<String>, u64) {
    let page = desk.knowledge().search(&acme(), query).await.expect("a page");
    let total = page.total;
    (opened(page.rows).iter().map(|it| it.id.to_string()).collect(), total)
}

#[tokio::test]
async fn an_article_is_public_only_where_the_configuration_says_what_publish_means() {
    let desk = known().await;
    assert_eq!(ids(&desk, &words("printer", true)).await, (vec!["801".into()], 1));
    let all: Vec<String> = ["801", "802", "803", "805"].map(str::to_owned).into();
    assert_eq!(ids(&desk, &words("printer", false)).await, (all, 4));
    assert_eq!(ids(&desk, &words("articlecanary3", true)).await, (vec![], 0));
    desk.state().quirks(|it| it.ignore_filters = true);
    assert_eq!(ids(&desk, &words("printer", true)).await, (vec!["801".into()], 1), "filters are not believed");
    let closed = desk_with(|_| {}).await;
    assert_eq!(ids(&closed, &words("printer", true)).await, (vec![], 0));
    assert_eq!(closed.state().log.all().len(), 0);
    let found = closed.knowledge().article(&acme(), &article("801")).await.expect("an article");
    assert!(!open(found).expect("everybody's").public);
}

#[tokio::test]
async fn an_article_is_whole_and_a_hit_is_not() {
    let desk = known().await;
    let found = open(desk.knowledge().article(&acme(), &article("801")).await.expect("an article"));
    let found = found.expect("everybody's");
    assert_eq!((found.category.as_str(), found.public), ("Hardware", true));
    assert_eq!(found.body.expose(), "Open the lid, then close it.");
    assert_eq!(found.updated_at.to_string(), "2026-09-01T00:00:00Z");
    clean(&found);
    let page = desk.knowledge().search(&acme(), &words("red printer", true)).await.expect("a page");
    let hits = opened(page.rows);
    assert_eq!(hits.iter().map(|it| it.body.expose()).collect::<Vec<_>>(), [""]);
    clean(&hits);
    let query = ArticleQuery { category: Some("other".into()), ..words("printer", true) };
    assert_eq!(ids(&desk, &query).await, (vec![], 0));
}

#[tokio::test]
async fn an_article_that_is_not_plainly_in_use_is_not_there() {
    let desk = known().await;
    for id in ["804", "806", "999999", "0", "801x"] {
        let refused = desk.knowledge().article(&acme(), &article(id)).await.expect_err(id);
        assert_eq!(refused.kind(), ErrorKind::NotFound, "{id}");
        clean(&refused);
    }
}

#[tokio::test]
async fn b16_search_words_are_values_whatever_they_say() {
    let desk = known().await;
    for text in ["\"}]}", "printer\",\"op\":\"exist", "' or 1=1"] {
        let (found, _) = ids(&desk, &words(text, true)).await;
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[tokio::test]
async fn an_article_without_its_text_or_with_another_ones_is_a_bad_reply() {
    use postern_simulators::autotask::Kind;
    let texts = "knowledgebasearticles/801/plaintextcontent";
    for (path, body) in [
        (texts, "{}"),
        (texts, "[]"),
        (texts, "<html>CANARY</html>"),
        ("knowledgebasearticles/801", r#"{"item":{"id":802,"title":"CANARY","isActive":true}}"#),
        ("knowledgebasecategories", r#"{"items":7}"#),
    ] {
        let desk = known().await;
        desk.state().can(Kind::Reads, path, 200, body);
        let refused = desk.knowledge().article(&acme(), &article("801")).await.expect_err(body);
        assert_eq!(refused.kind(), ErrorKind::BadReply, "{body}");
        clean(&refused);
    }
}

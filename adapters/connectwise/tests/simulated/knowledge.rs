//! The knowledge base.

use crate::setup::*;
use postern_api::*;

fn words(text: &str, public_only: bool) -> ArticleQuery {
    ArticleQuery { text: text.into(), category: None, public_only, limit: 10 }
}

async fn ids(desk: &Desk, query: &ArticleQuery) -> (Vec<String>, u64) {
    let page = desk.knowledge().search(&acme(), query).await.expect("a page");
    let total = page.total;
    (opened(page.rows).iter().map(|it| it.id.to_string()).collect(), total)
}

#[tokio::test]
async fn an_article_is_public_only_in_a_category_that_the_configuration_names() {
    let desk = desk().await;
    assert_eq!(ids(&desk, &words("VPN", true)).await, (vec!["901".into(), "902".into()], 2));
    let (all, total) = ids(&desk, &words("VPN", false)).await;
    assert_eq!((all.len(), total), (4, 4));
    assert_eq!(ids(&desk, &words("secrets", true)).await, (vec![], 0));
    desk.state().quirks(|it| it.ignore_conditions = true);
    assert_eq!(ids(&desk, &words("VPN", true)).await, (vec!["901".into(), "902".into()], 2));
    assert_eq!(ids(&desk, &words("secrets", true)).await, (vec![], 0));
    let closed = desk_with(|it| it.public_article_categories.clear()).await;
    assert_eq!(ids(&closed, &words("VPN", true)).await, (vec![], 0));
    assert_eq!(closed.state().log.all().len(), 0);
    let article =
        closed.knowledge().article(&acme(), &ArticleId::new("901").expect("an id")).await.expect("an article");
    assert!(!open(article).expect("everybody's").public);
}

#[tokio::test]
async fn an_article_is_whole_and_a_hit_is_not() {
    let desk = desk().await;
    let article = desk.knowledge().article(&acme(), &ArticleId::new("901").expect("an id")).await.expect("an article");
    let article = open(article).expect("everybody's");
    assert_eq!((article.category.as_str(), article.public), ("Networking", true));
    assert_eq!(article.body.expose(), "How to reset the vpn client.\n\nDo this.");
    clean(&article);
    let query = ArticleQuery { category: Some("networking".into()), ..words("reset vpn", true) };
    assert_eq!(ids(&desk, &query).await, (vec!["901".into()], 1));
    let query = ArticleQuery { category: Some("other".into()), ..words("vpn", true) };
    assert_eq!(ids(&desk, &query).await, (vec![], 0));
}

#[tokio::test]
async fn b16_words_stay_inside_their_literal() {
    use postern_simulators::connectwise::conditions::parse;
    let desk = desk().await;
    for text in ["\" or id>0 or title=\"", "vpn\\\") or (id>0", "*", "\"\""] {
        desk.state().log.clear();
        let (found, _) = ids(&desk, &words(text, true)).await;
        assert!(!found.contains(&"903".to_owned()), "{text}");
        for request in desk.asked("GET", "service/knowledgeBaseArticles") {
            let conditions = parameter(&request, "conditions").expect("conditions");
            let filter = parse(&conditions).expect("a filter");
            let fields: Vec<&str> = filter.clauses().iter().map(|(field, _)| *field).collect();
            assert_eq!(fields, ["title", "issue", "resolution", "categoryId"], "{text}: {conditions}");
        }
    }
}

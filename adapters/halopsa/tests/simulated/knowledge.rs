//! Articles.

use crate::setup::*;
use postern_api::*;

fn vpn(public_only: bool) -> ArticleQuery {
    ArticleQuery { text: "vpn".into(), category: None, public_only, limit: 10 }
}

fn article(id: &str) -> ArticleId {
    ArticleId::new(id).expect("a test id")
}

#[tokio::test]
async fn customers_search_only_what_is_plainly_public() {
    for ignored in [false, true] {
        let desk = desk().await;
        desk.state().quirks(|it| it.ignore_filters = ignored);
        let page = desk.knowledge().search(&acme(), &vpn(true)).await.expect("a page");
        assert_eq!(page.total, 2, "internal ones are not counted");
        clean(&page);
        let found = opened(page.rows);
        assert_eq!(found.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["901", "902"], "best first");
        assert_eq!((found[0].category.as_str(), found[1].category.as_str()), ("Networking", "General"));
        assert_eq!((found[0].views, found[0].helpful_percentage), (10, Some(75)));
        assert!(found[0].relevance > found[1].relevance && found[0].body.expose().is_empty());
    }
}

#[tokio::test]
async fn employees_find_internal_ones_too_but_not_another_clients() {
    let desk = desk().await;
    let page = desk.knowledge().search(&acme(), &vpn(false)).await.expect("a page");
    let found = opened(page.rows);
    let ids: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["901", "903", "904", "905", "902"]);
    assert_eq!(found.iter().filter(|it| it.public).count(), 2);
    assert!(!format!("{found:?}").contains("CANARY-MEMO"));
}

#[tokio::test]
async fn a_category_narrows_and_an_empty_search_finds_nothing() {
    let desk = desk().await;
    let query = ArticleQuery { category: Some("networking".into()), ..vpn(true) };
    assert_eq!(desk.knowledge().search(&acme(), &query).await.expect("a page").total, 1);
    let query = ArticleQuery { text: "  ".into(), ..vpn(true) };
    assert_eq!(desk.knowledge().search(&acme(), &query).await.expect("a page").total, 0);
    let query = ArticleQuery { text: "memo".into(), ..vpn(false) };
    assert_eq!(desk.knowledge().search(&acme(), &query).await.expect("a page").total, 0, "memos are not searched");
}

#[tokio::test]
async fn one_article_says_whether_it_is_public() {
    let desk = desk().await;
    let read = async |id: &str| desk.knowledge().article(&acme(), &article(id)).await;
    let public = open(read("901").await.expect("an article")).expect("the tenant's");
    assert!(public.public && public.body.expose() == "How to reset the vpn client.\n\nDo this.");
    for internal in ["903", "904", "905"] {
        assert!(!open(read(internal).await.expect("an article")).expect("the tenant's").public, "{internal}");
    }
    let globex = read("906").await.expect("the vendor gives it");
    assert_eq!(open(globex).map(|it| it.id).expect_err("Globex's"), Owner::Organisation(ext(GLOBEX)));
    let unreadable = read("907").await.expect("the vendor gives it");
    assert_eq!(open(unreadable).map(|it| it.id).expect_err("nobody's"), Owner::Unknown);
    for missing in ["999", "x"] {
        assert_eq!(read(missing).await.expect_err("missing").kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn configured_lists_say_what_is_public() {
    let desk = desk_with(|it| it.public_article_lists = vec![6]).await;
    assert_eq!(desk.knowledge().search(&acme(), &vpn(true)).await.expect("a page").total, 0);
    let desk = desk_with(|it| it.public_article_lists = vec![5]).await;
    let found = opened(desk.knowledge().search(&acme(), &vpn(true)).await.expect("a page").rows);
    assert!(found.iter().all(|it| it.id.as_str() != "902"), "in no list");
}

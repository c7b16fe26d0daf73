//! Articles in Hudu. Questions and answers of the portal are not articles, and stay with Postern.

use super::{BASIC, GLOBEX_LEAD, LEAD, NAME, OWNER, SERVICE_LEAD, SUPPORT, fast, gateway};
use crate::gateway::Gateway;
use crate::support::column;
use postern::config::SystemConfig;
use postern_hudu::Config;
use postern_simulators::Running;
use postern_simulators::hudu::{self, ACME, API_KEY, GLOBEX, PUBLIC_FOLDER, State};
use serde_json::{Value, json};

const MINE: &str = "customer_search_kb";
const ALL: &str = "search_kb";
const READ: &str = "get_kb_article";
const FAQ: &str = "portal.faq_entries.list";

async fn world() -> (Gateway, Running<State>) {
    let hudu = hudu::start().await.unwrap();
    let mut config = Config::new(format!("{}/api/v1", hudu.url), API_KEY.to_owned().into());
    config.public_folders = vec![PUBLIC_FOLDER];
    let system = SystemConfig::Hudu(Box::new(config), fast());
    let customers = [("acme", ACME.to_string()), ("globex", GLOBEX.to_string())];
    let gateway = gateway(system, customers, |ports| ports.knowledge = NAME.into()).await;
    (gateway, hudu)
}

fn ids(found: &Value) -> Vec<&str> {
    let mut ids = column(&found["articles"], "article_id");
    ids.sort_unstable();
    ids
}

fn vpn() -> Value {
    json!({ "query": "vpn" })
}

#[tokio::test]
async fn customers_find_the_public_articles_of_everybody_and_of_their_own() {
    let (gateway, hudu) = world().await;
    for (email, own) in [(LEAD, ["1", "3"]), (BASIC, ["1", "3"]), (GLOBEX_LEAD, ["1", "6"])] {
        let me = gateway.person(email);
        let found = me.data(MINE, vpn()).await;
        assert_eq!((ids(&found), &found["total"]), (own.to_vec(), &json!(2)), "{email}");
        assert_eq!(found["articles"][0].get("public"), None);
        let article = me.data(READ, json!({ "article_id": "1" })).await;
        assert_eq!(
            (&article["title"], &article["content"]),
            (&json!("Set up the VPN"), &json!("Install the client & sign in."))
        );
    }
    // An employee finds all of it, each with whether customers do.
    let found = gateway.person(SUPPORT).data(ALL, vpn()).await;
    assert_eq!(ids(&found), ["1", "2", "3", "4", "5", "6"]);
    let public = found["articles"].as_array().unwrap().iter().filter(|it| it["public"] == true);
    let mut public: Vec<_> = public.map(|it| it["article_id"].as_str().unwrap()).collect();
    public.sort_unstable();
    assert_eq!(public, ["1", "3", "6"]);
    assert!(hudu.state.log.all().iter().all(|it| it.method == "GET" && it.path.starts_with("/api/v1/articles")));
}

/// Internal, shared with the whole internet, a draft, another customer's: one and the same as what is not there.
#[tokio::test]
async fn r02_an_article_that_is_not_for_a_customer_is_a_missing_one() {
    let (gateway, hudu) = world().await;
    for email in [LEAD, BASIC] {
        let me = gateway.person(email);
        let missing = me.ask(READ, json!({ "article_id": "999" })).await;
        assert_eq!(missing["code"], "ARTICLE_NOT_FOUND");
        for hidden in ["2", "4", "5", "6"] {
            assert_eq!(me.ask(READ, json!({ "article_id": hidden })).await, missing, "{email} {hidden}");
        }
        for words in ["INTERNALCANARY", "SHAREDCANARY", "DRAFTCANARY", "GLOBEXCANARY"] {
            let found = me.data(MINE, json!({ "query": words })).await;
            assert_eq!((&found["articles"], &found["total"]), (&json!([]), &json!(0)), "{email} {words}");
        }
        // A search that is not narrowed over there, and an answer that is another article.
        hudu.state.quirks(|it| it.ignore_company = true);
        let found = me.ask(MINE, vpn()).await;
        assert_eq!(ids(&found["data"]), ["1", "3"], "{email}");
        assert!(!found.to_string().contains("CANARY"), "{found}");
        hudu.state.quirks(|it| (it.ignore_company, it.wrong_article) = (false, true));
        let wrong = me.ask(READ, json!({ "article_id": "3" })).await;
        assert_eq!(wrong["status"], "error");
        assert!(!wrong.to_string().contains("CANARY"), "{wrong}");
        hudu.state.quirks(|it| it.wrong_article = false);
    }
    for email in [SERVICE_LEAD, OWNER] {
        let runbook = gateway.person(email).data(READ, json!({ "article_id": "2" })).await;
        assert_eq!(runbook["public"], false, "{email}");
    }
}

#[tokio::test]
async fn an_article_that_becomes_internal_is_gone_for_customers_at_once() {
    let (gateway, hudu) = world().await;
    let lead = gateway.person(LEAD);
    assert_eq!(ids(&lead.data(MINE, vpn()).await), ["1", "3"]);
    hudu.state.articles(|rows| rows[0]["folder_id"] = json!(9));
    assert_eq!(ids(&lead.data(MINE, vpn()).await), ["3"]);
    assert_eq!(lead.code(READ, json!({ "article_id": "1" })).await, "ARTICLE_NOT_FOUND");
}

#[tokio::test]
async fn questions_and_answers_are_the_portals_own_and_hold_nothing_of_hudu() {
    let (gateway, hudu) = world().await;
    let lead = gateway.person(LEAD);
    let list = lead.data(FAQ, json!({})).await;
    assert_eq!(list["pagination"]["total"], 4);
    assert!(!list.to_string().contains("CANARY"), "{list}");
    let searches = hudu
        .state
        .log
        .all()
        .into_iter()
        .filter(|it| it.query.contains("search=") || it.path.ends_with(char::is_numeric));
    assert_eq!(searches.map(|it| it.path).collect::<Vec<_>>(), [""; 0]);
}

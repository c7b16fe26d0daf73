//! The adapter against the simulator: the kit, and servers that say more than they were asked.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

use postern_api::http::{Effect, SecretString};
use postern_api::*;
use postern_hudu::{Config, authenticator, connect};
use postern_kit::{Articles, Caps, FAULT_CANARY, Fault, FaultSide, Fixture, Missing, Side, run, run_failures};
use postern_simulators::Running;
use postern_simulators::broken::{self, Answer, Detour};
use postern_simulators::http::PlainHttp;
use postern_simulators::hudu::{ACME, API_KEY, GLOBEX, PUBLIC_FOLDER, State, article, start};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn config(url: &str) -> Config {
    let config = Config::new(format!("{url}/api/v1"), SecretString::from(API_KEY));
    Config { public_folders: vec![PUBLIC_FOLDER], ..config }
}

fn over(config: Config) -> Arc<dyn Adapter> {
    let http = PlainHttp::new(&config.base_url, Some(authenticator(&config))).expect("a client");
    connect(config, http).expect("an adapter")
}

async fn hudu() -> (Running<State>, Arc<dyn Adapter>) {
    let server = start().await.expect("a free port");
    let adapter = over(config(&server.url));
    (server, adapter)
}

fn external(number: i64) -> ExternalId {
    ExternalId::new(&number.to_string()).expect("an id")
}

fn id(number: i64) -> ArticleId {
    ArticleId::new(&number.to_string()).expect("an id")
}

fn map() -> OrganisationMap {
    let org = |name: &str| OrganisationId::new(name).expect("an id");
    OrganisationMap::new([(org("acme"), external(ACME)), (org("globex"), external(GLOBEX))])
}

fn cx() -> CallCx {
    CallCx::new(Reach::Organisations(vec![external(ACME)]), Duration::from_secs(20))
}

fn open<T>(row: Owned<T>) -> Result<T, Owner> {
    let tenant = TenantId::new("msp").expect("an id");
    let scope = Scope::organisation(tenant, OrganisationId::new("acme").expect("an id"));
    scope.admit(&map(), row).map(|it| it.record)
}

fn words(text: &str, public_only: bool) -> ArticleQuery {
    ArticleQuery { text: text.into(), category: None, public_only, limit: 50 }
}

async fn ids(adapter: &Arc<dyn Adapter>, query: &ArticleQuery) -> Vec<String> {
    let page = adapter.knowledge().expect("articles").search(&cx(), query).await.expect("articles");
    let mut ids: Vec<_> = page.rows.into_iter().map(|it| open(it).expect("a row in reach").id.to_string()).collect();
    ids.sort();
    ids
}

fn side(name: &str, number: i64) -> Side {
    Side {
        organisation: OrganisationId::new(name).expect("an id"),
        external: external(number),
        requester: ContactId::new("nobody").expect("an id"),
        email: format!("nobody@{name}.example"),
        ticket: TicketId::new("none").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: None,
        lead: None,
        member: None,
    }
}

fn fixture(adapter: Arc<dyn Adapter>) -> Fixture {
    Fixture {
        adapter,
        map: map(),
        own: side("acme", ACME),
        foreign: side("globex", GLOBEX),
        staff: Agent { id: "7".into(), name: "Sam Service".into(), email: None },
        escalation_target: String::new(),
        articles: Some(Articles {
            public: id(1),
            internal: id(2),
            word: "VPN".into(),
            internal_canary: "INTERNALCANARY".into(),
        }),
        missing: Missing {
            ticket: TicketId::new("999").expect("an id"),
            contact: ContactId::new("999").expect("an id"),
            organisation: external(999),
            article: id(999),
        },
        caps: Caps::default(),
    }
}

#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (server, adapter) = hudu().await;
    let report = run(&fixture(adapter)).await;
    assert!(report.passed(), "{report}");
    assert!(server.state.log.all().iter().all(|it| it.method == "GET" && it.path.starts_with("/api/v1/articles")));
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let server = start().await.expect("a free port");
    let broken = broken::start().await.expect("a free port");
    let config = config(&server.url);
    let usual = PlainHttp::new(&config.base_url, Some(authenticator(&config))).expect("a client");
    let detour = Detour::new(usual, PlainHttp::new(&broken.url, None).expect("a client"));
    let adapter = connect(config, detour.clone()).expect("an adapter");
    let report = run_failures(&fixture(adapter), &|trouble| {
        if let Some(trouble) = trouble {
            broken.state.answer(answer(trouble.fault));
        }
        detour.detour(trouble.map(|it| if it.side == FaultSide::Reads { Effect::Read } else { Effect::Write }));
    })
    .await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 11);
}

fn answer(fault: Fault) -> Answer {
    let said = |status: u16, body: &str| Answer {
        status,
        content_type: "application/json; charset=utf-8".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Answer::default()
    };
    match fault {
        Fault::Unauthenticated => said(401, r#"{"error":"@"}"#),
        Fault::Forbidden => said(403, r#"{"error":"@"}"#),
        Fault::NotFound => said(404, r#"{"error":"@"}"#),
        Fault::RateLimited => Answer { retry_after: Some(7), ..said(429, r#"{"error":"@"}"#) },
        Fault::ServerError => said(500, r#"{"error":"@"}"#),
        Fault::Slow => Answer { silent: true, ..said(200, "{}") },
        Fault::Cut => said(200, r#"{"articles":[{"id":1,"name":"@"#),
        Fault::Html => Answer { content_type: "text/html".into(), ..said(200, "<html>@</html>") },
        Fault::WrongJson => said(200, r#"{"greeting":["@"]}"#),
    }
}

#[tokio::test]
async fn a_share_link_makes_no_article_public_and_a_draft_is_none() {
    let (_server, adapter) = hudu().await;
    assert_eq!(ids(&adapter, &words("VPN", true)).await, ["1", "3"]);
    assert_eq!(ids(&adapter, &words("VPN", false)).await, ["1", "2", "3", "4", "5"]);
    for canary in ["SHAREDCANARY", "DRAFTCANARY", "INTERNALCANARY"] {
        assert!(ids(&adapter, &words(canary, true)).await.is_empty(), "{canary}");
    }
}

#[tokio::test]
async fn b03_a_row_that_the_filter_let_through_is_owned_by_its_company() {
    let (server, adapter) = hudu().await;
    server.state.quirks(|it| it.ignore_company = true);
    let rows = adapter.knowledge().expect("articles").search(&cx(), &words("VPN", false)).await.expect("rows");
    assert_eq!(rows.total, 5, "only what is in reach counts");
    let owners: Vec<Owner> = rows.rows.into_iter().filter_map(|it| open(it).err()).collect();
    assert_eq!(owners, [Owner::Organisation(external(GLOBEX))]);
}

#[tokio::test]
async fn another_companys_article_is_a_missing_one_and_one_that_does_not_say_is_nobodys() {
    let (server, adapter) = hudu().await;
    server.state.articles(|rows| {
        let mut unsaid = article(20, None, Some(PUBLIC_FOLDER), "VPN unsaid", "VPN");
        unsaid.as_object_mut().expect("an object").remove("company_id");
        rows.extend([unsaid, article(21, Some(0), Some(PUBLIC_FOLDER), "VPN zero", "VPN")]);
        let mut archived = article(22, None, Some(PUBLIC_FOLDER), "VPN old", "VPN");
        archived["archived"] = json!(true);
        rows.push(archived);
    });
    let knowledge = adapter.knowledge().expect("articles");
    for missing in [6, 20, 21, 22, 999] {
        let error = knowledge.article(&cx(), &id(missing)).await.expect_err("missing");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "article not found"), "{missing}");
    }
    assert_eq!(ids(&adapter, &words("VPN", true)).await, ["1", "3"]);
    server.state.quirks(|it| it.wrong_article = true);
    assert_eq!(knowledge.article(&cx(), &id(1)).await.expect_err("another").kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn pages_without_a_total_are_read_to_their_end_and_no_further() {
    let (server, adapter) = hudu().await;
    server.state.articles(|rows| {
        rows.extend((100..360).map(|it| article(it, None, Some(PUBLIC_FOLDER), "Printer", "PAGED")));
    });
    let total = async |adapter: &Arc<dyn Adapter>| {
        let page = adapter.knowledge().expect("articles").search(&cx(), &words("PAGED", true)).await.expect("rows");
        (page.total, page.truncated)
    };
    for cap in [0, 30, 25, 100] {
        server.state.quirks(|it| it.page_cap = cap);
        assert_eq!(total(&adapter).await, (260, false), "{cap}");
    }
    // Every page is the first one: what came is kept, and it ends.
    server.state.quirks(|it| (it.page_cap, it.ignore_paging) = (0, true));
    assert_eq!(total(&adapter).await, (100, false));
    server.state.quirks(|it| it.ignore_paging = false);
    let few = over(Config { max_rows: 150, ..config(&server.url) });
    assert_eq!(total(&few).await, (150, true));
}

#[tokio::test]
async fn the_key_is_in_its_header_and_nowhere_else() {
    let (server, adapter) = hudu().await;
    adapter.probe(&cx()).await.expect("all is well");
    for asked in server.state.log.all() {
        assert!(!asked.path.contains(API_KEY) && !asked.query.contains(API_KEY));
        let named: Vec<_> = asked.headers.iter().filter(|it| it.1.contains(API_KEY)).map(|it| it.0.as_str()).collect();
        assert_eq!(named, ["x-api-key"]);
    }
    let wrong = over(config(&server.url).with_secret(SecretString::from("wrong")));
    assert_eq!(wrong.probe(&cx()).await.expect_err("refused").kind(), ErrorKind::Unauthenticated);
    let wrong = over(Config { base_url: server.url.clone(), ..config(&server.url) });
    assert_eq!(wrong.probe(&cx()).await.expect_err("elsewhere").kind(), ErrorKind::Unavailable);
}

//! The page that matches organisations: who sees it, and that nothing becomes visible but by a person's own form.

use super::{Browser, Method, TENANT};
use crate::gateway::Gateway;
use postern::config::Config;
use postern::tools::Identities as _;
use postern_api::{ExternalId, OrganisationId, TenantId};
use postern_simulators::Running;
use postern_simulators::halopsa::{self, State};
use serde_json::json;

const PATH: &str = "/console/admin/organisations";

/// The demo's tenant, whose customer records are in a HaloPSA that has Acme configured and Globex not.
async fn gateway() -> (Gateway, Running<State>) {
    let halo = halopsa::start().await.unwrap();
    halo.state.data(|data| data.clients[1]["stopped"] = json!(0));
    let url = halo.url.clone();
    let gateway = Gateway::with(|config| {
        let secret = config.server.data_dir.join("halo-secret");
        std::fs::write(&secret, halopsa::CLIENT_SECRET).unwrap();
        let (tenant, client) = (halopsa::TENANT, halopsa::CLIENT_ID);
        let text = format!(
            r#"
[server]
data_dir = "x"
[edge]
public_url = "http://127.0.0.1/mcp"
[[tenants]]
id = "x"
name = "x"
[tenants.realms.employee]
issuer = "https://id.example"
[tenants.ports]
service_desk = "halo"
crm = "halo"
knowledge = "halo"
identity = "own"
[tenants.systems.own]
kind = "embedded"
[tenants.systems.halo]
kind = "halopsa"
base_url = "{url}/api"
tenant = "{tenant}"
client_id = "{client}"
client_secret = {{ file = {secret:?} }}
"#
        );
        let systems = Config::parse(&text).unwrap().tenants.remove(0).systems;
        let of = config.tenants.iter_mut().find(|it| it.id.as_str() == TENANT).unwrap();
        of.systems.extend(systems.into_iter().filter(|(name, _)| name == "halo"));
        of.ports.crm = "halo".into();
        let acme = of.organisations.get_mut(&OrganisationId::new("acme").unwrap()).unwrap();
        acme.insert("halo".into(), ExternalId::new(&halopsa::ACME.to_string()).unwrap());
    })
    .await;
    (gateway, halo)
}

fn halos_globex(gateway: &Gateway) -> Option<String> {
    let map = gateway.store.organisations(&TenantId::new(TENANT).unwrap(), "halo").unwrap();
    map.ours(&ExternalId::new(&halopsa::GLOBEX.to_string()).unwrap()).map(ToString::to_string)
}

/// The mark of the first proposal on a page.
fn mark(text: &str) -> String {
    let rest = text.split("name=\"proposal\" value=\"").nth(1).expect("a proposal");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_match_is_made_by_an_administrators_own_form_for_what_was_shown_and_by_nothing_else() {
    let (gateway, halo) = gateway().await;
    let admin = gateway.person("admin@msp.example");
    let office = Browser::of(&gateway, Some(&admin));
    let csrf = office.csrf();
    let (ask, good) = ([("csrf", csrf.as_str()), ("decision", "ask")], csrf.as_str());
    // Looking asks nobody.
    for path in [PATH.to_owned(), format!("{PATH}?decision=ask&csrf={csrf}")] {
        let page = office.get(&path).await;
        assert!(page.status == 200 && page.text.contains("have not been asked"), "{}", page.text);
    }
    for form in [vec![("decision", "ask")], vec![("csrf", good)], vec![("csrf", good), ("decision", "everything")]] {
        assert_eq!(office.post(PATH, &form).await.status, 403, "{form:?}");
    }
    let from = [("sec-fetch-site", "cross-site")];
    assert_eq!(office.send(Method::POST, PATH, &ask, &from).await.status, 403);
    // To nobody else it is there.
    for email in ["lead@acme.example", "support-write@msp.example", "finance@msp.example"] {
        let person = gateway.person(email);
        let browser = Browser::of(&gateway, Some(&person));
        let own = browser.csrf();
        assert_eq!(browser.get(PATH).await.status, 404, "{email}");
        assert_eq!(browser.post(PATH, &[("csrf", &own), ("decision", "ask")]).await.status, 404, "{email}");
    }
    assert_eq!(Browser::of(&gateway, None).post(PATH, &ask).await.status, 303, "to the sign-in");
    assert_eq!(halo.state.log.all().len(), 0, "nothing was asked so far");
    // Asking proposes, and matches nobody.
    assert_eq!(office.post(PATH, &ask).await.status, 303);
    assert!(halo.state.log.count("GET", "/api/Client") > 0);
    let page = office.get(PATH).await;
    assert!(page.text.contains("<bdi>globex</bdi>") && page.text.contains("the same e-mail domain"), "{}", page.text);
    let mark = mark(&page.text);
    let staff = gateway.person("support-write@msp.example");
    let globex = json!({ "organization_id": "globex" });
    assert_eq!(staff.code("internal_get_organization", globex.clone()).await, "ORGANIZATION_NOT_FOUND");
    let before = gateway.rows().len();
    let agree = |csrf: &str, mark: &str| {
        let form = [("csrf", csrf.to_owned()), ("decision", "agree".into()), ("proposal", mark.to_owned())];
        let office = &office;
        async move {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            office.post(PATH, &form).await.status
        }
    };
    assert_eq!(agree("", &mark).await, 403);
    let other = gateway.elsewhere("admin@msp.example");
    let theirs = Browser::of(&gateway, Some(&other));
    assert_eq!(agree(&theirs.csrf(), &mark).await, 403);
    let theirs = theirs.post(PATH, &[("csrf", &theirs.csrf()), ("decision", "agree"), ("proposal", &mark)]).await;
    assert_eq!(theirs.status, 409, "the other tenant has no such proposal");
    assert_eq!(agree(&csrf, "0123456789abcdef0123456789abcdef").await, 409);
    // What is called otherwise by now is another proposal.
    halo.state.data(|data| data.clients[1]["name"] = json!("Globex <b>Holding</b>\u{202e}"));
    assert_eq!(office.post(PATH, &ask).await.status, 303);
    assert_eq!(agree(&csrf, &mark).await, 409);
    assert_eq!(halos_globex(&gateway), None);
    assert!(gateway.rows()[before..].iter().all(|it| it["phase"] != "attempt"), "nothing was changed so far");
    let page = office.get(PATH).await;
    assert!(!page.text.contains("<b>Holding") && !page.text.contains('\u{202e}'));
    let mark = self::mark(&page.text);
    assert_eq!(agree(&csrf, &mark).await, 303);
    assert_eq!(halos_globex(&gateway).as_deref(), Some("globex"));
    assert_eq!(staff.ask("internal_get_organization", globex.clone()).await["status"], "success", "at once");
    assert_eq!(agree(&csrf, &mark).await, 409, "it is done");
    let noted: Vec<_> = gateway.rows().split_off(before);
    let of = |phase: &str| {
        noted.iter().filter(|it| it["tool"] == "console:organisation-agree" && it["phase"] == phase).count()
    };
    assert_eq!((of("attempt"), of("outcome")), (1, 1));
    // And it is taken back by such a form too.
    let page = office.get(PATH).await;
    assert!(page.text.contains("Agreed to here") && page.text.contains("Take back"), "{}", page.text);
    let back = |csrf| [("csrf", csrf), ("decision", "withdraw"), ("system", "halo"), ("organisation", "globex")];
    assert_eq!(office.post(PATH, &back("")).await.status, 403);
    assert_eq!(halos_globex(&gateway).as_deref(), Some("globex"));
    assert_eq!(office.post(PATH, &back(&csrf)).await.status, 303);
    assert_eq!(halos_globex(&gateway), None);
    assert_eq!(staff.code("internal_get_organization", globex).await, "ORGANIZATION_NOT_FOUND");
    let acme = [("csrf", good), ("decision", "withdraw"), ("system", "halo"), ("organisation", "acme")];
    assert_eq!(office.post(PATH, &acme).await.status, 409, "what is configured is not taken back");
}

//! Whatever ends a grant ends all of it within a second, measured from before it was asked to when it was seen: the next call, the
//! open stream, and what waits for a person.

use super::browser::{Browser, Client, tokens};
use super::world::{World, world_with};
use crate::gateway::{Person, TENANT};
use crate::mcp::wire::within;
use jiff::Timestamp;
use postern::authority::Connected;
use postern::authority::identity::{Ended, EndedBy, Ending as _};
use postern::govern::action::{ActionId, Actions as _, State};
use postern::govern::confirmation::Confirmations;
use postern_api::TenantId;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const PERSON: &str = "service-lead@msp.example";
const SCOPES: [&str; 4] = ["support.read", "support.write", "documents.read", "documents.write"];
/// What the contract says; the system does it in milliseconds.
const AT_MOST: Duration = Duration::from_secs(1);

/// A session's open stream: the moment at which it ended.
pub(crate) async fn stream(person: &Person) -> JoinHandle<Instant> {
    let (session, _) = person.user.initialize("2025-11-25").await;
    let open = session.user.request(Method::GET).header("mcp-session-id", &session.id);
    let mut open = within(open.header("mcp-protocol-version", "2025-11-25").send()).await.unwrap();
    assert_eq!(open.status(), 200);
    tokio::spawn(async move {
        while let Ok(Some(_)) = open.chunk().await {}
        Instant::now()
    })
}

/// Holds that the stream was open when something began, and ended soon after.
pub(crate) async fn ended_soon(stream: JoinHandle<Instant>, began: Instant) {
    let at = within(stream).await.unwrap();
    assert!(at > began, "it had ended before");
    assert!(at - began < AT_MOST, "{:?}", at - began);
}

/// Why a grant ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    ItsClient,
    ItsOwner,
    AnAdministrator,
    TheRealmLogsOut,
    ThePersonLeft,
    AnOldRefreshToken,
    ACodeUsedTwice,
    ARoleWasLost,
    TheOrganisationChanged,
}

fn tenant() -> TenantId {
    TenantId::new(TENANT).unwrap()
}

fn connected(world: &World, client: &Client) -> Connected {
    let all = world.gateway.authority.as_ref().unwrap().connected_in(&tenant(), 0, 100).unwrap();
    all.into_iter().find(|it| *it.client == *client.id).unwrap()
}

async fn revoked_on_a_page(world: &World, email: &str, path: &str) {
    let browser = Browser::of(&world.gateway, email);
    let csrf = browser.get(path).await.field("csrf");
    let done = browser.post(path, &[("csrf", &csrf), ("confirm", "revoke")]).await;
    assert_eq!(done.status, 200, "{done:?}");
}

impl Cause {
    async fn happens(self, world: &World, client: &Client, code: &str, refresh: &str) {
        let it = connected(world, client);
        let authority = world.gateway.authority.clone().unwrap();
        match self {
            Self::ItsClient => {
                let form = [("token", refresh), ("client_id", client.id.as_str())];
                assert_eq!(client.send("/revoke", &form).await.status, 200);
            }
            Self::ItsOwner => revoked_on_a_page(world, PERSON, &format!("/console/clients/{}/revoke", it.grant)).await,
            Self::AnAdministrator => {
                let path = format!("/console/admin/clients/{}/revoke", it.grant);
                revoked_on_a_page(world, "admin@msp.example", &path).await;
            }
            Self::TheRealmLogsOut => {
                let session = format!("sid-{PERSON}").into();
                let what = Ended::RealmSession { issuer: it.principal.issuer, session };
                authority.end(&tenant(), &what, EndedBy::RealmLogout);
            }
            Self::ThePersonLeft => authority.end(&tenant(), &Ended::Person(it.principal), EndedBy::RightsLost),
            Self::AnOldRefreshToken => {
                let (_, next) = tokens(&client.refresh(refresh, &[]).await);
                tokens(&client.refresh(&next, &[]).await);
                assert_eq!(client.refresh(refresh, &[]).await.status, 400);
            }
            Self::ACodeUsedTwice => assert_eq!(client.redeem(code, &[]).await.status, 400),
            Self::ARoleWasLost | Self::TheOrganisationChanged => {
                world.realms.say(move |before| {
                    let mut now = before.clone();
                    if self == Self::ARoleWasLost {
                        now.roles = BTreeSet::from(["support-read".to_owned()]);
                    } else {
                        now.assigned = Some(BTreeSet::new());
                    }
                    Ok(Some(now))
                });
                tokens(&client.refresh(refresh, &[]).await);
                world.realms.say(|before| Ok(Some(before.clone())));
            }
        }
    }

    /// Whether the grant itself goes on, with less.
    fn narrows(self) -> bool {
        matches!(self, Self::ARoleWasLost | Self::TheOrganisationChanged)
    }
}

#[tokio::test]
async fn o26_whatever_ends_a_grant_ends_its_calls_its_streams_and_what_waits_within_a_second() {
    let world = world_with(|config| config.console.enabled = Some(true)).await;
    for cause in [
        Cause::ItsClient,
        Cause::ItsOwner,
        Cause::AnAdministrator,
        Cause::TheRealmLogsOut,
        Cause::ThePersonLeft,
        Cause::AnOldRefreshToken,
        Cause::ACodeUsedTwice,
        Cause::ARoleWasLost,
        Cause::TheOrganisationChanged,
    ] {
        let client = Client::register(&world.gateway).await;
        let browser = Browser::of(&world.gateway, PERSON);
        let page = browser.get(&client.authorize(&[("scope", &SCOPES.join(" "))])).await;
        let code = browser.allow(&page, &SCOPES).await.answer("code").unwrap();
        let (access, refresh) = tokens(&client.redeem(&code, &[]).await);
        let person = world.gateway.bearing(&access);
        let tickets = person.data("search_tickets", json!({"limit": 1})).await;
        let ticket = tickets["tickets"][0]["ticket_id"].clone();
        person.pending("escalate_ticket", json!({"ticket_id": ticket, "target": "Network", "reason": "again"})).await;
        let drawing = json!({"customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2"});
        let (action, _) = person.waits("portal.document_publish.preview", drawing).await;
        let who = connected(&world, &client).principal;
        let waiting =
            || Confirmations::waiting(&*world.gateway.store, &tenant(), &who, Timestamp::now()).unwrap().len();
        assert_eq!(waiting(), 1, "{cause:?}");
        let stream = stream(&person).await;
        let began = Instant::now();
        cause.happens(&world, &client, &code, &refresh).await;
        assert_eq!(client.call(&access).await, 401, "{cause:?}");
        assert!(began.elapsed() < AT_MOST, "{cause:?}: {:?}", began.elapsed());
        ended_soon(stream, began).await;
        assert_eq!(waiting(), 0, "{cause:?}");
        assert!(!world.gateway.decide(&action, true), "{cause:?}");
        let id = ActionId::try_from(action).unwrap();
        assert_eq!(world.gateway.store.get(&tenant(), &id).unwrap().unwrap().state, State::Cancelled, "{cause:?}");
        if !cause.narrows() {
            assert_eq!(client.refresh(&refresh, &[]).await.json()["error"], "invalid_grant", "{cause:?}");
        }
    }
}

#[tokio::test]
async fn what_waits_stays_where_a_person_lost_nothing() {
    let world = world_with(|_| {}).await;
    let client = Client::register(&world.gateway).await;
    let browser = Browser::of(&world.gateway, PERSON);
    let page = browser.get(&client.authorize(&[("scope", &SCOPES.join(" "))])).await;
    let code = browser.allow(&page, &SCOPES).await.answer("code").unwrap();
    let (access, refresh) = tokens(&client.redeem(&code, &[]).await);
    let drawing = json!({"customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2"});
    let (action, _) = world.gateway.bearing(&access).waits("portal.document_publish.preview", drawing).await;
    world.realms.say(|before| {
        let mut now = before.clone();
        now.name = Some("Another Name".into());
        now.roles.insert("support-read".to_owned());
        Ok(Some(now))
    });
    tokens(&client.refresh(&refresh, &[]).await);
    assert!(world.gateway.decide(&action, true));
}

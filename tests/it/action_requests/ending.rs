//! A request dies with the grant that asked for it, also when it was approved already: within a second, and nothing is sent later.

use super::{Kept as _, LEAD, PREVIEW, PUBLISH, drawing};
use crate::authority::browser::{Browser, Client, tokens};
use crate::authority::world::{World, world};
use crate::gateway::{Person, TENANT};
use jiff::Timestamp;
use postern::authority::identity::{Ended, EndedBy, Ending as _};
use postern::govern::action::{Actions as _, State};
use postern_api::TenantId;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const SCOPES: [&str; 3] = ["documents.read", "documents.write", "portal.read"];
/// What is promised; it is done before whoever ended it has an answer.
const AT_MOST: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
enum Cause {
    Revoked,
    ThePersonLeft,
    TheRoleWasLost,
}

async fn connects(world: &World, client: &Client) -> (Person, String) {
    let browser = Browser::of(&world.gateway, LEAD);
    let page = browser.get(&client.authorize(&[("scope", &SCOPES.join(" "))])).await;
    let code = browser.allow(&page, &SCOPES).await.answer("code").unwrap();
    let (access, refresh) = tokens(&client.redeem(&code, &[]).await);
    (world.gateway.bearing(&access), refresh)
}

#[tokio::test]
async fn w11_an_approved_request_dies_with_its_grant_and_is_carried_out_by_no_later_one() {
    let world = world().await;
    let tenant = TenantId::new(TENANT).unwrap();
    let authority = world.gateway.authority.clone().unwrap();
    for cause in [Cause::Revoked, Cause::ThePersonLeft, Cause::TheRoleWasLost] {
        let client = Client::register(&world.gateway).await;
        let (lead, refresh) = connects(&world, &client).await;
        let (approved, _) = lead.waits(PREVIEW, drawing()).await;
        assert!(world.gateway.decide(&approved, true), "{cause:?}");
        let named = json!({ "preview_id": approved });
        let began = Instant::now();
        match cause {
            Cause::Revoked => {
                let form = [("token", refresh.as_str()), ("client_id", client.id.as_str())];
                assert_eq!(client.send("/revoke", &form).await.status, 200);
            }
            Cause::ThePersonLeft => {
                let all = authority.connected_in(&tenant, 0, 100).unwrap();
                let who = all.into_iter().find(|it| *it.client == *client.id).unwrap().principal;
                authority.end(&tenant, &Ended::Person(who), EndedBy::RightsLost);
            }
            Cause::TheRoleWasLost => {
                world.realms.say(|before| {
                    Ok(Some(postern::authority::identity::Identity {
                        roles: BTreeSet::from(["support-read".to_owned()]),
                        ..before.clone()
                    }))
                });
                tokens(&client.refresh(&refresh, &[]).await);
                world.realms.say(|before| Ok(Some(before.clone())));
            }
        }
        assert_eq!(world.gateway.kept(&approved).state, State::Cancelled, "{cause:?}");
        assert!(began.elapsed() < AT_MOST, "{cause:?}: {:?}", began.elapsed());
        // The same person, connected anew with the same rights, has to ask anew.
        let (again, _) = connects(&world, &Client::register(&world.gateway).await).await;
        let told = again.ask(PUBLISH, named).await;
        assert_eq!(told["code"], "ACTION_REQUEST_EXPIRED", "{cause:?}: {told}");
        assert!(told["message"].as_str().unwrap().contains("cancelled"), "{told}");
        assert_eq!(world.gateway.published(), 0, "{cause:?}");
        assert!(!world.gateway.decide(&approved, true), "{cause:?}");
        let (anew, _) = again.waits(PREVIEW, drawing()).await;
        assert_ne!(anew, approved);
        let it = world.gateway.kept(&anew);
        assert!(world.gateway.store.cancel(&tenant, &it.principal, &it.id, Timestamp::now()).unwrap());
    }
}

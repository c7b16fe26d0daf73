//! An account that changes: everything that rests on it ends within a second, with the real sign-in before it.

use super::accounts::{LEAD, NEW, customers, dated};
use super::mail::Sink;
use super::{Browser, csrf, password};
use crate::authority::browser::{Client, Seen, tokens};
use crate::authority::ending::{ended_soon, stream};
use crate::gateway::Gateway;
use postern::store::Store;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const BOTH: [&str; 2] = ["support.read", "support.write"];

/// Connects a client for whoever is signed in to a browser.
async fn connect(client: &Client, browser: &mut Browser) -> (String, String) {
    let (_, _, page) = browser.get(&client.authorize(&[])).await;
    let seen = Seen { status: reqwest::StatusCode::OK, headers: http::HeaderMap::new(), text: page };
    let (flow, csrf) = (seen.field("flow"), seen.field("csrf"));
    let mut form = vec![("flow", flow.as_str()), ("csrf", csrf.as_str()), ("decision", "allow")];
    form.extend(BOTH.map(|it| ("scope", it)));
    let (_, location, page) = browser.post("/authorize/consent", &form).await;
    let location = url::Url::parse(&location).unwrap_or_else(|_| panic!("{page}"));
    let code = location.query_pairs().find(|it| it.0 == "code").unwrap().1.into_owned();
    tokens(&client.redeem(&code, &[]).await)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Locked,
    AnotherOrganisation,
    LessRoles,
    ResetOnTheCommandLine,
    ResetByMail,
    ChangedByThePerson,
}

impl Change {
    async fn happens(self, gateway: &Gateway, sink: &Sink, browser: &mut Browser) {
        let (store, at) = (Store::beside(gateway.data()).unwrap(), customers());
        let account = store.account_of(&at, LEAD).unwrap().unwrap();
        let roles = BTreeSet::from(["basic-customer".to_owned()]);
        let globex = postern_api::OrganisationId::new("globex").unwrap();
        let hash = || postern::authority::accounts::password::hash_now(NEW).unwrap();
        match self {
            Self::Locked => store.lock_account(&at, &account.id, true).unwrap(),
            Self::AnotherOrganisation => {
                store.change_account(&at, &account.id, Some(&globex), &account.roles).unwrap();
            }
            Self::LessRoles => {
                store.change_account(&at, &account.id, account.organisation.as_ref(), &roles).unwrap();
            }
            Self::ResetOnTheCommandLine => store.set_password(&at, &account.id, &hash()).unwrap(),
            Self::ResetByMail => {
                let mut other = Browser::at(gateway);
                let path = "/sign-in/msp-example/customer/forgot";
                let form = csrf(&other.get(path).await.2);
                other.post(path, &[("csrf", &form), ("email", LEAD)]).await;
                let link = sink.next().await.link();
                let (path, token) = link.strip_prefix(&gateway.origin).unwrap().split_once("?token=").unwrap();
                let form = csrf(&other.get(&format!("{path}?token={token}")).await.2);
                let fields = [("csrf", &*form), ("token", token), ("password", NEW), ("again", NEW)];
                assert_eq!(other.post(path, &fields).await.0, 200);
            }
            Self::ChangedByThePerson => {
                let form = csrf(&browser.get("/account/password").await.2);
                let word = password(gateway);
                let fields = [("csrf", &*form), ("current", &*word), ("password", NEW), ("again", NEW)];
                assert_eq!(browser.post("/account/password", &fields).await.0, 200);
            }
        }
    }
}

#[tokio::test]
async fn o26_an_account_that_changes_takes_its_clients_streams_and_sessions_along_within_a_second() {
    for change in [
        Change::Locked,
        Change::AnotherOrganisation,
        Change::LessRoles,
        Change::ResetOnTheCommandLine,
        Change::ResetByMail,
        Change::ChangedByThePerson,
    ] {
        let sink = Sink::start().await;
        let mail = sink.config();
        let (gateway, _) = dated(|config| {
            config.authority.enabled = true;
            config.mail = Some(mail);
        })
        .await;
        let client = Client::register(&gateway).await;
        let (mut browser, mut other) = (Browser::at(&gateway), Browser::at(&gateway));
        browser.sign_in("customer", LEAD, &password(&gateway)).await;
        other.sign_in("customer", LEAD, &password(&gateway)).await;
        let mut colleague = Browser::at(&gateway);
        colleague.sign_in("customer", "basic@acme.example", &password(&gateway)).await;
        let (access, refresh) = connect(&client, &mut browser).await;
        let (theirs, _) = connect(&Client::register(&gateway).await, &mut colleague).await;
        let open = stream(&gateway.bearing(&access)).await;
        let began = Instant::now();
        change.happens(&gateway, &sink, &mut browser).await;
        // A change on the command line is found by looking for it, so the stream tells when it was.
        ended_soon(open, began).await;
        assert_eq!(client.call(&access).await, 401, "{change:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{change:?}: {:?}", began.elapsed());
        assert_eq!(client.refresh(&refresh, &[]).await.json()["error"], "invalid_grant", "{change:?}");
        assert_eq!(other.get("/account/password").await.0, 303, "{change:?}: the other browser");
        assert_eq!(client.call(&theirs).await, 200, "{change:?}: a colleague's");
        // Who changed their own password goes on, in a session that began anew; and connects their clients again.
        let stays = change == Change::ChangedByThePerson;
        assert_eq!(browser.get("/account/password").await.0 == 200, stays, "{change:?}");
        if stays {
            let (access, _) = connect(&client, &mut browser).await;
            assert_eq!(client.call(&access).await, 200);
        }
    }
}

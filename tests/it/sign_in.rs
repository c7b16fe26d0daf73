//! Signing in through the whole gateway: local accounts of the demo, with a cookie jar and forms as a browser has them.

mod accounts;
mod ending;
mod mail;

use crate::gateway::{Gateway, rows};
use postern::demo::Demo;
use postern::store::Store;
use postern::store::sign_in_accounts::AccountRealm;
use postern_policies::Realm;
use reqwest::{Client, Response, StatusCode, header, redirect};
use std::collections::BTreeMap;

/// A browser: keeps cookies, follows nothing by itself.
struct Browser {
    http: Client,
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn at(gateway: &Gateway) -> Self {
        let http = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { http, origin: gateway.origin.clone(), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> (StatusCode, String, String) {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer: Response = request.header(header::COOKIE, cookies.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                _ => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let location = answer.headers().get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
        (answer.status(), location.unwrap_or_default(), answer.text().await.unwrap())
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String, String) {
        let request = self.http.get(format!("{}{path}", self.origin));
        self.send(request).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let request =
            self.http.post(format!("{}{path}", self.origin)).header(header::ORIGIN, &self.origin).form(fields);
        self.send(request).await
    }

    /// Fills the password form of a realm and sends it.
    async fn sign_in(&mut self, realm: &str, email: &str, password: &str) -> (StatusCode, String, String) {
        let path = format!("/sign-in/msp-example/{realm}");
        let csrf = csrf(&self.get(&format!("{path}?return_to=%2Fconsole")).await.2);
        let fields = [("csrf", &*csrf), ("return_to", "/console"), ("email", email), ("password", password)];
        self.post(&path, &fields).await
    }

    fn session(&self) -> Option<&String> {
        self.cookies.get("postern_session")
    }
}

fn csrf(page: &str) -> String {
    let field = page.split("name=\"csrf\"").nth(1).unwrap_or_else(|| panic!("no form in {page}"));
    field.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn password(gateway: &Gateway) -> String {
    Demo::of(gateway.data()).unwrap().password().unwrap()
}

fn codes(gateway: &Gateway) -> Vec<String> {
    let rows = rows(gateway.data()).into_iter().filter(|it| it["phase"] == "sign-in");
    rows.map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn o30_a_demo_account_signs_in_by_its_address_and_the_session_is_a_new_one_each_time() {
    let gateway = Gateway::start().await;
    let mut browser = Browser::at(&gateway);
    browser.cookies.insert("postern_session".into(), "A".repeat(43));
    let first = browser.get("/sign-in?return_to=%2F%2Fevil.example").await.2;
    assert!(!first.contains("evil.example"));
    let fields = [("csrf", &*csrf(&first)), ("return_to", "//evil.example"), ("email", "Lead@acme.example")];
    let page = browser.post("/sign-in", &fields).await;
    assert!(page.2.contains("current-password"), "{}", page.2);
    let (status, _, page) = browser.sign_in("customer", "lead@acme.example", &password(&gateway)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("url=/console") || page.contains("url=&#x2F;console") || page.contains("/console"), "{page}");
    let session = browser.session().unwrap().clone();
    assert_ne!(session, "A".repeat(43), "a session that somebody else chose");
    assert_eq!(browser.get("/sign-in").await.0, StatusCode::SEE_OTHER);
    browser.sign_in("customer", "lead@acme.example", &password(&gateway)).await;
    let mut before = Browser::at(&gateway);
    before.cookies.insert("postern_session".into(), session);
    assert_eq!(before.get("/sign-in").await.0, StatusCode::OK, "the session before has ended");
    let form = csrf(&browser.get("/sign-out").await.2);
    assert_eq!(browser.post("/sign-out", &[("csrf", "x")]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/sign-out", &[("csrf", &form)]).await.0, StatusCode::OK);
    assert_eq!(browser.get("/sign-in").await.0, StatusCode::OK);
    assert_eq!(codes(&gateway), ["signed_in", "signed_in", "csrf", "signed_out"]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_or_locked_account_are_one_answer() {
    let gateway = Gateway::start().await;
    let at = AccountRealm { tenant: "msp-example".parse().unwrap(), realm: Realm::Customer };
    let id = gateway.store.account_of(&at, "basic@acme.example").unwrap().unwrap().id;
    Store::beside(gateway.data()).unwrap().lock_account(&at, &id, true).unwrap();
    let mut answers = Vec::new();
    for (email, word) in [
        ("lead@acme.example", "not the password"),
        ("nobody@acme.example", "not the password"),
        ("basic@acme.example", &*password(&gateway)),
        ("owner@msp.example", &*password(&gateway)),
    ] {
        let mut browser = Browser::at(&gateway);
        let (status, _, page) = browser.sign_in("customer", email, word).await;
        assert!(browser.session().is_none(), "{email}");
        answers.push((status, page.replace(email, "").replace(&csrf(&page), "")));
    }
    assert!(answers.windows(2).all(|it| it[0] == it[1]));
}

#[tokio::test]
async fn o29_a_form_from_another_site_or_browser_signs_nobody_in() {
    let gateway = Gateway::start().await;
    let (mut browser, mut other) = (Browser::at(&gateway), Browser::at(&gateway));
    let path = "/sign-in/msp-example/customer";
    let csrf = csrf(&browser.get(path).await.2);
    let word = password(&gateway);
    let fields = [("csrf", &*csrf), ("email", "lead@acme.example"), ("password", &*word)];
    other.get(path).await;
    assert_eq!(other.post(path, &fields).await.0, StatusCode::FORBIDDEN);
    let request =
        browser.http.post(format!("{}{path}", browser.origin)).header("sec-fetch-site", "cross-site").form(&fields);
    assert_eq!(browser.send(request).await.0, StatusCode::FORBIDDEN);
    assert!(browser.session().is_none() && other.session().is_none());
}

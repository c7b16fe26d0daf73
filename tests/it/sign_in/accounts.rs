//! Local accounts as somebody has them: an authenticator app, recovery codes, a new password by mail, and what waiting does.

use super::mail::Sink;
use super::{Browser, codes, csrf, password};
use crate::authority::world::Forward;
use crate::gateway::Gateway;
use aws_lc_rs::hmac;
use postern::app::Instead;
use postern::authority::sign_in::config::{How, LocalConfig};
use postern::config::Config;
use postern::edge::clock::Clock as _;
use postern::store::Store;
use postern::store::sign_in_accounts::AccountRealm;
use postern_policies::Realm;
use reqwest::StatusCode;
use std::sync::Arc;

pub(super) const LEAD: &str = "lead@acme.example";
pub(super) const NEW: &str = "a new and longer password";

/// A gateway with its real sign-in and a clock that is set forward.
pub(super) async fn dated(change: impl FnOnce(&mut Config)) -> (Gateway, Arc<Forward>) {
    let clock = Arc::<Forward>::default();
    let instead = Instead { clock: Some(clock.clone()), ..Instead::default() };
    (Gateway::amid(change, |_| instead).await, clock)
}

pub(super) fn customers() -> AccountRealm {
    AccountRealm { tenant: "msp-example".parse().unwrap(), realm: Realm::Customer }
}

/// What an authenticator app does with a secret that was typed in (RFC 6238).
struct App(Vec<u8>);

impl App {
    /// Of the page that sets it up.
    fn of(page: &str) -> Self {
        let typed = page.split("data-copy=\"the secret\"").nth(1).unwrap_or_else(|| panic!("no secret in {page}"));
        let typed = typed.split("class=\"code\">").nth(1).unwrap().split('<').next().unwrap();
        let (mut bits, mut held, mut secret) = (0_u64, 0, Vec::new());
        for letter in typed.chars().filter(|it| *it != ' ') {
            let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
            (bits, held) = (bits << 5 | value as u64, held + 5);
            if held >= 8 {
                held -= 8;
                secret.push((bits >> held & 0xff) as u8);
            }
        }
        Self(secret)
    }

    fn code(&self, now: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &(now / 30).to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[tag.len() - 1] & 0xf);
        let four = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap());
        format!("{:06}", (four & 0x7fff_ffff) % 1_000_000)
    }
}

/// Where a page's form goes.
fn action(page: &str) -> String {
    page.split("action=\"").nth(1).unwrap_or_else(|| panic!("no form in {page}")).split('"').next().unwrap().to_owned()
}

impl Browser {
    /// Fills a page's field and sends its form.
    async fn fill(&mut self, page: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let csrf = csrf(page);
        let mut all = vec![("csrf", &*csrf)];
        all.extend(fields);
        self.post(&action(page), &all).await
    }
}

/// The recovery codes of the page that shows them once.
fn recovery(page: &str) -> Vec<String> {
    let listed = page.split("<ul class=\"codes\">").nth(1).unwrap_or_else(|| panic!("no codes in {page}"));
    listed.split("<li>").skip(1).map(|it| it.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_and_then_asked_for_and_each_code_counts_once() {
    let (gateway, clock) = dated(|_| {}).await;
    let word = password(&gateway);
    let mut browser = Browser::at(&gateway);
    browser.sign_in("customer", LEAD, &word).await;
    let page = browser.get("/account/totp").await.2;
    let app = App::of(&page);
    let (status, _, again) = browser.fill(&page, &[("code", "000000"), ("current", &word)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(App::of(&again).0, app.0, "the same secret is shown again");
    let fields = [("code", &*app.code(clock.unix_secs())), ("current", &*word)];
    let (status, _, shown) = browser.fill(&again, &fields).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    let kept = recovery(&shown);
    assert_eq!(kept.len(), 8);
    // From now on the password alone signs nobody in, nor does the code that was used.
    let mut other = Browser::at(&gateway);
    let asked = other.sign_in("customer", LEAD, &word).await.2;
    assert!(other.session().is_none());
    let now = clock.unix_secs();
    let (status, _, asked) = other.fill(&asked, &[("code", &app.code(now))]).await;
    assert_eq!((status, other.session()), (StatusCode::UNPROCESSABLE_ENTITY, None));
    clock.advance(30);
    let code = app.code(clock.unix_secs());
    let (status, _, _) = other.fill(&asked, &[("code", &code)]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(other.session().is_some());
    // A recovery code does as well, once.
    for (nth, works) in [(3, true), (3, false), (4, true)] {
        let mut third = Browser::at(&gateway);
        let asked = third.sign_in("customer", LEAD, &word).await.2;
        third.fill(&asked, &[("code", &kept[nth].to_uppercase())]).await;
        assert_eq!(third.session().is_some(), works, "{nth}");
    }
    // Neither codes nor the secret are in the database as they are.
    let bytes = std::fs::read(gateway.data().join("postern.db")).unwrap();
    let held = |text: &[u8]| bytes.windows(text.len()).any(|it| it == text);
    assert!(!held(kept[0].as_bytes()) && !held(kept[0].replace('-', "").as_bytes()) && !held(&app.0));
}

#[tokio::test]
async fn whoever_finds_a_browser_signed_in_changes_no_password_without_the_present_one() {
    let (gateway, _clock) = dated(|_| {}).await;
    let word = password(&gateway);
    let mut browser = Browser::at(&gateway);
    browser.sign_in("customer", LEAD, &word).await;
    let page = browser.get("/account/password").await.2;
    for current in ["", "not the password"] {
        let fields = [("current", current), ("password", "a quite new password"), ("again", "a quite new password")];
        let (status, _, again) = browser.fill(&page, &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{again}");
        assert!(again.contains("the present password is wrong"), "{again}");
    }
    for (tried, works) in [("a quite new password", false), (word.as_str(), true)] {
        let mut other = Browser::at(&gateway);
        other.sign_in("customer", LEAD, tried).await;
        assert_eq!(other.session().is_some(), works, "{tried}");
    }
}

#[tokio::test]
async fn whoever_finds_a_browser_signed_in_sets_no_authenticator_app_up_without_the_password() {
    let (gateway, clock) = dated(|_| {}).await;
    let word = password(&gateway);
    let mut browser = Browser::at(&gateway);
    browser.sign_in("customer", LEAD, &word).await;
    let mut apps = Vec::new();
    // The first app, and one in its place.
    for _ in 0..2 {
        let page = browser.get("/account/totp").await.2;
        assert!(page.contains("name=\"current\""), "{page}");
        let app = App::of(&page);
        clock.advance(30);
        let code = app.code(clock.unix_secs());
        for current in ["", "not the password"] {
            let (status, _, again) = browser.fill(&page, &[("code", &code), ("current", current)]).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{again}");
            assert!(again.contains("the present password is wrong") && !again.contains("class=\"codes\""), "{again}");
        }
        let (status, _, shown) = browser.fill(&page, &[("code", &code), ("current", &word)]).await;
        assert_eq!((status, recovery(&shown).len()), (StatusCode::OK, 8));
        apps.push(app);
    }
    // The app that counts is the second one.
    for (nth, works) in [(0, false), (1, true)] {
        clock.advance(30);
        let mut other = Browser::at(&gateway);
        let asked = other.sign_in("customer", LEAD, &word).await.2;
        other.fill(&asked, &[("code", &apps[nth].code(clock.unix_secs()))]).await;
        assert_eq!(other.session().is_some(), works, "{nth}");
    }
    let noted = codes(&gateway);
    let count = |code: &str| noted.iter().filter(|it| *it == code).count();
    assert_eq!((count("wrong_password"), count("authenticator_set")), (4, 2), "{noted:?}");
}

#[tokio::test]
async fn where_everybody_needs_an_app_the_first_sign_in_sets_it_up() {
    let (gateway, clock) = dated(|config| {
        let of_customers = config.tenants[0].customer_sign_in.as_mut().unwrap();
        of_customers.how = How::Local(LocalConfig { require_totp: true });
    })
    .await;
    let mut browser = Browser::at(&gateway);
    let page = browser.sign_in("customer", LEAD, &password(&gateway)).await.2;
    assert!(browser.session().is_none());
    let app = App::of(&page);
    let (_, _, shown) = browser.fill(&page, &[("code", &app.code(clock.unix_secs()))]).await;
    assert_eq!(recovery(&shown).len(), 8);
    assert!(browser.session().is_some());
    // The form counts once, and in no other browser.
    let mut other = Browser::at(&gateway);
    clock.advance(30);
    let (status, _, _) =
        other.post(&action(&page), &[("csrf", &csrf(&page)), ("code", &app.code(clock.unix_secs()))]).await;
    assert_eq!((status, other.session()), (StatusCode::FORBIDDEN, None));
}

#[tokio::test]
async fn after_five_wrong_passwords_the_right_one_has_to_wait_and_an_unknown_account_waits_alike() {
    let (gateway, clock) = dated(|_| {}).await;
    let word = password(&gateway);
    let mut told = Vec::new();
    for email in [LEAD, "nobody@acme.example"] {
        let mut answers = Vec::new();
        for _ in 0..5 {
            let mut browser = Browser::at(&gateway);
            let (status, _, page) = browser.sign_in("customer", email, "not the password").await;
            answers.push((status, page.replace(email, "").replace(&csrf(&page), "")));
        }
        let mut browser = Browser::at(&gateway);
        let (status, _, page) = browser.sign_in("customer", email, &word).await;
        assert!(browser.session().is_none(), "{email}");
        answers.push((status, page.replace(email, "").replace(&csrf(&page), "")));
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].windows(2).all(|it| it[0] == it[1]), "waiting looks like a wrong password");
    // Somebody else's attempts are nobody's.
    let mut other = Browser::at(&gateway);
    other.sign_in("customer", "lead@globex.example", &word).await;
    assert!(other.session().is_some());
    clock.advance(31);
    let mut browser = Browser::at(&gateway);
    browser.sign_in("customer", LEAD, &word).await;
    assert!(browser.session().is_some());
}

#[tokio::test]
async fn a_network_that_tries_fifty_passwords_waits_and_is_told_how_long() {
    let (gateway, _) = dated(|_| {}).await;
    // Answers that differ in nothing but time: the hashing is what takes it, so the accounts are those of one form.
    let path = "/sign-in/msp-example/customer";
    let mut browser = Browser::at(&gateway);
    let form = csrf(&browser.get(path).await.2);
    for nth in 0..50 {
        let email = format!("nobody-{nth}@acme.example");
        let fields = [("csrf", &*form), ("email", &*email), ("password", "not the password")];
        assert_eq!(browser.post(path, &fields).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{nth}");
    }
    let fields = [("csrf", &*form), ("email", LEAD), ("password", &*password(&gateway))];
    let (status, _, page) = browser.post(path, &fields).await;
    assert_eq!((status, browser.session()), (StatusCode::TOO_MANY_REQUESTS, None));
    assert!(page.contains("Too many attempts"), "{page}");
    assert!(codes(&gateway).contains(&"attempts".to_owned()));
}

#[tokio::test]
async fn a_link_by_mail_sets_a_new_password_once_in_time_and_tells_nobody_who_has_an_account() {
    let sink = Sink::start().await;
    let mail = sink.config();
    let (gateway, clock) = dated(|config| config.mail = Some(mail)).await;
    let locked = "basic@acme.example";
    let store = Store::beside(gateway.data()).unwrap();
    let id = store.account_of(&customers(), locked).unwrap().unwrap().id;
    store.lock_account(&customers(), &id, true).unwrap();
    let forgot = "/sign-in/msp-example/customer/forgot";
    let mut answers = Vec::new();
    for email in ["nobody@acme.example", locked, "owner@msp.example", LEAD] {
        let mut browser = Browser::at(&gateway);
        let page = browser.get(forgot).await.2;
        answers.push(browser.fill(&page, &[("email", email)]).await);
    }
    assert!(answers.windows(2).all(|it| it[0] == it[1]), "{answers:?}");
    let mail = sink.next().await;
    assert_eq!(mail.to, LEAD, "and nobody else got one");
    assert!(sink.is_empty());
    let link = mail.link();
    let path = link.strip_prefix(&gateway.origin).unwrap_or_else(|| panic!("{link}"));
    // Looking uses nothing up: mail scanners look, too.
    let mut browser = Browser::at(&gateway);
    browser.get(path).await;
    let page = browser.get(path).await.2;
    let token = path.split("token=").nth(1).unwrap();
    for (one, two) in [("short", "short"), (NEW, "another one that differs")] {
        let fields = [("token", token), ("password", one), ("again", two)];
        assert_eq!(browser.fill(&page, &fields).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let fields = [("token", token), ("password", NEW), ("again", NEW)];
    assert_eq!(browser.fill(&page, &fields).await.0, StatusCode::OK);
    assert_eq!(browser.fill(&page, &fields).await.0, StatusCode::BAD_REQUEST, "used");
    assert_eq!(browser.get(path).await.0, StatusCode::BAD_REQUEST);
    for (word, works) in [(password(&gateway), false), (NEW.to_owned(), true)] {
        let mut browser = Browser::at(&gateway);
        browser.sign_in("customer", LEAD, &word).await;
        assert_eq!(browser.session().is_some(), works);
    }
    // A second link: at the other realm it is none, and after half an hour neither here.
    let mut browser = Browser::at(&gateway);
    let page = browser.get(forgot).await.2;
    browser.fill(&page, &[("email", LEAD)]).await;
    let link = sink.next().await.link();
    let path = link.strip_prefix(&gateway.origin).unwrap().to_owned();
    assert_eq!(browser.get(&path.replace("/customer/", "/employee/")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get(&path).await.0, StatusCode::OK);
    clock.advance(1_801);
    assert_eq!(browser.get(&path).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nobodys_mailbox_is_filled() {
    let sink = Sink::start().await;
    let mail = sink.config();
    let (gateway, _) = dated(|config| config.mail = Some(mail)).await;
    let mut browser = Browser::at(&gateway);
    let page = browser.get("/sign-in/msp-example/customer/forgot").await.2;
    for _ in 0..12 {
        assert_eq!(browser.fill(&page, &[("email", LEAD)]).await.0, StatusCode::OK);
    }
    browser.fill(&page, &[("email", "lead@globex.example")]).await;
    let mut to = Vec::new();
    while to.last().is_none_or(|it| it != "lead@globex.example") {
        to.push(sink.next().await.to);
    }
    assert!(to.len() <= 6, "{to:?}");
}

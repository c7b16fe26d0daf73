//! Local accounts: what an attempt costs, and what a changed account ends.

use super::*;
use std::time::Duration;

fn account(id: &str, email: &str, locked: bool) -> Account {
    Account {
        at: AccountRealm { tenant: tenant(), realm: Realm::Customer },
        id: id.into(),
        email: email.into(),
        name: id.into(),
        organisation: Some(postern_api::OrganisationId::new("acme").unwrap()),
        roles: ["lead".to_owned()].into(),
        password: Some(crate::authority::accounts::password::hash_now("a long enough password").unwrap()),
        totp: false,
        locked,
    }
}

async fn attempt(desk: &Arc<SignIn>, email: &str, password: &str) -> (StatusCode, String) {
    let mut browser = Browser::default();
    let page = browser.get(desk, "/sign-in/msp/customer").await.body;
    let csrf = page.split("csrf: \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!("csrf={csrf}&email={email}&password={}", password.replace(' ', "+"));
    let answer = browser.send(desk, "POST", "/sign-in/msp/customer", form).await;
    (answer.status, answer.body.replace(&csrf, "").replace(email, ""))
}

/// With both turns taken, whoever has a password to compare waits for one: so all of these have.
#[tokio::test]
async fn a_wrong_password_an_unknown_a_locked_and_a_waiting_account_are_the_same_work_and_the_same_answer() {
    let bench = bench_with(true).await;
    for (id, email, locked) in
        [("1", "jane@acme.example", false), ("2", "locked@acme.example", true), ("3", "waiting@acme.example", false)]
    {
        bench.store.add_account(&account(id, email, locked)).unwrap();
    }
    for _ in 0..5 {
        attempt(&bench.desk, "waiting@acme.example", "not the password").await;
    }
    let (right, long) = ("a long enough password", "x".repeat(600));
    let tries = [
        ("jane@acme.example", "not the password"),
        ("nobody@acme.example", right),
        ("locked@acme.example", right),
        ("waiting@acme.example", right),
        ("jane@acme.example", long.as_str()),
    ];
    let turns = bench.desk.hasher.take_all_turns().await;
    let attempts = futures::future::join_all(tries.map(|(email, word)| attempt(&bench.desk, email, word)));
    let all_wait = async {
        while bench.desk.hasher.waiting() < tries.len() {
            tokio::task::yield_now().await;
        }
        drop(turns);
    };
    let both = async { tokio::join!(attempts, all_wait) };
    let (answers, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("one of them does no work");
    assert!(answers.windows(2).all(|it| it[0] == it[1]), "{answers:?}");
}

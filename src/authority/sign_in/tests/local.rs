//! Local accounts: what an attempt costs, and what a changed account ends.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
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

/// Stops in the first ending that it is told of until it is let go on.
#[derive(Debug)]
struct Stops {
    begun: Mutex<Option<mpsc::Sender<()>>>,
    go_on: Mutex<mpsc::Receiver<()>>,
    ended: AtomicBool,
}

impl Ending for Stops {
    fn end(&self, _: &TenantId, _: &Ended, _: EndedBy) {
        let Some(begun) = self.begun.lock().take() else { return };
        begun.send(()).unwrap();
        self.go_on.lock().recv().unwrap();
        self.ended.store(true, Ordering::SeqCst);
    }
}

/// A person who changes their password in one tab while the store is looked at anyway: what they begin afterwards has to stay.
#[tokio::test]
async fn of_two_who_end_what_rests_on_an_account_the_second_waits_for_the_first() {
    let bench = bench_with(true).await;
    bench.store.add_account(&account("1", "jane@acme.example", false)).unwrap();
    let at = AccountRealm { tenant: tenant(), realm: Realm::Customer };
    Store::beside(bench.dir.path()).unwrap().lock_account(&at, "1", true).unwrap();
    let ((begun, has_begun), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let stops =
        Arc::new(Stops { begun: Mutex::new(Some(begun)), go_on: Mutex::new(goes_on), ended: AtomicBool::new(false) });
    bench.desk.tell(&stops);
    let settles = || {
        let (desk, stops, (back, came_back)) = (bench.desk.clone(), stops.clone(), mpsc::channel());
        std::thread::spawn(move || {
            desk.settle();
            back.send(stops.ended.load(Ordering::SeqCst)).unwrap();
        });
        came_back
    };
    let first = settles();
    has_begun.recv().unwrap();
    let second = settles();
    // It cannot come back while the first is at it.
    let early = second.recv_timeout(Duration::from_millis(300));
    go_on.send(()).unwrap();
    assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
    assert!(first.recv().unwrap() && second.recv().unwrap());
    assert!(bench.store.account_changes().unwrap().is_empty());
}

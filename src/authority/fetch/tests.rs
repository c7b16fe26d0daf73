//! How often documents are asked for, and how long they hold.

use super::wire::Fetched;
use super::*;
use crate::edge::testing::TestClock;
use async_trait::async_trait;
use futures::future::join_all;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
struct Host {
    asked: AtomicUsize,
    answer: Mutex<Result<Fetched, Lost>>,
}

#[async_trait]
impl Wire for Host {
    async fn fetch(&self, _address: &DocumentUrl, _most: usize) -> Result<Fetched, Lost> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.answer.lock().clone()
    }
}

struct Bench {
    host: Arc<Host>,
    clock: Arc<TestClock>,
    documents: Documents,
}

fn bench(rates: Rates) -> Bench {
    let host = Arc::new(Host { asked: AtomicUsize::new(0), answer: Mutex::new(good("{}", None)) });
    let clock = TestClock::new();
    let documents = Documents::new(host.clone(), clock.clone(), rates);
    Bench { host, clock, documents }
}

fn good(body: &'static str, max_age: Option<u64>) -> Result<Fetched, Lost> {
    Ok(Fetched { body: body.into(), max_age: max_age.map(Duration::from_secs) })
}

impl Bench {
    async fn get(&self, path: &str) -> Result<Bytes, NotHad> {
        self.documents.get(Kind::Client, &DocumentUrl::parse(&format!("https://a.example/{path}")).unwrap()).await
    }

    fn asked(&self) -> usize {
        self.host.asked.load(Ordering::Relaxed)
    }

    fn answers(&self, answer: Result<Fetched, Lost>) {
        *self.host.answer.lock() = answer;
    }
}

#[tokio::test]
async fn o17_a_hundred_who_want_one_document_ask_once() {
    let bench = bench(Rates::default());
    let all = join_all((0..100).map(|_| bench.get("c"))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn o18_a_document_holds_as_long_as_it_says_at_least_a_minute_and_at_most_a_day() {
    for (says, holds) in [(None, 3_600), (Some(0), 60), (Some(300), 300), (Some(10 * 86_400), 86_400)] {
        let bench = bench(Rates::default());
        bench.answers(good("old", says));
        bench.get("c").await.unwrap();
        bench.answers(good("new", says));
        bench.clock.advance(holds - 1);
        assert_eq!(bench.get("c").await.unwrap(), "old", "{says:?}");
        bench.clock.advance(1);
        assert_eq!(bench.get("c").await.unwrap(), "new", "{says:?}");
        assert_eq!(bench.asked(), 2);
    }
}

#[tokio::test]
async fn o17_a_document_that_could_not_be_had_is_not_asked_for_again_within_a_minute() {
    let bench = bench(Rates::default());
    bench.answers(Err(Lost::Passing("unreachable")));
    for _ in 0..100 {
        assert_eq!(bench.get("c").await, Err(NotHad::Unfit));
    }
    assert_eq!(bench.asked(), 1);
    bench.answers(good("{}", None));
    bench.clock.advance(60);
    assert!(bench.get("c").await.is_ok());
}

#[tokio::test]
async fn a_host_that_is_down_for_a_while_takes_no_client_away_and_a_document_that_is_gone_is_gone() {
    let bench = bench(Rates::default());
    bench.get("c").await.unwrap();
    bench.answers(Err(Lost::Passing("status")));
    bench.clock.advance(80_000);
    assert!(bench.get("c").await.is_ok());
    bench.clock.advance(6_399);
    assert!(bench.get("c").await.is_ok());
    bench.clock.advance(60);
    assert_eq!(bench.get("c").await, Err(NotHad::Unfit), "a day old");
    bench.answers(good("{}", None));
    bench.clock.advance(60);
    bench.get("c").await.unwrap();
    bench.answers(Err(Lost::Final("status")));
    bench.clock.advance(3_600);
    assert_eq!(bench.get("c").await, Err(NotHad::Unfit));
}

#[tokio::test]
async fn o17_hosts_and_all_of_them_together_are_asked_at_their_rates() {
    let bench = bench(Rates { per_minute: 5, per_host_per_minute: 3 });
    let mut busy = 0;
    for nth in 0..10 {
        busy += usize::from(bench.get(&format!("c{nth}")).await == Err(NotHad::Busy));
    }
    assert_eq!((bench.asked(), busy), (3, 7), "one host");
    for nth in 0..10 {
        let other = DocumentUrl::parse(&format!("https://h{nth}.example/c")).unwrap();
        let _ = bench.documents.get(Kind::Client, &other).await;
    }
    assert_eq!(bench.asked(), 5, "all hosts");
    assert_eq!(bench.get("c0").await.unwrap(), "{}", "what is kept is there");
}

#[tokio::test]
async fn keys_can_be_asked_for_anew_once_a_minute() {
    let bench = bench(Rates::default());
    let url = DocumentUrl::parse("https://a.example/keys").unwrap();
    let anew = || bench.documents.no_older(Kind::Keys, &url, Duration::ZERO);
    for _ in 0..10 {
        anew().await.unwrap();
    }
    assert_eq!(bench.asked(), 1);
    bench.clock.advance(60);
    anew().await.unwrap();
    assert_eq!(bench.asked(), 2);
}

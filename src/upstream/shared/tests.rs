//! Who gets a turn, and when.

use super::*;
use postern_api::{Reach, Turn};

const HOUR: Duration = Duration::from_secs(3600);

fn cx(whose: u64, millis: u64) -> CallCx {
    let turn = Turn { whose, background: false };
    CallCx { turn, ..CallCx::new(Reach::Tenant, Duration::from_millis(millis)) }
}

fn waiting(budgets: &Budgets) -> usize {
    budgets.report().iter().map(|it| it.waiting).sum()
}

/// Starts waiting, and is not told yet.
async fn queued(budgets: &Budgets, share: &Share, cx: CallCx) -> tokio::task::JoinHandle<Result<()>> {
    let (before, share) = (waiting(budgets), share.clone());
    let task = tokio::spawn(async move { share.turn(&cx).await });
    while waiting(budgets) == before && !task.is_finished() {
        tokio::task::yield_now().await;
    }
    task
}

#[tokio::test]
async fn tenants_of_one_account_share_and_those_of_another_do_not() {
    let budgets = Budgets::default();
    let north = budgets.share("syncro", "ip", (8, HOUR), "north");
    let south = budgets.share("syncro", "ip", (8, HOUR), "south");
    let other = budgets.share("halopsa", "ip", (8, HOUR), "south");
    for share in [&north, &south] {
        share.turn(&cx(1, 1_000)).await.expect("one each");
    }
    let error = south.turn(&cx(1, 1_000)).await.expect_err("used up");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.wait().is_some_and(|it| it > Duration::from_secs(60)), "{:?}", error.wait());
    other.turn(&cx(1, 1_000)).await.expect("another vendor's");
    assert_eq!(budgets.report().iter().map(|it| it.left).collect::<Vec<_>>(), [1, 0]);
}

#[tokio::test]
async fn the_deadline_is_kept_and_what_cannot_be_in_time_is_told_at_once() {
    let budgets = Budgets::default();
    let share = budgets.share("syncro", "ip", (4, HOUR), "north");
    share.turn(&cx(1, 1_000)).await.expect("the only one");
    let begun = Instant::now();
    assert!(share.turn(&cx(1, 60_000)).await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(5), "it does not wait a minute for what comes in twenty");
    assert_eq!(waiting(&budgets), 0);
    // What might be in time is waited for, and no longer than allowed: somebody else is before this one.
    let share = budgets.share("syncro", "other", (40, Duration::from_secs(60)), "north");
    for _ in 0..10 {
        share.turn(&cx(1, 1_000)).await.expect("at once");
    }
    let before = queued(&budgets, &share, cx(1, 30_000)).await;
    let error = share.turn(&cx(1, 2_500)).await.expect_err("the other one's");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(before.await.expect("a task").is_ok());
}

#[tokio::test]
async fn a_tenant_with_many_requests_does_not_keep_another_out() {
    let budgets = Budgets::default();
    let greedy = budgets.share("syncro", "ip", (40, Duration::from_secs(9)), "greedy");
    let modest = budgets.share("syncro", "ip", (40, Duration::from_secs(9)), "modest");
    for _ in 0..10 {
        greedy.turn(&cx(1, 1_000)).await.expect("at once");
    }
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(queued(&budgets, &greedy, cx(1, 30_000)).await);
    }
    modest.turn(&cx(9, 30_000)).await.expect("soon");
    let left = tasks.iter().filter(|it| !it.is_finished()).count();
    assert!(left >= 15, "{left} of the other's twenty were still waiting");
    for task in tasks {
        task.abort();
    }
}

#[tokio::test]
async fn a_person_with_many_requests_does_not_keep_another_of_the_same_tenant_out() {
    let budgets = Budgets::default();
    let share = budgets.share("syncro", "ip", (40, Duration::from_secs(9)), "north");
    for _ in 0..10 {
        share.turn(&cx(1, 1_000)).await.expect("at once");
    }
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(queued(&budgets, &share, cx(1, 30_000)).await);
    }
    share.turn(&cx(2, 30_000)).await.expect("soon");
    let left = tasks.iter().filter(|it| !it.is_finished()).count();
    assert!(left >= 15, "{left} of the other's twenty were still waiting");
    for task in tasks {
        task.abort();
    }
}

#[tokio::test]
async fn what_somebody_waits_for_goes_before_background_work() {
    let budgets = Budgets::default();
    let share = budgets.share("syncro", "ip", (40, Duration::from_secs(30)), "north");
    let background = || CallCx { turn: Turn { whose: 0, background: true }, ..cx(0, 30_000) };
    for _ in 0..5 {
        share.turn(&background()).await.expect("half of what may come at once");
    }
    let late = queued(&budgets, &share, background()).await;
    for _ in 0..5 {
        share.turn(&cx(1, 1_000)).await.expect("the other half");
    }
    assert!(!late.is_finished(), "it was there first");
    let urgent = queued(&budgets, &share, cx(1, 30_000)).await;
    urgent.await.expect("a task").expect("a turn");
    assert!(!late.is_finished());
    late.abort();
}

#[tokio::test]
async fn retry_after_holds_for_everybody_of_the_account() {
    let budgets = Budgets::default();
    let north = budgets.share("syncro", "ip", (180, HOUR), "north");
    let south = budgets.share("syncro", "ip", (180, HOUR), "south");
    north.turn(&cx(1, 1_000)).await.expect("at once");
    north.answered(http::StatusCode::TOO_MANY_REQUESTS, Some(Duration::from_secs(30)));
    let error = south.turn(&cx(1, 1_000)).await.expect_err("paused");
    assert!(error.wait().is_some_and(|it| (29..=31).contains(&it.as_secs())), "{:?}", error.wait());
    assert_eq!(budgets.report()[0].left, 0);
    assert!(budgets.report()[0].paused_for > Duration::from_secs(20));
}

#[tokio::test]
async fn those_that_stop_waiting_cost_no_turn() {
    let budgets = Budgets::default();
    let share = budgets.share("syncro", "ip", (40, Duration::from_secs(30)), "north");
    for _ in 0..10 {
        share.turn(&cx(1, 1_000)).await.expect("at once");
    }
    for _ in 0..10 {
        let gone = queued(&budgets, &share, cx(1, 30_000)).await;
        gone.abort();
        assert!(gone.await.is_err_and(|it| it.is_cancelled()));
    }
    let begun = Instant::now();
    share.turn(&cx(1, 30_000)).await.expect("the next one");
    assert!(begun.elapsed() < Duration::from_secs(6), "ten turns of a second each were not spent before");
}

#[tokio::test]
async fn a_turn_that_is_given_back_is_the_next_ones() {
    let budgets = Budgets::default();
    let share = budgets.share("syncro", "ip", (4, HOUR), "north");
    share.turn(&cx(1, 1_000)).await.expect("the only one");
    share.give_back();
    share.turn(&cx(1, 1_000)).await.expect("once more");
    assert!(share.turn(&cx(1, 1_000)).await.is_err());
}

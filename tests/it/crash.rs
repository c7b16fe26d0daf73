//! The real program, killed at every step of a write, again and again, before systems that commit and then say nothing.
//!
//! A dozen kills here; `POSTERN_KILLS` says how many in the wide tier.

mod count;
mod world;

use postern::fail_point::STEPS;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use world::{Trouble, World};

/// How often it is killed where nobody says more.
const KILLS: usize = 12;

/// How long nothing may change while writes are still looked for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a client was told, and what it still waits for.
#[derive(Debug, Default)]
struct Told {
    /// What marks each write that was acknowledged.
    acknowledged: Vec<String>,
    /// Governed writes without an answer: their mark, and which they are.
    open: Vec<(String, Kind)>,
    unknown: usize,
    sent: usize,
}

/// The ways in which a write goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Governed, on the embedded backend.
    Faq,
    /// Direct, on the embedded backend.
    Comment,
    /// Governed, on HaloPSA.
    Request,
    /// Direct, on HaloPSA.
    Ticket,
    /// Governed, on ConnectWise.
    WiseRequest,
    /// Direct, on ConnectWise.
    WiseTicket,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::Faq, Kind::Comment, Kind::Request, Kind::Ticket, Kind::WiseRequest, Kind::WiseTicket];

    fn is_governed(self) -> bool {
        matches!(self, Kind::Faq | Kind::Request | Kind::WiseRequest)
    }
}

#[expect(clippy::disallowed_methods, reason = "how long the wide tier takes is no configuration of the program")]
fn kills() -> usize {
    std::env::var("POSTERN_KILLS").map_or(KILLS, |it| it.parse().unwrap())
}

/// Killed at a step, and everything that was acknowledged is there, nothing twice, and the audit knows all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w10_no_write_is_lost_or_doubled_when_the_program_is_killed_at_any_step() {
    let kills = kills();
    let world = World::start().await;
    let mut told = Told::default();
    let (mut reached, mut at) = ([0_usize; STEPS.len()], 0_usize);
    for round in 0..kills {
        let step = STEPS[round % STEPS.len()];
        world.trouble(match round % 5 {
            0 | 1 => Trouble::None,
            2 => Trouble::Stalls,
            3 => Trouble::Fails,
            _ => Trouble::Resets,
        });
        // The step is passed by several writes; each time another of them is the one that stops.
        let run = world.run(Some((step, 1 + round / STEPS.len() % 3))).await;
        let hit = send(&world, round, &mut told, run.stopped()).await;
        if hit {
            reached[round % STEPS.len()] += 1;
            at += 1;
        }
        run.kill().await;
    }
    world.trouble(Trouble::None);
    let run = world.run(None).await;
    settle(&world, &mut told).await;
    let counted = world.count();
    run.kill().await;
    assert!(world.audit_verifies(), "the audit log does not verify");
    let steps = STEPS.iter().zip(reached).fold(String::new(), |mut text, (step, times)| {
        let _ = write!(text, " {step} {times}");
        text
    });
    let by_kind = counted.by_kind();
    counted.hold(&told.acknowledged);
    println!("{by_kind}");
    println!(
        "{kills} kills, {at} at a step ({}): {} writes sent, {} acknowledged, {} told as unknown; upstream {}, done {}, lost 0, doubled 0, \
         for a person {} ({} of them upstream), never done {}; the audit verifies and knows all of them",
        steps.trim(),
        told.sent,
        told.acknowledged.len(),
        told.unknown,
        counted.upstream.len(),
        counted.done,
        counted.needs_human,
        counted.needs_human_upstream(),
        counted.never_done,
    );
    assert!(at * 2 >= kills, "the steps were not reached");
}

/// Sends one write of each kind and up to two that are still open, all at once, until all are answered or one has stopped.
async fn send(world: &World, round: usize, told: &mut Told, stopped: impl Future<Output = ()>) -> bool {
    let again = told.open.len().min(2);
    let mut writes: Vec<_> = told.open.drain(..again).collect();
    for kind in Kind::ALL {
        writes.push((format!("kill-{round}-{kind:?}"), kind));
    }
    told.sent += writes.len() - again;
    let calls: Vec<_> = writes.iter().map(|(mark, kind)| tokio::spawn(world.call(*kind, mark))).collect();
    let mut answers = Box::pin(futures::future::join_all(calls.iter().map(wait)));
    let hit = tokio::select! {
        () = stopped => true,
        () = async { (&mut answers).await; } => false,
    };
    drop(answers);
    for ((mark, kind), call) in writes.into_iter().zip(calls) {
        let answer = if call.is_finished() { call.await.unwrap() } else { None };
        match answer.as_deref() {
            Some("success") => told.acknowledged.push(mark),
            other => {
                told.unknown += usize::from(other == Some("unknown"));
                if kind.is_governed() {
                    told.open.push((mark, kind));
                }
            }
        }
    }
    hit
}

/// Until a call has ended.
async fn wait<T>(call: &tokio::task::JoinHandle<T>) {
    while !call.is_finished() {
        tokio::time::sleep(world::POLL).await;
    }
}

/// Calls what is open again, and waits until nobody is left to be looked for, for as long as there are ever fewer.
async fn settle(world: &World, told: &mut Told) {
    let (mut fewest, mut since) = (i64::MAX, Instant::now());
    loop {
        let mut answers = BTreeMap::<_, usize>::new();
        for (mark, kind) in std::mem::take(&mut told.open) {
            let answer = world.call(kind, &mark).await;
            if answer.as_deref() == Some("success") {
                told.acknowledged.push(mark);
            } else {
                *answers.entry(format!("{kind:?} {}", answer.as_deref().unwrap_or("no answer"))).or_default() += 1;
                told.open.push((mark, kind));
            }
        }
        // What needs a person is never answered with success.
        if world.pending() == 0 && told.open.len() <= world.count().needs_human {
            break;
        }
        let left = world.unsettled() + i64::try_from(told.open.len()).unwrap();
        if left < fewest {
            (fewest, since) = (left, Instant::now());
        }
        assert!(
            since.elapsed() < PATIENCE,
            "{left} writes are still looked for, and they do not get fewer; asked again they answer {answers:?}; {}",
            world.count().by_kind()
        );
        // Each round asks for all that are open, which is work for the program that looks for them.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

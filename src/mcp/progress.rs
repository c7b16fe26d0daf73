//! Telling a waiting client that its call is still running.
//!
//! The words are ours and the same for every call: progress carries nothing of the answer.

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Runs `work`, telling its progress every `every` if the client gave a token. Nothing is told once `work` is done.
pub(super) async fn told<F: Future>(
    peer: &Peer<RoleServer>,
    token: Option<ProgressToken>,
    every: Duration,
    work: F,
) -> F::Output {
    let Some(token) = token else { return work.await };
    let mut work = pin!(work);
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut steps = 0.0;
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = ticks.tick() => {}
        }
        steps += 1.0;
        let note = ProgressNotificationParam::new(token.clone(), steps).with_message("still working");
        let mut told = pin!(peer.notify_progress(note));
        tokio::select! {
            biased;
            told = &mut told => {
                if told.is_err() {
                    return work.await;
                }
            }
            done = &mut work => {
                // The note has been handed over already: it must leave before the answer does.
                let _ = told.await;
                return done;
            }
        }
    }
}

//! The vendor behind the gateway: the HaloPSA simulator, in a process of its own, with one ticket made as long as wanted.

use crate::Failure;
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The ticket that is asked for, and whose it is.
pub(crate) const TICKET: i64 = 4321;
/// The client in HaloPSA whose ticket it is.
pub(crate) const CLIENT: i64 = postern_simulators::halopsa::ACME;
/// The e-mail address of the person who opened it.
pub(crate) const PERSON: &str = "ann.lead@acme.example";
/// The simulator's tenant.
pub(crate) const TENANT: &str = postern_simulators::halopsa::TENANT;
/// The API application.
pub(crate) const CLIENT_ID: &str = postern_simulators::halopsa::CLIENT_ID;
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = postern_simulators::halopsa::CLIENT_SECRET;

/// What the simulator remembers of requests is forgotten this often.
const FORGET: Duration = Duration::from_millis(20);

/// Where the simulator listens.
#[derive(Debug, clap::Args)]
pub(crate) struct Vendor {
    /// The loopback address.
    #[arg(long)]
    listen: SocketAddr,
    /// How many characters the ticket's description has.
    #[arg(long)]
    length: usize,
}

/// Runs the simulator until its input ends. Each line of input is answered with how often it was read from so far.
pub(crate) async fn serve(vendor: Vendor) -> Result<(), Failure> {
    if !vendor.listen.ip().is_loopback() {
        return Err("the simulator listens on loopback only".into());
    }
    let running = postern_simulators::halopsa::start_on(&vendor.listen.to_string()).await?;
    running.state.data(|data| {
        for ticket in &mut data.tickets {
            if ticket.get("id").and_then(Value::as_i64) == Some(TICKET)
                && let Some(ticket) = ticket.as_object_mut()
            {
                ticket.insert("details".into(), json!(prose(vendor.length)));
            }
        }
    });
    let seen = Arc::new(AtomicUsize::new(0));
    let log = running.state.log.clone();
    let take = {
        let seen = seen.clone();
        move || {
            seen.fetch_add(log.count("GET", "/api/"), Ordering::Relaxed);
            log.clear();
        }
    };
    let forget = take.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(FORGET);
        loop {
            tick.tick().await;
            forget();
        }
    });
    let talk = move || -> Result<(), Failure> {
        let mut out = std::io::stdout();
        for line in std::io::stdin().lines() {
            line?;
            take();
            writeln!(out, "{}", seen.load(Ordering::Relaxed))?;
            out.flush()?;
        }
        Ok(())
    };
    tokio::task::spawn_blocking(talk).await?
}

/// Plain words of about this many characters.
fn prose(length: usize) -> String {
    const SENTENCE: &str =
        "The printer on the second floor stops after a few pages and shows a paper jam that is not there. ";
    SENTENCE.chars().cycle().take(length).collect()
}

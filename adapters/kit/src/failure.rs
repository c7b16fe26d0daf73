//! The backend misbehaves: the right kind of error, nothing of the backend's text in it, and no write called a success
//! or a failure when nobody knows.

mod every;
mod others;
mod ports;

pub use every::{Backend, run_every_read};

use crate::check::{ensure, equal, word};
use crate::fixture::Fixture;
use crate::trial::{Group, Outcome, Report, Verdict};
use ports::Subject;
use postern_api::*;
use std::time::{Duration, Instant};

/// A word that the backend puts into every body that it sends while it misbehaves. It must reach no message.
pub const FAULT_CANARY: &str = "FaultCanary7Qx2";

/// What the backend does instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 401: the credentials are no longer good.
    Unauthenticated,
    /// 403: the account may not do this.
    Forbidden,
    /// 404: no such record.
    NotFound,
    /// 429 with `Retry-After: 7`.
    RateLimited,
    /// 500 with a stack trace.
    ServerError,
    /// No answer before the deadline.
    Slow,
    /// 200 and half a body.
    Cut,
    /// 200 and a page of HTML.
    Html,
    /// 200 and JSON of another shape.
    WrongJson,
}

/// Which requests meet the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those that read.
    Reads,
    /// Those that change something; reads are answered as ever.
    Writes,
}

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trouble {
    /// What happens.
    pub fault: Fault,
    /// To which requests. Requests for a token are never met.
    pub side: Side,
}

/// Every fault, and what a read that meets it must answer.
const READS: &[(Fault, ErrorKind)] = &[
    (Fault::Unauthenticated, ErrorKind::Unauthenticated),
    (Fault::Forbidden, ErrorKind::Forbidden),
    (Fault::NotFound, ErrorKind::NotFound),
    (Fault::RateLimited, ErrorKind::RateLimited),
    (Fault::ServerError, ErrorKind::Unavailable),
    (Fault::Slow, ErrorKind::Timeout),
    (Fault::Cut, ErrorKind::BadReply),
    (Fault::Html, ErrorKind::BadReply),
    (Fault::WrongJson, ErrorKind::BadReply),
];

/// What a write must answer: refused for certain, or unknown.
const WRITES: &[(Fault, ErrorKind)] = &[
    (Fault::Unauthenticated, ErrorKind::Unauthenticated),
    (Fault::Forbidden, ErrorKind::Forbidden),
    (Fault::NotFound, ErrorKind::NotFound),
    (Fault::RateLimited, ErrorKind::RateLimited),
    (Fault::ServerError, ErrorKind::OutcomeUnknown),
    (Fault::Slow, ErrorKind::OutcomeUnknown),
    (Fault::Cut, ErrorKind::OutcomeUnknown),
    (Fault::Html, ErrorKind::OutcomeUnknown),
    (Fault::WrongJson, ErrorKind::OutcomeUnknown),
];

/// How long a call waits for a backend that says nothing, beyond what it usually takes.
const PATIENCE: Duration = Duration::from_millis(400);

/// A call that waits as long as the fault needs: a write reads before it writes, on a backend that may be slow by itself.
fn patient(f: &Fixture, fault: Fault, usual: Duration) -> CallCx {
    let whole = f.own_cx();
    if fault == Fault::Slow { CallCx::new(whole.reach, PATIENCE + usual * 10) } else { whole }
}

/// Runs a read and a write through every fault: of the service desk where there is one, else of logins, of money, of
/// contacts, or of documents, bookings and articles. `misbehave` puts the backend into trouble, or back (`None`).
pub async fn run_failures(fixture: &Fixture, misbehave: &(dyn Fn(Option<Trouble>) + Sync)) -> Report {
    let it = &fixture.adapter;
    if it.service_desk().is_none() && it.identity().is_none() && it.billing().is_none() && it.crm().is_none() {
        return others::run(fixture, misbehave).await;
    }
    let mut outcomes = Vec::new();
    let begun = Instant::now();
    let subject = ports::subject(fixture).await;
    let (verdict, subject) = match subject {
        Ok(subject) => (subject.well(fixture).await, subject),
        Err(seen) => {
            let rule = "without trouble there is an answer";
            let name = "all is well before".to_owned();
            return Report::new(vec![Outcome { group: Group::Failure, name, rule, verdict: Err(seen) }]);
        }
    };
    let usual = begun.elapsed();
    let rule = "without trouble there is an answer";
    outcomes.push(Outcome { group: Group::Failure, name: "all is well before".into(), rule, verdict });
    for &(fault, kind) in READS {
        misbehave(Some(Trouble { fault, side: Side::Reads }));
        let verdict = read(fixture, &subject, (fault, kind), usual).await;
        misbehave(None);
        let rule = "a read says what is wrong, in no word of the backend's";
        outcomes.push(Outcome { group: Group::Failure, name: format!("a read meets {fault:?}"), rule, verdict });
    }
    if subject.writes(fixture) {
        for &(fault, kind) in WRITES {
            let verdict = write(fixture, &subject, (fault, kind), (usual, misbehave)).await;
            let rule = "a write is refused, unknown, or proven; never guessed";
            outcomes.push(Outcome { group: Group::Failure, name: format!("a write meets {fault:?}"), rule, verdict });
        }
    }
    let verdict = subject.well(fixture).await;
    let rule = "nothing of the trouble stays";
    outcomes.push(Outcome { group: Group::Failure, name: "all is well afterwards".into(), rule, verdict });
    Report::new(outcomes)
}

/// The error says no more than it may, and when to come back where the backend said so.
fn discreet(fault: Fault, error: &Error) -> Verdict {
    let shown = format!("{error} {}", error.message());
    ensure(!shown.contains(FAULT_CANARY), || "the message holds what the backend sent".into())?;
    ensure(fault != Fault::RateLimited || error.wait().is_some(), || "it does not say when to come back".into())
}

async fn read(f: &Fixture, subject: &Subject, (fault, kind): (Fault, ErrorKind), usual: Duration) -> Verdict {
    let single = subject.single(f, &patient(f, fault, usual)).await;
    let list = subject.list(f, &patient(f, fault, usual)).await;
    for (answer, call) in [(single, "one"), (list, "list")] {
        let Err(error) = answer else { return Err(format!("{call} worked, expected {kind:?}")) };
        discreet(fault, &error)?;
        // A list that is not there is a broken promise of the API; a record that is not there is just missing.
        let lists_missing = fault == Fault::NotFound && (call == "list" || matches!(subject, Subject::Logins));
        ensure(lists_missing || error.kind() == kind, || format!("{call}: {:?}, expected {kind:?}", error.kind()))?;
    }
    Ok(())
}

async fn write(
    f: &Fixture,
    subject: &Subject,
    (fault, kind): (Fault, ErrorKind),
    (usual, misbehave): (Duration, &(dyn Fn(Option<Trouble>) + Sync)),
) -> Verdict {
    let written = word();
    misbehave(Some(Trouble { fault, side: Side::Writes }));
    let answer = subject.write(f, patient(f, fault, usual), &written).await;
    misbehave(None);
    match answer {
        Ok(()) => {
            let proven = subject.proven(f, &written).await?;
            ensure(proven, || format!("a success that is none, expected {kind:?}"))
        }
        Err(error) => {
            discreet(fault, &error)?;
            equal("kind", &error.kind(), &kind)
        }
    }
}

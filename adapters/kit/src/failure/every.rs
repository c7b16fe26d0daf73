//! Every read of every port while the backend misbehaves, one after the other: the right kind of error, nothing of what was sent in
//! it, no more requests than a read may cost.

use super::{FAULT_CANARY, Fault, READS, Side, Trouble, discreet};
use crate::check::{ensure, said};
use crate::fixture::Fixture;
use crate::trial::{Group, Outcome, Report, Verdict};
use postern_api::cassette::Operation;
use postern_api::*;

/// How an adapter's test makes its backend misbehave, and counts.
#[expect(missing_debug_implementations, reason = "closures")]
pub struct Backend<'a> {
    /// Puts the backend into trouble, or back (`None`).
    pub misbehave: &'a (dyn Fn(Option<Trouble>) + Sync),
    /// Answers every read with status 200, `application/json` and this body, or as ever (`None`).
    pub serve: &'a (dyn Fn(Option<&str>) + Sync),
    /// Requests that arrived so far.
    pub asked: &'a (dyn Fn() -> usize + Sync),
}

/// Requests that one read may cost while nothing sensible comes back.
const MOST: usize = 12;

/// Bytes that are more than anybody reads.
const HUGE: usize = 17 << 20;

/// What a body may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// No answer at all.
    Nowhere,
    /// A record that was deleted: some vendors say nothing of it. Never a list.
    Gone,
    /// Nothing in a list, or no such record.
    Empty,
}
use Stands::{Empty, Gone, Nowhere};

/// What is sent, what that is, and what it may stand for.
fn bodies() -> Vec<(&'static str, String, Stands)> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let rows = format!("{{\"{FAULT_CANARY}\":[{{\"{FAULT_CANARY}\":\"{FAULT_CANARY}\"}}]}}");
    [
        ("nothing", String::new(), Gone),
        ("blanks", " \n ".to_owned(), Gone),
        ("a truth", "true".to_owned(), Nowhere),
        ("a number", "17".to_owned(), Nowhere),
        ("a text", format!("\"{FAULT_CANARY}\""), Nowhere),
        ("half an object", format!("{{\"id\":17,\"{FAULT_CANARY}"), Nowhere),
        ("a page", format!("<html>{FAULT_CANARY}</html>"), Nowhere),
        ("numbers for rows", "[17]".to_owned(), Nowhere),
        ("rows of rows", "[[]]".to_owned(), Nowhere),
        ("depth without end", deep, Nowhere),
        ("more than is read", " ".repeat(HUGE), Nowhere),
        ("other rows", rows, Empty),
        ("null", "null".to_owned(), Empty),
        ("an empty object", "{}".to_owned(), Empty),
        ("an empty list", "[]".to_owned(), Empty),
    ]
    .into()
}

/// Runs every read that the adapter supports through every fault and every body.
pub async fn run_every_read(fixture: &Fixture, backend: &Backend<'_>) -> Report {
    let mut outcomes = Vec::new();
    let mut add = |name: String, rule: &'static str, verdict: Verdict| {
        outcomes.push(Outcome { group: Group::Failure, name, rule, verdict });
    };
    let reads = match reads(fixture).await {
        Ok(reads) => reads,
        Err(seen) => {
            add("all is well before".into(), "without trouble there is an answer", Err(seen));
            return Report::new(outcomes);
        }
    };
    add("all is well before".into(), "without trouble there is an answer", well(fixture, &reads).await);
    // How long a silent backend is waited for is the handle's, and the same for every read.
    for &(fault, kind) in READS.iter().filter(|(fault, _)| *fault != Fault::Slow) {
        (backend.misbehave)(Some(Trouble { fault, side: Side::Reads }));
        let verdict = meets(fixture, backend, &reads, (fault, kind)).await;
        (backend.misbehave)(None);
        let rule = "a read says what is wrong, in no word of the backend's";
        add(format!("every read meets {fault:?}"), rule, verdict);
    }
    for (what, body, stands) in bodies() {
        (backend.serve)(Some(&body));
        let verdict = given(fixture, backend, &reads, stands).await;
        (backend.serve)(None);
        let rule = "what is no answer is `BadReply`, or nothing where it may mean nothing; never a record";
        add(format!("every read is given {what}"), rule, verdict);
    }
    add("all is well afterwards".into(), "nothing of the trouble stays", well(fixture, &reads).await);
    Report::new(outcomes)
}

/// Every supported read, about records of the own organisation.
async fn reads(f: &Fixture) -> Result<Vec<Operation>, String> {
    let supports = |name: &str| name == "probe" || f.adapter.supports().iter().any(|it| it.name() == name);
    let mut reads = Vec::new();
    for (name, _) in Operation::ALL.into_iter().filter(|it| supports(it.0)) {
        let about = match name {
            "ticket.get" | "time.list" => Some(f.own.ticket.to_string()),
            "requester.find" => Some(f.own.email.clone()),
            "contact.get" => Some(f.own.requester.to_string()),
            "article.search" => Some(f.articles()?.word.clone()),
            "article.get" => Some(f.articles()?.public.to_string()),
            "invoice.get" => Some(an_invoice(f).await?.to_string()),
            "project.get" => Some(a_project(f).await?.to_string()),
            "probe" | "vocabulary.get" | "organisation.list" => None,
            _ => Some(f.own.external.to_string()),
        };
        reads.push(Operation { name: name.to_owned(), about });
    }
    Ok(reads)
}

async fn an_invoice(f: &Fixture) -> Result<InvoiceId, String> {
    let organisation = Some(f.own.external.clone());
    let query = InvoiceQuery { organisation, statuses: vec![], customer_visible: false, offset: 0, limit: 1 };
    let port = f.adapter.billing().ok_or("no billing")?;
    let page = said("invoices", port.invoices(&f.own_cx(), &query).await)?;
    f.open_all(&f.own, page.rows)?.pop().map(|it| it.id).ok_or_else(|| "no invoice".to_owned())
}

async fn a_project(f: &Fixture) -> Result<ProjectId, String> {
    let organisation = Some(f.own.external.clone());
    let query = ProjectQuery { organisation, kinds: vec![], customer_visible: false, offset: 0, limit: 1 };
    let port = f.adapter.projects().ok_or("no projects")?;
    let page = said("projects", port.projects(&f.own_cx(), &query).await)?;
    f.open_all(&f.own, page.rows)?.pop().map(|it| it.id).ok_or_else(|| "no project".to_owned())
}

async fn well(f: &Fixture, reads: &[Operation]) -> Verdict {
    for read in reads {
        said(&read.name, read.perform(&*f.adapter, &f.own_cx()).await)?;
    }
    Ok(())
}

/// Asks, and says how many requests that cost.
async fn ask(f: &Fixture, backend: &Backend<'_>, read: &Operation) -> Result<(Result<usize>, usize), String> {
    let before = (backend.asked)();
    let answer = read.perform(&*f.adapter, &f.own_cx()).await;
    let cost = (backend.asked)() - before;
    ensure(cost <= MOST, || format!("{} cost {cost} requests", read.name))?;
    Ok((answer, cost))
}

async fn meets(f: &Fixture, backend: &Backend<'_>, reads: &[Operation], (fault, kind): (Fault, ErrorKind)) -> Verdict {
    for read in reads {
        let name = &read.name;
        match ask(f, backend, read).await? {
            // What is remembered asks nobody.
            (Ok(_), 0) => {}
            // Where there is nothing, nobody is found and nothing is in it.
            (Ok(0), _) if fault == Fault::NotFound && name != "probe" => {}
            (Ok(found), _) => return Err(format!("{name} worked with {found} records, expected {kind:?}")),
            (Err(error), _) => {
                discreet(fault, &error)?;
                let missing = fault == Fault::NotFound;
                ensure(missing || error.kind() == kind, || format!("{name}: {:?}, expected {kind:?}", error.kind()))?;
            }
        }
    }
    Ok(())
}

async fn given(f: &Fixture, backend: &Backend<'_>, reads: &[Operation], stands: Stands) -> Verdict {
    for read in reads {
        let name = &read.name;
        match ask(f, backend, read).await? {
            (Ok(_), 0) => {}
            (Ok(0), _) if stands == Empty => {}
            (Ok(found), _) => return Err(format!("{name} worked with {found} records")),
            (Err(error), _) => {
                let shown = format!("{error} {}", error.message());
                ensure(!shown.contains(FAULT_CANARY), || format!("{name} repeats what was sent: {shown}"))?;
                let missing = stands != Nowhere && error.kind() == ErrorKind::NotFound;
                let right = missing || error.kind() == ErrorKind::BadReply;
                ensure(right, || format!("{name}: {:?} ({error} {:?})", error.kind(), error.context()))?;
            }
        }
    }
    Ok(())
}

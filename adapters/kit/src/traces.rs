//! Finding a write again by its reference, as far as the adapter says that it can.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{
    Group::{Honesty, Writes},
    Trial, Verdict,
};
use crate::writes::closure;
use jiff::Timestamp;
use postern_api::*;
use std::sync::Arc;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new(
            Honesty,
            "what cannot be found again answers Unsupported",
            "only operations of `supports()` are traceable, and `trace` refuses all others",
            &[],
            |f| Box::pin(agree(f)),
        ),
        Trial::new(
            Writes,
            "a write is found by its reference",
            "one that was done is found for its organisation, with the record that it left; no other reference, nobody else's, and none that was held back",
            &[Op::TicketCreate],
            |f| Box::pin(traced(f)),
        ),
    ]
}

async fn agree(f: &Fixture) -> Verdict {
    for op in Op::ALL.into_iter().filter(|op| f.adapter.traces(*op) == Traceable::No) {
        let (since, until) = (Timestamp::now(), Timestamp::now());
        let sought = Sought { op, reference: format!("gw:{}", word()), organisation: None, record: None, since, until };
        failed(op.name(), f.adapter.trace(&f.own_cx(), &sought).await, &[ErrorKind::Unsupported])?;
    }
    let wrong =
        Op::ALL.into_iter().find(|op| f.adapter.traces(*op) != Traceable::No && !f.adapter.supports().contains(op));
    ensure(wrong.is_none(), || format!("{wrong:?} is traceable and not supported"))
}

/// Nothing may be sent.
#[derive(Debug)]
struct Held;

#[async_trait]
impl LetGo for Held {
    async fn let_go(&self) -> Result<()> {
        Err(Error::new(ErrorKind::Conflict, "held back by the kit"))
    }
}

/// A write that may not be sent asked before it changed anything: nothing is unknown about it.
fn kept<T>(answer: Result<T>) -> Verdict {
    match answer {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        Err(error) => Err(format!("a write that was held back is {:?}", error.kind())),
        Ok(_) => Err("a write was sent that had not been let go".into()),
    }
}

/// Each kind of write on a ticket of which the adapter says that it is found again.
async fn traced(f: &Fixture) -> Verdict {
    let done = |op: Op| f.adapter.supports().contains(&op) && f.adapter.traces(op) != Traceable::No;
    let reference = || format!("gw:{}", word());
    let since = Timestamp::now();
    let sought = |op: Op, reference: &str, record: &TicketId| Sought {
        since,
        until: Timestamp::now(),
        op,
        reference: reference.to_owned(),
        organisation: Some(f.own.external.clone()),
        record: (op != Op::TicketCreate).then(|| record.to_string()),
    };
    let written = |it: &str| CallCx { reference: Some(it.to_owned()), ..f.own_cx() };
    let desk = f.desk()?;
    let foreign = CallCx::new(Reach::Organisations(vec![f.foreign.external.clone()]), f.own_cx().remaining());
    let all = [Op::TicketCreate, Op::TicketComment, Op::TicketEscalate, Op::TicketClose];
    for op in all.into_iter().filter(|op| done(*op)) {
        let mark = reference();
        let cx = written(&mark);
        let first = if op == Op::TicketCreate { cx.clone() } else { f.own_cx() };
        if op == Op::TicketCreate {
            let mark = reference();
            let held = CallCx { let_go: Some(Arc::new(Held)), ..written(&mark) };
            kept(desk.create(&held, &f.new_ticket(&word())).await)?;
            let nowhere = Sought { record: None, ..sought(op, &mark, &f.own.ticket) };
            let found = said("trace", f.adapter.trace(&f.own_cx(), &nowhere).await)?;
            ensure(found.is_none(), || "a ticket that was not let go is there".into())?;
        }
        let created = said("create", desk.create(&first, &f.new_ticket(&word())).await)?;
        let ticket = f.open(&f.own, created)?.id;
        let held = CallCx { let_go: Some(Arc::new(Held)), ..cx.clone() };
        let comment = NewComment { author: f.staff_author(), body: word(), internal: false };
        let up = NewEscalation { target: f.escalation_target.clone(), reason: word(), by: f.staff.clone() };
        if op == Op::TicketComment {
            kept(desk.comment(&held, &ticket, &comment).await)?;
            said("comment", desk.comment(&cx, &ticket, &comment).await)?;
        } else if op == Op::TicketEscalate {
            kept(desk.escalate(&held, &ticket, &up).await)?;
            said("escalate", desk.escalate(&cx, &ticket, &up).await)?;
        } else if op == Op::TicketClose {
            kept(desk.close(&held, &ticket, &closure(f)).await)?;
            said("close", desk.close(&cx, &ticket, &closure(f)).await)?;
        }
        let look = |it: Sought, cx: CallCx| async move { f.adapter.trace(&cx, &it).await };
        let found = said("trace", look(sought(op, &mark, &ticket), f.own_cx()).await)?;
        let found = f.open(&f.own, found.ok_or_else(|| format!("{} is not found", op.name()))?)?;
        if op != Op::TicketComment && f.adapter.traces(op) == Traceable::AtOnce {
            equal("record", &found.record.as_str(), &ticket.as_str())?;
        }
        let other = said("trace", look(sought(op, &reference(), &ticket), f.own_cx()).await)?;
        ensure(other.is_none(), || "another reference finds it".into())?;
        // Whoever reaches another organisation alone gets nothing, whatever they ask for.
        let theirs = Sought { organisation: Some(f.foreign.external.clone()), ..sought(op, &mark, &ticket) };
        for asked in [theirs, sought(op, &mark, &ticket)] {
            let seen = look(asked, foreign.clone()).await;
            ensure(!matches!(seen, Ok(Some(_))), || "another organisation's write is found".into())?;
        }
    }
    Ok(())
}

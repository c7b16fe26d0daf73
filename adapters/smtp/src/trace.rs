//! Finding a write again by its reference, in the ledger: mail itself cannot be read back.
//!
//! The ledger is Postern's own and is written before anything is sent: what it does not know was never sent. What it knows may still
//! stand as `unknown`, where nobody knows whether the mail server took it. Then nobody ever will, and a person looks.

use crate::Smtp;
use postern_api::{CallCx, Error, ErrorKind, NoticeState, Op, Owned, Result, Sought, Trace, Traceable};

pub(crate) fn traceable(op: Op) -> Traceable {
    if matches!(op, Op::NoticeSend | Op::PreferenceSet) { Traceable::AtOnce } else { Traceable::No }
}

pub(crate) async fn find(smtp: &Smtp, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { looking: true, ..cx.clone() };
    let Some((found, states)) = smtp.ledger.trace(&cx, sought).await? else { return Ok(None) };
    if states.contains(&NoticeState::Unknown) {
        let message = "nobody knows whether the mail server took the mail";
        return Err(Error::new(ErrorKind::OutcomeUnknown, message));
    }
    Ok(Some(found))
}

//! Finding a write again by its reference: in the ledger of one of the document's files, which holds it together with what it did.
//!
//! A ledger keeps a hundred steps, and a server may answer from a copy that is behind, so that what is not found proves nothing.

use crate::adapter::WebDav;
use crate::group::Group;
use crate::ledger::unreadable;
use postern_api::{CallCx, DocumentId, Error, ErrorKind, Op, Owned, Result, Sought, Trace, Traceable};

pub(crate) fn traceable(op: Op) -> Traceable {
    let is_kept = matches!(op, Op::DocumentPublish | Op::DocumentRevoke | Op::DocumentWithdraw);
    if is_kept { Traceable::Later } else { Traceable::No }
}

/// The document that was published or taken back.
pub(crate) async fn find(webdav: &WebDav, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { looking: true, ..cx.clone() };
    let id = sought.record.as_deref().and_then(|it| DocumentId::new(it).ok());
    let id = id.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no document"))?;
    let meant = |it: &_| cx.reach.contains(it) && sought.organisation.as_ref().is_none_or(|meant| meant == it);
    let organisation = Group::organisation_of(&id).filter(meant).ok_or_else(|| Error::not_found("document"))?;
    let (group, _) = webdav.group(&cx, &organisation, &id).await?;
    if group.earlier(Some(&sought.reference)).is_some() {
        return Ok(Some(Owned::new(group.owner(), Trace { record: id.to_string() })));
    }
    // It could stand in what cannot be read.
    if group.readable() { Ok(None) } else { Err(unreadable()) }
}

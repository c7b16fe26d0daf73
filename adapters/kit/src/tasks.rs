//! Tasks of the employees' own, who may read a ticket, and files beside a comment.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group, Trial, Verdict};
use Group::{Visibility as Seen, Writes};
use postern_api::*;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            Seen,
            "a task is no viewer's",
            "neither listed, found nor counted for whom it is about; it uses up no limit; the same reference has one effect",
            &[TaskCreate, TicketList, TicketGet],
            |f| Box::pin(task(f)),
        ),
        Trial::new(
            Writes,
            "who may read a ticket and when it is due changes alone",
            "the rest stays; `Conflict` where it changed meanwhile; never from or to a task",
            &[TicketAdjust, TaskCreate, TicketCreate, TicketGet],
            |f| Box::pin(adjusted(f)),
        ),
        Trial::new(
            Writes,
            "a comment with a file that is not there is not written",
            "`InvalidArgument`, and no comment",
            &[TicketReply, UploadGet, TicketCreate, TicketGet],
            |f| Box::pin(no_file(f)),
        ),
    ]
}

async fn task(f: &Fixture) -> Verdict {
    let (desk, mark) = (f.desk()?, word());
    let cx = CallCx { reference: Some(format!("gw:{mark}")), ..f.own_cx() };
    let new = NewTicket { limit: Some((0, jiff::Timestamp::UNIX_EPOCH)), ..f.new_ticket(&mark) };
    let first = f.open(&f.own, said("create_task", desk.create_task(&cx, &new).await)?)?;
    let again = f.open(&f.own, said("create_task", desk.create_task(&cx, &new).await)?)?;
    equal("the same task", &again.id, &first.id)?;
    equal("visibility", &f.ticket(&first.id).await?.visibility, &Visibility::Staff)?;
    let all = TicketQuery { text: Some(mark), ..TicketQuery::default() };
    equal("for employees", &f.list(&all).await?.1, &1)?;
    for query in [
        TicketQuery { viewer: f.viewer(false), ..all.clone() },
        TicketQuery { viewer: f.viewer(true), ..all.clone() },
        TicketQuery { without_tasks: true, ..all.clone() },
    ] {
        let (rows, total) = f.list(&query).await?;
        equal("for customers", &(rows.len(), total), &(0, 0))?;
    }
    Ok(())
}

async fn adjusted(f: &Fixture) -> Verdict {
    let desk = f.desk()?;
    let before = f.create(&f.new_ticket(&word())).await?;
    let due = jiff::Timestamp::from_second(4_000_000_000).map_err(|e| e.to_string())?;
    let change = Adjustment {
        visibility: Some(Visibility::Private),
        resolution_due: Some(due),
        unchanged_since: Some(before.updated_at),
    };
    let after = f.open(&f.own, said("adjust", desk.adjust(&f.own_cx(), &before.id, &change).await)?)?;
    equal("the ticket", &(after.visibility, after.sla.resolution_due), &(Visibility::Private, Some(due)))?;
    equal("the rest", &(after.status, after.priority), &(before.status, before.priority))?;
    let stale = Adjustment { unchanged_since: Some(jiff::Timestamp::UNIX_EPOCH), ..change.clone() };
    failed("adjust", desk.adjust(&f.own_cx(), &before.id, &stale).await, &[ErrorKind::Conflict])?;
    let staff = Adjustment { visibility: Some(Visibility::Staff), ..Adjustment::default() };
    failed("adjust", desk.adjust(&f.own_cx(), &before.id, &staff).await, &[ErrorKind::InvalidArgument])?;
    let task = f.open(&f.own, said("create_task", desk.create_task(&f.own_cx(), &f.new_ticket(&word())).await)?)?;
    let open = Adjustment { visibility: Some(Visibility::Organisation), ..Adjustment::default() };
    failed("adjust", desk.adjust(&f.own_cx(), &task.id, &open).await, &[ErrorKind::InvalidArgument])
}

async fn no_file(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    let file = AttachmentId::new(&word()).map_err(|e| e.to_string())?;
    let upload = f.desk()?.upload(&f.own_cx(), &f.own.external, &file).await;
    failed("upload", upload, &[ErrorKind::NotFound])?;
    let new = NewComment { author: f.staff_author(), body: "see the file".into(), internal: false };
    let answer = f.desk()?.reply(&f.own_cx(), &id, &new, &[file]).await;
    failed("reply", answer, &[ErrorKind::InvalidArgument])?;
    ensure(f.ticket(&id).await?.comments.is_empty(), || "a comment was written".into())
}

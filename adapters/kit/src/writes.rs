//! Creating, commenting, closing and escalating, on tickets of the kit's own.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::Writes, Trial, Verdict};
use postern_api::*;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            Writes,
            "a created ticket reads back",
            "what was given is what is read",
            &[TicketCreate, TicketGet],
            |f| Box::pin(reads_back(f)),
        ),
        Trial::new(
            Writes,
            "a ticket for employees alone is no ticket",
            "`create` makes no task: `InvalidArgument`, and nothing created",
            &[TicketCreate, TicketList],
            |f| Box::pin(task(f)),
        ),
        Trial::new(
            Writes,
            "odd text comes back as written",
            "quotes, markup, line ends and other scripts survive",
            &[TicketCreate, TicketGet],
            |f| Box::pin(odd_text(f)),
        ),
        Trial::new(
            Writes,
            "the same reference creates one ticket",
            "a write that is sent again has one effect",
            &[TicketCreate, TicketList],
            |f| Box::pin(one_effect(f)),
        )
        .when(|f| f.caps.references),
        Trial::new(
            Writes,
            "a reached limit refuses the ticket",
            "`LimitReached`, and nothing created",
            &[TicketCreate, TicketList],
            |f| Box::pin(limit(f)),
        )
        .when(|f| f.caps.holds_limit),
        Trial::new(Writes, "an unknown attachment is refused", "nothing created", &[TicketCreate, TicketList], |f| {
            Box::pin(attachment(f))
        }),
        Trial::new(
            Writes,
            "a comment is read back with its visibility",
            "public stays public, internal stays internal",
            &[TicketCreate, TicketComment, TicketGet],
            |f| Box::pin(comments(f)),
        ),
        Trial::new(
            Writes,
            "the first public answer stops the response clock",
            "an agent's public comment sets responded_at; a note or a customer's comment does not",
            &[TicketCreate, TicketComment, TicketGet],
            |f| Box::pin(responded(f)),
        )
        .when(|f| f.caps.sla),
        Trial::new(
            Writes,
            "a closed ticket is closed once",
            "closing returns the ticket closed; closing again is `Conflict`",
            &[TicketCreate, TicketClose, TicketGet],
            |f| Box::pin(close(f)),
        ),
        Trial::new(
            Writes,
            "a resolution is no comment",
            "it stands in its own field, and neither `ticket` nor a list counts it",
            &[TicketCreate, TicketComment, TicketClose, TicketGet, TicketList],
            |f| Box::pin(resolution(f)),
        ),
        Trial::new(
            Writes,
            "a closed ticket takes no comment",
            "`Conflict`, and it stays closed",
            &[TicketCreate, TicketClose, TicketComment, TicketGet],
            |f| Box::pin(comment_closed(f)),
        ),
        Trial::new(
            Writes,
            "a customer writes no internal note",
            "`InvalidArgument`, and nothing is written",
            &[TicketGet, TicketComment],
            |f| Box::pin(customers_note(f)),
        ),
        Trial::new(
            Writes,
            "a comment is signed by nobody from elsewhere",
            "an author who is no contact of the ticket's organisation: refused, and nothing is written",
            &[TicketGet, TicketComment],
            |f| Box::pin(strangers_comment(f)),
        ),
        Trial::new(
            Writes,
            "an escalation stands in the history",
            "target and reason are kept, and no customer reads them",
            &[TicketCreate, TicketEscalate, TicketGet],
            |f| Box::pin(escalate(f)),
        ),
        Trial::new(
            Writes,
            "a closed ticket is not escalated",
            "`Conflict`",
            &[TicketCreate, TicketClose, TicketEscalate],
            |f| Box::pin(escalate_closed(f)),
        ),
        Trial::new(Writes, "a missing ticket takes no comment", "`NotFound`", &[TicketComment], |f| {
            Box::pin(missing_comment(f))
        }),
        Trial::new(Writes, "a missing ticket is not closed", "`NotFound`", &[TicketClose], |f| {
            Box::pin(missing_close(f))
        }),
        Trial::new(Writes, "a missing ticket is not escalated", "`NotFound`", &[TicketEscalate], |f| {
            Box::pin(missing_escalate(f))
        }),
    ]
}

async fn reads_back(f: &Fixture) -> Verdict {
    let new = NewTicket { priority: Priority::High, ..f.new_ticket(&word()) };
    let created = f.create(&new).await?;
    for ticket in [&created, &f.ticket(&created.id).await?] {
        equal("id", &ticket.id, &created.id)?;
        equal("subject", &ticket.subject.expose(), &new.subject.as_str())?;
        equal("description", &ticket.description.expose().trim(), &new.description.as_str())?;
        equal("priority", &ticket.priority, &new.priority)?;
        equal("status", &ticket.status, &TicketStatus::Open)?;
        equal("visibility", &ticket.visibility, &new.visibility)?;
        equal("requester", &ticket.requester.contact, &Some(new.requester.clone()))?;
        equal("comments", &(ticket.public_comments, ticket.internal_comments), &(0, 0))?;
    }
    Ok(())
}

/// What a system cannot hide it would show to the customer: refused before anything is sent.
async fn task(f: &Fixture) -> Verdict {
    let mark = word();
    let new = NewTicket { visibility: Visibility::Staff, ..f.new_ticket(&mark) };
    failed("create", f.desk()?.create(&f.own_cx(), &new).await, &[ErrorKind::InvalidArgument])?;
    equal("tickets", &count(f, &mark).await?, &0)
}

async fn odd_text(f: &Fixture) -> Verdict {
    let description =
        "it's \"odd\" & <b>bold</b>; a < b\n\nsecond paragraph -- 100% _done_ \\o/ café 日本 💾".to_owned();
    let new = NewTicket { description: description.clone(), ..f.new_ticket(&format!("it's \"odd\" & {}", word())) };
    let id = f.create(&new).await?.id;
    let ticket = f.ticket(&id).await?;
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    equal("subject", &ticket.subject.expose(), &new.subject.as_str())?;
    equal("description", &flat(ticket.description.expose()), &flat(&description))
}

/// How many tickets hold a word.
async fn count(f: &Fixture, mark: &str) -> Result<usize, String> {
    Ok(f.list(&TicketQuery { text: Some(mark.to_owned()), ..TicketQuery::default() }).await?.0.len())
}

async fn one_effect(f: &Fixture) -> Verdict {
    let mark = word();
    let cx = CallCx { reference: Some(format!("gw:{mark}")), ..f.own_cx() };
    let desk = f.desk()?;
    let first = f.open(&f.own, said("create", desk.create(&cx, &f.new_ticket(&mark)).await)?)?;
    let second = f.open(&f.own, said("create", desk.create(&cx, &f.new_ticket(&mark)).await)?)?;
    equal("the second ticket", &second.id, &first.id)?;
    equal("tickets", &count(f, &mark).await?, &1)
}

async fn limit(f: &Fixture) -> Verdict {
    let mark = word();
    let since = jiff::Timestamp::UNIX_EPOCH;
    let new = NewTicket { limit: Some((1, since)), ..f.new_ticket(&mark) };
    failed("create", f.desk()?.create(&f.own_cx(), &new).await, &[ErrorKind::LimitReached])?;
    equal("tickets", &count(f, &mark).await?, &0)?;
    let new = NewTicket { limit: Some((u32::MAX, since)), ..new };
    f.create(&new).await.map(drop)
}

async fn attachment(f: &Fixture) -> Verdict {
    let mark = word();
    let id = AttachmentId::new(&word()).map_err(|e| e.to_string())?;
    let new = NewTicket { attachments: vec![id], ..f.new_ticket(&mark) };
    failed("create", f.desk()?.create(&f.own_cx(), &new).await, &[ErrorKind::InvalidArgument, ErrorKind::Unsupported])?;
    equal("tickets", &count(f, &mark).await?, &0)
}

async fn comments(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    for (author, internal) in [(f.customer_author(), false), (f.staff_author(), false), (f.staff_author(), true)] {
        let body = format!("It's {} <again>", word());
        let by_agent = matches!(author, Author::Agent(_));
        let stored = f.comment(&id, &NewComment { author, body: body.clone(), internal }).await?;
        let ticket = f.ticket(&id).await?;
        let read = ticket.comments.iter().find(|it| it.id == stored.id).ok_or("the comment is not on the ticket")?;
        for comment in [&stored, read] {
            equal("body", &comment.body.expose().trim(), &body.as_str())?;
            equal("internal", &comment.internal, &internal)?;
            equal("by an agent", &matches!(comment.author, Author::Agent(_)), &by_agent)?;
        }
    }
    let ticket = f.ticket(&id).await?;
    equal("comments", &(ticket.public_comments, ticket.internal_comments), &(2, 1))
}

async fn responded(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    for (author, internal, expected) in
        [(f.customer_author(), false, false), (f.staff_author(), true, false), (f.staff_author(), false, true)]
    {
        f.comment(&id, &NewComment { author, body: word(), internal }).await?;
        equal("responded", &f.ticket(&id).await?.sla.responded_at.is_some(), &expected)?;
    }
    Ok(())
}

pub(crate) fn closure(f: &Fixture) -> Closure {
    Closure { resolution: format!("Replaced the drum {}", word()), by: f.staff.clone() }
}

async fn close(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    let closure = closure(f);
    let closed = f.open(&f.own, said("close", f.desk()?.close(&f.own_cx(), &id, &closure).await)?)?;
    for ticket in [&closed, &f.ticket(&id).await?] {
        equal("status", &ticket.status, &TicketStatus::Closed)?;
        let resolution = ticket.resolution.as_ref().map(|it| it.expose().trim().to_owned());
        equal("resolution", &resolution, &Some(closure.resolution.clone()))?;
    }
    failed("closing again", f.desk()?.close(&f.own_cx(), &id, &closure).await, &[ErrorKind::Conflict])
}

async fn resolution(f: &Fixture) -> Verdict {
    let mark = word();
    let id = f.create(&f.new_ticket(&mark)).await?.id;
    f.comment(&id, &NewComment { author: f.staff_author(), body: word(), internal: false }).await?;
    f.comment(&id, &NewComment { author: f.staff_author(), body: word(), internal: true }).await?;
    let closure = closure(f);
    said("close", f.desk()?.close(&f.own_cx(), &id, &closure).await)?;
    let ticket = f.ticket(&id).await?;
    let repeated = ticket.comments.iter().any(|it| it.body.expose().contains(&closure.resolution));
    ensure(!repeated, || "the resolution stands among the comments too".into())?;
    equal("comments", &(ticket.public_comments, ticket.internal_comments), &(1, 1))?;
    let (rows, _) = f.list(&TicketQuery { text: Some(mark), ..TicketQuery::default() }).await?;
    let counted: Vec<_> = rows.iter().map(|it| (it.public_comments, it.internal_comments)).collect();
    equal("comments in a list", &counted, &vec![(1, 1)])
}

async fn comment_closed(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    said("close", f.desk()?.close(&f.own_cx(), &id, &closure(f)).await)?;
    for (author, internal) in [(f.customer_author(), false), (f.staff_author(), false), (f.staff_author(), true)] {
        let new = NewComment { author, body: word(), internal };
        failed("comment", f.desk()?.comment(&f.own_cx(), &id, &new).await, &[ErrorKind::Conflict])?;
    }
    let ticket = f.ticket(&id).await?;
    equal("status and comments", &(ticket.status, ticket.comments.len()), &(TicketStatus::Closed, 0))
}

/// The comment is refused as a bad argument, and the ticket has no more of them than before.
async fn not_written(f: &Fixture, new: &NewComment) -> Verdict {
    let before = f.ticket(&f.own.ticket).await?.comments.len();
    let answer = f.desk()?.comment(&f.own_cx(), &f.own.ticket, new).await;
    failed("comment", answer, &[ErrorKind::InvalidArgument])?;
    equal("comments", &f.ticket(&f.own.ticket).await?.comments.len(), &before)
}

async fn customers_note(f: &Fixture) -> Verdict {
    not_written(f, &NewComment { author: f.customer_author(), body: word(), internal: true }).await
}

async fn strangers_comment(f: &Fixture) -> Verdict {
    let stranger = |contact: &ContactId| {
        let email = Some(f.foreign.email.clone());
        Author::Customer(Person { contact: Some(contact.clone()), name: "Kit Stranger".into(), email })
    };
    for contact in [&f.foreign.requester, &f.missing.contact] {
        not_written(f, &NewComment { author: stranger(contact), body: word(), internal: false }).await?;
    }
    Ok(())
}

fn escalation(f: &Fixture) -> NewEscalation {
    NewEscalation { target: f.escalation_target.clone(), reason: format!("Beyond us {}", word()), by: f.staff.clone() }
}

async fn escalate(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    let new = escalation(f);
    let answer = f.open(&f.own, said("escalate", f.desk()?.escalate(&f.own_cx(), &id, &new).await)?)?;
    for ticket in [&answer, &f.ticket(&id).await?] {
        let kept =
            ticket.escalations.iter().any(|it| it.target == new.target && it.reason.expose().contains(&new.reason));
        ensure(kept, || format!("the history is {:?}", ticket.escalations))?;
        let public = ticket.comments.iter().any(|it| !it.internal && it.body.expose().contains(&new.reason));
        ensure(!public, || "the reason stands in a public comment".into())?;
    }
    Ok(())
}

async fn escalate_closed(f: &Fixture) -> Verdict {
    let id = f.create(&f.new_ticket(&word())).await?.id;
    said("close", f.desk()?.close(&f.own_cx(), &id, &closure(f)).await)?;
    failed("escalate", f.desk()?.escalate(&f.own_cx(), &id, &escalation(f)).await, &[ErrorKind::Conflict])
}

async fn missing_comment(f: &Fixture) -> Verdict {
    let new = NewComment { author: f.staff_author(), body: word(), internal: true };
    failed("comment", f.desk()?.comment(&f.own_cx(), &f.missing.ticket, &new).await, &[ErrorKind::NotFound])
}

async fn missing_close(f: &Fixture) -> Verdict {
    let answer = f.desk()?.close(&f.own_cx(), &f.missing.ticket, &closure(f)).await;
    failed("close", answer, &[ErrorKind::NotFound])
}

async fn missing_escalate(f: &Fixture) -> Verdict {
    let answer = f.desk()?.escalate(&f.own_cx(), &f.missing.ticket, &escalation(f)).await;
    failed("escalate", answer, &[ErrorKind::NotFound])
}

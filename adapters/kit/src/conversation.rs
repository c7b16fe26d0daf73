//! One conversation, told in the ports' words: whatever system is behind them, it reads the same.

use crate::check::{ensure, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::Writes, Trial, Verdict};
use crate::visibility::colleague;
use postern_api::*;

/// How it reads.
const TOLD: &str = include_str!("conversation.txt");

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    let needs = &[TicketList, TicketGet, TicketCreate, TicketComment, TicketEscalate, TicketClose];
    let rule = "what is listed, read, written, closed and refused is told as `conversation.txt` tells it";
    let trial = Trial::new(Writes, "a conversation reads the same on every system", rule, needs, |f| Box::pin(same(f)));
    vec![trial.when(|f| f.caps.private_tickets && (f.own.lead.is_some() || f.own.colleagues_ticket.is_some()))]
}

async fn same(f: &Fixture) -> Verdict {
    let told = tell(f).await?;
    let mut lines = told.iter().map(String::as_str).zip(TOLD.lines());
    let differs = lines.find(|(told, expected)| told != expected);
    ensure(differs.is_none(), || format!("{differs:?}: told, and expected"))?;
    ensure(told.len() == TOLD.lines().count(), || format!("{} lines", told.len()))
}

/// A ticket without the numbers, names and times that every system has of its own.
fn shown(ticket: &Ticket, mark: &str) -> String {
    let Ticket { status, priority, visibility, public_comments, internal_comments, comments, escalations, .. } = ticket;
    let plain = |text: &Text| text.expose().trim().replace(mark, "MARK");
    let by = |author: &Author| if matches!(author, Author::Agent(_)) { "agent" } else { "customer" };
    let side = |internal: bool| if internal { "note" } else { "comment" };
    let comments: Vec<String> =
        comments.iter().map(|it| format!("{} {} {}", by(&it.author), side(it.internal), plain(&it.body))).collect();
    let reasons: Vec<String> = escalations.iter().map(|it| plain(&it.reason)).collect();
    let resolution = ticket.resolution.as_ref().map_or_else(|| "none".to_owned(), plain);
    format!(
        "{status:?} {priority:?} {visibility:?} public={public_comments} internal={internal_comments} \
         comments={comments:?} escalations={reasons:?} resolution={resolution}"
    )
}

/// What a query finds: how many, and each without its nested rows.
async fn found(f: &Fixture, who: &str, mark: &str, query: TicketQuery) -> Result<String, String> {
    let query = TicketQuery { text: Some(mark.to_owned()), descending: false, ..query };
    let (rows, total) = f.list(&query).await?;
    // A viewer is not told how many notes there are, so that a system may leave them uncounted.
    let line =
        |it: &Ticket| format!("{:?} {:?} {:?} public={}", it.status, it.priority, it.visibility, it.public_comments);
    Ok(format!("{who} finds {total}: {:?}", rows.iter().map(line).collect::<Vec<_>>()))
}

fn refused<T>(what: &str, answer: Result<T>) -> String {
    format!("{what}: {:?}", answer.err().map(|e| e.kind()))
}

async fn tell(f: &Fixture) -> Result<Vec<String>, String> {
    let (desk, mark, mut told) = (f.desk()?, word(), Vec::new());
    let other = colleague(f).await?.ok_or("nobody else is known here")?;
    let viewer = |contact: &ContactId, organisation_wide| TicketQuery {
        viewer: Some(Viewer { contact: contact.clone(), organisation_wide }),
        ..TicketQuery::default()
    };
    let me = &f.own.requester;

    let id = f.create(&NewTicket { priority: Priority::High, ..f.new_ticket(&mark) }).await?.id;
    told.push(format!("created: {}", shown(&f.ticket(&id).await?, &mark)));
    let private = NewTicket { visibility: Visibility::Private, priority: Priority::Low, ..f.new_ticket(&mark) };
    let private = f.create(&private).await?.id;
    told.push(format!("private: {}", shown(&f.ticket(&private).await?, &mark)));
    let by_priority = |query: TicketQuery| TicketQuery { sort: TicketSort::Priority, ..query };
    told.push(found(f, "the requester", &mark, by_priority(viewer(me, false))).await?);
    told.push(found(f, "a lead", &mark, by_priority(viewer(&other, true))).await?);
    told.push(found(f, "a colleague", &mark, by_priority(viewer(&other, false))).await?);

    let lines = [
        (f.customer_author(), false, "It prints MARK blank pages"),
        (f.staff_author(), false, "We are looking into it"),
        (f.staff_author(), true, "The drum is worn, says MARK"),
    ];
    for (author, internal, body) in lines {
        f.comment(&id, &NewComment { author, body: body.replace("MARK", &mark), internal }).await?;
    }
    told.push(format!("discussed: {}", shown(&f.ticket(&id).await?, &mark)));
    told.push(found(f, "the requester", &mark, by_priority(viewer(me, false))).await?);

    let target = f.escalation_target.clone();
    let up = NewEscalation { target, reason: format!("Beyond us, says {mark}"), by: f.staff.clone() };
    let row = f.open(&f.own, said("escalate", desk.escalate(&f.own_cx(), &id, &up).await)?)?;
    told.push(format!("escalated: {}", shown(&row, &mark)));
    let closure = Closure { resolution: format!("Replaced the drum of {mark}"), by: f.staff.clone() };
    let row = f.open(&f.own, said("close", desk.close(&f.own_cx(), &id, &closure).await)?)?;
    told.push(format!("closed: {}", shown(&row, &mark)));
    told.push(format!("read again: {}", shown(&f.ticket(&id).await?, &mark)));
    for statuses in [vec![TicketStatus::Open], vec![TicketStatus::Closed]] {
        told.push(found(f, &format!("{statuses:?}"), &mark, TicketQuery { statuses, ..viewer(me, true) }).await?);
    }

    let late = NewComment { author: f.customer_author(), body: mark.clone(), internal: false };
    told.push(refused("closing again", desk.close(&f.own_cx(), &id, &closure).await));
    told.push(refused("escalating it", desk.escalate(&f.own_cx(), &id, &up).await));
    told.push(refused("commenting on it", desk.comment(&f.own_cx(), &id, &late).await));
    told.push(refused("reading a missing one", desk.ticket(&f.own_cx(), &f.missing.ticket).await));
    told.push(refused("closing a foreign one", desk.close(&f.own_cx(), &f.foreign.ticket, &closure).await));
    Ok(told)
}

//! What came to the desk and the CRM later: changing tickets, time, words, places, profiles. A profile is put back.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group, Trial, Verdict};
use Group::{Scope as InScope, Shape, Writes};
use postern_api::*;
use std::collections::BTreeMap;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            Writes,
            "a changed ticket reads back",
            "what is given changes, the rest stays; the same reference has one effect",
            &[TicketCreate, TicketChange, TicketGet],
            |f| Box::pin(change(f)),
        ),
        Trial::new(
            Writes,
            "a ticket changes from what was seen",
            "`Conflict` where it was changed since, or is closed; `InvalidArgument` for an assignee who is nobody",
            &[TicketCreate, TicketChange, TicketClose, TicketGet],
            |f| Box::pin(stale_change(f)),
        ),
        Trial::new(
            InScope,
            "a foreign ticket is not changed",
            "missing, its time too, and unchanged",
            &[TicketGet, TicketChange, TimeList],
            |f| Box::pin(foreign_ticket(f)),
        ),
        Trial::new(Shape, "time comes oldest first", "of one ticket, oldest first", &[TimeList], |f| Box::pin(time(f))),
        Trial::new(
            Shape,
            "the desk says its words",
            "at least the open state and one urgency",
            &[VocabularyGet],
            |f| Box::pin(vocabulary(f)),
        ),
        Trial::new(Shape, "places come by name", "by name, of one organisation", &[SiteList], |f| Box::pin(sites(f))),
        Trial::new(
            InScope,
            "foreign places and profiles do not open",
            "no row, `NotFound`, and nothing changes",
            &[SiteList, ProfileGet, ProfileChange],
            |f| Box::pin(foreign_profile(f)),
        ),
        Trial::new(
            Writes,
            "a profile changes from what it was",
            "all fields or none; `Conflict` where one is another by now; the same reference has one effect",
            &[ProfileGet, ProfileChange],
            |f| Box::pin(profile(f)),
        )
        .when(|f| f.own.contact.is_some()),
    ]
}

async fn change(f: &Fixture) -> Verdict {
    let before = f.create(&f.new_ticket(&word())).await?;
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    let change = TicketChange {
        status: Some(TicketStatus::Pending),
        priority: Some(Priority::High),
        unchanged_since: Some(before.updated_at),
        ..TicketChange::default()
    };
    for _ in 0..2 {
        let now = f.open(&f.own, said("change", f.desk()?.change(&cx, &before.id, &change).await)?)?;
        for ticket in [now, f.ticket(&before.id).await?] {
            equal("state", &(ticket.status, ticket.priority), &(TicketStatus::Pending, Priority::High))?;
            equal("the rest", &ticket.subject.expose(), &before.subject.expose())?;
        }
    }
    let back = TicketChange { priority: Some(Priority::Low), ..TicketChange::default() };
    let now = f.open(&f.own, said("change", f.desk()?.change(&f.own_cx(), &before.id, &back).await)?)?;
    equal("state", &(now.status, now.priority), &(TicketStatus::Pending, Priority::Low))?;
    if !f.caps.remembers_changes {
        let answer = f.desk()?.change(&cx, &before.id, &change).await;
        failed("a change from what is no longer so", answer, &[ErrorKind::Conflict])?;
        return equal("what was changed since", &f.ticket(&before.id).await?.priority, &Priority::Low);
    }
    said("change", f.desk()?.change(&cx, &before.id, &change).await)?;
    equal("what was changed since", &f.ticket(&before.id).await?.priority, &Priority::Low)
}

async fn stale_change(f: &Fixture) -> Verdict {
    let desk = f.desk()?;
    let ticket = f.create(&f.new_ticket(&word())).await?;
    let long_ago = ticket.updated_at.saturating_sub(jiff::SignedDuration::from_hours(1)).map_err(|e| e.to_string())?;
    let urgent = TicketChange { priority: Some(Priority::Critical), ..TicketChange::default() };
    let stale = TicketChange { unchanged_since: Some(long_ago), ..urgent.clone() };
    failed("a stale change", desk.change(&f.own_cx(), &ticket.id, &stale).await, &[ErrorKind::Conflict])?;
    let nobody = TicketChange { assignee: Some(format!("{}@example.invalid", word())), ..urgent.clone() };
    let answer = desk.change(&f.own_cx(), &ticket.id, &nobody).await;
    failed("an assignee who is nobody", answer, &[ErrorKind::InvalidArgument])?;
    equal("priority", &f.ticket(&ticket.id).await?.priority, &ticket.priority)?;
    let closure = Closure { resolution: format!("Done {}", word()), by: f.staff.clone() };
    said("close", desk.close(&f.own_cx(), &ticket.id, &closure).await)?;
    failed("changing a closed one", desk.change(&f.own_cx(), &ticket.id, &urgent).await, &[ErrorKind::Conflict])
}

async fn foreign_ticket(f: &Fixture) -> Verdict {
    let read = async || -> Result<(TicketStatus, Priority), String> {
        let row = said("ticket", f.desk()?.ticket(&f.both_cx(), &f.foreign.ticket).await)?;
        let ticket = f.open(&f.foreign, row)?;
        Ok((ticket.status, ticket.priority))
    };
    let before = read().await?;
    let other = if before.1 == Priority::Low { Priority::High } else { Priority::Low };
    let change = TicketChange { priority: Some(other), ..TicketChange::default() };
    let answer = f.desk()?.change(&f.own_cx(), &f.foreign.ticket, &change).await;
    failed("change", answer, &[ErrorKind::NotFound])?;
    crate::scope::no_rows(f.desk()?.time(&f.own_cx(), &f.foreign.ticket).await)?;
    equal("the foreign ticket", &read().await?, &before)
}

async fn time(f: &Fixture) -> Verdict {
    let rows = f.open_all(&f.own, said("time", f.desk()?.time(&f.own_cx(), &f.own.ticket).await)?)?;
    ensure(!rows.is_empty(), || "no time was worked on the known ticket".into())?;
    ensure(rows.iter().all(|it| it.ticket == f.own.ticket), || "time of another ticket".into())?;
    ensure(rows.is_sorted_by_key(|it| it.at), || "not oldest first".into())
}

async fn vocabulary(f: &Fixture) -> Verdict {
    let words = said("vocabulary", f.desk()?.vocabulary(&f.own_cx()).await)?;
    ensure(words.statuses.iter().any(|it| it.1 == TicketStatus::Open), || "no word for an open ticket".into())?;
    ensure(words.priorities.iter().any(|it| it.1.is_some()), || "no word for an urgency".into())
}

async fn sites(f: &Fixture) -> Verdict {
    let rows = f.open_all(&f.own, said("sites", f.crm()?.sites(&f.own_cx(), &f.own.external).await)?)?;
    ensure(!rows.is_empty(), || "no places".into())?;
    ensure(rows.is_sorted_by_key(|it| it.name.to_lowercase()), || "not by name".into())
}

type Fields = BTreeMap<ProfileField, Option<String>>;

async fn fields(f: &Fixture, contact: Option<&ContactId>) -> Result<Fields, String> {
    f.open(&f.own, said("profile", f.crm()?.profile(&f.own_cx(), &f.own.external, contact).await)?)
}

fn order(
    f: &Fixture,
    contact: Option<ContactId>,
    fields: Vec<(ProfileField, Option<String>, Option<String>)>,
) -> ProfileChange {
    ProfileChange {
        organisation: f.own.external.clone(),
        contact,
        fields: fields.into_iter().map(|(field, before, after)| (field, (before, after))).collect(),
        source: "kit".into(),
        by: "Kit".into(),
    }
}

async fn profile(f: &Fixture) -> Verdict {
    let crm = f.crm()?;
    let contact = f.own.contact.clone().ok_or("no contact")?;
    let before = fields(f, Some(&contact)).await?;
    let phone = before.get(&ProfileField::Phone).ok_or("a contact without a telephone field")?.clone();
    let other = Some("+1 202 555 0999".to_owned());
    let there = order(f, Some(contact.clone()), vec![(ProfileField::Phone, phone.clone(), other.clone())]);
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    for _ in 0..2 {
        f.open(&f.own, said("change_profile", crm.change_profile(&cx, &there).await)?)?;
        equal("telephone", &fields(f, Some(&contact)).await?.get(&ProfileField::Phone).cloned(), &Some(other.clone()))?;
    }
    failed("a stale change", crm.change_profile(&f.own_cx(), &there).await, &[ErrorKind::Conflict])?;
    let back = vec![(ProfileField::Phone, other.clone(), phone.clone())];
    let half = [back.clone(), vec![(ProfileField::Title, Some(word()), None)]].concat();
    let answer = crm.change_profile(&f.own_cx(), &order(f, Some(contact.clone()), half)).await;
    failed("a change of which half is stale", answer, &[ErrorKind::Conflict])?;
    equal("telephone", &fields(f, Some(&contact)).await?.get(&ProfileField::Phone).cloned(), &Some(other))?;
    said("change_profile", crm.change_profile(&f.own_cx(), &order(f, Some(contact.clone()), back)).await)?;
    equal("the contact", &fields(f, Some(&contact)).await?, &before)?;
    let none_of_it = order(f, Some(contact), vec![(ProfileField::Website, None, Some("https://kit.example".into()))]);
    let answer = crm.change_profile(&f.own_cx(), &none_of_it).await;
    failed("a contact's website", answer, &[ErrorKind::InvalidArgument])
}

async fn foreign_profile(f: &Fixture) -> Verdict {
    let crm = f.crm()?;
    let foreign = &f.foreign.external;
    crate::scope::no_rows(crm.sites(&f.own_cx(), foreign).await)?;
    crate::scope::closed(f, "profile", crm.profile(&f.own_cx(), foreign, None).await)?;
    let theirs = async || -> Result<Fields, String> {
        f.open(&f.foreign, said("profile", crm.profile(&f.both_cx(), foreign, None).await)?)
    };
    let before = theirs().await?;
    let (field, value) = before.iter().next().ok_or("the other organisation's record has no fields")?;
    let mut change = order(f, None, vec![(*field, value.clone(), Some("Kit".into()))]);
    change.organisation = foreign.clone();
    failed("change_profile", crm.change_profile(&f.own_cx(), &change).await, &[ErrorKind::NotFound])?;
    if let Some(contact) = &f.foreign.contact {
        let mixed = order(f, Some(contact.clone()), vec![(ProfileField::Title, None, Some("Kit".into()))]);
        failed("another's contact", crm.change_profile(&f.both_cx(), &mixed).await, &[ErrorKind::NotFound])?;
        let answer = crm.profile(&f.both_cx(), &f.own.external, Some(contact)).await;
        failed("another's profile", answer, &[ErrorKind::NotFound])?;
    }
    equal("the other organisation", &theirs().await?, &before)
}

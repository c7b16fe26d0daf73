//! Notifications: the ledger, who wants to be told, sending. The kit tells the own requester a few things.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::{Fixture, Side};
use crate::trial::{Group, Trial, Verdict};
use Group::{Scope as InScope, Shape, Writes};
use postern_api::*;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(Shape, "notices come newest first", "newest first, each filter filters", &[NoticeList], |f| {
            Box::pin(ledger(f))
        }),
        Trial::new(
            Shape,
            "everybody's standing is known",
            "each person once, of this organisation",
            &[NoticeStanding],
            |f| Box::pin(standing(f)),
        ),
        Trial::new(
            InScope,
            "nobody of another organisation is told or listed",
            "`NotFound` out of reach; another's contact among the recipients: `InvalidArgument`, and nobody is told",
            &[NoticeList, NoticeStanding, NoticeSend],
            |f| Box::pin(foreign(f)),
        ),
        Trial::new(
            Writes,
            "each recipient is told once",
            "by each channel, also where one is named twice; the same reference has one effect",
            &[NoticeList, NoticeSend],
            |f| Box::pin(told_once(f)),
        ),
        Trial::new(
            Writes,
            "nobody is told more than a day allows",
            "`LimitReached` where one would get more, and then nobody is told",
            &[NoticeList, NoticeSend],
            |f| Box::pin(cap(f)),
        ),
        Trial::new(
            Writes,
            "mail goes to the address that is known",
            "`Conflict` for another one, and nobody is told; `Unsupported` where there is no mail",
            &[NoticeList, NoticeSend],
            |f| Box::pin(mail(f)),
        ),
        Trial::new(
            Writes,
            "what somebody wants is kept",
            "and nothing else changes; about an account: `InvalidArgument`; another organisation's person: `NotFound`",
            &[NoticeStanding, PreferenceSet],
            |f| Box::pin(wishes(f)),
        ),
    ]
}

fn port(f: &Fixture) -> Result<&dyn Notifications, String> {
    f.adapter.notifications().ok_or_else(|| "the adapter has no notifications".to_owned())
}

fn query(side: &Side) -> NoticeQuery {
    NoticeQuery { organisation: side.external.clone(), recipient: None, topic: None, since: None, limit: 200 }
}

async fn list(f: &Fixture, side: &Side, query: &NoticeQuery) -> Result<Vec<Notice>, String> {
    f.open_all(side, said("notices", port(f)?.notices(&f.both_cx(), query).await)?)
}

async fn ledger(f: &Fixture) -> Verdict {
    let all = list(f, &f.own, &query(&f.own)).await?;
    let first = all.first().ok_or("no notices")?.clone();
    ensure(all.is_sorted_by(|a, b| a.at >= b.at), || "not newest first".into())?;
    let count = |fits: &dyn Fn(&Notice) -> bool| all.iter().filter(|it| fits(it)).count();
    let some = list(f, &f.own, &NoticeQuery { topic: Some(first.topic), ..query(&f.own) }).await?;
    ensure(some.iter().all(|it| it.topic == first.topic), || "another topic".into())?;
    equal("notices of a topic", &some.len(), &count(&|it| it.topic == first.topic))?;
    let recipient = Some(first.recipient.clone());
    let some = list(f, &f.own, &NoticeQuery { recipient, ..query(&f.own) }).await?;
    ensure(some.iter().all(|it| it.recipient == first.recipient), || "another recipient".into())?;
    equal("notices to one", &some.len(), &count(&|it| it.recipient == first.recipient))?;
    let some = list(f, &f.own, &NoticeQuery { since: Some(first.at), ..query(&f.own) }).await?;
    equal("notices since the last", &some.len(), &count(&|it| it.at >= first.at))?;
    equal("notices on a page of 1", &list(f, &f.own, &NoticeQuery { limit: 1, ..query(&f.own) }).await?.len(), &1)
}

async fn standing(f: &Fixture) -> Verdict {
    let rows = f.open_all(&f.own, said("standing", port(f)?.standing(&f.own_cx(), &f.own.external).await)?)?;
    ensure(!rows.is_empty(), || "nobody".into())?;
    let people: std::collections::BTreeSet<_> = rows.iter().map(|it| &it.contact).collect();
    equal("people", &people.len(), &rows.len())
}

fn notice(side: &Side, subject: &str) -> NewNotice {
    let contact = side.contact.clone().unwrap_or_else(|| side.requester.clone());
    NewNotice {
        organisation: side.external.clone(),
        recipients: vec![Recipient { contact, name: "Kit Requester".into(), email: side.email.clone() }],
        channel: Channel::InApp,
        topic: Topic::Update,
        subject: subject.to_owned(),
        body: "A trial.".into(),
        daily_cap: None,
        by: "Kit".into(),
    }
}

async fn about(f: &Fixture, side: &Side, subject: &str) -> Result<Vec<Notice>, String> {
    let all = list(f, side, &query(side)).await?;
    Ok(all.into_iter().filter(|it| it.subject.expose() == subject).collect())
}

async fn foreign(f: &Fixture) -> Verdict {
    let notifications = port(f)?;
    let there = said("standing", notifications.standing(&f.both_cx(), &f.foreign.external).await)?;
    ensure(!f.open_all(&f.foreign, there)?.is_empty(), || "the other organisation has nobody".into())?;
    crate::scope::no_rows(notifications.standing(&f.own_cx(), &f.foreign.external).await)?;
    crate::scope::no_rows(notifications.notices(&f.own_cx(), &query(&f.foreign)).await)?;
    let subject = word();
    let there = notice(&f.foreign, &subject);
    failed("out of reach", notifications.send(&f.own_cx(), &there).await, &[ErrorKind::NotFound])?;
    let mut mixed = notice(&f.own, &subject);
    mixed.recipients.extend(there.recipients);
    failed("a stranger", notifications.send(&f.both_cx(), &mixed).await, &[ErrorKind::InvalidArgument])?;
    let told = (about(f, &f.own, &subject).await?.len(), about(f, &f.foreign, &subject).await?.len());
    equal("notices", &told, &(0, 0))
}

async fn told_once(f: &Fixture) -> Verdict {
    told_once_by(f, Channel::InApp).await?;
    if f.caps.mail { told_once_by(f, Channel::Email).await } else { Ok(()) }
}

async fn told_once_by(f: &Fixture, channel: Channel) -> Verdict {
    let subject = word();
    let mut new = NewNotice { channel, ..notice(&f.own, &subject) };
    new.recipients.extend(new.recipients.clone());
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let rows = f.open_all(&f.own, said("send", port(f)?.send(&cx, &new).await)?)?;
        equal("notices", &rows.len(), &1)?;
        ids.extend(rows.into_iter().map(|it| it.id));
    }
    equal("ids", &ids.len(), &1)?;
    let kept = about(f, &f.own, &subject).await?;
    let seen: Vec<_> = kept.iter().map(|it| (it.channel, it.topic, it.state)).collect();
    equal("what is kept", &seen, &vec![(channel, Topic::Update, NoticeState::Sent)])
}

async fn cap(f: &Fixture) -> Verdict {
    let recipient = notice(&f.own, "").recipients.into_iter().next().ok_or("nobody")?.contact;
    let of = NoticeQuery { recipient: Some(recipient), topic: Some(Topic::Update), ..query(&f.own) };
    let day = jiff::SignedDuration::from_hours(24);
    let since = Some(jiff::Timestamp::now().saturating_sub(day).map_err(|e| e.to_string())?);
    let today = list(f, &f.own, &NoticeQuery { since, ..of }).await?;
    let told = today.iter().filter(|it| it.state != NoticeState::Failed).count();
    let told = u32::try_from(told).map_err(|e| e.to_string())?;
    let subject = word();
    let full = NewNotice { daily_cap: Some(told), ..notice(&f.own, &subject) };
    failed("one too many", port(f)?.send(&f.own_cx(), &full).await, &[ErrorKind::LimitReached])?;
    equal("notices", &about(f, &f.own, &subject).await?.len(), &0)?;
    let room = NewNotice { daily_cap: Some(told + 1), ..full };
    said("send", port(f)?.send(&f.own_cx(), &room).await)?;
    failed("the next one", port(f)?.send(&f.own_cx(), &room).await, &[ErrorKind::LimitReached])?;
    equal("notices", &about(f, &f.own, &subject).await?.len(), &1)
}

async fn mail(f: &Fixture) -> Verdict {
    let subject = word();
    let mut new = NewNotice { channel: Channel::Email, ..notice(&f.own, &subject) };
    if f.caps.mail {
        for recipient in &mut new.recipients {
            recipient.email = format!("{}@elsewhere.example", word().to_lowercase());
        }
        failed("another address", port(f)?.send(&f.own_cx(), &new).await, &[ErrorKind::Conflict])?;
    } else {
        failed("no mail", port(f)?.send(&f.own_cx(), &new).await, &[ErrorKind::Unsupported])?;
    }
    equal("notices", &about(f, &f.own, &subject).await?.len(), &0)
}

async fn wishes(f: &Fixture) -> Verdict {
    let notices = port(f)?;
    let all = async |side: &Side| -> Result<Vec<Standing>, String> {
        let rows = said("standing", notices.standing(&f.both_cx(), &side.external).await)?;
        f.open_all(side, rows)
    };
    let before = all(&f.own).await?;
    let who = before.first().ok_or("nobody has a standing")?.clone();
    let what = (Topic::Update, Channel::InApp);
    let wish = |wanted| Wish { topic: what.0, channel: what.1, wanted };
    let had = who.opted_out.contains(&what);
    for wanted in [false, true, false] {
        let answer = notices.prefer(&f.own_cx(), &f.own.external, &who.contact, &[wish(wanted)]).await;
        f.open(&f.own, said("prefer", answer)?)?;
        let now = all(&f.own).await?;
        let theirs = now.iter().find(|it| it.contact == who.contact).ok_or("a standing is gone")?;
        equal("opted out", &theirs.opted_out.contains(&what), &!wanted)?;
        equal("consented", &theirs.consented, &who.consented)?;
    }
    let back = notices.prefer(&f.own_cx(), &f.own.external, &who.contact, &[wish(!had)]).await;
    said("prefer", back)?;
    let security = Wish { topic: Topic::Security, ..wish(false) };
    let answer = notices.prefer(&f.own_cx(), &f.own.external, &who.contact, &[security]).await;
    failed("prefer", answer, &[ErrorKind::InvalidArgument])?;
    let theirs = all(&f.foreign).await?;
    let stranger = theirs.first().ok_or("the other organisation has nobody")?;
    for organisation in [&f.own.external, &f.foreign.external] {
        let answer = notices.prefer(&f.own_cx(), organisation, &stranger.contact, &[wish(false)]).await;
        failed("prefer", answer, &[ErrorKind::NotFound])?;
    }
    equal("standings", &all(&f.own).await?, &before)
}

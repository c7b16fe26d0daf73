//! Telling people in the portal, and what they were told.
//!
//! **Invariant:** the cap is held and the notices are kept in one transaction, so that two senders together cannot pass it.
//! There is no mailer here: `Channel::Email` is refused before anything is kept. Whoever has one uses the ledger.

mod ledger;

use crate::adapter::{Tenant, required_organisation};
use crate::convert::{id, micros, named, owner, some_text, text, time, word};
use crate::fail::{Result as Inner, refuse};
use crate::filter::{Filter, MOST};
use crate::once;
use crate::rows::Rows;
use jiff::{SignedDuration, Timestamp};
use postern_api::*;
use rusqlite::Row;
use std::collections::{BTreeMap, BTreeSet};

const SELECT: &str = "SELECT o.id, n.id, c.id, c.email, n.channel, n.topic, n.subject, n.at, n.state, n.failure
                      FROM notice n JOIN organisation o ON o.key = n.organisation JOIN contact c ON c.key = n.recipient
                      WHERE n.tenant = :tenant";

#[async_trait]
impl Notifications for Tenant {
    async fn notices(&self, cx: &CallCx, query: &NoticeQuery) -> Result<Vec<Owned<Notice>>> {
        self.read(cx, |rows| list(rows, required_organisation(rows, &cx.reach, &query.organisation)?, query))
    }

    async fn standing(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Standing>>> {
        self.read(cx, |rows| standing(rows, required_organisation(rows, &cx.reach, organisation)?))
    }

    async fn send(&self, cx: &CallCx, new: &NewNotice) -> Result<Vec<Owned<Notice>>> {
        if new.channel == Channel::Email {
            let message = "the built-in backend sends no e-mail; tell people in the portal, or connect a mail system";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| send(rows, &call, &new)).await
    }

    async fn prefer(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: &ContactId,
        wishes: &[Wish],
    ) -> Result<Owned<()>> {
        let (call, organisation, contact, wishes) =
            (cx.clone(), organisation.clone(), contact.clone(), wishes.to_vec());
        self.write(cx, move |rows| prefer(rows, &call, (&organisation, &contact), &wishes)).await
    }
}

fn list(rows: &Rows<'_>, organisation: i64, query: &NoticeQuery) -> Inner<Vec<Owned<Notice>>> {
    let mut filter = Filter::default();
    filter.only("n.organisation", ":organisation", Some(organisation));
    filter.only("c.id", ":recipient", query.recipient.as_ref().map(|it| it.as_str().to_owned()));
    filter.only("n.topic", ":topic", query.topic.as_ref().map(word).transpose()?);
    if let Some(since) = query.since {
        filter.and("n.at >= :since");
        filter.bind(":since", micros(since));
    }
    let sql = format!("{SELECT}{} ORDER BY n.at DESC, n.key DESC LIMIT :limit", filter.sql());
    filter.bind(":limit", query.limit.min(MOST));
    rows.all(&sql, &filter.params(), notice)
}

fn notice(row: &Row<'_>) -> Inner<Owned<Notice>> {
    let record = Notice {
        id: id(row, 1, NotificationId::new)?,
        recipient: id(row, 2, ContactId::new)?,
        email: row.get(3)?,
        channel: named(row, 4)?,
        topic: named(row, 5)?,
        subject: text(row, 6)?,
        at: time(row, 7)?,
        state: named(row, 8)?,
        failure: some_text(row, 9)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

/// By name. Nobody agreed who did not say so themselves; what a person said last counts.
fn standing(rows: &Rows<'_>, organisation: i64) -> Inner<Vec<Owned<Standing>>> {
    let mut refused: BTreeMap<i64, Vec<(Topic, Channel)>> = BTreeMap::new();
    let out = rows.all(
        "SELECT p.contact, p.topic, p.channel FROM opt_out p JOIN contact c ON c.key = p.contact
         WHERE p.tenant = :tenant AND c.organisation = :organisation",
        &[(":organisation", &organisation)],
        |row| Ok((row.get::<_, i64>(0)?, (named(row, 1)?, named(row, 2)?))),
    )?;
    for (contact, what) in out {
        refused.entry(contact).or_default().push(what);
    }
    rows.all(
        "SELECT o.id, c.key, c.id, coalesce((SELECT n.granted FROM consent n
           WHERE n.tenant = c.tenant AND n.contact = c.key AND n.kind = :kind ORDER BY n.at DESC, n.key DESC LIMIT 1), 0)
         FROM contact c JOIN organisation o ON o.key = c.organisation
         WHERE c.tenant = :tenant AND c.organisation = :organisation ORDER BY c.name COLLATE NOCASE, c.key",
        &[(":organisation", &organisation), (":kind", &word(&ConsentKind::Notifications)?)],
        |row| {
            let mut opted_out = refused.remove(&row.get(1)?).unwrap_or_default();
            opted_out.sort_unstable();
            let record = Standing { contact: id(row, 2, ContactId::new)?, consented: row.get(3)?, opted_out };
            Ok(Owned::new(owner(row, 0)?, record))
        },
    )
}

fn prefer(rows: &Rows<'_>, cx: &CallCx, (theirs, who): (&ExternalId, &ContactId), wishes: &[Wish]) -> Inner<Owned<()>> {
    let organisation = required_organisation(rows, &cx.reach, theirs)?;
    let key = rows.one(
        "SELECT key FROM contact WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
        &[(":id", &who.as_str()), (":organisation", &organisation)],
        |row| Ok(row.get::<_, i64>(0)?),
    )?;
    let key = key.ok_or_else(|| Error::not_found("contact"))?;
    if wishes.iter().any(|it| it.topic == Topic::Security) {
        return refuse(ErrorKind::InvalidArgument, "about an account people are always told; leave `security` out");
    }
    let earlier = once::earlier(rows, cx, Op::PreferenceSet, organisation)?;
    if earlier.is_none_or(|it| it != who.as_str()) {
        for wish in wishes {
            let sql = if wish.wanted {
                "DELETE FROM opt_out
                 WHERE tenant = :tenant AND contact = :contact AND topic = :topic AND channel = :channel"
            } else {
                "INSERT OR IGNORE INTO opt_out (tenant, contact, topic, channel)
                 VALUES (:tenant, :contact, :topic, :channel)"
            };
            rows.change(
                sql,
                &[(":contact", &key), (":topic", &word(&wish.topic)?), (":channel", &word(&wish.channel)?)],
            )?;
        }
        once::keep(rows, cx, Op::PreferenceSet, organisation, who.as_str())?;
    }
    Ok(Owned::new(Owner::Organisation(theirs.clone()), ()))
}

fn send(rows: &Rows<'_>, cx: &CallCx, new: &NewNotice) -> Inner<Vec<Owned<Notice>>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    if let Some(earlier) = once::earlier(rows, cx, Op::NoticeSend, organisation)? {
        return list_of(rows, earlier.split_whitespace());
    }
    let mut recipients = BTreeSet::new();
    for recipient in &new.recipients {
        recipients.insert(contact(rows, organisation, &recipient.contact)?);
    }
    let now = Timestamp::now();
    cap(rows, new, &recipients, now)?;
    let mut kept = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        kept.push(keep(rows, new, (organisation, recipient), NoticeState::Sent, now)?);
        tell(rows, new, recipient, now)?;
    }
    once::keep(rows, cx, Op::NoticeSend, organisation, &kept.join(" "))?;
    list_of(rows, kept.iter().map(String::as_str))
}

/// Refuses where one of them would get more than a day allows.
fn cap(rows: &Rows<'_>, new: &NewNotice, recipients: &BTreeSet<i64>, now: Timestamp) -> Inner<()> {
    let Some(cap) = new.daily_cap else { return Ok(()) };
    let day = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    for recipient in recipients {
        let told: Option<i64> = rows.one(
            "SELECT count(*) FROM notice WHERE tenant = :tenant AND recipient = :recipient AND topic = :topic
             AND at > :day AND state <> :failed",
            &[
                (":recipient", recipient),
                (":topic", &word(&new.topic)?),
                (":day", &micros(day)),
                (":failed", &word(&NoticeState::Failed)?),
            ],
            |row| Ok(row.get(0)?),
        )?;
        if told.unwrap_or(0) >= i64::from(cap) {
            let message = "somebody would get more notices about this than a day allows; send it tomorrow";
            return refuse(ErrorKind::LimitReached, message);
        }
    }
    Ok(())
}

/// Keeps one notice to one person, and gives its id.
fn keep(
    rows: &Rows<'_>,
    new: &NewNotice,
    (organisation, recipient): (i64, i64),
    state: NoticeState,
    now: Timestamp,
) -> Inner<String> {
    let id = rows.fresh("NT")?;
    rows.insert(
        "INSERT INTO notice (tenant, id, organisation, recipient, channel, topic, subject, by, at, state, settled)
         VALUES (:tenant, :id, :organisation, :recipient, :channel, :topic, :subject, :by, :now, :state, :settled)",
        &[
            (":id", &id),
            (":organisation", &organisation),
            (":recipient", &recipient),
            (":channel", &word(&new.channel)?),
            (":topic", &word(&new.topic)?),
            (":subject", &new.subject),
            (":by", &new.by),
            (":now", &micros(now)),
            (":state", &word(&state)?),
            (":settled", &(state != NoticeState::Unknown)),
        ],
    )?;
    Ok(id)
}

/// What somebody finds in the portal.
fn tell(rows: &Rows<'_>, new: &NewNotice, recipient: i64, now: Timestamp) -> Inner<()> {
    rows.insert(
        "INSERT INTO notification (tenant, contact, text, at) VALUES (:tenant, :contact, :text, :now)",
        &[(":contact", &recipient), (":text", &format!("{}\n{}", new.subject, new.body)), (":now", &micros(now))],
    )?;
    Ok(())
}

/// Notices by their ids, in that order.
fn list_of<'a>(rows: &Rows<'_>, ids: impl IntoIterator<Item = &'a str>) -> Inner<Vec<Owned<Notice>>> {
    ids.into_iter().map(|it| stored(rows, it)).collect()
}

fn contact(rows: &Rows<'_>, organisation: i64, contact: &ContactId) -> Inner<i64> {
    let found = rows.one(
        "SELECT key FROM contact WHERE tenant = :tenant AND id = :id AND organisation = :organisation AND active = 1",
        &[(":id", &contact.as_str()), (":organisation", &organisation)],
        |row| Ok(row.get(0)?),
    )?;
    let message = "a recipient is no active contact of the organisation";
    found.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, message).into())
}

fn stored(rows: &Rows<'_>, id: &str) -> Inner<Owned<Notice>> {
    let found = rows.one(&format!("{SELECT} AND n.id = :id"), &[(":id", &id)], notice)?;
    found.ok_or_else(|| Error::internal("a notice is gone").into())
}

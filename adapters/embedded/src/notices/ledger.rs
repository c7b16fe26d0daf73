//! The ledger for channels that keep none themselves: a notice is kept before it is sent, and settled afterwards.
//!
//! **Invariant:** between the two it stands as `Unknown`, so a notice that a crash cut is neither forgotten nor sent again.

use super::{cap, contact, keep, list_of, tell};
use crate::adapter::{Tenant, required_organisation};
use crate::convert::{named, word};
use crate::fail::{Result as Inner, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use std::collections::BTreeSet;

#[async_trait]
impl NoticeLedger for Tenant {
    async fn reserve(&self, cx: &CallCx, new: &NewNotice) -> Result<Reservation> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| reserve(rows, &call, &new)).await
    }

    async fn settle(&self, cx: &CallCx, new: &NewNotice, settled: &[Settled]) -> Result<Vec<Owned<Notice>>> {
        let (call, new, settled) = (cx.clone(), new.clone(), settled.to_vec());
        // What came of a mail is written down also where the time for the call is over.
        let patient = CallCx { deadline: cx.deadline.max(std::time::Instant::now() + GRACE), ..cx.clone() };
        self.write(&patient, move |rows| settle(rows, &call, &new, &settled)).await
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<(Owned<Trace>, Vec<NoticeState>)>> {
        self.read(cx, |rows| {
            let Some(found) = crate::trace::find(rows, cx, sought)? else { return Ok(None) };
            Ok(Some((found, states(rows, sought)?)))
        })
    }

    async fn opt_out(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: &ContactId,
        what: (Topic, Channel),
    ) -> Result<()> {
        let (reach, organisation, contact) = (cx.reach.clone(), organisation.clone(), contact.clone());
        let work = move |rows: &Rows<'_>| {
            let organisation = required_organisation(rows, &reach, &organisation)?;
            let key = rows.one(
                "SELECT key FROM contact WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
                &[(":id", &contact.as_str()), (":organisation", &organisation)],
                |row| Ok(row.get::<_, i64>(0)?),
            )?;
            let key = key.ok_or_else(|| Error::not_found("contact"))?;
            rows.change(
                "INSERT OR IGNORE INTO opt_out (tenant, contact, topic, channel)
                 VALUES (:tenant, :contact, :topic, :channel)",
                &[(":contact", &key), (":topic", &word(&what.0)?), (":channel", &word(&what.1)?)],
            )?;
            Ok(())
        };
        self.write(cx, work).await
    }
}

/// How the notices of a write stand. It was found, so that it is in reach.
fn states(rows: &Rows<'_>, sought: &Sought) -> Inner<Vec<NoticeState>> {
    let kept = rows.one(
        "SELECT subject FROM effect WHERE tenant = :tenant AND operation = :op AND reference = :reference",
        &[(":op", &Op::NoticeSend.name()), (":reference", &sought.reference)],
        |row| Ok(row.get::<_, String>(0)?),
    )?;
    let mut states = Vec::new();
    for id in kept.iter().flat_map(|it| it.split_whitespace()).filter(|_| sought.op == Op::NoticeSend) {
        let state =
            rows.one("SELECT state FROM notice WHERE tenant = :tenant AND id = :id", &[(":id", &id)], |row| {
                named(row, 0)
            })?;
        states.push(state.ok_or_else(|| Error::internal("a notice is gone"))?);
    }
    Ok(states)
}

/// How long the disk may take after the time for a call is over.
const GRACE: std::time::Duration = std::time::Duration::from_secs(5);

fn reserve(rows: &Rows<'_>, cx: &CallCx, new: &NewNotice) -> Inner<Reservation> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    if let Some(earlier) = once::earlier(rows, cx, Op::NoticeSend, organisation)? {
        return Ok(Reservation::Earlier(list_of(rows, earlier.split_whitespace())?));
    }
    let (mut keys, mut people) = (BTreeSet::new(), Vec::new());
    for recipient in &new.recipients {
        let key = contact(rows, organisation, &recipient.contact)?;
        if !keys.insert(key) {
            continue;
        }
        let (name, email) = card(rows, key)?;
        let Some(email) = email.filter(|it| it.eq_ignore_ascii_case(&recipient.email)) else {
            return refuse(ErrorKind::Conflict, "a recipient has another e-mail address now; preview it again");
        };
        if new.topic != Topic::Security && !wants(rows, key, new)? {
            let message = "a recipient does not want to be told about this any more; preview it again";
            return refuse(ErrorKind::Conflict, message);
        }
        people.push((key, recipient.contact.clone(), name, email));
    }
    let now = Timestamp::now();
    cap(rows, new, &keys, now)?;
    let mut reserved = Vec::with_capacity(people.len());
    let mut ids = Vec::with_capacity(people.len());
    for (key, contact, name, email) in people {
        let id = keep(rows, new, (organisation, key), NoticeState::Unknown, now)?;
        ids.push(id.clone());
        let id = NotificationId::new(&id).map_err(|e| Error::internal("a notice's id").because(e))?;
        reserved.push(ReservedNotice { id, contact, name, email });
    }
    once::keep(rows, cx, Op::NoticeSend, organisation, &ids.join(" "))?;
    Ok(Reservation::Fresh(reserved))
}

/// The name and the address of somebody.
fn card(rows: &Rows<'_>, contact: i64) -> Inner<(String, Option<String>)> {
    let found = rows.one(
        "SELECT name, email FROM contact WHERE tenant = :tenant AND key = :key",
        &[(":key", &contact)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    found.ok_or_else(|| Error::internal("a contact is gone").into())
}

/// Whether somebody agreed to be told and did not opt out of this. What a person said last counts.
fn wants(rows: &Rows<'_>, contact: i64, new: &NewNotice) -> Inner<bool> {
    let found = rows.one(
        "SELECT coalesce((SELECT n.granted FROM consent n WHERE n.tenant = :tenant AND n.contact = :contact
             AND n.kind = :kind ORDER BY n.at DESC, n.key DESC LIMIT 1), 0)
         AND NOT EXISTS (SELECT 1 FROM opt_out p WHERE p.tenant = :tenant AND p.contact = :contact
             AND p.topic = :topic AND p.channel = :channel)",
        &[
            (":contact", &contact),
            (":kind", &word(&ConsentKind::Notifications)?),
            (":topic", &word(&new.topic)?),
            (":channel", &word(&new.channel)?),
        ],
        |row| Ok(row.get(0)?),
    )?;
    Ok(found.unwrap_or(false))
}

fn settle(rows: &Rows<'_>, cx: &CallCx, new: &NewNotice, settled: &[Settled]) -> Inner<Vec<Owned<Notice>>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    let now = Timestamp::now();
    for it in settled {
        let changed = rows.change(
            "UPDATE notice SET state = :state, failure = :failure, settled = 1
             WHERE tenant = :tenant AND id = :id AND organisation = :organisation AND settled = 0",
            &[
                (":state", &word(&it.state)?),
                (":failure", &it.failure),
                (":id", &it.id.as_str()),
                (":organisation", &organisation),
            ],
        )?;
        if changed == 0 || it.state == NoticeState::Failed {
            continue;
        }
        let recipient = rows.one(
            "SELECT recipient FROM notice WHERE tenant = :tenant AND id = :id",
            &[(":id", &it.id.as_str())],
            |row| Ok(row.get::<_, i64>(0)?),
        )?;
        let recipient = recipient.ok_or_else(|| Error::internal("a notice is gone"))?;
        tell(rows, new, recipient, now)?;
    }
    list_of(rows, settled.iter().map(|it| it.id.as_str()))
}

//! Figures over many people.
//!
//! **Invariant:** a figure has at least `minimum_group` people behind it or is left out, and none names anybody; nothing that it was made
//! from is changed.

use super::governed::{named, words};
use crate::tools::{Kind, Preview, Refusal, Reply, Tool, ToolCx, Used};
use jiff::{SignedDuration, Timestamp};
use postern_api::{
    AccessEventKind, AccessEventQuery, ContactId, NoticeQuery, NoticeState, Op, OrganisationId, Snapshot, TicketQuery,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The longest span of one snapshot, in days.
const MOST_DAYS: i64 = 92;

/// The most rows that a port gives at once: where there may be more, a figure over them would be wrong and is left out.
const MOST: u32 = 200;

/// What people look for answers with before they ask somebody.
const SELF_SERVICE: [&str; 3] = ["customer_search_kb", "get_kb_article", "portal.faq_entries.list"];

/// Keep figures of how a customer uses the portal: sign-ins, self-service questions and how many people they spared a request, saved
/// documents, payments looked at, requests, first answers, notifications read. Counted over everybody; a figure with too few people behind it is left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordSnapshot {
    /// Of which customer.
    customer_id: OrganisationId,
    /// From when, UTC.
    from: Timestamp,
    /// Until when, UTC; not in the future.
    until: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SnapshotKept {
    figures: BTreeMap<&'static str, f64>,
    left_out: Vec<&'static str>,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct SnapshotFacts {
    action: &'static str,
    customer_id: OrganisationId,
    from: Timestamp,
    until: Timestamp,
    figures: BTreeMap<&'static str, f64>,
    left_out: Vec<&'static str>,
}

/// A figure on its way, and who stands behind it.
#[derive(Debug, Default)]
struct Figure {
    value: f64,
    people: BTreeSet<String>,
    cut: bool,
}

impl Figure {
    fn count(&mut self, who: Option<String>) {
        self.value += 1.0;
        self.people.extend(who);
    }
}

/// What may be kept, and the names of what is left out.
fn kept(figures: BTreeMap<&'static str, Figure>, minimum: u32) -> (BTreeMap<&'static str, f64>, Vec<&'static str>) {
    // A single person is never a group, whatever the portal's setting says.
    let minimum = usize::try_from(minimum).unwrap_or(usize::MAX).max(2);
    let (good, out): (Vec<_>, Vec<_>) = figures.into_iter().partition(|(_, it)| !it.cut && it.people.len() >= minimum);
    let good = good.into_iter().map(|(name, it)| (name, it.value)).collect();
    (good, out.into_iter().map(|(name, _)| name).collect())
}

/// How many of a hundred who looked for an answer themselves raised no request. Each part of them is a group of its own: otherwise
/// the figure would tell of the few who did, or did not.
fn deflection(looked: &BTreeSet<String>, asked: &BTreeSet<String>) -> Figure {
    let (raised, spared): (BTreeSet<_>, BTreeSet<_>) = looked.iter().cloned().partition(|it| asked.contains(it));
    let share = |part: usize| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
    let value = if looked.is_empty() { 0.0 } else { 100.0 * share(spared.len()) / share(looked.len()) };
    let parts = [raised, spared].into_iter().filter(|it| !it.is_empty());
    Figure { value, people: parts.min_by_key(BTreeSet::len).unwrap_or_default(), cut: false }
}

impl RecordSnapshot {
    async fn look(&self, cx: &ToolCx) -> Result<(BTreeMap<&'static str, f64>, Vec<&'static str>), Refusal> {
        let most = SignedDuration::from_hours(24 * MOST_DAYS);
        if self.until > cx.now || self.from >= self.until || self.until.duration_since(self.from) > most {
            let expected = format!("expected a span of at most {MOST_DAYS} days that has ended");
            return Err(Refusal::argument("until", expected));
        }
        let portal = cx.portal()?;
        named(cx, &portal, &self.customer_id)?;
        let minimum = portal.timed(portal.port.config(&portal.cx)).await?.minimum_group;
        let mut figures = BTreeMap::new();
        self.events(cx, &mut figures).await?;
        self.notices(cx, &mut figures).await?;
        let askers = self.requests(cx, &mut figures).await?;
        self.self_service(cx, &askers, &mut figures)?;
        Ok(kept(figures, minimum))
    }

    fn within(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    async fn events(&self, cx: &ToolCx, figures: &mut BTreeMap<&'static str, Figure>) -> Result<(), Refusal> {
        let identity = cx.identity()?;
        let organisation = named(cx, &identity, &self.customer_id)?;
        let kinds = [
            (AccessEventKind::Login, "sign_ins"),
            (AccessEventKind::Download, "documents_saved"),
            (AccessEventKind::PaymentView, "payments_looked_at"),
        ];
        for (kind, name) in kinds {
            let query = AccessEventQuery {
                organisation: organisation.clone(),
                user: None,
                kinds: vec![kind],
                since: Some(self.from),
                limit: MOST,
            };
            let rows = identity.timed(identity.port.access_events(&identity.cx, &query)).await?;
            let mut figure = Figure { cut: rows.len() >= MOST as usize, ..Figure::default() };
            let rows = rows.into_iter().filter_map(|it| identity.admit(it));
            for row in rows.filter(|it| it.organisation.as_ref() == Some(&self.customer_id)) {
                if row.record.kind == kind && self.within(row.record.at) {
                    figure.count(row.record.user.map(|it| it.to_string()));
                }
            }
            figures.insert(name, figure);
        }
        Ok(())
    }

    async fn notices(&self, cx: &ToolCx, figures: &mut BTreeMap<&'static str, Figure>) -> Result<(), Refusal> {
        let notices = cx.notifications()?;
        let organisation = named(cx, &notices, &self.customer_id)?;
        let query = NoticeQuery { organisation, recipient: None, topic: None, since: Some(self.from), limit: MOST };
        let rows = notices.timed(notices.port.notices(&notices.cx, &query)).await?;
        let cut = rows.len() >= MOST as usize;
        let (mut sent, mut read) = (Figure { cut, ..Figure::default() }, Figure { cut, ..Figure::default() });
        let rows = rows.into_iter().filter_map(|it| notices.admit(it));
        for row in rows.filter(|it| it.organisation.as_ref() == Some(&self.customer_id)) {
            if !self.within(row.record.at) {
                continue;
            }
            sent.count(Some(row.record.recipient.to_string()));
            if row.record.state == NoticeState::Read {
                read.count(Some(row.record.recipient.to_string()));
            }
        }
        figures.insert("notifications", sent);
        figures.insert("notifications_read", read);
        Ok(())
    }

    /// What people asked the portal themselves, and how many of them then raised no request. `askers`: who did, if that is known.
    fn self_service(
        &self,
        cx: &ToolCx,
        askers: &Option<BTreeSet<ContactId>>,
        figures: &mut BTreeMap<&'static str, Figure>,
    ) -> Result<(), Refusal> {
        let used = Used {
            tenant: &cx.tenant.id,
            organisation: &self.customer_id,
            tools: &SELF_SERVICE,
            span: (self.from, self.until),
        };
        let Some(found) = cx.history.uses(&used)? else {
            for name in ["self_service_queries", "deflection_percent"] {
                figures.insert(name, Figure { cut: true, ..Figure::default() });
            }
            return Ok(());
        };
        let value = found.values().map(|it| f64::from(*it)).sum();
        let people: BTreeSet<String> = found.into_keys().collect();
        let deflection = match askers {
            Some(askers) => {
                let system = &cx.tenant.service_desk.ids;
                let mut asked = BTreeSet::new();
                for contact in askers {
                    let principal = cx.identities.principal(&cx.tenant.id, system, contact)?;
                    asked.extend(principal.map(|it| cx.history.person(&cx.tenant.id, &it)));
                }
                deflection(&people, &asked)
            }
            None => Figure { cut: true, ..Figure::default() },
        };
        figures.insert("self_service_queries", Figure { value, people, cut: false });
        figures.insert("deflection_percent", deflection);
        Ok(())
    }

    async fn requests(
        &self,
        cx: &ToolCx,
        figures: &mut BTreeMap<&'static str, Figure>,
    ) -> Result<Option<BTreeSet<ContactId>>, Refusal> {
        let mut askers = BTreeSet::new();
        let desk = cx.desk()?;
        let organisation = Some(named(cx, &desk, &self.customer_id)?);
        let (mut raised, mut minutes, mut answered) = (Figure::default(), Figure::default(), 0_u32);
        let mut query = TicketQuery {
            organisation,
            created_since: Some(self.from),
            without_tasks: true,
            limit: MOST,
            ..TicketQuery::default()
        };
        loop {
            let page = desk.timed(desk.port.tickets(&desk.cx, &query)).await?;
            let (returned, total) = (page.rows.len(), page.total);
            raised.cut |= page.truncated;
            let page = desk.page(page);
            for row in page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(&self.customer_id)) {
                let ticket = row.record;
                if !self.within(ticket.created_at) {
                    continue;
                }
                askers.extend(ticket.requester.contact.clone());
                let who = ticket.requester.contact.map(|it| it.to_string()).or(ticket.requester.email);
                if let Some(at) = ticket.sla.responded_at {
                    minutes.value += at.duration_since(ticket.created_at).as_secs_f64() / 60.0;
                    minutes.people.extend(who.clone());
                    answered += 1;
                }
                raised.count(who);
            }
            query.offset += u32::try_from(returned).unwrap_or(u32::MAX);
            if returned == 0 || u64::from(query.offset) >= total {
                break;
            }
            if query.offset >= 5_000 {
                raised.cut = true;
                break;
            }
        }
        minutes.cut = raised.cut;
        if answered > 0 {
            minutes.value /= f64::from(answered);
        }
        let known = (!raised.cut).then_some(askers);
        figures.insert("requests", raised);
        figures.insert("minutes_to_first_answer", minutes);
        Ok(known)
    }
}

impl Tool for RecordSnapshot {
    const NAME: &'static str = "portal.analytics_snapshot.record";
    const TITLE: &'static str = "Keep figures of a portal";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::SnapshotRecord);
    type Output = SnapshotKept;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (figures, left_out) = self.look(cx).await?;
        let facts = SnapshotFacts {
            action: "record_snapshot",
            customer_id: self.customer_id.clone(),
            from: self.from,
            until: self.until,
            figures,
            left_out,
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Keep figures of a portal?",
                facts,
                &[("Customer", "customer"), ("From", "from"), ("Until", "until"), ("Left out", "left_out")],
            )
        });
        Ok(preview.with(Effect::default()))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<SnapshotKept>, Refusal> {
        let (figures, left_out) = self.look(cx).await?;
        let portal = cx.portal()?;
        let snapshot = Snapshot {
            organisation: named(cx, &portal, &self.customer_id)?,
            from: self.from,
            until: self.until,
            figures: figures.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect(),
        };
        let done = portal.timed(portal.port.record_snapshot(&portal.cx, &snapshot)).await?;
        portal.written(done, &self.customer_id)?;
        Ok(Reply::from(SnapshotKept { figures, left_out, message: "Kept" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_with_too_few_people_behind_it_is_left_out() {
        let of = |people: usize, cut| {
            let people = (0..people).map(|it| it.to_string()).collect();
            Figure { value: 40.0, people, cut }
        };
        let figures = [("many", of(5, false)), ("few", of(4, false)), ("cut", of(9, true))];
        let (good, out) = kept(BTreeMap::from(figures), 5);
        assert_eq!((good.into_keys().collect::<Vec<_>>(), out), (vec!["many"], vec!["cut", "few"]));
        let people = |from: usize, until: usize| (from..until).map(|it| it.to_string()).collect::<BTreeSet<_>>();
        let spared = deflection(&people(0, 10), &people(0, 5));
        assert_eq!((spared.value, spared.people.len()), (50.0, 5));
        let few = deflection(&people(0, 10), &people(0, 1));
        assert_eq!(
            (few.value, few.people.len()),
            (90.0, 1),
            "the one who asked is not told of by the nine who did not"
        );
        assert_eq!(deflection(&people(0, 6), &people(9, 12)).people.len(), 6);
        let (good, _) = kept(BTreeMap::from([("one", of(1, false))]), 0);
        assert!(good.is_empty(), "a single person is no group");
    }
}

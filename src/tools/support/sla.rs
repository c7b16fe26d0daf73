//! Service levels: where a ticket stands against its clock, and how all of them stand.

use super::view::{self, ReplyFrom};
use crate::tools::refusal::missing;
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::{OrganisationId, Sla, Text, Ticket, TicketQuery, TicketSort, TicketStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether the first answer came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum ResponseState {
    /// It came in time, or none is promised.
    Met,
    /// It is still due.
    Pending,
    /// It is late, or came late.
    Breached,
}

/// Whether the ticket is, or was, solved in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum ResolutionState {
    /// There is time.
    OnTrack,
    /// Less than a quarter of the time is left.
    AtRisk,
    /// It is late, or was solved late.
    Breached,
}

pub(in crate::tools) fn response(sla: &Sla, now: Timestamp) -> ResponseState {
    match (sla.response_due, sla.responded_at) {
        (Some(due), Some(at)) if at > due => ResponseState::Breached,
        (_, Some(_)) | (None, None) => ResponseState::Met,
        (Some(due), None) if now > due => ResponseState::Breached,
        (Some(_), None) => ResponseState::Pending,
    }
}

pub(in crate::tools) fn resolution(ticket: &Ticket, now: Timestamp) -> ResolutionState {
    let Some(due) = ticket.sla.resolution_due else { return ResolutionState::OnTrack };
    let done = matches!(ticket.status, TicketStatus::Resolved | TicketStatus::Closed);
    let solved = ticket.sla.resolved_at.or(done.then_some(ticket.public_updated_at));
    match solved {
        Some(at) if at > due => ResolutionState::Breached,
        Some(_) => ResolutionState::OnTrack,
        None if now > due => ResolutionState::Breached,
        None if due.duration_since(now) < quarter(ticket.created_at, due) => ResolutionState::AtRisk,
        None => ResolutionState::OnTrack,
    }
}

fn quarter(from: Timestamp, to: Timestamp) -> SignedDuration {
    to.duration_since(from) / 4
}

/// How many tickets stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Tally {
    on_track: u64,
    at_risk: u64,
    breached: u64,
}

impl Tally {
    fn add(&mut self, state: ResolutionState) {
        match state {
            ResolutionState::OnTrack => self.on_track += 1,
            ResolutionState::AtRisk => self.at_risk += 1,
            ResolutionState::Breached => self.breached += 1,
        }
    }
}

/// Count open tickets by how they stand against their service level: on track, at risk or breached, by organization and by
/// service tier. Covers every organization you may see, or the one you name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Summary {
    /// Only this organization.
    #[serde(default)]
    organization_id: Option<OrganisationId>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SummaryOutput {
    /// All open tickets in view.
    total: Tally,
    by_organization: Vec<OrganizationTally>,
    by_tier: Vec<TierTally>,
    generated_at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OrganizationTally {
    organization_id: OrganisationId,
    name: Text,
    sla_tier: Text,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TierTally {
    sla_tier: Text,
    #[serde(flatten)]
    tally: Tally,
}

/// More open tickets than this are not counted; the answer then says so.
const MOST: usize = 5_000;

impl Tool for Summary {
    const NAME: &'static str = "get_sla_summary";
    const TITLE: &'static str = "Service level summary";
    const KIND: Kind = Kind::Read;
    type Output = SummaryOutput;

    async fn call(self, cx: &ToolCx) -> Result<Reply<SummaryOutput>, Refusal> {
        let desk = cx.desk()?;
        let organisation = match &self.organization_id {
            Some(ours) => Some(desk.external(ours).ok_or_else(|| missing(Code::OrganizationNotFound))?),
            None => None,
        };
        let mut query = TicketQuery {
            organisation,
            statuses: vec![TicketStatus::Open, TicketStatus::Pending],
            sort: TicketSort::CreatedAt,
            limit: 200,
            ..TicketQuery::default()
        };
        let mut tallies: BTreeMap<OrganisationId, Tally> = BTreeMap::new();
        let mut seen = 0;
        let cut = loop {
            let page = desk.timed(desk.port.tickets(&desk.cx, &query)).await?;
            let returned = page.rows.len();
            let page = desk.page(page);
            for row in &page.rows {
                if let Some(ours) = &row.organisation {
                    tallies.entry(ours.clone()).or_default().add(resolution(&row.record, cx.now));
                }
            }
            seen += returned;
            query.offset = u32::try_from(seen).unwrap_or(u32::MAX);
            if returned == 0 || seen as u64 >= page.total {
                break page.truncated;
            }
            if seen >= MOST {
                break true;
            }
        };
        let crm = cx.crm()?;
        let mut by_organization = Vec::new();
        let mut tiers: BTreeMap<String, Tally> = BTreeMap::new();
        let mut total = Tally::default();
        for (ours, tally) in tallies {
            let found = match crm.external(&ours) {
                Some(external) => view::organisation(&crm, &external).await.ok(),
                None => None,
            };
            let tier = found.as_ref().and_then(|it| it.sla_tier.clone()).unwrap_or_else(|| "none".to_owned());
            let name = found.map_or_else(|| ours.to_string(), |it| it.name);
            for sum in [tiers.entry(tier.clone()).or_default(), &mut total] {
                sum.on_track += tally.on_track;
                sum.at_risk += tally.at_risk;
                sum.breached += tally.breached;
            }
            let (name, sla_tier) = (Text::new(name), Text::new(tier));
            by_organization.push(OrganizationTally { organization_id: ours, name, sla_tier, tally });
        }
        let by_tier = tiers.into_iter().map(|(tier, tally)| TierTally { sla_tier: Text::new(tier), tally }).collect();
        let output = SummaryOutput { total, by_organization, by_tier, generated_at: cx.now };
        Ok(output.reply().truncated(cut, "There are more open tickets than were counted; name an organization."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_first_answer_is_met_pending_or_breached() {
        let due = Some(at("2026-01-01T10:00:00Z"));
        let sla = |responded_at: Option<&str>| Sla {
            response_due: due,
            responded_at: responded_at.map(at),
            ..Sla::default()
        };
        let now = at("2026-01-01T09:00:00Z");
        assert_eq!(response(&sla(None), now), ResponseState::Pending);
        assert_eq!(response(&sla(None), at("2026-01-01T10:00:01Z")), ResponseState::Breached);
        assert_eq!(response(&sla(Some("2026-01-01T09:59:00Z")), now), ResponseState::Met);
        assert_eq!(response(&sla(Some("2026-01-01T10:01:00Z")), now), ResponseState::Breached);
        assert_eq!(response(&Sla::default(), now), ResponseState::Met);
    }
}

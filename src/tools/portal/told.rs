//! Who may be told about something: consent, opt-out, how much somebody had today, and whether the portal lets them see it.

use super::governed::{Member, named};
use crate::tools::refusal::Missing;
use crate::tools::{Code, Refusal, ToolCx};
use futures::future::join_all;
use jiff::SignedDuration;
use postern_api::{
    Channel, ContactId, ErrorKind, NewNotice, NoticeQuery, NoticeState, OrganisationId, PortalConfig, Recipient, Right,
    Standing, Topic,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The most notices that one answer holds, and for how many people it is asked at a time.
const MOST: usize = 200;
const AT_ONCE: usize = 16;

/// Why somebody is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Why {
    /// No login that works, or no address.
    Unreachable,
    /// The portal does not let this person see what it is about.
    NoRight,
    /// Did not agree to be told.
    NoConsent,
    /// Does not want it.
    OptedOut,
    /// Had as much about this today as a day allows.
    Enough,
}

impl Why {
    pub(super) fn refusal(self) -> Refusal {
        let words = match self {
            Why::Unreachable => "a recipient has no login that works, or no e-mail address",
            Why::NoRight => "a recipient may not see what it is about",
            Why::NoConsent => "a recipient did not agree to be told",
            Why::OptedOut => "a recipient does not want to be told about this",
            Why::Enough => "a recipient had as many of these today as a day allows",
        };
        Refusal::new(Code::NotificationRefused, words)
    }
}

/// What came of telling somebody beside a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum Telling {
    /// Nobody was to be told.
    NotAsked,
    /// Told.
    Sent,
    /// Not told; the write itself was done.
    Failed,
    /// Sent, and nobody knows whether it arrived; the write itself was done.
    Unknown,
}

/// What the rules for telling are, as they stand.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) config: PortalConfig,
    standing: Vec<Standing>,
    /// To whom, about this, since a day.
    lately: Vec<ContactId>,
    topic: Topic,
    pub(super) channel: Channel,
}

/// The right that somebody needs to be told about a topic.
fn needed(topic: Topic) -> Option<Right> {
    match topic {
        Topic::Document => Some(Right::Documents),
        Topic::Payment => Some(Right::Payments),
        Topic::Progress => Some(Right::ServiceRecords),
        Topic::Welcome | Topic::Reply | Topic::Update | Topic::Security => None,
    }
}

impl Rules {
    /// Reads them. Without a channel of its own a notification goes the portal's usual way.
    pub(super) async fn read(
        cx: &ToolCx,
        organisation: &OrganisationId,
        topic: Topic,
        channel: Option<Channel>,
    ) -> Result<Self, Refusal> {
        let portal = cx.portal()?;
        let config = portal.timed(portal.port.config(&portal.cx)).await?;
        let notices = cx.notifications()?;
        let external = named(cx, &notices, organisation)?;
        let standing = notices.timed(notices.port.standing(&notices.cx, &external)).await;
        let standing = standing.or_missing(Code::OrganizationNotFound)?;
        let standing: Vec<Standing> =
            standing.into_iter().filter_map(|it| notices.admit(it)).map(|it| it.record).collect();
        let since = cx.now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(cx.now);
        let query =
            NoticeQuery { organisation: external, recipient: None, topic: Some(topic), since: Some(since), limit: 200 };
        let mut lately = notices.timed(notices.port.notices(&notices.cx, &query)).await?;
        if lately.len() >= MOST {
            // More than one answer holds: each person is counted for themselves.
            lately.clear();
            for some in standing.chunks(AT_ONCE) {
                let asked: Vec<_> = some
                    .iter()
                    .map(|it| NoticeQuery { recipient: Some(it.contact.clone()), ..query.clone() })
                    .collect();
                let asked = asked.iter().map(|it| notices.port.notices(&notices.cx, it));
                for found in notices.timed(join_all(asked)).await {
                    lately.extend(found?);
                }
            }
        }
        let lately = lately.into_iter().filter_map(|it| notices.admit(it)).map(|it| it.record);
        let lately = lately.filter(|it| it.state != NoticeState::Failed).map(|it| it.recipient).collect();
        let channel = channel.or(config.channels.first().copied()).unwrap_or(Channel::InApp);
        Ok(Self { config, standing, lately, topic, channel })
    }

    /// Why this person is not told, where there is a reason. About an account people are always told.
    pub(super) fn against(&self, member: &Member) -> Option<Why> {
        if member.contact.email.is_none() || !member.is_active() {
            return Some(Why::Unreachable);
        }
        if needed(self.topic).is_some_and(|right| !member.may(right)) {
            return Some(Why::NoRight);
        }
        if self.topic == Topic::Security {
            return None;
        }
        let standing = self.standing.iter().find(|it| it.contact == member.contact.id);
        let Some(standing) = standing.filter(|it| it.consented) else { return Some(Why::NoConsent) };
        if standing.opted_out.contains(&(self.topic, self.channel)) {
            return Some(Why::OptedOut);
        }
        let had = self.lately.iter().filter(|it| **it == member.contact.id).count();
        let cap = usize::try_from(self.config.daily_notification_cap).unwrap_or(usize::MAX);
        (had >= cap).then_some(Why::Enough)
    }

    /// How somebody stands with it, for a preview's targets.
    pub(super) fn stands(&self, member: &Member) -> String {
        format!("{:?} {:?}", self.against(member), member.rights)
    }

    /// The notification itself; the cap is held once more by whoever sends it.
    pub(super) fn notice<'a>(
        &self,
        cx: &ToolCx,
        organisation: &OrganisationId,
        members: impl IntoIterator<Item = &'a Member>,
        (subject, body): (String, String),
    ) -> Result<NewNotice, Refusal> {
        let notices = cx.notifications()?;
        let recipients = members.into_iter().filter_map(|it| {
            Some(Recipient {
                contact: it.contact.id.clone(),
                name: it.contact.name.clone(),
                email: it.contact.email.clone()?,
            })
        });
        let cap = Some(self.config.daily_notification_cap).filter(|_| self.topic != Topic::Security);
        Ok(NewNotice {
            organisation: named(cx, &notices, organisation)?,
            recipients: recipients.collect(),
            channel: self.channel,
            topic: self.topic,
            subject,
            body,
            daily_cap: cap,
            by: super::governed::by(cx),
        })
    }
}

/// Tells people of a write that was done; what comes of it does not undo the write.
pub(super) async fn tell(cx: &ToolCx, notice: &NewNotice) -> Telling {
    if notice.recipients.is_empty() {
        return Telling::NotAsked;
    }
    let Ok(notices) = cx.notifications() else { return Telling::Failed };
    let sent = notices.timed(notices.port.send(&notices.cx, notice)).await;
    match sent {
        Ok(sent) => {
            let states: Vec<_> =
                sent.into_iter().filter_map(|it| notices.admit(it)).map(|it| it.record.state).collect();
            if states.contains(&NoticeState::Unknown) {
                Telling::Unknown
            } else if states.iter().any(|it| *it != NoticeState::Failed) {
                Telling::Sent
            } else {
                Telling::Failed
            }
        }
        Err(error) => {
            tracing::warn!(kind = ?error.kind(), "a write was done and nobody could be told: {error}");
            if error.kind() == ErrorKind::OutcomeUnknown { Telling::Unknown } else { Telling::Failed }
        }
    }
}

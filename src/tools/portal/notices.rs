//! What people were told in the portal, and what each wants to be told.

use super::rights::{Member, member};
use super::whose::{MORE, admitted, is_customer, located, paged};
use crate::tools::args::Count;
use crate::tools::refusal::Missing;
use crate::tools::support::view::{Pagination, ReplyFrom};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::{
    About, Channel, ContactId, Internal, Notice, NoticeQuery, NoticeState, NotificationId, OrganisationId, Pii,
    PiiKind, Right, Standing, Text, Topic, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// List what people of one customer were told, newest first, whether they read it, and by which rules they can be told more: consent,
/// opt-outs and how many a day. Customers see their own; a lead who manages users sees everybody's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListNotices {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only about this.
    #[serde(default)]
    topic: Option<Topic>,
    /// Only by this channel.
    #[serde(default)]
    channel: Option<Channel>,
    /// Only in this state.
    #[serde(default)]
    state: Option<NoticeState>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NoticeList {
    customer_id: OrganisationId,
    notifications: Vec<NoticeView>,
    pagination: Pagination,
    rules: Rules,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NoticeView {
    notification_id: NotificationId,
    recipient_id: ContactId,
    #[serde(skip_serializing_if = "classified::absent")]
    recipient: Option<Pii>,
    channel: Channel,
    topic: Topic,
    subject: Text,
    at: Timestamp,
    state: NoticeState,
    /// Why it did not arrive.
    #[serde(skip_serializing_if = "classified::absent")]
    failure: Option<Internal<Text>>,
}

/// What holds for reminders.
#[derive(Debug, Serialize, JsonSchema)]
struct Rules {
    /// How many a person may get about one topic within a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_cap: Option<u32>,
    people: Vec<StandingView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StandingView {
    recipient_id: ContactId,
    /// Whether the person agreed to be told at all.
    consented: bool,
    opted_out: Vec<OptedOut>,
    /// About these the person has had all that a day allows.
    capped: Vec<Topic>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OptedOut {
    topic: Topic,
    channel: Channel,
}

impl NoticeView {
    fn of(it: Notice, for_staff: bool) -> Self {
        let about = About::Contact(it.recipient.clone());
        Self {
            notification_id: it.id,
            recipient_id: it.recipient,
            recipient: it.email.map(|mail| Pii::new(PiiKind::Email, about, mail)),
            channel: it.channel,
            topic: it.topic,
            subject: it.subject,
            at: it.at,
            state: it.state,
            failure: it.failure.filter(|_| for_staff).map(Internal::new),
        }
    }
}

impl StandingView {
    fn of(it: Standing, today: &BTreeMap<(ContactId, Topic), u32>, cap: Option<u32>) -> Self {
        let told = today.iter().filter(|((who, _), told)| *who == it.contact && cap.is_some_and(|cap| **told >= cap));
        Self {
            capped: told.map(|((_, topic), _)| *topic).collect(),
            opted_out: it.opted_out.into_iter().map(|(topic, channel)| OptedOut { topic, channel }).collect(),
            recipient_id: it.contact,
            consented: it.consented,
        }
    }
}

/// Whose notifications a caller sees.
enum Sees {
    Everybody,
    /// This one's alone, by the verified e-mail address and, where the directory is the same system, by the id.
    Only(String, Option<ContactId>),
}

impl Sees {
    fn of(cx: &ToolCx, member: Option<&Member>, system: &str) -> Self {
        match member {
            None => Sees::Everybody,
            Some(it) if cx.is_lead() && it.may(Right::UserManagement) => Sees::Everybody,
            Some(it) => {
                let email = cx.caller.email.as_deref().unwrap_or_default().to_ascii_lowercase();
                Sees::Only(email, (*it.system == *system).then(|| it.id.clone()))
            }
        }
    }

    fn notice(&self, it: &Notice) -> bool {
        match self {
            Sees::Everybody => true,
            Sees::Only(email, _) => it.email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(email)),
        }
    }

    fn standing(&self, it: &Standing) -> bool {
        match self {
            Sees::Everybody => true,
            Sees::Only(_, id) => id.as_ref() == Some(&it.contact),
        }
    }
}

/// How many a system is asked for.
const MOST: u32 = 200;

impl Tool for ListNotices {
    const NAME: &'static str = "portal.notifications.list";
    const TITLE: &'static str = "List notifications";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = NoticeList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<NoticeList>, Refusal> {
        let port = cx.notifications()?;
        let (customer_id, external) = located(cx, &port, self.customer_id.as_ref())?;
        let member = member(cx).await?;
        let sees = Sees::of(cx, member.as_ref(), &port.system.ids);
        let query =
            NoticeQuery { organisation: external.clone(), recipient: None, topic: None, since: None, limit: MOST };
        let found = port.timed(port.port.notices(&port.cx, &query)).await.or_missing(Code::OrganizationNotFound)?;
        let cut = found.len() >= MOST as usize;
        let mut found = admitted(&port, &customer_id, found);
        found.retain(|it| sees.notice(it));
        let cap = match &cx.tenant.more.portal {
            Some(_) => {
                let portal = cx.portal()?;
                Some(portal.timed(portal.port.config(&portal.cx)).await?.daily_notification_cap)
            }
            None => None,
        };
        let day = cx.now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(cx.now);
        let mut today: BTreeMap<(ContactId, Topic), u32> = BTreeMap::new();
        for it in found.iter().filter(|it| it.at > day && it.state != NoticeState::Failed) {
            *today.entry((it.recipient.clone(), it.topic)).or_default() += 1;
        }
        let standings =
            port.timed(port.port.standing(&port.cx, &external)).await.or_missing(Code::OrganizationNotFound)?;
        let standings = admitted(&port, &customer_id, standings).into_iter().filter(|it| sees.standing(it));
        let people = standings.map(|it| StandingView::of(it, &today, cap)).collect();
        found.retain(|it| {
            self.topic.is_none_or(|topic| it.topic == topic)
                && self.channel.is_none_or(|channel| it.channel == channel)
                && self.state.is_none_or(|state| it.state == state)
        });
        let (found, pagination, more) = paged(found, self.limit.get(), self.offset.get());
        let notifications = found.into_iter().map(|it| NoticeView::of(it, !is_customer(cx))).collect();
        let list = NoticeList { customer_id, notifications, pagination, rules: Rules { daily_cap: cap, people } };
        Ok(list.reply().truncated(more || cut, MORE))
    }
}

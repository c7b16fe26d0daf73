//! Notifications.
//!
//! **Invariant:** nobody is told who did not agree, does not want it, had enough of it, may not see what it is about, or is of another
//! customer: then nobody at all is told, whoever approves.

use super::governed::{Member, PersonView, access_roles, members, names_nobody_else, words};
use super::told::Rules;
use crate::tools::args::{Line, Prose};
use crate::tools::refusal::{missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use postern_api::{
    Channel, ContactId, ErrorKind, NewNotice, NoticeState, NotificationId, Op, OrganisationId, Text, Topic,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const NOTIFICATION_PREVIEW: &str = "Preview a notification to people of a customer: who gets which words and how. \
    Sends nothing. Whoever did not agree, does not want it, had enough of it today or may not see what it is about is refused, \
    and so is anybody of another customer.";
pub(super) const NOTIFICATION: &str = "Send a notification, as it was previewed. Takes the ID of the preview; to many people, \
    about something delicate, or in words of your own it is approved first.";

/// The most people that one notification goes to.
const MOST: usize = 100;

/// Words for this occasion.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OwnWords {
    /// One line.
    subject: Line<150>,
    /// The text.
    body: Prose<5_000>,
}

/// Send a notification to people of a customer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    /// Of which customer they are.
    customer_id: OrganisationId,
    /// To whom.
    #[schemars(length(min = 1, max = 100))]
    recipient_contact_ids: Vec<ContactId>,
    /// About what.
    topic: Topic,
    /// How; the portal's usual way otherwise.
    #[serde(default)]
    channel: Option<Channel>,
    /// Words of your own; the usual ones for the topic otherwise.
    #[serde(default)]
    own_words: Option<OwnWords>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Sent {
    notification_ids: Vec<NotificationId>,
    sent: usize,
    failed: usize,
    /// Handed over without an answer: nobody knows whether these arrived, and they are not sent again.
    unknown: usize,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct SendFacts {
    action: &'static str,
    customer_id: OrganisationId,
    topic: Topic,
    channel: Channel,
    subject: Text,
    body: Text,
    recipients: Vec<PersonView>,
    daily_cap: u32,
}

/// What people are told where nobody wrote words of their own.
fn usual(topic: Topic) -> (&'static str, &'static str) {
    match topic {
        Topic::Welcome => ("Welcome to the portal", "Your portal is open. Sign in to look around."),
        Topic::Document => ("A document is ready for you", "A document was published for you. Sign in to read it."),
        Topic::Payment => ("An invoice is to be paid", "An invoice waits for you. Sign in to see it and to pay."),
        Topic::Reply => ("Your request was answered", "There is an answer to your request. Sign in to read it."),
        Topic::Progress => ("Your project has moved on", "There is news of your project. Sign in to read it."),
        Topic::Update => ("The portal has changed", "Something in the portal has changed. Sign in to see it."),
        Topic::Security => {
            ("About your account", "Something about your account has changed. If it was not you, call us.")
        }
    }
}

/// Everything that was looked at.
struct Look {
    members: Vec<Member>,
    rules: Rules,
}

impl Send {
    fn text(&self) -> (String, String) {
        match &self.own_words {
            Some(own) => (own.subject.as_str().to_owned(), own.body.as_str().to_owned()),
            None => {
                let (subject, body) = usual(self.topic);
                (subject.to_owned(), body.to_owned())
            }
        }
    }

    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        let many = self.recipient_contact_ids.len();
        if many == 0 || many > MOST {
            return Err(Refusal::argument("recipient_contact_ids", format!("expected 1 to {MOST} IDs, got {many}")));
        }
        let everybody = members(cx, &self.customer_id, &access_roles(cx).await?).await?;
        let rules = Rules::read(cx, &self.customer_id, self.topic, self.channel).await?;
        // Somebody of another customer and nobody are the same.
        let known = |id: &ContactId| everybody.iter().any(|it| it.contact.id == *id);
        if !self.recipient_contact_ids.iter().all(known) {
            return Err(missing(Code::ContactNotFound));
        }
        let chosen = everybody.into_iter().filter(|it| self.recipient_contact_ids.contains(&it.contact.id));
        let members: Vec<_> = chosen.collect();
        if let Some(why) = members.iter().find_map(|it| rules.against(it)) {
            return Err(why.refusal());
        }
        if self.own_words.is_some() {
            let (subject, body) = self.text();
            names_nobody_else(cx, &self.customer_id, &[&subject, &body]).await?;
        }
        Ok(Look { members, rules })
    }

    fn notice(&self, cx: &ToolCx, look: &Look) -> Result<NewNotice, Refusal> {
        look.rules.notice(cx, &self.customer_id, &look.members, self.text())
    }
}

impl Tool for Send {
    const NAME: &'static str = "portal.notification.send";
    const TITLE: &'static str = "Send a notification";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::NoticeSend);
    type Output = Sent;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let (subject, body) = self.text();
        let facts = SendFacts {
            action: "send_notification",
            customer_id: self.customer_id.clone(),
            topic: self.topic,
            channel: look.rules.channel,
            subject: Text::new(subject),
            body: Text::new(body),
            recipients: look.members.iter().map(|it| PersonView::of(&it.contact)).collect(),
            daily_cap: look.rules.config.daily_notification_cap,
        };
        let effect = Effect {
            customer_visible: true,
            customised: self.own_words.is_some(),
            sensitive: matches!(self.topic, Topic::Payment | Topic::Security),
            recipients: u32::try_from(look.members.len()).unwrap_or(u32::MAX),
            ..Effect::default()
        };
        let mut preview = Preview::new(facts, |facts| {
            words(
                "Tell people of a customer?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("To", "recipients"),
                    ("About", "topic"),
                    ("How", "channel"),
                    ("Subject", "subject"),
                    ("Text", "body"),
                    ("At most a day", "daily_cap"),
                ],
            )
        })
        .with(effect);
        for member in &look.members {
            preview = preview.target(format!("contact:{}", member.contact.id), look.rules.stands(member));
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Sent>, Refusal> {
        let look = self.check(cx).await?;
        let notice = self.notice(cx, &look)?;
        let notices = cx.notifications()?;
        let sent = notices.timed(notices.port.send(&notices.cx, &notice)).await.map_err(|error| {
            if error.kind() == ErrorKind::LimitReached {
                super::told::Why::Enough.refusal()
            } else {
                or_missing(error, Code::ContactNotFound)
            }
        })?;
        let sent: Vec<_> = sent.into_iter().filter_map(|it| notices.admit(it)).map(|it| it.record).collect();
        let count = |state| sent.iter().filter(|it| it.state == state).count();
        let (failed, unknown) = (count(NoticeState::Failed), count(NoticeState::Unknown));
        Ok(Reply::from(Sent {
            sent: sent.len() - failed - unknown,
            failed,
            unknown,
            notification_ids: sent.into_iter().map(|it| it.id).collect(),
            message: match (failed, unknown) {
                (0, 0) => "Sent",
                (_, 0) => "Some could not be told",
                _ => "Of some nobody knows whether they were told; look before telling them again",
            },
        }))
    }
}

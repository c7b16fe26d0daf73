//! What people were told lately, and what some do not want. Alice Wong has had all the payment notices that a day allows.

use super::{ago, contact_key};
use crate::convert::{micros, word};
use crate::fail::Result;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::{Channel, NoticeState, Topic};

const DAY: i64 = 24 * 60;

/// Minutes ago, to whom, how, about what, subject, what came of it, why not.
type Notice = (i64, &'static str, Channel, Topic, &'static str, NoticeState, Option<&'static str>);

const NOTICES: [Notice; 13] = [
    (120, "alice.wong@acme.example", Channel::InApp, Topic::Payment, "INV-2102 is overdue", NoticeState::Sent, None),
    (300, "alice.wong@acme.example", Channel::InApp, Topic::Payment, "INV-2103 is due soon", NoticeState::Read, None),
    (540, "alice.wong@acme.example", Channel::InApp, Topic::Payment, "A payment arrived", NoticeState::Read, None),
    (2 * DAY, "lead@acme.example", Channel::InApp, Topic::Document, "A drawing waits for you", NoticeState::Read, None),
    (199 * DAY, "lead@acme.example", Channel::InApp, Topic::Welcome, "Welcome to the portal", NoticeState::Read, None),
    (4 * DAY, "basic@acme.example", Channel::InApp, Topic::Reply, "Your request was answered", NoticeState::Sent, None),
    (
        9 * DAY,
        "rachel.adams@acme.example",
        Channel::Email,
        Topic::Update,
        "The portal has a new page",
        NoticeState::Failed,
        Some("the mailbox is full"),
    ),
    (
        3 * DAY,
        "rachel.adams@acme.example",
        Channel::InApp,
        Topic::Security,
        "Your login is locked",
        NoticeState::Sent,
        None,
    ),
    (20 * DAY, "lead@globex.example", Channel::Email, Topic::Payment, "INV-2201 is ready", NoticeState::Sent, None),
    (
        DAY,
        "ines.duarte@globex.example",
        Channel::InApp,
        Topic::Progress,
        "The rollout has begun",
        NoticeState::Read,
        None,
    ),
    (
        2 * DAY,
        "ines.duarte@globex.example",
        Channel::InApp,
        Topic::Payment,
        "A payment failed",
        NoticeState::Sent,
        None,
    ),
    (70 * DAY, "lead@initech.example", Channel::Email, Topic::Payment, "INV-2301 is ready", NoticeState::Sent, None),
    (6 * DAY, "lead@initech.example", Channel::InApp, Topic::Update, "New opening hours", NoticeState::Read, None),
];

const OPTED_OUT: [(&str, Topic, Channel); 5] = [
    ("rachel.adams@acme.example", Topic::Update, Channel::Email),
    ("rachel.adams@acme.example", Topic::Update, Channel::InApp),
    ("rachel.adams@acme.example", Topic::Document, Channel::InApp),
    ("basic@acme.example", Topic::Progress, Channel::Email),
    ("ines.duarte@globex.example", Topic::Document, Channel::InApp),
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for (minutes, email, channel, topic, subject, state, failure) in NOTICES {
        rows.insert(
            "INSERT INTO notice (tenant, id, organisation, recipient, channel, topic, subject, by, at, state, failure)
             SELECT tenant, :id, organisation, key, :channel, :topic, :subject, 'Sofia Lindqvist', :at, :state, :failure
             FROM contact WHERE tenant = :tenant AND key = :contact",
            &[
                (":id", &rows.fresh("NT")?),
                (":contact", &contact_key(rows, email)?),
                (":channel", &word(&channel)?),
                (":topic", &word(&topic)?),
                (":subject", &subject),
                (":at", &micros(ago(now, minutes))),
                (":state", &word(&state)?),
                (":failure", &failure),
            ],
        )?;
    }
    for (email, topic, channel) in OPTED_OUT {
        rows.change(
            "INSERT INTO opt_out (tenant, contact, topic, channel) VALUES (:tenant, :contact, :topic, :channel)",
            &[(":contact", &contact_key(rows, email)?), (":topic", &word(&topic)?), (":channel", &word(&channel)?)],
        )?;
    }
    Ok(())
}

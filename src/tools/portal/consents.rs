//! What people agreed to: each yes and no is a record of its own, with when, how, of which version and from where.

use super::governed::{by, meant, named, words};
use super::records::{Source, contacts, own_contact, whose};
use crate::tools::args::{Line, Prose};
use crate::tools::refusal::{missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    About, ConsentKind, ConsentRecord, Contact, ContactId, ErrorKind, Op, OrganisationId, Pii, PiiKind, Text,
};
use postern_policies::Realm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Record that somebody agrees to something or withdraws it. What was recorded before stays. Customers record their own at once; an
/// employee gives a reason and confirms.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateConsent {
    /// For employees: of which customer.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Whose; customers record their own without it.
    #[serde(default)]
    contact_id: Option<ContactId>,
    /// The organization's instead of a person's.
    #[serde(default)]
    for_customer: bool,
    /// To what.
    kind: ConsentKind,
    /// Agreed, or withdrawn.
    granted: bool,
    /// The version of the words that were agreed to.
    version: Line<40>,
    /// For employees: how it came in.
    #[serde(default)]
    source: Option<Source>,
    /// For employees: why, for the record.
    #[serde(default)]
    reason: Option<Prose<1_000>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ConsentKept {
    kind: ConsentKind,
    granted: bool,
    at: Timestamp,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct ConsentFacts {
    action: &'static str,
    customer_id: OrganisationId,
    consent_of: Option<Pii>,
    kind: ConsentKind,
    granted: bool,
    version: Text,
    source: &'static str,
    device: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
}

impl UpdateConsent {
    async fn check(&self, cx: &ToolCx) -> Result<(OrganisationId, Option<Contact>), Refusal> {
        match cx.caller.realm {
            Realm::Employee if self.reason.is_none() || self.source.is_none() => {
                return Err(Refusal::argument("reason", "expected why, and in `source` how it came in"));
            }
            Realm::Customer if self.source.is_some() => {
                return Err(Refusal::argument("source", "only employees say this; leave it out"));
            }
            Realm::Customer | Realm::Employee => {}
        }
        let organisation = meant(cx, self.customer_id.as_ref())?;
        let crm = cx.crm()?;
        let external = named(cx, &crm, &organisation)?;
        let contacts = contacts(&crm, &organisation, &external).await?;
        let contact = whose(cx, &contacts, self.contact_id.as_ref(), self.for_customer)?.cloned();
        let own = own_contact(cx, &contacts);
        if cx.caller.realm == Realm::Customer
            && contact.as_ref().is_some_and(|it| own.is_none_or(|own| own.id != it.id))
        {
            return Err(Refusal::new(Code::AccessDenied, "nobody agrees for somebody else"));
        }
        Ok((organisation, contact))
    }

    /// With what it was recorded, in few words.
    fn device(cx: &ToolCx) -> Option<String> {
        cx.caller.client.as_deref().map(|it| format!("through the client {it}"))
    }
}

/// The network that an address is of: enough to say where a consent came from, and nobody's own number.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(it) => format!("{}/24", Ipv4Addr::from_bits(it.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(it) => format!("{}/48", Ipv6Addr::from_bits(it.to_bits() & (u128::MAX << 80))),
    }
}

impl Tool for UpdateConsent {
    const NAME: &'static str = "portal.consent.update";
    const TITLE: &'static str = "Record a consent";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::ConsentRecord);
    type Output = ConsentKept;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (organisation, contact) = self.check(cx).await?;
        let about = |id: &ContactId| match cx.caller.realm {
            Realm::Customer => cx.myself(),
            Realm::Employee => About::Contact(id.clone()),
        };
        let facts = ConsentFacts {
            action: "update_consent",
            customer_id: organisation,
            consent_of: contact.as_ref().map(|it| Pii::new(PiiKind::Name, about(&it.id), &it.name)),
            kind: self.kind,
            granted: self.granted,
            version: self.version.as_str().into(),
            source: self.source.map_or("portal", Source::words),
            device: Self::device(cx).map(Text::new),
            reason: self.reason.as_ref().map(|it| it.as_str().into()),
        };
        let whose = contact.map_or("organisation".to_owned(), |it| format!("contact:{}", it.id));
        let preview = Preview::new(facts, |facts| {
            words(
                "Record a consent?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Of", "consent_of"),
                    ("To", "kind"),
                    ("Agrees", "granted"),
                    ("Version", "version"),
                    ("Comes from", "source"),
                    ("With", "device"),
                    ("Reason", "reason"),
                ],
            )
        });
        Ok(preview.target(whose, "there"))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<ConsentKept>, Refusal> {
        let (organisation, contact) = self.check(cx).await?;
        let portal = cx.portal()?;
        let external = named(cx, &portal, &organisation)?;
        let new = ConsentRecord {
            contact: contact.map(|it| it.id),
            kind: self.kind,
            granted: self.granted,
            version: self.version.as_str().to_owned(),
            source: self.source.map_or("portal", Source::words).to_owned(),
            address: cx.address.map(network),
            device: Self::device(cx),
            reason: self.reason.as_ref().map(|it| it.as_str().to_owned()),
            by: by(cx),
            at: cx.now,
        };
        let kept = portal.timed(portal.port.record_consent(&portal.cx, &external, &new)).await;
        let kept = kept.map_err(|error| {
            if error.kind() == ErrorKind::InvalidArgument {
                missing(Code::ContactNotFound)
            } else {
                or_missing(error, Code::OrganizationNotFound)
            }
        })?;
        let kept = portal.written(kept, &organisation)?;
        Ok(Reply::from(ConsentKept { kind: kept.kind, granted: kept.granted, at: kept.at, message: "Recorded" }))
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn of_an_address_only_the_network_is_kept() {
        for (address, kept) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ] {
            assert_eq!(network(address.parse().expect("an address")), kept);
        }
    }
}

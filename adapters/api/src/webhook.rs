//! Messages that a system sends by itself: what was signed, and what they mean. Whether a signature is right is the gateway's to
//! say; a [`Hook`] only knows how its vendor signs and what it tells of.
//!
//! **Invariant:** nothing of a message is believed but that something changed: what is true is read from the system again.

use crate::error::Result;
use crate::http::{HeaderMap, SecretString};
use crate::id::ExternalId;
use jiff::Timestamp;
use std::time::Duration;

/// A message as it arrived; nothing of it was parsed yet.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The verb.
    pub method: &'a str,
    /// The address that it was sent to, as the vendor knows it.
    pub uri: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, byte by byte.
    pub body: &'a [u8],
}

impl std::fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("method", &self.method).field("bytes", &self.body.len()).finish()
    }
}

/// What the sender says that it signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The bytes that were signed.
    pub message: Vec<u8>,
    /// Signatures, of which one has to be right: while a secret is changed, a vendor signs with the old one and the new one.
    pub signatures: Vec<Vec<u8>>,
    /// When it was signed; `None` for a system whose signatures hold no time.
    pub at: Option<Timestamp>,
}

/// How a system makes a signature out of a secret and a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// HMAC-SHA256 with the secret.
    HmacSha256,
    /// HMAC-SHA256 with the secret's SHA-256 digest.
    HmacSha256OfDigest,
    /// HMAC-SHA1 with the secret: no more than the vendor offers.
    HmacSha1,
}

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// An organisation, or whose it is.
    Organisation,
    /// A person at one.
    Contact,
    /// A ticket, or what was said in it.
    Ticket,
    /// An invoice.
    Invoice,
    /// A payment, or a part of one that was given back.
    Payment,
    /// A payment link.
    PaymentLink,
    /// What is paid for again and again.
    Agreement,
}

impl Entity {
    /// A stable name for logs and the audit.
    pub fn name(self) -> &'static str {
        match self {
            Entity::Organisation => "organisation",
            Entity::Contact => "contact",
            Entity::Ticket => "ticket",
            Entity::Invoice => "invoice",
            Entity::Payment => "payment",
            Entity::PaymentLink => "payment_link",
            Entity::Agreement => "agreement",
        }
    }
}

/// What an event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Something that nobody here looks at.
    Nothing,
    /// A record was made, changed or removed.
    Changed {
        /// What kind of record.
        entity: Entity,
        /// Whose, where the event says so.
        organisation: Option<ExternalId>,
    },
    /// A person signed out at their realm, was locked or removed, or has other rights.
    Person {
        /// The person, as the realm's tokens name them in `sub`.
        subject: String,
    },
}

/// One event of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The vendor's id: the same event has the same id each time that it is sent. `None` for a vendor that gives none: the same
    /// bytes are the same event then.
    pub id: Option<String>,
    /// What it tells.
    pub means: Means,
}

/// How one system sends messages.
pub trait Hook: std::fmt::Debug + Send + Sync {
    /// What was signed, and with what; `None` where the message carries no signature that could be read.
    fn signed(&self, delivery: &Delivery<'_>) -> Option<Signed>;

    /// How its signatures are made.
    fn scheme(&self) -> Scheme {
        Scheme::HmacSha256
    }

    /// The address of the key that a message says it was signed with, for a system that gives out its keys by address. The one
    /// thing that is read of a message before its signature was right: it is an address below the system's own, or `None`.
    fn key_at(&self, _body: &[u8]) -> Option<String> {
        None
    }

    /// The key in what stands at that address.
    fn key_in(&self, _answer: &[u8]) -> Option<SecretString> {
        None
    }

    /// The secret itself, for a system that shows it in a header and signs nothing; `None` where the message has none.
    fn shown<'a>(&self, _delivery: &Delivery<'a>) -> Option<&'a [u8]> {
        None
    }

    /// The events of a message whose signature was right. Kinds that are not known mean [`Means::Nothing`].
    ///
    /// Errors: `InvalidArgument` where it is not a message of this system's.
    fn events(&self, body: &[u8]) -> Result<Vec<Event>>;

    /// How long the vendor sends an event again that was not taken: for so long its id has to be remembered.
    fn retried_for(&self) -> Duration;
}

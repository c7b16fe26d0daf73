//! Mail, as an adapter hands it over: what is said to whom, and who carries it.
//!
//! Adapters get their mail server from the gateway, as they get their HTTP: address, encryption, sign-in and time limits are the
//! [`Mailer`]'s. **Invariant:** nothing in a [`Mail`] is a header as it goes over the wire; the mailer encodes each field and refuses
//! one with a line break or another control character in it.

use crate::adapter::CallCx;
use crate::domain::Topic;
use crate::error::{Error, Result};
use crate::id::{ContactId, ExternalId};

/// One mail to one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's e-mail address, alone: no name, no brackets.
    pub to: String,
    /// The recipient's name; empty: none is written.
    pub to_name: String,
    /// The subject, one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML, where there is such a form.
    pub html: Option<String>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// The part of `Message-ID` before the `@`; letters, digits, `.`, `-` and `_`. The mailer makes one up where there is none.
    pub id: Option<String>,
    /// An `https` address that takes the recipient off this kind of mail, by a single `POST` too (RFC 8058).
    pub unsubscribe: Option<String>,
}

/// Hands mail to a mail server.
#[crate::async_trait]
pub trait Mailer: std::fmt::Debug + Send + Sync + 'static {
    /// Hands mails over, one after the other, and says for each what came of it, in their order. Each is handed over at most once.
    ///
    /// Errors, for each: `InvalidArgument` for a mail that the server refuses for good (5xx); `Unavailable` for one that it does not
    /// take now (4xx), or where it cannot be reached in a protected way; `Timeout` where the time was over before the content was
    /// sent; `Unauthenticated` where the server does not know us; `Internal` for a mail that cannot be written, and in a call that only
    /// looks; `OutcomeUnknown` where the content was sent and no answer came. After all but the last nothing was sent. Messages hold
    /// nothing that the server said.
    async fn deliver(&self, cx: &CallCx, mails: Vec<Mail>) -> Vec<Result<()>>;

    /// Reaches the server and signs in, and sends nothing.
    ///
    /// Errors: as [`Mailer::deliver`].
    async fn probe(&self, cx: &CallCx) -> Result<()>;

    /// Hands over one mail.
    ///
    /// Errors: as [`Mailer::deliver`].
    async fn deliver_one(&self, cx: &CallCx, mail: Mail) -> Result<()> {
        let missing = || Err(Error::internal("a mailer says nothing about a mail"));
        self.deliver(cx, vec![mail]).await.pop().unwrap_or_else(missing)
    }
}

/// Who would no longer get what, by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The organisation, as the ledger knows it.
    pub organisation: ExternalId,
    /// Who.
    pub contact: ContactId,
    /// What.
    pub topic: Topic,
}

/// Makes links that take somebody off a kind of mail. Nobody else can make one, and it needs no sign-in.
pub trait Unsubscribing: std::fmt::Debug + Send + Sync + 'static {
    /// An `https` address of the gateway's own.
    ///
    /// Errors: `Internal` where nothing can be signed.
    fn link(&self, subscription: &Subscription) -> Result<String>;
}

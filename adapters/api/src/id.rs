//! Identifiers: one newtype each, parsed once, never a bare `String`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 128 characters from letters, digits and `. _ : @ + -`, beginning with a letter or digit")]
pub struct InvalidId;

fn parse(text: &str) -> Result<Box<str>, InvalidId> {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '@' | '+' | '-');
    let starts = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if starts && text.len() <= 128 && text.chars().all(ok) && !text.contains("..") {
        Ok(text.into())
    } else {
        Err(InvalidId)
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("minLength" = 1, "maxLength" = 128, "pattern" = "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$"))]
        pub struct $name(Box<str>);

        impl $name {
            /// Parses an identifier: 1 to 128 characters from letters, digits and `. _ : @ + -`.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                parse(text).map(Self)
            }

            /// A vendor's number as an identifier.
            pub fn of_number(number: u64) -> Self {
                Self(number.to_string().into_boxed_str())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
    };
}

id! {
    /// One MSP.
    TenantId
}
id! {
    /// One customer of a tenant, in Postern's own words; each system has its own [`ExternalId`] for it.
    OrganisationId
}
id! {
    /// A vendor system's own id for an organisation.
    ExternalId
}
id! {
    /// A person at an organisation, as the system of record numbers them.
    ContactId
}
id! {
    /// A ticket, as the service desk numbers it.
    TicketId
}
id! {
    /// A comment or note on a ticket.
    CommentId
}
id! {
    /// A file on a ticket.
    AttachmentId
}
id! {
    /// A knowledge base article.
    ArticleId
}
id! {
    /// An invoice.
    InvoiceId
}
id! {
    /// A payment.
    PaymentId
}
id! {
    /// Something that is paid for again and again.
    AgreementId
}
id! {
    /// A quote, an order or a contract.
    OrderId
}
id! {
    /// A project or service record.
    ProjectId
}
id! {
    /// A part of a project.
    PhaseId
}
id! {
    /// Time that was worked.
    TimeEntryId
}
id! {
    /// A device or licence.
    AssetId
}
id! {
    /// A place of an organisation.
    SiteId
}
id! {
    /// An appointment.
    BookingId
}
id! {
    /// A document.
    DocumentId
}
id! {
    /// One version of a document.
    VersionId
}
id! {
    /// A role of the portal.
    AccessRoleId
}
id! {
    /// A notification.
    NotificationId
}
id! {
    /// A customer's portal.
    WorkspaceId
}
id! {
    /// A question and its answer.
    FaqId
}
id! {
    /// A form.
    FormId
}
id! {
    /// A form that was filled in.
    SubmissionId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_id_as_its_digits() {
        for number in [0, 7, u64::MAX] {
            assert_eq!(Ok(TicketId::of_number(number)), TicketId::new(&number.to_string()));
        }
    }

    #[test]
    fn an_id_is_one_path_segment_and_nothing_else() {
        for good in ["1", "TK-2026-0001", "jane@acme.example", "a.b_c:d+e"] {
            assert!(TicketId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "../1", "a/b", "1?x=", "%2f", "a\r\nb", "-1", "a..b", " 1", "é", &"9".repeat(129)] {
            assert!(TicketId::new(bad).is_err(), "{bad}");
        }
    }
}

//! What people, or another program, said of a version: its marks.
//!
//! **Invariant:** a mark that is missing or unknown is the closed one: internal, and a draft.

use postern_api::{SignOff, VersionState};
use postern_dav::{DAV, Etag, Prop, Properties};
use serde::Deserialize;

/// The namespace of the properties that marks and publications are kept in.
pub const NAMESPACE: &str = "urn:postern:documents";

/// Whom publications are kept for.
pub(crate) const LEDGER: Prop = (NAMESPACE, "ledger");

/// Everything that is asked of a file.
pub(crate) const ASKED: [Prop; 14] = [
    (DAV, "resourcetype"),
    (DAV, "getetag"),
    (DAV, "getcontentlength"),
    (DAV, "getcontenttype"),
    (DAV, "getlastmodified"),
    (DAV, "creationdate"),
    (NAMESPACE, "audience"),
    (NAMESPACE, "state"),
    (NAMESPACE, "approved-etag"),
    (NAMESPACE, "kind"),
    (NAMESPACE, "author"),
    (NAMESPACE, "source"),
    (NAMESPACE, "sign-off"),
    LEDGER,
];

/// The marks of one file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Marks {
    /// `customer`: not for employees alone.
    pub(crate) audience: Option<String>,
    /// `draft`, `in_review`, `approved` or `rejected`.
    pub(crate) state: Option<String>,
    /// The entity tag of the content that was approved.
    #[serde(rename = "approved-etag")]
    pub(crate) approved_etag: Option<String>,
    /// The kind, for example `Contract`.
    pub(crate) kind: Option<String>,
    /// Who made it.
    pub(crate) author: Option<String>,
    /// Where it came from.
    pub(crate) source: Option<String>,
    /// `not_needed`, `pending`, `signed` or `declined`.
    #[serde(rename = "sign-off")]
    pub(crate) sign_off: Option<String>,
}

impl Marks {
    /// From the properties of a file.
    pub(crate) fn of(found: &Properties) -> Self {
        let text = |name| found.text(NAMESPACE, name).map(str::to_owned);
        Self {
            audience: text("audience"),
            state: text("state"),
            approved_etag: text("approved-etag"),
            kind: text("kind"),
            author: text("author"),
            source: text("source"),
            sign_off: text("sign-off"),
        }
    }

    /// Whether customers may see it at all.
    pub(crate) fn for_customers(&self) -> bool {
        self.audience.as_deref() == Some("customer")
    }

    /// Whether it may be published. An approval without the content's tag, or of another content, is none where it has to
    /// name it; nor is one of a content that has no tag.
    pub(crate) fn state(&self, content: Option<&Etag>, names_content: bool) -> VersionState {
        let approved = || self.approved_etag.as_deref().and_then(Etag::new);
        match self.state.as_deref() {
            Some("approved") => match content {
                Some(content) if !names_content || approved().as_ref() == Some(content) => VersionState::Approved,
                Some(_) | None => VersionState::InReview,
            },
            Some("in_review") => VersionState::InReview,
            Some("rejected") => VersionState::Rejected,
            Some(_) | None => VersionState::Draft,
        }
    }

    /// What the customer has to do; an unknown word waits for the customer.
    pub(crate) fn sign_off(&self) -> SignOff {
        match self.sign_off.as_deref() {
            None | Some("not_needed") => SignOff::NotNeeded,
            Some("signed") => SignOff::Signed,
            Some("declined") => SignOff::Declined,
            Some(_) => SignOff::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_word_opens_anything() {
        let said = |audience: &str| Marks { audience: Some(audience.into()), ..Marks::default() }.for_customers();
        assert!(said("customer"));
        for closed in ["Customer", "customers", "public", "all", "1", "true", " "] {
            assert!(!said(closed), "{closed}");
        }
        assert!(!Marks::default().for_customers());
    }

    #[test]
    fn an_approval_is_of_one_content() {
        let tag = Etag::new("1").expect("a tag");
        let marks = |state: &str, approved: Option<&str>| Marks {
            state: Some(state.into()),
            approved_etag: approved.map(str::to_owned),
            ..Marks::default()
        };
        use VersionState::{Approved, Draft, InReview, Rejected};
        assert_eq!(marks("approved", Some("\"1\"")).state(Some(&tag), true), Approved);
        assert_eq!(marks("approved", Some("2")).state(Some(&tag), true), InReview, "another content");
        assert_eq!(marks("approved", None).state(Some(&tag), true), InReview, "of no content");
        assert_eq!(marks("approved", None).state(Some(&tag), false), Approved);
        assert_eq!(marks("approved", None).state(None, false), InReview, "a content without a tag");
        assert_eq!(marks("rejected", None).state(Some(&tag), true), Rejected);
        assert_eq!(marks("Approved", None).state(Some(&tag), false), Draft, "an unknown word");
        assert_eq!(Marks::default().state(Some(&tag), false), Draft);
    }
}

//! Documents, their versions, and who at the customer may see which.

use crate::classified::Text;
use crate::id::{AccessRoleId, ContactId, DocumentId, ExternalId, VersionId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a version may be shown to a customer at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// Being written.
    Draft,
    /// Waits for somebody's approval.
    InReview,
    /// May be published.
    Approved,
    /// Must not be published.
    Rejected,
}

/// What a customer has to do, or did, with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignOff {
    /// Nothing.
    NotNeeded,
    /// Waits for the customer.
    Pending,
    /// Agreed.
    Signed,
    /// Refused.
    Declined,
}

/// To whom a version is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Which access roles see it; empty: everybody of the organisation.
    pub roles: Vec<AccessRoleId>,
    /// Whether they may also save it.
    pub download: bool,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// Since when.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// Portal users from whom it was taken back.
    pub except: Vec<Exception>,
}

/// A portal user from whom a publication was taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exception {
    /// Which user, by the directory's id.
    pub user: ContactId,
    /// The right to save alone; seeing stays.
    pub download_only: bool,
}

impl Publication {
    /// Whether this user, who has one of the roles, sees it.
    pub fn shown_to(&self, user: &ContactId) -> bool {
        !self.except.iter().any(|it| it.user == *user && !it.download_only)
    }

    /// Whether this user, who sees it and may save documents, may save it.
    pub fn saved_by(&self, user: &ContactId) -> bool {
        self.download && !self.except.iter().any(|it| it.user == *user)
    }
}

/// One version of a document; its content is not carried.
#[derive(Debug, Clone)]
pub struct DocumentVersion {
    /// The system's id.
    pub id: VersionId,
    /// Its number, counting from 1.
    pub number: u32,
    /// Whether it may be shown.
    pub state: VersionState,
    /// Where it came from, for example `Upload` or `Quote generator`.
    pub source: Option<String>,
    /// Who made it: for employees.
    pub author: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// Bytes.
    pub size: Option<u64>,
    /// The media type.
    pub content_type: Option<String>,
    /// What the customer has to do with it.
    pub sign_off: SignOff,
    /// To whom it is published; `None`: to nobody, or no longer.
    pub publication: Option<Publication>,
}

/// A document. A vendor's flag that is missing or unknown means internal.
#[derive(Debug, Clone)]
pub struct Document {
    /// The system's id.
    pub id: DocumentId,
    /// The name.
    pub name: Text,
    /// The kind, for example `Contract`, `Quote`, `Invoice copy`, `Report`.
    pub kind: Option<String>,
    /// Whether it is for employees only, whatever its versions say.
    pub internal: bool,
    /// Its versions, oldest first; never empty.
    pub versions: Vec<DocumentVersion>,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

impl Document {
    /// The newest version.
    pub fn latest(&self) -> Option<&DocumentVersion> {
        self.versions.last()
    }

    /// A version by its id.
    pub fn version(&self, id: &VersionId) -> Option<&DocumentVersion> {
        self.versions.iter().find(|it| it.id == *id)
    }
}

/// Which documents, the last changed first.
#[derive(Debug, Clone)]
pub struct DocumentQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Only what is published to customers: internal documents are then not counted or hinted at, versions that are not published are
    /// left out, and the last publication takes the place of the last change.
    pub published_only: bool,
    /// Only this kind.
    pub kind: Option<String>,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

/// A version to publish, as it was previewed.
#[derive(Debug, Clone)]
pub struct NewPublication {
    /// Whose document; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which document; `Conflict` if it is internal.
    pub document: DocumentId,
    /// Which version; `Conflict` unless it is the newest and approved.
    pub version: VersionId,
    /// Which access roles see it; empty: everybody of the organisation.
    pub roles: Vec<AccessRoleId>,
    /// Whether they may also save it.
    pub download: bool,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// Who does it.
    pub by: String,
}

/// What is taken back. Nothing is deleted.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Whose document; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which document.
    pub document: DocumentId,
    /// Which version; `None`: all that are published.
    pub version: Option<VersionId>,
    /// Take back saving alone; seeing stays.
    pub download_only: bool,
    /// Why; kept.
    pub reason: String,
    /// Who does it.
    pub by: String,
}

/// What is taken back from one portal user alone. Nothing is deleted.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Whose document; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which document.
    pub document: DocumentId,
    /// Which version; `None`: all that are published.
    pub version: Option<VersionId>,
    /// From whom, by the directory's id.
    pub user: ContactId,
    /// Take back saving alone; seeing stays.
    pub download_only: bool,
    /// Why; kept.
    pub reason: String,
    /// Who does it.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_nothing_saves_nothing_and_everybody_else_is_as_before() {
        let user = |it: &str| ContactId::new(it).expect("an id");
        let publication = Publication {
            roles: vec![],
            download: true,
            expires_at: None,
            at: Timestamp::UNIX_EPOCH,
            by: "x".into(),
            except: vec![
                Exception { user: user("gone"), download_only: false },
                Exception { user: user("reads"), download_only: true },
            ],
        };
        let may = |it: &str| (publication.shown_to(&user(it)), publication.saved_by(&user(it)));
        assert_eq!((may("gone"), may("reads"), may("other")), ((false, false), (true, false), (true, true)));
        assert!(!Publication { download: false, ..publication.clone() }.saved_by(&user("other")));
    }
}

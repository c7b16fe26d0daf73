//! Documents and their versions. A customer sees versions that are published to them, and nothing that hints at any other.

use super::rights::{Member, require};
use super::whose::{MORE, Walk, is_customer, located};
use crate::tools::args::{Count, Line};
use crate::tools::refusal::{Missing, missing};
use crate::tools::support::view::{Pagination, ReplyFrom};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    About, AccessRoleId, ContactId, Document, DocumentId, DocumentQuery, DocumentVersion, Internal, OrganisationId,
    Pii, PiiKind, Publication, Right, SignOff, Text, VersionId, VersionState, Withheld, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List the documents of one customer with their versions and who sees them. Internal documents are left out unless an employee asks
/// for them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListDocuments {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only this kind, for example `Contract`.
    #[serde(default)]
    kind: Option<Line<64>>,
    /// Also what is for employees only. Has no effect for customers.
    #[serde(default)]
    include_internal: bool,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DocumentList {
    customer_id: OrganisationId,
    documents: Vec<DocumentView>,
    pagination: Pagination,
}

/// Who sees a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Visibility {
    /// Customers see a version of it.
    Published,
    /// Customers may see it once a version is published.
    Pending,
    /// Employees only.
    Internal,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DocumentView {
    document_id: DocumentId,
    name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Text>,
    visibility: Visibility,
    updated_at: Timestamp,
    /// Oldest first.
    versions: Vec<VersionView>,
}

/// A version in short.
#[derive(Debug, Serialize, JsonSchema)]
struct VersionView {
    version_id: VersionId,
    number: u32,
    state: VersionState,
    sign_off: SignOff,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Whether it may be saved, where it is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    download: Option<bool>,
    /// Access roles that see it, where it is published; none named: everybody of the customer.
    #[serde(skip_serializing_if = "classified::absent")]
    visible_to: Option<Internal<Vec<AccessRoleId>>>,
    /// Portal users from whom it, or saving it, was taken back alone.
    #[serde(skip_serializing_if = "classified::absent")]
    taken_back_from: Option<Internal<Vec<ContactId>>>,
}

/// Whether this customer sees this version: approved, published to them, and not ended.
fn sees(member: &Member, it: &DocumentVersion, now: Timestamp) -> bool {
    it.state == VersionState::Approved
        && it.publication.as_ref().is_some_and(|it| {
            it.expires_at.is_none_or(|end| end > now)
                && it.shown_to(&member.id)
                && (it.roles.is_empty() || it.roles.iter().any(|role| member.roles.contains(role)))
        })
}

/// Takes out of a document what its reader may not see; whether anything is left.
fn narrowed(document: &mut Document, member: Option<&Member>, now: Timestamp) -> bool {
    let Some(member) = member else { return true };
    document.versions.retain(|it| sees(member, it, now));
    !document.internal && !document.versions.is_empty()
}

impl VersionView {
    fn of(it: &DocumentVersion, member: Option<&Member>) -> Self {
        let publication = it.publication.as_ref();
        let may_save = |publication: &Publication| match member {
            Some(it) => it.may(Right::DocumentDownload) && publication.saved_by(&it.id),
            None => publication.download,
        };
        Self {
            version_id: it.id.clone(),
            number: it.number,
            state: it.state,
            sign_off: it.sign_off,
            published_at: publication.map(|it| it.at),
            expires_at: publication.and_then(|it| it.expires_at),
            download: publication.map(may_save),
            visible_to: publication.filter(|_| member.is_none()).map(|it| Internal::new(it.roles.clone())),
            taken_back_from: publication
                .filter(|it| member.is_none() && !it.except.is_empty())
                .map(|it| Internal::new(it.except.iter().map(|it| it.user.clone()).collect())),
        }
    }
}

impl DocumentView {
    fn of(it: Document, member: Option<&Member>) -> Self {
        let published = it.versions.iter().filter_map(|it| it.publication.as_ref());
        let visibility = match (it.internal, published.clone().next()) {
            (true, _) => Visibility::Internal,
            (false, Some(_)) => Visibility::Published,
            (false, None) => Visibility::Pending,
        };
        // Whatever else changed is no business of a customer.
        let seen = published.map(|it| it.at).max().filter(|_| member.is_some());
        Self {
            visibility,
            updated_at: seen.unwrap_or(it.updated_at),
            versions: it.versions.iter().map(|it| VersionView::of(it, member)).collect(),
            document_id: it.id,
            name: it.name,
            kind: it.kind.map(Text::new),
        }
    }
}

impl Tool for ListDocuments {
    const NAME: &'static str = "portal.documents.list";
    const TITLE: &'static str = "List documents";
    const KIND: Kind = Kind::Read;
    type Output = DocumentList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<DocumentList>, Refusal> {
        let customer = is_customer(cx);
        let port = cx.documents()?;
        let (customer_id, external) = located(cx, &port, self.customer_id.as_ref())?;
        let member = require(cx, Right::Documents).await?;
        let with_internal = self.include_internal && !customer;
        let mut walk = Walk::new(!with_internal, self.limit.get(), self.offset.get());
        while let Some((offset, limit)) = walk.next() {
            let query = DocumentQuery {
                organisation: Some(external.clone()),
                published_only: customer,
                kind: self.kind.as_ref().map(|it| it.as_str().to_owned()),
                offset,
                limit,
            };
            let page = port.timed(port.port.documents(&port.cx, &query)).await?;
            walk.take(&port, Some(&customer_id), page, |it| with_internal || !it.internal);
        }
        walk.rows_mut().retain_mut(|(_, it)| narrowed(it, member.as_ref(), cx.now));
        let (rows, pagination, more) = walk.done();
        let documents = rows.into_iter().map(|(_, it)| DocumentView::of(it, member.as_ref())).collect();
        Ok(DocumentList { customer_id, documents, pagination }.reply().truncated(more, MORE))
    }
}

/// Read one version of a document: where it came from, who may save it, sign-off and history. Warns about old and unapproved
/// versions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetVersion {
    /// The document's ID, as lists show it.
    document_id: DocumentId,
    /// The version's ID; the newest, unless you name one.
    #[serde(default)]
    version_id: Option<VersionId>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct VersionDetail {
    customer_id: OrganisationId,
    document_id: DocumentId,
    name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Text>,
    #[serde(flatten)]
    version: VersionView,
    /// Whether there is no newer one.
    is_latest: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Text>,
    #[serde(skip_serializing_if = "classified::absent")]
    author: Option<Internal<Pii>>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<Text>,
    /// Whether the document is for employees only.
    #[serde(skip_serializing_if = "classified::absent")]
    internal: Option<Internal<bool>>,
    /// The versions that customers see, oldest first.
    history: Vec<HistoryView>,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

#[derive(Debug, Serialize, JsonSchema)]
struct HistoryView {
    version_id: VersionId,
    number: u32,
    published_at: Timestamp,
    sign_off: SignOff,
}

/// What is wrong with showing or signing this version; `newest` is the newest that the caller may know of.
fn warning(it: &DocumentVersion, newest: &DocumentVersion, internal: bool) -> Option<String> {
    let mut words = Vec::new();
    if internal {
        words.push("This document is internal; it must not be published.".to_owned());
    }
    if it.number < newest.number {
        words.push(format!("This is version {}; version {} is newer.", it.number, newest.number));
    }
    match it.state {
        VersionState::Approved => {}
        VersionState::Draft => words.push("This version is a draft and not approved.".to_owned()),
        VersionState::InReview => words.push("This version is in review and not approved.".to_owned()),
        VersionState::Rejected => words.push("This version was rejected.".to_owned()),
    }
    (!words.is_empty()).then(|| words.join(" "))
}

impl Tool for GetVersion {
    const NAME: &'static str = "portal.document_version.get";
    const TITLE: &'static str = "Read a document version";
    const KIND: Kind = Kind::Read;
    type Output = VersionDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<VersionDetail>, Refusal> {
        let port = cx.documents()?;
        let member = require(cx, Right::Documents).await?;
        let found = port.timed(port.port.document(&port.cx, &self.document_id)).await;
        let admitted = port.open(found.or_missing(Code::RecordNotFound)?, Code::RecordNotFound)?;
        let customer_id = admitted.organisation.ok_or_else(|| missing(Code::RecordNotFound))?;
        let mut document = admitted.record;
        if !narrowed(&mut document, member.as_ref(), cx.now) {
            return Err(missing(Code::RecordNotFound));
        }
        let newest = document.latest().ok_or_else(|| missing(Code::RecordNotFound))?;
        let it = match &self.version_id {
            Some(id) => document.version(id).ok_or_else(|| missing(Code::RecordNotFound))?,
            None => newest,
        };
        let for_staff = member.is_none();
        let published = document.versions.iter().filter_map(|it| Some((it, it.publication.as_ref()?)));
        let history = published.filter(|_| !document.internal).map(|(it, publication)| HistoryView {
            version_id: it.id.clone(),
            number: it.number,
            published_at: publication.at,
            sign_off: it.sign_off,
        });
        let author = it.author.as_deref().filter(|_| for_staff);
        let hidden = it.author.iter().filter(|it| !for_staff && it.chars().count() >= 4).cloned();
        let detail = VersionDetail {
            customer_id,
            document_id: document.id.clone(),
            name: document.name.clone(),
            kind: document.kind.as_deref().map(Text::from),
            version: VersionView::of(it, member.as_ref()),
            is_latest: it.number == newest.number,
            source: it.source.as_deref().map(Text::from),
            author: author.map(|name| Internal::new(Pii::new(PiiKind::Name, About::Staff, name))),
            created_at: it.created_at,
            size_bytes: it.size,
            content_type: it.content_type.as_deref().map(Text::from),
            internal: for_staff.then(|| Internal::new(document.internal)),
            history: history.collect(),
            withheld: Withheld(hidden.collect()),
        };
        let warning = warning(it, newest, document.internal);
        let mut reply = detail.reply();
        reply.metadata.warning = warning;
        Ok(reply)
    }
}

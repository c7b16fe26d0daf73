//! Documents that customers get to see. What is taken back is beside.
//!
//! **Invariant:** what is internal, another customer's, old or not approved is never published, whoever approves: it is checked in the
//! preview and once more when it is carried out.

use super::governed::{
    Beside, Member, PersonView, access_roles, blocked, by, grantable, members, named, of_customer, role_stands, words,
};
use super::told::{Rules, Telling, tell};
use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    AccessRoleId, Document, DocumentId, DocumentVersion, Documents, NewPublication, Op, OrganisationId, Publication,
    Right, Text, Topic, VersionId, VersionState,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of document that are about law or money, by words in the kind's name.
const SENSITIVE: [&str; 6] = ["contract", "quote", "invoice", "calculation", "agreement", "offer"];

pub(super) const PUBLISH_PREVIEW: &str = "Preview the publishing of a document version to a customer: who gets to see \
    it, whether they can save it, until when, who is told and what could leak. Publishes nothing. Old, internal or \
    unapproved versions and other customers' documents are refused.";
pub(super) const PUBLISH: &str = "Publish a document version to a customer, as it was previewed. Takes the ID of the \
    preview; somebody with the right approves it first.";

/// Publish a document version to a customer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// Whose portal.
    customer_id: OrganisationId,
    /// The document.
    document_id: DocumentId,
    /// Its newest version, which has to be approved.
    version_id: VersionId,
    /// Which access roles see it; none: everybody of the customer who may see documents.
    #[serde(default)]
    #[schemars(length(max = 20))]
    role_ids: Vec<AccessRoleId>,
    /// Whether they may also save it.
    #[serde(default)]
    download: bool,
    /// Until when they see it, UTC.
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// Tell those who get to see it and want to be told.
    #[serde(default)]
    notify: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Published {
    document_id: DocumentId,
    version_id: VersionId,
    message: &'static str,
    notification: Telling,
    notified: usize,
}

#[derive(Debug, Serialize)]
struct PublishFacts {
    action: &'static str,
    customer_id: OrganisationId,
    document_id: DocumentId,
    name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Text>,
    version_id: VersionId,
    version_number: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces_version: Option<u32>,
    role_ids: Vec<AccessRoleId>,
    audience: Text,
    download: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    recipients: Vec<PersonView>,
    newly_visible_to: Vec<PersonView>,
    notification_text: Option<Text>,
    notified: Vec<PersonView>,
    leakage_risks: Vec<&'static str>,
    changes: Vec<Beside>,
}

/// A document of this customer.
pub(super) async fn find(
    port: &Port<'_, dyn Documents>,
    organisation: &OrganisationId,
    id: &DocumentId,
) -> Result<Document, Refusal> {
    let found = port.timed(port.port.document(&port.cx, id)).await.or_missing(Code::RecordNotFound)?;
    of_customer(port.open(found, Code::RecordNotFound)?, organisation)
}

/// Refuses what may never be shown to a customer.
fn publishable<'a>(document: &'a Document, version: &VersionId) -> Result<&'a DocumentVersion, Refusal> {
    if document.internal {
        return Err(blocked("the document is internal"));
    }
    let found = document.version(version).ok_or_else(|| missing(Code::RecordNotFound))?;
    if document.latest().is_none_or(|it| it.id != found.id) {
        return Err(blocked("this is an old version; only the newest can be published"));
    }
    match found.state {
        VersionState::Approved => Ok(found),
        VersionState::Draft | VersionState::InReview | VersionState::Rejected => {
            Err(blocked("the version is not approved"))
        }
    }
}

/// Whether somebody with these rights and roles sees what is published to these roles.
fn sees(member: &Member, roles: &[AccessRoleId]) -> bool {
    let held = member.user.as_ref().map(|it| it.roles.as_slice()).unwrap_or_default();
    member.may(Right::Documents) && (roles.is_empty() || roles.iter().any(|it| held.contains(it)))
}

/// The same of a publication as it stands, which may have been taken back from this person alone.
pub(super) fn sees_now(member: &Member, publication: &Publication) -> bool {
    sees(member, &publication.roles) && member.user.as_ref().is_some_and(|it| publication.shown_to(&it.id))
}

fn current(document: &Document, now: Timestamp) -> Option<(&DocumentVersion, &Publication)> {
    let mut published = document.versions.iter().filter_map(|it| Some((it, it.publication.as_ref()?)));
    published.rfind(|(_, it)| it.expires_at.is_none_or(|end| end > now))
}

/// How a document stands, for a preview's targets.
pub(super) fn stands(document: &Document) -> String {
    let latest = document.latest().map(|it| format!("{} {:?}", it.id, it.state)).unwrap_or_default();
    format!("{} {latest} internal {}", document.updated_at, document.internal)
}

/// Everything that was looked at.
struct Look {
    document: Document,
    version: DocumentVersion,
    members: Vec<Member>,
    rules: Option<Rules>,
    roles: Vec<(AccessRoleId, String)>,
}

impl Look {
    fn seeing<'a>(&'a self, publish: &'a Publish) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(|it| sees(it, &publish.role_ids))
    }

    /// Those who get to see it and may be told.
    fn told<'a>(&'a self, publish: &'a Publish) -> impl Iterator<Item = &'a Member> {
        let rules = self.rules.as_ref();
        self.seeing(publish).filter(move |it| rules.is_some_and(|rules| rules.against(it).is_none()))
    }
}

impl Publish {
    /// For whom, in words: no role named is everybody, and not nobody.
    fn audience(&self) -> Text {
        if self.role_ids.is_empty() {
            return "everybody who may see documents".into();
        }
        let named: Vec<_> = self.role_ids.iter().map(AccessRoleId::as_str).collect();
        Text::new(format!("the roles {}", named.join(", ")))
    }

    /// What customers see of it now, and then.
    fn changes(&self, look: &Look, before: Option<(&DocumentVersion, &Publication)>) -> Vec<Beside> {
        let sum = |number: usize| match number {
            0 => "nobody".to_owned(),
            1 => "one person".to_owned(),
            more => format!("{more} people"),
        };
        let then = look.seeing(self).count();
        let now = before.map_or(0, |(_, there)| look.members.iter().filter(|it| sees_now(it, there)).count());
        let saved = |yes| if yes { "yes" } else { "no" };
        let until = |end: Option<Timestamp>| end.map_or_else(|| "taken back".to_owned(), |it| it.to_string());
        vec![
            Beside::new("seen_by", sum(now), sum(then)),
            Beside::new(
                "version_seen",
                before.map_or_else(|| "none".to_owned(), |(it, _)| it.number.to_string()),
                look.version.number.to_string(),
            ),
            Beside::new("can_be_saved", saved(before.is_some_and(|(_, it)| it.download)), saved(self.download)),
            Beside::new(
                "visible_until",
                before.map_or_else(|| "not visible".to_owned(), |(_, it)| until(it.expires_at)),
                until(self.expires_at),
            ),
        ]
    }

    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        if self.role_ids.len() > 20 {
            return Err(Refusal::argument("role_ids", "expected at most 20 IDs"));
        }
        if self.expires_at.is_some_and(|it| it <= cx.now) {
            return Err(Refusal::argument("expires_at", "expected a time in the future"));
        }
        let port = cx.documents()?;
        named(cx, &port, &self.customer_id)?;
        let document = find(&port, &self.customer_id, &self.document_id).await?;
        let version = publishable(&document, &self.version_id)?.clone();
        let all = access_roles(cx).await?;
        let given = grantable(&all, &self.role_ids, "role_ids")?;
        if let Some(role) = given.iter().find(|it| !it.rights.contains(&Right::Documents)) {
            let expected = format!("`{}` may not see documents; expected roles that may", role.id);
            return Err(Refusal::argument("role_ids", expected));
        }
        if self.download && !given.is_empty() && given.iter().all(|it| !it.rights.contains(&Right::DocumentDownload)) {
            return Err(Refusal::argument("download", "none of these roles may save documents"));
        }
        let roles = given.iter().map(|it| (it.id.clone(), role_stands(it))).collect();
        let mut wanted = self.role_ids.clone();
        wanted.sort_unstable();
        let same = |it: &Publication| {
            let mut there = it.roles.clone();
            there.sort_unstable();
            it.except.is_empty() && there == wanted && it.download == self.download && it.expires_at == self.expires_at
        };
        if version.publication.as_ref().is_some_and(same) {
            return Err(Refusal::new(Code::Conflict, "the version is published like this already"));
        }
        let members = members(cx, &self.customer_id, &all).await?;
        let rules = match self.notify {
            true => Some(Rules::read(cx, &self.customer_id, Topic::Document, None).await?),
            false => None,
        };
        Ok(Look { document, version, members, rules, roles })
    }

    fn notice_text() -> (String, String) {
        let body = "A document was published for you in the portal. Sign in to read it.";
        ("A document is ready for you".to_owned(), body.to_owned())
    }
}

impl Tool for Publish {
    const NAME: &'static str = "portal.document.publish";
    const TITLE: &'static str = "Publish a document";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::DocumentPublish);
    type Output = Published;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::DocumentPublish, &self.document_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let before = current(&look.document, cx.now);
        let newly: Vec<_> =
            look.seeing(self).filter(|it| before.is_none_or(|(_, there)| !sees_now(it, there))).collect();
        let told: Vec<_> = look.told(self).collect();
        let kind = look.document.kind.as_deref().unwrap_or_default().to_lowercase();
        let sensitive = SENSITIVE.iter().any(|it| kind.contains(it));
        let risks = [
            (self.role_ids.is_empty(), "everybody of the customer who may see documents sees it"),
            (self.download, "what was saved cannot be taken back"),
            (self.expires_at.is_none(), "it stays visible until it is taken back"),
            (sensitive, "it is about law or money"),
            (before.is_some(), "the version that customers see now is replaced"),
            (before.is_some_and(|(_, it)| !it.except.is_empty()), "who it was taken back from alone sees it again"),
        ];
        let effect = Effect {
            customer_visible: true,
            newly_visible: !newly.is_empty(),
            sensitive,
            recipients: u32::try_from(told.len()).unwrap_or(u32::MAX),
            ..Effect::default()
        };
        let facts = PublishFacts {
            action: "publish_document",
            customer_id: self.customer_id.clone(),
            document_id: look.document.id.clone(),
            name: look.document.name.clone(),
            kind: look.document.kind.as_deref().map(Text::from),
            version_id: look.version.id.clone(),
            version_number: look.version.number,
            replaces_version: before.map(|(it, _)| it.number).filter(|it| *it != look.version.number),
            role_ids: self.role_ids.clone(),
            audience: self.audience(),
            download: self.download,
            expires_at: self.expires_at,
            recipients: look.seeing(self).map(|it| PersonView::of(&it.contact)).collect(),
            newly_visible_to: newly.iter().map(|it| PersonView::of(&it.contact)).collect(),
            notification_text: self.notify.then(|| Text::new(Self::notice_text().1)),
            notified: told.iter().map(|it| PersonView::of(&it.contact)).collect(),
            changes: self.changes(&look, before),
            leakage_risks: risks.into_iter().filter_map(|(is, words)| is.then_some(words)).collect(),
        };
        let seeing: Vec<_> = look.seeing(self).map(|it| it.contact.id.as_str()).collect();
        let told: Vec<_> = told.iter().map(|it| it.contact.id.as_str()).collect();
        let mut preview = Preview::new(facts, |facts| {
            words(
                "Publish a document to a customer?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Document", "name"),
                    ("Kind", "kind"),
                    ("Version", "version_number"),
                    ("Replaces version", "replaces_version"),
                    ("For", "audience"),
                    ("Can be saved", "download"),
                    ("Until", "expires_at"),
                    ("Seen by", "recipients"),
                    ("Newly visible to", "newly_visible_to"),
                    ("Told", "notified"),
                    ("Told what", "notification_text"),
                    ("Risks", "leakage_risks"),
                ],
            )
        })
        .with(effect)
        .target(format!("document:{}", look.document.id), stands(&look.document))
        .target("recipients", seeing.join(" "))
        .target("told", told.join(" "));
        for (role, stands) in &look.roles {
            preview = preview.target(format!("role:{role}"), stands);
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Published>, Refusal> {
        let look = self.check(cx).await?;
        let port = cx.documents()?;
        let new = NewPublication {
            organisation: named(cx, &port, &self.customer_id)?,
            document: self.document_id.clone(),
            version: self.version_id.clone(),
            roles: self.role_ids.clone(),
            download: self.download,
            expires_at: self.expires_at,
            by: by(cx),
        };
        let published = port.timed(port.port.publish(&port.cx, &new)).await.or_missing(Code::RecordNotFound)?;
        let document = port.written(published, &self.customer_id)?;
        let told: Vec<_> = look.told(&self).collect();
        let notification = match &look.rules {
            Some(rules) => {
                let notice = rules.notice(cx, &self.customer_id, told.iter().copied(), Self::notice_text())?;
                tell(cx, &notice).await
            }
            None => Telling::NotAsked,
        };
        Ok(Reply::from(Published {
            document_id: document.id,
            version_id: self.version_id.clone(),
            message: "Document published",
            notified: if notification == Telling::Sent { told.len() } else { 0 },
            notification,
        }))
    }
}

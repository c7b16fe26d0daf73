//! What customers see of documents, taken back: from everybody, or from one person alone.
//!
//! **Invariant:** nothing is deleted, the reason is kept, and nobody but who is named loses anything.

use super::governed::{Member, PersonView, access_roles, by, members, named, portal_users, words};
use super::publishing::{find, sees_now, stands};
use crate::tools::args::Prose;
use crate::tools::refusal::{missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use postern_api::{
    ContactId, Document, DocumentId, DocumentVersion, ErrorKind, Op, OrganisationId, PortalUser, Publication,
    Revocation, Text, VersionId, Withdrawal,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Take back what a customer sees of a document, or the right to save it. Nothing is deleted, and the reason is kept. You are
/// asked to confirm first, or somebody with the right approves it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    /// Whose portal.
    customer_id: OrganisationId,
    /// The document.
    document_id: DocumentId,
    /// Only this version; without it every version that is published.
    #[serde(default)]
    version_id: Option<VersionId>,
    /// Only from this portal user; without it from everybody.
    #[serde(default)]
    user_id: Option<ContactId>,
    /// Take back saving alone; it stays visible.
    #[serde(default)]
    download_only: bool,
    /// Why, for the record.
    reason: Prose<1_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Revoked {
    document_id: DocumentId,
    message: &'static str,
    still_published: Vec<VersionId>,
}

#[derive(Debug, Serialize)]
struct RevokeFacts {
    action: &'static str,
    customer_id: OrganisationId,
    document_id: DocumentId,
    name: Text,
    versions: Vec<u32>,
    takes_back: &'static str,
    /// Whom it is taken back from alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_alone: Option<PersonView>,
    no_longer_visible_to: Vec<PersonView>,
    reason: Text,
}

impl Revoke {
    async fn check(&self, cx: &ToolCx) -> Result<(Document, Option<PortalUser>), Refusal> {
        let port = cx.documents()?;
        if self.user_id.is_some() && !port.system.adapter.supports().contains(&Op::DocumentWithdraw) {
            let words = "the connected document system takes nothing back from one person alone";
            let refusal = Refusal::new(Code::NotSupported, words);
            return Err(refusal.suggest("Take it back from everybody, or publish it to other access roles."));
        }
        named(cx, &port, &self.customer_id)?;
        let document = find(&port, &self.customer_id, &self.document_id).await?;
        if self.version_id.as_ref().is_some_and(|it| document.version(it).is_none()) {
            return Err(missing(Code::RecordNotFound));
        }
        let user = match &self.user_id {
            Some(id) => {
                let users = portal_users(cx, &self.customer_id).await?;
                Some(users.into_iter().find(|it| it.id == *id).ok_or_else(|| missing(Code::ContactNotFound))?)
            }
            None => None,
        };
        if self.taken(&document).next().is_none() {
            return Err(Refusal::new(Code::Conflict, "there is nothing to take back"));
        }
        Ok((document, user))
    }

    fn taken<'a>(&'a self, document: &'a Document) -> impl Iterator<Item = (&'a DocumentVersion, &'a Publication)> {
        let meant = |it: &&DocumentVersion| self.version_id.as_ref().is_none_or(|id| *id == it.id);
        let there = document.versions.iter().filter(meant).filter_map(|it| Some((it, it.publication.as_ref()?)));
        let has = |it: &Publication| match &self.user_id {
            Some(user) => it.shown_to(user) && (!self.download_only || it.saved_by(user)),
            None => !self.download_only || it.download,
        };
        there.filter(move |(_, it)| has(it))
    }
}

impl Tool for Revoke {
    const NAME: &'static str = "portal.document.revoke";
    const TITLE: &'static str = "Take a document back";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::DocumentRevoke);
    type Output = Revoked;

    fn sends(&self) -> Option<Sends> {
        let op = if self.user_id.is_some() { Op::DocumentWithdraw } else { Op::DocumentRevoke };
        Some(Sends::on(op, &self.document_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (document, user) = self.check(cx).await?;
        let members = members(cx, &self.customer_id, &access_roles(cx).await?).await?;
        let loses = |member: &&Member| {
            let is_meant = |user: &PortalUser| member.user.as_ref().is_some_and(|it| it.id == user.id);
            let meant = user.as_ref().is_none_or(is_meant);
            meant && self.taken(&document).any(|(_, it)| sees_now(member, it))
        };
        let losing = members.iter().filter(loses).filter(|_| !self.download_only);
        let facts = RevokeFacts {
            action: "revoke_document",
            customer_id: self.customer_id.clone(),
            document_id: document.id.clone(),
            name: document.name.clone(),
            versions: self.taken(&document).map(|(it, _)| it.number).collect(),
            takes_back: if self.download_only { "the right to save it" } else { "all of it" },
            from_alone: user.as_ref().map(PersonView::of_user),
            no_longer_visible_to: losing.map(|it| PersonView::of(&it.contact)).collect(),
            reason: self.reason.as_str().into(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Take back what a customer sees?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Document", "name"),
                    ("Versions", "versions"),
                    ("Takes back", "takes_back"),
                    ("From this person alone", "from_alone"),
                    ("No longer visible to", "no_longer_visible_to"),
                    ("Reason", "reason"),
                ],
            )
        });
        let effect = Effect { customer_visible: true, ..Effect::default() };
        let preview = preview.with(effect).target(format!("document:{}", document.id), stands(&document));
        Ok(match user {
            Some(user) => preview.target(format!("user:{}", user.id), "there"),
            None => preview,
        })
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Revoked>, Refusal> {
        self.check(cx).await?;
        let port = cx.documents()?;
        let revoked = match &self.user_id {
            Some(user) => {
                let withdrawal = Withdrawal {
                    organisation: named(cx, &port, &self.customer_id)?,
                    document: self.document_id.clone(),
                    version: self.version_id.clone(),
                    user: user.clone(),
                    download_only: self.download_only,
                    reason: self.reason.as_str().to_owned(),
                    by: by(cx),
                };
                port.timed(port.port.withdraw(&port.cx, &withdrawal)).await
            }
            None => {
                let revocation = Revocation {
                    organisation: named(cx, &port, &self.customer_id)?,
                    document: self.document_id.clone(),
                    version: self.version_id.clone(),
                    download_only: self.download_only,
                    reason: self.reason.as_str().to_owned(),
                    by: by(cx),
                };
                port.timed(port.port.revoke(&port.cx, &revocation)).await
            }
        };
        let revoked = revoked.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::Conflict, "there is nothing to take back")
            } else {
                or_missing(error, Code::RecordNotFound)
            }
        })?;
        let document = port.written(revoked, &self.customer_id)?;
        let published = document.versions.iter().filter(|it| it.publication.is_some());
        Ok(Reply::from(Revoked {
            message: match &self.user_id {
                Some(_) => "Taken back from this person; everybody else sees it as before",
                None => "Taken back; what was published before stays in the record",
            },
            still_published: published.map(|it| it.id.clone()).collect(),
            document_id: document.id,
        }))
    }
}

//! Documents: lists, one with its versions. Publishing is beside.

use crate::adapter::WebDav;
use crate::group::Group;
use crate::publish;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use postern_api::*;

/// Folders that are read at once.
const AT_ONCE: usize = 4;
/// The longest page.
const MOST: u32 = 200;

#[async_trait]
impl Documents for WebDav {
    async fn documents(&self, cx: &CallCx, query: &DocumentQuery) -> Result<Page<Owned<Document>>> {
        let (organisations, truncated) = match (&query.organisation, &cx.reach) {
            (Some(one), reach) if reach.contains(one) => (vec![one.clone()], false),
            (Some(_), _) => (vec![], false),
            (None, Reach::Organisations(some)) => (some.clone(), false),
            (None, Reach::Tenant) => self.organisations(cx).await?,
        };
        let folders = stream::iter(organisations.clone()).map(|it| async move { self.folder(cx, &it).await });
        let folders: Vec<_> = folders.buffered(AT_ONCE).try_collect().await?;
        let groups = folders.into_iter().flat_map(|it| Group::all(it.files));
        let (now, mut own, mut others) = (Timestamp::now(), Vec::new(), Vec::new());
        for group in groups {
            let mut document = group.document(now, self.config.approval_names_content)?;
            if query.published_only && !narrow(&mut document) {
                continue;
            }
            let kind = |it: &str| document.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(it));
            if !query.kind.as_deref().is_none_or(kind) {
                continue;
            }
            let asked = organisations.iter().any(|it| it.as_str() == group.organisation);
            if asked { own.push((group.owner(), document)) } else { others.push((group.owner(), document)) }
        }
        own.sort_by(|(_, a), (_, b)| b.updated_at.cmp(&a.updated_at).then_with(|| a.id.cmp(&b.id)));
        let total = own.len() as u64;
        let page = own.into_iter().skip(query.offset as usize).take(query.limit.min(MOST) as usize);
        // Somebody else's, which a server ought not to have sent: the gateway drops each and says so.
        let rows = page.chain(others).map(|(owner, document)| Owned::new(owner, document)).collect();
        Ok(Page { rows, total, truncated })
    }

    async fn document(&self, cx: &CallCx, id: &DocumentId) -> Result<Owned<Document>> {
        let organisation = Group::organisation_of(id).filter(|it| cx.reach.contains(it));
        let organisation = organisation.ok_or_else(|| Error::not_found("document"))?;
        self.owned(&self.group(cx, &organisation, id).await?.0)
    }

    async fn publish(&self, cx: &CallCx, new: &NewPublication) -> Result<Owned<Document>> {
        let names_content = self.config.approval_names_content;
        let decide = |group: &Group| publish::publish(group, cx.reference.as_deref(), new, names_content);
        self.change(cx, (&new.organisation, &new.document), &decide).await
    }

    async fn revoke(&self, cx: &CallCx, revocation: &Revocation) -> Result<Owned<Document>> {
        let decide = |group: &Group| publish::revoke(group, cx.reference.as_deref(), revocation);
        self.change(cx, (&revocation.organisation, &revocation.document), &decide).await
    }

    async fn withdraw(&self, cx: &CallCx, withdrawal: &Withdrawal) -> Result<Owned<Document>> {
        let decide = |group: &Group| publish::withdraw(group, cx.reference.as_deref(), withdrawal);
        self.change(cx, (&withdrawal.organisation, &withdrawal.document), &decide).await
    }
}

/// Leaves what is published; whether anything is left.
fn narrow(document: &mut Document) -> bool {
    document.versions.retain(|it| it.publication.is_some());
    let last = document.versions.iter().filter_map(|it| it.publication.as_ref()).map(|it| it.at).max();
    let Some(last) = last.filter(|_| !document.internal) else { return false };
    document.updated_at = last;
    true
}

impl WebDav {
    pub(crate) fn owned(&self, group: &Group) -> Result<Owned<Document>> {
        let document = group.document(Timestamp::now(), self.config.approval_names_content)?;
        Ok(Owned::new(group.owner(), document))
    }
}

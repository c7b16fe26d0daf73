//! Carrying out a decision: looked at, written over what was looked at and nothing else, read back.
//!
//! **Invariant:** a decision is taken on what the write is conditional on: under the file's lock, or over the side-car's entity
//! tag. Whoever else changes the same document meanwhile is refused, or goes first and is looked at.

use crate::adapter::WebDav;
use crate::config::Metadata;
use crate::folder::Folder;
use crate::group::Group;
use crate::ledger::{Ledger, Step, unreadable};
use crate::marks::LEDGER;
use crate::publish::Decision;
use crate::sidecar::SIDECAR;
use postern_api::http::Effect;
use postern_api::*;
use postern_dav::{Multistatus, after_write, busy, check, lock, lock_token, proppatch, put, unknown, unlock};

/// How long a lock holds if nobody gives it back, in seconds.
const LOCK_SECS: u32 = 60;
/// How often somebody else may have been quicker.
const TRIES: usize = 3;

/// Says what is to be done to a document as it stands.
type Decide<'a> = &'a (dyn Fn(&Group) -> Result<Decision> + Sync);

impl WebDav {
    /// The files of one document, and the folder that they are in.
    pub(crate) async fn group(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        id: &DocumentId,
    ) -> Result<(Group, Folder)> {
        let mut folder = self.folder(cx, organisation).await?;
        for group in Group::all(std::mem::take(&mut folder.files)) {
            if group.organisation == organisation.as_str() && group.id()? == *id {
                return Ok((group, folder));
            }
        }
        Err(Error::not_found("document"))
    }

    /// Looks, decides, writes and reads back.
    pub(crate) async fn change(
        &self,
        cx: &CallCx,
        (organisation, id): (&ExternalId, &DocumentId),
        decide: Decide<'_>,
    ) -> Result<Owned<Document>> {
        let own = Group::organisation_of(id).is_some_and(|it| it == *organisation);
        if !own || !cx.reach.contains(organisation) {
            return Err(Error::not_found("document"));
        }
        let written = match self.config.metadata {
            Metadata::Properties => self.under_lock(cx, (organisation, id), decide).await?,
            Metadata::Sidecar => self.over_sidecar(cx, (organisation, id), decide).await?,
        };
        let (group, _) = match &written {
            None => self.group(cx, organisation, id).await?,
            Some(_) => self.group(cx, organisation, id).await.map_err(after_write)?,
        };
        // Also where somebody else went on in between, the step is there.
        let there = |step: &Step| group.files.iter().flat_map(|it| &it.ledger).any(|it| it.steps.contains(step));
        if written.as_ref().is_some_and(|it| !there(it)) {
            return Err(unknown());
        }
        self.owned(&group)
    }

    async fn under_lock(
        &self,
        cx: &CallCx,
        (organisation, id): (&ExternalId, &DocumentId),
        decide: Decide<'_>,
    ) -> Result<Option<Step>> {
        let Decision::Add(first) = decide(&self.group(cx, organisation, id).await?.0)? else { return Ok(None) };
        let mut path = self.path(organisation.as_str());
        path.push(&first.0.name);
        let owner = cx.reference.as_deref().unwrap_or("postern");
        let granted = self.http.send(cx, lock(&path, owner, LOCK_SECS)).await.map_err(nothing_changed)?;
        let granted = check(granted, &[200], Effect::Write, "document").map_err(nothing_changed)?;
        let token = lock_token(&granted)?;
        let written = self.locked(cx, (organisation, id), decide, (&path, &first.0.name, &token)).await;
        // A lock that cannot be given back ends by itself.
        drop(self.http.send(cx, unlock(&path, &token)).await);
        written
    }

    /// Looks again now that nobody else can change the file, and writes.
    async fn locked(
        &self,
        cx: &CallCx,
        (organisation, id): (&ExternalId, &DocumentId),
        decide: Decide<'_>,
        (path, name, token): (&[&str], &str, &str),
    ) -> Result<Option<Step>> {
        let Decision::Add(decided) = decide(&self.group(cx, organisation, id).await?.0)? else { return Ok(None) };
        let (file, step) = *decided;
        if file.name != name {
            return Err(busy());
        }
        let ledger = file.ledger.as_ref().ok_or_else(unreadable)?.with(step.clone());
        let etag = file.etag.as_ref().ok_or_else(busy)?;
        let response = self.http.send(cx, proppatch(path, LEDGER, &ledger.text()?, token, etag)).await?;
        let said = Multistatus::read(&response, &self.root, Effect::Write, "document");
        let said = said.map_err(|e| if response.status.is_success() { after_write(e) } else { e })?;
        let ours = said.members.iter().find(|it| it.place.segments() == path).ok_or_else(unknown)?;
        match (ours.status, ours.refused) {
            (None | Some(200), 0) => Ok(Some(step)),
            _ => Err(Error::new(
                ErrorKind::Forbidden,
                "the connected system keeps no properties of files; ask an administrator to set `metadata` to `sidecar`",
            )),
        }
    }

    async fn over_sidecar(
        &self,
        cx: &CallCx,
        (organisation, id): (&ExternalId, &DocumentId),
        decide: Decide<'_>,
    ) -> Result<Option<Step>> {
        let mut path = self.path(organisation.as_str());
        path.push(SIDECAR);
        for _ in 0..TRIES {
            let (group, folder) = self.group(cx, organisation, id).await?;
            let Decision::Add(decided) = decide(&group)? else { return Ok(None) };
            let (file, step) = *decided;
            let sidecar = folder.sidecar.ok_or_else(|| Error::internal("no side-car was read"))?;
            let ledger: Ledger = file.ledger.as_ref().ok_or_else(unreadable)?.with(step.clone());
            let body = sidecar.with(&file.name, &ledger)?;
            let request = put(&path, "application/json", body, sidecar.etag.as_ref());
            let response = self.http.send(cx, request).await?;
            // 412 says that nothing was done: somebody else was quicker, and is looked at.
            if response.status.as_u16() == 412 {
                continue;
            }
            check(response, &[200, 201, 204], Effect::Write, "side-car")?;
            return Ok(Some(step));
        }
        Err(busy())
    }
}

/// Without a lock nothing was written, also where nobody knows whether it was granted.
fn nothing_changed(error: Error) -> Error {
    if error.kind() == ErrorKind::OutcomeUnknown {
        return Error::new(ErrorKind::Unavailable, "the connected system did not answer; nothing was changed")
            .because(error);
    }
    error
}

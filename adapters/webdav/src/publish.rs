//! What is published and taken back: the rules, without the sending.

use crate::folder::File;
use crate::group::Group;
use crate::ledger::{Step, after, unreadable};
use jiff::Timestamp;
use postern_api::*;

/// What is to be done to a document as it stands.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    /// Nothing: it was done before, by the same write.
    Done,
    /// One step more in the ledger of this file.
    Add(Box<(File, Step)>),
}

fn refuse<T>(kind: ErrorKind, message: &'static str) -> Result<T> {
    Err(Error::new(kind, message))
}

/// Publishing a version of a document as it stands.
pub(crate) fn publish(
    group: &Group,
    reference: Option<&str>,
    new: &NewPublication,
    names_content: bool,
) -> Result<Decision> {
    let of_version = |file: &&File| group.version_id(file).is_ok_and(|it| it == new.version);
    if let Some((file, step)) = group.earlier(reference) {
        if step.published && of_version(&file) {
            return Ok(Decision::Done);
        }
        return refuse(ErrorKind::Conflict, "this write was made before, with other arguments");
    }
    if group.internal() {
        return refuse(ErrorKind::Conflict, "the document is internal and cannot be published");
    }
    let file = group.files.iter().find(of_version).ok_or_else(|| Error::not_found("version"))?;
    if group.files.last().is_none_or(|it| it.name != file.name) {
        return refuse(ErrorKind::Conflict, "there is a newer version; publish that one");
    }
    let (Some(etag), VersionState::Approved) = (&file.etag, file.marks.state(file.etag.as_ref(), names_content)) else {
        return refuse(ErrorKind::Conflict, "the version is not approved");
    };
    if !group.readable() {
        return Err(unreadable());
    }
    let now = Timestamp::now();
    if new.expires_at.is_some_and(|it| it <= now) {
        return refuse(ErrorKind::InvalidArgument, "the publication would end before it begins; give a later time");
    }
    let mut roles = new.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    let same = |(published, step): (&File, &Step)| {
        published.name == file.name
            && step.etag == etag.bare()
            && step.except.is_empty()
            && (&step.roles, step.download, step.expires_at) == (&roles, new.download, new.expires_at)
    };
    if group.written(now).is_some_and(same) {
        return refuse(ErrorKind::Conflict, "the version is published like this already");
    }
    let at = after(group.last().map(|(_, step)| step), now);
    let step = Step {
        reference: reference.map(str::to_owned),
        published: true,
        roles,
        download: new.download,
        expires_at: new.expires_at,
        since: at,
        publisher: new.by.clone(),
        etag: etag.bare().to_owned(),
        except: vec![],
        by: new.by.clone(),
        reason: None,
        at,
    };
    Ok(Decision::Add(Box::new((file.clone(), step))))
}

/// Taking back what is published of a document as it stands, whether or not its content is still the same.
pub(crate) fn revoke(group: &Group, reference: Option<&str>, revocation: &Revocation) -> Result<Decision> {
    if let Some((_, step)) = group.earlier(reference) {
        if step.reason.as_ref() == Some(&revocation.reason) {
            return Ok(Decision::Done);
        }
        return refuse(ErrorKind::Conflict, "this write was made before, with other arguments");
    }
    let of = |file: &File, wanted: &VersionId| group.version_id(file).is_ok_and(|it| it == *wanted);
    if let Some(wanted) = &revocation.version
        && group.files.iter().all(|it| !of(it, wanted))
    {
        return Err(Error::not_found("version"));
    }
    if !group.readable() {
        return Err(unreadable());
    }
    let meant = |(file, step): &(&File, &Step)| {
        let wanted = revocation.version.as_ref().is_none_or(|wanted| of(file, wanted));
        wanted && (!revocation.download_only || step.download)
    };
    let now = Timestamp::now();
    let Some((file, step)) = group.written(now).filter(meant) else {
        return refuse(ErrorKind::Conflict, "there is nothing to take back; read the document again");
    };
    let step = Step {
        reference: reference.map(str::to_owned),
        published: revocation.download_only,
        download: false,
        by: revocation.by.clone(),
        reason: Some(revocation.reason.clone()),
        at: after(Some(step), now),
        ..step.clone()
    };
    Ok(Decision::Add(Box::new((file.clone(), step))))
}

/// Taking back what is published of a document from one portal user alone.
pub(crate) fn withdraw(group: &Group, reference: Option<&str>, withdrawal: &Withdrawal) -> Result<Decision> {
    if let Some((_, step)) = group.earlier(reference) {
        if step.reason.as_ref() == Some(&withdrawal.reason) && step.except.iter().any(|it| it.user == withdrawal.user) {
            return Ok(Decision::Done);
        }
        return refuse(ErrorKind::Conflict, "this write was made before, with other arguments");
    }
    let of = |file: &File, wanted: &VersionId| group.version_id(file).is_ok_and(|it| it == *wanted);
    if let Some(wanted) = &withdrawal.version
        && group.files.iter().all(|it| !of(it, wanted))
    {
        return Err(Error::not_found("version"));
    }
    if !group.readable() {
        return Err(unreadable());
    }
    let now = Timestamp::now();
    let wanted = |file: &File| withdrawal.version.as_ref().is_none_or(|wanted| of(file, wanted));
    let there = group.written(now).filter(|(file, step)| {
        let of_theirs = |it: &&Exception| it.user == withdrawal.user;
        let seen = !step.except.iter().filter(of_theirs).any(|it| !it.download_only);
        let saved = step.download && !step.except.iter().any(|it| of_theirs(&it));
        wanted(file) && seen && (!withdrawal.download_only || saved)
    });
    let Some((file, step)) = there else {
        return refuse(ErrorKind::Conflict, "there is nothing to take back from this user; read the document again");
    };
    let mut except = step.except.clone();
    except.retain(|it| it.user != withdrawal.user);
    except.push(Exception { user: withdrawal.user.clone(), download_only: withdrawal.download_only });
    except.sort_unstable();
    let step = Step {
        reference: reference.map(str::to_owned),
        except,
        by: withdrawal.by.clone(),
        reason: Some(withdrawal.reason.clone()),
        at: after(Some(step), now),
        ..step.clone()
    };
    Ok(Decision::Add(Box::new((file.clone(), step))))
}

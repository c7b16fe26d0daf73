//! Files beside a request or a reply: uploaded before, and looked at as the service desk knows them, not as a caller describes them.
//!
//! **Invariant:** a file of a kind that is not passed on, of another customer, or for employees alone never gets to a customer, whoever
//! approves. No address of a file is in any answer.

use super::governed::{blocked, of_customer};
use crate::tools::cx::Port;
use crate::tools::{Code, Refusal};
use postern_api::file::MOST_BYTES;
use postern_api::{Attachment, AttachmentId, ErrorKind, ExternalId, Op, OrganisationId, ServiceDesk, Text};
use serde::Serialize;

/// The most files at once.
pub(super) const MOST: usize = 20;

/// The most bytes of all files at once.
const MOST_IN_ALL: u64 = 2 * MOST_BYTES;

/// A file, as a preview names it.
#[derive(Debug, Serialize)]
pub(super) struct FileView {
    attachment_id: AttachmentId,
    name: Text,
    content_type: Text,
    size_bytes: u64,
}

impl FileView {
    pub(super) fn of(file: &Attachment) -> Self {
        Self {
            attachment_id: file.id.clone(),
            name: file.name.clone(),
            content_type: file.content_type.as_str().into(),
            size_bytes: file.size,
        }
    }
}

/// How a file stands, for a preview's targets.
pub(super) fn stands(file: &Attachment) -> String {
    format!("{} {} internal {}", file.content_type, file.size, file.internal)
}

/// The uploads of these ids; `public`: a customer gets to see them.
pub(super) async fn uploads(
    desk: &Port<'_, dyn ServiceDesk>,
    (organisation, external): (&OrganisationId, &ExternalId),
    ids: &[AttachmentId],
    (op, public): (Op, bool),
) -> Result<Vec<Attachment>, Refusal> {
    if ids.len() > MOST {
        return Err(Refusal::argument("attachments", format!("expected at most {MOST} files")));
    }
    let supports = |op: &Op| desk.system.adapter.supports().contains(op);
    let takes_files = supports(&Op::UploadGet) && supports(&op);
    if !ids.is_empty() && !takes_files {
        let refusal = Refusal::new(Code::NotSupported, "the connected service desk takes no files here");
        return Err(refusal.suggest("Leave `attachments` out."));
    }
    let mut files = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        if ids.iter().take(place).any(|it| it == id) {
            return Err(Refusal::argument("attachments", "expected each file once"));
        }
        // Another customer's, one that was used and none at all are the same.
        let unknown = || Refusal::argument("attachments", "expected uploads of this customer that are on nothing yet");
        let found = desk.timed(desk.port.upload(&desk.cx, external, id)).await;
        let found = found
            .map_err(|error| if error.kind() == ErrorKind::NotFound { unknown() } else { Refusal::from(error) })?;
        let found = desk.open(found, Code::RecordNotFound).map_err(|_| unknown())?;
        let file = of_customer(found, organisation).map_err(|_| unknown())?;
        if !file.is_safe() {
            return Err(blocked("a file is of a kind or a size that is not passed on"));
        }
        if public && file.internal {
            return Err(blocked("a file is for employees alone"));
        }
        files.push(file);
    }
    if files.iter().map(|it| it.size).sum::<u64>() > MOST_IN_ALL {
        return Err(blocked("the files are too large together"));
    }
    Ok(files)
}

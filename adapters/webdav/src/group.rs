//! Files put together: the versions of one document, and what is published of it.

use crate::folder::File;
use crate::ledger::Step;
use jiff::Timestamp;
use postern_api::{
    Document, DocumentId, DocumentVersion, Error, ExternalId, Owner, Publication, Result, Text, VersionId, VersionState,
};
use std::collections::BTreeMap;

/// The files of one document, oldest version first.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) organisation: String,
    pub(crate) name: String,
    pub(crate) files: Vec<File>,
}

impl Group {
    /// Puts files together by whose they are and what they are called.
    pub(crate) fn all(files: Vec<File>) -> Vec<Self> {
        let mut groups: BTreeMap<(String, String), Vec<File>> = BTreeMap::new();
        for file in files {
            groups.entry((file.organisation.clone(), file.version.document.clone())).or_default().push(file);
        }
        let sorted = |((organisation, name), mut files): ((String, String), Vec<File>)| {
            files.sort_by(|a, b| (a.version.number, &a.name).cmp(&(b.version.number, &b.name)));
            Self { organisation, name, files }
        };
        groups.into_iter().map(sorted).collect()
    }

    /// The document's id: whose it is, and what it is called, as a text that can stand in no path.
    pub(crate) fn id(&self) -> Result<DocumentId> {
        let id = format!("{}:{}", self.organisation, postern_dav::digest(&[&self.organisation, &self.name]));
        DocumentId::new(&id).map_err(|_| Error::bad_reply("an organisation's folder whose name is too long"))
    }

    /// Whose documents an id is one of.
    pub(crate) fn organisation_of(id: &DocumentId) -> Option<ExternalId> {
        let (organisation, _) = id.as_str().rsplit_once(':')?;
        ExternalId::new(organisation).ok()
    }

    /// The id of a version: of which document, which number, which content.
    pub(crate) fn version_id(&self, file: &File) -> Result<VersionId> {
        let content = match &file.etag {
            Some(etag) => postern_dav::short(&["etag", etag.bare()]),
            None => {
                postern_dav::short(&["time", &file.modified.to_string(), &file.size.unwrap_or_default().to_string()])
            }
        };
        let document = postern_dav::short(&[&self.organisation, &self.name]);
        let id = format!("{document}-v{}-{content}", file.version.number);
        VersionId::new(&id).map_err(|_| Error::internal("a version's id"))
    }

    /// Whether it is for employees only: its newest version, or one that is published, is not plainly for customers, or
    /// nobody can tell its versions apart.
    pub(crate) fn internal(&self) -> bool {
        let twice = self.files.windows(2).any(|it| matches!(it, [a, b] if a.version.number == b.version.number));
        let newest = self.files.last().is_none_or(|it| !it.marks.for_customers());
        let shown = self.last().is_some_and(|(file, step)| step.published && !file.marks.for_customers());
        twice || newest || shown
    }

    /// The last step of all versions, and of which file it is; nothing where one of them cannot be read.
    pub(crate) fn last(&self) -> Option<(&File, &Step)> {
        if !self.readable() {
            return None;
        }
        let steps = self.files.iter().filter_map(|it| Some((it, it.ledger.as_ref()?.steps.last()?)));
        steps.max_by_key(|(_, step)| step.at)
    }

    /// Whether everything that was published of it can be read.
    pub(crate) fn readable(&self) -> bool {
        self.files.iter().all(|it| it.ledger.is_some())
    }

    /// The step of an earlier try of the same write, and of which file it is.
    pub(crate) fn earlier(&self, reference: Option<&str>) -> Option<(&File, &Step)> {
        let reference = reference?;
        let steps = self
            .files
            .iter()
            .flat_map(|file| file.ledger.iter().flat_map(|it| &it.steps).map(move |step| (file, step)));
        steps.into_iter().find(|(_, step)| step.reference.as_deref() == Some(reference))
    }

    /// The publication that is written down as holding now, whatever became of the content.
    pub(crate) fn written(&self, now: Timestamp) -> Option<(&File, &Step)> {
        self.last().filter(|(_, step)| step.published && step.expires_at.is_none_or(|end| end > now))
    }

    /// The publication that holds now: of this very content, and still approved.
    fn holding(&self, now: Timestamp, names_content: bool) -> Option<(&File, &Step)> {
        self.written(now).filter(|(file, step)| {
            let same = file.etag.as_ref().is_some_and(|it| it.bare() == step.etag);
            same && file.marks.state(file.etag.as_ref(), names_content) == VersionState::Approved
        })
    }

    /// In our words.
    pub(crate) fn document(&self, now: Timestamp, names_content: bool) -> Result<Document> {
        let holding = self.holding(now, names_content);
        let mut versions = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let publication =
                holding.filter(|(published, _)| published.name == file.name).map(|(_, step)| Publication {
                    roles: step.roles.clone(),
                    download: step.download,
                    expires_at: step.expires_at,
                    at: step.since,
                    by: step.publisher.clone(),
                    except: step.except.clone(),
                });
            versions.push(DocumentVersion {
                id: self.version_id(file)?,
                number: file.version.number,
                state: file.marks.state(file.etag.as_ref(), names_content),
                source: file.marks.source.clone(),
                author: file.marks.author.clone(),
                created_at: file.modified.max(file.created),
                size: file.size,
                content_type: file.content_type.clone(),
                sign_off: file.marks.sign_off(),
                publication,
            });
        }
        let times = self.files.iter().map(|it| it.modified).chain(self.last().map(|(_, step)| step.at));
        Ok(Document {
            id: self.id()?,
            name: Text::new(self.name.clone()),
            kind: self.files.iter().rev().find_map(|it| it.marks.kind.clone()),
            internal: self.internal(),
            versions,
            updated_at: times.max().unwrap_or(now),
        })
    }

    /// Whose it is, by where the server says that its files are.
    pub(crate) fn owner(&self) -> Owner {
        ExternalId::new(&self.organisation).map_or(Owner::Unknown, Owner::Organisation)
    }
}

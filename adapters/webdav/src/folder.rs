//! Reading a folder: one `PROPFIND` with depth 1, and the side-car where there is one.

use crate::adapter::WebDav;
use crate::config::Metadata;
use crate::ledger::Ledger;
use crate::marks::{ASKED, LEDGER, Marks};
use crate::name::FileName;
use crate::sidecar::Sidecar;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use postern_api::http::Effect;
use postern_api::{CallCx, Error, ErrorKind, ExternalId, Result};
use postern_dav::{DAV, Etag, Member, Multistatus, propfind};

/// A file in a folder that a document's version can be.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// The folder's organisation, by where the server says that the file is.
    pub(crate) organisation: String,
    /// The file's name.
    pub(crate) name: String,
    pub(crate) version: FileName,
    pub(crate) etag: Option<Etag>,
    pub(crate) size: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) modified: Timestamp,
    pub(crate) created: Timestamp,
    pub(crate) marks: Marks,
    /// What was published of it; `None`: it cannot be read.
    pub(crate) ledger: Option<Ledger>,
}

/// What is in one organisation's folder.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) files: Vec<File>,
    /// The side-car, where marks are kept there.
    pub(crate) sidecar: Option<Sidecar>,
}

impl WebDav {
    /// Where an organisation's documents are.
    pub(crate) fn path<'a>(&'a self, organisation: &'a str) -> Vec<&'a str> {
        std::iter::once(organisation).chain(self.config.folder.as_deref()).collect()
    }

    /// Reads an organisation's folder. A folder that is not there is empty: the customer has no documents yet.
    pub(crate) async fn folder(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Folder> {
        let path = self.path(organisation.as_str());
        let response = self.http.send(cx, propfind(&path, 1, &ASKED)).await?;
        let read = match Multistatus::read(&response, &self.root, Effect::Read, "folder") {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Folder::default()),
            read => read?,
        };
        let sidecar = match self.config.metadata {
            Metadata::Properties => None,
            Metadata::Sidecar => Some(self.sidecar(cx, &path).await?),
        };
        let mut files = Vec::new();
        for member in &read.members {
            if member.place.is(&path) || member.properties.is_collection() {
                continue;
            }
            if let Some(file) = self.file(member, organisation, sidecar.as_ref())? {
                files.push(file);
            }
        }
        Ok(Folder { files, sidecar })
    }

    /// A file, or nothing where a name is no document's.
    fn file(&self, member: &Member, asked: &ExternalId, sidecar: Option<&Sidecar>) -> Result<Option<File>> {
        let outside = || Error::bad_reply("a place outside the folder that was asked for");
        let (organisation, rest) = member.place.names.split_first().ok_or_else(outside)?;
        let rest = match (self.config.folder.as_ref(), rest) {
            (Some(folder), [first, rest @ ..]) if first == folder => rest,
            (None, rest) => rest,
            (Some(_), _) => return Err(outside()),
        };
        let [name] = rest else { return Err(outside()) };
        let Some(version) = FileName::parse(name) else { return Ok(None) };
        let found = &member.properties;
        let created = found.text(DAV, "creationdate").and_then(|it| it.parse::<Timestamp>().ok());
        let modified = found.text(DAV, "getlastmodified").and_then(http_date).or(created);
        let modified = modified.ok_or_else(|| Error::bad_reply("a file without a time"))?;
        // Another organisation's file has no marks in this one's side-car.
        let own = sidecar.filter(|_| organisation == asked.as_str());
        let (marks, ledger) = match (self.config.metadata, own) {
            (Metadata::Properties, _) => {
                (Marks::of(found), Ledger::read(found.text(LEDGER.0, LEDGER.1)).ok().filter(|_| member.refused == 0))
            }
            (Metadata::Sidecar, Some(sidecar)) => sidecar.of(name),
            (Metadata::Sidecar, None) => (Marks::default(), Some(Ledger::default())),
        };
        Ok(Some(File {
            organisation: organisation.clone(),
            name: name.clone(),
            version,
            etag: found.text(DAV, "getetag").and_then(Etag::new),
            size: found.text(DAV, "getcontentlength").and_then(|it| it.parse().ok()),
            content_type: found.text(DAV, "getcontenttype").map(str::to_owned),
            modified,
            created: created.unwrap_or(modified),
            marks,
            ledger,
        }))
    }

    /// The organisations that there are folders for, and whether there were more.
    pub(crate) async fn organisations(&self, cx: &CallCx) -> Result<(Vec<ExternalId>, bool)> {
        let response = self.http.send(cx, propfind(&[], 1, &[(DAV, "resourcetype")])).await?;
        let read = Multistatus::read(&response, &self.root, Effect::Read, "folder")?;
        let folders = read.members.iter().filter(|it| it.properties.is_collection());
        let name = |it: &Member| match it.place.names.as_slice() {
            [name] => ExternalId::new(name).ok(),
            _ => None,
        };
        let mut found: Vec<ExternalId> = folders.filter_map(name).collect();
        found.sort_unstable();
        found.dedup();
        let most = self.config.max_organisations as usize;
        let more = found.len() > most;
        found.truncate(most);
        Ok((found, more))
    }
}

/// `Sat, 21 Nov 2026 06:32:59 GMT` (RFC 9110 section 5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_http_is_read() {
        let time = http_date("Sat, 21 Nov 2026 06:32:59 GMT").expect("a time");
        assert_eq!(time.to_string(), "2026-11-21T06:32:59Z");
        assert_eq!(http_date("yesterday"), None);
    }
}

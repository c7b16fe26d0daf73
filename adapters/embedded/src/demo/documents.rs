//! Documents: published, waiting, old, internal; two customers' of one name.

use super::{ago, organisation_key};
use crate::convert::{json, micros, word};
use crate::fail::Result;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::{SignOff, VersionState, VersionState::*};

const DAY: i64 = 24 * 60;

/// State, made that many days ago, by whom, what the customer has to do with it, publication.
type Version = (VersionState, i64, &'static str, SignOff, Option<Published>);

/// Since how many days, for which roles, whether it can be saved, for how many days (`None`: without end).
type Published = (i64, &'static [&'static str], bool, Option<i64>);

struct Document {
    organisation: &'static str,
    id: &'static str,
    name: &'static str,
    kind: &'static str,
    internal: bool,
    source: &'static str,
    versions: &'static [Version],
}

const FILE: Document = Document {
    organisation: "acme",
    id: "",
    name: "",
    kind: "Report",
    internal: false,
    source: "Upload",
    versions: &[],
};

const NO: SignOff = SignOff::NotNeeded;

const DOCUMENTS: [Document; 15] = [
    Document {
        id: "DOC-1001",
        name: "Managed services contract",
        kind: "Contract",
        // The first version is old.
        versions: &[
            (Approved, 400, "Sofia Lindqvist", SignOff::Signed, None),
            (Approved, 120, "Sofia Lindqvist", SignOff::Signed, Some((118, &["manager"], true, None))),
        ],
        ..FILE
    },
    Document {
        id: "DOC-1002",
        name: "Network security report",
        // The newest version waits for its approval; customers read the one before.
        versions: &[
            (Approved, 95, "Marcus Hale", NO, Some((94, &[], false, None))),
            (InReview, 3, "Leo Brandt", NO, None),
        ],
        ..FILE
    },
    Document {
        id: "DOC-1003",
        name: "Renewal pricing ACMEFLOOR88",
        kind: "Calculation",
        internal: true,
        versions: &[(Approved, 14, "Helen Ortiz", NO, None)],
        ..FILE
    },
    Document {
        id: "DOC-1004",
        name: "Server room drawing",
        kind: "Design",
        // Ready: the newest version is approved and not published.
        versions: &[(Rejected, 40, "Leo Brandt", NO, None), (Approved, 9, "Leo Brandt", SignOff::Pending, None)],
        ..FILE
    },
    Document {
        id: "DOC-1005",
        name: "Quote for more backup",
        kind: "Quote",
        source: "Quote generator",
        versions: &[(Draft, 2, "Marcus Hale", NO, None)],
        ..FILE
    },
    Document {
        id: "DOC-1006",
        name: "Invoice copy INV-2101",
        kind: "Invoice copy",
        source: "Billing",
        versions: &[(Approved, 64, "Billing", NO, Some((63, &["payer", "manager"], true, Some(30))))],
        ..FILE
    },
    Document {
        id: "DOC-1007",
        name: "Welcome handbook",
        kind: "Handbook",
        versions: &[(Approved, 200, "Sofia Lindqvist", NO, Some((199, &[], true, None)))],
        ..FILE
    },
    Document {
        organisation: "globex",
        id: "DOC-2001",
        name: "Managed services contract",
        kind: "Contract",
        versions: &[(Approved, 300, "Sofia Lindqvist", SignOff::Signed, Some((299, &["manager"], true, None)))],
        ..FILE
    },
    Document {
        organisation: "globex",
        id: "DOC-2002",
        name: "Network security report 2",
        versions: &[(Approved, 30, "Marcus Hale", NO, Some((29, &[], true, None)))],
        ..FILE
    },
    Document {
        organisation: "globex",
        id: "DOC-2003",
        name: "Plan against leaving GLXCHURN5",
        kind: "Calculation",
        internal: true,
        versions: &[(Approved, 21, "Daniel Price", NO, None)],
        ..FILE
    },
    Document {
        organisation: "globex",
        id: "DOC-2004",
        name: "Server room drawing",
        kind: "Design",
        versions: &[(Approved, 6, "Leo Brandt", SignOff::Pending, None)],
        ..FILE
    },
    Document {
        organisation: "globex",
        id: "DOC-2005",
        name: "Plant network plan",
        kind: "Design",
        versions: &[
            (Approved, 70, "Leo Brandt", SignOff::Declined, Some((69, &[], false, None))),
            (Draft, 5, "Leo Brandt", NO, None),
        ],
        ..FILE
    },
    Document {
        organisation: "initech",
        id: "DOC-3001",
        name: "Managed services contract",
        kind: "Contract",
        versions: &[(Approved, 500, "Sofia Lindqvist", SignOff::Signed, Some((499, &["manager"], true, None)))],
        ..FILE
    },
    Document {
        organisation: "initech",
        id: "DOC-3002",
        name: "Credit check INIRISK2",
        kind: "Calculation",
        internal: true,
        versions: &[(Approved, 60, "Helen Ortiz", NO, None)],
        ..FILE
    },
    Document {
        organisation: "initech",
        id: "DOC-3003",
        name: "Printer fleet report",
        versions: &[(Approved, 12, "Marcus Hale", NO, None)],
        ..FILE
    },
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for document in &DOCUMENTS {
        document.insert(rows, now)?;
    }
    Ok(())
}

impl Document {
    fn insert(&self, rows: &Rows<'_>, now: Timestamp) -> Result<()> {
        let published = |it: &Version| it.4.map_or(it.1, |(since, ..)| since.min(it.1));
        let changed = self.versions.iter().map(published).min().unwrap_or(0);
        let document = rows.insert(
            "INSERT INTO document (tenant, id, organisation, name, kind, internal, updated_at)
             VALUES (:tenant, :id, :organisation, :name, :kind, :internal, :at)",
            &[
                (":id", &self.id),
                (":organisation", &organisation_key(rows, self.organisation)?),
                (":name", &self.name),
                (":kind", &self.kind),
                (":internal", &self.internal),
                (":at", &micros(ago(now, changed * DAY))),
            ],
        )?;
        for (number, (state, made, author, sign_off, publication)) in (1_i64..).zip(self.versions) {
            let version = rows.insert(
                "INSERT INTO document_version (tenant, id, document, number, state, source, author, created_at, size,
                 content_type, sign_off) VALUES (:tenant, :id, :document, :number, :state, :source, :author, :at, :size,
                 'application/pdf', :sign_off)",
                &[
                    (":id", &format!("{}-v{number}", self.id)),
                    (":document", &document),
                    (":number", &number),
                    (":state", &word(state)?),
                    (":source", &self.source),
                    (":author", author),
                    (":at", &micros(ago(now, made * DAY))),
                    (":size", &(48_000 + 1_700 * number)),
                    (":sign_off", &word(sign_off)?),
                ],
            )?;
            let Some((since, roles, download, lasts)) = publication else { continue };
            rows.insert(
                "INSERT INTO publication (tenant, version, published, roles, download, expires_at, since, publisher, by,
                 at) VALUES (:tenant, :version, 1, :roles, :download, :ends, :since, 'Sofia Lindqvist',
                 'Sofia Lindqvist', :since)",
                &[
                    (":version", &version),
                    (":roles", &json(roles)?),
                    (":download", download),
                    (":ends", &lasts.map(|it| micros(ago(now, (since - it) * DAY)))),
                    (":since", &micros(ago(now, since * DAY))),
                ],
            )?;
        }
        Ok(())
    }
}

-- Documents, their versions, and every publication that there was.

CREATE TABLE document (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    name TEXT NOT NULL,
    kind TEXT,
    internal INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX document_organisation ON document (tenant, organisation, updated_at);

CREATE TABLE document_version (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES document (key),
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    source TEXT,
    author TEXT,
    created_at INTEGER NOT NULL,
    size INTEGER,
    content_type TEXT,
    sign_off TEXT NOT NULL,
    UNIQUE (tenant, id),
    UNIQUE (document, number)
) STRICT;

-- A row for each publication and each time that one was taken back, with what holds since then. The last one counts.
CREATE TABLE publication (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    version INTEGER NOT NULL REFERENCES document_version (key),
    published INTEGER NOT NULL,
    roles TEXT NOT NULL,
    download INTEGER NOT NULL,
    expires_at INTEGER,
    since INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    by TEXT NOT NULL,
    reason TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX publication_version ON publication (version, key);
CREATE TRIGGER publication_stays BEFORE UPDATE ON publication
BEGIN SELECT raise(ABORT, 'a publication stays as it was written'); END;
CREATE TRIGGER publication_is_kept BEFORE DELETE ON publication
BEGIN SELECT raise(ABORT, 'a publication stays as it was written'); END;

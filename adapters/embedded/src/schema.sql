-- Everything the embedded backend keeps. Every table names its tenant; times are microseconds since 1970, UTC.
-- Ids that leave the file are unique in their tenant; `key` never leaves it.

CREATE TABLE counter (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE organisation (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    domains TEXT NOT NULL,
    subscription_tier TEXT,
    sla_tier TEXT,
    status INTEGER NOT NULL,
    tickets_per_month INTEGER,
    contacts INTEGER,
    sla_response INTEGER,
    sla_resolution INTEGER,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE contact (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    active INTEGER NOT NULL,
    title TEXT,
    notes TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX contact_organisation ON contact (tenant, organisation, email);

CREATE TABLE login (
    contact INTEGER PRIMARY KEY REFERENCES contact (key),
    tenant TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    email TEXT NOT NULL,
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    last_login INTEGER,
    expires_at INTEGER,
    reference TEXT,
    UNIQUE (tenant, email)
) STRICT;
CREATE INDEX login_organisation ON login (tenant, organisation, email);
-- An organisation has one lead. Role 0 is lead.
CREATE UNIQUE INDEX login_one_lead ON login (organisation) WHERE role = 0;
CREATE UNIQUE INDEX login_reference ON login (tenant, reference) WHERE reference IS NOT NULL;

CREATE TABLE role_change (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    contact INTEGER NOT NULL REFERENCES contact (key),
    before INTEGER,
    after INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT,
    at INTEGER NOT NULL,
    reference TEXT
) STRICT;
CREATE INDEX role_change_organisation ON role_change (tenant, organisation, at);
CREATE INDEX role_change_reference ON role_change (tenant, reference) WHERE reference IS NOT NULL;

CREATE TABLE notification (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES contact (key),
    text TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX notification_contact ON notification (tenant, contact, at);

CREATE TABLE agent (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE ticket (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    requester INTEGER NOT NULL REFERENCES contact (key),
    agent INTEGER REFERENCES agent (key),
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    status INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    category TEXT NOT NULL,
    private INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    public_updated_at INTEGER NOT NULL,
    response_due INTEGER,
    responded_at INTEGER,
    resolution_due INTEGER,
    resolved_at INTEGER,
    breach_reason TEXT,
    public_comments INTEGER NOT NULL DEFAULT 0,
    internal_comments INTEGER NOT NULL DEFAULT 0,
    resolution TEXT,
    reference TEXT,
    close_reference TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE UNIQUE INDEX ticket_reference ON ticket (tenant, reference) WHERE reference IS NOT NULL;
CREATE INDEX ticket_organisation ON ticket (tenant, organisation, created_at);
CREATE INDEX ticket_requester ON ticket (tenant, requester, created_at);

CREATE TABLE comment (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket INTEGER NOT NULL REFERENCES ticket (key),
    agent INTEGER REFERENCES agent (key),
    contact INTEGER REFERENCES contact (key),
    author TEXT,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    internal INTEGER NOT NULL,
    reference TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX comment_ticket ON comment (ticket, created_at);
CREATE UNIQUE INDEX comment_reference ON comment (tenant, reference) WHERE reference IS NOT NULL;

CREATE TABLE attachment (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    ticket INTEGER REFERENCES ticket (key),
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    internal INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX attachment_ticket ON attachment (ticket, created_at);

CREATE TABLE escalation (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    ticket INTEGER NOT NULL REFERENCES ticket (key),
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    reference TEXT
) STRICT;
CREATE INDEX escalation_ticket ON escalation (ticket, at);
CREATE UNIQUE INDEX escalation_reference ON escalation (tenant, reference) WHERE reference IS NOT NULL;

CREATE TABLE article (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    public INTEGER NOT NULL,
    views INTEGER NOT NULL,
    helpful_percentage INTEGER,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

-- Words. What customers may read and what only employees may read are indexed apart, so that a customer's search cannot
-- touch the latter. `scope` holds one word that stands for the tenant. The row number of a ticket's words is the
-- ticket's key times 2^20, plus the number of the piece of text.
CREATE VIRTUAL TABLE ticket_words USING fts5 (scope, text, content = '');
CREATE VIRTUAL TABLE note_words USING fts5 (scope, text, content = '');
CREATE VIRTUAL TABLE article_words USING fts5 (scope, title, summary, body, content = '');
CREATE VIRTUAL TABLE internal_article_words USING fts5 (scope, title, summary, body, content = '');

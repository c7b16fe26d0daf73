-- What no other system keeps of a customer portal.

CREATE TABLE portal_config (
    tenant TEXT PRIMARY KEY NOT NULL,
    timezone TEXT NOT NULL,
    login_policy TEXT NOT NULL,
    latest_version_only INTEGER NOT NULL,
    channels TEXT NOT NULL,
    daily_notification_cap INTEGER NOT NULL,
    payments_enabled INTEGER NOT NULL,
    sla_response_hours INTEGER,
    sla_resolution_hours INTEGER,
    visible_by_default TEXT NOT NULL,
    minimum_group INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE branding (
    tenant TEXT PRIMARY KEY NOT NULL,
    logo_url TEXT,
    colours TEXT NOT NULL,
    domain TEXT,
    welcome_text TEXT,
    languages TEXT NOT NULL,
    white_label INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- One for each organisation, never a second one.
CREATE TABLE workspace (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL UNIQUE REFERENCES organisation (key),
    active INTEGER NOT NULL,
    welcome_text TEXT,
    default_role INTEGER NOT NULL REFERENCES access_role (key),
    service_records TEXT NOT NULL,
    documents TEXT NOT NULL,
    invoices TEXT NOT NULL,
    by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE faq (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    category TEXT NOT NULL,
    language TEXT NOT NULL,
    segments TEXT NOT NULL,
    state TEXT NOT NULL,
    sensitive INTEGER NOT NULL,
    internal INTEGER NOT NULL,
    by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE form (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE form_field (
    tenant TEXT NOT NULL,
    form INTEGER NOT NULL REFERENCES form (key),
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    required INTEGER NOT NULL,
    class TEXT NOT NULL,
    choices TEXT NOT NULL,
    max_length INTEGER NOT NULL,
    PRIMARY KEY (form, place)
) WITHOUT ROWID, STRICT;

CREATE TABLE submission (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    form INTEGER NOT NULL REFERENCES form (key),
    version INTEGER NOT NULL,
    answers TEXT NOT NULL,
    submitted_by TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE consent (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    contact INTEGER REFERENCES contact (key),
    kind TEXT NOT NULL,
    granted INTEGER NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    address TEXT,
    device TEXT,
    reason TEXT,
    by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_organisation ON consent (tenant, organisation, at);
CREATE TRIGGER consent_stays BEFORE UPDATE ON consent
BEGIN SELECT raise(ABORT, 'a consent stays as it was written'); END;
CREATE TRIGGER consent_is_kept BEFORE DELETE ON consent
BEGIN SELECT raise(ABORT, 'a consent stays as it was written'); END;

CREATE TABLE snapshot (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    figures TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Projects, orders, equipment, places, appointments, time; and an organisation's own fields, with what they were.

CREATE TABLE project (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    status TEXT NOT NULL,
    owner INTEGER REFERENCES agent (key),
    from_on TEXT,
    until_on TEXT,
    percent INTEGER,
    files TEXT NOT NULL,
    deliverables TEXT NOT NULL,
    invoices TEXT NOT NULL,
    cost TEXT,
    currency TEXT,
    notes TEXT,
    customer_visible INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX project_organisation ON project (tenant, organisation, updated_at);

CREATE TABLE phase (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    project INTEGER NOT NULL REFERENCES project (key),
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    from_on TEXT,
    until_on TEXT,
    milestone INTEGER NOT NULL,
    blocker TEXT,
    internal INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX phase_project ON phase (project, place);

CREATE TABLE project_entry (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    project INTEGER NOT NULL REFERENCES project (key),
    agent INTEGER REFERENCES agent (key),
    text TEXT NOT NULL,
    internal INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX project_entry_project ON project_entry (project, at);

CREATE TABLE sales_order (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    total TEXT,
    cost TEXT,
    currency TEXT,
    created_at INTEGER,
    delivery_on TEXT,
    valid_until TEXT,
    owner INTEGER REFERENCES agent (key),
    files TEXT NOT NULL,
    customer_visible INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX sales_order_organisation ON sales_order (tenant, organisation, created_at);

CREATE TABLE site (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    name TEXT NOT NULL,
    address TEXT,
    phone TEXT,
    active INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX site_organisation ON site (tenant, organisation);

CREATE TABLE asset (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    name TEXT NOT NULL,
    kind TEXT,
    serial TEXT,
    active INTEGER NOT NULL,
    contact INTEGER REFERENCES contact (key),
    site INTEGER REFERENCES site (key),
    warranty_until TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX asset_organisation ON asset (tenant, organisation);

CREATE TABLE booking (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    contact INTEGER REFERENCES contact (key),
    staff INTEGER REFERENCES agent (key),
    rescheduled_from INTEGER,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX booking_organisation ON booking (tenant, organisation, starts_at);

CREATE TABLE time_entry (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket INTEGER NOT NULL REFERENCES ticket (key),
    agent INTEGER NOT NULL REFERENCES agent (key),
    minutes INTEGER NOT NULL,
    text TEXT,
    billable INTEGER,
    at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX time_entry_ticket ON time_entry (ticket, at);

ALTER TABLE organisation ADD COLUMN phone TEXT;
ALTER TABLE organisation ADD COLUMN address TEXT;
ALTER TABLE organisation ADD COLUMN website TEXT;

CREATE TABLE profile_change (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    contact INTEGER REFERENCES contact (key),
    field TEXT NOT NULL,
    before TEXT,
    after TEXT,
    source TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER profile_change_stays BEFORE UPDATE ON profile_change
BEGIN SELECT raise(ABORT, 'a change stays as it was written'); END;
CREATE TRIGGER profile_change_is_kept BEFORE DELETE ON profile_change
BEGIN SELECT raise(ABORT, 'a change stays as it was written'); END;

-- What people were told on which channel, and what they do not want.

CREATE TABLE notice (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    recipient INTEGER NOT NULL REFERENCES contact (key),
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    failure TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX notice_organisation ON notice (tenant, organisation, at);
CREATE INDEX notice_recipient ON notice (tenant, recipient, topic, at);

CREATE TABLE opt_out (
    tenant TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES contact (key),
    topic TEXT NOT NULL,
    channel TEXT NOT NULL,
    PRIMARY KEY (contact, topic, channel)
) WITHOUT ROWID, STRICT;

-- Money. Amounts are exact decimals as text, each with its currency; days are as in ISO 8601.

CREATE TABLE invoice (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    number TEXT NOT NULL,
    status TEXT NOT NULL,
    issued_on TEXT,
    due_on TEXT,
    total TEXT NOT NULL,
    balance TEXT NOT NULL,
    currency TEXT NOT NULL,
    customer_visible INTEGER NOT NULL,
    notes TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX invoice_organisation ON invoice (tenant, organisation, issued_on);

CREATE TABLE invoice_line (
    tenant TEXT NOT NULL,
    invoice INTEGER NOT NULL REFERENCES invoice (key),
    place INTEGER NOT NULL,
    text TEXT NOT NULL,
    total TEXT,
    PRIMARY KEY (invoice, place)
) WITHOUT ROWID, STRICT;

-- Whoever has the token can see and pay the invoice, so that no port reads it.
CREATE TABLE payment_link (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    invoice INTEGER NOT NULL REFERENCES invoice (key),
    token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX payment_link_invoice ON payment_link (invoice, created_at);

CREATE TABLE payment_link_sending (
    tenant TEXT NOT NULL,
    link INTEGER NOT NULL REFERENCES payment_link (key),
    at INTEGER NOT NULL,
    PRIMARY KEY (link, at)
) WITHOUT ROWID, STRICT;

CREATE TABLE payment (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    invoice INTEGER REFERENCES invoice (key),
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    method TEXT,
    refunded TEXT,
    receipt TEXT,
    failure TEXT,
    finance_notified INTEGER,
    at INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX payment_organisation ON payment (tenant, organisation, at);

CREATE TABLE agreement (
    key INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    organisation INTEGER NOT NULL REFERENCES organisation (key),
    name TEXT NOT NULL,
    kind TEXT,
    active INTEGER NOT NULL,
    from_on TEXT,
    until_on TEXT,
    amount TEXT,
    currency TEXT,
    period TEXT,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX agreement_organisation ON agreement (tenant, organisation);

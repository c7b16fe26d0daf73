-- Which organisation is which in a system, where a person agreed to a proposal. `place` says which installation was meant: behind
-- another one the same number is somebody else's. What the configuration says goes before it.
CREATE TABLE organisation_agreed (
    tenant       TEXT NOT NULL,
    system       TEXT NOT NULL,
    place        TEXT NOT NULL,
    organisation TEXT NOT NULL,
    external     TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    agreed_at    INTEGER NOT NULL, -- seconds since 1970
    PRIMARY KEY (tenant, system, organisation),
    UNIQUE (tenant, system, external)
) STRICT, WITHOUT ROWID;

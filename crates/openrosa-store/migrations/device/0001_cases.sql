-- What a device holds: cases, stock, lookup data, users, and how far it is in step with its server.
-- Moments are microseconds since 1970 in UTC; columns of JSON hold what is read and written whole.

CREATE TABLE cases (
    number        INTEGER PRIMARY KEY,
    case_id       TEXT NOT NULL UNIQUE,
    case_type     TEXT NOT NULL,
    name          TEXT NOT NULL,
    owner_id      TEXT NOT NULL,
    closed        INTEGER NOT NULL,
    last_modified INTEGER NOT NULL,
    date_opened   INTEGER,
    external_id   TEXT,
    category      TEXT,
    state         TEXT,
    -- {name: value}
    properties    TEXT NOT NULL,
    -- {name: [target, case_type, relationship]}
    indices       TEXT NOT NULL,
    -- {name: [src, from]}
    attachments   TEXT NOT NULL
) STRICT;
CREATE INDEX cases_by_type ON cases (case_type);
CREATE INDEX cases_by_owner ON cases (owner_id);

-- Who points at a case; the target need not be there.
CREATE TABLE links (
    target TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
    PRIMARY KEY (target, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_source ON links (source);

CREATE TABLE ledgers (
    entity_id  TEXT NOT NULL,
    section_id TEXT NOT NULL,
    entry_id   TEXT NOT NULL,
    quantity   INTEGER NOT NULL,
    PRIMARY KEY (entity_id, section_id, entry_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE fixtures (
    number  INTEGER PRIMARY KEY,
    id      TEXT NOT NULL,
    -- Empty where it is everybody's.
    user_id TEXT NOT NULL,
    -- The element as XML.
    source  TEXT NOT NULL,
    -- What the schema asked to be indexed, as a JSON array; NULL where there are no rows.
    indexed TEXT,
    UNIQUE (id, user_id)
) STRICT;
CREATE TABLE fixture_rows (
    fixture  INTEGER NOT NULL REFERENCES fixtures (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- The element as XML.
    source   TEXT NOT NULL,
    PRIMARY KEY (fixture, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE fixture_keys (
    fixture  INTEGER NOT NULL REFERENCES fixtures (number) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (fixture, name, value, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    user_id    TEXT PRIMARY KEY NOT NULL,
    username   TEXT NOT NULL,
    -- The hash that the server sent.
    password   TEXT NOT NULL,
    -- {key: value}
    properties TEXT NOT NULL
) STRICT;

-- One row: how far the device is in step with its server.
CREATE TABLE sync (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    -- NULL where the last restore brought none.
    token      TEXT,
    applied_at INTEGER NOT NULL
) STRICT;

-- One row: counts what was written, so that other processes see that something was.
CREATE TABLE changes (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO changes VALUES (1, 0);

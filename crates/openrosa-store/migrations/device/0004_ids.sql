-- Which case has which id is an index with a name, so that a restore that starts over can leave it out until its end.

CREATE TABLE cases_anew (
    number        INTEGER PRIMARY KEY,
    case_id       TEXT NOT NULL,
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
INSERT INTO cases_anew SELECT * FROM cases;

CREATE TABLE links_anew (
    target TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES cases_anew (number) ON DELETE CASCADE,
    PRIMARY KEY (target, source)
) STRICT, WITHOUT ROWID;
INSERT INTO links_anew SELECT * FROM links;

DROP TABLE links;
DROP TABLE cases;
-- What links refer to is renamed with it.
ALTER TABLE cases_anew RENAME TO cases;
ALTER TABLE links_anew RENAME TO links;

CREATE UNIQUE INDEX cases_by_id ON cases (case_id);
CREATE INDEX cases_by_type ON cases (case_type);
CREATE INDEX cases_by_owner ON cases (owner_id);
CREATE INDEX links_by_source ON links (source);

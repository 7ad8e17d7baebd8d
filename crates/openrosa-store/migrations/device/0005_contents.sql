-- What a case says is kept apart from what it is found by, so that looking through all cases does not read all that they say.

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
    -- {name: [target, case_type, relationship]}
    indices       TEXT NOT NULL
) STRICT;
INSERT INTO cases_anew
SELECT number, case_id, case_type, name, owner_id, closed, last_modified, date_opened, external_id, category, state, indices
FROM cases;

-- One row for each case.
CREATE TABLE contents (
    number      INTEGER PRIMARY KEY REFERENCES cases_anew (number) ON DELETE CASCADE,
    -- {name: value}
    properties  TEXT NOT NULL,
    -- {name: [src, from]}
    attachments TEXT NOT NULL
) STRICT;
INSERT INTO contents SELECT number, properties, attachments FROM cases;

-- Links are kept as they come, so that a restore that starts over can leave their order, too, to indices that are made at its
-- end.
CREATE TABLE links_anew (
    target TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES cases_anew (number) ON DELETE CASCADE
) STRICT;
INSERT INTO links_anew SELECT * FROM links;

DROP TABLE links;
DROP TABLE cases;
-- What others refer to is renamed with it.
ALTER TABLE cases_anew RENAME TO cases;
ALTER TABLE links_anew RENAME TO links;

CREATE UNIQUE INDEX cases_by_id ON cases (case_id);
CREATE INDEX cases_by_type ON cases (case_type);
CREATE INDEX cases_by_owner ON cases (owner_id);
CREATE UNIQUE INDEX links_by_target ON links (target, source);
CREATE INDEX links_by_source ON links (source);

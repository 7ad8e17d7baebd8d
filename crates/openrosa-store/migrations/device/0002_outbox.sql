-- Forms that wait for their server, and what became of those that do not. Moments are microseconds since 1970 in UTC.

CREATE TABLE outbox (
    -- The order in which forms were added; none is used twice.
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    form_id     TEXT,
    -- What the form's own file is called.
    file_name   TEXT NOT NULL,
    size        INTEGER NOT NULL,
    sha256      BLOB NOT NULL,
    added_at    INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'quarantined', 'conflict', 'delivered', 'dropped')),
    -- Attempts since the form was added, or since a person last wanted it tried again.
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL,
    -- When the last attempt began, and whether its outcome is still to come.
    tried_at    INTEGER,
    under_way   INTEGER NOT NULL DEFAULT 0,
    -- What came of the last attempt that was answered, in the server's words or ours.
    told_at     INTEGER,
    status      INTEGER,
    nature      TEXT,
    words       TEXT
) STRICT;
CREATE UNIQUE INDEX outbox_by_instance ON outbox (instance_id) WHERE state <> 'dropped';
CREATE INDEX outbox_by_state ON outbox (state, number);

CREATE TABLE outbox_files (
    form     INTEGER NOT NULL REFERENCES outbox (number),
    -- From 1 on.
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    sha256   BLOB NOT NULL,
    -- Where it lies; NULL where it was copied.
    path     TEXT,
    PRIMARY KEY (form, position)
) STRICT, WITHOUT ROWID;

-- The bytes of a form (position 0) and of its copied files, until the server has them or a person gave them up.
CREATE TABLE outbox_chunks (
    form     INTEGER NOT NULL REFERENCES outbox (number),
    position INTEGER NOT NULL,
    part     INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    UNIQUE (form, position, part)
) STRICT;

-- The cases and instances that an undelivered form is about.
CREATE TABLE outbox_touches (
    kind    TEXT NOT NULL CHECK (kind IN ('case', 'instance')),
    name    TEXT NOT NULL,
    form    INTEGER NOT NULL REFERENCES outbox (number),
    -- Whether the form changes it, rather than pointing at it.
    changes INTEGER NOT NULL,
    PRIMARY KEY (kind, name, form)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_touches_by_form ON outbox_touches (form);
CREATE INDEX outbox_changes ON outbox_touches (kind, name, form) WHERE changes;

-- One row at most: why nothing is sent, to whom it may concern.
CREATE TABLE outbox_pause (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    reason  TEXT NOT NULL CHECK (reason IN ('offline', 'blocked', 'busy', 'unauthorized', 'inactive')),
    words   TEXT NOT NULL,
    since   INTEGER NOT NULL,
    -- NULL where only a person ends it.
    until   INTEGER,
    -- How many pauses there were with no delivery between them.
    strikes INTEGER NOT NULL
) STRICT;

-- Forms with the first form ahead of them that they have to wait for: one that changes what they change or point at.
CREATE VIEW outbox_forms AS
SELECT outbox.*,
       (SELECT min((SELECT ahead.form
                      FROM outbox_touches AS ahead
                     WHERE ahead.kind = mine.kind AND ahead.name = mine.name AND ahead.form < mine.form AND ahead.changes
                     ORDER BY ahead.form LIMIT 1))
          FROM outbox_touches AS mine
         WHERE mine.form = outbox.number) AS waits_for
  FROM outbox;

-- Restores that took long, kept for the devices that were told to come again.

CREATE TABLE restores (
    domain   INTEGER NOT NULL REFERENCES domains (number),
    -- A hash of everything that its bytes depend on.
    asked    TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    -- Who makes it, or has made it: one attempt of one process.
    maker    TEXT NOT NULL,
    -- The token in it, and the last change that it knows of, once that is clear.
    token    TEXT,
    seq      INTEGER,
    -- Under this it lies among the files, once it is made.
    object   TEXT,
    length   INTEGER,
    -- Cases that are written, and cases in all.
    done     INTEGER NOT NULL,
    total    INTEGER NOT NULL,
    -- When its maker was last heard of.
    heard_at INTEGER NOT NULL,
    PRIMARY KEY (domain, asked)
) STRICT, WITHOUT ROWID;
CREATE INDEX restores_by_object ON restores (object) WHERE object IS NOT NULL;

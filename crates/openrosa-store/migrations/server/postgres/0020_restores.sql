-- Restores that took long, kept for the devices that were told to come again.

CREATE TABLE restores (
    domain   BIGINT NOT NULL REFERENCES domains (number),
    -- A hash of everything that its bytes depend on.
    asked    TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    -- Who makes it, or has made it: one attempt of one process.
    maker    TEXT NOT NULL,
    -- The token in it, and the last change that it knows of, once that is clear.
    token    TEXT,
    seq      BIGINT,
    -- Under this it lies among the files, once it is made.
    object   TEXT,
    length   BIGINT,
    -- Cases that are written, and cases in all.
    done     BIGINT NOT NULL,
    total    BIGINT NOT NULL,
    -- When its maker was last heard of.
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (domain, asked)
);
CREATE INDEX restores_by_object ON restores (object) WHERE object IS NOT NULL;

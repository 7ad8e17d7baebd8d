-- What forms of the outbox do to the cases here.

ALTER TABLE outbox ADD COLUMN effect TEXT NOT NULL DEFAULT 'none'
    CHECK (effect IN ('none', 'pending', 'applied', 'declined'));

-- One row at most: when the server may be asked for a restore again, after it was too busy.
CREATE TABLE sync_pause (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    strikes INTEGER NOT NULL
) STRICT;

-- One row at most: the server that forms go to, as `host/path`, and the name of the user there where one is known.

CREATE TABLE home (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    server    TEXT NOT NULL,
    user_name TEXT
) STRICT;

-- Forms that wait for a person, and all those that have to wait for one of them.
CREATE VIEW outbox_stuck AS
WITH RECURSIVE stuck (form) AS (
    SELECT number FROM outbox WHERE state IN ('quarantined', 'conflict')
     UNION
    SELECT mine.form
      FROM stuck
      JOIN outbox_touches AS ahead ON ahead.form = stuck.form AND ahead.changes
      JOIN outbox_touches AS mine ON mine.kind = ahead.kind AND mine.name = ahead.name AND mine.form > ahead.form
)
SELECT form FROM stuck;

-- One row at most: the server that forms go to, as `host/path`, and the name of the user there where one is known.

CREATE TABLE home (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    server    TEXT NOT NULL,
    user_name TEXT
) STRICT;

-- Forms that wait for a person, and all those that have to wait for one of them: of those that change the same, each leads to the
-- next, and to those between that only point at it.
CREATE VIEW outbox_stuck AS
WITH RECURSIVE stuck (form) AS (
    SELECT number FROM outbox WHERE state IN ('quarantined', 'conflict')
     UNION
    SELECT mine.form
      FROM stuck
      JOIN outbox_touches AS ahead ON ahead.form = stuck.form AND ahead.changes
      JOIN outbox_touches AS mine ON mine.kind = ahead.kind AND mine.name = ahead.name AND mine.form > ahead.form
       AND mine.form <= coalesce((SELECT min(next.form)
                                    FROM outbox_touches AS next
                                   WHERE next.kind = ahead.kind AND next.name = ahead.name AND next.changes
                                     AND next.form > ahead.form), mine.form)
)
SELECT form FROM stuck;

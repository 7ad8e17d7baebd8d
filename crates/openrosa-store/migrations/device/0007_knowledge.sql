-- What is known of a form besides the last answer, and what a row that is lost would take with it.

-- An attempt has ended of which nobody knows what came of it: whatever was answered to another one since, the server may have the
-- form.
ALTER TABLE outbox ADD COLUMN uncertain INTEGER NOT NULL DEFAULT 0;
-- The server has the form, without all of its files: they go in several POSTs, of which the first were delivered.
ALTER TABLE outbox ADD COLUMN in_part INTEGER NOT NULL DEFAULT 0;
-- How many files go with it.
ALTER TABLE outbox ADD COLUMN files INTEGER NOT NULL DEFAULT 0;

UPDATE outbox SET files = (SELECT count(*) FROM outbox_files WHERE form = number);
-- Of the forms that are here only the last attempt is known: that it was refused, or was none, as a file had changed.
UPDATE outbox SET uncertain = 1
 WHERE state <> 'delivered' AND attempts > coalesce(status / 100 = 4, state = 'quarantined');

-- Forms with the first form ahead of them that they have to wait for: one that changes what they change or point at; and whether
-- some of their files lie where they were.
DROP VIEW outbox_forms;
CREATE VIEW outbox_forms AS
SELECT outbox.*,
       EXISTS (SELECT 1 FROM outbox_files WHERE form = outbox.number AND path IS NOT NULL) AS refers,
       (SELECT min((SELECT ahead.form
                      FROM outbox_touches AS ahead
                     WHERE ahead.kind = mine.kind AND ahead.name = mine.name AND ahead.form < mine.form AND ahead.changes
                     ORDER BY ahead.form LIMIT 1))
          FROM outbox_touches AS mine
         WHERE mine.form = outbox.number) AS waits_for
  FROM outbox;

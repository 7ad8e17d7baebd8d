-- Texts are in the order of their bytes, as they are in SQLite and in the program, whatever the collation of the database: pages
-- go on behind an id, and lists are searched. Only the names of cases keep their letters' case by its rules. A new column of texts
-- has to say COLLATE "C", too. No table is written anew, but the indices are.
DROP TRIGGER form_changes ON forms;
DROP TRIGGER case_changes ON cases;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT table_name, string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', column_name), ', ') AS changes
        FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'text'
        AND (table_name, column_name) <> ('cases', 'name')
        AND table_name IN ('domains', 'forms', 'files', 'cases', 'links', 'ledgers', 'touches', 'users', 'groups', 'members',
            'sync_logs', 'page_keys', 'exchanges', 'refusals', 'form_tally', 'day_tally', 'case_tally', 'restores', 'devices', 'keys')
        GROUP BY table_name
    LOOP
        EXECUTE format('ALTER TABLE %I %s', one.table_name, one.changes);
        -- What the planner knows of a column goes with its type.
        EXECUTE format('ANALYZE %I', one.table_name);
    END LOOP;
END $$;
CREATE TRIGGER form_changes AFTER UPDATE OF state ON forms FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION count_form();
CREATE TRIGGER case_changes AFTER UPDATE ON cases FOR EACH ROW
    WHEN (OLD.deleted <> NEW.deleted OR OLD.case_type <> NEW.case_type OR OLD.closed <> NEW.closed)
    EXECUTE FUNCTION count_case();

-- By this its place of files is known to be this database's, and a copy's of it: also of a copy that was made before this, where
-- there were files by then.
CREATE TABLE identity (id TEXT COLLATE "C" NOT NULL PRIMARY KEY);
INSERT INTO identity (id) SELECT coalesce(
    (SELECT object FROM files ORDER BY domain, form, object LIMIT 1),
    replace(gen_random_uuid()::text, '-', '')
);

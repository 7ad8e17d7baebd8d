-- By this its place of files is known to be this database's, and a copy's of it: also of a copy that was made before this, where
-- there were files by then.
CREATE TABLE identity (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO identity (id) SELECT coalesce(
    (SELECT object FROM files ORDER BY domain, form, object LIMIT 1),
    lower(hex(randomblob(16)))
);

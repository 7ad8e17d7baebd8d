-- By this its place of files is known to be this database's, and a copy's of it.
CREATE TABLE identity (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));

-- By this its place of files is known to be this database's, and a copy's of it.
CREATE TABLE identity (id TEXT COLLATE "C" NOT NULL PRIMARY KEY);
INSERT INTO identity (id) VALUES (replace(gen_random_uuid()::text, '-', ''));

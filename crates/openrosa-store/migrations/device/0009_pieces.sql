-- What the text of a fixture goes on with, where it is long: to write one, SQLite holds it whole, and whole once more as a part of
-- its row.
CREATE TABLE fixture_rest (
    fixture  INTEGER NOT NULL REFERENCES fixtures (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    source   TEXT NOT NULL,
    PRIMARY KEY (fixture, position)
) STRICT, WITHOUT ROWID;

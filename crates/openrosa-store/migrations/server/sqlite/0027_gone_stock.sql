-- Stock that was here once, and that an edit or the archive took away: a device that got its last restore before that
-- change is told of nothing. What is in `ledgers`
-- again is there all the same.
CREATE TABLE gone_stock (
    domain     INTEGER NOT NULL,
    entity_id  TEXT NOT NULL,
    section_id TEXT NOT NULL,
    entry_id   TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (domain, entity_id, section_id, entry_id)
) STRICT, WITHOUT ROWID;

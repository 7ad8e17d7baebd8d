-- Stock that was here once, and that an edit or the archive took away: a device that got its last restore before that
-- change is told of nothing. What is in `ledgers`
-- again is there all the same.
CREATE TABLE gone_stock (
    domain     BIGINT NOT NULL,
    entity_id  TEXT COLLATE "C" NOT NULL,
    section_id TEXT COLLATE "C" NOT NULL,
    entry_id   TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (domain, entity_id, section_id, entry_id)
);

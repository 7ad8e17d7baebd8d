-- What the page for people asks for beside what a server keeps anyway.

ALTER TABLE users ADD COLUMN is_staff INTEGER NOT NULL DEFAULT 0;

-- How many cases a device was believed to hold after a restore, and how large the restore was.
ALTER TABLE sync_logs ADD COLUMN cases INTEGER;
ALTER TABLE sync_logs ADD COLUMN bytes INTEGER;

CREATE INDEX forms_by_form ON forms (domain, form_key, seq);
CREATE INDEX forms_by_user ON forms (domain, user_name, seq);
CREATE INDEX forms_by_state ON forms (domain, state, seq);
CREATE INDEX forms_by_predecessor ON forms (domain, form_key, replaces) WHERE replaces IS NOT NULL;
CREATE INDEX members_by_group ON members (domain, group_id, user_id);
-- By how a name begins, whatever its letters' case; of long names the beginning will do.
CREATE INDEX cases_by_name ON cases (domain, case_type, closed, substr(lower(name), 1, 60), case_id) WHERE deleted = 0;

-- With what the page signs: made once, by whoever comes first.
CREATE TABLE page_keys (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How often a submission came, and how it was answered each time. Of one submission the last few are kept.
CREATE TABLE exchanges (
    domain      INTEGER NOT NULL REFERENCES domains (number),
    form_key    TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    at          INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    -- What the submission was: new, duplicate, more_files, edit.
    outcome     TEXT NOT NULL,
    micros      INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    -- [[name, value]]: those that matter, never one that proves who somebody is.
    headers     TEXT NOT NULL,
    PRIMARY KEY (domain, form_key, instance_id, at)
) STRICT, WITHOUT ROWID;

-- What was refused, and is not kept otherwise. The newest of each domain.
CREATE TABLE refusals (
    domain      INTEGER NOT NULL REFERENCES domains (number),
    at          INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    form_key    TEXT,
    instance_id TEXT,
    user_name   TEXT,
    device_id   TEXT,
    micros      INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    headers     TEXT NOT NULL,
    -- Its beginning, where it could be read.
    xml         BLOB,
    PRIMARY KEY (domain, at)
) STRICT;

-- How long forms took from the phone, in the steps that the server has.
CREATE TABLE delay_tally (
    domain INTEGER NOT NULL,
    step   INTEGER NOT NULL,
    forms  INTEGER NOT NULL,
    PRIMARY KEY (domain, step)
) STRICT, WITHOUT ROWID;

-- How many there are, without counting them again: kept by the triggers below, in the transaction of what is counted.
CREATE TABLE form_tally (
    domain   INTEGER NOT NULL,
    form_key TEXT NOT NULL,
    version  TEXT NOT NULL,
    state    TEXT NOT NULL,
    forms    INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (domain, form_key, version, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_tally (
    domain INTEGER NOT NULL,
    -- Since 1970.
    day    INTEGER NOT NULL,
    -- That of a form, or `refused`.
    state  TEXT NOT NULL,
    forms  INTEGER NOT NULL,
    PRIMARY KEY (domain, day, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_tally (
    domain    INTEGER NOT NULL,
    case_type TEXT NOT NULL,
    closed    INTEGER NOT NULL,
    cases     INTEGER NOT NULL,
    PRIMARY KEY (domain, case_type, closed)
) STRICT, WITHOUT ROWID;

INSERT INTO form_tally SELECT domain, form_key, coalesce(version, ''), state, count(*), max(received_at) FROM forms
    GROUP BY domain, form_key, coalesce(version, ''), state;
INSERT INTO day_tally SELECT domain, received_at / 86400000000, state, count(*) FROM forms
    GROUP BY domain, received_at / 86400000000, state;
INSERT INTO case_tally SELECT domain, case_type, closed, count(*) FROM cases WHERE deleted = 0
    GROUP BY domain, case_type, closed;

CREATE TRIGGER form_comes AFTER INSERT ON forms BEGIN
    INSERT INTO form_tally VALUES (NEW.domain, NEW.form_key, coalesce(NEW.version, ''), NEW.state, 1, NEW.received_at)
        ON CONFLICT (domain, form_key, version, state)
        DO UPDATE SET forms = forms + 1, last_at = max(last_at, excluded.last_at);
    INSERT INTO day_tally VALUES (NEW.domain, NEW.received_at / 86400000000, NEW.state, 1)
        ON CONFLICT (domain, day, state) DO UPDATE SET forms = forms + 1;
END;
CREATE TRIGGER form_changes AFTER UPDATE OF state ON forms WHEN OLD.state <> NEW.state BEGIN
    UPDATE form_tally SET forms = forms - 1 WHERE domain = OLD.domain AND form_key = OLD.form_key
        AND version = coalesce(OLD.version, '') AND state = OLD.state;
    UPDATE day_tally SET forms = forms - 1
        WHERE domain = OLD.domain AND day = OLD.received_at / 86400000000 AND state = OLD.state;
    INSERT INTO form_tally VALUES (NEW.domain, NEW.form_key, coalesce(NEW.version, ''), NEW.state, 1, NEW.received_at)
        ON CONFLICT (domain, form_key, version, state)
        DO UPDATE SET forms = forms + 1, last_at = max(last_at, excluded.last_at);
    INSERT INTO day_tally VALUES (NEW.domain, NEW.received_at / 86400000000, NEW.state, 1)
        ON CONFLICT (domain, day, state) DO UPDATE SET forms = forms + 1;
END;
CREATE TRIGGER case_comes AFTER INSERT ON cases WHEN NEW.deleted = 0 BEGIN
    INSERT INTO case_tally VALUES (NEW.domain, NEW.case_type, NEW.closed, 1)
        ON CONFLICT (domain, case_type, closed) DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_is_counted_no_more AFTER UPDATE ON cases
    WHEN OLD.deleted = 0 AND (NEW.deleted <> 0 OR OLD.case_type <> NEW.case_type OR OLD.closed <> NEW.closed) BEGIN
    UPDATE case_tally SET cases = cases - 1
        WHERE domain = OLD.domain AND case_type = OLD.case_type AND closed = OLD.closed;
END;
CREATE TRIGGER case_is_counted_so AFTER UPDATE ON cases
    WHEN NEW.deleted = 0 AND (OLD.deleted <> 0 OR OLD.case_type <> NEW.case_type OR OLD.closed <> NEW.closed) BEGIN
    INSERT INTO case_tally VALUES (NEW.domain, NEW.case_type, NEW.closed, 1)
        ON CONFLICT (domain, case_type, closed) DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_goes AFTER DELETE ON cases WHEN OLD.deleted = 0 BEGIN
    UPDATE case_tally SET cases = cases - 1
        WHERE domain = OLD.domain AND case_type = OLD.case_type AND closed = OLD.closed;
END;

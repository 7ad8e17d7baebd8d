-- What the page for people asks for beside what a server keeps anyway.

ALTER TABLE users ADD COLUMN is_staff BIGINT NOT NULL DEFAULT 0;

-- How many cases a device was believed to hold after a restore, and how large the restore was.
ALTER TABLE sync_logs ADD COLUMN cases BIGINT;
ALTER TABLE sync_logs ADD COLUMN bytes BIGINT;

CREATE INDEX forms_by_form ON forms (domain, form_key, seq);
CREATE INDEX forms_by_user ON forms (domain, user_name, seq);
CREATE INDEX forms_by_state ON forms (domain, state, seq);
CREATE INDEX forms_by_predecessor ON forms (domain, form_key, replaces) WHERE replaces IS NOT NULL;
CREATE INDEX members_by_group ON members (domain, group_id, user_id);
-- By how a name begins, whatever its letters' case; of long names the beginning will do.
CREATE INDEX cases_by_name ON cases (domain, case_type, closed, (substr(lower(name), 1, 60)) COLLATE "C", case_id) WHERE deleted = 0;

-- With what the page signs: made once, by whoever comes first.
CREATE TABLE page_keys (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

-- How often a submission came, and how it was answered each time. Of one submission the last few are kept.
CREATE TABLE exchanges (
    domain      BIGINT NOT NULL REFERENCES domains (number),
    form_key    TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    at          BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    -- What the submission was: new, duplicate, more_files, edit.
    outcome     TEXT NOT NULL,
    micros      BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    -- [[name, value]]: those that matter, never one that proves who somebody is.
    headers     TEXT NOT NULL,
    PRIMARY KEY (domain, form_key, instance_id, at)
);

-- What was refused, and is not kept otherwise. The newest of each domain.
CREATE TABLE refusals (
    domain      BIGINT NOT NULL REFERENCES domains (number),
    at          BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    form_key    TEXT,
    instance_id TEXT,
    user_name   TEXT,
    device_id   TEXT,
    micros      BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    headers     TEXT NOT NULL,
    -- Its beginning, where it could be read.
    xml         BYTEA,
    PRIMARY KEY (domain, at)
);

-- How long forms took from the phone, in the steps that the server has.
CREATE TABLE delay_tally (
    domain BIGINT NOT NULL,
    step   BIGINT NOT NULL,
    forms  BIGINT NOT NULL,
    PRIMARY KEY (domain, step)
);

-- How many there are, without counting them again: kept by the triggers below, in the transaction of what is counted.
CREATE TABLE form_tally (
    domain   BIGINT NOT NULL,
    form_key TEXT NOT NULL,
    version  TEXT NOT NULL,
    state    TEXT NOT NULL,
    forms    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (domain, form_key, version, state)
);
CREATE TABLE day_tally (
    domain BIGINT NOT NULL,
    -- Since 1970.
    day    BIGINT NOT NULL,
    -- That of a form, or `refused`.
    state  TEXT NOT NULL,
    forms  BIGINT NOT NULL,
    PRIMARY KEY (domain, day, state)
);
CREATE TABLE case_tally (
    domain    BIGINT NOT NULL,
    case_type TEXT NOT NULL,
    closed    BIGINT NOT NULL,
    cases     BIGINT NOT NULL,
    PRIMARY KEY (domain, case_type, closed)
);

INSERT INTO form_tally SELECT domain, form_key, coalesce(version, ''), state, count(*), max(received_at) FROM forms
    GROUP BY domain, form_key, coalesce(version, ''), state;
INSERT INTO day_tally SELECT domain, received_at / 86400000000, state, count(*) FROM forms
    GROUP BY domain, received_at / 86400000000, state;
INSERT INTO case_tally SELECT domain, case_type, closed, count(*) FROM cases WHERE deleted = 0
    GROUP BY domain, case_type, closed;

CREATE FUNCTION count_form() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE form_tally SET forms = forms - 1 WHERE domain = OLD.domain AND form_key = OLD.form_key
            AND version = coalesce(OLD.version, '') AND state = OLD.state;
        UPDATE day_tally SET forms = forms - 1
            WHERE domain = OLD.domain AND day = OLD.received_at / 86400000000 AND state = OLD.state;
    END IF;
    INSERT INTO form_tally VALUES (NEW.domain, NEW.form_key, coalesce(NEW.version, ''), NEW.state, 1, NEW.received_at)
        ON CONFLICT (domain, form_key, version, state)
        DO UPDATE SET forms = form_tally.forms + 1, last_at = greatest(form_tally.last_at, excluded.last_at);
    INSERT INTO day_tally VALUES (NEW.domain, NEW.received_at / 86400000000, NEW.state, 1)
        ON CONFLICT (domain, day, state) DO UPDATE SET forms = day_tally.forms + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER form_comes AFTER INSERT ON forms FOR EACH ROW EXECUTE FUNCTION count_form();
CREATE TRIGGER form_changes AFTER UPDATE OF state ON forms FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION count_form();

CREATE FUNCTION count_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.deleted = 0 THEN
        UPDATE case_tally SET cases = cases - 1
            WHERE domain = OLD.domain AND case_type = OLD.case_type AND closed = OLD.closed;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.deleted = 0 THEN
        INSERT INTO case_tally VALUES (NEW.domain, NEW.case_type, NEW.closed, 1)
            ON CONFLICT (domain, case_type, closed) DO UPDATE SET cases = case_tally.cases + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER case_comes AFTER INSERT OR DELETE ON cases FOR EACH ROW EXECUTE FUNCTION count_case();
CREATE TRIGGER case_changes AFTER UPDATE ON cases FOR EACH ROW
    WHEN (OLD.deleted <> NEW.deleted OR OLD.case_type <> NEW.case_type OR OLD.closed <> NEW.closed)
    EXECUTE FUNCTION count_case();

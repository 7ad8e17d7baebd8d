-- What a server keeps. Moments are microseconds since 1970 in UTC; flags are 0 or 1.

CREATE TABLE domains (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    -- The number of the last change in the domain. Whoever writes raises it first, and so waits for who writes before.
    head   INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Where forms go whose address names no domain.
INSERT INTO domains (number, name) VALUES (1, '');

CREATE TABLE forms (
    domain      INTEGER NOT NULL REFERENCES domains (number),
    -- Its place among the changes of the domain.
    seq         INTEGER NOT NULL,
    -- By this it is named in the histories of cases: its `instanceID`, unless another form has that.
    log_id      TEXT NOT NULL,
    -- The form that it is an instance of; empty where it does not say.
    form_key    TEXT NOT NULL,
    version     TEXT,
    instance_id TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('normal', 'archived', 'deprecated', 'error', 'quarantined')),
    -- Why it is in the state `error` or `quarantined`.
    reason      TEXT,
    -- The `deprecatedID` of an edit, and whether an edit took the place of this one.
    replaces    TEXT,
    superseded  INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- From when on it counts: an edit from when the form did that it took the place of.
    counts_at   INTEGER NOT NULL,
    edited_at   INTEGER,
    user_name   TEXT,
    device_id   TEXT,
    app_id      TEXT,
    sync_token  TEXT,
    sha256      TEXT NOT NULL,
    xml         BLOB NOT NULL,
    PRIMARY KEY (domain, seq)
) STRICT;
CREATE UNIQUE INDEX forms_by_log_id ON forms (domain, log_id);
CREATE UNIQUE INDEX forms_by_instance ON forms (domain, form_key, instance_id);
CREATE INDEX forms_by_token ON forms (domain, sync_token, seq) WHERE sync_token IS NOT NULL;

CREATE TABLE files (
    domain       INTEGER NOT NULL,
    form         INTEGER NOT NULL,
    name         TEXT NOT NULL,
    -- Under this it lies among the files.
    object       TEXT NOT NULL,
    size         INTEGER NOT NULL,
    sha256       TEXT NOT NULL,
    -- By this Briefcase knows it.
    md5          TEXT NOT NULL,
    content_type TEXT,
    field_name   TEXT,
    file_name    TEXT,
    -- Whether it came with the form that this one took the place of.
    carried      INTEGER NOT NULL,
    PRIMARY KEY (domain, form, name),
    FOREIGN KEY (domain, form) REFERENCES forms (domain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_object ON files (object);

CREATE TABLE cases (
    domain      INTEGER NOT NULL REFERENCES domains (number),
    case_id     TEXT NOT NULL,
    -- The change that changed it last.
    seq         INTEGER NOT NULL,
    case_type   TEXT NOT NULL,
    name        TEXT NOT NULL,
    owner_id    TEXT NOT NULL,
    closed      INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    -- All the rest, as JSON.
    body        TEXT NOT NULL,
    PRIMARY KEY (domain, case_id)
) STRICT;
CREATE INDEX cases_by_owner ON cases (domain, owner_id, closed, case_id);
CREATE INDEX cases_by_type ON cases (domain, case_type, case_id);

CREATE TABLE links (
    domain       INTEGER NOT NULL,
    source       TEXT NOT NULL,
    name         TEXT NOT NULL,
    target       TEXT NOT NULL,
    relationship TEXT NOT NULL,
    PRIMARY KEY (domain, source, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_target ON links (domain, target, source);

CREATE TABLE ledgers (
    domain     INTEGER NOT NULL,
    entity_id  TEXT NOT NULL,
    section_id TEXT NOT NULL,
    entry_id   TEXT NOT NULL,
    -- In hundred-thousandths.
    quantity   INTEGER NOT NULL,
    PRIMARY KEY (domain, entity_id, section_id, entry_id)
) STRICT, WITHOUT ROWID;

-- Which change changed which case.
CREATE TABLE touches (
    domain     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    case_id    TEXT NOT NULL,
    -- The token of the restore that its sender had.
    sync_token TEXT,
    PRIMARY KEY (domain, seq, case_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    domain    INTEGER NOT NULL REFERENCES domains (number),
    user_id   TEXT NOT NULL,
    username  TEXT NOT NULL,
    -- As PHC text, by Argon2.
    password  TEXT NOT NULL,
    active    INTEGER NOT NULL,
    -- {key: value}
    data      TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (domain, user_id)
) STRICT;
CREATE UNIQUE INDEX users_by_name ON users (domain, username);

CREATE TABLE groups (
    domain   INTEGER NOT NULL REFERENCES domains (number),
    group_id TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (domain, group_id)
) STRICT;

CREATE TABLE members (
    domain   INTEGER NOT NULL,
    group_id TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    PRIMARY KEY (domain, user_id, group_id),
    FOREIGN KEY (domain, group_id) REFERENCES groups (domain, group_id),
    FOREIGN KEY (domain, user_id) REFERENCES users (domain, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_logs (
    token    TEXT PRIMARY KEY,
    domain   INTEGER NOT NULL REFERENCES domains (number),
    user_id  TEXT NOT NULL,
    previous TEXT,
    -- The last change that the restore knew of.
    seq      INTEGER NOT NULL,
    made_at  INTEGER NOT NULL,
    -- Owners and cases of the device, as JSON.
    body     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sync_logs_by_user ON sync_logs (domain, user_id, made_at);

-- Devices: how they were when they were last heard of, and the keys that lock what users have on them.

CREATE TABLE devices (
    domain      INTEGER NOT NULL REFERENCES domains (number),
    user_id     TEXT NOT NULL,
    device_id   TEXT NOT NULL,
    heard_at    INTEGER NOT NULL,
    build_id    TEXT NOT NULL,
    app_id      TEXT NOT NULL,
    app_version INTEGER,
    cc_version  TEXT,
    -- Forms that wait, and forms that will not be taken.
    unsent      INTEGER,
    quarantined INTEGER,
    -- As the device writes it.
    synced_at   TEXT,
    PRIMARY KEY (domain, user_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    domain     INTEGER NOT NULL REFERENCES domains (number),
    user_id    TEXT NOT NULL,
    uuid       TEXT NOT NULL,
    -- 32 bytes in Base64.
    secret     TEXT NOT NULL,
    valid_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (domain, user_id, valid_at)
) STRICT, WITHOUT ROWID;

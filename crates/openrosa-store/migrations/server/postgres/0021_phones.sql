-- Devices: how they were when they were last heard of, and the keys that lock what users have on them.

CREATE TABLE devices (
    domain      BIGINT NOT NULL REFERENCES domains (number),
    user_id     TEXT NOT NULL,
    device_id   TEXT NOT NULL,
    heard_at    BIGINT NOT NULL,
    build_id    TEXT NOT NULL,
    app_id      TEXT NOT NULL,
    app_version BIGINT,
    cc_version  TEXT,
    -- Forms that wait, and forms that will not be taken.
    unsent      BIGINT,
    quarantined BIGINT,
    -- As the device writes it.
    synced_at   TEXT,
    PRIMARY KEY (domain, user_id, device_id)
);

CREATE TABLE keys (
    domain     BIGINT NOT NULL REFERENCES domains (number),
    user_id    TEXT NOT NULL,
    uuid       TEXT NOT NULL,
    -- 32 bytes in Base64.
    secret     TEXT NOT NULL,
    valid_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (domain, user_id, valid_at)
);

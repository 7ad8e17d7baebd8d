-- Whether extensions of what is closed are closed with it: CommCare HQ's `EXTENSION_CASES_SYNC_ENABLED`.
ALTER TABLE domains ADD COLUMN closes_extensions INTEGER NOT NULL DEFAULT 0;

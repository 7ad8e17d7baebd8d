-- Whom the restore was for whose token is here. Users that restores have brought all stay, so they do not tell.
ALTER TABLE sync ADD COLUMN user_id TEXT;

UPDATE sync SET user_id = (SELECT user_id FROM users) WHERE (SELECT count(*) FROM users) = 1;

-- Visits to the page for people whose user signed out before their time was over: a cookie says of itself only how long it is good.
CREATE TABLE ended_visits (
    visit TEXT COLLATE "C" PRIMARY KEY,
    -- Until when it would have lasted; then its cookie is worth nothing anyway, and the row may go.
    until BIGINT NOT NULL
);

-- Cases whose owner may have white space around it, by whatever is not plainly the first or last character of an id: a device takes
-- them for those of the owner without. There are few.
CREATE INDEX cases_by_spaced_owner ON cases (domain, closed, deleted, owner_id, case_id)
    WHERE owner_id ~ '^[^!-~]|[^!-~]$';

-- The place in which a form is replayed where it is another than its own: an edit has that of the form that it replaces, and a form
-- that failed and came again, that of the change by which it counts. Few have one.
ALTER TABLE forms ADD COLUMN place BIGINT;
WITH RECURSIVE line (domain, edit, seq) AS (
    SELECT domain, seq, seq FROM forms WHERE edited_at IS NOT NULL
    UNION
    SELECT line.domain, line.edit, replaced.seq FROM line
    JOIN forms AS form ON form.domain = line.domain AND form.seq = line.seq AND form.edited_at IS NOT NULL
    JOIN forms AS replaced ON replaced.domain = form.domain AND replaced.form_key = form.form_key
        AND replaced.instance_id = form.replaces AND replaced.superseded = 1
)
UPDATE forms SET place = first_of.seq
FROM (SELECT domain, edit, min(seq) AS seq FROM line GROUP BY domain, edit) AS first_of
WHERE forms.domain = first_of.domain AND forms.seq = first_of.edit AND first_of.seq <> forms.seq;

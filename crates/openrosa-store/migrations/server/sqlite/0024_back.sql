-- The change by which a form came back that had been set aside, or apart: Briefcase has to tell of it, behind whatever it has told of
-- since. Few have one.
ALTER TABLE forms ADD COLUMN back INTEGER;
CREATE INDEX forms_by_return ON forms (domain, form_key, back) WHERE back IS NOT NULL;

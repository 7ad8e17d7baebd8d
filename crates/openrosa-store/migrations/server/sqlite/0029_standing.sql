-- What migration 28 did not see. A form that failed and came again before there were places has that of the change by which it
-- counts: as a rule that by which it came back last. Where it was set aside and taken back since, or came before such changes were
-- kept, its place is that of the first form behind it which came after it had begun to count.
UPDATE forms SET place = coalesce(
    (SELECT later.seq FROM forms AS later
        WHERE later.domain = forms.domain AND later.seq > forms.seq AND later.seq < coalesce(forms.back, domains.head)
        AND later.received_at > forms.counts_at AND forms.counts_at > forms.received_at
        ORDER BY later.seq LIMIT 1),
    forms.back, domains.head)
FROM domains
WHERE domains.number = forms.domain AND forms.place IS NULL AND forms.edited_at IS NULL AND forms.counts_at <> forms.received_at;
-- An edit that counts is named in histories as the first form in its place is, and has that one's place and moment; also where it, or
-- an edit between them, has no blocks and was not recorded as an edit.
UPDATE forms SET place = coalesce(origin.place, origin.seq), counts_at = origin.counts_at,
    edited_at = coalesce(forms.edited_at, forms.received_at)
FROM forms AS origin
WHERE origin.domain = forms.domain AND origin.form_key = forms.form_key AND origin.instance_id = forms.log_id
    AND origin.superseded = 1 AND forms.superseded = 0 AND forms.replaces IS NOT NULL;

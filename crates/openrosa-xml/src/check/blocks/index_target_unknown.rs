use crate::check::rule_file::*;
use std::collections::{BTreeMap, HashSet};

use super::look::{blocks, entries, entries_of};
use crate::{
    case::Index,
    check::{Audience, CaseState, case::passed_over::taken_by_hq},
};

pub(super) static RULE: Rule = Rule {
    code: "blocks-index-target-unknown",
    title: "a link to a case that does not exist",
    verdicts: &[(Device, Portability), (Hq, Error)],
    message: "index `{index}` points at case `{target}`, which is neither known nor in the form",
    remedy: "open the target first, or in the same form; see whether its id is complete",
    why: "CommCare HQ keeps the form as an error (InvalidCaseIndex). The device takes the link, and drops the case at \
          its next purge. Told only where the check knows which cases exist.",
    statements: &["C-056", "C-057", "C-058", "C-054"],
    sections: &["case-xml.md 1.8", "case-xml.md 4.6", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">h2</parent></index>
    <!--                                 ^^ blocks-index-target-unknown -->
  </case>"#,
    ),
    passes: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">h1</parent></index>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(known) = form.options.known else { return };
    let here: HashSet<&str> = blocks(form).filter_map(|block| block.case_id.as_deref()).collect();
    let exists =
        |id: &str| here.contains(id) || known.state(id).is_some_and(|state| state != CaseState::Foreign);
    // Only links that still stand after all blocks are looked at: a removal that CommCare HQ passes over removes nothing there.
    let mut standing = [BTreeMap::new(), BTreeMap::new()];
    let [on_device, on_hq] = &mut standing;
    for block in blocks(form) {
        let key = |entry: &Index<'_>| (block.case_id.as_deref(), entry.name.to_string());
        on_device.extend(entries(block).map(|entry| (key(entry), entry)));
        on_hq.extend(taken_by_hq(block).flat_map(entries_of).map(|entry| (key(entry), entry)));
    }
    let mut unknown: BTreeMap<u64, (&Index<'_>, Vec<Audience>)> = BTreeMap::new();
    for (reader, standing) in [Device, Hq].into_iter().zip(standing) {
        for entry in standing.into_values() {
            let target = entry.target.text();
            if !trim(&target).is_empty() && !exists(trim(&target)) {
                let (_, readers) = unknown.entry(span(entry.mark).start).or_insert((entry, Vec::new()));
                readers.push(reader);
            }
        }
    }
    for (entry, readers) in unknown.into_values() {
        let draft = Draft::at(Spot::content(span(entry.mark))).for_readers(readers.into_iter().collect());
        found.push(draft.value("index", entry.name.as_ref()).value("target", trim(&entry.target.text())));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::{Audience, Audiences, KnownCases, Options, document};

    /// Whether the link is told to the device and to CommCare HQ.
    fn told(inside: &str) -> [bool; 2] {
        let form = format!(
            "<data xmlns='urn:f'><case xmlns='http://commcarehq.org/case/transaction/v2' case_id='a' user_id='u1' \
             date_modified='2024-05-01'>{inside}</case></data>"
        );
        let mut known = KnownCases::default();
        known.insert("a", "t");
        [Audience::Device, Audience::Hq].map(|reader| {
            let audiences = Some(Audiences::from(reader));
            let report = document(&form, &Options { audiences, known: Some(&known), ..Options::default() });
            report.findings().iter().any(|finding| finding.code() == RULE.code)
        })
    }

    /// C-058: only links that a reader takes can be live there. CommCare HQ takes an `index` by its small letters (C-120), and
    /// none that stands twice (C-039).
    #[test]
    fn a_link_that_commcare_hq_passes_over_is_not_missed_there() {
        let (link, removal) =
            ("<index><p case_type='t'>nobody</p></index>", "<index><p case_type='t'/></index>");
        let capital = |index: &str| index.replace("index>", "Index>");
        assert_eq!(told(link), [true, true]);
        assert_eq!(told(&capital(link)), [true, false]);
        assert_eq!(told(&link.repeat(2)), [true, false]);
        assert_eq!(told(&[link, &capital(removal)].concat()), [false, true]);
        assert_eq!(told(&[&capital(link), removal].concat()), [false, false]);
    }
}

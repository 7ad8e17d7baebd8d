use super::to_be_stored;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "casedb-part-missing",
    title: "a case of search results that lacks what a device stores",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "the case lacks {parts}",
    remedy: "write `case_id`, `case_type`, `owner_id` and `status` as attributes and `case_name` as a child, each filled in",
    why: "A device that takes such a case into its storage refuses all of the results.",
    statements: &["C-107"],
    sections: &["case-xml.md 3.4"],
    triggers: Example::Document(
        r#"
<results id="case">
  <case case_id="c1" case_type="patient" status="open">
  <!-- <- casedb-part-missing -->
    <case_name>Amina</case_name>
  </case>
</results>"#,
    ),
    passes: Example::Document(
        r#"
<results id="case">
  <case case_id="c1" case_type="patient" owner_id="u1" status="open">
    <case_name>Amina</case_name>
  </case>
</results>"#,
    ),
    run: Run::CaseDb(check),
};

fn check(results: &CaseDb<'_>, found: &mut Drafts) {
    for case in to_be_stored(results) {
        let missing = case.missing();
        if !missing.is_empty() {
            let parts = missing.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ");
            found.push(Draft::at(Spot::name(span(case.tag.mark))).value("parts", parts));
        }
    }
}

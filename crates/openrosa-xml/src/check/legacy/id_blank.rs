use super::look::blocks;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "legacy-id-blank",
    title: "a block of Case XML 1.0 whose case id is empty",
    verdicts: &[(Spec, Error), (Hq, Error)],
    message: "the case id is empty",
    remedy: "write the id of the case, or a new UUID when the block opens one",
    why: "Servers keep such a form as an error (IllegalCaseId). Devices of today know no blocks of this version.",
    statements: &["C-048"],
    sections: &["case-xml.md 2", "case-xml.md 4.6"],
    triggers: Example::Form(
        r#"
  <case>
  <!-- <- legacy-unsupported -->
    <case_id></case_id>
    <!-- <- legacy-id-blank -->
    <date_modified>2024-05-01T10:00:00Z</date_modified>
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for old in blocks(form) {
        let element = &old.block.element;
        if let Some(id) = element.child("case_id").filter(|id| trim(&id.text()).is_empty()) {
            found.push(Draft::at(Spot::name(span(id.mark))));
        }
    }
}

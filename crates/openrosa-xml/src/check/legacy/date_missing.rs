use super::look::blocks;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "legacy-date-missing",
    title: "a block of Case XML 1.0 that does not say when",
    verdicts: &[(Spec, Error)],
    message: "the block has no `date_modified`",
    remedy: "write the moment of the change",
    why: "The specification demands it. Old servers put their own present time there (inferred from what they do \
          with blocks of 2.0).",
    statements: &["C-048"],
    sections: &["case-xml.md 2"],
    triggers: Example::Form(
        r#"
  <case>
  <!-- <- legacy-unsupported -->
  <!-- <- legacy-date-missing -->
    <case_id>c1</case_id>
    <close/>
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
        let date = element.child("date_modified");
        if date.is_none_or(|date| trim(&date.text()).is_empty()) {
            found.push(Draft::at(Spot::name(span(date.unwrap_or(element).mark))));
        }
    }
}

use super::look::{blocks, logged_blocks};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "legacy-unsupported",
    title: "a block of Case XML 1.0",
    verdicts: &[(Spec, Warning), (Device, Error), (Hq, Error)],
    message: "the block is written in Case XML 1.0",
    remedy: "write it in Case XML 2.0: id, date and user as attributes, `case_type` for `case_type_id`; the library can \
          convert it",
    why: "The device misses the attribute `case_id` and refuses the form (InvalidStructureException). CommCare HQ \
          fails with an unexpected error (VersionNotSupported), so that the phone sends the form again and again.",
    statements: &["C-048", "C-050"],
    sections: &["case-xml.md 2", "case-xml.md 4.6"],
    triggers: Example::Form(
        r#"
  <case>
  <!-- <- legacy-unsupported -->
    <case_id>c1</case_id>
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
    for old in blocks(form).filter(|old| old.own_namespace().is_none()) {
        found.push(Draft::at(Spot::name(span(old.block.element.mark))));
    }
    for old in logged_blocks(form) {
        found.push(Draft::at(Spot::name(span(old.block.element.mark))).for_readers(Device.into()));
    }
}

use super::look::blocks;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "legacy-namespace",
    title: "a block of Case XML 1.0 in a namespace of its own",
    verdicts: &[(Spec, Warning), (Device, Error), (Hq, Error)],
    message: "the block is written in Case XML 1.0, in namespace `{namespace}`",
    remedy: "write it in Case XML 2.0: id, date and user as attributes, `case_type` for `case_type_id`; the library can \
          convert it",
    why: "The device misses the attribute `case_id` and refuses the form (InvalidStructureException). CommCare HQ \
          knows no other namespace than that of 2.0, not even the one that 1.0 specifies, and fails with an unexpected \
          error (CaseGenerationException), so that the phone sends the form again and again.",
    statements: &["C-049"],
    sections: &["case-xml.md 2", "case-xml.md 4.6", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcare.org/case/transaction">
  <!-- <- legacy-namespace -->
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
    for old in blocks(form) {
        if let Some(namespace) = old.own_namespace() {
            found.push(Draft::at(Spot::name(span(old.block.element.mark))).value("namespace", namespace));
        }
    }
}

use crate::check::rule_file::*;

use super::look::id_on_device;

pub(super) static RULE: Rule = Rule {
    code: "case-self-index",
    title: "a case that names itself in an index",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "case `{case_id}` names itself in index `{index}`",
    remedy: "point the index at the other case, or leave it out",
    why: "The device refuses the form or restore (ActionableInvalidStructureException, `case.error.self.index`). CommCare HQ \
          stores the link, and every device that should receive the case fails to restore from then on.",
    statements: &["C-013", "C-055"],
    sections: &["case-xml.md 1.8", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="patient">c1</parent>
      <!--                        ^^ case-self-index -->
    </index>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="patient">c2</parent>
    </index>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let Some(case_id) = id_on_device(case.block) else { return };
    for entry in case.indices() {
        if trim(&entry.target.text()) == case_id {
            found.push(
                Draft::at(Spot::content(span(entry.mark)))
                    .value("case_id", case_id)
                    .value("index", entry.name.as_ref())
                    .related(Spot::attribute(case.span(), "case_id"), "the case"),
            );
        }
    }
}
